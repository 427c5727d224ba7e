/*
 * The catalogue's schema, version 2. Tables are LMDB's named databases; what lies around a value
 * (its checksum) is described in store_access.c. Numbers in keys are big-endian, numbers in values
 * little-endian; varint and text are explained in detail.c.
 *
 *	meta     "schema"   u32 version
 *	         "state"    see catalog_state_put()
 *	         "classes"  varint count; each: text name, varint files, varint bytes. The place in
 *	                    the list is the class's number.
 *	dirs     XXH3-128 of the directory's path, u32 number of the chunk
 *	                    -> a chunk of its files: chunk.c
 *	zones    u16 class, key in dirs
 *	                    -> u32 files, u64 bytes, u64 smallest, largest size, i64 earliest,
 *	                       latest mtime of the class's files in that chunk. Class 0xFFFF: files
 *	                       that runs are derived from; 0xFFFE: files named *.tar.zst.
 *	details  u64 number -> a detail: detail.c. Numbers only rise.
 *	layouts  16 bytes, the exact layout's digest -> a tensor list: detail.c
 *	notes    u32 number -> text evidence, text problem
 *	runs     u32 number, in order of ids -> a run: detail.c
 *	owners   u64 number of a detail -> an owner: detail.c
 *	archives u32 number -> one *.tar.zst that was looked into: text path, text the directory that
 *	                       its members were in, text problem; u64 device, inode, size, i64
 *	                       mtime, ctime; 16 bytes digest of the rules; u64 files, bytes
 *	archived XXH3-128 of a directory's path, u32 number of an archive, u32 number of the chunk
 *	                    -> a chunk of archived files; inodes and device are 0
 *
 * Directories are found by the digest of their path, because paths do not fit into keys; a digest
 * that two paths share is noticed by the path in the chunk. A first scan commits in pieces with
 * state "not complete", which readers take for no catalogue at all; every later change is one
 * transaction.
 */
#include "indexer/catalog_internal.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/reader.h"
#include "indexer/detail.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

/* Keys. */

void catalog_u32_key(uint32_t number, char key[4])
{
	uint32_t stored = htobe32(number);

	memcpy(key, &stored, sizeof(stored));
}

void catalog_u64_key(uint64_t number, char key[8])
{
	uint64_t stored = htobe64(number);

	memcpy(key, &stored, sizeof(stored));
}

uint32_t catalog_key_u32(const char *bytes)
{
	uint32_t stored;

	memcpy(&stored, bytes, sizeof(stored));
	return be32toh(stored);
}

void catalog_dir_key(struct ax_digest dir, uint32_t chunk, char key[CATALOG_DIR_KEY])
{
	memcpy(key, dir.bytes, sizeof(dir.bytes));
	catalog_u32_key(chunk, key + sizeof(dir.bytes));
}

void catalog_zone_key(uint32_t class_id, const char *dir_key, char key[CATALOG_ZONE_KEY])
{
	key[0] = (char)(class_id >> 8);
	key[1] = (char)class_id;
	memcpy(key + 2, dir_key, CATALOG_DIR_KEY);
}

/* Values. */

int catalog_damaged(const struct idx_catalog *catalog, const char *what, struct ax_error *err)
{
	return ax_fail(err, AX_ECATALOG, "%s: damaged (%s); run artidx scan --rebuild",
		idx_store_path(catalog->store), what);
}

void catalog_zone_encode(struct ax_buf *buf, const struct catalog_zone *zone)
{
	ax_buf_append_u32(buf, zone->files);
	ax_buf_append_u64(buf, zone->bytes);
	ax_buf_append_u64(buf, zone->size_min);
	ax_buf_append_u64(buf, zone->size_max);
	ax_buf_append_u64(buf, (uint64_t)zone->mtime_min);
	ax_buf_append_u64(buf, (uint64_t)zone->mtime_max);
}

