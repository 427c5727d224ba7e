#include "base/error.h"
#include "fuzz.h"
#include "safetensors/header.h"
#include "safetensors/identify.h"

#include <stdlib.h>

/* A valid header keeps what it promises: tensors within the data, in order, without holes. */
static void check_layout(const struct sft_layout *layout)
{
	uint64_t at = 0;

	for (size_t i = 0; i < sft_layout_count(layout); i++) {
		struct sft_tensor tensor = sft_layout_tensor(layout, i);

		if (tensor.begin != at || tensor.end < tensor.begin)
			abort();
		at = tensor.end;
	}
	if (at != sft_layout_data_bytes(layout))
		abort();
}

/* The header's text in a whole file, or as much of it as is there. */
static struct ax_str header_text(struct ax_str file)
{
	uint64_t length = 0;

	for (size_t i = 0; i < 8 && i < file.len; i++)
		length |= (uint64_t)(unsigned char)file.ptr[i] << (8 * i);
	return ax_str_slice(file, 8, length < file.len ? (size_t)length : file.len);
}

/* The input is a whole file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_str file = ax_str((const char *)data, size);
	struct ax_str text = header_text(file);
	struct sft_layout_cache *cache = NULL;
	struct sft_header *header = NULL;
	struct sft_problem problem;
	struct ax_error err;

	sft_identify(ax_str_slice(file, 0, SFT_IDENTIFY_BYTES), size);
	if (sft_layout_cache_new(1 << 20, &cache, &err) < 0 ||
		sft_header_new(cache, &header, &err) < 0)
		abort();
	/* Twice: the second time the cache may know it. */
	for (int i = 0; i < 2; i++) {
		int verdict = sft_header_parse(header, text, size, &problem, &err);

		if (verdict < 0)
			abort();
		if (verdict == 1)
			check_layout(sft_header_layout(header));
		else if (problem.message[0] == '\0')
			abort();
	}
	sft_header_free(header);
	sft_layout_cache_free(cache);
	return 0;
}
