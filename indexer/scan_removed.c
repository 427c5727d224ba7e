#include "indexer/scan_internal.h"

#include "base/path.h"

#include <errno.h>
#include <stdlib.h>

/* All digests that workers saw, in order. */
struct seen {
	size_t count;
	struct ax_digest *digests;
};

static int compare_digests(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ax_digest));
}

static int gather(const struct scan *scan, struct seen *out, struct ax_error *err)
{
	const struct scan_worker *workers = scan->workers;
	size_t n_workers = scan->n_workers;
	size_t count = 0;

	for (size_t i = 0; i < n_workers; i++)
		count += workers[i].n_visited;
	out->count = 0;
	out->digests = malloc((count + 1) * sizeof(*out->digests));
	if (!out->digests)
		return ax_fail(err, ENOMEM, "no memory for visited directories");
	for (size_t i = 0; i < n_workers; i++) {
		if (workers[i].n_visited)
			memcpy(out->digests + out->count, workers[i].visited,
				workers[i].n_visited * sizeof(*out->digests));
		out->count += workers[i].n_visited;
	}
	qsort(out->digests, out->count, sizeof(*out->digests), compare_digests);
	return 0;
}

/* Whether the scan would have seen the directory, were it still there. */
static bool was_looked_for(const struct scan *scan, struct ax_str dir)
{
	bool inside = scan->whole;

	for (size_t i = 0; !inside && i < scan->n_targets; i++) {
		const struct scan_target *target = &scan->targets[i];
		if (target->names.n)
			inside = false;
		else
			inside = ax_path_below(dir, target->path);
	}
	for (size_t i = 0; inside && i < scan->n_workers; i++) {
		const struct scan_paths *unknown = &scan->workers[i].unknown;
		for (size_t k = 0; inside && k < unknown->count; k++)
			inside = !ax_path_below(dir, unknown->items[k]);
	}
	return inside;
}

/* All files of a chunk are gone. */
static int drop_files(struct scan_writer *writer, const struct idx_chunk *chunk,
	struct scan_counts *counts, struct ax_error *err)
{
	struct idx_chunk_cursor cursor = { .chunk = chunk };
	struct ax_buf path = { 0 };
	struct idx_file file;
	int status = 0;

	while (status == 0 && idx_chunk_next(&cursor, &file)) {
		ax_buf_clear(&path);
		ax_path_join(&path, chunk->dir, file.name);
		struct scan_removed removed = {
			.identity = { chunk->dev, file.ino, file.size, file.mtime },
			.path = ax_buf_str(&path),
		};
		counts->removed++;
		writer->related = writer->related || file.flags & IDX_FILE_RELATED;
		status = ax_buf_check(&path, "catalogue", err);
		if (status == 0)
			status = scan_writer_remove(writer, &removed, err);
		if (status == 0 && file.detail)
			status = idx_update_drop_detail(writer->update, file.detail, err);
	}
	ax_buf_free(&path);
	return status;
}

/* Compare what is stored with what was seen; before is the state before the scan. */
static int drop_unseen(struct scan_writer *writer, struct idx_snapshot *before,
	const struct seen *seen, struct scan_counts *counts, struct ax_error *err)
{
	struct idx_cursor *cursor = NULL;
	struct ax_str key, value;
	struct idx_chunk chunk;
	int found;

	if (idx_cursor_open(before->txn, IDX_TABLE_DIRS, &cursor, err) < 0)
		return -1;
	while ((found = idx_cursor_next(cursor, &key, &value, err)) == 1) {
		struct ax_digest digest;
		found = catalog_chunk_decode(writer->scan->catalog, key, value, &chunk, err);
		if (found < 0)
			break;
		memcpy(digest.bytes, key.ptr, sizeof(digest.bytes));
		if (bsearch(&digest, seen->digests, seen->count, sizeof(digest),
			    compare_digests) ||
			!was_looked_for(writer->scan, chunk.dir))
			continue;
		found = drop_files(writer, &chunk, counts, err);
		if (found == 0 && catalog_key_u32(key.ptr + sizeof(digest.bytes)) == 0)
			found = idx_update_drop_chunks(writer->update, digest, 0, err);
		if (found < 0)
			break;
	}
	idx_cursor_close(cursor);
	return found;
}

int scan_drop_vanished(struct scan_writer *writer, struct scan_counts *counts,
	struct ax_error *err)
{
	const struct scan *scan = writer->scan;
	struct idx_snapshot *before = NULL;
	struct seen seen = { 0 };
	size_t visited = 0;
	int status = -1;

	for (size_t i = 0; i < scan->n_workers; i++)
		visited += scan->workers[i].n_visited;
	if (idx_snapshot_begin(scan->catalog, &before, err) < 0)
		return -1;
	if (visited == before->state.stored_dirs) {
		status = 0;
		goto out;
	}
	if (gather(scan, &seen, err) < 0)
		goto out;
	status = drop_unseen(writer, before, &seen, counts, err);
out:
	free(seen.digests);
	idx_snapshot_end(before);
	return status;
}
