/*
 * The journal against death and failing calls: apply, and undo, are stopped at their first,
 * second, ... change of the disk until there is none left, each time on a fresh tree. Then the
 * tree must come to be as planned, or as it was, and after an undo as it was in every respect.
 */
#include "tests/unit/unit.h"

#include "indexer/history.h"
#include "reorg/apply.h"
#include "reorg/journal.h"
#include "tests/fault/fault.h"
#include "tests/support/disk_tree.h"
#include "tests/support/plan_text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS_MAX = 500 };

enum { OUTCOME_STRUCK = 1, OUTCOME_FAILED = 2, OUTCOME_MUTE = 4 };

struct world {
	struct disk_tree tree;
	bool has_second; /* "other" is another file system */
	struct ax_buf before, before_contents, after;
};

static const char plan_text[] =
	"mkdir out/vhack\n"
	"mkdir out/runs\n"
	"mkdir out/runs/r1\n"
	"mkdir out/present\n"
	"mkdir out/_archive\n"
	"move out/v_hack_full out/vhack/v_hack_full\n"
	"move out/ck1 out/runs/r1/train\n"
	"move out/old/one out/present/one\n"
	"move out/linked1 out/runs/linked1\n"
	"move out/linked2 out/vhack/linked2\n"
	"movedir out/dead out/_archive/dead\n"
	"retarget out/_archive/dead/sub/link ../../ck1 ../../../runs/r1/train\n"
	"relink out/latest out/vhack/latest v_hack_full ./v_hack_full\n"
	"retarget out/alias ck1 runs/r1/train\n"
	"link out/v_hack_full vhack/v_hack_full\n"
	"unlink out/stale\n"
	"edit justfile out/ck1 out/runs/r1/train\n"
	"rmdir out/old\n";

static const char second_text[] = "mkdir out/from\n"
				  "move other/file out/from/file\n"
				  "move other/linked1 out/from/linked1\n"
				  "move other/linked2 out/from/linked2\n"
				  "move other/link out/from/link\n"
				  "move other/dir/deep out/from/deep\n"
				  "move out/ck2 other/ck2\n"
				  "rmdir other/dir\n";

static void fill(const struct world *world)
{
	const struct disk_tree *tree = &world->tree;

	disk_tree_empty(tree);
	disk_file(tree, "out/v_hack_full", "a basis");
	disk_file(tree, "out/ck1", "the first checkpoint");
	disk_file(tree, "out/ck2", "the second checkpoint");
	disk_file(tree, "out/old/one", "one");
	disk_file(tree, "out/present/stays", "stays");
	disk_file(tree, "out/linked1", "one file, two names");
	disk_hard_link(tree, "out/linked2", "out/linked1");
	disk_file(tree, "out/dead/file", "dead");
	disk_symlink(tree, "out/dead/sub/link", "../../ck1");
	disk_symlink(tree, "out/latest", "v_hack_full");
	disk_symlink(tree, "out/alias", "ck1");
	disk_symlink(tree, "out/stale", "nowhere");
	disk_file(tree, "justfile", "run out/ck1 --also out/ck1\n");
	disk_file(tree, "other/file", "on another file system");
	disk_file(tree, "other/linked1", "two names over there");
	disk_hard_link(tree, "other/linked2", "other/linked1");
	disk_symlink(tree, "other/link", "file");
	disk_file(tree, "other/dir/deep", "deep");
	disk_age(tree);
}

static int apply_in(const struct world *world, struct reorg_store *store, struct ax_error *err)
{
	struct reorg_options options = { .root = world->tree.fd };
	struct reorg_report report = { 0 };
	struct reorg_journal *journal = NULL;
	struct ax_arena arena = { 0 };
	struct ax_buf text = { 0 };
	struct reorg_plan plan;
	int status = -1;

	ax_buf_append_text(&text, plan_text);
	if (world->has_second)
		ax_buf_append_text(&text, second_text);
	if (plan_text_read(world->tree.fd, ax_buf_str(&text), &arena, &plan, err) == 0 &&
		reorg_journal_create(store, &plan, &journal, err) == 0)
		status = reorg_apply(journal, &options, &report, err);
	reorg_journal_close(journal);
	reorg_report_free(&report);
	ax_arena_free(&arena);
	ax_buf_free(&text);
	return status;
}

