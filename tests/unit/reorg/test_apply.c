#include "tests/unit/reorg/applied.h"

#include "base/file.h"
#include "tests/support/plan_text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Each kind of act, done, taken back, and both once more. */

static void test_every_act(void **state)
{
	static const char *const plans[] = {
		"mkdir new\nmkdir new/deep", "move out/a out/c", "move out/latest latest",
		"mkdir new\nmove out/linked1 new/x\nmove out/linked2 new/y",
		"movedir dead out/dead",
		"movedir dead out/dead\nretarget out/dead/sub/up ../../out/a ../../a",
		"movedir dead out/dead\nedit out/dead/one 1 one", "retarget out/latest a b",
		"relink out/latest latest a out/a", "link link out/a",
		"move out/a out/present/a\nlink out/a present/a",
		"movedir dead away\nlink dead away", "unlink out/stale",
		"edit justfile out/a out/runs/a", "move out/only/child child\nrmdir out/only",
		"mkdir out/empty\nmove out/a out/empty/a",
		"rmdir out/present", /* is not empty */
	};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT(plans); i++) {
		struct ax_buf after = { 0 };
		struct ax_buf again = { 0 };
		make_plan(world, plans[i]);
		assert_ok(run(world, APPLY), &world->err);
		disk_describe(&world->tree, DISK_TIMES, &after);
		reopen(world);
		assert_ok(run(world, RECOVER), &world->err);
		disk_describe(&world->tree, DISK_TIMES, &again);
		assert_str_equal(ax_buf_str(&after), ax_buf_str(&again));
		assert_refused(world, run(world, APPLY));
		assert_ok(run(world, UNDO), &world->err);
		check_as_before(world, plans[i]);
		reopen(world);
		assert_ok(run(world, UNDO), &world->err);
		check_as_before(world, plans[i]);
		ax_buf_free(&after);
		ax_buf_free(&again);
	}
}

static void test_what_acts_do(void **state)
{
	struct world *world = *state;
	ino_t a = inode(world, "out/a");
	ino_t dead = inode(world, "dead");
	struct stat st;

	make_plan(world,
		"mkdir runs\nmove out/a runs/a\nmove out/linked1 runs/linked1\n"
		"movedir dead runs/dead\nretarget runs/dead/sub/up ../../out/a ../../a\n"
		"relink out/latest runs/latest a ./a\nlink out/a ../runs/a\n"
		"unlink out/stale\nedit justfile out/a runs/a\n"
		"move out/only/child runs/child\nrmdir out/only\nrmdir out/present\n");
	assert_ok(run(world, APPLY), &world->err);
	assert_true(inode(world, "runs/a") == a);
	assert_true(inode(world, "runs/dead") == dead);
	assert_true(inode(world, "runs/linked1") == inode(world, "out/linked2"));
	check_content(world, "runs/a", "content of a");
	check_target(world, "runs/dead/sub/up", "../../a");
	check_target(world, "runs/latest", "./a");
	check_target(world, "out/a", "../runs/a");
	assert_false(disk_exists(&world->tree, "out/latest"));
	assert_false(disk_exists(&world->tree, "out/stale"));
	assert_false(disk_exists(&world->tree, "out/only"));
	assert_false(disk_exists(&world->tree, "dead"));
	check_content(world, "justfile", "run runs/a out/b runs/a\n");
	fstatat(world->tree.fd, "justfile", &st, 0);
	assert_int_equal(st.st_mode & ALLPERMS, 0751);
	/* out/present holds something: it stays, and is told. */
	assert_true(disk_exists(&world->tree, "out/present/stays"));
	assert_int_equal(world->report.n_notes, 1);
	assert_str(world->report.notes[0].path, "out/present");
	assert_int_equal(world->report.moved, 3);
	assert_int_equal(world->report.dirs, 1);
	assert_int_equal(world->report.edited, 1);
	assert_false(reorg_journal_settled(world->journal));
	assert_int_equal(world->progress.acts, world->progress.total);
}

