/*
 * cli/tensors.h - many tensors in few lines
 *
 * Tensors whose names differ in numbers or in one part alone, of one dtype and shape, are a line:
 *
 *	V/model.layers.{0-35}.self_attn.{q,k,v,o}_proj  F32  [12, 2560]  144
 */
#ifndef ARTIDX_CLI_TENSORS_H
#define ARTIDX_CLI_TENSORS_H

#include "base/str.h"

#include <stdint.h>

struct ax_error;
struct cli_output;

struct cli_tensor {
	struct ax_str name;
	const char *dtype;
	unsigned rank;
	const uint64_t *shape;
};

/* The groups found so far. Everything is copied. */
struct cli_tensors;
int cli_tensors_new(struct cli_tensors **out, struct ax_error *err);
void cli_tensors_free(struct cli_tensors *tensors);

/* With each every tensor is a line of its own. */
int cli_tensors_add(struct cli_tensors *tensors, const struct cli_tensor *tensor, bool each,
	struct ax_error *err);

/* At most limit lines, in the order tensors came; returns how many patterns were left out. */
size_t cli_tensors_print(const struct cli_tensors *tensors, struct cli_output *out,
	size_t limit);

#endif
