#include "query/field_internal.h"

#include "base/error.h"
#include "query/inside.h"

#include <errno.h>

struct qry_value qry_value_from(const struct idx_value *value)
{
	switch (value->kind) {
	case IDX_INT:
		return qry_int(value->integer);
	case IDX_REAL:
		return qry_real(value->real);
	case IDX_TEXT:
		return qry_text(value->text);
	case IDX_BOOL:
		return qry_bool(value->boolean);
	case IDX_ABSENT:
		break;
	}
	return (struct qry_value){ 0 };
}

struct qry_value qry_text_or_absent(struct ax_str text)
{
	return text.len > 0 ? qry_text(text) : (struct qry_value){ 0 };
}

/* Copy the member of row that ref's field is about. */
static void read_member(const struct qry_row *row, const struct qry_ref *ref, void *out,
	size_t size)
{
	memcpy(out, (const char *)row + ref->field->param, size);
}

int qry_get_text(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct ax_str text;

	(void)err;
	read_member(row, ref, &text, sizeof(text));
	*out = qry_text_or_absent(text);
	return 0;
}

int qry_get_any_text(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct ax_str text;

	(void)err;
	read_member(row, ref, &text, sizeof(text));
	*out = qry_text(text);
	return 0;
}

int qry_get_u64(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	uint64_t number;

	(void)err;
	read_member(row, ref, &number, sizeof(number));
	*out = qry_unsigned(number);
	return 0;
}

int qry_get_any_time(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	ax_nanoseconds time;

	(void)err;
	read_member(row, ref, &time, sizeof(time));
	*out = qry_int(time);
	return 0;
}

int qry_get_time(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	qry_get_any_time(row, ref, out, err);
	if (out->integer == 0)
		*out = (struct qry_value){ 0 };
	return 0;
}

int qry_text_list(struct qry_row *row, const struct ax_str *texts, size_t n,
	struct qry_value *out, struct ax_error *err)
{
	struct qry_value *items;

	*out = (struct qry_value){ 0 };
	if (n == 0)
		return 0;
	items = ax_arena_alloc(&row->arena, n * sizeof(*items));
	if (!items)
		return ax_fail(err, ENOMEM, "no memory for a list");
	for (size_t i = 0; i < n; i++)
		items[i] = qry_text(texts[i]);
	*out = qry_list(items, n);
	return 0;
}

static int read_inside(struct qry_row *row, const struct ax_json_value *json,
	const struct qry_ref *ref, struct qry_value *out, struct ax_error *err)
{
	struct qry_way way = { ref->steps, ref->n_steps,
		(ref->field->flags & QRY_FIELD_INDEXED) != 0 };

	return qry_inside(json, &way, &row->arena, out, err);
}

int qry_get_cfg(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct ax_json_value *json;

	return qry_row_cfg(row, &json, err) < 0 ? -1 : read_inside(row, json, ref, out, err);
}

int qry_get_rows(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct ax_json_value *json;

	return qry_row_rows(row, &json, err) < 0 ? -1 : read_inside(row, json, ref, out, err);
}
