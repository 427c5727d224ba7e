#include "indexer/rule.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/pattern.h"
#include "base/text.h"
#include "indexer/config.h"
#include "indexer/literal.h"
#include "indexer/rule_keys.h"
#include "indexer/rules_internal.h"
#include "safetensors/dtype.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORD_LIMIT = 32 };

int rule_fail(struct rule_compiler *c, const char *format, ...)
{
	char detail[sizeof(c->err->message)];
	struct ax_buf shown = { 0 };
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	ax_text_escape(&shown, c->rule);
	if (c->rule.len)
		ax_fail(c->err, AX_ECONFIG, "%s: rule \"%s\": %s", c->document,
			ax_buf_text(&shown), detail);
	else
		ax_fail(c->err, AX_ECONFIG, "%s: %s", c->document, detail);
	ax_buf_free(&shown);
	return -1;
}

/* The failure in c->err, with the rule and what before it. */
static int wrap(struct rule_compiler *c, const char *what)
{
	struct ax_error inner = *c->err;

	if (inner.code == ENOMEM)
		return -1;
	return rule_fail(c, "%s: %s", what, inner.message);
}

int rule_room(struct rule_compiler *c, size_t n, size_t size, void **out)
{
	void *room = ax_arena_alloc(&c->rules->arena, n * size);

	if (!room)
		return ax_fail(c->err, ENOMEM, "no memory for the rules");
	*out = room;
	return 0;
}

static int copy(struct rule_compiler *c, struct ax_str text, struct ax_str *out)
{
	char *bytes = ax_arena_copy(&c->rules->arena, text);

	if (!bytes)
		return ax_fail(c->err, ENOMEM, "no memory for the rules");
	*out = ax_str(bytes, text.len);
	return 0;
}

static int take_string(struct rule_compiler *c, const char *what,
	const struct ax_json_value *value, struct ax_str *out)
{
	struct ax_str text = { 0 };

	if (!ax_json_string(value, &text))
		return rule_fail(c, "%s must be a string", what);
	return copy(c, text, out);
}

static bool is_word(struct ax_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char ch = text.ptr[i];
		bool letter = (ch >= 'a' && ch <= 'z');
		if (!letter && (i == 0 || (ch != '_' && (ch < '0' || ch > '9'))))
			return false;
	}
	return text.len > 0 && text.len <= WORD_LIMIT;
}

static int check_word(struct rule_compiler *c, const char *what, struct ax_str text)
{
	if (is_word(text))
		return 0;
	return rule_fail(c, "%s must be a word of a to z, 0 to 9 and _, not \"%.*s\"", what,
		AX_STR_ARG(text));
}

int rule_compile_word(struct rule_compiler *c, const char *what,
	const struct ax_json_value *value, struct ax_str *out)
{
	struct ax_str text = { 0 };

	if (!ax_json_string(value, &text))
		return rule_fail(c, "%s must be a string", what);
	return check_word(c, what, text) < 0 ? -1 : copy(c, text, out);
}

int rule_compile_strings(struct rule_compiler *c, const char *what,
	const struct ax_json_value *value, size_t *n_out, const struct ax_str **out)
{
	bool is_list = value && ax_json_kind(value) == AX_JSON_ARRAY;
	size_t n = is_list ? ax_json_length(value) : 1;
	const struct ax_json_value *item = is_list ? ax_json_first(value) : value;
	void *room = NULL;

	if (rule_room(c, n, sizeof(struct ax_str), &room) < 0)
		return -1;
	struct ax_str *items = room;
	for (size_t i = 0; i < n; i++, item = ax_json_next(item)) {
		if (!ax_json_string(item, &items[i]))
			return rule_fail(c, "%s must be a string or a list of strings", what);
		if (copy(c, items[i], &items[i]) < 0)
			return -1;
	}
	*n_out = n;
	*out = items;
	return 0;
}

