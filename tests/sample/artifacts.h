/*
 * sample/artifacts.h - the kinds of files that research leaves behind, in each of their forms
 *
 * Every function writes files and notes what is true of them. Adapters have a tensor or more for
 * each module of each layer; the forms are generations of the programs that wrote them.
 */
#ifndef ARTIDX_SAMPLE_ARTIFACTS_H
#define ARTIDX_SAMPLE_ARTIFACTS_H

#include "sample/tree.h"

struct sample_meta;

#define SAMPLE_MODEL_NAME "Qwen/Qwen3-4B"

/* A basis: k directions for each module. Goes to out/vhack/. */
struct sample_basis {
	const char *path, *ts;
	unsigned form, k;             /* form 1 to 3 */
	const char *top_k, *tau_axis; /* metadata; without top_k there is none at all */
	bool misnamed;
};
void sample_basis(struct sample_tree *tree, const struct sample_basis *basis);

/* Gradients of pairs, from which bases are made. Go to out/vhack_grads/. */
struct sample_grads {
	const char *path, *ts;
	unsigned form, n_pairs; /* form 1: both sides; 2: singular values alone */
	bool has_meta, misnamed;
};
void sample_grads(struct sample_tree *tree, const struct sample_grads *grads);

/* What one save of a training run left. */
struct sample_checkpoint {
	const char *path, *ts;
	unsigned form;
	struct sample_run *run;         /* NULL: no log tells */
	const char *role;               /* "train" or "first_hack" */
	const struct sample_meta *meta; /* may be NULL */
	const char *flag;               /* why it must stay; NULL where run decides */
	unsigned missing;               /* bytes cut off at the end */
	bool in_place;                  /* is where it belongs already */
};
void sample_checkpoint(struct sample_tree *tree, const struct sample_checkpoint *checkpoint);

/* A run to make: its log, and how long it lived. Strings of a run are static or the truth's. */
struct sample_training {
	const char *ts, *preset, *arm;
	unsigned seed;
	const char *tag;    /* without its leading "_"; "" for none */
	const char *v_hack; /* may be NULL */
	unsigned minutes;   /* 0: crashed after 20 seconds */
};

/* NULL when memory ran out. */
struct sample_run *sample_log(struct sample_tree *tree, const struct sample_training *training);

/* The loose files that a run saved at the top of out/. */
struct sample_saves {
	unsigned form;
	bool first_hack, has_meta;
};
void sample_saves(struct sample_tree *tree, struct sample_run *run,
	const struct sample_saves *saves);

/* A directory of graded rollouts below out/probe_distill/. */
struct sample_pool {
	const char *name, *ts;
	bool by_step;   /* step_000 rather than prompt_0000 */
	const char *to; /* where it goes; NULL: not a pool, it stays flagged */
};
void sample_pool(struct sample_tree *tree, const struct sample_pool *pool);

/* A model of two shards below out/baked/. */
void sample_model(struct sample_tree *tree, const char *variant, const char *ts);

/* Any other file. Loose at the top of out/ it stays flagged. */
struct sample_oddity {
	const char *path, *ts;
	struct ax_str content;
	const char *class;  /* NULL: other */
	const char *status; /* NULL: ok */
	const char *flag;   /* NULL: none but where it is loose */
};
void sample_oddity(struct sample_tree *tree, const struct sample_oddity *oddity);

#endif
