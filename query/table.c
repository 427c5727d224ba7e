/*
 * Open addressing with linear probing, at most two thirds full.
 */
#include "query/table.h"

#include "base/hash.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

void qry_table_free(struct qry_table *table)
{
	ax_arena_free(&table->arena);
	free(table->slots);
	*table = (struct qry_table){ 0 };
}

/* The slot of key, or the free one where it belongs. */
static struct qry_slot *find(struct qry_slot *slots, size_t n_slots, struct ax_str key)
{
	size_t i = (size_t)ax_hash64(key.ptr, key.len) & (n_slots - 1);

	while (slots[i].key.ptr && !ax_str_equal(slots[i].key, key))
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

static bool make_room(struct qry_table *table)
{
	size_t n_slots = table->n_slots ? 2 * table->n_slots : FIRST_SLOTS;
	struct qry_slot *slots;

	if (3 * table->n_used < 2 * table->n_slots)
		return true;
	slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < table->n_slots; i++) {
		if (table->slots[i].key.ptr)
			*find(slots, n_slots, table->slots[i].key) = table->slots[i];
	}
	free(table->slots);
	table->slots = slots;
	table->n_slots = n_slots;
	return true;
}

void *qry_table_get(const struct qry_table *table, struct ax_str key)
{
	return table->n_slots ? find(table->slots, table->n_slots, key)->value : NULL;
}

void **qry_table_put(struct qry_table *table, struct ax_str key)
{
	struct qry_slot *slot;

	if (!make_room(table))
		return NULL;
	slot = find(table->slots, table->n_slots, key);
	if (!slot->key.ptr) {
		slot->key = ax_str(ax_arena_copy(&table->arena, key), key.len);
		table->n_used += slot->key.ptr != NULL;
	}
	return slot->key.ptr ? &slot->value : NULL;
}
