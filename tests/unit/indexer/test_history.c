#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/file.h"
#include "indexer/history.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];
static struct ax_arena arena;

static int make_path(void **state)
{
	char dir[] = "/tmp/artidx-test-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/history", dir);
	return 0;
}

static int remove_path(void **state)
{
	(void)state;
	unlink(path);
	*strrchr(path, '/') = '\0';
	ax_arena_free(&arena);
	return rmdir(path);
}

static struct idx_history *open_history(void)
{
	struct idx_history *history = NULL;
	struct ax_error err = { 0 };

	assert_ok(idx_history_open(path, &history, &err), &err);
	return history;
}

static void add(struct idx_history *history, const char *from, const char *to, bool is_dir)
{
	struct idx_move move = {
		.kind = is_dir ? IDX_MOVE_REORG : IDX_MOVE_SEEN,
		.time = 1234567890123456789,
		.is_dir = is_dir,
		.from = ax_str_from(from),
		.to = ax_str_from(to),
	};
	struct ax_error err = { 0 };

	assert_ok(idx_history_append(history, &move, &err), &err);
}

/* Where from is now, and after how many steps; "" when it never moved. */
static void assert_resolves(struct idx_history *history, const char *from, const char *to,
	size_t n)
{
	struct idx_move *steps = NULL;
	struct ax_str at = AX_STR("");
	struct ax_error err = { 0 };
	size_t n_steps = 0;
	int found = idx_history_resolve(history, ax_str_from(from), &arena, &at, &steps,
		&n_steps, &err);

	assert_int_equal(found, to[0] != '\0');
	assert_str_equal(at, ax_str_from(to));
	assert_int_equal(n_steps, n);
}

static void assert_origins(struct idx_history *history, const char *at, const char *expected)
{
	struct idx_move *moves = NULL;
	struct ax_buf text = { 0 };
	struct ax_error err = { 0 };
	size_t n = 0;

	assert_ok(idx_history_origins(history, ax_str_from(at), &arena, &moves, &n, &err),
		&err);
	for (size_t i = 0; i < n; i++) {
		ax_buf_append_str(&text, moves[i].from);
		ax_buf_append_byte(&text, ' ');
	}
	assert_buf(&text, expected);
	ax_buf_free(&text);
}

static void follows_through_many_moves(void **state)
{
	struct idx_history *history = open_history();
	struct ax_error err = { 0 };

	(void)state;
	add(history, "out/a", "out/b", false);
	add(history, "out/b", "out/runs/c", false);
	add(history, "out/runs", "old/runs", true);
	for (int reopened = 0; reopened < 2; reopened++) {
		assert_resolves(history, "out/a", "old/runs/c", 3);
		assert_resolves(history, "out/b", "old/runs/c", 2);
		assert_resolves(history, "out/runs/c", "old/runs/c", 1);
		assert_resolves(history, "out/runs/never/seen", "old/runs/never/seen", 1);
		assert_resolves(history, "out/runs", "old/runs", 1);
		assert_resolves(history, "out/runsc", "", 0);
		assert_resolves(history, "old/runs/c", "", 0);
		assert_origins(history, "old/runs/c", "out/runs out/b out/a ");
		assert_origins(history, "out/a", "");
		assert_ok(idx_history_sync(history, &err), &err);
		idx_history_close(history);
		history = open_history();
	}
	idx_history_close(history);
}

static void follows_back_and_forth(void **state)
{
	struct idx_history *history = open_history();

	(void)state;
	add(history, "a", "b", false);
	add(history, "b", "a", false);
	assert_resolves(history, "a", "a", 2);
	assert_resolves(history, "b", "a", 1);
	add(history, "a", "c", false);
	assert_resolves(history, "a", "c", 1);
	assert_resolves(history, "b", "c", 2);
	assert_origins(history, "c", "a b a ");
	idx_history_close(history);
}