/* Recover or undo the one plan that was begun; nothing when there is none. */
static int continue_in(const struct world *world, struct reorg_store *store, bool is_undo,
	struct ax_error *err)
{
	struct reorg_options options = { .root = world->tree.fd };
	struct reorg_report report = { 0 };
	struct reorg_summary *plans = NULL;
	struct reorg_journal *journal = NULL;
	struct ax_arena arena = { 0 };
	size_t n = 0;
	int status = reorg_store_list(store, &arena, &plans, &n, err);

	for (size_t i = 0; i < n && status == 0; i++) {
		if (plans[i].state == REORG_PLANNED || plans[i].state == REORG_ABANDONED)
			continue;
		status = reorg_journal_open(store, plans[i].id, &journal, err);
		if (status == 0)
			status = is_undo ? reorg_undo(journal, &options, &report, err)
					 : reorg_recover(journal, &options, &report, err);
		reorg_journal_close(journal);
		reorg_report_free(&report);
		journal = NULL;
	}
	ax_arena_free(&arena);
	return status;
}

enum step { APPLY, RECOVER, UNDO };

static int run_step(const struct world *world, enum step step, struct ax_error *err)
{
	struct reorg_store *store = NULL;
	int status = reorg_store_open(world->tree.fd, ".artidx/journal", &store, err);

	if (status == 0)
		status = step == APPLY ? apply_in(world, store, err)
				       : continue_in(world, store, step == UNDO, err);
	reorg_store_close(store);
	return status;
}

/* Run a step in a child that meets a fault. Returns OUTCOME_ bits; a death is one by SIGKILL. */
static unsigned run_faulted(const struct world *world, enum step step, struct fault fault)
{
	int wait_status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct ax_error err = { 0 };
		fault_set(fault);
		int status = run_step(world, step, &err);
		unsigned outcome = (fault_struck() ? OUTCOME_STRUCK : 0) |
				   (status < 0 ? OUTCOME_FAILED : 0) |
				   (status < 0 && !*err.message ? OUTCOME_MUTE : 0);
		_exit((int)outcome);
	}
	assert_int_equal(waitpid(child, &wait_status, 0), child);
	if (WIFSIGNALED(wait_status)) {
		assert_int_equal(WTERMSIG(wait_status), SIGKILL);
		return OUTCOME_STRUCK | OUTCOME_FAILED;
	}
	return (unsigned)WEXITSTATUS(wait_status);
}

static void check_tree(const struct world *world, unsigned flags, const struct ax_buf *expected,
	const char *what)
{
	struct ax_buf now = { 0 };

	disk_describe(&world->tree, flags, &now);
	if (!ax_str_equal(ax_buf_str(&now), ax_buf_str(expected)))
		fail_msg("%s: the tree is\n%s\nand should be\n%.*s", what, ax_buf_text(&now),
			AX_STR_ARG(ax_buf_str(expected)));
	assert_false(disk_has_prefix(&world->tree, REORG_TEMPORARY_PREFIX));
	ax_buf_free(&now);
}

/* Every content that there was is still there; that of the edited file may be the new one. */
static void check_nothing_lost(const struct world *world, const char *what)
{
	struct ax_str lines = ax_buf_str(&world->before_contents);
	struct ax_buf now = { 0 };
	size_t n_lost = 0;

	disk_describe(&world->tree, DISK_CONTENTS, &now);
	while (lines.len) {
		size_t end = ax_str_find(lines, '\n');
		if (!ax_str_contains(ax_buf_str(&now), ax_str_slice(lines, 0, end)))
			n_lost++;
		lines = ax_str_slice(lines, end + 1, lines.len);
	}
	if (n_lost > 1)
		fail_msg("%s: lost %zu files:\n%s", what, n_lost, ax_buf_text(&now));
	ax_buf_free(&now);
}

