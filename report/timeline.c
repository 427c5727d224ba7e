/*
 * Up to BARS runs, each is a bar from its start to its end, in the first free lane of its arm.
 * More runs, or ones that need too many lanes, are counted by when they began: a column of the
 * arms for each span of time.
 */
#include "report/section.h"

#include "base/buf.h"
#include "report/facts.h"
#include "report/markup.h"

#include <stdlib.h>
#include <time.h>

enum {
	BARS = 500,
	LANES = 48,   /* of all arms */
	COLUMNS = 90, /* of counts */
	LANE = 10,
	BAR = 7,
	ARM_GAP = 20, /* above each arm, for its name */
	AXIS = 22,
	COUNTS = 200, /* height of columns */
	KEYS = RPT_COLORS + 1,
};

static const ax_nanoseconds second = 1000000000;

struct timeline {
	struct ax_buf *page;
	const struct rpt_facts *facts;
	ax_nanoseconds first, last;
	double width, top, bottom;
};

static double place(const struct timeline *timeline, ax_nanoseconds time)
{
	double span = (double)(timeline->last - timeline->first);

	return span > 0 ? (double)(time - timeline->first) / span * (timeline->width - 4) + 2
			: 2;
}

/* Times that a log can claim and nobody means are not drawn: sums of them stay in range. */
static const ax_nanoseconds latest = INT64_C(8000000000000000000); /* in 2223 */

/* A run without an end in sight ends where it begins. */
static ax_nanoseconds end_of(const struct idx_run *run)
{
	return run->end > run->start && run->end < latest ? run->end : run->start;
}

static bool has_time(const struct idx_run *run)
{
	return run->start > 0 && run->start < latest;
}

/* Runs that have no time, or none that can be drawn. */
static size_t count_timeless(const struct rpt_facts *facts)
{
	size_t n = 0;

	for (size_t i = 0; i < facts->n_runs; i++)
		n += !has_time(&facts->runs[i].run);
	return n;
}

static bool find_span(struct timeline *timeline)
{
	bool any = false;

	for (size_t i = 0; i < timeline->facts->n_runs; i++) {
		const struct idx_run *run = &timeline->facts->runs[i].run;

		if (!has_time(run))
			continue;
		if (!any || run->start < timeline->first)
			timeline->first = run->start;
		if (!any || end_of(run) > timeline->last)
			timeline->last = end_of(run);
		any = true;
	}
	if (any && timeline->last - timeline->first < 60 * second)
		timeline->last = timeline->first + 60 * second;
	return any;
}

/* ---- the axis */

static const struct step {
	int seconds, months;
} steps[] = {
	{ 60, 0 },
	{ 600, 0 },
	{ 3600, 0 },
	{ 3 * 3600, 0 },
	{ 6 * 3600, 0 },
	{ 12 * 3600, 0 },
	{ 86400, 0 },
	{ 2 * 86400, 0 },
	{ 4 * 86400, 0 },
	{ 7 * 86400, 0 },
	{ 14 * 86400, 0 },
	{ 0, 1 },
	{ 0, 3 },
	{ 0, 12 },
	{ 0, 120 },
	{ 0, 240 },
	{ 0, 600 },
	{ 0, 1200 },
};

static time_t length_of(const struct step *step)
{
	return step->seconds + (time_t)step->months * 30 * 86400;
}

static const struct step *choose_step(const struct timeline *timeline)
{
	time_t span = (timeline->last - timeline->first) / second;
	size_t n = sizeof(steps) / sizeof(steps[0]);
	double ticks = timeline->width / 64;

	for (size_t i = 0; i < n; i++) {
		if ((double)span / (double)length_of(&steps[i]) <= ticks)
			return &steps[i];
	}
	return &steps[n - 1];
}

/* The last tick at or before that time, in local time. */
static struct tm first_tick(const struct step *step, time_t time)
{
	struct tm tm = { 0 };

	localtime_r(&time, &tm);
	tm.tm_isdst = -1;
	if (step->months) {
		tm.tm_mon = step->months >= 12 ? 0 : tm.tm_mon / step->months * step->months;
		tm.tm_mday = 1;
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	} else if (step->seconds >= 86400) {
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	} else {
		int of_day = tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
		of_day = of_day / step->seconds * step->seconds;
		tm.tm_hour = of_day / 3600;
		tm.tm_min = of_day / 60 % 60;
		tm.tm_sec = 0;
	}
	return tm;
}

