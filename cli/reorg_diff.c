/*
 * Edits replace paths within lines, so a line of the old file is a line of the new one, and the
 * hunks follow from the lines that have an edit and CONTEXT lines around them.
 */
#include "cli/reorg_diff.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "cli/output.h"
#include "reorg/act.h"

#include <errno.h>
#include <stdlib.h>

enum {
	CONTEXT = 3,
	FILE_LIMIT = 64 * 1024 * 1024,
	LINE_MAX_SHOWN = 400, /* bytes of a line on a terminal */
	LEAD = 60,            /* of them, before its change */
};

struct lines {
	struct ax_str *items;
	size_t count;
};

static int split_lines(struct ax_str text, struct lines *out, struct ax_error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '\n';
	out->items = calloc(count + 2, sizeof(*out->items));
	if (!out->items)
		return ax_fail(err, ENOMEM, "no memory for the diff");
	while (text.len) {
		size_t end = ax_str_find(text, '\n');
		out->items[out->count++] = ax_str_slice(text, 0, end);
		text = ax_str_slice(text, end + 1, text.len);
	}
	return 0;
}

/* TAB is what source files are made of; everything else that is unsafe is escaped. */
static void print_tabbed(struct cli_output *out, struct ax_str line)
{
	while (line.len) {
		size_t tab = ax_str_find(line, '\t');
		cli_print_text(out, ax_str_slice(line, 0, tab));
		if (tab < line.len)
			fputc('\t', out->stream);
		line = ax_str_slice(line, tab + 1, line.len);
	}
}

/* The place in line at or before `at` where a character starts. */
static size_t character_start(struct ax_str line, size_t at)
{
	size_t start = at;

	while (start > 0 && at - start < 3 && ((unsigned char)line.ptr[start] & 0xc0) == 0x80)
		start--;
	return start;
}

/* What a terminal gets of a line that is too long for one: the place of its first change. */
static struct ax_str window(struct ax_str line, size_t change)
{
	size_t from = change > LINE_MAX_SHOWN / 2 ? character_start(line, change - LEAD) : 0;
	size_t to = from + LINE_MAX_SHOWN;

	to = to < line.len ? character_start(line, to) : line.len;
	return ax_str_slice(line, from, to - from);
}

/* change: where it differs from its counterpart; 0 without one. */
static void print_line(struct cli_output *out, char sign, struct ax_str line, size_t change)
{
	const struct cli_palette *palette = out->palette;
	const char *color = sign == '-' ? palette->red : sign == '+' ? palette->green : "";
	bool is_cut = out->is_terminal && line.len > LINE_MAX_SHOWN;
	struct ax_str shown = is_cut ? window(line, change) : line;

	fprintf(out->stream, "%s%c%s", color, sign, shown.ptr > line.ptr ? "…" : "");
	print_tabbed(out, shown);
	fprintf(out->stream, "%s%s\n", shown.ptr + shown.len < line.ptr + line.len ? "…" : "",
		color[0] ? palette->reset : "");
}

static bool differs(const struct lines *old, const struct lines *new, size_t i)
{
	return !ax_str_equal(old->items[i], new->items[i]);
}

/* Where line i begins to differ. */
static size_t change_in(const struct lines *old, const struct lines *new, size_t i)
{
	struct ax_str a = old->items[i], b = new->items[i];
	size_t at = 0;

	while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at])
		at++;
	return at;
}

/* The first line from `from` on that differs, or count. */
static size_t next_change(const struct lines *old, const struct lines *new, size_t from)
{
	while (from < old->count && !differs(old, new, from))
		from++;
	return from;
}

static void print_hunk(struct cli_output *out, const struct lines *old, const struct lines *new,
	size_t start, size_t end)
{
	fprintf(out->stream, "%s@@ -%zu,%zu +%zu,%zu @@%s\n", out->palette->cyan, start + 1,
		end - start, start + 1, end - start, out->palette->reset);
	for (size_t i = start; i < end;) {
		if (!differs(old, new, i)) {
			print_line(out, ' ', old->items[i++], 0);
			continue;
		}
		size_t last = i;
		for (; last < end && differs(old, new, last); last++)
			print_line(out, '-', old->items[last], change_in(old, new, last));
		for (; i < last; i++)
			print_line(out, '+', new->items[i], change_in(old, new, i));
	}
}

static void print_hunks(struct cli_output *out, const struct lines *old,
	const struct lines *new)
{
	for (size_t at = next_change(old, new, 0); at < old->count;) {
		size_t start = at > CONTEXT ? at - CONTEXT : 0;
		size_t end = at + 1;
		/* Changes whose contexts touch share a hunk. */
		for (;;) {
			size_t next = next_change(old, new, end);
			if (next >= old->count || next > end + (size_t)2 * CONTEXT)
				break;
			end = next + 1;
		}
		size_t stop = end + CONTEXT < old->count ? end + CONTEXT : old->count;
		print_hunk(out, old, new, start, stop);
		at = next_change(old, new, end);
	}
}

static int print_file(struct cli_output *out, const struct reorg_act *act, int root,
	struct ax_error *err)
{
	struct ax_buf path = { 0 }, old = { 0 }, new = { 0 };
	struct lines old_lines = { 0 }, new_lines = { 0 };
	int status = -1;

	ax_buf_append_str(&path, act->from);
	if (ax_file_read(root, ax_buf_text(&path), FILE_LIMIT, &old, err) < 0 ||
		reorg_edit_content(act, ax_buf_str(&old), &new, err) < 0)
		goto out;
	if (split_lines(ax_buf_str(&old), &old_lines, err) < 0 ||
		split_lines(ax_buf_str(&new), &new_lines, err) < 0)
		goto out;
	fprintf(out->stream, "%s--- a/", out->palette->bold);
	cli_print_path(out, act->from);
	fprintf(out->stream, "\n+++ b/");
	cli_print_path(out, act->from);
	fprintf(out->stream, "%s\n", out->palette->reset);
	if (old_lines.count == new_lines.count)
		print_hunks(out, &old_lines, &new_lines);
	else
		fprintf(out->stream, "(a new path holds a line break: not shown)\n");
	status = 0;
out:
	free(old_lines.items);
	free(new_lines.items);
	ax_buf_free(&path);
	ax_buf_free(&old);
	ax_buf_free(&new);
	return status;
}

int cli_reorg_diff_print(struct cli_output *out, const struct reorg_plan *plan, int root,
	struct ax_error *err)
{
	for (size_t i = 0; i < plan->n_acts; i++) {
		if (plan->acts[i].kind == REORG_EDIT &&
			print_file(out, &plan->acts[i], root, err) < 0)
			return -1;
	}
	return 0;
}
