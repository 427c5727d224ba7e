/*
 * archive/opener.h - files of a tree, opened by any thread
 *
 * As reorg/dirs.h, of which this is one with a lock: no symlink is followed, and the directories
 * used last stay open.
 */
#ifndef ARTIDX_ARCHIVE_OPENER_H
#define ARTIDX_ARCHIVE_OPENER_H

#include "reorg/dirs.h"

#include <pthread.h>

struct ax_error;

struct arc_opener {
	pthread_mutex_t lock;
	struct reorg_dirs
		dirs; /* by who knows that no other thread is at work, without the lock */
};

/* dir is borrowed, and is where paths begin. */
int arc_opener_new(int dir, struct arc_opener **out, struct ax_error *err);
void arc_opener_free(struct arc_opener *opener); /* NULL is allowed */

/* As reorg_dirs_open(): a descriptor, or -1 with errno set. */
int arc_opener_open(struct arc_opener *opener, struct ax_str path, int flags, mode_t mode);

#endif
