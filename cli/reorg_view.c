#include "cli/reorg_view.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/reorg_diff.h"
#include "cli/reorg_session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
	GROUP_LIMIT = 64,
	UNRESOLVED_LIMIT = 40,
	STAY_COLUMN = 16, /* of the path of what stays, and of a reason below it */
	CLASS_COLUMNS = 12,
	SUM_COLUMNS = 20,
	BELOW_COLUMN = 6, /* of a path that has no room on its line */
	SERIES_MIN = 4,   /* files of a directory with one reason to stay: a line */
	NO_LIMIT = 1000000,
};

/* Files of one class that move to like places. */
struct group {
	struct ax_str class_name;
	uint64_t files, bytes;
	const struct reorg_file_move *example;
};

static struct group *find_group(struct group *groups, size_t *n, struct ax_str class_name)
{
	for (size_t i = 0; i < *n; i++) {
		if (ax_str_equal(groups[i].class_name, class_name))
			return &groups[i];
	}
	/* More classes than anyone names share the last line. */
	if (*n == GROUP_LIMIT)
		return &groups[GROUP_LIMIT - 1];
	groups[*n] = (struct group){ .class_name = class_name };
	return &groups[(*n)++];
}

static void print_heading(struct cli_output *out, const char *text)
{
	fprintf(out->stream, "%s%s%s\n", out->palette->bold, text, out->palette->reset);
}

static unsigned right_edge(const struct cli_output *out)
{
	return out->columns ? out->columns : NO_LIMIT;
}

/* What leads from one path to another: "->", "points to". lead stands before the first of them. */
struct arrow {
	const char *lead;
	struct ax_str from;
	const char *sign;
	struct ax_str to;
};

static void begin_below(struct cli_output *out)
{
	fputc('\n', out->stream);
	cli_print_pad(out, BELOW_COLUMN);
}

/*
 * On a line that has `column` columns already, for columns 0 a line of its own. A path that has no
 * room there goes below, so that a terminal breaks none where it happens to end.
 */
static void print_arrow(struct cli_output *out, size_t column, const struct arrow *arrow)
{
	struct ax_buf from = { 0 }, to = { 0 };
	size_t right = right_edge(out);

	ax_buf_append_text(&from, arrow->lead);
	ax_text_quote(&from, arrow->from);
	ax_text_quote(&to, arrow->to);
	size_t end = column + 2 + ax_text_width(ax_buf_str(&from));
	if (column && end > right) {
		begin_below(out);
		end = BELOW_COLUMN + ax_text_width(ax_buf_str(&from));
	} else {
		cli_print_pad(out, 2);
	}
	fprintf(out->stream, "%.*s", AX_STR_ARG(ax_buf_str(&from)));
	end += strlen(arrow->sign) + 2 + ax_text_width(ax_buf_str(&to));
	if (end > right)
		begin_below(out);
	else
		fputc(' ', out->stream);
	fprintf(out->stream, "%s%s%s %.*s\n", out->palette->dim, arrow->sign,
		out->palette->reset, AX_STR_ARG(ax_buf_str(&to)));
	cli_print_done(out, &from);
	cli_print_done(out, &to);
}

/* The class and the sum of what moves; returns the columns that it took. */
static size_t print_class(struct cli_output *out, struct ax_str class_name, uint64_t files,
	uint64_t bytes)
{
	char count[AX_UNITS_MAX], size[AX_UNITS_MAX];

	ax_count_format(files, count);
	ax_size_format(bytes, size);
	fprintf(out->stream, "  %-*.*s%7s %-5s %6s", CLASS_COLUMNS, AX_STR_ARG(class_name),
		count, files == 1 ? "file" : "files", size);
	return 2 + (class_name.len > CLASS_COLUMNS ? class_name.len : CLASS_COLUMNS) +
	       SUM_COLUMNS;
}

static void print_groups(struct cli_output *out, const struct reorg_draft *draft)
{
	struct group groups[GROUP_LIMIT];
	size_t n = 0;

	for (size_t i = 0; i < draft->n_moves; i++) {
		const struct reorg_file_move *move = &draft->moves[i];
		if (move->dir != REORG_NO_DIR)
			continue;
		struct group *group = find_group(groups, &n, move->class_name);
		group->files++;
		group->bytes += move->size;
		if (!group->example)
			group->example = move;
	}
	for (size_t i = 0; i < n; i++) {
		size_t column = print_class(out, groups[i].class_name, groups[i].files,
			groups[i].bytes);
		print_arrow(out, column,
			&(struct arrow){ groups[i].files > 1 ? "as " : "",
				groups[i].example->from, "->", groups[i].example->to });
	}
}

