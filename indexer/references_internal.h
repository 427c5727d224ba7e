/*
 * indexer/references_internal.h - the parts of finding references:
 * references.c the files, references_text.c the paths in them, references_names.c those that are made
 * with names of directories
 */
#ifndef ARTIDX_INDEXER_REFERENCES_INTERNAL_H
#define ARTIDX_INDEXER_REFERENCES_INTERNAL_H

#include "base/buf.h"
#include "indexer/references.h"

struct reference_finder {
	struct idx_snapshot *snapshot;
	const struct idx_config *config;
	int root;
	struct ax_str root_path;
	struct idx_references *found;
	size_t capacity, unread_capacity;
	struct ax_buf path; /* of the moment */
	struct ax_error *err;
};

int reference_no_memory(struct reference_finder *finder);

/* Find all references in the text of a file. file is in the arena. */
int reference_scan_text(struct reference_finder *finder, struct ax_str file,
	struct ax_str text);

/* The same for what is made with a name that the file gives to the data directory data. */
int reference_scan_names(struct reference_finder *finder, struct ax_str file,
	struct ax_str text, struct ax_str data);

/* One place where a data directory is named. */
struct hit {
	struct ax_str file, text; /* the whole file */
	size_t start;             /* of the data directory's name, as written */
	size_t begin; /* of the path as written: at start, "./" or the root's path */
	size_t data_len;
	bool unsure;
};

/* Look at what stands before the hit: sets begin and unsure; false when it is no path of ours. */
bool reference_look_before(const struct reference_finder *finder, struct hit *hit);

/* From `at` up to the next byte that ends a word; a placeholder {{ X }} belongs to it as a whole. */
struct ax_str reference_word(struct ax_str text, size_t at);

/* What stands in word before anything that is made at run time. */
struct ax_str reference_literal(struct ax_str word);

/* Whether text ends in the call of something that makes paths of its arguments. */
bool reference_ends_in_call(struct ax_str text);

/* Add a reference; its text and target are copied, its file, line and place set from the hit. */
int reference_add(struct reference_finder *finder, const struct hit *hit, uint64_t line,
	const struct idx_reference *reference);

#endif