/* Hands the pattern to the rules, which free it. */
static int keep_pattern(struct rule_compiler *c, struct ax_pattern *pattern)
{
	struct idx_rules *rules = c->rules;

	if (rules->n_patterns == rules->patterns_capacity) {
		size_t capacity = 2 * rules->patterns_capacity + 64;
		struct ax_pattern **bigger =
			realloc(rules->patterns, capacity * sizeof(struct ax_pattern *));
		if (!bigger) {
			ax_pattern_free(pattern);
			return ax_fail(c->err, ENOMEM, "no memory for the rules");
		}
		rules->patterns = bigger;
		rules->patterns_capacity = capacity;
	}
	rules->patterns[rules->n_patterns++] = pattern;
	return 0;
}

static int keep_literals(struct rule_compiler *c, struct ax_str source,
	struct rule_pattern *out)
{
	struct ax_buf found = { 0 };
	struct ax_str kept = { 0 };
	size_t n = 0;
	void *room = NULL;

	idx_literal_find(source, &found);
	int status = copy(c, ax_buf_str(&found), &kept);
	ax_buf_free(&found);
	for (size_t i = 0; i < kept.len; i++)
		n += kept.ptr[i] == '\0';
	if (status < 0 || rule_room(c, n, sizeof(struct ax_str), &room) < 0)
		return -1;
	struct ax_str *literals = room;
	assert(literals || n == 0);
	for (size_t i = 0; i < n; i++) {
		literals[i] = ax_str_from(kept.ptr);
		kept = ax_str_slice(kept, literals[i].len + 1, SIZE_MAX);
	}
	out->n_literals = n;
	out->literals = literals;
	return 0;
}

int rule_compile_pattern(struct rule_compiler *c, const char *what,
	const struct ax_json_value *value, struct rule_pattern *out)
{
	struct ax_pattern *pattern = NULL;
	struct ax_str source = { 0 };

	if (!ax_json_string(value, &source))
		return rule_fail(c, "%s must be a string with a regular expression", what);
	if (ax_pattern_compile(source, c->is_builtin ? AX_PATTERN_LATER : 0, &pattern, c->err) <
		0)
		return wrap(c, what);
	out->compiled = pattern;
	if (keep_pattern(c, pattern) < 0)
		return -1;
	return keep_literals(c, source, out);
}

static const char *nearest(struct ax_str word, const struct idx_rule_key *keys)
{
	const char *best = NULL;
	size_t best_distance = 3;

	for (; keys->name; keys++) {
		size_t distance = ax_text_distance(word, ax_str_from(keys->name));
		if (distance < best_distance) {
			best_distance = distance;
			best = keys->name;
		}
	}
	return best;
}

int rule_check_keys(struct rule_compiler *c, const char *what,
	const struct ax_json_value *value, const struct idx_rule_key *keys)
{
	if (!value || ax_json_kind(value) != AX_JSON_OBJECT)
		return rule_fail(c, "%s must be an object", what);
	for (const struct ax_json_value *member = ax_json_first(value); member;
		member = ax_json_next(member)) {
		struct ax_str key = ax_json_key(member);
		size_t i = 0;
		while (keys[i].name && !ax_str_equal(key, ax_str_from(keys[i].name)))
			i++;
		if (keys[i].name)
			continue;
		const char *guess = nearest(key, keys);
		return rule_fail(c, "%s: unknown key \"%.*s\"%s%s%s", what, AX_STR_ARG(key),
			guess ? ", did you mean \"" : "", guess ? guess : "",
			guess ? "\"?" : "");
	}
	return 0;
}

/* --- the tensors of a rule --- */

