#include "tests/unit/unit.h"

#include "reorg/copy.h"
#include "tests/support/disk_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAR = 200 << 20 }; /* where something stands behind a large hole */

static int make_file(const struct disk_tree *tree, const char *name)
{
	int fd = openat(tree->fd, name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void put(int fd, const char *text, off_t offset)
{
	assert_int_equal(pwrite(fd, text, strlen(text), offset), strlen(text));
}

static uint64_t size_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint64_t)st.st_size;
}

static void check_copy(const struct disk_tree *tree, int from, bool is_sparse)
{
	_Atomic uint64_t bytes = 0;
	struct reorg_copy_watch watch = { &bytes, NULL };
	struct ax_error err = { 0 };
	struct stat st;
	int to = make_file(tree, "copy");

	assert_ok(reorg_copy_content(from, to, size_of(from), &watch, "copy", &err), &err);
	assert_int_equal(size_of(to), size_of(from));
	assert_int_equal(reorg_compare_content(from, to, size_of(from), NULL, "copy", &err), 1);
	assert_int_equal(fstat(to, &st), 0);
	if (is_sparse)
		assert_true(st.st_blocks < 4096);
	assert_true(bytes <= size_of(from));
	close(to);
}

static void test_shapes(void **state)
{
	const struct disk_tree *tree = *state;
	int from = make_file(tree, "from");

	check_copy(tree, from, true); /* empty */
	put(from, "x", 0);
	check_copy(tree, from, true);
	put(from, "data behind a hole", FAR);
	check_copy(tree, from, true);
	assert_int_equal(ftruncate(from, 2 * FAR), 0); /* a hole at the end */
	check_copy(tree, from, true);
	assert_int_equal(ftruncate(from, 0), 0);
	assert_int_equal(ftruncate(from, FAR), 0); /* nothing but a hole */
	check_copy(tree, from, true);
	close(from);
}

static void test_more_than_a_chunk(void **state)
{
	const struct disk_tree *tree = *state;
	int from = make_file(tree, "from");

	for (off_t i = 0; i < 40; i++)
		put(from, "not a round number of bytes", i * 512 * 1024 + 3);
	check_copy(tree, from, false);
	close(from);
}

static int compare(int a, int b)
{
	struct ax_error err = { 0 };
	uint64_t size = size_of(a);
	int status = reorg_compare_content(a, b, size, NULL, "b", &err);
	int reverse = reorg_compare_content(b, a, size, NULL, "a", &err);

	assert_int_equal(status, reverse);
	return status;
}

static void test_differences(void **state)
{
	const struct disk_tree *tree = *state;
	int a = make_file(tree, "a");
	int b = make_file(tree, "b");
	char zeros[4096] = { 0 };

	assert_int_equal(ftruncate(a, FAR), 0);
	assert_int_equal(ftruncate(b, FAR), 0);
	assert_int_equal(compare(a, b), 1);
	/* Zeros that were written are what a hole reads as. */
	assert_int_equal(pwrite(a, zeros, sizeof(zeros), FAR / 2), sizeof(zeros));
	assert_int_equal(compare(a, b), 1);
	put(a, "1", FAR / 2 + 77);
	assert_int_equal(compare(a, b), 0);
	put(b, "1", FAR / 2 + 77);
	assert_int_equal(compare(a, b), 1);
	put(b, "x", FAR - 1);
	assert_int_equal(compare(a, b), 0);
	put(a, "y", FAR - 1);
	assert_int_equal(compare(a, b), 0);
	put(a, "x", FAR - 1);
	put(a, "x", 0);
	assert_int_equal(compare(a, b), 0);
	close(a);
	close(b);
}

/* A source that is shorter than it was said to be is no success. */
static void test_shrunk(void **state)
{
	const struct disk_tree *tree = *state;
	struct ax_error err = { 0 };
	int from = make_file(tree, "from");
	int to = make_file(tree, "to");

	put(from, "short", 0);
	assert_int_equal(reorg_copy_content(from, to, 50, NULL, "from", &err), -1);
	assert_int_equal(err.code, AX_ECORRUPT);
	err.code = 0;
	assert_int_equal(ftruncate(to, 0), 0);
	assert_int_equal(reorg_compare_content(from, to, 5, NULL, "to", &err), -1);
	assert_int_equal(err.code, AX_ECORRUPT);
	close(from);
	close(to);
}

static void test_stopped(void **state)
{
	const struct disk_tree *tree = *state;
	const _Atomic bool stop = true;
	struct reorg_copy_watch watch = { NULL, &stop };
	struct ax_error err = { 0 };
	int from = make_file(tree, "from");
	int to = make_file(tree, "to");

	put(from, "something", 0);
	assert_int_equal(reorg_copy_content(from, to, 9, &watch, "from", &err), -1);
	assert_int_equal(err.code, EINTR);
	close(from);
	close(to);
}

static int set_up(void **state)
{
	struct disk_tree *tree = calloc(1, sizeof(*tree));

	disk_tree_make(tree);
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	disk_tree_remove(*state);
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_more_than_a_chunk),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_shrunk),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
