/*
 * safetensors/shard_index.h - "*.safetensors.index.json": which shards make up a model
 */
#ifndef ARTIDX_SAFETENSORS_SHARD_INDEX_H
#define ARTIDX_SAFETENSORS_SHARD_INDEX_H

#include "base/str.h"

#include <stdint.h>

struct ax_error;

/* A read index. Owns the names it lends out. */
struct sft_shard_index;

/* Fails with AX_ECORRUPT. name is for messages. */
int sft_shard_index_parse(struct ax_str text, const char *name, struct sft_shard_index **out,
	struct ax_error *err);
void sft_shard_index_free(struct sft_shard_index *index);

/* Distinct file names in byte order, without directories ("/" in a name is refused). */
size_t sft_shard_index_count(const struct sft_shard_index *index);
struct ax_str sft_shard_index_file(const struct sft_shard_index *index, size_t i);

/* Tensors that the index says file i has. */
size_t sft_shard_index_tensors(const struct sft_shard_index *index, size_t i);

/* metadata.total_size: bytes of tensor data over all shards; false when it is absent. */
bool sft_shard_index_total_size(const struct sft_shard_index *index, uint64_t *out);

/*
 * Number and total of a shard's name, "model-00001-of-00002.safetensors" (5 or 6 digits); false
 * for other names.
 */
bool sft_shard_name_parse(struct ax_str name, uint64_t *shard, uint64_t *shards);

#endif
