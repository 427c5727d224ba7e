#include "indexer/update.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/reader.h"
#include "indexer/catalog_internal.h"
#include "indexer/detail.h"
#include "safetensors/header.h"

#include <errno.h>
#include <stdlib.h>

enum {
	/* What one transaction of a first update may write: bounds the memory for dirty pages. */
	PIECE_BYTES = 16 * 1024 * 1024,
	VALUE_OVERHEAD = 64,
	LARGE_VALUE = 2048,
	SWEEP_AFTER = 4096, /* outdated things, and more than a half of all details */
	PAGE = 4096,
};

struct idx_update {
	struct idx_catalog *catalog;
	struct idx_txn *txn;
	bool is_first;
	bool changed;
	uint64_t written; /* bytes since the last commit, roughly */
	struct catalog_state state;
	struct idx_intern classes;
	struct idx_intern notes; /* why, NUL, problem */
	uint32_t *note_numbers;  /* by place in notes */
	size_t note_capacity;
	bool notes_loaded;
	struct idx_intern layouts; /* digests that are known to be stored */
	struct ax_buf chunk, value;
};

/* A new note's number goes with its place in the table of those known. */
static int remember_note(struct idx_update *update, struct ax_str text, uint32_t number,
	struct ax_error *err)
{
	uint32_t place;

	if (!idx_intern_add(&update->notes, text, &place))
		return ax_fail(err, ENOMEM, "catalogue: no memory for its notes");
	if (place >= update->note_capacity) {
		size_t capacity = (size_t)place * 2 + 64;
		uint32_t *numbers = realloc(update->note_numbers, capacity * sizeof(*numbers));
		if (!numbers)
			return ax_fail(err, ENOMEM, "catalogue: no memory for its notes");
		update->note_numbers = numbers;
		update->note_capacity = capacity;
	}
	update->note_numbers[place] = number;
	return 0;
}

static void join_note(struct ax_buf *buf, struct ax_str why, struct ax_str problem)
{
	ax_buf_clear(buf);
	ax_buf_append_sized(buf, why);
	ax_buf_append_sized(buf, problem);
}

static int load_notes(struct idx_update *update, struct ax_error *err)
{
	struct idx_cursor *cursor = NULL;
	struct ax_str key, value;
	int found = -1;

	if (update->notes_loaded)
		return 0;
	if (idx_cursor_open(update->txn, IDX_TABLE_NOTES, &cursor, err) < 0)
		return -1;
	while ((found = idx_cursor_next(cursor, &key, &value, err)) == 1) {
		if (key.len != sizeof(uint32_t)) {
			found = catalog_damaged(update->catalog, "a note", err);
			break;
		}
		if (remember_note(update, value, catalog_key_u32(key.ptr), err) < 0) {
			found = -1;
			break;
		}
	}
	idx_cursor_close(cursor);
	update->notes_loaded = found == 0;
	return found;
}

static int load_classes(struct idx_update *update, const struct idx_snapshot *snapshot,
	struct ax_error *err)
{
	uint32_t id;

	for (size_t i = 0; i < snapshot->classes.count; i++) {
		if (!idx_intern_add(&update->classes, snapshot->classes.items[i], &id))
			return ax_fail(err, ENOMEM, "catalogue: no memory for its classes");
	}
	return 0;
}

/* Forget what is there, and begin as a catalogue that is not complete. */
static int start_over(struct idx_update *update, struct ax_error *err)
{
	char version[4] = { CATALOG_VERSION, 0, 0, 0 };

	for (unsigned i = 0; i < IDX_TABLE_COUNT; i++) {
		if (idx_txn_clear(update->txn, (enum idx_table)i, err) < 0)
			return -1;
	}
	update->is_first = true;
	update->changed = true;
	update->notes_loaded = true;
	update->state = (struct catalog_state){ .next_detail = 1 };
	if (idx_txn_put(update->txn, IDX_TABLE_META, AX_STR("schema"),
		    ax_str(version, sizeof(version)), 0, err) < 0)
		return -1;
	return catalog_state_put(update->txn, &update->state, err);
}

