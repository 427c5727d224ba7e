#include "indexer/intern.h"

#include "base/hash.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

void idx_intern_free(struct idx_intern *intern)
{
	ax_arena_free(&intern->arena);
	free(intern->items);
	free(intern->slots);
	*intern = (struct idx_intern){ 0 };
}

/* The slot that holds s, or the free one where it belongs. There is always a free one. */
static uint32_t *slot_of(const struct idx_intern *intern, struct ax_str s)
{
	size_t i = ax_hash64(s.ptr, s.len) & (intern->slot_count - 1);

	while (intern->slots[i] && !ax_str_equal(intern->items[intern->slots[i] - 1], s))
		i = (i + 1) & (intern->slot_count - 1);
	return &intern->slots[i];
}

static bool grow_slots(struct idx_intern *intern)
{
	size_t wanted = intern->slot_count ? intern->slot_count * 2 : FIRST_SLOTS;
	uint32_t *slots = calloc(wanted, sizeof(*slots));

	if (!slots)
		return false;
	free(intern->slots);
	intern->slots = slots;
	intern->slot_count = wanted;
	for (size_t i = 0; i < intern->count; i++)
		*slot_of(intern, intern->items[i]) = (uint32_t)i + 1;
	return true;
}

static bool grow_items(struct idx_intern *intern)
{
	size_t wanted = intern->capacity ? intern->capacity * 2 : FIRST_SLOTS;
	struct ax_str *items = realloc(intern->items, wanted * sizeof(*items));

	if (!items)
		return false;
	intern->items = items;
	intern->capacity = wanted;
	return true;
}

bool idx_intern_find(const struct idx_intern *intern, struct ax_str s, uint32_t *out)
{
	if (!intern->slot_count)
		return false;
	uint32_t found = *slot_of(intern, s);
	if (found)
		*out = found - 1;
	return found != 0;
}

bool idx_intern_add(struct idx_intern *intern, struct ax_str s, uint32_t *out)
{
	if (idx_intern_find(intern, s, out))
		return true;
	if (intern->count >= UINT32_MAX - 1)
		return false;
	if (2 * (intern->count + 1) > intern->slot_count && !grow_slots(intern))
		return false;
	if (intern->count == intern->capacity && !grow_items(intern))
		return false;
	char *copy = ax_arena_copy(&intern->arena, s);
	if (!copy)
		return false;
	intern->items[intern->count] = ax_str(copy, s.len);
	*slot_of(intern, s) = (uint32_t)intern->count + 1;
	*out = (uint32_t)intern->count++;
	return true;
}
