#include "query/condition.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/pattern.h"
#include "query/operand.h"
#include "query/row.h"

#include <errno.h>

void qry_conditions_fini(struct qry_condition_context *context)
{
	for (struct qry_condition *at = context->all; at; at = at->next)
		ax_pattern_free(at->pattern);
	context->all = NULL;
}

static bool is_regex(enum qry_op op)
{
	return op == QRY_OP_REGEX || op == QRY_OP_NOT_REGEX;
}

static bool is_order(enum qry_op op)
{
	return op == QRY_OP_LESS || op == QRY_OP_LESS_EQUAL || op == QRY_OP_GREATER ||
	       op == QRY_OP_GREATER_EQUAL;
}

static bool takes_text(enum qry_type type)
{
	return type == QRY_TYPE_TEXT || type == QRY_TYPE_ENUM || type == QRY_TYPE_OPEN;
}

static bool takes_order(enum qry_type type)
{
	return type != QRY_TYPE_TEXT && type != QRY_TYPE_ENUM && type != QRY_TYPE_BOOL &&
	       type != QRY_TYPE_SHAPE;
}

static int check_op(struct qry_condition_context *context, const struct qry_token *term,
	const struct qry_field *field, struct ax_error *err)
{
	struct qry_span place = term->span;

	place.offset = term->text_span.offset + term->text_span.length;
	place.length = term->value_span.offset - place.offset;
	if ((is_regex(term->op) && !takes_text(field->type)) ||
		(is_order(term->op) && !takes_order(field->type)))
		return qry_mistake_make(context->mistake, place, err,
			"\"%s\" cannot be used with \"%s\", which is %s", qry_op_text(term->op),
			field->name, qry_type_name(field->type));
	if (term->value.len == 0)
		return qry_mistake_make(context->mistake, term->value_span, err,
			"a value is missing here; %s:* asks whether there is one", field->name);
	return 0;
}

static int compile_pattern(struct qry_condition_context *context, const struct qry_token *term,
	struct qry_condition *condition, struct ax_error *err)
{
	struct ax_str source = term->value;

	if (qry_quoted_length(source) == source.len)
		source = qry_quoted_content(source, context->arena);
	if (!source.ptr)
		return ax_fail(err, ENOMEM, "no memory for the query");
	if (ax_pattern_compile(source, 0, &condition->pattern, err) == 0)
		return 0;
	context->mistake->has_place = true;
	context->mistake->place = term->value_span;
	return -1;
}

int qry_condition_make(struct qry_condition_context *context, enum qry_view view,
	const struct qry_token *term, const struct qry_condition **out, struct ax_error *err)
{
	struct qry_ref_context refs = { view, context->arena, context->mistake };
	struct qry_condition *condition = ax_arena_alloc(context->arena, sizeof(*condition));

	if (!condition)
		return ax_fail(err, ENOMEM, "no memory for the query");
	if (qry_ref_parse(&refs, term->text, term->text_span, &condition->ref, err) < 0 ||
		check_op(context, term, condition->ref.field, err) < 0)
		return -1;
	condition->op = term->op;
	condition->is_negated = term->op == QRY_OP_UNEQUAL || term->op == QRY_OP_NOT_REGEX;
	condition->is_presence =
		term->op == QRY_OP_MATCH && ax_str_equal(term->value, AX_STR("*"));
	condition->next = context->all;
	context->all = condition;
	*out = condition;
	if (condition->is_presence)
		return 0;
	if (is_regex(term->op))
		return compile_pattern(context, term, condition, err);
	return qry_operands_read(context, term, condition, err);
}

/* Text of a value that is not text; borrowed from scratch. */
static struct ax_str render(const struct qry_value *value, struct ax_buf *scratch)
{
	ax_buf_clear(scratch);
	qry_value_write(scratch, QRY_TYPE_OPEN, value);
	return ax_buf_str(scratch);
}

static bool same_shape(const struct qry_operand *operand, const struct qry_value *value)
{
	if (value->list.count != operand->n_sizes)
		return false;
	for (size_t i = 0; i < operand->n_sizes; i++) {
		if (operand->sizes[i] >= 0 && operand->sizes[i] != value->list.items[i].integer)
			return false;
	}
	return true;
}

