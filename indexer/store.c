#include "indexer/store_internal.h"

#include "base/error.h"
#include "indexer/lock.h"
#include "indexer/pages.h"
#include "indexer/store_dir.h"
#include "indexer/store_stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHECK_TRIES = 3 };

static const uint64_t smallest_headroom = 64 * 1024 * 1024;
static const uint64_t usual_headroom = (uint64_t)64 * 1024 * 1024 * 1024;

static const char *const table_names[IDX_TABLE_COUNT] = {
	[IDX_TABLE_META] = "meta",
	[IDX_TABLE_DIRS] = "dirs",
	[IDX_TABLE_ZONES] = "zones",
	[IDX_TABLE_DETAILS] = "details",
	[IDX_TABLE_LAYOUTS] = "layouts",
	[IDX_TABLE_NOTES] = "notes",
	[IDX_TABLE_RUNS] = "runs",
	[IDX_TABLE_OWNERS] = "owners",
	[IDX_TABLE_ARCHIVES] = "archives",
	[IDX_TABLE_ARCHIVED] = "archived",
};

static int open_environment(MDB_env *env, const char *path, uint64_t map_size, unsigned flags)
{
	int code = mdb_env_set_maxdbs(env, IDX_TABLE_COUNT);

	mdb_env_set_assert(env, store_assertion);
	if (code == 0)
		code = mdb_env_set_mapsize(env, map_size);
	return code ? code : mdb_env_open(env, path, flags | MDB_NOTLS, S_IRUSR | S_IWUSR);
}

struct opening {
	MDB_env *env;
	const char *path;
	uint64_t map_size;
	unsigned flags;
};

static int call_open(void *argument)
{
	struct opening *opening = argument;

	return open_environment(opening->env, opening->path, opening->map_size, opening->flags);
}

static int call_close(void *argument)
{
	mdb_env_close(argument);
	return 0;
}

