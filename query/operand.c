/*
 * A value is split at commas into pieces; a piece in quotes is text as it stands. Numbers, sizes
 * and times all become an interval with both ends: "12" is 12..12, "<12" is MIN..11, "2026-05"
 * is its first to its last nanosecond.
 */
#include "query/operand.h"

#include "base/error.h"
#include "base/pattern.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

enum { SIZES_MAX = 16 };

/* One alternative, without its quotes. */
struct piece {
	struct ax_str text;
	bool is_quoted;
	struct qry_span place;
};

struct reader {
	struct qry_condition_context *context;
	const struct qry_condition *condition;
	const struct qry_field *field;
};

/* The first and the last of what a scalar may mean. */
struct interval {
	int64_t low, high;
	double real_low, real_high;
};

static const char *const examples[] = {
	[QRY_TYPE_INT] = "12, 4..12, 12..",
	[QRY_TYPE_REAL] = "0.5, 0.3..0.5, 0.5..",
	[QRY_TYPE_SIZE] = "10M.., 1.5G, ..4KB",
	[QRY_TYPE_TIME] = "2026-05, 2026-05-28.., -2w..",
	[QRY_TYPE_STAMP] = "2026-05, 2026-05-28.., -2w..",
	[QRY_TYPE_SHAPE] = "12x2560, *x2560, 2560",
	[QRY_TYPE_BOOL] = "yes, no",
	[QRY_TYPE_OPEN] = "12, 4..12, 12..",
};

bool qry_bool_parse(struct ax_str text, bool *out)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {
		{ "yes", true },
		{ "true", true },
		{ "1", true },
		{ "no", false },
		{ "false", false },
		{ "0", false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (ax_str_equal(text, ax_str_from(words[i].text))) {
			*out = words[i].value;
			return true;
		}
	}
	return false;
}

static int refuse_value(const struct reader *reader, const struct piece *piece,
	struct ax_error *err)
{
	const struct qry_field *field = reader->field;
	const char *type =
		field->type == QRY_TYPE_OPEN ? "a number" : qry_type_name(field->type);

	return qry_mistake_make(reader->context->mistake, piece->place, err,
		"%s takes %s here (%s), not \"%.*s\"", field->name, type, examples[field->type],
		AX_STR_ARG(piece->text));
}

/* Where the two dots of a range are, or text.len. */
static size_t find_dots(struct ax_str text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.ptr[i] == '.' && text.ptr[i + 1] == '.')
			return i;
	}
	return text.len;
}

static bool read_size(struct ax_str text, struct interval *out)
{
	uint64_t size;

	if (!ax_size_parse(text, &size))
		return false;
	out->low = out->high = size > INT64_MAX ? INT64_MAX : (int64_t)size;
	return true;
}

static bool read_scalar(const struct reader *reader, struct ax_str text, struct interval *out)
{
	bool is_read = false;

	switch (reader->field->type) {
	case QRY_TYPE_INT:
	case QRY_TYPE_SHAPE:
		is_read = ax_i64_parse(text, &out->low);
		out->high = out->low;
		break;
	case QRY_TYPE_SIZE:
		is_read = read_size(text, out);
		break;
	case QRY_TYPE_TIME:
	case QRY_TYPE_STAMP:
		is_read = ax_time_parse(text, reader->context->now, &out->low, &out->high);
		break;
	case QRY_TYPE_REAL:
	case QRY_TYPE_OPEN:
		is_read = ax_real_parse(text, &out->real_low);
		out->real_high = out->real_low;
		break;
	case QRY_TYPE_TEXT:
	case QRY_TYPE_ENUM:
	case QRY_TYPE_BOOL:
		break;
	}
	return is_read;
}

/* "12..4", which nothing is in: most likely the ends were confused. */
static int refuse_inverted(const struct reader *reader, const struct piece *piece,
	const struct interval *interval, struct ax_error *err)
{
	size_t dots = find_dots(piece->text);
	struct ax_str low = ax_str_slice(piece->text, 0, dots);
	struct ax_str high = ax_str_slice(piece->text, dots + 2, piece->text.len);

	if (dots == piece->text.len || !low.len || !high.len ||
		(interval->low <= interval->high && interval->real_low <= interval->real_high))
		return 0;
	return qry_mistake_make(reader->context->mistake, piece->place, err,
		"the range ends before it begins; did you mean \"%.*s..%.*s\"?",
		AX_STR_ARG(high), AX_STR_ARG(low));
}

