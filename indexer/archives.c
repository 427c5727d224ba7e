#include "indexer/archives.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/reader.h"
#include "indexer/catalog_internal.h"
#include "indexer/detail.h"
#include "indexer/examine.h"
#include "indexer/scan_internal.h"

#include <errno.h>
#include <stdlib.h>

/* A file of the archive at hand; strings are the caller's. */
struct member {
	struct ax_str dir;
	struct idx_file file;
};

struct idx_archives_update {
	struct idx_update *update;
	struct idx_update_totals totals;
	uint32_t next; /* number of the next new archive */
	bool has_archive;
	struct idx_archive archive;
	size_t n_members, capacity;
	struct member *members;
	struct ax_buf value;
};

/* Beginning. */

static int read_state(struct idx_archives_update *u, struct ax_error *err)
{
	struct idx_snapshot *snapshot = NULL;

	if (idx_update_snapshot(u->update, &snapshot, err) < 0)
		return -1;
	const struct catalog_state *state = &snapshot->state;
	u->totals = (struct idx_update_totals){
		.scanned = state->scanned,
		.directories = state->directories,
		.root_dev = state->root_dev,
		.root_ino = state->root_ino,
		.rules = state->rules,
	};
	if (snapshot->n_archives)
		u->next = snapshot->archives[snapshot->n_archives - 1].number + 1;
	idx_snapshot_end(snapshot);
	return u->next < UINT32_MAX ? 0
				    : ax_fail(err, EOVERFLOW, "catalogue: too many archives");
}

int idx_archives_begin(struct idx_catalog *catalog, struct idx_archives_update **out,
	struct ax_error *err)
{
	struct idx_archives_update *u = calloc(1, sizeof(*u));

	if (!u)
		return ax_fail(err, ENOMEM, "catalogue: no memory for archives");
	if (idx_update_begin(catalog, &u->update, err) < 0 || read_state(u, err) < 0) {
		idx_archives_abort(u);
		return -1;
	}
	*out = u;
	return 0;
}

void idx_archives_abort(struct idx_archives_update *u)
{
	if (!u)
		return;
	idx_update_abort(u->update);
	free(u->members);
	ax_buf_free(&u->value);
	free(u);
}

/* Forgetting. */

/* Its chunks' keys, one behind the other; details that nobody needs any more are dropped. */
static int list_chunks(struct idx_archives_update *u, uint32_t number, struct ax_buf *keys,
	struct ax_buf *details, struct ax_error *err)
{
	struct idx_cursor *cursor = NULL;
	struct ax_str key, value;
	struct idx_chunk chunk;
	struct idx_file file;
	int found;

	if (idx_cursor_open(idx_update_change(u->update), IDX_TABLE_ARCHIVED, &cursor, err) < 0)
		return -1;
	while ((found = idx_cursor_next(cursor, &key, &value, err)) == 1) {
		if (key.len != CATALOG_ARCHIVED_KEY || !idx_chunk_open(value, &chunk)) {
			found = ax_fail(err, AX_ECATALOG,
				"catalogue: damaged (an archived directory); run artidx scan "
				"--rebuild");
			break;
		}
		if (catalog_archived_number(key) != number)
			continue;
		ax_buf_append_str(keys, key);
		struct idx_chunk_cursor files = { .chunk = &chunk };
		while (idx_chunk_next(&files, &file)) {
			if (file.detail)
				ax_buf_append_u64(details, file.detail);
		}
	}
	idx_cursor_close(cursor);
	return found;
}

static int drop_chunks(struct idx_archives_update *u, uint32_t number, struct ax_error *err)
{
	struct ax_buf keys = { 0 }, details = { 0 };
	int status = list_chunks(u, number, &keys, &details, err);

	if (status == 0 && (ax_buf_check(&keys, "catalogue", err) < 0 ||
				   ax_buf_check(&details, "catalogue", err) < 0))
		status = -1;
	for (size_t at = 0; status == 0 && at < keys.len; at += CATALOG_ARCHIVED_KEY)
		status = idx_txn_delete(idx_update_change(u->update), IDX_TABLE_ARCHIVED,
			ax_str(keys.data + at, CATALOG_ARCHIVED_KEY), err);
	struct ax_reader reader = { .rest = ax_buf_str(&details) };
	while (status == 0 && reader.rest.len)
		status = idx_update_drop_detail(u->update, ax_reader_u64(&reader), err);
	ax_buf_free(&keys);
	ax_buf_free(&details);
	return status;
}

int idx_archives_forget(struct idx_archives_update *u, struct ax_str path, struct ax_error *err)
{
	struct idx_snapshot *snapshot = NULL;
	uint32_t number = 0;
	bool known = false;
	char key[4];

	if (idx_update_snapshot(u->update, &snapshot, err) < 0)
		return -1;
	for (size_t i = 0; i < snapshot->n_archives; i++) {
		if (ax_str_equal(snapshot->archives[i].record.path, path)) {
			number = snapshot->archives[i].number;
			known = true;
		}
	}
	idx_snapshot_end(snapshot);
	if (!known)
		return 0;
	catalog_u32_key(number, key);
	if (drop_chunks(u, number, err) < 0)
		return -1;
	return idx_txn_delete(idx_update_change(u->update), IDX_TABLE_ARCHIVES,
		ax_str(key, sizeof(key)), err);
}

/* Adding. */

static int by_place(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = ax_str_compare(x->dir, y->dir);

	return order ? order : ax_str_compare(x->file.name, y->file.name);
}

