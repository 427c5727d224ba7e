/*
 * sample/tree.h - the project being written, and what is true of it
 *
 * The first failure is kept and later calls do nothing: one look at failed at the end suffices.
 */
#ifndef ARTIDX_SAMPLE_TREE_H
#define ARTIDX_SAMPLE_TREE_H

#include "base/error.h"
#include "base/units.h"
#include "sample/random.h"
#include "sample/truth.h"

struct ax_buf;
struct sample_weights;

struct sample_tree {
	int dirfd;             /* the project's directory */
	const char *directory; /* its absolute path */
	bool is_full;          /* true shapes, and holes where data would be */
	unsigned layers, rank; /* of every adapter in it */
	struct sample_random random;
	struct sample_truth truth;
	bool failed;
	struct ax_error err; /* the first failure */
};

/* A run stamp as an instant, and a stamp some seconds later (owned by the truth). */
ax_nanoseconds sample_tree_time(const char *ts);
const char *sample_tree_later(struct sample_tree *tree, const char *ts, unsigned seconds);

/* Write path with this content and the modification time ts. Missing directories are made. */
void sample_tree_put(struct sample_tree *tree, const char *path, struct ax_str content,
	const char *ts);

/* The same for what a buffer holds, which is freed. */
void sample_tree_put_buf(struct sample_tree *tree, const char *path, struct ax_buf *content,
	const char *ts);

/* The same for weights, with the last missing bytes cut off. Ends the weights. */
void sample_tree_put_weights(struct sample_tree *tree, const char *path,
	struct sample_weights *weights, uint64_t missing, const char *ts);

/* What weights of this tree are filled with: NULL where holes are wanted. */
struct sample_random *sample_tree_filling(struct sample_tree *tree);

#endif