/* The size of the data file as it is now, for the map. */
static uint64_t data_size(const struct idx_store *store)
{
	struct stat st;

	if (fstatat(store->dirfd, IDX_STORE_DATA, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (uint64_t)st.st_size;
}

/*
 * Open LMDB's environment. The map is address space only; where even that is short, it is halved
 * until it fits.
 */
static int open_lmdb(struct idx_store *store, const char *path, unsigned flags, MDB_env **out,
	struct ax_error *err)
{
	uint64_t headroom = store->headroom;

	for (;;) {
		struct opening opening = { .path = path, .flags = flags };
		uint64_t size = data_size(store);
		int code = mdb_env_create(&opening.env);
		if (code)
			return ax_fail(err, ENOMEM, "%s: no memory to open it", path);
		opening.map_size = (size * 2 + headroom) & ~(uint64_t)0xFFFF;
		code = store_guarded(store, call_open, &opening);
		if (code == 0) {
			*out = opening.env;
			return 0;
		}
		store_guarded(store, call_close, opening.env);
		if (code != ENOMEM || headroom <= smallest_headroom)
			return store_fail(store, code, "be opened", err);
		headroom /= 2;
	}
}

/* LMDB 0.9 opens its data file without FD_CLOEXEC, and a second time for syncing meta pages. */
static void close_on_exec(const struct idx_store *store)
{
	struct stat data, other;
	int fd;

	if (mdb_env_get_fd(store->env, &fd) || fstat(fd, &data) < 0)
		return;
	int unused = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (unused < 0)
		return;
	for (int i = 0; i < unused || i <= fd; i++) {
		if (fstat(i, &other) == 0 && other.st_dev == data.st_dev &&
			other.st_ino == data.st_ino)
			fcntl(i, F_SETFD, FD_CLOEXEC);
	}
	close(unused);
}

struct table_opening {
	struct idx_store *store;
	MDB_env *env;
	unsigned flags;
	unsigned n; /* tables that are open */
};

static int call_open_tables(void *argument)
{
	struct table_opening *opening = argument;
	MDB_txn *txn;
	unsigned create = opening->flags & MDB_RDONLY ? 0 : MDB_CREATE;
	int code = mdb_txn_begin(opening->env, NULL, opening->flags, &txn);

	if (code)
		return code;
	for (unsigned i = 0; i < IDX_TABLE_COUNT; i++) {
		opening->n = i;
		code = mdb_dbi_open(txn, table_names[i], create, &opening->store->tables[i]);
		if (code) {
			mdb_txn_abort(txn);
			return code;
		}
	}
	return mdb_txn_commit(txn);
}

static int call_check_readers(void *argument)
{
	int dead;

	return mdb_reader_check(argument, &dead);
}

/* Make an empty store beside the place and move it there: it is whole or it is not there. */
static int create(struct idx_store *store, struct ax_error *err)
{
	char path[4096];
	MDB_env *env = NULL;

	if (snprintf(path, sizeof(path), "%s/" IDX_STORE_NEW, store->path) >= (int)sizeof(path))
		return ax_fail(err, ENAMETOOLONG, "%s: too long a path", store->path);
	if (idx_store_dir_begin_new(store->dirfd, store->path, err) < 0 ||
		open_lmdb(store, path, 0, &env, err) < 0)
		return -1;
	struct table_opening opening = { .store = store, .env = env };
	int code = store_guarded(store, call_open_tables, &opening);
	store_guarded(store, call_close, env);
	if (code)
		return store_fail(store, code, "be created", err);
	return idx_store_dir_publish_new(store->dirfd, store->path, err);
}

static int check_before_opening(struct idx_store *store, int fd, struct ax_error *err)
{
	if (store->write)
		return idx_pages_check_all(fd, store->data_path, err);
	/* A writer at work may change one meta page while we read the other. */
	for (int i = 1; i < CHECK_TRIES; i++) {
		if (idx_pages_check_metas(fd, store->data_path, err) == 0)
			return 0;
	}
	return idx_pages_check_metas(fd, store->data_path, err);
}

/* Before LMDB sees the file. A writer, who could make damage worse, looks at every page. */
static int check_pages(struct idx_store *store, struct ax_error *err)
{
	int fd = openat(store->dirfd, IDX_STORE_DATA,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return ax_fail_errno(err, "%s: cannot open", store->data_path);
	int status = check_before_opening(store, fd, err);
	close(fd);
	return status;
}

struct beginning {
	MDB_env *env;
	MDB_txn *txn;
	int fd;
	uint64_t transaction;
};

static int call_begin_check(void *argument)
{
	struct beginning *beginning = argument;
	int code = mdb_txn_begin(beginning->env, NULL, MDB_RDONLY, &beginning->txn);

	if (code)
		return code;
	beginning->transaction = mdb_txn_id(beginning->txn);
	return mdb_env_get_fd(beginning->env, &beginning->fd);
}

static int call_end_check(void *argument)
{
	mdb_txn_abort(argument);
	return 0;
}

/*
 * A reader looks at every page when somebody touched the file since a writer did: from within a
 * transaction, because writers may be at work. When they are too quick for us, they have checked
 * it.
 */
static int check_state(struct idx_store *store, struct ax_error *err)
{
	if (store->write || idx_store_stamp_holds(store->dirfd))
		return 0;
	for (int i = 0; i < CHECK_TRIES; i++) {
		struct beginning beginning = { .env = store->env };
		int code = store_guarded(store, call_begin_check, &beginning);
		if (code)
			return store_fail(store, code, "be read", err);
		int checked = idx_pages_check_state(beginning.fd, store->data_path,
			beginning.transaction, err);
		store_guarded(store, call_end_check, beginning.txn);
		if (checked != 0)
			return checked < 0 ? -1 : 0;
	}
	return 0;
}

/*
 * How LMDB must be opened. A reader that cannot write to the directory cannot use LMDB's locks:
 * it goes without where no writer can come, which holding the writers' lock ensures.
 */
static int choose_flags(struct idx_store *store, unsigned *out, struct ax_error *err)
{
	bool writable = false;
	uint64_t size;

	*out = store->write ? 0 : MDB_RDONLY;
	if (idx_store_dir_find(store->dirfd, store->path, IDX_STORE_LOCK, &size, err) < 0 ||
		idx_store_dir_prepare_lock(store->dirfd, store->path, &writable, err) < 0)
		return -1;
	if (writable)
		return 0;
	if (store->write)
		return ax_fail(err, EACCES, "%s: cannot be written to", store->path);
	*out |= MDB_NOLOCK;
	return idx_lock_share(store->dirfd, IDX_STORE_WRITER, store->path, &store->lockfd, err);
}

static int open_tables(struct idx_store *store, struct ax_error *err)
{
	struct table_opening opening = {
		.store = store,
		.env = store->env,
		.flags = MDB_RDONLY,
	};
	int code = store_guarded(store, call_open_tables, &opening);

	if (code == MDB_NOTFOUND && opening.n > 0)
		return ax_fail(err, AX_ECATALOG,
			"%s: made by an older artidx; run artidx scan --rebuild",
			store->data_path);
	if (code == MDB_NOTFOUND)
		return ax_fail(err, AX_ECATALOG, "%s: not made by artidx", store->data_path);
	if (code)
		return store_fail(store, code, "be read", err);
	return 0;
}

/* With the directory locked against being replaced. */
static int open_files(struct idx_store *store, struct ax_error *err)
{
	unsigned flags = 0;
	uint64_t size;
	int found = idx_store_dir_find(store->dirfd, store->path, IDX_STORE_DATA, &size, err);

	if (found < 0)
		return -1;
	if (!found && !store->write)
		return ax_fail(err, ENOENT, "%s: there is no catalogue", store->path);
	if (!found && create(store, err) < 0)
		return -1;
	if (check_pages(store, err) < 0 || choose_flags(store, &flags, err) < 0 ||
		open_lmdb(store, store->path, flags, &store->env, err) < 0)
		return -1;
	close_on_exec(store);
	store_guarded(store, call_check_readers, store->env);
	if (check_state(store, err) < 0)
		return -1;
	return open_tables(store, err);
}

static int lock_directory(const struct idx_store *store, int operation, struct ax_error *err)
{
	while (flock(store->dirfd, operation) < 0) {
		if (errno != EINTR)
			return ax_fail_errno(err, "%s: cannot lock", store->path);
	}
	return 0;
}

static int new_store(const char *path, const struct idx_store_options *options,
	struct idx_store **out, struct ax_error *err)
{
	struct idx_store *store = calloc(1, sizeof(*store));

	if (!store)
		return ax_fail(err, ENOMEM, "%s: no memory to open it", path);
	store->dirfd = -1;
	store->lockfd = -1;
	store->write = options->write;
	store->headroom = options->headroom ? options->headroom : usual_headroom;
	store->path = strdup(path);
	if (!store->path || asprintf(&store->data_path, "%s/" IDX_STORE_DATA, path) < 0) {
		store->data_path = NULL;
		idx_store_close(store);
		return ax_fail(err, ENOMEM, "%s: no memory to open it", path);
	}
	*out = store;
	return 0;
}

int idx_store_open(const char *path, const struct idx_store_options *options,
	struct idx_store **out, struct ax_error *err)
{
	struct idx_store *store = NULL;
	int status = -1;

	store_catch_faults();
	if (new_store(path, options, &store, err) < 0)
		return -1;
	if (idx_store_dir_open(path, options->write, &store->dirfd, err) < 0)
		goto out;
	if (options->write &&
		idx_lock_take(store->dirfd, IDX_STORE_WRITER, path, &store->lockfd, err) < 0)
		goto out;
	if (lock_directory(store, options->write ? LOCK_EX : LOCK_SH, err) < 0 ||
		open_files(store, err) < 0 || lock_directory(store, LOCK_UN, err) < 0)
		goto out;

	*out = store;
	store = NULL;
	status = 0;
out:
	idx_store_close(store);
	return status;
}

void idx_store_close(struct idx_store *store)
{
	if (!store)
		return;
	if (store->env)
		store_guarded(store, call_close, store->env);
	if (store->env && store->write && !store->damaged)
		idx_store_stamp_write(store->dirfd);
	if (store->lockfd >= 0)
		close(store->lockfd);
	if (store->dirfd >= 0)
		close(store->dirfd);
	free(store->data_path);
	free(store->path);
	free(store);
}

const char *idx_store_path(const struct idx_store *store)
{
	return store->path;
}

int idx_store_dirfd(const struct idx_store *store)
{
	return store->dirfd;
}

struct resizing {
	MDB_env *env;
	uint64_t map_size;
};

static int call_resize(void *argument)
{
	struct resizing *resizing = argument;

	return mdb_env_set_mapsize(resizing->env, resizing->map_size);
}

int store_resize(struct idx_store *store, struct ax_error *err)
{
	struct resizing resizing = {
		.env = store->env,
		.map_size = (data_size(store) * 2 + store->headroom) & ~(uint64_t)0xFFFF,
	};
	int code = store_guarded(store, call_resize, &resizing);

	return code ? store_fail(store, code, "be mapped", err) : 0;
}

int idx_store_grow(struct idx_store *store, struct ax_error *err)
{
	store->headroom *= 2;
	return store_resize(store, err);
}

int idx_store_remove(const char *path, struct ax_error *err)
{
	int dirfd = -1;
	int lockfd = -1;
	int status = -1;

	if (idx_store_dir_open(path, false, &dirfd, err) < 0)
		return err->code == ENOENT ? 0 : -1;
	if (idx_lock_take(dirfd, IDX_STORE_WRITER, path, &lockfd, err) < 0)
		goto out;
	while (flock(dirfd, LOCK_EX) < 0) {
		if (errno != EINTR) {
			ax_fail_errno(err, "%s: cannot lock", path);
			goto out;
		}
	}
	status = idx_store_dir_clear(dirfd, path, err);
out:
	if (lockfd >= 0)
		close(lockfd);
	close(dirfd);
	return status;
}
