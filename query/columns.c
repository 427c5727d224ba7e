#include "query/columns.h"

#include "base/error.h"
#include "query/condition.h"
#include "query/field_internal.h"
#include "query/needs.h"
#include "query/parse.h"

#include <errno.h>

enum { COLUMNS_MAX = 64 };

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for columns");
}

static int start(struct ax_arena *arena, struct qry_columns *out, struct ax_error *err)
{
	out->n = 0;
	out->items = ax_arena_alloc(arena, COLUMNS_MAX * sizeof(*out->items));
	return out->items ? 0 : no_memory(err);
}

static int add(struct qry_columns *columns, const struct qry_ref *ref, struct ax_arena *arena,
	struct ax_error *err)
{
	struct qry_column *column = &columns->items[columns->n];

	if (columns->n == COLUMNS_MAX)
		return ax_fail(err, AX_EUSAGE, "more than %d columns", COLUMNS_MAX);
	column->ref = *ref;
	column->name = ax_arena_copy(arena, ref->text);
	if (!column->name)
		return no_memory(err);
	columns->n++;
	return 0;
}

/* Length of the list's first item, however it is written. */
static size_t measure_item(struct ax_str rest)
{
	size_t length = qry_ref_measure(rest);

	return length > 0 && (length == rest.len || rest.ptr[length] == ',')
		       ? length
		       : ax_str_find(rest, ',');
}

int qry_columns_parse(enum qry_view view, const char *list, bool is_sort,
	struct ax_arena *arena, struct qry_columns *out, struct ax_error *err)
{
	struct ax_str text = ax_str_from(list);
	struct qry_mistake elsewhere;
	struct qry_ref_context context = { view, arena, &elsewhere };
	struct qry_span nowhere = { 0 };

	if (start(arena, out, err) < 0)
		return -1;
	for (size_t at = 0; at <= text.len;) {
		bool is_downwards = is_sort && at < text.len && text.ptr[at] == '-';
		struct ax_str rest = ax_str_slice(text, at + is_downwards, text.len);
		struct ax_str item = ax_str_slice(rest, 0, measure_item(rest));
		struct qry_ref ref;

		if (item.len == 0)
			return ax_fail(err, AX_EUSAGE, "a field is missing in the list \"%s\"",
				list);
		if (qry_ref_parse(&context, item, nowhere, &ref, err) < 0 ||
			add(out, &ref, arena, err) < 0)
			return -1;
		out->items[out->n - 1].is_downwards = is_downwards;
		at += is_downwards + item.len + 1;
	}
	return 0;
}

static bool has_column(const struct qry_columns *columns, struct ax_str text)
{
	for (size_t i = 0; i < columns->n; i++) {
		if (ax_str_equal(columns->items[i].ref.text, text))
			return true;
	}
	return false;
}

/* What would not say more than what is there: a part of the path beside the path. */
static bool is_redundant(const struct qry_columns *columns, const struct qry_ref *ref)
{
	return has_column(columns, ref->text) || (ref->field->flags & QRY_FIELD_PATH) ||
	       columns->n == COLUMNS_MAX;
}

static int add_mentioned(const struct qry_node *node, struct ax_arena *arena,
	struct qry_columns *out, struct ax_error *err)
{
	if (!node || node->kind == QRY_CROSS || node->kind == QRY_WORD)
		return 0;
	if (node->kind == QRY_TERM) {
		const struct qry_ref *ref = &node->condition->ref;
		return is_redundant(out, ref) ? 0 : add(out, ref, arena, err);
	}
	for (const struct qry_node *child = node->child; child; child = child->next) {
		if (add_mentioned(child, arena, out, err) < 0)
			return -1;
	}
	return 0;
}

/* The fields shown as a rule, those that are paths or those that are not. */
static int add_shown(enum qry_view view, bool paths, struct ax_arena *arena,
	struct qry_columns *out, struct ax_error *err)
{
	size_t n;
	const struct qry_field *fields = qry_fields(view, &n);

	for (size_t i = 0; i < n; i++) {
		struct qry_ref ref = { .field = &fields[i],
			.text = ax_str_from(fields[i].name) };
		bool is_path = (fields[i].flags & QRY_FIELD_PATH) != 0;

		if ((fields[i].flags & QRY_FIELD_SHOWN) && is_path == paths &&
			add(out, &ref, arena, err) < 0)
			return -1;
	}
	return 0;
}

