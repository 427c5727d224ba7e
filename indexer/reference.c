#include "indexer/reference.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "indexer/rules_internal.h"
#include "indexer/survey.h"
#include "safetensors/header.h"
#include "safetensors/shard_index.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { REFERENCE_LIMIT = 64 };

static int fail_name(struct ax_error *err, struct ax_str name, const char *why)
{
	return ax_fail(err, AX_ECONFIG, "\"%.*s\": %s", AX_STR_ARG(name), why);
}

/* Whether the pattern's text has a capture group of that name. */
static bool has_group(struct ax_str pattern, struct ax_str name)
{
	for (size_t at = 0; at + name.len + 2 <= pattern.len; at++) {
		struct ax_str rest = ax_str_slice(pattern, at, SIZE_MAX);
		if (rest.ptr[0] == '<' && rest.ptr[name.len + 1] == '>' &&
			ax_str_equal(ax_str_slice(rest, 1, name.len), name))
			return true;
	}
	return false;
}

/* Index of group in the family's list, which it joins. */
static int find_group(struct reference_scope *scope, struct family *family, struct ax_str name,
	unsigned *out, struct ax_error *err)
{
	for (size_t i = 0; i < family->n_groups; i++) {
		if (ax_str_equal(ax_str_from(family->groups[i]), name)) {
			*out = (unsigned)i;
			return 0;
		}
	}
	if (!has_group(family->source, name))
		return fail_name(err, name, "the pattern has no group of this name");
	if (family->n_groups == GROUP_LIMIT)
		return fail_name(err, name, "too many groups are asked for");
	char *copy = ax_arena_copy(&scope->rules->arena, name);
	if (!copy)
		return ax_fail(err, ENOMEM, "no memory for the rules");
	*out = (unsigned)family->n_groups;
	family->groups[family->n_groups++] = copy;
	return 0;
}

struct word {
	const char *text;
	enum reference_kind kind;
};

static const struct word family_words[] = {
	{ "count", REFER_COUNT },
	{ "share", REFER_SHARE },
	{ "elements", REFER_ELEMENTS },
	{ "widest", REFER_WIDEST },
	{ "shape", REFER_SHAPE },
	{ "dtype", REFER_DTYPE },
	{ 0 },
};
static const struct word dim_words[] = {
	{ "", REFER_DIM },
	{ ".min", REFER_DIM_MIN },
	{ ".max", REFER_DIM_MAX },
	{ ".set", REFER_DIM_SET },
	{ 0 },
};
static const struct word group_words[] = {
	{ ".count", REFER_GROUP_COUNT },
	{ ".set", REFER_GROUP_SET },
	{ ".digest", REFER_GROUP_DIGEST },
	{ 0 },
};
static const struct word file_words[] = {
	{ "name.shard", REFER_SHARD },
	{ "name.shards", REFER_SHARDS },
	{ 0 },
};
static const struct word layout_words[] = {
	{ "tensors", REFER_TENSORS },
	{ "others", REFER_OTHERS },
	{ 0 },
};

static bool find_word(const struct word *words, struct ax_str text, enum reference_kind *out)
{
	for (; words->text; words++) {
		if (ax_str_equal(text, ax_str_from(words->text))) {
			*out = words->kind;
			return true;
		}
	}
	return false;
}

/* rest: "[0]", "[-1].max" */
static int bind_dim(struct ax_str rest, struct reference *out, struct ax_error *err)
{
	size_t end = ax_str_find(rest, ']');
	struct ax_str index = ax_str_slice(rest, 1, end < rest.len ? end - 1 : 0);

	if (ax_str_equal(index, AX_STR("-1")))
		out->index = SURVEY_LAST_DIM;
	else if (index.len == 1 && index.ptr[0] >= '0' && index.ptr[0] < '0' + SURVEY_LAST_DIM)
		out->index = (unsigned)(index.ptr[0] - '0');
	else
		return fail_name(err, rest, "a dimension is 0, 1, 2, 3 or -1");
	if (!find_word(dim_words, ax_str_slice(rest, end + 1, SIZE_MAX), &out->kind))
		return fail_name(err, rest, "behind a dimension stands .min, .max or .set");
	return 0;
}

/* rest: ".count", ".module.set" */
static int bind_family_word(struct reference_scope *scope, struct family *family,
	struct ax_str rest, struct reference *out, struct ax_error *err)
{
	struct ax_str word = ax_str_slice(rest, 1, SIZE_MAX);
	size_t dot = ax_str_find(word, '.');

	if (find_word(family_words, word, &out->kind))
		return 0;
	if (!find_word(group_words, ax_str_slice(word, dot, SIZE_MAX), &out->kind))
		return fail_name(err, word,
			"a set of tensors has .count, .share, .elements, .widest, .shape, "
			".dtype "
			"and GROUP.count, GROUP.set, GROUP.digest");
	return find_group(scope, family, ax_str_slice(word, 0, dot), &out->index, err);
}

