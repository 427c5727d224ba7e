#include "reorg/planner.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "indexer/config.h"
#include "reorg/draft.h"
#include "reorg/edits.h"
#include "reorg/links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EDIT_LIMIT = 64 * 1024 * 1024 };

struct planner {
	const struct reorg_draft *draft;
	const struct reorg_planner_options *options;
	struct reorg_schedule *schedule;
	size_t capacity; /* of the list of acts */
	struct reorg_act *acts;
	struct ax_str last_parent; /* of a destination, looked at already */
	struct ax_error *err;
};

static int no_memory(struct planner *planner)
{
	return ax_fail(planner->err, ENOMEM, "reorg: no memory for the plan");
}

static struct reorg_act *add(struct planner *planner, enum reorg_act_kind kind)
{
	struct reorg_plan *plan = &planner->schedule->plan;

	if (!planner->acts || plan->n_acts == planner->capacity) {
		size_t wanted = planner->capacity ? 2 * planner->capacity : 256;
		void *grown = reallocarray(planner->acts, wanted, sizeof(*planner->acts));
		if (!grown) {
			no_memory(planner);
			return NULL;
		}
		planner->acts = grown;
		planner->capacity = wanted;
	}
	struct reorg_act *act = &planner->acts[plan->n_acts++];
	*act = (struct reorg_act){ .kind = kind };
	return act;
}

static int keep(struct planner *planner, struct ax_str s, struct ax_str *out)
{
	const char *copy = ax_arena_copy(&planner->schedule->arena, s);

	if (!copy)
		return no_memory(planner);
	*out = ax_str(copy, s.len);
	return 0;
}

/* A growing set of paths; sorted and made distinct at the end. */
struct paths {
	struct ax_str *items;
	size_t count, capacity;
};

static int add_path(struct planner *planner, struct paths *paths, struct ax_str path)
{
	/* Neighbours in a sorted list share their directory. */
	if (paths->count && ax_str_equal(paths->items[paths->count - 1], path))
		return 0;
	if (paths->count == paths->capacity) {
		size_t wanted = paths->capacity ? 2 * paths->capacity : 64;
		void *grown = reallocarray(paths->items, wanted, sizeof(*paths->items));
		if (!grown)
			return no_memory(planner);
		paths->items = grown;
		paths->capacity = wanted;
	}
	paths->items[paths->count++] = path;
	return 0;
}

static int compare_strings(const void *a, const void *b)
{
	const struct ax_str *x = a, *y = b;

	return ax_str_compare(*x, *y);
}

static void make_distinct(struct paths *paths)
{
	size_t kept = 0;

	if (paths->count)
		qsort(paths->items, paths->count, sizeof(*paths->items), compare_strings);
	for (size_t i = 0; i < paths->count; i++) {
		if (kept == 0 || !ax_str_equal(paths->items[kept - 1], paths->items[i]))
			paths->items[kept++] = paths->items[i];
	}
	paths->count = kept;
}

