#include "indexer/scan_internal.h"

#include "base/path.h"
#include "indexer/history.h"

#include <errno.h>
#include <stdlib.h>

/* A removed file by the hash of its identity. */
struct departure {
	uint64_t hash;
	struct scan_removed *removed;
};

/* A file that was found under another name. */
struct found_move {
	struct ax_str from, to;
};

struct moves {
	struct scan_writer *writer;
	size_t n_departures;
	struct departure *departures; /* ordered by hash */
	size_t count, capacity;
	struct found_move *items;
	struct ax_arena arena;
};

static int compare_departures(const void *a, const void *b)
{
	const struct departure *x = a;
	const struct departure *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return ax_str_compare(x->removed->path, y->removed->path);
}

static int sort_departures(struct moves *moves, struct ax_error *err)
{
	struct scan_writer *writer = moves->writer;

	moves->departures = malloc((writer->n_removed + 1) * sizeof(*moves->departures));
	if (!moves->departures)
		return ax_fail(err, ENOMEM, "no memory for moved files");
	for (struct scan_removed *removed = writer->removed; removed; removed = removed->next) {
		moves->departures[moves->n_departures++] = (struct departure){
			.hash = scan_identity_hash(&removed->identity),
			.removed = removed,
		};
	}
	qsort(moves->departures, moves->n_departures, sizeof(*moves->departures),
		compare_departures);
	return 0;
}

/* The first departure with this hash, or the number of all. */
static size_t first_departure(const struct moves *moves, uint64_t hash)
{
	size_t low = 0;
	size_t high = moves->n_departures;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (moves->departures[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low < moves->n_departures && moves->departures[low].hash == hash
		       ? low
		       : moves->n_departures;
}

static int add_move(struct moves *moves, const struct scan_removed *removed,
	const struct idx_chunk *chunk, const struct idx_file *file, struct ax_error *err)
{
	struct ax_buf path = { 0 };

	if (moves->count == moves->capacity) {
		size_t capacity = moves->capacity * 2 + 64;
		struct found_move *items = realloc(moves->items, capacity * sizeof(*items));
		if (!items)
			return ax_fail(err, ENOMEM, "no memory for moved files");
		moves->items = items;
		moves->capacity = capacity;
	}
	ax_path_join(&path, chunk->dir, file->name);
	char *to = path.failed ? NULL : ax_arena_copy(&moves->arena, ax_buf_str(&path));
	struct found_move move = { .from = removed->path, .to = ax_str(to, path.len) };
	ax_buf_free(&path);
	if (!to)
		return ax_fail(err, ENOMEM, "no memory for moved files");
	moves->items[moves->count++] = move;
	return 0;
}

static int match_all(struct moves *moves, struct scan_counts *counts, struct ax_error *err)
{
	struct scan_writer *writer = moves->writer;
	struct scan_arrival_cursor cursor = { 0 };

	for (size_t i = 0; i < writer->n_arrived; i++) {
		const struct scan_arrived *arrived = &writer->arrived[i];
		size_t k = first_departure(moves, arrived->hash);
		while (k < moves->n_departures && moves->departures[k].hash == arrived->hash &&
			moves->departures[k].removed->moved)
			k++;
		if (k == moves->n_departures || moves->departures[k].hash != arrived->hash)
			continue;
		int found = scan_seek_arrival(writer, &cursor, arrived, err);
		if (found < 0)
			return -1;
		struct scan_removed *removed = moves->departures[k].removed;
		struct scan_identity identity = {
			cursor.chunk.dev,
			cursor.file.ino,
			cursor.file.size,
			cursor.file.mtime,
		};
		if (found == 0 || !scan_identity_equal(&identity, &removed->identity))
			continue;
		if (add_move(moves, removed, &cursor.chunk, &cursor.file, err) < 0)
			return -1;
		removed->moved = true;
		if (arrived->added)
			counts->added--;
		else
			counts->changed--;
		counts->removed -= !removed->replaced;
	}
	return 0;
}

static int compare_moves(const void *a, const void *b)
{
	const struct found_move *x = a;
	const struct found_move *y = b;

	return ax_str_compare(x->from, y->from);
}

static int write_history(const struct moves *moves, struct idx_history *history,
	struct ax_error *err)
{
	if (moves->count == 0)
		return 0;
	for (size_t i = 0; i < moves->count; i++) {
		struct idx_move move = {
			.kind = IDX_MOVE_SEEN,
			.time = moves->writer->scan->started,
			.from = moves->items[i].from,
			.to = moves->items[i].to,
		};
		if (idx_history_append(history, &move, err) < 0)
			return -1;
	}
	return idx_history_sync(history, err);
}

int scan_find_moves(struct scan_writer *writer, struct idx_history *history,
	struct scan_counts *counts, uint64_t *moved_out, struct ax_error *err)
{
	struct moves moves = { .writer = writer };
	int status = -1;

	if (!writer->n_removed || !writer->n_arrived)
		return 0;
	if (sort_departures(&moves, err) < 0 || match_all(&moves, counts, err) < 0)
		goto out;
	if (moves.count)
		qsort(moves.items, moves.count, sizeof(*moves.items), compare_moves);
	if (history && write_history(&moves, history, err) < 0)
		goto out;
	*moved_out = moves.count;
	status = 0;
out:
	free(moves.departures);
	free(moves.items);
	ax_arena_free(&moves.arena);
	return status;
}