/* 1 bound, 0 when name does not begin with a family, -1 */
static int bind_family(struct reference_scope *scope, struct ax_str name, struct reference *out,
	struct ax_error *err)
{
	for (size_t i = 0; i < scope->rule->n_families; i++) {
		struct family *family = &scope->rule->families[i];
		struct ax_str rest = ax_str_slice(name, family->name.len, SIZE_MAX);
		if (!ax_str_starts(name, family->name) || rest.len == 0)
			continue;
		out->family = (unsigned)i;
		if (rest.ptr[0] == '[')
			return bind_dim(rest, out, err) < 0 ? -1 : 1;
		if (rest.ptr[0] == '.')
			return bind_family_word(scope, family, rest, out, err) < 0 ? -1 : 1;
	}
	return 0;
}

static bool bind_label(const struct idx_rules *rules, struct ax_str name, unsigned *out)
{
	for (size_t i = 0; i < rules->n_labels; i++) {
		if (ax_str_equal(rules->labels[i].name, name)) {
			*out = (unsigned)i;
			return true;
		}
	}
	return false;
}

static bool bind_attribute(struct reference_scope *scope, struct ax_str name, unsigned *out)
{
	for (size_t i = 0; scope->attributes && i < scope->rule->n_derived; i++) {
		if (ax_str_equal(scope->rule->derived[i].name, name)) {
			scope->per_file |= scope->rule->derived[i].per_file;
			*out = (unsigned)i;
			return true;
		}
	}
	return false;
}

static int bind(struct reference_scope *scope, struct ax_str name, struct reference *out,
	struct ax_error *err)
{
	struct ax_str meta = AX_STR("meta."), label = AX_STR("label.");

	if (find_word(layout_words, name, &out->kind))
		return 0;
	if (find_word(file_words, name, &out->kind)) {
		scope->per_file = true;
		return 0;
	}
	if (ax_str_starts(name, meta) && name.len > meta.len) {
		scope->per_file = true;
		out->kind = REFER_METADATA;
		out->key = ax_str_slice(name, meta.len, SIZE_MAX);
		return 0;
	}
	if (ax_str_starts(name, label)) {
		out->kind = REFER_LABEL;
		scope->rule->uses_labels = true;
		if (bind_label(scope->rules, ax_str_slice(name, label.len, SIZE_MAX),
			    &out->index))
			return 0;
		return fail_name(err, name, "there is no such table in \"labels\"");
	}
	if (bind_attribute(scope, name, &out->index)) {
		out->kind = REFER_ATTRIBUTE;
		return 0;
	}
	int bound = bind_family(scope, name, out, err);
	if (bound)
		return bound < 0 ? -1 : 0;
	return fail_name(err, name, "no set of tensors and nothing else has this name");
}

int reference_bind(void *context, struct ax_str name, unsigned *slot_out, struct ax_error *err)
{
	struct reference_scope *scope = context;
	struct rule *rule = scope->rule;
	struct reference reference = { 0 };

	if (bind(scope, name, &reference, err) < 0)
		return -1;
	if (!rule->references)
		rule->references = ax_arena_alloc(&scope->rules->arena,
			REFERENCE_LIMIT * sizeof(*rule->references));
	if (!rule->references)
		return ax_fail(err, ENOMEM, "no memory for the rules");
	if (rule->n_references == REFERENCE_LIMIT)
		return fail_name(err, name, "the rule asks for too many values");
	rule->references[rule->n_references] = reference;
	*slot_out = (unsigned)rule->n_references++;
	return 0;
}

bool metadata_get(const struct sft_header *header, struct ax_str key, struct ax_str *out)
{
	size_t n = header ? sft_header_metadata_count(header) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct sft_metadata *entry = sft_header_metadata(header, i);
		if (ax_str_equal(entry->key, key)) {
			*out = entry->value;
			return true;
		}
	}
	return false;
}

static struct idx_value absent(void)
{
	return (struct idx_value){ .kind = IDX_ABSENT };
}

static struct idx_value integer(uint64_t value)
{
	if (value > INT64_MAX)
		return absent();
	return (struct idx_value){ .kind = IDX_INT, .integer = (int64_t)value };
}

static struct idx_value text(struct ax_str value)
{
	return (struct idx_value){ .kind = IDX_TEXT, .text = value };
}

/* A text that was put together; absent when memory ran out. */
static struct idx_value made_text(struct ax_buf *buf, struct ax_arena *arena)
{
	char *copy = buf->failed ? NULL : ax_arena_copy(arena, ax_buf_str(buf));
	struct idx_value value = copy ? text(ax_str(copy, buf->len)) : absent();

	ax_buf_free(buf);
	return value;
}

static struct idx_value shape_text(const struct family_facts *family, struct ax_arena *arena)
{
	struct ax_buf buf = { 0 };

