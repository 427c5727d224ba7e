/*
 * A stored value is u64 checksum, then the value. The checksum is XXH3-64 of the value, xor that
 * of the key turned left by one bit more than the table's number: a value that LMDB finds under
 * another key or in another table is damage, too.
 */
#include "indexer/store_internal.h"

#include "base/error.h"
#include "base/hash.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>

enum {
	CHECKSUM_SIZE = 8,
	LONGEST_KEY = 64,
};

struct idx_txn {
	struct idx_store *store;
	MDB_txn *txn;
	bool write;
};

struct idx_cursor {
	struct idx_txn *txn;
	enum idx_table table;
	MDB_cursor *cursor;
	bool started;
	size_t last_length; /* of the key that came last, to see that they rise */
	char last[LONGEST_KEY];
};

/* Transactions. */

struct beginning {
	MDB_env *env;
	unsigned flags;
	MDB_txn *txn;
};

static int call_begin(void *argument)
{
	struct beginning *beginning = argument;

	return mdb_txn_begin(beginning->env, NULL, beginning->flags, &beginning->txn);
}

int idx_txn_begin(struct idx_store *store, bool write, struct idx_txn **out,
	struct ax_error *err)
{
	struct beginning beginning = { .env = store->env, .flags = write ? 0 : MDB_RDONLY };

	if (store->damaged)
		return store_damaged(store, err);
	struct idx_txn *txn = calloc(1, sizeof(*txn));
	if (!txn)
		return ax_fail(err, ENOMEM, "%s: no memory to read it", store->data_path);
	int code = store_guarded(store, call_begin, &beginning);
	if (code == MDB_MAP_RESIZED) {
		if (store_resize(store, err) < 0) {
			free(txn);
			return -1;
		}
		code = store_guarded(store, call_begin, &beginning);
	}
	if (code) {
		free(txn);
		return store_fail(store, code, "be read", err);
	}
	txn->store = store;
	txn->write = write;
	txn->txn = beginning.txn;
	*out = txn;
	return 0;
}

static int call_commit(void *argument)
{
	return mdb_txn_commit(argument);
}

static int call_abort(void *argument)
{
	mdb_txn_abort(argument);
	return 0;
}

/* LMDB says EIO when a write was cut short, and does not ask why. */
static bool is_full(const struct idx_store *store)
{
	struct statvfs fs;

	return fstatvfs(store->dirfd, &fs) == 0 && fs.f_bavail == 0;
}

int idx_txn_commit(struct idx_txn *txn, struct ax_error *err)
{
	struct idx_store *store = txn->store;
	int status = 0;

	if (store->damaged) {
		status = store_damaged(store, err);
		store_guarded(store, call_abort, txn->txn);
	} else {
		int code = store_guarded(store, call_commit, txn->txn);
		if (code == EIO && is_full(store))
			code = ENOSPC;
		if (code) {
			/* After a failed sync nothing that the kernel says of this file counts. */
			status = store_fail(store, code, "be written", err);
			store->damaged = true;
		}
	}
	free(txn);
	return status;
}

void idx_txn_abort(struct idx_txn *txn)
{
	if (!txn)
		return;
	store_guarded(txn->store, call_abort, txn->txn);
	free(txn);
}

uint64_t idx_txn_number(const struct idx_txn *txn)
{
	return mdb_txn_id(txn->txn);
}

/* Values and their checksums. */

static uint64_t checksum(enum idx_table table, struct ax_str key, struct ax_str value)
{
	uint64_t of_key = ax_hash64(key.ptr, key.len);
	unsigned turn = (unsigned)table + 1;

	return ax_hash64(value.ptr, value.len) ^ (of_key << turn | of_key >> (64 - turn));
}

static bool is_sound(enum idx_table table, const MDB_val *key, const MDB_val *stored)
{
	uint64_t expected;

	if (stored->mv_size < CHECKSUM_SIZE)
		return false;
	memcpy(&expected, stored->mv_data, sizeof(expected));
	struct ax_str value = ax_str((const char *)stored->mv_data + CHECKSUM_SIZE,
		stored->mv_size - CHECKSUM_SIZE);
	return checksum(table, ax_str(key->mv_data, key->mv_size), value) == le64toh(expected);
}

static struct ax_str value_of(const MDB_val *stored)
{
	return ax_str((const char *)stored->mv_data + CHECKSUM_SIZE,
		stored->mv_size - CHECKSUM_SIZE);
}

