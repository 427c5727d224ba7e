/*
 * From rows to output. A row that matches goes one of three ways:
 *
 *	cursor -> match -> render -> put                 as it comes
 *	                -> sorter -> render ... -> put   sorted; rendered only if it is kept
 *	                -> groups ... -> render -> put   counted into its group
 *
 * The catalogue's order is none that people know, so rows are sorted by path even where nobody
 * asked: up to UNASKED_MAX of them. Beyond that they come as they come, and memory stays bounded.
 */
#include "base/error.h"
#include "base/pattern.h"
#include "query/cursor.h"
#include "query/group.h"
#include "query/match.h"
#include "query/notes.h"
#include "query/output.h"
#include "query/query_internal.h"
#include "query/relations.h"
#include "query/shortcut.h"
#include "query/sorter.h"

#include <errno.h>

enum { UNASKED_MAX = 50000 };

struct run {
	struct qry_query *query;
	struct qry_output_options options;
	struct qry_output output;
	struct qry_scope scope;
	struct qry_sorter *sorter; /* NULL: as they come */
	struct qry_groups *groups; /* NULL: not grouped */
	struct ax_buf rendered;
	uint64_t limit;
};

static int refuse_need(const char *what, struct ax_error *err)
{
	return ax_fail(err, AX_EUSAGE, "this query needs %s, which is not at hand here", what);
}

static int check_needs(const struct qry_query *query, struct ax_error *err)
{
	static const char *const notes[] = {
		[QRY_NOTE_DEST] = "a plan of the reorg (dest)",
		[QRY_NOTE_FLAG] = "a plan of the reorg (flag)",
		[QRY_NOTE_DEAD] = "the evidence that \"artidx dead\" gathers",
	};
	unsigned needs = qry_query_needs(query);

	for (unsigned i = 0; i < QRY_NOTE_COUNT; i++) {
		if ((needs >> i & 1) &&
			!qry_notes_provided(query->environment->notes, (enum qry_note)i))
			return refuse_need(notes[i], err);
	}
	if ((needs & QRY_NEEDS_REFERENCES) && !query->environment->references)
		return refuse_need("the references in scripts and configurations", err);
	if ((needs & QRY_NEEDS_JOBS) && !query->environment->jobs)
		return refuse_need("the job queues", err);
	return 0;
}

/* Heads of a table's or CSV's columns. */
static int name_columns(struct run *run, struct ax_error *err)
{
	struct qry_query *query = run->query;
	struct qry_cell *cells;

	if (run->groups) {
		run->options.columns = qry_groups_cells(run->groups, NULL);
		run->options.n_columns = qry_groups_width(run->groups);
		return 0;
	}
	cells = ax_arena_alloc(&query->arena, (query->columns.n + 1) * sizeof(*cells));
	if (!cells)
		return ax_fail(err, ENOMEM, "no memory for columns");
	for (size_t i = 0; i < query->columns.n; i++) {
		const struct qry_column *column = &query->columns.items[i];

		cells[i].name = column->name;
		cells[i].type = column->ref.field->type;
		cells[i].flags = column->ref.field->flags;
		if (!column->is_optional)
			cells[i].flags &= ~(unsigned)QRY_FIELD_ARCHIVE;
	}
	run->options.columns = cells;
	run->options.n_columns = query->columns.n;
	return 0;
}

static int start_sorter(struct run *run, struct ax_error *err)
{
	const struct qry_columns *sort = &run->query->sort;
	bool *is_downwards;

	if (sort->n == 0 || run->options.format == QRY_COUNT ||
		run->options.format == QRY_QUIET)
		return 0;
	is_downwards = ax_arena_alloc(&run->query->arena, sort->n * sizeof(*is_downwards));
	if (!is_downwards)
		return ax_fail(err, ENOMEM, "no memory for sorting");
	for (size_t i = 0; i < sort->n; i++)
		is_downwards[i] = sort->items[i].is_downwards;
	return qry_sorter_new(sort->n, is_downwards, run->limit, &run->sorter, err);
}

static int start(struct run *run, const struct qry_style *style, FILE *stream,
	struct ax_error *err)
{
	struct qry_query *query = run->query;
	const struct qry_request *request = &query->request;

