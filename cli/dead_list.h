/*
 * cli/dead_list.h - what is dead in this project, with everything that is looked at for it
 */
#ifndef ARTIDX_CLI_DEAD_LIST_H
#define ARTIDX_CLI_DEAD_LIST_H

#include "archive/dead.h"

#include <stddef.h>

struct ax_error;
struct cli_config;
struct cli_project;

struct cli_dead_request {
	const struct cli_project *project;
	const struct cli_config *config;
	struct idx_snapshot *snapshot;
	const char *queue; /* as --queue takes it; NULL: what is configured */
};

/* How much was looked at. */
struct cli_dead_counts {
	size_t tasks, references, unread, pins;
};

int cli_dead_list(const struct cli_dead_request *request, struct arc_dead *out,
	struct cli_dead_counts *counts, struct ax_error *err);

#endif