/* The fault is over: finish, or begin again where nothing had begun. */
static void finish(const struct world *world, const char *what)
{
	struct ax_error err = { 0 };
	struct ax_buf now = { 0 };

	if (run_step(world, RECOVER, &err) < 0)
		fail_msg("%s: recover: %s", what, err.message);
	disk_describe(&world->tree, DISK_TIMES, &now);
	if (ax_str_equal(ax_buf_str(&now), ax_buf_str(&world->before)) &&
		run_step(world, APPLY, &err) < 0)
		fail_msg("%s: apply again: %s", what, err.message);
	ax_buf_free(&now);
	check_tree(world, 0, &world->after, what);
}

/* Take everything back, be it done in whole or in part. */
static void take_back(const struct world *world, const char *what)
{
	struct ax_error err = { 0 };

	if (run_step(world, UNDO, &err) < 0)
		fail_msg("%s: undo: %s", what, err.message);
	check_tree(world, DISK_TIMES, &world->before, what);
}

/* One fault, in apply or in undo. False when the step was over before it could strike. */
static bool strike(const struct world *world, enum step step, struct fault fault)
{
	struct ax_error err = { 0 };
	char what[80];

	snprintf(what, sizeof(what), "%s, call %u, mode %d, error %d",
		step == APPLY ? "apply" : "undo", fault.at, fault.mode, fault.error);
	fill(world);
	if (step == UNDO)
		assert_ok(run_step(world, APPLY, &err), &err);
	unsigned outcome = run_faulted(world, step, fault);
	assert_false(outcome & OUTCOME_MUTE);
	check_nothing_lost(world, what);
	if (!(outcome & OUTCOME_FAILED))
		check_tree(world, step == APPLY ? 0 : DISK_TIMES,
			step == APPLY ? &world->after : &world->before, what);
	if (fault.mode == FAULT_SHORT && outcome & OUTCOME_FAILED)
		fail_msg("%s: fails on a short write", what);
	if (fault.mode == FAULT_KILL && fault.at % 3 == 0)
		run_faulted(world, fault.at % 2 ? RECOVER : UNDO,
			(struct fault){ .mode = FAULT_KILL, .at = fault.at * 7 % 31 + 1 });
	/* Half of what was interrupted is finished first, half is taken back as it is. */
	if (step == APPLY && fault.at % 2)
		finish(world, what);
	take_back(world, what);
	return (outcome & OUTCOME_STRUCK) != 0;
}

/* How many calls a step makes when nothing goes wrong. */
static unsigned count_calls(const struct world *world, enum step step)
{
	struct ax_error err = { 0 };

	fill(world);
	if (step == UNDO)
		assert_ok(run_step(world, APPLY, &err), &err);
	fault_set((struct fault){ .mode = FAULT_NONE });
	assert_ok(run_step(world, step, &err), &err);
	return fault_calls();
}

enum { EVERY_CALL, WRITES, RENAMES };

/* A fault and the calls that it strikes: one in so many, of one sort. */
struct campaign {
	enum fault_mode mode;
	int error;
	unsigned sort, one_in;
};

/* The sorts of all calls of a step, and their number. */
static unsigned list_sorts(const struct world *world, enum step step, unsigned *sorts)
{
	unsigned calls = count_calls(world, step);

	assert_true(calls > 20 && calls < CALLS_MAX);
	for (unsigned i = 1; i <= calls; i++) {
		const char *name = fault_name(i);
		sorts[i] = strstr(name, "write") || strstr(name, "copy_") ? WRITES
			   : strstr(name, "rename")                       ? RENAMES
									  : EVERY_CALL;
	}
	return calls;
}

static void strike_everywhere(const struct world *world, enum step step,
	const struct campaign *campaigns, size_t n)
{
	unsigned sorts[CALLS_MAX];
	unsigned calls = list_sorts(world, step, sorts);

	for (size_t i = 0; i < n; i++) {
		const struct campaign *campaign = &campaigns[i];
		unsigned struck = 0;
		unsigned tried = 0;
		for (unsigned at = 1; at <= calls; at++) {
			struct fault fault = { campaign->mode, campaign->error, at, NULL,
				NULL };
			if ((campaign->sort && campaign->sort != sorts[at]) ||
				at % campaign->one_in)
				continue;
			tried++;
			struck += strike(world, step, fault);
		}
		assert_true(tried && struck == tried);
	}
}

