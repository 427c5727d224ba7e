/*
 * archive/tree.h - a directory as the members of an archive
 *
 * Ordered by path, so that the same tree gives the same archive.
 */
#ifndef ARTIDX_ARCHIVE_TREE_H
#define ARTIDX_ARCHIVE_TREE_H

#include "archive/member.h"
#include "base/arena.h"

#include <sys/stat.h>

struct arc_opener;
struct ax_error;

/* What a member was when it was listed, to notice a change. */
struct arc_source {
	uint64_t dev, ino, size;
	ax_nanoseconds mtime, ctime;
	uint64_t blocks; /* bytes it takes on the disk */
	bool linked;     /* has other names */
};

struct arc_tree {
	struct ax_arena arena;
	int parent; /* the directory that holds the tree's: member paths begin with its name */
	struct arc_opener *opener; /* of members, below parent */
	size_t n;
	struct arc_member *members; /* no positions, digests and layouts yet */
	struct arc_source *sources; /* of each */
};

/*
 * List the directory dir ("a/b", members "b", "b/..."), below dirfd, without following symlinks.
 * Special files, what cannot be read and paths of PATH_MAX bytes and more are a failure: nothing
 * may be left out silently.
 */
int arc_tree_read(int dirfd, struct ax_str dir, struct arc_tree *out, struct ax_error *err);
void arc_tree_free(struct arc_tree *tree);

struct arc_sum arc_tree_sum(const struct arc_tree *tree);

struct arc_source arc_source_of(const struct stat *st);
bool arc_source_same(const struct arc_source *source, const struct stat *st);

#endif
