#include "tests/unit/unit.h"

#include "base/pattern.h"

static const struct {
	const char *glob, *text;
	bool is_match;
} glob_cases[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "abc", "abc", true },
	{ "abc", "abcd", false },
	{ "abcd", "abc", false },
	{ "*", "", true },
	{ "*", "abc", true },
	{ "*", "a/b", false },
	{ "*.py", "x.py", true },
	{ "*.py", "a/x.py", false },
	{ "a*b*c", "axxbxxbxc", true },
	{ "a*b*c", "axxbxxbx", false },
	{ "*a/*b", "xa/yb", true },
	{ "*a/*b", "xa/y/b", false },
	{ "a?c", "abc", true },
	{ "a?c", "a/c", false },
	{ "a?c", "ac", false },
	{ "?S/x", "\xce\xb4S/x", true }, /* one character, two bytes */
	{ "?", "\xff", true },           /* no character, one byte */
	{ "??", "\xff", false },
	{ "\xff", "\xff", true },
	{ "\xff", "\xfe", false },
	{ "[\xce\xb4"
	  "a]x",
		"\xce\xb4x", true },
	{ "[a-c]x", "bx", true },
	{ "[a-c]x", "dx", false },
	{ "[!a-c]x", "dx", true },
	{ "[^a-c]x", "bx", false },
	{ "a[!b]c", "a/c", false },
	{ "a[/]c", "a/c", false },
	{ "[]a]", "]", true },
	{ "[!]a]", "]", false },
	{ "[a-]", "-", true },
	{ "[a-]", "b", false },
	{ "[\\]]", "]", true },
	{ "[abc", "[abc", true }, /* no end: it stands for itself */
	{ "[abc", "a", false },
	{ "[", "[", true },
	{ "[!", "[!", true },
	{ "[a-", "[a-", true },
	{ "\\*", "*", true },
	{ "\\*", "a", false },
	{ "\\[a]", "[a]", true },
	{ "a\\", "a\\", true },
	{ "**", "", true },
	{ "**", "a/b/c", true },
	{ "out/**", "out/a", true },
	{ "out/**", "out/a/b", true },
	{ "out/**", "out", false },
	{ "out/**", "outer/a", false },
	{ "**/x", "x", true },
	{ "**/x", "a/b/x", true },
	{ "**/x", "ax", false },
	{ "a/**/b", "a/b", true },
	{ "a/**/b", "a/x/y/b", true },
	{ "a/**/b", "a/xb", false },
	{ "a/**/**/b", "a/b", true },
	{ "src/**/*.py", "src/x.py", true },
	{ "src/**/*.py", "src/a/b/x.py", true },
	{ "src/**/*.py", "src/a/b/x.pyc", false },
	{ "a/**/c*d", "a/x/cq/y/cqd", true },
	{ "a**b", "a/x/b", true },
	{ "**a*c**", "x/ab/ac/d", true },
	{ "***", "a/b", true },
	{ "*/**/x", "a/x", true },
	{ "*/**/x", "x", false },
};

static void globs(void **state)
{
	(void)state;

	for (size_t i = 0; i < COUNT(glob_cases); i++) {
		if (ax_glob_match(ax_str_from(glob_cases[i].glob),
			    ax_str_from(glob_cases[i].text)) != glob_cases[i].is_match)
			fail_msg("\"%s\" and \"%s\"", glob_cases[i].glob, glob_cases[i].text);
	}
	assert_true(ax_glob_match(AX_STR("a?b"), AX_STR("a\0b")));
	assert_true(ax_glob_match(ax_str(NULL, 0), ax_str(NULL, 0)));
	assert_true(ax_glob_match(AX_STR("*"), ax_str(NULL, 0)));
}

