#include "indexer/runs_internal.h"

#include "base/error.h"
#include "base/json.h"
#include "base/path.h"

#include <assert.h>
#include <stdlib.h>

enum {
	SHOWN_CANDIDATES = 4,
	CFG_LIMIT = 1024 * 1024, /* bytes of a cfg that is read */
};

/* A save may be stamped a little after its log's last line. */
static const ax_nanoseconds slack = INT64_C(120) * 1000000000;

static int compare_slugs(const void *a, const void *b)
{
	const struct known_run *const *x = a, *const *y = b;

	return ax_str_compare((*x)->log->slug, (*y)->log->slug);
}

static int compare_tags(const void *a, const void *b)
{
	const struct known_run *const *x = a, *const *y = b;

	return ax_str_compare((*x)->slug.tag, (*y)->slug.tag);
}

/* Byte order from the end: those with one ending stand together. */
static int compare_backwards(struct ax_str a, struct ax_str b)
{
	while (a.len && b.len) {
		unsigned char x = (unsigned char)a.ptr[--a.len];
		unsigned char y = (unsigned char)b.ptr[--b.len];
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.len > 0) - (b.len > 0);
}

static int compare_endings(const void *a, const void *b)
{
	const struct known_run *const *x = a, *const *y = b;

	return compare_backwards((*x)->log->slug, (*y)->log->slug);
}

static int sort_index(struct derivation *d, struct run_index *index,
	int (*compare)(const void *, const void *))
{
	index->items = derivation_room(d, d->n_runs, sizeof(*index->items));
	if (!index->items)
		return -1;
	for (size_t i = 0; i < d->n_runs; i++) {
		if (d->runs[i].log)
			index->items[index->count++] = &d->runs[i];
	}
	qsort(index->items, index->count, sizeof(*index->items), compare);
	return 0;
}

/* The run of an index in which key stands before, at or behind run: -1, 0, 1. */
typedef int order_function(struct ax_str key, const struct known_run *run);

static int order_by_slug(struct ax_str key, const struct known_run *run)
{
	return ax_str_compare(key, run->log->slug);
}

static int order_by_tag(struct ax_str key, const struct known_run *run)
{
	return ax_str_compare(key, run->slug.tag);
}

static int order_by_ending(struct ax_str key, const struct known_run *run)
{
	struct ax_str slug = run->log->slug;

	return ax_str_ends(slug, key) ? 0 : compare_backwards(key, slug);
}

