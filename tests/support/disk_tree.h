/*
 * tests/support/disk_tree.h - small trees on disk: made, described, removed
 *
 * What cannot fail in a test that makes sense ends it with a message.
 */
#ifndef ARTIDX_TESTS_SUPPORT_DISK_TREE_H
#define ARTIDX_TESTS_SUPPORT_DISK_TREE_H

#include "base/str.h"

#include <limits.h>

struct ax_buf;

/* A fresh directory of the test's own. */
struct disk_tree {
	char path[PATH_MAX];
	int fd;
	char mounted[PATH_MAX + 256]; /* by disk_mount(); "" */
};

/* In memory where there is /dev/shm, else in TMPDIR or /tmp. */
void disk_tree_make(struct disk_tree *tree);

/* Remove everything in it, but for what is mounted there; then itself. */
void disk_tree_empty(const struct disk_tree *tree);
void disk_tree_remove(struct disk_tree *tree);

/* All paths are relative to the directory; those above them are made. */
void disk_dir(const struct disk_tree *tree, const char *path);
void disk_file(const struct disk_tree *tree, const char *path, const char *content);
void disk_symlink(const struct disk_tree *tree, const char *path, const char *target);
void disk_hard_link(const struct disk_tree *tree, const char *path, const char *existing);

/* Give everything in the tree a time of its own, in 2025, with nanoseconds. */
void disk_age(const struct disk_tree *tree);

bool disk_exists(const struct disk_tree *tree, const char *path);

enum {
	DISK_TIMES = 1,    /* with the mtimes of all */
	DISK_CONTENTS = 2, /* only the contents of files, each once, in no order that tells */
};

/*
 * Append a description: a line for each entry with path, type, mode, content and the hard links
 * among the files. Without what is in ".artidx".
 */
void disk_describe(const struct disk_tree *tree, unsigned flags, struct ax_buf *out);

/* Whether a name begins with that anywhere in the tree. */
bool disk_has_prefix(const struct disk_tree *tree, const char *prefix);

/*
 * Become able to mount within this process and its children, as root or in a name space of our
 * own, and mount an empty tmpfs there; the tree's descriptor is a new one. False, with a message, where the system does not let us.
 */
bool disk_mount(struct disk_tree *tree, const char *path, const char *options);

#endif
