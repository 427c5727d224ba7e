/*
 * query/operand.h - the value of a term, read as its field's type wants it
 */
#ifndef ARTIDX_QUERY_OPERAND_H
#define ARTIDX_QUERY_OPERAND_H

#include "query/condition.h"

/* Fill the operands of condition, whose ref and op are set, from the term's value. */
int qry_operands_read(struct qry_condition_context *context, const struct qry_token *term,
	struct qry_condition *condition, struct ax_error *err);

/* yes no true false 1 0 */
bool qry_bool_parse(struct ax_str text, bool *out);

#endif
