#include "query/word.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/pattern.h"
#include "indexer/jobs.h"
#include "indexer/references.h"
#include "query/row.h"

#include <errno.h>

/* "./out/" as "out". */
static struct ax_str trim_path(struct ax_str text)
{
	while (ax_str_starts(text, AX_STR("./")))
		text = ax_str_slice(text, 2, text.len);
	while (text.len > 1 && text.ptr[text.len - 1] == '/')
		text.len--;
	return text;
}

/* Whether the catalogue has files below path: 1, 0, -1. */
static int has_files_below(struct idx_snapshot *snapshot, struct ax_str path,
	struct ax_error *err)
{
	struct idx_filter filter = { .below = path, .archived = true };
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int found;

	if (!ax_path_is_safe(path))
		return 0;
	if (idx_files_open(snapshot, &filter, &files, err) < 0)
		return -1;
	found = idx_files_next(files, &entry, err);
	idx_files_close(files);
	return found;
}

/* "/project/out/" as "out/" where /project is the root, which itself is "". */
static struct ax_str from_root(const char *root, struct ax_str text)
{
	struct ax_str base = ax_str_from(root ? root : "");
	struct ax_str rest;

	while (base.len && base.ptr[base.len - 1] == '/')
		base.len--;
	if (!root || !ax_str_starts(text, base))
		return text;
	rest = ax_str_slice(text, base.len, text.len);
	if (rest.len && rest.ptr[0] != '/')
		return text;
	while (rest.len && rest.ptr[0] == '/')
		rest = ax_str_slice(rest, 1, rest.len);
	return rest;
}

static bool is_from_here(struct ax_str text)
{
	struct ax_str first = ax_str_slice(text, 0, ax_str_find(text, '/'));

	return ax_str_equal(first, AX_STR(".")) || ax_str_equal(first, AX_STR(".."));
}

/* A word of a view that has paths; what is made of it is in arena. */
static int read_path(struct ax_arena *arena, const struct qry_word_place *place,
	struct ax_str text, struct ax_str *out, struct ax_error *err)
{
	struct ax_buf path = { 0 };

	*out = from_root(place->root, text);
	if (!place->cwd || !is_from_here(text))
		return 0;
	ax_path_resolve(&path, ax_str_from(place->cwd), text);
	char *copy = path.failed ? NULL : ax_arena_copy(arena, ax_buf_str(&path));
	*out = from_root(place->root, ax_str(copy, path.len));
	ax_buf_free(&path);
	return copy ? 0 : ax_fail(err, ENOMEM, "no memory for the query");
}

int qry_word_make(struct ax_arena *arena, const struct qry_word_place *place,
	struct ax_str text, struct qry_word **out, struct ax_error *err)
{
	struct qry_word *word = ax_arena_alloc(arena, sizeof(*word));
	bool is_path = place->view != QRY_RUNS && place->view != QRY_JOBS;
	int found = 0;

	if (!word)
		return ax_fail(err, ENOMEM, "no memory for the query");
	word->text = text;
	if (is_path && read_path(arena, place, text, &word->text, err) < 0)
		return -1;
	word->is_glob = ax_glob_is_pattern(word->text);
	word->directory = trim_path(word->text);
	if (is_path && text.len && !word->text.len)
		found = 1; /* the root */
	else if (place->snapshot && is_path)
		found = has_files_below(place->snapshot, word->directory, err);
	word->is_directory = found > 0;
	*out = word;
	return found < 0 ? -1 : 0;
}

static bool has_word(struct ax_str text, const struct qry_word *word)
{
	return ax_str_contains_nocase(text, word->text) ||
	       (word->is_glob && ax_glob_match_text(word->text, text));
}

static bool attribute_has_word(const struct idx_attribute *attributes, size_t n,
	const struct qry_word *word)
{
	struct idx_value model = idx_attribute_get(attributes, n, AX_STR("model"));

	return model.kind == IDX_TEXT && has_word(model.text, word);
}

