/*
 * cli/reorg_settle.h - what follows once a plan has been applied or undone
 *
 * Every move goes into the history, then the catalogue is brought up to date, then the journal
 * is told that both are done. A crash in between is made good by the next command that moves
 * anything, before it does: the history has to be in order.
 */
#ifndef ARTIDX_CLI_REORG_SETTLE_H
#define ARTIDX_CLI_REORG_SETTLE_H

struct ax_error;
struct cli_reorg;
struct reorg_journal;
struct reorg_store;

int cli_reorg_settle(struct cli_reorg *reorg, struct reorg_journal *journal,
	struct ax_error *err);

/* Settle every finished plan of the store that is not. */
int cli_reorg_settle_all(struct cli_reorg *reorg, struct reorg_store *store,
	struct ax_error *err);

#endif
