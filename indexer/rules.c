#include "indexer/rules.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/pattern.h"
#include "indexer/config.h"
#include "indexer/rule.h"
#include "indexer/rule_keys.h"
#include "indexer/rules_builtin.h"
#include "indexer/rules_internal.h"

#include <errno.h>
#include <stdlib.h>

/* Part of the digest: what the same rules say may change with the code that applies them. */
static const char engine[] = "artidx rules 1";

struct ax_str idx_rules_builtin(void)
{
	return ax_str((const char *)rules_builtin_text, rules_builtin_length);
}

struct ax_digest idx_rules_digest(const struct idx_rules *rules)
{
	return rules->digest;
}

size_t idx_rules_class_count(const struct idx_rules *rules)
{
	return rules->n_classes;
}

struct ax_str idx_rules_class(const struct idx_rules *rules, size_t i)
{
	return rules->classes[i];
}

void idx_rules_free(struct idx_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->n_patterns; i++)
		ax_pattern_free(rules->patterns[i]);
	free(rules->patterns);
	ax_arena_free(&rules->arena);
	free(rules);
}

static int compile_label(struct rule_compiler *c, const struct ax_json_value *value,
	struct label *out)
{
	static const struct idx_rule_key keys[] = { { "is", "a word" },
		{ "name", "an expression" }, { 0 } };
	void *room = NULL;

	if (ax_json_kind(value) != AX_JSON_ARRAY)
		return rule_fail(c, "labels: each table must be a list");
	if (rule_room(c, ax_json_length(value), sizeof(*out->entries), &room) < 0)
		return -1;
	out->entries = room;
	for (const struct ax_json_value *item = ax_json_first(value); item;
		item = ax_json_next(item)) {
		struct label_entry *entry = &out->entries[out->n_entries++];
		if (rule_check_keys(c, "labels", item, keys) < 0 ||
			rule_compile_word(c, "labels: is", ax_json_get(item, "is"),
				&entry->value) < 0 ||
			rule_compile_pattern(c, "labels: name", ax_json_get(item, "name"),
				&entry->pattern) < 0)
			return -1;
	}
	return 0;
}

/* {"TABLE": [{"is": WORD, "name": PATTERN}, ...], ...}: the first pattern that fits. */
static int compile_labels(struct rule_compiler *c, const struct ax_json_value *value)
{
	struct idx_rules *rules = c->rules;
	void *room = NULL;

	if (rule_room(c, ax_json_length(value), sizeof(*rules->labels), &room) < 0)
		return -1;
	rules->labels = room;
	for (const struct ax_json_value *member = ax_json_first(value); member;
		member = ax_json_next(member)) {
		struct label *label = &rules->labels[rules->n_labels++];
		struct ax_str key = ax_json_key(member);
		label->name = ax_str(ax_arena_copy(&rules->arena, key), key.len);
		if (!label->name.ptr)
			return ax_fail(c->err, ENOMEM, "no memory for the rules");
		if (compile_label(c, member, label) < 0)
			return -1;
	}
	return 0;
}

static int compile_suggestion(struct rule_compiler *c, const struct ax_json_value *value,
	struct suggestion *out)
{
	if (rule_check_keys(c, "name_suggests", value, idx_rule_suggestion_keys) < 0)
		return -1;
	if (rule_compile_pattern(c, "name_suggests: name", ax_json_get(value, "name"),
		    &out->name) < 0)
		return -1;
	return rule_compile_strings(c, "name_suggests: classes", ax_json_get(value, "classes"),
		&out->n_classes, &out->classes);
}

/* One document's part of the rules, in the order in which it is tried. */
struct part {
	const char *document;
	bool is_builtin;
	const struct ax_json_value *root;
	bool rules, suggestions; /* which of them count */
};

static int check_list(struct rule_compiler *c, const struct ax_json_value *list,
	const char *what)
{
	if (list && ax_json_kind(list) != AX_JSON_ARRAY)
		return rule_fail(c, "\"%s\" must be a list", what);
	return 0;
}

static int compile_part(struct rule_compiler *c, const struct part *part)
{
	const struct ax_json_value *rules = ax_json_get(part->root, "rules");
	const struct ax_json_value *suggestions = ax_json_get(part->root, "name_suggests");

	c->document = part->document;
	c->is_builtin = part->is_builtin;
	c->rule = AX_STR("");
	if (check_list(c, rules, "rules") < 0 ||
		check_list(c, suggestions, "name_suggests") < 0)
		return -1;
	for (const struct ax_json_value *item = ax_json_first(suggestions);
		item && part->suggestions; item = ax_json_next(item)) {
		struct suggestion *out = &c->rules->suggestions[c->rules->n_suggestions++];
		if (compile_suggestion(c, item, out) < 0)
			return -1;
	}
	for (const struct ax_json_value *item = ax_json_first(rules); item && part->rules;
		item = ax_json_next(item)) {
		if (rule_compile(c, item, &c->rules->rules[c->rules->n_rules++]) < 0)
			return -1;
	}
	return 0;
}

