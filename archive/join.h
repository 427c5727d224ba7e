/*
 * archive/join.h - undo the planes of a file that comes in pieces of any size
 */
#ifndef ARTIDX_ARCHIVE_JOIN_H
#define ARTIDX_ARCHIVE_JOIN_H

#include "base/buf.h"

struct sft_header;

struct arc_join;
int arc_join_new(struct sft_header *header, uint64_t size, struct arc_join **out,
	struct ax_error *err);
void arc_join_free(struct arc_join *join);

/* Add stored bytes, in order; append to original what they complete. AX_ECORRUPT: not planar. */
int arc_join_add(struct arc_join *join, struct ax_str stored, struct ax_buf *original,
	struct ax_error *err);

#endif
