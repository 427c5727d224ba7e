/*
 * Two trees of directories with what each holds, before and after. The tree after is that of
 * before with every move of the draft carried out on the sums.
 */
#include "report/section.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "reorg/draft.h"
#include "report/facts.h"
#include "report/markup.h"

#include <errno.h>

enum {
	DEPTH = 6,
	ROWS = 48,     /* of a tree */
	CHILDREN = 10, /* of a directory */
	STAYS = 60,
};

struct trees {
	struct rpt_dirs before, after;
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for the trees of the reorg");
}

static struct rpt_dir *put_sum(struct rpt_dirs *dirs, struct ax_str path, struct rpt_sum sum)
{
	struct rpt_dir *dir = rpt_dirs_put(dirs, path);

	if (dir)
		rpt_sum_add(&dir->own, sum);
	return dir;
}

static bool copy_all(const struct rpt_facts *facts, struct trees *trees)
{
	const struct qry_table *table = &facts->dirs.table;

	for (size_t i = 0; i < table->n_slots; i++) {
		const struct rpt_dir *dir = table->slots[i].value;

		if (dir && dir->own.files &&
			(!put_sum(&trees->before, dir->path, dir->own) ||
				!put_sum(&trees->after, dir->path, dir->own)))
			return false;
	}
	return true;
}

static void take_off(struct rpt_sum *sum, struct rpt_sum less)
{
	sum->files -= less.files < sum->files ? less.files : sum->files;
	sum->bytes -= less.bytes < sum->bytes ? less.bytes : sum->bytes;
}

static bool move_all(const struct reorg_draft *draft, struct trees *trees)
{
	for (size_t i = 0; i < draft->n_moves; i++) {
		const struct reorg_file_move *move = &draft->moves[i];
		struct rpt_sum sum = { 1, move->size };
		struct rpt_dir *from = rpt_dirs_put(&trees->before, ax_path_dir(move->from));
		struct rpt_dir *left = rpt_dirs_put(&trees->after, ax_path_dir(move->from));
		struct rpt_dir *to = put_sum(&trees->after, ax_path_dir(move->to), sum);

		if (!from || !left || !to)
			return false;
		rpt_sum_add(&from->own_moving, sum);
		rpt_sum_add(&to->own_moving, sum);
		take_off(&left->own, sum);
	}
	return true;
}

/* ---- drawing */

struct tree_view {
	struct ax_buf *page;
	const char *sign; /* what stands before files that move: "−" or "+" */
	size_t rows;
};

static struct ax_str shown_name(const struct rpt_dir *dir, const struct rpt_dir *above)
{
	size_t skip = above && above->path.len ? above->path.len + 1 : 0;

	return dir->path.len ? ax_str_slice(dir->path, skip, dir->path.len) : AX_STR(".");
}

static void append_row(struct tree_view *view, const struct rpt_dir *dir,
	const struct rpt_dir *above)
{
	struct ax_buf *page = view->page;

	ax_buf_printf(page, "<div class=\"row%s\"><span class=\"name\">",
		dir->moving.files ? " moving" : "");
	rpt_text_cut(page, shown_name(dir, above), 80);
	ax_buf_append_text(page, "/</span><span class=\"moved\">");
	if (dir->moving.files) {
		ax_buf_append_text(page, view->sign);
		rpt_count(page, dir->moving.files);
	}
	ax_buf_append_text(page, "</span><span class=\"n\">");
	rpt_count(page, dir->all.files);
	ax_buf_append_text(page, "</span><span class=\"n\">");
	rpt_size(page, dir->all.bytes);
	ax_buf_append_text(page, "</span></div>");
	view->rows++;
}

static void append_rest(struct tree_view *view, const struct rpt_dir *from)
{
	struct rpt_sum sum = { 0 };
	size_t n = 0;

	for (const struct rpt_dir *dir = from; dir; dir = dir->next) {
		if (dir->all.files == 0)
			continue;
		rpt_sum_add(&sum, dir->all);
		n++;
	}
	if (n == 0)
		return;
	ax_buf_append_text(view->page, "<li><div class=\"row rest\"><span class=\"name\">");
	rpt_counted(view->page, n, "more directory");
	ax_buf_append_text(view->page,
		"</span><span class=\"moved\"></span><span class=\"n\">");
	rpt_count(view->page, sum.files);
	ax_buf_append_text(view->page, "</span><span class=\"n\">");
	rpt_size(view->page, sum.bytes);
	ax_buf_append_text(view->page, "</span></div></li>");
}

