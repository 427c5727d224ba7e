/* What moves where, what stays and why, and which symlinks follow. */
#include "tests/unit/unit.h"

#include "tests/unit/reorg/drafted.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void each_kind(void **state)
{
	struct drafted d;

	(void)state;
	drafted_begin(&d, "");
	drafted_basis(&d, "out/v_hack_a.safetensors", 1);
	drafted_basis(&d, "out/figs/v_hack_b.safetensors", 1);
	drafted_basis(&d, "out/vhack/v_hack_c.safetensors", 1);
	drafted_checkpoint(&d, "out/train_x_s41.safetensors");
	drafted_checkpoint(&d, "out/train_unheard_of.safetensors");
	drafted_log(&d);
	drafted_file(&d, "out/notes.txt", "text");
	drafted_file(&d, "out/broken.safetensors", "x");
	drafted_symlink(&d, "v_hack_a.safetensors", "out/latest");
	drafted_make(&d);

	drafted_moves(&d, "out/v_hack_a.safetensors", "out/vhack/v_hack_a.safetensors");
	drafted_at_home(&d, "out/figs/v_hack_b.safetensors");
	drafted_at_home(&d, "out/vhack/v_hack_c.safetensors");
	drafted_moves(&d, "out/train_x_s41.safetensors",
		"out/runs/" DRAFTED_RUN "/train.safetensors");
	drafted_stays(&d, "out/train_unheard_of.safetensors", REORG_NO_LOG, "");
	drafted_stays(&d, "out/notes.txt", REORG_UNKNOWN, "no place for class");
	drafted_stays(&d, "out/broken.safetensors", REORG_INVALID, "");
	drafted_stays(&d, "out/latest", REORG_UNKNOWN, "symlink");
	drafted_at_home(&d, "logs/" DRAFTED_RUN ".log");
	assert_int_equal(d.draft.n_dirs, 0);
	drafted_end(&d);
}

static void directories(void **state)
{
	struct drafted d;

	(void)state;
	drafted_begin(&d, "");
	drafted_pool(&d, "out/probe_distill/teacher_pool");
	drafted_file(&d, "out/probe_distill/teacher_pool/sub/notes.txt", "x");
	drafted_pool(&d, "out/probe_distill/teacher_pool-2");
	drafted_file(&d, "out/probe_distill/traj_1.txt", "x");
	drafted_file(&d, "out/probe_distill/warmupgen_1/x.txt", "x");
	drafted_basis(&d, "out/x_OLD_step_format/deep/v_hack_z.safetensors", 1);
	drafted_pool(&d, "out/x_OLD_step_format/pool");
	drafted_pool(&d, "out/pools/base_pool");
	drafted_make(&d);

	drafted_dir(&d, "out/probe_distill/teacher_pool", "out/pools/teacher_pool", 2);
	drafted_dir(&d, "out/probe_distill/teacher_pool-2", "out/pools/teacher_pool-2", 1);
	drafted_dir(&d, "out/x_OLD_step_format", "out/_archive/x_OLD_step_format", 2);
	assert_int_equal(d.draft.n_dirs, 3);
	drafted_moves(&d, "out/probe_distill/teacher_pool/sub/notes.txt",
		"out/pools/teacher_pool/sub/notes.txt");
	drafted_moves(&d, "out/x_OLD_step_format/deep/v_hack_z.safetensors",
		"out/_archive/x_OLD_step_format/deep/v_hack_z.safetensors");
	drafted_stays(&d, "out/probe_distill/traj_1.txt", REORG_UNKNOWN, "");
	drafted_stays(&d, "out/probe_distill/warmupgen_1/x.txt", REORG_UNKNOWN,
		"no place in the layout");
	drafted_at_home(&d, "out/pools/base_pool/step_000.jsonl.gz");
	drafted_end(&d);
}

