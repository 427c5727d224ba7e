/*
 * Generations: files of one class that stand for the same thing. Of a basis those in one
 * directory whose names are alike but for an ending that counts or dates them (_v2, _gen3,
 * _20260528, _old, _bak); of what a run saved all of the run. The newest of a basis replaces the
 * others; what the configuration retains of a class is asked of each group.
 */
#include "archive/dead_internal.h"

#include "archive/retention.h"
#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "indexer/catalog.h"
#include "indexer/config.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct item {
	struct ax_str group, path;
	const struct arc_retention_rule *rule; /* NULL: only the newest counts */
	bool is_plain;                         /* its name has no ending of a generation */
	ax_nanoseconds mtime;
	double score; /* of keep-best; NAN where it has none */
};

struct items {
	struct ax_arena arena;
	size_t count, capacity;
	struct item *items;
};

static bool is_digits(struct ax_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	}
	return s.len > 0;
}

/* "v2", "gen3", "20260528", "20260528T223214", "old", "bak" */
static bool is_generation(struct ax_str part)
{
	static const struct ax_str words[] = { AX_STR_INIT("old"), AX_STR_INIT("OLD"),
		AX_STR_INIT("bak") };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (ax_str_equal(part, words[i]))
			return true;
	}
	if (part.len > 1 && part.ptr[0] == 'v')
		return is_digits(ax_str_slice(part, 1, part.len));
	if (ax_str_starts(part, AX_STR("gen")))
		return is_digits(ax_str_slice(part, 3, part.len));
	if (part.len == 15 && part.ptr[8] == 'T')
		return is_digits(ax_str_slice(part, 0, 8)) &&
		       is_digits(ax_str_slice(part, 9, 15));
	return part.len == 8 && is_digits(part);
}

/* A path without its extension and without endings of generations. */
static struct ax_str stem_of(struct ax_str path, bool *is_plain)
{
	size_t dir = ax_path_dir(path).len;
	struct ax_str stem =
		ax_str_slice(path, 0, path.len - ax_path_extension(ax_path_name(path)).len);

	*is_plain = true;
	for (;;) {
		size_t at = ax_str_find_last(stem, '_');
		if (at == stem.len || at <= dir + 1 ||
			!is_generation(ax_str_slice(stem, at + 1, stem.len)))
			return stem;
		stem = ax_str_slice(stem, 0, at);
		*is_plain = false;
	}
}

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for generations");
}

/* The greater counts; NAN where the file has no such number. */
static int read_score(struct idx_snapshot *snapshot, const struct idx_entry *entry,
	struct ax_str field, double *out, struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct idx_detail detail;
	int status = 0;

	*out = (double)NAN;
	if (!entry->detail || !field.len)
		return 0;
	status = idx_snapshot_detail(snapshot, entry, &arena, &detail, err);
	if (status == 0) {
		struct idx_value value =
			idx_attribute_get(detail.attributes, detail.n_attributes, field);
		if (value.kind == IDX_REAL)
			*out = value.real;
		else if (value.kind == IDX_INT)
			*out = (double)value.integer;
	}
	ax_arena_free(&arena);
	return status;
}

static struct item *need_item(struct items *items, struct ax_error *err)
{
	if (items->count == items->capacity) {
		size_t capacity = items->capacity * 2 + 64;
		void *grown = reallocarray(items->items, capacity, sizeof(*items->items));
		if (!grown) {
			no_memory(err);
			return NULL;
		}
		items->items = grown;
		items->capacity = capacity;
	}
	return &items->items[items->count];
}

/* What the file is one of: its run, or its name without a generation. */
static int name_group(struct idx_snapshot *snapshot, const struct idx_entry *entry,
	struct ax_str path, struct ax_buf *group, bool *is_plain, struct ax_error *err)
{
	struct idx_owner owner;
	struct ax_str stem = stem_of(path, is_plain);

	if (idx_snapshot_owner(snapshot, entry, &owner, err) < 0)
		return -1;
	ax_buf_clear(group);
	ax_buf_append_str(group, entry->class_name);
	ax_buf_append_byte(group, '\0');
	ax_buf_append_str(group, owner.membership == IDX_RUN_KNOWN ? owner.run : stem);
	return ax_buf_check(group, "generations", err);
}

static int add_item(const struct arc_dead_input *input, struct items *items,
	const struct idx_entry *entry, struct ax_error *err)
{
	const struct arc_retention_rule *rule =
		arc_retention_of(input->retention, entry->class_name);
	struct item *item = need_item(items, err);
	struct ax_buf path = { 0 }, group = { 0 };
	int status = -1;

	if (!item)
		return -1;
	*item = (struct item){ .rule = rule, .mtime = entry->mtime };
	ax_path_join(&path, entry->dir, entry->name);
	if (ax_buf_check(&path, "a path", err) < 0 ||
		name_group(input->snapshot, entry, ax_buf_str(&path), &group, &item->is_plain,
			err) < 0 ||
		read_score(input->snapshot, entry, rule ? rule->best : AX_STR(""), &item->score,
			err) < 0)
		goto out;
	char *a = ax_arena_copy(&items->arena, ax_buf_str(&path));
	char *b = ax_arena_copy(&items->arena, ax_buf_str(&group));
	if (!a || !b) {
		no_memory(err);
		goto out;
	}
	item->path = ax_str(a, path.len);
	item->group = ax_str(b, group.len);
	items->count++;
	status = 0;
out:
	ax_buf_free(&path);
	ax_buf_free(&group);
	return status;
}