/* Names that are as odd as a file system allows. */
static void test_odd_names(void **state)
{
	static const char *const names[] = { "\xff\xfe", "new\nline", "-rf", "...",
		"\x1b[31m" };
	struct world *world = *state;
	struct reorg_act acts[COUNT(names) + 1];
	char paths[COUNT(names) + 1][300];
	char longest[256];
	struct reorg_plan plan = { .n_acts = COUNT(acts), .acts = acts };

	memset(longest, 'x', 255);
	longest[255] = '\0';
	memset(acts, 0, sizeof(acts));
	for (size_t i = 0; i < COUNT(acts); i++) {
		const char *name = i < COUNT(names) ? names[i] : longest;
		struct stat st;
		snprintf(paths[i], sizeof(paths[i]), "out/present/%s", name);
		disk_file(&world->tree, name, name);
		fstatat(world->tree.fd, name, &st, AT_SYMLINK_NOFOLLOW);
		acts[i] = (struct reorg_act){ .kind = REORG_MOVE,
			.from = ax_str_from(name),
			.to = ax_str_from(paths[i]),
			.identity = reorg_identity_of(&st) };
	}
	assert_ok(reorg_journal_create(world->store, &plan, &world->journal, &world->err),
		&world->err);
	assert_ok(run(world, APPLY), &world->err);
	for (size_t i = 0; i < COUNT(acts); i++)
		assert_true(disk_exists(&world->tree, paths[i]));
	assert_ok(run(world, UNDO), &world->err);
	for (size_t i = 0; i < COUNT(names); i++)
		check_content(world, names[i], names[i]);
}

/* Undo leaves what has changed since, names it, and can be repeated. */

static void test_undo_leaves_what_changed(void **state)
{
	struct world *world = *state;
	struct stat st;

	make_plan(world,
		"mkdir new\nmkdir new/sub\nmove out/a new/a\nmove out/b new/sub/b\n"
		"edit justfile out/a new/a\nlink out/a ../new/a\nretarget out/latest a b");
	assert_ok(run(world, APPLY), &world->err);
	fstatat(world->tree.fd, "new/sub/b", &st, 0);
	disk_file(&world->tree, "new/sub/b", "changed since");
	disk_file(&world->tree, "new/later", "came later");
	assert_partly(world, run(world, UNDO));
	assert_int_equal(world->report.n_refused, 1);
	assert_str(world->report.refused[0].path, "out/b");
	assert_non_null(strstr(world->err.message, "new/sub/b"));
	check_content(world, "out/a", "content of a");
	check_content(world, "justfile", "run out/a out/b out/a\n");
	check_target(world, "out/latest", "a");
	check_content(world, "new/sub/b", "changed since");
	check_content(world, "new/later", "came later");
	assert_int_equal(reorg_journal_state(world->journal), REORG_UNDONE);
	/* What is left is not an interruption: other plans may go on. */
	assert_ok(reorg_store_check_finished(world->store, NULL, &world->err), &world->err);

	reopen(world);
	assert_partly(world, run(world, UNDO));
	disk_file(&world->tree, "new/sub/b", "content of b");
	struct timespec times[2] = { st.st_atim, st.st_mtim };
	utimensat(world->tree.fd, "new/sub/b", times, 0);
	reopen(world);
	assert_ok(run(world, UNDO), &world->err);
	check_content(world, "out/b", "content of b");
	/* What was made for it goes with it; what holds something else stays. */
	assert_int_equal(faccessat(world->tree.fd, "new/sub", F_OK, 0), -1);
	unlinkat(world->tree.fd, "new/later", 0);
	unlinkat(world->tree.fd, "new", AT_REMOVEDIR);
}

static void test_undo_overwrites_nothing(void **state)
{
	struct world *world = *state;

	make_plan(world, "move out/a out/present/a\nmove out/b out/present/b\n"
			 "edit justfile out/a out/present/a\nunlink out/stale");
	assert_ok(run(world, APPLY), &world->err);
	disk_file(&world->tree, "out/a", "a job wrote it again");
	disk_file(&world->tree, "out/stale", "this one too");
	disk_file(&world->tree, "justfile", "run something else\n");
	assert_partly(world, run(world, UNDO));
	assert_int_equal(world->report.n_refused, 3);
	check_content(world, "out/a", "a job wrote it again");
	check_content(world, "out/present/a", "content of a");
	check_content(world, "out/stale", "this one too");
	check_content(world, "justfile", "run something else\n");
	check_content(world, "out/b", "content of b");
	unlinkat(world->tree.fd, "out/a", 0);
	unlinkat(world->tree.fd, "out/stale", 0);
	disk_file(&world->tree, "justfile", "run out/present/a out/b out/present/a\n");
	reopen(world);
	assert_ok(run(world, UNDO), &world->err);
	check_as_before(world, "undo of the rest");
}

