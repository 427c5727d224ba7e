/*
 * query/parse.h - the tree of a query, as it was written
 *
 *	query = or
 *	or    = and { ( "or" | "," | "|" ) and }
 *	and   = not { [ "and" ] not }
 *	not   = ( "not" | "!" ) not | prim
 *	prim  = "(" or ")" | ( "any" | "all" | "none" ) "(" view ":" or ")" | term | word
 *
 * Nothing is known here about views and fields: bind.h gives the tree its meaning.
 */
#ifndef ARTIDX_QUERY_PARSE_H
#define ARTIDX_QUERY_PARSE_H

#include "query/field.h"
#include "query/lexer.h"

struct qry_condition;
struct qry_word;

enum qry_node_kind { QRY_AND, QRY_OR, QRY_NOT, QRY_CROSS, QRY_TERM, QRY_WORD };

struct qry_node {
	enum qry_node_kind kind;
	struct qry_node
		*child; /* the first one: of QRY_AND and QRY_OR two or more, of QRY_NOT and
				    QRY_CROSS one */
	struct qry_node *next;  /* the next child of the same parent */
	struct qry_token token; /* of QRY_CROSS, QRY_TERM and QRY_WORD */
	/* What bind.h adds: */
	enum qry_view view;                    /* of QRY_CROSS: the rows looked at */
	enum qry_cost cost;                    /* the dearest thing that must be known */
	const struct qry_condition *condition; /* of QRY_TERM */
	struct qry_word *word;                 /* of QRY_WORD */
};

/*
 * Parse into *out, all in arena; NULL for an expression without tokens, which holds for every
 * row. Nesting is bounded.
 */
int qry_parse(size_t n, const char *const *arguments, struct ax_arena *arena,
	struct qry_node **out, struct qry_mistake *mistake, struct ax_error *err);

#endif
