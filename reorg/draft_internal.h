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

struct idx_entry;

/* Call visit for every file of the catalogue, until one fails. */
int draft_visit_files(struct draft_maker *maker,
	int (*visit)(struct draft_maker *maker, const struct idx_entry *entry));

/* Copy s into the arena of the draft. */
int draft_keep(struct draft_maker *maker, struct ax_str s, struct ax_str *out);

/* The data directory that path is in, and path relative to it; false outside of all. */
bool draft_split_data(const struct draft_maker *maker, struct ax_str path, struct ax_str *data,
	struct ax_str *relative);

/* Where the artifact belongs, root-relative; else as reorg_layout_place(). */
struct reorg_artifact;
int draft_place(struct draft_maker *maker, struct ax_str data,
	const struct reorg_artifact *artifact, struct ax_str *out);

/* Fill the list of directories that move whole, ordered by path, none below another. */
int draft_find_units(struct draft_maker *maker);

/* The one that path is or is in, or NULL. */
const struct reorg_dir_move *draft_unit_at(const struct reorg_draft *draft, struct ax_str path);

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

/* Append why the symlink at path stays: one that means nothing in the project says so. */
void draft_describe_link(const struct draft_maker *maker, struct ax_str path,
	struct ax_buf *out);

/* Fill the list of symlinks that have a target in the project. */
int draft_find_symlinks(struct draft_maker *maker);

/* Fill the list of those that have to point elsewhere, anew. */
int draft_derive_retargets(struct reorg_draft *draft, struct ax_error *err);

/* Grow a list on the heap by one zeroed element; NULL when there is no memory. */
void *draft_add_element(void **items, size_t *count, size_t size);

#endif