	run->limit = request->has_limit ? request->limit : UINT64_MAX;
	run->scope.snapshot = query->environment->snapshot;
	run->scope.root = ax_str_from(query->environment->root);
	run->scope.notes = query->environment->notes;
	run->scope.references = query->environment->references;
	run->scope.jobs = query->environment->jobs;
	run->options = (struct qry_output_options){ .format = request->format,
		.view = request->view,
		.root = query->environment->root,
		.style = *style,
		.is_distinct =
			request->view == QRY_TENSORS && !request->columns &&
			(request->format == QRY_PATHS || request->format == QRY_PATHS_NUL),
		.template = &query->template,
		.stream = stream };
	if (check_needs(query, err) < 0 || ax_matcher_new(&run->scope.matcher, err) < 0)
		return -1;
	if (query->is_grouped &&
		qry_groups_new(&query->group_by, &query->sums, &run->groups, err) < 0)
		return -1;
	if (name_columns(run, err) < 0 || (!run->groups && start_sorter(run, err) < 0))
		return -1;
	return qry_output_begin(&run->output, &run->options, err);
}

static int render_row(struct run *run, struct qry_row *row, struct ax_error *err)
{
	struct qry_cell *cells;
	size_t n = run->query->columns.n;
	int status;

	status = run->query->shows_all ? qry_cells_read_all(row, &cells, &n, err)
				       : qry_cells_read(&run->query->columns, row, &cells, err);
	if (status < 0)
		return -1;
	ax_buf_clear(&run->rendered);
	qry_output_render(&run->output, cells, n, &run->rendered);
	return ax_buf_check(&run->rendered, "a row", err);
}

