/*
 * A chunk, all numbers little-endian:
 *
 *	u32     number of files n, 1 to 256; bit 31: the chunk with the next number exists
 *	u32     length of the directory's path
 *	u32     length of all names
 *	u64     st_dev of the directory
 *	9 times u64 base, u8 width (0 to 8): the columns, see enum idx_column
 *	bytes   the directory's path, root-relative
 *	9 times n fields of width bytes: a value is base + field, modulo 2^64
 *	bytes   the names, one behind the other
 *
 * Bases are the smallest value of a column (times as signed numbers), widths what the largest
 * difference needs: inodes and times of one directory lie close together, so that a file takes
 * about ten bytes and its name.
 */
#include "indexer/chunk.h"

#include "base/buf.h"
#include "base/reader.h"

#include <assert.h>
#include <endian.h>

enum {
	COLUMN_HEADER = 9,
};

static const uint32_t HAS_MORE = (uint32_t)1 << 31;

static uint64_t column_value(const struct idx_file *file, enum idx_column column)
{
	switch (column) {
	case IDX_COLUMN_NAME:
		return file->name.len;
	case IDX_COLUMN_INO:
		return file->ino;
	case IDX_COLUMN_SIZE:
		return file->size;
	case IDX_COLUMN_MTIME:
		return (uint64_t)file->mtime;
	case IDX_COLUMN_CTIME:
		return (uint64_t)file->ctime - (uint64_t)file->mtime;
	case IDX_COLUMN_FLAGS:
		return file->flags;
	case IDX_COLUMN_CLASS:
		return file->class_id;
	case IDX_COLUMN_NOTE:
		return file->note;
	case IDX_COLUMN_DETAIL:
		return file->detail;
	case IDX_COLUMN_COUNT:
		break;
	}
	return 0;
}

static bool is_signed(enum idx_column column)
{
	return column == IDX_COLUMN_MTIME || column == IDX_COLUMN_CTIME;
}

static bool is_smaller(uint64_t a, uint64_t b, enum idx_column column)
{
	return is_signed(column) ? (int64_t)a < (int64_t)b : a < b;
}

static unsigned width_of(uint64_t difference)
{
	unsigned width = 0;

	while (difference) {
		width++;
		difference >>= 8;
	}
	return width;
}

static void append_bytes_of(struct ax_buf *buf, uint64_t value, unsigned width)
{
	uint64_t stored = htole64(value);

	ax_buf_append(buf, &stored, width);
}

/* values holds n of one column; its header goes to header, its fields to the buffer. */
static void encode_column(struct ax_buf *buf, size_t header, const uint64_t *values, size_t n,
	enum idx_column column)
{
	uint64_t smallest = values[0];
	uint64_t largest = values[0];

	for (size_t i = 1; i < n; i++) {
		if (is_smaller(values[i], smallest, column))
			smallest = values[i];
		if (is_smaller(largest, values[i], column))
			largest = values[i];
	}

	unsigned width = width_of(largest - smallest);
	uint64_t base = htole64(smallest);
	if (!ax_buf_reserve(buf, n * sizeof(uint64_t)))
		return;
	memcpy(buf->data + header, &base, sizeof(base));
	buf->data[header + sizeof(base)] = (char)width;
	for (size_t i = 0; width && i < n; i++)
		append_bytes_of(buf, values[i] - smallest, width);
}

void idx_chunk_encode(struct ax_buf *buf, const struct idx_chunk_source *source)
{
	static const char blank[IDX_COLUMN_COUNT * COLUMN_HEADER];
	uint64_t values[IDX_CHUNK_FILES];
	size_t n = source->n;
	size_t names = 0;

	assert(n >= 1 && n <= IDX_CHUNK_FILES);
	for (size_t i = 0; i < n; i++)
		names += source->files[i].name.len;
	ax_buf_append_u32(buf, (uint32_t)n | (source->has_more ? HAS_MORE : 0));
	ax_buf_append_u32(buf, (uint32_t)source->dir.len);
	ax_buf_append_u32(buf, (uint32_t)names);
	ax_buf_append_u64(buf, source->dev);
	size_t header = buf->len;
	ax_buf_append(buf, blank, sizeof(blank));
	ax_buf_append_str(buf, source->dir);
	for (unsigned c = 0; c < IDX_COLUMN_COUNT; c++) {
		for (size_t i = 0; i < n; i++)
			values[i] = column_value(&source->files[i], (enum idx_column)c);
		encode_column(buf, header + c * COLUMN_HEADER, values, n, (enum idx_column)c);
	}
	for (size_t i = 0; i < n; i++)
		ax_buf_append_str(buf, source->files[i].name);
}

