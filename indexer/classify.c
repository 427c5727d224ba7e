/*
 * Which rules a list of tensors satisfies, and what follows from it, is worked out once a layout
 * and remembered; what is left to do for a file is to try those few in order on its metadata,
 * data and name.
 */
#include "indexer/classify.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/pattern.h"
#include "indexer/rules_internal.h"
#include "indexer/survey.h"
#include "safetensors/header.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

/* A rule that a layout satisfies. */
struct candidate {
	const struct rule *rule;
	struct rule_facts facts;
	struct idx_value *values; /* of its attributes, but for those that each file has */
	struct ax_str why;        /* empty where each file has its own */
	struct candidate *next;   /* in the order of the rules */
};

struct known_layout {
	struct ax_digest digest; /* exact: facts hold indices of tensors */
	bool is_set;
	struct candidate *candidates;
};

enum { KNOWN_SLOTS = 1024, KNOWN_LIMIT = 512 };

struct known {
	struct known_layout slots[KNOWN_SLOTS]; /* by digest */
	size_t count;
	struct ax_arena arena; /* of the candidates */
};

struct idx_known_layouts {
	pthread_mutex_t
		mutex;      /* held also while a layout is surveyed: nobody else need do it */
	struct known known; /* nothing of it is ever taken back */
};

struct idx_classifier {
	const struct idx_rules *rules;
	struct ax_matcher *matcher;
	struct survey *survey;
	struct idx_known_layouts *shared; /* or NULL */
	struct known *own;                /* when there is none, or it is full; once needed */
	void *rows;                       /* IDX_ROWS_BYTES, once needed */
	struct ax_buf why;
};

int idx_known_layouts_new(struct idx_known_layouts **out, struct ax_error *err)
{
	struct idx_known_layouts *shared = calloc(1, sizeof(*shared));

	if (!shared)
		return ax_fail(err, ENOMEM, "no memory to classify files");
	pthread_mutex_init(&shared->mutex, NULL);
	*out = shared;
	return 0;
}

void idx_known_layouts_free(struct idx_known_layouts *shared)
{
	if (!shared)
		return;
	ax_arena_free(&shared->known.arena);
	pthread_mutex_destroy(&shared->mutex);
	free(shared);
}

int idx_classifier_new(const struct idx_rules *rules, struct idx_known_layouts *shared,
	struct idx_classifier **out, struct ax_error *err)
{
	struct idx_classifier *classifier = calloc(1, sizeof(*classifier));

	if (!classifier)
		return ax_fail(err, ENOMEM, "no memory to classify files");
	classifier->rules = rules;
	classifier->shared = shared;
	if (ax_matcher_new(&classifier->matcher, err) < 0 ||
		survey_new(rules, classifier->matcher, &classifier->survey, err) < 0) {
		idx_classifier_free(classifier);
		return -1;
	}
	*out = classifier;
	return 0;
}

void idx_classifier_free(struct idx_classifier *classifier)
{
	if (!classifier)
		return;
	survey_free(classifier->survey);
	ax_matcher_free(classifier->matcher);
	if (classifier->own)
		ax_arena_free(&classifier->own->arena);
	free(classifier->own);
	ax_buf_free(&classifier->why);
	free(classifier->rows);
	free(classifier);
}

static bool matches(struct idx_classifier *classifier, const struct rule_pattern *pattern,
	struct ax_str text)
{
	return rule_pattern_possible(pattern, text) &&
	       ax_pattern_search(pattern->compiled, classifier->matcher, text) == 1;
}

/* --- what follows from a rule --- */

/* A rule on its way to be applied to a file. */
struct attempt {
	struct idx_classifier *classifier;
	const struct idx_case *file; /* NULL while a candidate is made */
	struct ax_str name;          /* of the file, without its directory */
	const struct rule *rule;
	const struct rule_facts *facts;
	struct ax_arena *arena;
	const struct candidate
		*candidate;       /* NULL while it is made, and for files without tensors */
	struct idx_value *values; /* of the rule's attributes */
	struct ax_str why;
};

static struct reference_source source_of(const struct attempt *attempt)
{
	return (struct reference_source){
		.rule = attempt->rule,
		.facts = attempt->facts,
		.header = attempt->file ? attempt->file->header : NULL,
		.name = attempt->name,
		.attributes = attempt->values,
		.arena = attempt->arena,
	};
}

/*
 * Work out the attributes: those that the layout alone gives come from the candidate; while that
 * is made, no others can be had.
 */
