/*
 * Planes of floats hold no repetitions that are worth looking for: looking costs time, and what
 * is found by chance costs size. So their blocks are given to zstd as one sequence each that is
 * all literals: what remains of the format is its Huffman coder, and a raw block where that does
 * not help. The interface for this (ZSTD_compressSequences) is in the part of zstd that has to be
 * linked statically.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include "archive/frame.h"

#include "archive/seek.h"
#include "base/buf.h"
#include "base/error.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
	SAMPLE = 16 * 1024,  /* bytes of a plane that are looked at */
	WINDOW_LOG_MAX = 27, /* 128 MiB, as zstd itself takes by default */
};

/* Below this many bits a byte a Huffman code, which needs one bit at least, is far from best. */
static const double sparse_bits = 1.0;

/* Above this many, a byte is noise. A sample of noise has a little less than 8. */
static const double noise_bits = 7.9;

/* Order-0 entropy in bits a byte. */
static double entropy(const unsigned char *bytes, size_t n)
{
	unsigned counts[256] = { 0 };
	double bits = 0;

	for (size_t i = 0; i < n; i++)
		counts[bytes[i]]++;
	for (size_t i = 0; i < 256; i++) {
		if (counts[i])
			bits -= counts[i] * log2((double)counts[i] / (double)n);
	}
	return n ? bits / (double)n : 0;
}

enum arc_coding arc_coding_of_plane(const unsigned char *plane, size_t size)
{
	size_t n = size < SAMPLE ? size : SAMPLE;

	return entropy(plane + (size - n) / 2, n) < sparse_bits ? ARC_CODE_SPARSE
								: ARC_CODE_LITERALS;
}

enum arc_coding arc_coding_of_bytes(const unsigned char *bytes, size_t size)
{
	if (size < 4 * SAMPLE)
		return ARC_CODE_MATCHES;
	for (size_t quarter = 1; quarter <= 3; quarter++) {
		if (entropy(bytes + quarter * (size / 4) - SAMPLE / 2, SAMPLE) < noise_bits)
			return ARC_CODE_MATCHES;
	}
	return ARC_CODE_LITERALS;
}

struct arc_encoder {
	ZSTD_CCtx *context;
	ZSTD_Sequence *sequences;
	size_t capacity;
};

int arc_encoder_new(struct arc_encoder **out, struct ax_error *err)
{
	struct arc_encoder *encoder = calloc(1, sizeof(*encoder));

	if (encoder)
		encoder->context = ZSTD_createCCtx();
	if (!encoder || !encoder->context) {
		arc_encoder_free(encoder);
		return ax_fail(err, ENOMEM, "zstd: no memory");
	}
	*out = encoder;
	return 0;
}

void arc_encoder_free(struct arc_encoder *encoder)
{
	if (!encoder)
		return;
	ZSTD_freeCCtx(encoder->context);
	free(encoder->sequences);
	free(encoder);
}

static void set_up(ZSTD_CCtx *context, enum arc_coding coding)
{
	ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1);
	switch (coding) {
	case ARC_CODE_MATCHES:
		ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 3);
		break;
	case ARC_CODE_SPARSE:
		ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
		break;
	case ARC_CODE_LITERALS:
		ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, -1);
		ZSTD_CCtx_setParameter(context, ZSTD_c_blockDelimiters,
			ZSTD_sf_explicitBlockDelimiters);
		ZSTD_CCtx_setParameter(context, ZSTD_c_literalCompressionMode, ZSTD_ps_enable);
		break;
	}
}

/* One literal-only sequence a block; blocks end at cuts and after ARC_BLOCK bytes. */
static int make_blocks(struct arc_encoder *encoder, const struct arc_frame *frame,
	size_t *n_out, struct ax_error *err)
{
	size_t wanted = frame->n_cuts + frame->content.len / ARC_BLOCK + 2;
	size_t n = 0, at = 0;

	if (wanted > encoder->capacity) {
		void *grown =
			reallocarray(encoder->sequences, wanted, sizeof(*encoder->sequences));
		if (!grown)
			return ax_fail(err, ENOMEM, "zstd: no memory");
		encoder->sequences = grown;
		encoder->capacity = wanted;
	}
	for (size_t i = 0; i <= frame->n_cuts; i++) {
		size_t end = i < frame->n_cuts ? frame->cuts[i] : frame->content.len;
		while (at < end) {
			size_t len = end - at < ARC_BLOCK ? end - at : ARC_BLOCK;
			encoder->sequences[n++] = (ZSTD_Sequence){ .litLength = (unsigned)len };
			at += len;
		}
	}
	*n_out = n;
	return 0;
}

