/*
 * sample/truth.h - what is true of every file in the sample, as expected.json
 *
 *	files  one row per file below out/ and logs/
 *	  path      relative to the project
 *	  class     v_hack vhack_grads checkpoint model pool pairset log other
 *	  status    ok truncated invalid lfs-pointer
 *	  misnamed  whether the name suggests another class than the tensors show
 *	  run       "<ts>_<slug>" that the file belongs to, or null
 *	  dest      where a reorg puts it (path itself when it stays), or null when it must stay flagged
 *	  flag      why it stays flagged, or null
 *	  derived   facts that follow from the header
 *	runs   ts, slug, preset, arm, seed, tag, v_hack (as the log's argv gives it), log, end, checkpoints
 *	dirs   directories that a reorg moves: from, to
 *	edits  what files that name artifacts must hold after a reorg: file, has, not
 */
#ifndef ARTIDX_SAMPLE_TRUTH_H
#define ARTIDX_SAMPLE_TRUTH_H

#include "base/arena.h"

struct ax_buf;

/* Facts of a header; 0 is absent. */
struct sample_facts {
	unsigned k, rank, n_pairs, n_modules;
};

struct sample_file {
	struct sample_file *next;
	const char *path, *class, *status;
	const char *run, *dest, *flag; /* each may be NULL */
	bool misnamed;
	struct sample_facts facts;
};

/* A path in a run's list of checkpoints. */
struct sample_saved {
	struct sample_saved *next;
	const char *path;
};

/* One training run as its log shows it. Times are run stamps. */
struct sample_run {
	struct sample_run *next;
	const char *ts, *end;
	const char *preset, *arm, *tag; /* tag is "" where there is none */
	const char *v_hack;             /* may be NULL */
	const char *slug, *id, *log;
	unsigned seed;
	struct sample_saved *saved; /* newest first */
};

struct sample_move {
	struct sample_move *next;
	const char *from, *to;
};

/* has and lacks end with NULL; expected.json calls the second one not. */
struct sample_edit {
	const char *file;
	const char *has[8], *lacks[2];
};

/* All zero is empty. Everything that is noted lives in the arena, or is static. */
struct sample_truth {
	struct ax_arena arena;
	struct sample_file *files; /* newest first, as all lists here */
	struct sample_run *runs;
	struct sample_move *moves;
	const struct sample_edit *edits;
	size_t edit_count, file_count;
	bool failed; /* memory ran out */
};

/* Copied into the arena; NULL stays NULL. "" when memory ran out. */
const char *sample_truth_text(struct sample_truth *truth, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Copies what it is given; a run is returned for notes to come, NULL when memory ran out. */
void sample_truth_file(struct sample_truth *truth, const struct sample_file *file);
struct sample_run *sample_truth_run(struct sample_truth *truth, const struct sample_run *run);
void sample_truth_saved(struct sample_truth *truth, struct sample_run *run, const char *path);
void sample_truth_move(struct sample_truth *truth, const char *from, const char *to);

/* Append expected.json to buf. */
void sample_truth_write(struct sample_truth *truth, struct ax_buf *buf);

#endif
