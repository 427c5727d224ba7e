/*
 * cli/reorg_run.h - carry out a plan of the store, and tell how it went
 */
#ifndef ARTIDX_CLI_REORG_RUN_H
#define ARTIDX_CLI_REORG_RUN_H

#include <stdbool.h>

struct ax_error;
struct cli_reorg;
struct reorg_journal;
struct reorg_store;

enum cli_reorg_direction {
	CLI_REORG_APPLY,
	CLI_REORG_RECOVER,
	CLI_REORG_UNDO,
};

/* Run it with a progress line, report what was left alone, settle. */
int cli_reorg_run(struct cli_reorg *reorg, struct reorg_journal *journal,
	enum cli_reorg_direction direction, struct ax_error *err);

/* id: NULL for the newest plan that is applied. */
int cli_reorg_undo(struct cli_reorg *reorg, struct reorg_store *store, const char *id,
	struct ax_error *err);

/* Finish, or take back, the plan that was interrupted. */
int cli_reorg_recover(struct cli_reorg *reorg, struct reorg_store *store, bool back,
	struct ax_error *err);

/*
 * List the plans. As text, of those that were never begun only the newest one, and only when
 * nothing happened since, unless all are wanted: the others no longer fit the tree.
 */
enum cli_reorg_listing {
	CLI_REORG_RELEVANT,
	CLI_REORG_ALL,
	CLI_REORG_JSON,
};
int cli_reorg_history(struct cli_reorg *reorg, struct reorg_store *store,
	enum cli_reorg_listing listing, struct ax_error *err);

/* Links that earlier plans left and that nothing names: list them, or remove them. */
int cli_reorg_prune_links(struct cli_reorg *reorg, struct reorg_store *store, bool apply,
	struct ax_error *err);

#endif