static int derive(struct attempt *attempt, struct ax_error *err)
{
	const struct rule *rule = attempt->rule;
	const struct candidate *candidate = attempt->candidate;
	size_t size = rule->n_derived * sizeof(*attempt->values);

	attempt->values = ax_arena_alloc(attempt->arena, size);
	if (!attempt->values)
		return ax_fail(err, ENOMEM, "no memory to classify a file");
	struct reference_source source = source_of(attempt);
	struct idx_scope scope = { .context = &source, .get = reference_value };
	for (size_t i = 0; i < rule->n_derived; i++) {
		bool is_known = candidate && !rule->derived[i].per_file;
		attempt->values[i] =
			is_known ? candidate->values[i]
				 : idx_formula_value(rule->derived[i].formula, &scope);
	}
	return 0;
}

static void append_value(struct ax_buf *buf, const struct idx_value *value)
{
	char text[AX_UNITS_MAX];

	switch (value->kind) {
	case IDX_INT:
		ax_buf_printf(buf, "%" PRId64, value->integer);
		return;
	case IDX_REAL:
		ax_real_format(value->real, text);
		ax_buf_append_text(buf, text);
		return;
	case IDX_TEXT:
		ax_buf_append_str(buf, value->text);
		return;
	case IDX_BOOL:
		ax_buf_append_text(buf, value->boolean ? "yes" : "no");
		return;
	case IDX_ABSENT:
		ax_buf_append_text(buf, "?");
		return;
	}
}

/* "EVIDENCE: NAME OF THE RULE" */
static int explain(struct attempt *attempt, struct ax_error *err)
{
	const struct rule *rule = attempt->rule;
	struct ax_buf *why = &attempt->classifier->why;
	struct reference_source source = source_of(attempt);
	struct idx_scope scope = { .context = &source, .get = reference_value };

	if (attempt->candidate && !rule->why_per_file) {
		attempt->why = attempt->candidate->why;
		return 0;
	}
	ax_buf_clear(why);
	for (size_t i = 0; i < rule->n_why; i++) {
		ax_buf_append_str(why, rule->why[i].text);
		if (!rule->why[i].formula)
			continue;
		struct idx_value value = idx_formula_value(rule->why[i].formula, &scope);
		append_value(why, &value);
	}
	ax_buf_append_text(why, why->len ? ": " : "");
	ax_buf_append_str(why, rule->name);
	attempt->why = ax_buf_str(why);
	return ax_buf_check(why, "the reason", err);
}

/* --- what a layout allows --- */

static struct known_layout *find_slot(struct known_layout *known,
	const struct ax_digest *digest)
{
	uint64_t start = 0;

	memcpy(&start, digest->bytes, sizeof(start));
	for (size_t i = (size_t)start;; i++) {
		struct known_layout *slot = &known[i % KNOWN_SLOTS];
		if (!slot->is_set || memcmp(&slot->digest, digest, sizeof(*digest)) == 0)
			return slot;
	}
}

/* Whether the rule holds for every file of a layout that satisfies it. */
static bool is_unconditional(const struct rule *rule)
{
	return !rule->data && !rule->file && rule->n_metadata == 0 &&
	       rule->where_file.count == 0;
}

/* What follows from a rule for all files of the layout. */
static int prepare(struct idx_classifier *classifier, struct candidate *candidate,
	struct ax_arena *arena, struct ax_error *err)
{
	struct attempt attempt = {
		.classifier = classifier,
		.rule = candidate->rule,
		.facts = &candidate->facts,
		.arena = arena,
	};

	if (derive(&attempt, err) < 0 || explain(&attempt, err) < 0)
		return -1;
	candidate->values = attempt.values;
	candidate->why = ax_str(ax_arena_copy(attempt.arena, attempt.why), attempt.why.len);
	if (!candidate->why.ptr)
		return ax_fail(err, ENOMEM, "no memory to classify a file");
	return 0;
}

static int find_candidates(struct idx_classifier *classifier, const struct sft_layout *layout,
	struct known_layout *slot, struct ax_arena *arena, struct ax_error *err)
{
	struct candidate **end = &slot->candidates;

	if (survey_begin(classifier->survey, layout, err) < 0)
		return -1;
	for (size_t i = 0; i < classifier->rules->n_rules; i++) {
		const struct rule *rule = &classifier->rules->rules[i];
		struct rule_facts facts = { 0 };
		if (!rule->wants_tensors)
			continue;
		int holds = survey_rule(classifier->survey, rule, arena, &facts, err);
		if (holds < 0)
			return -1;
		if (!holds)
			continue;
		*end = ax_arena_alloc(arena, sizeof(**end));
		if (!*end)
			return ax_fail(err, ENOMEM, "no memory to classify a file");
		**end = (struct candidate){ .rule = rule, .facts = facts };
		if (prepare(classifier, *end, arena, err) < 0)
			return -1;
		end = &(*end)->next;
		if (is_unconditional(rule))
			break;
	}
	return 0;
}

