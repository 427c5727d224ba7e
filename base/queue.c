#include "base/queue.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

struct ax_queue {
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t has_item, has_room;
	size_t capacity, first, count; /* a ring: count items from first on */
	bool is_closed;
	void *items[];
};

struct ax_queue *ax_queue_new(size_t capacity)
{
	if (capacity == 0)
		capacity = 1;
	if (capacity > (SIZE_MAX - sizeof(struct ax_queue)) / sizeof(void *))
		return NULL;
	struct ax_queue *queue = malloc(sizeof(*queue) + capacity * sizeof(void *));
	if (!queue)
		return NULL;
	*queue = (struct ax_queue){ .capacity = capacity };
	/* With default attributes these do not fail on Linux. */
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->has_item, NULL);
	pthread_cond_init(&queue->has_room, NULL);
	return queue;
}

void ax_queue_free(struct ax_queue *queue)
{
	if (!queue)
		return;
	pthread_cond_destroy(&queue->has_room);
	pthread_cond_destroy(&queue->has_item);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

bool ax_queue_push(struct ax_queue *queue, void *item)
{
	pthread_mutex_lock(&queue->lock);
	while (queue->count == queue->capacity && !queue->is_closed)
		pthread_cond_wait(&queue->has_room, &queue->lock);
	bool is_open = !queue->is_closed;
	if (is_open) {
		queue->items[(queue->first + queue->count) % queue->capacity] = item;
		queue->count++;
		pthread_cond_signal(&queue->has_item);
	}
	pthread_mutex_unlock(&queue->lock);
	return is_open;
}

bool ax_queue_pop(struct ax_queue *queue, void **out)
{
	pthread_mutex_lock(&queue->lock);
	while (queue->count == 0 && !queue->is_closed)
		pthread_cond_wait(&queue->has_item, &queue->lock);
	bool has_item = queue->count > 0;
	if (has_item) {
		*out = queue->items[queue->first];
		queue->first = (queue->first + 1) % queue->capacity;
		queue->count--;
		pthread_cond_signal(&queue->has_room);
	}
	pthread_mutex_unlock(&queue->lock);
	return has_item;
}

void ax_queue_close(struct ax_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->is_closed = true;
	pthread_cond_broadcast(&queue->has_item);
	pthread_cond_broadcast(&queue->has_room);
	pthread_mutex_unlock(&queue->lock);
}
