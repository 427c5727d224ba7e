/*
 * Two passes over the catalogue. The first finds the units: directories at a place to be sorted
 * that move whole (pools, dead directories). The second gives every file its fate: it moves with
 * its unit, moves alone, stays with a flag, or is at home. Then destinations are checked against
 * each other and against the disk, and symlinks are looked at.
 */
#include "reorg/draft.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "indexer/catalog.h"
#include "indexer/config.h"
#include "reorg/destination.h"
#include "reorg/draft_internal.h"
#include "reorg/layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char *reorg_flag_name(enum reorg_flag flag)
{
	static const char *const names[REORG_FLAG_COUNT] = {
		[REORG_NO_LOG] = "no-log",
		[REORG_AMBIGUOUS_LOG] = "ambiguous-log",
		[REORG_CONFLICT] = "conflict",
		[REORG_DUPLICATE] = "duplicate",
		[REORG_TRUNCATED] = "truncated",
		[REORG_INVALID] = "invalid",
		[REORG_LFS_POINTER] = "lfs-pointer",
		[REORG_WRITING] = "writing",
		[REORG_IN_USE] = "in-use",
		[REORG_UNKNOWN] = "unknown",
	};
	return names[flag];
}

/* Grow a list by one; elements live in the heap until the draft is sealed. */
void *draft_add_element(void **items, size_t *count, size_t size)
{
	size_t n = *count;

	/* Powers of two: a full list is doubled. */
	if ((n & (n - 1)) == 0) {
		void *grown = reallocarray(*items, n ? 2 * n : 1, size);
		if (!grown)
			return NULL;
		*items = grown;
	}
	*count = n + 1;
	char *element = (char *)*items + n * size;
	memset(element, 0, size);
	return element;
}

int draft_keep(struct draft_maker *maker, struct ax_str s, struct ax_str *out)
{
	char *copy = ax_arena_copy(&maker->draft->arena, s);

	if (!copy)
		return ax_fail(maker->err, ENOMEM, "reorg: no memory for the plan");
	*out = ax_str(copy, s.len);
	return 0;
}

static int add_stay(struct draft_maker *maker, struct ax_str path, uint64_t size,
	enum reorg_flag flag, const char *why)
{
	struct reorg_draft *draft = maker->draft;
	struct reorg_stay *stay =
		draft_add_element((void **)&draft->stays, &draft->n_stays, sizeof(*stay));

	if (!stay)
		return ax_fail(maker->err, ENOMEM, "reorg: no memory for the plan");
	stay->flag = flag;
	stay->size = size;
	if (draft_keep(maker, path, &stay->path) < 0)
		return -1;
	return draft_keep(maker, ax_str_from(why), &stay->why);
}

bool draft_split_data(const struct draft_maker *maker, struct ax_str path, struct ax_str *data,
	struct ax_str *relative)
{
	const struct idx_config *config = maker->config;

	for (size_t i = 0; i < config->logs.count; i++) {
		if (ax_path_below(path, config->logs.items[i]))
			return false;
	}
	for (size_t i = 0; i < config->data.count; i++) {
		*data = config->data.items[i];
		if (ax_path_below(path, *data) && path.len > data->len) {
			*relative = ax_str_slice(path, data->len ? data->len + 1 : 0, path.len);
			return true;
		}
	}
	return false;
}

int draft_place(struct draft_maker *maker, struct ax_str data,
	const struct reorg_artifact *artifact, struct ax_str *out)
{
	struct ax_buf *buf = &maker->scratch;

	ax_buf_clear(buf);
	ax_buf_append_str(buf, data);
	if (data.len)
		ax_buf_append_byte(buf, '/');
	int found = reorg_layout_place(maker->layout, artifact, buf, maker->err);
	if (found <= 0)
		return found;
	return draft_keep(maker, ax_buf_str(buf), out) < 0 ? -1 : 1;
}