/* The same by definition: slow, and too simple to be wrong. Without brackets and "**" "/". */
static bool matches_by_definition(struct ax_str glob, struct ax_str text)
{
	if (glob.len == 0)
		return text.len == 0;
	struct ax_str after = ax_str_slice(glob, 1, glob.len);
	if (glob.ptr[0] == '*') {
		bool crosses = after.len && after.ptr[0] == '*';
		while (after.len && after.ptr[0] == '*')
			after = ax_str_slice(after, 1, after.len);
		for (size_t n = 0; n <= text.len; n++) {
			if (matches_by_definition(after, ax_str_slice(text, n, text.len)))
				return true;
			if (n < text.len && text.ptr[n] == '/' && !crosses)
				return false;
		}
		return false;
	}
	if (text.len == 0 ||
		(glob.ptr[0] == '?' ? text.ptr[0] == '/' : text.ptr[0] != glob.ptr[0]))
		return false;
	return matches_by_definition(after, ax_str_slice(text, 1, text.len));
}

static void globs_agree_with_their_definition(void **state)
{
	(void)state;
	static const char glob_letters[] = "ab/**?";
	static const char text_letters[] = "ab/ab";
	uint32_t seed = 1;
	char glob[8], text[10];

	for (int round = 0; round < 200000; round++) {
		struct ax_str g = { glob, 0 }, t = { text, 0 };
		seed = seed * 1664525 + 1013904223;
		for (g.len = 0; g.len < (seed >> 29) + 1; g.len++)
			glob[g.len] = glob_letters[(seed >> (g.len * 3)) * 2654435761u % 6];
		seed = seed * 1664525 + 1013904223;
		for (t.len = 0; t.len < (seed >> 29) + 2; t.len++)
			text[t.len] = text_letters[(seed >> (t.len * 2)) * 2654435761u % 5];
		if (memmem(glob, g.len, "**/", 3))
			continue;
		if (ax_glob_match(g, t) != matches_by_definition(g, t))
			fail_msg("\"%.*s\" and \"%.*s\"", AX_STR_ARG(g), AX_STR_ARG(t));
	}
}

/* A glob that would take a naive matcher longer than the universe has. */
static void globs_are_not_exponential(void **state)
{
	(void)state;
	char text[4000];

	memset(text, 'a', sizeof(text));
	assert_false(ax_glob_match(AX_STR("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"),
		ax_str(text, sizeof(text))));
	assert_false(ax_glob_match(AX_STR("**a**a**a**a**a**a**a**a**a**b"),
		ax_str(text, sizeof(text))));
}

static void what_is_a_glob(void **state)
{
	(void)state;
	assert_true(ax_glob_is_pattern(AX_STR("a*")));
	assert_true(ax_glob_is_pattern(AX_STR("a?")));
	assert_true(ax_glob_is_pattern(AX_STR("[a]")));
	assert_true(ax_glob_is_pattern(AX_STR("a\\b")));
	assert_false(ax_glob_is_pattern(AX_STR("a]{}!-\0")));
	assert_false(ax_glob_is_pattern(ax_str(NULL, 0)));
}

