#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

struct ax_arena_block {
	struct ax_arena_block *next;
	size_t size; /* of data */
	alignas(max_align_t) char data[];
};

enum { BLOCK_SIZE = 64 * 1024 };

static bool add_block(struct ax_arena *arena, size_t size)
{
	size_t wanted = size > BLOCK_SIZE ? size : BLOCK_SIZE;

	if (wanted > SIZE_MAX - sizeof(struct ax_arena_block))
		return false;
	struct ax_arena_block *block = malloc(sizeof(*block) + wanted);
	if (!block)
		return false;
	block->next = arena->blocks;
	block->size = wanted;
	arena->blocks = block;
	arena->used = 0;
	return true;
}

/* size bytes that are not zeroed, or NULL. */
static char *take(struct ax_arena *arena, size_t size)
{
	size_t align = alignof(max_align_t);

	if (size > SIZE_MAX - align)
		return NULL;
	size = (size + align - 1) & ~(align - 1);
	if (!arena->blocks || size > arena->blocks->size - arena->used) {
		if (!add_block(arena, size))
			return NULL;
	}
	char *piece = arena->blocks->data + arena->used;
	arena->used += size;
	return piece;
}

void *ax_arena_alloc(struct ax_arena *arena, size_t size)
{
	void *piece = take(arena, size);

	if (piece)
		memset(piece, 0, size);
	return piece;
}

char *ax_arena_copy(struct ax_arena *arena, struct ax_str s)
{
	char *copy = s.len < SIZE_MAX ? take(arena, s.len + 1) : NULL;

	if (!copy)
		return NULL;
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}

void ax_arena_clear(struct ax_arena *arena)
{
	while (arena->blocks && arena->blocks->next) {
		struct ax_arena_block *next = arena->blocks->next;
		free(arena->blocks);
		arena->blocks = next;
	}
	arena->used = 0;
}

void ax_arena_free(struct ax_arena *arena)
{
	ax_arena_clear(arena);
	free(arena->blocks);
	*arena = (struct ax_arena){ 0 };
}
