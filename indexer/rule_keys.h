/*
 * indexer/rule_keys.h - what may stand in rules, and what it means
 *
 * One table an object is what the reader of rules knows and what help prints of it. Each is ended
 * by a NULL name.
 */
#ifndef ARTIDX_INDEXER_RULE_KEYS_H
#define ARTIDX_INDEXER_RULE_KEYS_H

struct idx_rule_key {
	const char *name;
	const char *doc; /* begins in lower case, no full stop */
};

extern const struct idx_rule_key idx_rule_keys[];         /* of a rule */
extern const struct idx_rule_key idx_rule_tensors_keys[]; /* of each set in its "tensors" */
extern const struct idx_rule_key idx_rule_data_keys[];    /* of its "data" */
extern const struct idx_rule_key idx_rule_file_keys[];    /* of its "file" */
extern const struct idx_rule_key
	idx_rule_suggestion_keys[]; /* of a member of "name_suggests" */

/* What names in formulas stand for: F is a set, G a named group of its expression. */
extern const struct idx_rule_key idx_rule_names[];

#endif
