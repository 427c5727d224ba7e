#include "query/lexer.h"

#include "base/error.h"
#include "query/field.h"
#include "query/ref.h"

#include <errno.h>
#include <stdint.h>

static const char *const op_texts[] = {
	[QRY_OP_MATCH] = ":",
	[QRY_OP_EQUAL] = "=",
	[QRY_OP_UNEQUAL] = "!=",
	[QRY_OP_REGEX] = "~",
	[QRY_OP_NOT_REGEX] = "!~",
	[QRY_OP_LESS] = "<",
	[QRY_OP_LESS_EQUAL] = "<=",
	[QRY_OP_GREATER] = ">",
	[QRY_OP_GREATER_EQUAL] = ">=",
};

static const char *const quantifier_texts[] = {
	[QRY_ANY] = "any",
	[QRY_ALL] = "all",
	[QRY_NONE] = "none",
};

static const struct {
	const char *text;
	enum qry_token_kind kind;
} keywords[] = {
	{ "and", QRY_TOKEN_AND },
	{ "or", QRY_TOKEN_OR },
	{ "not", QRY_TOKEN_NOT },
};

enum {
	N_OPS = sizeof(op_texts) / sizeof(op_texts[0]),
	N_QUANTIFIERS = sizeof(quantifier_texts) / sizeof(quantifier_texts[0]),
	N_KEYWORDS = sizeof(keywords) / sizeof(keywords[0]),
};

const char *qry_op_text(enum qry_op op)
{
	return op_texts[op];
}