static void taken_places(void **state)
{
	struct drafted d;

	(void)state;
	drafted_begin(&d, "");
	drafted_basis(&d, "out/v_hack_same.safetensors", 1);
	drafted_basis(&d, "out/vhack/v_hack_same.safetensors", 1);
	drafted_basis(&d, "out/v_hack_other.safetensors", 1);
	drafted_basis(&d, "out/vhack/v_hack_other.safetensors", 2);
	drafted_pool(&d, "out/probe_distill/teacher_pool");
	drafted_file(&d, "out/pools/teacher_pool/README", "x");
	drafted_pool(&d, "out/probe_distill/base_pool");
	drafted_file(&d, "out/pools/base_pool", "a file");
	drafted_make(&d);

	drafted_stays(&d, "out/v_hack_same.safetensors", REORG_DUPLICATE,
		"out/vhack/v_hack_same.safetensors holds the same bytes");
	drafted_stays(&d, "out/v_hack_other.safetensors", REORG_CONFLICT, "is there already");
	drafted_stays(&d, "out/probe_distill/teacher_pool/step_000.jsonl.gz", REORG_CONFLICT,
		"is there already");
	drafted_stays(&d, "out/probe_distill/base_pool/step_000.jsonl.gz", REORG_CONFLICT,
		"is there already");
	assert_int_equal(d.draft.n_moves, 0);
	assert_int_equal(d.draft.n_dirs, 0);
	drafted_end(&d);
}

static void wanted_twice(void **state)
{
	struct drafted d;

	(void)state;
	drafted_begin(&d, "{\"sort\": [\"*\", \"in/*\", \"p/*\", \"q/*\"],"
			  " \"layout\": {\"v_hack\": \"v/{stem}\", \"other\": \"v/{name}\"}}");
	drafted_basis(&d, "out/a.safetensors", 1);
	drafted_basis(&d, "out/in/a.safetensors", 2);
	drafted_basis(&d, "out/b.safetensors", 1);
	drafted_pool(&d, "out/p/pool");
	drafted_pool(&d, "out/q/pool");
	drafted_pool(&d, "out/q/other_pool");
	drafted_make(&d);

	drafted_stays(&d, "out/a.safetensors", REORG_CONFLICT, "out/v/a is wanted by several");
	drafted_stays(&d, "out/in/a.safetensors", REORG_CONFLICT, "wanted by several");
	drafted_moves(&d, "out/b.safetensors", "out/v/b");
	drafted_stays(&d, "out/p/pool/step_000.jsonl.gz", REORG_CONFLICT, "wanted by several");
	drafted_stays(&d, "out/q/pool/step_000.jsonl.gz", REORG_CONFLICT, "wanted by several");
	drafted_dir(&d, "out/q/other_pool", "out/pools/other_pool", 1);
	/* The numbers that moves have of their directories stay right when others go. */
	assert_int_equal(d.draft.n_dirs, 1);
	for (size_t i = 0; i < d.draft.n_moves; i++)
		assert_true(d.draft.moves[i].dir == REORG_NO_DIR || d.draft.moves[i].dir == 0);
	drafted_end(&d);
}

/* One is where another belongs: it goes first, and the other the next time. */
static void one_behind_the_other(void **state)
{
	static const char layout[] = "{\"sort\": [\"*\", \"v/*\"], \"layout\":"
				     " {\"v_hack\": \"v/{stem}\", \"other\": \"%s/{name}\"}}";
	char config[128];
	struct drafted d;

	(void)state;
	snprintf(config, sizeof(config), layout, "o");
	drafted_begin(&d, config);
	drafted_basis(&d, "out/a.safetensors", 1);
	drafted_file(&d, "out/v/a", "x");
	drafted_make(&d);
	drafted_moves(&d, "out/v/a", "out/o/a");
	drafted_stays(&d, "out/a.safetensors", REORG_CONFLICT,
		"out/v/a is there until it has moved itself: run reorg again then");
	drafted_end(&d);

	/* Where that one stays, nothing is promised. */
	drafted_begin(&d, config);
	drafted_basis(&d, "out/a.safetensors", 1);
	drafted_file(&d, "out/v/a", "x");
	drafted_file(&d, "out/o/a", "y");
	drafted_make(&d);
	drafted_stays(&d, "out/v/a", REORG_CONFLICT, "out/o/a is there already");
	drafted_stays(&d, "out/a.safetensors", REORG_CONFLICT, "out/v/a is there already");
	drafted_end(&d);
}

/* One file's place is a directory of another's. */
static void place_above_another(void **state)
{
	struct drafted d;

	(void)state;
	drafted_begin(&d,
		"{\"layout\": {\"v_hack\": \"v/x/{stem}\", \"other\": \"v/{stem}\"}}");
	drafted_basis(&d, "out/a.safetensors", 1);
	drafted_file(&d, "out/x.txt", "x");
	drafted_make(&d);
	drafted_stays(&d, "out/a.safetensors", REORG_CONFLICT,
		"out/v/x above its destination is wanted by another file");
	drafted_end(&d);
}

