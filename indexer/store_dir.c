#include "indexer/store_dir.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
	LOCK_BYTES = 8192, /* what LMDB needs for its 126 readers */
	PRIVATE_FILE = S_IRUSR | S_IWUSR,
	PRIVATE_DIR = S_IRWXU,
};

static const struct {
	unsigned long magic;
	const char *name;
} network_systems[] = {
	{ 0x6969, "NFS" },
	{ 0x517B, "SMB" },
	{ 0xFE534D42, "SMB" },
	{ 0xFF534D42, "CIFS" },
	{ 0x01021997, "9P" },
	{ 0x65735546, "FUSE" },
	{ 0x5346414F, "AFS" },
	{ 0x73757245, "Coda" },
	{ 0x00C36400, "Ceph" },
	{ 0x0BD00BD0, "Lustre" },
	{ 0x47504653, "GPFS" },
};

/* chmod() because the umask may have taken away our own access. */
static int make_directory(const char *path)
{
	if (mkdir(path, PRIVATE_DIR) < 0)
		return -1;
	return chmod(path, PRIVATE_DIR);
}

/* The directory that holds path, as a string of its own. */
static int parent_of(const char *path, char parent[PATH_MAX])
{
	struct ax_str dir = ax_path_dir(ax_str_from(path));
	const char *absent = path[0] == '/' ? "/" : ".";

	if (dir.len >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(parent, PATH_MAX, "%.*s", AX_STR_ARG(dir.len ? dir : ax_str_from(absent)));
	return 0;
}

static int create_directory(const char *path, struct ax_error *err)
{
	char parent[PATH_MAX];

	if (make_directory(path) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || parent_of(path, parent) < 0)
		return ax_fail_errno(err, "%s: cannot create", path);
	if (make_directory(parent) < 0 && errno != EEXIST)
		return ax_fail_errno(err, "%s: cannot create", parent);
	if (make_directory(path) < 0 && errno != EEXIST)
		return ax_fail_errno(err, "%s: cannot create", path);
	return ax_dir_sync(AT_FDCWD, parent, err);
}

static int check_directory(int fd, const char *path, struct ax_error *err)
{
	struct stat st;
	struct statfs fs;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return ax_fail_errno(err, "%s: cannot examine", path);
	if (st.st_uid != geteuid())
		return ax_fail(err, AX_ECATALOG,
			"%s: belongs to user %lu, not to us: not trusted", path,
			(unsigned long)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return ax_fail(err, AX_ECATALOG,
			"%s: others may write to it: not trusted; chmod go-w it", path);
	for (size_t i = 0; i < sizeof(network_systems) / sizeof(network_systems[0]); i++) {
		if ((unsigned long)fs.f_type == network_systems[i].magic)
			return ax_fail(err, AX_ECATALOG,
				"%s: on a network file system (%s), where a catalogue would be "
				"damaged; name a local directory with --catalogue",
				path, network_systems[i].name);
	}
	return 0;
}

int idx_store_dir_open(const char *path, bool create, int *out, struct ax_error *err)
{
	if (create && create_directory(path, err) < 0)
		return -1;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return ax_fail(err, ENOENT, "%s: there is no catalogue", path);
	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot open", path);
	if (check_directory(fd, path, err) < 0) {
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

int idx_store_dir_find(int dirfd, const char *path, const char *name, uint64_t *size_out,
	struct ax_error *err)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return ax_fail_errno(err, "%s/%s: cannot examine", path, name);
	}
	if (!S_ISREG(st.st_mode))
		return ax_fail(err, AX_ECATALOG, "%s/%s: not a regular file", path, name);
	if (st.st_uid != geteuid())
		return ax_fail(err, AX_ECATALOG, "%s/%s: belongs to another user: not trusted",
			path, name);
	*size_out = (uint64_t)st.st_size;
	return 1;
}

/* posix_fallocate() gives its error back; what does not know it writes zeros itself. */
static int allocate_lock(int fd, const char *path, struct ax_error *err)
{
	int failure = posix_fallocate(fd, 0, LOCK_BYTES);

	if (failure) {
		errno = failure;
		return ax_fail_errno(err, "%s/" IDX_STORE_LOCK ": cannot allocate", path);
	}
	if (fchmod(fd, PRIVATE_FILE) < 0)
		return ax_fail_errno(err, "%s/" IDX_STORE_LOCK ": cannot set its mode", path);
	return 0;
}

int idx_store_dir_prepare_lock(int dirfd, const char *path, bool *writable_out,
	struct ax_error *err)
{
	int fd = openat(dirfd, IDX_STORE_LOCK,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, PRIVATE_FILE);

	*writable_out = fd >= 0;
	if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
		return 0;
	if (fd < 0)
		return ax_fail_errno(err, "%s/" IDX_STORE_LOCK ": cannot open", path);
	int status = allocate_lock(fd, path, err);
	close(fd);
	return status;
}

static int remove_file(int dirfd, const char *path, const char *name, struct ax_error *err)
{
	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT && errno != ENOTDIR)
		return ax_fail_errno(err, "%s/%s: cannot remove", path, name);
	return 0;
}

static int remove_new(int dirfd, const char *path, struct ax_error *err)
{
	if (remove_file(dirfd, path, IDX_STORE_NEW "/" IDX_STORE_DATA, err) < 0 ||
		remove_file(dirfd, path, IDX_STORE_NEW "/" IDX_STORE_LOCK, err) < 0)
		return -1;
	if (unlinkat(dirfd, IDX_STORE_NEW, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return ax_fail_errno(err, "%s/" IDX_STORE_NEW ": cannot remove", path);
	return 0;
}

int idx_store_dir_begin_new(int dirfd, const char *path, struct ax_error *err)
{
	if (remove_new(dirfd, path, err) < 0)
		return -1;
	if (mkdirat(dirfd, IDX_STORE_NEW, PRIVATE_DIR) < 0 ||
		fchmodat(dirfd, IDX_STORE_NEW, PRIVATE_DIR, 0) < 0)
		return ax_fail_errno(err, "%s/" IDX_STORE_NEW ": cannot create", path);
	int fd = openat(dirfd, IDX_STORE_NEW "/" IDX_STORE_DATA,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, PRIVATE_FILE);
	if (fd < 0 || fchmod(fd, PRIVATE_FILE) < 0) {
		ax_fail_errno(err, "%s/" IDX_STORE_NEW ": cannot create a file in it", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	int new_dir = openat(dirfd, IDX_STORE_NEW, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool writable;
	if (new_dir < 0)
		return ax_fail_errno(err, "%s/" IDX_STORE_NEW ": cannot open", path);
	int status = idx_store_dir_prepare_lock(new_dir, path, &writable, err);
	close(new_dir);
	return status;
}

int idx_store_dir_publish_new(int dirfd, const char *path, struct ax_error *err)
{
	/* Locks of a file that somebody removed say nothing of the new one. */
	if (remove_file(dirfd, path, IDX_STORE_LOCK, err) < 0)
		return -1;
	if (renameat(dirfd, IDX_STORE_NEW "/" IDX_STORE_DATA, dirfd, IDX_STORE_DATA) < 0)
		return ax_fail_errno(err, "%s/" IDX_STORE_DATA ": cannot move into place",
			path);
	if (remove_new(dirfd, path, err) < 0)
		return -1;
	return ax_dir_sync(dirfd, ".", err);
}

int idx_store_dir_clear(int dirfd, const char *path, struct ax_error *err)
{
	if (remove_file(dirfd, path, IDX_STORE_DATA, err) < 0 ||
		remove_file(dirfd, path, IDX_STORE_LOCK, err) < 0 ||
		remove_new(dirfd, path, err) < 0)
		return -1;
	return ax_dir_sync(dirfd, ".", err);
}
