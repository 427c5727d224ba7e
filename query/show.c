#include "query/show.h"

#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "indexer/catalog.h"
#include "query/relations.h"
#include "query/row.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* A list in an arena that grows by doubling: what it leaves behind dies with the arena. */
struct list {
	struct ax_arena *arena;
	struct ax_str *items;
	size_t n, capacity;
};

static int append(struct list *list, struct ax_str text, struct ax_error *err)
{
	char *copy = ax_arena_copy(list->arena, text);

	if (copy && list->n == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 16;
		struct ax_str *items = ax_arena_alloc(list->arena, capacity * sizeof(*items));

		if (!items)
			return ax_fail(err, ENOMEM, "no memory for a list");
		if (list->n > 0)
			memcpy(items, list->items, list->n * sizeof(*items));
		list->items = items;
		list->capacity = capacity;
	}
	if (!copy)
		return ax_fail(err, ENOMEM, "no memory for a list");
	list->items[list->n++] = ax_str(copy, text.len);
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return ax_str_compare(*(const struct ax_str *)a, *(const struct ax_str *)b);
}

static int join_path(const struct idx_entry *entry, struct ax_arena *arena, struct ax_str *out,
	struct ax_error *err)
{
	size_t prefix = entry->dir.len > 0 ? entry->dir.len + 1 : 0;
	char *bytes = ax_arena_alloc(arena, prefix + entry->name.len + 1);

	if (!bytes)
		return ax_fail(err, ENOMEM, "no memory for a path");
	if (prefix > 0) {
		memcpy(bytes, entry->dir.ptr, entry->dir.len);
		bytes[entry->dir.len] = '/';
	}
	memcpy(bytes + prefix, entry->name.ptr, entry->name.len);
	*out = ax_str(bytes, prefix + entry->name.len);
	return 0;
}

/* Whether entry's header is the one of facts: 1, 0, -1. */
static int is_twin(struct idx_snapshot *snapshot, const struct idx_entry *entry,
	const struct qry_file_facts *facts, struct ax_arena *scratch, struct ax_error *err)
{
	struct idx_detail detail;

	if (entry->detail == 0 || entry->size != facts->entry.size)
		return 0;
	ax_arena_clear(scratch);
	if (idx_snapshot_detail(snapshot, entry, scratch, &detail, err) < 0)
		return -1;
	return detail.has_tensors &&
	       memcmp(&detail.header, &facts->detail.header, sizeof(detail.header)) == 0;
}

static int find_twins(struct idx_snapshot *snapshot, struct ax_arena *arena,
	struct qry_file_facts *facts, struct ax_error *err)
{
	struct idx_filter filter = {
		.has_size = true, .size_min = facts->entry.size, .size_max = facts->entry.size
	};
	struct list twins = { .arena = arena };
	struct ax_arena scratch = { 0 };
	struct idx_files *files = NULL;
	struct idx_entry entry;
	struct ax_str path;
	int found = idx_files_open(snapshot, &filter, &files, err) < 0 ? -1 : 1;

	while (found > 0 && (found = idx_files_next(files, &entry, err)) > 0) {
		int same = is_twin(snapshot, &entry, facts, &scratch, err);

		if (same < 0 || (same > 0 && join_path(&entry, arena, &path, err) < 0) ||
			(same > 0 && !ax_str_equal(path, facts->path) &&
				append(&twins, path, err) < 0))
			found = -1;
	}
	idx_files_close(files);
	ax_arena_free(&scratch);
	facts->twins = twins.items;
	facts->n_twins = twins.n;
	if (twins.n > 1)
		qsort(twins.items, twins.n, sizeof(*twins.items), by_bytes);
	return found;
}

/* The runs that use the file, as copies: the relations do not outlive this function. */
static int find_users(struct idx_snapshot *snapshot, struct ax_arena *arena,
	struct qry_file_facts *facts, struct ax_error *err)
{
	struct qry_scope scope = { .snapshot = snapshot };
	struct list users = { .arena = arena };
	struct qry_related related;
	int status;

	status = qry_relations_users(&scope, facts->path, arena, &related, err);
	for (size_t i = 0; status == 0 && i < related.n; i++)
		status = append(&users, qry_relations_run(&scope, related.indexes[i]), err);
	facts->used_by = users.items;
	facts->n_used_by = users.n;
	qry_relations_free(scope.relations);
	return status;
}

int qry_show_file(struct idx_snapshot *snapshot, struct ax_str path, struct ax_arena *arena,
	struct qry_file_facts *out, struct ax_error *err)
{
	int found;

	*out = (struct qry_file_facts){ .path = path };
	found = idx_snapshot_find_anywhere(snapshot, path, &out->entry, err);
	if (found <= 0)
		return found;
	out->has_detail = out->entry.detail != 0;
	if (out->has_detail &&
		idx_snapshot_detail(snapshot, &out->entry, arena, &out->detail, err) < 0)
		return -1;
	if (idx_snapshot_owner(snapshot, &out->entry, &out->owner, err) < 0)
		return -1;
	if (out->owner.membership == IDX_RUN_KNOWN) {
		found = idx_snapshot_run(snapshot, out->owner.run, arena, &out->run, err);
		if (found < 0)
			return -1;
		out->has_run = found;
	}
	if (out->has_detail && out->detail.has_tensors &&
		find_twins(snapshot, arena, out, err) < 0)
		return -1;
	return find_users(snapshot, arena, out, err) < 0 ? -1 : 1;
}

