#include "tests/unit/unit.h"

#include "archive/planes.h"
#include "tests/unit/archive/material.h"

static void check_widths(void **state)
{
	(void)state;
	assert_int_equal(arc_planes_width(SFT_BF16), 2);
	assert_int_equal(arc_planes_width(SFT_F16), 2);
	assert_int_equal(arc_planes_width(SFT_F32), 4);
	assert_int_equal(arc_planes_width(SFT_F64), 8);
	for (int dtype = 0; dtype < SFT_DTYPE_COUNT; dtype++) {
		unsigned width = arc_planes_width((enum sft_dtype)dtype);
		assert_true(width == 0 || 8 * width == sft_dtype_bits((enum sft_dtype)dtype));
	}
}

/* The layout is a format on disk: these bytes never change. */
static void check_layout(void **state)
{
	static const struct {
		unsigned width;
		unsigned char unit[16], planes[16];
		size_t size;
	} cases[] = {
		{ 2, { 0x80, 0x3f, 0x01, 0x80 }, { 0x7f, 0x00, 0x00, 0x03 }, 4 },
		{ 4, { 0, 0, 0x80, 0x3f, 0x01, 0x02, 0x03, 0xc0 },
			{ 0x7f, 0x80, 0x00, 0x06, 0x00, 0x04, 0x00, 0x03 }, 8 },
		{ 8, { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xf0, 0xbf },
			{ 0x7f, 0xe0, 0x0c, 0x0a, 0x08, 0x06, 0x04, 0x03 }, 8 },
		{ 0, { 1, 2, 3 }, { 1, 2, 3 }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned char out[16];
		arc_planes_split(cases[i].unit, cases[i].size, cases[i].width, out);
		assert_memory_equal(out, cases[i].planes, cases[i].size);
		arc_planes_join(cases[i].planes, cases[i].size, cases[i].width, out);
		assert_memory_equal(out, cases[i].unit, cases[i].size);
	}
}

/* Every pattern of 16 bits, NaN payloads and -0 among them, comes back. */
static void check_every_pattern(void **state)
{
	static unsigned char unit[2 * 65536], planes[2 * 65536], back[2 * 65536];

	(void)state;
	for (unsigned i = 0; i < 65536; i++) {
		unit[2 * i] = (unsigned char)i;
		unit[2 * i + 1] = (unsigned char)(i >> 8);
	}
	arc_planes_split(unit, sizeof(unit), 2, planes);
	arc_planes_join(planes, sizeof(planes), 2, back);
	assert_memory_equal(unit, back, sizeof(unit));
}

static void check_any_length(void **state)
{
	static unsigned char unit[8 * 1000], planes[8 * 1000], back[8 * 1000];

	(void)state;
	fill_noise(unit, sizeof(unit), 7);
	for (unsigned width = 2; width <= 8; width *= 2) {
		for (size_t n = 0; n < 1000; n += n < 70 ? 1 : 101) {
			memset(back, 0, sizeof(back));
			arc_planes_split(unit, n * width, width, planes);
			arc_planes_join(planes, n * width, width, back);
			assert_memory_equal(unit, back, n * width);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_widths),
		cmocka_unit_test(check_layout),
		cmocka_unit_test(check_every_pattern),
		cmocka_unit_test(check_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
