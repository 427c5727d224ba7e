/*
 * safetensors/header.h - the header of one safetensors file, read and checked
 *
 * A file is a little-endian u64 N, N bytes of JSON (the header), and tensor data. Headers come
 * from the internet: every number is checked before use, and a header that breaks the format is
 * refused as a whole. What is taken and what is refused follows the reference implementation
 * (huggingface/safetensors), byte for byte; where it takes what the format's text forbids, the
 * header carries a warning. Tensor data is never read.
 *
 *	N      JSON object                                    data
 *	u64le  {"__metadata__":{..},"NAME":{dtype,shape,..}}  begin..end of each tensor
 */
#ifndef ARTIDX_SAFETENSORS_HEADER_H
#define ARTIDX_SAFETENSORS_HEADER_H

#include "base/hash.h"
#include "base/str.h"
#include "safetensors/dtype.h"

#include <stdint.h>

struct ax_error;

enum { SFT_HEADER_LIMIT = 100000000 }; /* bytes of JSON that the reference takes at most */

/* The verdicts of the reference implementation, by its names. */
enum sft_verdict {
	SFT_VALID,
	SFT_HEADER_TOO_SMALL,
	SFT_HEADER_TOO_LARGE,
	SFT_INVALID_HEADER_LENGTH,
	SFT_INVALID_HEADER,
	SFT_INVALID_HEADER_DESERIALIZATION,
	SFT_INVALID_OFFSET,
	SFT_VALIDATION_OVERFLOW,
	SFT_MISALIGNED_SLICE,
	SFT_TENSOR_INVALID_INFO,
	SFT_METADATA_INCOMPLETE_BUFFER,
};

/* "InvalidHeaderDeserialization"; "Valid" for SFT_VALID. */
const char *sft_verdict_name(enum sft_verdict verdict);

/* What the reference takes although the format's text forbids it; bits of sft_header_warnings(). */
enum sft_warning {
	SFT_WARN_DUPLICATE_NAME = 1 << 0, /* the last one counts; other readers may differ */
	SFT_WARN_UNKNOWN_FIELD = 1 << 1,  /* in a tensor's object */
	SFT_WARN_PADDING = 1 << 2, /* white space before "{", or other than spaces behind */
	SFT_WARN_NULL_METADATA = 1 << 3,
	SFT_WARN_ARRAY_FORM = 1 << 4,  /* a tensor or a dtype in another JSON form */
	SFT_WARN_HUGE_NUMBER = 1 << 5, /* a size over 48 bits */
};

/* One line for people; what names a single bit. */
const char *sft_warning_text(enum sft_warning what);

/*
 * Why a header was refused. Where the file ends before its header or its data does
 * (SFT_HEADER_TOO_SMALL, SFT_INVALID_HEADER_LENGTH, SFT_METADATA_INCOMPLETE_BUFFER), offset is
 * the file's size; where bytes follow the data, their start.
 */
struct sft_problem {
	enum sft_verdict verdict;
	uint64_t offset; /* of the mistake, in bytes from the start of the file */
	char message
		[256]; /* "byte OFFSET: ...", one line; names in it are escaped and shortened */
};

/* One tensor. begin and end count bytes from the start of the data section. */
struct sft_tensor {
	struct ax_str name; /* unescaped; may hold any byte but is UTF-8 */
	enum sft_dtype dtype;
	unsigned rank;
	const uint64_t *shape; /* rank entries, outermost first */
	uint64_t begin, end;
};

/*
 * The tensors of a header: immutable, and shared between all headers whose tensor part has the
 * same bytes. Counted references.
 */
struct sft_layout;
const struct sft_layout *sft_layout_ref(const struct sft_layout *layout);
void sft_layout_unref(const struct sft_layout *layout);

/* The tensors, ordered by (begin, end, name). What they point to is borrowed from the layout. */
size_t sft_layout_count(const struct sft_layout *layout);
struct sft_tensor sft_layout_tensor(const struct sft_layout *layout, size_t i);

/*
 * Fingerprints made of XXH3-128. The first covers the set of (name, dtype, shape): what
 * checkpoints of one kind share, wherever their data lies. The second covers begin and end too:
 * equal only for headers whose tensor lists are the same in everything. Made when first asked for.
 */
struct ax_digest sft_layout_digest(const struct sft_layout *layout);
struct ax_digest sft_layout_exact_digest(const struct sft_layout *layout);

/*
 * Elements of all tensors (saturating at UINT64_MAX), bytes of data, and one bit (1 << dtype)
 * for each dtype in use.
 */
uint64_t sft_layout_elements(const struct sft_layout *layout);
uint64_t sft_layout_data_bytes(const struct sft_layout *layout);
uint32_t sft_layout_dtypes(const struct sft_layout *layout);

/*
 * Recognises tensor lists that were checked before, by the digest of their bytes, and so saves
 * parsing them again. Bounded in memory; may be shared by threads.
 */
struct sft_layout_cache;
int sft_layout_cache_new(size_t memory_limit, struct sft_layout_cache **out,
	struct ax_error *err);
void sft_layout_cache_free(struct sft_layout_cache *cache);

/* A header. Made once and read into many times: its memory is used again. */
struct sft_header;

/* cache may be NULL, and must outlive the header. */
int sft_header_new(struct sft_layout_cache *cache, struct sft_header **out,
	struct ax_error *err);
void sft_header_free(struct sft_header *header);

/*
 * Read the header at the start of fd, a regular file of file_size bytes. 1: valid. 0: refused,
 * *problem says why. -1: the file could not be read or memory ran out, *err says so. path is for
 * err alone. Memory needed: the header's bytes and not quite as much again; six times as much for
 * headers that are made to need it.
 */
int sft_header_read(struct sft_header *header, int fd, uint64_t file_size, const char *path,
	struct sft_problem *problem, struct ax_error *err);

/* The same for JSON text in memory, which must live as long as the header's content is used. */
int sft_header_parse(struct sft_header *header, struct ax_str text, uint64_t file_size,
	struct sft_problem *problem, struct ax_error *err);

/*
 * What was read last; nothing, and NULL for a layout, when that was refused, unless its verdict
 * is SFT_METADATA_INCOMPLETE_BUFFER: then the header is as good as any, and only the data is
 * short or followed by more. All is borrowed until the next read or sft_header_free(), but for
 * the layout, which lives as long as somebody holds a reference.
 */
const struct sft_layout *sft_header_layout(const struct sft_header *header);
uint64_t sft_header_length(const struct sft_header *header); /* N, without its own 8 bytes */
unsigned sft_header_warnings(const struct sft_header *header);

/*
 * A fingerprint of the N bytes: XXH3-128 of the digests of their parts, of which the cache knows
 * the larger one.
 */
struct ax_digest sft_header_digest(const struct sft_header *header);

struct sft_metadata {
	struct ax_str key, value; /* unescaped, UTF-8, may hold NUL */
};

/* The entries of __metadata__ in file order, of equal keys only the last one. */
size_t sft_header_metadata_count(const struct sft_header *header);
const struct sft_metadata *sft_header_metadata(const struct sft_header *header, size_t i);

/* Whether __metadata__ is there as an object, be it empty. */
bool sft_header_has_metadata(const struct sft_header *header);

#endif
