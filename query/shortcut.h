/*
 * query/shortcut.h - counts and sizes by class, which the catalogue knows without looking
 */
#ifndef ARTIDX_QUERY_SHORTCUT_H
#define ARTIDX_QUERY_SHORTCUT_H

#include <stdbool.h>
#include <stdint.h>

struct ax_error;
struct qry_groups;
struct qry_query;

/*
 * Whether the query asks for no more: a count of files, or groups by class (or of everything)
 * with sums of size, of all files or of those of some classes.
 */
bool qry_shortcut_fits(const struct qry_query *query);

/* How many files there are, no more than the query's limit. */
int qry_shortcut_count(struct qry_query *query, uint64_t *out, struct ax_error *err);

/* Fill the groups. */
int qry_shortcut_group(struct qry_query *query, struct qry_groups *groups,
	struct ax_error *err);

#endif