static const struct campaign campaigns[] = {
	{ FAULT_KILL, 0, EVERY_CALL, 1 },
	{ FAULT_TORN, 0, WRITES, 1 },
	{ FAULT_SHORT, 0, WRITES, 1 },
	{ FAULT_ERROR, EIO, EVERY_CALL, 1 },
	{ FAULT_ERROR, ENOSPC, EVERY_CALL, 3 },
	{ FAULT_STICKY, EIO, EVERY_CALL, 2 },
};

static void test_apply(void **state)
{
	strike_everywhere(*state, APPLY, campaigns, COUNT(campaigns));
}

static void test_undo(void **state)
{
	strike_everywhere(*state, UNDO, campaigns, COUNT(campaigns));
}

/* renameat2() without RENAME_NOREPLACE, and one that does not cross what looks like one device. */
static void test_renames_that_cannot_be(void **state)
{
	static const struct campaign renames[] = {
		{ FAULT_ERROR, EINVAL, RENAMES, 1 },
		{ FAULT_ERROR, EXDEV, RENAMES, 1 },
	};

	strike_everywhere(*state, APPLY, renames, COUNT(renames));
	strike_everywhere(*state, UNDO, renames, COUNT(renames));
}

/*
 * Somebody writes to a file that moves, at any moment: what was written is never lost. But for
 * the instant between the last look at a file and the call that removes or replaces it, which no
 * system call closes.
 */

struct meddler {
	const struct disk_tree *tree;
	const char *path;
	bool has_written;
};

static const char extra[] = " and more";

static void append_extra(void *argument)
{
	struct meddler *meddler = argument;
	int fd = openat(meddler->tree->fd, meddler->path, O_WRONLY | O_APPEND);

	meddler->has_written = fd >= 0 && dprintf(fd, extra) == (int)strlen(extra);
	if (fd >= 0)
		close(fd);
}

/* A file that somebody writes to, and what it may then hold. */
struct meddled {
	const char *path;
	const char *contents[2];
};

static const struct meddled meddled[] = {
	{ "out/ck1", { "the first checkpoint and more", "" } },
	{ "out/ck2", { "the second checkpoint and more", "" } },
	{ "other/file", { "on another file system and more", "" } },
	{ "justfile", { "run out/ck1 --also out/ck1\n and more",
			      "run out/runs/r1/train --also out/runs/r1/train\n and more" } },
};

/* How disk_describe() shows a content. */
static bool has_content(const struct ax_buf *description, const char *content)
{
	struct disk_tree alone;
	struct ax_buf line = { 0 };

	disk_tree_make(&alone);
	disk_file(&alone, "file", content);
	disk_describe(&alone, DISK_CONTENTS, &line);
	bool has = ax_str_contains(ax_buf_str(description), ax_buf_str(&line));
	disk_tree_remove(&alone);
	ax_buf_free(&line);
	return has;
}

static void check_written(const struct world *world, const struct meddled *file, unsigned at)
{
	struct ax_buf now = { 0 };

	disk_describe(&world->tree, DISK_CONTENTS, &now);
	if (!has_content(&now, file->contents[0]) && !has_content(&now, file->contents[1]))
		fail_msg("%s, written to at call %u, is lost:\n%s", file->path, at,
			ax_buf_text(&now));
	ax_buf_free(&now);
}

static void meddle(const struct world *world, const struct meddled *file, unsigned at)
{
	struct meddler meddler = { &world->tree, file->path, false };
	struct ax_error err = { 0 };

	fill(world);
	fault_set((struct fault){ FAULT_MEDDLE, 0, at, append_extra, &meddler });
	int status = run_step(world, APPLY, &err);
	fault_set((struct fault){ .mode = FAULT_NONE });
	if (status < 0)
		assert_true(err.code == AX_EREFUSED || err.code == AX_EPARTLY);
	for (enum step step = RECOVER; meddler.has_written && step <= UNDO; step++) {
		check_written(world, file, at);
		/* Both may have to leave the file alone, and say so. */
		if (run_step(world, step, &err) < 0)
			assert_true(err.code == AX_EREFUSED || err.code == AX_EPARTLY);
	}
	if (meddler.has_written)
		check_written(world, file, at);
}

