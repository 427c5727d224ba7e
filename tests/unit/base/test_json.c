#include "tests/unit/unit.h"

#include "base/json.h"
#include "base/text.h"

#include <math.h>

static struct ax_json *parsed(const char *text, unsigned flags)
{
	struct ax_json *json = NULL;
	struct ax_error err = { 0 };

	assert_ok(ax_json_parse(ax_str_from(text), flags, "doc", &json, &err), &err);
	return json;
}

static void mistakes(void **state)
{
	(void)state;
	static const struct {
		struct ax_str text;
		const char *message;
	} cases[] = {
		{ AX_STR_INIT(""), "f:1:1: a value is missing at the end" },
		{ AX_STR_INIT(" \n "), "f:2:2: a value is missing at the end" },
		{ AX_STR_INIT("[1, 2"), "f:1:6: ',' or ']' is expected here" },
		{ AX_STR_INIT("{\"a\":1"), "f:1:7: ',' or '}' is expected here" },
		{ AX_STR_INIT("{\"a\":"), "f:1:6: a value is missing at the end" },
		{ AX_STR_INIT("{\"a\"}"), "f:1:5: ':' is expected here" },
		{ AX_STR_INIT("{a:1}"), "f:1:2: a key in quotes is expected here" },
		{ AX_STR_INIT("{1:1}"), "f:1:2: a key in quotes is expected here" },
		{ AX_STR_INIT("[1,]"), "f:1:4: a value is expected here" },
		{ AX_STR_INIT("[,1]"), "f:1:2: a value is expected here" },
		{ AX_STR_INIT("{\"a\":1,}"), "f:1:8: a key in quotes is expected here" },
		{ AX_STR_INIT("[1}"), "f:1:3: ',' or ']' is expected here" },
		{ AX_STR_INIT("[1] x"), "f:1:5: nothing may follow the document" },
		{ AX_STR_INIT("1 2"), "f:1:3: nothing may follow the document" },
		{ AX_STR_INIT("[1]\0"), "f:1:4: nothing may follow the document" },
		{ AX_STR_INIT("\0[1]"), "f:1:1: a value is expected here" },
		{ AX_STR_INIT("// c\n1"), "f:1:1: a value is expected here" },
		{ AX_STR_INIT("nul"), "f:1:1: a value is expected here" },
		{ AX_STR_INIT("nullx"), "f:1:1: a value is expected here" },
		{ AX_STR_INIT("True"), "f:1:1: a value is expected here" },
		{ AX_STR_INIT("[NaN]"), "f:1:2: a value is expected here" },
		{ AX_STR_INIT("[Infinity]"), "f:1:2: a value is expected here" },
		{ AX_STR_INIT("[01]"), "f:1:2: not a number of JSON" },
		{ AX_STR_INIT("[-]"), "f:1:2: not a number of JSON" },
		{ AX_STR_INIT("[1.]"), "f:1:2: not a number of JSON" },
		{ AX_STR_INIT("[1e]"), "f:1:2: not a number of JSON" },
		{ AX_STR_INIT("[+1]"), "f:1:2: a value is expected here" },
		{ AX_STR_INIT("[.5]"), "f:1:2: a value is expected here" },
		{ AX_STR_INIT("[0x10]"), "f:1:3: ',' or ']' is expected here" },
		{ AX_STR_INIT("\"abc"), "f:1:1: this string has no end" },
		{ AX_STR_INIT("\"abc\\"), "f:1:5: no such escape in JSON" },
		{ AX_STR_INIT("\"a\\\""), "f:1:1: this string has no end" },
		{ AX_STR_INIT("\"a\nb\""), "f:1:3: a control character in a string" },
		{ AX_STR_INIT("\"a\0b\""), "f:1:3: a control character in a string" },
		{ AX_STR_INIT("\"a\\u0000\""), "f:1:3: NUL is not allowed in a string" },
		{ AX_STR_INIT("{\"a\\u0000b\":1}"), "f:1:4: NUL is not allowed in a string" },
		{ AX_STR_INIT("\"\\x41\""), "f:1:2: no such escape in JSON" },
		{ AX_STR_INIT("\"\\u12g4\""), "f:1:2: \\u wants four hexadecimal digits" },
		{ AX_STR_INIT("\"\\u12\""), "f:1:2: \\u wants four hexadecimal digits" },
		{ AX_STR_INIT("\"\\ud800\""),
			"f:1:2: the first half of a surrogate pair alone" },
		{ AX_STR_INIT("\"\\ud800\\u0041\""),
			"f:1:2: the first half of a surrogate pair alone" },
		{ AX_STR_INIT("\"\\udc00\""),
			"f:1:2: the second half of a surrogate pair alone" },
		{ AX_STR_INIT("\"\xce\xb4\xff\""),
			"f:1:3: not UTF-8" }, /* a column is a character */
		{ AX_STR_INIT("\"\xed\xa0\x80\""), "f:1:2: not UTF-8" },
		{ AX_STR_INIT("\"\xc3"), "f:1:2: not UTF-8" },
		{ AX_STR_INIT("{\"a\":1,\n \"b\":2,\n \"a\":3}"),
			"f:3:2: the object has this key already" },
		{ AX_STR_INIT("[{\"x\":{\"a\":1,\"\\u0061\":2}}]"),
			"f:1:14: the object has this key already" },
		{ AX_STR_INIT("{\"\":1,\"\":2}"), "f:1:7: the object has this key already" },
		{ AX_STR_INIT("123456789012345678901234567890123456789012345678901234567890123"
			      "4"),
			"f:1:1: this number is too long" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ax_json *json = NULL;
		struct ax_error err = { 0 };
		assert_int_equal(ax_json_parse(cases[i].text, 0, "f", &json, &err), -1);
		assert_null(json);
		assert_int_equal(err.code, AX_ECORRUPT);
		assert_string_equal(err.message, cases[i].message);
	}
}

static void every_kind(void **state)
{
	(void)state;
	static const enum ax_json_kind kinds[] = { AX_JSON_NULL, AX_JSON_FALSE, AX_JSON_TRUE,
		AX_JSON_NUMBER, AX_JSON_STRING, AX_JSON_ARRAY, AX_JSON_OBJECT };
	struct ax_json *json = parsed(" [null,false,true,1,\"s\",[],{}]\r\n\t", 0);
	const struct ax_json_value *root = ax_json_root(json);
	size_t i = 0;

	assert_int_equal(ax_json_kind(root), AX_JSON_ARRAY);
	assert_int_equal(ax_json_length(root), COUNT(kinds));
	for (const struct ax_json_value *at = ax_json_first(root); at; at = ax_json_next(at)) {
		bool flag = false;
		double real = 0;
		struct ax_str text = { 0 };
		assert_ptr_equal(at, ax_json_at(root, i));
		assert_int_equal(ax_json_kind(at), kinds[i]);
		assert_str(ax_json_key(at), "");
		assert_int_equal(ax_json_bool(at, &flag),
			kinds[i] == AX_JSON_FALSE || kinds[i] == AX_JSON_TRUE);
		assert_int_equal(flag, kinds[i] == AX_JSON_TRUE);
		assert_int_equal(ax_json_real(at, &real), kinds[i] == AX_JSON_NUMBER);
		assert_int_equal(ax_json_string(at, &text), kinds[i] == AX_JSON_STRING);
		assert_null(ax_json_get(at, "a"));
		i++;
	}
	assert_null(ax_json_at(root, COUNT(kinds)));
	ax_json_free(json);
	ax_json_free(NULL);
}

static void nothing_has_no_value(void **state)
{
	(void)state;
	struct ax_str text = { 0 };
	int64_t i = 0;
	uint64_t u = 0;
	double real = 0;
	bool flag = false;

	assert_false(ax_json_string(NULL, &text));
	assert_false(ax_json_bool(NULL, &flag));
	assert_false(ax_json_real(NULL, &real));
	assert_false(ax_json_i64(NULL, &i));
	assert_false(ax_json_u64(NULL, &u));
	assert_null(ax_json_get(NULL, "a"));
	assert_null(ax_json_first(NULL));
	assert_null(ax_json_next(NULL));
	assert_null(ax_json_at(NULL, 0));
	assert_int_equal(ax_json_length(NULL), 0);
	assert_int_equal(ax_json_kind(NULL), AX_JSON_NULL);
	assert_str(ax_json_key(NULL), "");
}

static void members(void **state)
{
	(void)state;
	struct ax_json *json = parsed("{\"Key\":1,\"key\":\"two\",\"\":{\"a\":[3]}}", 0);
	const struct ax_json_value *root = ax_json_root(json);
	struct ax_str text = { 0 };
	int64_t number = 0;

	assert_true(ax_json_i64(ax_json_get(root, "Key"), &number));
	assert_int_equal(number, 1);
	assert_true(ax_json_string(ax_json_get(root, "key"), &text));
	assert_str(text, "two");
	assert_null(ax_json_get(root, "KEY"));
	assert_str(ax_json_key(ax_json_first(root)), "Key");
	assert_true(ax_json_i64(ax_json_at(ax_json_get(ax_json_get(root, ""), "a"), 0),
		&number));
	assert_int_equal(number, 3);
	ax_json_free(json);
}

static void strings_are_decoded(void **state)
{
	(void)state;
	struct ax_json *json = parsed("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u03b4S\", "
				      "\"\\ud83d\\uDE00\", \"\xce\xb4\"]",
		0);
	static const char *const expected[] = { "\"\\/\b\f\n\r\t", "\xce\xb4S",
		"\xf0\x9f\x98\x80", "\xce\xb4" };

	for (size_t i = 0; i < COUNT(expected); i++) {
		struct ax_str text = { 0 };
		assert_true(ax_json_string(ax_json_at(ax_json_root(json), i), &text));
		assert_str_equal(text, ax_str_from(expected[i]));
	}
	ax_json_free(json);
}

static void integers_keep_64_bits(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool is_i64, is_u64;
		int64_t i;
		uint64_t u;
	} cases[] = {
		{ "9007199254740993", true, true, INT64_C(9007199254740993),
			UINT64_C(9007199254740993) },
		{ "9223372036854775807", true, true, INT64_MAX, INT64_MAX },
		{ "-9223372036854775808", true, false, INT64_MIN, 0 },
		{ "18446744073709551615", false, true, 0, UINT64_MAX },
		{ "18446744073709551616", false, false, 0, 0 },
		{ "-0", true, false, 0, 0 },
		{ "1.0", false, false, 0, 0 },
		{ "1e3", false, false, 0, 0 },
	};

	for (size_t k = 0; k < COUNT(cases); k++) {
		struct ax_json *json = parsed(cases[k].text, 0);
		int64_t i = 0;
		uint64_t u = 0;
		double real = 0;
		assert_int_equal(ax_json_i64(ax_json_root(json), &i), cases[k].is_i64);
		assert_int_equal(ax_json_u64(ax_json_root(json), &u), cases[k].is_u64);
		assert_true(i == cases[k].i && u == cases[k].u);
		assert_true(ax_json_real(ax_json_root(json), &real));
		ax_json_free(json);
	}
}