static int compile_dtypes(struct rule_compiler *c, const struct ax_json_value *value,
	uint32_t *out)
{
	const struct ax_str *names = NULL;
	size_t n = 0;

	*out = UINT32_MAX;
	if (!value)
		return 0;
	if (rule_compile_strings(c, "dtype", value, &n, &names) < 0)
		return -1;
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		enum sft_dtype dtype = SFT_BOOL;
		if (!sft_dtype_parse(names[i], &dtype))
			return rule_fail(c, "\"%.*s\" is no dtype of the format",
				AX_STR_ARG(names[i]));
		*out |= UINT32_C(1) << dtype;
	}
	return 0;
}

static int add_rank(struct rule_compiler *c, const struct ax_json_value *value, uint32_t *mask)
{
	uint64_t rank = 0;

	if (!ax_json_u64(value, &rank) || rank > 30)
		return rule_fail(c, "ndim must be a number from 0 to 30, or a list of them");
	*mask |= UINT32_C(1) << rank;
	return 0;
}

static int compile_ranks(struct rule_compiler *c, const struct ax_json_value *value,
	uint32_t *out)
{
	*out = value ? 0 : UINT32_MAX;
	if (!value)
		return 0;
	if (ax_json_kind(value) != AX_JSON_ARRAY)
		return add_rank(c, value, out);
	for (const struct ax_json_value *item = ax_json_first(value); item;
		item = ax_json_next(item)) {
		if (add_rank(c, item, out) < 0)
			return -1;
	}
	return 0;
}

static bool is_family_name(struct ax_str name)
{
	static const char *const reserved[] = { "tensors", "others", "meta", "name", "label",
		"int", "real", NULL };

	for (size_t i = 0; reserved[i]; i++) {
		if (ax_str_equal(name, ax_str_from(reserved[i])))
			return false;
	}
	for (size_t i = 0; i < name.len; i++) {
		char ch = name.ptr[i];
		if (!(ch >= 'a' && ch <= 'z') && !(ch >= 'A' && ch <= 'Z') && ch != '_')
			return false;
	}
	return name.len > 0 && name.len <= WORD_LIMIT;
}

static int compile_family(struct rule_compiler *c, const struct ax_json_value *value,
	struct family *out)
{
	const struct ax_json_value *pattern = ax_json_get(value, "name");
	const struct ax_json_value *optional = ax_json_get(value, "optional");
	struct ax_str name = ax_json_key(value);
	char what[WORD_LIMIT + 32];
	void *groups = NULL;

	if (!is_family_name(name))
		return rule_fail(c, "tensors: \"%.*s\" cannot name a set of tensors",
			AX_STR_ARG(name));
	snprintf(what, sizeof(what), "tensors: %.*s", AX_STR_ARG(name));
	if (rule_check_keys(c, what, value, idx_rule_tensors_keys) < 0 ||
		copy(c, name, &out->name) < 0)
		return -1;
	snprintf(what, sizeof(what), "tensors: %.*s: name", AX_STR_ARG(name));
	if (rule_compile_pattern(c, what, pattern, &out->pattern) < 0)
		return -1;
	if (take_string(c, what, pattern, &out->source) < 0)
		return -1;
	if (optional && !ax_json_bool(optional, &out->optional))
		return rule_fail(c, "tensors: optional must be true or false");
	if (rule_room(c, GROUP_LIMIT, sizeof(char *), &groups) < 0)
		return -1;
	out->groups = groups;
	if (compile_ranks(c, ax_json_get(value, "ndim"), &out->ranks) < 0)
		return -1;
	return compile_dtypes(c, ax_json_get(value, "dtype"), &out->dtypes);
}

static int compile_families(struct rule_compiler *c, const struct ax_json_value *value,
	struct rule *rule)
{
	void *room = NULL;

	if (!value)
		return 0;
	rule->wants_tensors = true;
	if (ax_json_kind(value) != AX_JSON_OBJECT)
		return rule_fail(c, "tensors must be an object of named sets of tensors");
	size_t n = ax_json_length(value);
	if (n > FAMILY_LIMIT)
		return rule_fail(c, "tensors: more than %d sets", FAMILY_LIMIT);
	if (rule_room(c, n, sizeof(*rule->families), &room) < 0)
		return -1;
	rule->families = room;
	for (const struct ax_json_value *member = ax_json_first(value); member;
		member = ax_json_next(member)) {
		if (compile_family(c, member, &rule->families[rule->n_families]) < 0)
			return -1;
		rule->n_families++;
	}
	return 0;
}

