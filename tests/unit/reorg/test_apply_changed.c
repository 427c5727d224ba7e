#include "tests/unit/reorg/applied.h"

#include "tests/support/plan_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What no longer fits the plan stops it before anything has changed. */

static void append_a(const struct disk_tree *tree)
{
	int fd = openat(tree->fd, "out/a", O_WRONLY | O_APPEND);

	assert_int_equal(write(fd, "!", 1), 1);
	close(fd);
}

static void touch_a(const struct disk_tree *tree)
{
	utimensat(tree->fd, "out/a", NULL, 0);
}

static void remove_a(const struct disk_tree *tree)
{
	unlinkat(tree->fd, "out/a", 0);
}

static void replace_a(const struct disk_tree *tree)
{
	renameat(tree->fd, "out/b", tree->fd, "out/a");
}

static void take_destination(const struct disk_tree *tree)
{
	disk_file(tree, "out/present/a", "someone was faster");
}

static void take_destination_by_link(const struct disk_tree *tree)
{
	disk_hard_link(tree, "out/present/a", "out/a");
}

static void remove_directory(const struct disk_tree *tree)
{
	unlinkat(tree->fd, "out/present/stays", 0);
	unlinkat(tree->fd, "out/present", AT_REMOVEDIR);
}

static void swap_directory(const struct disk_tree *tree)
{
	renameat(tree->fd, "out/present", tree->fd, "out/elsewhere");
	disk_symlink(tree, "out/present", "../outside");
}

static void swap_source_directory(const struct disk_tree *tree)
{
	renameat(tree->fd, "out", tree->fd, "out.real");
	disk_symlink(tree, "out", "out.real");
}

static void grow_directory(const struct disk_tree *tree)
{
	disk_file(tree, "dead/sub/late", "late");
}

static void replace_directory(const struct disk_tree *tree)
{
	renameat(tree->fd, "dead", tree->fd, "dead.old");
	disk_dir(tree, "dead");
}

static void change_link(const struct disk_tree *tree)
{
	unlinkat(tree->fd, "out/latest", 0);
	disk_symlink(tree, "out/latest", "b");
}

static void change_script(const struct disk_tree *tree)
{
	disk_file(tree, "justfile", "run out/a out/b out/c\n");
}

static void link_script(const struct disk_tree *tree)
{
	renameat(tree->fd, "justfile", tree->fd, "justfile.real");
	disk_symlink(tree, "justfile", "justfile.real");
}

static void file_for_directory(const struct disk_tree *tree)
{
	disk_file(tree, "new", "a file where a directory is to be");
}

static const struct {
	const char *plan;
	void (*change)(const struct disk_tree *tree);
} changes[] = {
	{ "move out/b b\nmove out/a out/present/a", append_a },
	{ "move out/b b\nmove out/a out/present/a", touch_a },
	{ "move out/b b\nmove out/a out/present/a", chmod_a },
	{ "move out/b b\nmove out/a out/present/a", remove_a },
	{ "mkdir new\nmove out/a out/present/a", replace_a },
	{ "mkdir new\nmove out/a out/present/a", take_destination },
	{ "mkdir new\nmove out/a out/present/a", take_destination_by_link },
	{ "mkdir new\nmove out/a out/present/a", remove_directory },
	{ "mkdir new\nmove out/a out/present/a", swap_directory },
	{ "mkdir new\nmove out/a new/a", swap_source_directory },
	{ "mkdir new\nmovedir dead new/dead", grow_directory },
	{ "mkdir new\nmovedir dead new/dead", replace_directory },
	{ "mkdir new\nretarget out/latest a b", change_link },
	{ "mkdir new\nrelink out/latest new/latest a b", change_link },
	{ "mkdir new\nedit justfile out/a new/a", change_script },
	{ "mkdir new\nedit justfile out/a new/a", link_script },
	{ "move out/b b\nmkdir new\nmove out/a new/a", file_for_directory },
	{ "mkdir new\nlink out/present/a ../a", take_destination },
};

/* The plan with the number of entries that plan_text_read() leaves out. */
static void make_counted_plan(struct world *world, const char *text)
{
	struct reorg_plan plan;

	assert_ok(plan_text_read(world->tree.fd, ax_str_from(text), &world->arena, &plan,
			  &world->err),
		&world->err);
	struct reorg_act *acts = ax_arena_alloc(&world->arena, plan.n_acts * sizeof(*acts));
	memcpy(acts, plan.acts, plan.n_acts * sizeof(*acts));
	for (size_t i = 0; i < plan.n_acts; i++) {
		if (acts[i].kind == REORG_MOVE_DIR)
			acts[i].count = 4; /* one, sub, sub/two, sub/up */
	}
	plan.acts = acts;
	reorg_journal_close(world->journal);
	world->journal = NULL;
	assert_ok(reorg_journal_create(world->store, &plan, &world->journal, &world->err),
		&world->err);
}

