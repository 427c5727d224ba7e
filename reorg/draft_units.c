/* Units: directories at a place to be sorted that move whole, because they are dead or a pool. */
#include "reorg/draft_internal.h"

#include "base/error.h"
#include "base/path.h"
#include "indexer/catalog.h"
#include "reorg/destination.h"
#include "reorg/layout.h"

#include <errno.h>
#include <stdlib.h>

static int add_unit(struct draft_maker *maker, struct ax_str data, struct ax_str path,
	struct ax_str class_name)
{
	struct reorg_draft *draft = maker->draft;
	struct reorg_artifact artifact = {
		.class_name = class_name, .name = ax_path_name(path), .is_dir = true
	};
	struct ax_str to;

	/* Chunks of one directory and siblings below a unit come one after the other. */
	if (draft->n_dirs && ax_str_equal(draft->dirs[draft->n_dirs - 1].from, path))
		return 0;
	int found = draft_place(maker, data, &artifact, &to);
	if (found < 0 && maker->err->code == AX_EREFUSED)
		return 0;
	if (found <= 0 || ax_str_equal(to, path))
		return found < 0 ? -1 : 0;
	struct reorg_dir_move *dir =
		draft_add_element((void **)&draft->dirs, &draft->n_dirs, sizeof(*dir));
	if (!dir)
		return ax_fail(maker->err, ENOMEM, "reorg: no memory for the plan");
	dir->to = to;
	dir->class_name = class_name;
	return draft_keep(maker, path, &dir->from);
}

/* A dead directory anywhere above, or the directory itself when it holds a pool's files. */
static int find_unit(struct draft_maker *maker, struct ax_str path, bool holds_pool)
{
	struct ax_str data, relative, component;

	if (!draft_split_data(maker, path, &data, &relative))
		return 0;
	struct ax_str rest = relative;
	while (ax_path_next(&rest, &component)) {
		size_t end = (size_t)(component.ptr + component.len - relative.ptr);
		struct ax_str prefix = ax_str_slice(relative, 0, end);
		struct ax_str dir = ax_str_slice(path, 0, path.len - relative.len + end);
		bool is_dead = reorg_layout_is_dead(maker->layout, component);
		bool is_pool = holds_pool && end == relative.len;

		if ((is_dead || is_pool) && reorg_layout_sorts(maker->layout, prefix))
			return add_unit(maker, data, dir,
				is_dead ? AX_STR("dead") : AX_STR("pool"));
	}
	return 0;
}

static int compare_dirs(const void *a, const void *b)
{
	const struct reorg_dir_move *x = a, *y = b;

	return ax_str_compare(x->from, y->from);
}

/* The unit that path is or is in, or NULL: units are sorted. */
const struct reorg_dir_move *draft_unit_at(const struct reorg_draft *draft, struct ax_str path)
{
	for (; path.len && draft->n_dirs; path = ax_path_dir(path)) {
		struct reorg_dir_move key = { .from = path };
		const struct reorg_dir_move *hit =
			bsearch(&key, draft->dirs, draft->n_dirs, sizeof(key), compare_dirs);
		if (hit)
			return hit;
	}
	return NULL;
}

/* Sort the units, and drop doubled ones and those below another. */
static void settle_units(struct reorg_draft *draft)
{
	size_t count = draft->n_dirs;

	if (count)
		qsort(draft->dirs, count, sizeof(*draft->dirs), compare_dirs);
	draft->n_dirs = 0;
	for (size_t i = 0; i < count; i++) {
		if (!draft_unit_at(draft, draft->dirs[i].from))
			draft->dirs[draft->n_dirs++] = draft->dirs[i];
	}
}

static int visit(struct draft_maker *maker, const struct idx_entry *entry)
{
	return find_unit(maker, entry->dir, ax_str_equal(entry->class_name, AX_STR("pool")));
}

int draft_find_units(struct draft_maker *maker)
{
	int status = draft_visit_files(maker, visit);

	settle_units(maker->draft);
	for (size_t i = 0; status == 0 && i < maker->draft->n_dirs; i++) {
		struct reorg_dir_move *dir = &maker->draft->dirs[i];
		dir->is_copied = reorg_place_is_apart(maker->root, dir->from, dir->to);
	}
	return status;
}