static int add_move(struct draft_maker *maker, const struct idx_entry *entry,
	struct ax_str path, struct ax_str to, uint32_t dir)
{
	struct reorg_draft *draft = maker->draft;
	struct reorg_file_move *move =
		draft_add_element((void **)&draft->moves, &draft->n_moves, sizeof(*move));

	if (!move)
		return ax_fail(maker->err, ENOMEM, "reorg: no memory for the plan");
	*move = (struct reorg_file_move){ .to = to,
		.dev = entry->dev,
		.ino = entry->ino,
		.size = entry->size,
		.mtime = entry->mtime,
		.ctime = entry->ctime,
		.linked = entry->linked,
		.dir = dir };
	if (draft_keep(maker, path, &move->from) < 0)
		return -1;
	if (draft_keep(maker, entry->class_name, &move->class_name) < 0)
		return -1;
	return draft_keep(maker, entry->why, &move->why);
}

static int move_with_unit(struct draft_maker *maker, const struct idx_entry *entry,
	struct ax_str path, const struct reorg_dir_move *unit)
{
	uint32_t number = (uint32_t)(unit - maker->draft->dirs);
	struct reorg_dir_move *dir = &maker->draft->dirs[number];
	struct ax_buf *buf = &maker->scratch;
	struct ax_str to;

	dir->files++;
	dir->bytes += entry->size;
	dir->others += entry->type != IDX_REGULAR;
	ax_buf_clear(buf);
	ax_path_join(buf, dir->to, ax_str_slice(path, dir->from.len + 1, path.len));
	if (ax_buf_check(buf, "reorg", maker->err) < 0 ||
		draft_keep(maker, ax_buf_str(buf), &to) < 0)
		return -1;
	return add_move(maker, entry, path, to, number);
}

/* What keeps a file where it is whatever its class; REORG_FLAG_COUNT when nothing does. */
static enum reorg_flag flag_of_status(const struct idx_entry *entry)
{
	static const enum reorg_flag flags[IDX_STATUS_COUNT] = {
		[IDX_OK] = REORG_FLAG_COUNT,
		[IDX_TRUNCATED] = REORG_TRUNCATED,
		[IDX_INVALID] = REORG_INVALID,
		[IDX_WRITING] = REORG_WRITING,
		[IDX_LFS_POINTER] = REORG_LFS_POINTER,
		[IDX_UNREADABLE] = REORG_UNKNOWN,
	};

	if (entry->type != IDX_REGULAR)
		return REORG_UNKNOWN;
	return flags[entry->status];
}

static int stay_as_link(struct draft_maker *maker, struct ax_str path, enum reorg_flag flag)
{
	struct ax_buf why = { 0 };

	draft_describe_link(maker, path, &why);
	int status = ax_buf_check(&why, "reorg", maker->err);
	if (status == 0)
		status = add_stay(maker, path, 0, flag, ax_buf_text(&why));
	ax_buf_free(&why);
	return status;
}

static int stay_as_it_is(struct draft_maker *maker, const struct idx_entry *entry,
	struct ax_str path, enum reorg_flag flag)
{
	char why[256];

	if (entry->type == IDX_SYMLINK)
		return stay_as_link(maker, path, flag);
	if (entry->type == IDX_SPECIAL)
		return add_stay(maker, path, 0, flag, "no regular file");
	snprintf(why, sizeof(why), "%.*s",
		AX_STR_ARG(entry->problem.len ? entry->problem : entry->why));
	return add_stay(maker, path, entry->size, flag, why);
}

/* A file of a class that has a place, for which the run is missing. */
static int stay_without_run(struct draft_maker *maker, const struct idx_entry *entry,
	struct ax_str path, const struct idx_owner *owner)
{
	bool ambiguous = owner->membership == IDX_RUN_AMBIGUOUS;
	char why[256];

	snprintf(why, sizeof(why), "%.*s", AX_STR_ARG(owner->why));
	if (!why[0])
		snprintf(why, sizeof(why), "no log and no metadata say which run it is of");
	return add_stay(maker, path, entry->size,
		ambiguous ? REORG_AMBIGUOUS_LOG : REORG_NO_LOG, why);
}

