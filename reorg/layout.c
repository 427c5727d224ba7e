#include "reorg/layout.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "base/pattern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_LIMIT = 255 }; /* bytes of a component that every Linux file system takes */

struct slot {
	struct ax_str class_name;
	struct ax_str text; /* without the "/" at the end */
	bool is_dir;
};

struct strings {
	size_t count;
	const struct ax_str *items;
};

struct reorg_layout {
	struct ax_arena arena;
	size_t n_slots;
	const struct slot *slots;
	struct strings sort, dead;
};

/* The scheme of a project that has never been sorted; users change it in artidx.json. */
static const struct slot default_slots[] = {
	{ AX_STR_INIT("v_hack"), AX_STR_INIT("vhack/{name}"), false },
	{ AX_STR_INIT("vhack_grads"), AX_STR_INIT("vhack_grads/{name}"), false },
	{ AX_STR_INIT("checkpoint"), AX_STR_INIT("runs/{run}/{role}.safetensors"), false },
	{ AX_STR_INIT("pairset"), AX_STR_INIT("pairsets/{name}"), false },
	{ AX_STR_INIT("pool"), AX_STR_INIT("pools/{pool}"), true },
	{ AX_STR_INIT("dead"), AX_STR_INIT("_archive/{name}"), true },
};
static const struct ax_str default_sort[] = { AX_STR_INIT("*"),
	AX_STR_INIT("probe_distill/*") };
static const struct ax_str default_dead[] = { AX_STR_INIT("*_OLD_*") };

/* What a placeholder stands for, and whether different artifacts have different values. */
struct placeholder {
	struct ax_str name;
	struct ax_str (*value)(const struct reorg_artifact *artifact);
	bool tells_apart;
};

static struct ax_str get_name(const struct reorg_artifact *artifact)
{
	return artifact->name;
}

static struct ax_str get_stem(const struct reorg_artifact *artifact)
{
	struct ax_str extension = ax_path_extension(artifact->name);

	return ax_str_slice(artifact->name, 0, artifact->name.len - extension.len);
}

static struct ax_str get_class(const struct reorg_artifact *artifact)
{
	return artifact->class_name;
}

static struct ax_str get_run(const struct reorg_artifact *artifact)
{
	return artifact->run;
}

static struct ax_str get_ts(const struct reorg_artifact *artifact)
{
	return ax_str_slice(artifact->run, 0, ax_str_find(artifact->run, '_'));
}

static struct ax_str get_slug(const struct reorg_artifact *artifact)
{
	return ax_str_slice(artifact->run, ax_str_find(artifact->run, '_') + 1,
		artifact->run.len);
}

static struct ax_str get_role(const struct reorg_artifact *artifact)
{
	return artifact->role;
}

static const struct placeholder placeholders[] = {
	{ AX_STR_INIT("name"), get_name, true },
	{ AX_STR_INIT("stem"), get_stem, true },
	{ AX_STR_INIT("pool"), get_name, true },
	{ AX_STR_INIT("role"), get_role, true },
	{ AX_STR_INIT("run"), get_run, false },
	{ AX_STR_INIT("ts"), get_ts, false },
	{ AX_STR_INIT("slug"), get_slug, false },
	{ AX_STR_INIT("class"), get_class, false },
};

static const struct placeholder *find_placeholder(struct ax_str name)
{
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
		if (ax_str_equal(placeholders[i].name, name))
			return &placeholders[i];
	}
	return NULL;
}

/* One piece of a template: literal text, or the name of a placeholder. */
struct piece {
	struct ax_str text;
	bool is_placeholder;
};

/* The piece at the start of *rest, which is advanced; false at the end. A "{" without its "}"
 * is a placeholder with a name that nobody has. */
static bool next_piece(struct ax_str *rest, struct piece *piece)
{
	if (rest->len == 0)
		return false;
	piece->is_placeholder = rest->ptr[0] == '{';
	size_t len = ax_str_find(*rest, piece->is_placeholder ? '}' : '{');
	bool is_closed = piece->is_placeholder && len < rest->len;
	piece->text = is_closed ? ax_str_slice(*rest, 1, len - 1) : ax_str_slice(*rest, 0, len);
	len += is_closed;
	*rest = ax_str_slice(*rest, len, rest->len);
	return true;
}

static int refuse_slot(const struct slot *t, const char *why, struct ax_error *err)
{
	return ax_fail(err, AX_ECONFIG, "artidx.json: layout.%.*s: \"%.*s\" %s",
		AX_STR_ARG(t->class_name), AX_STR_ARG(t->text), why);
}

