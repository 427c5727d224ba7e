#include "archive/crew.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/*
 *	taken <= begun <= given         numbers of jobs since the start
 *	[ done or being done ][ waiting ]        slot of job n: n % window
 */
struct slot {
	void *job;
	bool done;
};

struct member {
	struct arc_crew *crew;
	unsigned worker;
	pthread_t thread;
};

struct arc_crew {
	const struct arc_work *work;
	pthread_mutex_t
		lock; /* over all below, but for taken and given, the owner's to change */
	pthread_cond_t offered, finished;
	size_t taken, begun, given;
	bool closing;
	struct slot *slots;
	unsigned n_members;
	struct member *members;
};

static void *work_until_closed(void *argument)
{
	struct member *member = argument;
	struct arc_crew *crew = member->crew;

	pthread_mutex_lock(&crew->lock);
	for (;;) {
		while (crew->begun == crew->given && !crew->closing)
			pthread_cond_wait(&crew->offered, &crew->lock);
		if (crew->begun == crew->given)
			break;
		struct slot *slot = &crew->slots[crew->begun++ % crew->work->window];
		pthread_mutex_unlock(&crew->lock);
		crew->work->work(crew->work->context, member->worker, slot->job);
		pthread_mutex_lock(&crew->lock);
		slot->done = true;
		pthread_cond_signal(&crew->finished);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* Signals are for the program's own threads. */
static int start(struct arc_crew *crew, struct ax_error *err)
{
	sigset_t all, before;
	int failure = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (crew->n_members < crew->work->threads && !failure) {
		struct member *member = &crew->members[crew->n_members];
		*member = (struct member){ .crew = crew, .worker = crew->n_members };
		failure = pthread_create(&member->thread, NULL, work_until_closed, member);
		if (!failure)
			crew->n_members++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failure ? ax_fail(err, failure, "cannot start a thread") : 0;
}

unsigned arc_crew_threads(unsigned wanted, unsigned max)
{
	long cores = wanted ? (long)wanted : sysconf(_SC_NPROCESSORS_ONLN);

	if (cores < 1)
		return 1;
	return cores < (long)max ? (unsigned)cores : max;
}

int arc_crew_new(const struct arc_work *work, struct arc_crew **out, struct ax_error *err)
{
	struct arc_crew *crew = calloc(1, sizeof(*crew));

	if (!crew)
		return ax_fail(err, ENOMEM, "no memory for threads");
	crew->work = work;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->offered, NULL);
	pthread_cond_init(&crew->finished, NULL);
	crew->slots = calloc(work->window, sizeof(*crew->slots));
	crew->members = calloc(work->threads, sizeof(*crew->members));
	if (!crew->slots || !crew->members) {
		arc_crew_free(crew);
		return ax_fail(err, ENOMEM, "no memory for threads");
	}
	if (start(crew, err) < 0) {
		arc_crew_free(crew);
		return -1;
	}
	*out = crew;
	return 0;
}

void arc_crew_free(struct arc_crew *crew)
{
	if (!crew)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->closing = true;
	pthread_cond_broadcast(&crew->offered);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 0; i < crew->n_members; i++)
		pthread_join(crew->members[i].thread, NULL);
	pthread_cond_destroy(&crew->offered);
	pthread_cond_destroy(&crew->finished);
	pthread_mutex_destroy(&crew->lock);
	free(crew->slots);
	free(crew->members);
	free(crew);
}

bool arc_crew_is_full(const struct arc_crew *crew)
{
	return crew->given - crew->taken == crew->work->window;
}

void arc_crew_give(struct arc_crew *crew, void *job)
{
	assert(!arc_crew_is_full(crew));
	pthread_mutex_lock(&crew->lock);
	crew->slots[crew->given++ % crew->work->window] = (struct slot){ .job = job };
	pthread_cond_signal(&crew->offered);
	pthread_mutex_unlock(&crew->lock);
}

void *arc_crew_take(struct arc_crew *crew)
{
	if (crew->taken == crew->given)
		return NULL;
	struct slot *slot = &crew->slots[crew->taken % crew->work->window];
	pthread_mutex_lock(&crew->lock);
	while (!slot->done)
		pthread_cond_wait(&crew->finished, &crew->lock);
	crew->taken++;
	pthread_mutex_unlock(&crew->lock);
	return slot->job;
}
