/*
 * query/match.h - does a bound tree hold for a row
 */
#ifndef ARTIDX_QUERY_MATCH_H
#define ARTIDX_QUERY_MATCH_H

struct ax_error;
struct qry_node;
struct qry_row;

/*
 * 1, 0, -1. node may be NULL, which holds. any(...) of no rows does not hold, none(...) does;
 * all(...) does not: it wants at least one row.
 */
int qry_match(const struct qry_node *node, struct qry_row *row, struct ax_error *err);

#endif