static int sort_row(struct run *run, struct qry_row *row, struct ax_error *err)
{
	size_t n = run->query->sort.n;
	struct qry_cell *cells;
	struct qry_value *keys = ax_arena_alloc(&row->arena, n * sizeof(*keys));

	if (!keys)
		return ax_fail(err, ENOMEM, "no memory for sorting");
	if (qry_cells_read(&run->query->sort, row, &cells, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		keys[i] = cells[i].value;
	if (!qry_sorter_wants(run->sorter, keys))
		return 0;
	if (render_row(run, row, err) < 0)
		return -1;
	return qry_sorter_add(run->sorter, keys, ax_buf_str(&run->rendered), err);
}

static int put_sorted(struct run *run, struct ax_error *err)
{
	struct ax_str rendered;

	while (run->sorter && qry_sorter_next(run->sorter, &rendered)) {
		if (qry_output_put(&run->output, rendered, err) < 0)
			return -1;
	}
	return 0;
}

/* Give up sorting what nobody asked to be sorted, once there is too much of it. */
static int limit_memory(struct run *run, struct ax_error *err)
{
	if (!run->query->is_sorted_unasked || run->limit <= UNASKED_MAX ||
		qry_sorter_count(run->sorter) < UNASKED_MAX)
		return 0;
	if (put_sorted(run, err) < 0)
		return -1;
	qry_sorter_free(run->sorter);
	run->sorter = NULL;
	return 0;
}

static int take_row(struct run *run, struct qry_row *row, struct ax_error *err)
{
	run->query->matched++;
	if (run->groups)
		return qry_groups_add(run->groups, row, err);
	if (run->sorter)
		return sort_row(run, row, err) < 0 ? -1 : limit_memory(run, err);
	if (render_row(run, row, err) < 0)
		return -1;
	return qry_output_put(&run->output, ax_buf_str(&run->rendered), err);
}

/* Whether more rows could change what is put out. */
static bool is_done(const struct run *run)
{
	if (run->groups || run->sorter)
		return false;
	return run->output.n_rows >= run->limit ||
	       (run->options.format == QRY_QUIET && run->output.n_rows > 0);
}

static int visit_rows(struct run *run, struct ax_error *err)
{
	struct qry_query *query = run->query;
	struct qry_cursor *cursor = NULL;
	struct qry_row *row;
	int found = 1, held;

	if (qry_cursor_open(&run->scope, query->request.view, &query->plan, &cursor, err) < 0)
		return -1;
	while (found > 0 && !is_done(run)) {
		found = qry_cursor_next(cursor, &row, err);
		if (found <= 0)
			break;
		held = qry_match(query->tree, row, err);
		if (held < 0 || (held > 0 && take_row(run, row, err) < 0))
			found = -1;
	}
	query->visited = qry_cursor_visited(cursor);
	qry_cursor_close(cursor);
	return found < 0 ? -1 : 0;
}

/* What groups are sorted by: indexes of cells and directions. */
struct group_order {
	size_t n;
	size_t *cells;
	bool *is_downwards;
};

/* The largest groups first, equal ones by their values. */
static void order_usually(const struct run *run, struct group_order *order)
{
	size_t n_by = run->query->group_by.n, width = qry_groups_width(run->groups);

	for (size_t i = n_by + 1; i < width; i++) {
		order->cells[order->n] = i;
		order->is_downwards[order->n++] = true;
	}
	order->cells[order->n] = n_by;
	order->is_downwards[order->n++] = true;
	for (size_t i = 0; i < n_by; i++)
		order->cells[order->n++] = i;
}

static int order_as_asked(const struct run *run, struct group_order *order, size_t most,
	struct ax_error *err)
{
	struct ax_str rest = ax_str_from(run->query->request.sort);

	while (rest.len > 0) {
		bool is_downwards = rest.ptr[0] == '-';
		struct ax_str from = ax_str_slice(rest, is_downwards, rest.len);
		struct ax_str name = ax_str_slice(from, 0, ax_str_find(from, ','));
		int cell = qry_groups_find(run->groups, name);

		if (cell < 0 || order->n == most)
			return ax_fail(err, AX_EUSAGE,
				"groups have no \"%.*s\" to be sorted by: only what they are "
				"grouped by, count, and sums",
				AX_STR_ARG(name));
		order->cells[order->n] = (size_t)cell;
		order->is_downwards[order->n++] = is_downwards;
		rest = ax_str_slice(from, name.len + 1, from.len);
	}
	return 0;
}

static int sort_groups(struct run *run, const struct group_order *order, struct qry_value *keys,
	struct ax_error *err)
{
	size_t width = qry_groups_width(run->groups);
	const struct qry_group *group = NULL;

	while ((group = qry_groups_next(run->groups, group))) {
		const struct qry_cell *cells = qry_groups_cells(run->groups, group);

		for (size_t i = 0; i < order->n; i++)
			keys[i] = cells[order->cells[i]].value;
		ax_buf_clear(&run->rendered);
		qry_output_render(&run->output, cells, width, &run->rendered);
		if (ax_buf_check(&run->rendered, "a group", err) < 0 ||
			qry_sorter_add(run->sorter, keys, ax_buf_str(&run->rendered), err) < 0)
			return -1;
	}
	return 0;
}

static int put_groups(struct run *run, struct ax_error *err)
{
	size_t most = qry_groups_width(run->groups) + 16;
	struct ax_arena *arena = &run->query->arena;
	struct group_order order = { 0, ax_arena_alloc(arena, most * sizeof(*order.cells)),
		ax_arena_alloc(arena, most * sizeof(*order.is_downwards)) };
	struct qry_value *keys = ax_arena_alloc(arena, most * sizeof(*keys));

	if (!order.cells || !order.is_downwards || !keys)
		return ax_fail(err, ENOMEM, "no memory for groups");
	if (!run->query->request.sort)
		order_usually(run, &order);
	else if (order_as_asked(run, &order, most, err) < 0)
		return -1;
	if (qry_sorter_new(order.n, order.is_downwards, run->limit, &run->sorter, err) < 0)
		return -1;
	return sort_groups(run, &order, keys, err);
}

/* The answer from the catalogue's sums by class. */
static int take_sums(struct run *run, struct ax_error *err)
{
	if (run->groups)
		return qry_shortcut_group(run->query, run->groups, err);
	return qry_shortcut_count(run->query, &run->output.n_rows, err);
}

static void finish(struct run *run)
{
	qry_output_fini(&run->output);
	qry_sorter_free(run->sorter);
	qry_groups_free(run->groups);
	qry_relations_free(run->scope.relations);
	ax_matcher_free(run->scope.matcher);
	ax_buf_free(&run->rendered);
}

int qry_query_run(struct qry_query *query, const struct qry_style *style, FILE *stream,
	uint64_t *n_rows, struct ax_error *err)
{
	struct run run = { .query = query };
	int status = -1;

	if (start(&run, style, stream, err) < 0)
		goto out;
	query->was_known = qry_shortcut_fits(query);
	if (query->was_known ? take_sums(&run, err) < 0 : visit_rows(&run, err) < 0)
		goto out;
	if (run.groups && put_groups(&run, err) < 0)
		goto out;
	if (put_sorted(&run, err) < 0 || qry_output_end(&run.output, err) < 0)
		goto out;
	*n_rows = run.output.n_rows;
	status = 0;
out:
	finish(&run);
	return status;
}
