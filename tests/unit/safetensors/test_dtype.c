#include "tests/unit/unit.h"

#include "safetensors/dtype.h"

static void names_are_read_back(void **state)
{
	(void)state;

	for (unsigned i = 0; i < SFT_DTYPE_COUNT; i++) {
		const char *name = sft_dtype_name((enum sft_dtype)i);
		enum sft_dtype found = SFT_DTYPE_COUNT;
		assert_true(sft_dtype_parse(ax_str_from(name), &found));
		assert_int_equal(found, i);
	}
}

static void other_names_are_not(void **state)
{
	(void)state;
	static const char *const others[] = { "", "F", "f32", "F32 ", " F32", "F320", "F128",
		"F8", "F8_E4M3F", "F8_E4M3FNUZZ", "BF16\n" };
	enum sft_dtype found = SFT_DTYPE_COUNT;

	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(sft_dtype_parse(ax_str_from(others[i]), &found));
	assert_false(sft_dtype_parse(ax_str("F32\0", 4), &found));
	assert_int_equal(found, SFT_DTYPE_COUNT);
}

static void sizes(void **state)
{
	(void)state;

	assert_int_equal(sft_dtype_bits(SFT_F4), 4);
	assert_int_equal(sft_dtype_bits(SFT_F6_E2M3), 6);
	assert_int_equal(sft_dtype_bits(SFT_F6_E3M2), 6);
	assert_int_equal(sft_dtype_bits(SFT_BOOL), 8);
	assert_int_equal(sft_dtype_bits(SFT_F8_E8M0), 8);
	assert_int_equal(sft_dtype_bits(SFT_BF16), 16);
	assert_int_equal(sft_dtype_bits(SFT_F32), 32);
	assert_int_equal(sft_dtype_bits(SFT_C64), 64);
}

/* They are kept in catalogues. */
static void numbers_stay(void **state)
{
	(void)state;

	assert_int_equal(SFT_BOOL, 0);
	assert_int_equal(SFT_BF16, 14);
	assert_int_equal(SFT_F32, 17);
	assert_int_equal(SFT_U64, 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_back),
		cmocka_unit_test(other_names_are_not),
		cmocka_unit_test(sizes),
		cmocka_unit_test(numbers_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
