/*
 * Most patterns of most rules match nothing in a given layout. Before a pattern is run over all
 * names, the literal text that its matches must contain is looked for in a digest of the names:
 * each name with its numbers written as "0", and each of the results once. For 500 tensors that
 * is about a kilobyte.
 */
#include "indexer/survey.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/pattern.h"
#include "indexer/rules_internal.h"
#include "safetensors/header.h"

#include <errno.h>
#include <stdlib.h>

enum { SET_TEXTS = 32, OWNED_BY_NONE = 0xff };

/* Distinct 64-bit hashes. */
struct hash_set {
	uint64_t *slots; /* 0: free */
	size_t capacity; /* a power of two, or 0 */
	size_t used;
};

struct survey {
	const struct idx_rules *rules;
	struct ax_matcher *matcher;
	const struct sft_layout *layout;
	size_t n_tensors;
	struct ax_buf outline; /* the digest of the names */
	struct ax_buf owners;  /* a byte a tensor: the family that has it */
	struct hash_set seen;
	struct ax_arena scratch;     /* facts of the rule that is being looked at */
	const struct ax_str *labels; /* of this layout, once asked for */
};

int survey_new(const struct idx_rules *rules, struct ax_matcher *matcher, struct survey **out,
	struct ax_error *err)
{
	struct survey *survey = calloc(1, sizeof(*survey));

	if (!survey)
		return ax_fail(err, ENOMEM, "no memory to classify files");
	survey->rules = rules;
	survey->matcher = matcher;
	*out = survey;
	return 0;
}

void survey_free(struct survey *survey)
{
	if (!survey)
		return;
	ax_buf_free(&survey->outline);
	ax_buf_free(&survey->owners);
	free(survey->seen.slots);
	ax_arena_free(&survey->scratch);
	free(survey);
}

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory to classify a file");
}

/* Empty the set and give it room for about n values. */
static int set_reset(struct hash_set *set, size_t n, struct ax_error *err)
{
	size_t wanted = 256;

	while (wanted < 2 * n)
		wanted *= 2;
	if (set->capacity < wanted || set->capacity > 64 * wanted) {
		free(set->slots);
		*set = (struct hash_set){ .slots = malloc(wanted * sizeof(*set->slots)) };
		if (!set->slots)
			return no_memory(err);
		set->capacity = wanted;
	}
	memset(set->slots, 0, set->capacity * sizeof(*set->slots));
	set->used = 0;
	return 0;
}

/* The slot that holds hash, or the free one where it belongs. */
static uint64_t *set_slot(const struct hash_set *set, uint64_t hash)
{
	size_t at = (size_t)hash & (set->capacity - 1);

	while (set->slots[at] && set->slots[at] != hash)
		at = (at + 1) & (set->capacity - 1);
	return &set->slots[at];
}

static int set_grow(struct hash_set *set, struct ax_error *err)
{
	struct hash_set bigger = { .capacity = 2 * set->capacity, .used = set->used };

	bigger.slots = calloc(bigger.capacity, sizeof(*bigger.slots));
	if (!bigger.slots)
		return no_memory(err);
	for (size_t i = 0; i < set->capacity; i++) {
		if (set->slots[i])
			*set_slot(&bigger, set->slots[i]) = set->slots[i];
	}
	free(set->slots);
	*set = bigger;
	return 0;
}

/* 1 when hash is new, 0 when it was there, -1. */
static int set_add(struct hash_set *set, uint64_t hash, struct ax_error *err)
{
	hash += !hash;
	if (4 * set->used >= 3 * set->capacity && set_grow(set, err) < 0)
		return -1;
	uint64_t *slot = set_slot(set, hash);
	if (*slot)
		return 0;
	*slot = hash;
	set->used++;
	return 1;
}

/* Append name with every run of digits as one "0". */
static void append_outline(struct ax_buf *buf, struct ax_str name)
{
	bool in_number = false;

	if (!ax_buf_reserve(buf, name.len + 1))
		return;
	for (size_t i = 0; i < name.len; i++) {
		bool digit = name.ptr[i] >= '0' && name.ptr[i] <= '9';
		if (!digit)
			buf->data[buf->len++] = name.ptr[i];
		else if (!in_number)
			buf->data[buf->len++] = '0';
		in_number = digit;
	}
	buf->data[buf->len++] = '\n';
}

