/*
 * cli/queue.h - the job queues of this machine, as the user and the environment name them
 */
#ifndef ARTIDX_CLI_QUEUE_H
#define ARTIDX_CLI_QUEUE_H

struct ax_error;
struct cli_config;
struct cli_project;
struct idx_jobs;

/*
 * Read the queues that name stands for, "auto", "file:PATH", ...; NULL: what ARTIDX_QUEUE or the
 * configuration says, else auto. Fails with AX_EUSAGE for another name.
 */
int cli_queue_read(const struct cli_project *project, const struct cli_config *config,
	const char *name, struct idx_jobs *out, struct ax_error *err);

#endif
