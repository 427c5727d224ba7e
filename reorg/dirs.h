/*
 * reorg/dirs.h - names in directories that are held open
 *
 * Every act works on a name in an open directory, never on a path, so that no symlink that is
 * swapped in while it works can lead it elsewhere. The directories used last stay open, and what
 * lies below one of them is found from there: in a deep tree a way from the root is long.
 */
#ifndef ARTIDX_REORG_DIRS_H
#define ARTIDX_REORG_DIRS_H

#include "base/buf.h"

#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct ax_error;

enum { REORG_DIRS_OPEN = 8 };

struct reorg_dirs {
	int root; /* borrowed */
	uint64_t clock;
	struct reorg_open_dir {
		struct ax_buf path;
		int fd;        /* O_PATH */
		uint64_t used; /* clock when it was used last; 0: this slot is free */
	} open[REORG_DIRS_OPEN];
};

/* A name in its directory. dir is good until two other names have been located. */
struct reorg_spot {
	int dir;
	char name[NAME_MAX + 1];
};

void reorg_dirs_init(struct reorg_dirs *dirs, int root);

/* Close all: after an act that renamed a directory, and at the end. */
void reorg_dirs_forget(struct reorg_dirs *dirs);

/* Close path and what is below it: after an act that removed that directory. */
void reorg_dirs_forget_below(struct reorg_dirs *dirs, struct ax_str path);

/* Find the directory of path, root-relative and not empty. 0, or -1 with errno set. */
int reorg_dirs_locate(struct reorg_dirs *dirs, struct ax_str path, struct reorg_spot *out);

/*
 * Open path ("" for the root itself) as ax_open_beneath() does, but for errno, which is as openat()
 * has it. The descriptor is the caller's.
 */
int reorg_dirs_open(struct reorg_dirs *dirs, struct ax_str path, int flags, mode_t mode);

/*
 * lstat: 1; 0 when it does not exist, nor perhaps the directory that would hold it; -1 and err.
 * Something else than a directory on the way is AX_EREFUSED.
 */
int reorg_dirs_look(struct reorg_dirs *dirs, struct ax_str path, struct stat *out,
	struct ax_error *err);

/* Fill err from errno for a path that could not be reached. AX_EREFUSED as above. */
int reorg_dirs_fail(struct ax_str path, struct ax_error *err);

#endif
