#include "tests/unit/unit.h"

#include "reorg/dirs.h"
#include "tests/support/disk_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { DEPTH = 400 }; /* of "d/d/...": long ways, and landings on them */

struct world {
	struct disk_tree tree;
	struct reorg_dirs dirs;
	char deep[2 * DEPTH + 1]; /* "d/d/.../d/" */
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	disk_tree_make(&world->tree);
	for (size_t i = 0; i < 2 * DEPTH; i++)
		world->deep[i] = i % 2 ? '/' : 'd';
	reorg_dirs_init(&world->dirs, world->tree.fd);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	reorg_dirs_forget(&world->dirs);
	disk_tree_remove(&world->tree);
	free(world);
	return 0;
}

static struct ax_str level(const struct world *world, size_t depth)
{
	return ax_str(world->deep, 2 * depth - 1);
}

/* Inode of what lies at path, found through dirs. */
static ino_t inode(struct world *world, struct ax_str path)
{
	struct ax_error err = { 0 };
	struct stat st;

	assert_int_equal(reorg_dirs_look(&world->dirs, path, &st, &err), 1);
	return st.st_ino;
}

static void make_deep(struct world *world, ino_t inodes[DEPTH + 1])
{
	struct reorg_spot spot;

	for (size_t i = 1; i <= DEPTH; i++) {
		assert_int_equal(reorg_dirs_locate(&world->dirs, level(world, i), &spot), 0);
		assert_int_equal(mkdirat(spot.dir, spot.name, 0700), 0);
		inodes[i] = inode(world, level(world, i));
	}
}

static void remove_deep(struct world *world)
{
	struct reorg_spot spot;

	for (size_t i = DEPTH; i > 0; i--) {
		assert_int_equal(reorg_dirs_locate(&world->dirs, level(world, i), &spot), 0);
		assert_int_equal(unlinkat(spot.dir, spot.name, AT_REMOVEDIR), 0);
		reorg_dirs_forget_below(&world->dirs, level(world, i));
	}
}

static void deep_directories_are_found_in_any_order(void **state)
{
	struct world *world = *state;
	ino_t inodes[DEPTH + 1] = { 0 };

	make_deep(world, inodes);
	reorg_dirs_forget(&world->dirs);
	for (size_t i = DEPTH; i > 0; i--)
		assert_int_equal(inode(world, level(world, i)), inodes[i]);
	for (size_t i = 0; i < DEPTH; i++) {
		size_t at = 1 + i * 7919 % DEPTH;
		assert_int_equal(inode(world, level(world, at)), inodes[at]);
	}
	remove_deep(world);
}

/* Two spots at once, on long ways: what the second one opens does not close the first. */
static void a_spot_outlives_another_one(void **state)
{
	struct world *world = *state;
	ino_t inodes[DEPTH + 1] = { 0 };
	struct reorg_spot first, second;
	struct stat st;

	make_deep(world, inodes);
	for (size_t i = 0; i < 50; i++) {
		size_t a = 1 + i * 7919 % DEPTH, b = 1 + i * 104729 % DEPTH;
		assert_int_equal(reorg_dirs_locate(&world->dirs, level(world, a), &first), 0);
		assert_int_equal(reorg_dirs_locate(&world->dirs, level(world, b), &second), 0);
		assert_int_equal(fstatat(first.dir, first.name, &st, 0), 0);
		assert_int_equal(st.st_ino, inodes[a]);
		assert_int_equal(fstatat(second.dir, second.name, &st, 0), 0);
		assert_int_equal(st.st_ino, inodes[b]);
	}
	remove_deep(world);
}

static void a_directory_that_is_made_anew_is_found(void **state)
{
	struct world *world = *state;
	struct reorg_spot spot;

	disk_file(&world->tree, "a/b/file", "old");
	inode(world, AX_STR("a/b/file"));
	assert_int_equal(unlinkat(world->tree.fd, "a/b/file", 0), 0);
	assert_int_equal(reorg_dirs_locate(&world->dirs, AX_STR("a/b"), &spot), 0);
	assert_int_equal(unlinkat(spot.dir, spot.name, AT_REMOVEDIR), 0);
	reorg_dirs_forget_below(&world->dirs, AX_STR("a/b"));
	disk_file(&world->tree, "a/other", "keeps the inode's number from coming back");
	disk_file(&world->tree, "a/b/file", "new");
	struct stat st;
	assert_int_equal(fstatat(world->tree.fd, "a/b/file", &st, 0), 0);
	assert_int_equal(inode(world, AX_STR("a/b/file")), st.st_ino);
}

/* Above or at the end of the way, open already or not. */
static void symlinks_lead_nowhere(void **state)
{
	struct world *world = *state;
	struct reorg_dirs *dirs = &world->dirs;
	struct ax_error err = { 0 };
	struct stat st;

	disk_file(&world->tree, "outside/x/file", "secret");
	disk_file(&world->tree, "in/x/file", "ours");
	ino_t ours = inode(world, AX_STR("in/x/file"));
	assert_int_equal(renameat(world->tree.fd, "in", world->tree.fd, "was"), 0);
	disk_symlink(&world->tree, "in", "outside");
	disk_symlink(&world->tree, "outside/link", "x/file");
	/* Held open, it is what it was; */
	assert_int_equal(inode(world, AX_STR("in/x/file")), ours);
	/* found anew, there is a symlink on the way. */
	reorg_dirs_forget(dirs);
	assert_int_equal(reorg_dirs_look(dirs, AX_STR("in/x/file"), &st, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_int_equal(reorg_dirs_open(dirs, AX_STR("in/x/file"), O_RDONLY, 0), -1);
	assert_int_equal(reorg_dirs_open(dirs, AX_STR("outside/link"), O_RDONLY, 0), -1);
	assert_int_equal(errno, ELOOP);
}

static void paths_of_another_form_are_refused(void **state)
{
	static const char *const paths[] = { "..", "a/..", "a/.", "../a", "/a", "a//b", "a/" };
	struct world *world = *state;
	struct reorg_spot spot;

	disk_file(&world->tree, "a/b", "");
	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_int_equal(reorg_dirs_locate(&world->dirs, ax_str_from(paths[i]), &spot),
			-1);
		assert_int_equal(errno, EXDEV);
	}
}

static void the_root_can_be_opened(void **state)
{
	struct world *world = *state;
	struct stat a, b;
	int fd = reorg_dirs_open(&world->dirs, AX_STR(""), O_RDONLY | O_DIRECTORY, 0);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(fstat(world->tree.fd, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	close(fd);
}

int main(void)
{
#define DIRS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		DIRS_TEST(deep_directories_are_found_in_any_order),
		DIRS_TEST(a_spot_outlives_another_one),
		DIRS_TEST(a_directory_that_is_made_anew_is_found),
		DIRS_TEST(symlinks_lead_nowhere),
		DIRS_TEST(paths_of_another_form_are_refused),
		DIRS_TEST(the_root_can_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
