/*
 * base/file.h - whole files and exact reads and writes
 *
 * Every open here is O_CLOEXEC. Short reads and writes are continued, EINTR is retried.
 */
#ifndef ARTIDX_BASE_FILE_H
#define ARTIDX_BASE_FILE_H

#include "base/str.h"

#include <stdint.h>
#include <sys/types.h>

struct ax_buf;
struct ax_error;

/* Exactly size bytes at offset; a file that ends before is AX_ECORRUPT. path is for messages. */
int ax_pread_full(int fd, void *bytes, size_t size, off_t offset, const char *path,
	struct ax_error *err);

/* All of size bytes, at the file's position or at offset. */
int ax_write_full(int fd, const void *bytes, size_t size, const char *path,
	struct ax_error *err);
int ax_pwrite_full(int fd, const void *bytes, size_t size, off_t offset, const char *path,
	struct ax_error *err);

/*
 * Append the whole of a regular file to buf. dirfd and path are as for openat(); the last
 * component is never followed when it is a symlink. More than limit bytes is EFBIG, anything but
 * a regular file EINVAL.
 */
int ax_file_read(int dirfd, const char *path, size_t limit, struct ax_buf *buf,
	struct ax_error *err);

/*
 * Replace or create path so that it holds either its old or its new content whatever happens:
 * temporary file beside it (".artidx-tmp-" and 16 digits), fsync, rename, fsync of the directory.
 * mode is exact (no umask). A symlink at path is replaced, not followed.
 */
int ax_file_write_durable(int dirfd, const char *path, struct ax_str content, mode_t mode,
	struct ax_error *err);

/* fsync that no signal interrupts. -1 with errno set. */
int ax_fd_sync(int fd);

/* fsync the directory path ("." for dirfd itself). */
int ax_dir_sync(int dirfd, const char *path, struct ax_error *err);

/*
 * Open path, a root-relative one ("" and "." for dirfd itself), below dirfd without following any
 * symlink and without leaving dirfd. flags and mode as for openat(); paths longer than PATH_MAX
 * are walked in pieces. Returns the descriptor, or -1 with errno set: EXDEV for a path of another
 * form, ELOOP or ENOTDIR for a symlink on the way. Messages are the caller's, because many call
 * sites expect a failure.
 */
int ax_open_beneath(int dirfd, struct ax_str path, int flags, mode_t mode);

/*
 * Let reads and writes go past the page cache, or through it again. Memory, offset and length then
 * have to be multiples of AX_DIRECT_ALIGNMENT; a file system that cannot do it says EINVAL, here or
 * later.
 */
enum { AX_DIRECT_ALIGNMENT = 4096 };
void ax_file_set_direct(int fd, bool direct);

#endif