static int compile_absent(struct rule_compiler *c, const struct ax_json_value *value,
	struct rule *rule)
{
	bool is_list = value && ax_json_kind(value) == AX_JSON_ARRAY;
	size_t n = is_list ? ax_json_length(value) : value ? 1 : 0;
	const struct ax_json_value *item = is_list ? ax_json_first(value) : value;
	void *room = NULL;

	if (rule_room(c, n, sizeof(*rule->absent), &room) < 0)
		return -1;
	rule->absent = room;
	for (size_t i = 0; i < n; i++, item = ax_json_next(item)) {
		if (rule_compile_pattern(c, "absent", item, &rule->absent[i]) < 0)
			return -1;
	}
	rule->n_absent = n;
	return 0;
}

/* --- formulas --- */

static int parse_formula(struct rule_compiler *c, const char *what, struct ax_str source,
	struct reference_scope *scope, const struct idx_formula **out)
{
	struct idx_binder binder = { .context = scope, .bind = reference_bind };
	struct ax_str kept = { 0 };

	if (copy(c, source, &kept) < 0)
		return -1;
	if (idx_formula_parse(kept, &binder, &c->rules->arena, out, c->err) < 0)
		return wrap(c, what);
	return 0;
}

static int compile_where(struct rule_compiler *c, const struct ax_json_value *value,
	struct rule *rule)
{
	const struct ax_str *sources = NULL;
	size_t n = 0;
	void *room = NULL;

	if (!value)
		return 0;
	if (rule_compile_strings(c, "where", value, &n, &sources) < 0)
		return -1;
	if (rule_room(c, 2 * n, sizeof(struct idx_formula *), &room) < 0)
		return -1;
	rule->where.items = room;
	rule->where_file.items = rule->where.items + n;
	for (size_t i = 0; i < n; i++) {
		struct reference_scope scope = { .rules = c->rules, .rule = rule };
		const struct idx_formula *formula = NULL;
		if (parse_formula(c, "where", sources[i], &scope, &formula) < 0)
			return -1;
		bool per_file = scope.per_file || !rule->wants_tensors;
		struct formulas *list = per_file ? &rule->where_file : &rule->where;
		list->items[list->count++] = formula;
	}
	return 0;
}

int rule_compile_derived(struct rule_compiler *c, const struct ax_json_value *value,
	struct rule *rule)
{
	void *room = NULL;

	if (!value)
		return 0;
	if (ax_json_kind(value) != AX_JSON_OBJECT)
		return rule_fail(c, "derive must be an object of attributes and formulas");
	if (rule_room(c, ax_json_length(value), sizeof(*rule->derived), &room) < 0)
		return -1;
	rule->derived = room;
	for (const struct ax_json_value *member = ax_json_first(value); member;
		member = ax_json_next(member)) {
		struct derived *derived = &rule->derived[rule->n_derived];
		struct reference_scope scope = {
			.rules = c->rules, .rule = rule, .attributes = true
		};
		struct ax_str source = { 0 };
		if (check_word(c, "derive: an attribute", ax_json_key(member)) < 0 ||
			copy(c, ax_json_key(member), &derived->name) < 0)
			return -1;
		if (!ax_json_string(member, &source))
			return rule_fail(c, "derive: %.*s must be a string with a formula",
				AX_STR_ARG(derived->name));
		if (parse_formula(c, "derive", source, &scope, &derived->formula) < 0)
			return -1;
		derived->per_file = scope.per_file;
		rule->n_derived++;
	}
	return 0;
}

