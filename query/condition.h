/*
 * query/condition.h - one FIELD OP VALUE term, ready to be tried on rows
 *
 * What a value may be follows from the field's type:
 *
 *	text         : a part of it without case, or all of it against a glob, whose * and ? stop at
 *	             "/" where the glob has one; = all of it
 *	name         one of the known names, or a glob that fits some of them
 *	number,      equal, or in LOW..HIGH with both ends; a date may be partial and is then
 *	size, time   the whole day, month or year; an age is an instant and needs a range
 *	yes or no    yes no true false 1 0
 *	shape        12x2560 with * for any size; a lone number or range is any of its sizes
 *	open         a number against numbers (also numbers in text), else as text
 *
 * Several values between commas are alternatives. ~ is a regular expression. FIELD:* holds when
 * the field is present; nothing else holds for an absent field. Of a list, any element will do,
 * and != and !~ hold when none of them matches.
 */
#ifndef ARTIDX_QUERY_CONDITION_H
#define ARTIDX_QUERY_CONDITION_H

#include "base/units.h"
#include "query/lexer.h"
#include "query/names.h"
#include "query/ref.h"

struct ax_error;
struct ax_pattern;
struct qry_row;

enum qry_operand_kind {
	QRY_OPERAND_WHOLE,     /* an integer in low..high */
	QRY_OPERAND_NUMBER,    /* a number in real_low..real_high */
	QRY_OPERAND_SUBSTRING, /* text that has text in it, without case */
	QRY_OPERAND_GLOB,
	QRY_OPERAND_SAME, /* text that is text */
	QRY_OPERAND_BOOL,
	QRY_OPERAND_SHAPE,
};

struct qry_operand {
	enum qry_operand_kind kind;
	bool has_number; /* real_low and real_high decide where the value is a number */
	int64_t low, high;
	double real_low, real_high;
	struct ax_str text;
	bool boolean;
	size_t n_sizes;
	const int64_t *sizes; /* of a shape; -1: any */
};

struct qry_condition {
	struct qry_ref ref;
	enum qry_op op;
	bool is_presence;
	bool is_negated;
	size_t n_operands;
	const struct qry_operand *operands;
	struct ax_pattern *pattern; /* of ~ and !~ */
	struct qry_condition *next; /* of all conditions made in one context, to be released */
};

/* Where conditions are made: everything is in arena but for patterns. */
struct qry_condition_context {
	struct ax_arena *arena;
	struct qry_mistake *mistake;
	const struct qry_known_names *names;
	ax_nanoseconds now;
	struct qry_condition *all; /* newest first */
};

/* Release the patterns of all conditions made in the context. */
void qry_conditions_fini(struct qry_condition_context *context);

/* Make the condition of a term (a token of kind QRY_TOKEN_TERM) of the view. */
int qry_condition_make(struct qry_condition_context *context, enum qry_view view,
	const struct qry_token *term, const struct qry_condition **out, struct ax_error *err);

/* 1 it holds for the row, 0 it does not, -1. */
int qry_condition_try(const struct qry_condition *condition, struct qry_row *row,
	struct ax_error *err);

#endif