/* From what is known, or to it while there is room: 1 with *out filled, 0 without room, -1. */
static int find_or_add(struct idx_classifier *classifier, struct known *known,
	const struct sft_layout *layout, const struct known_layout **out, struct ax_error *err)
{
	struct ax_digest digest = sft_layout_exact_digest(layout);
	struct known_layout *slot = find_slot(known->slots, &digest);
	struct known_layout found = { .digest = digest, .is_set = true };

	*out = slot;
	if (slot->is_set)
		return 1;
	if (known->count == KNOWN_LIMIT)
		return 0;
	if (find_candidates(classifier, layout, &found, &known->arena, err) < 0)
		return -1;
	*slot = found;
	known->count++;
	return 1;
}

static int know_by_itself(struct idx_classifier *classifier, const struct sft_layout *layout,
	const struct known_layout **out, struct ax_error *err)
{
	if (!classifier->own)
		classifier->own = calloc(1, sizeof(*classifier->own));
	struct known *own = classifier->own;
	if (!own)
		return ax_fail(err, ENOMEM, "no memory to classify files");
	if (own->count == KNOWN_LIMIT) {
		ax_arena_clear(&own->arena);
		*own = (struct known){ .arena = own->arena };
	}
	return find_or_add(classifier, own, layout, out, err) < 0 ? -1 : 0;
}

static int know_layout(struct idx_classifier *classifier, const struct sft_layout *layout,
	const struct known_layout **out, struct ax_error *err)
{
	struct idx_known_layouts *shared = classifier->shared;
	int found = 0;

	if (shared) {
		pthread_mutex_lock(&shared->mutex);
		found = find_or_add(classifier, &shared->known, layout, out, err);
		pthread_mutex_unlock(&shared->mutex);
	}
	if (found != 0)
		return found < 0 ? -1 : 0;
	return know_by_itself(classifier, layout, out, err);
}

/* --- what only the file tells --- */

static bool file_holds(const struct attempt *attempt, const struct file_condition *condition)
{
	struct idx_classifier *classifier = attempt->classifier;
	const struct idx_case *file = attempt->file;
	struct ax_str name = attempt->name;
	bool is_below = condition->n_below == 0, has_path = condition->n_paths == 0;

	/* The cheapest and most telling first. */
	if (file->size < condition->size_min || file->size > condition->size_max)
		return false;
	if (!rule_pattern_possible(&condition->name, name) ||
		!rule_pattern_possible(&condition->content, file->start))
		return false;
	if (condition->name.compiled && !matches(classifier, &condition->name, name))
		return false;
	for (size_t i = 0; i < condition->n_below && !is_below; i++)
		is_below = ax_path_below(file->path, condition->below[i]);
	for (size_t i = 0; i < condition->n_paths && !has_path; i++)
		has_path = ax_glob_match(condition->paths[i], file->path);
	if (!is_below || !has_path)
		return false;
	return !condition->content.compiled ||
	       matches(classifier, &condition->content, file->start);
}

static bool metadata_holds(struct idx_classifier *classifier,
	const struct metadata_condition *condition, const struct sft_header *header)
{
	struct ax_str value = { 0 };
	bool is_there = metadata_get(header, condition->key, &value);

	if (condition->test == METADATA_MATCHES)
		return is_there && matches(classifier, &condition->pattern, value);
	return is_there == (condition->test == METADATA_PRESENT);
}

/* The first tensor of the family, or where that is blank the last one. */
static enum idx_rows look_at_rows(struct idx_classifier *classifier,
	const struct idx_case *file, const struct family_facts *family)
{
	const struct sft_layout *layout = sft_header_layout(file->header);
	uint64_t data_start = 8 + sft_header_length(file->header);

	if (!classifier->rows)
		classifier->rows = malloc(IDX_ROWS_BYTES);
	if (!classifier->rows)
		return IDX_ROWS_BLANK;
	struct sft_tensor tensor = sft_layout_tensor(layout, family->first);
	enum idx_rows rows = idx_rows_look(file->fd, data_start, &tensor, classifier->rows);
	if (rows != IDX_ROWS_BLANK || family->first == family->last)
		return rows;
	tensor = sft_layout_tensor(layout, family->last);
	return idx_rows_look(file->fd, data_start, &tensor, classifier->rows);
}

static bool attempt_holds(const struct attempt *attempt)
{
	const struct rule *rule = attempt->rule;
	const struct idx_case *file = attempt->file;
	struct reference_source source = source_of(attempt);
	struct idx_scope scope = { .context = &source, .get = reference_value };

	if (rule->file && !file_holds(attempt, rule->file))
		return false;
	for (size_t i = 0; i < rule->n_metadata; i++) {
		if (!metadata_holds(attempt->classifier, &rule->metadata[i], file->header))
			return false;
	}
	for (size_t i = 0; i < rule->where_file.count; i++) {
		if (!idx_formula_holds(rule->where_file.items[i], &scope))
			return false;
	}
	if (!rule->data)
		return true;
	assert(attempt->facts); /* rules with data have tensor conditions */
	return look_at_rows(attempt->classifier, file,
		       &attempt->facts->families[rule->data->family]) == rule->data->rows;
}

