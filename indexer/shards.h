/*
 * indexer/shards.h - the index of a model in several files: which of them are there
 */
#ifndef ARTIDX_INDEXER_SHARDS_H
#define ARTIDX_INDEXER_SHARDS_H

#include "indexer/record.h"

struct ax_arena;
struct ax_buf;
struct ax_error;

/* "*.safetensors.index.json" */
bool idx_shards_is_index(struct ax_str name);

/* An index to look at. */
struct idx_shards_source {
	int fd;
	uint64_t size;
	int dirfd;          /* as for openat() ... */
	struct ax_str name; /* ... of the index; its shards lie beside it */
};

/* What it says. */
enum { IDX_SHARDS_ATTRIBUTES = 4 };
struct idx_shards {
	size_t n_attributes; /* shards, missing, missing_shards, total_size */
	struct idx_attribute attributes[IDX_SHARDS_ATTRIBUTES];
};

/*
 * Texts of attributes live in arena; a sentence is appended to *why. An index that cannot be read
 * has no attributes. Fails only when memory runs out.
 */
int idx_shards_look(const struct idx_shards_source *source, struct ax_arena *arena,
	struct ax_buf *why, struct idx_shards *out, struct ax_error *err);

#endif
