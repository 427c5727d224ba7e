/*
 * indexer/references_internal.h - the two halves of finding references
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

#endif
