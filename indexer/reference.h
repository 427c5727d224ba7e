/*
 * indexer/reference.h - what a name in a rule's formula stands for
 *
 * idx_rule_names in indexer/rule_keys.h says it of each name. What is asked of a set without
 * tensors, but for .count and .elements, is absent.
 */
#ifndef ARTIDX_INDEXER_REFERENCE_H
#define ARTIDX_INDEXER_REFERENCE_H

#include "indexer/record.h"

struct ax_arena;
struct ax_error;
struct idx_rules;
struct idx_subject;
struct rule;
struct rule_facts;
struct sft_header;

enum reference_kind {
	REFER_TENSORS,
	REFER_OTHERS,
	REFER_COUNT,
	REFER_SHARE,
	REFER_ELEMENTS,
	REFER_WIDEST,
	REFER_SHAPE,
	REFER_DTYPE,
	REFER_DIM,
	REFER_DIM_MIN,
	REFER_DIM_MAX,
	REFER_DIM_SET,
	REFER_GROUP_COUNT,
	REFER_GROUP_SET,
	REFER_GROUP_DIGEST,
	REFER_METADATA,
	REFER_SHARD,
	REFER_SHARDS,
	REFER_LABEL,
	REFER_ATTRIBUTE,
};

struct reference {
	enum reference_kind kind;
	unsigned family;
	unsigned index;    /* of the dimension, group, label or attribute */
	struct ax_str key; /* of the metadata entry */
};

/* Where names are looked up while a rule is compiled. */
struct reference_scope {
	struct idx_rules *rules;
	struct rule *rule;
	bool attributes; /* those derived before may be asked for */
	bool per_file;   /* set when a formula needs more than the tensor list */
};

/* As a binder's function: find name, add a reference to the rule. Fails with AX_ECONFIG. */
int reference_bind(void *scope, struct ax_str name, unsigned *slot_out, struct ax_error *err);

/* Where values come from once a file is looked at. */
struct reference_source {
	const struct rule *rule;
	const struct rule_facts *facts;     /* NULL for a file without tensors */
	const struct sft_header *header;    /* NULL: no metadata */
	struct ax_str name;                 /* of the file */
	const struct idx_value *attributes; /* of the rule, as far as they are known */
	struct ax_arena *arena;             /* for texts that are made */
};

/* As a scope's function. */
struct idx_value reference_value(const void *source, unsigned slot);

/* The text of a metadata entry; false when there is none. */
bool metadata_get(const struct sft_header *header, struct ax_str key, struct ax_str *out);

#endif
