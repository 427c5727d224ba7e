#include "query/value.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "base/units.h"

#include <math.h>
#include <stdio.h>

enum { SHOWN_ITEMS = 4 };

const char *qry_type_name(enum qry_type type)
{
	static const char *const names[] = {
		[QRY_TYPE_TEXT] = "text",
		[QRY_TYPE_ENUM] = "a name",
		[QRY_TYPE_INT] = "a whole number",
		[QRY_TYPE_REAL] = "a number",
		[QRY_TYPE_SIZE] = "a size",
		[QRY_TYPE_TIME] = "a time",
		[QRY_TYPE_STAMP] = "a time",
		[QRY_TYPE_BOOL] = "yes or no",
		[QRY_TYPE_SHAPE] = "a shape",
		[QRY_TYPE_OPEN] = "anything",
	};

	return names[type];
}

struct qry_value qry_text(struct ax_str text)
{
	return (struct qry_value){ .kind = QRY_TEXT, .text = text };
}

struct qry_value qry_int(int64_t integer)
{
	return (struct qry_value){ .kind = QRY_INT, .integer = integer };
}

struct qry_value qry_unsigned(uint64_t integer)
{
	return qry_int(integer > INT64_MAX ? INT64_MAX : (int64_t)integer);
}

struct qry_value qry_real(double real)
{
	return (struct qry_value){ .kind = QRY_REAL, .real = real };
}

struct qry_value qry_bool(bool boolean)
{
	return (struct qry_value){ .kind = QRY_BOOL, .boolean = boolean };
}

struct qry_value qry_list(const struct qry_value *items, size_t count)
{
	return (struct qry_value){ .kind = QRY_LIST, .list = { items, count } };
}

bool qry_value_number(const struct qry_value *value, double *out)
{
	if (value->kind == QRY_INT)
		*out = (double)value->integer;
	else if (value->kind == QRY_REAL)
		*out = value->real;
	else
		return value->kind == QRY_TEXT && ax_real_parse(value->text, out);
	return true;
}

static int rank(const struct qry_value *value)
{
	static const int ranks[] = {
		[QRY_INT] = 0,
		[QRY_REAL] = 0,
		[QRY_TEXT] = 1,
		[QRY_BOOL] = 2,
		[QRY_LIST] = 3,
		[QRY_MAP] = 4,
		[QRY_JSON] = 4,
		[QRY_NULL] = 5,
		[QRY_ABSENT] = 6,
	};

	return ranks[value->kind];
}

static int compare_lists(const struct qry_value *a, const struct qry_value *b)
{
	for (size_t i = 0; i < a->list.count && i < b->list.count; i++) {
		int order = qry_value_compare(&a->list.items[i], &b->list.items[i]);

		if (order != 0)
			return order;
	}
	return (a->list.count > b->list.count) - (a->list.count < b->list.count);
}

int qry_value_compare(const struct qry_value *a, const struct qry_value *b)
{
	double x = 0, y = 0;

	if (rank(a) != rank(b))
		return rank(a) - rank(b);
	if (a->kind == QRY_INT && b->kind == QRY_INT)
		return (a->integer > b->integer) - (a->integer < b->integer);
	if (a->kind == QRY_TEXT)
		return ax_str_compare(a->text, b->text);
	if (a->kind == QRY_BOOL)
		return a->boolean - b->boolean;
	if (a->kind == QRY_LIST)
		return compare_lists(a, b);
	if (rank(a) != 0)
		return 0;
	qry_value_number(a, &x);
	qry_value_number(b, &y);
	return (x > y) - (x < y);
}

/* What both forms share; false for the kinds and types that differ. */
static bool append_scalar(struct ax_buf *buf, const struct qry_value *value)
{
	char text[AX_UNITS_MAX];

	if (value->kind == QRY_NULL)
		ax_buf_append_text(buf, "null");
	else if (value->kind == QRY_INT)
		ax_buf_printf(buf, "%lld", (long long)value->integer);
	else if (value->kind == QRY_REAL)
		ax_real_format(value->real, text);
	else
		return value->kind == QRY_ABSENT;
	if (value->kind == QRY_REAL)
		ax_buf_append_text(buf, text);
	return true;
}

