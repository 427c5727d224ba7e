/*
 * indexer/runs.h - which run wrote which file, from logs and metadata
 *
 * Evidence, strongest first: a runs/<ts>_<slug>/ directory that holds the file; metadata (cfg)
 * that gives the slug; the tag in the file's name, exactly; then, where several logs have that
 * slug or tag, the one that was alive at the file's mtime (from <ts> to the log's mtime); last
 * the glob logs/<ts>_*_<tag>.log where only one log fits. What still fits several is ambiguous.
 * A file in a run's directory belongs to it whatever it is; all else is asked only of what a run
 * may have saved: not of bases, gradients, pools, pair sets, logs and files without a header.
 */
#ifndef ARTIDX_INDEXER_RUNS_H
#define ARTIDX_INDEXER_RUNS_H

#include "base/arena.h"
#include "indexer/record.h"

struct ax_error;

/* What the head and tail of a log say. Becomes the detail of a file of class log. */
struct idx_log {
	struct ax_str path; /* root-relative */
	struct ax_str ts,
		slug; /* from the name; both empty when the name is not <ts>_<slug>.log */
	ax_nanoseconds start, end; /* <ts> as local time, and mtime */
	struct ax_str argv;        /* text behind "argv: ", "" without one */
	struct ax_str status;      /* "done", "crashed", "running", "unknown" */
	struct idx_value hack_rate, pass_rate;
};

/* A file that may belong to a run. */
struct idx_run_candidate {
	struct ax_str path;
	struct ax_str class_name;
	uint64_t size;
	ax_nanoseconds mtime;
};

/* What its detail says. Texts of the metadata are "" where absent. */
struct idx_run_facts {
	struct ax_str cfg, rows;
	size_t n_attributes;
	const struct idx_attribute *attributes;
};

struct idx_runs_input {
	struct ax_str
		root; /* absolute path of the project, for absolute paths in argv; or "" */
	size_t n_logs;
	const struct idx_log *logs;
	size_t n_files;
	const struct idx_run_candidate *files;
	/*
	 * The facts of a file, by its index; they stay as long as the input. 0, -1. Asked for once at
	 * most, of those few files on which something depends: a run's newest, and what lies in no
	 * directory of a run.
	 */
	int (*look)(void *context, size_t file, struct idx_run_facts *out,
		struct ax_error *err);
	void *context;
};

/* Everything is allocated in the arena or borrowed from the input. */
struct idx_runs_output {
	size_t n_runs;
	struct idx_run *runs; /* ordered by id */
	size_t *cfg_files; /* one a run: the file that its cfg and rows are of, or SIZE_MAX */
	struct idx_owner *log_owners;  /* one a log, in input order */
	struct idx_owner *file_owners; /* one a file, in input order */
};

/*
 * Derive. argv's paths in uses are resolved as seen from the root; exists tells nothing: a path
 * that is gone is still what the run used. Linear but for sorting.
 */
int idx_runs_derive(const struct idx_runs_input *input, struct ax_arena *arena,
	struct idx_runs_output *out, struct ax_error *err);

#endif
