#include "report/section.h"

#include "base/buf.h"
#include "report/alike.h"
#include "report/facts.h"
#include "report/markup.h"

enum { SHOWN = 100, GROUPS_SHOWN = 60, PATHS_SHOWN = 8 };

static const struct kind {
	unsigned kind;
	const char *name, *meaning, *query;
} kinds[] = {
	{ IDX_TRUNCATED, "truncated", "the save was cut off", "status:truncated" },
	{ IDX_INVALID, "invalid", "not what its name promises", "status:invalid" },
	{ IDX_WRITING, "being written", "half a file when it was looked at", "status:writing" },
	{ IDX_LFS_POINTER, "never fetched", "a Git LFS pointer in its place",
		"status:lfs-pointer" },
	{ IDX_UNREADABLE, "unreadable", "could not be opened", "status:unreadable" },
	{ RPT_MISNAMED, "misnamed", "its tensors say another class than its name",
		"misnamed:yes" },
	{ RPT_AMBIGUOUS, "ambiguous", "several runs may have written it",
		"flag:ambiguous-log" },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void append_finding(struct ax_buf *page, const struct rpt_finding *finding)
{
	ax_buf_append_text(page, "<tr><td class=\"path\">");
	rpt_text_cut(page, finding->path, 200);
	ax_buf_printf(page, "</td><td class=\"n\" data-v=\"%llu\">",
		(unsigned long long)finding->bytes);
	rpt_size(page, finding->bytes);
	ax_buf_append_text(page, "</td><td class=\"why\">");
	rpt_text_cut(page, finding->why, 300);
	ax_buf_append_text(page, "</td></tr>\n");
}

static void append_summary(struct ax_buf *page, const char *name, const struct rpt_sum *sum,
	const char *meaning)
{
	ax_buf_printf(page, "<summary><b>%s</b> ", name);
	rpt_counted(page, sum->files, "file");
	ax_buf_append_text(page, ", ");
	rpt_size(page, sum->bytes);
	ax_buf_printf(page, "<span class=\"soft\"> %s</span></summary>\n", meaning);
}

static void append_kind(struct ax_buf *page, const struct kind *kind,
	const struct rpt_findings *findings)
{
	size_t shown = findings->n < SHOWN ? findings->n : SHOWN;

	ax_buf_printf(page, "<details%s>", shown <= 8 ? " open" : "");
	append_summary(page, kind->name, &findings->sum, kind->meaning);
	ax_buf_append_text(page,
		"<table class=\"sortable\"><thead><tr><th>file</th><th class=\"n\">size</th>"
		"<th>why</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < shown; i++)
		append_finding(page, &findings->items[i]);
	ax_buf_append_text(page, "</tbody></table>");
	if (findings->sum.files > shown) {
		ax_buf_append_text(page, "<p class=\"more\">and ");
		rpt_count(page, findings->sum.files - shown);
		ax_buf_printf(page, " more: <code>artidx query %s</code></p>", kind->query);
	}
	ax_buf_append_text(page, "</details>\n");
}

static void append_group(struct ax_buf *page, const struct rpt_alike_group *group)
{
	ax_buf_printf(page, "<tr><td class=\"n\" data-v=\"%llu\">",
		(unsigned long long)group->bytes);
	rpt_size(page, group->bytes);
	ax_buf_printf(page, "</td><td class=\"n\" data-v=\"%zu\">", group->n);
	rpt_count(page, group->n);
	ax_buf_printf(page, "</td><td>%s</td><td class=\"path\">",
		group->is_equal ? "every byte" : "in 16 places");
	for (size_t i = 0; i < group->n && i < PATHS_SHOWN; i++) {
		ax_buf_append_text(page, i ? "<br>" : "");
		rpt_text_cut(page, group->paths[i], 200);
	}
	if (group->n > PATHS_SHOWN)
		ax_buf_printf(page, "<br>and %zu more", group->n - PATHS_SHOWN);
	ax_buf_append_text(page, "</td></tr>\n");
}

/* Files that could go: all of a group but one. */
static struct rpt_sum sum_of_copies(const struct rpt_alike *alike)
{
	struct rpt_sum sum = { 0 };

	for (size_t i = 0; i < alike->n; i++) {
		const struct rpt_alike_group *group = &alike->groups[i];
		rpt_sum_add(&sum,
			(struct rpt_sum){ group->n - 1, (group->n - 1) * group->bytes });
	}
	return sum;
}

static bool all_equal(const struct rpt_alike *alike)
{
	bool all = true;

	for (size_t i = 0; i < alike->n; i++)
		all = all && alike->groups[i].is_equal;
	return all;
}

static void append_alike(struct ax_buf *page, const struct rpt_alike *alike)
{
	struct rpt_sum sum = sum_of_copies(alike);
	size_t shown = alike->n < GROUPS_SHOWN ? alike->n : GROUPS_SHOWN;

	ax_buf_printf(page, "<details%s>", alike->n <= 8 ? " open" : "");
	append_summary(page, all_equal(alike) ? "duplicates" : "most likely duplicates", &sum,
		"copies, besides the first of each");
	ax_buf_append_text(page,
		"<table class=\"sortable\"><thead><tr><th class=\"n\">size each</th>"
		"<th class=\"n\">files</th><th>the "
		"same</th><th>paths</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < shown; i++)
		append_group(page, &alike->groups[i]);
	ax_buf_append_text(page, "</tbody></table>");
	if (alike->n > shown) {
		ax_buf_append_text(page, "<p class=\"more\">and ");
		rpt_counted(page, alike->n - shown, "more group");
		ax_buf_append_text(page, " of smaller files</p>");
	}
	ax_buf_append_text(page, "</details>\n");
}

void rpt_wrong_section(struct ax_buf *page, const struct rpt_facts *facts,
	const struct rpt_alike *alike)
{
	bool any = alike->n > 0;

	ax_buf_append_text(page, "<section id=\"wrong\"><h2>What is wrong</h2>\n");
	for (size_t i = 0; i < KINDS; i++) {
		const struct rpt_findings *findings = &facts->findings[kinds[i].kind];

		if (findings->sum.files == 0)
			continue;
		any = true;
		append_kind(page, &kinds[i], findings);
	}
	if (alike->n)
		append_alike(page, alike);
	if (!any)
		ax_buf_append_text(page,
			"<p class=\"none\">Nothing that the last scan saw.</p>\n");
	if (alike->not_looked) {
		ax_buf_append_text(page, "<p class=\"more\">For duplicates the largest ");
		rpt_counted(page, alike->looked, "file");
		ax_buf_append_text(page, " of equal sizes were looked at; ");
		rpt_counted(page, alike->not_looked, "smaller one");
		ax_buf_append_text(page, " were not.</p>\n");
	}
	ax_buf_append_text(page, "</section>\n");
}