static void test_changed_before(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(changes); i++) {
		struct ax_buf changed = { 0 };
		struct ax_buf now = { 0 };
		disk_tree_empty(&world->tree);
		reorg_store_close(world->store);
		assert_ok(reorg_store_open(world->tree.fd, ".artidx/journal", &world->store,
				  &world->err),
			&world->err);
		fill(world);
		make_counted_plan(world, changes[i].plan);
		changes[i].change(&world->tree);
		disk_describe(&world->tree, DISK_TIMES, &changed);
		if (run(world, APPLY) == 0 || world->err.code != AX_EREFUSED)
			fail_msg("change %zu: %s", i, world->err.message);
		disk_describe(&world->tree, DISK_TIMES, &now);
		assert_str_equal(ax_buf_str(&now), ax_buf_str(&changed));
		assert_int_equal(reorg_journal_state(world->journal), REORG_PLANNED);
		ax_buf_free(&changed);
		ax_buf_free(&now);
	}
}

static void test_counted_directory_moves(void **state)
{
	struct world *world = *state;

	make_counted_plan(world, "movedir dead out/dead");
	assert_ok(run(world, APPLY), &world->err);
}

/* What changes between the last check and the act. */

static void test_swapped_under_our_hands(void **state)
{
	struct world *world = *state;

	begin_only(world, "move out/a out/present/a");
	swap_directory(&world->tree);
	assert_partly(world, run(world, RECOVER));
	check_content(world, "out/a", "content of a");
	assert_false(disk_exists(&world->tree, "outside/a"));
	/* And back, with nothing done: nothing is to be undone. */
	assert_ok(run(world, UNDO), &world->err);
	check_content(world, "out/a", "content of a");
}

static void test_taken_under_our_hands(void **state)
{
	struct world *world = *state;

	begin_only(world, "move out/a out/present/a");
	take_destination(&world->tree);
	assert_partly(world, run(world, RECOVER));
	check_content(world, "out/a", "content of a");
	check_content(world, "out/present/a", "someone was faster");
	assert_ok(run(world, UNDO), &world->err);
	check_content(world, "out/present/a", "someone was faster");
}

static void test_changed_under_our_hands(void **state)
{
	struct world *world = *state;

	begin_only(world, "move out/a out/present/a");
	append_a(&world->tree);
	assert_partly(world, run(world, RECOVER));
	assert_false(disk_exists(&world->tree, "out/present/a"));
	check_content(world, "out/a", "content of a!");
}

/* What a crash leaves. */

static void test_one_inode_under_both_names(void **state)
{
	struct world *world = *state;

	begin_only(world, "move out/a out/present/a");
	disk_hard_link(&world->tree, "out/present/a", "out/a");
	assert_ok(run(world, RECOVER), &world->err);
	assert_false(disk_exists(&world->tree, "out/a"));
	check_content(world, "out/present/a", "content of a");
}

static void test_copy_under_both_names(void **state)
{
	struct world *world = *state;

	begin_only(world, "move out/a out/present/a\nmove out/b out/present/b");
	disk_file(&world->tree, "out/present/a", "content of a");
	disk_file(&world->tree, "out/present/b", "content of c");
	assert_partly(world, run(world, RECOVER));
	check_content(world, "out/present/a", "content of a");
	check_content(world, "out/b", "content of b");
	check_content(world, "out/present/b", "content of c");
}

static void test_sweep(void **state)
{
	struct world *world = *state;
	char name[64];
	struct reorg_beginning nothing = { 0 };

	make_plan(world, "move out/a out/present/a");
	snprintf(name, sizeof(name), "out/present/" REORG_TEMPORARY_PREFIX "%s-0",
		reorg_journal_id(world->journal));
	disk_file(&world->tree, name, "half");
	disk_file(&world->tree, "out/present/" REORG_TEMPORARY_PREFIX "other-0", "not ours");
	assert_ok(reorg_journal_begin(world->journal, &nothing, &world->err), &world->err);
	reopen(world);
	assert_ok(run(world, RECOVER), &world->err);
	assert_false(disk_exists(&world->tree, name));
	assert_true(disk_exists(&world->tree, "out/present/" REORG_TEMPORARY_PREFIX "other-0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_changed_before),
		CASE(test_counted_directory_moves),
		CASE(test_swapped_under_our_hands),
		CASE(test_taken_under_our_hands),
		CASE(test_changed_under_our_hands),
		CASE(test_one_inode_under_both_names),
		CASE(test_copy_under_both_names),
		CASE(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
