#include "archive/tree.h"

#include "archive/index.h"
#include "archive/opener.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* A member while the tree is listed. */
struct entry {
	struct arc_member member;
	struct arc_source source;
};

struct listing {
	int parent;
	struct arc_opener *opener;
	struct ax_arena *arena;
	struct entry *entries;
	size_t n, capacity;
};

struct arc_source arc_source_of(const struct stat *st)
{
	return (struct arc_source){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = ax_time_of(&st->st_mtim),
		.ctime = ax_time_of(&st->st_ctim),
		.blocks = (uint64_t)st->st_blocks * 512,
		.linked = st->st_nlink > 1,
	};
}

bool arc_source_same(const struct arc_source *source, const struct stat *st)
{
	struct arc_source now = arc_source_of(st);

	return source->dev == now.dev && source->ino == now.ino && source->size == now.size &&
	       source->mtime == now.mtime && source->ctime == now.ctime;
}

static int no_memory(struct ax_str path, struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "%.*s: no memory", AX_STR_ARG(path));
}

static enum arc_type type_of(mode_t mode)
{
	if (S_ISREG(mode))
		return ARC_FILE;
	if (S_ISDIR(mode))
		return ARC_DIR;
	return S_ISLNK(mode) ? ARC_SYMLINK : ARC_SPECIAL;
}

static int read_link(struct listing *listing, int dirfd, const char *name, struct ax_str path,
	struct ax_str *out, struct ax_error *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target));

	if (n < 0)
		return ax_fail_errno(err, "%.*s", AX_STR_ARG(path));
	char *copy = ax_arena_copy(listing->arena, ax_str(target, (size_t)n));
	if (!copy)
		return no_memory(path, err);
	*out = ax_str(copy, (size_t)n);
	return 0;
}

/* What unpacks an archive anywhere, tar, opens files by their whole paths. */
static int check_length(struct ax_str path, struct ax_error *err)
{
	if (path.len < PATH_MAX)
		return 0;
	return ax_fail(err, AX_EREFUSED,
		"%.*s: its path has %zu bytes, and tar could not make it again: cannot be "
		"archived",
		AX_STR_ARG(path), path.len);
}

/* Add name, in dirfd, whose path is already in the arena. */
static int add(struct listing *listing, int dirfd, const char *name, struct ax_str path,
	struct ax_error *err)
{
	struct stat st;
	struct entry entry = { .member.path = path };

	if (check_length(path, err) < 0)
		return -1;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return ax_fail_errno(err, "%.*s", AX_STR_ARG(path));
	struct arc_member *member = &entry.member;
	member->type = type_of(st.st_mode);
	member->mode = st.st_mode & 07777;
	member->uid = st.st_uid;
	member->gid = st.st_gid;
	member->mtime = ax_time_of(&st.st_mtim);
	entry.source = arc_source_of(&st);
	if (member->type == ARC_SPECIAL)
		return ax_fail(err, AX_EREFUSED,
			"%.*s: neither file, directory nor symlink: cannot be archived",
			AX_STR_ARG(path));
	if (member->type == ARC_FILE)
		member->size = (uint64_t)st.st_size;
	if (member->type == ARC_SYMLINK &&
		read_link(listing, dirfd, name, path, &member->target, err) < 0)
		return -1;
	if (listing->n == listing->capacity) {
		size_t capacity = listing->capacity ? 2 * listing->capacity : 256;
		void *grown = reallocarray(listing->entries, capacity, sizeof(entry));
		if (!grown)
			return no_memory(path, err);
		listing->entries = grown;
		listing->capacity = capacity;
	}
	listing->entries[listing->n++] = entry;
	return 0;
}

static int add_children(struct listing *listing, DIR *dir, struct ax_str path,
	struct ax_error *err)
{
	struct ax_buf joined = { 0 };
	struct dirent *found;
	int status = -1;

	while (errno = 0, (found = readdir(dir))) {
		struct ax_str name = ax_str_from(found->d_name);
		if (ax_str_equal(name, AX_STR(".")) || ax_str_equal(name, AX_STR("..")))
			continue;
		ax_buf_clear(&joined);
		ax_path_join(&joined, path, name);
		char *copy = joined.failed ? NULL
					   : ax_arena_copy(listing->arena, ax_buf_str(&joined));
		if (!copy) {
			no_memory(path, err);
			goto out;
		}
		if (add(listing, dirfd(dir), found->d_name, ax_str(copy, joined.len), err) < 0)
			goto out;
	}
	if (errno) {
		ax_fail_errno(err, "%.*s", AX_STR_ARG(path));
		goto out;
	}
	status = 0;
out:
	ax_buf_free(&joined);
	return status;
}

