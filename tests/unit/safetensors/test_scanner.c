#include "tests/unit/unit.h"

#include "safetensors/scanner.h"

static struct sft_scanner scanner_of(struct ax_str text)
{
	return (struct sft_scanner){
		.start = text.ptr, .at = text.ptr, .end = text.ptr + text.len
	};
}

/* Whether text is one value and nothing else. The exact copy lets the sanitizer see its end. */
static bool is_value(const char *text)
{
	struct ax_str whole = ax_str_from(text);
	char *copy = malloc(whole.len ? whole.len : 1);

	assert_non_null(copy);
	memcpy(copy, whole.ptr, whole.len);
	struct sft_scanner s = scanner_of(ax_str(copy, whole.len));
	bool is_whole = sft_scan_value(&s) && sft_scan_peek(&s) == '\0' && s.at == s.end;
	assert_true(is_whole || s.mistake || s.at < s.end);
	assert_true(s.at >= s.start && s.at <= s.end);
	free(copy);
	return is_whole;
}

static void values(void **state)
{
	(void)state;
	static const char *const good[] = { "null", "true", "false", "\"\"", "[]", "{}",
		" [ ] ", "[1,\"a\",{\"b\":[null]}]", "{\"a\":1,\"a\":2}", "[[],{},[[]]]",
		"\t\n\r 1", "\"\\u00e9\\ud83d\\ude00\\n\\/\"", "\"\x7f\"" };
	static const char *const bad[] = { "", " ", "nul", "nulll", "True", "[", "]", "[1",
		"[1,", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"", "{\"a\":", "{\"a\":1",
		"{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{1:1}", "{\"a\":1]", "[1}",
		"'a'", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u123g\"",
		"\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\t\"", "\"\xc0\x80\"",
		"\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xff\"", "\"\xc3\"", "\v1",
		"1 1", "//", "/**/1", "NaN", "Infinity" };

	for (size_t i = 0; i < COUNT(good); i++) {
		if (!is_value(good[i]))
			fail_msg("refused: %s", good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (is_value(bad[i]))
			fail_msg("taken: %s", bad[i]);
	}
}

static void numbers(void **state)
{
	(void)state;
	static const char *const good[] = { "0", "-0", "-1", "0.5", "1e5", "1E+5", "1e-5",
		"0e0", "18446744073709551615", "18446744073709551616", "1e308",
		"1.7976931348623157e308", "0.00000000001e318", "1e-400",
		"123e-99999999999999999999", "0e99999999999999999999", "0.0e400",
		"-1.7976931348623157e308", "17976931348623157e292",
		"100000000000000000000000000000000000000000000000000000000000000" };
	static const char *const bad[] = { "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "01",
		"-01", "00", "0x1", "1_0", "1e400", "-1e400", "1.8e308", "2e308", "1e309",
		"18e307", "1e2147483648", "1e99999999999999999999", "0.1e2147483648", "--1",
		"1-", "1e5.5" };
	char digits[512];

	for (size_t i = 0; i < COUNT(good); i++) {
		if (!is_value(good[i]))
			fail_msg("refused: %s", good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (is_value(bad[i]))
			fail_msg("taken: %s", bad[i]);
	}
	memset(digits, '9', sizeof(digits));
	digits[308] = '\0';
	assert_true(is_value(digits));
	digits[308] = '9';
	digits[309] = '\0';
	assert_false(is_value(digits));
	memcpy(digits + 309, "e-1", 4);
	assert_true(is_value(digits));
}

static void nesting(void **state)
{
	(void)state;
	char text[2 * SFT_DEPTH_LIMIT + 8] = "";

	memset(text, '[', SFT_DEPTH_LIMIT);
	memset(text + SFT_DEPTH_LIMIT, ']', SFT_DEPTH_LIMIT);
	assert_true(is_value(text));
	memset(text, '[', SFT_DEPTH_LIMIT + 1);
	memset(text + SFT_DEPTH_LIMIT + 1, ']', SFT_DEPTH_LIMIT + 1);
	assert_false(is_value(text));
}

/* Digits are read eight at a time: every length, at the end of the text and before more. */
static void integers(void **state)
{
	(void)state;
	char text[64];

	for (uint64_t value = 1, shift = 0; shift < 64;
		shift++, value = value << 1 | (shift & 1)) {
		for (unsigned more = 0; more < 12; more++) {
			int len = snprintf(text, sizeof(text), " %llu%.*s",
				(unsigned long long)value, (int)more, ",xxxxxxxxxxx");
			char *exact = malloc((size_t)len);
			assert_non_null(exact);
			memcpy(exact, text, (size_t)len);
			struct sft_scanner s = scanner_of(ax_str(exact, (size_t)len));
			uint64_t read = 0;
			assert_true(sft_scan_u64(&s, &read));
			assert_true(read == value);
			assert_int_equal(s.end - s.at, more);
			free(exact);
		}
	}
}

static void not_integers(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "-1", "-0", "1.0", "1e0", "1E0", "01", "00",
		"+1", "18446744073709551616", "99999999999999999999", "100000000000000000000",
		"a", "\"1\"", "null", "000000000000000000000001", "12345678.5",
		"1234567890123456e1" };
	uint64_t value = 7;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct sft_scanner s = scanner_of(ax_str_from(bad[i]));
		if (sft_scan_u64(&s, &value))
			fail_msg("taken: %s", bad[i]);
		assert_non_null(s.mistake);
	}
	assert_int_equal(value, 7);
}

