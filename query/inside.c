#include "query/inside.h"

#include "base/error.h"
#include "base/json.h"

#include <errno.h>

/* [a, b] with b > 0: what training logs write for "a of b". */
static bool read_fraction(const struct ax_json_value *json, struct qry_value *out)
{
	double a, b;

	if (ax_json_kind(json) != AX_JSON_ARRAY || ax_json_length(json) != 2 ||
		!ax_json_real(ax_json_at(json, 0), &a) ||
		!ax_json_real(ax_json_at(json, 1), &b) || !(b > 0))
		return false;
	*out = qry_real(a / b);
	return true;
}

static struct qry_value read_number(const struct ax_json_value *json)
{
	int64_t integer;
	double real = 0;

	if (ax_json_i64(json, &integer))
		return qry_int(integer);
	ax_json_real(json, &real);
	return qry_real(real);
}

/* What can be said without memory; arrays and objects are kept as they are. */
static struct qry_value read_scalar(const struct ax_json_value *json)
{
	struct ax_str text = { 0 };

	switch (ax_json_kind(json)) {
	case AX_JSON_NULL:
		return (struct qry_value){ .kind = QRY_NULL };
	case AX_JSON_FALSE:
		return qry_bool(false);
	case AX_JSON_TRUE:
		return qry_bool(true);
	case AX_JSON_NUMBER:
		return read_number(json);
	case AX_JSON_STRING:
		ax_json_string(json, &text);
		return qry_text(text);
	case AX_JSON_ARRAY:
	case AX_JSON_OBJECT:
		break;
	}
	return (struct qry_value){ .kind = QRY_JSON, .json = json };
}

static int read_value(const struct ax_json_value *json, bool has_fractions,
	struct ax_arena *arena, struct qry_value *out, struct ax_error *err)
{
	struct qry_value *items;
	size_t n = 0;

	*out = read_scalar(json);
	if (ax_json_kind(json) != AX_JSON_ARRAY)
		return 0;
	if (has_fractions && read_fraction(json, out))
		return 0;
	items = ax_arena_alloc(arena, (ax_json_length(json) + 1) * sizeof(*items));
	if (!items)
		return ax_fail(err, ENOMEM, "no memory for a list");
	for (const struct ax_json_value *at = ax_json_first(json); at; at = ax_json_next(at))
		items[n++] = read_scalar(at);
	*out = qry_list(items, n);
	return 0;
}

static const struct ax_json_value *find_element(const struct ax_json_value *json, int64_t index)
{
	size_t n = ax_json_length(json);

	if (ax_json_kind(json) != AX_JSON_ARRAY)
		return NULL;
	if (index < 0)
		index += (int64_t)n;
	return index < 0 || (uint64_t)index >= n ? NULL : ax_json_at(json, (size_t)index);
}

static const struct ax_json_value *find_member(const struct ax_json_value *json,
	struct ax_str key)
{
	if (ax_json_kind(json) != AX_JSON_OBJECT)
		return NULL;
	for (const struct ax_json_value *at = ax_json_first(json); at; at = ax_json_next(at)) {
		if (ax_str_equal(ax_json_key(at), key))
			return at;
	}
	return NULL;
}

static int read_all(const struct ax_json_value *json, const struct qry_way *way,
	struct ax_arena *arena, struct qry_value *out, struct ax_error *err)
{
	struct qry_value *items;
	size_t n = 0;

	*out = (struct qry_value){ 0 };
	if (ax_json_kind(json) != AX_JSON_ARRAY)
		return 0;
	items = ax_arena_alloc(arena, (ax_json_length(json) + 1) * sizeof(*items));
	if (!items)
		return ax_fail(err, ENOMEM, "no memory for a list");
	for (const struct ax_json_value *at = ax_json_first(json); at; at = ax_json_next(at)) {
		if (qry_inside(at, way, arena, &items[n], err) < 0)
			return -1;
		n += items[n].kind != QRY_ABSENT;
	}
	if (n > 0)
		*out = qry_list(items, n);
	return 0;
}

int qry_inside(const struct ax_json_value *json, const struct qry_way *way,
	struct ax_arena *arena, struct qry_value *out, struct ax_error *err)
{
	struct qry_way rest = *way;

	*out = (struct qry_value){ 0 };
	while (json && rest.n_steps > 0) {
		const struct qry_step *step = rest.steps++;

		rest.n_steps--;
		if (step->kind == QRY_STEP_ALL)
			return read_all(json, &rest, arena, out, err);
		json = step->kind == QRY_STEP_INDEX ? find_element(json, step->index)
						    : find_member(json, step->key);
	}
	return json ? read_value(json, way->has_fractions, arena, out, err) : 0;
}
