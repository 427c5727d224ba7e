#include "archive/extract.h"

#include "archive/opener.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "reorg/act.h"
#include "reorg/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITE_SOON = 1024 * 1024 };

struct arc_extract {
	int target;
	int fd;                    /* the temporary directory, locked */
	struct arc_opener *opener; /* below it */
	const char *archive;
	char name[64];
};

/* ---- the temporary directory */

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Move a directory to top under a number that is free there: a killed run may have used some. */
static int hoist_dir(int fd, const char *from, int top, size_t *number)
{
	char name[32];

	/* A directory can be moved only by who may write to it. */
	if (fchmodat(fd, from, 0700, 0) < 0)
		return -1;
	do {
		snprintf(name, sizeof(name), "%zu", ++*number);
		if (renameat2(fd, from, top, name, RENAME_NOREPLACE) == 0)
			return 0;
	} while (errno == EEXIST);
	return -1;
}

/* Remove what a directory holds, but for its directories: those move to top, under numbers. */
static int hoist(int fd, int top, size_t *number)
{
	DIR *dir = fdopendir(fd);
	struct dirent *found;
	int status = 0;

	if (!dir) {
		close(fd);
		return -1;
	}
	fchmod(fd, 0700);
	while (status == 0 && (found = readdir(dir))) {
		if (!is_dots(found->d_name) && unlinkat(fd, found->d_name, 0) < 0)
			status = hoist_dir(fd, found->d_name, top, number);
	}
	closedir(dir);
	return status;
}

/*
 * Remove what a directory holds; it is ours alone. However deep that goes, two of its directories
 * are open at a time.
 */
