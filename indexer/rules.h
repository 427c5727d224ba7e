/*
 * indexer/rules.h - what makes a file a v_hack, a checkpoint, a lora: rules as data
 *
 * The built-in rules are indexer/rules.json, compiled in; indexer/rule_keys.h has the format.
 * The configuration's "rules" are tried before them, or instead of them with
 * "replace_rules": true. The first rule whose conditions all hold decides; rules that look at
 * tensors go before rules that look at names and places.
 */
#ifndef ARTIDX_INDEXER_RULES_H
#define ARTIDX_INDEXER_RULES_H

#include "base/hash.h"
#include "base/str.h"

struct ax_error;
struct ax_json_value;

/* Compiled rules: immutable, shared by threads. */
struct idx_rules;

/* config: the configuration's root object, or NULL. Fails with AX_ECONFIG and names the rule. */
int idx_rules_compile(const struct ax_json_value *config, struct idx_rules **out,
	struct ax_error *err);
void idx_rules_free(struct idx_rules *rules);

/* Changes when any rule changes: a catalogue made with other rules is examined again. */
struct ax_digest idx_rules_digest(const struct idx_rules *rules);

/* Every class that a rule may give, built in or added, in the order of the rules. */
size_t idx_rules_class_count(const struct idx_rules *rules);
struct ax_str idx_rules_class(const struct idx_rules *rules, size_t i);

/* The text of indexer/rules.json. */
struct ax_str idx_rules_builtin(void);

#endif
