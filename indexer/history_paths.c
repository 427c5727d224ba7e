/*
 * A path may have been moved itself, or as part of any directory above it. Records are found
 * through two indexes, one of each end of a move, which are made when they are first needed and
 * hold of each move a part of its path's hash and its place in the file. The record there tells
 * whether it is the path.
 */
#include "indexer/history_internal.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_BITS = 40 };

#define PLACE_MAX ((UINT64_C(1) << PLACE_BITS) - 1)

void history_index_free(struct history_index *index)
{
	free(index->keys);
	*index = (struct history_index){ 0 };
}

static uint64_t key_of(struct ax_str path, uint64_t place)
{
	return (ax_hash64(path.ptr, path.len) & ~PLACE_MAX) | place;
}

static int compare_keys(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool grow(struct history_index *index)
{
	size_t capacity = index->capacity * 2 + 64;
	uint64_t *keys = reallocarray(index->keys, capacity, sizeof(*keys));

	if (!keys)
		return false;
	index->keys = keys;
	index->capacity = capacity;
	return true;
}

/* Which way a path is followed: by which of a move's ends. */
struct direction {
	struct idx_history *history;
	bool by_from;
};

static struct history_index *index_of(struct direction direction)
{
	return direction.by_from ? &direction.history->by_from : &direction.history->by_to;
}

static struct ax_str end_of(struct direction direction, const struct idx_move *move)
{
	return direction.by_from ? move->from : move->to;
}

static int read_keys(struct direction direction, struct history_index *index,
	struct ax_error *err)
{
	struct idx_history *history = direction.history;
	struct history_walk walk;
	int found;

	history_walk_begin(history, &walk);
	while ((found = history_walk_next(&walk, err)) > 0) {
		if (index->count == index->capacity && !grow(index)) {
			found = history_no_memory(history, err);
			break;
		}
		index->keys[index->count++] =
			key_of(end_of(direction, &walk.move), walk.offset);
	}
	history_walk_end(&walk);
	if (found == 0)
		history_surveyed(history, &walk);
	return found;
}

static int need_index(struct direction direction, struct ax_error *err)
{
	struct idx_history *history = direction.history;
	struct history_index made = { 0 };

	if (index_of(direction)->keys)
		return 0;
	if (history->size > PLACE_MAX)
		return ax_fail(err, EFBIG, "%s: too large to look anything up", history->path);
	if (!grow(&made))
		return history_no_memory(history, err);
	if (!idx_history_is_empty(history) && read_keys(direction, &made, err) < 0) {
		history_index_free(&made);
		return -1;
	}
	qsort(made.keys, made.count, sizeof(*made.keys), compare_keys);
	*index_of(direction) = made;
	return 0;
}

/* How many keys stand before key. */
static size_t lower_bound(const struct history_index *index, uint64_t key)
{
	size_t low = 0;
	size_t high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index->keys[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The move at place, which an index holds: borrowed until the next one is read. */
static int read_move(struct idx_history *history, uint64_t place, struct idx_move *out,
	struct ax_error *err)
{
	uint64_t end;
	int found = history_read(&history->near, place, out, &end, err);

	if (found == 0)
		return ax_fail(err, AX_ECORRUPT, "%s: has been changed while it was read",
			history->path);
	return found < 0 ? -1 : 0;
}

/* What is looked for: moves of path itself or, for the sake of what is below, of a directory. */
struct wanted {
	struct ax_str path;
	bool is_dir;
};

/* Whether the key is that of a move that is looked for: 1, 0, -1. */
static int is_wanted(struct direction direction, const struct wanted *wanted, uint64_t key,
	struct ax_error *err)
{
	struct idx_move move;

	if (read_move(direction.history, key & PLACE_MAX, &move, err) < 0)
		return -1;
	return ax_str_equal(end_of(direction, &move), wanted->path) &&
	       (move.is_dir || !wanted->is_dir);
}

/* The first such move at start or behind; HISTORY_NOWHERE without one. */
static int first_exact(struct direction direction, const struct wanted *wanted, uint64_t start,
	uint64_t *out, struct ax_error *err)
{
	const struct history_index *index = index_of(direction);
	uint64_t last = key_of(wanted->path, PLACE_MAX);

	*out = HISTORY_NOWHERE;
	for (size_t i = lower_bound(index, key_of(wanted->path, start));
		i < index->count && index->keys[i] <= last; i++) {
		int found = is_wanted(direction, wanted, index->keys[i], err);
		if (found)
			*out = index->keys[i] & PLACE_MAX;
		if (found)
			return found < 0 ? -1 : 0;
	}
	return 0;
}

/* The last one before limit. */
static int last_exact(struct direction direction, const struct wanted *wanted, uint64_t limit,
	uint64_t *out, struct ax_error *err)
{
	const struct history_index *index = index_of(direction);
	uint64_t first = key_of(wanted->path, 0);

	*out = HISTORY_NOWHERE;
	for (size_t i = lower_bound(index, key_of(wanted->path, limit));
		i > 0 && index->keys[i - 1] >= first; i--) {
		int found = is_wanted(direction, wanted, index->keys[i - 1], err);
		if (found)
			*out = index->keys[i - 1] & PLACE_MAX;
		if (found)
			return found < 0 ? -1 : 0;
	}
	return 0;
}

/* The same for moves of path and those that took it along with a directory above it. */
static int first_covering(struct direction direction, struct ax_str path, uint64_t start,
	uint64_t *out, struct ax_error *err)
{
	uint64_t found;

	if (first_exact(direction, &(struct wanted){ path, false }, start, out, err) < 0)
		return -1;
	for (struct ax_str dir = ax_path_dir(path); dir.len; dir = ax_path_dir(dir)) {
		if (first_exact(direction, &(struct wanted){ dir, true }, start, &found, err) <
			0)
			return -1;
		if (found < *out)
			*out = found;
	}
	return 0;
}

static int last_covering(struct direction direction, struct ax_str path, uint64_t limit,
	uint64_t *out, struct ax_error *err)
{
	uint64_t found;

	if (last_exact(direction, &(struct wanted){ path, false }, limit, out, err) < 0)
		return -1;
	for (struct ax_str dir = ax_path_dir(path); dir.len; dir = ax_path_dir(dir)) {
		if (last_exact(direction, &(struct wanted){ dir, true }, limit, &found, err) <
			0)
			return -1;
		if (found != HISTORY_NOWHERE && (*out == HISTORY_NOWHERE || found > *out))
			*out = found;
	}
	return 0;
}

/* path with its beginning from replaced by to, in the arena. */
static bool replace_start(struct ax_arena *arena, struct ax_str path, struct ax_str from,
	struct ax_str to, struct ax_str *out)
{
	size_t rest = path.len - from.len;
	char *copy = ax_arena_alloc(arena, to.len + rest + 1);

	if (!copy)
		return false;
	memcpy(copy, to.ptr, to.len);
	memcpy(copy + to.len, path.ptr + from.len, rest);
	*out = ax_str(copy, to.len + rest);
	return true;
}

/* A growing list of moves with its texts in an arena, where it goes itself at the end. */
struct steps {
	struct ax_arena *arena; /* NULL: they are not wanted */
	size_t count, capacity;
	struct idx_move *items;
};

static bool add_step(struct steps *steps, const struct idx_move *move)
{
	if (!steps->arena)
		return true;
	if (steps->count == steps->capacity) {
		size_t capacity = steps->capacity * 2 + 8;
		struct idx_move *items = reallocarray(steps->items, capacity, sizeof(*items));
		if (!items)
			return false;
		steps->items = items;
		steps->capacity = capacity;
	}
	struct idx_move *step = &steps->items[steps->count];
	*step = *move;
	step->from.ptr = ax_arena_copy(steps->arena, move->from);
	step->to.ptr = ax_arena_copy(steps->arena, move->to);
	steps->count += step->from.ptr && step->to.ptr;
	return step->from.ptr && step->to.ptr;
}

static bool keep_steps(const struct steps *steps, struct idx_move **out, size_t *n_out)
{
	struct idx_move *copy =
		ax_arena_alloc(steps->arena, (steps->count + 1) * sizeof(*copy));

	if (!copy)
		return false;
	for (size_t i = 0; i < steps->count; i++)
		copy[i] = steps->items[i];
	*out = copy;
	*n_out = steps->count;
	return true;
}

/* Follow the move at place: *at becomes the path at its other end, which is one of the steps. */
static int follow(struct direction direction, uint64_t place, struct ax_arena *arena,
	struct steps *steps, struct ax_str *at, struct ax_error *err)
{
	struct idx_move move;

	if (read_move(direction.history, place, &move, err) < 0)
		return -1;
	struct ax_str other = direction.by_from ? move.to : move.from;
	if (!add_step(steps, &move) ||
		!replace_start(arena, *at, end_of(direction, &move), other, at))
		return history_no_memory(direction.history, err);
	return 0;
}

/*
 * What was at path when it last left: a name may have been used by several files, one after the
 * other, and the last one is meant.
 */
int idx_history_resolve(struct idx_history *history, struct ax_str path, struct ax_arena *arena,
	struct ax_str *out, struct idx_move **steps_out, size_t *n_steps, struct ax_error *err)
{
	struct direction forward = { history, true };
	struct steps steps = { .arena = steps_out ? arena : NULL };
	struct ax_str at = path;
	uint64_t place;
	int status = -1;

	if (need_index(forward, err) < 0 ||
		last_covering(forward, path, history->size, &place, err) < 0)
		return -1;
	if (place == HISTORY_NOWHERE)
		return 0;
	while (place != HISTORY_NOWHERE) {
		if (follow(forward, place, arena, &steps, &at, err) < 0 ||
			first_covering(forward, at, place + 1, &place, err) < 0)
			goto out;
	}
	if (steps_out && !keep_steps(&steps, steps_out, n_steps)) {
		history_no_memory(history, err);
		goto out;
	}
	*out = at;
	status = 1;
out:
	free(steps.items);
	return status;
}

int idx_history_origins(struct idx_history *history, struct ax_str path, struct ax_arena *arena,
	struct idx_move **out, size_t *n_out, struct ax_error *err)
{
	struct direction forward = { history, true }, backward = { history, false };
	struct steps steps = { .arena = arena };
	struct ax_str at = path;
	uint64_t arrival, departure, limit = history->size;
	int status = -1;

	if (need_index(forward, err) < 0 || need_index(backward, err) < 0)
		return -1;
	for (;;) {
		if (last_covering(backward, at, limit, &arrival, err) < 0 ||
			last_covering(forward, at, limit, &departure, err) < 0)
			goto out;
		/* What arrived and left again is not what is there now. */
		if (arrival == HISTORY_NOWHERE ||
			(departure != HISTORY_NOWHERE && departure > arrival))
			break;
		if (follow(backward, arrival, arena, &steps, &at, err) < 0)
			goto out;
		limit = arrival;
	}
	if (!keep_steps(&steps, out, n_out)) {
		history_no_memory(history, err);
		goto out;
	}
	status = 0;
out:
	free(steps.items);
	return status;
}
