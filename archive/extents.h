/*
 * archive/extents.h - the parts of a file that are no holes
 */
#ifndef ARTIDX_ARCHIVE_EXTENTS_H
#define ARTIDX_ARCHIVE_EXTENTS_H

#include "archive/member.h"
#include "base/arena.h"

#include <stdbool.h>

struct ax_error;

/*
 * Make member, whose original is fd, a sparse one with extents in arena; one without holes, and
 * one in too many pieces, stay as they are.
 */
int arc_find_extents(int fd, struct arc_member *member, struct ax_arena *arena,
	struct ax_error *err);

/* Whether all of fd that the extents of a sparse file leave out is zeros. 1, 0 or -1. */
int arc_holes_are_zeros(int fd, const struct arc_member *member, struct ax_error *err);

bool arc_is_zeros(const char *bytes, size_t size);

#endif