static int place_loose(struct draft_maker *maker, const struct idx_entry *entry,
	struct ax_str data, struct ax_str path)
{
	struct idx_owner owner = { 0 };
	struct ax_str to;
	char why[256];

	if (idx_snapshot_owner(maker->snapshot, entry, &owner, maker->err) < 0)
		return -1;
	struct reorg_artifact artifact = { .class_name = entry->class_name,
		.name = entry->name,
		.run = owner.run,
		.role = owner.role };
	if (!reorg_layout_has(maker->layout, entry->class_name, false)) {
		snprintf(why, sizeof(why), "the layout has no place for class %.*s",
			AX_STR_ARG(entry->class_name));
		return add_stay(maker, path, entry->size, REORG_UNKNOWN, why);
	}
	int found = draft_place(maker, data, &artifact, &to);
	if (found < 0 && maker->err->code == AX_EREFUSED)
		return add_stay(maker, path, entry->size, REORG_CONFLICT, maker->err->message);
	if (found < 0)
		return -1;
	if (found == 0)
		return stay_without_run(maker, entry, path, &owner);
	if (ax_str_equal(to, path))
		return 0;
	return add_move(maker, entry, path, to, REORG_NO_DIR);
}

/* Whether path lies in a directory at a nested place to be sorted, as probe_distill/x: such a
 * level is being dissolved, so that what has no place in the layout must be said. */
static bool is_in_dissolved(const struct draft_maker *maker, struct ax_str relative)
{
	struct ax_str dir = ax_path_dir(relative);

	for (; ax_str_find(dir, '/') < dir.len; dir = ax_path_dir(dir)) {
		if (reorg_layout_sorts(maker->layout, dir))
			return true;
	}
	return false;
}

/* Whether a pool's directory is where the layout wants it: 1, 0, -1. */
static int is_pool_at_home(struct draft_maker *maker, const struct idx_entry *entry,
	struct ax_str data)
{
	struct reorg_artifact artifact = { .class_name = entry->class_name,
		.name = ax_path_name(entry->dir),
		.is_dir = true };
	struct ax_str to;

	if (!ax_str_equal(entry->class_name, AX_STR("pool")))
		return 0;
	int found = draft_place(maker, data, &artifact, &to);
	if (found < 0)
		return maker->err->code == AX_EREFUSED ? 0 : -1;
	return found && ax_str_equal(to, entry->dir);
}

static int place_file(struct draft_maker *maker, const struct idx_entry *entry)
{
	struct ax_str data, relative;
	struct ax_buf *buf = &maker->path;

	ax_buf_clear(buf);
	ax_path_join(buf, entry->dir, entry->name);
	if (ax_buf_check(buf, "reorg", maker->err) < 0)
		return -1;
	struct ax_str path = ax_buf_str(buf);
	if (!draft_split_data(maker, path, &data, &relative))
		return 0;

	const struct reorg_dir_move *unit = draft_unit_at(maker->draft, path);
	if (unit)
		return move_with_unit(maker, entry, path, unit);
	if (!reorg_layout_sorts(maker->layout, relative)) {
		int at_home = !is_in_dissolved(maker, relative);
		if (!at_home)
			at_home = is_pool_at_home(maker, entry, data);
		if (at_home)
			return at_home < 0 ? -1 : 0;
		return add_stay(maker, path, entry->size, REORG_UNKNOWN,
			"its directory has no place in the layout");
	}
	enum reorg_flag flag = flag_of_status(entry);
	if (flag != REORG_FLAG_COUNT)
		return stay_as_it_is(maker, entry, path, flag);
	return place_loose(maker, entry, data, path);
}

int draft_visit_files(struct draft_maker *maker,
	int (*visit)(struct draft_maker *maker, const struct idx_entry *entry))
{
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int more = -1;

	if (idx_files_open(maker->snapshot, &(struct idx_filter){ 0 }, &files, maker->err) < 0)
		return -1;
	while ((more = idx_files_next(files, &entry, maker->err)) > 0) {
		if (visit(maker, &entry) < 0) {
			more = -1;
			break;
		}
	}
	idx_files_close(files);
	return more;
}

