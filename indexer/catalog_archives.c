/*
 * Archived files are stored as chunks like those of files on the disk (chunk.c), but without
 * inodes; schema: catalog.c. There are few archives, and directories with files in several of
 * them are rare: so a path is looked up in all archives that have files of its directory, and a
 * walk looks for what hides its files only where there is such another place.
 */
#include "indexer/catalog_internal.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/reader.h"

#include <errno.h>
#include <stdlib.h>

void catalog_archived_key(struct ax_digest dir, uint32_t archive, uint32_t chunk,
	char key[CATALOG_ARCHIVED_KEY])
{
	memcpy(key, dir.bytes, sizeof(dir.bytes));
	catalog_u32_key(archive, key + sizeof(dir.bytes));
	catalog_u32_key(chunk, key + sizeof(dir.bytes) + sizeof(archive));
}

uint32_t catalog_archived_number(struct ax_str key)
{
	return catalog_key_u32(key.ptr + sizeof(struct ax_digest));
}

/* Records. */

void catalog_archive_encode(struct ax_buf *buf, const struct idx_archive *archive)
{
	ax_buf_append_sized(buf, archive->path);
	ax_buf_append_sized(buf, archive->base);
	ax_buf_append_sized(buf, archive->problem);
	ax_buf_append_u64(buf, archive->dev);
	ax_buf_append_u64(buf, archive->ino);
	ax_buf_append_u64(buf, archive->size);
	ax_buf_append_u64(buf, (uint64_t)archive->mtime);
	ax_buf_append_u64(buf, (uint64_t)archive->ctime);
	ax_buf_append(buf, archive->rules.bytes, sizeof(archive->rules.bytes));
	ax_buf_append_u64(buf, archive->files);
	ax_buf_append_u64(buf, archive->bytes);
}

static bool decode_archive(struct ax_str bytes, struct idx_archive *out)
{
	struct ax_reader reader = { .rest = bytes };

	out->path = ax_reader_sized(&reader);
	out->base = ax_reader_sized(&reader);
	out->problem = ax_reader_sized(&reader);
	out->dev = ax_reader_u64(&reader);
	out->ino = ax_reader_u64(&reader);
	out->size = ax_reader_u64(&reader);
	out->mtime = (ax_nanoseconds)ax_reader_u64(&reader);
	out->ctime = (ax_nanoseconds)ax_reader_u64(&reader);
	struct ax_str rules = ax_reader_bytes(&reader, sizeof(out->rules.bytes));
	out->files = ax_reader_u64(&reader);
	out->bytes = ax_reader_u64(&reader);
	if (reader.failed || reader.rest.len)
		return false;
	memcpy(out->rules.bytes, rules.ptr, sizeof(out->rules.bytes));
	return true;
}

int catalog_archives_load(struct idx_snapshot *snapshot, struct ax_error *err)
{
	struct idx_cursor *cursor = NULL;
	struct ax_str key, value;
	uint64_t count;
	int found = -1;

	if (idx_txn_count(snapshot->txn, IDX_TABLE_ARCHIVES, &count, err) < 0)
		return -1;
	if (!count)
		return 0;
	snapshot->archives = calloc(count, sizeof(*snapshot->archives));
	if (!snapshot->archives)
		return ax_fail(err, ENOMEM, "catalogue: no memory for archives");
	if (idx_cursor_open(snapshot->txn, IDX_TABLE_ARCHIVES, &cursor, err) < 0)
		return -1;
	while ((found = idx_cursor_next(cursor, &key, &value, err)) == 1) {
		struct catalog_archive *archive = &snapshot->archives[snapshot->n_archives];
		if (snapshot->n_archives == count || key.len != sizeof(archive->number) ||
			!decode_archive(value, &archive->record)) {
			found = catalog_damaged(snapshot->catalog, "an archive", err);
			break;
		}
		archive->number = catalog_key_u32(key.ptr);
		snapshot->n_archives++;
	}
	idx_cursor_close(cursor);
	return found;
}

