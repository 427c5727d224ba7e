#include "base/arena.h"
#include "fuzz.h"
#include "indexer/catalog.h"
#include "indexer/chunk.h"
#include "indexer/detail.h"

#include <stdlib.h>

/* Whether s lies within the bytes it was borrowed from. */
static void check_within(struct ax_str s, struct ax_str bytes)
{
	if (s.len && (s.ptr < bytes.ptr || s.ptr + s.len > bytes.ptr + bytes.len))
		abort();
}

static void read_chunk(struct ax_str bytes)
{
	struct idx_chunk chunk;
	struct idx_file file;

	if (!idx_chunk_open(bytes, &chunk))
		return;
	struct idx_chunk_cursor cursor = { .chunk = &chunk };
	check_within(chunk.dir, bytes);
	while (idx_chunk_next(&cursor, &file))
		check_within(file.name, bytes);
	if (cursor.index != chunk.count)
		abort();
}

static void read_detail(struct ax_str bytes)
{
	struct ax_arena arena = { 0 };
	struct idx_detail detail;
	struct ax_digest digest;
	bool no_memory, has_tensors;

	if (idx_detail_decode(bytes, &arena, &detail, &no_memory)) {
		for (size_t i = 0; i < detail.n_attributes; i++)
			check_within(detail.attributes[i].name, bytes);
		for (size_t i = 0; i < detail.n_metadata; i++)
			check_within(detail.metadata[i].value, bytes);
		if (!idx_detail_decode_layout(bytes, &has_tensors, &digest) ||
			has_tensors != detail.has_tensors)
			abort();
	}
	ax_arena_free(&arena);
}

static void read_layout(struct ax_str bytes)
{
	struct idx_layout_reader reader;
	struct idx_tensor tensor;
	uint64_t largest = 0;

	if (!idx_layout_open(bytes, &reader))
		return;
	while (idx_layout_next(&reader, &tensor) == 1) {
		for (unsigned d = 0; d < tensor.rank; d++)
			largest = tensor.shape[d] > largest ? tensor.shape[d] : largest;
		if (tensor.name.len > bytes.len || tensor.rank > bytes.len)
			abort();
	}
	idx_layout_fini(&reader);
	if (bytes.len == 0 && largest)
		abort();
}

static void read_run(struct ax_str bytes)
{
	struct ax_arena arena = { 0 };
	struct idx_run_texts texts;
	struct idx_run run;
	struct ax_str id;
	bool no_memory;

	if (idx_run_decode(bytes, &arena, &run, &texts, &no_memory)) {
		check_within(run.rows, bytes);
		if (!idx_run_decode_id(bytes, &id) || !ax_str_equal(id, run.id))
			abort();
	}
	ax_arena_free(&arena);
}

static void read_owner(struct ax_str bytes)
{
	struct idx_owner owner;
	uint32_t run;

	if (idx_owner_decode(bytes, &owner, &run))
		check_within(owner.why, bytes);
}

/* The first byte says what the others are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct ax_str) = { read_chunk, read_detail, read_layout,
		read_run, read_owner };

	if (size > 0)
		readers[data[0] %
			(sizeof(readers) / sizeof(readers[0]))](ax_str((const char *)data + 1,
			size - 1));
	return 0;
}