/* LOW..HIGH, either end may be left out but not both. */
static bool read_range(const struct reader *reader, struct ax_str text, size_t dots,
	struct interval *out)
{
	struct ax_str low = ax_str_slice(text, 0, dots);
	struct ax_str high = ax_str_slice(text, dots + 2, text.len);
	struct interval first = { .low = INT64_MIN, .real_low = -INFINITY };
	struct interval last = { .high = INT64_MAX, .real_high = INFINITY };

	if ((low.len == 0 && high.len == 0) ||
		(low.len > 0 && !read_scalar(reader, low, &first)) ||
		(high.len > 0 && !read_scalar(reader, high, &last)))
		return false;
	*out = (struct interval){ first.low, last.high, first.real_low, last.real_high };
	return true;
}

/* What "OP scalar" leaves of all numbers. */
static struct interval apply_op(enum qry_op op, struct interval scalar)
{
	struct interval all = { INT64_MIN, INT64_MAX, -INFINITY, INFINITY };

	if (op == QRY_OP_LESS) {
		all.high = scalar.low == INT64_MIN ? INT64_MIN : scalar.low - 1;
		all.real_high = nextafter(scalar.real_low, -INFINITY);
	} else if (op == QRY_OP_LESS_EQUAL) {
		all.high = scalar.high;
		all.real_high = scalar.real_high;
	} else if (op == QRY_OP_GREATER) {
		all.low = scalar.high == INT64_MAX ? INT64_MAX : scalar.high + 1;
		all.real_low = nextafter(scalar.real_high, INFINITY);
	} else if (op == QRY_OP_GREATER_EQUAL) {
		all.low = scalar.low;
		all.real_low = scalar.real_low;
	} else {
		return scalar;
	}
	return all;
}

/* 1 with the interval that the piece stands for, 0 when it is no number of the field's type. */
static bool read_interval(const struct reader *reader, const struct piece *piece,
	struct interval *out)
{
	size_t dots = find_dots(piece->text);
	enum qry_op op = reader->condition->op;
	struct interval scalar = { 0 };

	if (piece->is_quoted && reader->field->type == QRY_TYPE_OPEN)
		return false;
	if (dots < piece->text.len)
		return (op == QRY_OP_MATCH || op == QRY_OP_EQUAL || op == QRY_OP_UNEQUAL) &&
		       read_range(reader, piece->text, dots, out);
	if (!read_scalar(reader, piece->text, &scalar))
		return false;
	*out = apply_op(op, scalar);
	return true;
}

static void use_interval(struct qry_operand *out, enum qry_operand_kind kind,
	const struct interval *interval)
{
	out->kind = kind;
	out->low = interval->low;
	out->high = interval->high;
	out->real_low = interval->real_low;
	out->real_high = interval->real_high;
}

static int read_number(const struct reader *reader, const struct piece *piece,
	struct qry_operand *out, struct ax_error *err)
{
	bool is_real = reader->field->type == QRY_TYPE_REAL;
	struct interval interval = { 0 };

	if (!read_interval(reader, piece, &interval))
		return refuse_value(reader, piece, err);
	if (refuse_inverted(reader, piece, &interval, err) < 0)
		return -1;
	use_interval(out, is_real ? QRY_OPERAND_NUMBER : QRY_OPERAND_WHOLE, &interval);
	return 0;
}

/* An age is an instant to the nanosecond: asking for exactly that finds nothing, ever. */
static int read_time(const struct reader *reader, const struct piece *piece,
	struct qry_operand *out, struct ax_error *err)
{
	if (read_number(reader, piece, out, err) < 0)
		return -1;
	if (piece->text.ptr[0] == '-' && out->low == out->high)
		return qry_mistake_make(reader->context->mistake, piece->place, err,
			"%.*s is one instant: write %s:%.*s.. for since then",
			AX_STR_ARG(piece->text), reader->field->name, AX_STR_ARG(piece->text));
	return 0;
}