static int check_slot(const struct slot *t, struct ax_error *err)
{
	struct ax_str rest = t->text;
	struct piece piece;
	bool tells_apart = false;

	if (!ax_path_is_safe(t->text))
		return refuse_slot(t, "is no path inside the data directory", err);
	while (next_piece(&rest, &piece)) {
		if (!piece.is_placeholder)
			continue;
		const struct placeholder *known = find_placeholder(piece.text);
		if (!known)
			return refuse_slot(t,
				"has an unknown placeholder; there are {name} {stem} {pool} "
				"{run} "
				"{ts} {slug} {role} {class}",
				err);
		tells_apart |= known->tells_apart;
	}
	if (!tells_apart)
		return refuse_slot(t, "would give several files one path: add {name} or {role}",
			err);
	return 0;
}

static int read_slot(struct reorg_layout *layout, const struct ax_json_value *member,
	struct slot *out, struct ax_error *err)
{
	struct ax_str text = { 0 };

	out->class_name = ax_json_key(member);
	if (!ax_json_string(member, &text))
		return ax_fail(err, AX_ECONFIG,
			"artidx.json: layout.%.*s: a template is a string",
			AX_STR_ARG(out->class_name));
	out->is_dir = ax_str_ends(text, AX_STR("/"));
	out->text = ax_str_slice(text, 0, text.len - out->is_dir);
	if (check_slot(out, err) < 0)
		return -1;

	const char *class_copy = ax_arena_copy(&layout->arena, out->class_name);
	const char *text_copy = ax_arena_copy(&layout->arena, out->text);
	if (!class_copy || !text_copy)
		return ax_fail(err, ENOMEM, "layout: no memory");
	out->class_name.ptr = class_copy;
	out->text.ptr = text_copy;
	return 0;
}

/* The defaults with what the configuration says on top: null takes a class out. */
static int read_slots(struct reorg_layout *layout, const struct ax_json_value *object,
	struct ax_error *err)
{
	size_t n_defaults = sizeof(default_slots) / sizeof(default_slots[0]);
	size_t n = 0;

	if (object && ax_json_kind(object) != AX_JSON_OBJECT)
		return ax_fail(err, AX_ECONFIG,
			"artidx.json: layout: an object of class to template is wanted");
	struct slot *all = ax_arena_alloc(&layout->arena,
		(n_defaults + ax_json_length(object)) * sizeof(*all));
	if (!all)
		return ax_fail(err, ENOMEM, "layout: no memory");
	for (size_t i = 0; i < n_defaults; i++) {
		char key[64];
		snprintf(key, sizeof(key), "%.*s", AX_STR_ARG(default_slots[i].class_name));
		if (!ax_json_get(object, key))
			all[n++] = default_slots[i];
	}
	for (const struct ax_json_value *member = ax_json_first(object); member;
		member = ax_json_next(member)) {
		if (ax_json_kind(member) == AX_JSON_NULL)
			continue;
		if (read_slot(layout, member, &all[n++], err) < 0)
			return -1;
	}
	layout->slots = all;
	layout->n_slots = n;
	return 0;
}

static int read_globs(struct reorg_layout *layout, const struct ax_json_value *list,
	const char *key, struct strings *out, struct ax_error *err)
{
	if (!list)
		return 0;
	if (ax_json_kind(list) != AX_JSON_ARRAY)
		return ax_fail(err, AX_ECONFIG, "artidx.json: %s: an array of globs is wanted",
			key);
	size_t count = ax_json_length(list);
	struct ax_str *items = ax_arena_alloc(&layout->arena, (count + 1) * sizeof(*items));
	if (!items)
		return ax_fail(err, ENOMEM, "layout: no memory");
	for (size_t i = 0; i < count; i++) {
		if (!ax_json_string(ax_json_at(list, i), &items[i]))
			return ax_fail(err, AX_ECONFIG,
				"artidx.json: %s: an array of globs is wanted", key);
		items[i].ptr = ax_arena_copy(&layout->arena, items[i]);
		if (!items[i].ptr)
			return ax_fail(err, ENOMEM, "layout: no memory");
	}
	*out = (struct strings){ count, items };
	return 0;
}

int reorg_layout_load(const struct ax_json_value *root, struct reorg_layout **out,
	struct ax_error *err)
{
	struct reorg_layout *layout = calloc(1, sizeof(*layout));
	int status = -1;

