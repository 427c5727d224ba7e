#include "indexer/scan_internal.h"

#include "base/path.h"
#include "base/pattern.h"
#include "indexer/detail.h"
#include "safetensors/header.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* How coarse a clock must be thought of: timestamps without fractions come from such ones. */
static const ax_nanoseconds second = 1000000000;
static const ax_nanoseconds fine_granularity = 20000000;
static const ax_nanoseconds coarse_granularity = 2000000000;

int scan_worker_init(struct scan_worker *worker, struct scan *scan, struct ax_error *err)
{
	struct idx_examine_options options = {
		.rules = scan->options->rules,
		.layouts = scan->layouts,
		.now = scan->started,
		.quiet = scan->options->config->quiet,
	};

	worker->scan = scan;
	worker->walker = idx_walker_new(scan->walk);
	worker->listing = idx_listing_new();
	if (!worker->walker || !worker->listing)
		return ax_fail(err, ENOMEM, "no memory to scan");
	if (!scan->is_first && idx_snapshot_begin(scan->catalog, &worker->before, err) < 0)
		return -1;
	return idx_examiner_new(&options, &worker->examiner, err);
}

void scan_worker_fini(struct scan_worker *worker)
{
	idx_walker_free(worker->walker);
	idx_listing_free(worker->listing);
	idx_examiner_free(worker->examiner);
	idx_snapshot_end(worker->before);
	ax_buf_free(&worker->path);
	ax_buf_free(&worker->detail);
	free(worker->old);
	free(worker->visited);
	scan_paths_free(&worker->unknown);
	scan_problems_free(&worker->problems);
}

/* Batches. */

static int no_memory(struct ax_str path, struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "%.*s: no memory to scan it", AX_STR_ARG(path));
}

/* An empty batch; waits until the writer has given one back. */
static int need_batch(struct scan_worker *worker, struct ax_error *err)
{
	void *batch = NULL;

	if (worker->batch)
		return 0;
	if (!ax_queue_pop(worker->scan->empty, &batch))
		return ax_fail(err, EINTR, "the scan ends");
	worker->batch = batch;
	return 0;
}

static void hand_over(struct scan_worker *worker)
{
	if (worker->batch)
		ax_queue_push(worker->scan->full, worker->batch);
	worker->batch = NULL;
}

static void *allocate(struct scan_worker *worker, size_t size)
{
	worker->batch->weight += size;
	return ax_arena_alloc(&worker->batch->arena, size);
}

static bool copy(struct scan_worker *worker, struct ax_str s, struct ax_str *out)
{
	char *bytes = ax_arena_copy(&worker->batch->arena, s);

	worker->batch->weight += s.len;
	*out = ax_str(bytes, s.len);
	return bytes != NULL;
}

/* The directory being visited. */
struct visit {
	const struct idx_walk_dir *dir;
	struct ax_digest digest;
	struct scan_chunk *chunk; /* being filled, or NULL */
	struct ax_str dir_copy;   /* in the batch that the chunk is in */
	uint32_t number;          /* of the next chunk */
};

static struct ax_str full_path(struct scan_worker *worker, struct ax_str dir,
	struct ax_str name)
{
	ax_buf_clear(&worker->path);
	ax_path_join(&worker->path, dir, name);
	return ax_buf_str(&worker->path);
}

static int report(struct scan_worker *worker, struct ax_str dir, struct ax_str name,
	const char *status, struct ax_str why, struct ax_error *err)
{
	return scan_problems_add(&worker->problems, full_path(worker, dir, name), status, why,
		err);
}

/* What was stored of the directory before. */

