/*
 * cli/reorg_session.h - everything that a reorg looks at, gathered once
 *
 * The catalogue is brought up to date first; then the draft is made, files that are open are held
 * back, references are read, and the acts are scheduled. The queue is asked last, see
 * reorg_gate.h.
 */
#ifndef ARTIDX_CLI_REORG_SESSION_H
#define ARTIDX_CLI_REORG_SESSION_H

#include "cli/catalogue.h"
#include "cli/config.h"
#include "cli/project.h"
#include "indexer/jobs.h"
#include "indexer/references.h"
#include "reorg/draft.h"
#include "reorg/edits.h"
#include "reorg/gate.h"
#include "reorg/planner.h"

struct ax_error;
struct cli;

struct cli_reorg_options {
	const char *queue;              /* as --queue takes it; NULL: "auto" */
	const struct opt_list *ignored; /* ids of tasks, each maybe "1,2,3" */
	bool no_edits, links;
	bool shows_gate; /* print the tasks when they block */
	bool json;       /* what became of a saved plan, as a document */
};

/* Zero-initialise; release with cli_reorg_close() after success and after failure. */
struct cli_reorg {
	struct cli *cli;
	struct cli_reorg_options options;
	struct cli_project project;
	struct cli_config config;
	struct cli_catalogue catalogue;
	int root;          /* the open project, or -1 */
	bool told_damaged; /* archives that are: once is enough */
	struct reorg_draft draft;
	struct idx_references references;
	struct reorg_edits edits;
	struct reorg_schedule schedule;
	struct idx_jobs jobs;
	struct reorg_gate gate;
};

/*
 * Find the project, load its configuration, open its root. Enough for plans made earlier: a
 * catalogue that cannot be used must not keep anybody from recovering.
 */
int cli_reorg_open(struct cli *cli, const struct cli_reorg_options *options,
	struct cli_reorg *out, struct ax_error *err);
void cli_reorg_close(struct cli_reorg *reorg);

/* Scan, and make the plan. */
int cli_reorg_prepare(struct cli_reorg *reorg, struct ax_error *err);

/* Bring the catalogue up to date, at first or once more after files have moved. */
int cli_reorg_rescan(struct cli_reorg *reorg, bool record_moves, struct ax_error *err);

#endif