	if (!layout)
		return ax_fail(err, ENOMEM, "layout: no memory");
	layout->sort = (struct strings){ sizeof(default_sort) / sizeof(default_sort[0]),
		default_sort };
	layout->dead = (struct strings){ sizeof(default_dead) / sizeof(default_dead[0]),
		default_dead };
	if (read_slots(layout, ax_json_get(root, "layout"), err) < 0)
		goto out;
	if (read_globs(layout, ax_json_get(root, "sort"), "sort", &layout->sort, err) < 0)
		goto out;
	const struct ax_json_value *dead = ax_json_get(root, "dead");
	if (dead && ax_json_kind(dead) != AX_JSON_OBJECT) {
		ax_fail(err, AX_ECONFIG, "artidx.json: dead: an object is wanted");
		goto out;
	}
	if (read_globs(layout, ax_json_get(dead, "match"), "dead.match", &layout->dead, err) <
		0)
		goto out;

	*out = layout;
	layout = NULL;
	status = 0;
out:
	reorg_layout_free(layout);
	return status;
}

void reorg_layout_free(struct reorg_layout *layout)
{
	if (!layout)
		return;
	ax_arena_free(&layout->arena);
	free(layout);
}

static void write_globs(struct ax_json_writer *w, const struct strings *globs)
{
	ax_json_begin_array(w);
	for (size_t i = 0; i < globs->count; i++)
		ax_json_write_string(w, globs->items[i]);
	ax_json_end_array(w);
}

static void write_slot(struct ax_json_writer *w, const struct slot *slot)
{
	struct ax_buf text = { 0 };

	ax_buf_append_str(&text, slot->text);
	if (slot->is_dir)
		ax_buf_append_byte(&text, '/');
	ax_json_write_key(w, slot->class_name);
	ax_json_write_string(w, ax_buf_str(&text));
	ax_buf_free(&text);
}

void reorg_layout_write(const struct reorg_layout *layout, const char *key,
	struct ax_json_writer *w)
{
	if (strcmp(key, "sort") == 0) {
		write_globs(w, &layout->sort);
		return;
	}
	if (strcmp(key, "dead") == 0) {
		write_globs(w, &layout->dead);
		return;
	}
	ax_json_begin_object(w);
	for (size_t i = 0; i < layout->n_slots; i++)
		write_slot(w, &layout->slots[i]);
	ax_json_end_object(w);
}

static const struct slot *find_slot(const struct reorg_layout *layout, struct ax_str class_name,
	bool is_dir)
{
	for (size_t i = 0; i < layout->n_slots; i++) {
		const struct slot *t = &layout->slots[i];
		if (t->is_dir == is_dir && ax_str_equal(t->class_name, class_name))
			return t;
	}
	return NULL;
}

bool reorg_layout_has(const struct reorg_layout *layout, struct ax_str class_name, bool is_dir)
{
	return find_slot(layout, class_name, is_dir) != NULL;
}

static int check_place(struct ax_str path, const struct reorg_artifact *artifact,
	struct ax_error *err)
{
	struct ax_str rest = path;
	struct ax_str component;

	if (!ax_path_is_safe(path))
		return ax_fail(err, AX_EREFUSED,
			"%.*s: its place in the layout is no safe path",
			AX_STR_ARG(artifact->name));
	while (ax_path_next(&rest, &component)) {
		if (component.len > NAME_LIMIT)
			return ax_fail(err, AX_EREFUSED,
				"%.*s: its place in the layout has a name over %d bytes",
				AX_STR_ARG(artifact->name), NAME_LIMIT);
	}
	return 0;
}

int reorg_layout_place(const struct reorg_layout *layout, const struct reorg_artifact *artifact,
	struct ax_buf *out, struct ax_error *err)
{
	const struct slot *t = find_slot(layout, artifact->class_name, artifact->is_dir);
	size_t start = out->len;
	struct piece piece;

	if (!t)
		return 0;
	struct ax_str rest = t->text;
	while (next_piece(&rest, &piece)) {
		struct ax_str value = piece.text;
		if (piece.is_placeholder)
			value = find_placeholder(piece.text)->value(artifact);
		/* A value is a part of a name, never a path: "/" would open a directory. */
		if (value.len == 0 ||
			(piece.is_placeholder && ax_str_find(value, '/') < value.len)) {
			out->len = start;
			return 0;
		}
		ax_buf_append_str(out, value);
	}
	if (ax_buf_check(out, "layout", err) < 0)
		return -1;
	if (check_place(ax_str_slice(ax_buf_str(out), start, out->len), artifact, err) < 0) {
		out->len = start;
		return -1;
	}
	return 1;
}

static bool matches_any(const struct strings *globs, struct ax_str text)
{
	for (size_t i = 0; i < globs->count; i++) {
		if (ax_glob_match(globs->items[i], text))
			return true;
	}
	return false;
}

bool reorg_layout_sorts(const struct reorg_layout *layout, struct ax_str path)
{
	return matches_any(&layout->sort, path);
}

bool reorg_layout_is_dead(const struct reorg_layout *layout, struct ax_str name)
{
	return matches_any(&layout->dead, name);
}
