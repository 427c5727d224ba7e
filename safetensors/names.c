#include "safetensors/names.h"

#include "base/hash.h"

#include <stdlib.h>

/*
 * A table by hash finds equal names fast, unless the names were made to share their places in
 * it. So the table may spend a fixed effort a name; where that does not do, the names are sorted.
 */

enum { EFFORT_PER_NAME = 16, EFFORT_TO_SPARE = 1024, BYTES_PER_EFFORT = 64 };

enum outcome { DONE, TOO_HARD, NO_MEMORY };

static struct ax_str name_at(const struct sft_names *names, uint32_t index)
{
	return names->get(names->items, index);
}

static bool mark(const struct sft_names *names, uint32_t index, unsigned char **again)
{
	if (!*again)
		*again = calloc(names->count, 1);
	if (*again)
		(*again)[index] = 1;
	return *again != NULL;
}

/* A power of two of which names fill at most three quarters. */
static size_t table_size(uint32_t count)
{
	size_t size = 16;

	while (size - size / 4 < count)
		size *= 2;
	return size;
}

/*
 * table holds, for each place taken, the last index of a name plus 1 and above it half of the
 * name's hash, so that most names that meet are told apart without a look at them.
 */
static enum outcome fill_table(const struct sft_names *names, uint64_t *table, size_t size,
	unsigned char **again)
{
	uint64_t effort = (uint64_t)names->count * EFFORT_PER_NAME + EFFORT_TO_SPARE;

	for (uint32_t i = 0; i < names->count; i++) {
		struct ax_str name = name_at(names, i);
		uint64_t hash = ax_hash64(name.ptr, name.len);
		size_t place = hash & (size - 1);
		for (; table[place]; place = (place + 1) & (size - 1)) {
			if (effort-- == 0)
				return TOO_HARD;
			if (table[place] >> 32 != hash >> 32)
				continue;
			uint32_t other = (uint32_t)table[place] - 1;
			uint64_t cost = name.len / BYTES_PER_EFFORT;
			if (cost > effort)
				return TOO_HARD;
			effort -= cost;
			if (!ax_str_equal(name, name_at(names, other)))
				continue;
			if (!mark(names, other, again))
				return NO_MEMORY;
			break;
		}
		table[place] = (hash & ~(uint64_t)UINT32_MAX) | (i + 1);
	}
	return DONE;
}

static enum outcome find_by_hash(const struct sft_names *names, unsigned char **again)
{
	size_t size = table_size(names->count);
	uint64_t *table = calloc(size, sizeof(*table));

	if (!table)
		return NO_MEMORY;
	enum outcome outcome = fill_table(names, table, size, again);
	free(table);
	return outcome;
}

static int compare_names(const void *a, const void *b, void *context)
{
	uint32_t i = *(const uint32_t *)a;
	uint32_t j = *(const uint32_t *)b;
	int order = ax_str_compare(name_at(context, i), name_at(context, j));

	return order != 0 ? order : (i > j) - (i < j);
}

static enum outcome find_by_sorting(struct sft_names names, unsigned char **again)
{
	uint32_t *order = malloc(names.count * sizeof(*order));
	enum outcome outcome = DONE;

	if (!order)
		return NO_MEMORY;
	for (uint32_t i = 0; i < names.count; i++)
		order[i] = i;
	qsort_r(order, names.count, sizeof(*order), compare_names, &names);
	for (uint32_t i = 0; i + 1 < names.count && outcome == DONE; i++) {
		if (ax_str_equal(name_at(&names, order[i]), name_at(&names, order[i + 1])) &&
			!mark(&names, order[i], again))
			outcome = NO_MEMORY;
	}
	free(order);
	return outcome;
}

bool sft_names_find_repeated(const struct sft_names *names, unsigned char **again_out)
{
	unsigned char *again = NULL;
	enum outcome outcome = find_by_hash(names, &again);

	if (outcome == TOO_HARD)
		outcome = find_by_sorting(*names, &again);
	if (outcome == NO_MEMORY) {
		free(again);
		return false;
	}
	*again_out = again;
	return true;
}
