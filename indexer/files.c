/*
 * Walking over files takes one of three ways. Of one directory: its chunks by number. Without
 * classes: all chunks in the order of their keys. With classes: the zones of each class, merged so
 * that chunks come in the same order and once; a chunk is only read when the zone of a wanted class
 * leaves room for the size and time asked for.
 *
 * Archived files follow, where they are asked for: all their chunks are looked at (see
 * catalog_archives.c).
 *
 * A walk that reaches the end checks that it saw as many chunks, or files of a class, as the
 * catalogue says there are: a page that LMDB silently skipped is damage.
 */
#include "indexer/catalog_internal.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* The zones of one class, and where the walk stands in them. */
struct lane {
	uint32_t class_id;
	struct idx_cursor *cursor;
	bool at_end;
	char key[CATALOG_DIR_KEY];
	struct catalog_zone zone;
	uint64_t files; /* in the zones so far */
};

/* The one directory that is walked over. */
struct place {
	bool is_set;
	struct ax_str dir;
	struct ax_digest digest; /* of dir */
	uint32_t number;         /* of the chunk that comes next */
	bool at_end;
};

struct idx_files {
	struct idx_snapshot *snapshot;
	struct idx_filter filter;
	struct place place;
	uint32_t special; /* what stands in place of a class, or 0 */
	size_t n_lanes;   /* 0: all chunks */
	struct lane *lanes;
	struct idx_cursor *chunks;
	struct catalog_archived *archived; /* NULL: still among those on the disk */
	uint64_t chunk_count;
	uint64_t visited;
	struct idx_chunk chunk;
	struct idx_chunk_cursor cursor;
};

static const struct place everywhere;

static int start_lane(struct idx_files *files, struct lane *lane, struct ax_error *err);

static int open_lanes(struct idx_files *files, struct ax_error *err)
{
	const struct idx_filter *filter = &files->filter;

	files->lanes = calloc(filter->n_classes + 1, sizeof(*files->lanes));
	if (!files->lanes)
		return ax_fail(err, ENOMEM, "catalogue: no memory to walk over files");
	if (files->special) {
		files->lanes[files->n_lanes++].class_id = files->special;
		return start_lane(files, files->lanes, err);
	}
	for (size_t i = 0; i < filter->n_classes; i++) {
		bool is_new = filter->classes[i] < files->snapshot->classes.count;
		for (size_t k = 0; k < files->n_lanes; k++)
			is_new = is_new && files->lanes[k].class_id != filter->classes[i];
		if (!is_new)
			continue;
		struct lane *lane = &files->lanes[files->n_lanes++];
		lane->class_id = filter->classes[i];
		if (start_lane(files, lane, err) < 0)
			return -1;
	}
	return 0;
}

static int open_files(struct idx_snapshot *snapshot, const struct idx_filter *filter,
	uint32_t special, const struct place *place, struct idx_files **out,
	struct ax_error *err)
{
	struct idx_files *files = calloc(1, sizeof(*files));
	int status;

	if (!files)
		return ax_fail(err, ENOMEM, "catalogue: no memory to walk over files");
	files->snapshot = snapshot;
	files->filter = *filter;
	files->special = special;
	files->place = *place;
	files->cursor.chunk = &files->chunk;
	if (place->is_set)
		status = 0;
	else if (filter->classes || special)
		status = open_lanes(files, err);
	else
		status = idx_cursor_open(snapshot->txn, IDX_TABLE_DIRS, &files->chunks, err);
	if (status < 0) {
		idx_files_close(files);
		return -1;
	}
	*out = files;
	return 0;
}

int idx_files_open(struct idx_snapshot *snapshot, const struct idx_filter *filter,
	struct idx_files **out, struct ax_error *err)
{
	return open_files(snapshot, filter, 0, &everywhere, out, err);
}

int idx_files_open_dir(struct idx_snapshot *snapshot, struct ax_str dir, struct idx_files **out,
	struct ax_error *err)
{
	struct idx_filter everything = { 0 };
	struct place place = {
		.is_set = true, .dir = dir, .digest = ax_hash128(dir.ptr, dir.len)
	};

	return open_files(snapshot, &everything, 0, &place, out, err);
}

int catalog_related_open(struct idx_snapshot *snapshot, struct idx_files **out,
	struct ax_error *err)
{
	struct idx_filter everything = { .archived = true };

	return open_files(snapshot, &everything, CATALOG_RELATED, &everywhere, out, err);
}

int idx_archive_files_open(struct idx_snapshot *snapshot, struct idx_files **out,
	struct ax_error *err)
{
	struct idx_filter everything = { 0 };

	return open_files(snapshot, &everything, CATALOG_ARCHIVES, &everywhere, out, err);
}

void idx_files_close(struct idx_files *files)
{
	if (!files)
		return;
	idx_cursor_close(files->chunks);
	catalog_archived_close(files->archived);
	for (size_t i = 0; i < files->n_lanes; i++)
		idx_cursor_close(files->lanes[i].cursor);
	free(files->lanes);
	free(files);
}

uint64_t idx_files_visited(const struct idx_files *files)
{
	return files->visited;
}

