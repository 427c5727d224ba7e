#include "reorg/dirs.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void reorg_dirs_init(struct reorg_dirs *dirs, int root)
{
	*dirs = (struct reorg_dirs){ .root = root };
}

void reorg_dirs_forget(struct reorg_dirs *dirs)
{
	for (size_t i = 0; i < REORG_DIRS_OPEN; i++) {
		if (dirs->open[i].used)
			close(dirs->open[i].fd);
		dirs->open[i].used = 0;
	}
}

/* The slot of path, or else the one to be used for it. */
static struct reorg_open_dir *find_slot(struct reorg_dirs *dirs, struct ax_str path)
{
	struct reorg_open_dir *oldest = &dirs->open[0];

	for (size_t i = 0; i < REORG_DIRS_OPEN; i++) {
		struct reorg_open_dir *slot = &dirs->open[i];
		if (slot->used && ax_str_equal(slot->path, path))
			return slot;
		if (slot->used < oldest->used)
			oldest = slot;
	}
	return oldest;
}

/* A descriptor of a directory, or -1 with errno set. */
static int open_directory(struct reorg_dirs *dirs, struct ax_str path)
{
	struct reorg_open_dir *slot = find_slot(dirs, path);
	bool is_hit = slot->used && ax_str_equal(slot->path, path);

	if (!is_hit) {
		int fd;
		do
			fd = ax_open_beneath(dirs->root, path, O_PATH | O_DIRECTORY, 0);
		while (fd < 0 && errno == EINTR);
		if (fd < 0)
			return -1;
		if (slot->used)
			close(slot->fd);
		slot->fd = fd;
		slot->path = path;
	}
	slot->used = ++dirs->clock;
	return slot->fd;
}

int reorg_dirs_locate(struct reorg_dirs *dirs, struct ax_str path, struct reorg_spot *out)
{
	struct ax_str name = ax_path_name(path);

	if (name.len >= sizeof(out->name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(out->name, name.ptr, name.len);
	out->name[name.len] = '\0';
	out->dir = open_directory(dirs, ax_path_dir(path));
	return out->dir < 0 ? -1 : 0;
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