static void print_total(struct cli_output *out, const struct reorg_draft *draft, bool applied)
{
	char count[AX_UNITS_MAX], size[AX_UNITS_MAX];
	uint64_t bytes = 0;

	for (size_t i = 0; i < draft->n_moves; i++)
		bytes += draft->moves[i].size;
	ax_count_say(draft->n_moves, "file", count);
	ax_size_format(bytes, size);
	fprintf(out->stream, "%s%s%s  %s, %s\n", out->palette->bold,
		applied ? "moved" : "moves", out->palette->reset, count, size);
}

static void print_moves(struct cli_output *out, const struct reorg_draft *draft,
	const struct cli_reorg_outcome *outcome)
{
	bool every_file = outcome->verbose;

	if (draft->n_moves == 0)
		return;
	print_total(out, draft, outcome->applied);
	if (!every_file)
		print_groups(out, draft);
	for (size_t i = 0; every_file && i < draft->n_moves; i++) {
		if (draft->moves[i].dir != REORG_NO_DIR)
			continue;
		print_arrow(out, 0,
			&(struct arrow){ "", draft->moves[i].from, "->", draft->moves[i].to });
	}
	for (size_t i = 0; i < draft->n_dirs; i++) {
		const struct reorg_dir_move *dir = &draft->dirs[i];
		size_t column = print_class(out, dir->class_name, dir->files, dir->bytes);
		print_arrow(out, column, &(struct arrow){ "", dir->from, "->", dir->to });
	}
	for (size_t i = 0; i < draft->n_retargets; i++) {
		const struct reorg_retarget *link = &draft->retargets[i];
		print_arrow(out, 0,
			&(struct arrow){ "symlink      ", link->path,
				outcome->applied ? "points to" : "will point to",
				link->new_target });
	}
}

static void print_links(struct cli_output *out, const struct reorg_schedule *schedule)
{
	if (schedule->n_links == 0)
		return;
	fprintf(out->stream, "%slinks that stay behind%s  %zu\n", out->palette->bold,
		out->palette->reset, schedule->n_links);
	for (size_t i = 0; i < schedule->n_links; i++) {
		print_arrow(out, 0,
			&(struct arrow){
				"", schedule->links[i].path, "->", schedule->links[i].target });
	}
}

/* By directory and reason, then as they are listed. */
static int compare_reasons(const void *a, const void *b)
{
	const struct reorg_stay *x = *(const struct reorg_stay *const *)a;
	const struct reorg_stay *y = *(const struct reorg_stay *const *)b;
	int order = ax_str_compare(ax_path_dir(x->path), ax_path_dir(y->path));

	if (order == 0)
		order = (x->flag > y->flag) - (x->flag < y->flag);
	if (order == 0)
		order = ax_str_compare(x->why, y->why);
	return order ? order : (x > y) - (x < y);
}

static bool is_series(const struct reorg_stay *x, const struct reorg_stay *y)
{
	return x->flag == y->flag && ax_str_equal(x->why, y->why) &&
	       ax_str_equal(ax_path_dir(x->path), ax_path_dir(y->path));
}

/*
 * How many files the line of each stands for: those of one directory that stay for one reason are
 * on the line of the first, the others have 0. To be freed; NULL without memory.
 */
static size_t *count_series(const struct reorg_stay *stays, size_t n)
{
	const struct reorg_stay **order = reallocarray(NULL, n, sizeof(*order));
	size_t *counts = calloc(n, sizeof(*counts));

	if (!order || !counts) {
		free(order);
		free(counts);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		order[i] = &stays[i];
	qsort(order, n, sizeof(*order), compare_reasons);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && is_series(order[i], order[end]);)
			end++;
		bool joined = end - i >= SERIES_MIN;
		counts[order[i] - stays] = joined ? end - i : 1;
		for (size_t k = i + 1; k < end; k++)
			counts[order[k] - stays] = !joined;
	}
	free(order);
	return counts;
}

