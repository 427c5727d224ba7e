/*
 * cli/archive_run.h - archive one directory, and remove it when its archive is safe
 */
#ifndef ARTIDX_CLI_ARCHIVE_RUN_H
#define ARTIDX_CLI_ARCHIVE_RUN_H

#include "archive/pack.h"

struct ax_error;
struct cli_reorg;
struct reorg_store;

struct cli_archive_options {
	bool plain;       /* no planes */
	bool keep;        /* the originals stay */
	unsigned threads; /* 0: as many as suit the machine */
};

/* What was, or would be, done with one directory. Paths are root-relative. */
struct cli_archived {
	struct ax_str dir, archive;
	struct arc_pack_report report;
	bool verified, removed;
};

/*
 * Bring the catalogue up to date and find what scripts name, for warnings of those that name a
 * directory.
 */
int cli_archive_look(struct cli_reorg *reorg, struct ax_error *err);

/* What would be packed. Paths are in the arena of the struct cli. */
int cli_archive_plan(struct cli_reorg *reorg, struct ax_str dir, struct cli_archived *out,
	struct ax_error *err);

/* The same, then do it. The store is open: no other artidx is at work. */
int cli_archive_apply(struct cli_reorg *reorg, struct reorg_store *store, struct ax_str dir,
	const struct cli_archive_options *options, struct cli_archived *out,
	struct ax_error *err);

/*
 * Remove what an archive run that was killed had packed, and say so: 1; 0 there is nothing; -1. The
 * store is open.
 */
int cli_archive_clear(struct cli_reorg *reorg, struct ax_error *err);

#endif
