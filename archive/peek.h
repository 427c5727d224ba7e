/*
 * archive/peek.h - parts of members, without reading the rest of the archive
 *
 * For finding out what members are. Nothing is compared with digests: that is what reading whole
 * members is for (read.h).
 */
#ifndef ARTIDX_ARCHIVE_PEEK_H
#define ARTIDX_ARCHIVE_PEEK_H

#include "archive/open.h"

struct arc_peek;

/* archive has an index, and outlives the peek. One thread only. */
int arc_peek_open(const struct arc_archive *archive, struct arc_peek **out,
	struct ax_error *err);
void arc_peek_close(struct arc_peek *peek);

/*
 * size bytes of a file member from offset on, which must be within it. A copy is read where it is
 * stored. Holes are zeros; of a
 * planar member only its safetensors header is as in the original. Members in the order of the
 * index are fastest: what they share is decoded once. AX_ECORRUPT when it is damaged.
 */
int arc_peek_read(struct arc_peek *peek, const struct arc_member *member, uint64_t offset,
	void *out, size_t size, struct ax_error *err);

/*
 * Whether an archive without an index begins as those of artidx do: then it is a damaged one of
 * ours. What cannot be read is not.
 */
bool arc_peek_is_ours(const struct arc_archive *archive);

#endif
