#include "tests/unit/unit.h"

#include "base/arena.h"
#include "indexer/formula.h"

#include <inttypes.h>

/* Names "n0" to "n9" are numbers, "none" is absent, "text" and "number" are texts. */
enum { SLOT_NONE = 10, SLOT_TEXT, SLOT_NUMBER };

static int bind(void *context, struct ax_str name, unsigned *slot_out, struct ax_error *err)
{
	(void)context;
	if (name.len == 2 && name.ptr[0] == 'n' && name.ptr[1] >= '0' && name.ptr[1] <= '9')
		*slot_out = (unsigned)(name.ptr[1] - '0');
	else if (ax_str_equal(name, AX_STR("none")))
		*slot_out = SLOT_NONE;
	else if (ax_str_equal(name, AX_STR("meta.a_b.c")) ||
		 ax_str_equal(name, AX_STR("V[-1].max")))
		*slot_out = 7;
	else if (ax_str_equal(name, AX_STR("text")))
		*slot_out = SLOT_TEXT;
	else if (ax_str_equal(name, AX_STR("number")))
		*slot_out = SLOT_NUMBER;
	else
		return ax_fail(err, AX_ECONFIG, "unknown \"%.*s\"", AX_STR_ARG(name));
	return 0;
}

static struct idx_value get(const void *context, unsigned slot)
{
	(void)context;
	if (slot == SLOT_NONE)
		return (struct idx_value){ .kind = IDX_ABSENT };
	if (slot == SLOT_TEXT)
		return (struct idx_value){ .kind = IDX_TEXT, .text = AX_STR("abc") };
	if (slot == SLOT_NUMBER)
		return (struct idx_value){ .kind = IDX_TEXT, .text = AX_STR("0.25") };
	return (struct idx_value){ .kind = IDX_INT, .integer = slot };
}

static const struct idx_binder binder = { .bind = bind };
static const struct idx_scope scope = { .get = get };

static void format(struct idx_value value, char text[64])
{
	if (value.kind == IDX_INT)
		snprintf(text, 64, "%" PRId64, value.integer);
	else if (value.kind == IDX_REAL)
		snprintf(text, 64, "%.3f", value.real);
	else if (value.kind == IDX_TEXT)
		snprintf(text, 64, "'%.*s'", AX_STR_ARG(value.text));
	else if (value.kind == IDX_BOOL)
		snprintf(text, 64, "%s", value.boolean ? "true" : "false");
	else
		snprintf(text, 64, "absent");
}

static void formulas_have_these_values(void **state)
{
	static const struct {
		const char *formula, *value;
	} cases[] = {
		{ "7", "7" },
		{ "  n3 ", "3" },
		{ "2.5", "2.500" },
		{ "'a b'", "'a b'" },
		{ "''", "''" },
		{ "meta.a_b.c", "7" },
		{ "V[-1].max", "7" },
		{ "1 + 2 * 3 - 4", "3" },
		{ "(1 + 2) * 3", "9" },
		{ "2 * 3 * 4 / 6", "4" },
		{ "10 - 2 - 3", "5" },
		{ "none | 4", "4" },
		{ "none | none", "absent" },
		{ "none | 4 * 2", "8" },
		{ "n1 | n2", "1" },
		{ "none + 1", "absent" },
		{ "7 / 2", "absent" },
		{ "7 / 0", "absent" },
		{ "9223372036854775807 + 1", "absent" },
		{ "9223372036854775807 * 2", "absent" },
		{ "0 - 9223372036854775807 - 2", "absent" },
		{ "text + 1", "absent" },
		{ "n1 = 1", "true" },
		{ "n1 != 1", "false" },
		{ "n1 < 2", "true" },
		{ "n2 <= 2", "true" },
		{ "n2 > 2", "false" },
		{ "n2 >= 2", "true" },
		{ "1 = 1.0", "true" },
		{ "0.5 < 1", "true" },
		{ "text = 'abc'", "true" },
		{ "text < 'abd'", "true" },
		{ "text != ''", "true" },
		{ "text = 1", "false" },
		{ "text != 1", "false" },
		{ "none = none", "false" },
		{ "none != 1", "false" },
		{ "(1 = 1) = (2 = 2)", "true" },
		{ "real(number)", "0.250" },
		{ "real(3)", "3.000" },
		{ "int(number)", "absent" },
		{ "int('12')", "12" },
		{ "int(text)", "absent" },
		{ "real(none)", "absent" },
	};
	struct ax_arena arena = { 0 };
	struct ax_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct idx_formula *formula = NULL;
		char text[64];
		assert_ok(idx_formula_parse(ax_str_from(cases[i].formula), &binder, &arena,
				  &formula, &err),
			&err);
		format(idx_formula_value(formula, &scope), text);
		if (strcmp(text, cases[i].value) != 0)
			fail_msg("%s is %s, not %s", cases[i].formula, text, cases[i].value);
		assert_int_equal(idx_formula_holds(formula, &scope), strcmp(text, "true") == 0);
	}
	ax_arena_free(&arena);
}

static void mistakes_are_named_with_their_place(void **state)
{
	static const struct {
		const char *formula, *message;
	} cases[] = {
		{ "", "at character 1: a number, a name or 'text'" },
		{ "1 +", "at character 4: a number, a name or 'text'" },
		{ "1 2", "at character 3: an operator or the end" },
		{ "(1", "\")\" is missing" },
		{ "'abc", "\"'\" is missing" },
		{ "1.2.3", "no number" },
		{ "99999999999999999999999999.1.1", "no number" },
		{ "1 = 2 = 3", "an operator or the end" },
		{ "unknown", "unknown \"unknown\"" },
		{ "real 1", "unknown \"real\"" },
		{ "#", "a number, a name or 'text'" },
	};
	struct ax_arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct idx_formula *formula = NULL;
		struct ax_error err = { 0 };
		assert_int_equal(idx_formula_parse(ax_str_from(cases[i].formula), &binder,
					 &arena, &formula, &err),
			-1);
		assert_int_equal(err.code, AX_ECONFIG);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].formula, err.message);
	}
	ax_arena_free(&arena);
}

static void expect_failure(struct ax_arena *arena, const char *piece, unsigned times,
	const char *end, const char *message)
{
	const struct idx_formula *formula = NULL;
	struct ax_error err = { 0 };
	struct ax_buf text = { 0 };

	for (unsigned i = 0; i < times; i++)
		ax_buf_append_text(&text, piece);
	ax_buf_append_text(&text, end);
	assert_int_equal(idx_formula_parse(ax_buf_str(&text), &binder, arena, &formula, &err),
		-1);
	assert_non_null(strstr(err.message, message));
	ax_buf_free(&text);
}

/* Parsing and evaluation recurse, so both are bounded. */
static void deep_and_long_formulas_are_refused(void **state)
{
	struct ax_arena arena = { 0 };

	(void)state;
	expect_failure(&arena, "(", 100, "1", "too many parentheses");
	expect_failure(&arena, "1+", 1000, "1", "too long");
	ax_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formulas_have_these_values),
		cmocka_unit_test(mistakes_are_named_with_their_place),
		cmocka_unit_test(deep_and_long_formulas_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