static void next_tick(const struct step *step, struct tm *tm)
{
	tm->tm_mon += step->months;
	tm->tm_mday += step->seconds / 86400;
	tm->tm_sec += step->seconds % 86400;
	tm->tm_isdst = -1;
}

/* Months are written in English, whatever the locale: so is the page. */
static void append_tick(const struct timeline *timeline, const struct step *step,
	const struct tm *tm, double x)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	struct ax_buf *page = timeline->page;
	bool is_midnight = tm->tm_hour == 0 && tm->tm_min == 0;
	bool shows_day = !step->months && (step->seconds >= 86400 || is_midnight);

	ax_buf_append_text(page, "<path class=\"grid\" d=\"M");
	rpt_number(page, x);
	ax_buf_append_byte(page, ' ');
	rpt_number(page, timeline->top);
	ax_buf_append_text(page, "V");
	rpt_number(page, timeline->bottom);
	ax_buf_append_text(page, "\"/><text class=\"tick\" x=\"");
	rpt_number(page, x + 3);
	ax_buf_append_text(page, "\" y=\"");
	rpt_number(page, timeline->bottom + 15);
	ax_buf_append_text(page, "\">");
	if (shows_day)
		ax_buf_printf(page, "%s %d", months[tm->tm_mon % 12], tm->tm_mday);
	else if (step->months && step->months < 12)
		ax_buf_printf(page, "%s %d", months[tm->tm_mon % 12], tm->tm_year + 1900);
	else if (step->months)
		ax_buf_printf(page, "%d", tm->tm_year + 1900);
	else
		ax_buf_printf(page, "%02d:%02d", tm->tm_hour, tm->tm_min);
	ax_buf_append_text(page, "</text>\n");
}

static void append_axis(const struct timeline *timeline)
{
	const struct step *step = choose_step(timeline);
	struct tm tm = first_tick(step, timeline->first / second);

	for (int i = 0; i < 64; i++) {
		time_t time = mktime(&tm);
		ax_nanoseconds at = (ax_nanoseconds)time * second;
		double x = place(timeline, at);

		if (time == (time_t)-1 || at > timeline->last)
			return;
		if (at >= timeline->first && x < timeline->width - 44)
			append_tick(timeline, step, &tm, x);
		next_tick(step, &tm);
	}
}

/* ---- a bar for each run */

/* Lanes of one arm: when each is free again. */
struct lanes {
	size_t n;
	ax_nanoseconds free_from[LANES];
};

/* The first lane that is free, or -1. Runs come in order of time. */
static int take_lane(struct lanes *lanes, const struct idx_run *run, ax_nanoseconds gap)
{
	size_t i = 0;

	while (i < lanes->n && lanes->free_from[i] > run->start)
		i++;
	if (i == LANES)
		return -1;
	lanes->n = i == lanes->n ? i + 1 : lanes->n;
	lanes->free_from[i] = end_of(run) + gap;
	return (int)i;
}

/* Time that two pixels take: bars in a lane do not touch. */
static ax_nanoseconds least_gap(const struct timeline *timeline)
{
	return (ax_nanoseconds)((double)(timeline->last - timeline->first) / timeline->width *
				3);
}

/* How many lanes an arm needs; LANES + 1 for too many. */
static size_t count_lanes(const struct timeline *timeline, size_t arm)
{
	const struct rpt_facts *facts = timeline->facts;
	struct lanes lanes = { 0 };

	for (size_t i = 0; i < facts->n_runs; i++) {
		const struct idx_run *run = &facts->runs[i].run;
		if (facts->runs[i].arm == arm && has_time(run) &&
			take_lane(&lanes, run, least_gap(timeline)) < 0)
			return LANES + 1;
	}
	return lanes.n;
}

static void append_run_title(struct ax_buf *page, const struct idx_run *run)
{
	char start[AX_UNITS_MAX], end[AX_UNITS_MAX];

	ax_time_format_short(run->start, start);
	ax_time_format_short(end_of(run), end);
	ax_buf_append_text(page, "<title>");
	rpt_text_cut(page, run->id, 160);
	ax_buf_printf(page, "\n%s to %s, ", start, end);
	rpt_text_cut(page, run->status, 20);
	ax_buf_append_text(page, "</title>");
}

