#include "indexer/scan_internal.h"

#include <errno.h>
#include <stdlib.h>

static int load_old(struct scan_worker *worker, const struct scan_visit *visit,
	struct ax_error *err)
{
	char key[CATALOG_DIR_KEY];
	bool has_more = worker->before != NULL;

	worker->n_old = 0;
	while (has_more) {
		if (worker->n_old == worker->old_capacity) {
			size_t capacity = worker->old_capacity * 2 + 16;
			struct idx_chunk *old = realloc(worker->old, capacity * sizeof(*old));
			if (!old)
				return scan_no_memory(visit->dir->path, err);
			worker->old = old;
			worker->old_capacity = capacity;
		}
		struct idx_chunk *chunk = &worker->old[worker->n_old];
		catalog_dir_key(visit->digest, (uint32_t)worker->n_old, key);
		int found = catalog_chunk_get(worker->scan->catalog, worker->before->txn, key,
			chunk, err);
		if (found < 0)
			return -1;
		if (found == 0 && worker->n_old > 0)
			return catalog_damaged(worker->scan->catalog, "a directory is missing",
				err);
		if (found == 0)
			return 0;
		if (!ax_str_equal(chunk->dir, visit->dir->path))
			return ax_fail(err, AX_ECATALOG,
				"%.*s: has the same digest as %.*s: both cannot be stored",
				AX_STR_ARG(visit->dir->path), AX_STR_ARG(chunk->dir));
		worker->n_old++;
		has_more = chunk->has_more;
	}
	return 0;
}

/* Walks through all old files of the directory. */
struct old_cursor {
	const struct scan_worker *worker;
	size_t chunk; /* the number of those begun */
	struct idx_chunk_cursor files;
};

static bool next_old(struct old_cursor *cursor, struct idx_file *out)
{
	for (;;) {
		if (cursor->files.chunk && idx_chunk_next(&cursor->files, out))
			return true;
		if (cursor->chunk == cursor->worker->n_old)
			return false;
		cursor->files = (struct idx_chunk_cursor){
			.chunk = &cursor->worker->old[cursor->chunk++],
		};
	}
}

static bool is_wanted(const struct idx_walk_dir *dir, struct ax_str name)
{
	size_t low = 0;
	size_t high = dir->names ? dir->names->n : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ax_str_compare(dir->names->names[middle], name);
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return !dir->names;
}

/* Whether nothing says that the file changed since it was stored. */
static bool is_same(const struct idx_listed *now, const struct idx_file *old, uint64_t dev)
{
	return !now->hidden && now->ino == old->ino && now->size == old->size &&
	       now->mtime == old->mtime && now->ctime == old->ctime && now->dev == dev &&
	       now->type == idx_file_type(old);
}

/* Whether a file that did not change must be looked at again all the same. */
static bool needs_look(const struct idx_file *old)
{
	enum idx_status status = idx_file_status(old);

	return old->flags & IDX_FILE_RACY || status == IDX_WRITING || status == IDX_UNREADABLE;
}

static bool is_unchanged(struct scan_worker *worker, const struct scan_visit *visit,
	bool *has_problems)
{
	struct old_cursor cursor = { .worker = worker };
	size_t count = idx_listing_count(worker->listing);
	size_t i = 0;
	struct idx_file old;

	*has_problems = false;
	if (worker->scan->examine_all && count)
		return false;
	while (next_old(&cursor, &old)) {
		if (visit->dir->names && !is_wanted(visit->dir, old.name))
			continue;
		if (i == count)
			return false;
		const struct idx_listed *now = idx_listing_file(worker->listing, i++);
		if (!is_same(now, &old, cursor.files.chunk->dev) || needs_look(&old) ||
			!ax_str_equal(now->name, old.name))
			return false;
		if (idx_file_status(&old) != IDX_OK)
			*has_problems = true;
	}
	return i == count;
}

static int handle_removed(struct scan_worker *worker, const struct scan_visit *visit,
	const struct idx_file *old, uint64_t dev, struct ax_error *err)
{
	worker->counts.removed++;
	if (scan_note_removed(worker, visit, old, dev, false, err) < 0 ||
		scan_drop_detail(worker, old->detail, err) < 0)
		return -1;
	if (old->flags & IDX_FILE_RELATED)
		worker->batch->related = true;
	return 0;
}

/* A file that was listed and gone when it was to be opened. old is NULL for a new one. */
static int handle_vanished(struct scan_worker *worker, const struct scan_visit *visit,
	const struct idx_listed *now, const struct idx_file *old, uint64_t old_dev,
	struct ax_error *err)
{
	worker->counts.files--;
	worker->counts.bytes -= now->size;
	return old ? handle_removed(worker, visit, old, old_dev, err) : 0;
}

/* A file that stays as it was stored. */
static int carry_over(struct scan_worker *worker, struct scan_visit *visit,
	const struct idx_file *old, size_t expected, struct ax_error *err)
{
	struct scan_file *file;

	if (scan_need_file(worker, visit, expected, &file, err) < 0)
		return -1;
	file->file = *old;
	if (!scan_copy(worker, old->name, &file->file.name))
		return scan_no_memory(visit->dir->path, err);
	visit->chunk->n++;
	return 0;
}

