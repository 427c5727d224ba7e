#include "cli/progress.h"

#include "base/buf.h"
#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	TICK_NS = 100 * 1000 * 1000,
	QUIET_TICKS = 5,       /* half a second before the first line */
	WAKE_SIGNAL = SIGUSR1, /* ends the thread's wait before its tick is over */
};

struct cli_progress {
	struct cli_progress_source source;
	pthread_t thread;
	sigset_t asking;  /* the signals that ask to stop */
	sigset_t watched; /* these, and the one that wakes the thread */
	sigset_t inherited;
	bool draws;
	bool is_drawn;       /* of the thread alone */
	_Atomic bool ends;   /* set by cli_progress_end() */
	_Atomic int stopped; /* the signal that asked to stop */
};

static void write_line(struct ax_buf *line)
{
	/* A terminal that takes no progress loses nothing. */
	ssize_t ignored = write(STDERR_FILENO, line->data, line->len);
	(void)ignored;
	ax_buf_clear(line);
}

static void draw(struct cli_progress *progress, struct ax_buf *line, unsigned ticks)
{
	ax_buf_append_text(line, "\r\033[K");
	progress->source.describe(progress->source.counters, line);
	ax_buf_printf(line, ", %u s%s", ticks / 10, progress->stopped ? ", stopping" : "");
	write_line(line);
	progress->is_drawn = true;
}

/* The first signal asks the work to stop; the next one has its usual effect. */
static void ask_to_stop(struct cli_progress *progress, int signal_number)
{
	progress->stopped = signal_number;
	*progress->source.stop = true;
	pthread_sigmask(SIG_UNBLOCK, &progress->asking, NULL);
}

static void *watch(void *argument)
{
	struct cli_progress *progress = argument;
	struct timespec tick = { .tv_nsec = TICK_NS };
	struct ax_buf line = { 0 };

	for (unsigned ticks = 1; !progress->ends; ticks++) {
		if (progress->stopped) {
			nanosleep(&tick, NULL);
		} else {
			int signal_number = sigtimedwait(&progress->watched, NULL, &tick);
			if (signal_number > 0 && signal_number != WAKE_SIGNAL)
				ask_to_stop(progress, signal_number);
		}
		if (progress->draws && ticks >= QUIET_TICKS && !progress->ends)
			draw(progress, &line, ticks);
	}
	if (progress->is_drawn) {
		ax_buf_append_text(&line, "\r\033[K");
		write_line(&line);
	}
	ax_buf_free(&line);
	return NULL;
}

/* What is ignored on entry, as under nohup, stays ignored. */
static void choose_signals(struct cli_progress *progress)
{
	static const int asking[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	sigemptyset(&progress->asking);
	for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++) {
		if (sigaction(asking[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&progress->asking, asking[i]);
	}
	progress->watched = progress->asking;
	sigaddset(&progress->watched, WAKE_SIGNAL);
}

int cli_progress_begin(const struct cli_progress_source *source, struct cli_progress **out,
	struct ax_error *err)
{
	struct cli_progress *progress = calloc(1, sizeof(*progress));

	if (!progress)
		return ax_fail(err, ENOMEM, "no memory for the progress line");
	progress->source = *source;
	progress->draws = isatty(STDERR_FILENO);
	choose_signals(progress);
	pthread_sigmask(SIG_BLOCK, &progress->watched, &progress->inherited);
	errno = pthread_create(&progress->thread, NULL, watch, progress);
	if (errno != 0) {
		pthread_sigmask(SIG_SETMASK, &progress->inherited, NULL);
		free(progress);
		return ax_fail_errno(err, "cannot start a thread");
	}
	*out = progress;
	return 0;
}

int cli_progress_end(struct cli_progress *progress)
{
	progress->ends = true;
	if (!progress->stopped)
		pthread_kill(progress->thread, WAKE_SIGNAL);
	pthread_join(progress->thread, NULL);
	pthread_sigmask(SIG_SETMASK, &progress->inherited, NULL);
	int signal_number = progress->stopped;
	free(progress);
	return signal_number;
}
