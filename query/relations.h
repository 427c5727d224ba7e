/*
 * query/relations.h - what only the whole catalogue tells: which runs use a file, how many files
 * are alike
 *
 * Both are read once, when a field first asks.
 */
#ifndef ARTIDX_QUERY_RELATIONS_H
#define ARTIDX_QUERY_RELATIONS_H

#include "base/arena.h"
#include "indexer/record.h"

struct ax_error;
struct qry_relations;
struct qry_scope;

void qry_relations_free(struct qry_relations *relations);

/*
 * Ids of the runs whose command line names path or a directory above it, in the order of the
 * runs; the array is in arena, the strings live as long as the relations.
 */
struct qry_users {
	size_t n;
	struct ax_str *runs;
};
int qry_relations_used_by(struct qry_scope *scope, struct ax_str path, struct ax_arena *arena,
	struct qry_users *out, struct ax_error *err);

/* How many files, this one too, have the same header and size. */
int qry_relations_alike(struct qry_scope *scope, const struct idx_detail *detail, uint64_t size,
	uint64_t *out, struct ax_error *err);

#endif
