/*
 * archive/planar.h - which bytes of a safetensors file are stored as planes
 *
 * A file is a row of pieces without gaps: its header, the units of its float tensors (planes.h),
 * and what lies between. Planes are made and undone a piece at a time.
 */
#ifndef ARTIDX_ARCHIVE_PLANAR_H
#define ARTIDX_ARCHIVE_PLANAR_H

#include "archive/planes.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stdint.h>

struct ax_error;
struct sft_header;

enum {
	ARC_PLANAR_HEADER_LIMIT = 16 * 1024 * 1024
}; /* bytes of a header, its length included */

/* A run of bytes; with a width it is a unit of a tensor, without one it is stored as it is. */
struct arc_piece {
	uint64_t begin, end;
	unsigned width;
};

/* The pieces of a file. */
struct arc_planar;
void arc_planar_free(struct arc_planar *planar);

/* What a file is to an archive. */
struct arc_kind {
	bool is_safetensors;
	struct ax_digest layout;
	struct arc_planar *planar; /* the caller's to free; NULL when stored as it is */
};

/*
 * Look at the header of fd, a regular file of size bytes. Not stored as planes: what is not
 * valid, what has no floats, and headers of a form that a small decoder would misread.
 */
int arc_kind_of_file(struct sft_header *header, int fd, uint64_t size, const char *path,
	struct arc_kind *out, struct ax_error *err);

/*
 * The pieces of a planar member from its first bytes: text begins with the file's first 8. An
 * AX_ECORRUPT failure when there is no valid header.
 */
int arc_planar_parse(struct sft_header *header, const unsigned char *start, size_t len,
	uint64_t size, struct arc_planar **out, struct ax_error *err);

/* The piece that holds the byte at, which is below the file's size. */
struct arc_piece arc_planar_piece(const struct arc_planar *planar, uint64_t at);

/* Undo the planes of size bytes that lie at begin, both borders of pieces. */
void arc_planar_join(const struct arc_planar *planar, uint64_t begin,
	const unsigned char *planes, size_t size, unsigned char *out);

#endif
