/*
 * archive/dead_internal.h - what the parts of the search for what is dead share
 *
 * dead.c holds the rows, dead_candidates.c finds them, dead_generations.c those that something
 * newer replaces, dead_keepers.c what keeps them.
 */
#ifndef ARTIDX_ARCHIVE_DEAD_INTERNAL_H
#define ARTIDX_ARCHIVE_DEAD_INTERNAL_H

#include "archive/dead.h"
#include "base/buf.h"

/* A row for path, or a reason more for one that is there. Paths are copied. */
int dead_add(struct arc_dead *dead, struct ax_str path, bool is_dir, struct ax_buf *reason,
	struct ax_error *err);

/* Append a copy of what is in buf, and empty it. Twice the same is once. */
int dead_say(struct arc_dead *dead, struct arc_dead_texts *texts, struct ax_buf *buf,
	struct ax_error *err);

int dead_find_candidates(const struct arc_dead_input *input, struct arc_dead *dead,
	struct ax_error *err);
int dead_find_generations(const struct arc_dead_input *input, struct arc_dead *dead,
	struct ax_error *err);
int dead_find_keepers(const struct arc_dead_input *input, struct arc_dead *dead,
	struct ax_error *err);

#endif
