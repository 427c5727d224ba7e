/*
 * indexer/intern.h - a number for each distinct string
 */
#ifndef ARTIDX_INDEXER_INTERN_H
#define ARTIDX_INDEXER_INTERN_H

#include "base/arena.h"
#include "base/str.h"

#include <stdint.h>

/* Strings by number and numbers by string. All zero bytes is empty and ready for use. */
struct idx_intern {
	struct ax_arena arena;
	size_t count, capacity;
	struct ax_str *items; /* by number */
	size_t slot_count;    /* a power of two, or 0 */
	uint32_t *slots;      /* number + 1, or 0 */
};

void idx_intern_free(struct idx_intern *intern);

/* The number of s; false when it has none. */
bool idx_intern_find(const struct idx_intern *intern, struct ax_str s, uint32_t *out);

/* The number of s, a new one (the count so far) if it is new; false when memory ran out. */
bool idx_intern_add(struct idx_intern *intern, struct ax_str s, uint32_t *out);

#endif
