/*
 * indexer/survey.h - what the tensors of one layout say to a rule
 *
 * Counting and comparing the tensors of a layout is the dear part of a rule; it needs nothing
 * but the layout, so that its result can be kept for all files that share it.
 */
#ifndef ARTIDX_INDEXER_SURVEY_H
#define ARTIDX_INDEXER_SURVEY_H

#include "base/arena.h"
#include "indexer/record.h"

struct ax_error;
struct ax_matcher;
struct idx_rules;
struct rule;
struct sft_layout;

enum { SURVEY_DIMS = 5, SURVEY_LAST_DIM = 4, SURVEY_SET = 8 };

/* One dimension over all tensors of a family. */
struct dim_facts {
	uint64_t count; /* tensors that have it */
	uint64_t min, max;
	unsigned n_values; /* distinct ones, at most SURVEY_SET */
	bool has_more;
	uint64_t values[SURVEY_SET];
};

/* The distinct values of a capture group. */
struct group_facts {
	uint64_t count;
	uint64_t digest;   /* of the set, in any order */
	struct ax_str set; /* "a,b,c": ordered, at most 32 of them, "..." at its end for more */
};

struct family_facts {
	uint64_t count, elements, widest;
	uint32_t dtypes;
	uint64_t rank_min, rank_max;
	struct dim_facts dims[SURVEY_DIMS]; /* 0 to 3, and the last one */
	struct group_facts *groups;
	size_t first, last; /* indices into the layout; only where count is not 0 */
};

/* What holds a rule that the layout satisfies. */
struct rule_facts {
	uint64_t tensors, others;
	struct family_facts *families;
	const struct ax_str
		*labels; /* one a label of the rules, "" for none; NULL: not asked */
};

/* Scratch memory for one thread. */
struct survey;
int survey_new(const struct idx_rules *rules, struct ax_matcher *matcher, struct survey **out,
	struct ax_error *err);
void survey_free(struct survey *survey);

/* Look at a layout; it must live while rules are asked. */
int survey_begin(struct survey *survey, const struct sft_layout *layout, struct ax_error *err);

/*
 * Whether a rule's conditions on tensors hold: 1 with *out in arena, 0, -1 when memory runs out.
 * A pattern that hits its match limit decides nothing: the rule does not hold.
 */
int survey_rule(struct survey *survey, const struct rule *rule, struct ax_arena *arena,
	struct rule_facts *out, struct ax_error *err);

#endif
