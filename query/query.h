/*
 * query/query.h - one query, from words to output
 *
 * The language: words and FIELD OP VALUE terms, joined by AND (nothing, or "and"), "or", "not"
 * and parentheses; see parse.h. A query is made (every mistake is found then), run once, and
 * freed.
 */
#ifndef ARTIDX_QUERY_QUERY_H
#define ARTIDX_QUERY_QUERY_H

#include "base/units.h"
#include "query/field.h"
#include "query/mistake.h"
#include "query/needs.h"

#include <stdio.h>

struct ax_error;
struct idx_jobs;
struct idx_references;
struct idx_snapshot;
struct qry_notes;

/*
 * What is asked. Borrowed, and all that it points to, for the life of the query. What the query
 * turns out to need (see qry_query_needs()) may be added until it runs.
 */
struct qry_environment {
	struct idx_snapshot *snapshot;
	const char *root;   /* absolute: shown in JSON */
	const char *cwd;    /* absolute: where words such as "./x" are; NULL: at the root */
	ax_nanoseconds now; /* ages count back from it */
	size_t n_classes;   /* classes that exist though no file may have them */
	const struct ax_str *classes;
	const struct qry_notes *notes; /* NULL: none */
	const struct idx_references *references;
	const struct idx_jobs *jobs;
};

enum qry_format {
	QRY_TABLE,
	QRY_JSON_DOCUMENT, /* {"schema": "artidx.query/1", "root": ..., "view": ..., "rows": [...]} */
	QRY_JSON_LINES,
	QRY_CSV,
	QRY_TSV,
	/*
	 * The first column of each row, a line each, quoted as git does; of archived files only
	 * where the query names archived_in.
	 */
	QRY_PATHS,
	QRY_PATHS_NUL, /* the same as raw bytes, each ended by NUL */
	QRY_TEMPLATE,
	QRY_COUNT, /* the number of rows */
	QRY_QUIET, /* nothing; ends at the first row */
};

/* What the user asked for. Lists are written with commas; NULL: not asked for. */
struct qry_request {
	enum qry_view view;
	size_t n_arguments; /* one: a whole expression; several: one token each */
	const char *const *arguments;
	const char *saved; /* a whole expression that must hold too */
	enum qry_format format;
	const char *columns;
	const char *
		sort; /* F,-G: by F, then by G downwards; absent values come last. NULL: by path
			     up to 50,000 rows, then as the catalogue has them */
	const char *group_by; /* one row a distinct value, with count and sums */
	const char *sum;      /* fields to add up, a group or everything */
	const char *template; /* of QRY_TEMPLATE: "{path}\t{k}\n"; see template.h */
	bool has_limit;
	uint64_t limit;
};

/* How a table looks. Zero: as for a file. */
struct qry_style {
	size_t width; /* columns of the terminal; 0: nothing is shortened */
	bool color;
	bool ascii; /* "..." and "+#" where else "…" and blocks would stand */
};

/* A query that is free of mistakes. */
struct qry_query;

/* Fails with AX_EUSAGE; then *mistake says where, if it is in the expression. */
int qry_query_new(const struct qry_environment *environment, const struct qry_request *request,
	struct qry_query **out, struct qry_mistake *mistake, struct ax_error *err);
void qry_query_free(struct qry_query *query);

/*
 * Bits of needs.h: what the query looks at besides the catalogue. What the environment lacks of
 * it by the time the query runs is AX_EUSAGE then.
 */
unsigned qry_query_needs(const struct qry_query *query);

/*
 * Notes, as bits, that the query shows if they are provided and does without if not: JSON rows
 * hold all that is known of a file.
 */
unsigned qry_query_wants(const struct qry_query *query);

/* Run, write the result to stream, and say how many rows it had. Once only. */
int qry_query_run(struct qry_query *query, const struct qry_style *style, FILE *stream,
	uint64_t *n_rows, struct ax_error *err);

/* After the run: the tree as it was evaluated, the index used, and the rows visited. */
int qry_query_explain(const struct qry_query *query, FILE *stream, struct ax_error *err);

#endif
