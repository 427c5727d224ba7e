/*
 * query/columns.h - lists of fields: what a row shows, what it is sorted by
 */
#ifndef ARTIDX_QUERY_COLUMNS_H
#define ARTIDX_QUERY_COLUMNS_H

#include "query/ref.h"
#include "query/row.h"

struct ax_error;
struct qry_node;

/* One value of a row, with all that is needed to show it. */
struct qry_cell {
	const char *name;
	enum qry_type type;
	unsigned flags; /* enum qry_field_flag */
	struct qry_value value;
};

/* A column; downwards is for sorting. */
struct qry_column {
	struct qry_ref ref;
	const char *name; /* ref.text with a NUL behind it */
	bool is_downwards;
	bool is_optional; /* nobody asked for it: not in a table where no row has it */
};

struct qry_columns {
	size_t n;
	struct qry_column *items;
};

/*
 * Read a list "F,G.x,H", in sort lists with a "-" before what goes downwards. All in arena.
 * Mistakes have no place in the expression.
 */
int qry_columns_parse(enum qry_view view, const char *list, bool is_sort,
	struct ax_arena *arena, struct qry_columns *out, struct ax_error *err);

/*
 * What is shown when the user names nothing: the usual fields of the view, those that the
 * expression (which may be NULL) and the sort order are about, and paths at the end.
 */
int qry_columns_usual(enum qry_view view, const struct qry_node *node,
	const struct qry_columns *sort, struct ax_arena *arena, struct qry_columns *out,
	struct ax_error *err);

/* And where the catalogue has archives: which of them a row is in. */
int qry_columns_add_archive(enum qry_view view, struct ax_arena *arena,
	struct qry_columns *columns, struct ax_error *err);

/* The one field that says which row it is: path, run, file. */
int qry_columns_identity(enum qry_view view, struct ax_arena *arena, struct qry_columns *out,
	struct ax_error *err);

/* What the columns need: see needs.h. */
unsigned qry_columns_needs(const struct qry_columns *columns);

/* The row's values, one a column; in the row's arena. */
int qry_cells_read(const struct qry_columns *columns, struct qry_row *row,
	struct qry_cell **out, struct ax_error *err);

/*
 * Everything that belongs to a row in JSON and is not absent, all derived attributes of a file
 * too. Notes that nobody provided are absent.
 */
int qry_cells_read_all(struct qry_row *row, struct qry_cell **out, size_t *n_out,
	struct ax_error *err);

#endif
