#include "tests/unit/unit.h"

#include "safetensors/header.h"

#include <inttypes.h>
#include <unistd.h>

#define U8(name, begin, end, size)                                                       \
	"\"" name "\":{\"dtype\":\"U8\",\"shape\":[" #size "],\"data_offsets\":[" #begin \
	"," #end "]}"

static int set_up(void **state)
{
	struct ax_error err;

	return sft_header_new(NULL, (struct sft_header **)state, &err);
}

static int tear_down(void **state)
{
	sft_header_free(*state);
	return 0;
}

static int parse(struct sft_header *header, const char *text, uint64_t data_bytes,
	struct sft_problem *problem)
{
	struct ax_str s = ax_str_from(text);
	struct ax_error err = { 0 };
	int status = sft_header_parse(header, s, 8 + s.len + data_bytes, problem, &err);

	assert_true(status >= 0);
	return status;
}

static void parse_valid(struct sft_header *header, const char *text, uint64_t data_bytes)
{
	struct sft_problem problem = { 0 };

	if (parse(header, text, data_bytes, &problem) != 1)
		fail_msg("%s: %s", text, problem.message);
}

static void tensors_are_ordered_by_data(void **state)
{
	struct sft_header *header = *state;

	parse_valid(header,
		"{" U8("z", 3, 5, 2) "," U8("e2", 3, 3, 0) "," U8("a", 0, 3, 3) "," U8("e1", 3,
			3, 0) "}",
		5);
	const struct sft_layout *layout = sft_header_layout(header);
	assert_int_equal(sft_layout_count(layout), 4);
	assert_str(sft_layout_tensor(layout, 0).name, "a");
	assert_str(sft_layout_tensor(layout, 1).name, "e1");
	assert_str(sft_layout_tensor(layout, 2).name, "e2");
	struct sft_tensor last = sft_layout_tensor(layout, 3);
	assert_str(last.name, "z");
	assert_int_equal(last.dtype, SFT_U8);
	assert_int_equal(last.rank, 1);
	assert_int_equal(last.shape[0], 2);
	assert_int_equal(last.begin, 3);
	assert_int_equal(last.end, 5);
	assert_int_equal(sft_layout_elements(layout), 5);
	assert_int_equal(sft_layout_data_bytes(layout), 5);
	assert_int_equal(sft_layout_dtypes(layout), 1 << SFT_U8);
}

/* Tensors of all sizes, also without any data, in an order that has nothing to do with it. */
static void data_in_any_order(void **state)
{
	enum { N = 300 };
	struct sft_header *header = *state;
	struct ax_buf text = { 0 };
	uint64_t begins[N + 1] = { 0 };

	for (size_t i = 0; i < N; i++)
		begins[i + 1] = begins[i] + (i % 5 ? i * 123456789 + 1 : 0);
	for (size_t k = 0; k < N; k++) {
		size_t i = k * 101 % N;
		ax_buf_printf(&text,
			"%s\"t%03zu\":{\"dtype\":\"U8\",\"shape\":[%llu],\"data_offsets\":[%"
			"llu,%llu]}",
			k ? "," : "{", i, (unsigned long long)(begins[i + 1] - begins[i]),
			(unsigned long long)begins[i], (unsigned long long)begins[i + 1]);
	}
	ax_buf_append_byte(&text, '}');
	parse_valid(header, ax_buf_text(&text), begins[N]);
	const struct sft_layout *layout = sft_header_layout(header);
	assert_int_equal(sft_layout_count(layout), N);
	for (size_t i = 0; i < N; i++) {
		char name[8];
		snprintf(name, sizeof(name), "t%03zu", i);
		assert_str_equal(sft_layout_tensor(layout, i).name, ax_str_from(name));
		assert_int_equal(sft_layout_tensor(layout, i).begin, begins[i]);
	}
	ax_buf_free(&text);
}

