/*
 * indexer/update.h - one change of the catalogue, all or nothing
 *
 * Only one thread uses an update. What the catalogue held before stays readable beside it, in
 * snapshots begun before the update ends.
 *
 * The first update of a new catalogue is committed in pieces, so that its memory stays bounded: a
 * catalogue is "not complete", and shows nothing, until it is finished.
 */
#ifndef ARTIDX_INDEXER_UPDATE_H
#define ARTIDX_INDEXER_UPDATE_H

#include "indexer/catalog.h"
#include "indexer/chunk.h"

struct ax_error;
struct sft_layout;

struct idx_update;

/* Begin; whatever an unfinished first update left is forgotten. */
int idx_update_begin(struct idx_catalog *catalog, struct idx_update **out,
	struct ax_error *err);

/*
 * Commit, with what the scan found out as a whole. Ends the update, even where it fails: then
 * the catalogue is as it was.
 */
struct idx_update_totals {
	ax_nanoseconds scanned;
	uint64_t directories;
	uint64_t root_dev, root_ino;
	struct ax_digest rules;
};
int idx_update_commit(struct idx_update *update, const struct idx_update_totals *totals,
	struct ax_error *err);
void idx_update_abort(struct idx_update *update);

/* Whether this is the first, which nothing was before. */
bool idx_update_is_first(const struct idx_update *update);

/* The numbers of a class and of evidence with problem: new ones when they are new. */
int idx_update_class(struct idx_update *update, struct ax_str name, uint32_t *out,
	struct ax_error *err);
int idx_update_note(struct idx_update *update, struct ax_str why, struct ax_str problem,
	uint32_t *out, struct ax_error *err);

/* Store an encoded detail under *key, or, when that is 0, under a new key. */
int idx_update_detail(struct idx_update *update, struct ax_str encoded, uint64_t *key,
	struct ax_error *err);
int idx_update_drop_detail(struct idx_update *update, uint64_t key, struct ax_error *err);

/* Store a tensor list, if it is not there yet. */
int idx_update_layout(struct idx_update *update, const struct sft_layout *layout,
	struct ax_error *err);

/* Store a chunk of a directory; nothing is written when it is there as it is. */
int idx_update_chunk(struct idx_update *update, const struct idx_chunk_source *chunk,
	struct ax_error *err);

/* Remove the chunks of a directory from number on. */
int idx_update_drop_chunks(struct idx_update *update, struct ax_digest dir, uint32_t number,
	struct ax_error *err);

/* A stored chunk as it is now, borrowed until the next change: 1, 0, -1. */
int idx_update_find_chunk(struct idx_update *update, struct ax_digest dir, uint32_t number,
	struct idx_chunk *out, struct ax_error *err);

/*
 * What is stored now, to derive runs from. Ends, and all that it lent out with it, before the
 * next change.
 */
int idx_update_snapshot(struct idx_update *update, struct idx_snapshot **out,
	struct ax_error *err);

/* The transaction, for changes of tables that nothing else here is about. */
struct idx_txn;
struct idx_txn *idx_update_change(struct idx_update *update);

/* Forget all runs and owners, then add them anew, encoded: runs in order of their ids. */
int idx_update_clear_runs(struct idx_update *update, struct ax_error *err);
int idx_update_run(struct idx_update *update, struct ax_str encoded, struct ax_error *err);
int idx_update_owner(struct idx_update *update, uint64_t detail, struct ax_str encoded,
	struct ax_error *err);

#endif