/* Numbers are bound to their text by going through it: words and strings must not mislead. */
static void numbers_find_their_text(void **state)
{
	(void)state;
	struct ax_json *json = parsed("{\"1\":\"2\\\"3\",\"-4\":[true,null,5,{\"6\":[]},-7e0],"
				      "\"8\\\\\":9,\"a\":\"\\\\\",\"b\":10}",
		0);
	const struct ax_json_value *root = ax_json_root(json);
	double real = 0;

	assert_true(ax_json_real(ax_json_at(ax_json_get(root, "-4"), 2), &real) && real == 5);
	assert_true(ax_json_real(ax_json_at(ax_json_get(root, "-4"), 4), &real) && real == -7);
	assert_true(ax_json_real(ax_json_get(root, "8\\"), &real) && real == 9);
	assert_true(ax_json_real(ax_json_get(root, "b"), &real) && real == 10);
	ax_json_free(json);

	json = parsed("[1e999, 1]", 0);
	assert_false(ax_json_real(ax_json_at(ax_json_root(json), 0), &real));
	assert_true(ax_json_real(ax_json_at(ax_json_root(json), 1), &real));
	ax_json_free(json);
}

static void comments(void **state)
{
	(void)state;
	static const char *const right[] = { "// a\n[1,2] // b", "/* a */[1,/* ] */2]",
		"[1,2,]", "[1,2 , /* c */ ]", "[1,\n// x\n2\n//\n]", "[1,2]/**/",
		"/*//*/[1,2]" };
	static const struct {
		const char *text, *message;
	} wrong[] = {
		{ "[1,2] /* x", "f:1:7: this comment has no end" },
		{ "/*/[1,2]", "f:1:1: this comment has no end" },
		{ "/[1,2]", "f:1:1: a value is expected here" },
		{ "[1,,2]", "f:1:4: a value is expected here" },
		{ "[,]", "f:1:2: a value is expected here" },
		{ "{,}", "f:1:2: a key in quotes is expected here" },
		{ "[1,2],", "f:1:6: nothing may follow the document" },
		{ "# x\n1", "f:1:1: a value is expected here" },
		/* Places are those of the text as it was written. */
		{ "/* \xce\xb4 */ {\"a\":1,\n// x\n  \"a\":2}",
			"f:3:3: the object has this key already" },
	};

	for (size_t i = 0; i < COUNT(right); i++) {
		struct ax_json *json = parsed(right[i], AX_JSON_COMMENTS);
		int64_t number = 0;
		assert_int_equal(ax_json_length(ax_json_root(json)), 2);
		assert_true(ax_json_i64(ax_json_at(ax_json_root(json), 1), &number));
		assert_int_equal(number, 2);
		ax_json_free(json);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct ax_json *json = NULL;
		struct ax_error err = { 0 };
		assert_int_equal(ax_json_parse(ax_str_from(wrong[i].text), AX_JSON_COMMENTS,
					 "f", &json, &err),
			-1);
		assert_string_equal(err.message, wrong[i].message);
	}
	struct ax_json *json = parsed("{\"//\":\"/* no comment */\",}", AX_JSON_COMMENTS);
	struct ax_str text = { 0 };
	assert_true(ax_json_string(ax_json_get(ax_json_root(json), "//"), &text));
	assert_str(text, "/* no comment */");
	ax_json_free(json);
}

