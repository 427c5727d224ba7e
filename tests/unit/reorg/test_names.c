#include "tests/unit/unit.h"

#include "reorg/act.h"
#include "reorg/names.h"

enum { ACTS_MAX = 4 };

struct acts {
	struct {
		enum reorg_act_kind kind;
		const char *from, *to;
	} acts[ACTS_MAX];
	bool is_good;
};

static const struct acts cases[] = {
	{ { { REORG_MOVE, "a", "b" }, { REORG_MOVE, "c", "d/e" } }, true },
	/* a name twice */
	{ { { REORG_MOVE, "a", "b" }, { REORG_MOVE, "a", "c" } }, false },
	{ { { REORG_MOVE, "a", "c" }, { REORG_MOVE, "b", "c" } }, false },
	{ { { REORG_MOVE, "b", "c" }, { REORG_MOVE, "a", "b" } }, false },
	{ { { REORG_MOVE, "a", "b" }, { REORG_EDIT, "b", "" } }, false },
	/* what may share a name, in that order only */
	{ { { REORG_MOVE, "a", "b" }, { REORG_LINK, "", "a" } }, true },
	{ { { REORG_LINK, "", "a" }, { REORG_MOVE, "a", "b" } }, false },
	{ { { REORG_MOVE, "a", "b" }, { REORG_LINK, "", "b" } }, false },
	{ { { REORG_MOVE_DIR, "a", "b" }, { REORG_LINK, "", "a" } }, true },
	{ { { REORG_MAKE_DIR, "", "t" }, { REORG_REMOVE_DIR, "t", "" } }, true },
	{ { { REORG_REMOVE_DIR, "t", "" }, { REORG_MAKE_DIR, "", "t" } }, false },
	{ { { REORG_MAKE_DIR, "", "t" }, { REORG_MOVE, "a", "t/a" },
		  { REORG_DELETE, "t/a", "" }, { REORG_REMOVE_DIR, "t", "" } },
		true },
	{ { { REORG_MOVE, "a", "b" }, { REORG_LINK, "", "a" }, { REORG_LINK, "", "a" } },
		false },
	/* below a directory that moves whole */
	{ { { REORG_MOVE_DIR, "d", "e" }, { REORG_MOVE, "d/f", "x" } }, false },
	{ { { REORG_MOVE_DIR, "d", "e" }, { REORG_MOVE, "x", "e/f" } }, false },
	{ { { REORG_MOVE_DIR, "d", "e" }, { REORG_RETARGET, "e/l", "e/l" } }, true },
	{ { { REORG_MOVE_DIR, "d", "e" }, { REORG_RETARGET, "e/l", "f" } }, false },
	{ { { REORG_RETARGET, "e/l", "e/l" }, { REORG_MOVE_DIR, "d", "e" } }, false },
	{ { { REORG_MOVE_DIR, "d", "e" }, { REORG_EDIT, "e/deep/f", "" } }, true },
	{ { { REORG_MOVE_DIR, "d", "e" }, { REORG_EDIT, "d/f", "" } }, false },
	{ { { REORG_MOVE_DIR, "d", "e" }, { REORG_MOVE_DIR, "d/x", "y" } }, false },
	/* a name that only begins alike is not below */
	{ { { REORG_MOVE_DIR, "d", "e" }, { REORG_MOVE, "d.x", "e.x" } }, true },
	{ { { REORG_MOVE_DIR, "d", "e" }, { REORG_MOVE, "d.x", "q" },
		  { REORG_MOVE, "d/y", "z" } },
		false },
	/* nothing behind a delete but what tidies up */
	{ { { REORG_DELETE, "a", "" }, { REORG_DELETE, "b", "" },
		  { REORG_REMOVE_DIR, "c", "" } },
		true },
	{ { { REORG_DELETE, "a", "" }, { REORG_MOVE, "b", "c" } }, false },
	/* paths that are none */
	{ { { REORG_MOVE, "/a", "b" } }, false },
	{ { { REORG_MOVE, "a", "../b" } }, false },
	{ { { REORG_MOVE, "a/./b", "b" } }, false },
	{ { { REORG_MOVE, "a//b", "b" } }, false },
	{ { { REORG_MOVE, "a", "b/" } }, false },
};

static struct reorg_plan make_plan(const struct acts *acts, struct reorg_act *out)
{
	struct reorg_plan plan = { .acts = out };

	memset(out, 0, ACTS_MAX * sizeof(*out));
	while (plan.n_acts < ACTS_MAX && acts->acts[plan.n_acts].kind) {
		struct reorg_act *act = &out[plan.n_acts];
		act->kind = acts->acts[plan.n_acts].kind;
		act->from = ax_str_from(acts->acts[plan.n_acts].from);
		act->to = ax_str_from(acts->acts[plan.n_acts].to);
		plan.n_acts++;
	}
	return plan;
}

static void test_rules(void **state)
{
	struct reorg_act acts[ACTS_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reorg_plan plan = make_plan(&cases[i], acts);
		struct reorg_names names = { 0 };
		struct ax_error err = { 0 };
		int status = reorg_names_make(&plan, &names, &err);
		if ((status == 0) != cases[i].is_good)
			fail_msg("case %zu: %s", i, status ? err.message : "accepted");
		assert_int_equal(err.code, cases[i].is_good ? 0 : AX_EREFUSED);
		reorg_names_free(&names);
	}
}

static void test_questions(void **state)
{
	static const struct acts acts = {
		{ { REORG_MAKE_DIR, "", "out/runs" }, { REORG_MOVE, "out/a", "out/runs/a" },
			{ REORG_MOVE_DIR, "old", "out/archive" },
			{ REORG_RETARGET, "out/archive/x/l", "out/archive/x/l" } },
		true
	};
	static const struct {
		const char *path, *origin;
	} origins[] = {
		{ "out/archive/x/l", "old/x/l" },
		{ "out/archive", "old" },
		{ "out/archive.x", "out/archive.x" },
		{ "out/runs/a", "out/runs/a" },
		{ "elsewhere", "elsewhere" },
	};
	struct reorg_act array[ACTS_MAX];
	struct reorg_plan plan = make_plan(&acts, array);
	struct reorg_names names = { 0 };
	struct ax_error err = { 0 };
	struct ax_buf buf = { 0 };

	(void)state;
	assert_ok(reorg_names_make(&plan, &names, &err), &err);
	assert_true(reorg_names_leaves(&names, AX_STR("out/a")));
	assert_true(reorg_names_leaves(&names, AX_STR("old")));
	assert_false(reorg_names_leaves(&names, AX_STR("out/runs/a")));
	assert_true(reorg_names_makes_dir(&names, AX_STR("out/runs")));
	assert_false(reorg_names_makes_dir(&names, AX_STR("out")));
	for (size_t i = 0; i < COUNT(origins); i++) {
		reorg_names_origin(&names, ax_str_from(origins[i].path), &buf);
		assert_buf(&buf, origins[i].origin);
	}
	reorg_names_free(&names);
	ax_buf_free(&buf);
}

static void test_order(void **state)
{
	static const char *const ordered[] = { "", "a", "a/b", "a/b/c", "a/bc", "a-b", "a.b",
		"aa", "abcdefghi", "abcdefghi/x", "abcdefghi-" };

	(void)state;
	for (size_t i = 0; i < COUNT(ordered); i++) {
		for (size_t j = 0; j < COUNT(ordered); j++) {
			int order = reorg_path_compare(ax_str_from(ordered[i]),
				ax_str_from(ordered[j]));
			assert_int_equal(order < 0, i < j);
			assert_int_equal(order > 0, i > j);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