/* An undo of what was left does not touch what a later plan has done. */
static void test_late_undo(void **state)
{
	struct world *world = *state;
	char id[REORG_ID_SIZE];

	make_plan(world, "move out/a out/present/a\nmove out/b out/present/b");
	assert_ok(run(world, APPLY), &world->err);
	memcpy(id, reorg_journal_id(world->journal), sizeof(id));
	disk_file(&world->tree, "out/b", "in the way");
	assert_partly(world, run(world, UNDO));
	make_plan(world, "move out/a out/present/a");
	assert_ok(run(world, APPLY), &world->err);
	reorg_journal_close(world->journal);
	world->journal = NULL;
	assert_ok(reorg_journal_open(world->store, id, &world->journal, &world->err),
		&world->err);
	unlinkat(world->tree.fd, "out/b", 0);
	assert_ok(run(world, UNDO), &world->err);
	check_content(world, "out/b", "content of b");
	check_content(world, "out/present/a", "content of a");
}

static void test_order_of_plans(void **state)
{
	struct world *world = *state;

	make_plan(world, "move out/a out/c");
	assert_refused(world, run(world, UNDO)); /* was never applied */
	begin_only(world, "move out/b out/d");
	make_plan(world, "move out/a out/c");
	assert_refused(world, run(world, APPLY));
	assert_non_null(strstr(world->err.message, "--recover"));
	check_as_before(world, "a plan behind an unfinished one");
}

/* Deletes: the point of no return. */

static const char trash_plan[] = "mkdir trash\nmove out/a trash/a\nmove out/b trash/b\n"
				 "delete trash/a\ndelete trash/b\nrmdir trash\nrmdir out/only";

static void test_delete(void **state)
{
	struct world *world = *state;

	make_plan(world, trash_plan);
	assert_ok(run(world, APPLY), &world->err);
	assert_false(disk_exists(&world->tree, "out/a"));
	assert_false(disk_exists(&world->tree, "trash"));
	assert_int_equal(world->report.deleted, 2);
	assert_refused(world, run(world, UNDO));
	reopen(world);
	assert_refused(world, run(world, UNDO));
	assert_ok(run(world, RECOVER), &world->err);
}

static void test_delete_is_finished(void **state)
{
	struct world *world = *state;

	begin_only(world, trash_plan);
	disk_dir(&world->tree, "trash");
	renameat(world->tree.fd, "out/a", world->tree.fd, "trash/a");
	renameat(world->tree.fd, "out/b", world->tree.fd, "trash/b");
	assert_ok(reorg_journal_pass_return(world->journal, &world->err), &world->err);
	unlinkat(world->tree.fd, "trash/a", 0);
	reopen(world);
	assert_refused(world, run(world, UNDO));
	assert_ok(run(world, RECOVER), &world->err);
	assert_false(disk_exists(&world->tree, "trash"));
	assert_false(disk_exists(&world->tree, "out/b"));
}

/* A lenient act leaves a changed file where it is, and the rest goes on. */
static void test_skip_changed(void **state)
{
	struct world *world = *state;
	struct reorg_plan plan;

	assert_ok(plan_text_read(world->tree.fd, ax_str_from(trash_plan), &world->arena, &plan,
			  &world->err),
		&world->err);
	struct reorg_act *acts = ax_arena_alloc(&world->arena, plan.n_acts * sizeof(*acts));
	memcpy(acts, plan.acts, plan.n_acts * sizeof(*acts));
	for (size_t i = 0; i < plan.n_acts; i++)
		acts[i].skip_changed = true;
	plan.acts = acts;
	chmod_a(&world->tree); /* what it holds may be another by now, for all that is known */
	assert_ok(reorg_journal_create(world->store, &plan, &world->journal, &world->err),
		&world->err);
	assert_ok(run(world, APPLY), &world->err);
	check_content(world, "out/a", "content of a");
	assert_false(disk_exists(&world->tree, "out/b"));
	assert_int_equal(world->report.n_refused, 1);
	assert_str(world->report.refused[0].path, "out/a");
}

