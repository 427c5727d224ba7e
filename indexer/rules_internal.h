/*
 * indexer/rules_internal.h - compiled rules, for the files that compile and apply them
 */
#ifndef ARTIDX_INDEXER_RULES_INTERNAL_H
#define ARTIDX_INDEXER_RULES_INTERNAL_H

#include "base/arena.h"
#include "indexer/formula.h"
#include "indexer/reference.h"
#include "indexer/rows.h"
#include "indexer/rules.h"

struct ax_pattern;

/* A regular expression and texts without digits that every match must contain. */
struct rule_pattern {
	struct ax_pattern *compiled;
	size_t n_literals;
	const struct ax_str *literals;
};

/* A set of tensors that a rule knows by one name. */
struct family {
	struct ax_str name;
	struct ax_str source; /* of the pattern */
	struct rule_pattern pattern;
	uint32_t dtypes; /* 1 << enum sft_dtype of those taken */
	uint32_t ranks;  /* 1 << rank of those taken, bit 31 for 31 and more */
	bool optional;
	size_t n_groups;     /* capture groups that formulas ask for */
	const char **groups; /* room for GROUP_LIMIT */
};
enum { GROUP_LIMIT = 8, FAMILY_LIMIT = 32 };

enum metadata_test { METADATA_PRESENT, METADATA_ABSENT, METADATA_MATCHES };

struct metadata_condition {
	struct ax_str key;
	enum metadata_test test;
	struct rule_pattern pattern;
};

/* What the rows of a tensor of a family must be. */
struct data_condition {
	unsigned family;
	enum idx_rows rows;
};

/* Where a file is, what it is called, and how it begins. Whatever is not set always holds. */
struct file_condition {
	size_t n_below;
	const struct ax_str *below; /* root-relative directories */
	size_t n_paths;
	const struct ax_str *paths; /* globs */
	struct rule_pattern name, content;
	uint64_t size_min, size_max;
};

struct formulas {
	size_t count;
	const struct idx_formula **items;
};

struct derived {
	struct ax_str name;
	const struct idx_formula *formula;
	bool per_file; /* it needs more than the tensor list */
};

/* A piece of a sentence: text, then perhaps a value. */
struct segment {
	struct ax_str text;
	const struct idx_formula *formula;
};

struct rule {
	struct ax_str name, class_name;
	bool wants_tensors; /* only for files with a readable header; else only for others */
	bool uses_labels;
	size_t n_families;
	struct family *families;
	size_t n_absent;
	struct rule_pattern *absent;
	struct formulas where;      /* answered by the tensor list alone */
	struct formulas where_file; /* these need the metadata or the name too */
	size_t n_metadata;
	struct metadata_condition *metadata;
	struct data_condition *data; /* NULL: data is not looked at */
	struct file_condition *file; /* NULL: any file */
	size_t n_derived;
	struct derived *derived;
	size_t n_why;
	struct segment *why;
	bool why_per_file; /* as in derived */
	size_t n_references;
	struct reference *references; /* what the slots of the formulas stand for */
};

/* A word for the first of several patterns that some tensor's name has. */
struct label_entry {
	struct ax_str value;
	struct rule_pattern pattern;
};

struct label {
	struct ax_str name;
	size_t n_entries;
	struct label_entry *entries;
};

/* Which classes a name goes with. */
struct suggestion {
	struct rule_pattern name;
	size_t n_classes;
	const struct ax_str *classes;
};

struct idx_rules {
	struct ax_arena arena;
	struct ax_digest digest;
	size_t n_rules;
	struct rule *rules;
	size_t n_labels;
	struct label *labels;
	size_t n_suggestions;
	struct suggestion *suggestions;
	struct rule always; /* only derived and references: attributes of every class */
	size_t n_classes;
	struct ax_str *classes;
	size_t n_patterns, patterns_capacity; /* to be freed with the rules */
	struct ax_pattern **patterns;
};

/* False where the texts show that the pattern cannot occur. */
static inline bool rule_pattern_possible(const struct rule_pattern *pattern,
	struct ax_str subject)
{
	for (size_t i = 0; i < pattern->n_literals; i++) {
		if (!ax_str_contains(subject, pattern->literals[i]))
			return false;
	}
	return true;
}

#endif