/* Path and reason on one line where both fit, else the reason below. */
static void print_stay(struct cli_output *out, const struct reorg_stay *stay, size_t count)
{
	const struct cli_palette *palette = out->palette;
	struct ax_buf path = { 0 }, line = { 0 }, why = { 0 };

	ax_text_quote(&path, stay->path);
	if (count > 1)
		ax_buf_printf(&why, " and %zu more beside it", count - 1);
	ax_buf_append_text(&why, ": ");
	ax_buf_append_str(&why, stay->why);
	ax_text_escape(&line, ax_buf_str(&why));
	size_t width = ax_text_width(ax_buf_str(&path)) + ax_text_width(ax_buf_str(&line));
	bool fits = STAY_COLUMN + width <= right_edge(out);

	fprintf(out->stream, "  %s%-13s%s %.*s%s", palette->yellow, reorg_flag_name(stay->flag),
		palette->reset, AX_STR_ARG(ax_buf_str(&path)), palette->dim);
	struct ax_str rest = ax_buf_str(&why);
	if (!fits) {
		/* A colon goes with the path, else everything below it. */
		fputs(count > 1 ? "\n" : ":\n", out->stream);
		cli_print_pad(out, STAY_COLUMN);
		rest = ax_str_slice(rest, count > 1 ? 1 : 2, SIZE_MAX);
	}
	cli_print_wrapped(out, rest, STAY_COLUMN, fits ? NO_LIMIT : right_edge(out));
	fputs(palette->reset, out->stream);
	cli_print_done(out, &path);
	cli_print_done(out, &line);
	cli_print_done(out, &why);
}

static void print_stays(struct cli_output *out, const struct reorg_draft *draft,
	bool every_file)
{
	size_t *counts = NULL;
	char count[AX_UNITS_MAX];
	bool has_series = false;

	if (draft->n_stays == 0)
		return;
	if (!every_file)
		counts = count_series(draft->stays, draft->n_stays);
	for (size_t i = 0; counts && !has_series && i < draft->n_stays; i++)
		has_series = counts[i] != 1;
	ax_count_say(draft->n_stays, "file", count);
	fprintf(out->stream, "%sstays%s  %s%s\n", out->palette->bold, out->palette->reset,
		count, has_series ? " (-v names each of them)" : "");
	for (size_t i = 0; i < draft->n_stays; i++) {
		if (!counts || counts[i])
			print_stay(out, &draft->stays[i], counts ? counts[i] : 1);
	}
	free(counts);
}

static void print_task(struct cli_output *out, const struct reorg_gate_task *task)
{
	const struct cli_palette *palette = out->palette;
	bool clear = task->verdict == REORG_CLEAR || task->ignored;

	fprintf(out->stream, "  %s%-11s%s %s ", clear ? palette->green : palette->red,
		task->ignored ? "ignored" : reorg_verdict_name(task->verdict), palette->reset,
		task->job->queue);
	cli_print_text(out, task->job->id);
	fprintf(out->stream, " %s", idx_job_state_name(task->job->state));
	for (size_t i = 0; i < task->n_touches; i++) {
		fputs(i ? ", " : ": ", out->stream);
		cli_print_path(out, task->touches[i]);
	}
	if (task->verdict == REORG_CANNOT_TELL) {
		fputs(": ", out->stream);
		cli_print_text(out, task->why);
	}
	fprintf(out->stream, "\n              %s", palette->dim);
	cli_print_cut(out, task->job->command, out->columns > 20 ? out->columns - 15 : 200);
	fprintf(out->stream, "%s\n", palette->reset);
}

void cli_reorg_print_gate(struct cli_output *out, const struct cli_reorg *reorg)
{
	const struct reorg_gate *gate = &reorg->gate;
	const struct cli_palette *palette = out->palette;
	bool idle = gate->state == REORG_GATE_IDLE;

	fprintf(out->stream, "%squeue%s  %s%s%s (", palette->bold, palette->reset,
		idle ? palette->green : palette->red, reorg_gate_state_name(gate->state),
		palette->reset);
	cli_print_text(out, gate->queues);
	fputc(')', out->stream);
	if (gate->state == REORG_GATE_UNKNOWN) {
		fputs(": ", out->stream);
		cli_print_text(out, gate->why);
	}
	fputc('\n', out->stream);
	for (size_t i = 0; i < gate->n_tasks; i++)
		print_task(out, &gate->tasks[i]);
	if (gate->n_done == 0)
		return;
	fprintf(out->stream, "  %sfinished tasks that would fail if restarted:%s",
		palette->yellow, palette->reset);
	for (size_t i = 0; i < gate->n_done; i++) {
		fputc(' ', out->stream);
		cli_print_text(out, gate->done[i].job->id);
	}
	fputc('\n', out->stream);
}

