/*
 * indexer/walk.h - directories handed out to threads
 *
 * A shared stack of directories to visit, last in first out. Each is opened below the root without
 * following symlinks; each thread keeps at most the parent of what it works on open, so the number
 * of descriptors does not grow with depth, and neither does the time for a deep chain.
 */
#ifndef ARTIDX_INDEXER_WALK_H
#define ARTIDX_INDEXER_WALK_H

#include "base/str.h"

#include <stdint.h>

struct ax_error;

/* The stack; shared by threads. */
struct idx_walk;
struct idx_walk *idx_walk_new(int rootfd); /* NULL when memory ran out */
void idx_walk_free(struct idx_walk *walk);

/* Which entries of a directory are wanted: all, with what is below; or these names. */
struct idx_walk_names {
	size_t n;
	const struct ax_str *names; /* in byte order */
};

/* A directory to begin with, root-relative; names (NULL: all) must outlive the walk. */
int idx_walk_start(struct idx_walk *walk, struct ax_str path,
	const struct idx_walk_names *names, struct ax_error *err);

/* Hand out nothing any more. */
void idx_walk_stop(struct idx_walk *walk);

/* What one thread walks with. */
struct idx_walker;
struct idx_walker *idx_walker_new(struct idx_walk *walk); /* NULL when memory ran out */
void idx_walker_free(struct idx_walker *walker);

/* A directory to work on; all is borrowed from the walker until its next step. */
struct idx_walk_dir {
	struct ax_str path;
	const struct idx_walk_names *names;
	bool is_start;        /* as it was given to idx_walk_start() */
	int fd;               /* -1: it could not be opened */
	int failure;          /* errno then */
	bool is_inside_mount; /* the root's file system is mounted on it: it lies elsewhere, too */
	uint64_t dev, ino;
};

/*
 * The next directory, when there is one: waits while other threads may still find some. 1, 0, and
 * -1 when descriptors or memory ran out.
 */
int idx_walker_next(struct idx_walker *walker, struct idx_walk_dir *out, struct ax_error *err);

/* Have a directory below the one being worked on visited, too. */
int idx_walker_push(struct idx_walker *walker, struct ax_str name, struct ax_error *err);

#endif