static void append_bar(const struct timeline *timeline, const struct rpt_run *item, double y)
{
	struct ax_buf *page = timeline->page;
	const struct idx_run *run = &item->run;
	double x = place(timeline, run->start);
	double width = place(timeline, end_of(run)) - x;
	bool crashed = ax_str_equal(run->status, AX_STR("crashed"));

	ax_buf_append_text(page, "<g class=\"mark\">");
	append_run_title(page, run);
	ax_buf_printf(page, "<rect class=\"%s%u\" rx=\"2\" x=\"", crashed ? "crashed s" : "c",
		timeline->facts->arms[item->arm].color);
	rpt_number(page, x);
	ax_buf_append_text(page, "\" y=\"");
	rpt_number(page, y);
	ax_buf_append_text(page, "\" width=\"");
	rpt_number(page, width > 2.5 ? width : 2.5);
	ax_buf_printf(page, "\" height=\"%d\"/></g>\n", BAR);
}

/* One arm below the other; returns the lower end. */
static double append_arm(const struct timeline *timeline, size_t arm, double top)
{
	const struct rpt_facts *facts = timeline->facts;
	struct lanes lanes = { 0 };
	struct rpt_label label = { 2, top + 13, timeline->width - 60, 12, "class=\"group\"" };
	struct ax_buf text = { 0 };
	struct ax_str name = facts->arms[arm].name;

	ax_buf_append_str(&text, name.len ? name : AX_STR("no arm"));
	ax_buf_append_text(&text, " · ");
	rpt_counted(&text, facts->arms[arm].runs, "run");
	rpt_label(timeline->page, &label, ax_buf_str(&text));
	ax_buf_free(&text);
	for (size_t i = 0; i < facts->n_runs; i++) {
		const struct rpt_run *item = &facts->runs[i];

		if (item->arm != arm || !has_time(&item->run))
			continue;
		int lane = take_lane(&lanes, &item->run, least_gap(timeline));
		if (lane >= 0)
			append_bar(timeline, item, top + ARM_GAP + lane * LANE);
	}
	return top + ARM_GAP + (double)lanes.n * LANE;
}

/* The lanes of all arms, or more than LANES where that is no way to show them. */
static size_t count_all_lanes(const struct timeline *timeline)
{
	size_t lanes = 0;

	if (timeline->facts->n_runs > BARS || timeline->facts->n_arms > LANES / 2)
		return LANES + 1;
	for (size_t arm = 0; arm < timeline->facts->n_arms && lanes <= LANES; arm++)
		lanes += count_lanes(timeline, arm);
	return lanes;
}

static void draw_bars(struct timeline *timeline, size_t lanes, const char *class_name)
{
	size_t arms = timeline->facts->n_arms;
	double height = (double)(lanes * LANE + arms * ARM_GAP + 4);
	struct rpt_frame frame = { class_name, timeline->width, height + AXIS,
		"Timeline of runs, one row or more for each arm" };
	double top = 0;

	timeline->top = 0;
	timeline->bottom = height;
	rpt_svg_begin(timeline->page, &frame);
	append_axis(timeline);
	for (size_t arm = 0; arm < arms; arm++)
		top = append_arm(timeline, arm, top);
	rpt_svg_end(timeline->page);
}

/* ---- columns of counts */

struct counts {
	uint64_t of[COLUMNS][KEYS];
	uint64_t most;
};

static void count_starts(const struct timeline *timeline, struct counts *counts)
{
	const struct rpt_facts *facts = timeline->facts;
	double span = (double)(timeline->last - timeline->first) + 1;

	for (size_t i = 0; i < facts->n_runs; i++) {
		const struct idx_run *run = &facts->runs[i].run;

		if (!has_time(run))
			continue;
		double share = (double)(run->start - timeline->first) / span;
		counts->of[(size_t)(share * COLUMNS)][facts->arms[facts->runs[i].arm].color]++;
	}
	for (size_t column = 0; column < COLUMNS; column++) {
		uint64_t sum = 0;
		for (size_t key = 0; key < KEYS; key++)
			sum += counts->of[column][key];
		counts->most = sum > counts->most ? sum : counts->most;
	}
}

