/*
 * indexer/lock.h - one writer at a time, and who it is
 *
 * A file of our own, locked with flock(): the lock goes with the process, however it ends. The
 * file says who holds it.
 */
#ifndef ARTIDX_INDEXER_LOCK_H
#define ARTIDX_INDEXER_LOCK_H

struct ax_error;

/*
 * Lock name in the directory dirfd, creating it. *out is the descriptor: closing it unlocks.
 * path names the directory in messages. AX_EREFUSED: another process holds it; the message names
 * it.
 */
int idx_lock_take(int dirfd, const char *name, const char *path, int *out,
	struct ax_error *err);

/*
 * Keep writers out while only reading: as idx_lock_take(), but shared and without writing.
 * *out is -1 where no such file exists.
 */
int idx_lock_share(int dirfd, const char *name, const char *path, int *out,
	struct ax_error *err);

#endif
