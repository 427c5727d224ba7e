#include "safetensors/layout_internal.h"

#include <inttypes.h>

/*
 * A tensor's digest is made of its name, dtype and shape. A layout's digests are the sums, in
 * two lanes of 64 bits, of its tensors' digests, without and with begin and end: a sum needs no
 * order by name.
 */

struct identity {
	struct ax_digest name;
	struct ax_digest shape;
	uint32_t dtype;
	uint32_t rank;
};

struct position {
	struct ax_digest identity;
	uint64_t begin, end;
};

struct sum {
	uint64_t lanes[2];
};

static void add_digest(struct sum *sum, struct ax_digest digest)
{
	uint64_t lanes[2];

	memcpy(lanes, digest.bytes, sizeof(lanes));
	sum->lanes[0] += lanes[0];
	sum->lanes[1] += lanes[1];
}

static struct ax_digest sum_digest(const struct sum *sum)
{
	struct ax_digest digest;

	memcpy(digest.bytes, sum->lanes, sizeof(digest.bytes));
	return digest;
}

static void digest_entry(const struct sft_layout *layout, const struct sft_entry *entry,
	struct sum *sum, struct sum *exact)
{
	struct ax_str name = sft_layout_name(layout, entry);
	const struct identity identity = {
		.name = ax_hash128(name.ptr, name.len),
		.shape =
			ax_hash128(layout->dims + entry->shape, entry->rank * sizeof(uint64_t)),
		.dtype = entry->dtype,
		.rank = entry->rank,
	};
	const struct position position = {
		.identity = ax_hash128(&identity, sizeof(identity)),
		.begin = entry->begin,
		.end = entry->end,
	};

	add_digest(sum, position.identity);
	add_digest(exact, ax_hash128(&position, sizeof(position)));
}

/* Left to right as the reference multiplies: a zero does not undo an overflow before it. */
static bool count_bits(const struct sft_layout *layout, const struct sft_entry *entry,
	uint64_t *elements, uint64_t *bits)
{
	const uint64_t *shape = layout->dims + entry->shape;

	*elements = 1;
	for (uint32_t i = 0; i < entry->rank; i++) {
		if (__builtin_mul_overflow(*elements, shape[i], elements))
			return false;
	}
	return !__builtin_mul_overflow(*elements, sft_dtype_bits(entry->dtype), bits);
}

/* The rules for one tensor, in the order in which the reference applies them. */
static bool check_entry(const struct sft_layout *layout, const struct sft_entry *entry,
	uint64_t *elements, struct sft_problem *problem)
{
	struct sft_place place = {
		.offset = entry->at + sizeof(uint64_t),
		.tensor = sft_layout_name(layout, entry),
	};
	uint64_t size = entry->end - entry->begin;
	uint64_t bits = 0;

	if (entry->begin != layout->data_bytes)
		return sft_refuse(problem, SFT_INVALID_OFFSET, place,
			"begins at %" PRIu64 ", where the data before ends at %" PRIu64,
			entry->begin, layout->data_bytes);
	if (entry->end < entry->begin)
		return sft_refuse(problem, SFT_INVALID_OFFSET, place,
			"begins at %" PRIu64 " and ends at %" PRIu64, entry->begin, entry->end);
	if (!count_bits(layout, entry, elements, &bits))
		return sft_refuse(problem, SFT_VALIDATION_OVERFLOW, place,
			"the size by shape and dtype overflows 64 bits");
	if (bits % 8 != 0)
		return sft_refuse(problem, SFT_MISALIGNED_SLICE, place,
			"%" PRIu64 " elements of %s end within a byte", *elements,
			sft_dtype_name(entry->dtype));
	if (size != bits / 8)
		return sft_refuse(problem, SFT_TENSOR_INVALID_INFO, place,
			"%" PRIu64 " bytes by data_offsets, %" PRIu64 " by shape and dtype",
			size, bits / 8);
	return true;
}

bool sft_layout_check(struct sft_layout *layout, struct sft_problem *problem)
{
	struct sum sum = { 0 };
	struct sum exact = { 0 };

	for (uint32_t i = 0; i < layout->count; i++) {
		const struct sft_entry *entry = &layout->entries[i];
		uint64_t elements = 0;
		if (!check_entry(layout, entry, &elements, problem))
			return false;
		layout->data_bytes = entry->end;
		if (__builtin_add_overflow(layout->elements, elements, &layout->elements))
			layout->elements = UINT64_MAX;
		layout->dtypes |= UINT32_C(1) << entry->dtype;
		digest_entry(layout, entry, &sum, &exact);
	}
	layout->digest = sum_digest(&sum);
	layout->exact_digest = sum_digest(&exact);
	return true;
}
