#include "report/section.h"

#include "archive/dead.h"
#include "base/buf.h"
#include "report/dirs.h"
#include "report/markup.h"

enum { ROWS = 100, SENTENCES = 4 };

/* Whether something keeps a row. */
static bool is_kept(const struct arc_dead_row *row)
{
	return row->kept_by.n > 0;
}

static struct rpt_sum sum_rows(const struct arc_dead *dead, bool kept)
{
	struct rpt_sum sum = { 0 };

	for (size_t i = 0; i < dead->count; i++) {
		if (is_kept(&dead->rows[i]) == kept)
			rpt_sum_add(&sum,
				(struct rpt_sum){ dead->rows[i].files, dead->rows[i].size });
	}
	return sum;
}

static void append_sentences(struct ax_buf *page, const struct arc_dead_texts *texts)
{
	for (size_t i = 0; i < texts->n && i < SENTENCES; i++) {
		ax_buf_append_text(page, i ? "<br>" : "");
		rpt_text_cut(page, texts->items[i], 240);
	}
	if (texts->n > SENTENCES)
		ax_buf_printf(page, "<br>and %zu more", texts->n - SENTENCES);
}

static void append_row(struct ax_buf *page, const struct arc_dead_row *row)
{
	ax_buf_append_text(page, "<tr><td class=\"path\">");
	rpt_text_cut(page, row->path, 200);
	ax_buf_printf(page, "%s</td><td class=\"n\" data-v=\"%llu\">", row->is_dir ? "/" : "",
		(unsigned long long)row->files);
	rpt_count(page, row->files);
	ax_buf_printf(page, "</td><td class=\"n\" data-v=\"%llu\">",
		(unsigned long long)row->size);
	rpt_size(page, row->size);
	ax_buf_append_text(page, "</td><td class=\"why\">");
	append_sentences(page, is_kept(row) ? &row->kept_by : &row->reasons);
	ax_buf_append_text(page, "</td></tr>\n");
}

static void append_list(struct ax_buf *page, const struct arc_dead *dead, bool kept)
{
	struct rpt_sum sum = sum_rows(dead, kept);
	size_t n = 0;

	for (size_t i = 0; i < dead->count; i++)
		n += is_kept(&dead->rows[i]) == kept;
	if (n == 0)
		return;
	ax_buf_printf(page, "<details%s><summary><b>%s</b> ", !kept && n <= 12 ? " open" : "",
		kept ? "kept all the same" : "may be archived");
	rpt_counted(page, sum.files, "file");
	ax_buf_append_text(page, ", ");
	rpt_size(page, sum.bytes);
	ax_buf_printf(page,
		"<span class=\"soft\"> %s</span></summary>\n"
		"<table class=\"sortable\"><thead><tr><th>path</th><th class=\"n\">files</th>"
		"<th class=\"n\">size</th><th>%s</th></tr></thead><tbody>\n",
		kept ? "something still needs it" : "nothing was found that needs it",
		kept ? "kept by" : "why");
	size_t shown = 0;
	for (size_t i = 0; i < dead->count && shown < ROWS; i++) {
		if (is_kept(&dead->rows[i]) != kept)
			continue;
		append_row(page, &dead->rows[i]);
		shown++;
	}
	ax_buf_append_text(page, "</tbody></table>");
	if (shown < n)
		ax_buf_printf(page,
			"<p class=\"more\">and %zu more: <code>artidx dead</code></p>",
			n - shown);
	ax_buf_append_text(page, "</details>\n");
}

void rpt_dead_section(struct ax_buf *page, const struct arc_dead *dead)
{
	ax_buf_append_text(page, "<section id=\"dead\"><h2>What is dead</h2>\n");
	if (dead->count == 0)
		ax_buf_append_text(page, "<p class=\"none\">Nothing was found that may be "
					 "archived.</p>\n");
	append_list(page, dead, false);
	append_list(page, dead, true);
	ax_buf_append_text(page, "</section>\n");
}
