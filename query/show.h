/*
 * query/show.h - everything that is known about one file or one run
 */
#ifndef ARTIDX_QUERY_SHOW_H
#define ARTIDX_QUERY_SHOW_H

#include "base/arena.h"
#include "indexer/record.h"

struct ax_error;
struct idx_snapshot;

/* All is in arena or borrowed from the snapshot. */
struct qry_file_facts {
	struct ax_str path;
	struct idx_entry entry;
	bool has_detail;
	struct idx_detail detail;
	struct idx_owner owner;
	bool has_run; /* owner names a run that the catalogue has */
	struct idx_run run;
	size_t n_used_by;
	const struct ax_str *used_by; /* ids of runs whose command line names it */
	size_t n_twins;
	const struct ax_str *twins; /* other files with the same header and size, by path */
};

struct qry_run_file {
	struct ax_str path;
	bool exists; /* in the catalogue; else all below is zero */
	struct idx_entry entry;
	struct ax_str role;
};

struct qry_run_facts {
	struct idx_run run;
	size_t n_files;
	const struct qry_run_file *files; /* its checkpoints and log, by path */
	size_t n_uses;
	const struct qry_run_file *uses;
};

/* 1, 0 when there is no such file or run, -1. */
int qry_show_file(struct idx_snapshot *snapshot, struct ax_str path, struct ax_arena *arena,
	struct qry_file_facts *out, struct ax_error *err);
int qry_show_run(struct idx_snapshot *snapshot, struct ax_str id, struct ax_arena *arena,
	struct qry_run_facts *out, struct ax_error *err);

/*
 * Names like name that exist, nearest first, at most limit: paths and run ids for "did you
 * mean" where show, resolve and path find nothing.
 */
struct qry_similar {
	size_t n;
	struct ax_str *names; /* in the arena */
};
int qry_show_similar(struct idx_snapshot *snapshot, struct ax_str name, size_t limit,
	struct ax_arena *arena, struct qry_similar *out, struct ax_error *err);

#endif