static void blocked_way(void **state)
{
	struct drafted d;

	(void)state;
	drafted_begin(&d,
		"{\"layout\": {\"v_hack\": \"v/{name}\", \"pairset\": \"w/{name}\"}}");
	drafted_basis(&d, "out/a.safetensors", 1);
	drafted_file(&d, "out/v", "a file in the way");
	drafted_make(&d);
	drafted_stays(&d, "out/a.safetensors", REORG_CONFLICT, "no directory");

	assert_int_equal(unlinkat(d.project.rootfd, "out/v", 0), 0);
	project_mkdir(&d.project, "elsewhere");
	drafted_symlink(&d, "../elsewhere", "out/v");
	drafted_make(&d);
	drafted_stays(&d, "out/a.safetensors", REORG_CONFLICT, "no directory");
	drafted_end(&d);
}

static void name_too_long(void **state)
{
	char path[300] = "out/";
	struct drafted d;

	(void)state;
	memset(path + 4, 'n', 246);
	strcpy(path + 250, ".txt");
	drafted_begin(&d, "{\"layout\": {\"other\": \"misc/prefix_{name}\"}}");
	drafted_file(&d, path, "x");
	drafted_make(&d);
	drafted_stays(&d, path, REORG_CONFLICT, "255");
	drafted_end(&d);
}

static struct ax_str target_of(const struct drafted *d, const char *path)
{
	for (size_t i = 0; i < d->draft.n_retargets; i++) {
		if (ax_str_equal(d->draft.retargets[i].path, ax_str_from(path)))
			return d->draft.retargets[i].new_target;
	}
	return AX_STR("(as it is)");
}

static void symlinks(void **state)
{
	struct drafted d;
	char absolute[160], expected[160];

	(void)state;
	drafted_begin(&d, "");
	drafted_basis(&d, "out/v_hack_a.safetensors", 1);
	drafted_file(&d, "out/figs/plot.png", "x");
	drafted_pool(&d, "out/probe_distill/teacher_pool");
	drafted_symlink(&d, "v_hack_a.safetensors", "out/relative");
	drafted_symlink(&d, "../v_hack_a.safetensors", "out/figs/up");
	snprintf(absolute, sizeof(absolute), "%s/out/v_hack_a.safetensors", d.project.root);
	drafted_symlink(&d, absolute, "out/absolute");
	drafted_symlink(&d, "probe_distill/teacher_pool", "out/pool");
	drafted_symlink(&d, "probe_distill/teacher_pool/step_000.jsonl.gz", "out/step");
	drafted_symlink(&d, "figs/plot.png", "out/stays");
	drafted_symlink(&d, "nowhere", "out/dangling");
	drafted_symlink(&d, "/dev/null", "out/outside");
	drafted_symlink(&d, "relative", "out/second");
	drafted_symlink(&d, "self", "out/self");
	/* Links that move with their directory: inside it, and out of it. */
	drafted_symlink(&d, "step_000.jsonl.gz", "out/probe_distill/teacher_pool/in");
	drafted_symlink(&d, "../../figs/plot.png", "out/probe_distill/teacher_pool/out");
	drafted_make(&d);

	assert_str(target_of(&d, "out/relative"), "vhack/v_hack_a.safetensors");
	assert_str(target_of(&d, "out/figs/up"), "../vhack/v_hack_a.safetensors");
	snprintf(expected, sizeof(expected), "%s/out/vhack/v_hack_a.safetensors",
		d.project.root);
	assert_str_equal(target_of(&d, "out/absolute"), ax_str_from(expected));
	assert_str(target_of(&d, "out/pool"), "pools/teacher_pool");
	assert_str(target_of(&d, "out/step"), "pools/teacher_pool/step_000.jsonl.gz");
	assert_str(target_of(&d, "out/stays"), "(as it is)");
	assert_str(target_of(&d, "out/dangling"), "(as it is)");
	assert_str(target_of(&d, "out/outside"), "(as it is)");
	assert_str(target_of(&d, "out/second"), "(as it is)");
	assert_str(target_of(&d, "out/self"), "(as it is)");
	drafted_stays(&d, "out/relative", REORG_UNKNOWN,
		"a symlink: it stays, and follows its target");
	drafted_stays(&d, "out/dangling", REORG_UNKNOWN,
		"a symlink to nowhere, which is not there");
	drafted_stays(&d, "out/outside", REORG_UNKNOWN,
		"a symlink to /dev/null, which is not in the project");
	drafted_stays(&d, "out/self", REORG_UNKNOWN,
		"a symlink to self, which leads in a circle");
	assert_str(target_of(&d, "out/probe_distill/teacher_pool/in"), "(as it is)");
	/* As deep as before: the same text is right. */
	assert_str(target_of(&d, "out/probe_distill/teacher_pool/out"), "(as it is)");
	drafted_end(&d);
}