bool catalog_zone_decode(struct ax_str bytes, struct catalog_zone *out)
{
	struct ax_reader reader = { .rest = bytes };

	out->files = ax_reader_u32(&reader);
	out->bytes = ax_reader_u64(&reader);
	out->size_min = ax_reader_u64(&reader);
	out->size_max = ax_reader_u64(&reader);
	out->mtime_min = (ax_nanoseconds)ax_reader_u64(&reader);
	out->mtime_max = (ax_nanoseconds)ax_reader_u64(&reader);
	return !reader.failed && reader.rest.len == 0;
}

/*
 * The state: u8 complete; u64 number of the transaction; u64 scanned, directories, stored dirs, next detail, outdated; u32
 * next note; u64 root's device and inode; 16 bytes digest of the rules; u64 files, bytes, runs.
 */
int catalog_state_put(struct idx_txn *txn, const struct catalog_state *state,
	struct ax_error *err)
{
	struct ax_buf buf = { 0 };
	int status = -1;

	ax_buf_append_byte(&buf, state->complete);
	ax_buf_append_u64(&buf, idx_txn_number(txn));
	ax_buf_append_u64(&buf, (uint64_t)state->scanned);
	ax_buf_append_u64(&buf, state->directories);
	ax_buf_append_u64(&buf, state->stored_dirs);
	ax_buf_append_u64(&buf, state->next_detail);
	ax_buf_append_u64(&buf, state->outdated);
	ax_buf_append_u32(&buf, state->next_note);
	ax_buf_append_u64(&buf, state->root_dev);
	ax_buf_append_u64(&buf, state->root_ino);
	ax_buf_append(&buf, state->rules.bytes, sizeof(state->rules.bytes));
	ax_buf_append_u64(&buf, state->files);
	ax_buf_append_u64(&buf, state->bytes);
	ax_buf_append_u64(&buf, state->runs);
	if (ax_buf_check(&buf, "catalogue", err) == 0)
		status = idx_txn_put(txn, IDX_TABLE_META, AX_STR("state"), ax_buf_str(&buf), 0,
			err);
	ax_buf_free(&buf);
	return status;
}

static bool state_decode(struct ax_str bytes, struct catalog_state *out)
{
	struct ax_reader reader = { .rest = bytes };

	out->complete = ax_reader_byte(&reader) != 0;
	out->number = ax_reader_u64(&reader);
	out->scanned = (ax_nanoseconds)ax_reader_u64(&reader);
	out->directories = ax_reader_u64(&reader);
	out->stored_dirs = ax_reader_u64(&reader);
	out->next_detail = ax_reader_u64(&reader);
	out->outdated = ax_reader_u64(&reader);
	out->next_note = ax_reader_u32(&reader);
	out->root_dev = ax_reader_u64(&reader);
	out->root_ino = ax_reader_u64(&reader);
	struct ax_str rules = ax_reader_bytes(&reader, sizeof(out->rules.bytes));
	out->files = ax_reader_u64(&reader);
	out->bytes = ax_reader_u64(&reader);
	out->runs = ax_reader_u64(&reader);
	if (reader.failed || reader.rest.len)
		return false;
	memcpy(out->rules.bytes, rules.ptr, sizeof(out->rules.bytes));
	return true;
}

int catalog_classes_put(struct idx_txn *txn, const struct idx_intern *classes,
	const struct idx_class_sum *sums, struct ax_error *err)
{
	struct ax_buf buf = { 0 };
	int status = -1;

	ax_buf_append_varint(&buf, classes->count);
	for (size_t i = 0; i < classes->count; i++) {
		ax_buf_append_sized(&buf, classes->items[i]);
		ax_buf_append_varint(&buf, sums[i].files);
		ax_buf_append_varint(&buf, sums[i].bytes);
	}
	if (ax_buf_check(&buf, "catalogue", err) == 0)
		status = idx_txn_put(txn, IDX_TABLE_META, AX_STR("classes"), ax_buf_str(&buf),
			0, err);
	ax_buf_free(&buf);
	return status;
}

