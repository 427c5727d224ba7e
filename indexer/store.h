/*
 * indexer/store.h - checked key and value tables on LMDB
 *
 * The one place that talks to LMDB. Every value is stored with a checksum over table, key and
 * value, and handed out only when it is right; keys must come in order. A file that LMDB itself
 * would trip over (it asserts, divides and follows offsets without looking) is refused before, or
 * the fault is caught and becomes AX_ECATALOG: see store.c.
 */
#ifndef ARTIDX_INDEXER_STORE_H
#define ARTIDX_INDEXER_STORE_H

#include "base/str.h"

#include <stdint.h>
#include <sys/types.h>

struct ax_buf;
struct ax_error;

/* The tables, by what they are for: see catalog.c. */
enum idx_table {
	IDX_TABLE_META,
	IDX_TABLE_DIRS,
	IDX_TABLE_ZONES,
	IDX_TABLE_DETAILS,
	IDX_TABLE_LAYOUTS,
	IDX_TABLE_NOTES,
	IDX_TABLE_RUNS,
	IDX_TABLE_OWNERS,
	IDX_TABLE_ARCHIVES,
	IDX_TABLE_ARCHIVED,
	IDX_TABLE_COUNT,
};

/* An open store. One per process: LMDB's locks demand it. Closing releases its lock. */
struct idx_store;

struct idx_store_options {
	bool write;        /* create what is missing, take the lock that only one process has */
	uint64_t headroom; /* bytes that a transaction may add; 0: plenty */
};

/*
 * Open the store in directory path. ENOENT: there is none (only without write). AX_ECATALOG:
 * damaged, foreign, unsafe or on a network. AX_EREFUSED: another process writes; it is named.
 */
int idx_store_open(const char *path, const struct idx_store_options *options,
	struct idx_store **out, struct ax_error *err);
void idx_store_close(struct idx_store *store);

/* The directory that it lives in. */
const char *idx_store_path(const struct idx_store *store);
int idx_store_dirfd(const struct idx_store *store);

/* Let transactions add twice as much. No transaction may be open. */
int idx_store_grow(struct idx_store *store, struct ax_error *err);

/* Remove the store's files, under its lock. Nothing there is fine. */
int idx_store_remove(const char *path, struct ax_error *err);

/*
 * One view of the store: what was committed when it began, and, in the one that writes, its own
 * changes. Readers may live in other threads than the one that began them, one at a time.
 */
struct idx_txn;
int idx_txn_begin(struct idx_store *store, bool write, struct idx_txn **out,
	struct ax_error *err);
/* Ends the transaction even where it fails; then nothing of it is stored. */
int idx_txn_commit(struct idx_txn *txn, struct ax_error *err);
void idx_txn_abort(struct idx_txn *txn);

/* The number of the state that the transaction sees, or makes. */
uint64_t idx_txn_number(const struct idx_txn *txn);

/*
 * The value of key: 1, 0, -1. It is borrowed until the next change in this transaction, or its
 * end.
 */
int idx_txn_get(struct idx_txn *txn, enum idx_table table, struct ax_str key,
	struct ax_str *out, struct ax_error *err);

enum { IDX_PUT_APPEND = 1 }; /* key is behind all others: packs pages tightly */

/* Fails with AX_EFULL when it would outgrow the room that idx_store_grow() widens. */
int idx_txn_put(struct idx_txn *txn, enum idx_table table, struct ax_str key,
	struct ax_str value, unsigned flags, struct ax_error *err);

/* The same for a key that is not there: 1 stored, 0 when it is there (nothing is changed), -1. */
int idx_txn_add(struct idx_txn *txn, enum idx_table table, struct ax_str key,
	struct ax_str value, struct ax_error *err);

/* Remove key, if it is there. */
int idx_txn_delete(struct idx_txn *txn, enum idx_table table, struct ax_str key,
	struct ax_error *err);

/* Remove everything from a table. */
int idx_txn_clear(struct idx_txn *txn, enum idx_table table, struct ax_error *err);

/* How many keys a table has. */
int idx_txn_count(struct idx_txn *txn, enum idx_table table, uint64_t *out,
	struct ax_error *err);

/* Walks a table in key order. The transaction must outlive it, and not change the table. */
struct idx_cursor;
int idx_cursor_open(struct idx_txn *txn, enum idx_table table, struct idx_cursor **out,
	struct ax_error *err);
void idx_cursor_close(struct idx_cursor *cursor);

/* To the first key that is not less than key. 1 with key and value, 0 at the end, -1. */
int idx_cursor_seek(struct idx_cursor *cursor, struct ax_str key, struct ax_str *key_out,
	struct ax_str *value_out, struct ax_error *err);
/* To the next key; on a new cursor the first one. */
int idx_cursor_next(struct idx_cursor *cursor, struct ax_str *key_out, struct ax_str *value_out,
	struct ax_error *err);

#endif
