#include "reorg/names.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "reorg/act.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* Length of what a and b begin with alike. */
static size_t common_length(struct ax_str a, struct ax_str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	size_t i = 0;

	for (; i + sizeof(uint64_t) <= len; i += sizeof(uint64_t)) {
		if (memcmp(a.ptr + i, b.ptr + i, sizeof(uint64_t)) != 0)
			break;
	}
	while (i < len && a.ptr[i] == b.ptr[i])
		i++;
	return i;
}

/* Rank of byte i of a path: its end, then "/", then all others. */
static int rank_at(struct ax_str path, size_t i)
{
	if (i == path.len)
		return 0;
	return path.ptr[i] == '/' ? 1 : 2 + (unsigned char)path.ptr[i];
}

int reorg_path_compare(struct ax_str a, struct ax_str b)
{
	size_t i = common_length(a, b);

	return rank_at(a, i) - rank_at(b, i);
}

static int compare_names(const void *a, const void *b)
{
	const struct reorg_name *x = a;
	const struct reorg_name *y = b;
	int order = reorg_path_compare(x->path, y->path);

	if (order)
		return order;
	return x->act < y->act ? -1 : x->act > y->act;
}

static const struct reorg_act *act_of(const struct reorg_names *names,
	const struct reorg_name *name)
{
	return &names->plan->acts[name->act];
}

static bool is_kind(const struct reorg_names *names, const struct reorg_name *name,
	enum reorg_act_kind kind, enum reorg_side side)
{
	return name->side == side && act_of(names, name)->kind == kind;
}

/* Whether two acts may use the same name: a, the earlier one, and b. */
static bool may_share(const struct reorg_names *names, const struct reorg_name *a,
	const struct reorg_name *b)
{
	if (is_kind(names, b, REORG_LINK, REORG_TO))
		return is_kind(names, a, REORG_MOVE, REORG_FROM) ||
		       is_kind(names, a, REORG_MOVE_DIR, REORG_FROM);
	if (is_kind(names, b, REORG_REMOVE_DIR, REORG_FROM))
		return is_kind(names, a, REORG_MAKE_DIR, REORG_TO);
	return is_kind(names, b, REORG_DELETE, REORG_FROM) &&
	       is_kind(names, a, REORG_MOVE, REORG_TO);
}

/* Whether name may lie below dir, a name of a MOVE_DIR. */
static bool may_lie_below(const struct reorg_names *names, const struct reorg_name *name,
	const struct reorg_name *dir)
{
	const struct reorg_act *act = act_of(names, name);

	if (dir->side != REORG_TO || name->act < dir->act)
		return false;
	return act->kind == REORG_EDIT ||
	       (act->kind == REORG_RETARGET && ax_str_equal(act->from, act->to));
}

static int refuse(const struct reorg_names *names, const struct reorg_name *name,
	const char *why, struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED, "%.*s: %s twice in one plan (%s)",
		AX_STR_ARG(name->path), why, reorg_act_kind_name(act_of(names, name)->kind));
}

static int check_names(const struct reorg_names *names, struct ax_error *err)
{
	const struct reorg_name *dir = NULL;

	for (size_t i = 0; i < names->n; i++) {
		const struct reorg_name *name = &names->names[i];
		const struct reorg_name *before = i ? name - 1 : NULL;
		bool is_same = before && ax_str_equal(name->path, before->path);

		if (!ax_path_is_normal(name->path))
			return ax_fail(err, AX_EREFUSED, "%.*s: not a path below the root",
				AX_STR_ARG(name->path));
		if (is_same && !may_share(names, before, name))
			return refuse(names, name, "used", err);
		if (is_same && i > 1 && ax_str_equal(name->path, name[-2].path))
			return refuse(names, name, "used more than", err);
		if (dir && !ax_path_below(name->path, dir->path))
			dir = NULL;
		if (dir && !is_same && !may_lie_below(names, name, dir))
			return refuse(names, name, "moved", err);
		if (!dir && act_of(names, name)->kind == REORG_MOVE_DIR)
			dir = name;
	}
	return 0;
}

