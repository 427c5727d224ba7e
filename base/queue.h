/*
 * base/queue.h - a bounded queue of pointers between threads
 *
 * Any number of threads may push and pop. What a pointer means, and who frees it, is between the
 * two ends: a pushed item belongs to the queue until it is popped.
 */
#ifndef ARTIDX_BASE_QUEUE_H
#define ARTIDX_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct ax_queue;

/* A queue of at most capacity items, at least one; NULL when memory ran out. */
struct ax_queue *ax_queue_new(size_t capacity);

/*
 * Release the queue, which no thread may be using any more. Items still in it are forgotten:
 * close and drain it first where they own something. NULL is allowed.
 */
void ax_queue_free(struct ax_queue *queue);

/* Add item at the end, waiting while the queue is full; false, and not added, when closed. */
bool ax_queue_push(struct ax_queue *queue, void *item);

/* Take the first item, waiting while the queue is empty; false when closed and drained. */
bool ax_queue_pop(struct ax_queue *queue, void **out);

/* Let nobody push any more and nobody wait. Items already in the queue can still be popped. */
void ax_queue_close(struct ax_queue *queue);

#endif
