/*
 * archive/dead.h - what may be archived, why, and what keeps it
 *
 * Candidates come out of the catalogue: directories whose names match the configuration's
 * patterns, files of crashed runs and of runs that were done again, generations of a basis that a
 * newer one replaces, and what the configuration's retention does not keep. Whatever is named,
 * open, young or pinned keeps a candidate; it is listed all the same, with what keeps it. Nothing
 * is ever removed because it is listed here.
 */
#ifndef ARTIDX_ARCHIVE_DEAD_H
#define ARTIDX_ARCHIVE_DEAD_H

#include "base/arena.h"
#include "base/units.h"

struct arc_pins;
struct ax_buf;
struct arc_retention;
struct ax_error;
struct idx_config;
struct idx_jobs;
struct idx_references;
struct idx_snapshot;
struct reorg_layout;
struct reorg_open_files;

/* What is looked at; everything is borrowed until arc_dead_find() returns. */
struct arc_dead_input {
	struct idx_snapshot *snapshot;
	const struct idx_config *config;
	const struct reorg_layout *layout;
	const struct arc_retention *retention;
	const struct arc_pins *pins;
	const struct idx_references *references;
	const struct idx_jobs *jobs;
	const struct reorg_open_files *open_files;
	int root; /* the open project */
	struct ax_str root_path;
	ax_nanoseconds now;
};

/* Sentences, in the order in which they were found. */
struct arc_dead_texts {
	size_t n, capacity;
	struct ax_str *items;
};

struct arc_dead_row {
	struct ax_str path;
	bool is_dir;
	uint64_t files, size;
	ax_nanoseconds mtime; /* of its newest file */
	struct arc_dead_texts reasons;
	struct arc_dead_texts kept_by; /* none: it may go */
};

/* Ordered by path; no row is below another one. All in arena. */
struct arc_dead {
	struct ax_arena arena;
	size_t count, capacity;
	struct arc_dead_row *rows;
	size_t n_links; /* symlinks that were looked at */
};

int arc_dead_find(const struct arc_dead_input *input, struct arc_dead *out,
	struct ax_error *err);
void arc_dead_free(struct arc_dead *dead);

/*
 * Append what of references[*i] and those behind it is the first that names path, something in it
 * or above it, or may: "scripts/go.py:1 names out/x". *i is then behind it. False: none is left.
 */
bool arc_dead_next_reference(const struct idx_config *config,
	const struct idx_references *references, struct ax_str path, size_t *i,
	struct ax_buf *text);

/* The row that path is or is below, or NULL. */
const struct arc_dead_row *arc_dead_at(const struct arc_dead *dead, struct ax_str path);

#endif
