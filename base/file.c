#include "base/file.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	READ_CHUNK = 64 * 1024,
	TEMPORARY_TRIES = 100,
	TEMPORARY_NAME = 32, /* bytes of ".artidx-tmp-" and 16 digits, NUL included */
};

/* Close without disturbing the errno that the caller is about to report. */
static void close_quietly(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

/* Whether size bytes at offset have offsets at all. */
static bool fits_a_file(size_t size, off_t offset)
{
	return offset >= 0 && size <= (uint64_t)(INT64_MAX - offset);
}

int ax_pread_full(int fd, void *bytes, size_t size, off_t offset, const char *path,
	struct ax_error *err)
{
	char *into = bytes;
	size_t done = 0;

	if (!fits_a_file(size, offset))
		return ax_fail(err, AX_ECORRUPT, "%s: no file has a byte %jd + %zu", path,
			(intmax_t)offset, size);
	while (done < size) {
		ssize_t n = pread(fd, into + done, size - done, offset + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ax_fail_errno(err, "%s: cannot read", path);
		if (n == 0)
			return ax_fail(err, AX_ECORRUPT, "%s: ends at byte %jd, %zu too early",
				path, (intmax_t)offset + (intmax_t)done, size - done);
		done += (size_t)n;
	}
	return 0;
}

int ax_write_full(int fd, const void *bytes, size_t size, const char *path,
	struct ax_error *err)
{
	const char *from = bytes;

	while (size) {
		ssize_t n = write(fd, from, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ax_fail_errno(err, "%s: cannot write", path);
		if (n == 0)
			return ax_fail(err, EIO, "%s: cannot write: nothing is taken", path);
		from += n;
		size -= (size_t)n;
	}
	return 0;
}

int ax_pwrite_full(int fd, const void *bytes, size_t size, off_t offset, const char *path,
	struct ax_error *err)
{
	const char *from = bytes;

	if (!fits_a_file(size, offset))
		return ax_fail(err, EFBIG, "%s: no file has a byte %jd + %zu", path,
			(intmax_t)offset, size);
	while (size) {
		ssize_t n = pwrite(fd, from, size, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ax_fail_errno(err, "%s: cannot write", path);
		if (n == 0)
			return ax_fail(err, EIO, "%s: cannot write: nothing is taken", path);
		from += n;
		offset += n;
		size -= (size_t)n;
	}
	return 0;
}

/*
 * A descriptor of the regular file path, and its size now. O_NONBLOCK: a FIFO without a writer
 * must not hold us up.
 */
static int open_regular(int dirfd, const char *path, int *fd_out, size_t *size_out,
	struct ax_error *err)
{
	struct stat st;
	int fd = openat(dirfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && (errno == ELOOP || errno == ENXIO))
		return ax_fail(err, EINVAL, "%s: not a regular file", path);
	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot open", path);
	if (fstat(fd, &st) < 0) {
		close_quietly(fd);
		return ax_fail_errno(err, "%s: cannot examine", path);
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return ax_fail(err, EINVAL, "%s: not a regular file", path);
	}
	*fd_out = fd;
	*size_out = (size_t)st.st_size;
	return 0;
}

/* Read to the end, whatever fstat() said: files grow, and those of /proc have size 0. */
static int read_to_end(int fd, const char *path, size_t limit, struct ax_buf *buf,
	struct ax_error *err)
{
	size_t start = buf->len;

	for (;;) {
		if (buf->capacity == buf->len && !ax_buf_reserve(buf, READ_CHUNK))
			return ax_fail(err, ENOMEM, "%s: no memory to read it", path);
		ssize_t n = read(fd, buf->data + buf->len, buf->capacity - buf->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ax_fail_errno(err, "%s: cannot read", path);
		if (n == 0)
			return 0;
		buf->len += (size_t)n;
		if (buf->len - start > limit)
			return ax_fail(err, EFBIG, "%s: larger than %zu bytes", path, limit);
	}
}

int ax_file_read(int dirfd, const char *path, size_t limit, struct ax_buf *buf,
	struct ax_error *err)
{
	size_t start = buf->len;
	size_t size = 0;
	int fd = -1;
	int status = -1;

	if (open_regular(dirfd, path, &fd, &size, err) < 0)
		return -1;
	if (size > limit) {
		ax_fail(err, EFBIG, "%s: larger than %zu bytes", path, limit);
		goto out;
	}
	if (!ax_buf_reserve(buf, size + 1)) {
		ax_fail(err, ENOMEM, "%s: no memory to read it", path);
		goto out;
	}
	if (read_to_end(fd, path, limit, buf, err) < 0) {
		buf->len = start;
		goto out;
	}
	status = 0;
out:
	close(fd);
	return status;
}

int ax_fd_sync(int fd)
{
	int status;

	do
		status = fsync(fd);
	while (status < 0 && errno == EINTR);
	return status;
}

static int sync_fd(int fd, const char *path, struct ax_error *err)
{
	return ax_fd_sync(fd) < 0 ? ax_fail_errno(err, "%s: cannot sync", path) : 0;
}

/* Create a file of its own name in dir. Returns the descriptor, or -1 with errno set. */
static int create_temporary(int dir, char name[TEMPORARY_NAME])
{
	for (int i = 0; i < TEMPORARY_TRIES; i++) {
		uint64_t nonce = 0;
		if (getrandom(&nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
			return -1;
		snprintf(name, TEMPORARY_NAME, ".artidx-tmp-%016" PRIx64, nonce);
		int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			S_IRUSR | S_IWUSR);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* Fill the temporary file fd and make it durable. Takes fd. */
static int fill_and_close(int fd, struct ax_str content, mode_t mode, const char *path,
	struct ax_error *err)
{
	int status = -1;

	if (ax_write_full(fd, content.ptr, content.len, path, err) < 0)
		goto out;
	if (fchmod(fd, mode) < 0) {
		ax_fail_errno(err, "%s: cannot set its mode", path);
		goto out;
	}
	status = sync_fd(fd, path, err);
out:
	if (close(fd) < 0 && status == 0)
		status = ax_fail_errno(err, "%s: cannot close", path);
	return status;
}

/* Everything of ax_file_write_durable() that happens inside the open directory dir. */
static int replace_in(int dir, const char *name, struct ax_str content, mode_t mode,
	const char *path, struct ax_error *err)
{
	char temporary[TEMPORARY_NAME] = "";
	int fd = create_temporary(dir, temporary);

	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot create a file beside it", path);
	if (fill_and_close(fd, content, mode, path, err) < 0)
		goto discard;
	if (renameat(dir, temporary, dir, name) < 0) {
		ax_fail_errno(err, "%s: cannot replace", path);
		goto discard;
	}
	return ax_dir_sync(dir, ".", err);
discard:
	unlinkat(dir, temporary, 0);
	return -1;
}

/* A new descriptor of the directory that holds path, or -1 with errno set. */
static int open_parent(int dirfd, const char *path)
{
	struct ax_str whole = ax_str_from(path);
	size_t slash = ax_str_find_last(whole, '/');
	char parent[PATH_MAX] = ".";

	if (slash != whole.len) {
		size_t len = slash + 1; /* keeps the "/" of "/name" */
		if (len >= sizeof(parent)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(parent, path, len);
		parent[len] = '\0';
	}
	return openat(dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int ax_file_write_durable(int dirfd, const char *path, struct ax_str content, mode_t mode,
	struct ax_error *err)
{
	const char *name = ax_path_name(ax_str_from(path)).ptr;
	int dir = open_parent(dirfd, path);

	if (dir < 0)
		return ax_fail_errno(err, "%s: cannot open the directory that holds it", path);
	int status = replace_in(dir, name, content, mode, path, err);
	close(dir);
	return status;
}

int ax_dir_sync(int dirfd, const char *path, struct ax_error *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot open the directory", path);
	int status = sync_fd(fd, path, err);
	close(fd);
	return status;
}

/* One step of ax_open_beneath() where the kernel has no openat2(). */
static int open_step_portably(int dirfd, const char *path, int flags, mode_t mode)
{
	struct ax_str rest = ax_str_from(path);
	struct ax_str component;
	char name[NAME_MAX + 1];
	int at = dirfd;

	while (ax_path_next(&rest, &component)) {
		int fd = -1;
		if (component.len > NAME_MAX) {
			errno = ENAMETOOLONG;
		} else {
			memcpy(name, component.ptr, component.len);
			name[component.len] = '\0';
			fd = rest.len ? openat(at, name,
						O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
				      : openat(at, name, flags | O_NOFOLLOW, mode);
		}
		if (at != dirfd)
			close_quietly(at);
		if (fd < 0)
			return -1;
		at = fd;
	}
	return at;
}

static int open_step(int dirfd, const char *path, int flags, mode_t mode)
{
	bool creates = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
	struct open_how how = {
		.flags = (unsigned)flags,
		.mode = creates ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	if (fd < 0 && errno == ENOSYS)
		return open_step_portably(dirfd, path, flags, mode);
	return (int)fd;
}

/* Length of the longest run of whole components at the start of path that one call takes. */
static size_t step_length(struct ax_str path)
{
	if (path.len < PATH_MAX)
		return path.len;
	size_t slash = ax_str_find_last(ax_str(path.ptr, PATH_MAX - 1), '/');
	return slash == PATH_MAX - 1 ? path.len : slash;
}

int ax_open_beneath(int dirfd, struct ax_str path, int flags, mode_t mode)
{
	char step[PATH_MAX];
	int at = dirfd;

	if (path.len == 0)
		path = AX_STR(".");
	else if (!ax_path_is_normal(path) && !ax_str_equal(path, AX_STR("."))) {
		errno = EXDEV;
		return -1;
	}
	for (;;) {
		size_t len = step_length(path);
		bool is_last = len == path.len;
		int fd = -1;

		if (len < sizeof(step)) {
			memcpy(step, path.ptr, len);
			step[len] = '\0';
			fd = is_last ? open_step(at, step, flags | O_CLOEXEC, mode)
				     : open_step(at, step, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		} else {
			errno = ENAMETOOLONG;
		}
		if (at != dirfd)
			close_quietly(at);
		if (fd < 0 || is_last)
			return fd;
		at = fd;
		path = ax_str_slice(path, len + 1, path.len);
	}
}

void ax_file_set_direct(int fd, bool direct)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}
