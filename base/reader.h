/*
 * base/reader.h - numbers and strings out of a run of bytes, with every bound checked
 *
 * The counterpart of base/buf.h for formats on disk. Reading past the end returns zeros and marks
 * the reader as failed for good, so that one check after a group of reads suffices.
 */
#ifndef ARTIDX_BASE_READER_H
#define ARTIDX_BASE_READER_H

#include "base/str.h"

#include <stdint.h>

struct ax_reader {
	struct ax_str rest; /* what was not read yet */
	bool failed;
};

uint8_t ax_reader_byte(struct ax_reader *reader);
uint32_t ax_reader_u32(struct ax_reader *reader);
uint64_t ax_reader_u64(struct ax_reader *reader);
uint64_t ax_reader_varint(struct ax_reader *reader);

/* The next len bytes, borrowed from what is read. */
struct ax_str ax_reader_bytes(struct ax_reader *reader, uint64_t len);

/* A varint and as many bytes, as ax_buf_append_sized() writes them. */
struct ax_str ax_reader_sized(struct ax_reader *reader);

/*
 * A varint that counts things of at least min_size bytes each: one that the rest cannot hold is a
 * failure and 0, so that the result may be allocated for.
 */
size_t ax_reader_count(struct ax_reader *reader, size_t min_size);

#endif