int idx_update_begin(struct idx_catalog *catalog, struct idx_update **out, struct ax_error *err)
{
	struct idx_snapshot *before = NULL;
	struct idx_update *update = calloc(1, sizeof(*update));
	int status = -1;

	if (!update)
		return ax_fail(err, ENOMEM, "catalogue: no memory to change it");
	update->catalog = catalog;
	if (idx_txn_begin(catalog->store, true, &update->txn, err) < 0 ||
		catalog_snapshot_of(catalog, update->txn, &before, err) < 0)
		goto out;
	update->state = before->state;
	if (before->state.complete)
		status = load_classes(update, before, err);
	else
		status = start_over(update, err);
out:
	idx_snapshot_end(before);
	if (status == 0)
		*out = update;
	else
		idx_update_abort(update);
	return status;
}

void idx_update_abort(struct idx_update *update)
{
	if (!update)
		return;
	idx_txn_abort(update->txn);
	idx_intern_free(&update->classes);
	idx_intern_free(&update->notes);
	idx_intern_free(&update->layouts);
	free(update->note_numbers);
	ax_buf_free(&update->chunk);
	ax_buf_free(&update->value);
	free(update);
}

bool idx_update_is_first(const struct idx_update *update)
{
	return update->is_first;
}

/* A first update is committed once enough is written. */
static int commit_piece(struct idx_update *update, struct ax_error *err)
{
	struct idx_txn *txn = update->txn;

	if (!update->is_first || update->written < PIECE_BYTES)
		return 0;
	update->written = 0;
	update->txn = NULL;
	if (idx_txn_commit(txn, err) < 0)
		return -1;
	return idx_txn_begin(update->catalog->store, true, &update->txn, err);
}

static void count_written(struct idx_update *update, struct ax_str value)
{
	update->changed = true;
	update->written += value.len + VALUE_OVERHEAD;
	if (value.len > LARGE_VALUE)
		update->written += PAGE / 2;
}

static int put(struct idx_update *update, enum idx_table table, struct ax_str key,
	struct ax_str value, unsigned flags, struct ax_error *err)
{
	count_written(update, value);
	return idx_txn_put(update->txn, table, key, value, flags, err);
}

int idx_update_class(struct idx_update *update, struct ax_str name, uint32_t *out,
	struct ax_error *err)
{
	if (!idx_intern_find(&update->classes, name, out)) {
		if (update->classes.count >= CATALOG_CLASSES)
			return ax_fail(err, EOVERFLOW, "catalogue: too many classes");
		if (!idx_intern_add(&update->classes, name, out))
			return ax_fail(err, ENOMEM, "catalogue: no memory for its classes");
	}
	return 0;
}

int idx_update_note(struct idx_update *update, struct ax_str why, struct ax_str problem,
	uint32_t *out, struct ax_error *err)
{
	char key[4];
	uint32_t place;

	if (load_notes(update, err) < 0)
		return -1;
	join_note(&update->value, why, problem);
	if (ax_buf_check(&update->value, "catalogue", err) < 0)
		return -1;
	if (!idx_intern_find(&update->notes, ax_buf_str(&update->value), &place)) {
		uint32_t number = update->state.next_note;
		if (number == UINT32_MAX)
			return ax_fail(err, EOVERFLOW, "catalogue: too many notes");
		catalog_u32_key(number, key);
		if (remember_note(update, ax_buf_str(&update->value), number, err) < 0 ||
			put(update, IDX_TABLE_NOTES, ax_str(key, sizeof(key)),
				ax_buf_str(&update->value), IDX_PUT_APPEND, err) < 0)
			return -1;
		update->state.next_note++;
		update->state.outdated++;
		*out = number;
		return 0;
	}
	*out = update->note_numbers[place];
	return 0;
}

int idx_update_detail(struct idx_update *update, struct ax_str encoded, uint64_t *key,
	struct ax_error *err)
{
	char bytes[8];
	struct ax_str before;

	if (*key == 0) {
		catalog_u64_key(update->state.next_detail, bytes);
		if (put(update, IDX_TABLE_DETAILS, ax_str(bytes, sizeof(bytes)), encoded,
			    IDX_PUT_APPEND, err) < 0)
			return -1;
		*key = update->state.next_detail++;
		return 0;
	}
	catalog_u64_key(*key, bytes);
	int found = idx_txn_get(update->txn, IDX_TABLE_DETAILS, ax_str(bytes, sizeof(bytes)),
		&before, err);
	if (found < 0)
		return -1;
	if (found == 1 && ax_str_equal(before, encoded))
		return 0;
	update->state.outdated += (uint64_t)found;
	return put(update, IDX_TABLE_DETAILS, ax_str(bytes, sizeof(bytes)), encoded, 0, err);
}

