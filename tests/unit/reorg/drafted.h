/*
 * tests/unit/reorg/drafted.h - a small project, scanned, and what a reorg would do with it
 */
#ifndef ARTIDX_TESTS_REORG_DRAFTED_H
#define ARTIDX_TESTS_REORG_DRAFTED_H

#include "reorg/draft.h"
#include "tests/support/project.h"

/* The slug of a run, and its log. */
#define DRAFTED_RUN "20260527T180000_fast_projected_seed41_x_s41"

struct drafted {
	struct project project; /* the data directory is "out" */
	struct reorg_layout *layout;
	struct idx_catalog *catalog;
	struct idx_snapshot *snapshot;
	struct reorg_draft draft;
};

/* config: what artidx.json says of the layout, "" for the defaults. */
void drafted_begin(struct drafted *drafted, const char *config);
void drafted_end(struct drafted *drafted);

/* A basis whose data differ by seed; a checkpoint of the run; the run's log; a pool's file. */
void drafted_basis(const struct drafted *drafted, const char *path, float seed);
void drafted_checkpoint(const struct drafted *drafted, const char *path);
void drafted_log(const struct drafted *drafted);
void drafted_pool(const struct drafted *drafted, const char *dir);

/* Any file, old enough not to be taken for one that is being written. */
void drafted_file(const struct drafted *drafted, const char *path, const char *text);
void drafted_symlink(const struct drafted *drafted, const char *target, const char *path);

/* Scan, and make the draft; once more after a change. */
void drafted_make(struct drafted *drafted);

/* That path moves to `to`, stays with flag, is a directory that moves, or is not mentioned. */
void drafted_moves(const struct drafted *drafted, const char *path, const char *to);
void drafted_stays(const struct drafted *drafted, const char *path, enum reorg_flag flag,
	const char *why);
void drafted_dir(const struct drafted *drafted, const char *path, const char *to,
	uint64_t files);
void drafted_at_home(const struct drafted *drafted, const char *path);

#endif
