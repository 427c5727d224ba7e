#include "tests/unit/unit.h"

#include "indexer/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[64]; /* a fresh directory */
static char path[80]; /* the store's, in it */
static char data[96]; /* its data file */
static const struct idx_store_options to_read = { .write = false };
static const struct idx_store_options to_write = { .write = true };

static int make_base(void **state)
{
	(void)state;
	strcpy(base, "/tmp/artidx-test-XXXXXX");
	assert_non_null(mkdtemp(base));
	snprintf(path, sizeof(path), "%s/catalogue", base);
	snprintf(data, sizeof(data), "%s/data.mdb", path);
	return 0;
}

static int remove_base(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static struct idx_store *open_store(const struct idx_store_options *options)
{
	struct idx_store *store = NULL;
	struct ax_error err = { 0 };

	assert_ok(idx_store_open(path, options, &store, &err), &err);
	return store;
}

static struct idx_txn *begin(struct idx_store *store, bool write)
{
	struct idx_txn *txn = NULL;
	struct ax_error err = { 0 };

	assert_ok(idx_txn_begin(store, write, &txn, &err), &err);
	return txn;
}

static int put(struct idx_txn *txn, const char *key, struct ax_str value, struct ax_error *err)
{
	return idx_txn_put(txn, IDX_TABLE_DIRS, ax_str_from(key), value, 0, err);
}

static void put_and_commit(struct idx_store *store, const char *key, struct ax_str value)
{
	struct ax_error err = { 0 };
	struct idx_txn *txn = begin(store, true);

	assert_ok(put(txn, key, value, &err), &err);
	assert_ok(idx_txn_commit(txn, &err), &err);
}

static void assert_stored(struct idx_store *store, const char *key, struct ax_str expected)
{
	struct ax_error err = { 0 };
	struct ax_str value;
	struct idx_txn *txn = begin(store, false);

	assert_int_equal(idx_txn_get(txn, IDX_TABLE_DIRS, ax_str_from(key), &value, &err), 1);
	assert_str_equal(value, expected);
	idx_txn_abort(txn);
}

static void assert_refused(const struct idx_store_options *options, int code, const char *why)
{
	struct idx_store *store = NULL;
	struct ax_error err = { 0 };

	assert_int_equal(idx_store_open(path, options, &store, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, why))
		fail_msg("\"%s\" does not say \"%s\"", err.message, why);
}

static void keeps_what_is_committed(void **state)
{
	struct ax_error err = { 0 };
	struct idx_store *store = open_store(&to_write);

	(void)state;
	put_and_commit(store, "a", AX_STR("one"));
	struct idx_txn *txn = begin(store, true);
	assert_ok(put(txn, "a", AX_STR("two"), &err), &err);
	idx_txn_abort(txn);
	idx_store_close(store);
	store = open_store(&to_read);
	assert_stored(store, "a", AX_STR("one"));
	idx_store_close(store);
}

/* LMDB lets a large value that becomes shorter keep the pages that it had. */
static void shorter_values_keep_their_pages(void **state)
{
	static char large[3 * 4096];
	struct ax_error err = { 0 };
	struct ax_str shorter = ax_str(large, sizeof(large) / 2);
	struct idx_store *store = open_store(&to_write);
	struct idx_txn *txn = begin(store, true);

	(void)state;
	assert_ok(put(txn, "a", ax_str(large, sizeof(large)), &err), &err);
	assert_ok(put(txn, "a", shorter, &err), &err);
	assert_ok(idx_txn_commit(txn, &err), &err);
	idx_store_close(store);
	for (int i = 0; i < 2; i++) {
		store = open_store(i ? &to_read : &to_write);
		assert_stored(store, "a", shorter);
		idx_store_close(store);
	}
}

/* LMDB does not write the pages at the end of the file that the same transaction freed again. */
static void free_pages_may_be_missing_at_the_end(void **state)
{
	static char large[9 * 4096];
	struct ax_error err = { 0 };
	struct idx_store *store = open_store(&to_write);
	struct stat before, after;

	(void)state;
	/* Single free pages further in front, which this transaction writes to. */
	for (int i = 0; i < 9; i++)
		put_and_commit(store, "a", AX_STR("one"));
	struct idx_txn *txn = begin(store, true);
	assert_ok(put(txn, "b", ax_str(large, sizeof(large)), &err), &err);
	assert_ok(idx_txn_delete(txn, IDX_TABLE_DIRS, AX_STR("b"), &err), &err);
	assert_ok(idx_txn_commit(txn, &err), &err);
	idx_store_close(store);
	for (int i = 0; i < 2; i++) {
		store = open_store(i ? &to_read : &to_write);
		assert_stored(store, "a", AX_STR("one"));
		idx_store_close(store);
	}
	/* What holds something may not. */
	assert_int_equal(stat(data, &before), 0);
	store = open_store(&to_write);
	put_and_commit(store, "c", ax_str(large, sizeof(large)));
	idx_store_close(store);
	assert_int_equal(stat(data, &after), 0);
	assert_true(after.st_size > before.st_size);
	assert_int_equal(truncate(data, after.st_size - 4096), 0);
	assert_refused(&to_write, AX_ECATALOG, "damaged");
	assert_refused(&to_read, AX_ECATALOG, "damaged");
}

static void does_not_create_to_read(void **state)
{
	(void)state;
	assert_refused(&to_read, ENOENT, "no catalogue");
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(&to_read, ENOENT, "no catalogue");
}

static void is_private_whatever_the_umask(void **state)
{
	static const char *const names[] = { "data.mdb", "lock.mdb", "writer.lock" };
	mode_t before = umask(0777);
	struct idx_store *store = open_store(&to_write);
	struct stat st;
	char name[128];

	(void)state;
	umask(before);
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(name, sizeof(name), "%s/%s", path, names[i]);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	idx_store_close(store);
}

static void gives_no_descriptor_to_children(void **state)
{
	struct idx_store *store = open_store(&to_write);

	(void)state;
	for (int fd = 3; fd < 64; fd++) {
		int flags = fcntl(fd, F_GETFD);
		struct stat st, here;
		if (flags < 0 || fstat(fd, &st) < 0 || stat(data, &here) < 0)
			continue;
		if (st.st_dev == here.st_dev && st.st_ino == here.st_ino)
			assert_true(flags & FD_CLOEXEC);
	}
	idx_store_close(store);
}

static void grows_when_asked(void **state)
{
	const struct idx_store_options tight = { .write = true, .headroom = 256 * 1024 };
	static char large[20000];
	struct idx_store *store = open_store(&tight);
	struct ax_error err = { 0 };
	unsigned refused = 0;

	(void)state;
	memset(large, 'x', sizeof(large));
	for (int i = 0; i < 400; i++) {
		char key[16];
		snprintf(key, sizeof(key), "%05d", i);
		for (;;) {
			struct idx_txn *txn = begin(store, true);
			int status = put(txn, key, ax_str(large, sizeof(large)), &err);
			if (status == 0)
				status = idx_txn_commit(txn, &err);
			else
				idx_txn_abort(txn);
			if (status == 0)
				break;
			assert_int_equal(err.code, ENOBUFS);
			refused++;
			assert_ok(idx_store_grow(store, &err), &err);
		}
	}
	assert_true(refused > 0);
	assert_stored(store, "00000", ax_str(large, sizeof(large)));
	assert_stored(store, "00399", ax_str(large, sizeof(large)));
	idx_store_close(store);
}

/* A child that opens the store to write, says so, and waits to be killed. */
static pid_t start_writer(bool in_transaction)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct ax_error err = { 0 };
		struct idx_store *store = open_store(&to_write);
		if (in_transaction) {
			struct idx_txn *txn = begin(store, true);
			for (int i = 0; i < 1000; i++) {
				char key[16];
				snprintf(key, sizeof(key), "%d", i);
				put(txn, key, AX_STR("half"), &err);
			}
		}
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void kill_and_wait(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void has_one_writer_at_a_time(void **state)
{
	char pid_text[32];

	(void)state;
	idx_store_close(open_store(&to_write));
	pid_t pid = start_writer(false);
	snprintf(pid_text, sizeof(pid_text), "process %ld,", (long)pid);
	assert_refused(&to_write, AX_EREFUSED, pid_text);
	struct idx_store *reader = open_store(&to_read);
	idx_store_close(reader);
	kill_and_wait(pid);
	idx_store_close(open_store(&to_write));
}

static void survives_a_killed_writer(void **state)
{
	struct ax_error err = { 0 };
	struct idx_store *store = open_store(&to_write);
	struct ax_str value;

	(void)state;
	put_and_commit(store, "1", AX_STR("whole"));
	idx_store_close(store);
	kill_and_wait(start_writer(true));
	store = open_store(&to_write);
	assert_stored(store, "1", AX_STR("whole"));
	struct idx_txn *txn = begin(store, false);
	assert_int_equal(idx_txn_get(txn, IDX_TABLE_DIRS, AX_STR("2"), &value, &err), 0);
	idx_txn_abort(txn);
	put_and_commit(store, "2", AX_STR("more"));
	assert_stored(store, "2", AX_STR("more"));
	idx_store_close(store);
}

static void does_not_trust_a_shared_directory(void **state)
{
	(void)state;
	idx_store_close(open_store(&to_write));
	assert_int_equal(chmod(path, 0770), 0);
	assert_refused(&to_write, AX_ECATALOG, "others may write");
	assert_refused(&to_read, AX_ECATALOG, "others may write");
}

static void does_not_trust_anothers_directory(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	idx_store_close(open_store(&to_write));
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_refused(&to_read, AX_ECATALOG, "belongs to user 65534");
}

static void follows_no_links(void **state)
{
	char victim[96], lock[96];
	struct stat st;

	(void)state;
	idx_store_close(open_store(&to_write));
	snprintf(victim, sizeof(victim), "%s/victim", base);
	snprintf(lock, sizeof(lock), "%s/lock.mdb", path);
	int fd = open(victim, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "keep", 4), 4);
	close(fd);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(symlink(victim, lock), 0);
	assert_refused(&to_write, AX_ECATALOG, "not a regular file");
	assert_refused(&to_read, AX_ECATALOG, "not a regular file");
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(unlink(data), 0);
	assert_int_equal(symlink(victim, data), 0);
	assert_refused(&to_write, AX_ECATALOG, "not a regular file");
	assert_int_equal(unlink(data), 0);
	assert_int_equal(mkfifo(data, 0600), 0);
	assert_refused(&to_read, AX_ECATALOG, "not a regular file");
	assert_int_equal(unlink(data), 0);
	assert_int_equal(mkdir(data, 0700), 0);
	assert_refused(&to_write, AX_ECATALOG, "not a regular file");
}

/* What an attempt to create left, killed at any step, is in nobody's way. */
static void creates_as_a_whole(void **state)
{
	char name[96];

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(name, sizeof(name), "%s/new", path);
	assert_int_equal(mkdir(name, 0700), 0);
	snprintf(name, sizeof(name), "%s/new/data.mdb", path);
	int fd = open(name, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "torn", 4), 4);
	close(fd);
	assert_refused(&to_read, ENOENT, "no catalogue");
	idx_store_close(open_store(&to_write));
	assert_int_equal(access(name, F_OK), -1);
	idx_store_close(open_store(&to_read));
}

