#include "report/series.h"

#include "base/error.h"
#include "base/json.h"

#include <errno.h>
#include <math.h>

/* What training loops call a figure, the usual name first. */
static const char *const hack_keys[] = { "hack_s", "hack_rate", "hack", NULL };
static const char *const solve_keys[] = { "gt_s", "pass_rate", "solve_rate", "gt", "pass",
	NULL };
static const char *const *const keys[RPT_FIGURES] = {
	[RPT_HACK] = hack_keys,
	[RPT_SOLVE] = solve_keys,
};

/* A number, or [3, 8] for 3/8. */
static bool read_share(const struct ax_json_value *value, double *out)
{
	double part, whole;

	if (ax_json_real(value, out))
		return *out >= 0 && *out <= 1;
	if (!value || ax_json_kind(value) != AX_JSON_ARRAY || ax_json_length(value) != 2 ||
		!ax_json_real(ax_json_at(value, 0), &part) ||
		!ax_json_real(ax_json_at(value, 1), &whole) || whole <= 0)
		return false;
	*out = part / whole;
	return *out >= 0 && *out <= 1;
}

static double read_figure(const struct ax_json_value *row, enum rpt_figure figure)
{
	double value;

	for (const char *const *key = keys[figure]; *key; key++) {
		if (read_share(ax_json_get(row, *key), &value))
			return value;
	}
	return NAN;
}

static void add_point(struct rpt_series *series, const struct ax_json_value *row, size_t place)
{
	size_t at = series->n++;

	if (!ax_json_real(ax_json_get(row, "step"), &series->steps[at]) ||
		fabs(series->steps[at]) > 1e12)
		series->steps[at] = (double)place;
	for (unsigned i = 0; i < RPT_FIGURES; i++) {
		double value = read_figure(row, i);

		series->values[i][at] = value;
		if (isnan(value))
			continue;
		series->has[i] = true;
		series->last[i] = value;
	}
}

/* Evenly spaced rows, the first and the last among them. */
static void read_points(struct rpt_series *series, const struct ax_json_value *list, size_t n)
{
	size_t points = n < RPT_POINTS ? n : RPT_POINTS;
	size_t place = 0;

	for (const struct ax_json_value *row = ax_json_first(list); row;
		row = ax_json_next(row), place++) {
		size_t next = points > 1 ? series->n * (n - 1) / (points - 1) : 0;
		if (place == next && series->n < points)
			add_point(series, row, place);
	}
}

int rpt_series_read(struct ax_str rows, struct ax_arena *arena, struct rpt_series *out,
	struct ax_error *err)
{
	struct rpt_series series = { 0 };
	struct ax_json *json = NULL;
	struct ax_error ignored = { 0 };

	if (rows.len == 0 || rows.len > RPT_ROWS_LIMIT)
		return 0;
	if (ax_json_parse(rows, 0, "rows", &json, &ignored) < 0) {
		if (ignored.code == ENOMEM)
			return ax_fail(err, ENOMEM, "no memory for the rows of a run");
		return 0;
	}
	const struct ax_json_value *list = ax_json_root(json);
	size_t n = ax_json_kind(list) == AX_JSON_ARRAY ? ax_json_length(list) : 0;
	bool has_memory = true;

	series.steps = ax_arena_alloc(arena, RPT_POINTS * sizeof(double));
	has_memory = series.steps != NULL;
	for (unsigned i = 0; i < RPT_FIGURES; i++) {
		series.values[i] = ax_arena_alloc(arena, RPT_POINTS * sizeof(double));
		has_memory = has_memory && series.values[i];
	}
	if (has_memory && n)
		read_points(&series, list, n);
	ax_json_free(json);
	if (!has_memory)
		return ax_fail(err, ENOMEM, "no memory for a curve");
	*out = series;
	return series.has[RPT_HACK] || series.has[RPT_SOLVE];
}
