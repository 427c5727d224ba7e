/*
 * query/template.h - rows in a form of the user's own
 *
 * {FIELD} stands for a value, {{ and }} for braces, \n \t \0 \\ for what they are in C. A line
 * ends behind each row unless the template ends in \n or \0 itself. Values are quoted where they
 * are not plain, but with a \0 in the template they are bytes as they are.
 */
#ifndef ARTIDX_QUERY_TEMPLATE_H
#define ARTIDX_QUERY_TEMPLATE_H

#include "query/columns.h"

struct ax_buf;

/* A piece of the template: literal text, then the value of a column. */
struct qry_template_part {
	struct ax_str text;
	bool has_column; /* false only for the last part */
};

struct qry_template {
	size_t n_parts;
	struct qry_template_part *parts;
	struct qry_columns columns; /* in the order of the parts */
	bool is_raw;
};

/* All in arena. */
int qry_template_parse(enum qry_view view, const char *text, struct ax_arena *arena,
	struct qry_template *out, struct ax_error *err);

/* Append a row; cells are those of the template's columns. */
void qry_template_write(const struct qry_template *template, const struct qry_cell *cells,
	struct ax_buf *buf);

#endif