/* Few words occur in any run's id: one look at all ids spares a look-up a file. */
static int look_at_runs(struct qry_word *word, struct qry_row *row, struct ax_error *err)
{
	struct idx_run_cursor *cursor = NULL;
	struct ax_arena arena = { 0 };
	struct idx_run run;
	int found;

	if (!row->scope->snapshot) {
		word->runs = QRY_RUNS_WITH;
		return 0;
	}
	word->runs = QRY_RUNS_WITHOUT;
	found = idx_run_cursor_open(row->scope->snapshot, &cursor, err) < 0 ? -1 : 1;
	while (found > 0 && word->runs == QRY_RUNS_WITHOUT) {
		ax_arena_clear(&arena);
		found = idx_run_cursor_next(cursor, &arena, &run, err);
		if (found > 0 && has_word(run.id, word))
			word->runs = QRY_RUNS_WITH;
	}
	idx_run_cursor_close(cursor);
	ax_arena_free(&arena);
	return found < 0 ? -1 : 0;
}

static int file_run_has_word(struct qry_word *word, struct qry_row *row, struct ax_error *err)
{
	const struct idx_owner *owner;

	if (word->runs == QRY_RUNS_UNKNOWN && look_at_runs(word, row, err) < 0)
		return -1;
	if (word->runs == QRY_RUNS_WITHOUT)
		return 0;
	if (qry_row_owner(row, &owner, err) < 0)
		return -1;
	return owner->membership == IDX_RUN_KNOWN && has_word(owner->run, word);
}

static int path_has_word(const struct qry_word *word, struct qry_row *row, struct ax_error *err)
{
	struct ax_str path;

	if (word->is_directory)
		return ax_path_below(row->entry.dir, word->directory);
	if (has_word(row->entry.name, word) ||
		ax_str_contains_nocase(row->entry.dir, word->text))
		return 1;
	if (!word->is_glob && ax_str_find(word->text, '/') == word->text.len)
		return 0;
	return qry_row_path(row, &path, err) < 0 ? -1 : has_word(path, word);
}

static int try_file(struct qry_word *word, struct qry_row *row, struct ax_error *err)
{
	const struct idx_detail *detail;
	int found = path_has_word(word, row, err);

	if (found != 0 || word->is_directory || row->entry.detail == 0)
		return found; /* without a detail there is neither model nor run */
	found = qry_row_detail(row, &detail, err);
	if (found < 0)
		return -1;
	if (found > 0 && attribute_has_word(detail->attributes, detail->n_attributes, word))
		return 1;
	return file_run_has_word(word, row, err);
}

static bool try_run(const struct qry_word *word, const struct idx_run *run)
{
	return has_word(run->id, word) || has_word(run->tag, word) ||
	       attribute_has_word(run->attributes, run->n_attributes, word);
}

static bool try_reference(const struct qry_word *word, const struct idx_reference *reference)
{
	if (word->is_directory)
		return ax_path_below(reference->target, word->directory);
	return has_word(reference->file, word) || has_word(reference->text, word);
}

int qry_word_try(struct qry_word *word, struct qry_row *row, struct ax_error *err)
{
	switch (row->view) {
	case QRY_RUNS:
		return try_run(word, &row->run);
	case QRY_TENSORS:
		if (!word->is_directory && has_word(row->tensor.name, word))
			return 1;
		return path_has_word(word, row->file, err);
	case QRY_DIRS:
		return word->is_directory ? ax_path_below(row->directory.path, word->directory)
					  : has_word(row->directory.path, word);
	case QRY_REFS:
		return try_reference(word, row->reference);
	case QRY_JOBS:
		return has_word(row->job->command, word) || has_word(row->job->cwd, word);
	case QRY_FILES:
	case QRY_VIEW_COUNT:
		break;
	}
	return try_file(word, row, err);
}
