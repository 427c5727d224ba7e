/*
 * archive/frame.h - zstd frames (RFC 8878), one at a time
 *
 * Every frame has its content size and a checksum of its content, and stands for itself.
 */
#ifndef ARTIDX_ARCHIVE_FRAME_H
#define ARTIDX_ARCHIVE_FRAME_H

#include "base/str.h"

#include <stdint.h>
#include <sys/types.h>

struct arc_frames;
struct ax_buf;
struct ax_error;

enum {
	ARC_FRAME_LIMIT = 4 * 1024 * 1024, /* content bytes of a frame that artidx writes */
	ARC_BLOCK = 128 * 1024,            /* content bytes of a zstd block, at most */
};

/* How the bytes of a frame are compressed. */
enum arc_coding {
	ARC_CODE_MATCHES,  /* by zstd at level 3: text, headers, integers */
	ARC_CODE_LITERALS, /* entropy coding alone, block by block: planes of floats */
	ARC_CODE_SPARSE,   /* by zstd at level 1: planes that are almost constant */
};

/* What suits a plane, judged by a sample from its middle. */
enum arc_coding arc_coding_of_plane(const unsigned char *plane, size_t size);

/* What suits a part of any other file: nothing is looked for in what is compressed already. */
enum arc_coding arc_coding_of_bytes(const unsigned char *bytes, size_t size);

/* Scratch memory of one thread that writes frames. */
struct arc_encoder;
int arc_encoder_new(struct arc_encoder **out, struct ax_error *err);
void arc_encoder_free(struct arc_encoder *encoder);

/*
 * A frame to be written. For ARC_CODE_LITERALS cuts are the offsets, ascending and inside of
 * content, at which a block has to end (borders of tensors and planes), so that each has an
 * entropy table of its own.
 */
struct arc_frame {
	enum arc_coding coding;
	struct ax_str content;
	const size_t *cuts;
	size_t n_cuts;
};

/* Append the frame. */
int arc_encode(struct arc_encoder *encoder, const struct arc_frame *frame, struct ax_buf *out,
	struct ax_error *err);

enum { ARC_FILLER_MIN = 8 };

/* Append a skippable frame of size bytes, ARC_FILLER_MIN at least: nothing, to whoever decodes. */
void arc_append_filler(struct ax_buf *out, size_t size);

/* Scratch memory of one thread that reads frames. */
struct arc_decoder;
int arc_decoder_new(struct arc_decoder **out, struct ax_error *err);
void arc_decoder_free(struct arc_decoder *decoder);

/*
 * Decode one whole frame into exactly size bytes at out. AX_ECORRUPT when it is damaged, holds
 * another number of bytes, or would need more memory than a frame of that size.
 */
int arc_decode(struct arc_decoder *decoder, struct ax_str frame, void *out, size_t size,
	struct ax_error *err);

/*
 * All frames of a file, one after the other, whoever wrote them. A damaged frame whose length and
 * content size can still be told reads as zeros, and is counted; any other ends the stream.
 */
struct arc_stream_options {
	int fd;
	const char *path;                /* for messages */
	const struct arc_frames *frames; /* where they lie, if that is known; else NULL */
	uint64_t limit;                  /* bytes of content; more is refused: AX_EREFUSED */
};
struct arc_stream;
int arc_stream_open(const struct arc_stream_options *options, struct arc_stream **out,
	struct ax_error *err);
void arc_stream_close(struct arc_stream *stream);

/* The next bytes, borrowed until the next call; 0 at the end, -1 when no more can be read. */
ssize_t arc_stream_read(struct arc_stream *stream, const void **bytes, struct ax_error *err);

/* Damaged frames so far. */
size_t arc_stream_damaged(const struct arc_stream *stream);

#endif