/* Another user without rights to write reads without LMDB's locks. */
static void is_readable_where_nothing_can_be_written(void **state)
{
	struct idx_store *store;
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(base, 65534, 65534), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		store = open_store(&to_write);
		put_and_commit(store, "a", AX_STR("one"));
		idx_store_close(store);
		chmod(data, 0400);
		char name[96];
		snprintf(name, sizeof(name), "%s/lock.mdb", path);
		unlink(name);
		chmod(path, 0500);
		store = open_store(&to_read);
		assert_stored(store, "a", AX_STR("one"));
		idx_store_close(store);
		struct ax_error err = { 0 };
		_exit(idx_store_open(path, &to_write, &store, &err) < 0 ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void removes_itself(void **state)
{
	struct ax_error err = { 0 };

	(void)state;
	assert_ok(idx_store_remove(path, &err), &err);
	idx_store_close(open_store(&to_write));
	pid_t pid = start_writer(false);
	assert_int_equal(idx_store_remove(path, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	kill_and_wait(pid);
	assert_ok(idx_store_remove(path, &err), &err);
	assert_refused(&to_read, ENOENT, "no catalogue");
	idx_store_close(open_store(&to_write));
}

/* A meta page as LMDB writes it, with what is wrong with it. */
struct meta {
	uint32_t magic, version, page_size;
	uint64_t last_page, transaction;
};

static void write_data(const struct meta *metas, size_t n, off_t size)
{
	char page[4096];

	assert_int_equal(mkdir(path, 0700), 0);
	int fd = open(data, O_WRONLY | O_CREAT, 0600);
	for (size_t i = 0; i < n; i++) {
		const uint64_t none = UINT64_MAX;
		const uint16_t is_meta = 8;
		memset(page, 0, sizeof(page));
		memcpy(page, &(uint64_t){ i }, 8);
		memcpy(page + 10, &is_meta, 2);
		memcpy(page + 16, &metas[i].magic, 4);
		memcpy(page + 20, &metas[i].version, 4);
		memcpy(page + 40, &metas[i].page_size, 4);
		memcpy(page + 44, &is_meta, 2);
		memcpy(page + 80, &none, 8);
		memcpy(page + 128, &none, 8);
		memcpy(page + 136, &metas[i].last_page, 8);
		memcpy(page + 144, &metas[i].transaction, 8);
		assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	}
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void refuses_what_lmdb_would_trip_over(void **state)
{
	static const struct {
		const char *why;
		struct meta metas[2];
		size_t n;
		off_t size;
	} cases[] = {
		{ "empty", { { 0 } }, 0, 0 },
		{ "no meta page", { { 0 } }, 0, 1 << 20 },
		{ "cut off", { { 0 } }, 0, 100 },
		{ "shorter", { { 0xBEEFC0DE, 1, 4096, 1, 0 } }, 1, 4096 },
		{ "shorter",
			{ { 0xBEEFC0DE, 1, 4096, 1000, 1 }, { 0xBEEFC0DE, 1, 4096, 1000, 2 } },
			2, 8192 },
		{ "page size", { { 0xBEEFC0DE, 1, 0, 1, 0 }, { 0xBEEFC0DE, 1, 0, 1, 0 } }, 2,
			8192 },
		{ "shorter",
			{ { 0xBEEFC0DE, 1, 4096, (uint64_t)1 << 51, 1 },
				{ 0xBEEFC0DE, 1, 4096, (uint64_t)1 << 51, 2 } },
			2, 8192 },
		{ "byte order", { { 0xDEC0EFBE, 1, 4096, 1, 0 }, { 0 } }, 2, 8192 },
		{ "another version", { { 0xBEEFC0DE, 999, 4096, 1, 0 }, { 0 } }, 2, 8192 },
		{ "not made by artidx",
			{ { 0xBEEFC0DE, 1, 4096, 1, 0 }, { 0xBEEFC0DE, 1, 4096, 1, 1 } }, 2,
			8192 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_data(cases[i].metas, cases[i].n, cases[i].size);
		assert_refused(&to_read, AX_ECATALOG, cases[i].why);
		assert_refused(&to_write, AX_ECATALOG, cases[i].why);
		remove_base(NULL);
		assert_int_equal(mkdir(base, 0700), 0);
	}
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_base, remove_base)
	const struct CMUnitTest tests[] = {
		STORE_TEST(keeps_what_is_committed),
		STORE_TEST(free_pages_may_be_missing_at_the_end),
		STORE_TEST(shorter_values_keep_their_pages),
		STORE_TEST(does_not_create_to_read),
		STORE_TEST(is_private_whatever_the_umask),
		STORE_TEST(gives_no_descriptor_to_children),
		STORE_TEST(grows_when_asked),
		STORE_TEST(has_one_writer_at_a_time),
		STORE_TEST(survives_a_killed_writer),
		STORE_TEST(does_not_trust_a_shared_directory),
		STORE_TEST(does_not_trust_anothers_directory),
		STORE_TEST(follows_no_links),
		STORE_TEST(creates_as_a_whole),
		STORE_TEST(is_readable_where_nothing_can_be_written),
		STORE_TEST(removes_itself),
		STORE_TEST(refuses_what_lmdb_would_trip_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
