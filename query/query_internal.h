/*
 * query/query_internal.h - what a query is made of
 */
#ifndef ARTIDX_QUERY_QUERY_INTERNAL_H
#define ARTIDX_QUERY_QUERY_INTERNAL_H

#include "query/bind.h"
#include "query/columns.h"
#include "query/plan.h"
#include "query/query.h"
#include "query/template.h"

struct qry_query {
	struct ax_arena arena; /* of all that the request became */
	const struct qry_environment *environment;
	struct qry_request request;
	struct qry_known_names names;
	struct qry_binder binder;
	struct qry_node *tree; /* NULL: every row */
	struct qry_plan plan;
	bool is_grouped;
	bool shows_all;             /* rows have all that belongs to them in JSON */
	struct qry_columns columns; /* unless shows_all or grouped */
	struct qry_columns sort;    /* of rows; of groups it is read when they are there */
	bool is_sorted_unasked;     /* by path, as long as there are not too many */
	struct qry_columns group_by, sums;
	struct qry_template template;
	/* What a run found: */
	bool was_known; /* the catalogue's sums by class were the answer */
	uint64_t visited, matched;
};

#endif