/* Whether that call is one that acts on what was just looked at. */
static bool is_final(const char *name)
{
	return strcmp(name, "unlinkat") == 0 || strcmp(name, "renameat") == 0;
}

static void test_meddling(void **state)
{
	const struct world *world = *state;
	unsigned calls = count_calls(world, APPLY);
	bool finals[CALLS_MAX];
	unsigned first = 1; /* call behind which there is a plan */

	while (first < calls && strcmp(fault_name(first), "pwrite") != 0)
		first++;
	for (unsigned at = first; at <= calls; at++)
		finals[at] = is_final(fault_name(at));
	for (size_t i = 0; i < COUNT(meddled); i++) {
		if (!world->has_second && strncmp(meddled[i].path, "other/", 6) == 0)
			continue;
		for (unsigned at = first; at <= calls; at++) {
			if (!finals[at])
				meddle(world, &meddled[i], at);
		}
	}
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct ax_error err = { 0 };

	disk_tree_make(&world->tree);
	world->has_second = disk_mount(&world->tree, "other", "size=8m");
	fill(world);
	disk_describe(&world->tree, DISK_TIMES, &world->before);
	disk_describe(&world->tree, DISK_CONTENTS, &world->before_contents);
	if (run_step(world, APPLY, &err) < 0)
		fail_msg("%s", err.message);
	disk_describe(&world->tree, 0, &world->after);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	disk_tree_remove(&world->tree);
	ax_buf_free(&world->before);
	ax_buf_free(&world->before_contents);
	ax_buf_free(&world->after);
	free(world);
	return 0;
}

enum { SYNCS_MAX = 8 };

/* Which of the calls were an fsync. */
static unsigned find_syncs(unsigned syncs[SYNCS_MAX])
{
	unsigned n = 0;

	for (unsigned i = 1; i <= fault_calls() && n < SYNCS_MAX; i++) {
		if (strcmp(fault_name(i), "fsync") == 0)
			syncs[n++] = i;
	}
	return n;
}

/* The first journal lies in directories that are new: both names are made durable. */
static void test_new_store(void **state)
{
	struct reorg_store *store = NULL;
	struct disk_tree tree;
	struct ax_error err = { 0 };
	unsigned syncs[SYNCS_MAX];

	(void)state;
	disk_tree_make(&tree);
	fault_set((struct fault){ .mode = FAULT_NONE });
	assert_ok(reorg_store_open(tree.fd, ".artidx/journal", &store, &err), &err);
	assert_int_equal(find_syncs(syncs), 2);
	reorg_store_close(store);
	for (unsigned i = 0; i < 2; i++) {
		disk_tree_empty(&tree);
		fault_set((struct fault){
			.mode = FAULT_ERROR, .error = EINTR, .at = syncs[i] });
		assert_ok(reorg_store_open(tree.fd, ".artidx/journal", &store, &err), &err);
		assert_true(fault_struck());
		reorg_store_close(store);
	}
	fault_set((struct fault){ .mode = FAULT_NONE });
	disk_tree_remove(&tree);
}

/* A signal does not keep the history of moves from being durable. */
static void test_interrupted_history(void **state)
{
	struct idx_move move = { .from = AX_STR("a"), .to = AX_STR("b") };
	struct idx_history *history = NULL;
	struct disk_tree tree;
	struct ax_error err = { 0 };
	char path[PATH_MAX];

	(void)state;
	disk_tree_make(&tree);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/history", tree.fd);
	assert_ok(idx_history_open(path, &history, &err), &err);
	assert_ok(idx_history_append(history, &move, &err), &err);
	fault_set((struct fault){ .mode = FAULT_ERROR, .error = EINTR, .at = 1 });
	assert_ok(idx_history_sync(history, &err), &err);
	assert_true(fault_struck());
	fault_set((struct fault){ .mode = FAULT_NONE });
	idx_history_close(history);
	disk_tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_renames_that_cannot_be),
		cmocka_unit_test(test_meddling),
		cmocka_unit_test(test_new_store),
		cmocka_unit_test(test_interrupted_history),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
