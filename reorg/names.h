/*
 * reorg/names.h - every name that a plan touches, in order
 *
 * For checking a plan against the rules of act.h, and for asking what a plan does to a path.
 */
#ifndef ARTIDX_REORG_NAMES_H
#define ARTIDX_REORG_NAMES_H

#include "base/str.h"

struct ax_buf;
struct ax_error;
struct reorg_plan;

enum reorg_side {
	REORG_FROM,
	REORG_TO,
};

struct reorg_name {
	struct ax_str path;
	size_t act;
	enum reorg_side side;
};

/* Ordered by path, what lies below a directory directly behind it; then by act. */
struct reorg_names {
	const struct reorg_plan *plan;
	size_t n;
	struct reorg_name *names;
	size_t n_moved; /* where directories that move whole go to; none is below another */
	const struct reorg_name **moved;
};

/* AX_EREFUSED for a plan that breaks a rule; plan must outlive the names. */
int reorg_names_make(const struct reorg_plan *plan, struct reorg_names *out,
	struct ax_error *err);
void reorg_names_free(struct reorg_names *names);

/* Index of the first name that is not before path, names->n when there is none. */
size_t reorg_names_find(const struct reorg_names *names, struct ax_str path);

/* Whether something goes away from path, or a directory is made there, in the plan. */
bool reorg_names_leaves(const struct reorg_names *names, struct ax_str path);
bool reorg_names_makes_dir(const struct reorg_names *names, struct ax_str path);

/*
 * Append where path is before the plan: below its old name when a directory that moves whole
 * takes it along, path itself otherwise.
 */
void reorg_names_origin(const struct reorg_names *names, struct ax_str path,
	struct ax_buf *out);

/* Order of paths where "/" comes before every other byte. */
int reorg_path_compare(struct ax_str a, struct ax_str b);

#endif
