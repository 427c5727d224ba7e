/*
 * query/relations.h - what is known only after everything was looked at once: which runs use a
 * file, which scripts and jobs name it, how many files are alike
 *
 * Each relation is read when a field first asks for it. A path is also meant where a directory
 * above it is named.
 */
#ifndef ARTIDX_QUERY_RELATIONS_H
#define ARTIDX_QUERY_RELATIONS_H

#include "base/arena.h"
#include "indexer/record.h"

struct ax_error;
struct qry_relations;
struct qry_scope;

void qry_relations_free(struct qry_relations *relations);

/* Places in what the relation is about, in its order; in the arena given. */
struct qry_related {
	size_t n;
	size_t *indexes;
};

/* Runs whose command line names path, and their ids, which live as long as the relations. */
int qry_relations_users(struct qry_scope *scope, struct ax_str path, struct ax_arena *arena,
	struct qry_related *out, struct ax_error *err);
struct ax_str qry_relations_run(const struct qry_scope *scope, size_t index);

/* Items of scope->references that name path literally. */
int qry_relations_references(struct qry_scope *scope, struct ax_str path,
	struct ax_arena *arena, struct qry_related *out, struct ax_error *err);

/* Items of scope->jobs whose command names path, or may by a glob. */
int qry_relations_jobs(struct qry_scope *scope, struct ax_str path, struct ax_arena *arena,
	struct qry_related *out, struct ax_error *err);

/* How many files, this one too, hold what the file at path holds: see query/copies.h. */
int qry_relations_copies(struct qry_scope *scope, struct ax_str path, uint64_t *out,
	struct ax_error *err);

#endif
