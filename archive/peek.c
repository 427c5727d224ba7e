#include "archive/peek.h"

#include "archive/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SNIFFED = 4096 };

struct arc_peek {
	const struct arc_archive *archive;
	struct arc_decoder *decoder;
	uint64_t at, end; /* of the tar, what content holds */
	char *content;
};

int arc_peek_open(const struct arc_archive *archive, struct arc_peek **out,
	struct ax_error *err)
{
	struct arc_peek *peek = calloc(1, sizeof(*peek));
	char *content = malloc(ARC_READ_LIMIT);

	if (!peek || !content) {
		free(content);
		free(peek);
		return ax_fail(err, ENOMEM, "%s: no memory to read it", archive->path);
	}
	peek->archive = archive;
	peek->content = content;
	if (arc_decoder_new(&peek->decoder, err) < 0) {
		arc_peek_close(peek);
		return -1;
	}
	*out = peek;
	return 0;
}

void arc_peek_close(struct arc_peek *peek)
{
	if (!peek)
		return;
	arc_decoder_free(peek->decoder);
	free(peek->content);
	free(peek);
}

/* Have the frame that holds the byte at. */
static int need_frame(struct arc_peek *peek, uint64_t at, struct ax_error *err)
{
	const struct arc_frames *frames = &peek->archive->frames;

	if (at >= peek->at && at < peek->end)
		return 0;
	size_t i = arc_frames_find(frames, at);
	uint64_t length = frames->tar[i + 1] - frames->tar[i];
	peek->at = peek->end = 0;
	if (length > ARC_READ_LIMIT)
		return ax_fail(err, AX_ECORRUPT, "%s: frame %zu is too large",
			peek->archive->path, i);
	if (arc_read_tar(peek->archive, peek->decoder, frames->tar[i], peek->content,
		    (size_t)length, err) < 0)
		return -1;
	peek->at = frames->tar[i];
	peek->end = frames->tar[i + 1];
	return 0;
}

/* size bytes of the tar. */
static int read_stored(struct arc_peek *peek, uint64_t at, char *out, size_t size,
	struct ax_error *err)
{
	while (size) {
		if (need_frame(peek, at, err) < 0)
			return -1;
		size_t left = (size_t)(peek->end - at);
		size_t n = left < size ? left : size;
		memcpy(out, peek->content + (at - peek->at), n);
		out += n;
		at += n;
		size -= n;
	}
	return 0;
}

int arc_peek_read(struct arc_peek *peek, const struct arc_member *member, uint64_t offset,
	void *out, size_t size, struct ax_error *err)
{
	uint64_t end = offset + size;

	member = arc_index_stored(&peek->archive->index, member);
	if (!(member->flags & ARC_SPARSE))
		return read_stored(peek, member->data_at + offset, out, size, err);
	memset(out, 0, size);
	for (size_t i = arc_member_extent_behind(member, offset); i < member->n_extents; i++) {
		const struct arc_extent *extent = &member->extents[i];
		uint64_t from = extent->offset > offset ? extent->offset : offset;
		uint64_t to = extent->offset + extent->length;
		uint64_t at = member->data_at + extent->before + (from - extent->offset);
		if (extent->offset >= end)
			break;
		to = to < end ? to : end;
		if (read_stored(peek, at, (char *)out + (from - offset), (size_t)(to - from),
			    err) < 0)
			return -1;
	}
	return 0;
}

bool arc_peek_is_ours(const struct arc_archive *archive)
{
	static const char name[] = ".artidx/";
	struct arc_stream_options options = {
		.fd = archive->fd,
		.path = archive->path,
		.limit = SNIFFED,
	};
	struct arc_stream *stream = NULL;
	struct ax_error ignored;
	const void *bytes = NULL;
	ssize_t n = 0;
	bool is_ours = false;

	if (arc_stream_open(&options, &stream, &ignored) < 0)
		return false;
	n = arc_stream_read(stream, &bytes, &ignored);
	if (n > 0)
		is_ours = memmem(bytes, (size_t)n < SNIFFED ? (size_t)n : SNIFFED, name,
				  sizeof(name) - 1) != NULL;
	arc_stream_close(stream);
	return is_ours;
}
