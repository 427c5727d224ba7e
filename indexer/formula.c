#include "indexer/formula.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/units.h"

#include <errno.h>

enum { DEPTH_LIMIT = 32, LENGTH_LIMIT = 512, SHOWN_LENGTH = 80 };

enum node_kind {
	NODE_VALUE,
	NODE_NAME,
	NODE_ADD,
	NODE_SUBTRACT,
	NODE_MULTIPLY,
	NODE_DIVIDE,
	NODE_CHOICE,
	NODE_EQUAL,
	NODE_DIFFERENT,
	NODE_LESS,
	NODE_LESS_EQUAL,
	NODE_GREATER,
	NODE_GREATER_EQUAL,
	NODE_INT,
	NODE_REAL,
};

struct idx_formula {
	enum node_kind kind;
	struct idx_value value; /* of NODE_VALUE */
	unsigned slot;          /* of NODE_NAME */
	const struct idx_formula *left, *right;
};

struct parser {
	struct ax_str source;
	size_t at;
	unsigned depth;
	const struct idx_binder *binder;
	struct ax_arena *arena;
	struct ax_error *err;
};

struct symbol {
	const char *text;
	enum node_kind kind;
};

/* Longer ones first, as they are looked for in this order. */
static const struct symbol comparisons[] = {
	{ "!=", NODE_DIFFERENT },
	{ "<=", NODE_LESS_EQUAL },
	{ ">=", NODE_GREATER_EQUAL },
	{ "=", NODE_EQUAL },
	{ "<", NODE_LESS },
	{ ">", NODE_GREATER },
	{ 0 },
};
static const struct symbol sums[] = { { "+", NODE_ADD }, { "-", NODE_SUBTRACT }, { 0 } };
static const struct symbol products[] = {
	{ "*", NODE_MULTIPLY },
	{ "/", NODE_DIVIDE },
	{ 0 },
};
static const struct symbol choices[] = { { "|", NODE_CHOICE }, { 0 } };
static const struct symbol functions[] = {
	{ "int", NODE_INT },
	{ "real", NODE_REAL },
	{ 0 },
};

static int fail(struct parser *p, const char *what)
{
	struct ax_str shown = ax_str_slice(p->source, 0, SHOWN_LENGTH);

	return ax_fail(p->err, AX_ECONFIG, "\"%.*s%s\", at character %zu: %s",
		AX_STR_ARG(shown), shown.len < p->source.len ? "..." : "", p->at + 1, what);
}

static void skip_space(struct parser *p)
{
	while (p->at < p->source.len && p->source.ptr[p->at] == ' ')
		p->at++;
}

static bool take(struct parser *p, const char *text)
{
	skip_space(p);
	if (!ax_str_starts(ax_str_slice(p->source, p->at, SIZE_MAX), ax_str_from(text)))
		return false;
	p->at += strlen(text);
	return true;
}

static const struct symbol *take_any(struct parser *p, const struct symbol *operators)
{
	for (; operators->text; operators++) {
		if (take(p, operators->text))
			return operators;
	}
	return NULL;
}

static int make(struct parser *p, enum node_kind kind, const struct idx_formula *left,
	const struct idx_formula *right, struct idx_formula **out)
{
	struct idx_formula *node = ax_arena_alloc(p->arena, sizeof(*node));

	if (!node)
		return ax_fail(p->err, ENOMEM, "no memory for the rules");
	node->kind = kind;
	node->left = left;
	node->right = right;
	*out = node;
	return 0;
}

