#include "tests/support/disk_tree.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_LIMIT = 64 << 20, LINKS_MAX = 64 };

/* What a walk does with each entry, directories before what is in them. */
struct visitor {
	void (*visit)(struct visitor *visitor, int dir, const char *name, const char *path,
		const struct stat *st);
	void (*leave)(struct visitor *visitor, int dir, const char *name,
		const struct stat *st);
	unsigned flags;
	struct ax_buf *out;
	size_t n_links;
	struct {
		ino_t ino;
		dev_t dev;
		char path[256];
	} links[LINKS_MAX];
	const char *prefix;
	bool found;
	unsigned count;
};

static void require(bool holds, const char *what, const char *path)
{
	if (holds)
		return;
	fprintf(stderr, "test: cannot %s %s: %s\n", what, path, strerror(errno));
	abort();
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void walk(struct visitor *visitor, int parent, const char *name, const char *path)
{
	struct dirent **entries = NULL;
	int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int n = dir < 0 ? -1 : scandirat(dir, ".", &entries, NULL, compare_entries);

	require(n >= 0, "list", path);
	for (int i = 0; i < n; i++) {
		const char *entry = entries[i]->d_name;
		char below[PATH_MAX];
		struct stat st;
		if (strcmp(entry, ".") == 0 || strcmp(entry, "..") == 0)
			continue;
		snprintf(below, sizeof(below), "%s%s%s", path, *path ? "/" : "", entry);
		require(fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) == 0, "examine", below);
		if (visitor->visit)
			visitor->visit(visitor, dir, entry, below, &st);
		if (S_ISDIR(st.st_mode) && strcmp(below, ".artidx") != 0)
			walk(visitor, dir, entry, below);
		if (visitor->leave)
			visitor->leave(visitor, dir, entry, &st);
	}
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	close(dir);
}

static void walk_tree(const struct disk_tree *tree, struct visitor *visitor)
{
	walk(visitor, tree->fd, ".", "");
}

void disk_tree_make(struct disk_tree *tree)
{
	const char *above = getenv("TMPDIR");

	*tree = (struct disk_tree){ .fd = -1 };
	if (access("/dev/shm", W_OK) == 0)
		above = "/dev/shm";
	snprintf(tree->path, sizeof(tree->path), "%s/artidx-test-XXXXXX",
		above ? above : "/tmp");
	require(mkdtemp(tree->path) != NULL, "make", tree->path);
	tree->fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(tree->fd >= 0, "open", tree->path);
}

static void remove_entry(struct visitor *visitor, int dir, const char *name,
	const struct stat *st)
{
	(void)visitor;
	require(unlinkat(dir, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0) == 0 ||
			errno == EBUSY,
		"remove", name);
}

static void remove_state(struct visitor *visitor, int dir, const char *name, const char *path,
	const struct stat *st)
{
	struct visitor inner = { .leave = remove_entry };

	(void)visitor;
	(void)st;
	if (strcmp(path, ".artidx") == 0)
		walk(&inner, dir, name, "");
}

void disk_tree_empty(const struct disk_tree *tree)
{
	struct visitor visitor = { .visit = remove_state, .leave = remove_entry };

	walk_tree(tree, &visitor);
}

void disk_tree_remove(struct disk_tree *tree)
{
	if (*tree->mounted)
		umount2(tree->mounted, MNT_DETACH);
	disk_tree_empty(tree);
	close(tree->fd);
	rmdir(tree->path);
	tree->fd = -1;
}

void disk_dir(const struct disk_tree *tree, const char *path)
{
	char part[PATH_MAX];

	for (size_t i = 0; path[i]; i++) {
		if (i && path[i] == '/') {
			memcpy(part, path, i);
			part[i] = '\0';
			mkdirat(tree->fd, part, 0755);
		}
	}
	require(mkdirat(tree->fd, path, 0755) == 0 || errno == EEXIST, "make", path);
}

static void make_parent(const struct disk_tree *tree, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];

	if (!slash)
		return;
	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	disk_dir(tree, parent);
}

void disk_file(const struct disk_tree *tree, const char *path, const char *content)
{
	size_t len = strlen(content);

	make_parent(tree, path);
	int fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	require(fd >= 0 && write(fd, content, len) == (ssize_t)len, "write", path);
	close(fd);
}

void disk_symlink(const struct disk_tree *tree, const char *path, const char *target)
{
	make_parent(tree, path);
	require(symlinkat(target, tree->fd, path) == 0, "link", path);
}

void disk_hard_link(const struct disk_tree *tree, const char *path, const char *existing)
{
	make_parent(tree, path);
	require(linkat(tree->fd, existing, tree->fd, path, 0) == 0, "link", path);
}

