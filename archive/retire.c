#include "archive/retire.h"

#include "archive/tree.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "reorg/act.h"

#include <errno.h>

struct planner {
	const struct arc_tree *tree;
	struct ax_arena *arena;
	struct ax_str parent; /* of the directory that is archived */
	struct ax_str trash;
	struct reorg_act *acts;
	size_t n;
	bool failed; /* memory ran out */
};

static struct ax_str keep(struct planner *planner, struct ax_buf *buf)
{
	char *copy = buf->failed ? NULL : ax_arena_copy(planner->arena, ax_buf_str(buf));
	size_t len = buf->len;

	planner->failed |= !copy;
	ax_buf_free(buf);
	return copy ? ax_str(copy, len) : AX_STR("");
}

static struct ax_str path_of(struct planner *planner, const struct arc_member *member)
{
	struct ax_buf path = { 0 };

	ax_path_join(&path, planner->parent, member->path);
	return keep(planner, &path);
}

/* A number is name enough in the trash. */
static struct ax_str trash_of(struct planner *planner, size_t i)
{
	struct ax_buf path = { 0 };

	ax_buf_append_str(&path, planner->trash);
	ax_buf_printf(&path, "/%zu", i);
	return keep(planner, &path);
}

static struct reorg_identity identity_of(const struct arc_source *source)
{
	return (struct reorg_identity){
		.dev = source->dev,
		.ino = source->ino,
		.size = source->size,
		.mtime = source->mtime,
		.ctime = source->ctime,
		.linked = source->linked,
	};
}

static void add(struct planner *planner, const struct reorg_act *act)
{
	planner->acts[planner->n++] = *act;
}

static void add_files(struct planner *planner)
{
	const struct arc_tree *tree = planner->tree;
	size_t first = planner->n;

	for (size_t i = 0; i < tree->n; i++) {
		if (tree->members[i].type == ARC_DIR)
			continue;
		struct reorg_act move = {
			.kind = REORG_MOVE,
			.skip_changed = true,
			.from = path_of(planner, &tree->members[i]),
			.to = trash_of(planner, i),
			.identity = identity_of(&tree->sources[i]),
		};
		add(planner, &move);
	}
	for (size_t i = first, n = planner->n; i < n; i++) {
		struct reorg_act delete = {
			.kind = REORG_DELETE,
			.skip_changed = true,
			.from = planner->acts[i].to,
			.identity = planner->acts[i].identity,
		};
		add(planner, &delete);
	}
}

/* From the end: what is in a directory goes before it. */
static void add_dirs(struct planner *planner)
{
	const struct arc_tree *tree = planner->tree;

	for (size_t i = tree->n; i-- > 0;) {
		if (tree->members[i].type != ARC_DIR)
			continue;
		struct reorg_act remove = {
			.kind = REORG_REMOVE_DIR,
			.from = path_of(planner, &tree->members[i]),
		};
		add(planner, &remove);
	}
}

static void plan_trash(struct planner *planner, struct ax_str dir)
{
	struct ax_buf path = { 0 };
	struct ax_digest digest = ax_hash128(dir.ptr, dir.len);
	char text[33];

	ax_digest_format(&digest, text);
	ax_buf_append_str(&path, planner->parent);
	if (planner->parent.len)
		ax_buf_append_byte(&path, '/');
	ax_buf_printf(&path, "%s%.16s.trash", REORG_TEMPORARY_PREFIX, text);
	planner->trash = keep(planner, &path);
}

int arc_retire_plan(const struct arc_tree *tree, struct ax_str dir, ax_nanoseconds now,
	struct ax_arena *arena, struct reorg_plan *out, struct ax_error *err)
{
	struct planner planner = {
		.tree = tree,
		.arena = arena,
		.parent = ax_path_dir(dir),
	};
	struct ax_buf title = { 0 };

	planner.acts = ax_arena_alloc(arena, (2 * tree->n + 2) * sizeof(*planner.acts));
	if (!planner.acts)
		return ax_fail(err, ENOMEM, "%.*s: no memory for a plan", AX_STR_ARG(dir));
	ax_buf_append_text(&title, ARC_RETIRE_TITLE);
	ax_buf_append_str(&title, dir);
	plan_trash(&planner, dir);
	struct reorg_act make = { .kind = REORG_MAKE_DIR, .to = planner.trash };
	struct reorg_act remove = { .kind = REORG_REMOVE_DIR, .from = planner.trash };
	add(&planner, &make);
	add_files(&planner);
	add_dirs(&planner);
	add(&planner, &remove);
	struct reorg_plan plan = {
		.title = keep(&planner, &title),
		.time = now,
		.n_acts = planner.n,
		.acts = planner.acts,
	};
	if (planner.failed)
		return ax_fail(err, ENOMEM, "%.*s: no memory for a plan", AX_STR_ARG(dir));
	*out = plan;
	return 0;
}
