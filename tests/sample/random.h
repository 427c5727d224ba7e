/*
 * sample/random.h - numbers that look random and are the same everywhere for one seed
 */
#ifndef ARTIDX_SAMPLE_RANDOM_H
#define ARTIDX_SAMPLE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* splitmix64: any state is a good one, so the seed is the state. */
struct sample_random {
	uint64_t state;
};

uint64_t sample_random_next(struct sample_random *random);

/* 0 to n - 1; n is at least 1. */
unsigned sample_random_below(struct sample_random *random, unsigned n);

/* low to high. */
double sample_random_between(struct sample_random *random, double low, double high);

/* Bell-shaped around 0 with standard deviation 1; made of sums, so that no libm decides. */
double sample_random_bell(struct sample_random *random);

/* Fill values with rows x cols numbers whose rows are orthonormal; rows is at most cols. */
void sample_random_orthonormal(struct sample_random *random, double *values, size_t rows,
	size_t cols);

#endif
