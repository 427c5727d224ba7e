/*
 * query/row.h - one row of a view, read no further than it is asked
 *
 * A row begins with what its view's cursor gives for nothing; the rest (detail, run, JSON inside
 * metadata) is read when a field first asks, and kept until the row is reset. Filled by view.h.
 */
#ifndef ARTIDX_QUERY_ROW_H
#define ARTIDX_QUERY_ROW_H

#include "base/arena.h"
#include "indexer/catalog.h"
#include "query/field.h"

struct ax_error;
struct ax_json;
struct ax_json_value;
struct ax_matcher;
struct idx_job;
struct idx_jobs;
struct idx_reference;
struct idx_references;
struct qry_notes;
struct qry_relations;

/* What all rows of a query share. Borrowed, but for what relations.h makes. */
struct qry_scope {
	struct idx_snapshot *snapshot; /* NULL: rows have only what they were filled with */
	struct ax_str root;            /* absolute */
	const struct qry_notes *notes;
	const struct idx_references *references;
	const struct idx_jobs *jobs;
	struct ax_matcher *matcher;
	struct qry_relations *relations; /* made when a field first needs them */
};

/* What has been read already: bits of qry_row.known. */
enum {
	QRY_KNOWN_PATH = 1 << 0,
	QRY_KNOWN_DETAIL = 1 << 1,
	QRY_KNOWN_OWNER = 1 << 2,
	QRY_KNOWN_CFG = 1 << 3,
	QRY_KNOWN_ROWS = 1 << 4,
	QRY_KNOWN_RUN = 1 << 5, /* related holds the run of a file, or that there is none */
};

/* What lies directly in a directory. */
struct qry_directory {
	struct ax_str path;
	uint64_t files, size;
	ax_nanoseconds mtime; /* of the newest file */
};

struct qry_row {
	enum qry_view view;
	struct qry_scope *scope;
	struct ax_arena arena; /* of everything below; cleared by a reset */
	unsigned known;
	struct idx_entry entry; /* of a file */
	struct ax_str path;     /* of a file */
	bool has_detail;
	struct idx_detail detail; /* of a file */
	struct idx_owner owner;   /* of a file */
	struct idx_run run;       /* of a run */
	struct idx_tensor tensor; /* of a tensor */
	struct qry_directory directory;
	const struct idx_reference *reference;
	const struct idx_job *job;
	struct qry_row *file; /* of a tensor: the file that it is in */
	bool has_related;
	struct qry_row *related;    /* of a file: its run; owned */
	struct ax_json *cfg, *rows; /* NULL: none, or not JSON */
};

void qry_row_init(struct qry_row *row, enum qry_view view, struct qry_scope *scope);
void qry_row_fini(struct qry_row *row);

/* Forget what was read, before the row is filled again. */
void qry_row_reset(struct qry_row *row);

/* Root-relative path of a file; borrowed from the row. */
int qry_row_path(struct qry_row *row, struct ax_str *out, struct ax_error *err);

/* 1 and the detail of a file, 0 when it has none, -1. */
int qry_row_detail(struct qry_row *row, const struct idx_detail **out, struct ax_error *err);

/* Which run a file belongs to; *out says when to none. */
int qry_row_owner(struct qry_row *row, const struct idx_owner **out, struct ax_error *err);

/* The row of the run that a file belongs to: 1, 0, -1. */
int qry_row_run(struct qry_row *row, struct qry_row **out, struct ax_error *err);

/* The cfg or rows of a file or run as JSON: 1, 0 when it has none that is JSON, -1. */
int qry_row_cfg(struct qry_row *row, const struct ax_json_value **out, struct ax_error *err);
int qry_row_rows(struct qry_row *row, const struct ax_json_value **out, struct ax_error *err);

#endif
