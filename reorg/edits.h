/*
 * reorg/edits.h - what has to change in scripts once files have moved
 */
#ifndef ARTIDX_REORG_EDITS_H
#define ARTIDX_REORG_EDITS_H

#include "base/arena.h"

#include <stdint.h>

struct ax_error;
struct idx_references;
struct reorg_draft;

/* One path to be written anew. Strings are borrowed from the references, or in the arena. */
struct reorg_edit {
	struct ax_str file;
	uint64_t line, offset; /* line from 1; offset of old in the file, in bytes */
	struct ax_str old, new;
};

/* A reference that concerns what moves and that only a person can put right. */
struct reorg_unresolved {
	struct ax_str file;
	uint64_t line;
	struct ax_str text; /* the line */
	const char *why;
};

struct reorg_edits {
	struct ax_arena arena;
	size_t n_edits;
	struct reorg_edit *edits; /* by file, then offset */
	size_t n_unresolved;
	struct reorg_unresolved *unresolved;
};

/* references must outlive the result. */
int reorg_edits_make(const struct idx_references *references, const struct reorg_draft *draft,
	struct reorg_edits *out, struct ax_error *err);
void reorg_edits_free(struct reorg_edits *edits);

#endif