static void unescaping(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		struct ax_str plain;
	} cases[] = {
		{ "\"plain\"", AX_STR_INIT("plain") },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", AX_STR_INIT("\"\\/\b\f\n\r\t") },
		{ "\"a\\u0000b\"", AX_STR_INIT("a\0b") },
		{ "\"\\u0041\\u00e9\\u20AC\"", AX_STR_INIT("A\xc3\xa9\xe2\x82\xac") },
		{ "\"\\ud83d\\ude00\\uDBFF\\uDFFF\"",
			AX_STR_INIT("\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf") },
		{ "\"x\\\\u0041\"", AX_STR_INIT("x\\u0041") },
	};
	char out[64];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sft_scanner s = scanner_of(ax_str_from(cases[i].text));
		struct sft_string string;
		assert_true(sft_scan_string(&s, &string));
		size_t len = sft_string_unescape(string, out);
		assert_str_equal(ax_str(out, len), cases[i].plain);
		assert_true(sft_string_equals(string, cases[i].plain));
		assert_false(sft_string_equals(string, AX_STR("dtype")));
	}
}

/* An escape at each place, and two of each distance, among bytes that are copied by words. */
static void unescaping_among_plain(void **state)
{
	(void)state;
	enum { LENGTH = 40 };
	char text[LENGTH], expected[LENGTH], out[LENGTH];

	for (size_t i = 0; i + 1 < LENGTH; i++) {
		for (size_t j = i; j + 1 < LENGTH; j = j == i ? i + 2 : j + 1) {
			size_t len = 0;
			for (size_t k = 0; k < LENGTH; k++)
				text[k] = (char)('a' + k % 13); /* no n */
			memcpy(text + i, "\\n", 2);
			memcpy(text + j, "\\n", 2);
			for (size_t k = 0; k < LENGTH; k++) {
				if (text[k] != '\\')
					expected[len++] = text[k] == 'n' ? '\n' : text[k];
			}
			struct sft_string string = { text, LENGTH, true };
			size_t got = sft_string_unescape(string, out);
			assert_str_equal(ax_str(out, got), ax_str(expected, len));
		}
	}
}

static void first_bad_utf8(void **state)
{
	(void)state;
	static const char text[] = "ascii only, \xc3\xa9, then \xe2\x82 cut short";

	assert_null(sft_find_bad_utf8(AX_STR("")));
	assert_null(sft_find_bad_utf8(AX_STR("ascii and \xc3\xa9 and \xf0\x9f\x98\x80")));
	const char *bad = sft_find_bad_utf8(ax_str_from(text));
	assert_ptr_equal(bad, strchr(text, '\xe2'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(numbers),
		cmocka_unit_test(nesting),
		cmocka_unit_test(integers),
		cmocka_unit_test(not_integers),
		cmocka_unit_test(unescaping),
		cmocka_unit_test(unescaping_among_plain),
		cmocka_unit_test(first_bad_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