int arc_encode(struct arc_encoder *encoder, const struct arc_frame *frame, struct ax_buf *out,
	struct ax_error *err)
{
	struct ax_str content = frame->content;
	/* Blocks that are cut short cost a header each. */
	size_t bound = ZSTD_compressBound(content.len) + 4 * (frame->n_cuts + 4);
	bool blocks = frame->coding == ARC_CODE_LITERALS;
	size_t n_blocks = 0, written;

	if (!ax_buf_reserve(out, bound))
		return ax_buf_check(out, "zstd", err);
	set_up(encoder->context, frame->coding);
	if (blocks && content.len) {
		if (make_blocks(encoder, frame, &n_blocks, err) < 0)
			return -1;
		written = ZSTD_compressSequences(encoder->context, out->data + out->len, bound,
			encoder->sequences, n_blocks, content.ptr, content.len);
	} else {
		written = ZSTD_compress2(encoder->context, out->data + out->len, bound,
			content.ptr, content.len);
	}
	if (ZSTD_isError(written))
		return ax_fail(err, EIO, "zstd: %s", ZSTD_getErrorName(written));
	out->len += written;
	return 0;
}

void arc_append_filler(struct ax_buf *out, size_t size)
{
	ax_buf_append_u32(out, ZSTD_MAGIC_SKIPPABLE_START + 1);
	ax_buf_append_u32(out, (uint32_t)(size - ARC_FILLER_MIN));
	for (size_t i = ARC_FILLER_MIN; i < size; i++)
		ax_buf_append_byte(out, 0);
}

struct arc_decoder {
	ZSTD_DCtx *context;
};