static void any_spelling(void **state)
{
	struct sft_header *header = *state;

	parse_valid(header,
		"{ \"\\u0061\" : { \"sh\\u0061pe\" : [ 2 , 1 ] ,\n\"data_offsets\":\t[ 0 , 8 ] "
		","
		"\r\"d\\u0074ype\" : \"F3\\u0032\" } }",
		8);
	struct sft_tensor tensor = sft_layout_tensor(sft_header_layout(header), 0);
	assert_str(tensor.name, "a");
	assert_int_equal(tensor.dtype, SFT_F32);
	assert_int_equal(tensor.rank, 2);
	assert_int_equal(tensor.shape[0], 2);
	assert_int_equal(sft_header_warnings(header), 0);
}

static void a_scalar_has_one_element(void **state)
{
	struct sft_header *header = *state;

	parse_valid(header, "{\"s\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}}",
		8);
	assert_int_equal(sft_layout_tensor(sft_header_layout(header), 0).rank, 0);
	assert_int_equal(sft_layout_elements(sft_header_layout(header)), 1);
}

static void metadata_keeps_its_order(void **state)
{
	struct sft_header *header = *state;

	parse_valid(header,
		"{\"__metadata__\":{\"z\":\"1\",\"a\":\"x\\ny\",\"z\":\"2\",\"\\u006d\":"
		"\"\\\\\",\"\":\"\"}}",
		0);
	assert_true(sft_header_has_metadata(header));
	assert_int_equal(sft_header_metadata_count(header), 4);
	assert_str(sft_header_metadata(header, 0)->key, "a");
	assert_str(sft_header_metadata(header, 0)->value, "x\ny");
	assert_str(sft_header_metadata(header, 1)->key, "z");
	assert_str(sft_header_metadata(header, 1)->value, "2");
	assert_str(sft_header_metadata(header, 2)->key, "m");
	assert_str(sft_header_metadata(header, 2)->value, "\\");
	assert_str(sft_header_metadata(header, 3)->key, "");
	assert_int_equal(sft_header_warnings(header), SFT_WARN_DUPLICATE_NAME);

	parse_valid(header, "{\"__metadata__\":null}", 0);
	assert_false(sft_header_has_metadata(header));
	assert_int_equal(sft_header_metadata_count(header), 0);
	parse_valid(header, "{" U8("a", 0, 1, 1) ",\"__metadata__\":{}}", 1);
	assert_true(sft_header_has_metadata(header));
}