static const struct catalog_archive *find_archive(const struct idx_snapshot *snapshot,
	uint32_t number)
{
	size_t low = 0, high = snapshot->n_archives;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct catalog_archive *archive = &snapshot->archives[middle];
		if (archive->number == number)
			return archive;
		if (archive->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

size_t idx_snapshot_archive_count(const struct idx_snapshot *snapshot)
{
	return snapshot->n_archives;
}

const struct idx_archive *idx_snapshot_archive(const struct idx_snapshot *snapshot, size_t i)
{
	return &snapshot->archives[i].record;
}

const struct idx_archive *idx_snapshot_archive_at(const struct idx_snapshot *snapshot,
	struct ax_str path)
{
	for (size_t i = 0; i < snapshot->n_archives; i++) {
		if (ax_str_equal(snapshot->archives[i].record.path, path))
			return &snapshot->archives[i].record;
	}
	return NULL;
}

/* Single files. */

/* The chunk at key, of an archive that is there: checked. */
static int open_chunk(struct idx_snapshot *snapshot, struct ax_str key, struct ax_str value,
	struct idx_chunk *chunk, const struct catalog_archive **archive, struct ax_error *err)
{
	if (key.len != CATALOG_ARCHIVED_KEY || !idx_chunk_open(value, chunk))
		return catalog_damaged(snapshot->catalog, "an archived directory", err);
	*archive = find_archive(snapshot, catalog_archived_number(key));
	return *archive ? 0 : catalog_damaged(snapshot->catalog, "an archive is missing", err);
}

static bool is_newer(const struct catalog_archive *a, const struct catalog_archive *b)
{
	if (!b || a->record.mtime != b->record.mtime)
		return !b || a->record.mtime > b->record.mtime;
	return ax_str_compare(a->record.path, b->record.path) > 0;
}

/* What was found of a path in archives. */
struct hit {
	struct idx_chunk chunk;
	struct idx_file file;
	const struct catalog_archive *archive; /* NULL: nothing */
};

static int find_hit(struct idx_snapshot *snapshot, struct ax_str dir, struct ax_str name,
	struct hit *out, struct ax_error *err)
{
	struct ax_digest digest = ax_hash128(dir.ptr, dir.len);
	const struct catalog_archive *archive = NULL;
	struct idx_cursor *cursor = NULL;
	struct ax_str key = AX_STR(""), value = AX_STR("");
	struct idx_chunk chunk = { 0 };
	struct idx_file file;
	char start[CATALOG_ARCHIVED_KEY];

	*out = (struct hit){ .archive = NULL };
	if (!snapshot->n_archives)
		return 0;
	if (idx_cursor_open(snapshot->txn, IDX_TABLE_ARCHIVED, &cursor, err) < 0)
		return -1;
	catalog_archived_key(digest, 0, 0, start);
	int found = idx_cursor_seek(cursor, ax_str(start, sizeof(start)), &key, &value, err);
	while (found == 1) {
		if (open_chunk(snapshot, key, value, &chunk, &archive, err) < 0) {
			found = -1;
			break;
		}
		if (memcmp(key.ptr, digest.bytes, sizeof(digest.bytes)) != 0)
			break;
		if (ax_str_equal(chunk.dir, dir) && idx_chunk_find(&chunk, name, &file) &&
			is_newer(archive, out->archive))
			*out = (struct hit){ chunk, file, archive };
		found = idx_cursor_next(cursor, &key, &value, err);
	}
	idx_cursor_close(cursor);
	return found < 0 ? -1 : out->archive != NULL;
}

int idx_snapshot_find_anywhere(struct idx_snapshot *snapshot, struct ax_str path,
	struct idx_entry *out, struct ax_error *err)
{
	struct hit hit;
	int found = idx_snapshot_find(snapshot, path, out, err);

	if (found == 0)
		found = find_hit(snapshot, ax_path_dir(path), ax_path_name(path), &hit, err);
	else
		return found;
	if (found == 1 && catalog_entry(snapshot, &hit.chunk, &hit.file, out, err) < 0)
		return -1;
	if (found == 1)
		out->archive = hit.archive->record.path;
	return found;
}

/* The walk. */

struct catalog_archived {
	struct idx_snapshot *snapshot;
	struct idx_cursor *cursor;
	uint64_t seen; /* chunks */
	const struct catalog_archive *archive;
	bool is_alone; /* no other place has files of the directory */
};

int catalog_archived_open(struct idx_snapshot *snapshot, struct catalog_archived **out,
	struct ax_error *err)
{
	struct catalog_archived *archived = calloc(1, sizeof(*archived));

	if (!archived)
		return ax_fail(err, ENOMEM, "catalogue: no memory to walk over files");
	archived->snapshot = snapshot;
	if (idx_cursor_open(snapshot->txn, IDX_TABLE_ARCHIVED, &archived->cursor, err) < 0) {
		free(archived);
		return -1;
	}
	*out = archived;
	return 0;
}

void catalog_archived_close(struct catalog_archived *archived)
{
	if (!archived)
		return;
	idx_cursor_close(archived->cursor);
	free(archived);
}

/* Whether another archive has files of the directory whose digest key begins with: 1, 0, -1. */
static int is_in_others(struct catalog_archived *archived, const char *key,
	struct ax_error *err)
{
	struct idx_cursor *cursor = NULL;
	struct ax_digest digest;
	struct ax_str other, value;
	char start[CATALOG_ARCHIVED_KEY];
	int found = 0;

	memcpy(digest.bytes, key, sizeof(digest.bytes));
	if (archived->snapshot->n_archives < 2)
		return 0;
	if (idx_cursor_open(archived->snapshot->txn, IDX_TABLE_ARCHIVED, &cursor, err) < 0)
		return -1;
	const uint32_t firsts[] = { 0, archived->archive->number + 1 };
	for (size_t i = 0; i < 2 && found == 0; i++) {
		catalog_archived_key(digest, firsts[i], 0, start);
		found = idx_cursor_seek(cursor, ax_str(start, sizeof(start)), &other, &value,
			err);
		if (found == 1)
			found = other.len == CATALOG_ARCHIVED_KEY &&
				memcmp(other.ptr, key, sizeof(digest.bytes)) == 0 &&
				catalog_archived_number(other) != archived->archive->number;
	}
	idx_cursor_close(cursor);
	return found;
}

int catalog_archived_next(struct catalog_archived *archived, struct idx_chunk *chunk,
	struct ax_error *err)
{
	struct idx_snapshot *snapshot = archived->snapshot;
	struct ax_str key, value;
	struct idx_chunk live;
	char dir_key[CATALOG_DIR_KEY] = { 0 };
	uint64_t count;
	int found = idx_cursor_next(archived->cursor, &key, &value, err);

	if (found < 0)
		return -1;
	if (found == 0) {
		if (idx_txn_count(snapshot->txn, IDX_TABLE_ARCHIVED, &count, err) < 0)
			return -1;
		return count == archived->seen ? 0
					       : catalog_damaged(snapshot->catalog,
							 "archived files are missing", err);
	}
	archived->seen++;
	if (open_chunk(snapshot, key, value, chunk, &archived->archive, err) < 0)
		return -1;
	memcpy(dir_key, key.ptr, sizeof(struct ax_digest));
	int others = is_in_others(archived, key.ptr, err);
	found = others < 0 ? -1
			   : catalog_chunk_get(snapshot->catalog, snapshot->txn, dir_key, &live,
				     err);
	archived->is_alone = !others && !found;
	return found < 0 ? -1 : 1;
}

int catalog_archived_shows(struct catalog_archived *archived, const struct idx_chunk *chunk,
	struct ax_str name, struct ax_error *err)
{
	struct ax_buf path = { 0 };
	struct idx_entry entry;
	int found = 1;

	if (archived->is_alone)
		return 1;
	ax_path_join(&path, chunk->dir, name);
	if (ax_buf_check(&path, "catalogue", err) < 0)
		found = -1;
	else
		found = idx_snapshot_find_anywhere(archived->snapshot, ax_buf_str(&path),
			&entry, err);
	ax_buf_free(&path);
	if (found < 0)
		return -1;
	return found == 1 && ax_str_equal(entry.archive, archived->archive->record.path);
}

struct ax_str catalog_archived_path(const struct catalog_archived *archived)
{
	return archived->archive->record.path;
}
