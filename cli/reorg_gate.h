/*
 * cli/reorg_gate.h - whether jobs and open files let a plan through
 *
 * leaves says which names of the plan go: REORG_FROM by an apply, REORG_TO by an undo.
 */
#ifndef ARTIDX_CLI_REORG_GATE_H
#define ARTIDX_CLI_REORG_GATE_H

#include "reorg/names.h"

struct ax_error;
struct cli_reorg;
struct reorg_gate;
struct reorg_plan;

/* Ask the queue about plan; an earlier answer is replaced. */
int cli_reorg_ask(struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves, struct ax_error *err);

/* What the jobs of the last answer would say to plan. */
int cli_reorg_judge(struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves, struct reorg_gate *out, struct ax_error *err);

/* AX_EREFUSED unless the last answer lets the plan through. */
int cli_reorg_require_idle(const struct cli_reorg *reorg, struct ax_error *err);

/*
 * Ask the queue and the open files, under the store's lock right before the first rename.
 * AX_EREFUSED when a task or a process has what plan moves or edits.
 */
int cli_reorg_pass(struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves, struct ax_error *err);

/* The same for what goes on in any case: a warning for each task and each file. */
void cli_reorg_warn(struct cli_reorg *reorg, const struct reorg_plan *plan,
	enum reorg_side leaves);

#endif