/* What a step of the zones' cursor found becomes the lane's place. */
static int take_zone(struct idx_files *files, struct lane *lane, int found, struct ax_str key,
	struct ax_str value, struct ax_error *err)
{
	struct idx_snapshot *snapshot = files->snapshot;

	if (found < 0)
		return -1;
	if (found == 1 && key.len != CATALOG_ZONE_KEY)
		return catalog_damaged(snapshot->catalog, "a zone", err);
	uint32_t class_id =
		found ? (uint32_t)((unsigned char)key.ptr[0] << 8 | (unsigned char)key.ptr[1])
		      : UINT32_MAX;
	if (class_id != lane->class_id) {
		lane->at_end = true;
		if (!files->special && lane->files != snapshot->sums[lane->class_id].files)
			return catalog_damaged(snapshot->catalog, "files are missing", err);
		return 0;
	}
	if (!catalog_zone_decode(value, &lane->zone))
		return catalog_damaged(snapshot->catalog, "a zone", err);
	memcpy(lane->key, key.ptr + 2, sizeof(lane->key));
	lane->files += lane->zone.files;
	return 0;
}

static int start_lane(struct idx_files *files, struct lane *lane, struct ax_error *err)
{
	static const char zeros[CATALOG_DIR_KEY];
	char start[CATALOG_ZONE_KEY];
	struct ax_str key = AX_STR("");
	struct ax_str value = AX_STR("");

	if (idx_cursor_open(files->snapshot->txn, IDX_TABLE_ZONES, &lane->cursor, err) < 0)
		return -1;
	catalog_zone_key(lane->class_id, zeros, start);
	int found =
		idx_cursor_seek(lane->cursor, ax_str(start, sizeof(start)), &key, &value, err);
	return take_zone(files, lane, found, key, value, err);
}

static int advance_lane(struct idx_files *files, struct lane *lane, struct ax_error *err)
{
	struct ax_str key = AX_STR("");
	struct ax_str value = AX_STR("");
	int found = idx_cursor_next(lane->cursor, &key, &value, err);

	return take_zone(files, lane, found, key, value, err);
}

static bool zone_fits(const struct idx_filter *filter, const struct catalog_zone *zone)
{
	if (filter->has_size &&
		(zone->size_max < filter->size_min || zone->size_min > filter->size_max))
		return false;
	return !filter->has_mtime ||
	       (zone->mtime_max >= filter->mtime_min && zone->mtime_min <= filter->mtime_max);
}

/* The next chunk that a lane asks for: its key, and whether any zone fits. */
static int next_by_zones(struct idx_files *files, char key[CATALOG_DIR_KEY], bool *fits,
	struct ax_error *err)
{
	const struct lane *first = NULL;

	for (size_t i = 0; i < files->n_lanes; i++) {
		const struct lane *lane = &files->lanes[i];
		if (!lane->at_end &&
			(!first || memcmp(lane->key, first->key, CATALOG_DIR_KEY) < 0))
			first = lane;
	}
	if (!first)
		return 0;
	memcpy(key, first->key, CATALOG_DIR_KEY);
	*fits = false;
	for (size_t i = 0; i < files->n_lanes; i++) {
		struct lane *lane = &files->lanes[i];
		if (lane->at_end || memcmp(lane->key, key, CATALOG_DIR_KEY) != 0)
			continue;
		*fits = *fits || zone_fits(&files->filter, &lane->zone);
		if (advance_lane(files, lane, err) < 0)
			return -1;
	}
	return 1;
}

static int next_chunk_by_zones(struct idx_files *files, struct ax_error *err)
{
	struct idx_catalog *catalog = files->snapshot->catalog;
	char key[CATALOG_DIR_KEY];
	bool fits = false;

	while (!fits) {
		int found = next_by_zones(files, key, &fits, err);
		if (found != 1)
			return found;
	}
	int found = catalog_chunk_get(catalog, files->snapshot->txn, key, &files->chunk, err);
	return found == 0 ? catalog_damaged(catalog, "a directory is missing", err) : found;
}

static int next_chunk_of_all(struct idx_files *files, struct ax_error *err)
{
	struct idx_snapshot *snapshot = files->snapshot;
	struct ax_str key, value;
	uint64_t count;
	int found = idx_cursor_next(files->chunks, &key, &value, err);

	if (found < 0)
		return -1;
	if (found == 0) {
		if (idx_txn_count(snapshot->txn, IDX_TABLE_DIRS, &count, err) < 0)
			return -1;
		if (count != files->chunk_count)
			return catalog_damaged(snapshot->catalog, "directories are missing",
				err);
		return 0;
	}
	files->chunk_count++;
	return catalog_chunk_decode(snapshot->catalog, key, value, &files->chunk, err) < 0 ? -1
											   : 1;
}

