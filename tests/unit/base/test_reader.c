#include "tests/unit/unit.h"

#include "base/reader.h"

static void test_what_a_buffer_wrote(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX };
	struct ax_buf buf = { 0 };

	(void)state;
	ax_buf_append_byte(&buf, (char)0xfe);
	ax_buf_append_u32(&buf, 0x01020304);
	ax_buf_append_u64(&buf, UINT64_MAX - 1);
	for (size_t i = 0; i < COUNT(numbers); i++)
		ax_buf_append_varint(&buf, numbers[i]);
	ax_buf_append_sized(&buf, AX_STR("a\0b"));
	ax_buf_append_sized(&buf, AX_STR(""));

	struct ax_reader reader = { .rest = ax_buf_str(&buf) };
	assert_int_equal(ax_reader_byte(&reader), 0xfe);
	assert_int_equal(ax_reader_u32(&reader), 0x01020304);
	assert_true(ax_reader_u64(&reader) == UINT64_MAX - 1);
	for (size_t i = 0; i < COUNT(numbers); i++)
		assert_true(ax_reader_varint(&reader) == numbers[i]);
	assert_str(ax_reader_sized(&reader), "a\0b");
	assert_str(ax_reader_sized(&reader), "");
	assert_false(reader.failed);
	assert_int_equal(reader.rest.len, 0);
	ax_buf_free(&buf);
}

static void test_past_the_end(void **state)
{
	struct ax_reader reader = { .rest = AX_STR("\x01\x02\x03") };

	(void)state;
	assert_int_equal(ax_reader_u32(&reader), 0);
	assert_true(reader.failed);
	/* For good: what would fit is not read either. */
	assert_int_equal(ax_reader_byte(&reader), 0);
	assert_int_equal(reader.rest.len, 3);
}

static void test_bad_numbers(void **state)
{
	static const struct {
		struct ax_str bytes;
		bool is_good;
	} cases[] = {
		{ { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 }, true },
		{ { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10 }, false },
		{ { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11 }, false },
		{ { "\x80", 1 }, false },
		{ { "", 0 }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ax_reader reader = { .rest = cases[i].bytes };
		uint64_t value = ax_reader_varint(&reader);
		assert_int_equal(reader.failed, !cases[i].is_good);
		assert_true(value == (cases[i].is_good ? UINT64_MAX : 0));
	}
}

static void test_counts_are_bounded(void **state)
{
	struct ax_reader reader = { .rest = AX_STR("\x04\x01\x02\x03\x04") };

	(void)state;
	assert_int_equal(ax_reader_count(&reader, 1), 4);
	assert_false(reader.failed);
	reader = (struct ax_reader){ .rest = AX_STR("\x04\x01\x02\x03\x04") };
	assert_int_equal(ax_reader_count(&reader, 2), 0);
	assert_true(reader.failed);
	reader = (struct ax_reader){ .rest = AX_STR("\xff\xff\xff\xff\x0f\x01") };
	assert_int_equal(ax_reader_count(&reader, 1), 0);
	assert_true(reader.failed);
	/* A length that the bytes do not have. */
	reader = (struct ax_reader){ .rest = AX_STR("\x05"
						    "abcd") };
	assert_str(ax_reader_sized(&reader), "");
	assert_true(reader.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_buffer_wrote),
		cmocka_unit_test(test_past_the_end),
		cmocka_unit_test(test_bad_numbers),
		cmocka_unit_test(test_counts_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