static int compare_moves(const void *a, const void *b)
{
	const struct reorg_file_move *x = a, *y = b;

	return ax_str_compare(x->from, y->from);
}

static int compare_stays(const void *a, const void *b)
{
	const struct reorg_stay *x = a, *y = b;

	return ax_str_compare(x->path, y->path);
}

void draft_sort(struct reorg_draft *draft)
{
	if (draft->n_moves)
		qsort(draft->moves, draft->n_moves, sizeof(*draft->moves), compare_moves);
	if (draft->n_stays)
		qsort(draft->stays, draft->n_stays, sizeof(*draft->stays), compare_stays);
}

int reorg_draft_make(struct idx_snapshot *snapshot, const struct idx_config *config,
	const struct reorg_layout *layout, int root, struct ax_str root_path,
	struct reorg_draft *out, struct ax_error *err)
{
	struct reorg_draft draft = { 0 };
	struct draft_maker maker = { .draft = &draft,
		.snapshot = snapshot,
		.config = config,
		.layout = layout,
		.root = root,
		.root_path = root_path,
		.err = err };
	int status = -1;

	if (draft_keep(&maker, root_path, &draft.root_path) < 0 ||
		draft_find_units(&maker) < 0 || draft_visit_files(&maker, place_file) < 0)
		goto out;
	draft_sort(&draft);
	if (draft_check_destinations(&maker) < 0 || draft_find_symlinks(&maker) < 0 ||
		draft_derive_retargets(&draft, err) < 0)
		goto out;

	*out = draft;
	draft = (struct reorg_draft){ 0 };
	status = 0;
out:
	ax_buf_free(&maker.scratch);
	ax_buf_free(&maker.path);
	reorg_draft_free(&draft);
	return status;
}

void reorg_draft_free(struct reorg_draft *draft)
{
	free(draft->moves);
	free(draft->dirs);
	free(draft->stays);
	free(draft->symlinks);
	free(draft->retargets);
	ax_arena_free(&draft->arena);
	*draft = (struct reorg_draft){ 0 };
}

const struct reorg_file_move *draft_find_move(const struct reorg_draft *draft,
	struct ax_str path)
{
	struct reorg_file_move key = { .from = path };

	if (draft->n_moves == 0)
		return NULL;
	return bsearch(&key, draft->moves, draft->n_moves, sizeof(key), compare_moves);
}

bool reorg_draft_moves_alone(const struct reorg_draft *draft,
	const struct reorg_file_move *move)
{
	return move->dir == REORG_NO_DIR || draft->dirs[move->dir].is_copied;
}

int reorg_draft_destination(const struct reorg_draft *draft, struct ax_str path,
	struct ax_arena *arena, struct ax_str *out, struct ax_error *err)
{
	const struct reorg_file_move *move = draft_find_move(draft, path);

	if (move) {
		*out = move->to;
		return 1;
	}
	const struct reorg_dir_move *dir = draft_unit_at(draft, path);
	if (!dir)
		return 0;
	struct ax_str rest = ax_str_slice(path, dir->from.len, path.len);
	char *to = ax_arena_alloc(arena, dir->to.len + rest.len + 1);
	if (!to)
		return ax_fail(err, ENOMEM, "reorg: no memory for the plan");
	memcpy(to, dir->to.ptr, dir->to.len);
	memcpy(to + dir->to.len, rest.ptr, rest.len);
	*out = ax_str(to, dir->to.len + rest.len);
	return 1;
}

/* Take units without files out of the list and renumber those of the moves. */
static int drop_units(struct reorg_draft *draft, const struct draft_fate *dirs,
	struct ax_error *err)
{
	uint32_t *number = calloc(draft->n_dirs + 1, sizeof(*number));
	uint32_t kept = 0;

