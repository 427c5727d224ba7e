#include "query/parse.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>

enum { DEPTH_MAX = 100 };

struct parser {
	struct qry_lexer lexer;
	struct qry_token token; /* not yet consumed */
	struct qry_mistake *mistake;
	unsigned depth;
};

static int parse_or(struct parser *p, struct qry_node **out, struct ax_error *err);

static int advance(struct parser *p, struct ax_error *err)
{
	return qry_lexer_next(&p->lexer, &p->token, err);
}

static int new_node(struct parser *p, enum qry_node_kind kind, struct qry_node *child,
	struct qry_node **out, struct ax_error *err)
{
	struct qry_node *node = ax_arena_alloc(p->lexer.arena, sizeof(*node));

	if (!node)
		return ax_fail(err, ENOMEM, "no memory for the query");
	node->kind = kind;
	node->child = child;
	node->token = p->token;
	*out = node;
	return 0;
}

static int refuse_token(struct parser *p, struct ax_error *err)
{
	static const char *const messages[] = {
		[QRY_TOKEN_END] = "the expression ends where a term should be",
		[QRY_TOKEN_OPEN] = "this parenthesis is not expected here",
		[QRY_TOKEN_CLOSE] = "this parenthesis was never opened, or nothing is in it",
		[QRY_TOKEN_AND] =
			"\"and\" stands between two terms; to find the word, quote it",
		[QRY_TOKEN_OR] = "\"or\" stands between two terms; to find the word, quote it",
		[QRY_TOKEN_NOT] = "\"not\" stands before a term; to find the word, quote it",
		[QRY_TOKEN_CROSS] = "this is not expected here",
		[QRY_TOKEN_TERM] = "this term is not expected here",
		[QRY_TOKEN_WORD] = "this word is not expected here",
	};

	return qry_mistake_make(p->mistake, p->token.span, err, "%s", messages[p->token.kind]);
}

/* What follows "(" or "any(VIEW:", up to and with its ")". */
static int parse_group(struct parser *p, struct qry_node **out, struct ax_error *err)
{
	struct qry_span open = p->token.span;

	if (p->depth == DEPTH_MAX)
		return qry_mistake_make(p->mistake, open, err, "more than %d parentheses deep",
			DEPTH_MAX);
	p->depth++;
	if (advance(p, err) < 0 || parse_or(p, out, err) < 0)
		return -1;
	p->depth--;
	if (p->token.kind == QRY_TOKEN_END)
		return qry_mistake_make(p->mistake, open, err,
			"this parenthesis is never closed");
	if (p->token.kind != QRY_TOKEN_CLOSE)
		return refuse_token(p, err);
	return advance(p, err);
}

static int parse_primary(struct parser *p, struct qry_node **out, struct ax_error *err)
{
	enum qry_node_kind kind = p->token.kind == QRY_TOKEN_TERM ? QRY_TERM : QRY_WORD;

	if (p->token.kind == QRY_TOKEN_OPEN)
		return parse_group(p, out, err);
	if (p->token.kind == QRY_TOKEN_CROSS) {
		if (new_node(p, QRY_CROSS, NULL, out, err) < 0)
			return -1;
		return parse_group(p, &(*out)->child, err);
	}
	if (p->token.kind != QRY_TOKEN_TERM && p->token.kind != QRY_TOKEN_WORD)
		return refuse_token(p, err);
	if (new_node(p, kind, NULL, out, err) < 0)
		return -1;
	return advance(p, err);
}

static int parse_not(struct parser *p, struct qry_node **out, struct ax_error *err)
{
	bool is_negated = false;

	while (p->token.kind == QRY_TOKEN_NOT) {
		is_negated = !is_negated;
		if (advance(p, err) < 0)
			return -1;
	}
	if (parse_primary(p, out, err) < 0)
		return -1;
	return is_negated ? new_node(p, QRY_NOT, *out, out, err) : 0;
}

static bool begins_term(enum qry_token_kind kind)
{
	return kind == QRY_TOKEN_OPEN || kind == QRY_TOKEN_NOT || kind == QRY_TOKEN_CROSS ||
	       kind == QRY_TOKEN_TERM || kind == QRY_TOKEN_WORD;
}

/* *first is alone as yet: put it under a new node of its own. */
static int adopt(struct parser *p, enum qry_node_kind kind, struct qry_node **first,
	struct ax_error *err)
{
	return new_node(p, kind, *first, first, err);
}

static int parse_and(struct parser *p, struct qry_node **out, struct ax_error *err)
{
	struct qry_node *last;
	bool is_alone = true;

	if (parse_not(p, out, err) < 0)
		return -1;
	last = *out;
	assert(last);
	while (p->token.kind == QRY_TOKEN_AND || begins_term(p->token.kind)) {
		if (p->token.kind == QRY_TOKEN_AND && advance(p, err) < 0)
			return -1;
		if (is_alone && adopt(p, QRY_AND, out, err) < 0)
			return -1;
		is_alone = false;
		if (parse_not(p, &last->next, err) < 0)
			return -1;
		last = last->next;
		assert(last);
	}
	return 0;
}

static int parse_or(struct parser *p, struct qry_node **out, struct ax_error *err)
{
	struct qry_node *last;
	bool is_alone = true;

	if (parse_and(p, out, err) < 0)
		return -1;
	last = *out;
	assert(last);
	while (p->token.kind == QRY_TOKEN_OR) {
		if (advance(p, err) < 0)
			return -1;
		if (is_alone && adopt(p, QRY_OR, out, err) < 0)
			return -1;
		is_alone = false;
		if (parse_and(p, &last->next, err) < 0)
			return -1;
		last = last->next;
		assert(last);
	}
	return 0;
}

int qry_parse(size_t n, const char *const *arguments, struct ax_arena *arena,
	struct qry_node **out, struct qry_mistake *mistake, struct ax_error *err)
{
	struct parser p = { .mistake = mistake };

	p.lexer = (struct qry_lexer){
		.n = n, .arguments = arguments, .arena = arena, .mistake = mistake
	};
	*out = NULL;
	if (advance(&p, err) < 0)
		return -1;
	if (p.token.kind == QRY_TOKEN_END)
		return 0;
	if (parse_or(&p, out, err) < 0)
		return -1;
	return p.token.kind == QRY_TOKEN_END ? 0 : refuse_token(&p, err);
}