static void read_text(const struct reader *reader, const struct piece *piece,
	struct qry_operand *out)
{
	bool is_match = reader->condition->op == QRY_OP_MATCH && piece->text.len > 0;

	out->text = piece->text;
	out->kind = !is_match ? QRY_OPERAND_SAME
		    : !piece->is_quoted && ax_glob_is_pattern(piece->text)
			    ? QRY_OPERAND_GLOB
			    : QRY_OPERAND_SUBSTRING;
}

/* "; there are A, B, C" while they fit. Nothing for classes, of which rules may add any number. */
static void list_names(const struct reader *reader, char *list, size_t size)
{
	const char *joint = "; there are ";
	size_t len = 0;
	struct ax_str name;

	*list = '\0';
	if (reader->field->names == QRY_NAMES_CLASS)
		return;
	for (size_t i = 0;
		qry_name_at(reader->context->names, reader->field->names, i, &name) &&
		len + strlen(joint) + name.len < size;
		i++) {
		len += (size_t)snprintf(list + len, size - len, "%s%.*s", joint,
			AX_STR_ARG(name));
		joint = ", ";
	}
}

static int refuse_name(const struct reader *reader, const struct piece *piece,
	struct ax_error *err)
{
	char list[200];
	struct qry_guess guess;
	struct ax_str name;

	qry_guess_begin(&guess, piece->text);
	for (size_t i = 0; qry_name_at(reader->context->names, reader->field->names, i, &name);
		i++)
		qry_guess_offer(&guess, name);
	name = qry_guess_best(&guess);
	if (name.len > 0)
		return qry_mistake_make(reader->context->mistake, piece->place, err,
			"\"%.*s\" is not a %s; did you mean \"%.*s\"?", AX_STR_ARG(piece->text),
			reader->field->name, AX_STR_ARG(name));
	list_names(reader, list, sizeof(list));
	return qry_mistake_make(reader->context->mistake, piece->place, err,
		"\"%.*s\" is not a %s%s", AX_STR_ARG(piece->text), reader->field->name, list);
}

static int read_name(const struct reader *reader, const struct piece *piece,
	struct qry_operand *out, struct ax_error *err)
{
	struct ax_str name;

	read_text(reader, piece, out);
	if (out->kind == QRY_OPERAND_SUBSTRING)
		out->kind = QRY_OPERAND_SAME;
	for (size_t i = 0; qry_name_at(reader->context->names, reader->field->names, i, &name);
		i++) {
		if (out->kind == QRY_OPERAND_GLOB ? ax_glob_match(out->text, name)
						  : ax_str_equal(out->text, name))
			return 0;
	}
	return refuse_name(reader, piece, err);
}

static int read_shape(const struct reader *reader, const struct piece *piece,
	struct qry_operand *out, struct ax_error *err)
{
	int64_t *sizes = ax_arena_alloc(reader->context->arena, SIZES_MAX * sizeof(*sizes));
	bool is_shape = reader->condition->op == QRY_OP_EQUAL ||
			ax_str_find(piece->text, 'x') < piece->text.len;

	if (!is_shape)
		return read_number(reader, piece, out, err);
	if (!sizes)
		return ax_fail(err, ENOMEM, "no memory for the query");
	for (size_t at = 0; at <= piece->text.len;) {
		struct ax_str rest = ax_str_slice(piece->text, at, piece->text.len);
		struct ax_str size = ax_str_slice(rest, 0, ax_str_find(rest, 'x'));

		if (out->n_sizes == SIZES_MAX)
			return refuse_value(reader, piece, err);
		sizes[out->n_sizes] = -1;
		if (!ax_str_equal(size, AX_STR("*")) &&
			(!ax_i64_parse(size, &sizes[out->n_sizes]) || sizes[out->n_sizes] < 0))
			return refuse_value(reader, piece, err);
		out->n_sizes++;
		at += size.len + 1;
	}
	out->kind = QRY_OPERAND_SHAPE;
	out->sizes = sizes;
	return 0;
}

static int read_open(const struct reader *reader, const struct piece *piece,
	struct qry_operand *out, struct ax_error *err)
{
	enum qry_op op = reader->condition->op;
	bool is_equality = op == QRY_OP_MATCH || op == QRY_OP_EQUAL || op == QRY_OP_UNEQUAL;
	struct interval interval = { 0 };

