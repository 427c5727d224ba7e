/*
 * query/field.h - the fields of each view
 *
 * One table a view is the source of the language's names, of columns and their headers, of JSON
 * members, of help and of completion.
 */
#ifndef ARTIDX_QUERY_FIELD_H
#define ARTIDX_QUERY_FIELD_H

#include "query/value.h"

struct ax_error;
struct qry_ref;
struct qry_row;

enum qry_view {
	QRY_FILES,
	QRY_RUNS,
	QRY_TENSORS,
	QRY_DIRS,
	QRY_REFS,
	QRY_JOBS,
	QRY_VIEW_COUNT,
};

/* "files"; and back. */
const char *qry_view_name(enum qry_view view);
bool qry_view_parse(struct ax_str name, enum qry_view *out);

/* One line for help. */
const char *qry_view_doc(enum qry_view view);

/* What must be read to know a field's value, cheapest first. */
enum qry_cost {
	QRY_COST_ENTRY,
	QRY_COST_DETAIL,
	QRY_COST_OWNER,
	QRY_COST_JSON,      /* JSON inside metadata must be parsed */
	QRY_COST_RELATIONS, /* all runs, files, references or jobs must be looked at once */
	QRY_COST_CROSS,
};

/* Where the names of a QRY_TYPE_ENUM come from. */
enum qry_names {
	QRY_NAMES_NONE,
	QRY_NAMES_CLASS,
	QRY_NAMES_STATUS,
	QRY_NAMES_DTYPE,
	QRY_NAMES_RUN_STATUS,
	QRY_NAMES_REFERENCE_KIND,
	QRY_NAMES_JOB_STATE,
};

enum qry_field_flag {
	QRY_FIELD_LIST = 1 << 0,  /* several values: a comparison holds when it does for any */
	QRY_FIELD_KEYED = 1 << 1, /* takes .key and [index]: cfg, meta, rows */
	QRY_FIELD_JSON = 1 << 2,  /* part of a row in JSON */
	QRY_FIELD_SHOWN = 1 << 3, /* a column when the user names none */
	QRY_FIELD_REFS = 1 << 7,  /* counts references */
	QRY_FIELD_NOTE = 1 << 4,  /* a note; param is its enum qry_note */
	QRY_FIELD_INDEXED = 1 << 6, /* a list: [index] comes first */
	QRY_FIELD_PATH = 1 << 5,    /* a path: shortened at its front */
	QRY_FIELD_ARCHIVE = 1 << 8, /* about archived files: shown where there are some */
	QRY_FIELD_DERIVED = 1 << 9, /* a derived attribute: in JSON of the files that have it */
};

struct qry_field {
	const char *name;
	enum qry_type type;
	enum qry_cost cost;
	enum qry_names names;
	unsigned flags;
	size_t param; /* for get() */
	int (*get)(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
		struct ax_error *err);
	const char *doc;
};

/* The table of a view. */
const struct qry_field *qry_fields(enum qry_view view, size_t *count);

/* The field called name, or NULL. */
const struct qry_field *qry_field_find(enum qry_view view, struct ax_str name);

#endif
