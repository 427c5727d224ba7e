/*
 * archive/crew.h - threads that work on jobs, and give them back in the order they came in
 *
 * One thread, the owner, hands jobs in and takes them back. At most `window` jobs are under way,
 * which bounds memory. Jobs are begun in order.
 */
#ifndef ARTIDX_ARCHIVE_CREW_H
#define ARTIDX_ARCHIVE_CREW_H

#include <stdbool.h>
#include <stddef.h>

struct ax_error;

/* What a crew does. Owned by the caller, unchanged while the crew lives. */
struct arc_work {
	unsigned threads; /* at least 1 */
	size_t window;    /* at least 1 */
	void *context;
	/* Called by a thread of the crew; worker is below threads and the thread's own. */
	void (*work)(void *context, unsigned worker, void *job);
};

/* As many threads as are wanted, 0: as the machine has cores; at most max. */
unsigned arc_crew_threads(unsigned wanted, unsigned max);

struct arc_crew;
int arc_crew_new(const struct arc_work *work, struct arc_crew **out, struct ax_error *err);

/* Waits for the threads; jobs that were not taken back are forgotten. NULL is allowed. */
void arc_crew_free(struct arc_crew *crew);

/* Whether a job has to be taken back before another can be handed in. */
bool arc_crew_is_full(const struct arc_crew *crew);
void arc_crew_give(struct arc_crew *crew, void *job);

/* The oldest job, when it is done; NULL when there is none. */
void *arc_crew_take(struct arc_crew *crew);

#endif