/* The list grows while it is walked: directories are read when their turn comes. */
static int read_dirs(struct listing *listing, struct ax_error *err)
{
	for (size_t i = 0; i < listing->n; i++) {
		struct ax_str path = listing->entries[i].member.path;
		if (listing->entries[i].member.type != ARC_DIR)
			continue;
		int fd = arc_opener_open(listing->opener, path, O_RDONLY | O_DIRECTORY, 0);
		DIR *dir = fd < 0 ? NULL : fdopendir(fd);
		if (!dir) {
			ax_fail_errno(err, "%.*s", AX_STR_ARG(path));
			if (fd >= 0)
				close(fd);
			return -1;
		}
		int status = add_children(listing, dir, path, err);
		closedir(dir);
		if (status < 0)
			return -1;
	}
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return ax_str_compare(x->member.path, y->member.path);
}

static int by_inode(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a;
	const struct entry *y = *(const struct entry *const *)b;

	if (x->source.dev != y->source.dev)
		return x->source.dev < y->source.dev ? -1 : 1;
	if (x->source.ino != y->source.ino)
		return x->source.ino < y->source.ino ? -1 : 1;
	return ax_str_compare(x->member.path, y->member.path);
}

/* Of the names of one file the first by path is the file, the others are links to it. */
static int find_links(struct listing *listing, struct ax_error *err)
{
	struct entry **linked = calloc(listing->n + 1, sizeof(struct entry *));
	size_t n = 0;

	if (!linked)
		return ax_fail(err, ENOMEM, "no memory for %zu members", listing->n);
	for (size_t i = 0; i < listing->n; i++) {
		struct entry *entry = &listing->entries[i];
		if (entry->member.type == ARC_FILE && entry->source.linked)
			linked[n++] = entry;
	}
	qsort(linked, n, sizeof(struct entry *), by_inode);
	struct entry *first = NULL;
	for (size_t i = 0; i < n; i++) {
		if (first && first->source.dev == linked[i]->source.dev &&
			first->source.ino == linked[i]->source.ino) {
			linked[i]->member.type = ARC_HARD_LINK;
			linked[i]->member.target = first->member.path;
			linked[i]->member.size = 0;
		} else {
			first = linked[i];
		}
	}
	free(linked);
	return 0;
}

static int hand_over(struct listing *listing, struct arc_tree *tree, struct ax_error *err)
{
	tree->members = ax_arena_alloc(&tree->arena, listing->n * sizeof(*tree->members));
	tree->sources = ax_arena_alloc(&tree->arena, listing->n * sizeof(*tree->sources));
	if (!tree->members || !tree->sources)
		return ax_fail(err, ENOMEM, "no memory for %zu members", listing->n);
	tree->n = listing->n;
	for (size_t i = 0; i < listing->n; i++) {
		tree->members[i] = listing->entries[i].member;
		tree->sources[i] = listing->entries[i].source;
	}
	return 0;
}

static int list(struct listing *listing, struct ax_str dir, struct ax_error *err)
{
	struct ax_str name = ax_path_name(dir);
	char *root = ax_arena_copy(listing->arena, name);

	struct stat st;

	if (!root)
		return no_memory(dir, err);
	if (fstatat(listing->parent, root, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISDIR(st.st_mode))
		return ax_fail(err, AX_EUSAGE, "%.*s: not a directory", AX_STR_ARG(dir));
	if (add(listing, listing->parent, root, ax_str(root, name.len), err) < 0)
		return -1;
	if (read_dirs(listing, err) < 0)
		return -1;
	qsort(listing->entries, listing->n, sizeof(struct entry), by_path);
	return find_links(listing, err);
}

int arc_tree_read(int dirfd, struct ax_str dir, struct arc_tree *out, struct ax_error *err)
{
	struct arc_tree tree = { .parent = -1 };
	struct listing listing = { .arena = &tree.arena };
	int status = -1;

	tree.parent = ax_open_beneath(dirfd, ax_path_dir(dir), O_RDONLY | O_DIRECTORY, 0);
	if (tree.parent < 0)
		return ax_fail_errno(err, "%.*s", AX_STR_ARG(dir));
	listing.parent = tree.parent;
	if (arc_opener_new(tree.parent, &tree.opener, err) < 0)
		goto out;
	listing.opener = tree.opener;
	if (list(&listing, dir, err) == 0 && hand_over(&listing, &tree, err) == 0)
		status = 0;
out:
	free(listing.entries);
	if (status < 0)
		arc_tree_free(&tree);
	else
		*out = tree;
	return status;
}

void arc_tree_free(struct arc_tree *tree)
{
	arc_opener_free(tree->opener);
	tree->opener = NULL;
	if (tree->parent >= 0)
		close(tree->parent);
	tree->parent = -1;
	ax_arena_free(&tree->arena);
}

struct arc_sum arc_tree_sum(const struct arc_tree *tree)
{
	struct arc_index index = { .n = tree->n, .members = tree->members };

	return arc_index_sum(&index);
}