static void age_entry(struct visitor *visitor, int dir, const char *name, const struct stat *st)
{
	struct timespec times[2] = { { .tv_sec = 1750000000 + visitor->count,
					     .tv_nsec = 123456789 },
		{ .tv_sec = 1740000000 + visitor->count, .tv_nsec = 987654321 } };

	visitor->count++;
	require(utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) == 0, "age", name);
	(void)st;
}

void disk_age(const struct disk_tree *tree)
{
	struct visitor visitor = { .leave = age_entry };

	walk_tree(tree, &visitor);
}

bool disk_exists(const struct disk_tree *tree, const char *path)
{
	struct stat st;

	return fstatat(tree->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Append what is in a file or symlink. */
static void describe_content(struct ax_buf *out, int dir, const char *name,
	const struct stat *st)
{
	struct ax_buf content = { 0 };
	char text[PATH_MAX] = "";

	if (S_ISLNK(st->st_mode)) {
		ssize_t n = readlinkat(dir, name, text, sizeof(text));
		require(n >= 0, "read", name);
		ax_buf_printf(out, " -> %.*s", (int)n, text);
	} else if (S_ISREG(st->st_mode)) {
		int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		require(fd >= 0 && st->st_size < FILE_LIMIT &&
				ax_buf_reserve(&content, (size_t)st->st_size + 1) &&
				pread(fd, content.data, (size_t)st->st_size, 0) == st->st_size,
			"read", name);
		ax_buf_printf(out, " %jd bytes %016" PRIx64, (intmax_t)st->st_size,
			ax_hash64(content.data, (size_t)st->st_size));
		close(fd);
		ax_buf_free(&content);
	}
}

/* Append the first path of the same file, when it has several. */
static void describe_links(struct visitor *visitor, const char *path, const struct stat *st)
{
	if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
		return;
	for (size_t i = 0; i < visitor->n_links; i++) {
		if (visitor->links[i].ino == st->st_ino &&
			visitor->links[i].dev == st->st_dev) {
			ax_buf_printf(visitor->out, " = %s", visitor->links[i].path);
			return;
		}
	}
	require(visitor->n_links < LINKS_MAX, "remember", path);
	visitor->links[visitor->n_links].ino = st->st_ino;
	visitor->links[visitor->n_links].dev = st->st_dev;
	snprintf(visitor->links[visitor->n_links++].path, sizeof(visitor->links[0].path), "%s",
		path);
	ax_buf_append_text(visitor->out, " linked");
}

static void describe_entry(struct visitor *visitor, int dir, const char *name, const char *path,
	const struct stat *st)
{
	struct ax_buf *out = visitor->out;

	if (strcmp(path, ".artidx") == 0)
		return;
	if (visitor->flags & DISK_CONTENTS) {
		if (S_ISREG(st->st_mode)) {
			describe_content(out, dir, name, st);
			ax_buf_append_byte(out, '\n');
		}
		return;
	}
	ax_buf_printf(out, "%s %o", path, st->st_mode);
	if (visitor->flags & DISK_TIMES)
		ax_buf_printf(out, " %jd.%09ld", (intmax_t)st->st_mtim.tv_sec,
			st->st_mtim.tv_nsec);
	describe_content(out, dir, name, st);
	describe_links(visitor, path, st);
	ax_buf_append_byte(out, '\n');
}

void disk_describe(const struct disk_tree *tree, unsigned flags, struct ax_buf *out)
{
	struct visitor visitor = { .visit = describe_entry, .flags = flags, .out = out };

	walk_tree(tree, &visitor);
}

static void match_prefix(struct visitor *visitor, int dir, const char *name, const char *path,
	const struct stat *st)
{
	(void)dir;
	(void)path;
	(void)st;
	if (strncmp(name, visitor->prefix, strlen(visitor->prefix)) == 0)
		visitor->found = true;
}

bool disk_has_prefix(const struct disk_tree *tree, const char *prefix)
{
	struct visitor visitor = { .visit = match_prefix, .prefix = prefix };

	walk_tree(tree, &visitor);
	return visitor.found;
}

/* What was opened before is open in the name space from before, where nothing is mounted. */
static void open_again(struct disk_tree *tree)
{
	close(tree->fd);
	tree->fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(tree->fd >= 0, "open", tree->path);
}

bool disk_mount(struct disk_tree *tree, const char *path, const char *options)
{
	char target[sizeof(tree->mounted)];

	disk_dir(tree, path);
	snprintf(target, sizeof(target), "%s/%s", tree->path, path);
	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) == 0 &&
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("tmpfs", target, "tmpfs", 0, options) == 0) {
		memcpy(tree->mounted, target, sizeof(target));
		open_again(tree);
		return true;
	}
	fprintf(stderr, "test: cannot mount a second file system (%s): that part is left out\n",
		strerror(errno));
	return false;
}
