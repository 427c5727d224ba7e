/*
 * query/output.h - rows in any of the output formats
 *
 * A row is first rendered to bytes, then put out: in between it can be kept, dropped or sorted.
 * What was rendered for one output makes sense to that output alone.
 */
#ifndef ARTIDX_QUERY_OUTPUT_H
#define ARTIDX_QUERY_OUTPUT_H

#include "base/buf.h"
#include "query/columns.h"
#include "query/query.h"
#include "query/template.h"

/* What is put out, and where. Everything is borrowed. */
struct qry_output_options {
	enum qry_format format;
	enum qry_view view;
	const char *root;
	struct qry_style style;
	bool is_distinct;                    /* a row like the one before is left out */
	size_t n_columns;                    /* of a table, CSV and TSV */
	const struct qry_cell *columns;      /* their names, types and flags */
	const struct qry_template *template; /* of QRY_TEMPLATE */
	FILE *stream;
};

struct qry_table_rows;

struct qry_output {
	const struct qry_output_options *options;
	struct ax_buf buf;            /* not yet written to the stream */
	struct ax_buf last;           /* of is_distinct: the row before */
	struct qry_table_rows *table; /* rows that wait for the widths of their columns */
	uint64_t n_rows;
};

int qry_output_begin(struct qry_output *output, const struct qry_output_options *options,
	struct ax_error *err);

/* Append n cells as the format has them. */
void qry_output_render(const struct qry_output *output, const struct qry_cell *cells, size_t n,
	struct ax_buf *rendered);

int qry_output_put(struct qry_output *output, struct ax_str rendered, struct ax_error *err);

/* Write all that is left. */
int qry_output_end(struct qry_output *output, struct ax_error *err);

/* Release the memory, also after a failure. */
void qry_output_fini(struct qry_output *output);

#endif