static int empty_dir(int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *found;
	size_t before = SIZE_MAX, number = 0;
	int status = 0;

	if (!dir) {
		close(fd);
		return -1;
	}
	/* Again as long as directories came to light. */
	for (; status == 0 && number != before; rewinddir(dir)) {
		before = number;
		while (status == 0 && (found = readdir(dir))) {
			const char *name = found->d_name;
			if (is_dots(name) || unlinkat(fd, name, 0) == 0)
				continue;
			int child = openat(fd, name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (child < 0 && errno == EACCES && fchmodat(fd, name, 0700, 0) == 0)
				child = openat(fd, name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (child < 0 || hoist(child, fd, &number) < 0 ||
				unlinkat(fd, name, AT_REMOVEDIR) < 0)
				status = -1;
		}
	}
	closedir(dir);
	return status;
}

static int remove_tree(int target, const char *name)
{
	int fd = openat(target, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -1;
	empty_dir(fd);
	return unlinkat(target, name, AT_REMOVEDIR);
}

static int open_locked(struct arc_extract *extract, struct ax_error *err)
{
	extract->fd = openat(extract->target, extract->name,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (extract->fd < 0)
		return ax_fail_errno(err, "%s", extract->name);
	if (flock(extract->fd, LOCK_EX | LOCK_NB) < 0)
		return ax_fail(err, AX_EREFUSED, "%s: another artidx is restoring this archive",
			extract->name);
	return 0;
}

static int make_empty(struct arc_extract *extract, struct ax_error *err)
{
	if (mkdirat(extract->target, extract->name, 0700) == 0)
		return open_locked(extract, err);
	if (errno != EEXIST)
		return ax_fail_errno(err, "%s: cannot make a temporary directory",
			extract->name);
	if (open_locked(extract, err) < 0)
		return -1;
	int again = openat(extract->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (again < 0 || fchmod(extract->fd, 0700) < 0 || empty_dir(again) < 0)
		return ax_fail(err, EIO, "%s: cannot be emptied", extract->name);
	return 0;
}

int arc_extract_begin(int target, struct ax_str name, const char *archive,
	struct arc_extract **out, struct ax_error *err)
{
	struct arc_extract *extract = calloc(1, sizeof(*extract));

	if (!extract)
		return ax_fail(err, ENOMEM, "no memory");
	extract->target = target;
	extract->fd = -1;
	extract->archive = archive;
	snprintf(extract->name, sizeof(extract->name), "%s%.*s", REORG_TEMPORARY_PREFIX,
		AX_STR_ARG(ax_str_slice(name, 0, 32)));
	if (make_empty(extract, err) < 0 ||
		arc_opener_new(extract->fd, &extract->opener, err) < 0) {
		if (extract->fd >= 0)
			close(extract->fd);
		free(extract);
		return -1;
	}
	*out = extract;
	return 0;
}

int arc_extract_end(struct arc_extract *extract, struct ax_error *err)
{
	if (!extract)
		return 0;
	arc_opener_free(extract->opener);
	int status = remove_tree(extract->target, extract->name);
	if (status < 0)
		ax_fail_errno(err,
			"%s: its temporary directory %s is left, and removed by the next "
			"restore there",
			extract->archive, extract->name);
	close(extract->fd);
	free(extract);
	return status;
}

/* ---- members */

static int fail(const struct arc_extract *extract, struct ax_str path, struct ax_error *err)
{
	int code = errno;

	if (code == EEXIST)
		return ax_fail(err, AX_EREFUSED, "%s: %.*s: is there twice", extract->archive,
			AX_STR_ARG(path));
	if (code == ENOTDIR || code == ELOOP || code == EXDEV)
		return ax_fail(err, AX_EREFUSED, "%s: %.*s: its directory is no directory",
			extract->archive, AX_STR_ARG(path));
	errno = code;
	return ax_fail_errno(err, "%.*s", AX_STR_ARG(path));
}

/* The directory of path, open, and its name in it. */
static int locate(struct arc_extract *extract, struct ax_str path, struct reorg_spot *out,
	struct ax_error *err)
{
	return reorg_dirs_locate(&extract->opener->dirs, path, out) < 0
		       ? fail(extract, path, err)
		       : 0;
}

/* 0, or -1 with errno set: ENOENT when the directory above it is missing. */
static int make_dir(struct arc_extract *extract, struct ax_str path)
{
	struct reorg_spot spot;
	struct stat st;

	if (reorg_dirs_locate(&extract->opener->dirs, path, &spot) < 0)
		return -1;
	if (mkdirat(spot.dir, spot.name, 0700) == 0)
		return 0;
	if (errno != EEXIST || fstatat(spot.dir, spot.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode) ? 0 : -1;
}

int arc_extract_dir(struct arc_extract *extract, struct ax_str path, struct ax_error *err)
{
	if (!path.len || make_dir(extract, path) == 0)
		return 0;
	if (errno != ENOENT)
		return fail(extract, path, err);
	/* Only where an archive does not name the directories first. */
	for (size_t end = 0; end <= path.len; end++) {
		end += ax_str_find(ax_str_slice(path, end, path.len), '/');
		if (make_dir(extract, ax_str_slice(path, 0, end)) < 0)
			return fail(extract, path, err);
	}
	return 0;
}

static int open_member(struct arc_extract *extract, struct ax_str path, int flags, mode_t mode,
	struct ax_error *err)
{
	int fd = arc_opener_open(extract->opener, path, flags, mode);

	return fd < 0 ? fail(extract, path, err) : fd;
}

int arc_extract_file(struct arc_extract *extract, struct ax_str path, uint64_t size,
	struct ax_error *err)
{
	int fd = open_member(extract, path, O_WRONLY | O_CREAT | O_EXCL, 0600, err);

	if (fd < 0)
		return -1;
	int status = size && ftruncate(fd, (off_t)size) < 0 ? fail(extract, path, err) : 0;
	close(fd);
	return status;
}

int arc_extract_write(struct arc_extract *extract, struct ax_str path, uint64_t offset,
	struct ax_str bytes, struct ax_error *err)
{
	int fd = open_member(extract, path, O_WRONLY, 0, err);

	if (fd < 0)
		return -1;
	int status =
		ax_pwrite_full(fd, bytes.ptr, bytes.len, (off_t)offset, extract->name, err);
	/* A hint: the disk works while more is decoded. Small files are better written together. */
	if (bytes.len >= WRITE_SOON)
		sync_file_range(fd, (off_t)offset, (off_t)bytes.len, SYNC_FILE_RANGE_WRITE);
	close(fd);
	return status;
}

int arc_extract_open(struct arc_extract *extract, struct ax_str path, struct ax_error *err)
{
	return open_member(extract, path, O_RDONLY, 0, err);
}

int arc_extract_symlink(struct arc_extract *extract, struct ax_str path, struct ax_str target,
	struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct reorg_spot spot;
	int status = locate(extract, path, &spot, err);

	ax_buf_append_str(&text, target);
	if (status == 0 && symlinkat(ax_buf_text(&text), spot.dir, spot.name) < 0)
		status = fail(extract, path, err);
	ax_buf_free(&text);
	return status;
}

int arc_extract_link(struct arc_extract *extract, struct ax_str path, struct ax_str existing,
	struct ax_error *err)
{
	struct reorg_spot spot, old;

	if (locate(extract, existing, &old, err) < 0 || locate(extract, path, &spot, err) < 0)
		return -1;
	return linkat(old.dir, old.name, spot.dir, spot.name, 0) < 0 ? fail(extract, path, err)
								     : 0;
}

int arc_extract_copy(struct arc_extract *extract, struct ax_str path, struct ax_str existing,
	uint64_t size, const struct reorg_copy_watch *watch, struct ax_error *err)
{
	int from = arc_extract_open(extract, existing, err);
	int status = -1;

	if (from < 0)
		return -1;
	int to = arc_opener_open(extract->opener, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (to < 0) {
		fail(extract, path, err);
	} else {
		status = reorg_copy_content(from, to, size, watch, extract->name, err);
		close(to);
	}
	close(from);
	return status;
}

int arc_extract_remove(struct arc_extract *extract, struct ax_str path, struct ax_error *err)
{
	struct reorg_spot spot;

	if (locate(extract, path, &spot, err) < 0)
		return -1;
	return unlinkat(spot.dir, spot.name, 0) < 0 ? fail(extract, path, err) : 0;
}

static struct timespec timespec_of(ax_nanoseconds time)
{
	const ax_nanoseconds second = 1000000000;
	ax_nanoseconds rest = time % second;

	if (rest < 0)
		rest += second;
	return (struct timespec){
		.tv_sec = (time_t)((time - rest) / second),
		.tv_nsec = (long)rest,
	};
}

/* An owner that cannot be given is no failure: only root can, and not on every file system. */
static int set_metadata_at(int parent, const char *name, const struct arc_member *member)
{
	struct timespec mtime = timespec_of(member->mtime);
	struct timespec times[2] = { mtime, mtime };

	if (geteuid() == 0 &&
		fchownat(parent, name, member->uid, member->gid, AT_SYMLINK_NOFOLLOW) < 0 &&
		errno != EPERM && errno != EINVAL)
		return -1;
	if (member->type != ARC_SYMLINK) {
		int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -1;
		int status = fchmod(fd, member->mode & 01777);
		close(fd);
		if (status < 0)
			return -1;
	}
	return utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW);
}

int arc_extract_set_metadata(struct arc_extract *extract, const struct arc_member *member,
	struct ax_error *err)
{
	struct reorg_spot spot;

	if (locate(extract, member->path, &spot, err) < 0)
		return -1;
	return set_metadata_at(spot.dir, spot.name, member) < 0
		       ? fail(extract, member->path, err)
		       : 0;
}

/* ---- publishing */

/* A directory can be moved only by who may write to it; in between it is made so. */
static int rename_new(int from, int to, const char *name, mode_t mode)
{
	if (!S_ISDIR(mode) || (mode & 0200))
		return renameat2(from, name, to, name, RENAME_NOREPLACE);
	if (fchmodat(from, name, (mode & 07777) | 0200, 0) < 0 ||
		renameat2(from, name, to, name, RENAME_NOREPLACE) < 0)
		return -1;
	return fchmodat(to, name, mode & 07777, 0);
}

/* Directories that are there already, whose content is still to be put in its place. */
struct merging {
	struct reorg_dirs from, to;
	size_t n, capacity;
	struct ax_buf *paths;
};

static int push(struct merging *merging, struct ax_str dir, const char *name,
	struct ax_error *err)
{
	if (merging->n == merging->capacity) {
		size_t capacity = 2 * merging->capacity + 16;
		void *grown = reallocarray(merging->paths, capacity, sizeof(*merging->paths));
		if (!grown)
			return ax_fail(err, ENOMEM, "no memory for directories");
		merging->paths = grown;
		merging->capacity = capacity;
	}
	struct ax_buf *path = &merging->paths[merging->n++];
	*path = (struct ax_buf){ 0 };
	ax_path_join(path, dir, ax_str_from(name));
	return ax_buf_check(path, name, err);
}

/* Put one name in its place; of a directory that is there, what it holds comes later. */
static int place(struct merging *merging, int from, int to, struct ax_str dir, const char *name,
	struct ax_error *err)
{
	const char *slash = dir.len ? "/" : "";
	struct stat st, there;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return ax_fail_errno(err, "%.*s%s%s", AX_STR_ARG(dir), slash, name);
	if (rename_new(from, to, name, st.st_mode) == 0)
		return 0;
	if (errno != EEXIST)
		return ax_fail_errno(err, "%.*s%s%s: cannot be put in its place",
			AX_STR_ARG(dir), slash, name);
	if (S_ISDIR(st.st_mode) && fstatat(to, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISDIR(there.st_mode))
		return push(merging, dir, name, err);
	return ax_fail(err, AX_EREFUSED, "%.*s%s%s: exists already, and stays as it is",
		AX_STR_ARG(dir), slash, name);
}

static int merge(struct merging *merging, struct ax_str path, struct ax_error *err)
{
	int to = reorg_dirs_open(&merging->to, path, O_RDONLY | O_DIRECTORY, 0);
	int from = reorg_dirs_open(&merging->from, path, O_RDONLY | O_DIRECTORY, 0);
	DIR *dir = to < 0 || from < 0 ? NULL : fdopendir(from);
	struct dirent *found;
	int status = 0;

	if (!dir) {
		status = ax_fail_errno(err, "%.*s: cannot list what was restored",
			AX_STR_ARG(path));
		if (from >= 0)
			close(from);
	}
	while (dir && status == 0 && (found = readdir(dir))) {
		if (!is_dots(found->d_name))
			status = place(merging, from, to, path, found->d_name, err);
	}
	if (dir)
		closedir(dir);
	if (status == 0 && fsync(to) < 0)
		status =
			ax_fail_errno(err, "%.*s: cannot sync the directory", AX_STR_ARG(path));
	if (to >= 0)
		close(to);
	return status;
}

int arc_extract_publish(struct arc_extract *extract, struct ax_error *err)
{
	struct merging merging = { .n = 0 };

	if (syncfs(extract->fd) < 0)
		return ax_fail_errno(err, "%s: cannot sync", extract->name);
	reorg_dirs_init(&merging.from, extract->fd);
	reorg_dirs_init(&merging.to, extract->target);
	int status = push(&merging, AX_STR(""), "", err);
	while (status == 0 && merging.n) {
		struct ax_buf path = merging.paths[--merging.n];
		status = merge(&merging, ax_buf_str(&path), err);
		ax_buf_free(&path);
	}
	while (merging.n)
		ax_buf_free(&merging.paths[--merging.n]);
	free(merging.paths);
	reorg_dirs_forget(&merging.from);
	reorg_dirs_forget(&merging.to);
	return status;
}

bool arc_symlink_stays_inside(struct ax_str path, struct ax_str target)
{
	struct ax_str rest = ax_path_dir(path), component;
	size_t depth = 0;

	if (!target.len || target.ptr[0] == '/')
		return false;
	while (ax_path_next(&rest, &component))
		depth++;
	for (rest = target; ax_path_next(&rest, &component);) {
		if (ax_str_equal(component, AX_STR(".")) || !component.len)
			continue;
		if (!ax_str_equal(component, AX_STR("..")))
			depth++;
		else if (depth-- == 0)
			return false;
	}
	return true;
}