static int load_old(struct scan_worker *worker, const struct visit *visit, struct ax_error *err)
{
	char key[CATALOG_DIR_KEY];
	bool has_more = worker->before != NULL;

	worker->n_old = 0;
	while (has_more) {
		if (worker->n_old == worker->old_capacity) {
			size_t capacity = worker->old_capacity * 2 + 16;
			struct idx_chunk *old = realloc(worker->old, capacity * sizeof(*old));
			if (!old)
				return no_memory(visit->dir->path, err);
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

static bool is_unchanged(struct scan_worker *worker, const struct visit *visit,
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

/* Examining. */

static bool is_recent(const struct scan *scan, ax_nanoseconds time)
{
	ax_nanoseconds granularity = time % second ? fine_granularity : coarse_granularity;

	return time >= scan->started - granularity;
}

static uint32_t flags_of(const struct scan *scan, const struct idx_listed *now,
	uint64_t dir_dev)
{
	uint32_t flags = (uint32_t)now->type << IDX_FILE_TYPE_SHIFT;

	if (is_recent(scan, now->mtime) || is_recent(scan, now->ctime) || now->dev != dir_dev)
		flags |= IDX_FILE_RACY;
	if (now->linked)
		flags |= IDX_FILE_LINKED;
	return flags;
}

/* tv_nsec counts up from tv_sec, before 1970 too. */
static struct timespec as_timespec(ax_nanoseconds time)
{
	ax_nanoseconds fraction = time % second;

	if (fraction < 0)
		fraction += second;
	return (struct timespec){ .tv_sec = (time - fraction) / second, .tv_nsec = fraction };
}

static struct stat as_stat(const struct idx_listed *now)
{
	return (struct stat){
		.st_dev = makedev((unsigned)(now->dev >> 32), (unsigned)now->dev),
		.st_ino = now->ino,
		.st_mode = now->mode,
		.st_nlink = now->linked ? 2 : 1,
		.st_size = (off_t)now->size,
		.st_mtim = as_timespec(now->mtime),
		.st_ctim = as_timespec(now->ctime),
	};
}

/* A log that was written to a moment ago may have ended since: its age says so, not a change. */
static bool may_be_running(const struct scan *scan, const struct idx_finding *found,
	const struct idx_listed *now)
{
	return ax_str_equal(found->class_name, AX_STR("log")) &&
	       now->mtime > scan->started - scan->options->config->quiet;
}

/* Runs are derived from logs, checkpoints and whatever says in its metadata how it was made. */
static bool is_related(const struct idx_finding *found)
{
	static const struct ax_str classes[] = {
		AX_STR_INIT("checkpoint"),
		AX_STR_INIT("log"),
		AX_STR_INIT("lora"),
		AX_STR_INIT("adapter"),
	};

	if (!found->has_detail)
		return false;
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (ax_str_equal(found->class_name, classes[i]))
			return true;
	}
	for (size_t i = 0; i < found->detail.n_metadata; i++) {
		if (ax_str_equal(found->detail.metadata[i].key, AX_STR("cfg")))
			return true;
	}
	return false;
}

/* The finding in the batch's arena, with what it borrowed. */
static const struct scan_finding *keep_finding(struct scan_worker *worker,
	const struct idx_finding *found)
{
	struct scan_finding *kept = allocate(worker, sizeof(*kept));

	if (!kept || !copy(worker, found->class_name, &kept->class_name) ||
		!copy(worker, found->why, &kept->why) ||
		!copy(worker, found->problem, &kept->problem))
		return NULL;
	if (found->has_detail) {
		ax_buf_clear(&worker->detail);
		idx_detail_encode(&worker->detail, &found->detail);
		if (worker->detail.failed ||
			!copy(worker, ax_buf_str(&worker->detail), &kept->detail))
			return NULL;
		kept->has_detail = true;
	}
	if (found->layout)
		kept->layout = sft_layout_ref(found->layout);
	return kept;
}

static void take_stat(struct idx_file *file, const struct idx_listed *now)
{
	file->ino = now->ino;
	file->size = now->size;
	file->mtime = now->mtime;
	file->ctime = now->ctime;
}

/* A file that could not be looked at: what was known of it stays. */
static void keep_old(struct scan_file *file, const struct idx_file *old)
{
	struct ax_str name = file->file.name;

	file->file = *old;
	file->file.name = name;
	file->file.flags = (old->flags & ~(uint32_t)IDX_FILE_STATUS) | IDX_UNREADABLE;
	file->finding = NULL;
}

static bool has_vanished(const struct idx_walk_dir *dir, const struct idx_listed *now)
{
	struct stat st;

	return fstatat(dir->fd, now->name.ptr, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* A file of which only the name is known. */
static int describe_hidden(struct scan_worker *worker, const struct visit *visit,
	const struct idx_listed *now, const struct idx_file *old, struct scan_file *out,
	struct ax_error *err)
{
	char why[128];

	snprintf(why, sizeof(why), "cannot be looked at: %s", strerror(now->failure));
	struct idx_finding found = {
		.status = IDX_UNREADABLE,
		.class_name = AX_STR("other"),
		.why = ax_str_from(why),
		.problem = ax_str_from(why),
	};
	if (report(worker, visit->dir->path, now->name, idx_status_name(IDX_UNREADABLE),
		    found.why, err) < 0)
		return -1;
	if (old) {
		keep_old(out, old);
		return 1;
	}
	out->file.flags = (uint32_t)now->type << IDX_FILE_TYPE_SHIFT | IDX_UNREADABLE;
	out->finding = keep_finding(worker, &found);
	return out->finding ? 1 : no_memory(visit->dir->path, err);
}

/* Examine one file: 1 with *out filled, 0 when it vanished, -1. */
static int examine(struct scan_worker *worker, const struct visit *visit,
	const struct idx_listed *now, const struct idx_file *old, struct scan_file *out,
	struct ax_error *err)
{
	struct stat st = as_stat(now);
	struct idx_subject subject = {
		.path = full_path(worker, visit->dir->path, now->name),
		.dirfd = visit->dir->fd,
		.name = now->name.ptr,
		.stat = &st,
	};
	struct idx_finding found;

	if (now->hidden)
		return describe_hidden(worker, visit, now, old, out, err);
	if (worker->path.failed)
		return no_memory(visit->dir->path, err);
	if (idx_examine(worker->examiner, &subject, &found, err) < 0)
		return -1;
	if (found.status == IDX_UNREADABLE && has_vanished(visit->dir, now))
		return 0;
	if (found.has_detail || found.variant) {
		worker->counts.read++;
		if (worker->scan->options->progress)
			worker->scan->options->progress->headers++;
	}
	if (found.status != IDX_OK &&
		report(worker, visit->dir->path, now->name, idx_status_name(found.status),
			found.problem.len ? found.problem : found.why, err) < 0)
		return -1;
	if (found.status == IDX_UNREADABLE && old) {
		keep_old(out, old);
		take_stat(&out->file, now);
		return 1;
	}
	take_stat(&out->file, now);
	out->file.flags = flags_of(worker->scan, now, visit->dir->dev) | found.status |
			  (found.misnamed ? IDX_FILE_MISNAMED : 0) |
			  (found.provisional ? IDX_FILE_RACY : 0) |
			  (is_related(&found) ? IDX_FILE_RELATED : 0);
	if (may_be_running(worker->scan, &found, now))
		out->file.flags |= IDX_FILE_RACY;
	out->file.detail = old ? old->detail : 0;
	out->finding = keep_finding(worker, &found);
	return out->finding ? 1 : no_memory(visit->dir->path, err);
}

/* Handing over. */

static int begin_chunk(struct scan_worker *worker, struct visit *visit, size_t expected,
	struct ax_error *err)
{
	if (worker->batch && worker->batch->weight > SCAN_BATCH_WEIGHT) {
		hand_over(worker);
		visit->dir_copy = AX_STR("");
	}
	if (!worker->batch)
		visit->dir_copy = AX_STR("");
	if (need_batch(worker, err) < 0)
		return -1;
	if (!visit->dir_copy.len && !copy(worker, visit->dir->path, &visit->dir_copy))
		return no_memory(visit->dir->path, err);
	struct scan_chunk *chunk = allocate(worker, sizeof(*chunk));
	if (!chunk)
		return no_memory(visit->dir->path, err);
	*chunk = (struct scan_chunk){
		.dir = visit->dir_copy,
		.digest = visit->digest,
		.dev = visit->dir->dev,
		.number = visit->number++,
		.capacity = expected < IDX_CHUNK_FILES ? expected : IDX_CHUNK_FILES,
	};
	if (chunk->capacity) {
		chunk->files = allocate(worker, chunk->capacity * sizeof(*chunk->files));
		if (!chunk->files)
			return no_memory(visit->dir->path, err);
	}
	if (worker->batch->last)
		worker->batch->last->next = chunk;
	else
		worker->batch->first = chunk;
	worker->batch->last = chunk;
	visit->chunk = chunk;
	return 0;
}

/* Room for one more file, of at most expected that may still come. */
static int need_file(struct scan_worker *worker, struct visit *visit, size_t expected,
	struct scan_file **out, struct ax_error *err)
{
	struct scan_chunk *chunk = visit->chunk;

	if (chunk && (chunk->n == chunk->capacity ||
			     worker->batch->weight > (size_t)16 * SCAN_BATCH_WEIGHT)) {
		chunk->has_more = true;
		chunk = NULL;
	}
	if (!chunk && begin_chunk(worker, visit, expected, err) < 0)
		return -1;
	*out = &visit->chunk->files[visit->chunk->n];
	return 0;
}

static int note_removed(struct scan_worker *worker, const struct visit *visit,
	const struct idx_file *old, uint64_t dev, bool replaced, struct ax_error *err)
{
	if (need_batch(worker, err) < 0)
		return -1;
	struct scan_removed *removed = allocate(worker, sizeof(*removed));
	struct ax_str path = full_path(worker, visit->dir->path, old->name);
	if (!removed || worker->path.failed || !copy(worker, path, &removed->path))
		return no_memory(visit->dir->path, err);
	removed->identity = (struct scan_identity){ dev, old->ino, old->size, old->mtime };
	removed->replaced = replaced;
	removed->next = worker->batch->removed;
	worker->batch->removed = removed;
	return 0;
}

static int drop_detail(struct scan_worker *worker, uint64_t detail, struct ax_error *err)
{
	if (!detail)
		return 0;
	if (need_batch(worker, err) < 0)
		return -1;
	struct scan_drop *drop = allocate(worker, sizeof(*drop));
	if (!drop)
		return no_memory(AX_STR("catalogue"), err);
	drop->detail = detail;
	drop->next = worker->batch->drops;
	worker->batch->drops = drop;
	return 0;
}

static int handle_removed(struct scan_worker *worker, const struct visit *visit,
	const struct idx_file *old, uint64_t dev, struct ax_error *err)
{
	worker->counts.removed++;
	if (note_removed(worker, visit, old, dev, false, err) < 0 ||
		drop_detail(worker, old->detail, err) < 0)
		return -1;
	if (old->flags & IDX_FILE_RELATED)
		worker->batch->related = true;
	return 0;
}

/* A file that stays as it was stored. */
static int carry_over(struct scan_worker *worker, struct visit *visit,
	const struct idx_file *old, size_t expected, struct ax_error *err)
{
	struct scan_file *file;

	if (need_file(worker, visit, expected, &file, err) < 0)
		return -1;
	file->file = *old;
	if (!copy(worker, old->name, &file->file.name))
		return no_memory(visit->dir->path, err);
	visit->chunk->n++;
	return 0;
}

/* A file that is new, changed or must be looked at again. old is NULL for a new one. */
static int handle_changed(struct scan_worker *worker, struct visit *visit,
	const struct idx_listed *now, const struct idx_file *old, uint64_t old_dev,
	size_t expected, struct ax_error *err)
{
	struct scan_file *file;
	bool other_inode = old && !now->hidden && (now->ino != old->ino || now->dev != old_dev);

	if (need_file(worker, visit, expected, &file, err) < 0)
		return -1;
	if (!copy(worker, now->name, &file->file.name))
		return no_memory(visit->dir->path, err);
	int found = examine(worker, visit, now, old, file, err);
	if (found < 0)
		return -1;
	if (found == 0) {
		memset(file, 0, sizeof(*file));
		return old ? handle_removed(worker, visit, old, old_dev, err) : 0;
	}
	visit->chunk->n++;
	file->added = !old;
	file->arrived = !old || other_inode;
	if (other_inode && note_removed(worker, visit, old, old_dev, true, err) < 0)
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
		return drop_detail(worker, old->detail, err);
	}
	return 0;
}

/* An old problem is told again as long as it lasts. */
static int report_old(struct scan_worker *worker, const struct visit *visit,
	const struct idx_file *old, struct ax_error *err)
{
	const struct catalog_note *note;

	if (idx_file_status(old) == IDX_OK)
		return 0;
	if (idx_file_status(old) >= IDX_STATUS_COUNT)
		return catalog_damaged(worker->scan->catalog, "a file", err);
	if (catalog_note_get(worker->before, old->note, &note, err) < 0)
		return -1;
	return report(worker, visit->dir->path, old->name,
		idx_status_name(idx_file_status(old)),
		note->problem.len ? note->problem : note->why, err);
}

/* Merge what is listed with what was stored, and hand over the directory as it is now. */
static int rewrite(struct scan_worker *worker, struct visit *visit, struct ax_error *err)
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
	if (!visit->chunk && begin_chunk(worker, visit, 0, err) < 0)
		return -1;
	visit->chunk->drop_rest = worker->n_old > visit->chunk->number || visit->chunk->n == 0;
	return 0;
}

/* Directories. */

static int note_visited(struct scan_worker *worker, const struct visit *visit,
	struct ax_error *err)
{
	if (worker->n_visited == worker->visited_capacity) {
		size_t capacity = worker->visited_capacity * 2 + 256;
		struct ax_digest *visited =
			realloc(worker->visited, capacity * sizeof(*visited));
		if (!visited)
			return no_memory(visit->dir->path, err);
		worker->visited = visited;
		worker->visited_capacity = capacity;
	}
	worker->visited[worker->n_visited++] = visit->digest;
	return 0;
}

/* A directory that could not be read: what is known of it and below it is neither old nor new. */
static int note_unknown(struct scan_worker *worker, const struct idx_walk_dir *dir,
	struct ax_str why, struct ax_error *err)
{
	if (scan_problems_add(&worker->problems, dir->path, "unreadable", why, err) < 0)
		return -1;
	return scan_paths_add(&worker->unknown, dir->path, err);
}

static bool is_ignored(const struct scan *scan, struct ax_str path, struct ax_str name)
{
	const struct idx_strings *globs = &scan->options->config->ignore;

	if (ax_str_equal(path, AX_STR(".artidx")))
		return true;
	for (size_t i = 0; i < globs->count; i++) {
		if (ax_glob_match(globs->items[i], name) ||
			ax_glob_match(globs->items[i], path))
			return true;
	}
	return false;
}

static int push_dirs(struct scan_worker *worker, const struct idx_walk_dir *dir,
	struct ax_error *err)
{
	if (dir->names)
		return 0;
	for (size_t i = 0; i < idx_listing_dir_count(worker->listing); i++) {
		struct ax_str name = idx_listing_dir(worker->listing, i);
		struct ax_str path = full_path(worker, dir->path, name);
		if (!is_ignored(worker->scan, path, name) &&
			idx_walker_push(worker->walker, name, err) < 0)
			return -1;
	}
	return 0;
}

static int count_listing(struct scan_worker *worker, const struct idx_walk_dir *dir,
	struct ax_error *err)
{
	struct idx_progress *progress = worker->scan->options->progress;
	size_t count = idx_listing_count(worker->listing);
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		const struct idx_listed *file = idx_listing_file(worker->listing, i);
		bytes += file->size;
		if (file->type == IDX_SYMLINK)
			worker->counts.symlinks++;
		if (file->type != IDX_SPECIAL)
			continue;
		worker->counts.specials++;
		if (report(worker, dir->path, file->name, "special",
			    AX_STR("a FIFO, socket or device: listed, not opened"), err) < 0)
			return -1;
	}
	worker->counts.directories++;
	worker->counts.files += count;
	worker->counts.bytes += bytes;
	if (progress) {
		progress->directories++;
		progress->files += count;
		progress->bytes += bytes;
	}
	return 0;
}

/* 1 when the directory is not to be entered. */
static int is_barred(struct scan_worker *worker, const struct idx_walk_dir *dir,
	struct ax_error *err)
{
	const struct scan *scan = worker->scan;

	for (size_t i = 0; i < 2; i++) {
		if (scan->own[i].ino == dir->ino && scan->own[i].dev == dir->dev)
			return 1;
	}
	if (!dir->is_mount || dir->is_start || dir->dev != scan->root_dev)
		return 0;
	if (scan_problems_add(&worker->problems, dir->path, "special",
		    AX_STR("another directory of this file system, mounted here: not entered"),
		    err) < 0)
		return -1;
	return 1;
}

static int visit_open(struct scan_worker *worker, struct visit *visit, struct ax_error *err)
{
	const struct idx_walk_dir *dir = visit->dir;
	struct ax_error cause;
	bool has_problems;
	int status = dir->names ? idx_listing_read_names(worker->listing, dir->fd,
					  dir->names->names, dir->names->n, &cause)
				: idx_listing_read(worker->listing, dir->fd, dir->path, &cause);

	if (status < 0 && (cause.code == ENOMEM || cause.code == ENFILE)) {
		*err = cause;
		return -1;
	}
	if (status < 0)
		return note_unknown(worker, dir, ax_str_from(cause.message), err);
	if (push_dirs(worker, dir, err) < 0 || count_listing(worker, dir, err) < 0)
		return -1;

	visit->digest = ax_hash128(dir->path.ptr, dir->path.len);
	if (load_old(worker, visit, err) < 0)
		return -1;
	if (worker->n_old && note_visited(worker, visit, err) < 0)
		return -1;
	if (!is_unchanged(worker, visit, &has_problems))
		return rewrite(worker, visit, err);
	worker->counts.unchanged += idx_listing_count(worker->listing);
	struct old_cursor cursor = { .worker = worker };
	struct idx_file old;
	while (has_problems && next_old(&cursor, &old)) {
		if (is_wanted(dir, old.name) && report_old(worker, visit, &old, err) < 0)
			return -1;
	}
	return 0;
}

static int visit_directory(struct scan_worker *worker, const struct idx_walk_dir *dir,
	struct ax_error *err)
{
	struct visit visit = { .dir = dir };
	char why[128];

	if (dir->fd >= 0) {
		int barred = is_barred(worker, dir, err);
		return barred ? (barred < 0 ? -1 : 0) : visit_open(worker, &visit, err);
	}
	if (dir->failure == ENOENT || dir->failure == ENOTDIR || dir->failure == ELOOP)
		return 0; /* gone, or something else by now */
	snprintf(why, sizeof(why), "cannot open: %s", strerror(dir->failure));
	return note_unknown(worker, dir, ax_str_from(why), err);
}

void *scan_worker_run(void *argument)
{
	struct scan_worker *worker = argument;
	struct scan *scan = worker->scan;
	struct ax_error err = { 0 };
	struct idx_walk_dir dir;
	int found;

	while ((found = idx_walker_next(worker->walker, &dir, &err)) == 1) {
		if (scan_should_stop(scan))
			idx_walk_stop(scan->walk);
		else if (visit_directory(worker, &dir, &err) < 0)
			scan_fail(scan, &err);
	}
	if (found < 0)
		scan_fail(scan, &err);
	hand_over(worker);
	if (--scan->working == 0)
		ax_queue_close(scan->full);
	return NULL;
}
