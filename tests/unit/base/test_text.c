#include "tests/unit/unit.h"

#include "base/text.h"

static void utf8(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t length;
		uint32_t code;
	} cases[] = {
		{ "a", 1, 'a' },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xce\xb4S", 2, 0x3b4 },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\x80", 0, 0x110000 },     /* a continuation alone */
		{ "\xc1\xbf", 0, 0x110000 }, /* too long a form */
		{ "\xe0\x9f\xbf", 0, 0x110000 },
		{ "\xf0\x8f\xbf\xbf", 0, 0x110000 },
		{ "\xed\xa0\x80", 0, 0x110000 },     /* a surrogate */
		{ "\xf4\x90\x80\x80", 0, 0x110000 }, /* beyond the last code point */
		{ "\xff", 0, 0x110000 },
		{ "\xc3", 0, 0x110000 }, /* cut off */
		{ "\xe2\x82", 0, 0x110000 },
		{ "\xe2\x82\x28", 0, 0x110000 },
		{ "\xf0\x90\x80", 0, 0x110000 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ax_str s = ax_str_from(cases[i].bytes);
		uint32_t code = 0;
		assert_int_equal(ax_utf8_length(s), cases[i].length);
		assert_int_equal(ax_utf8_next(s, &code), cases[i].length ? cases[i].length : 1);
		assert_int_equal(code, cases[i].code);
		assert_int_equal(ax_utf8_valid(s), cases[i].length != 0);
	}
	uint32_t code = 0;
	assert_int_equal(ax_utf8_length(ax_str(NULL, 0)), 0);
	assert_int_equal(ax_utf8_next(ax_str(NULL, 0), &code), 0);
	assert_true(ax_utf8_valid(ax_str(NULL, 0)));
	assert_true(ax_utf8_valid(AX_STR("a\0b")));
}

/* One string in every form that it may be shown in. */
static void forms(void **state)
{
	(void)state;
	static const struct {
		struct ax_str raw;
		const char *quoted, *escaped, *json, *csv;
	} cases[] = {
		{ { "plain name", 10 }, "plain name", "plain name", "plain name",
			"plain name" },
		{ { "", 0 }, "", "", "", "" },
		{ { NULL, 0 }, "", "", "", "" },
		{ { "\xce\xb4S/x", 5 }, "\xce\xb4S/x", "\xce\xb4S/x", "\xce\xb4S/x",
			"\xce\xb4S/x" },
		{ { "a\"b", 3 }, "\"a\\\"b\"", "a\"b", "a\\\"b", "\"a\"\"b\"" },
		{ { "a\\b", 3 }, "\"a\\\\b\"", "a\\b", "a\\\\b", "a\\b" },
		{ { "a\nb", 3 }, "\"a\\nb\"", "a\\x0ab", "a\\nb", "\"a\nb\"" },
		{ { "\a\b\t\v\f\r", 6 }, "\"\\a\\b\\t\\v\\f\\r\"",
			"\\x07\\x08\\x09\\x0b\\x0c\\x0d", "\\u0007\\b\\t\\u000b\\f\\r",
			"\\x07\\x08\\x09\\x0b\\x0c\\x0d" },
		{ { "a\0b", 3 }, "\"a\\000b\"", "a\\x00b", "a\\u0000b", "a\\x00b" },
		{ { "\x1b[31m", 5 }, "\"\\033[31m\"", "\\x1b[31m", "\\u001b[31m", "\\x1b[31m" },
		{ { "\x7f", 1 }, "\"\\177\"", "\\x7f", "\\u007f", "\\x7f" },
		{ { "\xc2\x9b", 2 }, "\"\\302\\233\"", "\\xc2\\x9b", "\\u009b", "\\xc2\\x9b" },
		{ { "a\xff", 2 }, "\"a\\377\"", "a\\xff", "a\xef\xbf\xbd", "a\\xff" },
		{ { "\xe2\x80\xae", 3 }, "\"\\342\\200\\256\"", "\\xe2\\x80\\xae", "\\u202e",
			"\\xe2\\x80\\xae" },
		{ { "\xe2\x81\xa9", 3 }, "\"\\342\\201\\251\"", "\\xe2\\x81\\xa9", "\\u2069",
			"\\xe2\\x81\\xa9" },
		{ { "\xe2\x80\xa8", 3 }, "\"\\342\\200\\250\"", "\\xe2\\x80\\xa8", "\\u2028",
			"\\xe2\\x80\\xa8" },
		{ { "a,b", 3 }, "a,b", "a,b", "a,b", "\"a,b\"" },
		{ { "=1+2", 4 }, "=1+2", "=1+2", "=1+2", "'=1+2" },
		{ { "-x,y", 4 }, "-x,y", "-x,y", "-x,y", "\"'-x,y\"" },
		{ { "\tx", 2 }, "\"\\tx\"", "\\x09x", "\\tx", "'\\x09x" },
	};
	struct ax_buf buf = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_text_quote(&buf, cases[i].raw);
		assert_buf(&buf, cases[i].quoted);
		ax_text_escape(&buf, cases[i].raw);
		assert_buf(&buf, cases[i].escaped);
		ax_text_json(&buf, cases[i].raw);
		assert_buf(&buf, cases[i].json);
		ax_text_csv(&buf, cases[i].raw);
		assert_buf(&buf, cases[i].csv);
	}
	ax_buf_free(&buf);
}

