/*
 * sample/weights.h - one safetensors file in the making
 *
 * Begin with the metadata, add tensors, write, end. Memory that runs out shows when writing.
 */
#ifndef ARTIDX_SAMPLE_WEIGHTS_H
#define ARTIDX_SAMPLE_WEIGHTS_H

#include "base/buf.h"
#include "base/json.h"

struct ax_error;
struct sample_random;

/* One entry of __metadata__. */
struct sample_meta {
	const char *key, *value;
};

enum sample_dtype { SAMPLE_F32, SAMPLE_BF16 };

/* How the numbers of a tensor look. */
enum sample_look { SAMPLE_NOISE, SAMPLE_ORTHONORMAL };

/* A tensor's shape: cols is 0 where it has one dimension. */
struct sample_shape {
	uint64_t rows, cols;
};

struct sample_weights {
	struct sample_random *random; /* NULL: the data is a hole in the file */
	struct ax_buf header, body;
	struct ax_json_writer json;
	uint64_t data_bytes; /* that the tensors promise */
};

/* meta ends with a NULL key; a NULL meta leaves __metadata__ out. */
void sample_weights_begin(struct sample_weights *weights, struct sample_random *random,
	const struct sample_meta *meta);

void sample_weights_add(struct sample_weights *weights, const char *name,
	enum sample_dtype dtype, struct sample_shape shape, enum sample_look look);

/* Write the file into fd, with the last missing bytes cut off. path is for messages. */
int sample_weights_write(struct sample_weights *weights, int fd, uint64_t missing,
	const char *path, struct ax_error *err);

void sample_weights_end(struct sample_weights *weights);

#endif