/* Links whose directory gets deeper, through other links and under another name of the root. */
static void symlinks_the_hard_way(void **state)
{
	struct drafted d;
	char text[160], alias[96];

	(void)state;
	drafted_begin(&d, "{\"layout\": {\"pool\": \"sorted/pools/all/{pool}/\"}}");
	drafted_basis(&d, "out/v_hack_a.safetensors", 1);
	drafted_file(&d, "out/figs/plot.png", "x");
	drafted_pool(&d, "out/pool");
	drafted_symlink(&d, "../figs/plot.png", "out/pool/out");
	drafted_symlink(&d, "first", "out/pool/second");
	drafted_symlink(&d, "step_000.jsonl.gz", "out/pool/first");
	drafted_symlink(&d, "figs", "out/pictures");
	drafted_symlink(&d, "../pictures/plot.png", "out/pool/through");
	drafted_symlink(&d, ".", "out/here");
	drafted_symlink(&d, "here/v_hack_a.safetensors", "out/by_here");
	snprintf(text, sizeof(text), "%s/out/pool/first", d.project.root);
	drafted_symlink(&d, text, "out/pool/absolute");
	snprintf(alias, sizeof(alias), "%s-alias", d.project.root);
	assert_int_equal(symlink(d.project.root, alias), 0);
	snprintf(text, sizeof(text), "%s/out/v_hack_a.safetensors", alias);
	drafted_symlink(&d, text, "out/by_alias");
	drafted_make(&d);
	assert_int_equal(unlink(alias), 0);

	drafted_dir(&d, "out/pool", "out/sorted/pools/all/pool", 6);
	assert_str(target_of(&d, "out/pool/out"), "../../../../figs/plot.png");
	assert_str(target_of(&d, "out/pool/second"), "(as it is)");
	assert_str(target_of(&d, "out/pool/first"), "(as it is)");
	assert_str(target_of(&d, "out/pool/through"), "../../../../figs/plot.png");
	assert_str(target_of(&d, "out/by_here"), "vhack/v_hack_a.safetensors");
	snprintf(text, sizeof(text), "%s/out/sorted/pools/all/pool/first", d.project.root);
	assert_str_equal(target_of(&d, "out/pool/absolute"), ax_str_from(text));
	snprintf(text, sizeof(text), "%s/out/vhack/v_hack_a.safetensors", d.project.root);
	assert_str_equal(target_of(&d, "out/by_alias"), ax_str_from(text));
	drafted_end(&d);
}

static void held_back(void **state)
{
	struct drafted d;
	struct ax_error err = { 0 };
	struct ax_arena arena = { 0 };
	struct ax_str to;

	(void)state;
	drafted_begin(&d, "");
	drafted_basis(&d, "out/v_hack_a.safetensors", 1);
	drafted_basis(&d, "out/v_hack_b.safetensors", 1);
	drafted_pool(&d, "out/probe_distill/a_pool");
	drafted_pool(&d, "out/probe_distill/teacher_pool");
	drafted_file(&d, "out/probe_distill/teacher_pool/x", "x");
	drafted_make(&d);

	const struct reorg_hold holds[] = {
		{ AX_STR("out/v_hack_a.safetensors"), REORG_IN_USE,
			AX_STR("open in process 7") },
		{ AX_STR("out/probe_distill/teacher_pool/x"), REORG_IN_USE,
			AX_STR("open in process 8") },
	};
	assert_ok(reorg_draft_hold(&d.draft, holds, COUNT(holds), &err), &err);
	drafted_stays(&d, "out/v_hack_a.safetensors", REORG_IN_USE, "process 7");
	drafted_moves(&d, "out/v_hack_b.safetensors", "out/vhack/v_hack_b.safetensors");
	drafted_stays(&d, "out/probe_distill/teacher_pool/x", REORG_IN_USE, "process 8");
	drafted_stays(&d, "out/probe_distill/teacher_pool/step_000.jsonl.gz", REORG_IN_USE,
		"process 8");
	drafted_dir(&d, "out/probe_distill/a_pool", "out/pools/a_pool", 1);
	assert_int_equal(d.draft.n_dirs, 1);

	/* Where paths are after the moves. */
	assert_int_equal(reorg_draft_destination(&d.draft, AX_STR("out/v_hack_a.safetensors"),
				 &arena, &to, &err),
		0);
	assert_int_equal(reorg_draft_destination(&d.draft,
				 AX_STR("out/probe_distill/a_pool/not/yet"), &arena, &to, &err),
		1);
	assert_str(to, "out/pools/a_pool/not/yet");
	assert_int_equal(reorg_draft_destination(&d.draft, AX_STR("out/probe_distill/a_pool"),
				 &arena, &to, &err),
		1);
	assert_str(to, "out/pools/a_pool");
	assert_int_equal(reorg_draft_destination(&d.draft, AX_STR("out/probe_distill/a_pool-2"),
				 &arena, &to, &err),
		0);
	ax_arena_free(&arena);
	drafted_end(&d);
}

