#include "query/query.h"

#include "base/error.h"
#include "indexer/archives.h"
#include "query/query_internal.h"

#include <errno.h>
#include <stdlib.h>

/* Parse and bind one expression; its tree is ANDed to the query's. */
static int read_expression(struct qry_query *query, size_t n, const char *const *arguments,
	struct qry_mistake *mistake, struct ax_error *err)
{
	struct qry_node *tree = NULL, *both;

	if (qry_parse(n, arguments, &query->arena, &tree, mistake, err) < 0)
		return -1;
	if (!tree)
		return 0;
	if (qry_bind(&query->binder, query->request.view, tree, err) < 0)
		return -1;
	if (!query->tree) {
		query->tree = tree;
		return 0;
	}
	both = ax_arena_alloc(&query->arena, sizeof(*both));
	if (!both)
		return ax_fail(err, ENOMEM, "no memory for the query");
	both->kind = QRY_AND;
	both->child = query->tree;
	both->child->next = tree;
	query->tree = both;
	return 0;
}

static int read_expressions(struct qry_query *query, struct qry_mistake *mistake,
	struct ax_error *err)
{
	const struct qry_request *request = &query->request;

	if (request->saved && read_expression(query, 1, &request->saved, mistake, err) < 0) {
		mistake->in_saved = mistake->has_place;
		return -1;
	}
	return read_expression(query, request->n_arguments, request->arguments, mistake, err);
}

/* A list that was not asked for is empty. */
static int read_list(struct qry_query *query, const char *list, bool is_sort,
	struct qry_columns *out, struct ax_error *err)
{
	return list ? qry_columns_parse(query->request.view, list, is_sort, &query->arena, out,
			      err)
		    : 0;
}

static int choose_columns(struct qry_query *query, struct ax_error *err)
{
	const struct qry_request *request = &query->request;
	enum qry_format format = request->format;
	bool is_identity = format == QRY_PATHS || format == QRY_PATHS_NUL;

	if (format == QRY_COUNT || format == QRY_QUIET)
		return 0;
	if (format == QRY_TEMPLATE) {
		if (qry_template_parse(request->view,
			    request->template ? request->template : "", &query->arena,
			    &query->template, err) < 0)
			return -1;
		query->columns = query->template.columns;
		return 0;
	}
	if (request->columns)
		return read_list(query, request->columns, false, &query->columns, err);
	if (is_identity)
		return qry_columns_identity(request->view, &query->arena, &query->columns, err);
	query->shows_all = format == QRY_JSON_DOCUMENT || format == QRY_JSON_LINES;
	if (query->shows_all)
		return 0;
	if (qry_columns_usual(request->view, query->tree, &query->sort, &query->arena,
		    &query->columns, err) < 0)
		return -1;
	const struct idx_snapshot *snapshot = query->environment->snapshot;
	if (!snapshot || !idx_snapshot_archive_count(snapshot))
		return 0;
	return qry_columns_add_archive(request->view, &query->arena, &query->columns, err);
}

static int read_lists(struct qry_query *query, struct ax_error *err)
{
	const struct qry_request *request = &query->request;

	query->is_grouped = request->group_by || request->sum;
	if (query->is_grouped && (request->columns || request->format == QRY_TEMPLATE))
		return ax_fail(err, AX_EUSAGE,
			"columns and templates show rows: with groups or sums there are none");
	if (read_list(query, request->group_by, false, &query->group_by, err) < 0 ||
		read_list(query, request->sum, false, &query->sums, err) < 0)
		return -1;
	if (query->is_grouped)
		return 0;
	if (read_list(query, request->sort, true, &query->sort, err) < 0 ||
		choose_columns(query, err) < 0)
		return -1;
	query->is_sorted_unasked = !request->sort && request->view != QRY_RUNS;
	return query->is_sorted_unasked
		       ? qry_columns_identity(request->view, &query->arena, &query->sort, err)
		       : 0;
}

/* Whether the expression asks for an archive, anywhere in it. */
static bool asks_for_archives(const struct qry_node *node)
{
	for (; node; node = node->next) {
		if (node->kind == QRY_TERM &&
			(node->condition->ref.field->flags & QRY_FIELD_ARCHIVE))
			return true;
		if (asks_for_archives(node->child))
			return true;
	}
	return false;
}

/* Paths go to programs that open them: of what is on no disk there are none, unless asked for. */
static bool shows_archived(const struct qry_query *query)
{
	enum qry_format format = query->request.format;

	if (query->request.view == QRY_DIRS)
		return false;
	if (query->is_grouped || (format != QRY_PATHS && format != QRY_PATHS_NUL))
		return true;
	for (size_t i = 0; i < query->columns.n; i++) {
		if (query->columns.items[i].ref.field->flags & QRY_FIELD_ARCHIVE)
			return true;
	}
	return asks_for_archives(query->tree);
}

static int make(struct qry_query *query, struct qry_mistake *mistake, struct ax_error *err)
{
	struct qry_binder *binder = &query->binder;

	query->names = (struct qry_known_names){ query->environment->snapshot,
		query->environment->n_classes, query->environment->classes };
	binder->snapshot = query->environment->snapshot;
	binder->root = query->environment->root;
	binder->cwd = query->environment->cwd;
	binder->conditions.arena = &query->arena;
	binder->conditions.mistake = mistake;
	binder->conditions.names = &query->names;
	binder->conditions.now = query->environment->now;
	if (read_expressions(query, mistake, err) < 0 || read_lists(query, err) < 0)
		return -1;
	if (qry_plan_make(query->tree, query->request.view, query->environment->snapshot,
		    &query->arena, &query->plan, err) < 0)
		return -1;
	query->plan.filter.archived = shows_archived(query);
	return 0;
}

int qry_query_new(const struct qry_environment *environment, const struct qry_request *request,
	struct qry_query **out, struct qry_mistake *mistake, struct ax_error *err)
{
	struct qry_query *query = calloc(1, sizeof(*query));

	*mistake = (struct qry_mistake){ 0 };
	if (!query)
		return ax_fail(err, ENOMEM, "no memory for the query");
	query->environment = environment;
	query->request = *request;
	if (make(query, mistake, err) < 0) {
		qry_query_free(query);
		return -1;
	}
	query->binder.conditions.mistake = NULL;
	*out = query;
	return 0;
}

void qry_query_free(struct qry_query *query)
{
	if (!query)
		return;
	qry_conditions_fini(&query->binder.conditions);
	ax_arena_free(&query->arena);
	free(query);
}

unsigned qry_query_needs(const struct qry_query *query)
{
	return query->binder.needs | qry_view_needs(query->request.view) |
	       qry_columns_needs(&query->columns) | qry_columns_needs(&query->sort) |
	       qry_columns_needs(&query->group_by) | qry_columns_needs(&query->sums);
}

unsigned qry_query_wants(const struct qry_query *query)
{
	size_t n;
	const struct qry_field *fields = qry_fields(query->request.view, &n);
	unsigned wants = 0;

	for (size_t i = 0; query->shows_all && i < n; i++) {
		if (fields[i].flags & QRY_FIELD_JSON)
			wants |= qry_field_needs(&fields[i]);
	}
	return wants;
}