/* All runs of an index that stand at key. */
static struct run_index find_range(const struct run_index *index, struct ax_str key,
	order_function *order)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (order(key, index->items[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	size_t n = 0;
	while (low + n < index->count && order(key, index->items[low + n]) == 0)
		n++;
	return (struct run_index){ .count = n, .items = index->items + low };
}

int derivation_sort_runs(struct derivation *d)
{
	if (sort_index(d, &d->by_slug, compare_slugs) < 0 ||
		sort_index(d, &d->by_tag, compare_tags) < 0)
		return -1;
	return sort_index(d, &d->by_ending, compare_endings);
}

static struct known_run *find_run(const struct derivation *d, struct ax_str id)
{
	size_t low = 0, high = d->n_runs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ax_str_compare(d->runs[middle].id, id);
		if (order == 0)
			return &d->runs[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* What the name of a file that a run saved says. */
struct saved_name {
	struct ax_str role, tag;
	bool has_tag; /* be it an empty one */
};

static struct ax_str stem_of(struct ax_str path)
{
	struct ax_str name = ax_path_name(path), suffix = AX_STR(".safetensors");

	if (ax_str_ends(name, suffix))
		return ax_str_slice(name, 0, name.len - suffix.len);
	return ax_str_slice(name, 0, name.len - ax_path_extension(name).len);
}

/* "train", "train_TAG", "train_TAG_first_hack"; the role of other names is all of the name. */
static void parse_saved_name(struct ax_str path, struct saved_name *out)
{
	struct ax_str stem = stem_of(path), train = AX_STR("train"),
		      late = AX_STR("_first_hack");
	struct ax_str rest = ax_str_slice(stem, train.len, SIZE_MAX);

	*out = (struct saved_name){ .role = stem, .tag = AX_STR("") };
	if (!ax_str_starts(stem, train) || (rest.len && rest.ptr[0] != '_'))
		return;
	out->role = train;
	out->has_tag = true;
	if (ax_str_ends(rest, late)) {
		out->role = AX_STR("first_hack");
		rest = ax_str_slice(rest, 0, rest.len - late.len);
	}
	out->tag = ax_str_slice(rest, 1, SIZE_MAX);
}

static bool was_alive(const struct known_run *run, ax_nanoseconds time, ax_nanoseconds after)
{
	return time >= run->log->start && time - after <= run->log->end;
}

/* The one run that was alive, or NULL when there are none or several; *n_alive of them. */
static struct known_run *find_alive(const struct run_index *runs, ax_nanoseconds time,
	ax_nanoseconds after, size_t *n_alive)
{
	struct known_run *alive = NULL;

	*n_alive = 0;
	for (size_t i = 0; i < runs->count; i++) {
		if (!was_alive(runs->items[i], time, after))
			continue;
		alive = runs->items[i];
		++*n_alive;
	}
	return *n_alive == 1 ? alive : NULL;
}

/* A file whose owner is looked for, and the sentence that says what was found. */
struct question {
	struct derivation *d;
	size_t index; /* of the file */
	const struct idx_run_candidate *file;
	struct idx_owner *owner;
	struct known_run **run;
};

/* 1, or -1. */
static int say(struct question *q)
{
	struct ax_buf *why = &q->d->scratch;
	const char *copy = why->failed ? NULL : ax_arena_copy(q->d->arena, ax_buf_str(why));

	if (!copy)
		return derivation_no_memory(q->d);
	q->owner->why = ax_str(copy, why->len);
	return 1;
}

/* The start of a sentence on what runs were looked for by. */
static void begin_saying(struct question *q, const char *before, struct ax_str key,
	const char *behind)
{
	struct ax_buf *why = &q->d->scratch;

	ax_buf_clear(why);
	ax_buf_append_text(why, before);
	ax_buf_append_str(why, key);
	ax_buf_append_text(why, behind);
}

static int settle(struct question *q, struct known_run *run, const char *how)
{
	ax_buf_append_text(&q->d->scratch, how);
	*q->run = run;
	q->owner->membership = IDX_RUN_KNOWN;
	q->owner->run = run->id;
	return say(q);
}

static int settle_ambiguous(struct question *q, const struct run_index *runs)
{
	struct ax_buf *why = &q->d->scratch;
	size_t n_alive = 0;

	find_alive(runs, q->file->mtime, 0, &n_alive);
	ax_buf_printf(why,
		" fits %zu logs, and %zu of them were alive when it was saved:", runs->count,
		n_alive);
	for (size_t i = 0; i < runs->count && i < SHOWN_CANDIDATES; i++) {
		const struct known_run *run = runs->items[i];
		assert(run && run->log);
		ax_buf_append_text(why, i ? ", " : " ");
		ax_buf_append_str(why, run->log->path);
	}
	if (runs->count > SHOWN_CANDIDATES)
		ax_buf_printf(why, " and %zu more", runs->count - SHOWN_CANDIDATES);
	q->owner->membership = IDX_RUN_AMBIGUOUS;
	return say(q);
}

static int settle_only(struct question *q, struct known_run *run)
{
	if (was_alive(run, q->file->mtime, slack))
		return settle(q, run, " fits one log");
	return settle(q, run,
		" fits one log, although the file was not saved while that was alive");
}

/* Of runs that fit: the only one, or the only one that was alive. 1 settled, 0 none fits, -1. */
static int choose(struct question *q, const struct run_index *runs)
{
	size_t n_alive = 0;

	if (runs->count == 0)
		return 0;
	if (runs->count == 1)
		return settle_only(q, runs->items[0]);
	struct known_run *alive = find_alive(runs, q->file->mtime, 0, &n_alive);
	if (!alive && n_alive == 0)
		alive = find_alive(runs, q->file->mtime, slack, &n_alive);
	if (!alive)
		return settle_ambiguous(q, runs);
	return settle(q, alive, " fits several logs, of which one was alive when it was saved");
}

/* The slug that cfg gives, in the arena; false when it does not give all parts of one. */
static bool slug_of_cfg(struct derivation *d, struct ax_str text, struct ax_str *out)
{
	struct ax_json *json = NULL;
	struct ax_error ignored = { 0 };
	struct ax_str preset = { 0 }, arm = { 0 }, tag = { 0 };
	int64_t seed = 0;
	bool is_whole = false;

	if (text.len == 0 || text.len > CFG_LIMIT ||
		ax_json_parse(text, 0, "cfg", &json, &ignored) < 0)
		return false;
	const struct ax_json_value *cfg = ax_json_root(json);
	if (ax_json_string(ax_json_get(cfg, "preset_name"), &preset) &&
		ax_json_string(ax_json_get(cfg, "arm"), &arm) &&
		ax_json_i64(ax_json_get(cfg, "seed"), &seed) &&
		ax_json_string(ax_json_get(cfg, "out_tag"), &tag)) {
		struct ax_buf *slug = &d->scratch;
		ax_buf_clear(slug);
		ax_buf_printf(slug, "%.*s_%.*s_seed%lld%.*s", AX_STR_ARG(preset),
			AX_STR_ARG(arm), (long long)seed, AX_STR_ARG(tag));
		const char *copy =
			slug->failed ? NULL : ax_arena_copy(d->arena, ax_buf_str(slug));
		*out = ax_str(copy, slug->len);
		is_whole = copy != NULL;
	}
	ax_json_free(json);
	return is_whole;
}

/* Runs of an index with a seed: others have no tag that could be told from none. */
static struct run_index only_tagged(struct derivation *d, struct run_index runs)
{
	struct run_index kept = { .items = d->picked };

	for (size_t i = 0; i < runs.count; i++) {
		if (runs.items[i]->slug.seed.kind != IDX_ABSENT)
			kept.items[kept.count++] = runs.items[i];
	}
	return kept;
}

/* logs/<ts>_*_<tag>.log, of which a file older than the run cannot be. */
static int choose_by_glob(struct question *q, struct ax_str tag)
{
	struct derivation *d = q->d;
	struct ax_buf ending = { 0 };

	ax_buf_append_byte(&ending, '_');
	ax_buf_append_str(&ending, tag);
	struct run_index range =
		find_range(&d->by_ending, ax_buf_str(&ending), order_by_ending);
	ax_buf_free(&ending);
	struct run_index later = { .items = d->picked };
	for (size_t i = 0; i < range.count; i++) {
		if (range.items[i]->log->start <= q->file->mtime)
			later.items[later.count++] = range.items[i];
	}
	begin_saying(q, "no log has tag \"", tag, "\" exactly, but as an ending it");
	if (later.count == 0)
		return 0;
	return later.count == 1 ? settle_only(q, later.items[0]) : settle_ambiguous(q, &later);
}

static int choose_by_tag(struct question *q, const struct saved_name *name)
{
	struct run_index runs =
		only_tagged(q->d, find_range(&q->d->by_tag, name->tag, order_by_tag));

	if (name->tag.len)
		begin_saying(q, "tag \"", name->tag, "\" in its name");
	else
		begin_saying(q, "its name without a tag", AX_STR(""), "");
	int chosen = choose(q, &runs);
	if (chosen || name->tag.len == 0)
		return chosen;
	return choose_by_glob(q, name->tag);
}

static int choose_by_evidence(struct question *q, const struct saved_name *name)
{
	const struct idx_run_facts *facts = derivation_look(q->d, q->index);
	struct ax_str slug = { 0 };

	if (!facts)
		return -1;
	if (slug_of_cfg(q->d, facts->cfg, &slug)) {
		struct run_index runs = find_range(&q->d->by_slug, slug, order_by_slug);
		begin_saying(q, "cfg in its metadata gives \"", slug, "\", which");
		int chosen = choose(q, &runs);
		if (chosen)
			return chosen;
		ax_buf_append_text(&q->d->scratch, " no log has");
		return say(q);
	}
	if (!name->has_tag)
		return 0;
	int chosen = choose_by_tag(q, name);
	if (chosen)
		return chosen;
	begin_saying(q, "no log fits tag \"", name->tag, "\" in its name");
	return say(q);
}

static int find_owner(struct derivation *d, size_t i)
{
	const struct idx_run_candidate *file = &d->input->files[i];
	struct idx_owner *owner = &d->file_owners[i];
	struct question q = { d, i, file, owner, &d->file_runs[i] };
	struct saved_name name;
	struct ax_str id = { 0 };

	*owner = (struct idx_owner){ .run = AX_STR(""), .role = AX_STR(""), .why = AX_STR("") };
	if (derivation_run_of_path(d, file->path, &id)) {
		*q.run = find_run(d, id);
		*owner = (struct idx_owner){
			.membership = IDX_RUN_KNOWN,
			.run = (*q.run)->id,
			.role = stem_of(file->path),
			.why = AX_STR("its directory is named after the run"),
		};
		return 0;
	}
	if (!derivation_is_saved(file->class_name))
		return 0;
	parse_saved_name(file->path, &name);
	if (choose_by_evidence(&q, &name) < 0)
		return -1;
	if (owner->membership != IDX_RUN_NONE)
		owner->role = name.role;
	return 0;
}

int derivation_find_owners(struct derivation *d)
{
	size_t n = d->input->n_files;

	d->file_owners = derivation_room(d, n, sizeof(*d->file_owners));
	d->file_runs = derivation_room(d, n, sizeof(*d->file_runs));
	d->facts = derivation_room(d, n, sizeof(*d->facts));
	d->picked = derivation_room(d, d->n_runs, sizeof(*d->picked));
	if (!d->file_owners || !d->file_runs || !d->facts || !d->picked)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (find_owner(d, i) < 0)
			return -1;
	}
	return 0;
}