/* A layout may ask for a directory to go below itself, or below another one that goes. */
static void into_itself(void **state)
{
	static const char first[] = "out/probe_distill/a_pool/step_000.jsonl.gz";
	static const char second[] = "out/probe_distill/b_pool/step_000.jsonl.gz";
	struct drafted d;

	(void)state;
	drafted_begin(&d, "{\"layout\": {\"pool\": \"probe_distill/{pool}/in/\"}}");
	drafted_pool(&d, "out/probe_distill/a_pool");
	drafted_make(&d);
	drafted_stays(&d, first, REORG_CONFLICT, "its place would be in itself");
	assert_int_equal(d.draft.n_dirs, 0);
	drafted_end(&d);

	drafted_begin(&d, "{\"layout\": {\"pool\": \"probe_distill/a_pool/{pool}/\"}}");
	drafted_pool(&d, "out/probe_distill/a_pool");
	drafted_pool(&d, "out/probe_distill/b_pool");
	drafted_make(&d);
	drafted_stays(&d, first, REORG_CONFLICT, "its place would be in itself");
	drafted_stays(&d, second, REORG_CONFLICT,
		"out/probe_distill/a_pool above its destination");
	drafted_end(&d);
}

/* Pools may stay where others are sorted away. */
static void pool_at_home(void **state)
{
	struct drafted d;

	(void)state;
	drafted_begin(&d, "{\"layout\": {\"pool\": \"probe_distill/{pool}/\"}}");
	drafted_pool(&d, "out/probe_distill/a_pool");
	drafted_file(&d, "out/probe_distill/odd/notes.txt", "x");
	drafted_make(&d);
	drafted_at_home(&d, "out/probe_distill/a_pool/step_000.jsonl.gz");
	drafted_stays(&d, "out/probe_distill/odd/notes.txt", REORG_UNKNOWN, "no place");
	drafted_end(&d);
}

/* A link to something held back stays as it is: it must not point at where nothing is. */
static void held_back_with_links(void **state)
{
	struct drafted d;
	struct ax_error err = { 0 };

	(void)state;
	drafted_begin(&d, "");
	drafted_basis(&d, "out/v_hack_a.safetensors", 1);
	drafted_basis(&d, "out/v_hack_b.safetensors", 1);
	drafted_symlink(&d, "v_hack_a.safetensors", "out/a");
	drafted_symlink(&d, "v_hack_b.safetensors", "out/b");
	drafted_make(&d);
	const struct reorg_hold open = { AX_STR("out/v_hack_a.safetensors"), REORG_IN_USE,
		AX_STR("open") };
	assert_ok(reorg_draft_hold(&d.draft, &open, 1, &err), &err);
	assert_str(target_of(&d, "out/a"), "(as it is)");
	assert_str(target_of(&d, "out/b"), "vhack/v_hack_b.safetensors");
	drafted_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),
		cmocka_unit_test(directories),
		cmocka_unit_test(taken_places),
		cmocka_unit_test(wanted_twice),
		cmocka_unit_test(one_behind_the_other),
		cmocka_unit_test(place_above_another),
		cmocka_unit_test(into_itself),
		cmocka_unit_test(pool_at_home),
		cmocka_unit_test(blocked_way),
		cmocka_unit_test(name_too_long),
		cmocka_unit_test(symlinks),
		cmocka_unit_test(symlinks_the_hard_way),
		cmocka_unit_test(held_back),
		cmocka_unit_test(held_back_with_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