static int make_value(struct parser *p, struct idx_value value, const struct idx_formula **out)
{
	struct idx_formula *node = NULL;

	if (make(p, NODE_VALUE, NULL, NULL, &node) < 0)
		return -1;
	node->value = value;
	*out = node;
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static struct ax_str take_number(struct parser *p)
{
	size_t start = p->at;

	while (p->at < p->source.len &&
		(is_digit(p->source.ptr[p->at]) || p->source.ptr[p->at] == '.'))
		p->at++;
	return ax_str_slice(p->source, start, p->at - start);
}

/* A name with its dots and indices: "V.count", "meta.top_k", "V[-1].max". */
static struct ax_str take_name(struct parser *p)
{
	size_t start = p->at;
	bool inside = false;

	for (; p->at < p->source.len; p->at++) {
		char c = p->source.ptr[p->at];
		if (c == '[' || c == ']')
			inside = c == '[';
		else if (!is_letter(c) && !is_digit(c) && c != '.' && !(inside && c == '-'))
			break;
	}
	return ax_str_slice(p->source, start, p->at - start);
}

static int parse_formula(struct parser *p, const struct idx_formula **out);

static int parse_group(struct parser *p, const struct idx_formula **out)
{
	if (parse_formula(p, out) < 0)
		return -1;
	return take(p, ")") ? 0 : fail(p, "\")\" is missing");
}

static int parse_call(struct parser *p, enum node_kind function, const struct idx_formula **out)
{
	const struct idx_formula *argument = NULL;
	struct idx_formula *node = NULL;

	if (parse_group(p, &argument) < 0 || make(p, function, argument, NULL, &node) < 0)
		return -1;
	*out = node;
	return 0;
}

static int parse_name(struct parser *p, const struct idx_formula **out)
{
	struct ax_str name = take_name(p);
	struct idx_formula *node = NULL;

	for (const struct symbol *f = functions; f->text; f++) {
		if (ax_str_equal(name, ax_str_from(f->text)) && take(p, "("))
			return parse_call(p, f->kind, out);
	}
	if (make(p, NODE_NAME, NULL, NULL, &node) < 0)
		return -1;
	if (p->binder->bind(p->binder->context, name, &node->slot, p->err) < 0)
		return -1;
	*out = node;
	return 0;
}

static int parse_text(struct parser *p, const struct idx_formula **out)
{
	struct ax_str rest = ax_str_slice(p->source, p->at, SIZE_MAX);
	size_t len = ax_str_find(rest, '\'');

	if (len == rest.len)
		return fail(p, "\"'\" is missing");
	p->at += len + 1;
	return make_value(p,
		(struct idx_value){ .kind = IDX_TEXT, .text = ax_str_slice(rest, 0, len) },
		out);
}

static int parse_primary(struct parser *p, const struct idx_formula **out)
{
	if (take(p, "("))
		return parse_group(p, out);
	if (take(p, "'"))
		return parse_text(p, out);
	skip_space(p);
	char c = p->at < p->source.len ? p->source.ptr[p->at] : '\0';
	if (is_letter(c))
		return parse_name(p, out);
	if (!is_digit(c))
		return fail(p, "a number, a name or 'text' is expected");
	struct idx_value value = idx_value_from_text(take_number(p));
	if (value.kind == IDX_TEXT)
		return fail(p, "this is no number");
	return make_value(p, value, out);
}

typedef int parse_level(struct parser *p, const struct idx_formula **out);

static int parse_chain(struct parser *p, const struct symbol *operators, parse_level *next,
	const struct idx_formula **out)
{
	const struct idx_formula *left = NULL;

	if (next(p, &left) < 0)
		return -1;
	for (;;) {
		const struct symbol *found = take_any(p, operators);
		const struct idx_formula *right = NULL;
		struct idx_formula *node = NULL;
		if (!found) {
			*out = left;
			return 0;
		}
		if (next(p, &right) < 0 || make(p, found->kind, left, right, &node) < 0)
			return -1;
		left = node;
	}
}

static int parse_choice(struct parser *p, const struct idx_formula **out)
{
	return parse_chain(p, choices, parse_primary, out);
}

static int parse_product(struct parser *p, const struct idx_formula **out)
{
	return parse_chain(p, products, parse_choice, out);
}

static int parse_sum(struct parser *p, const struct idx_formula **out)
{
	return parse_chain(p, sums, parse_product, out);
}

static int parse_formula(struct parser *p, const struct idx_formula **out)
{
	const struct idx_formula *left = NULL, *right = NULL;
	struct idx_formula *node = NULL;

	if (++p->depth > DEPTH_LIMIT)
		return fail(p, "too many parentheses");
	if (parse_sum(p, &left) < 0)
		return -1;
	const struct symbol *comparison = take_any(p, comparisons);
	p->depth--;
	if (!comparison) {
		*out = left;
		return 0;
	}
	if (parse_sum(p, &right) < 0 || make(p, comparison->kind, left, right, &node) < 0)
		return -1;
	*out = node;
	return 0;
}

int idx_formula_parse(struct ax_str source, const struct idx_binder *binder,
	struct ax_arena *arena, const struct idx_formula **out, struct ax_error *err)
{
	struct parser p = { .source = source, .binder = binder, .arena = arena, .err = err };
	const struct idx_formula *formula = NULL;

	/* Evaluation recurses along chains of operators. */
	if (source.len > LENGTH_LIMIT)
		return fail(&p, "too long");
	if (parse_formula(&p, &formula) < 0)
		return -1;
	skip_space(&p);
	if (p.at < source.len)
		return fail(&p, "an operator or the end is expected");
	*out = formula;
	return 0;
}

struct idx_value idx_value_from_text(struct ax_str text)
{
	struct idx_value value = { .kind = IDX_TEXT, .text = text };
	int64_t integer = 0;
	double real = 0;

	if (ax_i64_parse(text, &integer))
		return (struct idx_value){ .kind = IDX_INT, .integer = integer };
	if (ax_real_parse(text, &real))
		return (struct idx_value){ .kind = IDX_REAL, .real = real };
	return value;
}

static struct idx_value absent(void)
{
	return (struct idx_value){ .kind = IDX_ABSENT };
}

static struct idx_value compute(enum node_kind kind, int64_t a, int64_t b)
{
	struct idx_value value = { .kind = IDX_INT };
	bool overflow = false;

	if (kind == NODE_ADD)
		overflow = __builtin_add_overflow(a, b, &value.integer);
	else if (kind == NODE_SUBTRACT)
		overflow = __builtin_sub_overflow(a, b, &value.integer);
	else if (kind == NODE_MULTIPLY)
		overflow = __builtin_mul_overflow(a, b, &value.integer);
	else if (b == 0 || b == -1 || a % b != 0)
		overflow = true;
	else
		value.integer = a / b;
	return overflow ? absent() : value;
}

/* -1, 0, 1; 2 when they cannot be compared. */
static int compare(const struct idx_value *a, const struct idx_value *b)
{
	if (a->kind == IDX_TEXT && b->kind == IDX_TEXT) {
		int order = ax_str_compare(a->text, b->text);
		return (order > 0) - (order < 0);
	}
	if (a->kind == IDX_BOOL && b->kind == IDX_BOOL)
		return a->boolean - b->boolean;
	if (a->kind == IDX_INT && b->kind == IDX_INT)
		return (a->integer > b->integer) - (a->integer < b->integer);
	if ((a->kind != IDX_INT && a->kind != IDX_REAL) ||
		(b->kind != IDX_INT && b->kind != IDX_REAL))
		return 2;
	double x = a->kind == IDX_INT ? (double)a->integer : a->real;
	double y = b->kind == IDX_INT ? (double)b->integer : b->real;
	return (x > y) - (x < y);
}

static bool satisfies(enum node_kind kind, int order)
{
	if (order == 2)
		return false;
	if (kind == NODE_EQUAL)
		return order == 0;
	if (kind == NODE_DIFFERENT)
		return order != 0;
	if (kind == NODE_LESS)
		return order < 0;
	if (kind == NODE_LESS_EQUAL)
		return order <= 0;
	if (kind == NODE_GREATER)
		return order > 0;
	return order >= 0;
}

static struct idx_value convert(enum node_kind kind, struct idx_value value)
{
	if (value.kind == IDX_TEXT)
		value = idx_value_from_text(value.text);
	if (kind == NODE_INT)
		return value.kind == IDX_INT ? value : absent();
	if (value.kind == IDX_INT)
		return (struct idx_value){ .kind = IDX_REAL, .real = (double)value.integer };
	return value.kind == IDX_REAL ? value : absent();
}

struct idx_value idx_formula_value(const struct idx_formula *formula,
	const struct idx_scope *scope)
{
	enum node_kind kind = formula->kind;

	if (kind == NODE_VALUE)
		return formula->value;
	if (kind == NODE_NAME)
		return scope->get(scope->context, formula->slot);
	struct idx_value left = idx_formula_value(formula->left, scope);
	if (kind == NODE_INT || kind == NODE_REAL)
		return convert(kind, left);
	if (kind == NODE_CHOICE && left.kind != IDX_ABSENT)
		return left;
	struct idx_value right = idx_formula_value(formula->right, scope);
	if (kind == NODE_CHOICE)
		return right;
	if (kind >= NODE_EQUAL)
		return (struct idx_value){ .kind = IDX_BOOL,
			.boolean = satisfies(kind, compare(&left, &right)) };
	if (left.kind != IDX_INT || right.kind != IDX_INT)
		return absent();
	return compute(kind, left.integer, right.integer);
}

bool idx_formula_holds(const struct idx_formula *formula, const struct idx_scope *scope)
{
	struct idx_value value = idx_formula_value(formula, scope);

	return value.kind == IDX_BOOL && value.boolean;
}
