#include "safetensors/layout_internal.h"

#include <inttypes.h>

/* Left to right as the reference multiplies: a zero does not undo an overflow before it. */
static bool count_bits(const struct sft_layout *layout, const struct sft_entry *entry,
	uint64_t *elements, uint64_t *bits)
{
	const uint64_t *shape = sft_layout_shape(layout, entry);

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
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct sft_entry *entry = &layout->entries[i];
		uint64_t elements = 0;
		if (!check_entry(layout, entry, &elements, problem))
			return false;
		layout->data_bytes = entry->end;
		if (__builtin_add_overflow(layout->elements, elements, &layout->elements))
			layout->elements = UINT64_MAX;
		layout->dtypes |= UINT32_C(1) << entry->dtype;
	}
	return true;
}
