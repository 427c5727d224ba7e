/*
 * base/arena.h - memory for objects that die together
 *
 * An arena hands out zeroed pieces and takes them back all at once. An arena that is all zero
 * bytes is empty and ready for use.
 */
#ifndef ARTIDX_BASE_ARENA_H
#define ARTIDX_BASE_ARENA_H

#include "base/str.h"

struct ax_arena_block;

struct ax_arena {
	struct ax_arena_block *blocks; /* newest first */
	size_t used;                   /* bytes handed out of the newest block */
};

/* size zeroed bytes, aligned for any type, or NULL when memory ran out. */
void *ax_arena_alloc(struct ax_arena *arena, size_t size);

/* A copy of s with a NUL behind it (not counted in a length), or NULL. */
char *ax_arena_copy(struct ax_arena *arena, struct ax_str s);

/* Take everything back; the first keeps one block for reuse, the second none. */
void ax_arena_clear(struct ax_arena *arena);
void ax_arena_free(struct ax_arena *arena);

#endif