	if (!number)
		return ax_fail(err, ENOMEM, "reorg: no memory for the plan");
	for (size_t i = 0; i < draft->n_dirs; i++) {
		number[i] = kept;
		if (dirs[i].flag == REORG_FLAG_COUNT)
			draft->dirs[kept++] = draft->dirs[i];
	}
	for (size_t i = 0; i < draft->n_moves; i++) {
		if (draft->moves[i].dir != REORG_NO_DIR)
			draft->moves[i].dir = number[draft->moves[i].dir];
	}
	free(number);
	draft->n_dirs = kept;
	return 0;
}

int draft_settle(struct reorg_draft *draft, const struct draft_fate *moves,
	const struct draft_fate *dirs, struct ax_error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < draft->n_moves; i++) {
		const struct reorg_file_move *move = &draft->moves[i];
		const struct draft_fate *fate = &moves[i];
		if (fate->flag == REORG_FLAG_COUNT && move->dir != REORG_NO_DIR)
			fate = &dirs[move->dir];
		if (fate->flag == REORG_FLAG_COUNT) {
			draft->moves[kept++] = *move;
			continue;
		}
		struct reorg_stay *stay = draft_add_element((void **)&draft->stays,
			&draft->n_stays, sizeof(*stay));
		if (!stay)
			return ax_fail(err, ENOMEM, "reorg: no memory for the plan");
		*stay = (struct reorg_stay){ move->from, fate->flag, fate->why, move->size };
	}
	draft->n_moves = kept;
	draft_sort(draft);
	return drop_units(draft, dirs, err);
}

int draft_fates_new(const struct reorg_draft *draft, struct draft_fate **moves,
	struct draft_fate **dirs, struct ax_error *err)
{
	*moves = calloc(draft->n_moves + 1, sizeof(**moves));
	*dirs = calloc(draft->n_dirs + 1, sizeof(**dirs));
	if (!*moves || !*dirs)
		return ax_fail(err, ENOMEM, "reorg: no memory for the plan");
	for (size_t i = 0; i < draft->n_moves; i++)
		(*moves)[i].flag = REORG_FLAG_COUNT;
	for (size_t i = 0; i < draft->n_dirs; i++)
		(*dirs)[i].flag = REORG_FLAG_COUNT;
	return 0;
}

/* The first move at path or behind it, in their order. */
static size_t first_move(const struct reorg_draft *draft, struct ax_str path)
{
	size_t low = 0, high = draft->n_moves;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ax_str_compare(draft->moves[middle].from, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int hold(struct reorg_draft *draft, const struct reorg_hold *hold,
	struct draft_fate *moves, struct draft_fate *dirs, struct ax_error *err)
{
	const char *why = ax_arena_copy(&draft->arena, hold->why);
	struct draft_fate fate = { hold->flag, ax_str(why, hold->why.len) };

	if (!why)
		return ax_fail(err, ENOMEM, "reorg: no memory for the plan");
	for (size_t i = 0; i < draft->n_dirs; i++) {
		struct ax_str from = draft->dirs[i].from;
		if (ax_path_below(hold->path, from) || ax_path_below(from, hold->path))
			dirs[i] = fate;
	}
	for (size_t i = first_move(draft, hold->path);
		i < draft->n_moves && ax_str_starts(draft->moves[i].from, hold->path); i++) {
		if (ax_path_below(draft->moves[i].from, hold->path))
			moves[i] = fate;
	}
	return 0;
}

int reorg_draft_hold(struct reorg_draft *draft, const struct reorg_hold *holds, size_t n,
	struct ax_error *err)
{
	struct draft_fate *moves = NULL, *dirs = NULL;
	int status = draft_fates_new(draft, &moves, &dirs, err);

	for (size_t i = 0; i < n && status == 0; i++)
		status = hold(draft, &holds[i], moves, dirs, err);
	if (status == 0)
		status = draft_settle(draft, moves, dirs, err);
	if (status == 0)
		status = draft_derive_retargets(draft, err);
	free(moves);
	free(dirs);
	return status;
}
