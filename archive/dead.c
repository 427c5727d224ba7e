#include "archive/dead_internal.h"

#include "base/error.h"
#include "base/path.h"
#include "indexer/catalog.h"

#include <errno.h>
#include <stdlib.h>

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory to look for what is dead");
}

int dead_say(struct arc_dead *dead, struct arc_dead_texts *texts, struct ax_buf *buf,
	struct ax_error *err)
{
	struct ax_str text = ax_buf_str(buf);

	for (size_t i = 0; i < texts->n && !buf->failed; i++) {
		if (ax_str_equal(texts->items[i], text)) {
			ax_buf_clear(buf);
			return 0;
		}
	}
	if (texts->n == texts->capacity) {
		size_t capacity = texts->capacity * 2 + 2;
		struct ax_str *items = ax_arena_alloc(&dead->arena, capacity * sizeof(*items));
		if (!items)
			return no_memory(err);
		if (texts->n)
			memcpy(items, texts->items, texts->n * sizeof(*items));
		texts->items = items;
		texts->capacity = capacity;
	}
	char *copy = buf->failed ? NULL : ax_arena_copy(&dead->arena, text);
	if (!copy)
		return no_memory(err);
	texts->items[texts->n++] = ax_str(copy, text.len);
	ax_buf_clear(buf);
	return 0;
}

int dead_add(struct arc_dead *dead, struct ax_str path, bool is_dir, struct ax_buf *reason,
	struct ax_error *err)
{
	if (dead->count == dead->capacity) {
		size_t capacity = dead->capacity * 2 + 64;
		void *grown = reallocarray(dead->rows, capacity, sizeof(*dead->rows));
		if (!grown)
			return no_memory(err);
		dead->rows = grown;
		dead->capacity = capacity;
	}
	char *copy = ax_arena_copy(&dead->arena, path);
	if (!copy)
		return no_memory(err);
	struct arc_dead_row *row = &dead->rows[dead->count++];
	*row = (struct arc_dead_row){ .path = ax_str(copy, path.len), .is_dir = is_dir };
	return dead_say(dead, &row->reasons, reason, err);
}

static int by_path(const void *a, const void *b)
{
	const struct arc_dead_row *x = a, *y = b;

	return ax_str_compare(x->path, y->path);
}

static struct arc_dead_row *row_at(const struct arc_dead *dead, struct ax_str path)
{
	size_t low = 0, high = dead->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ax_str_compare(dead->rows[middle].path, path);
		if (order == 0)
			return &dead->rows[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The topmost row that path is or is below. */
static struct arc_dead_row *row_above(const struct arc_dead *dead, struct ax_str path)
{
	struct arc_dead_row *found = NULL;

	for (; path.len && dead->count; path = ax_path_dir(path)) {
		struct arc_dead_row *row = row_at(dead, path);
		found = row ? row : found;
	}
	return found;
}

const struct arc_dead_row *arc_dead_at(const struct arc_dead *dead, struct ax_str path)
{
	return row_above(dead, path);
}

/* One row a path, ordered, with all reasons. */
static int join_same(struct arc_dead *dead, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	size_t kept = 0;
	int status = 0;

	if (dead->count)
		qsort(dead->rows, dead->count, sizeof(*dead->rows), by_path);
	for (size_t i = 0; dead->rows && i < dead->count && status == 0; i++) {
		struct arc_dead_row *row = &dead->rows[i];
		struct arc_dead_row *last = kept ? &dead->rows[kept - 1] : NULL;
		if (!last || !ax_str_equal(last->path, row->path)) {
			dead->rows[kept++] = *row;
			continue;
		}
		last->is_dir |= row->is_dir;
		for (size_t k = 0; k < row->reasons.n && status == 0; k++) {
			ax_buf_append_str(&text, row->reasons.items[k]);
			status = dead_say(dead, &last->reasons, &text, err);
		}
	}
	ax_buf_free(&text);
	dead->count = kept;
	return status;
}

/* What is in a directory that is a row itself goes with it. */
static int drop_inner(struct arc_dead *dead, struct ax_error *err)
{
	bool *is_inner = calloc(dead->count + 1, sizeof(*is_inner));
	size_t kept = 0;

	if (!is_inner)
		return no_memory(err);
	for (size_t i = 0; i < dead->count; i++)
		is_inner[i] = row_above(dead, dead->rows[i].path) != &dead->rows[i];
	for (size_t i = 0; i < dead->count; i++) {
		if (!is_inner[i])
			dead->rows[kept++] = dead->rows[i];
	}
	dead->count = kept;
	free(is_inner);
	return 0;
}

static int measure(const struct arc_dead_input *input, struct arc_dead *dead,
	struct ax_error *err)
{
	struct idx_filter everything = { 0 };
	struct idx_files *files = NULL;
	struct ax_buf path = { 0 };
	struct idx_entry entry;
	int found = 0;

	if (!dead->count)
		return 0;
	if (idx_files_open(input->snapshot, &everything, &files, err) < 0)
		return -1;
	while (found >= 0 && (found = idx_files_next(files, &entry, err)) == 1) {
		ax_buf_clear(&path);
		ax_path_join(&path, entry.dir, entry.name);
		found = ax_buf_check(&path, "a path", err);
		struct arc_dead_row *row =
			found < 0 ? NULL : row_above(dead, ax_buf_str(&path));
		if (!row)
			continue;
		row->files++;
		row->size += entry.size;
		if (entry.mtime > row->mtime)
			row->mtime = entry.mtime;
	}
	ax_buf_free(&path);
	idx_files_close(files);
	return found < 0 ? -1 : 0;
}

int arc_dead_find(const struct arc_dead_input *input, struct arc_dead *out,
	struct ax_error *err)
{
	struct arc_dead dead = { .count = 0 };

	if (dead_find_candidates(input, &dead, err) < 0 ||
		dead_find_generations(input, &dead, err) < 0 || join_same(&dead, err) < 0 ||
		drop_inner(&dead, err) < 0 || measure(input, &dead, err) < 0 ||
		dead_find_keepers(input, &dead, err) < 0) {
		arc_dead_free(&dead);
		return -1;
	}
	*out = dead;
	return 0;
}

void arc_dead_free(struct arc_dead *dead)
{
	ax_arena_free(&dead->arena);
	free(dead->rows);
	*dead = (struct arc_dead){ .count = 0 };
}