/* A name that several files had: the last one that left it is meant. */
static void tells_users_of_a_name_apart(void **state)
{
	struct idx_history *history = open_history();

	(void)state;
	add(history, "x", "first", false);
	add(history, "y", "x", false);
	add(history, "x", "second", false);
	assert_resolves(history, "x", "second", 1);
	assert_resolves(history, "y", "second", 2);
	assert_origins(history, "first", "x ");
	assert_origins(history, "second", "x y ");
	assert_origins(history, "x", "");
	idx_history_close(history);
}

static off_t size_of_file(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void write_at(off_t offset, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, bytes, n, offset), n);
	close(fd);
}

static void cuts_off_a_torn_end(void **state)
{
	struct ax_error err = { 0 };
	struct idx_history *history = open_history();

	(void)state;
	add(history, "a", "b", false);
	off_t first = size_of_file();
	add(history, "b", "c", false);
	idx_history_close(history);
	off_t both = size_of_file();
	for (off_t size = both - 1; size > first; size--) {
		assert_int_equal(truncate(path, size), 0);
		history = open_history();
		assert_int_equal(idx_history_damage(history, &err), 0);
		assert_resolves(history, "a", "b", 1);
		idx_history_close(history);
		assert_int_equal(size_of_file(), size);
	}
	history = open_history();
	add(history, "b", "d", false);
	idx_history_close(history);
	history = open_history();
	assert_resolves(history, "a", "d", 2);
	assert_int_equal(size_of_file(), both);
	idx_history_close(history);
}

static void survives_a_torn_beginning(void **state)
{
	(void)state;
	for (off_t size = 0; size < 16; size++) {
		struct idx_history *history = open_history();
		add(history, "a", "b", false);
		idx_history_close(history);
		assert_int_equal(truncate(path, size), 0);
		history = open_history();
		assert_resolves(history, "a", "", 0);
		add(history, "c", "d", false);
		assert_resolves(history, "c", "d", 1);
		idx_history_close(history);
		assert_int_equal(unlink(path), 0);
	}
}

static void steps_over_damage(void **state)
{
	struct ax_error err = { 0 };
	struct idx_history *history = open_history();

	(void)state;
	add(history, "a", "b", false);
	off_t first = size_of_file();
	add(history, "c", "d", false);
	off_t second = size_of_file();
	add(history, "e", "f", false);
	idx_history_close(history);
	for (off_t at = first; at < second; at++) {
		char byte;
		int fd = open(path, O_RDONLY);
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		close(fd);
		write_at(at, &(char){ (char)(byte ^ 0x10) }, 1);
		history = open_history();
		assert_int_equal(idx_history_damage(history, &err), -1);
		assert_int_equal(err.code, AX_ECORRUPT);
		assert_resolves(history, "a", "b", 1);
		assert_resolves(history, "c", "", 0);
		assert_resolves(history, "e", "f", 1);
		idx_history_close(history);
		write_at(at, &byte, 1);
	}
	history = open_history();
	assert_int_equal(idx_history_damage(history, &err), 0);
	assert_resolves(history, "c", "d", 1);
	idx_history_close(history);
}

static void refuses_what_is_no_history(void **state)
{
	struct idx_history *history = NULL;
	struct ax_error err = { 0 };
	struct ax_str text = AX_STR("something else altogether");

	(void)state;
	assert_ok(ax_file_write_durable(AT_FDCWD, path, text, 0600, &err), &err);
	assert_int_equal(idx_history_open(path, &history, &err), -1);
	assert_int_equal(err.code, AX_ECORRUPT);
}

static void needs_no_file_to_look(void **state)
{
	struct idx_history *history = open_history();

	(void)state;
	assert_resolves(history, "a", "", 0);
	idx_history_close(history);
	assert_int_equal(access(path, F_OK), -1);
}

