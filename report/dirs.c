#include "report/dirs.h"

#include "base/error.h"
#include "base/path.h"

#include <errno.h>
#include <stdlib.h>

void rpt_sum_add(struct rpt_sum *sum, struct rpt_sum more)
{
	sum->files += more.files;
	sum->bytes += more.bytes;
}

void rpt_dirs_free(struct rpt_dirs *dirs)
{
	qry_table_free(&dirs->table);
	*dirs = (struct rpt_dirs){ 0 };
}

struct rpt_dir *rpt_dirs_get(const struct rpt_dirs *dirs, struct ax_str path)
{
	return qry_table_get(&dirs->table, path);
}

/* A new directory, not yet below another. */
static struct rpt_dir *make(struct rpt_dirs *dirs, struct ax_str path)
{
	struct rpt_dir *dir = ax_arena_alloc(&dirs->table.arena, sizeof(*dir));
	char *copy = ax_arena_copy(&dirs->table.arena, path);
	void **slot = qry_table_put(&dirs->table, path);

	if (!dir || !copy || !slot)
		return NULL;
	dir->path = ax_str(copy, path.len);
	*slot = dir;
	if (path.len == 0)
		dirs->root = dir;
	return dir;
}

static void adopt(struct rpt_dir *parent, struct rpt_dir *child)
{
	child->parent = parent;
	child->next = parent->children;
	parent->children = child;
	parent->n_children++;
}

struct rpt_dir *rpt_dirs_put(struct rpt_dirs *dirs, struct ax_str path)
{
	struct rpt_dir *below = NULL;
	struct rpt_dir *result = NULL;

	if (dirs->last && ax_str_equal(dirs->last->path, path))
		return dirs->last;
	for (;;) {
		struct rpt_dir *dir = rpt_dirs_get(dirs, path);
		bool is_new = !dir;

		if (is_new)
			dir = make(dirs, path);
		if (!dir)
			return NULL;
		if (below)
			adopt(dir, below);
		else
			result = dir;
		if (!is_new || path.len == 0)
			break;
		below = dir;
		path = ax_path_dir(path);
	}
	dirs->last = result;
	return result;
}

const struct rpt_dir *rpt_dir_skip_single(const struct rpt_dir *dir)
{
	while (dir->n_children == 1 && dir->own.files == 0)
		dir = dir->children;
	return dir;
}

bool rpt_dirs_add(struct rpt_dirs *dirs, struct rpt_dir *dir, uint32_t class_id,
	struct rpt_sum sum)
{
	struct rpt_part *part = dir->parts;

	while (part && part->class_id != class_id)
		part = part->next;
	if (!part) {
		part = ax_arena_alloc(&dirs->table.arena, sizeof(*part));
		if (!part)
			return false;
		part->class_id = class_id;
		part->next = dir->parts;
		dir->parts = part;
	}
	rpt_sum_add(&part->sum, sum);
	rpt_sum_add(&dir->own, sum);
	return true;
}

static int compare_names(const void *a, const void *b)
{
	const struct rpt_dir *const *x = a;
	const struct rpt_dir *const *y = b;

	return ax_str_compare((*x)->path, (*y)->path);
}

static int compare_bytes(const void *a, const void *b)
{
	const struct rpt_dir *const *x = a;
	const struct rpt_dir *const *y = b;

	if ((*x)->all.bytes != (*y)->all.bytes)
		return (*x)->all.bytes > (*y)->all.bytes ? -1 : 1;
	return compare_names(a, b);
}

static void order_children(struct rpt_dir *dir, enum rpt_order order, struct rpt_dir **scratch)
{
	size_t n = 0;

	for (struct rpt_dir *child = dir->children; child; child = child->next)
		scratch[n++] = child;
	qsort(scratch, n, sizeof(struct rpt_dir *),
		order == RPT_BY_BYTES ? compare_bytes : compare_names);
	dir->children = NULL;
	while (n > 0) {
		scratch[--n]->next = dir->children;
		dir->children = scratch[n];
	}
}

/* Deepest first, without recursion: how deep directories are nested is not ours to say. */
static void visit(struct rpt_dir *root, enum rpt_order order, struct rpt_dir **scratch)
{
	struct rpt_dir *dir = root;

	while (dir->children)
		dir = dir->children;
	for (;;) {
		struct rpt_dir *next = dir->next;

		rpt_sum_add(&dir->all, dir->own);
		rpt_sum_add(&dir->moving, dir->own_moving);
		order_children(dir, order, scratch);
		if (dir == root)
			return;
		rpt_sum_add(&dir->parent->all, dir->all);
		rpt_sum_add(&dir->parent->moving, dir->moving);
		dir = next ? next : dir->parent;
		while (next && dir->children)
			dir = dir->children;
	}
}

int rpt_dirs_add_up(struct rpt_dirs *dirs, enum rpt_order order, struct ax_error *err)
{
	if (!dirs->root)
		return 0;
	struct rpt_dir **scratch = calloc(dirs->table.n_used, sizeof(struct rpt_dir *));
	if (!scratch)
		return ax_fail(err, ENOMEM, "no memory for the sums of directories");
	visit(dirs->root, order, scratch);
	free(scratch);
	return 0;
}
