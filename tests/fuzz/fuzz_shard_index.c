#include "base/error.h"
#include "fuzz.h"
#include "safetensors/shard_index.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_str text = ax_str((const char *)data, size);
	struct sft_shard_index *index = NULL;
	struct ax_error err;
	uint64_t shard, shards, total;

	sft_shard_name_parse(text, &shard, &shards);
	if (sft_shard_index_parse(text, "input", &index, &err) < 0)
		return 0;
	for (size_t i = 0; i < sft_shard_index_count(index); i++) {
		struct ax_str file = sft_shard_index_file(index, i);

		/* Names are opened beside the index: none may lead elsewhere. */
		if (file.len == 0 || memchr(file.ptr, '/', file.len) ||
			sft_shard_index_tensors(index, i) == 0)
			abort();
	}
	sft_shard_index_total_size(index, &total);
	sft_shard_index_free(index);
	return 0;
}
