/*
 * query/group.h - one row for all rows with the same values: how many, and sums
 */
#ifndef ARTIDX_QUERY_GROUP_H
#define ARTIDX_QUERY_GROUP_H

#include "query/columns.h"

struct qry_groups;

/*
 * by may be empty: then there is one group of everything. Fields to be summed must be numbers.
 * Both are borrowed.
 */
int qry_groups_new(const struct qry_columns *by, const struct qry_columns *sums,
	struct qry_groups **out, struct ax_error *err);
void qry_groups_free(struct qry_groups *groups);

/* Count a row in. */
int qry_groups_add(struct qry_groups *groups, struct qry_row *row, struct ax_error *err);

/* Count in what is known without looking: count rows with these cells of by and these sums. */
int qry_groups_add_known(struct qry_groups *groups, const struct qry_cell *by, uint64_t count,
	const struct qry_value *sums, struct ax_error *err);

/*
 * The cells of a group: those of by, then "count", then "sum_FIELD" for each sum. Called with
 * NULL for names and types alone. All is borrowed from the groups until the next call.
 */
size_t qry_groups_width(const struct qry_groups *groups);
struct qry_group;
const struct qry_cell *qry_groups_cells(struct qry_groups *groups,
	const struct qry_group *group);

/* The groups in the order in which they were met first; NULL: the first one. NULL at the end. */
const struct qry_group *qry_groups_next(const struct qry_groups *groups,
	const struct qry_group *group);

/* The cell that a sort order means by name: a field of by, "count", a summed field; or -1. */
int qry_groups_find(const struct qry_groups *groups, struct ax_str name);

#endif