	if (family->count == 0)
		return absent();
	if (family->rank_min != family->rank_max)
		return text(AX_STR("[of several ranks]"));
	ax_buf_append_byte(&buf, '[');
	for (unsigned i = 0; i < family->rank_max && i < SURVEY_LAST_DIM; i++) {
		const struct dim_facts *dim = &family->dims[i];
		ax_buf_append_text(&buf, i ? ", " : "");
		if (dim->min == dim->max)
			ax_buf_printf(&buf, "%" PRIu64, dim->min);
		else
			ax_buf_append_byte(&buf, '*');
	}
	if (family->rank_max > SURVEY_LAST_DIM)
		ax_buf_append_text(&buf, ", ..");
	ax_buf_append_byte(&buf, ']');
	return made_text(&buf, arena);
}

static struct idx_value dtype_text(const struct family_facts *family, struct ax_arena *arena)
{
	struct ax_buf buf = { 0 };

	if (family->count == 0)
		return absent();
	for (unsigned i = 0; i < SFT_DTYPE_COUNT; i++) {
		if (!(family->dtypes >> i & 1))
			continue;
		if (family->dtypes == UINT32_C(1) << i)
			return text(ax_str_from(sft_dtype_name((enum sft_dtype)i)));
		ax_buf_append_text(&buf, buf.len ? "," : "");
		ax_buf_append_text(&buf, sft_dtype_name((enum sft_dtype)i));
	}
	return made_text(&buf, arena);
}

static int compare_sizes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static struct idx_value dim_set_text(const struct dim_facts *dim, struct ax_arena *arena)
{
	struct ax_buf buf = { 0 };
	uint64_t values[SURVEY_SET];

	if (dim->count == 0)
		return absent();
	memcpy(values, dim->values, sizeof(values));
	qsort(values, dim->n_values, sizeof(*values), compare_sizes);
	for (unsigned i = 0; i < dim->n_values; i++)
		ax_buf_printf(&buf, "%s%" PRIu64, i ? "," : "", values[i]);
	ax_buf_append_text(&buf, dim->has_more ? ",..." : "");
	return made_text(&buf, arena);
}

static struct idx_value dim_value(const struct reference *reference,
	const struct family_facts *family, struct ax_arena *arena)
{
	const struct dim_facts *dim = &family->dims[reference->index];

	if (dim->count == 0)
		return absent();
	if (reference->kind == REFER_DIM_SET)
		return dim_set_text(dim, arena);
	if (reference->kind == REFER_DIM_MIN)
		return integer(dim->min);
	if (reference->kind == REFER_DIM_MAX)
		return integer(dim->max);
	return dim->min == dim->max && dim->count == family->count ? integer(dim->min)
								   : absent();
}

static struct idx_value group_value(const struct reference *reference,
	const struct family_facts *family)
{
	const struct group_facts *group = &family->groups[reference->index];

	if (family->count == 0)
		return absent();
	if (reference->kind == REFER_GROUP_COUNT)
		return integer(group->count);
	if (reference->kind == REFER_GROUP_DIGEST)
		return integer(group->digest >> 1);
	return group->count ? text(group->set) : absent();
}

static struct idx_value family_value(const struct reference_source *source,
	const struct reference *reference)
{
	const struct family_facts *family = &source->facts->families[reference->family];
	enum reference_kind kind = reference->kind;

	if (kind >= REFER_GROUP_COUNT)
		return group_value(reference, family);
	if (kind >= REFER_DIM)
		return dim_value(reference, family, source->arena);
	if (kind == REFER_COUNT)
		return integer(family->count);
	if (kind == REFER_ELEMENTS)
		return integer(family->elements);
	if (kind == REFER_WIDEST)
		return family->count ? integer(family->widest) : absent();
	if (kind == REFER_SHAPE)
		return shape_text(family, source->arena);
	if (kind == REFER_DTYPE)
		return dtype_text(family, source->arena);
	if (source->facts->tensors == 0)
		return absent();
	return (struct idx_value){ .kind = IDX_REAL,
		.real = (double)family->count / (double)source->facts->tensors };
}

static struct idx_value shard_value(struct ax_str name, enum reference_kind kind)
{
	uint64_t shard = 0, shards = 0;

	if (!sft_shard_name_parse(name, &shard, &shards))
		return absent();
	return integer(kind == REFER_SHARD ? shard : shards);
}

struct idx_value reference_value(const void *context, unsigned slot)
{
	const struct reference_source *source = context;
	const struct reference *reference = &source->rule->references[slot];
	enum reference_kind kind = reference->kind;
	struct ax_str value = { 0 };

	if (kind == REFER_METADATA)
		return metadata_get(source->header, reference->key, &value) ? text(value)
									    : absent();
	if (kind == REFER_SHARD || kind == REFER_SHARDS)
		return shard_value(source->name, kind);
	if (kind == REFER_ATTRIBUTE)
		return source->attributes[reference->index];
	if (!source->facts)
		return absent();
	if (kind == REFER_TENSORS)
		return integer(source->facts->tensors);
	if (kind == REFER_OTHERS)
		return integer(source->facts->others);
	if (kind == REFER_LABEL)
		value = source->facts->labels[reference->index];
	else
		return family_value(source, reference);
	return value.len ? text(value) : absent();
}