static int check_order(const struct reorg_plan *plan, struct ax_error *err)
{
	bool deletes = false;

	for (size_t i = 0; i < plan->n_acts; i++) {
		enum reorg_act_kind kind = plan->acts[i].kind;
		if (deletes && kind != REORG_DELETE && kind != REORG_REMOVE_DIR)
			return ax_fail(err, AX_EREFUSED, "a plan may not %s after a delete",
				reorg_act_kind_name(kind));
		deletes = deletes || kind == REORG_DELETE;
	}
	return 0;
}

static void add_name(struct reorg_names *names, struct ax_str path, size_t act,
	enum reorg_side side)
{
	names->names[names->n++] = (struct reorg_name){ path, act, side };
}

static int find_moved(struct reorg_names *names, struct ax_error *err)
{
	names->moved = calloc(names->n + 1, sizeof(struct reorg_name *));
	if (!names->moved)
		return ax_fail(err, ENOMEM, "no memory for %zu names", names->n);
	for (size_t i = 0; i < names->n; i++) {
		if (is_kind(names, &names->names[i], REORG_MOVE_DIR, REORG_TO))
			names->moved[names->n_moved++] = &names->names[i];
	}
	return 0;
}

int reorg_names_make(const struct reorg_plan *plan, struct reorg_names *out,
	struct ax_error *err)
{
	struct reorg_names names = { .plan = plan };

	names.names = calloc(plan->n_acts * 2 + 1, sizeof(*names.names));
	if (!names.names)
		return ax_fail(err, ENOMEM, "no memory for %zu acts", plan->n_acts);
	for (size_t i = 0; i < plan->n_acts; i++) {
		const struct reorg_act *act = &plan->acts[i];
		if (act->from.len)
			add_name(&names, act->from, i, REORG_FROM);
		if (act->to.len && !ax_str_equal(act->from, act->to))
			add_name(&names, act->to, i, REORG_TO);
	}
	qsort(names.names, names.n, sizeof(*names.names), compare_names);
	if (check_names(&names, err) < 0 || check_order(plan, err) < 0 ||
		find_moved(&names, err) < 0) {
		reorg_names_free(&names);
		return -1;
	}
	*out = names;
	return 0;
}

void reorg_names_free(struct reorg_names *names)
{
	free(names->names);
	free(names->moved);
	*names = (struct reorg_names){ 0 };
}

size_t reorg_names_find(const struct reorg_names *names, struct ax_str path)
{
	size_t low = 0;
	size_t high = names->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (reorg_path_compare(names->names[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether path is a name of an act that passes, on that side. */
static bool has_name(const struct reorg_names *names, struct ax_str path, enum reorg_side side,
	bool (*passes)(enum reorg_act_kind kind))
{
	for (size_t i = reorg_names_find(names, path);
		i < names->n && ax_str_equal(names->names[i].path, path); i++) {
		if (names->names[i].side == side &&
			passes(act_of(names, &names->names[i])->kind))
			return true;
	}
	return false;
}

static bool is_move(enum reorg_act_kind kind)
{
	return kind == REORG_MOVE || kind == REORG_MOVE_DIR;
}

static bool is_make_dir(enum reorg_act_kind kind)
{
	return kind == REORG_MAKE_DIR;
}

bool reorg_names_leaves(const struct reorg_names *names, struct ax_str path)
{
	return has_name(names, path, REORG_FROM, is_move);
}

bool reorg_names_makes_dir(const struct reorg_names *names, struct ax_str path)
{
	return has_name(names, path, REORG_TO, is_make_dir);
}

void reorg_names_origin(const struct reorg_names *names, struct ax_str path, struct ax_buf *out)
{
	size_t low = 0;
	size_t high = names->n_moved;

	/* Nothing comes between a directory and what is below it: it is the last one up to path. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (reorg_path_compare(names->moved[middle]->path, path) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct reorg_name *dir = low ? names->moved[low - 1] : NULL;
	if (dir && ax_path_below(path, dir->path)) {
		ax_buf_append_str(out, act_of(names, dir)->from);
		path = ax_str_slice(path, dir->path.len, path.len);
	}
	ax_buf_append_str(out, path);
}
