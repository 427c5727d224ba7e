/*
 * query/output_table.h - rows as a table for people
 *
 * The first rows are held back until the widths of the columns are known; rows beyond keep these
 * widths, so that memory stays bounded.
 */
#ifndef ARTIDX_QUERY_OUTPUT_TABLE_H
#define ARTIDX_QUERY_OUTPUT_TABLE_H

#include "query/output.h"

int qry_table_rows_new(const struct qry_output_options *options, struct qry_table_rows **out,
	struct ax_error *err);
void qry_table_rows_free(struct qry_table_rows *table);

/* Append the cells as texts, each ended by a NUL. */
void qry_table_rows_render(const struct qry_output_options *options,
	const struct qry_cell *cells, size_t n, struct ax_buf *rendered);

/* Take a row; what can be shown already is appended to out. */
int qry_table_rows_put(struct qry_table_rows *table, struct ax_str rendered, struct ax_buf *out,
	struct ax_error *err);

/* Show what is still held back. */
int qry_table_rows_end(struct qry_table_rows *table, struct ax_buf *out, struct ax_error *err);

#endif
