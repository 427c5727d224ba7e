#include "archive/writer.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 4 * 1024 * 1024, /* bytes of a write */
};

struct arc_writer {
	int fd;
	const char *path;
	uint64_t at; /* bytes in the file */
	size_t len;  /* bytes in block */
	unsigned char *block;
};

int arc_writer_new(int fd, const char *path, struct arc_writer **out, struct ax_error *err)
{
	struct arc_writer *writer = calloc(1, sizeof(*writer));

	if (writer)
		writer->block = aligned_alloc(AX_DIRECT_ALIGNMENT, BLOCK);
	if (!writer || !writer->block) {
		arc_writer_free(writer);
		return ax_fail(err, ENOMEM, "%s: no memory", path);
	}
	writer->fd = fd;
	writer->path = path;
	ax_file_set_direct(fd, true);
	*out = writer;
	return 0;
}

void arc_writer_free(struct arc_writer *writer)
{
	if (!writer)
		return;
	free(writer->block);
	free(writer);
}

static int write_block(struct arc_writer *writer, struct ax_error *err)
{
	off_t at = (off_t)writer->at;
	int status =
		ax_pwrite_full(writer->fd, writer->block, writer->len, at, writer->path, err);

	/* A file system that took the flag may refuse the write, or the rest of a short one. */
	if (status < 0 && err->code == EINVAL) {
		ax_file_set_direct(writer->fd, false);
		status = ax_pwrite_full(writer->fd, writer->block, writer->len, at,
			writer->path, err);
	}
	if (status < 0)
		return -1;
	/* Where it is in the cache after all the disk may begin: fsync has less to wait for. */
	sync_file_range(writer->fd, at, (off_t)writer->len, SYNC_FILE_RANGE_WRITE);
	writer->at += writer->len;
	writer->len = 0;
	return 0;
}

int arc_writer_append(struct arc_writer *writer, struct ax_str bytes, struct ax_error *err)
{
	while (bytes.len) {
		size_t room = BLOCK - writer->len;
		size_t n = bytes.len < room ? bytes.len : room;
		memcpy(writer->block + writer->len, bytes.ptr, n);
		writer->len += n;
		bytes = ax_str_slice(bytes, n, SIZE_MAX);
		if (writer->len == BLOCK && write_block(writer, err) < 0)
			return -1;
	}
	return 0;
}

int arc_writer_finish(struct arc_writer *writer, struct ax_error *err)
{
	ax_file_set_direct(writer->fd, false);
	return writer->len ? write_block(writer, err) : 0;
}
