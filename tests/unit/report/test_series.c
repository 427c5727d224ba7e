#include "tests/unit/unit.h"

#include "report/series.h"

#include <math.h>

/* How many points rows give; 0 where they are none. */
static size_t count(const char *rows, struct rpt_series *series)
{
	static struct ax_arena arena;
	struct ax_error err = { 0 };

	ax_arena_free(&arena);
	*series = (struct rpt_series){ 0 };
	int found = rpt_series_read(ax_str_from(rows), &arena, series, &err);
	assert_ok(found, &err);
	return found ? series->n : 0;
}

static void test_figures(void **state)
{
	struct rpt_series series;

	(void)state;
	assert_int_equal(count("[{\"step\":5,\"hack_s\":[1,4]},{\"step\":7,\"gt_s\":0.5},{}]",
				 &series),
		3);
	assert_true(series.steps[0] == 5 && series.steps[1] == 7 && series.steps[2] == 2);
	assert_true(series.values[RPT_HACK][0] == 0.25);
	assert_true(isnan(series.values[RPT_HACK][1]));
	assert_true(series.last[RPT_SOLVE] == 0.5);
}

/* Rows are what a training loop wrote, or anything else. */
static void test_other(void **state)
{
	static const char *const cases[] = { "", "[]", "{}", "null", "[1,2]", "[{\"step\":1}]",
		"[{", "[{\"hack_s\":[1,0]}]", "[{\"hack_s\":1e999}]", "[{\"hack_s\":-1}]",
		"[{\"hack_s\":[9,8]}]", "[{\"hack_s\":\"0.5\"}]" };
	struct rpt_series series;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(count(cases[i], &series), 0);
}

static void test_thinned(void **state)
{
	struct rpt_series series;
	struct ax_buf rows = { 0 };

	(void)state;
	ax_buf_append_byte(&rows, '[');
	for (size_t i = 0; i < 5000; i++)
		ax_buf_printf(&rows, "%s{\"step\":%zu,\"hack_rate\":0.5}", i ? "," : "", i);
	ax_buf_append_byte(&rows, ']');
	assert_int_equal(count(ax_buf_text(&rows), &series), RPT_POINTS);
	assert_true(series.steps[0] == 0 && series.steps[RPT_POINTS - 1] == 4999);
	ax_buf_free(&rows);
	count("", &series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_other),
		cmocka_unit_test(test_thinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