static void append_tree(struct tree_view *view, const struct rpt_dir *dir,
	const struct rpt_dir *above, unsigned depth)
{
	size_t n = 0;

	dir = rpt_dir_skip_single(dir);
	append_row(view, dir, above);
	if (!dir->children || depth == DEPTH)
		return;
	ax_buf_append_text(view->page, "<ul>\n");
	for (const struct rpt_dir *child = dir->children; child; child = child->next) {
		/* What is empty after the moves is gone. */
		if (child->all.files == 0)
			continue;
		if (n++ == CHILDREN || view->rows >= ROWS) {
			append_rest(view, child);
			break;
		}
		ax_buf_append_text(view->page, "<li>");
		append_tree(view, child, dir, depth + 1);
		ax_buf_append_text(view->page, "</li>\n");
	}
	ax_buf_append_text(view->page, "</ul>\n");
}

static void append_side(struct ax_buf *page, const struct rpt_dirs *dirs, const char *title,
	const char *sign)
{
	struct tree_view view = { page, sign, 0 };

	ax_buf_printf(page, "<div class=\"tree\"><h3>%s</h3>", title);
	ax_buf_append_text(page,
		"<div class=\"row head\"><span class=\"name\">directory</span>"
		"<span class=\"moved\">moves</span><span class=\"n\">files</span>"
		"<span class=\"n\">size</span></div>");
	if (dirs->root)
		append_tree(&view, dirs->root, NULL, 0);
	ax_buf_append_text(page, "</div>\n");
}

static void append_stays(struct ax_buf *page, const struct reorg_draft *draft)
{
	size_t shown = draft->n_stays < STAYS ? draft->n_stays : STAYS;
	struct rpt_sum sum = { 0 };

	if (draft->n_stays == 0)
		return;
	for (size_t i = 0; i < draft->n_stays; i++)
		rpt_sum_add(&sum, (struct rpt_sum){ 1, draft->stays[i].size });
	ax_buf_append_text(page, "<details><summary><b>stays where it is</b> ");
	rpt_counted(page, sum.files, "file");
	ax_buf_append_text(page, ", ");
	rpt_size(page, sum.bytes);
	ax_buf_append_text(page,
		"<span class=\"soft\"> nothing is guessed</span></summary>"
		"<table "
		"class=\"sortable\"><thead><tr><th>file</th><th>flag</th><th>why</th></tr>"
		"</thead><tbody>\n");
	for (size_t i = 0; i < shown; i++) {
		const struct reorg_stay *stay = &draft->stays[i];

		ax_buf_append_text(page, "<tr><td class=\"path\">");
		rpt_text_cut(page, stay->path, 200);
		ax_buf_printf(page, "</td><td>%s</td><td class=\"why\">",
			reorg_flag_name(stay->flag));
		rpt_text_cut(page, stay->why, 300);
		ax_buf_append_text(page, "</td></tr>\n");
	}
	ax_buf_append_text(page, "</tbody></table>");
	if (draft->n_stays > shown)
		ax_buf_printf(page,
			"<p class=\"more\">and %zu more: <code>artidx query flag:*</code></p>",
			draft->n_stays - shown);
	ax_buf_append_text(page, "</details>\n");
}

static int append_trees(struct ax_buf *page, const struct rpt_facts *facts,
	const struct reorg_draft *draft, struct ax_error *err)
{
	struct trees trees = { 0 };
	int status = -1;

	if (!copy_all(facts, &trees) || !move_all(draft, &trees)) {
		no_memory(err);
		goto out;
	}
	if (rpt_dirs_add_up(&trees.before, RPT_BY_NAME, err) < 0 ||
		rpt_dirs_add_up(&trees.after, RPT_BY_NAME, err) < 0)
		goto out;
	ax_buf_append_text(page, "<p>");
	rpt_counted(page, draft->n_moves, "file");
	ax_buf_append_text(page,
		" would move. <code>artidx reorg</code> shows the plan and changes "
		"nothing.</p>\n<div class=\"trees\">");
	append_side(page, &trees.before, "Before", "−");
	append_side(page, &trees.after, "After", "+");
	ax_buf_append_text(page, "</div>\n");
	status = 0;
out:
	rpt_dirs_free(&trees.before);
	rpt_dirs_free(&trees.after);
	return status;
}

int rpt_reorg_section(struct ax_buf *page, const struct rpt_facts *facts,
	const struct reorg_draft *draft, struct ax_error *err)
{
	int status = 0;

	ax_buf_append_text(page, "<section id=\"reorg\"><h2>Before and after a reorg</h2>\n");
	if (draft->n_moves)
		status = append_trees(page, facts, draft, err);
	else
		ax_buf_append_text(page, "<p class=\"none\">Nothing would move.</p>\n");
	append_stays(page, draft);
	ax_buf_append_text(page, "</section>\n");
	return status;
}