static int find_run_file(struct idx_snapshot *snapshot, struct ax_str path,
	struct qry_run_file *out, struct ax_error *err)
{
	struct idx_owner owner;
	int found;

	*out = (struct qry_run_file){ .path = path };
	found = idx_snapshot_find_anywhere(snapshot, path, &out->entry, err);
	if (found <= 0)
		return found;
	out->exists = true;
	if (idx_snapshot_owner(snapshot, &out->entry, &owner, err) < 0)
		return -1;
	out->role = owner.role;
	return 0;
}

static int find_run_files(struct idx_snapshot *snapshot, const struct ax_str *paths, size_t n,
	struct qry_run_file *out, struct ax_error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (find_run_file(snapshot, paths[i], &out[i], err) < 0)
			return -1;
	}
	return 0;
}

int qry_show_run(struct idx_snapshot *snapshot, struct ax_str id, struct ax_arena *arena,
	struct qry_run_facts *out, struct ax_error *err)
{
	struct qry_run_file *files, *uses;
	size_t n;
	int found;

	*out = (struct qry_run_facts){ 0 };
	found = idx_snapshot_run(snapshot, id, arena, &out->run, err);
	if (found <= 0)
		return found;
	n = out->run.n_files;
	files = ax_arena_alloc(arena, (n + 1) * sizeof(*files));
	uses = ax_arena_alloc(arena, (out->run.n_uses + 1) * sizeof(*uses));
	if (!files || !uses)
		return ax_fail(err, ENOMEM, "no memory for a run");
	if (find_run_files(snapshot, out->run.files, n, files, err) < 0 ||
		find_run_files(snapshot, out->run.uses, out->run.n_uses, uses, err) < 0)
		return -1;
	if (out->run.log.len > 0 && find_run_file(snapshot, out->run.log, &files[n++], err) < 0)
		return -1;
	out->files = files;
	out->n_files = n;
	out->uses = uses;
	out->n_uses = out->run.n_uses;
	return 1;
}

/* The nearest names so far, nearest first. */
struct nearest {
	struct ax_str name;
	size_t limit, n;
	struct ax_str *names;
	size_t *distances;
	struct ax_arena *arena;
};

static int offer(struct nearest *nearest, struct ax_str candidate, struct ax_error *err)
{
	struct ax_str name = ax_path_name(nearest->name), last = ax_path_name(candidate);
	size_t distance = ax_text_distance(name, last), at = nearest->n;
	char *copy;

	if (ax_str_contains_nocase(last, name))
		distance = distance < 2 ? distance : 2;
	if (distance > name.len / 3 + 1)
		return 0;
	while (at > 0 && nearest->distances[at - 1] > distance)
		at--;
	if (at == nearest->limit)
		return 0;
	copy = ax_arena_copy(nearest->arena, candidate);
	if (!copy)
		return ax_fail(err, ENOMEM, "no memory for names");
	nearest->n += nearest->n < nearest->limit;
	for (size_t i = nearest->n - 1; i > at; i--) {
		nearest->names[i] = nearest->names[i - 1];
		nearest->distances[i] = nearest->distances[i - 1];
	}
	nearest->names[at] = ax_str(copy, candidate.len);
	nearest->distances[at] = distance;
	return 0;
}

static int offer_files(struct nearest *nearest, struct idx_snapshot *snapshot,
	struct ax_error *err)
{
	struct idx_filter filter = { .archived = true };
	struct idx_files *files = NULL;
	struct ax_arena scratch = { 0 };
	struct idx_entry entry;
	struct ax_str path;
	int found = idx_files_open(snapshot, &filter, &files, err) < 0 ? -1 : 1;

	while (found > 0 && (found = idx_files_next(files, &entry, err)) > 0) {
		ax_arena_clear(&scratch);
		if (join_path(&entry, &scratch, &path, err) < 0 ||
			offer(nearest, path, err) < 0)
			found = -1;
	}
	idx_files_close(files);
	ax_arena_free(&scratch);
	return found;
}

static int offer_runs(struct nearest *nearest, struct idx_snapshot *snapshot,
	struct ax_error *err)
{
	struct idx_run_cursor *cursor = NULL;
	struct ax_arena scratch = { 0 };
	struct idx_run run;
	int found = idx_run_cursor_open(snapshot, &cursor, err) < 0 ? -1 : 1;

	while (found > 0) {
		ax_arena_clear(&scratch);
		found = idx_run_cursor_next(cursor, &scratch, &run, err);
		if (found > 0 && offer(nearest, run.id, err) < 0)
			found = -1;
	}
	idx_run_cursor_close(cursor);
	ax_arena_free(&scratch);
	return found;
}

int qry_show_similar(struct idx_snapshot *snapshot, struct ax_str name, size_t limit,
	struct ax_arena *arena, struct qry_similar *out, struct ax_error *err)
{
	struct nearest nearest = { .name = name, .limit = limit, .arena = arena };

	nearest.names = ax_arena_alloc(arena, (limit + 1) * sizeof(*nearest.names));
	nearest.distances = ax_arena_alloc(arena, (limit + 1) * sizeof(*nearest.distances));
	if (!nearest.names || !nearest.distances)
		return ax_fail(err, ENOMEM, "no memory for names");
	if (offer_files(&nearest, snapshot, err) < 0 || offer_runs(&nearest, snapshot, err) < 0)
		return -1;
	*out = (struct qry_similar){ nearest.n, nearest.names };
	return 0;
}