/* Newest first in a group. */
static int by_group(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = ax_str_compare(x->group, y->group);

	if (order)
		return order;
	if (x->mtime != y->mtime)
		return x->mtime > y->mtime ? -1 : 1;
	return ax_str_compare(x->path, y->path);
}

static void say_rule(struct ax_buf *reason, const struct arc_retention_rule *rule, size_t newer)
{
	ax_buf_printf(reason, "dead.retain of %.*s:", AX_STR_ARG(rule->class_name));
	if (rule->has_last)
		ax_buf_printf(reason, " keep-last %" PRIu64 ", and %zu are newer;", rule->last,
			newer);
	if (rule->best.len)
		ax_buf_printf(reason, " another one has the best %.*s;",
			AX_STR_ARG(rule->best));
	if (rule->older_than)
		ax_buf_append_text(reason, " older than older-than;");
	reason->len--;
}

/* Whether the rule keeps item i of its group of n. */
static bool is_retained(const struct arc_dead_input *input, const struct item *group, size_t n,
	size_t i)
{
	const struct arc_retention_rule *rule = group[i].rule;
	bool is_best = rule->best.len && !isnan(group[i].score);

	if (rule->has_last && i < rule->last)
		return true;
	if (rule->older_than && input->now - group[i].mtime <= rule->older_than)
		return true;
	for (size_t k = 0; k < n && is_best; k++)
		is_best = k == i || isnan(group[k].score) || group[k].score < group[i].score ||
			  (k > i && group[k].score <= group[i].score);
	/* Where none has the field, nobody knows which is the best. */
	return is_best || (rule->best.len && isnan(group[i].score));
}

/* Items first to end - 1 are one group, newest first. */
static int judge_group(const struct arc_dead_input *input, struct arc_dead *dead,
	const struct item *group, size_t n, struct ax_error *err)
{
	struct ax_buf reason = { 0 };
	bool has_generations = false;
	int status = 0;

	for (size_t i = 0; i < n; i++)
		has_generations |= !group[i].is_plain;
	for (size_t i = 0; i < n && status == 0; i++) {
		ax_buf_clear(&reason);
		if (group[i].rule && !is_retained(input, group, n, i))
			say_rule(&reason, group[i].rule, i);
		if (!group[i].rule && i > 0 && has_generations) {
			ax_buf_append_text(&reason, "a newer generation of it: ");
			ax_text_quote(&reason, group[0].path);
		}
		if (reason.len)
			status = dead_add(dead, group[i].path, false, &reason, err);
	}
	ax_buf_free(&reason);
	return status;
}

static int judge(const struct arc_dead_input *input, struct arc_dead *dead, struct items *items,
	struct ax_error *err)
{
	size_t end;

	if (items->count)
		qsort(items->items, items->count, sizeof(*items->items), by_group);
	for (size_t first = 0; first < items->count; first = end) {
		end = first + 1;
		while (end < items->count &&
			ax_str_equal(items->items[end].group, items->items[first].group))
			end++;
		if (judge_group(input, dead, items->items + first, end - first, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_data(const struct arc_dead_input *input, struct ax_str dir)
{
	for (size_t i = 0; i < input->config->data.count; i++) {
		if (ax_path_below(dir, input->config->data.items[i]))
			return true;
	}
	return false;
}

/* Files of a class that is a basis or that the configuration has a rule for. */
static int gather(const struct arc_dead_input *input, struct items *items, struct ax_error *err)
{
	size_t n = input->retention->count + 1, n_classes = 0;
	uint32_t *classes = ax_arena_alloc(&items->arena, n * sizeof(*classes));
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int found = 0;

	if (!classes)
		return no_memory(err);
	for (size_t i = 0; i < n; i++) {
		struct ax_str name =
			i ? input->retention->rules[i - 1].class_name : AX_STR("v_hack");
		n_classes += idx_snapshot_class_id(input->snapshot, name, &classes[n_classes]);
	}
	struct idx_filter filter = { .classes = classes, .n_classes = n_classes };
	if (!n_classes)
		return 0;
	if (idx_files_open(input->snapshot, &filter, &files, err) < 0)
		return -1;
	while (found >= 0 && (found = idx_files_next(files, &entry, err)) == 1) {
		if (is_data(input, entry.dir))
			found = add_item(input, items, &entry, err);
	}
	idx_files_close(files);
	return found < 0 ? -1 : 0;
}

int dead_find_generations(const struct arc_dead_input *input, struct arc_dead *dead,
	struct ax_error *err)
{
	struct items items = { .count = 0 };
	int status = gather(input, &items, err);

	if (status == 0)
		status = judge(input, dead, &items, err);
	ax_arena_free(&items.arena);
	free(items.items);
	return status;
}
