/*
 * cli/reorg_diff.h - the edits of a plan as a unified diff
 */
#ifndef ARTIDX_CLI_REORG_DIFF_H
#define ARTIDX_CLI_REORG_DIFF_H

struct ax_error;
struct cli_output;
struct reorg_plan;

/* root: the open project, from which the files are read. */
int cli_reorg_diff_print(struct cli_output *out, const struct reorg_plan *plan, int root,
	struct ax_error *err);

#endif
