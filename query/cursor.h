/*
 * query/cursor.h - the rows of a view, one after the other
 */
#ifndef ARTIDX_QUERY_CURSOR_H
#define ARTIDX_QUERY_CURSOR_H

#include "query/plan.h"
#include "query/row.h"

struct qry_cursor;

/*
 * Rows of the view that the plan's filter lets through; for tensors and directories it is
 * about their files, and the other views know no filter. scope and plan must outlive the cursor.
 */
int qry_cursor_open(struct qry_scope *scope, enum qry_view view, const struct qry_plan *plan,
	struct qry_cursor **out, struct ax_error *err);
void qry_cursor_close(struct qry_cursor *cursor);

/* 1 with *out valid until the next call, 0 at the end, -1. */
int qry_cursor_next(struct qry_cursor *cursor, struct qry_row **out, struct ax_error *err);

/* Entries that were looked at so far, whether the filter let them through or not. */
uint64_t qry_cursor_visited(const struct qry_cursor *cursor);

#endif
