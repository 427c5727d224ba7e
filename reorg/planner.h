/*
 * reorg/planner.h - from a draft and its edits to the acts that carry them out
 */
#ifndef ARTIDX_REORG_PLANNER_H
#define ARTIDX_REORG_PLANNER_H

#include "base/arena.h"
#include "base/units.h"
#include "reorg/act.h"

struct ax_error;
struct idx_config;
struct reorg_draft;
struct reorg_edits;

struct reorg_planner_options {
	int root; /* the open directory of the project */
	ax_nanoseconds now;
	const struct reorg_edits *edits; /* NULL: scripts stay as they are */
	const struct idx_config *config; /* its data directories stay, even when left empty */
	bool links;                      /* leave symlinks where inputs were */
};

/* A link that stays behind. */
struct reorg_left_link {
	struct ax_str path, target;
};

/* Everything is in arena, or borrowed from the draft and the edits. */
struct reorg_schedule {
	struct ax_arena arena;
	struct reorg_plan plan;
	size_t n_links;
	struct reorg_left_link *links;
};

/*
 * Looks at the disk for the directories that are missing and for what identifies directories and
 * edited files. Moves nothing.
 */
int reorg_schedule_make(const struct reorg_draft *draft,
	const struct reorg_planner_options *options, struct reorg_schedule *out,
	struct ax_error *err);
void reorg_schedule_free(struct reorg_schedule *schedule);

#endif