/* Cut "text ${formula} text" at its formulas. */
static int compile_why(struct rule_compiler *c, const struct ax_json_value *value,
	struct rule *rule)
{
	struct ax_str rest = { 0 };
	size_t n = 1;
	void *room = NULL;

	if (!value)
		return 0;
	if (take_string(c, "why", value, &rest) < 0)
		return -1;
	for (size_t i = 0; i < rest.len; i++)
		n += rest.ptr[i] == '$';
	if (rule_room(c, n, sizeof(*rule->why), &room) < 0)
		return -1;
	rule->why = room;
	while (rest.len) {
		struct segment *segment = &rule->why[rule->n_why++];
		struct reference_scope scope = {
			.rules = c->rules, .rule = rule, .attributes = true
		};
		size_t start = ax_str_find(rest, '$');
		segment->text = ax_str_slice(rest, 0, start);
		if (start == rest.len)
			break;
		rest = ax_str_slice(rest, start, SIZE_MAX);
		size_t end = ax_str_find(rest, '}');
		if (end == rest.len || rest.ptr[1] != '{')
			return rule_fail(c, "why: \"$\" begins \"${formula}\"");
		struct ax_str source = ax_str_slice(rest, 2, end - 2);
		if (parse_formula(c, "why", source, &scope, &segment->formula) < 0)
			return -1;
		rule->why_per_file |= scope.per_file;
		rest = ax_str_slice(rest, end + 1, SIZE_MAX);
	}
	return 0;
}

/* --- metadata, data, file --- */

static int compile_metadata(struct rule_compiler *c, const struct ax_json_value *value,
	struct rule *rule)
{
	void *room = NULL;

	if (!value)
		return 0;
	if (ax_json_kind(value) != AX_JSON_OBJECT)
		return rule_fail(c, "metadata must be an object");
	if (rule_room(c, ax_json_length(value), sizeof(*rule->metadata), &room) < 0)
		return -1;
	rule->metadata = room;
	for (const struct ax_json_value *member = ax_json_first(value); member;
		member = ax_json_next(member)) {
		struct metadata_condition *condition = &rule->metadata[rule->n_metadata++];
		bool present = false;
		if (copy(c, ax_json_key(member), &condition->key) < 0)
			return -1;
		if (ax_json_bool(member, &present)) {
			condition->test = present ? METADATA_PRESENT : METADATA_ABSENT;
			continue;
		}
		condition->test = METADATA_MATCHES;
		if (rule_compile_pattern(c, "metadata", member, &condition->pattern) < 0)
			return -1;
	}
	return 0;
}

static int compile_data(struct rule_compiler *c, const struct ax_json_value *value,
	struct rule *rule)
{
	static const char *const kinds[] = { "orthonormal", "other", "blank" };
	struct ax_str family = { 0 }, kind = { 0 };
	void *room = NULL;

	if (!value)
		return 0;
	if (rule_check_keys(c, "data", value, idx_rule_data_keys) < 0 ||
		rule_room(c, 1, sizeof(*rule->data), &room) < 0)
		return -1;
	rule->data = room;
	unsigned found = 0;
	ax_json_string(ax_json_get(value, "rows_of"), &family);
	while (found < rule->n_families && !ax_str_equal(rule->families[found].name, family))
		found++;
	if (found == rule->n_families || rule->families[found].optional)
		return rule_fail(c,
			"data: rows_of must name a set of tensors that is not optional");
	rule->data->family = found;
	ax_json_string(ax_json_get(value, "are"), &kind);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		rule->data->rows = (enum idx_rows)i;
		if (ax_str_equal(kind, ax_str_from(kinds[i])))
			return 0;
	}
	return rule_fail(c, "data: are must be \"orthonormal\", \"other\" or \"blank\"");
}

static int compile_size(struct rule_compiler *c, const char *what,
	const struct ax_json_value *value, uint64_t *out)
{
	if (value && !ax_json_u64(value, out))
		return rule_fail(c, "file: %s must be a number of bytes", what);
	return 0;
}