static void what_the_reference_takes_is_warned_of(void **state)
{
	struct sft_header *header = *state;
	static const struct {
		const char *text;
		unsigned warnings;
	} cases[] = {
		{ "{" U8("a", 0, 1, 1) "}", 0 },
		{ "{" U8("a", 0, 1, 1) "}    ", 0 },
		{ "{ " U8("a", 0, 1, 1) " }", 0 },
		{ " {" U8("a", 0, 1, 1) "}", SFT_WARN_PADDING },
		{ "\n{\"__metadata__\":{}," U8("a", 0, 1, 1) "}", SFT_WARN_PADDING },
		{ "{" U8("a", 0, 1, 1) "}  \n ", SFT_WARN_PADDING },
		{ "{" U8("a", 0, 9, 1) "," U8("a", 0, 1, 1) "}", SFT_WARN_DUPLICATE_NAME },
		{ "{" U8("a", 0, 9, 1) "," U8("\\u0061", 0, 1, 1) "}",
			SFT_WARN_DUPLICATE_NAME },
		{ "{\"__metadata__\":null," U8("a", 0, 1, 1) "}", SFT_WARN_NULL_METADATA },
		{ "{\"a\":[\"U8\",[1],[0,1]]}", SFT_WARN_ARRAY_FORM },
		{ "{\"a\":{\"dtype\":{\"U8\":null},\"shape\":[1],\"data_offsets\":[0,1]}}",
			SFT_WARN_ARRAY_FORM },
		{ "{\"a\":{\"x\":[{\"dtype\":1e3}],\"dtype\":\"U8\",\"shape\":[1],"
		  "\"data_offsets\":[0,1]}}",
			SFT_WARN_UNKNOWN_FIELD },
		{ "{" U8("a", 0, 1, 1) ",\"b\":{\"dtype\":\"U8\",\"shape\":[281474976710656,0],"
				       "\"data_offsets\":[1,1]}}",
			SFT_WARN_HUGE_NUMBER },
		{ "{" U8("a", 0, 1, 1) ",\"b\":{\"dtype\":\"U8\",\"shape\":[281474976710655,0],"
				       "\"data_offsets\":[1,1]}}",
			0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		parse_valid(header, cases[i].text, 1);
		if (sft_header_warnings(header) != cases[i].warnings)
			fail_msg("%s: warnings %u", cases[i].text, sft_header_warnings(header));
	}
}

static void warnings_have_a_text(void **state)
{
	(void)state;

	for (unsigned bit = 1; bit <= SFT_WARN_HUGE_NUMBER; bit <<= 1)
		assert_true(strlen(sft_warning_text((enum sft_warning)bit)) > 10);
}

static void problems_say_where(void **state)
{
	struct sft_header *header = *state;
	static const struct {
		const char *text;
		uint64_t data_bytes;
		enum sft_verdict verdict;
		const char *message;
	} cases[] = {
		{ "", 0, SFT_INVALID_HEADER_DESERIALIZATION,
			"byte 8: the header ends too early" },
		{ "[]", 0, SFT_INVALID_HEADER_DESERIALIZATION, "byte 8: expected {" },
		{ "{} x", 0, SFT_INVALID_HEADER_DESERIALIZATION,
			"byte 11: something follows the header's }" },
		{ "{\"a\":1}", 0, SFT_INVALID_HEADER_DESERIALIZATION,
			"byte 13: tensor \"a\": expected a tensor, {...}" },
		{ "{\"a\":{}}", 0, SFT_INVALID_HEADER_DESERIALIZATION,
			"byte 14: tensor \"a\": no dtype" },
		{ "{\"a\":{\"dtype\":\"F128\"}}", 0, SFT_INVALID_HEADER_DESERIALIZATION,
			"byte 22: tensor \"a\": unknown dtype \"F128\"" },
		{ "{\"a\":{\"shape\":[1],\"shape\":[1]}}", 0,
			SFT_INVALID_HEADER_DESERIALIZATION,
			"byte 26: tensor \"a\": a field stands twice" },
		{ "{\"a\":{\"data_offsets\":[0,1,2]}}", 0, SFT_INVALID_HEADER_DESERIALIZATION,
			"byte 33: tensor \"a\": expected ] behind two data_offsets" },
		{ "{\"__metadata__\":{\"k\":1}}", 0, SFT_INVALID_HEADER_DESERIALIZATION,
			"byte 29: expected a string" },
		{ "{\"__metadata__\":{},\"__metadata__\":{}}", 0,
			SFT_INVALID_HEADER_DESERIALIZATION,
			"byte 42: __metadata__ stands twice" },
		{ "{\"a\":1,\"\xff\"", 0, SFT_INVALID_HEADER, "byte 16: not UTF-8" },
		{ "{" U8("a", 1, 2, 1) "}", 2, SFT_INVALID_OFFSET,
			"byte 9: tensor \"a\": begins at 1, where the data before ends at 0" },
		{ "{" U8("a", 0, 1, 1) "," U8("b", 1, 0, 0) "}", 1, SFT_INVALID_OFFSET,
			"byte 61: tensor \"b\": begins at 1 and ends at 0" },
		{ "{" U8("a", 0, 2, 1) "}", 2, SFT_TENSOR_INVALID_INFO,
			"byte 9: tensor \"a\": 2 bytes by data_offsets, 1 by shape and dtype" },
		{ "{\"a\\nb\\u202ec\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}",
			1, SFT_MISALIGNED_SLICE,
			"byte 9: tensor \"a\\x0ab\\xe2\\x80\\xaec\": 3 elements of F4 end "
			"within a byte" },
		{ "{" U8("a", 0, 8, 18446744073709551615) "}", 8, SFT_VALIDATION_OVERFLOW,
			"byte 9: tensor \"a\": the size by shape and dtype overflows 64 bits" },
		{ "{}", 3, SFT_METADATA_INCOMPLETE_BUFFER, "byte 10: 3 bytes follow the data" },
		{ "{" U8("a", 0, 5, 5) "}", 2, SFT_METADATA_INCOMPLETE_BUFFER,
			"byte 63: the file ends after 2 of 5 bytes of data" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sft_problem problem = { 0 };
		char start[32];
		assert_int_equal(parse(header, cases[i].text, cases[i].data_bytes, &problem),
			0);
		assert_string_equal(problem.message, cases[i].message);
		assert_string_equal(sft_verdict_name(problem.verdict),
			sft_verdict_name(cases[i].verdict));
		snprintf(start, sizeof(start), "byte %" PRIu64 ":", problem.offset);
		assert_memory_equal(problem.message, start, strlen(start));
	}
}

static void long_names_are_shortened(void **state)
{
	struct sft_header *header = *state;
	struct ax_buf text = { 0 };
	struct sft_problem problem = { 0 };

	ax_buf_append_text(&text, "{\"");
	for (int i = 0; i < 1000; i++)
		ax_buf_append_text(&text, i % 2 ? "\xc3\xa9" : "\x7f");
	ax_buf_append_text(&text, "\":1}");
	assert_int_equal(parse(header, ax_buf_text(&text), 0, &problem), 0);
	assert_true(strlen(problem.message) < sizeof(problem.message) - 1);
	assert_non_null(strstr(problem.message, "...\": expected a tensor"));
	ax_buf_free(&text);
}

static void a_refused_header_leaves_nothing(void **state)
{
	struct sft_header *header = *state;
	struct sft_problem problem = { 0 };

	parse_valid(header, "{\"__metadata__\":{\"k\":\"v\"}," U8("a", 0, 1, 1) "}", 1);
	assert_int_equal(parse(header, "{\"__metadata__\":{\"k\":\"v\"},", 0, &problem), 0);
	assert_null(sft_header_layout(header));
	assert_int_equal(sft_header_metadata_count(header), 0);
	assert_false(sft_header_has_metadata(header));
	assert_int_equal(sft_header_warnings(header), 0);
	assert_int_equal(sft_header_length(header), 0);
}

static void a_layout_outlives_its_header(void **state)
{
	struct sft_header *header = *state;

	parse_valid(header, "{" U8("first", 0, 1, 1) "}", 1);
	const struct sft_layout *layout = sft_layout_ref(sft_header_layout(header));
	parse_valid(header, "{" U8("second", 0, 2, 2) "}", 2);
	assert_str(sft_layout_tensor(layout, 0).name, "first");
	sft_layout_unref(layout);
	sft_layout_unref(NULL);
}

/* Whether both texts, of 4 bytes of data, have the same digest; and the same exact one. */
static void compare_digests(struct sft_header *header, const char *a, const char *b,
	bool is_same, bool is_exact)
{
	parse_valid(header, a, 4);
	const struct sft_layout *layout = sft_header_layout(header);
	struct ax_digest digest = sft_layout_digest(layout);
	struct ax_digest exact = sft_layout_exact_digest(layout);
	parse_valid(header, b, 4);
	layout = sft_header_layout(header);
	struct ax_digest other = sft_layout_digest(layout);
	struct ax_digest other_exact = sft_layout_exact_digest(layout);
	assert_int_equal(memcmp(&digest, &other, sizeof(digest)) == 0, is_same);
	assert_int_equal(memcmp(&exact, &other_exact, sizeof(exact)) == 0, is_exact);
}

static void digests(void **state)
{
	struct sft_header *header = *state;
	static const char base[] = "{" U8("a", 0, 2, 2) "," U8("b", 2, 4, 2) "}";

	compare_digests(header, base, "{" U8("b", 2, 4, 2) " , " U8("a", 0, 2, 2) "}", true,
		true);
	compare_digests(header, base,
		"{\"__metadata__\":{\"k\":\"v\"}," U8("a", 0, 2, 2) "," U8("b", 2, 4, 2) "}",
		true, true);
	compare_digests(header, base, "{" U8("b", 0, 2, 2) "," U8("a", 2, 4, 2) "}", true,
		false);
	compare_digests(header, base, "{" U8("a", 0, 2, 2) "," U8("c", 2, 4, 2) "}", false,
		false);
	compare_digests(header, base,
		"{" U8("a", 0, 2,
			2) ",\"b\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
		false, false);
	compare_digests(header, base,
		"{" U8("a", 0, 2,
			2) ",\"b\":{\"dtype\":\"U8\",\"shape\":[2,1],\"data_offsets\":[2,4]}}",
		false, false);
	compare_digests(header, base, "{" U8("a", 0, 1, 1) "," U8("b", 1, 4, 3) "}", false,
		false);
}

static void header_digest_covers_the_text(void **state)
{
	static const char *const texts[] = { "{}", "{}  ", "{\"__metadata__\":{}}",
		"{\"__metadata__\":{\"a\":\"b\"}}", "{\"__metadata__\":{\"a\":\"c\"}}",
		"{\"__metadata__\":{\"a\":\"c\"}} " };
	struct ax_digest digests[COUNT(texts)];
	struct sft_header *header = *state;

	for (size_t i = 0; i < COUNT(texts); i++) {
		parse_valid(header, texts[i], 0);
		digests[i] = sft_header_digest(header);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(&digests[i], &digests[j], sizeof(*digests));
	}
	parse_valid(header, texts[3], 0);
	struct ax_digest again = sft_header_digest(header);
	assert_memory_equal(&again, &digests[3], sizeof(again));
	assert_int_equal(sft_header_length(header), strlen(texts[3]));
}

/* With a cache that knows the tensors, one that meets them, and none. */
static void header_digest_does_not_depend_on_the_cache(void **state)
{
	static const char text[] = "{\"__metadata__\":{\"a\":\"b\"}," U8("a", 0, 2, 2) "}";
	struct sft_layout_cache *cache = NULL;
	struct sft_header *cached = NULL;
	struct ax_error err = { 0 };

	parse_valid(*state, text, 2);
	struct ax_digest expected = sft_header_digest(*state);
	assert_ok(sft_layout_cache_new(1 << 20, &cache, &err), &err);
	assert_ok(sft_header_new(cache, &cached, &err), &err);
	for (int i = 0; i < 2; i++) {
		parse_valid(cached, text, 2);
		struct ax_digest digest = sft_header_digest(cached);
		assert_memory_equal(&digest, &expected, sizeof(digest));
	}
	sft_header_free(cached);
	sft_layout_cache_free(cache);
}

/* A file with the length n in front of text, its descriptor. */
static int make_file(uint64_t n, const char *text)
{
	FILE *file = tmpfile();
	struct ax_buf buf = { 0 };

	assert_non_null(file);
	ax_buf_append_u64(&buf, n);
	ax_buf_append_text(&buf, text);
	int fd = dup(fileno(file));
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, buf.data, buf.len, 0), buf.len);
	fclose(file);
	ax_buf_free(&buf);
	return fd;
}

