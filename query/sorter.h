/*
 * query/sorter.h - rendered rows in the order of their keys
 *
 * Equal rows keep the order in which they came; absent keys come last, upwards and downwards.
 * With a limit only the first rows are kept, in a heap, so that memory is bounded by it.
 */
#ifndef ARTIDX_QUERY_SORTER_H
#define ARTIDX_QUERY_SORTER_H

#include "query/value.h"

struct ax_error;
struct qry_sorter;

/* is_downwards: one a key; borrowed. limit: UINT64_MAX for all. */
int qry_sorter_new(size_t n_keys, const bool *is_downwards, uint64_t limit,
	struct qry_sorter **out, struct ax_error *err);
void qry_sorter_free(struct qry_sorter *sorter);

/* How many rows are kept. */
size_t qry_sorter_count(const struct qry_sorter *sorter);

/* Whether a row with these keys would be kept now: if not, it need not be rendered. */
bool qry_sorter_wants(struct qry_sorter *sorter, const struct qry_value *keys);

/* Copy a row in. */
int qry_sorter_add(struct qry_sorter *sorter, const struct qry_value *keys,
	struct ax_str rendered, struct ax_error *err);

/* After the last row: the rows in order, then false. Borrowed from the sorter. */
bool qry_sorter_next(struct qry_sorter *sorter, struct ax_str *rendered);

#endif