const char *qry_quantifier_text(enum qry_quantifier quantifier)
{
	return quantifier_texts[quantifier];
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t skip_blanks(struct ax_str s, size_t at)
{
	while (at < s.len && is_blank(s.ptr[at]))
		at++;
	return at;
}

size_t qry_quoted_length(struct ax_str s)
{
	char quote;

	if (s.len == 0 || (s.ptr[0] != '"' && s.ptr[0] != '\''))
		return 0;
	quote = s.ptr[0];
	for (size_t i = 1; i < s.len; i++) {
		if (s.ptr[i] == quote)
			return i + 1;
		if (quote == '"' && s.ptr[i] == '\\')
			i++;
	}
	return SIZE_MAX;
}

struct ax_str qry_quoted_content(struct ax_str quoted, struct ax_arena *arena)
{
	struct ax_str inner = ax_str_slice(quoted, 1, quoted.len - 2);
	char *out;
	size_t len = 0;

	if (quoted.ptr[0] == '\'')
		return inner;
	out = ax_arena_alloc(arena, inner.len + 1);
	for (size_t i = 0; out && i < inner.len; i++) {
		bool is_escape = inner.ptr[i] == '\\' && i + 1 < inner.len &&
				 (inner.ptr[i + 1] == '"' || inner.ptr[i + 1] == '\\');
		out[len++] = inner.ptr[is_escape ? ++i : i];
	}
	return ax_str(out, len);
}

/* The operator at the start of s: the longest one that fits. */
static size_t measure_op(struct ax_str s, enum qry_op *out)
{
	size_t best = 0;

	for (unsigned i = 0; i < N_OPS; i++) {
		struct ax_str text = ax_str_from(op_texts[i]);

		if (text.len > best && ax_str_starts(s, text)) {
			best = text.len;
			*out = (enum qry_op)i;
		}
	}
	return best;
}

/* A bracketed run "[...]" without blanks at the start of s, or 1 for a lone "[". */
static size_t measure_bracket(struct ax_str s)
{
	for (size_t i = 1; i < s.len && !is_blank(s.ptr[i]); i++) {
		if (s.ptr[i] == ']' && i > 1)
			return i + 1;
	}
	return 1;
}

/*
 * How far a word or value reaches inside one argument: to a blank, or to ")" or "|" outside of
 * parentheses of its own. Quotes count where a piece begins. SIZE_MAX: a quote is never closed.
 */
static size_t measure_value(struct ax_str s)
{
	size_t i = 0, depth = 0;
	bool is_start = true;

	while (i < s.len && !is_blank(s.ptr[i])) {
		struct ax_str rest = ax_str_slice(s, i, s.len);
		size_t quoted = is_start ? qry_quoted_length(rest) : 0;
		char c = s.ptr[i];

		if (quoted == SIZE_MAX)
			return SIZE_MAX;
		if (depth == 0 && (c == ')' || c == '|'))
			return i;
		is_start = c == ',';
		depth += c == '(';
		depth -= c == ')';
		if (quoted > 0)
			i += quoted;
		else if (c == '[')
			i += measure_bracket(rest);
		else if (c == '\\' && i + 1 < s.len && !is_blank(s.ptr[i + 1]))
			i += 2;
		else
			i++;
	}
	return i;
}

static struct qry_span span_at(const struct qry_lexer *lexer, size_t offset, size_t length)
{
	return (struct qry_span){ lexer->argument, offset, length };
}

/* The token from the lexer's place on, length bytes of it; moves on behind it. */
static void take(struct qry_lexer *lexer, struct qry_token *out, enum qry_token_kind kind,
	size_t length)
{
	out->kind = kind;
	out->span = span_at(lexer, lexer->offset, length);
	lexer->offset += length;
}

/* "any(tensors" at the start of s: what is behind it, a colon if all is well, or 0. */
static size_t measure_open_cross(const struct qry_lexer *lexer, struct ax_str s, bool may_split,
	struct qry_token *out)
{
	for (unsigned i = 0; i < N_QUANTIFIERS; i++) {
		struct ax_str name = ax_str_from(quantifier_texts[i]);
		size_t at = name.len, start, end;

		if (!ax_str_starts(s, name))
			continue;
		at = may_split ? skip_blanks(s, at) : at;
		if (at >= s.len || s.ptr[at] != '(')
			continue;
		start = end = may_split ? skip_blanks(s, at + 1) : at + 1;
		while (end < s.len && s.ptr[end] >= 'a' && s.ptr[end] <= 'z')
			end++;
		if (end == start)
			continue;
		out->quantifier = (enum qry_quantifier)i;
		out->text = ax_str_slice(s, start, end - start);
		out->text_span = span_at(lexer, lexer->offset + start, end - start);
		return may_split ? skip_blanks(s, end) : end;
	}
	return 0;
}

/* "any(tensors:" at the lexer's place: 1, 0 when there is no such thing, -1. */
static int take_cross(struct qry_lexer *lexer, struct ax_str s, bool may_split,
	struct qry_token *out, struct ax_error *err)
{
	size_t end = measure_open_cross(lexer, s, may_split, out);
	bool has_colon = end < s.len && s.ptr[end] == ':';
	enum qry_view view;

	if (end == 0)
		return 0;
	if (has_colon && (may_split || end + 1 == s.len)) {
		take(lexer, out, QRY_TOKEN_CROSS, end + 1);
		return 1;
	}
	if (has_colon || !qry_view_parse(out->text, &view))
		return 0;
	return qry_mistake_make(lexer->mistake, out->text_span, err,
		"a colon is missing here: %s(%.*s: ...)", qry_quantifier_text(out->quantifier),
		AX_STR_ARG(out->text));
}

/* A keyword at the start of s that ends there, at a blank or before "(". */
static size_t measure_keyword(struct ax_str s, enum qry_token_kind *out)
{
	for (unsigned i = 0; i < N_KEYWORDS; i++) {
		struct ax_str text = ax_str_from(keywords[i].text);

		if (!ax_str_starts(s, text))
			continue;
		if (s.len > text.len && !is_blank(s.ptr[text.len]) && s.ptr[text.len] != '(' &&
			s.ptr[text.len] != ')')
			continue;
		*out = keywords[i].kind;
		return text.len;
	}
	return 0;
}

/* FIELD OP VALUE at the lexer's place: 1, 0 when there is no such thing, -1. */
static int take_term(struct qry_lexer *lexer, struct ax_str s, bool may_split,
	struct qry_token *out, struct ax_error *err)
{
	size_t name = qry_ref_measure(s), at = name, op, length;
	struct ax_str rest;

	if (name == 0)
		return 0;
	if (at < s.len && s.ptr[at] == '.' &&
		measure_op(ax_str_slice(s, at + 1, s.len), &out->op) > 0)
		return qry_mistake_make(lexer->mistake, span_at(lexer, lexer->offset + at, 1),
			err, "a key is missing behind this dot; to find the word, quote it");
	at = may_split ? skip_blanks(s, at) : at;
	op = measure_op(ax_str_slice(s, at, s.len), &out->op);
	if (op == 0)
		return 0;
	at = may_split ? skip_blanks(s, at + op) : at + op;
	rest = ax_str_slice(s, at, s.len);
	length = may_split ? measure_value(rest) : rest.len;
	if (length == SIZE_MAX)
		return qry_mistake_make(lexer->mistake,
			span_at(lexer, lexer->offset + at, rest.len), err,
			"this quote is never closed");
	out->text = ax_str_slice(s, 0, name);
	out->text_span = span_at(lexer, lexer->offset, name);
	out->value = ax_str_slice(rest, 0, length);
	out->value_span = span_at(lexer, lexer->offset + at, length);
	take(lexer, out, QRY_TOKEN_TERM, at + length);
	return 1;
}

/* A word of length bytes, without its quotes when it is a quoted one. */
static int take_word(struct qry_lexer *lexer, struct ax_str s, size_t length,
	struct qry_token *out, struct ax_error *err)
{
	size_t quoted = qry_quoted_length(ax_str_slice(s, 0, length));

	if (length == SIZE_MAX || quoted == SIZE_MAX)
		return qry_mistake_make(lexer->mistake, span_at(lexer, lexer->offset, s.len),
			err, "this quote is never closed");
	out->text = ax_str_slice(s, 0, length);
	if (quoted == length)
		out->text = qry_quoted_content(out->text, lexer->arena);
	if (!out->text.ptr)
		return ax_fail(err, ENOMEM, "no memory for the query");
	out->text_span = span_at(lexer, lexer->offset, length);
	take(lexer, out, QRY_TOKEN_WORD, length);
	return 0;
}

/* Words that are likely meant to be something else. */
static int refuse(const struct qry_lexer *lexer, size_t length, struct ax_error *err,
	const char *advice)
{
	return qry_mistake_make(lexer->mistake, span_at(lexer, lexer->offset, length), err,
		"%s", advice);
}

/* Inside one argument. */
static int split_next(struct qry_lexer *lexer, struct ax_str s, struct qry_token *out,
	struct ax_error *err)
{
	enum qry_token_kind kind;
	enum qry_op op;
	size_t length;
	int found;

	if (s.ptr[0] == '(' || s.ptr[0] == ')' || s.ptr[0] == '|') {
		kind = s.ptr[0] == '('   ? QRY_TOKEN_OPEN
		       : s.ptr[0] == ')' ? QRY_TOKEN_CLOSE
					 : QRY_TOKEN_OR;
		take(lexer, out, kind, 1);
		return 0;
	}
	if (s.ptr[0] == ',') {
		if (s.len > 1 && !is_blank(s.ptr[1]) && s.ptr[1] != '(')
			return refuse(lexer, 1, err, "a comma that means \"or\" stands alone");
		take(lexer, out, QRY_TOKEN_OR, 1);
		return 0;
	}
	if (s.ptr[0] == '!' && (s.len == 1 || (s.ptr[1] != '=' && s.ptr[1] != '~'))) {
		take(lexer, out, QRY_TOKEN_NOT, 1);
		return 0;
	}
	found = take_cross(lexer, s, true, out, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	length = measure_keyword(s, &kind);
	if (length > 0) {
		take(lexer, out, kind, length);
		return 0;
	}
	found = take_term(lexer, s, true, out, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	length = measure_op(s, &op);
	if (length > 0)
		return refuse(lexer, length, err, "there is no field before this operator");
	return take_word(lexer, s, measure_value(s), out, err);
}

static int refuse_glued(const struct qry_lexer *lexer, struct ax_str s, struct ax_error *err)
{
	enum qry_op op;
	size_t length = measure_op(s, &op);

	if (s.len == 0)
		return refuse(lexer, 0, err, "an empty argument means nothing here");
	if (ax_str_equal(s, AX_STR("!")))
		return refuse(lexer, 1, err,
			"between several arguments write \"not\", or quote the whole "
			"expression");
	if (s.ptr[0] == '(' || (s.ptr[s.len - 1] == ')' && ax_str_find(s, '(') == s.len))
		return refuse(lexer, s.len, err,
			"give each parenthesis as an argument of its own, or quote the whole "
			"expression");
	if (length > 0)
		return refuse(lexer, length, err, "there is no field before this operator");
	return 0;
}

/* Each argument is a token. */
static int whole_next(struct qry_lexer *lexer, struct ax_str s, struct qry_token *out,
	struct ax_error *err)
{
	enum qry_token_kind kind;
	int found;

	if (s.len == 1 && strchr("(),|", s.ptr[0])) {
		kind = s.ptr[0] == '('   ? QRY_TOKEN_OPEN
		       : s.ptr[0] == ')' ? QRY_TOKEN_CLOSE
					 : QRY_TOKEN_OR;
		take(lexer, out, kind, 1);
		return 0;
	}
	if (measure_keyword(s, &kind) == s.len && s.len > 0) {
		take(lexer, out, kind, s.len);
		return 0;
	}
	found = take_cross(lexer, s, false, out, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	found = take_term(lexer, s, false, out, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (refuse_glued(lexer, s, err) < 0)
		return -1;
	return take_word(lexer, s, s.len, out, err);
}

int qry_lexer_next(struct qry_lexer *lexer, struct qry_token *out, struct ax_error *err)
{
	struct ax_str s = { 0 };
	int status;

	*out = (struct qry_token){ 0 };
	if (lexer->argument < lexer->n)
		s = ax_str_from(lexer->arguments[lexer->argument]);
	if (lexer->n == 1)
		lexer->offset = skip_blanks(s, lexer->offset);
	if (lexer->argument >= lexer->n || (lexer->n == 1 && lexer->offset == s.len)) {
		take(lexer, out, QRY_TOKEN_END, 0);
		return 0;
	}
	if (lexer->n == 1)
		return split_next(lexer, ax_str_slice(s, lexer->offset, s.len), out, err);
	status = whole_next(lexer, s, out, err);
	lexer->argument++;
	lexer->offset = 0;
	return status;
}
