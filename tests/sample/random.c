#include "sample/random.h"

#include <math.h>

uint64_t sample_random_next(struct sample_random *random)
{
	uint64_t z = random->state += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

unsigned sample_random_below(struct sample_random *random, unsigned n)
{
	return (unsigned)((sample_random_next(random) >> 32) * n >> 32);
}

double sample_random_between(struct sample_random *random, double low, double high)
{
	double unit = (double)(sample_random_next(random) >> 11) * 0x1p-53;

	return low + unit * (high - low);
}

double sample_random_bell(struct sample_random *random)
{
	double sum = 0;

	/* Twelve numbers of variance 1/12 each. */
	for (int i = 0; i < 12; i++)
		sum += sample_random_between(random, -0.5, 0.5);
	return sum;
}

static double dot(const double *a, const double *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

void sample_random_orthonormal(struct sample_random *random, double *values, size_t rows,
	size_t cols)
{
	for (size_t row = 0; row < rows; row++) {
		double *v = values + row * cols;

		for (size_t i = 0; i < cols; i++)
			v[i] = sample_random_bell(random);
		for (size_t before = 0; before < row; before++) {
			const double *u = values + before * cols;
			double along = dot(u, v, cols);

			for (size_t i = 0; i < cols; i++)
				v[i] -= along * u[i];
		}
		double length = sqrt(dot(v, v, cols));
		for (size_t i = 0; i < cols; i++)
			v[i] /= length;
	}
}
