/*
 * Destinations: no two alike, none below another, all free on disk. One that is free only behind
 * another move is not: in a plan each name has one meaning, by which a recovery tells what is done.
 */
#include "reorg/draft_internal.h"

#include "base/error.h"
#include "base/path.h"
#include "reorg/destination.h"

#include <errno.h>
#include <stdlib.h>

/* One thing that wants a place: a file that moves alone, or a directory. */
struct want {
	struct ax_str to, from;
	struct draft_fate *fate;
	bool is_taken; /* by something else that is there now */
};

struct wants {
	size_t count;
	struct want *items; /* ordered by to */
};

static int compare_wants(const void *a, const void *b)
{
	const struct want *x = a, *y = b;

	return ax_str_compare(x->to, y->to);
}

static int hold(struct draft_maker *maker, struct want *want, enum reorg_flag flag,
	const char *text, struct ax_str path)
{
	struct ax_buf *buf = &maker->scratch;

	ax_buf_clear(buf);
	ax_buf_append_str(buf, path);
	ax_buf_append_text(buf, text);
	const char *why = ax_arena_copy(&maker->draft->arena, ax_buf_str(buf));
	if (buf->failed || !why)
		return ax_fail(maker->err, ENOMEM, "reorg: no memory for the plan");
	want->fate->flag = flag;
	want->fate->why = ax_str(why, buf->len);
	return 0;
}

static bool is_wanted(const struct wants *wants, struct ax_str place)
{
	struct want key = { .to = place };

	return bsearch(&key, wants->items, wants->count, sizeof(key), compare_wants) != NULL;
}

static int check_against_others(struct draft_maker *maker, const struct wants *wants, size_t i)
{
	struct want *want = &wants->items[i];

	if ((i > 0 && ax_str_equal(want->to, want[-1].to)) ||
		(i + 1 < wants->count && ax_str_equal(want->to, want[1].to)))
		return hold(maker, want, REORG_CONFLICT, " is wanted by several files",
			want->to);
	for (struct ax_str dir = ax_path_dir(want->to); dir.len; dir = ax_path_dir(dir)) {
		if (is_wanted(wants, dir))
			return hold(maker, want, REORG_CONFLICT,
				" above its destination is wanted by another file", dir);
	}
	const struct reorg_dir_move *above = draft_unit_at(maker->draft, want->to);
	if (!above)
		return 0;
	return ax_str_equal(above->from, want->from)
		       ? hold(maker, want, REORG_CONFLICT, ": its place would be in itself",
				 want->to)
		       : hold(maker, want, REORG_CONFLICT,
				 " above its destination moves as well", above->from);
}

static int check_on_disk(struct draft_maker *maker, struct want *want)
{
	enum reorg_place place;

	if (want->fate->flag != REORG_FLAG_COUNT)
		return 0;
	/* What cannot be looked at is not moved either: the reason goes with the file. */
	if (reorg_place_look(maker->root, want->from, want->to, &place, maker->err) < 0) {
		if (maker->err->code == ENOMEM)
			return -1;
		return hold(maker, want, REORG_UNKNOWN, maker->err->message,
			(struct ax_str){ 0 });
	}
	switch (place) {
	case REORG_PLACE_FREE:
		return 0;
	case REORG_PLACE_SAME:
		return hold(maker, want, REORG_DUPLICATE, " holds the same bytes", want->to);
	case REORG_PLACE_TAKEN:
		want->is_taken = true;
		return hold(maker, want, REORG_CONFLICT,
			" is there already, with other content", want->to);
	case REORG_PLACE_BLOCKED:
		return hold(maker, want, REORG_CONFLICT,
			" cannot be made: something on the way is no directory", want->to);
	}
	return 0;
}

static int gather(struct reorg_draft *draft, struct draft_fate *moves, struct draft_fate *dirs,
	struct wants *out, struct ax_error *err)
{
	out->count = 0;
	out->items = calloc(draft->n_moves + draft->n_dirs + 1, sizeof(*out->items));
	if (!out->items)
		return ax_fail(err, ENOMEM, "reorg: no memory for the plan");
	for (size_t i = 0; i < draft->n_dirs; i++)
		out->items[out->count++] = (struct want){ draft->dirs[i].to,
			draft->dirs[i].from, &dirs[i], false };
	for (size_t i = 0; i < draft->n_moves; i++) {
		const struct reorg_file_move *move = &draft->moves[i];
		if (move->dir == REORG_NO_DIR)
			out->items[out->count++] =
				(struct want){ move->to, move->from, &moves[i], false };
	}
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), compare_wants);
	return 0;
}

/* What moves away makes room for another reorg, not for this one. */
static int tell_of_room(struct draft_maker *maker, struct wants *wants,
	const struct draft_fate *moves)
{
	const struct reorg_draft *draft = maker->draft;

	for (size_t i = 0; i < wants->count; i++) {
		struct want *want = &wants->items[i];
		const struct reorg_file_move *there =
			want->is_taken ? draft_find_move(draft, want->to) : NULL;
		bool moves_away = there && there->dir == REORG_NO_DIR &&
				  moves[there - draft->moves].flag == REORG_FLAG_COUNT;
		if (moves_away &&
			hold(maker, want, REORG_CONFLICT,
				" is there until it has moved itself: run reorg again then",
				want->to) < 0)
			return -1;
	}
	return 0;
}

/* Only files are copied faithfully: what else a directory holds keeps it on its file system. */
static int hold_uncopyable(struct draft_maker *maker, struct draft_fate *fates)
{
	for (size_t i = 0; i < maker->draft->n_dirs; i++) {
		const struct reorg_dir_move *dir = &maker->draft->dirs[i];
		struct want want = { .fate = &fates[i] };
		if (dir->is_copied && dir->others &&
			hold(maker, &want, REORG_CONFLICT,
				" is on another file system, and not all in it is a file",
				dir->to) < 0)
			return -1;
	}
	return 0;
}

int draft_check_destinations(struct draft_maker *maker)
{
	struct reorg_draft *draft = maker->draft;
	struct draft_fate *moves = NULL, *dirs = NULL;
	struct wants wants = { 0 };
	int status = -1;

	if (draft_fates_new(draft, &moves, &dirs, maker->err) < 0)
		goto out;
	if (hold_uncopyable(maker, dirs) < 0 ||
		gather(draft, moves, dirs, &wants, maker->err) < 0)
		goto out;
	for (size_t i = 0; i < wants.count; i++) {
		if (check_against_others(maker, &wants, i) < 0)
			goto out;
		if (check_on_disk(maker, &wants.items[i]) < 0)
			goto out;
	}
	if (tell_of_room(maker, &wants, moves) < 0)
		goto out;
	status = draft_settle(draft, moves, dirs, maker->err);
out:
	free(wants.items);
	free(moves);
	free(dirs);
	return status;
}