int survey_begin(struct survey *survey, const struct sft_layout *layout, struct ax_error *err)
{
	struct ax_buf *outline = &survey->outline;

	survey->layout = layout;
	survey->n_tensors = sft_layout_count(layout);
	survey->labels = NULL;
	ax_buf_clear(outline);
	if (set_reset(&survey->seen, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < survey->n_tensors; i++) {
		size_t start = outline->len;
		append_outline(outline, sft_layout_tensor(layout, i).name);
		if (outline->failed)
			return no_memory(err);
		int added = set_add(&survey->seen,
			ax_hash64(outline->data + start, outline->len - start), err);
		if (added < 0)
			return -1;
		if (!added)
			outline->len = start;
	}
	return 0;
}

static bool can_match(const struct survey *survey, const struct rule_pattern *pattern)
{
	return rule_pattern_possible(pattern, ax_buf_str(&survey->outline));
}

static void add_dim(struct dim_facts *dim, uint64_t size)
{
	if (dim->count++ == 0)
		dim->min = dim->max = size;
	if (size < dim->min)
		dim->min = size;
	if (size > dim->max)
		dim->max = size;
	for (unsigned i = 0; i < dim->n_values; i++) {
		if (dim->values[i] == size)
			return;
	}
	if (dim->n_values == SURVEY_SET)
		dim->has_more = true;
	else
		dim->values[dim->n_values++] = size;
}

static void add_tensor(struct family_facts *facts, const struct sft_tensor *tensor,
	size_t index)
{
	unsigned rank = tensor->rank;

	if (facts->count++ == 0) {
		facts->first = index;
		facts->rank_min = facts->rank_max = rank;
	}
	facts->last = index;
	facts->elements += (tensor->end - tensor->begin) * 8 / sft_dtype_bits(tensor->dtype);
	facts->dtypes |= UINT32_C(1) << tensor->dtype;
	if (rank < facts->rank_min)
		facts->rank_min = rank;
	if (rank > facts->rank_max)
		facts->rank_max = rank;
	for (unsigned i = 0; i < rank; i++) {
		if (i < SURVEY_LAST_DIM)
			add_dim(&facts->dims[i], tensor->shape[i]);
		if (tensor->shape[i] > facts->widest)
			facts->widest = tensor->shape[i];
	}
	if (rank)
		add_dim(&facts->dims[SURVEY_LAST_DIM], tensor->shape[rank - 1]);
}

/* The values of a family's groups while it is looked at. */
struct gathered {
	struct ax_str texts[GROUP_LIMIT][SET_TEXTS];
};

static int add_groups(struct survey *survey, const struct family *family,
	struct family_facts *facts, struct gathered *gathered, struct ax_error *err)
{
	for (size_t i = 0; i < family->n_groups; i++) {
		struct group_facts *group = &facts->groups[i];
		struct ax_str value = { 0 };
		if (!ax_pattern_group(family->pattern.compiled, survey->matcher,
			    family->groups[i], &value))
			continue;
		uint64_t hash = ax_hash64(value.ptr, value.len);
		int added = set_add(&survey->seen,
			hash ^ (i + 1) * UINT64_C(0x9e3779b97f4a7c15), err);
		if (added < 0)
			return -1;
		if (!added)
			continue;
		if (group->count < SET_TEXTS)
			gathered->texts[i][group->count] = value;
		group->count++;
		group->digest += hash;
	}
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return ax_str_compare(*(const struct ax_str *)a, *(const struct ax_str *)b);
}

static int finish_group(struct group_facts *group, struct ax_str *texts, struct ax_arena *arena,
	struct ax_error *err)
{
	size_t n = group->count < SET_TEXTS ? (size_t)group->count : SET_TEXTS;
	struct ax_buf joined = { 0 };

	qsort(texts, n, sizeof(*texts), compare_texts);
	for (size_t i = 0; i < n; i++) {
		if (i)
			ax_buf_append_byte(&joined, ',');
		ax_buf_append_str(&joined, texts[i]);
	}
	if (group->count > n)
		ax_buf_append_text(&joined, ",...");
	char *copy = joined.failed ? NULL : ax_arena_copy(arena, ax_buf_str(&joined));
	group->set = ax_str(copy, joined.len);
	ax_buf_free(&joined);
	return copy ? 0 : no_memory(err);
}

static bool shape_fits(const struct family *family, const struct sft_tensor *tensor)
{
	unsigned rank = tensor->rank < 31 ? tensor->rank : 31;

	return (family->ranks >> rank & 1) && (family->dtypes >> tensor->dtype & 1);
}

/* 1, or 0 when the pattern's limit was hit and nothing is known, or -1. */
static int scan_family(struct survey *survey, const struct rule *rule, size_t index,
	struct family_facts *facts, struct gathered *gathered, struct ax_error *err)
{
	const struct family *family = &rule->families[index];
	char *owners = survey->owners.data;

	if (family->n_groups && set_reset(&survey->seen, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < survey->n_tensors; i++) {
		struct sft_tensor tensor = sft_layout_tensor(survey->layout, i);
		if ((unsigned char)owners[i] != OWNED_BY_NONE || !shape_fits(family, &tensor) ||
			!rule_pattern_possible(&family->pattern, tensor.name))
			continue;
		int found = ax_pattern_search(family->pattern.compiled, survey->matcher,
			tensor.name);
		if (found < 0)
			return 0;
		if (!found)
			continue;
		owners[i] = (char)index;
		add_tensor(facts, &tensor, i);
		if (add_groups(survey, family, facts, gathered, err) < 0)
			return -1;
	}
	return 1;
}

static int survey_family(struct survey *survey, const struct rule *rule, size_t index,
	struct family_facts *facts, struct ax_error *err)
{
	const struct family *family = &rule->families[index];
	struct ax_arena *arena = &survey->scratch;
	struct gathered gathered;

	facts->groups = ax_arena_alloc(arena, family->n_groups * sizeof(*facts->groups));
	if (!facts->groups)
		return no_memory(err);
	if (can_match(survey, &family->pattern)) {
		int known = scan_family(survey, rule, index, facts, &gathered, err);
		if (known <= 0)
			return known;
	}
	for (size_t i = 0; i < family->n_groups; i++) {
		if (finish_group(&facts->groups[i], gathered.texts[i], arena, err) < 0)
			return -1;
	}
	return facts->count > 0 || family->optional;
}

/* Whether no tensor's name has the pattern; a limit that was hit counts as a match. */
static bool is_absent(const struct survey *survey, const struct rule_pattern *pattern)
{
	if (!can_match(survey, pattern))
		return true;
	for (size_t i = 0; i < survey->n_tensors; i++) {
		struct ax_str name = sft_layout_tensor(survey->layout, i).name;
		if (!rule_pattern_possible(pattern, name))
			continue;
		if (ax_pattern_search(pattern->compiled, survey->matcher, name) != 0)
			return false;
	}
	return true;
}

static struct ax_str find_label(const struct survey *survey, const struct label *label)
{
	for (size_t i = 0; i < label->n_entries; i++) {
		if (!is_absent(survey, &label->entries[i].pattern))
			return label->entries[i].value;
	}
	return AX_STR("");
}

static int find_labels(struct survey *survey, struct ax_arena *arena, struct ax_error *err)
{
	const struct idx_rules *rules = survey->rules;
	struct ax_str *labels = ax_arena_alloc(arena, rules->n_labels * sizeof(*labels));

	if (!labels)
		return no_memory(err);
	for (size_t i = 0; i < rules->n_labels; i++)
		labels[i] = find_label(survey, &rules->labels[i]);
	survey->labels = labels;
	return 0;
}

static int survey_families(struct survey *survey, const struct rule *rule,
	struct rule_facts *facts, struct ax_error *err)
{
	size_t size = rule->n_families * sizeof(*facts->families);

	ax_buf_clear(&survey->owners);
	if (!ax_buf_reserve(&survey->owners, survey->n_tensors))
		return no_memory(err);
	if (survey->n_tensors)
		memset(survey->owners.data, OWNED_BY_NONE, survey->n_tensors);
	facts->tensors = facts->others = survey->n_tensors;
	ax_arena_clear(&survey->scratch);
	facts->families = ax_arena_alloc(&survey->scratch, size);
	if (!facts->families)
		return no_memory(err);
	for (size_t i = 0; i < rule->n_families; i++) {
		int holds = survey_family(survey, rule, i, &facts->families[i], err);
		if (holds <= 0)
			return holds;
		facts->others -= facts->families[i].count;
	}
	return 1;
}

/* Saves looking at each tensor where a family cannot have any. */
static bool is_possible(const struct survey *survey, const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_families; i++) {
		if (!rule->families[i].optional &&
			!can_match(survey, &rule->families[i].pattern))
			return false;
	}
	return true;
}

static void *copy_of(struct ax_arena *arena, const void *bytes, size_t size)
{
	return ax_arena_copy(arena, ax_str(bytes, size));
}

/* Move facts from the scratch memory to arena. */
static int keep(const struct rule *rule, struct rule_facts *facts, struct ax_arena *arena,
	struct ax_error *err)
{
	size_t size = rule->n_families * sizeof(*facts->families);
	struct family_facts *families = copy_of(arena, facts->families, size);

	if (!families)
		return no_memory(err);
	for (size_t i = 0; i < rule->n_families; i++) {
		size_t n = rule->families[i].n_groups;
		struct group_facts *groups =
			copy_of(arena, families[i].groups, n * sizeof(*groups));
		if (!groups)
			return no_memory(err);
		for (size_t j = 0; j < n; j++) {
			groups[j].set.ptr = ax_arena_copy(arena, groups[j].set);
			if (!groups[j].set.ptr)
				return no_memory(err);
		}
		families[i].groups = groups;
	}
	facts->families = families;
	return 0;
}

int survey_rule(struct survey *survey, const struct rule *rule, struct ax_arena *arena,
	struct rule_facts *out, struct ax_error *err)
{
	struct rule_facts facts = { 0 };

	if (!is_possible(survey, rule))
		return 0;
	int holds = survey_families(survey, rule, &facts, err);
	if (holds <= 0)
		return holds;
	if (rule->uses_labels && !survey->labels && find_labels(survey, arena, err) < 0)
		return -1;
	facts.labels = survey->labels;
	struct reference_source source = {
		.rule = rule, .facts = &facts, .arena = &survey->scratch
	};
	struct idx_scope scope = { .context = &source, .get = reference_value };
	for (size_t i = 0; i < rule->where.count; i++) {
		if (!idx_formula_holds(rule->where.items[i], &scope))
			return 0;
	}
	for (size_t i = 0; i < rule->n_absent; i++) {
		if (!is_absent(survey, &rule->absent[i]))
			return 0;
	}
	if (keep(rule, &facts, arena, err) < 0)
		return -1;
	*out = facts;
	return 1;
}