/* Sizes and times; false for all else. */
static bool show_unit(struct ax_buf *buf, enum qry_type type, int64_t integer)
{
	char text[AX_UNITS_MAX];

	if (type == QRY_TYPE_SIZE && integer >= 0)
		ax_size_format((uint64_t)integer, text);
	else if (type == QRY_TYPE_TIME)
		ax_time_format_short(integer, text);
	else if (type == QRY_TYPE_STAMP)
		ax_stamp_format(integer, text);
	else
		return false;
	ax_buf_append_text(buf, text);
	return true;
}

static bool write_unit(struct ax_buf *buf, enum qry_type type, int64_t integer)
{
	char text[AX_UNITS_MAX];

	if (type == QRY_TYPE_TIME)
		ax_time_format(integer, text);
	else if (type == QRY_TYPE_STAMP)
		ax_stamp_format(integer, text);
	else
		return false;
	ax_buf_append_text(buf, text);
	return true;
}

static void write_json_int(struct ax_json_writer *w, enum qry_type type, int64_t integer)
{
	char text[AX_UNITS_MAX];

	if (type == QRY_TYPE_TIME)
		ax_time_format(integer, text);
	else if (type == QRY_TYPE_STAMP)
		ax_stamp_format(integer, text);
	else {
		ax_json_write_i64(w, integer);
		return;
	}
	ax_json_write_string(w, ax_str_from(text));
}

static void write_json_map(struct ax_json_writer *w, enum qry_type type,
	const struct qry_value *value)
{
	ax_json_begin_object(w);
	for (size_t i = 0; i < value->map.count; i++) {
		ax_json_write_key(w, value->map.members[i].key);
		qry_value_json(w, type, &value->map.members[i].value);
	}
	ax_json_end_object(w);
}

void qry_value_json(struct ax_json_writer *w, enum qry_type type, const struct qry_value *value)
{
	switch (value->kind) {
	case QRY_ABSENT:
	case QRY_NULL:
		ax_json_write_null(w);
		break;
	case QRY_BOOL:
		ax_json_write_bool(w, value->boolean);
		break;
	case QRY_INT:
		write_json_int(w, type, value->integer);
		break;
	case QRY_REAL:
		ax_json_write_real(w, value->real);
		break;
	case QRY_TEXT:
		ax_json_write_string(w, value->text);
		break;
	case QRY_LIST:
		ax_json_begin_array(w);
		for (size_t i = 0; i < value->list.count; i++)
			qry_value_json(w, type, &value->list.items[i]);
		ax_json_end_array(w);
		break;
	case QRY_MAP:
		write_json_map(w, type, value);
		break;
	case QRY_JSON:
		ax_json_write_value(w, value->json);
		break;
	}
}

/* JSON as JSON, maps too. */
static void append_json(struct ax_buf *buf, enum qry_type type, const struct qry_value *value)
{
	struct ax_json_writer w = { .buf = buf };

	qry_value_json(&w, type, value);
}

static void show_json(struct ax_buf *buf, enum qry_type type, const struct qry_value *value)
{
	struct ax_buf text = { 0 };

	append_json(&text, type, value);
	ax_text_escape(buf, ax_buf_str(&text));
	ax_buf_free(&text);
}

/* Long lists are for programs: people see how they begin. */
static void show_list(struct ax_buf *buf, enum qry_type type, const struct qry_value *value)
{
	bool is_shape = type == QRY_TYPE_SHAPE;
	size_t shown = value->list.count;

	if (!is_shape && shown > SHOWN_ITEMS + 1)
		shown = SHOWN_ITEMS;
	for (size_t i = 0; i < shown; i++) {
		if (i > 0)
			ax_buf_append_byte(buf, is_shape ? 'x' : ',');
		qry_value_show(buf, type, &value->list.items[i]);
	}
	if (shown < value->list.count)
		ax_buf_printf(buf, " and %zu more", value->list.count - shown);
}

