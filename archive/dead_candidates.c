#include "archive/dead_internal.h"

#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "indexer/catalog.h"
#include "indexer/config.h"
#include "reorg/layout.h"

#include <errno.h>
#include <stdlib.h>

/* ---- directories by their names */

/* The data directory that path is below, or "" . */
static struct ax_str data_of(const struct arc_dead_input *input, struct ax_str path)
{
	const struct idx_strings *data = &input->config->data;

	for (size_t i = 0; i < data->count; i++) {
		if (ax_path_below(path, data->items[i]))
			return data->items[i];
	}
	return AX_STR("");
}

/* The topmost directory above or at dir, below a data directory, that has a dead name; or "". */
static struct ax_str dead_dir_of(const struct arc_dead_input *input, struct ax_str dir)
{
	struct ax_str data = data_of(input, dir), found = AX_STR("");

	for (; data.len && dir.len > data.len; dir = ax_path_dir(dir)) {
		if (reorg_layout_is_dead(input->layout, ax_path_name(dir)))
			found = dir;
	}
	return found;
}

static int find_dead_dirs(const struct arc_dead_input *input, struct arc_dead *dead,
	struct ax_error *err)
{
	struct idx_filter everything = { 0 };
	struct idx_files *files = NULL;
	struct ax_buf reason = { 0 };
	struct idx_entry entry;
	struct ax_str last = AX_STR("");
	int found = 0;

	if (idx_files_open(input->snapshot, &everything, &files, err) < 0)
		return -1;
	while (found >= 0 && (found = idx_files_next(files, &entry, err)) == 1) {
		struct ax_str dir = dead_dir_of(input, entry.dir);
		if (!dir.len || ax_str_equal(dir, last))
			continue;
		ax_buf_append_text(&reason, "its name matches dead.match");
		found = dead_add(dead, dir, true, &reason, err);
		if (found == 0)
			last = dead->rows[dead->count - 1].path;
	}
	ax_buf_free(&reason);
	idx_files_close(files);
	return found < 0 ? -1 : 0;
}

/* ---- runs */

struct known_run {
	struct ax_str id, slug;
	bool is_done, is_crashed;
	ax_nanoseconds start;
	size_t n_files;
	struct ax_str *files;
};

struct runs {
	struct ax_arena arena;
	size_t count;
	struct known_run *items;
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for runs");
}

static bool copy(struct ax_arena *arena, struct ax_str s, struct ax_str *out)
{
	char *bytes = ax_arena_copy(arena, s);

	*out = ax_str(bytes, s.len);
	return bytes != NULL;
}

static int keep_run(struct runs *runs, const struct idx_run *run, struct ax_error *err)
{
	struct known_run *kept = &runs->items[runs->count];

	*kept = (struct known_run){
		.is_done = ax_str_equal(run->status, AX_STR("done")),
		.is_crashed = ax_str_equal(run->status, AX_STR("crashed")),
		.start = run->start,
	};
	kept->files = ax_arena_alloc(&runs->arena, (run->n_files + 1) * sizeof(*kept->files));
	if (!kept->files || !copy(&runs->arena, run->id, &kept->id) ||
		!copy(&runs->arena, run->slug, &kept->slug))
		return no_memory(err);
	for (size_t i = 0; i < run->n_files; i++) {
		if (!copy(&runs->arena, run->files[i], &kept->files[kept->n_files++]))
			return no_memory(err);
	}
	runs->count++;
	return 0;
}

static int read_runs(const struct arc_dead_input *input, struct runs *runs,
	struct ax_error *err)
{
	struct idx_run_cursor *cursor = NULL;
	struct ax_arena scratch = { 0 };
	struct idx_totals totals;
	struct idx_run run;
	int found = 0;

	idx_snapshot_totals(input->snapshot, &totals);
	runs->items =
		ax_arena_alloc(&runs->arena, ((size_t)totals.runs + 1) * sizeof(*runs->items));
	if (!runs->items)
		return no_memory(err);
	if (idx_run_cursor_open(input->snapshot, &cursor, err) < 0)
		return -1;
	while (found >= 0 && (found = idx_run_cursor_next(cursor, &scratch, &run, err)) == 1) {
		if (runs->count < totals.runs)
			found = keep_run(runs, &run, err);
		ax_arena_clear(&scratch);
	}
	ax_arena_free(&scratch);
	idx_run_cursor_close(cursor);
	return found < 0 ? -1 : 0;
}

static int by_slug(const void *a, const void *b)
{
	const struct known_run *x = a, *y = b;
	int order = ax_str_compare(x->slug, y->slug);

	if (order)
		return order;
	return x->start == y->start ? ax_str_compare(x->id, y->id)
				    : (x->start < y->start ? -1 : 1);
}

/* A file that a run saved; a directory of the run's own goes whole. */
static int add_saved(const struct arc_dead_input *input, struct arc_dead *dead,
	const struct known_run *run, struct ax_str file, struct ax_buf *reason,
	struct ax_error *err)
{
	struct idx_entry entry;
	struct ax_str dir = ax_path_dir(file);
	int found = idx_snapshot_find(input->snapshot, file, &entry, err);

	if (found <= 0 || !data_of(input, file).len)
		return found < 0 ? -1 : 0;
	bool is_own = ax_str_equal(ax_path_name(dir), run->id);
	return dead_add(dead, is_own ? dir : file, is_own, reason, err);
}

static int add_run(const struct arc_dead_input *input, struct arc_dead *dead,
	const struct known_run *run, const struct known_run *newer, struct ax_error *err)
{
	struct ax_buf reason = { 0 };
	int status = 0;

	for (size_t i = 0; i < run->n_files && status == 0; i++) {
		ax_buf_clear(&reason);
		if (newer) {
			ax_buf_append_text(&reason, "its run was done again: ");
			ax_text_escape(&reason, newer->id);
		} else {
			ax_buf_append_text(&reason, "its run crashed: ");
			ax_text_escape(&reason, run->id);
		}
		status = add_saved(input, dead, run, run->files[i], &reason, err);
	}
	ax_buf_free(&reason);
	return status;
}

/* Runs of one slug stand together, the newest last. */
static int judge_runs(const struct arc_dead_input *input, struct arc_dead *dead,
	const struct runs *runs, struct ax_error *err)
{
	const struct known_run *newest = NULL;

	for (size_t i = runs->count; i-- > 0;) {
		const struct known_run *run = &runs->items[i];
		if (newest && !ax_str_equal(newest->slug, run->slug))
			newest = NULL;
		bool is_replaced = newest && run->slug.len && run->start < newest->start;
		if ((is_replaced && add_run(input, dead, run, newest, err) < 0) ||
			(run->is_crashed && add_run(input, dead, run, NULL, err) < 0))
			return -1;
		if (!newest && run->is_done && run->n_files)
			newest = run;
	}
	return 0;
}

static int find_dead_runs(const struct arc_dead_input *input, struct arc_dead *dead,
	struct ax_error *err)
{
	struct runs runs = { .count = 0 };
	int status = read_runs(input, &runs, err);

	if (status == 0 && runs.count)
		qsort(runs.items, runs.count, sizeof(*runs.items), by_slug);
	if (status == 0)
		status = judge_runs(input, dead, &runs, err);
	ax_arena_free(&runs.arena);
	return status;
}

int dead_find_candidates(const struct arc_dead_input *input, struct arc_dead *dead,
	struct ax_error *err)
{
	if (find_dead_dirs(input, dead, err) < 0)
		return -1;
	return find_dead_runs(input, dead, err);
}
