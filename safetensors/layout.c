#include "safetensors/layout_internal.h"

#include <stdlib.h>

struct sft_layout *sft_layout_shared(const struct sft_layout *layout)
{
	union {
		const struct sft_layout *constant;
		struct sft_layout *shared;
	} view = { .constant = layout };

	return view.shared;
}

const struct sft_layout *sft_layout_ref(const struct sft_layout *layout)
{
	if (layout)
		atomic_fetch_add_explicit(&sft_layout_shared(layout)->references, 1,
			memory_order_relaxed);
	return layout;
}

void sft_layout_unref(const struct sft_layout *layout)
{
	if (!layout)
		return;

	struct sft_layout *own = sft_layout_shared(layout);
	if (atomic_fetch_sub_explicit(&own->references, 1, memory_order_acq_rel) != 1)
		return;
	free(own->entries);
	free(own->dims);
	free(own->names);
	free(own->tail);
	free(own);
}

struct ax_str sft_layout_name(const struct sft_layout *layout, const struct sft_entry *entry)
{
	/* names is NULL where all names are empty. */
	return entry->name_len ? ax_str(layout->names + entry->name, entry->name_len)
			       : AX_STR("");
}

const uint64_t *sft_layout_shape(const struct sft_layout *layout, const struct sft_entry *entry)
{
	return layout->dims ? layout->dims + entry->shape : NULL;
}

size_t sft_layout_count(const struct sft_layout *layout)
{
	return layout->count;
}

struct sft_tensor sft_layout_tensor(const struct sft_layout *layout, size_t i)
{
	const struct sft_entry *entry = &layout->entries[i];

	return (struct sft_tensor){
		.name = sft_layout_name(layout, entry),
		.dtype = entry->dtype,
		.rank = entry->rank,
		.shape = sft_layout_shape(layout, entry),
		.begin = entry->begin,
		.end = entry->end,
	};
}

uint64_t sft_layout_elements(const struct sft_layout *layout)
{
	return layout->elements;
}

uint64_t sft_layout_data_bytes(const struct sft_layout *layout)
{
	return layout->data_bytes;
}

uint32_t sft_layout_dtypes(const struct sft_layout *layout)
{
	return layout->dtypes;
}
