#include "report/page.h"

#include "archive/dead.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "reorg/draft.h"
#include "report/alike.h"
#include "report/facts.h"
#include "report/markup.h"
#include "report/section.h"

static const struct {
	const char *id, *name;
} sections[] = {
	{ "space", "Space" },
	{ "timeline", "Runs" },
	{ "curves", "Curves" },
	{ "lineage", "Lineage" },
	{ "wrong", "Wrong" },
	{ "dead", "Dead" },
	{ "reorg", "Reorg" },
};

static void append_head(const struct rpt_page *page, struct ax_buf *out)
{
	ax_buf_append_text(out, RPT_PAGE_START
		"<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>");
	rpt_text_cut(out, ax_path_name(page->root), 80);
	ax_buf_append_text(out, " - artidx report</title>\n<style>\n");
	ax_buf_append(out, rpt_css_text, rpt_css_length);
	ax_buf_append_text(out, "</style>\n</head>\n<body>\n");
}

static void append_figure(struct ax_buf *out, const char *what)
{
	ax_buf_printf(out, "</dd><dt>%s</dt></div>\n", what);
}

static uint64_t count_findings(const struct rpt_facts *facts)
{
	uint64_t n = 0;

	for (size_t i = 0; i < RPT_FINDING_KINDS; i++)
		n += facts->findings[i].sum.files;
	return n;
}

/* Bytes that nothing keeps from being archived. */
static uint64_t sum_dead(const struct arc_dead *dead)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < dead->count; i++)
		bytes += dead->rows[i].kept_by.n ? 0 : dead->rows[i].size;
	return bytes;
}

static void append_figures(const struct rpt_page *page, struct ax_buf *out)
{
	const struct rpt_facts *facts = page->facts;

	ax_buf_append_text(out, "<dl class=\"figures\"><div><dd>");
	rpt_size(out, facts->sum.bytes);
	append_figure(out, "on disk, by file size");
	ax_buf_append_text(out, "<div><dd>");
	rpt_count(out, facts->sum.files);
	append_figure(out, facts->sum.files == 1 ? "file" : "files");
	ax_buf_append_text(out, "<div><dd>");
	rpt_count(out, facts->n_runs);
	append_figure(out, facts->n_runs == 1 ? "run" : "runs");
	ax_buf_append_text(out, "<div><dd>");
	rpt_count(out, count_findings(facts));
	append_figure(out, count_findings(facts) == 1 ? "finding of something wrong"
						      : "findings of something wrong");
	ax_buf_append_text(out, "<div><dd>");
	rpt_size(out, sum_dead(page->dead));
	append_figure(out, "may be archived");
	ax_buf_append_text(out, "<div><dd>");
	rpt_count(out, page->draft->n_moves);
	append_figure(out, page->draft->n_moves == 1 ? "file in the wrong place"
						     : "files in the wrong place");
	ax_buf_append_text(out, "</dl>\n");
}

static void append_header(const struct rpt_page *page, struct ax_buf *out)
{
	char scanned[AX_UNITS_MAX], now[AX_UNITS_MAX];

	ax_time_format_short(page->facts->totals.scanned, scanned);
	ax_time_format_short(page->now, now);
	ax_buf_append_text(out, "<header><h1>");
	rpt_text_cut(out, ax_path_name(page->root), 80);
	ax_buf_append_text(out, "</h1>\n<p class=\"soft\"><span class=\"path\">");
	rpt_text_cut(out, page->root, 200);
	ax_buf_printf(out, "</span><br>as the scan of %s saw it; written %s</p>\n", scanned,
		now);
	append_figures(page, out);
	ax_buf_append_text(out, "<nav>");
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		ax_buf_printf(out, "<a href=\"#%s\">%s</a>", sections[i].id, sections[i].name);
	ax_buf_append_text(out, "</nav></header>\n<main>\n");
}

static void append_foot(const struct rpt_page *page, struct ax_buf *out)
{
	ax_buf_append_text(out, "</main>\n<footer class=\"soft\">artidx ");
	rpt_text(out, page->version);
	ax_buf_append_text(out,
		". K, M and G are powers of 1024; times are local. Sizes are those of "
		"files; <code>artidx du</code> counts allocated blocks.</footer>\n"
		"<div id=\"tip\" hidden></div>\n<script>\n");
	ax_buf_append(out, rpt_script_text, rpt_script_length);
	ax_buf_append_text(out, "</script>\n</body>\n</html>\n");
}

int rpt_page_make(const struct rpt_page *page, struct ax_buf *out, struct ax_error *err)
{
	append_head(page, out);
	append_header(page, out);
	rpt_space_section(out, page->facts);
	rpt_timeline_section(out, page->facts);
	if (rpt_curves_section(out, page->facts, err) < 0 ||
		rpt_lineage_section(out, page->facts, err) < 0)
		return -1;
	rpt_wrong_section(out, page->facts, page->alike);
	rpt_dead_section(out, page->dead);
	if (rpt_reorg_section(out, page->facts, page->draft, err) < 0)
		return -1;
	append_foot(page, out);
	return ax_buf_check(out, "the report", err);
}
