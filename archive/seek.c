/*
 * The seek table, the last frame of the file; numbers are little-endian:
 *
 *	u32     0x184D2A5E, a skippable frame
 *	u32     length of all that follows
 *	        each frame before: u32 bytes in the file, u32 bytes of content
 *	u32     number of frames
 *	u8      0: no checksums in the table, for each frame has its own
 *	u32     0x8F92EAB1
 */
#include "archive/seek.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum {
	FRAME_HEAD = 8,
	ROW = 8,
	FOOTER = 9,
};
static const uint32_t table_magic = 0x184D2A5E;
static const uint32_t footer_magic = 0x8F92EAB1;

void arc_frames_free(struct arc_frames *frames)
{
	free(frames->at);
	free(frames->tar);
	*frames = (struct arc_frames){ .n = 0 };
}

static int reserve(struct arc_frames *frames, size_t n, struct ax_error *err)
{
	if (n < frames->capacity)
		return 0;
	size_t capacity = n + n / 2 + 16;
	uint64_t *at = reallocarray(frames->at, capacity + 1, sizeof(*at));
	if (at)
		frames->at = at;
	uint64_t *tar = reallocarray(frames->tar, capacity + 1, sizeof(*tar));
	if (tar)
		frames->tar = tar;
	if (!at || !tar)
		return ax_fail(err, ENOMEM, "no memory for %zu frames", n);
	frames->capacity = capacity;
	frames->at[0] = frames->tar[0] = 0;
	return 0;
}

int arc_frames_add(struct arc_frames *frames, uint64_t size, uint64_t content,
	struct ax_error *err)
{
	if (reserve(frames, frames->n + 1, err) < 0)
		return -1;
	size_t i = frames->n++;
	frames->at[i + 1] = frames->at[i] + size;
	frames->tar[i + 1] = frames->tar[i] + content;
	return 0;
}

size_t arc_frames_find(const struct arc_frames *frames, uint64_t at)
{
	size_t low = 0, high = frames->n - 1;

	assert(at < frames->tar[frames->n]);
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (at < frames->tar[middle + 1])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int arc_frames_append_table(const struct arc_frames *frames, struct ax_buf *buf,
	struct ax_error *err)
{
	uint64_t length = (uint64_t)frames->n * ROW + FOOTER;

	if (length > UINT32_MAX)
		return ax_fail(err, EFBIG, "too many frames for one archive");
	ax_buf_append_u32(buf, table_magic);
	ax_buf_append_u32(buf, (uint32_t)length);
	for (size_t i = 0; i < frames->n; i++) {
		ax_buf_append_u32(buf, (uint32_t)(frames->at[i + 1] - frames->at[i]));
		ax_buf_append_u32(buf, (uint32_t)(frames->tar[i + 1] - frames->tar[i]));
	}
	ax_buf_append_u32(buf, (uint32_t)frames->n);
	ax_buf_append_byte(buf, 0);
	ax_buf_append_u32(buf, footer_magic);
	return ax_buf_check(buf, "seek table", err);
}

static uint32_t load32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static int no_table(const char *path, struct ax_error *err)
{
	return ax_fail(err, AX_ECORRUPT, "%s: no whole seek table at its end", path);
}

/* table: from its magic number on. */
static int add_rows(const unsigned char *table, size_t n, uint64_t end,
	struct arc_frames *frames, struct ax_error *err)
{
	if (reserve(frames, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const unsigned char *row = table + FRAME_HEAD + i * ROW;
		if (arc_frames_add(frames, load32(row), load32(row + 4), err) < 0)
			return -1;
	}
	return frames->at[n] == end;
}

int arc_frames_read(int fd, uint64_t size, const char *path, struct arc_frames *out,
	struct ax_error *err)
{
	unsigned char footer[FOOTER];
	struct arc_frames frames = { .n = 0 };
	unsigned char *table = NULL;
	int status = -1;

	if (size < FRAME_HEAD + FOOTER)
		return no_table(path, err);
	if (ax_pread_full(fd, footer, FOOTER, (off_t)(size - FOOTER), path, err) < 0)
		return -1;
	size_t n = load32(footer);
	if (load32(footer + 5) != footer_magic || footer[4] != 0 ||
		n > (size - FRAME_HEAD - FOOTER) / ROW)
		return no_table(path, err);
	size_t length = FRAME_HEAD + n * ROW;
	uint64_t start = size - FOOTER - length;
	table = malloc(length);
	if (!table)
		return ax_fail(err, ENOMEM, "%s: no memory for %zu frames", path, n);
	if (ax_pread_full(fd, table, length, (off_t)start, path, err) < 0)
		goto out;
	if (load32(table) != table_magic || load32(table + 4) != length - FRAME_HEAD + FOOTER) {
		no_table(path, err);
		goto out;
	}
	status = add_rows(table, n, start, &frames, err);
	if (status == 0) /* found, but not of this file */
		status = no_table(path, err);
	else if (status > 0)
		status = 0;
out:
	free(table);
	if (status < 0)
		arc_frames_free(&frames);
	else
		*out = frames;
	return status;
}
