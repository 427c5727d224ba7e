/*
 * indexer/runs_internal.h - runs while they are worked out
 */
#ifndef ARTIDX_INDEXER_RUNS_INTERNAL_H
#define ARTIDX_INDEXER_RUNS_INTERNAL_H

#include "base/buf.h"
#include "indexer/log.h"
#include "indexer/runs.h"

/* A run that is known by its log or by its directory. */
struct known_run {
	struct ax_str id;
	const struct idx_log *log; /* NULL: known by its directory alone */
	struct idx_slug slug;
	const struct idx_run_facts *newest;     /* of what it saved */
	const struct idx_run_facts *newest_cfg; /* of those with a cfg */
	size_t cfg_file;                        /* whose facts these are */
};

/* Runs that have a log, in some order. */
struct run_index {
	size_t count;
	struct known_run **items;
};

/* All memory is the arena's, but for scratch. */
struct derivation {
	const struct idx_runs_input *input;
	struct ax_arena *arena;
	struct ax_buf scratch;
	struct ax_error *err;
	size_t n_runs;
	struct known_run *runs; /* ordered by id */
	struct run_index by_slug, by_tag, by_ending;
	struct known_run **picked;     /* room for some of all runs, for one file at a time */
	struct known_run **file_runs;  /* one a file of the input; NULL: none */
	struct idx_owner *file_owners; /* one a file of the input */
	struct idx_run_facts **facts;  /* likewise, NULL until they are asked for */
	struct ax_str last_dir; /* that was asked for: files come directory by directory */
	struct ax_str last_id;  /* of its run; ptr NULL: none */
};

/* Zeroed room for n objects; NULL with *err filled when memory runs out. */
void *derivation_room(struct derivation *derivation, size_t n, size_t size);
int derivation_no_memory(struct derivation *derivation);

/* The innermost directory of path that is named as runs are; false without one. */
bool derivation_run_of_path(struct derivation *derivation, struct ax_str path,
	struct ax_str *id_out);

/* The facts of a file of the input, or NULL after a failure. */
const struct idx_run_facts *derivation_look(struct derivation *derivation, size_t file);

/* Whether files of that class are what a run saves. */
bool derivation_is_saved(struct ax_str class_name);

/* Sort the runs that have logs by what these are called. */
int derivation_sort_runs(struct derivation *derivation);

/* Fill file_runs and file_owners. */
int derivation_find_owners(struct derivation *derivation);

#endif
