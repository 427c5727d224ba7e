#include "report/section.h"

#include "base/buf.h"
#include "base/path.h"
#include "report/facts.h"
#include "report/lineage.h"
#include "report/markup.h"

#include <math.h>

enum { ROW = 44, NODE = 34, RUNS_NAMED = 12, TABLE_ROWS = 60 };

struct drawing {
	struct ax_buf *page;
	const struct rpt_facts *facts;
	const struct rpt_lineage *lineage;
	double width, height;
	double column, gap; /* widths of nodes, and between columns */
};

static double left_of(const struct drawing *drawing, const struct rpt_node *node)
{
	return node->rank * (drawing->column + drawing->gap);
}

static double middle_of(const struct drawing *drawing, const struct rpt_node *node)
{
	return drawing->height / 2 + (node->center + 0.5) * ROW;
}

static void append_edge(const struct drawing *drawing, const struct rpt_edge *edge)
{
	const struct rpt_node *from = &drawing->lineage->nodes[edge->from];
	const struct rpt_node *to = &drawing->lineage->nodes[edge->to];
	const struct rpt_node *group = from->is_group ? from : to;
	double x = left_of(drawing, from) + drawing->column;
	double end = left_of(drawing, to);
	double bend = end > x ? (end - x) / 2 : drawing->gap;
	double numbers[] = { x, middle_of(drawing, from), x + bend, middle_of(drawing, from),
		end - bend, middle_of(drawing, to), end, middle_of(drawing, to) };

	ax_buf_printf(drawing->page,
		"<path class=\"edge s%u\" data-a=\"%zu\" data-b=\"%zu\" d=\"", group->color,
		edge->from, edge->to);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		ax_buf_append_byte(drawing->page, i == 0 ? 'M' : i == 2 ? 'C' : ' ');
		rpt_number(drawing->page, numbers[i]);
	}
	ax_buf_append_text(drawing->page, "\" stroke-width=\"");
	rpt_number(drawing->page, 1 + log2((double)edge->runs + 1) * 0.7);
	ax_buf_append_text(drawing->page, "\"/>\n");
}

static void append_node_title(const struct drawing *drawing, const struct rpt_node *node)
{
	struct ax_buf *page = drawing->page;

	ax_buf_append_text(page, "<title>");
	if (!node->is_group) {
		rpt_text_cut(page, node->name, 160);
		ax_buf_append_text(page, "\nused by ");
		rpt_counted(page, node->runs, "run");
	}
	for (size_t i = 0; node->is_group && i < node->runs && i < RUNS_NAMED; i++) {
		if (i)
			ax_buf_append_byte(page, '\n');
		rpt_text_cut(page, drawing->facts->runs[node->runs_of[i]].run.id, 120);
	}
	if (node->is_group && node->runs > RUNS_NAMED)
		ax_buf_printf(page, "\nand %zu more", node->runs - RUNS_NAMED);
	ax_buf_append_text(page, "</title>");
}

static void append_node_texts(const struct drawing *drawing, const struct rpt_node *node)
{
	double x = left_of(drawing, node) + 10;
	double y = middle_of(drawing, node);
	struct rpt_label name = { x, y - 2, drawing->column - 14, 12, "" };
	struct rpt_label note = { x, y + 12, drawing->column - 14, 11, "class=\"soft\"" };
	struct ax_buf text = { 0 };
	struct ax_str shown = ax_path_name(node->name);

	if (node->is_group)
		shown = node->name.len ? node->name : AX_STR("no arm");
	rpt_label(drawing->page, &name, shown);
	if (!node->is_group && node->class_name.len) {
		ax_buf_append_str(&text, node->class_name);
		ax_buf_append_text(&text, ", ");
	} else if (!node->is_group) {
		ax_buf_append_text(&text, "not there, ");
	}
	rpt_counted(&text, node->runs, "run");
	rpt_label(drawing->page, &note, ax_buf_str(&text));
	drawing->page->failed = drawing->page->failed || text.failed;
	ax_buf_free(&text);
}

static void append_node(const struct drawing *drawing, size_t index)
{
	const struct rpt_node *node = &drawing->lineage->nodes[index];
	struct ax_buf *page = drawing->page;
	double x = left_of(drawing, node);
	double y = middle_of(drawing, node) - NODE / 2.0;

	ax_buf_printf(page, "<g class=\"mark node\" data-node=\"%zu\">", index);
	append_node_title(drawing, node);
	ax_buf_append_text(page, "<rect class=\"box\" x=\"");
	rpt_number(page, x + 0.5);
	ax_buf_append_text(page, "\" y=\"");
	rpt_number(page, y);
	ax_buf_append_text(page, "\" width=\"");
	rpt_number(page, drawing->column - 1);
	ax_buf_printf(page, "\" height=\"%d\" rx=\"4\"/><rect class=\"c%u\" x=\"", NODE,
		node->color);
	rpt_number(page, x + 0.5);
	ax_buf_append_text(page, "\" y=\"");
	rpt_number(page, y);
	ax_buf_printf(page, "\" width=\"4\" height=\"%d\" rx=\"2\"/>", NODE);
	append_node_texts(drawing, node);
	ax_buf_append_text(page, "</g>\n");
}

