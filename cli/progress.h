/*
 * cli/progress.h - a line on standard error while a scan or a reorg works, and Ctrl-C
 *
 * One thread waits for signals and, where standard error is a terminal, draws. SIGINT, SIGTERM
 * and SIGHUP set *stop; a second one ends the process at once.
 */
#ifndef ARTIDX_CLI_PROGRESS_H
#define ARTIDX_CLI_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>

#include <stdbool.h>

struct ax_error;
struct ax_buf;

struct cli_progress;

/* What is watched. All of it must live until cli_progress_end(). */
struct cli_progress_source {
	const void *counters;
	_Atomic bool *stop; /* set by the first signal */
	/* Append how far the work has come: "scanning: 1,234 files". */
	void (*describe)(const void *counters, struct ax_buf *line);
};

/*
 * Start watching. Before any other thread is started: signals are blocked here, and threads
 * inherit that.
 */
int cli_progress_begin(const struct cli_progress_source *source, struct cli_progress **out,
	struct ax_error *err);

/* Clear the line and stop watching. Returns the signal that asked to stop, or 0. */
int cli_progress_end(struct cli_progress *progress);

#endif
