#include "query/relations.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "indexer/catalog.h"
#include "indexer/jobs.h"
#include "indexer/references.h"
#include "query/copies.h"
#include "query/row.h"
#include "query/table.h"

#include <errno.h>
#include <stdlib.h>

/* One of the things that name a path; the newest one heads the list. */
struct link {
	struct link *next;
	size_t index;
};

/* From paths to what names them. */
struct relation {
	bool is_read;
	struct qry_table links; /* path -> struct link */
};

struct qry_relations {
	struct relation users, references, jobs;
	struct ax_arena run_ids;
	struct ax_str *runs; /* ids by index, in memory of their own */
	size_t n_runs, run_capacity;
	struct qry_copies copies;
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for relations");
}

void qry_relations_free(struct qry_relations *relations)
{
	if (!relations)
		return;
	qry_table_free(&relations->users.links);
	qry_table_free(&relations->references.links);
	qry_table_free(&relations->jobs.links);
	qry_copies_free(&relations->copies);
	ax_arena_free(&relations->run_ids);
	free(relations->runs);
	free(relations);
}

static int need(struct qry_scope *scope, struct ax_error *err)
{
	if (!scope->relations)
		scope->relations = calloc(1, sizeof(*scope->relations));
	return scope->relations ? 0 : no_memory(err);
}

static int add_link(struct relation *relation, struct ax_str path, size_t index,
	struct ax_error *err)
{
	void **head = qry_table_put(&relation->links, path);
	struct link *link = ax_arena_alloc(&relation->links.arena, sizeof(*link));

	if (!head || !link)
		return no_memory(err);
	*link = (struct link){ .next = *head, .index = index };
	*head = link;
	return 0;
}

static int by_index(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Links of the path and of all directories above it, each thing once. */
static int collect(const struct relation *relation, struct ax_str path, struct ax_arena *arena,
	struct qry_related *out, struct ax_error *err)
{
	size_t n = 0;

	*out = (struct qry_related){ 0 };
	for (struct ax_str at = path; at.len > 0; at = ax_path_dir(at)) {
		for (const struct link *link = qry_table_get(&relation->links, at); link;
			link = link->next)
			n++;
	}
	out->indexes = ax_arena_alloc(arena, (n + 1) * sizeof(*out->indexes));
	if (!out->indexes)
		return no_memory(err);
	n = 0;
	for (struct ax_str at = path; at.len > 0; at = ax_path_dir(at)) {
		for (const struct link *link = qry_table_get(&relation->links, at); link;
			link = link->next)
			out->indexes[n++] = link->index;
	}
	qsort(out->indexes, n, sizeof(*out->indexes), by_index);
	for (size_t i = 0; i < n; i++) {
		if (out->n == 0 || out->indexes[out->n - 1] != out->indexes[i])
			out->indexes[out->n++] = out->indexes[i];
	}
	return 0;
}

static int add_run(struct qry_relations *relations, const struct idx_run *run,
	struct ax_error *err)
{
	char *id = ax_arena_copy(&relations->run_ids, run->id);

	if (relations->n_runs == relations->run_capacity) {
		size_t capacity = relations->run_capacity ? 2 * relations->run_capacity : 64;
		struct ax_str *runs = reallocarray(relations->runs, capacity, sizeof(*runs));

		if (!runs)
			return no_memory(err);
		relations->runs = runs;
		relations->run_capacity = capacity;
	}
	if (!id)
		return no_memory(err);
	for (size_t i = 0; i < run->n_uses; i++) {
		if (add_link(&relations->users, run->uses[i], relations->n_runs, err) < 0)
			return -1;
	}
	relations->runs[relations->n_runs++] = ax_str(id, run->id.len);
	return 0;
}

static int read_users(struct qry_scope *scope, struct ax_error *err)
{
	struct idx_run_cursor *cursor = NULL;
	struct ax_arena arena = { 0 };
	struct idx_run run;
	int found = idx_run_cursor_open(scope->snapshot, &cursor, err) < 0 ? -1 : 1;

	while (found > 0) {
		ax_arena_clear(&arena);
		found = idx_run_cursor_next(cursor, &arena, &run, err);
		if (found > 0 && add_run(scope->relations, &run, err) < 0)
			found = -1;
	}
	idx_run_cursor_close(cursor);
	ax_arena_free(&arena);
	scope->relations->users.is_read = found == 0;
	return found;
}

int qry_relations_users(struct qry_scope *scope, struct ax_str path, struct ax_arena *arena,
	struct qry_related *out, struct ax_error *err)
{
	if (need(scope, err) < 0)
		return -1;
	if (!scope->relations->users.is_read && read_users(scope, err) < 0)
		return -1;
	return collect(&scope->relations->users, path, arena, out, err);
}

struct ax_str qry_relations_run(const struct qry_scope *scope, size_t index)
{
	return scope->relations->runs[index];
}

static int read_references(struct qry_scope *scope, struct ax_error *err)
{
	struct relation *relation = &scope->relations->references;

	for (size_t i = 0; scope->references && i < scope->references->count; i++) {
		const struct idx_reference *reference = &scope->references->items[i];

		if (reference->kind != IDX_REF_FILE && reference->kind != IDX_REF_DIR)
			continue;
		if (add_link(relation, reference->target, i, err) < 0)
			return -1;
	}
	relation->is_read = true;
	return 0;
}

int qry_relations_references(struct qry_scope *scope, struct ax_str path,
	struct ax_arena *arena, struct qry_related *out, struct ax_error *err)
{
	if (need(scope, err) < 0)
		return -1;
	if (!scope->relations->references.is_read && read_references(scope, err) < 0)
		return -1;
	return collect(&scope->relations->references, path, arena, out, err);
}

static int read_job(struct qry_scope *scope, size_t index, struct ax_buf *path,
	struct ax_error *err)
{
	const struct idx_words *words = &scope->jobs->items[index].words;

	for (size_t i = 0; i < words->count; i++) {
		ax_buf_clear(path);
		if (words->items[i].path.len == 0 ||
			!ax_path_relative(path, scope->root, words->items[i].path))
			continue;
		if (ax_buf_check(path, "a path", err) < 0 ||
			add_link(&scope->relations->jobs, ax_buf_str(path), index, err) < 0)
			return -1;
	}
	return 0;
}

static int read_jobs(struct qry_scope *scope, struct ax_error *err)
{
	struct ax_buf path = { 0 };
	int status = 0;

	for (size_t i = 0; status == 0 && scope->jobs && i < scope->jobs->count; i++)
		status = read_job(scope, i, &path, err);
	ax_buf_free(&path);
	scope->relations->jobs.is_read = status == 0;
	return status;
}

int qry_relations_jobs(struct qry_scope *scope, struct ax_str path, struct ax_arena *arena,
	struct qry_related *out, struct ax_error *err)
{
	if (need(scope, err) < 0)
		return -1;
	if (!scope->relations->jobs.is_read && read_jobs(scope, err) < 0)
		return -1;
	return collect(&scope->relations->jobs, path, arena, out, err);
}

int qry_relations_copies(struct qry_scope *scope, struct ax_str path, uint64_t *out,
	struct ax_error *err)
{
	struct qry_copies *copies;

	if (need(scope, err) < 0)
		return -1;
	copies = &scope->relations->copies;
	if (!copies->is_read && qry_copies_read(copies, scope->snapshot, scope->root, err) < 0)
		return -1;
	*out = qry_copies_count(copies, path);
	return 0;
}