/* Field i of a column. It is read by the eight bytes that end with it: a header lies before. */
static uint64_t field(const struct idx_chunk *chunk, enum idx_column column, size_t i)
{
	unsigned width = chunk->columns[column].width;
	uint64_t word;

	if (width == 0)
		return chunk->columns[column].base;
	memcpy(&word, chunk->columns[column].data + (i + 1) * width - sizeof(word),
		sizeof(word));
	return chunk->columns[column].base + (le64toh(word) >> (64 - 8 * width));
}

static bool names_fit(const struct idx_chunk *chunk)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < chunk->count; i++) {
		uint64_t len = field(chunk, IDX_COLUMN_NAME, i);
		if (len > chunk->names.len - total)
			return false;
		total += len;
	}
	return total == chunk->names.len;
}

bool idx_chunk_open(struct ax_str bytes, struct idx_chunk *out)
{
	struct ax_reader reader = { .rest = bytes };
	uint32_t count = ax_reader_u32(&reader);
	struct idx_chunk chunk = { .count = count & ~HAS_MORE, .has_more = count & HAS_MORE };
	uint32_t dir_length = ax_reader_u32(&reader);
	uint32_t names_length = ax_reader_u32(&reader);

	chunk.dev = ax_reader_u64(&reader);
	if (chunk.count < 1 || chunk.count > IDX_CHUNK_FILES)
		return false;
	for (unsigned c = 0; c < IDX_COLUMN_COUNT; c++) {
		chunk.columns[c].base = ax_reader_u64(&reader);
		chunk.columns[c].width = ax_reader_byte(&reader);
		if (chunk.columns[c].width > sizeof(uint64_t))
			return false;
	}
	chunk.dir = ax_reader_bytes(&reader, dir_length);
	for (unsigned c = 0; c < IDX_COLUMN_COUNT; c++) {
		uint64_t size = (uint64_t)chunk.count * chunk.columns[c].width;
		chunk.columns[c].data = ax_reader_bytes(&reader, size).ptr;
	}
	chunk.names = ax_reader_bytes(&reader, names_length);
	if (reader.failed || reader.rest.len || !names_fit(&chunk))
		return false;
	*out = chunk;
	return true;
}

bool idx_chunk_next(struct idx_chunk_cursor *cursor, struct idx_file *out)
{
	const struct idx_chunk *chunk = cursor->chunk;
	uint32_t i = cursor->index;

	if (i >= chunk->count)
		return false;
	size_t length = (size_t)field(chunk, IDX_COLUMN_NAME, i);
	out->name = ax_str(chunk->names.ptr + cursor->name_offset, length);
	out->ino = field(chunk, IDX_COLUMN_INO, i);
	out->size = field(chunk, IDX_COLUMN_SIZE, i);
	uint64_t mtime = field(chunk, IDX_COLUMN_MTIME, i);
	out->mtime = (ax_nanoseconds)mtime;
	out->ctime = (ax_nanoseconds)(mtime + field(chunk, IDX_COLUMN_CTIME, i));
	out->flags = (uint32_t)field(chunk, IDX_COLUMN_FLAGS, i);
	out->class_id = (uint32_t)field(chunk, IDX_COLUMN_CLASS, i);
	out->note = (uint32_t)field(chunk, IDX_COLUMN_NOTE, i);
	out->detail = field(chunk, IDX_COLUMN_DETAIL, i);
	cursor->name_offset += length;
	cursor->index++;
	return true;
}

struct ax_str idx_chunk_last_name(const struct idx_chunk *chunk)
{
	size_t length = (size_t)field(chunk, IDX_COLUMN_NAME, chunk->count - 1);

	return ax_str_slice(chunk->names, chunk->names.len - length, length);
}

bool idx_chunk_find(const struct idx_chunk *chunk, struct ax_str name, struct idx_file *out)
{
	struct idx_chunk_cursor cursor = { .chunk = chunk };

	while (idx_chunk_next(&cursor, out)) {
		int order = ax_str_compare(out->name, name);
		if (order >= 0)
			return order == 0;
	}
	return false;
}

uint64_t idx_chunk_smallest(const struct idx_chunk *chunk, enum idx_column column)
{
	return chunk->columns[column].base;
}

uint64_t idx_chunk_largest(const struct idx_chunk *chunk, enum idx_column column)
{
	unsigned width = chunk->columns[column].width;
	uint64_t limit = is_signed(column) ? (uint64_t)INT64_MAX : UINT64_MAX;
	uint64_t span = width == 0 ? 0 : UINT64_MAX >> (64 - 8 * width);

	if (span > limit - chunk->columns[column].base)
		return limit;
	return chunk->columns[column].base + span;
}
