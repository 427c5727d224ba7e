/*
 * reorg/draft_internal.h - what the parts of the draft share
 */
#ifndef ARTIDX_REORG_DRAFT_INTERNAL_H
#define ARTIDX_REORG_DRAFT_INTERNAL_H

#include "base/buf.h"
#include "reorg/draft.h"

/* A draft in the making. All but draft and the buffers is borrowed. */
struct draft_maker {
	struct reorg_draft *draft;
	struct idx_snapshot *snapshot;
	const struct idx_config *config;
	const struct reorg_layout *layout;
	int root;
	struct ax_str root_path;
	struct ax_buf scratch, path;
	struct ax_error *err;
};

/* What becomes of a move: REORG_FLAG_COUNT, or it stays with that flag. why is in the arena. */
struct draft_fate {
	enum reorg_flag flag;
	struct ax_str why;
};

/* One fate a move and a directory, none of them held; free() both, also after a failure. */
int draft_fates_new(const struct reorg_draft *draft, struct draft_fate **moves,
	struct draft_fate **dirs, struct ax_error *err);

/* Turn what is held into stays; the files of a held directory are held with it. */
int draft_settle(struct reorg_draft *draft, const struct draft_fate *moves,
	const struct draft_fate *dirs, struct ax_error *err);

/* Put moves and stays in the order of their paths. */
void draft_sort(struct reorg_draft *draft);

/* The move of exactly that file, or NULL. */
const struct reorg_file_move *draft_find_move(const struct reorg_draft *draft,
	struct ax_str path);

/* Turn moves to places that are taken, or wanted twice, into stays. */
int draft_check_destinations(struct draft_maker *maker);

/* Fill the list of symlinks that have a target in the project. */
int draft_find_symlinks(struct draft_maker *maker);

/* Fill the list of those that have to point elsewhere, anew. */
int draft_derive_retargets(struct reorg_draft *draft, struct ax_error *err);

/* Grow a list on the heap by one zeroed element; NULL when there is no memory. */
void *draft_add_element(void **items, size_t *count, size_t size);

#endif