static void append_column(const struct timeline *timeline, const struct counts *counts,
	size_t column)
{
	struct ax_buf *page = timeline->page;
	double width = (timeline->width - 4) / COLUMNS;
	double y = timeline->bottom;
	uint64_t sum = 0;

	for (size_t key = 0; key < KEYS; key++)
		sum += counts->of[column][key];
	if (sum == 0)
		return;
	ax_buf_append_text(page, "<g class=\"mark\"><title>");
	rpt_counted(page, sum, "run");
	ax_buf_append_text(page, "</title>");
	for (size_t key = 0; key < KEYS; key++) {
		double height = (double)counts->of[column][key] / (double)counts->most *
				(timeline->bottom - timeline->top - 14);

		if (height <= 0)
			continue;
		y -= height;
		ax_buf_printf(page, "<rect class=\"c%zu\" x=\"", key);
		rpt_number(page, 2 + (double)column * width);
		ax_buf_append_text(page, "\" y=\"");
		rpt_number(page, y);
		ax_buf_append_text(page, "\" width=\"");
		rpt_number(page, width - 1);
		ax_buf_append_text(page, "\" height=\"");
		rpt_number(page, height);
		ax_buf_append_text(page, "\"/>");
	}
	ax_buf_append_text(page, "</g>\n");
}

static void draw_counts(struct timeline *timeline, const char *class_name)
{
	struct rpt_frame frame = { class_name, timeline->width, COUNTS + AXIS,
		"Runs by the time they began, coloured by arm" };
	struct counts counts = { 0 };
	struct ax_buf most = { 0 };
	struct rpt_label label = { 4, 12, 120, 11, "class=\"tick\"" };

	timeline->top = 0;
	timeline->bottom = COUNTS;
	count_starts(timeline, &counts);
	rpt_svg_begin(timeline->page, &frame);
	append_axis(timeline);
	for (size_t column = 0; column < COLUMNS; column++)
		append_column(timeline, &counts, column);
	rpt_counted(&most, counts.most, "run");
	rpt_label(timeline->page, &label, ax_buf_str(&most));
	ax_buf_free(&most);
	rpt_svg_end(timeline->page);
}

/* ---- both */

static void append_keys(const struct timeline *timeline, bool is_counted)
{
	struct ax_buf *page = timeline->page;
	const struct rpt_facts *facts = timeline->facts;

	ax_buf_append_text(page, "<ul class=\"key\">");
	for (size_t i = 0; i < facts->n_arms && i < RPT_COLORS; i++) {
		ax_buf_printf(page, "<li><i class=\"c%zu\"></i>", i);
		rpt_text_cut(page,
			facts->arms[i].name.len ? facts->arms[i].name : AX_STR("no arm"), 40);
		ax_buf_append_text(page, "</li>");
	}
	if (facts->n_arms > RPT_COLORS) {
		ax_buf_printf(page, "<li><i class=\"c%d\"></i>", RPT_NO_COLOR);
		rpt_counted(page, facts->n_arms - RPT_COLORS, "other arm");
		ax_buf_append_text(page, "</li>");
	}
	if (!is_counted)
		ax_buf_append_text(page, "<li><i class=\"crashed\"></i>outlined: crashed</li>");
	ax_buf_append_text(page, "</ul>\n");
}

static void draw(struct timeline *timeline, const char *class_name)
{
	size_t lanes = count_all_lanes(timeline);

	if (lanes > LANES)
		draw_counts(timeline, class_name);
	else
		draw_bars(timeline, lanes, class_name);
}

void rpt_timeline_section(struct ax_buf *page, const struct rpt_facts *facts)
{
	struct timeline timeline = { .page = page, .facts = facts, .width = RPT_WIDE };

	ax_buf_append_text(page, "<section id=\"timeline\"><h2>Runs over time</h2>\n");
	if (!find_span(&timeline)) {
		ax_buf_append_text(page,
			"<p class=\"none\">No run with a time was found in logs "
			"or metadata.</p></section>\n");
		return;
	}
	append_keys(&timeline, count_all_lanes(&timeline) > LANES);
	draw(&timeline, "wide timeline");
	timeline.width = RPT_NARROW;
	draw(&timeline, "narrow timeline");
	if (count_timeless(facts)) {
		ax_buf_append_text(page, "<p class=\"more\">Not drawn: ");
		rpt_counted(page, count_timeless(facts), "run");
		ax_buf_append_text(page, " without a time that can be meant.</p>\n");
	}
	ax_buf_append_text(page, "</section>\n");
}
