#include "report/section.h"

#include "base/buf.h"
#include "base/path.h"
#include "report/facts.h"
#include "report/markup.h"
#include "report/treemap.h"

#include <stdlib.h>

enum {
	CELLS = 40, /* of one group; the others are one cell */
	DEPTH = 4,  /* of nested groups */
	HEADER = 18,
	GAP = 2,
};

/* Areas in square pixels below which a group is not taken apart and a cell not drawn alone. */
static const double open_area = 3600, least_area = 60;

/* One rectangle: a file, a directory, a class, a run, or what is left of a group. */
struct cell {
	struct ax_str name;
	struct rpt_sum sum;
	unsigned color;
	uint64_t others;               /* of what is left: how many it stands for */
	const struct rpt_dir *dir;     /* can be taken apart */
	const struct rpt_class *class; /* can be taken apart */
	const struct rpt_arm *arm;     /* can be taken apart */
};

/* A group taken apart, the largest first. */
struct cells {
	size_t n;
	struct cell items[CELLS + 1];
};

struct picture {
	struct ax_buf *page;
	const struct rpt_facts *facts;
};

static int compare_cells(const void *a, const void *b)
{
	const struct cell *x = a;
	const struct cell *y = b;

	if (x->sum.bytes != y->sum.bytes)
		return x->sum.bytes > y->sum.bytes ? -1 : 1;
	return ax_str_compare(x->name, y->name);
}

/* Keep the largest: what does not fit is added to the last one. */
static void add_cell(struct cells *cells, const struct cell *cell)
{
	struct cell *rest = &cells->items[CELLS];
	struct cell smaller = *cell;

	if (cell->sum.bytes == 0)
		return;
	if (cells->n < CELLS) {
		cells->items[cells->n++] = *cell;
		return;
	}
	size_t least = 0;
	for (size_t i = 1; i < CELLS; i++) {
		if (compare_cells(&cells->items[i], &cells->items[least]) > 0)
			least = i;
	}
	if (compare_cells(cell, &cells->items[least]) < 0) {
		smaller = cells->items[least];
		cells->items[least] = *cell;
	}
	rpt_sum_add(&rest->sum, smaller.sum);
	rest->others += smaller.others ? smaller.others : 1;
	rest->color = RPT_NO_COLOR;
}

/* In order, with the one for what did not fit. */
static void finish_cells(struct cells *cells)
{
	if (cells->items[CELLS].sum.bytes)
		cells->n = CELLS + 1;
	qsort(cells->items, cells->n, sizeof(cells->items[0]), compare_cells);
}

/* The class that most of a directory's bytes are of, directly. */
static const struct rpt_part *main_part(const struct rpt_dir *dir)
{
	const struct rpt_part *best = dir->parts;

	for (const struct rpt_part *part = dir->parts; part; part = part->next) {
		if (part->sum.bytes > best->sum.bytes)
			best = part;
	}
	return best;
}

/* The same, of all below; the way to it is that of the most bytes. */
static unsigned color_of_dir(const struct picture *picture, const struct rpt_dir *dir)
{
	while (dir->children && dir->children->all.bytes > dir->own.bytes)
		dir = dir->children;
	const struct rpt_part *part = main_part(dir);
	return part ? picture->facts->classes[part->class_id].color : RPT_NO_COLOR;
}

static struct ax_str name_below(const struct rpt_dir *dir, const struct rpt_dir *above)
{
	size_t skip = above->path.len ? above->path.len + 1 : 0;

	return ax_str_slice(dir->path, skip, dir->path.len);
}

static void open_dir(const struct picture *picture, const struct rpt_dir *dir,
	struct cells *cells)
{
	for (const struct rpt_dir *child = dir->children; child; child = child->next) {
		const struct rpt_dir *target = rpt_dir_skip_single(child);
		struct cell cell = { .name = name_below(target, dir),
			.sum = target->all,
			.color = color_of_dir(picture, target),
			.dir = target };
		add_cell(cells, &cell);
	}
	for (const struct rpt_part *part = dir->parts; part; part = part->next) {
		const struct rpt_class *class = &picture->facts->classes[part->class_id];
		struct cell cell = {
			.name = class->name, .sum = part->sum, .color = class->color
		};
		add_cell(cells, &cell);
	}
}

static void open_class(const struct rpt_class *class, struct cells *cells)
{
	struct rpt_sum rest = class->sum;

	for (size_t i = 0; i < class->n_largest; i++) {
		struct cell cell = { .name = class->largest[i].path,
			.sum = { 1, class->largest[i].bytes },
			.color = class->color };
		if (cell.sum.bytes > rest.bytes)
			break; /* other names of a file that counts elsewhere */
		rest.bytes -= cell.sum.bytes;
		rest.files--;
		add_cell(cells, &cell);
	}
	struct cell others = { .sum = rest, .color = class->color, .others = rest.files };
	if (rest.files)
		add_cell(cells, &others);
}