int idx_update_drop_detail(struct idx_update *update, uint64_t key, struct ax_error *err)
{
	char bytes[8];

	catalog_u64_key(key, bytes);
	update->changed = true;
	update->state.outdated++;
	return idx_txn_delete(update->txn, IDX_TABLE_DETAILS, ax_str(bytes, sizeof(bytes)),
		err);
}

int idx_update_layout(struct idx_update *update, const struct sft_layout *layout,
	struct ax_error *err)
{
	struct ax_digest digest = sft_layout_exact_digest(layout);
	struct ax_str key = ax_str((const char *)digest.bytes, sizeof(digest.bytes));
	struct ax_str before;
	uint32_t place;

	if (idx_intern_find(&update->layouts, key, &place))
		return 0;
	int found = idx_txn_get(update->txn, IDX_TABLE_LAYOUTS, key, &before, err);
	if (found < 0)
		return -1;
	if (found == 0) {
		ax_buf_clear(&update->value);
		idx_layout_encode(&update->value, layout);
		if (ax_buf_check(&update->value, "catalogue", err) < 0 ||
			put(update, IDX_TABLE_LAYOUTS, key, ax_buf_str(&update->value), 0,
				err) < 0)
			return -1;
	}
	if (!idx_intern_add(&update->layouts, key, &place))
		return ax_fail(err, ENOMEM, "catalogue: no memory for layouts");
	return 0;
}

/* Zones. */

/* The zones of one chunk: at most one a file, and two that stand in place of classes. */
struct zones {
	size_t count;
	struct {
		uint32_t class_id;
		struct catalog_zone zone;
	} items[IDX_CHUNK_FILES + 2];
};

static struct catalog_zone *zone_of(struct zones *zones, uint32_t class_id)
{
	for (size_t i = 0; i < zones->count; i++) {
		if (zones->items[i].class_id == class_id)
			return &zones->items[i].zone;
	}
	zones->items[zones->count].class_id = class_id;
	zones->items[zones->count].zone = (struct catalog_zone){
		.size_min = UINT64_MAX,
		.mtime_min = INT64_MAX,
		.mtime_max = INT64_MIN,
	};
	return &zones->items[zones->count++].zone;
}

static void widen(struct catalog_zone *zone, const struct idx_file *file)
{
	zone->files++;
	zone->bytes += file->size;
	if (file->size < zone->size_min)
		zone->size_min = file->size;
	if (file->size > zone->size_max)
		zone->size_max = file->size;
	if (file->mtime < zone->mtime_min)
		zone->mtime_min = file->mtime;
	if (file->mtime > zone->mtime_max)
		zone->mtime_max = file->mtime;
}

static void add_to_zones(struct zones *zones, const struct idx_file *file)
{
	widen(zone_of(zones, file->class_id), file);
	if (file->flags & IDX_FILE_RELATED)
		widen(zone_of(zones, CATALOG_RELATED), file);
	if (file->flags & IDX_FILE_ARCHIVE)
		widen(zone_of(zones, CATALOG_ARCHIVES), file);
}

static void zones_of_chunk(const struct idx_chunk *chunk, struct zones *out)
{
	struct idx_chunk_cursor cursor = { .chunk = chunk };
	struct idx_file file;

	out->count = 0;
	while (idx_chunk_next(&cursor, &file))
		add_to_zones(out, &file);
}

static void zones_of_source(const struct idx_chunk_source *chunk, struct zones *out)
{
	out->count = 0;
	for (size_t i = 0; i < chunk->n; i++)
		add_to_zones(out, &chunk->files[i]);
}

static int drop_zone(struct idx_update *update, uint32_t class_id, const char *dir_key,
	struct ax_error *err)
{
	char key[CATALOG_ZONE_KEY];

	catalog_zone_key(class_id, dir_key, key);
	return idx_txn_delete(update->txn, IDX_TABLE_ZONES, ax_str(key, sizeof(key)), err);
}