/* Stopping */

static void test_stop_before(void **state)
{
	struct world *world = *state;

	make_plan(world, "move out/a out/c");
	world->progress.stop = true;
	assert_int_equal(run(world, APPLY), -1);
	assert_int_equal(world->err.code, EINTR);
	check_as_before(world, "stopped");
	assert_int_equal(reorg_journal_state(world->journal), REORG_ABANDONED);
	assert_ok(run(world, UNDO), &world->err);
	world->progress.stop = false;
	make_plan(world, "move out/a out/c");
	assert_ok(run(world, APPLY), &world->err);
}

enum { MANY = 3000 };

static void *stop_soon(void *argument)
{
	struct reorg_progress *progress = argument;

	while (progress->acts < 20)
		sched_yield();
	progress->stop = true;
	return NULL;
}

static void test_stop_amid(void **state)
{
	struct world *world = *state;
	struct ax_buf text = { 0 };
	pthread_t thread;
	char path[32];

	ax_buf_append_text(&text, "mkdir many/new\n");
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "many/%04u", i);
		disk_file(&world->tree, path, path);
		ax_buf_printf(&text, "move many/%04u many/new/%04u\n", i, i);
	}
	ax_buf_clear(&world->before);
	disk_describe(&world->tree, DISK_TIMES, &world->before);
	make_plan(world, ax_buf_text(&text));
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &world->progress), 0);
	assert_partly(world, run(world, APPLY));
	pthread_join(thread, NULL);
	assert_non_null(strstr(world->err.message, "artidx reorg --recover"));
	assert_true(disk_exists(&world->tree, "many/new/0000"));
	assert_true(disk_exists(&world->tree, "many/2999"));
	world->progress.stop = false;
	reopen(world);
	assert_ok(run(world, RECOVER), &world->err);
	assert_true(disk_exists(&world->tree, "many/new/2999"));
	assert_ok(run(world, UNDO), &world->err);
	check_as_before(world, "many files");
	ax_buf_free(&text);
}

/*
 * File systems give a directory that is made the inode of one that was removed: here an undo has
 * made it, and died before it gave it its attributes.
 */
static void test_directory_made_with_its_old_inode(void **state)
{
	struct world *world = *state;
	struct reorg_old_dir dir = { .path = AX_STR("out/only"), .mode = S_IRWXU };
	struct reorg_beginning beginning = { .n_dirs = 1, .dirs = &dir };
	struct ax_buf xattrs = { 0 };
	struct stat st;
	char value[8] = "";

	ax_buf_append_sized(&xattrs, AX_STR("user.artidx"));
	ax_buf_append_sized(&xattrs, AX_STR("value"));
	int fd = openat(world->tree.fd, "out/only", O_RDONLY | O_DIRECTORY);
	if (fsetxattr(fd, "user.artidx", "value", 5, 0) < 0)
		skip();
	assert_int_equal(fremovexattr(fd, "user.artidx"), 0);
	assert_int_equal(fchmod(fd, S_IRWXU), 0);
	assert_int_equal(fstat(fd, &st), 0);
	dir.ino = st.st_ino;
	dir.uid = st.st_uid;
	dir.gid = st.st_gid;
	dir.xattrs = ax_buf_str(&xattrs);
	make_plan(world, "move out/only/child out/child\nrmdir out/only");
	assert_ok(reorg_journal_begin(world->journal, &beginning, &world->err), &world->err);
	reopen(world);
	assert_ok(run(world, UNDO), &world->err);
	assert_int_equal(fgetxattr(fd, "user.artidx", value, sizeof(value)), 5);
	close(fd);
	ax_buf_free(&xattrs);
}

/* Across file systems */

