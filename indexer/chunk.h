/*
 * indexer/chunk.h - the files of one directory as one stored value
 *
 * A directory's files are stored in name order, IDX_CHUNK_FILES at most to a chunk, column by
 * column: each column is as wide as its largest difference to its smallest value. The layout, byte
 * by byte, stands at the top of chunk.c.
 */
#ifndef ARTIDX_INDEXER_CHUNK_H
#define ARTIDX_INDEXER_CHUNK_H

#include "indexer/record.h"

struct ax_buf;

enum { IDX_CHUNK_FILES = 256 };

/* What is said of a file in its flags; bits 0-2 are its status, 3-4 its type. Stored. */
enum idx_file_flag {
	IDX_FILE_STATUS = 7,
	IDX_FILE_TYPE_SHIFT = 3,
	IDX_FILE_TYPE = 3 << IDX_FILE_TYPE_SHIFT,
	IDX_FILE_RACY = 1 << 5,
	IDX_FILE_LINKED = 1 << 6,
	IDX_FILE_MISNAMED = 1 << 7,
	IDX_FILE_RELATED = 1 << 8, /* runs are derived from it */
	IDX_FILE_ARCHIVE = 1 << 9, /* by its name it may be an archive of ours */
};

/* One file as stored: what names it has for its class and evidence are numbers here. */
struct idx_file {
	struct ax_str name;
	uint64_t ino, size;
	ax_nanoseconds mtime, ctime;
	uint32_t flags;
	uint32_t class_id;
	uint32_t note;   /* key of its evidence */
	uint64_t detail; /* key of its detail, or 0 */
};

static inline enum idx_status idx_file_status(const struct idx_file *file)
{
	return (enum idx_status)(file->flags & IDX_FILE_STATUS);
}

static inline enum idx_type idx_file_type(const struct idx_file *file)
{
	return (enum idx_type)((file->flags & IDX_FILE_TYPE) >> IDX_FILE_TYPE_SHIFT);
}

/* The columns of a chunk, in stored order. */
enum idx_column {
	IDX_COLUMN_NAME, /* length of the name */
	IDX_COLUMN_INO,
	IDX_COLUMN_SIZE,
	IDX_COLUMN_MTIME,
	IDX_COLUMN_CTIME, /* ctime - mtime */
	IDX_COLUMN_FLAGS,
	IDX_COLUMN_CLASS,
	IDX_COLUMN_NOTE,
	IDX_COLUMN_DETAIL,
	IDX_COLUMN_COUNT,
};

/* What a chunk is made of: n files, 1 to IDX_CHUNK_FILES, in name order. */
struct idx_chunk_source {
	struct ax_str dir;
	uint64_t dev;
	uint32_t number; /* among the directory's chunks, from 0 */
	bool has_more;   /* the chunk with the next number exists */
	size_t n;
	const struct idx_file *files;
};
void idx_chunk_encode(struct ax_buf *buf, const struct idx_chunk_source *source);

/* A chunk being read; everything is borrowed from the bytes it was opened on. */
struct idx_chunk {
	struct ax_str dir;
	uint64_t dev;
	uint32_t count;
	bool has_more;
	struct ax_str names; /* one behind the other */
	struct {
		uint64_t base;
		unsigned width;
		const char *data;
	} columns[IDX_COLUMN_COUNT];
};

/* Whether bytes are a chunk: every length in it is checked. */
bool idx_chunk_open(struct ax_str bytes, struct idx_chunk *out);

/* The files in order. Zero-initialise but for chunk. */
struct idx_chunk_cursor {
	const struct idx_chunk *chunk;
	uint32_t index;     /* of the file that comes next */
	size_t name_offset; /* of its name */
};
bool idx_chunk_next(struct idx_chunk_cursor *cursor, struct idx_file *out);

/* The last of its names. */
struct ax_str idx_chunk_last_name(const struct idx_chunk *chunk);

/* Whether it has a file called name. */
bool idx_chunk_find(const struct idx_chunk *chunk, struct ax_str name, struct idx_file *out);

/* The smallest value that column may have, and the largest: bounds, not always reached. */
uint64_t idx_chunk_smallest(const struct idx_chunk *chunk, enum idx_column column);
uint64_t idx_chunk_largest(const struct idx_chunk *chunk, enum idx_column column);

#endif