static bool exists(const struct planner *planner, struct ax_str path)
{
	int fd = ax_open_beneath(planner->options->root, path, O_PATH | O_NOFOLLOW, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Every directory above path that is not there. */
static int add_missing(struct planner *planner, struct paths *paths, struct ax_str path)
{
	struct ax_str dir = ax_path_dir(path);

	/* Neighbours mostly go to one place. */
	if (ax_str_equal(dir, planner->last_parent))
		return 0;
	planner->last_parent = dir;
	for (; dir.len && !exists(planner, dir); dir = ax_path_dir(dir)) {
		if (add_path(planner, paths, dir) < 0)
			return -1;
	}
	return 0;
}

/* In byte order a directory comes before what is below it. */
static int plan_directories(struct planner *planner)
{
	const struct reorg_draft *draft = planner->draft;
	struct paths missing = { 0 };
	int status = -1;

	for (size_t i = 0; i < draft->n_dirs; i++) {
		if (add_missing(planner, &missing, draft->dirs[i].to) < 0)
			goto out;
	}
	for (size_t i = 0; i < draft->n_moves; i++) {
		if (reorg_draft_moves_alone(draft, &draft->moves[i]) &&
			add_missing(planner, &missing, draft->moves[i].to) < 0)
			goto out;
	}
	make_distinct(&missing);
	for (size_t i = 0; i < missing.count; i++) {
		struct reorg_act *act = add(planner, REORG_MAKE_DIR);
		if (!act)
			goto out;
		act->to = missing.items[i];
	}
	status = 0;
out:
	free(missing.items);
	return status;
}

static int look_at(struct planner *planner, struct ax_str path, struct reorg_identity *out)
{
	struct stat st;
	int fd = ax_open_beneath(planner->options->root, path, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return ax_fail_errno(planner->err, "%.*s: cannot be opened", AX_STR_ARG(path));
	int status = fstat(fd, &st);
	close(fd);
	if (status < 0)
		return ax_fail_errno(planner->err, "%.*s: cannot be looked at",
			AX_STR_ARG(path));
	*out = reorg_identity_of(&st);
	return 0;
}

static int plan_moves(struct planner *planner)
{
	const struct reorg_draft *draft = planner->draft;

	for (size_t i = 0; i < draft->n_dirs; i++) {
		if (draft->dirs[i].is_copied)
			continue;
		struct reorg_act *act = add(planner, REORG_MOVE_DIR);
		if (!act || look_at(planner, draft->dirs[i].from, &act->identity) < 0)
			return -1;
		act->from = draft->dirs[i].from;
		act->to = draft->dirs[i].to;
		act->count = REORG_ANY_COUNT;
	}
	for (size_t i = 0; i < draft->n_moves; i++) {
		const struct reorg_file_move *move = &draft->moves[i];
		if (!reorg_draft_moves_alone(draft, move))
			continue;
		struct reorg_act *act = add(planner, REORG_MOVE);
		if (!act)
			return -1;
		act->from = move->from;
		act->to = move->to;
		act->identity = (struct reorg_identity){ move->dev, move->ino, move->size,
			move->mtime, move->ctime, move->linked };
	}
	return 0;
}

static int plan_retargets(struct planner *planner)
{
	const struct reorg_draft *draft = planner->draft;

	for (size_t i = 0; i < draft->n_retargets; i++) {
		const struct reorg_retarget *link = &draft->retargets[i];
		struct reorg_act *act = add(planner, REORG_RETARGET);
		if (!act || look_at(planner, link->path, &act->identity) < 0)
			return -1;
		act->from = link->path;
		if (reorg_draft_destination(draft, link->path, &planner->schedule->arena,
			    &act->from, planner->err) < 0)
			return -1;
		act->to = act->from;
		act->old_target = link->old_target;
		act->target = link->new_target;
	}
	return 0;
}

static int plan_link(struct planner *planner, struct ax_str from, struct ax_str to)
{
	struct reorg_schedule *schedule = planner->schedule;
	struct ax_buf target = { 0 };
	struct ax_str text;
	struct reorg_act *act = add(planner, REORG_LINK);

	reorg_links_relative(&target, ax_path_dir(from), to);
	int status = !act || target.failed ? no_memory(planner)
					   : keep(planner, ax_buf_str(&target), &text);
	ax_buf_free(&target);
	if (status < 0)
		return -1;
	act->to = from;
	act->target = text;
	schedule->links[schedule->n_links++] = (struct reorg_left_link){ from, text };
	return 0;
}

static int plan_links(struct planner *planner)
{
	const struct reorg_draft *draft = planner->draft;
	struct reorg_schedule *schedule = planner->schedule;

	if (!planner->options->links)
		return 0;
	schedule->links = ax_arena_alloc(&schedule->arena,
		(draft->n_dirs + draft->n_moves + 1) * sizeof(*schedule->links));
	if (!schedule->links)
		return no_memory(planner);
	for (size_t i = 0; i < draft->n_dirs; i++) {
		const struct reorg_dir_move *dir = &draft->dirs[i];
		if (!dir->is_copied && reorg_links_wanted(dir->class_name) &&
			plan_link(planner, dir->from, dir->to) < 0)
			return -1;
	}
	for (size_t i = 0; i < draft->n_moves; i++) {
		const struct reorg_file_move *move = &draft->moves[i];
		if (reorg_draft_moves_alone(draft, move) &&
			reorg_links_wanted(move->class_name) &&
			plan_link(planner, move->from, move->to) < 0)
			return -1;
	}
	return 0;
}

/* Content before and after, told by its digests. */
static int set_digests(struct planner *planner, struct reorg_act *act)
{
	struct ax_buf path = { 0 }, old = { 0 }, new = { 0 };
	int status = -1;

	ax_buf_append_str(&path, act->from);
	if (ax_file_read(planner->options->root, ax_buf_text(&path), EDIT_LIMIT, &old,
		    planner->err) < 0)
		goto out;
	if (reorg_edit_content(act, ax_buf_str(&old), &new, planner->err) < 0)
		goto out;
	act->old_digest = ax_hash128(old.data, old.len);
	act->new_digest = ax_hash128(new.data, new.len);
	status = 0;
out:
	ax_buf_free(&path);
	ax_buf_free(&old);
	ax_buf_free(&new);
	return status;
}

/* All edits of one file: n of them from first on. */
static int plan_edit(struct planner *planner, const struct reorg_edit *first, size_t n)
{
	struct reorg_act *act = add(planner, REORG_EDIT);
	struct reorg_span *spans =
		ax_arena_alloc(&planner->schedule->arena, n * sizeof(*spans));

	if (!act || !spans)
		return no_memory(planner);
	for (size_t i = 0; i < n; i++)
		spans[i] = (struct reorg_span){ first[i].offset, first[i].old, first[i].new };
	act->from = first->file;
	act->n_spans = n;
	act->spans = spans;
	if (look_at(planner, act->from, &act->identity) < 0)
		return -1;
	return set_digests(planner, act);
}

static int plan_edits(struct planner *planner)
{
	const struct reorg_edits *edits = planner->options->edits;
	size_t at = 0;

	while (edits && at < edits->n_edits) {
		size_t n = 1;
		while (at + n < edits->n_edits &&
			ax_str_equal(edits->edits[at + n].file, edits->edits[at].file))
			n++;
		if (plan_edit(planner, &edits->edits[at], n) < 0)
			return -1;
		at += n;
	}
	return 0;
}

/* Whether something is known to stay below dir. */
static bool keeps_something(const struct reorg_draft *draft, struct ax_str dir)
{
	size_t low = 0, high = draft->n_stays;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ax_str_compare(draft->stays[middle].path, dir) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < draft->n_stays && ax_str_starts(draft->stays[low].path, dir); low++) {
		if (ax_path_below(draft->stays[low].path, dir))
			return true;
	}
	return false;
}

/* A data directory, or what it lies in: people made it, and programs expect it. */
static bool holds_data(const struct planner *planner, struct ax_str dir)
{
	const struct idx_strings *data = &planner->options->config->data;

	for (size_t i = 0; i < data->count; i++) {
		if (ax_path_below(data->items[i], dir))
			return true;
	}
	return false;
}

/* The directory that a file leaves, and those above it in a unit that is copied. */
static int add_left(struct planner *planner, struct paths *left,
	const struct reorg_file_move *move)
{
	struct ax_str dir = ax_path_dir(move->from);

	if (move->dir == REORG_NO_DIR)
		return add_path(planner, left, dir);
	struct ax_str unit = planner->draft->dirs[move->dir].from;
	for (; ax_path_below(dir, unit); dir = ax_path_dir(dir)) {
		if (add_path(planner, left, dir) < 0)
			return -1;
	}
	return 0;
}

/* Directories that things left, the deepest first. */
static int plan_removals(struct planner *planner)
{
	const struct reorg_draft *draft = planner->draft;
	struct paths left = { 0 };
	int status = -1;

	for (size_t i = 0; i < draft->n_dirs; i++) {
		if (add_path(planner, &left, ax_path_dir(draft->dirs[i].from)) < 0)
			goto out;
	}
	for (size_t i = 0; i < draft->n_moves; i++) {
		if (reorg_draft_moves_alone(draft, &draft->moves[i]) &&
			add_left(planner, &left, &draft->moves[i]) < 0)
			goto out;
	}
	make_distinct(&left);
	for (size_t i = left.count; i > 0; i--) {
		struct ax_str dir = left.items[i - 1];
		if (dir.len == 0 || holds_data(planner, dir) || keeps_something(draft, dir))
			continue;
		struct reorg_act *act = add(planner, REORG_REMOVE_DIR);
		if (!act)
			goto out;
		act->from = dir;
	}
	status = 0;
out:
	free(left.items);
	return status;
}

int reorg_schedule_make(const struct reorg_draft *draft,
	const struct reorg_planner_options *options, struct reorg_schedule *out,
	struct ax_error *err)
{
	struct reorg_schedule schedule = { .plan = { .title = AX_STR("reorg"),
						   .time = options->now } };
	struct planner planner = {
		.draft = draft, .options = options, .schedule = &schedule, .err = err
	};

	if (plan_directories(&planner) < 0 || plan_moves(&planner) < 0 ||
		plan_retargets(&planner) < 0 || plan_links(&planner) < 0 ||
		plan_edits(&planner) < 0 || plan_removals(&planner) < 0) {
		free(planner.acts);
		ax_arena_free(&schedule.arena);
		return -1;
	}
	schedule.plan.acts = planner.acts;
	*out = schedule;
	return 0;
}

void reorg_schedule_free(struct reorg_schedule *schedule)
{
	/* The list was ours until it was lent out as const. */
	free((void *)(uintptr_t)schedule->plan.acts);
	ax_arena_free(&schedule->arena);
	*schedule = (struct reorg_schedule){ 0 };
}
