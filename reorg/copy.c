#include "reorg/copy.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHUNK = 1 << 20,        /* bytes in memory */
	RANGE_CHUNK = 16 << 20, /* bytes that the kernel copies in one call */
};

struct copier {
	int from, to;
	bool by_hand; /* copy_file_range() does not work between these two */
	char *buffer; /* CHUNK bytes, once by_hand */
	const struct reorg_copy_watch *watch;
	const char *path;
};

/* Whether copy_file_range() failed because it cannot, rather than because the disk did. */
static bool is_unsupported(int code)
{
	return code == EXDEV || code == EINVAL || code == EOPNOTSUPP || code == ENOSYS ||
	       code == EPERM || code == EBADF || code == ETXTBSY;
}

/* Copy up to size bytes at offset through memory. */
static ssize_t copy_by_hand(struct copier *copier, off_t offset, size_t size,
	struct ax_error *err)
{
	if (!copier->buffer)
		copier->buffer = malloc(CHUNK);
	if (!copier->buffer)
		return ax_fail(err, ENOMEM, "%s: no memory to copy", copier->path);
	size_t n = size < CHUNK ? size : CHUNK;
	if (ax_pread_full(copier->from, copier->buffer, n, offset, copier->path, err) < 0 ||
		ax_pwrite_full(copier->to, copier->buffer, n, offset, copier->path, err) < 0)
		return -1;
	return (ssize_t)n;
}

/* Copy some of the size bytes at offset; how many, or -1. */
static ssize_t copy_some(struct copier *copier, off_t offset, size_t size, struct ax_error *err)
{
	off_t in = offset;
	off_t out = offset;

	if (copier->by_hand)
		return copy_by_hand(copier, offset, size, err);
	ssize_t n = copy_file_range(copier->from, &in, copier->to, &out,
		size < RANGE_CHUNK ? size : RANGE_CHUNK, 0);
	if (n > 0)
		return n;
	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0 && !is_unsupported(errno))
		return ax_fail_errno(err, "%s: cannot copy", copier->path);
	copier->by_hand = true;
	return copy_by_hand(copier, offset, size, err);
}

static bool is_stopped(const struct reorg_copy_watch *watch)
{
	return watch && watch->stop && atomic_load(watch->stop);
}

static void count(const struct reorg_copy_watch *watch, size_t n)
{
	if (watch && watch->bytes)
		atomic_fetch_add(watch->bytes, n);
}

static int copy_extent(struct copier *copier, off_t begin, off_t end, struct ax_error *err)
{
	while (begin < end) {
		if (is_stopped(copier->watch))
			return ax_fail(err, EINTR, "%s: stopped while it was copied",
				copier->path);
		ssize_t n = copy_some(copier, begin, (size_t)(end - begin), err);
		if (n < 0)
			return -1;
		begin += n;
		count(copier->watch, (size_t)n);
	}
	return 0;
}

/* Where data begins at or behind offset, and where it ends; size where there is none. */
static void next_extent(int fd, off_t offset, off_t size, off_t *begin, off_t *end)
{
	*begin = lseek(fd, offset, SEEK_DATA);
	if (*begin < 0)
		*begin = errno == ENXIO ? size : offset;
	*end = lseek(fd, *begin, SEEK_HOLE);
	if (*end <= *begin || *end > size)
		*end = size;
	if (*begin > size)
		*begin = size;
}

/* What a file lost while it was copied looked like a hole at its end. */
static int check_size(int fd, off_t size, const char *path, struct ax_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ax_fail_errno(err, "%s: cannot examine", path);
	if (st.st_size < size)
		return ax_fail(err, AX_ECORRUPT, "%s: became shorter while it was copied",
			path);
	return 0;
}

int reorg_copy_content(int from, int to, uint64_t size, const struct reorg_copy_watch *watch,
	const char *path, struct ax_error *err)
{
	struct copier copier = { .from = from, .to = to, .watch = watch, .path = path };
	off_t length = (off_t)size;
	off_t begin = 0;
	off_t end = 0;
	int status = -1;

	for (off_t at = 0; at < length; at = end) {
		next_extent(from, at, length, &begin, &end);
		if (copy_extent(&copier, begin, end, err) < 0)
			goto out;
	}
	if (begin == length && length > 0 && ftruncate(to, length) < 0) {
		ax_fail_errno(err, "%s: cannot set the size of its copy", path);
		goto out;
	}
	status = check_size(from, length, path, err);
out:
	free(copier.buffer);
	return status;
}

/* Two files side by side. */
struct comparison {
	int fds[2];
	off_t size;
	char *buffer; /* a chunk of each */
	const struct reorg_copy_watch *watch;
	const char *path;
};

/* Whether both have the same bytes from begin to end. 1, 0 or -1. */
static int compare_extent(const struct comparison *files, off_t begin, off_t end,
	struct ax_error *err)
{
	while (begin < end) {
		size_t n = end - begin < CHUNK ? (size_t)(end - begin) : CHUNK;
		if (is_stopped(files->watch))
			return ax_fail(err, EINTR, "%s: stopped while it was compared",
				files->path);
		for (size_t i = 0; i < 2; i++) {
			if (ax_pread_full(files->fds[i], files->buffer + i * CHUNK, n, begin,
				    files->path, err) < 0)
				return -1;
		}
		if (memcmp(files->buffer, files->buffer + CHUNK, n) != 0)
			return 0;
		begin += (off_t)n;
		count(files->watch, n);
	}
	return 1;
}

/* Compare wherever at least one of them has data. */
static int compare_files(const struct comparison *files, struct ax_error *err)
{
	off_t begin[2] = { 0 };
	off_t end[2] = { 0 };
	int status = 1;

	for (off_t at = 0; at < files->size && status == 1;) {
		for (size_t i = 0; i < 2; i++)
			next_extent(files->fds[i], at, files->size, &begin[i], &end[i]);
		size_t first = begin[1] < begin[0];
		status = compare_extent(files, begin[first], end[first], err);
		at = end[first];
	}
	return status;
}

int reorg_compare_content(int a, int b, uint64_t size, const struct reorg_copy_watch *watch,
	const char *path, struct ax_error *err)
{
	struct comparison files = { .fds = { a, b },
		.size = (off_t)size,
		.buffer = malloc((size_t)2 * CHUNK),
		.watch = watch,
		.path = path };

	if (!files.buffer)
		return ax_fail(err, ENOMEM, "%s: no memory to compare", path);
	int status = compare_files(&files, err);
	free(files.buffer);
	return status;
}