/* LMDB takes keys it will not write to through a pointer that is not const. */
static MDB_val as_val(struct ax_str s)
{
	union {
		const char *in;
		void *out;
	} pointer = { .in = s.ptr };

	return (MDB_val){ .mv_size = s.len, .mv_data = pointer.out };
}

struct access {
	struct idx_txn *txn;
	enum idx_table table;
	MDB_val key, value;
	unsigned flags;
};

static int call_get(void *argument)
{
	struct access *access = argument;
	int code = mdb_get(access->txn->txn, access->txn->store->tables[access->table],
		&access->key, &access->value);

	if (code == 0 && !is_sound(access->table, &access->key, &access->value))
		return MDB_CORRUPTED;
	return code;
}

int idx_txn_get(struct idx_txn *txn, enum idx_table table, struct ax_str key,
	struct ax_str *out, struct ax_error *err)
{
	struct access access = { .txn = txn, .table = table, .key = as_val(key) };

	if (txn->store->damaged)
		return store_damaged(txn->store, err);
	int code = store_guarded(txn->store, call_get, &access);
	if (code == MDB_NOTFOUND)
		return 0;
	if (code)
		return store_fail(txn->store, code, "be read", err);
	*out = value_of(&access.value);
	return 1;
}

struct putting {
	struct access access;
	uint64_t checksum;
	struct ax_str value;
};

/* LMDB makes room, and what is stored goes straight there. */
static int call_put(void *argument)
{
	struct putting *putting = argument;
	struct access *access = &putting->access;
	int code = mdb_put(access->txn->txn, access->txn->store->tables[access->table],
		&access->key, &access->value, access->flags | MDB_RESERVE);

	if (code)
		return code;
	char *room = access->value.mv_data;
	memcpy(room, &putting->checksum, CHECKSUM_SIZE);
	if (putting->value.len)
		memcpy(room + CHECKSUM_SIZE, putting->value.ptr, putting->value.len);
	return 0;
}

/* 1 stored, 0 when flags have MDB_NOOVERWRITE and the key is there, -1. */
static int store_value(struct idx_txn *txn, enum idx_table table, struct ax_str key,
	struct ax_str value, unsigned flags, struct ax_error *err)
{
	struct putting putting = {
		.access = {
			.txn = txn,
			.table = table,
			.key = as_val(key),
			.value.mv_size = CHECKSUM_SIZE + value.len,
			.flags = flags,
		},
		.checksum = htole64(checksum(table, key, value)),
		.value = value,
	};

	if (txn->store->damaged)
		return store_damaged(txn->store, err);
	int code = store_guarded(txn->store, call_put, &putting);
	if (code == MDB_KEYEXIST && flags & MDB_NOOVERWRITE)
		return 0;
	return code ? store_fail(txn->store, code, "be written", err) : 1;
}

int idx_txn_put(struct idx_txn *txn, enum idx_table table, struct ax_str key,
	struct ax_str value, unsigned flags, struct ax_error *err)
{
	unsigned append = flags & IDX_PUT_APPEND ? MDB_APPEND : 0;

	return store_value(txn, table, key, value, append, err) < 0 ? -1 : 0;
}

int idx_txn_add(struct idx_txn *txn, enum idx_table table, struct ax_str key,
	struct ax_str value, struct ax_error *err)
{
	return store_value(txn, table, key, value, MDB_NOOVERWRITE, err);
}

static int call_delete(void *argument)
{
	struct access *access = argument;

	return mdb_del(access->txn->txn, access->txn->store->tables[access->table],
		&access->key, NULL);
}

int idx_txn_delete(struct idx_txn *txn, enum idx_table table, struct ax_str key,
	struct ax_error *err)
{
	struct access access = { .txn = txn, .table = table, .key = as_val(key) };

	if (txn->store->damaged)
		return store_damaged(txn->store, err);
	int code = store_guarded(txn->store, call_delete, &access);
	return code && code != MDB_NOTFOUND ? store_fail(txn->store, code, "be written", err)
					    : 0;
}

static int call_clear(void *argument)
{
	struct access *access = argument;

	return mdb_drop(access->txn->txn, access->txn->store->tables[access->table], 0);
}

int idx_txn_clear(struct idx_txn *txn, enum idx_table table, struct ax_error *err)
{
	struct access access = { .txn = txn, .table = table };

	if (txn->store->damaged)
		return store_damaged(txn->store, err);
	int code = store_guarded(txn->store, call_clear, &access);
	return code ? store_fail(txn->store, code, "be written", err) : 0;
}

