#include "tests/unit/unit.h"

#include <limits.h>
#include <strings.h>

static const struct ax_str null_str = { NULL, 0 };

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

static void equality_and_order(void **state)
{
	(void)state;
	static const struct {
		struct ax_str a, b;
		int order;
	} cases[] = {
		{ { "", 0 }, { NULL, 0 }, 0 }, { { "a", 1 }, { NULL, 0 }, 1 },
		{ { "a", 1 }, { "ab", 2 }, -1 }, { { "b", 1 }, { "ab", 2 }, 1 },
		{ { "a\0b", 3 }, { "a\0c", 3 }, -1 },
		{ { "\x7f", 1 }, { "\x80", 1 }, -1 }, /* bytes have no sign */
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(sign(ax_str_compare(cases[i].a, cases[i].b)), cases[i].order);
		assert_int_equal(sign(ax_str_compare(cases[i].b, cases[i].a)), -cases[i].order);
		assert_int_equal(ax_str_equal(cases[i].a, cases[i].b), cases[i].order == 0);
	}
}

static void containment(void **state)
{
	(void)state;
	static const struct {
		struct ax_str s, needle;
		bool exactly, folded;
	} cases[] = {
		{ { "v_Hack", 6 }, { "Hack", 4 }, true, true },
		{ { "v_Hack", 6 }, { "hACK", 4 }, false, true },
		{ { "v_Hack", 6 }, { "v_Hack2", 7 }, false, false },
		{ { "abc", 3 }, { "", 0 }, true, true },
		{ { NULL, 0 }, { "", 0 }, true, true },
		{ { NULL, 0 }, { "a", 1 }, false, false },
		{ { "a\0b", 3 }, { "\0b", 2 }, true, true },
		{ { "a\0b", 3 }, { "\0c", 2 }, false, false },  /* not up to the NUL only */
		{ { "\xc4", 1 }, { "\xe4", 1 }, false, false }, /* ASCII alone is folded */
		{ { "@[", 2 }, { "`{", 2 }, false, false },
		{ { "xxab", 4 }, { "AB", 2 }, false, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(ax_str_contains(cases[i].s, cases[i].needle),
			cases[i].exactly);
		assert_int_equal(ax_str_contains_nocase(cases[i].s, cases[i].needle),
			cases[i].folded);
	}
}

/* Wherever it stands, and however long what is around it. */
static void caseless_search_finds_every_place(void **state)
{
	(void)state;
	char text[200];

	for (size_t len = 0; len <= sizeof(text); len += 7) {
		for (size_t at = 0; at + 3 <= len; at++) {
			memset(text, 'a', sizeof(text));
			memcpy(text + at, "A[z", 3);
			assert_true(ax_str_contains_nocase(ax_str(text, len), AX_STR("a[Z")));
			assert_false(ax_str_contains_nocase(ax_str(text, len), AX_STR("a{z")));
			assert_false(ax_str_contains_nocase(ax_str(text, at + 2),
				AX_STR("[z")));
		}
	}
}

/* Needles of all lengths, in texts of the same few letters. */
static void caseless_search_agrees_with_its_definition(void **state)
{
	(void)state;
	static const char letters[] = "aAbB";
	uint32_t seed = 1;
	char text[150], needle[6];
	unsigned found = 0;

	for (unsigned round = 0; round < 20000; round++) {
		size_t len = round % sizeof(text), n = 1 + round % sizeof(needle);
		bool is_there = false;

		for (size_t i = 0; i < len; i++)
			text[i] = letters[(seed = seed * 1664525 + 1013904223) >> 16 & 3];
		for (size_t i = 0; i < n; i++)
			needle[i] = letters[(seed = seed * 1664525 + 1013904223) >> 16 & 3];
		if (round % 3 == 0)
			needle[n / 2] = '_';
		if (round % 6 == 0 && len > n)
			memcpy(text + seed % (len - n), needle, n);
		for (size_t at = 0; at + n <= len; at++)
			is_there = is_there || strncasecmp(text + at, needle, n) == 0;
		assert_int_equal(ax_str_contains_nocase(ax_str(text, len), ax_str(needle, n)),
			is_there);
		found += is_there;
	}
	assert_in_range(found, 5000, 15000);
}

static void both_ends(void **state)
{
	(void)state;
	assert_true(ax_str_starts(AX_STR("out/a"), AX_STR("out/")));
	assert_false(ax_str_starts(AX_STR("ou"), AX_STR("out")));
	assert_true(ax_str_starts(null_str, null_str));
	assert_true(ax_str_ends(AX_STR("a.gz"), AX_STR(".gz")));
	assert_false(ax_str_ends(AX_STR("gz"), AX_STR(".gz")));
	assert_true(ax_str_ends(null_str, AX_STR("")));
}

static void finding(void **state)
{
	(void)state;
	assert_int_equal(ax_str_find(AX_STR("a/b/c"), '/'), 1);
	assert_int_equal(ax_str_find_last(AX_STR("a/b/c"), '/'), 3);
	assert_int_equal(ax_str_find(AX_STR("abc"), '/'), 3);
	assert_int_equal(ax_str_find_last(AX_STR("abc"), '/'), 3);
	assert_int_equal(ax_str_find(AX_STR("a\0b"), 'b'), 2);
	assert_int_equal(ax_str_find(null_str, 'b'), 0);
	assert_int_equal(ax_str_find_last(null_str, 'b'), 0);
}

static void slices_are_clipped(void **state)
{
	(void)state;
	assert_str(ax_str_slice(AX_STR("abcd"), 1, 2), "bc");
	assert_str(ax_str_slice(AX_STR("abcd"), 3, SIZE_MAX), "d");
	assert_str(ax_str_slice(AX_STR("abcd"), SIZE_MAX, 1), "");
	assert_str(ax_str_slice(null_str, 5, 5), "");
}

static void trimming(void **state)
{
	(void)state;
	assert_str(ax_str_trim(AX_STR(" \t\n a b\r\v\f ")), "a b");
	assert_str(ax_str_trim(AX_STR(" \n ")), "");
	assert_str(ax_str_trim(AX_STR("\0 ")), "\0");
	assert_str(ax_str_trim(null_str), "");
}

static void from_and_for_c(void **state)
{
	(void)state;
	assert_str(ax_str_from("abc"), "abc");
	assert_str(ax_str_from(NULL), "");
	assert_int_equal(ax_str_printf_length(ax_str("", (size_t)INT_MAX + 1)), INT_MAX);
	assert_int_equal(ax_str_printf_length(AX_STR("abc")), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality_and_order),
		cmocka_unit_test(containment),
		cmocka_unit_test(caseless_search_finds_every_place),
		cmocka_unit_test(caseless_search_agrees_with_its_definition),
		cmocka_unit_test(both_ends),
		cmocka_unit_test(finding),
		cmocka_unit_test(slices_are_clipped),
		cmocka_unit_test(trimming),
		cmocka_unit_test(from_and_for_c),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