static void open_arm(const struct picture *picture, const struct rpt_arm *arm,
	struct cells *cells)
{
	const struct rpt_facts *facts = picture->facts;
	size_t index = (size_t)(arm - facts->arms);

	for (size_t i = 0; i < facts->n_runs; i++) {
		const struct idx_run *run = &facts->runs[i].run;
		struct cell cell = { .name = run->slug.len ? run->slug : run->id,
			.sum = { run->n_files, run->size },
			.color = arm->color };
		if (facts->runs[i].arm == index)
			add_cell(cells, &cell);
	}
}

static void take_apart(const struct picture *picture, const struct cell *cell,
	struct cells *cells)
{
	*cells = (struct cells){ 0 };
	if (cell->dir)
		open_dir(picture, cell->dir, cells);
	else if (cell->class)
		open_class(cell->class, cells);
	else if (cell->arm)
		open_arm(picture, cell->arm, cells);
	finish_cells(cells);
}

static void append_rect(struct ax_buf *page, const char *class_name, unsigned color,
	const struct rpt_rect *rect)
{
	ax_buf_printf(page, "<rect class=\"%s c%u\" x=\"", class_name, color);
	rpt_number(page, rect->x);
	ax_buf_append_text(page, "\" y=\"");
	rpt_number(page, rect->y);
	ax_buf_append_text(page, "\" width=\"");
	rpt_number(page, rect->width);
	ax_buf_append_text(page, "\" height=\"");
	rpt_number(page, rect->height);
	ax_buf_append_text(page, "\"/>");
}

static void append_name(struct ax_buf *page, const struct cell *cell, size_t columns)
{
	if (!cell->others) {
		rpt_text_cut(page, cell->name, columns);
		return;
	}
	rpt_counted(page, cell->others, "other");
}

static void append_title(struct ax_buf *page, const struct cell *cell)
{
	ax_buf_append_text(page, "<title>");
	append_name(page, cell, 160);
	ax_buf_append_text(page, "\n");
	rpt_size(page, cell->sum.bytes);
	ax_buf_append_text(page, " in ");
	rpt_counted(page, cell->sum.files, "file");
	ax_buf_append_text(page, "</title>");
}

static void append_labels(struct ax_buf *page, const struct cell *cell,
	const struct rpt_rect *rect)
{
	struct rpt_label label = { rect->x + 6, rect->y + 16, rect->width - 10, 12, "" };
	struct ax_buf name = { 0 };
	char size[AX_UNITS_MAX];

	if (rect->height < 22 || rect->width < 30)
		return;
	if (cell->others)
		rpt_counted(&name, cell->others, "other");
	else
		ax_buf_append_str(&name,
			cell->class || cell->dir ? cell->name : ax_path_name(cell->name));
	bool shown = rpt_label(page, &label, ax_buf_str(&name));
	ax_buf_free(&name);
	if (!shown || rect->height < 38)
		return;
	ax_size_format(cell->sum.bytes, size);
	label.y += 15;
	label.extra = "class=\"soft\"";
	rpt_label(page, &label, ax_str_from(size));
}

static void draw_leaf(const struct picture *picture, const struct cell *cell,
	const struct rpt_rect *rect)
{
	ax_buf_append_text(picture->page, "<g class=\"mark\">");
	append_title(picture->page, cell);
	append_rect(picture->page, "leaf", cell->color, rect);
	append_labels(picture->page, cell, rect);
	ax_buf_append_text(picture->page, "</g>\n");
}

static struct rpt_rect shrink(const struct rpt_rect *rect, double by)
{
	double width = rect->width > 2 * by ? rect->width - 2 * by : 0;
	double height = rect->height > 2 * by ? rect->height - 2 * by : 0;

	return (struct rpt_rect){ rect->x + by, rect->y + by, width, height };
}

/* The frame of a group: its name above its cells. What is left for these. */
static struct rpt_rect draw_group(const struct picture *picture, const struct cell *cell,
	const struct rpt_rect *rect)
{
	struct rpt_rect inside = shrink(rect, GAP);
	struct rpt_label label = { rect->x + 6, rect->y + 13, rect->width - 12, 11,
		"class=\"group\"" };
	struct ax_buf text = { 0 };
	char size[AX_UNITS_MAX];

	append_rect(picture->page, "group", cell->color, rect);
	ax_size_format(cell->sum.bytes, size);
	ax_buf_append_str(&text, cell->name);
	ax_buf_printf(&text, "  %s", size);
	bool fits = rpt_text_width(ax_buf_str(&text), label.font_size) <= label.width;
	rpt_label(picture->page, &label, fits ? ax_buf_str(&text) : cell->name);
	picture->page->failed = picture->page->failed || text.failed;
	ax_buf_free(&text);
	inside.y += HEADER - GAP;
	inside.height -= HEADER - GAP;
	return inside;
}

