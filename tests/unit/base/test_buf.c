#include "tests/unit/unit.h"

#include <errno.h>

static void appends_follow_each_other(void **state)
{
	(void)state;
	struct ax_buf buf = { 0 };

	assert_string_equal(ax_buf_text(&buf), "");
	ax_buf_append(&buf, "ab", 2);
	ax_buf_append(&buf, NULL, 0);
	ax_buf_append_text(&buf, "cd");
	ax_buf_append_str(&buf, AX_STR("e\0f"));
	ax_buf_append_byte(&buf, 'g');
	ax_buf_printf(&buf, "%d%s", 42, "!");
	assert_str(ax_buf_str(&buf), "abcde\0fg42!");
	assert_int_equal(ax_buf_text(&buf)[11], 0);
	assert_int_equal(buf.len, 11);
	ax_buf_free(&buf);
	assert_int_equal(buf.len, 0);
}

static void it_grows(void **state)
{
	(void)state;
	struct ax_buf buf = { 0 };

	for (unsigned i = 0; i < 100000; i++)
		ax_buf_append_byte(&buf, (char)(i % 100));
	assert_int_equal(buf.len, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(buf.data[i], i % 100);
	ax_buf_free(&buf);
}

static void texts_of_any_length_are_printed(void **state)
{
	(void)state;
	char text[1000];

	memset(text, 'x', sizeof(text));
	for (int len = 0; len < (int)sizeof(text); len++) {
		struct ax_buf buf = { 0 };
		ax_buf_append_byte(&buf, '<');
		ax_buf_printf(&buf, "%.*s", len, text);
		ax_buf_append_byte(&buf, '>');
		assert_int_equal(buf.len, len + 2);
		assert_memory_equal(buf.data + 1, text, (size_t)len);
		assert_int_equal(buf.data[buf.len - 1], '>');
		ax_buf_free(&buf);
	}
}

static void numbers_are_little_endian(void **state)
{
	(void)state;
	struct ax_buf buf = { 0 };

	ax_buf_append_u16(&buf, 0x0102);
	ax_buf_append_u32(&buf, 0x03040506);
	ax_buf_append_u64(&buf, UINT64_C(0x0708090a0b0c0d0e));
	assert_str(ax_buf_str(&buf), "\2\1\6\5\4\3\x0e\x0d\x0c\x0b\x0a\x09\x08\x07");
	ax_buf_free(&buf);
}

static void varints(void **state)
{
	(void)state;
	static const struct {
		uint64_t value;
		struct ax_str bytes;
	} cases[] = {
		{ 0, { "\x00", 1 } },
		{ 127, { "\x7f", 1 } },
		{ 128, { "\x80\x01", 2 } },
		{ 300, { "\xac\x02", 2 } },
		{ UINT64_MAX, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 } },
	};
	struct ax_buf buf = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_buf_clear(&buf);
		ax_buf_append_varint(&buf, cases[i].value);
		assert_str_equal(ax_buf_str(&buf), cases[i].bytes);
	}
	ax_buf_free(&buf);
}

static void a_failure_sticks_until_cleared(void **state)
{
	(void)state;
	struct ax_buf buf = { 0 };
	struct ax_error err = { 0 };

	ax_buf_append_text(&buf, "kept");
	assert_int_equal(ax_buf_check(&buf, "the buffer", &err), 0);
	assert_false(ax_buf_reserve(&buf, SIZE_MAX - 1));
	ax_buf_append_text(&buf, "lost");
	assert_str(ax_buf_str(&buf), "kept");
	assert_string_equal(ax_buf_text(&buf), "");
	assert_int_equal(ax_buf_check(&buf, "the buffer", &err), -1);
	assert_int_equal(err.code, ENOMEM);
	assert_string_equal(err.message, "the buffer: no memory");
	ax_buf_clear(&buf);
	ax_buf_append_text(&buf, "again");
	assert_string_equal(ax_buf_text(&buf), "again");
	ax_buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_follow_each_other),
		cmocka_unit_test(it_grows),
		cmocka_unit_test(texts_of_any_length_are_printed),
		cmocka_unit_test(numbers_are_little_endian),
		cmocka_unit_test(varints),
		cmocka_unit_test(a_failure_sticks_until_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
