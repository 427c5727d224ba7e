/*
 * How many threads. Warm caches want one a core: more only get into each other's way. Cold ones
 * want many more, because a disk answers many requests in little more time than one. Which it is
 * shows while scanning: a worker whose reads went to a disk hires another one.
 */
#include "indexer/scan_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	MOST_WORKERS = 64,
	MOST_HIRED = 16,
	FDS_PER_WORKER = 4, /* parent, directory, file, and one to spare */
	FDS_BESIDE = 24,    /* standard streams, catalogue, history, root, and some to spare */
	BATCHES_PER_WORKER = 3,
};

static unsigned at_most(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many workers there are descriptors for; one always. */
static unsigned affordable_workers(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return MOST_WORKERS;
	if (limit.rlim_cur < FDS_BESIDE + FDS_PER_WORKER)
		return 1;
	rlim_t room = (limit.rlim_cur - FDS_BESIDE) / FDS_PER_WORKER;
	return room < MOST_WORKERS ? (unsigned)room : MOST_WORKERS;
}

/* Have enough batches for n workers. There is always room for them in the queue. */
static int need_batches(struct scan *scan, unsigned n, struct ax_error *err)
{
	while (scan->n_batches < n * BATCHES_PER_WORKER) {
		struct scan_batch *batch = calloc(1, sizeof(*batch));
		if (!batch || !ax_queue_push(scan->empty, batch)) {
			free(batch);
			return ax_fail(err, ENOMEM, "no memory to scan");
		}
		scan->n_batches++;
	}
	return 0;
}

static void free_batches(struct ax_queue *queue)
{
	void *item;

	if (!queue)
		return;
	ax_queue_close(queue);
	while (ax_queue_pop(queue, &item)) {
		struct scan_batch *batch = item;
		scan_batch_clear(batch);
		ax_arena_free(&batch->arena);
		free(batch);
	}
	ax_queue_free(queue);
}

/* One more; under the mutex, because those that there are may hire at the same time. */
static int start_worker(struct scan *scan, struct ax_error *err)
{
	struct scan_worker *worker = &scan->workers[scan->n_workers];

	*worker = (struct scan_worker){ 0 };
	if (scan_worker_init(worker, scan, err) < 0 ||
		need_batches(scan, scan->n_workers + 1, err) < 0)
		goto fail;
	scan->working++;
	int failure = pthread_create(&worker->thread, NULL, scan_worker_run, worker);
	if (failure) {
		scan->working--;
		errno = failure;
		ax_fail_errno(err, "cannot start a thread");
		goto fail;
	}
	scan->n_workers++;
	return 0;
fail:
	scan_worker_fini(worker);
	return -1;
}

int scan_crew_start(struct scan *scan, struct ax_error *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned wanted = scan->options->jobs;
	unsigned affordable = affordable_workers();

	scan->max_workers = at_most(wanted ? wanted : MOST_HIRED, affordable);
	if (!wanted)
		wanted = cores > 1 ? (unsigned)cores : 1;
	wanted = at_most(wanted, scan->max_workers);
	size_t batches = (size_t)scan->max_workers * BATCHES_PER_WORKER;
	scan->workers = calloc(scan->max_workers, sizeof(*scan->workers));
	scan->full = ax_queue_new(batches);
	scan->empty = ax_queue_new(batches);
	if (!scan->workers || !scan->full || !scan->empty)
		return ax_fail(err, ENOMEM, "no memory to scan");

	scan->working =
		1; /* ourselves: whoever is ready first must not be taken for the last */
	int status = 0;
	pthread_mutex_lock(&scan->mutex);
	while (scan->n_workers < wanted && status == 0)
		status = start_worker(scan, err);
	if (scan->n_workers) /* fewer do as well */
		status = 0;
	pthread_mutex_unlock(&scan->mutex);
	scan_crew_leave(scan);
	return status;
}

void scan_hire(struct scan *scan)
{
	struct ax_error ignored;

	pthread_mutex_lock(&scan->mutex);
	if (scan->n_workers < scan->max_workers && !scan->failed)
		start_worker(scan, &ignored);
	pthread_mutex_unlock(&scan->mutex);
}

void scan_crew_leave(struct scan *scan)
{
	if (--scan->working == 0)
		ax_queue_close(scan->full);
}

void scan_crew_join(struct scan *scan)
{
	for (unsigned i = 0; i < scan->n_workers; i++)
		pthread_join(scan->workers[i].thread, NULL);
}

void scan_crew_free(struct scan *scan)
{
	for (unsigned i = 0; i < scan->n_workers; i++)
		scan_worker_fini(&scan->workers[i]);
	free(scan->workers);
	free_batches(scan->full);
	free_batches(scan->empty);
}