/* A scan that has read the history goes on while a reorg adds to it. */
static void keeps_what_others_added(void **state)
{
	(void)state;
	struct idx_history *scan = open_history();
	struct idx_history *reorg = open_history();

	add(reorg, "a", "b", false);
	idx_history_close(reorg);
	add(scan, "c", "d", false);
	assert_resolves(scan, "a", "b", 1);
	idx_history_close(scan);
	struct idx_history *history = open_history();
	assert_resolves(history, "a", "b", 1);
	assert_resolves(history, "c", "d", 1);
	idx_history_close(history);
}

/* Quadratic ways take minutes here. */
static void is_quick_with_many_moves(void **state)
{
	enum { MANY = 100000 };
	struct idx_history *history = open_history();
	char from[32], to[32];

	(void)state;
	add(history, "start", "n0", false);
	for (int i = 0; i < MANY; i++) {
		snprintf(from, sizeof(from), "n%d", i);
		snprintf(to, sizeof(to), "n%d", i + 1);
		add(history, from, to, false);
	}
	snprintf(to, sizeof(to), "n%d", MANY);
	assert_resolves(history, "start", to, MANY + 1);
	add(history, "in", "p", false);
	for (int i = 0; i < MANY / 2; i++) {
		add(history, "p", "q", false);
		add(history, "q", "p", false);
	}
	assert_resolves(history, "in", "p", MANY + 1);
	idx_history_close(history);
	history = open_history();
	assert_resolves(history, "start", to, MANY + 1);
	idx_history_close(history);
}

static long peak_memory(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* Whatever moved before takes no memory: neither its names nor the file as a whole. */
static void does_not_keep_what_moved_before(void **state)
{
	enum { MOVES = 4000, NAME = 16000, KILOBYTES = MOVES * (NAME / 1000) };
	struct idx_history *history = open_history();
	char *name = malloc(NAME);

	(void)state;
	assert_non_null(name);
	memset(name, 'n', NAME);
	name[NAME - 1] = '\0';
	for (int i = 0; i < MOVES; i++)
		add(history, "old", name, false);
	idx_history_close(history);
	long before = peak_memory();
	history = open_history();
	assert_resolves(history, "old", name, 1);
	assert_origins(history, "new", "");
	add(history, "a", "new", false);
	assert_origins(history, "new", "a ");
	idx_history_close(history);
	assert_in_range(peak_memory() - before, 0, KILOBYTES / 8);
	free(name);
}

/* A record that spans what is read at once, and one at the limit. */
static void takes_names_of_any_length(void **state)
{
	enum { LONG = 1 << 20, TOO_LONG = 1 << 24 };
	struct idx_history *history = open_history();
	char *name = calloc(1, TOO_LONG + 1);
	struct ax_error err = { 0 };

	(void)state;
	assert_non_null(name);
	memset(name, 'n', LONG);
	add(history, "a", "b", false);
	add(history, "b", name, false);
	add(history, name, "c", false);
	memset(name, 'n', TOO_LONG);
	struct idx_move move = { .from = AX_STR("c"), .to = ax_str_from(name) };
	assert_int_equal(idx_history_append(history, &move, &err), -1);
	assert_int_equal(err.code, ENAMETOOLONG);
	for (int reopened = 0; reopened < 2; reopened++) {
		assert_resolves(history, "a", "c", 3);
		idx_history_close(history);
		history = open_history();
	}
	idx_history_close(history);
	free(name);
}

int main(void)
{
#define HISTORY_TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)
	const struct CMUnitTest tests[] = {
		HISTORY_TEST(does_not_keep_what_moved_before), /* first: peaks stay */
		HISTORY_TEST(follows_through_many_moves),
		HISTORY_TEST(follows_back_and_forth),
		HISTORY_TEST(tells_users_of_a_name_apart),
		HISTORY_TEST(cuts_off_a_torn_end),
		HISTORY_TEST(survives_a_torn_beginning),
		HISTORY_TEST(steps_over_damage),
		HISTORY_TEST(refuses_what_is_no_history),
		HISTORY_TEST(needs_no_file_to_look),
		HISTORY_TEST(keeps_what_others_added),
		HISTORY_TEST(takes_names_of_any_length),
		HISTORY_TEST(is_quick_with_many_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
