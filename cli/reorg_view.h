/*
 * cli/reorg_view.h - a reorg's plan for people and as JSON
 */
#ifndef ARTIDX_CLI_REORG_VIEW_H
#define ARTIDX_CLI_REORG_VIEW_H

#include <stdbool.h>

struct ax_error;
struct cli_output;
struct cli_reorg;

/* What is known beside the session itself. */
struct cli_reorg_outcome {
	const char *id;    /* of the plan; NULL when there is nothing to do */
	const char *state; /* of a saved plan, "undone"; NULL without one */
	bool applied;      /* now */
	bool verbose;      /* every move on a line of its own */
};

/* What would move, grouped; what stays and why; the gate; the edits; how to go on. */
int cli_reorg_print(struct cli_output *out, const struct cli_reorg *reorg,
	const struct cli_reorg_outcome *outcome, struct ax_error *err);

/* artidx.reorg/1 */
int cli_reorg_json(struct cli_output *out, const struct cli_reorg *reorg,
	const struct cli_reorg_outcome *outcome, struct ax_error *err);

/* The same of a saved plan, which knows neither classes nor reasons; NULL where there is none. */
struct reorg_plan;
int cli_reorg_json_saved(struct cli_output *out, const struct cli_reorg *reorg,
	const struct reorg_plan *plan, const struct cli_reorg_outcome *outcome,
	struct ax_error *err);

/* The gate alone: a line a task that blocks. */
void cli_reorg_print_gate(struct cli_output *out, const struct cli_reorg *reorg);

#endif
