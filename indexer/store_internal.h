/*
 * indexer/store_internal.h - what the parts of the store share
 *
 * store.c opens and closes, store_access.c reads and writes, store_fault.c catches what LMDB
 * trips over. LMDB's own header goes no further.
 */
#ifndef ARTIDX_INDEXER_STORE_INTERNAL_H
#define ARTIDX_INDEXER_STORE_INTERNAL_H

#include "indexer/store.h"

#include <lmdb.h>

struct ax_error;

struct idx_store {
	char *path;
	char *data_path; /* for messages */
	int dirfd, lockfd;
	bool write;
	uint64_t headroom;
	MDB_env *env;
	MDB_dbi tables[IDX_TABLE_COUNT];
	_Atomic bool damaged; /* a fault was caught, or a commit failed */
};

/* Have faults inside store_guarded() caught from now on. May be repeated; not from threads. */
void store_catch_faults(void);

/* As MDB_assert_func. */
void store_assertion(MDB_env *env, const char *message);

/*
 * Run call(argument) and give its result back; MDB_CORRUPTED when it faults, and the store is
 * damaged from then on.
 */
int store_guarded(struct idx_store *store, int (*call)(void *), void *argument);

/* Fail with "damaged", or with what LMDB's code means; what completes "cannot ...". */
int store_damaged(const struct idx_store *store, struct ax_error *err);
int store_fail(const struct idx_store *store, int code, const char *what, struct ax_error *err);

/* Map the file as it is now and the headroom behind it. No transaction may be open. */
int store_resize(struct idx_store *store, struct ax_error *err);

#endif