/* What is too small to be seen alone becomes one cell, where there is more than one of it. */
static void merge_small(struct cells *cells, const struct rpt_rect *room)
{
	uint64_t total = 0;
	size_t n = cells->n;

	for (size_t i = 0; i < n; i++)
		total += cells->items[i].sum.bytes;
	double scale = room->width * room->height / (double)total;
	while (n > 0 && (double)cells->items[n - 1].sum.bytes * scale < least_area)
		n--;
	if (cells->n - n < 2)
		return;
	struct cell rest = { .color = cells->items[n].color };
	for (size_t i = n; i < cells->n; i++) {
		const struct cell *small = &cells->items[i];

		rpt_sum_add(&rest.sum, small->sum);
		rest.others += small->others ? small->others : 1;
		rest.color = rest.color == small->color ? rest.color : RPT_NO_COLOR;
	}
	cells->items[n] = rest;
	cells->n = n + 1;
	qsort(cells->items, cells->n, sizeof(cells->items[0]), compare_cells);
}

static void draw_cell(const struct picture *picture, const struct cell *cell,
	const struct rpt_rect *rect, unsigned depth);

static void draw_cells(const struct picture *picture, struct cells *cells,
	const struct rpt_rect *room, unsigned depth)
{
	double sizes[CELLS + 1];
	struct rpt_rect rects[CELLS + 1];

	merge_small(cells, room);
	for (size_t i = 0; i < cells->n; i++)
		sizes[i] = (double)cells->items[i].sum.bytes;
	rpt_treemap_lay_out(sizes, cells->n, *room, rects);
	for (size_t i = 0; i < cells->n; i++) {
		struct rpt_rect rect = shrink(&rects[i], GAP / 2.0);
		if (rect.width > 0 && rect.height > 0)
			draw_cell(picture, &cells->items[i], &rect, depth);
	}
}

static void draw_cell(const struct picture *picture, const struct cell *cell,
	const struct rpt_rect *rect, unsigned depth)
{
	struct cells cells;

	if (depth < DEPTH && rect->width * rect->height > open_area &&
		rect->height > 3 * HEADER && rect->width > 3 * HEADER) {
		take_apart(picture, cell, &cells);
		if (cells.n > 1) {
			struct rpt_rect inside = draw_group(picture, cell, rect);
			draw_cells(picture, &cells, &inside, depth + 1);
			return;
		}
	}
	draw_leaf(picture, cell, rect);
}

/* The outermost cells of each picture. */

static void fill_dirs(const struct picture *picture, struct cells *cells)
{
	if (picture->facts->dirs.root)
		open_dir(picture, picture->facts->dirs.root, cells);
}

static void fill_classes(const struct picture *picture, struct cells *cells)
{
	const struct rpt_facts *facts = picture->facts;

	for (size_t i = 0; i < facts->n_shown_classes; i++) {
		const struct rpt_class *class = &facts->classes[facts->shown_classes[i]];
		struct cell cell = { .name = class->name,
			.sum = class->sum,
			.color = class->color,
			.class = class };
		add_cell(cells, &cell);
	}
}

static void fill_arms(const struct picture *picture, struct cells *cells)
{
	const struct rpt_facts *facts = picture->facts;
	struct rpt_sum rest = facts->sum;

	for (size_t i = 0; i < facts->n_arms; i++) {
		const struct rpt_arm *arm = &facts->arms[i];
		struct cell cell = { .name = arm->name.len ? arm->name : AX_STR("no arm"),
			.sum = arm->sum,
			.color = arm->color,
			.arm = arm };
		rest.bytes -= arm->sum.bytes < rest.bytes ? arm->sum.bytes : rest.bytes;
		rest.files -= arm->sum.files < rest.files ? arm->sum.files : rest.files;
		add_cell(cells, &cell);
	}
	struct cell others = {
		.name = AX_STR("of no run"), .sum = rest, .color = RPT_NO_COLOR
	};
	add_cell(cells, &others);
}

static const struct view {
	const char *id, *name, *what;
	void (*fill)(const struct picture *picture, struct cells *cells);
} views[] = {
	{ "by-dir", "directory", "Treemap of bytes by directory", fill_dirs },
	{ "by-class", "class", "Treemap of bytes by class of file", fill_classes },
	{ "by-run", "run", "Treemap of bytes by arm and run", fill_arms },
};

