/*
 * indexer/references.h - where scripts name artifacts
 *
 * The configured files (justfile, scripts, sources) are read for paths into the data
 * directories, written as out/x, ./out/x or as an absolute path. Files are text of any kind, so
 * a path is found by its surroundings: it begins at a boundary and ends at one. What is put
 * together at run time (v_hack_{{ NAME }}, Path("out") / name, os.path.join("out", name), $OUT/x
 * where the file says OUT=out) is reported as dynamic or joined, and never guessed.
 */
#ifndef ARTIDX_INDEXER_REFERENCES_H
#define ARTIDX_INDEXER_REFERENCES_H

#include "base/arena.h"

#include <stdint.h>

struct ax_error;
struct idx_config;
struct idx_snapshot;

enum idx_reference_kind {
	IDX_REF_FILE,    /* names a file that the catalogue has */
	IDX_REF_DIR,     /* names a directory that holds files of the catalogue */
	IDX_REF_MISSING, /* a literal path at which nothing is known */
	IDX_REF_DYNAMIC, /* literal at its start, built at run time behind it */
	IDX_REF_UNSURE,  /* behind something unknown: $DIR/out/x, ../out/x */
	IDX_REF_JOINED,  /* a data directory to which the rest is joined: Path("out") / "x" */
};

enum { IDX_REF_KINDS = IDX_REF_JOINED + 1 };

/* "file", "dir", "missing", "dynamic", "unsure", "joined" */
const char *idx_reference_kind_name(enum idx_reference_kind kind);

struct idx_reference {
	struct ax_str file; /* root-relative */
	uint64_t line;      /* from 1 */
	uint64_t offset;    /* of text, in the file's bytes */
	enum idx_reference_kind kind;
	struct ax_str text; /* as written, without "./" and without the root's absolute path */
	struct ax_str target; /* root-relative; of a dynamic or joined one, its literal start */
	struct ax_str context; /* the line, without its line break, at most 400 bytes */
};

/* A configured file that was not read, and why. */
struct idx_unread {
	struct ax_str file, why;
};

struct idx_references {
	struct ax_arena arena;
	size_t count;
	struct idx_reference *items; /* ordered by file, then offset */
	size_t n_unread;
	struct idx_unread *unread;
};

/* snapshot tells which paths are known. root and root_path are the project's directory. */
int idx_references_find(struct idx_snapshot *snapshot, const struct idx_config *config,
	int root, struct ax_str root_path, struct idx_references *out, struct ax_error *err);
void idx_references_free(struct idx_references *references);

#endif
