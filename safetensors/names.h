/*
 * safetensors/names.h - which of many names come again
 *
 * The names are chosen by strangers: the time is O(n log n) whatever they are.
 */
#ifndef ARTIDX_SAFETENSORS_NAMES_H
#define ARTIDX_SAFETENSORS_NAMES_H

#include "base/str.h"

#include <stdint.h>

/* count names, of which get() hands out the one with an index. */
struct sft_names {
	struct ax_str (*get)(const void *items, size_t index);
	const void *items;
	uint32_t count;
};

/*
 * Find the names of which an equal one follows. *again_out is NULL where there is none, else one
 * byte a name, 1 for those, for the caller to free. False when memory ran out.
 */
bool sft_names_find_repeated(const struct sft_names *names, unsigned char **again_out);

#endif