/* Zones of before that are not in after go, those of after are stored. */
static int replace_zones(struct idx_update *update, const char *dir_key,
	const struct zones *before, const struct zones *after, struct ax_error *err)
{
	char key[CATALOG_ZONE_KEY];

	for (size_t i = 0; i < before->count; i++) {
		bool stays = false;
		for (size_t k = 0; k < after->count; k++)
			stays = stays || after->items[k].class_id == before->items[i].class_id;
		if (!stays && drop_zone(update, before->items[i].class_id, dir_key, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < after->count; i++) {
		catalog_zone_key(after->items[i].class_id, dir_key, key);
		ax_buf_clear(&update->value);
		catalog_zone_encode(&update->value, &after->items[i].zone);
		if (ax_buf_check(&update->value, "catalogue", err) < 0 ||
			put(update, IDX_TABLE_ZONES, ax_str(key, sizeof(key)),
				ax_buf_str(&update->value), 0, err) < 0)
			return -1;
	}
	return 0;
}

/* Chunks. */

int idx_update_find_chunk(struct idx_update *update, struct ax_digest dir, uint32_t number,
	struct idx_chunk *out, struct ax_error *err)
{
	char key[CATALOG_DIR_KEY];

	catalog_dir_key(dir, number, key);
	return catalog_chunk_get(update->catalog, update->txn, key, out, err);
}

/* The first chunk under its key, as nearly all of a first scan are: 1, 0 when one is there, -1. */
static int add_chunk(struct idx_update *update, const struct idx_chunk_source *chunk,
	struct ax_str key, struct ax_error *err)
{
	static const struct zones none;
	struct zones zones;

	int added =
		idx_txn_add(update->txn, IDX_TABLE_DIRS, key, ax_buf_str(&update->chunk), err);
	if (added != 1)
		return added;
	count_written(update, ax_buf_str(&update->chunk));
	if (chunk->number == 0)
		update->state.stored_dirs++;
	zones_of_source(chunk, &zones);
	return replace_zones(update, key.ptr, &none, &zones, err) < 0 ? -1 : 1;
}

/* Another chunk in place of the one under key, unless it is the same. */
static int change_chunk(struct idx_update *update, const struct idx_chunk_source *chunk,
	struct ax_str key, struct ax_error *err)
{
	struct zones before, after;
	struct idx_chunk stored;
	struct ax_str value;

	int found = idx_txn_get(update->txn, IDX_TABLE_DIRS, key, &value, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return catalog_damaged(update->catalog, "a directory is missing", err);
	if (ax_str_equal(value, ax_buf_str(&update->chunk)))
		return 0;
	if (catalog_chunk_decode(update->catalog, key, value, &stored, err) < 0)
		return -1;
	if (!ax_str_equal(stored.dir, chunk->dir))
		return ax_fail(err, AX_ECATALOG,
			"%.*s: has the same digest as %.*s: both cannot be stored",
			AX_STR_ARG(chunk->dir), AX_STR_ARG(stored.dir));
	zones_of_chunk(&stored, &before);
	zones_of_source(chunk, &after);
	if (put(update, IDX_TABLE_DIRS, key, ax_buf_str(&update->chunk), 0, err) < 0)
		return -1;
	return replace_zones(update, key.ptr, &before, &after, err);
}

int idx_update_chunk(struct idx_update *update, const struct idx_chunk_source *chunk,
	struct ax_error *err)
{
	char bytes[CATALOG_DIR_KEY];

	catalog_dir_key(ax_hash128(chunk->dir.ptr, chunk->dir.len), chunk->number, bytes);
	struct ax_str key = ax_str(bytes, sizeof(bytes));
	ax_buf_clear(&update->chunk);
	idx_chunk_encode(&update->chunk, chunk);
	if (ax_buf_check(&update->chunk, "catalogue", err) < 0)
		return -1;
	int added = add_chunk(update, chunk, key, err);
	if (added < 0 || (added == 0 && change_chunk(update, chunk, key, err) < 0))
		return -1;
	return commit_piece(update, err);
}

int idx_update_drop_chunks(struct idx_update *update, struct ax_digest dir, uint32_t number,
	struct ax_error *err)
{
	static const struct zones none;
	struct idx_chunk stored;
	struct zones before;
	char key[CATALOG_DIR_KEY];

	for (;; number++) {
		int found = idx_update_find_chunk(update, dir, number, &stored, err);
		if (found != 1)
			return found;
		zones_of_chunk(&stored, &before);
		catalog_dir_key(dir, number, key);
		update->changed = true;
		if (number == 0)
			update->state.stored_dirs--;
		if (idx_txn_delete(update->txn, IDX_TABLE_DIRS, ax_str(key, sizeof(key)), err) <
				0 ||
			replace_zones(update, key, &before, &none, err) < 0)
			return -1;
	}
}

struct idx_txn *idx_update_change(struct idx_update *update)
{
	update->changed = true;
	return update->txn;
}

/* Runs. */

int idx_update_clear_runs(struct idx_update *update, struct ax_error *err)
{
	update->changed = true;
	update->state.runs = 0;
	if (idx_txn_clear(update->txn, IDX_TABLE_RUNS, err) < 0)
		return -1;
	return idx_txn_clear(update->txn, IDX_TABLE_OWNERS, err);
}

int idx_update_run(struct idx_update *update, struct ax_str encoded, struct ax_error *err)
{
	char key[4];

	catalog_u32_key((uint32_t)update->state.runs, key);
	if (put(update, IDX_TABLE_RUNS, ax_str(key, sizeof(key)), encoded, IDX_PUT_APPEND,
		    err) < 0)
		return -1;
	update->state.runs++;
	return commit_piece(update, err);
}

int idx_update_owner(struct idx_update *update, uint64_t detail, struct ax_str encoded,
	struct ax_error *err)
{
	char key[8];

	catalog_u64_key(detail, key);
	if (put(update, IDX_TABLE_OWNERS, ax_str(key, sizeof(key)), encoded, 0, err) < 0)
		return -1;
	return commit_piece(update, err);
}

/* The end. */

/* Add up the zones: what the class table says is what a walk through a class must find. */
static int sum_classes(struct idx_update *update, struct idx_class_sum *sums,
	struct ax_error *err)
{
	struct idx_cursor *cursor = NULL;
	struct ax_str key, value;
	struct catalog_zone zone;
	int found;

	if (idx_cursor_open(update->txn, IDX_TABLE_ZONES, &cursor, err) < 0)
		return -1;
	while ((found = idx_cursor_next(cursor, &key, &value, err)) == 1) {
		if (key.len != CATALOG_ZONE_KEY) {
			found = catalog_damaged(update->catalog, "a zone", err);
			break;
		}
		uint32_t id =
			(uint32_t)((unsigned char)key.ptr[0] << 8 | (unsigned char)key.ptr[1]);
		if (id >= CATALOG_CLASSES)
			continue;
		if (id >= update->classes.count || !catalog_zone_decode(value, &zone)) {
			found = catalog_damaged(update->catalog, "a zone", err);
			break;
		}
		sums[id].files += zone.files;
		sums[id].bytes += zone.bytes;
	}
	idx_cursor_close(cursor);
	return found;
}

static int put_sums(struct idx_update *update, struct ax_error *err)
{
	struct idx_class_sum *sums = calloc(update->classes.count + 1, sizeof(*sums));
	int status = -1;

	if (!sums)
		return ax_fail(err, ENOMEM, "catalogue: no memory for its classes");
	if (sum_classes(update, sums, err) < 0)
		goto out;
	update->state.files = 0;
	update->state.bytes = 0;
	for (size_t i = 0; i < update->classes.count; i++) {
		update->state.files += sums[i].files;
		update->state.bytes += sums[i].bytes;
	}
	status = catalog_classes_put(update->txn, &update->classes, sums, err);
out:
	free(sums);
	return status;
}

int idx_update_snapshot(struct idx_update *update, struct idx_snapshot **out,
	struct ax_error *err)
{
	struct catalog_state state = update->state;

	state.complete = true;
	if (put_sums(update, err) < 0 || catalog_state_put(update->txn, &state, err) < 0)
		return -1;
	return catalog_snapshot_of(update->catalog, update->txn, out, err);
}

static int sweep_now_and_then(struct idx_update *update, struct ax_error *err)
{
	uint64_t details;

	if (update->is_first || update->state.outdated < SWEEP_AFTER)
		return 0;
	if (idx_txn_count(update->txn, IDX_TABLE_DETAILS, &details, err) < 0)
		return -1;
	if (update->state.outdated < details / 2)
		return 0;
	update->state.outdated = 0;
	return catalog_sweep(update->catalog, update->txn, update->state.next_note, err);
}

int idx_update_commit(struct idx_update *update, const struct idx_update_totals *totals,
	struct ax_error *err)
{
	struct idx_txn *txn = update->txn;
	int status = -1;

	if (update->changed &&
		(sweep_now_and_then(update, err) < 0 || put_sums(update, err) < 0))
		goto out;
	update->state.complete = true;
	update->state.scanned = totals->scanned;
	update->state.directories = totals->directories;
	update->state.root_dev = totals->root_dev;
	update->state.root_ino = totals->root_ino;
	update->state.rules = totals->rules;
	if (catalog_state_put(txn, &update->state, err) < 0)
		goto out;
	update->txn = NULL;
	status = idx_txn_commit(txn, err);
out:
	idx_update_abort(update);
	return status;
}
