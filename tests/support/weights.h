/*
 * support/weights.h - safetensors files for tests, from a few words each
 */
#ifndef ARTIDX_TESTS_SUPPORT_WEIGHTS_H
#define ARTIDX_TESTS_SUPPORT_WEIGHTS_H

#include <stdint.h>

struct ax_buf;

enum weights_data {
	WEIGHTS_HOLES,       /* zeros that take no room */
	WEIGHTS_NOISE,       /* numbers around 0, the same each time; F32 only */
	WEIGHTS_ORTHONORMAL, /* rows of each F32 matrix are; noise elsewhere */
};

/*
 * tensors: "NAME DTYPE SHAPE; NAME DTYPE SHAPE; ...", the shape as "4x32" or "-" for a scalar. In
 * a name "{0..3}" stands for each of the numbers and "{a,b}" for each of the words.
 * metadata: the inside of the JSON object, "" for an empty one, NULL for none.
 * missing: bytes that are cut off at the end.
 */
struct weights {
	const char *tensors;
	const char *metadata;
	enum weights_data data;
	uint64_t missing;
};

/* The length and the JSON text of such a file's header. */
void weights_header(const struct weights *weights, struct ax_buf *out);

/* Write the file, or end the test program. */
void weights_write(int dirfd, const char *name, const struct weights *weights);

#endif
