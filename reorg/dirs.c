#include "reorg/dirs.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { LONG_WAY = 256 }; /* bytes of a path */

void reorg_dirs_init(struct reorg_dirs *dirs, int root)
{
	*dirs = (struct reorg_dirs){ .root = root };
}

static void close_slot(struct reorg_open_dir *slot)
{
	if (slot->used)
		close(slot->fd);
	ax_buf_free(&slot->path);
	slot->used = 0;
}

void reorg_dirs_forget(struct reorg_dirs *dirs)
{
	for (size_t i = 0; i < REORG_DIRS_OPEN; i++)
		close_slot(&dirs->open[i]);
}

void reorg_dirs_forget_below(struct reorg_dirs *dirs, struct ax_str path)
{
	for (size_t i = 0; i < REORG_DIRS_OPEN; i++) {
		struct reorg_open_dir *slot = &dirs->open[i];
		if (slot->used && ax_path_below(ax_buf_str(&slot->path), path))
			close_slot(slot);
	}
}

/* What path is, or is below by the fewest steps, of what is open; NULL: nothing but the root. */
static struct reorg_open_dir *find_nearest(struct reorg_dirs *dirs, struct ax_str path)
{
	struct reorg_open_dir *nearest = NULL;

	for (size_t i = 0; i < REORG_DIRS_OPEN; i++) {
		struct reorg_open_dir *slot = &dirs->open[i];
		if (slot->used && (!nearest || slot->path.len > nearest->path.len) &&
			ax_path_below(path, ax_buf_str(&slot->path)))
			nearest = slot;
	}
	return nearest;
}

/* The slot that was not used for the longest time, closed. */
static struct reorg_open_dir *free_slot(struct reorg_dirs *dirs)
{
	struct reorg_open_dir *oldest = &dirs->open[0];

	for (size_t i = 1; i < REORG_DIRS_OPEN; i++) {
		if (dirs->open[i].used < oldest->used)
			oldest = &dirs->open[i];
	}
	close_slot(oldest);
	return oldest;
}

/* Open path, of which the first `known` bytes are the directory at; keep it. */
static int open_below(struct reorg_dirs *dirs, int at, struct ax_str path, size_t known)
{
	struct ax_str rest = ax_str_slice(path, known, path.len);
	int fd;

	do
		fd = ax_open_beneath(at, rest, O_PATH | O_DIRECTORY, 0);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return -1;
	struct reorg_open_dir *slot = free_slot(dirs);
	ax_buf_append_str(&slot->path, path);
	if (slot->path.failed) {
		ax_buf_free(&slot->path);
		close(fd);
		errno = ENOMEM;
		return -1;
	}
	slot->fd = fd;
	slot->used = ++dirs->clock;
	return fd;
}

/*
 * A descriptor of a directory, or -1 with errno set. On a long way a landing shortly before its end
 * is kept too: who goes up again directory by directory does not begin at the root each time.
 */
static int open_directory(struct reorg_dirs *dirs, struct ax_str path)
{
	struct reorg_open_dir *nearest = find_nearest(dirs, path);
	int at = nearest ? nearest->fd : dirs->root;
	size_t known = nearest ? nearest->path.len + 1 : 0;

	if (!path.len)
		return dirs->root;
	if (nearest)
		nearest->used = ++dirs->clock;
	if (nearest && nearest->path.len == path.len)
		return at;
	if (path.len - known > LONG_WAY) {
		size_t landing =
			ax_str_find_last(ax_str_slice(path, 0, path.len - LONG_WAY / 2), '/');
		if (landing > known && path.ptr[landing] == '/') {
			at = open_below(dirs, at, ax_str_slice(path, 0, landing), known);
			known = landing + 1;
		}
	}
	return at < 0 ? -1 : open_below(dirs, at, path, known);
}

int reorg_dirs_locate(struct reorg_dirs *dirs, struct ax_str path, struct reorg_spot *out)
{
	struct ax_str name = ax_path_name(path);

	if (name.len >= sizeof(out->name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!ax_path_is_normal(name) || path.ptr[0] == '/') {
		errno = EXDEV;
		return -1;
	}
	memcpy(out->name, name.ptr, name.len);
	out->name[name.len] = '\0';
	out->dir = open_directory(dirs, ax_path_dir(path));
	return out->dir < 0 ? -1 : 0;
}

int reorg_dirs_open(struct reorg_dirs *dirs, struct ax_str path, int flags, mode_t mode)
{
	struct reorg_spot spot = { .dir = dirs->root, .name = "." };
	int fd;

	if (path.len && reorg_dirs_locate(dirs, path, &spot) < 0)
		return -1;
	do
		fd = openat(spot.dir, spot.name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int reorg_dirs_fail(struct ax_str path, struct ax_error *err)
{
	if (errno == ELOOP || errno == EXDEV || errno == ENOTDIR)
		return ax_fail(err, AX_EREFUSED, "%.*s: a symlink or a file is on its way",
			AX_STR_ARG(path));
	return ax_fail_errno(err, "%.*s: cannot reach", AX_STR_ARG(path));
}

int reorg_dirs_look(struct reorg_dirs *dirs, struct ax_str path, struct stat *out,
	struct ax_error *err)
{
	struct reorg_spot spot;

	if (reorg_dirs_locate(dirs, path, &spot) < 0)
		return errno == ENOENT ? 0 : reorg_dirs_fail(path, err);
	if (fstatat(spot.dir, spot.name, out, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : reorg_dirs_fail(path, err);
}