/* Snapshots. */

/* 1 when there is a schema that we know, 0 when nothing was ever written, -1. */
static int check_schema(const struct idx_catalog *catalog, struct idx_txn *txn,
	struct ax_error *err)
{
	struct ax_str value;
	int found = idx_txn_get(txn, IDX_TABLE_META, AX_STR("schema"), &value, err);

	if (found != 1)
		return found;
	struct ax_reader reader = { .rest = value };
	uint32_t version = ax_reader_u32(&reader);
	if (reader.failed)
		return catalog_damaged(catalog, "schema", err);
	if (version != CATALOG_VERSION)
		return ax_fail(err, AX_ECATALOG,
			"%s: made by %s artidx (schema %u, this one has %d); use that one, or "
			"run "
			"artidx scan --rebuild",
			idx_store_path(catalog->store),
			version > CATALOG_VERSION ? "a newer" : "an older", version,
			CATALOG_VERSION);
	return 1;
}

static int read_state(struct idx_snapshot *snapshot, struct ax_error *err)
{
	struct ax_str value;
	int found = check_schema(snapshot->catalog, snapshot->txn, err);

	if (found != 1)
		return found;
	found = idx_txn_get(snapshot->txn, IDX_TABLE_META, AX_STR("state"), &value, err);
	if (found == 1 && !state_decode(value, &snapshot->state))
		found = 0;
	return found == 0 ? catalog_damaged(snapshot->catalog, "state", err) : found;
}