	out->has_number = read_interval(reader, piece, &interval);
	if (!out->has_number && !is_equality)
		return refuse_value(reader, piece, err);
	if (out->has_number && refuse_inverted(reader, piece, &interval, err) < 0)
		return -1;
	if (out->has_number && (!is_equality || find_dots(piece->text) < piece->text.len)) {
		use_interval(out, QRY_OPERAND_NUMBER, &interval);
		return 0;
	}
	use_interval(out, QRY_OPERAND_SAME, &interval);
	read_text(reader, piece, out);
	return 0;
}

static int read_bool(const struct reader *reader, const struct piece *piece,
	struct qry_operand *out, struct ax_error *err)
{
	out->kind = QRY_OPERAND_BOOL;
	return qry_bool_parse(piece->text, &out->boolean) ? 0
							  : refuse_value(reader, piece, err);
}

static int read_piece(const struct reader *reader, const struct piece *piece,
	struct qry_operand *out, struct ax_error *err)
{
	if (piece->text.len == 0 && !piece->is_quoted)
		return qry_mistake_make(reader->context->mistake, piece->place, err,
			"a value is missing here");
	switch (reader->field->type) {
	case QRY_TYPE_TEXT:
		read_text(reader, piece, out);
		return 0;
	case QRY_TYPE_ENUM:
		return read_name(reader, piece, out, err);
	case QRY_TYPE_INT:
	case QRY_TYPE_REAL:
	case QRY_TYPE_SIZE:
		return read_number(reader, piece, out, err);
	case QRY_TYPE_TIME:
	case QRY_TYPE_STAMP:
		return read_time(reader, piece, out, err);
	case QRY_TYPE_BOOL:
		return read_bool(reader, piece, out, err);
	case QRY_TYPE_SHAPE:
		return read_shape(reader, piece, out, err);
	case QRY_TYPE_OPEN:
		break;
	}
	return read_open(reader, piece, out, err);
}

/* The piece at the start of rest, up to a comma outside of quotes or to the end. */
static int take_piece(const struct reader *reader, struct ax_str rest, struct piece *out,
	struct ax_error *err)
{
	size_t quoted = qry_quoted_length(rest), length;

	length = quoted > 0 && quoted <= rest.len ? quoted : ax_str_find(rest, ',');
	out->place.length = length;
	if (quoted > 0 && (quoted > rest.len || (quoted < rest.len && rest.ptr[quoted] != ',')))
		return qry_mistake_make(reader->context->mistake, out->place, err,
			"a quote goes around a whole value, up to its end or a comma");
	out->is_quoted = quoted > 0;
	out->text = ax_str_slice(rest, 0, length);
	if (out->is_quoted)
		out->text = qry_quoted_content(out->text, reader->context->arena);
	return out->text.ptr ? 0 : ax_fail(err, ENOMEM, "no memory for the query");
}

static size_t count_commas(struct ax_str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == ',';
	return n;
}

int qry_operands_read(struct qry_condition_context *context, const struct qry_token *term,
	struct qry_condition *condition, struct ax_error *err)
{
	struct reader reader = { context, condition, condition->ref.field };
	size_t most = count_commas(term->value) + 1, n = 0;
	struct qry_operand *operands = ax_arena_alloc(context->arena, most * sizeof(*operands));

	if (!operands)
		return ax_fail(err, ENOMEM, "no memory for the query");
	for (size_t at = 0; at <= term->value.len;) {
		struct piece piece = { .place = term->value_span };

		piece.place.offset += at;
		if (take_piece(&reader, ax_str_slice(term->value, at, term->value.len), &piece,
			    err) < 0 ||
			read_piece(&reader, &piece, &operands[n], err) < 0)
			return -1;
		n++;
		at += piece.place.length + 1;
	}
	if (n > 1 && condition->op >= QRY_OP_LESS)
		return qry_mistake_make(context->mistake, term->value_span, err,
			"\"%s\" takes one value, not a list", qry_op_text(condition->op));
	condition->operands = operands;
	condition->n_operands = n;
	return 0;
}
