/*
 * indexer/rule.h - one rule, from JSON to what can be applied
 */
#ifndef ARTIDX_INDEXER_RULE_H
#define ARTIDX_INDEXER_RULE_H

#include "base/str.h"

#include <stddef.h>

struct ax_error;
struct ax_json_value;
struct idx_config;
struct idx_rule_key;
struct idx_rules;
struct rule;
struct rule_pattern;

/* What is being compiled: messages begin with it. */
struct rule_compiler {
	struct idx_rules *rules;
	const struct idx_config *config; /* whose directories "below" stands for */
	const char *document;            /* "artidx.json" */
	bool is_builtin;                 /* its expressions are known to have no mistake */
	struct ax_str rule;              /* its name, "" outside of rules */
	struct ax_error *err;
};

/* Fill *out, which is all zero. Fails with AX_ECONFIG, naming the rule and what is wrong. */
int rule_compile(struct rule_compiler *compiler, const struct ax_json_value *value,
	struct rule *out);

/* "derive": attributes and their formulas. */
int rule_compile_derived(struct rule_compiler *compiler, const struct ax_json_value *value,
	struct rule *rule);

/* A regular expression; what names it in messages. */
int rule_compile_pattern(struct rule_compiler *compiler, const char *what,
	const struct ax_json_value *value, struct rule_pattern *out);

/* A word, [a-z][a-z0-9_]*, of at most 32 bytes; what names it in messages. */
int rule_compile_word(struct rule_compiler *compiler, const char *what,
	const struct ax_json_value *value, struct ax_str *out);

/* A string or an array of them, as strings in the arena of the rules. */
int rule_compile_strings(struct rule_compiler *compiler, const char *what,
	const struct ax_json_value *value, size_t *n_out, const struct ax_str **out);

/* Fails unless value is an object with no other members than keys. */
int rule_check_keys(struct rule_compiler *compiler, const char *what,
	const struct ax_json_value *value, const struct idx_rule_key *keys);

/* Zeroed room for n objects in the arena of the rules. */
int rule_room(struct rule_compiler *compiler, size_t n, size_t size, void **out);

/* AX_ECONFIG with a message that begins with the document and the rule. Returns -1. */
int rule_fail(struct rule_compiler *compiler, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
