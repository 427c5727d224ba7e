/*
 * query/word.h - a word alone: what it means in each view, and whether a row has it
 *
 * A word is a part, without case, of path, run or model (files), run, tag or model (runs), name
 * or path of the file (tensors), path (dirs), file or text (refs), command or cwd (jobs). With
 * * ? or [ it is also a glob on them, and on the last part of a path. A word that names a directory is everything
 * below it instead; one that is an absolute path below the root is taken relative to it, and one
 * that is "." or "..", or begins with "./" or "../", is a path from the current directory.
 */
#ifndef ARTIDX_QUERY_WORD_H
#define ARTIDX_QUERY_WORD_H

#include "base/arena.h"
#include "query/field.h"

struct ax_error;
struct idx_snapshot;
struct qry_row;

struct qry_word {
	struct ax_str text;
	bool is_glob;
	bool is_directory;
	struct ax_str directory;                                         /* root-relative */
	enum { QRY_RUNS_UNKNOWN, QRY_RUNS_WITHOUT, QRY_RUNS_WITH } runs; /* whose id has it */
};

/* Where words are looked up. */
struct qry_word_place {
	struct idx_snapshot *snapshot; /* may be NULL; then no word names a directory */
	const char *root; /* absolute: a word below it is meant relative to it; NULL: none is */
	const char *cwd;  /* absolute: where "./" is; NULL: at the root */
	enum qry_view view;
};
int qry_word_make(struct ax_arena *arena, const struct qry_word_place *place,
	struct ax_str text, struct qry_word **out, struct ax_error *err);

/* 1, 0, -1 */
int qry_word_try(struct qry_word *word, struct qry_row *row, struct ax_error *err);

#endif
