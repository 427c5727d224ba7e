#include "tests/unit/unit.h"

#include "base/path.h"

static void parts(void **state)
{
	(void)state;
	static const struct {
		const char *path, *dir, *name, *extension;
	} cases[] = {
		{ "out/a.jsonl.gz", "out", "a.jsonl.gz", ".gz" },
		{ "a", "", "a", "" },
		{ "", "", "", "" },
		{ "/a", "", "a", "" },
		{ "a/", "a", "", "" },
		{ "a.b/c", "a.b", "c", "" },
		{ ".x", "", ".x", "" },
		{ "x.", "", "x.", "" },
		{ "...", "", "...", "" },
		{ "..x.y", "", "..x.y", ".y" },
		{ "a..b", "", "a..b", ".b" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ax_str path = ax_str_from(cases[i].path);
		assert_str_equal(ax_path_dir(path), ax_str_from(cases[i].dir));
		assert_str_equal(ax_path_name(path), ax_str_from(cases[i].name));
		assert_str_equal(ax_path_extension(path), ax_str_from(cases[i].extension));
	}
	assert_str(ax_path_name(ax_str(NULL, 0)), "");
}

static void joining(void **state)
{
	(void)state;
	static const struct {
		const char *dir, *name, *path;
	} cases[] = {
		{ "a", "b", "a/b" },
		{ "", "b", "b" },
		{ "a", "", "a" },
		{ "/", "b", "/b" },
		{ "", "", "" },
	};
	struct ax_buf buf = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_path_join(&buf, ax_str_from(cases[i].dir), ax_str_from(cases[i].name));
		assert_buf(&buf, cases[i].path);
	}
	ax_buf_free(&buf);
}

static void resolving(void **state)
{
	(void)state;
	static const struct {
		const char *cwd, *path, *resolved;
	} cases[] = {
		{ "/w", "a", "/w/a" },
		{ "/w", "", "/w" },
		{ "/w", ".", "/w" },
		{ "/w/x", "../a/./b//c/", "/w/a/b/c" },
		{ "/w", "../../../..", "/" },
		{ "/", "a/..", "/" },
		{ "/w", "/a/../b", "/b" },
		{ "//w//", "...", "/w/..." },
		{ "/w/../v", "a..", "/v/a.." },
	};
	struct ax_buf buf = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_path_resolve(&buf, ax_str_from(cases[i].cwd), ax_str_from(cases[i].path));
		assert_buf(&buf, cases[i].resolved);
	}
	/* What was in the buffer before is not a part of the path. */
	ax_buf_append_text(&buf, "x/y");
	ax_path_resolve(&buf, AX_STR("/"), AX_STR("../.."));
	assert_buf(&buf, "x/y/");
	ax_buf_free(&buf);
}

static void relative_to_a_root(void **state)
{
	(void)state;
	static const struct {
		const char *root, *path, *relative;
	} cases[] = {
		{ "/w", "/w/a/b", "a/b" },
		{ "/w", "/w", "" },
		{ "/w", "/wx", NULL },
		{ "/w", "/", NULL },
		{ "/", "/a", "a" },
		{ "/", "/", "" },
		{ "/w", "w/a", NULL },
		{ "/", "a", NULL },
	};
	struct ax_buf buf = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		bool is_below = ax_path_relative(&buf, ax_str_from(cases[i].root),
			ax_str_from(cases[i].path));
		assert_int_equal(is_below, cases[i].relative != NULL);
		assert_buf(&buf, cases[i].relative ? cases[i].relative : "");
	}
	ax_buf_free(&buf);
}

static void below(void **state)
{
	(void)state;
	assert_true(ax_path_below(AX_STR("a/b"), AX_STR("a")));
	assert_true(ax_path_below(AX_STR("a"), AX_STR("a")));
	assert_true(ax_path_below(AX_STR("a"), AX_STR("")));
	assert_true(ax_path_below(AX_STR(""), AX_STR("")));
	assert_false(ax_path_below(AX_STR("ab"), AX_STR("a")));
	assert_false(ax_path_below(AX_STR(""), AX_STR("a")));
}

static void components(void **state)
{
	(void)state;
	static const char *const expected[] = { "a", "..", "b" };
	struct ax_str rest = AX_STR("//a/..//b/");
	struct ax_str component = { 0 };

	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_true(ax_path_next(&rest, &component));
		assert_str_equal(component, ax_str_from(expected[i]));
	}
	assert_false(ax_path_next(&rest, &component));
	rest = ax_str(NULL, 0);
	assert_false(ax_path_next(&rest, &component));
}

static void safety(void **state)
{
	(void)state;
	static const struct {
		struct ax_str path;
		bool is_safe;
	} cases[] = {
		{ { "a", 1 }, true },
		{ { "a/b.c/...", 9 }, true },
		{ { "\xff\n", 2 }, true },
		{ { "", 0 }, false },
		{ { NULL, 0 }, false },
		{ { "/", 1 }, false },
		{ { "/a", 2 }, false },
		{ { "a/", 2 }, false },
		{ { "a//b", 4 }, false },
		{ { ".", 1 }, false },
		{ { "..", 2 }, false },
		{ { "a/../b", 6 }, false },
		{ { "a/.", 3 }, false },
		{ { "a\0b", 3 }, false },
	};
	char longest[4096];

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(ax_path_is_safe(cases[i].path), cases[i].is_safe);
		assert_int_equal(ax_path_is_normal(cases[i].path), cases[i].is_safe);
	}
	memset(longest, 'a', sizeof(longest));
	assert_true(ax_path_is_safe(ax_str(longest, 4095)));
	assert_false(ax_path_is_safe(ax_str(longest, 4096)));
	assert_true(ax_path_is_normal(ax_str(longest, 4096)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(joining),
		cmocka_unit_test(resolving),
		cmocka_unit_test(relative_to_a_root),
		cmocka_unit_test(below),
		cmocka_unit_test(components),
		cmocka_unit_test(safety),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
