#include "tests/unit/reorg/applied.h"

#include "base/file.h"
#include "tests/support/plan_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void fill(struct world *world)
{
	const struct disk_tree *tree = &world->tree;

	disk_file(tree, "out/a", "content of a");
	disk_file(tree, "out/b", "content of b");
	disk_file(tree, "out/linked1", "two names");
	disk_hard_link(tree, "out/linked2", "out/linked1");
	disk_file(tree, "out/only/child", "leaves an empty directory");
	disk_file(tree, "out/present/stays", "was here before");
	disk_dir(tree, "out/empty");
	disk_file(tree, "dead/one", "1");
	disk_file(tree, "dead/sub/two", "2");
	disk_symlink(tree, "dead/sub/up", "../../out/a");
	disk_symlink(tree, "out/latest", "a");
	disk_symlink(tree, "out/stale", "nowhere");
	disk_file(tree, "justfile", "run out/a out/b out/a\n");
	disk_file(tree, "outside/file", "not to be touched");
	fchmodat(tree->fd, "justfile", 0751, 0);
	fchmodat(tree->fd, "out/only", 0711, 0);
	disk_age(tree);
}

int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	disk_tree_make(&world->tree);
	fill(world);
	disk_describe(&world->tree, DISK_TIMES, &world->before);
	*state = world;
	return reorg_store_open(world->tree.fd, ".artidx/journal", &world->store, &world->err);
}

int tear_down(void **state)
{
	struct world *world = *state;

	reorg_journal_close(world->journal);
	reorg_store_close(world->store);
	reorg_report_free(&world->report);
	ax_arena_free(&world->arena);
	ax_buf_free(&world->before);
	disk_tree_remove(&world->tree);
	free(world);
	return 0;
}

void make_plan(struct world *world, const char *text)
{
	struct reorg_plan plan;

	reorg_journal_close(world->journal);
	world->journal = NULL;
	assert_ok(plan_text_read(world->tree.fd, ax_str_from(text), &world->arena, &plan,
			  &world->err),
		&world->err);
	assert_ok(reorg_journal_create(world->store, &plan, &world->journal, &world->err),
		&world->err);
}

int run(struct world *world, enum verb verb)
{
	struct reorg_options options = { world->tree.fd, &world->progress };

	reorg_report_free(&world->report);
	world->err = (struct ax_error){ 0 };
	if (verb == APPLY)
		return reorg_apply(world->journal, &options, &world->report, &world->err);
	if (verb == RECOVER)
		return reorg_recover(world->journal, &options, &world->report, &world->err);
	return reorg_undo(world->journal, &options, &world->report, &world->err);
}

void reopen(struct world *world)
{
	char id[REORG_ID_SIZE];

	memcpy(id, reorg_journal_id(world->journal), sizeof(id));
	reorg_journal_close(world->journal);
	world->journal = NULL;
	assert_ok(reorg_journal_open(world->store, id, &world->journal, &world->err),
		&world->err);
}

void begin_only(struct world *world, const char *text)
{
	struct reorg_beginning nothing = { 0 };

	make_plan(world, text);
	assert_ok(reorg_journal_begin(world->journal, &nothing, &world->err), &world->err);
	reopen(world);
}

void check_as_before(struct world *world, const char *what)
{
	struct ax_buf now = { 0 };

	disk_describe(&world->tree, DISK_TIMES, &now);
	if (!ax_str_equal(ax_buf_str(&now), ax_buf_str(&world->before)))
		fail_msg("%s: the tree is\n%s\nand was\n%.*s", what, ax_buf_text(&now),
			AX_STR_ARG(ax_buf_str(&world->before)));
	ax_buf_free(&now);
}

void check_content(struct world *world, const char *path, const char *content)
{
	struct ax_buf now = { 0 };

	assert_ok(ax_file_read(world->tree.fd, path, 1 << 20, &now, &world->err), &world->err);
	assert_buf(&now, content);
	ax_buf_free(&now);
}

void check_target(struct world *world, const char *path, const char *target)
{
	char text[PATH_MAX] = "";

	assert_true(readlinkat(world->tree.fd, path, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, target);
}

ino_t inode(struct world *world, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(world->tree.fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_ino;
}

void chmod_a(const struct disk_tree *tree)
{
	struct stat before, now;

	fstatat(tree->fd, "out/a", &before, 0);
	do {
		fchmodat(tree->fd, "out/a", 0600, 0);
		fstatat(tree->fd, "out/a", &now, 0);
	} while (now.st_ctim.tv_sec == before.st_ctim.tv_sec &&
		 now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
}
