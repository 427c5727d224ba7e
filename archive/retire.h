/*
 * archive/retire.h - the plan that removes the originals of an archive
 *
 * A plan as reorg makes them, so that apply and recover carry it out: every original moves into
 * a trash directory beside the archived one, looked at again right before; one that has changed
 * stays. Until all have moved the plan can be taken back; then the trash is deleted, and the
 * directories that are empty go.
 */
#ifndef ARTIDX_ARCHIVE_RETIRE_H
#define ARTIDX_ARCHIVE_RETIRE_H

#include "base/arena.h"
#include "base/units.h"

struct arc_tree;
struct ax_error;
struct reorg_plan;

/* What the title of such a plan begins with; the directory follows. */
#define ARC_RETIRE_TITLE "archive "

/* tree: the directory dir, root-relative, as it was packed. Everything is in arena. */
int arc_retire_plan(const struct arc_tree *tree, struct ax_str dir, ax_nanoseconds now,
	struct ax_arena *arena, struct reorg_plan *out, struct ax_error *err);

#endif