static int compile_below(struct rule_compiler *c, const struct ax_json_value *value,
	struct file_condition *out)
{
	struct ax_str which = { 0 };

	if (!value)
		return 0;
	ax_json_string(value, &which);
	if (ax_str_equal(which, AX_STR("logs"))) {
		out->n_below = c->config->logs.count;
		out->below = c->config->logs.items;
	} else if (ax_str_equal(which, AX_STR("data"))) {
		out->n_below = c->config->data.count;
		out->below = c->config->data.items;
	} else {
		return rule_fail(c, "file: below must be \"data\" or \"logs\"");
	}
	void *room = NULL;
	if (rule_room(c, out->n_below, sizeof(struct ax_str), &room) < 0)
		return -1;
	struct ax_str *copies = room;
	for (size_t i = 0; i < out->n_below; i++) {
		if (copy(c, out->below[i], &copies[i]) < 0)
			return -1;
	}
	out->below = copies;
	return 0;
}

static int compile_file(struct rule_compiler *c, const struct ax_json_value *value,
	struct rule *rule)
{
	const struct ax_json_value *path = ax_json_get(value, "path");
	const struct ax_json_value *name = ax_json_get(value, "name");
	const struct ax_json_value *content = ax_json_get(value, "content");
	void *room = NULL;

	if (!value)
		return 0;
	if (rule_check_keys(c, "file", value, idx_rule_file_keys) < 0 ||
		rule_room(c, 1, sizeof(*rule->file), &room) < 0)
		return -1;
	struct file_condition *file = rule->file = room;
	file->size_max = UINT64_MAX;
	if (compile_below(c, ax_json_get(value, "below"), file) < 0)
		return -1;
	if (path &&
		rule_compile_strings(c, "file: path", path, &file->n_paths, &file->paths) < 0)
		return -1;
	if (name && rule_compile_pattern(c, "file: name", name, &file->name) < 0)
		return -1;
	if (content && rule_compile_pattern(c, "file: content", content, &file->content) < 0)
		return -1;
	if (compile_size(c, "min_size", ax_json_get(value, "min_size"), &file->size_min) < 0)
		return -1;
	return compile_size(c, "max_size", ax_json_get(value, "max_size"), &file->size_max);
}

static int check_conditions(struct rule_compiler *c, const struct rule *rule)
{
	if (!rule->wants_tensors && !rule->file)
		return rule_fail(c, "it needs \"tensors\" or \"file\"");
	if (!rule->wants_tensors && (rule->n_absent || rule->n_metadata || rule->data))
		return rule_fail(c,
			"absent, metadata and data need \"tensors\" (it may be empty: {})");
	return 0;
}

int rule_compile(struct rule_compiler *c, const struct ax_json_value *value, struct rule *out)
{
	c->rule = AX_STR("");
	if (take_string(c, "rules: each rule needs a name: its \"rule\"",
		    ax_json_get(value, "rule"), &out->name) < 0)
		return -1;
	c->rule = out->name;
	if (rule_check_keys(c, "rule", value, idx_rule_keys) < 0 ||
		rule_compile_word(c, "class", ax_json_get(value, "class"), &out->class_name) <
			0 ||
		compile_families(c, ax_json_get(value, "tensors"), out) < 0 ||
		compile_absent(c, ax_json_get(value, "absent"), out) < 0 ||
		compile_where(c, ax_json_get(value, "where"), out) < 0 ||
		compile_metadata(c, ax_json_get(value, "metadata"), out) < 0 ||
		compile_data(c, ax_json_get(value, "data"), out) < 0 ||
		compile_file(c, ax_json_get(value, "file"), out) < 0 ||
		rule_compile_derived(c, ax_json_get(value, "derive"), out) < 0 ||
		compile_why(c, ax_json_get(value, "why"), out) < 0)
		return -1;
	return check_conditions(c, out);
}
