#include "query/cursor.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>

struct qry_cursor {
	enum qry_view view;
	struct qry_scope *scope;
	bool is_empty;
	struct idx_files *files;     /* of files and tensors */
	struct idx_tensors *tensors; /* of the file at hand, NULL between files */
	struct idx_run_cursor *runs; /* of runs */
	uint64_t visited;            /* runs and tensors */
	struct qry_row file;         /* of files and tensors */
	struct qry_row row;          /* of runs and tensors */
};

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
	status = view == QRY_RUNS
			 ? idx_run_cursor_open(scope->snapshot, &cursor->runs, err)
			 : idx_files_open(scope->snapshot, &plan->filter, &cursor->files, err);
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

int qry_cursor_next(struct qry_cursor *cursor, struct qry_row **out, struct ax_error *err)
{
	if (cursor->is_empty)
		return 0;
	*out = cursor->view == QRY_FILES ? &cursor->file : &cursor->row;
	if (cursor->view == QRY_RUNS)
		return next_run(cursor, err);
	if (cursor->view == QRY_TENSORS)
		return next_tensor(cursor, err);
	return next_file(cursor, err);
}

uint64_t qry_cursor_visited(const struct qry_cursor *cursor)
{
	return cursor->view == QRY_FILES ? idx_files_visited(cursor->files) : cursor->visited;
}
