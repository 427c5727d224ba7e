/*
 * indexer/history.h - where every moved file went, for good
 *
 * An append-only file with a checksum a record, outside the catalogue, because this is what the
 * disk cannot tell again. The format stands at the top of history.c.
 */
#ifndef ARTIDX_INDEXER_HISTORY_H
#define ARTIDX_INDEXER_HISTORY_H

#include "base/arena.h"
#include "base/units.h"

struct ax_error;

enum idx_move_kind {
	IDX_MOVE_SEEN, /* a scan found it under another name */
	IDX_MOVE_REORG,
	IDX_MOVE_UNDO,
	IDX_MOVE_ARCHIVED, /* to is "ARCHIVE//MEMBER" */
	IDX_MOVE_RESTORED,
};

struct idx_move {
	enum idx_move_kind kind;
	ax_nanoseconds time;
	bool is_dir;            /* everything below from is now below to */
	struct ax_str from, to; /* root-relative */
};

/*
 * An open history. path need not exist yet. A torn end is cut off at the next append; damage
 * before it costs the records that it hits. A file that is no history at all is AX_ECORRUPT.
 *
 * It is read when it is needed, and never kept: an append takes no memory for what was moved
 * before, the first lookup 8 bytes a move, and 8 more where origins are asked for.
 */
struct idx_history;
int idx_history_open(const char *path, struct idx_history **out, struct ax_error *err);
void idx_history_close(struct idx_history *history);

/* 0, or -1 with AX_ECORRUPT and the offset of the first damaged record. Reads it to its end. */
int idx_history_damage(struct idx_history *history, struct ax_error *err);

/* Whether nothing was ever moved. */
bool idx_history_is_empty(const struct idx_history *history);

/* Append; durable after idx_history_sync(). */
int idx_history_append(struct idx_history *history, const struct idx_move *move,
	struct ax_error *err);
int idx_history_sync(struct idx_history *history, struct ax_error *err);

/*
 * Where path is now: 1 and the last name, through any number of moves; 0 when it never moved.
 * The steps, oldest first, go to *steps when it is not NULL. All in arena.
 */
int idx_history_resolve(struct idx_history *history, struct ax_str path, struct ax_arena *arena,
	struct ax_str *out, struct idx_move **steps, size_t *n_steps, struct ax_error *err);

/* Every earlier name of path, newest first. */
int idx_history_origins(struct idx_history *history, struct ax_str path, struct ax_arena *arena,
	struct idx_move **out, size_t *n_out, struct ax_error *err);

#endif