static void test_two_file_systems(void **state)
{
	struct world *world = *state;
	struct stat st;
	char value[8] = "";

	if (!disk_mount(&world->tree, "other", "size=8m"))
		skip();
	int fd = openat(world->tree.fd, "out/sparse", O_WRONLY | O_CREAT, 0640);
	assert_int_equal(pwrite(fd, "start", 5, 0), 5);
	assert_int_equal(pwrite(fd, "end", 3, (1 << 30) - 3), 3);
	assert_int_equal(ftruncate(fd, 1 << 30), 0);
	bool has_xattr = fsetxattr(fd, "user.artidx", "value", 5, 0) == 0;
	close(fd);
	fchmodat(world->tree.fd, "out/a", 04751, 0);
	disk_age(&world->tree);
	make_plan(world,
		"mkdir other/new\nmove out/a other/new/a\nmove out/sparse other/sparse\n"
		"move out/linked1 other/l1\nmove out/linked2 other/new/l2\n"
		"move out/latest other/latest\nrelink out/stale other/stale nowhere here\n"
		"move out/only/child other/child\nrmdir out/only");
	struct stat before;
	fstatat(world->tree.fd, "out/a", &before, 0);
	assert_ok(run(world, APPLY), &world->err);
	assert_int_equal(world->report.copied, 6);
	fstatat(world->tree.fd, "other/new/a", &st, 0);
	assert_int_equal(st.st_mode, before.st_mode);
	assert_true(st.st_mtim.tv_sec == before.st_mtim.tv_sec &&
		    st.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
	fstatat(world->tree.fd, "other/sparse", &st, 0);
	assert_int_equal(st.st_size, 1 << 30);
	assert_true(st.st_blocks < 1000);
	assert_true(inode(world, "other/l1") == inode(world, "other/new/l2"));
	check_target(world, "other/latest", "a");
	check_target(world, "other/stale", "here");
	fd = openat(world->tree.fd, "other/sparse", O_RDONLY);
	if (has_xattr && fgetxattr(fd, "user.artidx", value, sizeof(value)) < 0)
		assert_true(world->report.n_notes > 0);
	close(fd);
	assert_false(disk_exists(&world->tree, "out/a"));
	reopen(world);
	assert_ok(run(world, UNDO), &world->err);
	assert_true(inode(world, "out/linked1") == inode(world, "out/linked2"));
	fstatat(world->tree.fd, "out/a", &st, 0);
	assert_int_equal(st.st_mode, before.st_mode);
	assert_true(st.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
	check_content(world, "out/a", "content of a");
	assert_false(disk_exists(&world->tree, "other/new"));
	unlinkat(world->tree.fd, "out/sparse", 0);
}

static void test_directories_stay_on_their_file_system(void **state)
{
	struct world *world = *state;

	if (!disk_mount(&world->tree, "other", "size=1m"))
		skip();
	make_plan(world, "movedir dead other/dead");
	assert_int_equal(run(world, APPLY), -1);
	assert_int_equal(world->err.code, EXDEV);
	assert_true(disk_exists(&world->tree, "dead/sub/two"));
	assert_int_equal(reorg_journal_state(world->journal), REORG_ABANDONED);
}

static void test_full_disk(void **state)
{
	struct world *world = *state;

	if (!disk_mount(&world->tree, "other", "size=1m"))
		skip();
	char *big = malloc((600 << 10) + 1);
	memset(big, 'x', 600 << 10);
	big[600 << 10] = '\0';
	disk_file(&world->tree, "out/big1", big);
	disk_file(&world->tree, "out/big2", big);
	disk_age(&world->tree);
	ax_buf_clear(&world->before);
	disk_describe(&world->tree, DISK_TIMES, &world->before);
	make_plan(world,
		"move out/a other/a\nmove out/big1 other/big1\nmove out/big2 other/big2");
	assert_partly(world, run(world, APPLY));
	assert_true(disk_exists(&world->tree, "out/big2"));
	assert_false(disk_has_prefix(&world->tree, REORG_TEMPORARY_PREFIX));
	assert_non_null(strstr(world->err.message, "No space left"));
	reopen(world);
	assert_partly(world, run(world, RECOVER));
	assert_ok(run(world, UNDO), &world->err);
	check_content(world, "out/a", "content of a");
	check_content(world, "out/big1", big);
	check_as_before(world, "a full disk");
	free(big);
}

static void test_read_only(void **state)
{
	struct world *world = *state;
	char path[PATH_MAX + 16];

	if (!disk_mount(&world->tree, "other", "size=1m"))
		skip();
	snprintf(path, sizeof(path), "%s/other", world->tree.path);
	make_plan(world, "move out/b out/c\nmove out/a other/a");
	assert_int_equal(mount("none", path, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_int_equal(run(world, APPLY), -1);
	assert_non_null(strstr(world->err.message, "other: nothing can be moved"));
	assert_int_equal(world->err.code, EROFS);
	check_content(world, "out/a", "content of a");
	assert_false(disk_exists(&world->tree, "out/c"));
	assert_int_equal(mount("none", path, NULL, MS_REMOUNT, NULL), 0);
	reopen(world);
	assert_ok(run(world, APPLY), &world->err);
	check_content(world, "other/a", "content of a");
}

/* A directory without write permission. Root needs to become somebody first. */
static void test_no_permission(void **state)
{
	struct world *world = *state;
	bool is_root = geteuid() == 0;

	if (is_root) {
		tear_down(state);
		assert_int_equal(seteuid(65534), 0);
		assert_int_equal(set_up(state), 0);
		world = *state;
	}
	make_plan(world, "move out/b out/c\nmove out/a out/present/a");
	assert_int_equal(fchmodat(world->tree.fd, "out/present", 0555, 0), 0);
	assert_int_equal(run(world, APPLY), -1);
	assert_non_null(strstr(world->err.message, "out/present: nothing can be moved"));
	assert_int_equal(world->err.code, EACCES);
	assert_int_equal(fchmodat(world->tree.fd, "out/present", 0755, 0), 0);
	check_as_before(world, "no permission");
	if (is_root) {
		tear_down(state);
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(set_up(state), 0);
	}
}

/* A script of somebody else would become ours: that is told before anything is moved. */
static void test_foreign_script(void **state)
{
	struct world *world = *state;

	if (geteuid() != 0)
		skip();
	tear_down(state);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(set_up(state), 0);
	world = *state;
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(fchownat(world->tree.fd, "justfile", 0, 0, 0), 0);
	assert_int_equal(seteuid(65534), 0);
	make_plan(world, "move out/a out/c\nedit justfile out/b out/c");
	assert_refused(world, run(world, APPLY));
	assert_non_null(strstr(world->err.message, "justfile: its owner cannot be kept"));
	assert_non_null(strstr(world->err.message, "--no-edits"));
	assert_int_equal(reorg_journal_state(world->journal), REORG_PLANNED);
	check_content(world, "out/a", "content of a");
	assert_false(disk_exists(&world->tree, "out/c"));
	tear_down(state);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(set_up(state), 0);
}

/* What is told of a path does not begin with the path once more. */
static void test_refusals_name_once(void **state)
{
	struct world *world = *state;

	make_plan(world, "mkdir new\nmove out/a new/a");
	assert_ok(run(world, APPLY), &world->err);
	disk_file(&world->tree, "out/a", "came back");
	assert_partly(world, run(world, UNDO));
	assert_int_equal(world->report.n_refused, 1);
	assert_str(world->report.refused[0].path, "out/a");
	assert_str(world->report.refused[0].text, "the name is taken by something else");
	check_content(world, "new/a", "content of a");
}

static void test_edit_splits_links(void **state)
{
	struct world *world = *state;

	make_plan(world, "edit out/linked1 two 2");
	assert_ok(run(world, APPLY), &world->err);
	check_content(world, "out/linked1", "2 names");
	check_content(world, "out/linked2", "two names");
	assert_int_equal(world->report.n_notes, 1);
	assert_str(world->report.notes[0].path, "out/linked1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_every_act),
		CASE(test_what_acts_do),
		CASE(test_odd_names),
		CASE(test_undo_leaves_what_changed),
		CASE(test_undo_overwrites_nothing),
		CASE(test_late_undo),
		CASE(test_order_of_plans),
		CASE(test_delete),
		CASE(test_delete_is_finished),
		CASE(test_skip_changed),
		CASE(test_stop_before),
		CASE(test_stop_amid),
		CASE(test_refusals_name_once),
		CASE(test_edit_splits_links),
		CASE(test_no_permission),
		CASE(test_foreign_script),
		/* The last ones, as they change what this process sees mounted. */
		CASE(test_directory_made_with_its_old_inode),
		CASE(test_two_file_systems),
		CASE(test_directories_stay_on_their_file_system),
		CASE(test_full_disk),
		CASE(test_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
