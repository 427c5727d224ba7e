/*
 * One small picture a run, all with the same axes, so that eyes can compare them. Of more than
 * PICTURES runs with rows the newest are drawn.
 */
#include "report/section.h"

#include "base/buf.h"
#include "base/error.h"
#include "report/facts.h"
#include "report/markup.h"
#include "report/series.h"

#include <errno.h>
#include <math.h>

enum { PICTURES = 96, TRIES = 400 };

static const double width = 200, height = 96, left = 26, right = 6, top = 6, bottom = 16;

struct curve {
	const struct rpt_run *run;
	struct rpt_series series;
};

struct curves {
	size_t n;
	struct curve *items;
	double first, last; /* steps of all of them */
	size_t with_rows;   /* runs that have rows, drawn or not */
};

static void widen(struct curves *curves, const struct rpt_series *series)
{
	for (size_t i = 0; i < series->n; i++) {
		double step = series->steps[i];

		if (curves->n == 1 && i == 0)
			curves->first = curves->last = step;
		curves->first = step < curves->first ? step : curves->first;
		curves->last = step > curves->last ? step : curves->last;
	}
}

/* The newest runs that have curves; ids begin with the time. */
static int read_curves(const struct rpt_facts *facts, struct ax_arena *arena,
	struct curves *curves, struct ax_error *err)
{
	size_t tries = 0;

	curves->items = ax_arena_alloc(arena, PICTURES * sizeof(*curves->items));
	if (!curves->items)
		return ax_fail(err, ENOMEM, "no memory for the curves");
	for (size_t i = facts->n_runs; i-- > 0;) {
		const struct rpt_run *run = &facts->runs[i];
		struct curve *curve = &curves->items[curves->n];

		if (run->run.rows.len == 0)
			continue;
		curves->with_rows++;
		if (curves->n == PICTURES || tries++ == TRIES)
			continue;
		int found = rpt_series_read(run->run.rows, arena, &curve->series, err);
		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		curve->run = run;
		curves->n++;
		widen(curves, &curve->series);
	}
	return 0;
}

static double place_x(const struct curves *curves, double step)
{
	double span = curves->last - curves->first;

	return left + (span > 0 ? (step - curves->first) / span : 0.5) * (width - left - right);
}

static double place_y(double share)
{
	return top + (1 - share) * (height - top - bottom);
}

/* A line with gaps where there is no value; a value between gaps is a dot of its round ends. */
static void append_line(struct ax_buf *page, const struct curves *curves,
	const struct rpt_series *series, enum rpt_figure figure)
{
	static const char *const classes[] = { [RPT_HACK] = "hack", [RPT_SOLVE] = "solve" };
	bool is_drawing = false;

	if (!series->has[figure])
		return;
	ax_buf_printf(page, "<path class=\"line %s\" d=\"", classes[figure]);
	for (size_t i = 0; i < series->n; i++) {
		double value = series->values[figure][i];

		if (isnan(value)) {
			is_drawing = false;
			continue;
		}
		ax_buf_append_byte(page, is_drawing ? 'L' : 'M');
		rpt_number(page, place_x(curves, series->steps[i]));
		ax_buf_append_byte(page, ' ');
		rpt_number(page, place_y(value));
		if (!is_drawing)
			ax_buf_append_text(page, "h0");
		is_drawing = true;
	}
	ax_buf_append_text(page, "\"/>");
}

static void append_grid(struct ax_buf *page, const struct curves *curves)
{
	static const double shares[] = { 0, 0.5, 1 };
	char first[AX_UNITS_MAX], last[AX_UNITS_MAX];

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		double y = place_y(shares[i]);

		ax_buf_append_text(page, "<path class=\"grid\" d=\"M");
		rpt_number(page, left);
		ax_buf_append_byte(page, ' ');
		rpt_number(page, y);
		ax_buf_append_byte(page, 'H');
		rpt_number(page, width - right);
		ax_buf_append_text(page, "\"/><text class=\"tick end\" x=\"");
		rpt_number(page, left - 5);
		ax_buf_append_text(page, "\" y=\"");
		rpt_number(page, y + 3.5);
		ax_buf_append_text(page, "\">");
		rpt_number(page, shares[i]);
		ax_buf_append_text(page, "</text>");
	}
	ax_real_format(curves->first, first);
	ax_real_format(curves->last, last);
	ax_buf_printf(page,
		"<text class=\"tick\" x=\"%.0f\" y=\"%.0f\">%s</text>"
		"<text class=\"tick end\" x=\"%.0f\" y=\"%.0f\">%s</text>\n",
		left, height - 3, first, width - right, height - 3, last);
}