struct counting {
	struct idx_txn *txn;
	enum idx_table table;
	MDB_stat stat;
};

static int call_count(void *argument)
{
	struct counting *counting = argument;

	return mdb_stat(counting->txn->txn, counting->txn->store->tables[counting->table],
		&counting->stat);
}

int idx_txn_count(struct idx_txn *txn, enum idx_table table, uint64_t *out,
	struct ax_error *err)
{
	struct counting counting = { .txn = txn, .table = table };

	if (txn->store->damaged)
		return store_damaged(txn->store, err);
	int code = store_guarded(txn->store, call_count, &counting);
	if (code)
		return store_fail(txn->store, code, "be read", err);
	*out = counting.stat.ms_entries;
	return 0;
}

/* Cursors. */

static int call_cursor_open(void *argument)
{
	struct idx_cursor *cursor = argument;

	return mdb_cursor_open(cursor->txn->txn, cursor->txn->store->tables[cursor->table],
		&cursor->cursor);
}

int idx_cursor_open(struct idx_txn *txn, enum idx_table table, struct idx_cursor **out,
	struct ax_error *err)
{
	if (txn->store->damaged)
		return store_damaged(txn->store, err);
	struct idx_cursor *cursor = calloc(1, sizeof(*cursor));
	if (!cursor)
		return ax_fail(err, ENOMEM, "%s: no memory to read it", txn->store->data_path);
	cursor->txn = txn;
	cursor->table = table;
	int code = store_guarded(txn->store, call_cursor_open, cursor);
	if (code) {
		free(cursor);
		return store_fail(txn->store, code, "be read", err);
	}
	*out = cursor;
	return 0;
}

static int call_cursor_close(void *argument)
{
	mdb_cursor_close(argument);
	return 0;
}

void idx_cursor_close(struct idx_cursor *cursor)
{
	if (!cursor)
		return;
	store_guarded(cursor->txn->store, call_cursor_close, cursor->cursor);
	free(cursor);
}

struct step {
	struct idx_cursor *cursor;
	MDB_cursor_op op;
	MDB_val key, value;
};

/* A key that does not rise means that pages point in circles. */
static int call_step(void *argument)
{
	struct step *step = argument;
	struct idx_cursor *cursor = step->cursor;
	int code = mdb_cursor_get(cursor->cursor, &step->key, &step->value, step->op);

	if (code)
		return code;
	if (step->key.mv_size > LONGEST_KEY ||
		!is_sound(cursor->table, &step->key, &step->value))
		return MDB_CORRUPTED;
	if (cursor->started && ax_str_compare(ax_str(cursor->last, cursor->last_length),
				       ax_str(step->key.mv_data, step->key.mv_size)) >= 0)
		return MDB_CORRUPTED;
	return 0;
}

static int take_step(struct step *step, struct ax_str *key_out, struct ax_str *value_out,
	struct ax_error *err)
{
	struct idx_cursor *cursor = step->cursor;
	struct idx_store *store = cursor->txn->store;

	if (store->damaged)
		return store_damaged(store, err);
	int code = store_guarded(store, call_step, step);
	if (code == MDB_NOTFOUND)
		return 0;
	if (code)
		return store_fail(store, code, "be read", err);
	memcpy(cursor->last, step->key.mv_data, step->key.mv_size);
	cursor->last_length = step->key.mv_size;
	cursor->started = true;
	*key_out = ax_str(step->key.mv_data, step->key.mv_size);
	*value_out = value_of(&step->value);
	return 1;
}

int idx_cursor_seek(struct idx_cursor *cursor, struct ax_str key, struct ax_str *key_out,
	struct ax_str *value_out, struct ax_error *err)
{
	struct step step = { .cursor = cursor, .op = MDB_SET_RANGE, .key = as_val(key) };

	cursor->started = false;
	int found = take_step(&step, key_out, value_out, err);
	if (found == 1 && ax_str_compare(*key_out, key) < 0)
		return store_damaged(cursor->txn->store, err);
	return found;
}

int idx_cursor_next(struct idx_cursor *cursor, struct ax_str *key_out, struct ax_str *value_out,
	struct ax_error *err)
{
	struct step step = {
		.cursor = cursor,
		.op = cursor->started ? MDB_NEXT : MDB_FIRST,
	};

	return take_step(&step, key_out, value_out, err);
}
