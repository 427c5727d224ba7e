/*
 * indexer/formula.h - the small expressions in which rules count and compare
 *
 *	formula    = sum [ ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) sum ] ;
 *	sum        = product { ( "+" | "-" ) product } ;
 *	product    = choice { ( "*" | "/" ) choice } ;
 *	choice     = primary { "|" primary } ;              (* the first one that is there *)
 *	primary    = number | "'" text "'" | name | "(" formula ")" | ( "int" | "real" ) "(" formula ")" ;
 *	name       = letter { letter | digit | "_" | "." name | "[" [ "-" ] digits "]" } ;
 *
 * int() and real() also read numbers from texts. Sums are of integers. What overflows, does not divide without rest or asks for something
 * absent is absent; a comparison with something absent is false.
 */
#ifndef ARTIDX_INDEXER_FORMULA_H
#define ARTIDX_INDEXER_FORMULA_H

#include "indexer/record.h"

struct ax_arena;
struct ax_error;

/* A parsed formula; lives in the arena it was parsed into. */
struct idx_formula;

/* Gives each name a number at parsing; -1 and *err when the name means nothing. */
struct idx_binder {
	void *context;
	int (*bind)(void *context, struct ax_str name, unsigned *slot_out,
		struct ax_error *err);
};

/* Gives the value behind such a number. */
struct idx_scope {
	const void *context;
	struct idx_value (*get)(const void *context, unsigned slot);
};

/* Fails with AX_ECONFIG. Texts in the formula are borrowed from source. */
int idx_formula_parse(struct ax_str source, const struct idx_binder *binder,
	struct ax_arena *arena, const struct idx_formula **out, struct ax_error *err);

struct idx_value idx_formula_value(const struct idx_formula *formula,
	const struct idx_scope *scope);

/* Whether its value is true. */
bool idx_formula_holds(const struct idx_formula *formula, const struct idx_scope *scope);

/* The number that text writes, as an integer or a real one, or text itself. */
struct idx_value idx_value_from_text(struct ax_str text);

#endif
