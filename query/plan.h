/*
 * query/plan.h - what a query lets the catalogue leave out
 */
#ifndef ARTIDX_QUERY_PLAN_H
#define ARTIDX_QUERY_PLAN_H

#include "base/arena.h"
#include "indexer/catalog.h"
#include "query/field.h"

struct ax_buf;
struct ax_error;
struct qry_node;

struct qry_plan {
	struct idx_filter filter; /* its arrays are in the arena */
	bool is_empty;            /* no row can match */
};

/*
 * From the terms that must all hold: classes, a directory, a part of the path, sizes, times. Every term is still
 * tried on each row that the filter lets through. node may be NULL.
 */
int qry_plan_make(const struct qry_node *node, enum qry_view view,
	const struct idx_snapshot *snapshot, struct ax_arena *arena, struct qry_plan *out,
	struct ax_error *err);

/* Append a line that says what the filter does, without a newline. */
void qry_plan_show(const struct qry_plan *plan, const struct idx_snapshot *snapshot,
	struct ax_buf *buf);

#endif