static void files(void **state)
{
	struct sft_header *header = *state;
	struct sft_problem problem = { 0 };
	struct ax_error err = { 0 };
	int fd = make_file(2, "{}xyz");

	assert_int_equal(sft_header_read(header, fd, 10, "f", &problem, &err), 1);
	assert_int_equal(sft_header_length(header), 2);
	assert_int_equal(sft_header_read(header, fd, 13, "f", &problem, &err), 0);
	assert_int_equal(problem.offset, 10);
	assert_int_equal(sft_header_read(header, fd, 9, "f", &problem, &err), 0);
	assert_int_equal(problem.verdict, SFT_INVALID_HEADER_LENGTH);
	assert_int_equal(problem.offset, 9);
	assert_int_equal(sft_header_read(header, fd, 7, "f", &problem, &err), 0);
	assert_int_equal(problem.verdict, SFT_HEADER_TOO_SMALL);
	assert_int_equal(sft_header_read(header, fd, 0, "f", &problem, &err), 0);
	assert_int_equal(problem.verdict, SFT_HEADER_TOO_SMALL);
	close(fd);
}

/* The length is believed only as far as the file's size and the limit allow. */
static void lengths_that_lie(void **state)
{
	struct sft_header *header = *state;
	struct sft_problem problem = { 0 };
	struct ax_error err = { 0 };
	static const struct {
		uint64_t n, file_size;
		enum sft_verdict verdict;
	} cases[] = {
		{ UINT64_MAX, 10, SFT_HEADER_TOO_LARGE },
		{ UINT64_MAX, UINT64_MAX, SFT_HEADER_TOO_LARGE },
		{ UINT64_MAX - 7, 10, SFT_HEADER_TOO_LARGE },
		{ SFT_HEADER_LIMIT + 1, UINT64_C(1) << 40, SFT_HEADER_TOO_LARGE },
		{ SFT_HEADER_LIMIT, 10, SFT_INVALID_HEADER_LENGTH },
		{ 3, 10, SFT_INVALID_HEADER_LENGTH },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int fd = make_file(cases[i].n, "{}");
		assert_int_equal(sft_header_read(header, fd, cases[i].file_size, "f", &problem,
					 &err),
			0);
		assert_int_equal(problem.verdict, cases[i].verdict);
		close(fd);
	}
}