/* --- */

static bool has_attribute(const struct idx_judgement *out, struct ax_str name)
{
	return idx_attribute_get(out->attributes, out->n_attributes, name).kind != IDX_ABSENT;
}

static void add_attributes(const struct rule *rule, const struct idx_value *values,
	struct idx_judgement *out)
{
	for (size_t i = 0; i < rule->n_derived; i++) {
		struct ax_str name = rule->derived[i].name;
		struct idx_value value = values[i];
		bool is_params = ax_str_equal(name, AX_STR("params"));
		if (is_params && value.kind == IDX_ABSENT && !out->has_params) {
			out->has_params = true;
			out->params = IDX_PARAMS_UNKNOWN;
		}
		if (value.kind == IDX_ABSENT || has_attribute(out, name))
			continue;
		if (is_params && value.kind == IDX_INT) {
			out->has_params = true;
			out->params = (uint64_t)value.integer;
			continue;
		}
		out->attributes[out->n_attributes++] =
			(struct idx_attribute){ .name = name, .value = value };
	}
}

static bool name_is_false(const struct attempt *attempt)
{
	struct idx_classifier *classifier = attempt->classifier;
	struct ax_str class_name = attempt->rule->class_name;
	const struct idx_rules *rules = classifier->rules;

	for (size_t i = 0; i < rules->n_suggestions; i++) {
		const struct suggestion *suggestion = &rules->suggestions[i];
		if (!matches(classifier, &suggestion->name, attempt->name))
			continue;
		for (size_t j = 0; j < suggestion->n_classes; j++) {
			if (ax_str_equal(suggestion->classes[j], class_name))
				return false;
		}
		return true;
	}
	return false;
}

static int judge(struct attempt *attempt, struct idx_judgement *out, struct ax_error *err)
{
	const struct rule *common = &attempt->classifier->rules->always;
	struct attempt always = *attempt;
	size_t n = attempt->rule->n_derived + common->n_derived;

	always.rule = common;
	always.candidate = NULL;
	out->attributes = ax_arena_alloc(attempt->arena, n * sizeof(*out->attributes));
	if (!out->attributes)
		return ax_fail(err, ENOMEM, "no memory to classify a file");
	if (derive(attempt, err) < 0 || explain(attempt, err) < 0)
		return -1;
	add_attributes(attempt->rule, attempt->values, out);
	if (attempt->file->header) {
		if (derive(&always, err) < 0)
			return -1;
		add_attributes(common, always.values, out);
		out->misnamed = name_is_false(attempt);
	}
	out->class_name = attempt->rule->class_name;
	out->why = attempt->why;
	return 0;
}

/* For what no rule knows. */
static const struct rule unknown_tensors = {
	.name = AX_STR_INIT("no rule knows these tensors"),
	.class_name = AX_STR_INIT("tensors"),
};
static const struct rule unknown_file = {
	.name = AX_STR_INIT("no safetensors header, and no rule knows its name or place"),
	.class_name = AX_STR_INIT("other"),
};

static int classify_tensors(struct attempt *attempt, struct ax_error *err)
{
	const struct known_layout *layout = NULL;

	if (know_layout(attempt->classifier, sft_header_layout(attempt->file->header), &layout,
		    err) < 0)
		return -1;
	for (const struct candidate *c = layout->candidates; c; c = c->next) {
		attempt->candidate = c;
		attempt->rule = c->rule;
		attempt->facts = &c->facts;
		if (attempt_holds(attempt))
			return 0;
	}
	attempt->candidate = NULL;
	attempt->rule = &unknown_tensors;
	attempt->facts = NULL;
	return 0;
}

static void classify_file(struct attempt *attempt)
{
	const struct idx_rules *rules = attempt->classifier->rules;

	for (size_t i = 0; i < rules->n_rules; i++) {
		attempt->rule = &rules->rules[i];
		if (!attempt->rule->wants_tensors && attempt_holds(attempt))
			return;
	}
	attempt->rule = &unknown_file;
}

int idx_classify(struct idx_classifier *classifier, const struct idx_case *file,
	struct ax_arena *arena, struct idx_judgement *out, struct ax_error *err)
{
	struct attempt attempt = {
		.classifier = classifier,
		.file = file,
		.name = ax_path_name(file->path),
		.arena = arena,
	};
	struct idx_judgement judgement = { 0 };

	if (!file->header)
		classify_file(&attempt);
	else if (classify_tensors(&attempt, err) < 0)
		return -1;
	if (judge(&attempt, &judgement, err) < 0)
		return -1;
	*out = judgement;
	return 0;
}