/* Whatever the bytes are, what comes out can do nothing to a terminal and is UTF-8. */
static void nothing_unsafe_comes_out(void **state)
{
	(void)state;
	static void (*const writers[])(struct ax_buf *, struct ax_str) = {
		ax_text_quote,
		ax_text_escape,
		ax_text_json,
		ax_text_base64,
	};
	struct ax_buf buf = { 0 };
	uint32_t seed = 7;
	char raw[12];

	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(raw); i++) {
			seed = seed * 1664525 + 1013904223;
			/* Bytes that begin and go on with sequences are the interesting ones. */
			raw[i] = (char)(seed >> 24 | (seed & 0x300 ? 0x80 : 0));
		}
		for (size_t i = 0; i < COUNT(writers); i++) {
			ax_buf_clear(&buf);
			writers[i](&buf, ax_str(raw, sizeof(raw)));
			assert_true(ax_text_is_plain(ax_buf_str(&buf)));
		}
	}
	ax_buf_free(&buf);
}

/* Both sides of every border between what may be shown and what may not. */
static void plainness(void **state)
{
	(void)state;
	static const char *const plain[] = { "", " ", "~", "\xc2\xa0", "\xe2\x80\xa7",
		"\xe2\x80\xaf", "\xe2\x81\xa5", "\xe2\x81\xaa", "\xf4\x8f\xbf\xbf" };
	static const char *const unsafe[] = { "\x01", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f",
		"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x81\xa6",
		"\xe2\x81\xa9", "\xf4\x90\x80\x80" };

	for (size_t i = 0; i < COUNT(plain); i++)
		assert_true(ax_text_is_plain(ax_str_from(plain[i])));
	for (size_t i = 0; i < COUNT(unsafe); i++)
		assert_false(ax_text_is_plain(ax_str_from(unsafe[i])));
	assert_false(ax_text_is_plain(AX_STR("a\0")));
}

static void base64(void **state)
{
	(void)state;
	static const struct {
		struct ax_str raw;
		const char *encoded;
	} cases[] = {
		/* RFC 4648, section 10 */
		{ { "", 0 }, "" },
		{ { "f", 1 }, "Zg==" },
		{ { "fo", 2 }, "Zm8=" },
		{ { "foo", 3 }, "Zm9v" },
		{ { "foob", 4 }, "Zm9vYg==" },
		{ { "fooba", 5 }, "Zm9vYmE=" },
		{ { "foobar", 6 }, "Zm9vYmFy" },
		{ { "\xff\xfe\xfb\x00", 4 }, "//77AA==" },
	};
	struct ax_buf buf = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_text_base64(&buf, cases[i].raw);
		assert_buf(&buf, cases[i].encoded);
	}
	ax_buf_free(&buf);
}

static void width(void **state)
{
	(void)state;
	assert_int_equal(ax_text_width(AX_STR("")), 0);
	assert_int_equal(ax_text_width(AX_STR("abc")), 3);
	assert_int_equal(ax_text_width(AX_STR("\xce\xb4S")), 2);
	assert_int_equal(ax_text_width(AX_STR("e\xcc\x81")), 1);        /* combining */
	assert_int_equal(ax_text_width(AX_STR("\xe6\xbc\xa2")), 2);     /* Chinese */
	assert_int_equal(ax_text_width(AX_STR("\xed\x95\x9c")), 2);     /* Korean */
	assert_int_equal(ax_text_width(AX_STR("\xf0\x9f\x98\x80")), 2); /* a picture */
	assert_int_equal(ax_text_width(AX_STR("\xe2\x80\xa6")), 1);     /* an ellipsis */
	assert_int_equal(ax_text_width(AX_STR("\xff\xff")), 2);
}

static void distance(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		size_t edits;
	} cases[] = {
		{ "", "", 0 },
		{ "abc", "", 3 },
		{ "seed", "SEED", 0 },
		{ "hack_rate", "hakc_rate", 1 },
		{ "rank", "rnk", 1 },
		{ "class", "clas", 1 },
		{ "kitten", "sitting", 3 },
		{ "ab", "ba", 1 },
	};
	char longer[65];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ax_str a = ax_str_from(cases[i].a), b = ax_str_from(cases[i].b);
		assert_int_equal(ax_text_distance(a, b), cases[i].edits);
		assert_int_equal(ax_text_distance(b, a), cases[i].edits);
	}
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(ax_text_distance(ax_str(longer, 64), AX_STR("")), 64);
	assert_true(ax_text_distance(ax_str(longer, 65), AX_STR("")) == SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8),
		cmocka_unit_test(forms),
		cmocka_unit_test(plainness),
		cmocka_unit_test(nothing_unsafe_comes_out),
		cmocka_unit_test(base64),
		cmocka_unit_test(width),
		cmocka_unit_test(distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