static void nesting(struct ax_buf *buf, int depth)
{
	ax_buf_clear(buf);
	for (int i = 0; i < depth; i++)
		ax_buf_append_byte(buf, '[');
	for (int i = 0; i < depth; i++)
		ax_buf_append_byte(buf, ']');
}

static void depth_is_bounded(void **state)
{
	(void)state;
	struct ax_buf buf = { 0 };
	struct ax_json *json = NULL;
	struct ax_error err = { 0 };

	nesting(&buf, 256);
	assert_ok(ax_json_parse(ax_buf_str(&buf), 0, "f", &json, &err), &err);
	ax_json_free(json);
	nesting(&buf, 257);
	assert_int_equal(ax_json_parse(ax_buf_str(&buf), 0, "f", &json, &err), -1);
	assert_string_equal(err.message, "f:1:257: nested too deeply");
	nesting(&buf, 1000000);
	assert_int_equal(ax_json_parse(ax_buf_str(&buf), 0, "f", &json, &err), -1);
	ax_buf_free(&buf);
}

/* Quadratic work would take minutes here. */
static void many_keys(void **state)
{
	(void)state;
	enum { KEYS = 100000 };
	struct ax_buf buf = { 0 };
	struct ax_json *json = NULL;
	struct ax_error err = { 0 };

	ax_buf_append_byte(&buf, '{');
	for (int i = 0; i < KEYS; i++)
		ax_buf_printf(&buf, "\"k%d\":%d,\n", i, i);
	size_t start = buf.len;
	ax_buf_append_text(&buf, "\"last\":0}");
	assert_ok(ax_json_parse(ax_buf_str(&buf), 0, "f", &json, &err), &err);
	assert_int_equal(ax_json_length(ax_json_root(json)), KEYS + 1);
	ax_json_free(json);

	buf.len = start;
	ax_buf_append_text(&buf, "\"k5\":0}");
	assert_int_equal(ax_json_parse(ax_buf_str(&buf), 0, "f", &json, &err), -1);
	assert_string_equal(err.message, "f:100001:1: the object has this key already");
	ax_buf_free(&buf);
}

