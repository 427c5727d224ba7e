#include "tests/fuzz/fuzz.h"

#include "archive/index.h"
#include "base/buf.h"
#include "base/error.h"

#include <stdlib.h>

/* The checksum is made right, so that what lies behind it is reached. What was parsed can be
 * written again, and then says the same. */
static void mend(char *frame, size_t size)
{
	static const size_t head = 8, sum = 8;

	if (size < head + sum)
		return;
	size_t length = size - head;
	for (unsigned i = 0; i < 4; i++)
		frame[4 + i] = (char)(length >> 8 * i);
	uint64_t hash = ax_hash64(frame + head, length - sum);
	for (unsigned i = 0; i < sum; i++)
		frame[size - sum + i] = (char)(hash >> 8 * i);
}

static void write_again(const struct arc_index *index, uint64_t tar_size)
{
	struct ax_arena arena = { 0 };
	struct ax_buf buf = { 0 };
	struct ax_error err;
	struct arc_index again;

	if (arc_index_append(&buf, index, &err) < 0 ||
		arc_index_parse(ax_buf_str(&buf), tar_size, &arena, &again, &err) < 0 ||
		again.n != index->n)
		abort();
	ax_buf_free(&buf);
	ax_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t tar_size = 1 << 20;
	struct ax_arena arena = { 0 };
	struct ax_error err;
	struct arc_index index;
	char *frame = malloc(size + 1);

	if (!frame)
		return 0;
	if (size)
		memcpy(frame, data, size);
	mend(frame, size);
	if (arc_index_parse(ax_str(frame, size), tar_size, &arena, &index, &err) == 0) {
		for (size_t i = 0; i < index.n; i++) {
			if (arc_index_find(&index, index.members[i].path) != &index.members[i])
				abort();
		}
		write_again(&index, tar_size);
	}
	ax_arena_free(&arena);
	free(frame);
	return 0;
}