static void searches(void **state)
{
	(void)state;
	static const struct {
		const char *source;
		struct ax_str subject;
		unsigned flags;
		int found;
	} cases[] = {
		{ "hack", { "v_hack_full", 11 }, 0, 1 },
		{ "^hack", { "v_hack_full", 11 }, 0, 0 },
		{ "HACK", { "v_hack", 6 }, 0, 0 },
		{ "HACK", { "v_hack", 6 }, AX_PATTERN_NOCASE, 1 },
		{ "\xce\x94S", { "\xce\xb4S", 3 }, AX_PATTERN_NOCASE, 1 }, /* delta has cases */
		{ "^.S$", { "\xce\xb4S", 3 }, 0, 1 },                      /* one character */
		{ "^..S$", { "\xce\xb4S", 3 }, 0, 0 },
		{ "^.S$", { "\xffS", 2 }, 0, 1 }, /* one byte where it is not UTF-8 */
		{ "a.*z", { "a\xffz", 3 }, 0, 1 },
		{ "\\x{3b4}", { "\xce\xb4\xff", 3 }, 0, 0 }, /* means nothing in bytes */
		{ "\xff", { "a\xff", 2 }, 0, 1 },
		{ "x$", { "x\n", 2 }, 0, 0 }, /* the very end */
		{ "a.b", { "a\0b", 3 }, 0, 1 },
		{ "", { "", 0 }, 0, 1 },
		{ "^$", { NULL, 0 }, 0, 1 },
		{ "(?:a|ab)(?:c|bcd)", { "abcd", 4 }, 0, 1 },
	};
	struct ax_matcher *matcher = NULL;
	struct ax_error err = { 0 };

	assert_ok(ax_matcher_new(&matcher, &err), &err);
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		size_t k = i / 2;
		unsigned flags = cases[k].flags | (i % 2 ? AX_PATTERN_LATER : 0);
		struct ax_pattern *pattern = NULL;
		assert_ok(ax_pattern_compile(ax_str_from(cases[k].source), flags, &pattern,
				  &err),
			&err);
		for (int again = 0; again < 2; again++) {
			int found = ax_pattern_search(pattern, matcher, cases[k].subject);
			if (found != cases[k].found)
				fail_msg("case %zu: /%s/ gives %d", k, cases[k].source, found);
		}
		ax_pattern_free(pattern);
	}
	ax_matcher_free(matcher);
	ax_matcher_free(NULL);
	ax_pattern_free(NULL);
}

static void mistakes_are_located(void **state)
{
	(void)state;
	static const struct {
		const char *source, *message;
	} cases[] = {
		{ "ab(c", "regular expression, at byte 4: missing closing parenthesis" },
		{ "a**b", NULL }, /* a possessive one it is not */
		{ "[a", "regular expression, at byte 2: missing terminating ] for character "
			"class" },
		{ "\\C", NULL },
		{ "(?<n>a)(?<n>b)", NULL },
		{ "(((((a{1,9999}){1,9999}){1,9999}){1,9999}){1,9999})", NULL },
	};
	struct ax_buf many = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ax_pattern *pattern = NULL;
		struct ax_error err = { 0 };
		assert_int_equal(ax_pattern_compile(ax_str_from(cases[i].source), 0, &pattern,
					 &err),
			-1);
		assert_null(pattern);
		assert_int_equal(err.code, AX_EUSAGE);
		assert_memory_equal(err.message, "regular expression", 18);
		if (cases[i].message)
			assert_string_equal(err.message, cases[i].message);
	}
	for (int i = 0; i < 64; i++)
		ax_buf_append_text(&many, "(a)");
	struct ax_pattern *pattern = NULL;
	struct ax_error err = { 0 };
	assert_int_equal(ax_pattern_compile(ax_buf_str(&many), 0, &pattern, &err), -1);
	assert_string_equal(err.message, "regular expression: more than 63 groups");
	while (many.len <= 65536)
		ax_buf_append_text(&many, "aaaaaaaa");
	assert_int_equal(ax_pattern_compile(ax_buf_str(&many), 0, &pattern, &err), -1);
	ax_buf_free(&many);
}

/* Often enough that there is machine code for a pattern, and it is used. */
enum { OFTEN = 300 };

static void check_groups(struct ax_pattern *pattern, struct ax_pattern *other,
	struct ax_matcher *matcher)
{
	struct ax_str group = { 0 };

	assert_int_equal(ax_pattern_search(pattern, matcher, AX_STR("v_k12")), 1);
	assert_true(ax_pattern_group(pattern, matcher, "k", &group));
	assert_str(group, "12");
	assert_false(ax_pattern_group(pattern, matcher, "tail", &group));
	assert_false(ax_pattern_group(pattern, matcher, "none", &group));
	assert_false(ax_pattern_group(other, matcher, "k", &group));

