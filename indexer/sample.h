/*
 * indexer/sample.h - a file's content, told by a few pieces of it
 *
 * Files of one size that differ in their samples are different. Those that agree are most likely
 * equal, and surely so where the pieces cover the file: weights of another step differ everywhere.
 */
#ifndef ARTIDX_INDEXER_SAMPLE_H
#define ARTIDX_INDEXER_SAMPLE_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>

enum {
	IDX_SAMPLE_PIECES = 17,  /* spread evenly, the first and the last bytes among them */
	IDX_SAMPLE_BYTES = 4096, /* of each */
};

/* Open a file of the project for reading, without following links; -1 if it is not there now, or
 * no regular file of so many bytes. */
int idx_sample_open(int root, struct ax_str path, uint64_t bytes);

/* Add bytes of an open file to what is hashed. */
bool idx_sample_add(struct ax_hasher *hasher, int fd, uint64_t at, size_t size);

/* The digest of the pieces; false where the file cannot be read or has another size. */
bool idx_sample_take(int root, struct ax_str path, uint64_t bytes, struct ax_hasher *hasher,
	struct ax_digest *out);

#endif
