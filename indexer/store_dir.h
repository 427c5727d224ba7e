/*
 * indexer/store_dir.h - the directory of a store, and whether it is safe to use
 *
 * LMDB opens its files through symlinks, writes to one of them through a sparse map, and needs
 * locks that networks do not give. All of that is looked at here, before LMDB sees the directory.
 */
#ifndef ARTIDX_INDEXER_STORE_DIR_H
#define ARTIDX_INDEXER_STORE_DIR_H

#include <stdbool.h>
#include <stdint.h>

struct ax_error;

/* The names in it. */
#define IDX_STORE_DATA "data.mdb"
#define IDX_STORE_LOCK "lock.mdb"
#define IDX_STORE_WRITER "writer.lock"
#define IDX_STORE_NEW "new" /* where a store is made before it is moved into place */

/*
 * A descriptor of the directory path: ours, writable by nobody else, on a local file system. With
 * create it is made (and its parent), else ENOENT where it is missing. AX_ECATALOG: unsafe.
 */
int idx_store_dir_open(const char *path, bool create, int *out, struct ax_error *err);

/*
 * Whether name is there: 1 with its size, 0, -1. AX_ECATALOG when it is not a regular file of
 * ours. The directory's path is for messages.
 */
int idx_store_dir_find(int dirfd, const char *path, const char *name, uint64_t *size_out,
	struct ax_error *err);

/*
 * Have lock.mdb there in full length before LMDB maps it: on a full disk that is an error here and
 * a SIGBUS there. EACCES and EROFS are not failures: *writable_out says it.
 */
int idx_store_dir_prepare_lock(int dirfd, const char *path, bool *writable_out,
	struct ax_error *err);

/* An empty directory IDX_STORE_NEW with an empty data file: what an earlier attempt left goes. */
int idx_store_dir_begin_new(int dirfd, const char *path, struct ax_error *err);
/* Move its data file to its place and sync. */
int idx_store_dir_publish_new(int dirfd, const char *path, struct ax_error *err);

/* Remove the store's files, but for the lock of writers. */
int idx_store_dir_clear(int dirfd, const char *path, struct ax_error *err);

#endif
