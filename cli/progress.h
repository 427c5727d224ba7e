/*
 * cli/progress.h - a line on standard error while a scan runs, and Ctrl-C
 *
 * One thread waits for signals and, where standard error is a terminal, draws. SIGINT, SIGTERM
 * and SIGHUP set progress->stop; a second one ends the process at once.
 */
#ifndef ARTIDX_CLI_PROGRESS_H
#define ARTIDX_CLI_PROGRESS_H

#include <stdbool.h>

struct ax_error;
struct idx_progress;

struct cli_progress;

/*
 * Start watching counters, which must live until cli_progress_end(). Before any other thread is
 * started: signals are blocked here, and threads inherit that.
 */
int cli_progress_begin(struct idx_progress *counters, struct cli_progress **out,
	struct ax_error *err);

/* Clear the line and stop watching. Returns the signal that asked to stop, or 0. */
int cli_progress_end(struct cli_progress *progress);

#endif