int arc_decoder_new(struct arc_decoder **out, struct ax_error *err)
{
	struct arc_decoder *decoder = calloc(1, sizeof(*decoder));

	if (decoder)
		decoder->context = ZSTD_createDCtx();
	if (!decoder || !decoder->context) {
		arc_decoder_free(decoder);
		return ax_fail(err, ENOMEM, "zstd: no memory");
	}
	ZSTD_DCtx_setParameter(decoder->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	*out = decoder;
	return 0;
}

void arc_decoder_free(struct arc_decoder *decoder)
{
	if (!decoder)
		return;
	ZSTD_freeDCtx(decoder->context);
	free(decoder);
}

int arc_decode(struct arc_decoder *decoder, struct ax_str frame, void *out, size_t size,
	struct ax_error *err)
{
	size_t n = ZSTD_decompressDCtx(decoder->context, out, size, frame.ptr, frame.len);

	if (ZSTD_isError(n))
		return ax_fail(err, AX_ECORRUPT, "damaged zstd frame: %s",
			ZSTD_getErrorName(n));
	if (n != size)
		return ax_fail(err, AX_ECORRUPT, "zstd frame of %zu bytes, %zu are expected", n,
			size);
	return 0;
}

/* ---- a whole file */

enum { STREAM_INPUT = 256 * 1024, STREAM_OUTPUT = 256 * 1024, FRAME_MAX = 16 * 1024 * 1024 };

struct arc_stream {
	struct arc_stream_options options;
	ZSTD_DCtx *context;
	unsigned char *input, *output;
	ZSTD_inBuffer in;
	uint64_t in_at;       /* in the file, of input's end */
	uint64_t frame_at;    /* where the frame begins */
	uint64_t frame_given; /* bytes of its content that were given out */
	uint64_t given;       /* bytes of content in all */
	uint64_t zeros;       /* to be given out in place of a damaged frame */
	bool within;          /* a frame has begun */
	size_t damaged;
};

int arc_stream_open(const struct arc_stream_options *options, struct arc_stream **out,
	struct ax_error *err)
{
	struct arc_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return ax_fail(err, ENOMEM, "%s: no memory", options->path);
	stream->options = *options;
	stream->context = ZSTD_createDCtx();
	stream->input = malloc(STREAM_INPUT);
	stream->output = malloc(STREAM_OUTPUT);
	stream->in.src = stream->input;
	if (!stream->context || !stream->input || !stream->output) {
		arc_stream_close(stream);
		return ax_fail(err, ENOMEM, "%s: no memory", options->path);
	}
	ZSTD_DCtx_setParameter(stream->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	*out = stream;
	return 0;
}

void arc_stream_close(struct arc_stream *stream)
{
	if (!stream)
		return;
	ZSTD_freeDCtx(stream->context);
	free(stream->input);
	free(stream->output);
	free(stream);
}

size_t arc_stream_damaged(const struct arc_stream *stream)
{
	return stream->damaged;
}

/* Continue at a place in the file, with a new frame. */
static void stream_seek(struct arc_stream *stream, uint64_t at)
{
	stream->in.pos = stream->in.size = 0;
	stream->in_at = stream->frame_at = at;
	stream->frame_given = 0;
	stream->within = false;
	ZSTD_DCtx_reset(stream->context, ZSTD_reset_session_only);
}

/* 1, 0 at the end of the file, -1. */
static int stream_fill(struct arc_stream *stream, struct ax_error *err)
{
	ssize_t n;

	if (stream->in.pos < stream->in.size)
		return 1;
	do
		n = pread(stream->options.fd, stream->input, STREAM_INPUT,
			(off_t)stream->in_at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return ax_fail_errno(err, "%s", stream->options.path);
	stream->in.pos = 0;
	stream->in.size = (size_t)n;
	stream->in_at += (uint64_t)n;
	return n > 0;
}

/* The frame that begins at a place and is not empty, or n. */
static size_t frame_at(const struct arc_frames *frames, uint64_t at)
{
	size_t low = 0, high = frames->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (frames->at[middle + 1] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < frames->n && frames->at[low] == at ? low : frames->n;
}

/* Length and content of the frame that is damaged, by the table of frames or by its own head. */
static bool frame_extent(const struct arc_stream *stream, uint64_t *length, uint64_t *content)
{
	const struct arc_frames *frames = stream->options.frames;

	size_t i = frames ? frame_at(frames, stream->frame_at) : 0;

	if (frames && i < frames->n) {
		*length = frames->at[i + 1] - frames->at[i];
		*content = frames->tar[i + 1] - frames->tar[i];
		return true;
	}
	unsigned char *bytes = malloc(FRAME_MAX);
	ssize_t n = bytes ? pread(stream->options.fd, bytes, FRAME_MAX, (off_t)stream->frame_at)
			  : -1;
	bool known = false;
	if (n > 0) {
		size_t size = ZSTD_findFrameCompressedSize(bytes, (size_t)n);
		unsigned long long holds = ZSTD_getFrameContentSize(bytes, (size_t)n);
		known = !ZSTD_isError(size) && holds <= FRAME_MAX;
		*length = size;
		*content = holds;
	}
	free(bytes);
	return known;
}

/* What result, an error of decoding, says of the frame whose end is not known either. */
static int stream_damaged(const struct arc_stream *stream, size_t result, struct ax_error *err)
{
	if (stream->frame_at == 0 && ZSTD_getErrorCode(result) == ZSTD_error_prefix_unknown)
		return ax_fail(err, AX_ECORRUPT,
			"%s: begins as no .tar.zst does: another kind of file, or damaged at "
			"byte 0",
			stream->options.path);
	return ax_fail(err, AX_ECORRUPT, "%s: damaged at byte %llu: %s", stream->options.path,
		(unsigned long long)stream->frame_at, ZSTD_getErrorName(result));
}

static int stream_skip(struct arc_stream *stream, size_t result, struct ax_error *err)
{
	uint64_t length = 0, content = 0;

	if (!frame_extent(stream, &length, &content) || content < stream->frame_given)
		return stream_damaged(stream, result, err);
	stream->damaged++;
	stream->zeros = content - stream->frame_given;
	stream_seek(stream, stream->frame_at + length);
	return 0;
}

static ssize_t give_zeros(struct arc_stream *stream, const void **bytes)
{
	size_t n = stream->zeros < STREAM_OUTPUT ? (size_t)stream->zeros : STREAM_OUTPUT;

	memset(stream->output, 0, n);
	stream->zeros -= n;
	stream->given += n;
	*bytes = stream->output;
	return (ssize_t)n;
}

/* Decode one step: bytes that came out of it, 0 when there are none yet or the end is reached. */
static ssize_t stream_step(struct arc_stream *stream, struct ax_error *err)
{
	ZSTD_outBuffer out = { .dst = stream->output, .size = STREAM_OUTPUT };

	if (!stream->within)
		stream->frame_at = stream->in_at - (stream->in.size - stream->in.pos);
	stream->within = true;
	size_t left = ZSTD_decompressStream(stream->context, &out, &stream->in);
	if (ZSTD_isError(left))
		return stream_skip(stream, left, err);
	stream->frame_given += out.pos;
	stream->given += out.pos;
	if (left == 0) {
		stream->within = false;
		stream->frame_given = 0;
	}
	return (ssize_t)out.pos;
}

ssize_t arc_stream_read(struct arc_stream *stream, const void **bytes, struct ax_error *err)
{
	for (;;) {
		if (stream->given + stream->zeros > stream->options.limit)
			return ax_fail(err, AX_EREFUSED,
				"%s: expands to more than %llu bytes, which is not plausible",
				stream->options.path,
				(unsigned long long)stream->options.limit);
		if (stream->zeros)
			return give_zeros(stream, bytes);
		int filled = stream_fill(stream, err);
		if (filled < 0)
			return -1;
		if (!filled && !stream->within)
			return 0;
		if (!filled)
			return ax_fail(err, AX_ECORRUPT, "%s: ends in the middle of a frame",
				stream->options.path);
		ssize_t n = stream_step(stream, err);
		if (n) {
			*bytes = stream->output;
			return n;
		}
	}
}
