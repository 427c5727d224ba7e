/*
 * query/lexer.h - words into tokens
 *
 * One argument is split at blanks and around operators; of several arguments each is one token
 * and is never split. A quoted piece ("..." with \" and \\, or '...') loses its special meaning.
 */
#ifndef ARTIDX_QUERY_LEXER_H
#define ARTIDX_QUERY_LEXER_H

#include "base/arena.h"
#include "query/mistake.h"

enum qry_op {
	QRY_OP_MATCH, /* : */
	QRY_OP_EQUAL,
	QRY_OP_UNEQUAL,
	QRY_OP_REGEX,
	QRY_OP_NOT_REGEX,
	QRY_OP_LESS,
	QRY_OP_LESS_EQUAL,
	QRY_OP_GREATER,
	QRY_OP_GREATER_EQUAL,
};

/* ":", "=", ... */
const char *qry_op_text(enum qry_op op);

enum qry_quantifier { QRY_ANY, QRY_ALL, QRY_NONE };
const char *qry_quantifier_text(enum qry_quantifier quantifier);

enum qry_token_kind {
	QRY_TOKEN_END,
	QRY_TOKEN_OPEN,
	QRY_TOKEN_CLOSE,
	QRY_TOKEN_AND,
	QRY_TOKEN_OR,
	QRY_TOKEN_NOT,
	QRY_TOKEN_CROSS, /* any(VIEW: */
	QRY_TOKEN_TERM,
	QRY_TOKEN_WORD,
};

/* Text is borrowed from the arguments, but for an unquoted word, which is in the arena. */
struct qry_token {
	enum qry_token_kind kind;
	struct qry_span span;
	struct ax_str text;        /* word; field of a term; view of a cross */
	struct qry_span text_span; /* of text */
	enum qry_op op;            /* of a term */
	struct ax_str value;       /* of a term, quotes and commas and all */
	struct qry_span value_span;
	enum qry_quantifier quantifier; /* of a cross */
};

struct qry_lexer {
	size_t n;
	const char *const *arguments;
	size_t argument, offset; /* where the next token begins */
	struct ax_arena *arena;
	struct qry_mistake *mistake;
};

/* Fails at a token that cannot be; the end is a token of its own, again and again. */
int qry_lexer_next(struct qry_lexer *lexer, struct qry_token *out, struct ax_error *err);

/*
 * A quoted run at the start of s: its length with both quotes, 0 when s begins with no quote,
 * SIZE_MAX when the quote is never closed. And its content, in arena (NULL pointer: no memory).
 */
size_t qry_quoted_length(struct ax_str s);
struct ax_str qry_quoted_content(struct ax_str quoted, struct ax_arena *arena);

#endif
