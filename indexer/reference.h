/*
 * indexer/reference.h - what a name in a rule's formula stands for
 *
 *	tensors              how many tensors the file has
 *	others               how many of them are in none of the rule's families
 *	F.count F.share      tensors of family F, and their part of all tensors (0 to 1)
 *	F.elements           elements of all tensors of F
 *	F.widest             the largest dimension of any tensor of F
 *	F.shape F.dtype      as text; "*" where tensors differ
 *	F[i]                 dimension i (0 to 3, or -1 for the last) where all tensors agree
 *	F[i].min F[i].max    the smallest and the largest
 *	F[i].set             all of them as text, "8,16"
 *	F.G.count F.G.set    distinct values of the pattern's group G: how many, and as text
 *	F.G.digest           equal for two families with the same values
 *	                     (these three are absent where F has no tensor)
 *	meta.KEY             text of the metadata entry KEY (the rest of the name, dots included)
 *	name.shard(s)        the numbers in "model-00001-of-00002.safetensors"
 *	label.NAME           the word that table NAME of "labels" has for this file
 *	ATTRIBUTE            an attribute derived before
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
