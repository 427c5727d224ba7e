#include "archive/join.h"

#include "archive/planar.h"
#include "base/error.h"

#include <errno.h>
#include <stdlib.h>

struct arc_join {
	struct sft_header *header;
	uint64_t size;             /* of the file */
	uint64_t at;               /* bytes of the original given out */
	struct arc_planar *planar; /* once the header is in */
	struct ax_buf pending;
};

int arc_join_new(struct sft_header *header, uint64_t size, struct arc_join **out,
	struct ax_error *err)
{
	struct arc_join *join = calloc(1, sizeof(*join));

	if (!join)
		return ax_fail(err, ENOMEM, "no memory to undo planes");
	join->header = header;
	join->size = size;
	*out = join;
	return 0;
}

void arc_join_free(struct arc_join *join)
{
	if (!join)
		return;
	arc_planar_free(join->planar);
	ax_buf_free(&join->pending);
	free(join);
}

/* 1: the header is known, 0: more is needed, -1. */
static int take_header(struct arc_join *join, struct ax_error *err)
{
	const unsigned char *start = (const unsigned char *)join->pending.data;
	uint64_t length = 0;

	if (join->planar)
		return 1;
	if (join->pending.len < sizeof(length))
		return 0;
	for (unsigned i = 0; i < sizeof(length); i++)
		length |= (uint64_t)start[i] << 8 * i;
	if (length > ARC_PLANAR_HEADER_LIMIT - sizeof(length))
		return ax_fail(err, AX_ECORRUPT, "no header");
	if (join->pending.len < sizeof(length) + length)
		return 0;
	if (arc_planar_parse(join->header, start, join->pending.len, join->size, &join->planar,
		    err) < 0)
		return -1;
	return 1;
}

/* How many of the pending bytes can be given out: whole pieces. */
static size_t complete(const struct arc_join *join)
{
	size_t n = 0;

	while (n < join->pending.len && join->at + n < join->size) {
		struct arc_piece piece = arc_planar_piece(join->planar, join->at + n);
		uint64_t left = piece.end - (join->at + n);
		if (left > join->pending.len - n) {
			if (!piece.width)
				n = join->pending.len;
			break;
		}
		n += (size_t)left;
	}
	return n;
}

int arc_join_add(struct arc_join *join, struct ax_str stored, struct ax_buf *original,
	struct ax_error *err)
{
	ax_buf_append_str(&join->pending, stored);
	if (ax_buf_check(&join->pending, "planes", err) < 0)
		return -1;
	int known = take_header(join, err);
	if (known <= 0)
		return known;
	size_t n = complete(join);
	if (!ax_buf_reserve(original, n))
		return ax_buf_check(original, "planes", err);
	arc_planar_join(join->planar, join->at, (const unsigned char *)join->pending.data, n,
		(unsigned char *)original->data + original->len);
	original->len += n;
	join->at += n;
	join->pending.len -= n;
	memmove(join->pending.data, join->pending.data + n, join->pending.len);
	return 0;
}