/* Members first to end - 1 are in one directory. */
static int put_chunk(struct idx_archives_update *u, size_t first, size_t end, uint32_t chunk,
	struct ax_error *err)
{
	struct idx_file files[IDX_CHUNK_FILES];
	struct ax_str dir = u->members[first].dir;
	struct idx_chunk_source source = { .dir = dir, .n = end - first, .files = files };
	char key[CATALOG_ARCHIVED_KEY];

	for (size_t i = first; i < end; i++)
		files[i - first] = u->members[i].file;
	catalog_archived_key(ax_hash128(dir.ptr, dir.len), u->next, chunk, key);
	ax_buf_clear(&u->value);
	idx_chunk_encode(&u->value, &source);
	if (ax_buf_check(&u->value, "catalogue", err) < 0)
		return -1;
	return idx_txn_put(idx_update_change(u->update), IDX_TABLE_ARCHIVED,
		ax_str(key, sizeof(key)), ax_buf_str(&u->value), 0, err);
}

static int put_members(struct idx_archives_update *u, struct ax_error *err)
{
	size_t end;
	uint32_t chunk = 0;

	if (u->n_members)
		qsort(u->members, u->n_members, sizeof(*u->members), by_place);
	for (size_t first = 0; first < u->n_members; first = end) {
		struct ax_str dir = u->members[first].dir;
		for (end = first + 1; end < u->n_members && end - first < IDX_CHUNK_FILES &&
				      ax_str_equal(u->members[end].dir, dir);)
			end++;
		if (first && !ax_str_equal(u->members[first - 1].dir, dir))
			chunk = 0;
		if (put_chunk(u, first, end, chunk++, err) < 0)
			return -1;
	}
	return 0;
}

int idx_archives_end(struct idx_archives_update *u, struct ax_error *err)
{
	char key[4];

	if (!u->has_archive)
		return 0;
	if (put_members(u, err) < 0)
		return -1;
	catalog_u32_key(u->next, key);
	ax_buf_clear(&u->value);
	catalog_archive_encode(&u->value, &u->archive);
	if (ax_buf_check(&u->value, "catalogue", err) < 0 ||
		idx_txn_put(idx_update_change(u->update), IDX_TABLE_ARCHIVES,
			ax_str(key, sizeof(key)), ax_buf_str(&u->value), 0, err) < 0)
		return -1;
	u->next++;
	u->n_members = 0;
	u->has_archive = false;
	return 0;
}

int idx_archives_add(struct idx_archives_update *u, const struct idx_archive *archive,
	struct ax_error *err)
{
	if (idx_archives_end(u, err) < 0 || idx_archives_forget(u, archive->path, err) < 0)
		return -1;
	u->archive = *archive;
	u->archive.files = 0;
	u->archive.bytes = 0;
	u->has_archive = true;
	return 0;
}

static struct member *need_member(struct idx_archives_update *u, struct ax_error *err)
{
	if (u->n_members == u->capacity) {
		size_t capacity = u->capacity * 2 + 256;
		struct member *members = reallocarray(u->members, capacity, sizeof(*members));
		if (!members) {
			ax_fail(err, ENOMEM, "catalogue: no memory for archived files");
			return NULL;
		}
		u->members = members;
		u->capacity = capacity;
	}
	return &u->members[u->n_members];
}

/* Give a finding its numbers. */
static int settle(struct idx_archives_update *u, const struct idx_finding *found,
	struct idx_file *file, struct ax_error *err)
{
	if (idx_update_class(u->update, found->class_name, &file->class_id, err) < 0 ||
		idx_update_note(u->update, found->why, found->problem, &file->note, err) < 0)
		return -1;
	if (found->has_detail) {
		ax_buf_clear(&u->value);
		idx_detail_encode(&u->value, &found->detail);
		if (ax_buf_check(&u->value, "catalogue", err) < 0 ||
			idx_update_detail(u->update, ax_buf_str(&u->value), &file->detail,
				err) < 0)
			return -1;
	}
	return found->layout ? idx_update_layout(u->update, found->layout, err) : 0;
}

int idx_archives_add_file(struct idx_archives_update *u, const struct idx_archived_file *file,
	struct ax_error *err)
{
	const struct idx_finding *found = file->finding;
	struct member *member = need_member(u, err);

	if (!member)
		return -1;
	*member = (struct member){
		.dir = file->dir,
		.file = {
			.name = file->name,
			.size = file->size,
			.mtime = file->mtime,
			.ctime = file->mtime,
			.flags = (uint32_t)file->type << IDX_FILE_TYPE_SHIFT |
				 (uint32_t)found->status |
				 (found->misnamed ? IDX_FILE_MISNAMED : 0) |
				 (idx_finding_is_related(found) ? IDX_FILE_RELATED : 0),
		},
	};
	if (settle(u, found, &member->file, err) < 0)
		return -1;
	u->n_members++;
	u->archive.files++;
	u->archive.bytes += file->size;
	return 0;
}

void idx_archives_blame(struct idx_archives_update *u, struct ax_str problem)
{
	u->archive.problem = problem;
}

int idx_archives_commit(struct idx_archives_update *u, const char *root, struct ax_error *err)
{
	int status = -1;

	if (idx_archives_end(u, err) == 0 && scan_derive_runs(u->update, root, err) == 0) {
		struct idx_update *update = u->update;
		u->update = NULL;
		status = idx_update_commit(update, &u->totals, err);
	}
	idx_archives_abort(u);
	return status;
}