static bool is_within(const struct qry_operand *operand, double number)
{
	return number >= operand->real_low && number <= operand->real_high;
}

static bool matches_text(const struct qry_operand *operand, struct ax_str text)
{
	if (operand->kind == QRY_OPERAND_SUBSTRING)
		return ax_str_contains_nocase(text, operand->text);
	if (operand->kind == QRY_OPERAND_GLOB)
		return ax_glob_match_text(operand->text, text);
	return ax_str_equal(text, operand->text);
}

/* A value that is no list against one operand. */
static bool matches(const struct qry_operand *operand, const struct qry_value *value,
	struct ax_buf *scratch)
{
	double number;
	bool boolean;

	if ((value->kind == QRY_LIST) != (operand->kind == QRY_OPERAND_SHAPE))
		return false;
	switch (operand->kind) {
	case QRY_OPERAND_WHOLE:
		return value->kind == QRY_INT && value->integer >= operand->low &&
		       value->integer <= operand->high;
	case QRY_OPERAND_NUMBER:
		return qry_value_number(value, &number) && is_within(operand, number);
	case QRY_OPERAND_BOOL:
		return value->kind == QRY_BOOL && value->boolean == operand->boolean;
	case QRY_OPERAND_SHAPE:
		return same_shape(operand, value);
	case QRY_OPERAND_SUBSTRING:
	case QRY_OPERAND_GLOB:
	case QRY_OPERAND_SAME:
		break;
	}
	if (value->kind == QRY_TEXT && !operand->has_number)
		return matches_text(operand, value->text);
	if (operand->has_number && qry_value_number(value, &number))
		return is_within(operand, number);
	if (value->kind == QRY_BOOL && qry_bool_parse(operand->text, &boolean))
		return value->boolean == boolean;
	return matches_text(operand, render(value, scratch));
}

static bool matches_any(const struct qry_condition *condition, const struct qry_value *value,
	struct ax_buf *scratch)
{
	for (size_t i = 0; i < condition->n_operands; i++) {
		if (matches(&condition->operands[i], value, scratch))
			return true;
	}
	return false;
}

/* 1, 0, -1 */
static int search(const struct qry_condition *condition, struct qry_row *row,
	const struct qry_value *value, struct ax_buf *scratch, struct ax_error *err)
{
	struct ax_str text = value->kind == QRY_TEXT ? value->text : render(value, scratch);
	int found = ax_pattern_search(condition->pattern, row->scope->matcher, text);

	if (found < 0)
		return ax_fail(err, AX_EUSAGE,
			"the regular expression for %.*s needs too much time; make it simpler",
			AX_STR_ARG(condition->ref.text));
	return found;
}

/* A value, or any element of a list, and of lists within it. */
static int try_value(const struct qry_condition *condition, struct qry_row *row,
	const struct qry_value *value, struct ax_buf *scratch, struct ax_error *err)
{
	int found = 0;

	if (value->kind == QRY_LIST && matches_any(condition, value, scratch))
		return 1;
	if (value->kind != QRY_LIST)
		return condition->pattern ? search(condition, row, value, scratch, err)
					  : matches_any(condition, value, scratch);
	for (size_t i = 0; found == 0 && i < value->list.count; i++)
		found = try_value(condition, row, &value->list.items[i], scratch, err);
	return found;
}

int qry_condition_try(const struct qry_condition *condition, struct qry_row *row,
	struct ax_error *err)
{
	const struct qry_field *field = condition->ref.field;
	struct ax_buf scratch = { 0 };
	struct qry_value value = { 0 };
	int found;

	if (field->get(row, &condition->ref, &value, err) < 0)
		return -1;
	if (value.kind == QRY_ABSENT || condition->is_presence)
		return value.kind != QRY_ABSENT;
	found = try_value(condition, row, &value, &scratch, err);
	ax_buf_free(&scratch);
	return found < 0 ? -1 : found != condition->is_negated;
}
