#include "indexer/rows.h"

#include "base/error.h"
#include "base/file.h"
#include "safetensors/header.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { ROW_LIMIT = 8 };

static float from_bits(uint32_t bits)
{
	float value = 0;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static double half(uint32_t bits)
{
	int exponent = (int)(bits >> 10 & 31);
	double fraction = bits & 1023;
	double value = exponent == 0    ? ldexp(fraction, -24)
		       : exponent == 31 ? (double)NAN
					: ldexp(1024 + fraction, exponent - 25);

	return bits >> 15 ? -value : value;
}

static uint32_t little_endian(const unsigned char *bytes, unsigned n)
{
	uint32_t value = 0;

	for (unsigned i = n; i > 0; i--)
		value = value << 8 | bytes[i - 1];
	return value;
}

static double element(enum sft_dtype dtype, const unsigned char *data, size_t i)
{
	if (dtype == SFT_F32)
		return from_bits(little_endian(data + 4 * i, 4));
	if (dtype == SFT_BF16)
		return from_bits(little_endian(data + 2 * i, 2) << 16);
	return half(little_endian(data + 2 * i, 2));
}

static double dot(enum sft_dtype dtype, const unsigned char *a, const unsigned char *b,
	size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += element(dtype, a, i) * element(dtype, b, i);
	return sum;
}

static bool is_blank(enum sft_dtype dtype, const unsigned char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (element(dtype, data, i) != 0)
			return false;
	}
	return true;
}

static enum idx_rows judge(enum sft_dtype dtype, const unsigned char *data, size_t n_rows,
	size_t columns)
{
	double tolerance = dtype == SFT_F32 ? 1e-3 : 2e-2;
	size_t stride = columns * sft_dtype_bits(dtype) / 8;

	for (size_t i = 0; i < n_rows; i++) {
		for (size_t j = i; j < n_rows; j++) {
			double product =
				dot(dtype, data + i * stride, data + j * stride, columns);
			if (!(fabs(product - (i == j)) <= tolerance))
				return IDX_ROWS_OTHER;
		}
	}
	return IDX_ROWS_ORTHONORMAL;
}

enum idx_rows idx_rows_look(int fd, uint64_t data_start, const struct sft_tensor *tensor,
	void *scratch)
{
	enum sft_dtype dtype = tensor->dtype;
	struct ax_error ignored = { 0 };

	if (tensor->rank != 2 || (dtype != SFT_F32 && dtype != SFT_BF16 && dtype != SFT_F16))
		return IDX_ROWS_BLANK;
	uint64_t rows = tensor->shape[0] < ROW_LIMIT ? tensor->shape[0] : ROW_LIMIT;
	uint64_t columns = tensor->shape[1];
	if (columns == 0 || columns > IDX_ROWS_BYTES / sizeof(float))
		return IDX_ROWS_BLANK;
	size_t stride = (size_t)columns * sft_dtype_bits(dtype) / 8;
	if (rows > IDX_ROWS_BYTES / stride)
		rows = IDX_ROWS_BYTES / stride;
	size_t bytes = (size_t)rows * stride;
	if (tensor->begin > INT64_MAX - data_start ||
		ax_pread_full(fd, scratch, bytes, (off_t)(data_start + tensor->begin), "",
			&ignored) < 0)
		return IDX_ROWS_BLANK;
	if (is_blank(dtype, scratch, (size_t)(rows * columns)))
		return IDX_ROWS_BLANK;
	return judge(dtype, scratch, (size_t)rows, (size_t)columns);
}