static void print_unresolved(struct cli_output *out, const struct cli_reorg *reorg)
{
	const struct reorg_edits *edits = &reorg->edits;

	for (size_t i = 0; i < reorg->references.n_unread; i++) {
		if (i == 0)
			print_heading(out, "not read");
		fputs("  ", out->stream);
		cli_print_path(out, reorg->references.unread[i].file);
		fputs(": ", out->stream);
		cli_print_wrapped(out, reorg->references.unread[i].why, 2, right_edge(out));
	}
	if (edits->n_unresolved == 0)
		return;
	print_heading(out, "look at these yourself");
	for (size_t i = 0; i < edits->n_unresolved && i < UNRESOLVED_LIMIT; i++) {
		const struct reorg_unresolved *place = &edits->unresolved[i];
		bool same_line = i && place[-1].line == place->line &&
				 ax_str_equal(place[-1].file, place->file);
		if (same_line)
			continue;
		fputs("  ", out->stream);
		cli_print_path(out, place->file);
		fprintf(out->stream, ":%" PRIu64 ": %s%s%s\n      ", place->line,
			out->palette->dim, place->why, out->palette->reset);
		cli_print_cut(out, ax_str_trim(place->text),
			out->columns > 20 ? out->columns - 7 : 300);
		fputc('\n', out->stream);
	}
	if (edits->n_unresolved > UNRESOLVED_LIMIT)
		fprintf(out->stream, "  and %zu more: --json has them all\n",
			edits->n_unresolved - UNRESOLVED_LIMIT);
}

static void print_edited_files(struct cli_output *out, const struct reorg_plan *plan)
{
	for (size_t i = 0; i < plan->n_acts; i++) {
		if (plan->acts[i].kind != REORG_EDIT)
			continue;
		fputs("  ", out->stream);
		cli_print_path(out, plan->acts[i].from);
		fputc('\n', out->stream);
	}
}

/* What will change in scripts as a diff; what has changed by the scripts' names. */
static int print_edits(struct cli_output *out, const struct cli_reorg *reorg, bool applied,
	struct ax_error *err)
{
	char places[AX_UNITS_MAX];

	if (reorg->edits.n_edits == 0)
		return 0;
	ax_count_say(reorg->edits.n_edits, "place", places);
	if (reorg->options.no_edits) {
		fprintf(out->stream, "%sedits%s  none are made: %s %s old paths\n",
			out->palette->bold, out->palette->reset, places,
			reorg->edits.n_edits == 1 ? "keeps" : "keep");
		return 0;
	}
	fprintf(out->stream, "%s%s%s  %s\n", out->palette->bold, applied ? "edited" : "edits",
		out->palette->reset, places);
	if (applied) {
		print_edited_files(out, &reorg->schedule.plan);
		return 0;
	}
	return cli_reorg_diff_print(out, &reorg->schedule.plan, reorg->root, err);
}

/* The options that made this plan what it is are part of the command that carries it out. */
static void print_next_step(struct cli_output *out, const struct cli_reorg *reorg,
	const struct cli_reorg_outcome *outcome)
{
	if (!outcome->id) {
		fputs("nothing to move\n", out->stream);
		return;
	}
	if (outcome->applied)
		return;
	fprintf(out->stream,
		"\nNothing has been changed. To do exactly this:\n  artidx reorg "
		"--apply %s",
		outcome->id);
	if (reorg->options.queue) {
		fputs(" --queue ", out->stream);
		cli_print_path(out, ax_str_from(reorg->options.queue));
	}
	fputs(reorg->gate.state == REORG_GATE_IDLE ? "\n" : " --when-idle\n", out->stream);
}

int cli_reorg_print(struct cli_output *out, const struct cli_reorg *reorg,
	const struct cli_reorg_outcome *outcome, struct ax_error *err)
{
	print_moves(out, &reorg->draft, outcome);
	print_links(out, &reorg->schedule);
	print_stays(out, &reorg->draft, outcome->verbose);
	if (print_edits(out, reorg, outcome->applied, err) < 0)
		return -1;
	print_unresolved(out, reorg);
	if (!outcome->applied && outcome->id)
		cli_reorg_print_gate(out, reorg);
	print_next_step(out, reorg, outcome);
	return 0;
}
