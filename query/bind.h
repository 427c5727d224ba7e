/*
 * query/bind.h - give a parsed tree its meaning in a view
 */
#ifndef ARTIDX_QUERY_BIND_H
#define ARTIDX_QUERY_BIND_H

#include "query/condition.h"
#include "query/parse.h"

struct idx_snapshot;

struct qry_binder {
	struct qry_condition_context conditions;
	struct idx_snapshot *snapshot; /* may be NULL */
	const char *root, *cwd;        /* absolute, or NULL */
	unsigned needs;                /* see qry_query_needs() */
	unsigned depth;                /* how many any(), all() and none() are around */
};

/*
 * Bind every node below node. Of the children of "and" and "or" the cheaper ones go first,
 * equal ones as they were written.
 */
int qry_bind(struct qry_binder *binder, enum qry_view view, struct qry_node *node,
	struct ax_error *err);

#endif