/* Values cost much more memory than text, so they are counted before any is made. */
static void the_number_of_values_is_bounded(void **state)
{
	(void)state;
	enum { LIMIT = 1 << 22 };
	struct ax_buf buf = { 0 };
	struct ax_json *json = NULL;
	struct ax_error err = { 0 };

	ax_buf_append_byte(&buf, '[');
	for (int i = 0; i < LIMIT; i++)
		ax_buf_append(&buf, "0,", 2);
	assert_int_equal(ax_json_parse(ax_buf_str(&buf), 0, "f", &json, &err), -1);
	assert_string_equal(err.message, "f:1:8388608: too many values");
	ax_buf_free(&buf);
}

/* Every prefix and every single changed byte of a document: refused or read, never worse. */
static void damaged_documents(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":[1,-2.5e3,true,{\"\\u03b4\":\"\\ud83d\\ude00\\n\"}],"
				   "/*c*/\"b\":null,}//";
	static const char bytes[] = "\0\"\\/,:{}[]*u0-e \n\xce\xff";
	char copy[sizeof(text)];

	for (size_t at = 0; at < sizeof(text) - 1; at++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			struct ax_json *json = NULL;
			struct ax_error err = { 0 };
			memcpy(copy, text, sizeof(text));
			copy[at] = bytes[i];
			size_t len = i == 0 ? at : sizeof(text) - 1;
			/* On the heap, so that reading behind the end is noticed. */
			char *exact = malloc(len + 1);
			memcpy(exact, copy, len);
			struct ax_str damaged = ax_str(exact, len);
			if (ax_json_parse(damaged, AX_JSON_COMMENTS, "f", &json, &err) < 0)
				assert_memory_equal(err.message, "f:", 2);
			ax_json_free(json);
			free(exact);
		}
	}
}

