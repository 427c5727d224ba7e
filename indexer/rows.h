/*
 * indexer/rows.h - what the data of a matrix says: are its rows orthonormal?
 *
 * A first-form basis and gradients of one side have the same header; only the numbers differ.
 */
#ifndef ARTIDX_INDEXER_ROWS_H
#define ARTIDX_INDEXER_ROWS_H

#include <stdint.h>

struct sft_tensor;

enum idx_rows {
	IDX_ROWS_ORTHONORMAL,
	IDX_ROWS_OTHER,
	IDX_ROWS_BLANK, /* nothing but zeros, or not there, or not of a type that can be tested */
};

enum { IDX_ROWS_BYTES = 1 << 20 }; /* room that a test needs at most */

/*
 * Look at the first rows of a matrix in fd, whose data section begins at data_start. At most 8
 * rows, and no more than fit into scratch, IDX_ROWS_BYTES bytes, are read.
 */
enum idx_rows idx_rows_look(int fd, uint64_t data_start, const struct sft_tensor *tensor,
	void *scratch);

#endif
