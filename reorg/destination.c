#include "reorg/destination.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMPARE_BYTES = 256 * 1024 };

static int compare_bytes(int a, int b, uint64_t size, struct ax_str path, bool *same,
	struct ax_error *err)
{
	char *buffers = malloc(2 * COMPARE_BYTES);
	int status = -1;

	if (!buffers)
		return ax_fail(err, ENOMEM, "%.*s: no memory to compare it", AX_STR_ARG(path));
	*same = true;
	for (uint64_t at = 0; at < size && *same;) {
		size_t piece = size - at < COMPARE_BYTES ? (size_t)(size - at) : COMPARE_BYTES;
		ssize_t n = pread(a, buffers, piece, (off_t)at);
		if (n < 0) {
			ax_fail_errno(err, "%.*s: cannot be read", AX_STR_ARG(path));
			goto out;
		}
		/* A file that shrinks while it is compared is not the same. */
		if (n == 0 || pread(b, buffers + COMPARE_BYTES, (size_t)n, (off_t)at) != n)
			*same = false;
		else
			*same = memcmp(buffers, buffers + COMPARE_BYTES, (size_t)n) == 0;
		at += (uint64_t)n;
	}
	status = 0;
out:
	free(buffers);
	return status;
}

static int compare_files(int root, struct ax_str from, int there, bool *same,
	struct ax_error *err)
{
	struct stat a, b;
	int status = -1;
	int here = ax_open_beneath(root, from, O_RDONLY | O_NONBLOCK, 0);

	*same = false;
	if (here < 0)
		return ax_fail_errno(err, "%.*s: cannot be opened", AX_STR_ARG(from));
	if (fstat(here, &a) < 0 || fstat(there, &b) < 0) {
		ax_fail_errno(err, "%.*s: cannot be looked at", AX_STR_ARG(from));
		goto out;
	}
	status = 0;
	if (!S_ISREG(a.st_mode) || !S_ISREG(b.st_mode) || a.st_size != b.st_size)
		goto out;
	if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		*same = true;
	else
		status = compare_bytes(here, there, (uint64_t)a.st_size, from, same, err);
out:
	close(here);
	return status;
}

/* The nearest thing that exists above path must be a directory. */
static enum reorg_place look_above(int root, struct ax_str path)
{
	struct ax_str dir = ax_path_dir(path);

	while (dir.len) {
		int fd = ax_open_beneath(root, dir, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
		if (fd >= 0) {
			close(fd);
			return REORG_PLACE_FREE;
		}
		if (errno != ENOENT)
			return REORG_PLACE_BLOCKED;
		dir = ax_path_dir(dir);
	}
	return REORG_PLACE_FREE;
}

int reorg_place_look(int root, struct ax_str from, struct ax_str to, enum reorg_place *out,
	struct ax_error *err)
{
	bool same = false;
	int there = ax_open_beneath(root, to, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);

	if (there < 0) {
		bool may_be_there = errno != ENOENT;
		*out = look_above(root, to);
		if (may_be_there && *out == REORG_PLACE_FREE)
			*out = REORG_PLACE_TAKEN;
		return 0;
	}
	int status = compare_files(root, from, there, &same, err);
	close(there);
	if (status == 0)
		*out = same ? REORG_PLACE_SAME : REORG_PLACE_TAKEN;
	return status;
}

/* The mount that an open file is on: st_dev alone does not tell two mounts of one file system. */
static bool look_at_mount(int fd, struct statx *out)
{
	return fd >= 0 &&
	       statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID, out) == 0;
}

/* The nearest directory that exists above path, opened; or -1. */
static int open_above(int root, struct ax_str path)
{
	int fd = -1;

	while (fd < 0 && path.len) {
		path = ax_path_dir(path);
		fd = path.len
			     ? ax_open_beneath(root, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0)
			     : openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return fd;
}

bool reorg_place_is_apart(int root, struct ax_str from, struct ax_str to)
{
	struct statx a = { 0 }, b = { 0 };
	int here = ax_open_beneath(root, from, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	int there = open_above(root, to);
	bool is_apart = false;

	if (look_at_mount(here, &a) && look_at_mount(there, &b))
		is_apart = a.stx_dev_major != b.stx_dev_major ||
			   a.stx_dev_minor != b.stx_dev_minor || a.stx_mnt_id != b.stx_mnt_id;
	if (here >= 0)
		close(here);
	if (there >= 0)
		close(there);
	return is_apart;
}