	/* Of two groups of one name, the one that took part; also in text that is not UTF-8. */
	assert_int_equal(ax_pattern_search(pattern, matcher, AX_STR("\xffrank8_x")), 1);
	assert_true(ax_pattern_group(pattern, matcher, "k", &group));
	assert_str(group, "8");
	assert_true(ax_pattern_group(pattern, matcher, "tail", &group));
	assert_str(group, "_x");

	assert_int_equal(ax_pattern_search(pattern, matcher, AX_STR("nothing")), 0);
	assert_false(ax_pattern_group(pattern, matcher, "k", &group));
}

static void groups(void **state)
{
	(void)state;
	struct ax_pattern *pattern = NULL, *other = NULL;
	struct ax_matcher *matcher = NULL;
	struct ax_error err = { 0 };
	struct ax_str group = { 0 };
	static const char source[] = "(?J)k(?<k>\\d+)|rank(?<k>\\d+)(?<tail>_x)?";

	assert_ok(ax_matcher_new(&matcher, &err), &err);
	assert_ok(ax_pattern_compile(ax_str_from(source), 0, &pattern, &err), &err);
	assert_ok(ax_pattern_compile(AX_STR("(?<k>z)"), 0, &other, &err), &err);
	assert_false(ax_pattern_group(pattern, matcher, "k", &group));
	for (int i = 0; i < OFTEN; i++)
		check_groups(pattern, other, matcher);
	ax_pattern_free(pattern);
	ax_pattern_free(other);
	ax_matcher_free(matcher);
}

/* Longer than machine code has room to come back in. */
static void long_subjects(void **state)
{
	(void)state;
	enum { LENGTH = 50000 };
	struct ax_pattern *pattern = NULL;
	struct ax_matcher *matcher = NULL;
	struct ax_error err = { 0 };
	char *subject = malloc(LENGTH);

	assert_non_null(subject);
	memset(subject, 'a', LENGTH);
	assert_ok(ax_matcher_new(&matcher, &err), &err);
	assert_ok(ax_pattern_compile(AX_STR("^(?:(a)|b)*$"), 0, &pattern, &err), &err);
	assert_int_equal(ax_pattern_search(pattern, matcher, ax_str(subject, LENGTH)), 1);
	for (int i = 0; i < OFTEN; i++)
		assert_int_equal(ax_pattern_search(pattern, matcher, AX_STR("abac")), 0);
	assert_int_equal(ax_pattern_search(pattern, matcher, ax_str(subject, LENGTH)), 1);
	ax_pattern_free(pattern);
	ax_matcher_free(matcher);
	free(subject);
}

static void hostile_searches_end(void **state)
{
	(void)state;
	struct ax_pattern *pattern = NULL;
	struct ax_matcher *matcher = NULL;
	struct ax_error err = { 0 };
	struct ax_str group = { 0 };
	char subject[200];

	memset(subject, 'a', sizeof(subject));
	assert_ok(ax_matcher_new(&matcher, &err), &err);
	assert_ok(ax_pattern_compile(AX_STR("^(?<g>(a+)+)+$"), 0, &pattern, &err), &err);
	for (int i = 0; i < OFTEN; i++)
		assert_int_equal(ax_pattern_search(pattern, matcher, AX_STR("aaaa")), 1);
	subject[sizeof(subject) - 1] = 'b';
	assert_int_equal(ax_pattern_search(pattern, matcher, ax_str(subject, sizeof(subject))),
		-1);
	assert_false(ax_pattern_group(pattern, matcher, "g", &group));
	ax_pattern_free(pattern);
	ax_matcher_free(matcher);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs),
		cmocka_unit_test(globs_agree_with_their_definition),
		cmocka_unit_test(globs_are_not_exponential),
		cmocka_unit_test(what_is_a_glob),
		cmocka_unit_test(searches),
		cmocka_unit_test(mistakes_are_located),
		cmocka_unit_test(groups),
		cmocka_unit_test(long_subjects),
		cmocka_unit_test(hostile_searches_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
