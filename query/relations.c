#include "query/relations.h"

#include "base/error.h"
#include "base/path.h"
#include "indexer/catalog.h"
#include "query/row.h"
#include "query/table.h"

#include <errno.h>
#include <stdlib.h>

/* A run that uses a path; the newest one heads the list. */
struct use {
	struct use *next;
	struct ax_str run;
};

struct qry_relations {
	bool has_uses, has_alike;
	struct qry_table uses;  /* path -> struct use */
	struct qry_table alike; /* header digest and size -> uint64_t */
};

/* What makes two files alike, as a key. */
struct likeness {
	struct ax_digest header;
	uint64_t size;
};

void qry_relations_free(struct qry_relations *relations)
{
	if (!relations)
		return;
	qry_table_free(&relations->uses);
	qry_table_free(&relations->alike);
	free(relations);
}

static int need(struct qry_scope *scope, struct ax_error *err)
{
	if (!scope->relations)
		scope->relations = calloc(1, sizeof(*scope->relations));
	return scope->relations ? 0 : ax_fail(err, ENOMEM, "no memory for relations");
}

static int add_use(struct qry_table *table, struct ax_str path, struct ax_str run)
{
	void **head = qry_table_put(table, path);
	struct use *use = ax_arena_alloc(&table->arena, sizeof(*use));

	if (!head || !use)
		return -1;
	*use = (struct use){ .next = *head, .run = run };
	*head = use;
	return 0;
}

static int add_run(struct qry_table *table, const struct idx_run *run, struct ax_error *err)
{
	char *id = ax_arena_copy(&table->arena, run->id);

	for (size_t i = 0; id && i < run->n_uses; i++) {
		if (add_use(table, run->uses[i], ax_str(id, run->id.len)) < 0)
			id = NULL;
	}
	return id ? 0 : ax_fail(err, ENOMEM, "no memory for relations");
}

static int read_uses(struct qry_scope *scope, struct ax_error *err)
{
	struct idx_run_cursor *cursor = NULL;
	struct ax_arena arena = { 0 };
	struct idx_run run;
	int found;

	found = idx_run_cursor_open(scope->snapshot, &cursor, err);
	for (found = found < 0 ? -1 : 1; found > 0;) {
		ax_arena_clear(&arena);
		found = idx_run_cursor_next(cursor, &arena, &run, err);
		if (found > 0 && add_run(&scope->relations->uses, &run, err) < 0)
			found = -1;
	}
	idx_run_cursor_close(cursor);
	ax_arena_free(&arena);
	scope->relations->has_uses = found == 0;
	return found;
}

static size_t count_uses(const struct use *use)
{
	size_t n = 0;

	for (; use; use = use->next)
		n++;
	return n;
}

/* The runs of one list go to out, oldest first. */
static size_t copy_uses(const struct use *use, struct ax_str *out)
{
	size_t n = count_uses(use);

	for (size_t i = n; use; use = use->next)
		out[--i] = use->run;
	return n;
}

int qry_relations_used_by(struct qry_scope *scope, struct ax_str path, struct ax_arena *arena,
	struct qry_users *out, struct ax_error *err)
{
	const struct qry_table *table;
	size_t n = 0;

	*out = (struct qry_users){ 0 };
	if (need(scope, err) < 0)
		return -1;
	if (!scope->relations->has_uses && read_uses(scope, err) < 0)
		return -1;
	table = &scope->relations->uses;
	for (struct ax_str at = path; at.len > 0; at = ax_path_dir(at))
		n += count_uses(qry_table_get(table, at));
	out->runs = ax_arena_alloc(arena, (n + 1) * sizeof(*out->runs));
	if (!out->runs)
		return ax_fail(err, ENOMEM, "no memory for relations");
	for (struct ax_str at = path; at.len > 0; at = ax_path_dir(at))
		out->n += copy_uses(qry_table_get(table, at), out->runs + out->n);
	return 0;
}

static struct likeness likeness_of(const struct idx_detail *detail, uint64_t size)
{
	return (struct likeness){ .header = detail->header, .size = size };
}

static int count_file(struct qry_table *table, const struct idx_detail *detail, uint64_t size,
	struct ax_error *err)
{
	struct likeness likeness = likeness_of(detail, size);
	void **value = qry_table_put(table, ax_str((const char *)&likeness, sizeof(likeness)));

	if (value && !*value)
		*value = ax_arena_alloc(&table->arena, sizeof(uint64_t));
	if (!value || !*value)
		return ax_fail(err, ENOMEM, "no memory for relations");
	++*(uint64_t *)*value;
	return 0;
}

static int read_alike(struct qry_scope *scope, struct ax_error *err)
{
	struct idx_filter filter = { 0 };
	struct idx_files *files = NULL;
	struct ax_arena arena = { 0 };
	struct idx_entry entry;
	struct idx_detail detail;
	int found;

	found = idx_files_open(scope->snapshot, &filter, &files, err);
	for (found = found < 0 ? -1 : 1; found > 0;) {
		found = idx_files_next(files, &entry, err);
		if (found <= 0 || entry.detail == 0)
			continue;
		ax_arena_clear(&arena);
		if (idx_snapshot_detail(scope->snapshot, &entry, &arena, &detail, err) < 0 ||
			(detail.has_tensors && count_file(&scope->relations->alike, &detail,
						       entry.size, err) < 0))
			found = -1;
	}
	idx_files_close(files);
	ax_arena_free(&arena);
	scope->relations->has_alike = found == 0;
	return found;
}

int qry_relations_alike(struct qry_scope *scope, const struct idx_detail *detail, uint64_t size,
	uint64_t *out, struct ax_error *err)
{
	struct likeness likeness = likeness_of(detail, size);
	const uint64_t *count;

	if (need(scope, err) < 0)
		return -1;
	if (!scope->relations->has_alike && read_alike(scope, err) < 0)
		return -1;
	count = qry_table_get(&scope->relations->alike,
		ax_str((const char *)&likeness, sizeof(likeness)));
	*out = count ? *count : 1;
	return 0;
}
