#include "indexer/scan_internal.h"

#include "base/path.h"

#include <errno.h>

int scan_no_memory(struct ax_str path, struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "%.*s: no memory to scan it", AX_STR_ARG(path));
}

/* An empty batch; waits until the writer has given one back. */
int scan_need_batch(struct scan_worker *worker, struct ax_error *err)
{
	void *batch = NULL;

	if (worker->batch)
		return 0;
	if (!ax_queue_pop(worker->scan->empty, &batch))
		return ax_fail(err, EINTR, "the scan ends");
	worker->batch = batch;
	return 0;
}

void scan_hand_over(struct scan_worker *worker)
{
	if (worker->batch)
		ax_queue_push(worker->scan->full, worker->batch);
	worker->batch = NULL;
}

void *scan_allocate(struct scan_worker *worker, size_t size)
{
	worker->batch->weight += size;
	return ax_arena_alloc(&worker->batch->arena, size);
}

bool scan_copy(struct scan_worker *worker, struct ax_str s, struct ax_str *out)
{
	char *bytes = ax_arena_copy(&worker->batch->arena, s);

	worker->batch->weight += s.len;
	*out = ax_str(bytes, s.len);
	return bytes != NULL;
}

struct ax_str scan_full_path(struct scan_worker *worker, struct ax_str dir, struct ax_str name)
{
	ax_buf_clear(&worker->path);
	ax_path_join(&worker->path, dir, name);
	return ax_buf_str(&worker->path);
}

int scan_report_problem(struct scan_worker *worker, struct ax_str dir, struct ax_str name,
	const char *status, struct ax_str why, struct ax_error *err)
{
	return scan_problems_add(&worker->problems, scan_full_path(worker, dir, name), status,
		why, err);
}

int scan_begin_chunk(struct scan_worker *worker, struct scan_visit *visit, size_t expected,
	struct ax_error *err)
{
	if (worker->batch && worker->batch->weight > SCAN_BATCH_WEIGHT) {
		scan_hand_over(worker);
		visit->dir_copy = AX_STR("");
	}
	if (!worker->batch)
		visit->dir_copy = AX_STR("");
	if (scan_need_batch(worker, err) < 0)
		return -1;
	if (!visit->dir_copy.len && !scan_copy(worker, visit->dir->path, &visit->dir_copy))
		return scan_no_memory(visit->dir->path, err);
	struct scan_chunk *chunk = scan_allocate(worker, sizeof(*chunk));
	if (!chunk)
		return scan_no_memory(visit->dir->path, err);
	*chunk = (struct scan_chunk){
		.dir = visit->dir_copy,
		.digest = visit->digest,
		.dev = visit->dir->dev,
		.number = visit->number++,
		.capacity = expected < IDX_CHUNK_FILES ? expected : IDX_CHUNK_FILES,
	};
	if (chunk->capacity) {
		chunk->files = scan_allocate(worker, chunk->capacity * sizeof(*chunk->files));
		if (!chunk->files)
			return scan_no_memory(visit->dir->path, err);
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
int scan_need_file(struct scan_worker *worker, struct scan_visit *visit, size_t expected,
	struct scan_file **out, struct ax_error *err)
{
	struct scan_chunk *chunk = visit->chunk;

	if (chunk && (chunk->n == chunk->capacity ||
			     worker->batch->weight > (size_t)16 * SCAN_BATCH_WEIGHT)) {
		chunk->has_more = true;
		chunk = NULL;
	}
	if (!chunk && scan_begin_chunk(worker, visit, expected, err) < 0)
		return -1;
	*out = &visit->chunk->files[visit->chunk->n];
	return 0;
}

int scan_note_removed(struct scan_worker *worker, const struct scan_visit *visit,
	const struct idx_file *old, uint64_t dev, bool replaced, struct ax_error *err)
{
	if (scan_need_batch(worker, err) < 0)
		return -1;
	struct scan_removed *removed = scan_allocate(worker, sizeof(*removed));
	struct ax_str path = scan_full_path(worker, visit->dir->path, old->name);
	if (!removed || worker->path.failed || !scan_copy(worker, path, &removed->path))
		return scan_no_memory(visit->dir->path, err);
	removed->identity = (struct scan_identity){ dev, old->ino, old->size, old->mtime };
	removed->replaced = replaced;
	removed->next = worker->batch->removed;
	worker->batch->removed = removed;
	return 0;
}

int scan_drop_detail(struct scan_worker *worker, uint64_t detail, struct ax_error *err)
{
	if (!detail)
		return 0;
	if (scan_need_batch(worker, err) < 0)
		return -1;
	struct scan_drop *drop = scan_allocate(worker, sizeof(*drop));
	if (!drop)
		return scan_no_memory(AX_STR("catalogue"), err);
	drop->detail = detail;
	drop->next = worker->batch->drops;
	worker->batch->drops = drop;
	return 0;
}