static int read_classes(struct idx_snapshot *snapshot, struct ax_error *err)
{
	struct ax_str value;
	int found = idx_txn_get(snapshot->txn, IDX_TABLE_META, AX_STR("classes"), &value, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return catalog_damaged(snapshot->catalog, "no classes", err);
	struct ax_reader reader = { .rest = value };
	size_t count = ax_reader_count(&reader, 3);
	snapshot->sums = calloc(count + 1, sizeof(*snapshot->sums));
	if (!snapshot->sums)
		return ax_fail(err, ENOMEM, "catalogue: no memory for its classes");
	for (size_t i = 0; i < count; i++) {
		struct ax_str name = ax_reader_sized(&reader);
		uint32_t id;
		if (!idx_intern_add(&snapshot->classes, name, &id))
			return ax_fail(err, ENOMEM, "catalogue: no memory for its classes");
		snapshot->sums[i].files = ax_reader_varint(&reader);
		snapshot->sums[i].bytes = ax_reader_varint(&reader);
	}
	if (reader.failed || reader.rest.len || snapshot->classes.count != count)
		return catalog_damaged(snapshot->catalog, "classes", err);
	return 0;
}

int catalog_snapshot_of(struct idx_catalog *catalog, struct idx_txn *txn,
	struct idx_snapshot **out, struct ax_error *err)
{
	struct idx_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	int status = -1;

	if (!snapshot)
		return ax_fail(err, ENOMEM, "catalogue: no memory to read it");
	snapshot->catalog = catalog;
	snapshot->txn = txn;
	int found = read_state(snapshot, err);
	if (found < 0)
		goto out;
	if (found == 1 && snapshot->state.complete &&
		(read_classes(snapshot, err) < 0 || catalog_archives_load(snapshot, err) < 0))
		goto out;
	snapshot->notes =
		calloc(snapshot->state.next_note + (size_t)1, sizeof(*snapshot->notes));
	if (!snapshot->notes) {
		ax_fail(err, ENOMEM, "catalogue: no memory for its notes");
		goto out;
	}
	*out = snapshot;
	snapshot = NULL;
	status = 0;
out:
	idx_snapshot_end(snapshot);
	return status;
}

int idx_snapshot_begin(struct idx_catalog *catalog, struct idx_snapshot **out,
	struct ax_error *err)
{
	struct idx_snapshot *snapshot = NULL;
	struct idx_txn *txn = NULL;

	if (idx_txn_begin(catalog->store, false, &txn, err) < 0)
		return -1;
	if (catalog_snapshot_of(catalog, txn, &snapshot, err) < 0) {
		idx_txn_abort(txn);
		return -1;
	}
	snapshot->owns_txn = true;
	if (!snapshot->state.complete) {
		idx_snapshot_end(snapshot);
		return ax_fail(err, ENOENT, "%s: no scan was finished yet",
			idx_store_path(catalog->store));
	}
	/* Every complete state is written whole: an older one here is a page out of place. */
	if (snapshot->state.number != idx_txn_number(snapshot->txn)) {
		idx_snapshot_end(snapshot);
		return catalog_damaged(catalog, "an older state", err);
	}
	*out = snapshot;
	return 0;
}

void idx_snapshot_end(struct idx_snapshot *snapshot)
{
	if (!snapshot)
		return;
	if (snapshot->owns_txn)
		idx_txn_abort(snapshot->txn);
	idx_intern_free(&snapshot->classes);
	free(snapshot->sums);
	free(snapshot->notes);
	free(snapshot->archives);
	free(snapshot);
}

/* Opening. */

int catalog_open(const char *path, const struct idx_store_options *options,
	struct idx_catalog **out, struct ax_error *err)
{
	struct idx_snapshot *snapshot = NULL;
	struct idx_txn *txn = NULL;
	struct idx_catalog *catalog = calloc(1, sizeof(*catalog));
	int status = -1;

	if (!catalog)
		return ax_fail(err, ENOMEM, "%s: no memory to open it", path);
	if (idx_store_open(path, options, &catalog->store, err) < 0)
		goto out;
	/* Damaged, foreign and newer ones are told now rather than at the first look. */
	if (idx_txn_begin(catalog->store, false, &txn, err) < 0 ||
		catalog_snapshot_of(catalog, txn, &snapshot, err) < 0)
		goto out;
	if (!options->write && !snapshot->state.complete) {
		ax_fail(err, ENOENT, "%s: no scan was finished yet", path);
		goto out;
	}
	status = 0;
out:
	idx_snapshot_end(snapshot);
	idx_txn_abort(txn);
	if (status == 0)
		*out = catalog;
	else
		idx_catalog_close(catalog);
	return status;
}

int idx_catalog_open(const char *path, enum idx_access access, struct idx_catalog **out,
	struct ax_error *err)
{
	struct idx_store_options options = { .write = access == IDX_WRITE };

	return catalog_open(path, &options, out, err);
}

void idx_catalog_close(struct idx_catalog *catalog)
{
	if (!catalog)
		return;
	idx_store_close(catalog->store);
	free(catalog);
}

int idx_catalog_grow(struct idx_catalog *catalog, struct ax_error *err)
{
	return idx_store_grow(catalog->store, err);
}

int idx_catalog_remove(const char *path, struct ax_error *err)
{
	return idx_store_remove(path, err);
}

/* What a snapshot says as a whole. */

void idx_snapshot_totals(const struct idx_snapshot *snapshot, struct idx_totals *out)
{
	*out = (struct idx_totals){
		.scanned = snapshot->state.scanned,
		.files = snapshot->state.files,
		.directories = snapshot->state.directories,
		.bytes = snapshot->state.bytes,
		.runs = snapshot->state.runs,
	};
}

uint32_t idx_snapshot_class_count(const struct idx_snapshot *snapshot)
{
	return (uint32_t)snapshot->classes.count;
}

struct ax_str idx_snapshot_class_name(const struct idx_snapshot *snapshot, uint32_t id)
{
	return snapshot->classes.items[id];
}

bool idx_snapshot_class_id(const struct idx_snapshot *snapshot, struct ax_str name,
	uint32_t *out)
{
	uint32_t id;

	if (!idx_intern_find(&snapshot->classes, name, &id) ||
		(!snapshot->sums[id].files && !snapshot->n_archives))
		return false;
	*out = id;
	return true;
}

int idx_snapshot_class_sums(struct idx_snapshot *snapshot, struct idx_class_sum *sums,
	struct ax_error *err)
{
	(void)err;
	if (snapshot->classes.count)
		memcpy(sums, snapshot->sums, snapshot->classes.count * sizeof(*sums));
	return 0;
}

/* Single files. */

int catalog_note_get(struct idx_snapshot *snapshot, uint32_t number,
	const struct catalog_note **out, struct ax_error *err)
{
	char key[4];
	struct ax_str value;

	if (number >= snapshot->state.next_note)
		return catalog_damaged(snapshot->catalog, "a note is missing", err);
	struct catalog_note *note = &snapshot->notes[number];
	if (!note->known) {
		catalog_u32_key(number, key);
		int found = idx_txn_get(snapshot->txn, IDX_TABLE_NOTES,
			ax_str(key, sizeof(key)), &value, err);
		if (found < 0)
			return -1;
		if (found == 0)
			return catalog_damaged(snapshot->catalog, "a note is missing", err);
		struct ax_reader reader = { .rest = value };
		note->why = ax_reader_sized(&reader);
		note->problem = ax_reader_sized(&reader);
		if (reader.failed)
			return catalog_damaged(snapshot->catalog, "a note", err);
		note->known = true;
	}
	*out = note;
	return 0;
}

int catalog_entry(struct idx_snapshot *snapshot, const struct idx_chunk *chunk,
	const struct idx_file *file, struct idx_entry *out, struct ax_error *err)
{
	const struct catalog_note *note;

	if (file->class_id >= snapshot->classes.count ||
		idx_file_status(file) >= IDX_STATUS_COUNT || idx_file_type(file) > IDX_SPECIAL)
		return catalog_damaged(snapshot->catalog, "a file", err);
	if (catalog_note_get(snapshot, file->note, &note, err) < 0)
		return -1;
	*out = (struct idx_entry){
		.dir = chunk->dir,
		.name = file->name,
		.type = idx_file_type(file),
		.dev = chunk->dev,
		.ino = file->ino,
		.size = file->size,
		.mtime = file->mtime,
		.ctime = file->ctime,
		.racy = file->flags & IDX_FILE_RACY,
		.linked = file->flags & IDX_FILE_LINKED,
		.status = idx_file_status(file),
		.misnamed = file->flags & IDX_FILE_MISNAMED,
		.class_name = snapshot->classes.items[file->class_id],
		.class_id = file->class_id,
		.why = note->why,
		.problem = note->problem,
		.detail = file->detail,
	};
	return 0;
}

int catalog_chunk_decode(const struct idx_catalog *catalog, struct ax_str key,
	struct ax_str value, struct idx_chunk *out, struct ax_error *err)
{
	if (key.len != CATALOG_DIR_KEY || !idx_chunk_open(value, out))
		return catalog_damaged(catalog, "a directory", err);
	return 0;
}

int catalog_chunk_get(struct idx_catalog *catalog, struct idx_txn *txn, const char *dir_key,
	struct idx_chunk *out, struct ax_error *err)
{
	struct ax_str key = ax_str(dir_key, CATALOG_DIR_KEY);
	struct ax_str value;
	int found = idx_txn_get(txn, IDX_TABLE_DIRS, key, &value, err);

	if (found == 1 && catalog_chunk_decode(catalog, key, value, out, err) < 0)
		return -1;
	return found;
}

/*
 * The first chunk of dir that does not end before name: 1, 0, -1. Numbers are doubled until there
 * is one or the chunks end, and then halved: a directory may have thousands of chunks.
 */
static int find_chunk(struct idx_snapshot *snapshot, struct ax_str dir, struct ax_str name,
	struct idx_chunk *out, struct ax_error *err)
{
	struct ax_digest digest = ax_hash128(dir.ptr, dir.len);
	uint32_t low = 0, high = UINT32_MAX;
	char key[CATALOG_DIR_KEY];
	struct idx_chunk chunk = { 0 };
	int status = 0;

	while (low < high) {
		uint32_t number = high == UINT32_MAX ? 2 * low : low + (high - low) / 2;
		catalog_dir_key(digest, number, key);
		int found =
			catalog_chunk_get(snapshot->catalog, snapshot->txn, key, &chunk, err);
		if (found < 0)
			return -1;
		if (found && !ax_str_equal(chunk.dir, dir))
			return 0;
		if (found && ax_str_compare(idx_chunk_last_name(&chunk), name) < 0) {
			low = number + 1;
			continue;
		}
		high = number;
		if (found) {
			*out = chunk;
			status = 1;
		}
	}
	return status;
}

int idx_snapshot_find(struct idx_snapshot *snapshot, struct ax_str path, struct idx_entry *out,
	struct ax_error *err)
{
	struct ax_str name = ax_path_name(path);
	struct idx_chunk chunk;
	struct idx_file file;
	int found = find_chunk(snapshot, ax_path_dir(path), name, &chunk, err);

	if (found <= 0 || !idx_chunk_find(&chunk, name, &file))
		return found < 0 ? -1 : 0;
	return catalog_entry(snapshot, &chunk, &file, out, err) < 0 ? -1 : 1;
}

int idx_snapshot_detail(struct idx_snapshot *snapshot, const struct idx_entry *entry,
	struct ax_arena *arena, struct idx_detail *out, struct ax_error *err)
{
	char key[8];
	struct ax_str value;
	bool no_memory;

	catalog_u64_key(entry->detail, key);
	int found = idx_txn_get(snapshot->txn, IDX_TABLE_DETAILS, ax_str(key, sizeof(key)),
		&value, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return catalog_damaged(snapshot->catalog, "a detail is missing", err);
	if (idx_detail_decode(value, arena, out, &no_memory))
		return 0;
	if (no_memory)
		return ax_fail(err, ENOMEM, "%.*s: no memory for its detail",
			AX_STR_ARG(entry->name));
	return catalog_damaged(snapshot->catalog, "a detail", err);
}

/* Tensors. */

struct idx_tensors {
	struct idx_catalog *catalog;
	struct idx_layout_reader reader;
};

int idx_tensors_open(struct idx_snapshot *snapshot, const struct idx_detail *detail,
	struct idx_tensors **out, struct ax_error *err)
{
	struct idx_tensors *tensors = calloc(1, sizeof(*tensors));
	struct ax_str value = AX_STR("\0"); /* a list of none */

	if (!tensors)
		return ax_fail(err, ENOMEM, "catalogue: no memory for tensors");
	tensors->catalog = snapshot->catalog;
	if (detail->has_tensors) {
		struct ax_str key = ax_str((const char *)detail->exact_layout.bytes,
			sizeof(detail->exact_layout.bytes));
		int found = idx_txn_get(snapshot->txn, IDX_TABLE_LAYOUTS, key, &value, err);
		if (found == 0)
			catalog_damaged(snapshot->catalog, "a tensor list is missing", err);
		if (found != 1) {
			free(tensors);
			return -1;
		}
	}
	if (!idx_layout_open(value, &tensors->reader)) {
		free(tensors);
		return catalog_damaged(snapshot->catalog, "a tensor list", err);
	}
	*out = tensors;
	return 0;
}

int idx_tensors_next(struct idx_tensors *tensors, struct idx_tensor *out, struct ax_error *err)
{
	int found = idx_layout_next(&tensors->reader, out);

	if (found < 0 && (tensors->reader.name.failed || tensors->reader.shape.failed))
		return ax_fail(err, ENOMEM, "catalogue: no memory for a tensor list");
	return found < 0 ? catalog_damaged(tensors->catalog, "a tensor list", err) : found;
}

void idx_tensors_close(struct idx_tensors *tensors)
{
	if (!tensors)
		return;
	idx_layout_fini(&tensors->reader);
	free(tensors);
}
