#include "query/cursor.h"

#include "base/error.h"
#include "indexer/jobs.h"
#include "indexer/references.h"

#include <errno.h>
#include <stdlib.h>

struct qry_cursor {
	enum qry_view view;
	struct qry_scope *scope;
	bool is_empty;
	struct idx_files *files;     /* of files and tensors */
	struct idx_tensors *tensors; /* of the file at hand, NULL between files */
	struct idx_run_cursor *runs; /* of runs */
	struct idx_entry ahead;      /* of directories: the first file of the next one */
	bool has_ahead;
	size_t next;         /* of references and jobs: the next item */
	uint64_t visited;    /* of all but files and directories */
	struct qry_row file; /* of files and tensors */
	struct qry_row row;  /* of the other views */
};

/* Look at the first file of the next directory. */
static int next_ahead(struct qry_cursor *cursor, struct ax_error *err)
{
	int found = idx_files_next(cursor->files, &cursor->ahead, err);

	cursor->has_ahead = found > 0;
	return found < 0 ? -1 : 0;
}

static int open_source(struct qry_cursor *cursor, const struct qry_plan *plan,
	struct ax_error *err)
{
	if (cursor->view == QRY_REFS || cursor->view == QRY_JOBS)
		return 0;
	if (cursor->view == QRY_RUNS)
		return idx_run_cursor_open(cursor->scope->snapshot, &cursor->runs, err);
	if (idx_files_open(cursor->scope->snapshot, &plan->filter, &cursor->files, err) < 0)
		return -1;
	if (cursor->view != QRY_DIRS)
		return 0;
	return next_ahead(cursor, err);
}

int qry_cursor_open(struct qry_scope *scope, enum qry_view view, const struct qry_plan *plan,
	struct qry_cursor **out, struct ax_error *err)
{
	struct qry_cursor *cursor = calloc(1, sizeof(*cursor));
	int status;

	if (!cursor)
		return ax_fail(err, ENOMEM, "no memory for the query");
	cursor->view = view;
	cursor->scope = scope;
	cursor->is_empty = plan->is_empty;
	qry_row_init(&cursor->file, QRY_FILES, scope);
	qry_row_init(&cursor->row, view, scope);
	cursor->row.file = &cursor->file;
	status = open_source(cursor, plan, err);
	if (status < 0) {
		qry_cursor_close(cursor);
		return -1;
	}
	*out = cursor;
	return 0;
}

void qry_cursor_close(struct qry_cursor *cursor)
{
	if (!cursor)
		return;
	qry_row_fini(&cursor->row);
	qry_row_fini(&cursor->file);
	idx_tensors_close(cursor->tensors);
	idx_files_close(cursor->files);
	idx_run_cursor_close(cursor->runs);
	free(cursor);
}

static int next_file(struct qry_cursor *cursor, struct ax_error *err)
{
	qry_row_reset(&cursor->file);
	return idx_files_next(cursor->files, &cursor->file.entry, err);
}

static int next_run(struct qry_cursor *cursor, struct ax_error *err)
{
	int found;

	qry_row_reset(&cursor->row);
	found = idx_run_cursor_next(cursor->runs, &cursor->row.arena, &cursor->row.run, err);
	cursor->visited += found > 0;
	return found;
}

/* Open the tensors of the next file that has some: 1, 0, -1. */
static int next_tensor_file(struct qry_cursor *cursor, struct ax_error *err)
{
	const struct idx_detail *detail;
	int found, has_detail;

	while ((found = next_file(cursor, err)) > 0) {
		if (cursor->file.entry.detail == 0)
			continue;
		has_detail = qry_row_detail(&cursor->file, &detail, err);
		if (has_detail < 0)
			return -1;
		if (has_detail > 0 && detail->has_tensors)
			return idx_tensors_open(cursor->scope->snapshot, detail,
				       &cursor->tensors, err) < 0
				       ? -1
				       : 1;
	}
	return found;
}

static int next_tensor(struct qry_cursor *cursor, struct ax_error *err)
{
	int found = 0;

	qry_row_reset(&cursor->row);
	for (;;) {
		if (cursor->tensors)
			found = idx_tensors_next(cursor->tensors, &cursor->row.tensor, err);
		cursor->visited += found > 0;
		if (found != 0)
			return found;
		idx_tensors_close(cursor->tensors);
		cursor->tensors = NULL;
		found = next_tensor_file(cursor, err);
		if (found <= 0)
			return found;
		found = 0;
	}
}

/* Files come directory by directory: one row is made of all that have the same one. */
static int next_directory(struct qry_cursor *cursor, struct ax_error *err)
{
	struct qry_directory *directory = &cursor->row.directory;
	char *path;

	qry_row_reset(&cursor->row);
	if (!cursor->has_ahead)
		return 0;
	path = ax_arena_copy(&cursor->row.arena, cursor->ahead.dir);
	if (!path)
		return ax_fail(err, ENOMEM, "no memory for a path");
	*directory = (struct qry_directory){ .path = ax_str(path, cursor->ahead.dir.len),
		.mtime = cursor->ahead.mtime };
	while (cursor->has_ahead && ax_str_equal(cursor->ahead.dir, directory->path)) {
		directory->files++;
		directory->size += cursor->ahead.size;
		if (cursor->ahead.mtime > directory->mtime)
			directory->mtime = cursor->ahead.mtime;
		if (next_ahead(cursor, err) < 0)
			return -1;
	}
	return 1;
}

static int next_reference(struct qry_cursor *cursor)
{
	const struct idx_references *references = cursor->scope->references;

	qry_row_reset(&cursor->row);
	if (cursor->next == references->count)
		return 0;
	cursor->row.reference = &references->items[cursor->next++];
	cursor->visited++;
	return 1;
}

static int next_job(struct qry_cursor *cursor)
{
	const struct idx_jobs *jobs = cursor->scope->jobs;

	qry_row_reset(&cursor->row);
	if (cursor->next == jobs->count)
		return 0;
	cursor->row.job = &jobs->items[cursor->next++];
	cursor->visited++;
	return 1;
}

int qry_cursor_next(struct qry_cursor *cursor, struct qry_row **out, struct ax_error *err)
{
	if (cursor->is_empty)
		return 0;
	*out = cursor->view == QRY_FILES ? &cursor->file : &cursor->row;
	switch (cursor->view) {
	case QRY_RUNS:
		return next_run(cursor, err);
	case QRY_TENSORS:
		return next_tensor(cursor, err);
	case QRY_DIRS:
		return next_directory(cursor, err);
	case QRY_REFS:
		return next_reference(cursor);
	case QRY_JOBS:
		return next_job(cursor);
	case QRY_FILES:
	case QRY_VIEW_COUNT:
		break;
	}
	return next_file(cursor, err);
}

uint64_t qry_cursor_visited(const struct qry_cursor *cursor)
{
	return cursor->files && cursor->view != QRY_TENSORS ? idx_files_visited(cursor->files)
							    : cursor->visited;
}
