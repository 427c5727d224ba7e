#include "tests/unit/unit.h"

#include "indexer/rows.h"
#include "safetensors/header.h"

#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

enum { START = 40 }; /* where the data section begins in these files */

static char scratch[IDX_ROWS_BYTES];

/* Good enough for numbers between 1e-4 and 1. */
static uint16_t half_of(uint32_t bits)
{
	int exponent = (int)(bits >> 23 & 255) - 127 + 15;

	if (exponent <= 0)
		return 0;
	return (uint16_t)((bits >> 16 & 0x8000) | (uint32_t)exponent << 10 |
			  (bits >> 13 & 1023));
}

static void append_number(struct ax_buf *buf, enum sft_dtype dtype, float value)
{
	uint32_t bits = 0;

	memcpy(&bits, &value, sizeof(bits));
	if (dtype == SFT_BF16)
		ax_buf_append_u16(buf, (uint16_t)((bits + 0x8000) >> 16));
	else if (dtype == SFT_F16)
		ax_buf_append_u16(buf, half_of(bits));
	else
		ax_buf_append_u32(buf, bits);
}

/* Look at rows of cosines, which are orthonormal, in a matrix behind another tensor. */
struct matrix {
	enum sft_dtype dtype;
	uint64_t rows, columns;
	double scale; /* of all numbers */
	double tilt;  /* of the second row towards the first one */
	uint64_t missing;
};

static void append_matrix(struct ax_buf *buf, const struct matrix *m)
{
	double n = (double)m->columns;

	for (uint64_t i = 0; i < m->rows; i++) {
		for (uint64_t j = 0; j < m->columns; j++) {
			double wave = acos(-1) * ((double)j + 0.5) * (double)i / n;
			double value = sqrt((i ? 2 : 1) / n) * cos(wave);
			if (i == 1)
				value += m->tilt * sqrt(1 / n);
			append_number(buf, m->dtype, (float)(m->scale * value));
		}
	}
}

static enum idx_rows look(const struct matrix *m)
{
	struct ax_buf file = { 0 };
	uint64_t shape[2] = { m->rows, m->columns };
	struct sft_tensor tensor = {
		.name = AX_STR("m"), .dtype = m->dtype, .rank = 2, .shape = shape, .begin = 24
	};
	int fd = memfd_create("rows", MFD_CLOEXEC);

	for (int i = 0; i < START + 24; i++)
		ax_buf_append_byte(&file, 'x');
	append_matrix(&file, m);
	tensor.end = file.len - START;
	assert_int_equal(write(fd, file.data, file.len - m->missing), file.len - m->missing);
	enum idx_rows rows = idx_rows_look(fd, START, &tensor, scratch);
	close(fd);
	ax_buf_free(&file);
	return rows;
}

static void rows_are_told_apart(void **state)
{
	static const struct {
		struct matrix matrix;
		enum idx_rows rows;
	} cases[] = {
		{ { SFT_F32, 5, 64, 1, 0, 0 }, IDX_ROWS_ORTHONORMAL },
		{ { SFT_BF16, 5, 64, 1, 0, 0 }, IDX_ROWS_ORTHONORMAL },
		{ { SFT_F16, 5, 64, 1, 0, 0 }, IDX_ROWS_ORTHONORMAL },
		{ { SFT_F32, 1, 64, 1, 0, 0 }, IDX_ROWS_ORTHONORMAL },
		{ { SFT_F32, 64, 64, 1, 0, 0 }, IDX_ROWS_ORTHONORMAL },
		{ { SFT_F32, 5, 64, 1.01, 0, 0 }, IDX_ROWS_OTHER },
		{ { SFT_F32, 5, 64, 0.5, 0, 0 }, IDX_ROWS_OTHER },
		{ { SFT_F16, 5, 64, 0.5, 0, 0 }, IDX_ROWS_OTHER },
		{ { SFT_BF16, 5, 64, 0.5, 0, 0 }, IDX_ROWS_OTHER },
		{ { SFT_F32, 5, 64, 1, 0.01, 0 }, IDX_ROWS_OTHER },
		{ { SFT_F32, 5, 64, NAN, 0, 0 }, IDX_ROWS_OTHER },
		{ { SFT_F32, 5, 64, INFINITY, 0, 0 }, IDX_ROWS_OTHER },
		{ { SFT_F32, 5, 64, 0, 0, 0 }, IDX_ROWS_BLANK },
		{ { SFT_F32, 5, 64, 1, 0, 4 }, IDX_ROWS_BLANK },
		{ { SFT_F32, 5, 0, 1, 0, 0 }, IDX_ROWS_BLANK },
		{ { SFT_F32, 0, 5, 1, 0, 0 }, IDX_ROWS_BLANK },
		/* The first eight rows are enough. */
		{ { SFT_F32, 20, 64, 1, 0, 4 * 64 * 12 }, IDX_ROWS_ORTHONORMAL },
		/* More than fits: as many rows as do. */
		{ { SFT_F32, 8, 100000, 1, 0, 0 }, IDX_ROWS_ORTHONORMAL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (look(&cases[i].matrix) != cases[i].rows)
			fail_msg("case %zu", i);
	}
}

static void other_tensors_say_nothing(void **state)
{
	uint64_t shape[3] = { 2, 2, 2 }, wide[2] = { 2, UINT64_C(1) << 40 };
	struct sft_tensor tensor = { .dtype = SFT_I32, .rank = 2, .shape = shape };

	(void)state;
	assert_int_equal(idx_rows_look(-1, 8, &tensor, scratch), IDX_ROWS_BLANK);
	tensor.dtype = SFT_F32;
	tensor.rank = 3;
	assert_int_equal(idx_rows_look(-1, 8, &tensor, scratch), IDX_ROWS_BLANK);
	tensor.rank = 2;
	tensor.shape = wide;
	assert_int_equal(idx_rows_look(-1, 8, &tensor, scratch), IDX_ROWS_BLANK);
	tensor.shape = shape;
	tensor.begin = UINT64_MAX - 4;
	assert_int_equal(idx_rows_look(-1, 8, &tensor, scratch), IDX_ROWS_BLANK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_told_apart),
		cmocka_unit_test(other_tensors_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
