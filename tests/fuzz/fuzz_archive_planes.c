#include "tests/fuzz/fuzz.h"

#include "archive/join.h"
#include "archive/planar.h"
#include "base/error.h"
#include "safetensors/header.h"

#include <stdlib.h>
#include <string.h>

/* A planar file, undone at once and undone in pieces: both say the same, or both refuse it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sft_header *header = NULL;
	struct arc_planar *planar = NULL;
	struct arc_join *join = NULL;
	struct ax_buf pieces = { 0 };
	struct ax_error err;
	size_t step = size ? 1 + data[size - 1] : 1;
	unsigned char *whole = malloc(size + 1);

	if (!whole || sft_header_new(NULL, &header, &err) < 0)
		goto out;
	if (arc_planar_parse(header, data, size, size, &planar, &err) < 0)
		goto out;
	arc_planar_join(planar, 0, data, size, whole);
	if (arc_join_new(header, size, &join, &err) < 0)
		goto out;
	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		if (arc_join_add(join, ax_str((const char *)data + at, n), &pieces, &err) < 0)
			abort();
	}
	if (pieces.len != size || memcmp(pieces.data, whole, size) != 0)
		abort();
out:
	arc_join_free(join);
	ax_buf_free(&pieces);
	arc_planar_free(planar);
	sft_header_free(header);
	free(whole);
	return 0;
}