int qry_columns_usual(enum qry_view view, const struct qry_node *node,
	const struct qry_columns *sort, struct ax_arena *arena, struct qry_columns *out,
	struct ax_error *err)
{
	if (start(arena, out, err) < 0 || add_shown(view, false, arena, out, err) < 0 ||
		add_mentioned(node, arena, out, err) < 0)
		return -1;
	for (size_t i = 0; i < sort->n; i++) {
		if (!is_redundant(out, &sort->items[i].ref) &&
			add(out, &sort->items[i].ref, arena, err) < 0)
			return -1;
	}
	return add_shown(view, true, arena, out, err);
}

int qry_columns_add_archive(enum qry_view view, struct ax_arena *arena,
	struct qry_columns *columns, struct ax_error *err)
{
	size_t n;
	const struct qry_field *fields = qry_fields(view, &n);

	for (size_t i = 0; i < n; i++) {
		struct qry_ref ref = { .field = &fields[i],
			.text = ax_str_from(fields[i].name) };
		if (!(fields[i].flags & QRY_FIELD_ARCHIVE) || columns->n == COLUMNS_MAX ||
			has_column(columns, ref.text))
			continue;
		if (add(columns, &ref, arena, err) < 0)
			return -1;
		columns->items[columns->n - 1].is_optional = true;
	}
	return 0;
}

int qry_columns_identity(enum qry_view view, struct ax_arena *arena, struct qry_columns *out,
	struct ax_error *err)
{
	static const char *const identities[] = {
		[QRY_FILES] = "path",
		[QRY_RUNS] = "run",
		[QRY_TENSORS] = "file",
		[QRY_DIRS] = "path",
		[QRY_REFS] = "file",
		[QRY_JOBS] = "id",
	};

	return qry_columns_parse(view, identities[view], false, arena, out, err);
}

unsigned qry_columns_needs(const struct qry_columns *columns)
{
	unsigned needs = 0;

	for (size_t i = 0; i < columns->n; i++)
		needs |= qry_field_needs(columns->items[i].ref.field);
	return needs;
}

int qry_cells_read(const struct qry_columns *columns, struct qry_row *row,
	struct qry_cell **out, struct ax_error *err)
{
	struct qry_cell *cells = ax_arena_alloc(&row->arena, (columns->n + 1) * sizeof(*cells));

	if (!cells)
		return no_memory(err);
	for (size_t i = 0; i < columns->n; i++) {
		const struct qry_column *column = &columns->items[i];
		const struct qry_field *field = column->ref.field;

		cells[i].name = column->name;
		cells[i].type = field->type;
		cells[i].flags = field->flags;
		if (field->get(row, &column->ref, &cells[i].value, err) < 0)
			return -1;
	}
	*out = cells;
	return 0;
}

/* All attributes of a file, but for those that a field showed already. */
static int read_attributes(struct qry_row *row, const struct idx_detail *detail,
	struct qry_cell *cells, size_t *n)
{
	for (size_t i = 0; i < detail->n_attributes; i++) {
		const struct qry_field *field =
			qry_field_find(QRY_FILES, detail->attributes[i].name);
		char *name = ax_arena_copy(&row->arena, detail->attributes[i].name);

		if (!name)
			return -1;
		if (field && (field->flags & QRY_FIELD_JSON))
			continue;
		cells[*n].name = name;
		cells[*n].type = QRY_TYPE_OPEN;
		cells[*n].value = qry_value_from(&detail->attributes[i].value);
		*n += cells[*n].value.kind != QRY_ABSENT;
	}
	return 0;
}

int qry_cells_read_all(struct qry_row *row, struct qry_cell **out, size_t *n_out,
	struct ax_error *err)
{
	const struct idx_detail *detail = NULL;
	int found = row->view == QRY_FILES ? qry_row_detail(row, &detail, err) : 0;
	size_t n_fields, n_attributes = found > 0 ? detail->n_attributes : 0, n = 0;
	const struct qry_field *fields = qry_fields(row->view, &n_fields);
	struct qry_cell *cells;

	if (found < 0)
		return -1;
	cells = ax_arena_alloc(&row->arena, (n_fields + n_attributes) * sizeof(*cells));
	if (!cells)
		return no_memory(err);
	for (size_t i = 0; i < n_fields; i++) {
		struct qry_ref ref = { .field = &fields[i] };

		if (!(fields[i].flags & QRY_FIELD_JSON))
			continue;
		cells[n].name = fields[i].name;
		cells[n].type = fields[i].type;
		if (fields[i].get(row, &ref, &cells[n].value, err) < 0)
			return -1;
		n += cells[n].value.kind != QRY_ABSENT;
	}
	if (n_attributes > 0 && read_attributes(row, detail, cells, &n) < 0)
		return no_memory(err);
	*out = cells;
	*n_out = n;
	return 0;
}
