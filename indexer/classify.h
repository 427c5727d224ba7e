/*
 * indexer/classify.h - apply the rules to one file
 */
#ifndef ARTIDX_INDEXER_CLASSIFY_H
#define ARTIDX_INDEXER_CLASSIFY_H

#include "indexer/record.h"

struct ax_arena;
struct ax_error;
struct idx_rules;
struct sft_header;
struct sft_layout;

/* A file as far as rules may look at it. All borrowed. */
struct idx_case {
	struct ax_str path; /* root-relative */
	uint64_t size;
	const struct sft_header *header; /* its header; NULL: it has none that can be read */
	struct ax_str start;             /* its first bytes, for rules on content */
	int fd;                          /* open for reading where there is a header */
};

/* What the rules say. Borrowed from the case, the rules, the classifier and the arena. */
struct idx_judgement {
	struct ax_str class_name;
	struct ax_str why;
	bool misnamed;
	size_t n_attributes;
	struct idx_attribute *attributes;
	bool has_params; /* the rule counts parameters in another way than elements */
	uint64_t params; /* IDX_PARAMS_UNKNOWN: it would, and something is missing */
};

/* What the classifiers of several threads learnt of the first layouts they met. */
struct idx_known_layouts;
int idx_known_layouts_new(struct idx_known_layouts **out, struct ax_error *err);
void idx_known_layouts_free(struct idx_known_layouts *known);

/*
 * Scratch memory for one thread. known is shared with classifiers of the same rules and outlives
 * them all; NULL: what this one learns it keeps to itself.
 */
struct idx_classifier;
int idx_classifier_new(const struct idx_rules *rules, struct idx_known_layouts *known,
	struct idx_classifier **out, struct ax_error *err);
void idx_classifier_free(struct idx_classifier *classifier);

/* *out is good until the next call. Fails only when memory runs out. */
int idx_classify(struct idx_classifier *classifier, const struct idx_case *file,
	struct ax_arena *arena, struct idx_judgement *out, struct ax_error *err);

#endif