static int make_room(struct rule_compiler *c, const struct part *parts)
{
	size_t rules = 0, suggestions = 0;
	void *room = NULL;

	for (size_t i = 0; i < 2; i++) {
		rules += ax_json_length(ax_json_get(parts[i].root, "rules"));
		suggestions += ax_json_length(ax_json_get(parts[i].root, "name_suggests"));
	}
	if (rule_room(c, rules, sizeof(struct rule), &room) < 0)
		return -1;
	c->rules->rules = room;
	if (rule_room(c, suggestions, sizeof(struct suggestion), &room) < 0)
		return -1;
	c->rules->suggestions = room;
	/* The two classes that need no rule come last. */
	if (rule_room(c, rules + 2, sizeof(struct ax_str), &room) < 0)
		return -1;
	c->rules->classes = room;
	return 0;
}

static void add_class(struct idx_rules *rules, struct ax_str name)
{
	for (size_t i = 0; i < rules->n_classes; i++) {
		if (ax_str_equal(rules->classes[i], name))
			return;
	}
	rules->classes[rules->n_classes++] = name;
}

static void list_classes(struct idx_rules *rules)
{
	for (size_t i = 0; i < rules->n_rules; i++)
		add_class(rules, rules->rules[i].class_name);
	add_class(rules, AX_STR("tensors"));
	add_class(rules, AX_STR("other"));
}

static void append_directories(struct ax_buf *buf, const struct idx_strings *directories)
{
	for (size_t i = 0; i < directories->count; i++) {
		ax_buf_append_str(buf, directories->items[i]);
		ax_buf_append_byte(buf, '\0');
	}
	ax_buf_append_byte(buf, '\0');
}

static void append_member(struct ax_buf *buf, const struct ax_json_value *config,
	const char *key)
{
	struct ax_json_writer writer = { .buf = buf };
	const struct ax_json_value *value = ax_json_get(config, key);

	if (value)
		ax_json_write_value(&writer, value);
	ax_buf_append_byte(buf, '\0');
}

static int compute_digest(struct rule_compiler *c, const struct ax_json_value *config)
{
	struct ax_buf buf = { 0 };

	ax_buf_append(&buf, engine, sizeof(engine));
	ax_buf_append_str(&buf, idx_rules_builtin());
	append_member(&buf, config, "rules");
	append_member(&buf, config, "replace_rules");
	append_member(&buf, config, "name_suggests");
	append_directories(&buf, &c->config->data);
	append_directories(&buf, &c->config->logs);
	int status = ax_buf_check(&buf, "the rules", c->err);
	c->rules->digest = ax_hash128(buf.data, buf.len);
	ax_buf_free(&buf);
	return status;
}

static int compile_all(struct rule_compiler *c, const struct ax_json_value *config,
	const struct ax_json_value *builtin)
{
	const struct ax_json_value *replace = ax_json_get(config, "replace_rules");
	bool is_replaced = false;

	c->document = "artidx.json";
	if (replace && !ax_json_bool(replace, &is_replaced))
		return rule_fail(c, "\"replace_rules\" must be true or false");
	struct part parts[2] = {
		{ "artidx.json", false, config, true, true },
		{ "built-in rules", true, builtin, !is_replaced, !is_replaced },
	};
	c->is_builtin = true;
	if (make_room(c, parts) < 0 || compile_labels(c, ax_json_get(builtin, "labels")) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		if (compile_part(c, &parts[i]) < 0)
			return -1;
	}
	c->rule = AX_STR("");
	if (rule_compile_derived(c, ax_json_get(builtin, "always"), &c->rules->always) < 0)
		return -1;
	list_classes(c->rules);
	return compute_digest(c, config);
}

int idx_rules_compile(const struct ax_json_value *config, struct idx_rules **out,
	struct ax_error *err)
{
	struct idx_config directories = { 0 };
	struct ax_json *builtin = NULL;
	struct idx_rules *rules = NULL;
	int status = -1;

	if (idx_config_load(config, &directories, err) < 0)
		return -1;
	rules = calloc(1, sizeof(*rules));
	if (!rules) {
		ax_fail(err, ENOMEM, "no memory for the rules");
		goto out;
	}
	if (ax_json_parse(idx_rules_builtin(), AX_JSON_COMMENTS, "built-in rules", &builtin,
		    err) < 0)
		goto out;
	struct rule_compiler compiler = { .rules = rules, .config = &directories, .err = err };
	if (compile_all(&compiler, config, ax_json_root(builtin)) < 0)
		goto out;
	*out = rules;
	rules = NULL;
	status = 0;
out:
	idx_rules_free(rules);
	ax_json_free(builtin);
	idx_config_free(&directories);
	return status;
}