static void append_last(struct ax_buf *page, const struct rpt_series *series,
	enum rpt_figure figure, const char *what)
{
	if (series->has[figure])
		ax_buf_printf(page, "<b class=\"%s\">%.2f</b>", what, series->last[figure]);
}

static void append_curve(struct ax_buf *page, const struct rpt_facts *facts,
	const struct curves *curves, const struct curve *curve)
{
	struct rpt_frame frame = { "curve", width, height, "Hack and solve rate by step" };
	const struct idx_run *run = &curve->run->run;
	struct ax_str name = run->tag.len ? run->tag : run->slug;

	ax_buf_append_text(page, "<figure><figcaption title=\"");
	rpt_text_cut(page, run->id, 160);
	ax_buf_printf(page, "\"><i class=\"c%u\"></i><span>",
		facts->arms[curve->run->arm].color);
	rpt_text_cut(page, name.len ? name : run->id, 60);
	ax_buf_append_text(page, "</span>");
	append_last(page, &curve->series, RPT_HACK, "hack");
	append_last(page, &curve->series, RPT_SOLVE, "solve");
	ax_buf_append_text(page, "</figcaption>");
	rpt_svg_begin(page, &frame);
	append_grid(page, curves);
	append_line(page, curves, &curve->series, RPT_SOLVE);
	append_line(page, curves, &curve->series, RPT_HACK);
	rpt_svg_end(page);
	ax_buf_append_text(page, "</figure>\n");
}

/* Arms one after the other, the newest run of each first. */
static void append_curves(struct ax_buf *page, const struct rpt_facts *facts,
	const struct curves *curves)
{
	for (size_t arm = 0; arm < facts->n_arms; arm++) {
		bool is_first = true;

		for (size_t i = 0; i < curves->n; i++) {
			if (curves->items[i].run->arm != arm)
				continue;
			if (is_first) {
				struct ax_str name = facts->arms[arm].name;
				ax_buf_printf(page, "<h3><i class=\"c%u\"></i>",
					facts->arms[arm].color);
				rpt_text_cut(page, name.len ? name : AX_STR("no arm"), 60);
				ax_buf_append_text(page, "</h3><div class=\"curves\">\n");
			}
			is_first = false;
			append_curve(page, facts, curves, &curves->items[i]);
		}
		if (!is_first)
			ax_buf_append_text(page, "</div>\n");
	}
}

int rpt_curves_section(struct ax_buf *page, const struct rpt_facts *facts, struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct curves curves = { 0 };
	int status = read_curves(facts, &arena, &curves, err);

	ax_buf_append_text(page,
		"<section id=\"curves\"><h2>Hack and solve rate by step</h2>\n");
	if (curves.n == 0) {
		ax_buf_append_text(page,
			"<p class=\"none\">No run has rows with a hack or a solve "
			"rate.</p>\n");
	} else {
		ax_buf_append_text(page,
			"<ul class=\"key\"><li><i class=\"line hack\"></i>hack "
			"rate</li><li><i class=\"line solve\"></i>solve rate</li>"
			"<li class=\"soft\">figures are those of the last step; all "
			"axes are the same</li></ul>\n");
		append_curves(page, facts, &curves);
	}
	if (curves.n && curves.n < curves.with_rows) {
		ax_buf_append_text(page, "<p class=\"more\">");
		rpt_count(page, curves.n);
		ax_buf_append_text(page, " of ");
		rpt_counted(page, curves.with_rows, "run");
		ax_buf_append_text(page,
			" with rows; the others are older, or have no such rates: "
			"<code>artidx query runs 'rows[-1]:*'</code></p>\n");
	}
	ax_buf_append_text(page, "</section>\n");
	ax_arena_free(&arena);
	return status;
}
