#include "tests/unit/unit.h"

#include "base/queue.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

enum { PRODUCERS = 3, CONSUMERS = 3, ITEMS_EACH = 5000 };

static void items_come_out_in_order(void **state)
{
	(void)state;
	struct ax_queue *queue = ax_queue_new(2);
	int items[5] = { 0 };
	void *out = NULL;

	for (size_t i = 0; i < COUNT(items); i++) {
		assert_true(ax_queue_push(queue, &items[i]));
		if (i > 0) {
			assert_true(ax_queue_pop(queue, &out));
			assert_ptr_equal(out, &items[i - 1]);
		}
	}
	ax_queue_free(queue);
	ax_queue_free(NULL);
}

static void a_closed_queue_is_drained(void **state)
{
	(void)state;
	struct ax_queue *queue = ax_queue_new(2);
	int item = 0;
	void *out = NULL;

	assert_true(ax_queue_push(queue, &item));
	ax_queue_close(queue);
	assert_false(ax_queue_push(queue, &item));
	assert_true(ax_queue_pop(queue, &out));
	assert_ptr_equal(out, &item);
	out = NULL;
	assert_false(ax_queue_pop(queue, &out));
	assert_null(out);
	ax_queue_close(queue);
	ax_queue_free(queue);
}

static void absurd_capacities(void **state)
{
	(void)state;
	int item = 0;
	struct ax_queue *queue = ax_queue_new(0);

	assert_true(ax_queue_push(queue, &item)); /* holds one all the same */
	ax_queue_free(queue);
	assert_null(ax_queue_new(SIZE_MAX));
	assert_null(ax_queue_new(SIZE_MAX / sizeof(void *)));
}

struct traffic {
	struct ax_queue *queue;
	int items[PRODUCERS * ITEMS_EACH];
	atomic_int next_producer;
	atomic_int begun; /* pushes and pops, also those that still wait */
};

static void *produce(void *argument)
{
	struct traffic *traffic = argument;
	int base = atomic_fetch_add(&traffic->next_producer, 1) * ITEMS_EACH;

	for (int i = 0; i < ITEMS_EACH; i++) {
		atomic_fetch_add(&traffic->begun, 1);
		if (!ax_queue_push(traffic->queue, &traffic->items[base + i]))
			return traffic;
	}
	return NULL;
}

static void *consume(void *argument)
{
	struct traffic *traffic = argument;
	void *item = NULL;

	atomic_fetch_add(&traffic->begun, 1);
	while (ax_queue_pop(traffic->queue, &item))
		(*(int *)item)++; /* alone with it: the sanitizer of threads would tell */
	return NULL;
}

static void many_threads_see_each_item_once(void **state)
{
	(void)state;
	static struct traffic traffic;
	pthread_t producers[PRODUCERS], consumers[CONSUMERS];
	void *refused = NULL;

	traffic.queue = ax_queue_new(7);
	for (size_t i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&producers[i], NULL, produce, &traffic), 0);
	for (size_t i = 0; i < CONSUMERS; i++)
		assert_int_equal(pthread_create(&consumers[i], NULL, consume, &traffic), 0);
	for (size_t i = 0; i < PRODUCERS; i++) {
		pthread_join(producers[i], &refused);
		assert_null(refused);
	}
	ax_queue_close(traffic.queue);
	for (size_t i = 0; i < CONSUMERS; i++)
		pthread_join(consumers[i], NULL);
	for (size_t i = 0; i < COUNT(traffic.items); i++)
		assert_int_equal(traffic.items[i], 1);
	ax_queue_free(traffic.queue);
}

/* Until so many calls have begun, and then long enough for the last to have to wait. */
static void let_begin(struct traffic *traffic, int calls)
{
	while (atomic_load(&traffic->begun) < calls)
		sched_yield();
	usleep(20000);
}

static void closing_wakes_those_who_wait(void **state)
{
	(void)state;
	static struct traffic traffic;
	pthread_t producer, consumer;
	void *refused = NULL;

	traffic.queue = ax_queue_new(1); /* full after the first item: the producer waits */
	assert_int_equal(pthread_create(&producer, NULL, produce, &traffic), 0);
	let_begin(&traffic, 2);
	ax_queue_close(traffic.queue);
	pthread_join(producer, &refused);
	assert_ptr_equal(refused, &traffic);
	ax_queue_free(traffic.queue);

	traffic.queue = ax_queue_new(1);
	atomic_store(&traffic.begun, 0);
	assert_int_equal(pthread_create(&consumer, NULL, consume, &traffic), 0);
	let_begin(&traffic, 1);
	ax_queue_close(traffic.queue);
	pthread_join(consumer, NULL);
	ax_queue_free(traffic.queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_out_in_order),
		cmocka_unit_test(a_closed_queue_is_drained),
		cmocka_unit_test(absurd_capacities),
		cmocka_unit_test(many_threads_see_each_item_once),
		cmocka_unit_test(closing_wakes_those_who_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