/* A file that is new, changed or must be looked at again. old is NULL for a new one. */
static int handle_changed(struct scan_worker *worker, struct scan_visit *visit,
	const struct idx_listed *now, const struct idx_file *old, uint64_t old_dev,
	size_t expected, struct ax_error *err)
{
	struct scan_file *file;
	/* A number is soon used again: a file that was a link is not that link. */
	bool other_inode = old && !now->hidden &&
			   (now->ino != old->ino || now->dev != old_dev ||
				   now->type != idx_file_type(old));

	if (scan_need_file(worker, visit, expected, &file, err) < 0)
		return -1;
	if (!scan_copy(worker, now->name, &file->file.name))
		return scan_no_memory(visit->dir->path, err);
	int found = scan_examine(worker, visit, now, old, file, err);
	if (found < 0)
		return -1;
	if (found == 0) {
		memset(file, 0, sizeof(*file));
		return handle_vanished(worker, visit, now, old, old_dev, err);
	}
	visit->chunk->n++;
	file->added = !old;
	file->arrived = !old || other_inode;
	if (other_inode && scan_note_removed(worker, visit, old, old_dev, true, err) < 0)
		return -1;
	if (!old)
		worker->counts.added++;
	else if (!is_same(now, old, old_dev) && !now->hidden)
		worker->counts.changed++;
	else
		worker->counts.unchanged++;
	if ((file->file.flags | (old ? old->flags : 0)) & IDX_FILE_RELATED)
		worker->batch->related = true;
	if (old && old->detail && file->finding && !file->finding->has_detail) {
		file->file.detail = 0;
		return scan_drop_detail(worker, old->detail, err);
	}
	return 0;
}

/* An old problem is told again as long as it lasts. */
static int report_old(struct scan_worker *worker, const struct scan_visit *visit,
	const struct idx_file *old, struct ax_error *err)
{
	const struct catalog_note *note;

	if (idx_file_status(old) == IDX_OK)
		return 0;
	if (idx_file_status(old) >= IDX_STATUS_COUNT)
		return catalog_damaged(worker->scan->catalog, "a file", err);
	if (catalog_note_get(worker->before, old->note, &note, err) < 0)
		return -1;
	return scan_report_problem(worker, visit->dir->path, old->name,
		idx_status_name(idx_file_status(old)),
		note->problem.len ? note->problem : note->why, err);
}

/* Merge what is listed with what was stored, and hand over the directory as it is now. */
static int rewrite(struct scan_worker *worker, struct scan_visit *visit, struct ax_error *err)
{
	struct old_cursor cursor = { .worker = worker };
	size_t count = idx_listing_count(worker->listing);
	size_t old_left = 0;
	size_t i = 0;
	struct idx_file old;

	for (size_t k = 0; k < worker->n_old; k++)
		old_left += worker->old[k].count;
	bool has_old = next_old(&cursor, &old);
	while (has_old || i < count) {
		const struct idx_listed *now =
			i < count ? idx_listing_file(worker->listing, i) : NULL;
		uint64_t dev = has_old ? cursor.files.chunk->dev : 0;
		size_t expected = count - i + old_left;
		int order = !has_old ? 1 : !now ? -1 : ax_str_compare(old.name, now->name);
		int status;

		if (scan_should_stop(worker->scan))
			return 0;
		if (order < 0 && !is_wanted(visit->dir, old.name))
			status = carry_over(worker, visit, &old, expected, err);
		else if (order < 0)
			status = handle_removed(worker, visit, &old, dev, err);
		else if (order > 0)
			status = handle_changed(worker, visit, now, NULL, 0, expected, err);
		else if (!worker->scan->examine_all && is_same(now, &old, dev) &&
			 !needs_look(&old)) {
			worker->counts.unchanged++;
			status = carry_over(worker, visit, &old, expected, err);
			if (status == 0)
				status = report_old(worker, visit, &old, err);
		} else {
			status = handle_changed(worker, visit, now, &old, dev, expected, err);
		}
		if (status < 0)
			return -1;
		i += order >= 0;
		if (order <= 0) {
			old_left--;
			has_old = next_old(&cursor, &old);
		}
	}
	if (!visit->chunk && scan_begin_chunk(worker, visit, 0, err) < 0)
		return -1;
	visit->chunk->drop_rest = worker->n_old > visit->chunk->number || visit->chunk->n == 0;
	return 0;
}

int scan_compare(struct scan_worker *worker, struct scan_visit *visit, struct ax_error *err)
{
	struct old_cursor cursor = { .worker = worker };
	struct idx_file old;
	bool has_problems;

	if (load_old(worker, visit, err) < 0)
		return -1;
	if (!is_unchanged(worker, visit, &has_problems))
		return rewrite(worker, visit, err);
	worker->counts.unchanged += idx_listing_count(worker->listing);
	while (has_problems && next_old(&cursor, &old)) {
		if (is_wanted(visit->dir, old.name) && report_old(worker, visit, &old, err) < 0)
			return -1;
	}
	return 0;
}