static void write_all(struct ax_json_writer *w)
{
	ax_json_begin_object(w);
	ax_json_write_key(w, AX_STR("n"));
	ax_json_begin_array(w);
	ax_json_write_i64(w, INT64_MIN);
	ax_json_write_u64(w, UINT64_MAX);
	ax_json_write_real(w, 0.1);
	ax_json_write_real(w, NAN);
	ax_json_end_array(w);
	ax_json_write_key(w, AX_STR("e\"\n"));
	ax_json_begin_object(w);
	ax_json_end_object(w);
	ax_json_write_key(w, AX_STR("a"));
	ax_json_begin_array(w);
	ax_json_end_array(w);
	ax_json_write_key(w, AX_STR("s"));
	ax_json_write_string(w, AX_STR("x\0y"));
	ax_json_write_key(w, AX_STR("t"));
	ax_json_write_bool(w, true);
	ax_json_write_key(w, AX_STR("z"));
	ax_json_write_null(w);
	ax_json_write_path(w, "path", AX_STR("a/b"));
	ax_json_write_path(w, "old", AX_STR("a/\xff"));
	ax_json_end_object(w);
}

static void writing(void **state)
{
	(void)state;
	struct ax_buf buf = { 0 };
	struct ax_json_writer line = { .buf = &buf };
	struct ax_json_writer lines = { .buf = &buf, .indent = true };

	write_all(&line);
	assert_buf(&buf, "{\"n\":[-9223372036854775808,18446744073709551615,0.1,null],"
			 "\"e\\\"\\n\":{},\"a\":[],\"s\":\"x\\u0000y\",\"t\":true,\"z\":null,"
			 "\"path\":\"a/b\",\"old\":\"a/\xef\xbf\xbd\",\"old_b64\":\"YS//\"}");
	write_all(&lines);
	assert_buf(&buf, "{\n"
			 "  \"n\": [\n"
			 "    -9223372036854775808,\n"
			 "    18446744073709551615,\n"
			 "    0.1,\n"
			 "    null\n"
			 "  ],\n"
			 "  \"e\\\"\\n\": {},\n"
			 "  \"a\": [],\n"
			 "  \"s\": \"x\\u0000y\",\n"
			 "  \"t\": true,\n"
			 "  \"z\": null,\n"
			 "  \"path\": \"a/b\",\n"
			 "  \"old\": \"a/\xef\xbf\xbd\",\n"
			 "  \"old_b64\": \"YS//\"\n"
			 "}");
	/* One document a line: nothing is put between documents. */
	ax_json_write_i64(&line, 1);
	ax_buf_append_byte(&buf, '\n');
	ax_json_begin_array(&line);
	ax_json_end_array(&line);
	assert_buf(&buf, "1\n[]");
	ax_buf_free(&buf);
}

static void values_are_copied_as_they_are(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":[9007199254740993,1.50,1e999,-0,true,false,null],"
				   "\"b\":{\"\":\"\\u0007\xce\xb4\"},\"c\":{},\"d\":[]}";
	struct ax_json *json = parsed(text, 0);
	struct ax_buf buf = { 0 };
	struct ax_json_writer w = { .buf = &buf };

	ax_json_write_value(&w, ax_json_root(json));
	assert_buf(&buf, text);
	ax_json_free(json);
	ax_buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes),
		cmocka_unit_test(every_kind),
		cmocka_unit_test(nothing_has_no_value),
		cmocka_unit_test(members),
		cmocka_unit_test(strings_are_decoded),
		cmocka_unit_test(integers_keep_64_bits),
		cmocka_unit_test(numbers_find_their_text),
		cmocka_unit_test(comments),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(many_keys),
		cmocka_unit_test(the_number_of_values_is_bounded),
		cmocka_unit_test(damaged_documents),
		cmocka_unit_test(writing),
		cmocka_unit_test(values_are_copied_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