static int next_chunk_of_place(struct idx_files *files, struct ax_error *err)
{
	struct idx_catalog *catalog = files->snapshot->catalog;
	struct place *place = &files->place;
	char key[CATALOG_DIR_KEY];

	if (place->at_end)
		return 0;
	catalog_dir_key(place->digest, place->number, key);
	int found = catalog_chunk_get(catalog, files->snapshot->txn, key, &files->chunk, err);
	if (found == 0 && place->number > 0)
		return catalog_damaged(catalog, "a directory is missing", err);
	if (found == 1 && !ax_str_equal(files->chunk.dir, place->dir))
		found = 0; /* another one, of the same digest */
	place->number++;
	place->at_end = found != 1 || !files->chunk.has_more;
	return found;
}

/*
 * Whether a path of the chunk may have the part that is asked for. What follows the last "/" of
 * the part must stand in a name; names lie one behind the other, so this may also be a chance hit.
 */
static bool may_have_part(const struct idx_chunk *chunk, const struct idx_filter *filter)
{
	struct ax_str part = filter->part;
	size_t slash = ax_str_find_last(part, '/');
	struct ax_str tail = slash < part.len ? ax_str_slice(part, slash + 1, part.len) : part;

	if (filter->or_detail && idx_chunk_largest(chunk, IDX_COLUMN_DETAIL) > 0)
		return true;
	return ax_str_contains_nocase(chunk->names, tail) ||
	       ax_str_contains_nocase(chunk->dir, part);
}

/* Whether the chunk may hold what is asked for, by its directory and the bounds of its columns. */
static bool chunk_fits(const struct idx_files *files)
{
	const struct idx_filter *filter = &files->filter;
	const struct idx_chunk *chunk = &files->chunk;

	if (!ax_path_below(chunk->dir, filter->below) || !may_have_part(chunk, filter))
		return false;
	if (filter->has_size &&
		(idx_chunk_largest(chunk, IDX_COLUMN_SIZE) < filter->size_min ||
			idx_chunk_smallest(chunk, IDX_COLUMN_SIZE) > filter->size_max))
		return false;
	if (!filter->has_mtime)
		return true;
	ax_nanoseconds latest = (ax_nanoseconds)idx_chunk_largest(chunk, IDX_COLUMN_MTIME);
	ax_nanoseconds earliest = (ax_nanoseconds)idx_chunk_smallest(chunk, IDX_COLUMN_MTIME);
	return latest >= filter->mtime_min && earliest <= filter->mtime_max;
}

static int next_chunk(struct idx_files *files, struct ax_error *err)
{
	int found;

	do {
		if (files->archived)
			found = catalog_archived_next(files->archived, &files->chunk, err);
		else if (files->place.is_set)
			found = next_chunk_of_place(files, err);
		else if (files->lanes)
			found = next_chunk_by_zones(files, err);
		else
			found = next_chunk_of_all(files, err);
	} while (found == 1 && !chunk_fits(files));
	files->cursor.index = 0;
	files->cursor.name_offset = 0;
	return found;
}

static bool file_fits(const struct idx_files *files, const struct idx_file *file)
{
	const struct idx_filter *filter = &files->filter;
	bool has_class = !filter->classes;

	for (size_t i = 0; !has_class && i < filter->n_classes; i++)
		has_class = filter->classes[i] == file->class_id;
	if (!has_class)
		return false;
	if (files->special == CATALOG_RELATED && !(file->flags & IDX_FILE_RELATED))
		return false;
	if (files->special == CATALOG_ARCHIVES && !(file->flags & IDX_FILE_ARCHIVE))
		return false;
	if (filter->has_size &&
		(file->size < filter->size_min || file->size > filter->size_max))
		return false;
	return !filter->has_mtime ||
	       (file->mtime >= filter->mtime_min && file->mtime <= filter->mtime_max);
}

/* The file as an entry: 1, 0 when another one hides it, -1. */
static int make_entry(struct idx_files *files, const struct idx_file *file,
	struct idx_entry *out, struct ax_error *err)
{
	int shows = 1;

	if (files->archived)
		shows = catalog_archived_shows(files->archived, &files->chunk, file->name, err);
	if (shows == 1 && catalog_entry(files->snapshot, &files->chunk, file, out, err) < 0)
		shows = -1;
	if (shows == 1 && files->archived)
		out->archive = catalog_archived_path(files->archived);
	return shows;
}

/* Behind the files on the disk: 1 when archived ones follow, 0, -1. */
static int turn_to_archives(struct idx_files *files, struct ax_error *err)
{
	if (files->archived || !files->filter.archived || !files->snapshot->n_archives)
		return 0;
	return catalog_archived_open(files->snapshot, &files->archived, err) < 0 ? -1 : 1;
}

int idx_files_next(struct idx_files *files, struct idx_entry *out, struct ax_error *err)
{
	struct idx_file file;

	for (;;) {
		while (files->cursor.index < files->chunk.count &&
			idx_chunk_next(&files->cursor, &file)) {
			files->visited++;
			if (!file_fits(files, &file))
				continue;
			int shows = make_entry(files, &file, out, err);
			if (shows != 0)
				return shows;
		}
		int found = next_chunk(files, err);
		if (found == 0) {
			files->chunk.count = 0;
			found = turn_to_archives(files, err);
			if (found == 1)
				continue;
		}
		if (found != 1)
			return found;
	}
}