static void draw(struct drawing *drawing, const char *class_name)
{
	const struct rpt_lineage *lineage = drawing->lineage;
	struct rpt_frame frame = { class_name, drawing->width, 0,
		"Which runs used which artifacts" };
	unsigned columns = lineage->n_ranks;

	drawing->gap = drawing->width > 600 ? 160 : 60;
	if (columns > 2)
		drawing->gap = drawing->width / columns * 0.3;
	drawing->column = (drawing->width - (columns - 1) * drawing->gap) / columns;
	if (drawing->column > 340) {
		drawing->column = 340;
		drawing->gap =
			columns > 1 ? (drawing->width - columns * 340.0) / (columns - 1) : 0;
	}
	drawing->height = (double)lineage->rows * ROW;
	frame.height = drawing->height;
	rpt_svg_begin(drawing->page, &frame);
	for (size_t i = 0; i < lineage->n_edges; i++)
		append_edge(drawing, &lineage->edges[i]);
	for (size_t i = 0; i < lineage->n_nodes; i++)
		append_node(drawing, i);
	rpt_svg_end(drawing->page);
}

/* Arms of the runs that used an artifact: "projected 26, meandiff 23". */
static void append_arms(struct ax_buf *page, const struct rpt_lineage *lineage, size_t index)
{
	bool is_first = true;

	for (size_t i = 0; i < lineage->n_edges; i++) {
		const struct rpt_node *group = &lineage->nodes[lineage->edges[i].to];
		size_t runs = 0;
		bool is_repeated = false;

		if (lineage->edges[i].from != index)
			continue;
		for (size_t j = 0; j < lineage->n_edges; j++) {
			const struct rpt_node *other = &lineage->nodes[lineage->edges[j].to];
			if (lineage->edges[j].from != index ||
				!ax_str_equal(other->name, group->name))
				continue;
			is_repeated = is_repeated || j < i;
			runs += lineage->edges[j].runs;
		}
		if (is_repeated)
			continue;
		ax_buf_append_text(page, is_first ? "" : ", ");
		rpt_text_cut(page, group->name.len ? group->name : AX_STR("no arm"), 40);
		ax_buf_printf(page, " %zu", runs);
		is_first = false;
	}
}

static void append_table(struct ax_buf *page, const struct rpt_lineage *lineage)
{
	ax_buf_append_text(page,
		"<table class=\"sortable\"><thead><tr><th>artifact</th><th>class</th>"
		"<th class=\"n\">runs</th><th>arms</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < lineage->n_nodes && i < TABLE_ROWS; i++) {
		const struct rpt_node *node = &lineage->nodes[i];

		if (node->is_group)
			continue;
		ax_buf_append_text(page, "<tr><td class=\"path\">");
		rpt_text_cut(page, node->name, 120);
		ax_buf_append_text(page, "</td><td>");
		rpt_text_cut(page,
			node->class_name.len ? node->class_name : AX_STR("not there"), 40);
		ax_buf_printf(page, "</td><td class=\"n\" data-v=\"%zu\">", node->runs);
		rpt_count(page, node->runs);
		ax_buf_append_text(page, "</td><td>");
		append_arms(page, lineage, i);
		ax_buf_append_text(page, "</td></tr>\n");
	}
	ax_buf_append_text(page, "</tbody></table>\n");
}

static void append_left_out(struct ax_buf *page, const struct rpt_lineage *lineage)
{
	if (!lineage->more_artifacts && !lineage->more_groups)
		return;
	ax_buf_append_text(page, "<p class=\"more\">Not drawn: ");
	rpt_counted(page, lineage->more_artifacts, "artifact");
	ax_buf_append_text(page, " that fewer runs used, ");
	rpt_counted(page, lineage->more_groups, "smaller group");
	ax_buf_append_text(page, " of runs: <code>artidx query runs uses:NAME</code></p>\n");
}

int rpt_lineage_section(struct ax_buf *page, const struct rpt_facts *facts,
	struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct rpt_lineage lineage;
	struct drawing drawing = {
		.page = page, .facts = facts, .lineage = &lineage, .width = RPT_WIDE
	};
	int status = rpt_lineage_make(facts, &arena, &lineage, err);

	ax_buf_append_text(page, "<section id=\"lineage\"><h2>Which run used what</h2>\n");
	if (status == 0 && lineage.n_edges == 0) {
		ax_buf_append_text(page,
			"<p class=\"none\">No command line in the logs names an "
			"artifact.</p>\n");
	} else if (status == 0) {
		draw(&drawing, "wide lineage");
		drawing.width = RPT_NARROW;
		draw(&drawing, "narrow lineage");
		append_left_out(page, &lineage);
		append_table(page, &lineage);
	}
	ax_buf_append_text(page, "</section>\n");
	ax_arena_free(&arena);
	return status;
}