static void a_file_that_shrank_is_an_error(void **state)
{
	struct sft_header *header = *state;
	struct sft_problem problem = { 0 };
	struct ax_error err = { 0 };
	int fd = make_file(100, "{}");

	assert_int_equal(sft_header_read(header, fd, 108, "out/x", &problem, &err), -1);
	assert_non_null(strstr(err.message, "out/x"));
	assert_null(sft_header_layout(header));
	close(fd);
	assert_int_equal(sft_header_read(header, -1, 108, "out/x", &problem, &err), -1);
}

/* Sizes of many kinds one after the other, so that memory is grown, kept and given back. */
static void many_sizes(void **state)
{
	struct sft_header *header = *state;
	static const unsigned counts[] = { 1, 20000, 3, 0, 500, 40000, 2, 1000 };

	for (size_t i = 0; i < COUNT(counts); i++) {
		struct ax_buf text = { 0 };
		ax_buf_append_byte(&text, '{');
		for (unsigned k = counts[i]; k-- > 0;)
			ax_buf_printf(&text,
				"\"layer.%u.\\u0077eight\":{\"dtype\":\"I16\",\"shape\":[1,1,1,"
				"1],"
				"\"data_offsets\":[%u,%u]}%s",
				k, 2 * k, 2 * k + 2, k ? "," : "");
		ax_buf_append_byte(&text, '}');
		parse_valid(header, ax_buf_text(&text), 2 * counts[i]);
		const struct sft_layout *layout = sft_header_layout(header);
		assert_int_equal(sft_layout_count(layout), counts[i]);
		if (counts[i] > 1)
			assert_str(sft_layout_tensor(layout, 1).name, "layer.1.weight");
		ax_buf_free(&text);
	}
}

int main(void)
{
#define HEADER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		HEADER_TEST(tensors_are_ordered_by_data),
		HEADER_TEST(data_in_any_order),
		HEADER_TEST(any_spelling),
		HEADER_TEST(a_scalar_has_one_element),
		HEADER_TEST(metadata_keeps_its_order),
		HEADER_TEST(what_the_reference_takes_is_warned_of),
		cmocka_unit_test(warnings_have_a_text),
		HEADER_TEST(problems_say_where),
		HEADER_TEST(long_names_are_shortened),
		HEADER_TEST(a_refused_header_leaves_nothing),
		HEADER_TEST(a_layout_outlives_its_header),
		HEADER_TEST(digests),
		HEADER_TEST(header_digest_covers_the_text),
		HEADER_TEST(header_digest_does_not_depend_on_the_cache),
		HEADER_TEST(files),
		HEADER_TEST(lengths_that_lie),
		HEADER_TEST(a_file_that_shrank_is_an_error),
		HEADER_TEST(many_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