void qry_value_show(struct ax_buf *buf, enum qry_type type, const struct qry_value *value)
{
	if (value->kind == QRY_INT && show_unit(buf, type, value->integer))
		return;
	if (value->kind == QRY_TEXT) {
		ax_text_quote(buf, value->text);
	} else if (value->kind == QRY_BOOL) {
		ax_buf_append_text(buf, value->boolean ? "yes" : "no");
	} else if (value->kind == QRY_JSON || value->kind == QRY_MAP) {
		show_json(buf, type, value);
	} else if (value->kind == QRY_REAL) {
		ax_buf_printf(buf, "%.4g", value->real);
	} else if (value->kind == QRY_LIST) {
		show_list(buf, type, value);
	} else {
		append_scalar(buf, value);
	}
}

void qry_value_write(struct ax_buf *buf, enum qry_type type, const struct qry_value *value)
{
	if (value->kind == QRY_INT && write_unit(buf, type, value->integer))
		return;
	if (value->kind == QRY_TEXT) {
		ax_buf_append_str(buf, value->text);
	} else if (value->kind == QRY_BOOL) {
		ax_buf_append_text(buf, value->boolean ? "true" : "false");
	} else if (value->kind == QRY_JSON || value->kind == QRY_MAP) {
		append_json(buf, type, value);
	} else if (value->kind == QRY_LIST) {
		for (size_t i = 0; i < value->list.count; i++) {
			if (i > 0)
				ax_buf_append_byte(buf, type == QRY_TYPE_SHAPE ? 'x' : ',');
			qry_value_write(buf, type, &value->list.items[i]);
		}
	} else {
		append_scalar(buf, value);
	}
}

void qry_value_quote(struct ax_buf *buf, enum qry_type type, const struct qry_value *value)
{
	struct ax_buf raw = { 0 };

	qry_value_write(&raw, type, value);
	if (value->kind == QRY_TEXT || value->kind == QRY_LIST)
		ax_text_quote(buf, ax_buf_str(&raw));
	else
		ax_text_escape(buf, ax_buf_str(&raw));
	ax_buf_free(&raw);
}

void qry_value_json_member(struct ax_json_writer *w, const char *key, enum qry_type type,
	const struct qry_value *value)
{
	if (value->kind == QRY_TEXT) {
		ax_json_write_path(w, key, value->text);
		return;
	}
	ax_json_write_key(w, ax_str_from(key));
	qry_value_json(w, type, value);
}

static void append_bar(struct ax_buf *buf, double share, bool ascii)
{
	long height = lround(share * 7);
	char bar[] = "\xe2\x96\x81"; /* U+2581, the lowest of eight */

	bar[2] = (char)(bar[2] + height);
	if (ascii)
		ax_buf_append_byte(buf, "_.-~=+*#"[height]);
	else
		ax_buf_append_text(buf, bar);
}

void qry_value_sparkline(struct ax_buf *buf, const struct qry_value *value, size_t width,
	bool ascii)
{
	double low = INFINITY, high = -INFINITY, number;
	size_t count = value->kind == QRY_LIST ? value->list.count : 0;
	size_t bars = count < width ? count : width;

	for (size_t i = 0; i < count; i++) {
		if (qry_value_number(&value->list.items[i], &number)) {
			low = fmin(low, number);
			high = fmax(high, number);
		}
	}
	for (size_t i = 0; i < bars; i++) {
		const struct qry_value *item = &value->list.items[i * count / bars];

		if (!qry_value_number(item, &number))
			ax_buf_append_byte(buf, ' ');
		else
			append_bar(buf, high > low ? (number - low) / (high - low) : 0, ascii);
	}
}
