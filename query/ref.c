#include "query/ref.h"

#include "base/error.h"
#include "base/units.h"
#include "query/lexer.h"

#include <errno.h>
#include <stdint.h>

enum { STEPS_MAX = 16 };

static bool is_name_byte(char c, bool is_first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!is_first && c >= '0' && c <= '9');
}

/* Keys come from other people's configurations: more is allowed than in names. */
static bool is_key_byte(char c)
{
	return is_name_byte(c, false) || c == '-' || c == '/' || c == '@' ||
	       (unsigned char)c >= 0x80;
}

static size_t measure_name(struct ax_str s)
{
	size_t i = 0;

	while (i < s.len && is_name_byte(s.ptr[i], i == 0))
		i++;
	return i;
}

/* ".key", "[3]", "[-1]", "[]" or "["key"]" at the start of s, 0 when there is none. */
static size_t measure_step(struct ax_str s)
{
	size_t i = 1, quoted;

	if (s.len < 2)
		return 0;
	if (s.ptr[0] == '.') {
		while (i < s.len && is_key_byte(s.ptr[i]))
			i++;
		return i > 1 ? i : 0;
	}
	if (s.ptr[0] != '[')
		return 0;
	quoted = qry_quoted_length(ax_str_slice(s, 1, s.len));
	if (quoted == SIZE_MAX)
		return 0;
	i += quoted;
	while (quoted == 0 && i < s.len &&
		(s.ptr[i] == '-' || (s.ptr[i] >= '0' && s.ptr[i] <= '9')))
		i++;
	return i < s.len && s.ptr[i] == ']' ? i + 1 : 0;
}

size_t qry_ref_measure(struct ax_str s)
{
	size_t length = measure_name(s), step = length;

	while (length > 0 && step > 0) {
		step = measure_step(ax_str_slice(s, length, s.len));
		length += step;
	}
	return length;
}

static int read_step(struct ax_str s, struct ax_arena *arena, struct qry_step *out)
{
	struct ax_str inner = ax_str_slice(s, 1, s.len - 2);

	if (s.ptr[0] == '.') {
		*out = (struct qry_step){ QRY_STEP_KEY, ax_str_slice(s, 1, s.len), 0 };
	} else if (inner.len == 0) {
		*out = (struct qry_step){ QRY_STEP_ALL, AX_STR(""), 0 };
	} else if (inner.ptr[0] == '"' || inner.ptr[0] == '\'') {
		*out = (struct qry_step){ QRY_STEP_KEY, qry_quoted_content(inner, arena), 0 };
	} else {
		*out = (struct qry_step){ QRY_STEP_INDEX, AX_STR(""), 0 };
		return ax_i64_parse(inner, &out->index) ? 0 : -1;
	}
	return out->key.ptr ? 0 : -1;
}

static int read_steps(const struct qry_ref_context *context, struct ax_str rest,
	struct qry_span place, struct qry_ref *out, struct ax_error *err)
{
	struct qry_step *steps = ax_arena_alloc(context->arena, STEPS_MAX * sizeof(*steps));

	if (!steps)
		return ax_fail(err, ENOMEM, "no memory for the query");
	for (size_t at = 0; at < rest.len;) {
		struct ax_str from = ax_str_slice(rest, at, rest.len);
		size_t length = measure_step(from);

		if (length == 0 || out->n_steps == STEPS_MAX ||
			read_step(ax_str_slice(from, 0, length), context->arena,
				&steps[out->n_steps]) < 0)
			return qry_mistake_make(context->mistake, place, err,
				"\"%.*s\" is not a field", AX_STR_ARG(out->text));
		out->n_steps++;
		at += length;
	}
	out->steps = steps;
	return 0;
}

static int refuse_unknown(const struct qry_ref_context *context, struct ax_str name,
	struct qry_span place, struct ax_error *err)
{
	enum qry_view view = context->view;
	struct qry_mistake *mistake = context->mistake;
	struct qry_guess guess;
	struct ax_str best;
	size_t n;
	const struct qry_field *fields = qry_fields(view, &n);

	for (unsigned other = 0; other < QRY_VIEW_COUNT; other++) {
		if (qry_field_find((enum qry_view)other, name))
			return qry_mistake_make(mistake, place, err,
				"%s have no field \"%.*s\", but %s have", qry_view_name(view),
				AX_STR_ARG(name), qry_view_name((enum qry_view)other));
	}
	qry_guess_begin(&guess, name);
	for (size_t i = 0; i < n; i++)
		qry_guess_offer(&guess, ax_str_from(fields[i].name));
	best = qry_guess_best(&guess);
	if (best.len > 0)
		return qry_mistake_make(mistake, place, err,
			"%s have no field \"%.*s\"; did you mean \"%.*s\"?",
			qry_view_name(view), AX_STR_ARG(name), AX_STR_ARG(best));
	return qry_mistake_make(mistake, place, err,
		"%s have no field \"%.*s\"; \"artidx help query\" lists them",
		qry_view_name(view), AX_STR_ARG(name));
}

int qry_ref_parse(const struct qry_ref_context *context, struct ax_str text,
	struct qry_span place, struct qry_ref *out, struct ax_error *err)
{
	size_t length = measure_name(text);
	struct ax_str name = ax_str_slice(text, 0, length);

	*out = (struct qry_ref){ .text = text };
	if (length == 0)
		return qry_mistake_make(context->mistake, place, err, "\"%.*s\" is not a field",
			AX_STR_ARG(text));
	out->field = qry_field_find(context->view, name);
	if (!out->field) {
		place.length = length < place.length ? length : place.length;
		return refuse_unknown(context, name, place, err);
	}
	if (length < text.len && !(out->field->flags & QRY_FIELD_KEYED))
		return qry_mistake_make(context->mistake, place, err,
			"\"%s\" has nothing inside: only cfg, meta and rows have",
			out->field->name);
	if (read_steps(context, ax_str_slice(text, length, text.len), place, out, err) < 0)
		return -1;
	if (out->n_steps > 0 && out->steps[0].kind == QRY_STEP_KEY &&
		(out->field->flags & QRY_FIELD_INDEXED))
		return qry_mistake_make(context->mistake, place, err,
			"\"%s\" is a list: write %s[-1]%.*s for its last element",
			out->field->name, out->field->name,
			AX_STR_ARG(ax_str_slice(text, length, text.len)));
	return 0;
}