enum { VIEWS = sizeof(views) / sizeof(views[0]) };

static void draw_view(const struct picture *picture, const struct view *view,
	const struct rpt_frame *frame)
{
	struct rpt_rect room = { 0, 0, frame->width, frame->height };
	struct cells cells = { 0 };

	view->fill(picture, &cells);
	finish_cells(&cells);
	rpt_svg_begin(picture->page, frame);
	if (cells.n)
		draw_cells(picture, &cells, &room, 0);
	rpt_svg_end(picture->page);
}

static void append_key(struct ax_buf *page, unsigned color, struct ax_str name)
{
	ax_buf_printf(page, "<li><i class=\"c%u\"></i>", color);
	rpt_text_cut(page, name, 40);
	ax_buf_append_text(page, "</li>");
}

static void append_keys(const struct picture *picture, bool of_arms)
{
	const struct rpt_facts *facts = picture->facts;
	size_t n = of_arms ? facts->n_arms : facts->n_shown_classes;

	ax_buf_append_text(picture->page, "<ul class=\"key\">");
	for (size_t i = 0; i < n && i < RPT_COLORS; i++)
		append_key(picture->page, (unsigned)i,
			of_arms ? facts->arms[i].name
				: facts->classes[facts->shown_classes[i]].name);
	if (n > RPT_COLORS || of_arms)
		append_key(picture->page, RPT_NO_COLOR,
			of_arms ? AX_STR("everything else") : AX_STR("other classes"));
	ax_buf_append_text(picture->page, "</ul>\n");
}

static void append_views(const struct picture *picture)
{
	struct ax_buf *page = picture->page;

	ax_buf_append_text(page, "<div class=\"tabs\">\n");
	for (size_t i = 0; i < VIEWS; i++)
		ax_buf_printf(page,
			"<input type=\"radio\" name=\"space\" id=\"%s\"%s>"
			"<label for=\"%s\">by %s</label>\n",
			views[i].id, i == 0 ? " checked" : "", views[i].id, views[i].name);
	for (size_t i = 0; i < VIEWS; i++) {
		struct rpt_frame wide = { "wide treemap", RPT_WIDE, 460, views[i].what };
		struct rpt_frame narrow = { "narrow treemap", RPT_NARROW, 460, views[i].what };

		ax_buf_append_text(page, "<div class=\"tab\">");
		append_keys(picture, views[i].fill == fill_arms);
		draw_view(picture, &views[i], &wide);
		draw_view(picture, &views[i], &narrow);
		ax_buf_append_text(page, "</div>\n");
	}
	ax_buf_append_text(page, "</div>\n");
}

static void append_row(struct ax_buf *page, const struct rpt_class *class, uint64_t total)
{
	double share = total ? 100 * (double)class->sum.bytes / (double)total : 0;

	ax_buf_printf(page, "<tr><td><i class=\"c%u\"></i>", class->color);
	rpt_text_cut(page, class->name, 60);
	ax_buf_printf(page, "</td><td class=\"n\" data-v=\"%llu\">",
		(unsigned long long)class->sum.files);
	rpt_count(page, class->sum.files);
	ax_buf_printf(page, "</td><td class=\"n\" data-v=\"%llu\">",
		(unsigned long long)class->sum.bytes);
	rpt_size(page, class->sum.bytes);
	ax_buf_printf(page, "</td><td data-v=\"%llu\"><div class=\"share\"><span>",
		(unsigned long long)class->sum.bytes);
	ax_buf_printf(page,
		"%.1f%%</span><svg class=\"bar\" viewBox=\"0 0 100 8\" "
		"preserveAspectRatio=\"none\" aria-hidden=\"true\">"
		"<rect class=\"c%u\" width=\"%.2f\" height=\"8\"/></svg></div></td></tr>\n",
		share, class->color, share);
}

void rpt_space_section(struct ax_buf *page, const struct rpt_facts *facts)
{
	struct picture picture = { page, facts };

	ax_buf_append_text(page, "<section id=\"space\"><h2>Where the space is</h2>\n");
	if (facts->sum.bytes == 0) {
		ax_buf_append_text(page, "<p class=\"none\">There are no bytes to show.</p>"
					 "</section>\n");
		return;
	}
	append_views(&picture);
	ax_buf_append_text(page,
		"<table class=\"sortable\"><thead><tr><th>class</th><th class=\"n\">files</th>"
		"<th class=\"n\">size</th><th "
		"class=\"share\">share</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < facts->n_shown_classes; i++)
		append_row(page, &facts->classes[facts->shown_classes[i]], facts->sum.bytes);
	ax_buf_append_text(page, "</tbody></table></section>\n");
}
