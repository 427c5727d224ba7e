#include "tests/unit/unit.h"

#include "query/mistake.h"

static void show(size_t n, const char *const *arguments, struct qry_span place,
	const char *text)
{
	struct qry_mistake mistake = { .has_place = true, .place = place };
	struct ax_buf buf = { 0 };

	qry_mistake_show(&mistake, n, arguments, &buf);
	assert_buf(&buf, text);
	ax_buf_free(&buf);
}

static void carets(void **state)
{
	(void)state;
	const char *one[] = { "class:v_hak k:12" };
	const char *several[] = { "class:v_hack", "szie:5", "k:1" };
	const char *wide[] = { "\xce\xb4S:\xe8\xa1\xa8 szie:1" };
	const char *hostile[] = { "a\033[31m szie:1" };

	show(1, one, (struct qry_span){ 0, 6, 5 },
		"  class:v_hak k:12\n"
		"        ^~~~~\n");
	show(3, several, (struct qry_span){ 1, 0, 4 },
		"  class:v_hack szie:5 k:1\n"
		"               ^~~~\n");
	show(1, one, (struct qry_span){ 0, 16, 0 },
		"  class:v_hak k:12\n"
		"                  ^\n");
	show(3, several, (struct qry_span){ 3, 0, 0 },
		"  class:v_hack szie:5 k:1\n"
		"                         ^\n");
	show(1, wide, (struct qry_span){ 0, 8, 4 },
		"  \xce\xb4S:\xe8\xa1\xa8 szie:1\n"
		"        ^~~~\n");
	show(1, hostile, (struct qry_span){ 0, 7, 4 },
		"  a\\x1b[31m szie:1\n"
		"            ^~~~\n");
}

static void long_lines_are_shortened(void **state)
{
	(void)state;
	char line[301];
	const char *arguments[] = { line };
	struct qry_mistake mistake = { .has_place = true, .place = { 0, 150, 3 } };
	struct ax_buf buf = { 0 };

	memset(line, 'a', 300);
	line[300] = '\0';
	qry_mistake_show(&mistake, 1, arguments, &buf);
	assert_true(buf.len < 220);
	assert_true(ax_str_starts(ax_buf_str(&buf), AX_STR("  ...aaa")));
	assert_true(ax_str_contains(ax_buf_str(&buf), AX_STR("aaa...\n")));
	assert_true(ax_str_ends(ax_buf_str(&buf), AX_STR(" ^~~\n")));
	ax_buf_free(&buf);
}

static void no_place_shows_nothing(void **state)
{
	(void)state;
	const char *arguments[] = { "a" };
	struct qry_mistake mistake = { 0 };
	struct ax_buf buf = { 0 };

	qry_mistake_show(&mistake, 1, arguments, &buf);
	assert_int_equal(buf.len, 0);
}

static void guesses(void **state)
{
	(void)state;
	static const char *const candidates[] = { "size", "status", "step", "n_layers", "k",
		"hack_rate", "class" };
	static const struct {
		const char *name, *best;
	} cases[] = {
		{ "szie", "size" },
		{ "SIZE", "size" },
		{ "clas", "class" },
		{ "klass", "class" },
		{ "hackrate", "hack_rate" },
		{ "hack", "hack_rate" },
		{ "layers", "n_layers" },
		{ "x", "" },
		{ "mtime", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct qry_guess guess;

		qry_guess_begin(&guess, ax_str_from(cases[i].name));
		for (size_t j = 0; j < COUNT(candidates); j++)
			qry_guess_offer(&guess, ax_str_from(candidates[j]));
		assert_str_equal(qry_guess_best(&guess), ax_str_from(cases[i].best));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carets),
		cmocka_unit_test(long_lines_are_shortened),
		cmocka_unit_test(no_place_shows_nothing),
		cmocka_unit_test(guesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
