#include "tests/unit/unit.h"

#include "safetensors/header.h"

#include <errno.h>

/*
 * Every allocation fails once: each call either says so or does without. The linker gives the
 * layer these functions in place of the C library's.
 */

static unsigned long until_failure; /* allocations that still succeed; 0: all do */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails(void)
{
	return until_failure > 0 && --until_failure == 0;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

/* Run act with its first, second, ... allocation failing, until none is left to fail. */
static void fail_each(int (*act)(struct ax_error *err))
{
	bool is_through = false;

	for (unsigned long n = 1; !is_through; n++) {
		struct ax_error err = { 0 };
		until_failure = n;
		int status = act(&err);
		is_through = until_failure > 0;
		until_failure = 0;
		assert_true(n < 1000);
		if (status < 0)
			assert_int_equal(err.code, ENOMEM);
		if (is_through)
			assert_true(status >= 0);
	}
}

static int read_header(struct ax_error *err)
{
	static const struct ax_str text =
		AX_STR_INIT("{\"__metadata__\":{\"k\":\"\\u0041\",\"k\":\"\\n\",\"l\":\"\"},"
			    "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]},"
			    "\"a\":[\"U8\",[1,1],[0,9]],\"a\":[\"U8\",[1,1],[0,1]],"
			    "\"c\\u0000\":[\"U8\",[1],[2,3]]}");
	struct sft_layout_cache *cache = NULL;
	struct sft_header *header = NULL;
	struct sft_problem problem;
	int status = -1;

	if (sft_layout_cache_new(1 << 20, &cache, err) < 0 ||
		sft_header_new(cache, &header, err) < 0)
		goto out;
	for (int i = 0; i < 2; i++) {
		status = sft_header_parse(header, text, 8 + text.len + 3, &problem, err);
		assert_int_not_equal(status, 0);
		if (status < 0)
			goto out;
		assert_int_equal(sft_layout_count(sft_header_layout(header)), 3);
		assert_int_equal(sft_header_metadata_count(header), 2);
	}
out:
	sft_header_free(header);
	sft_layout_cache_free(cache);
	return status;
}

static int refuse_header(struct ax_error *err)
{
	struct sft_header *header = NULL;
	struct sft_problem problem = { 0 };

	if (sft_header_new(NULL, &header, err) < 0)
		return -1;
	int status = sft_header_parse(header, AX_STR("{\"a\":{\"dtype\":\"X\"}}"), 100,
		&problem, err);
	if (status >= 0) {
		assert_int_equal(status, 0);
		assert_int_equal(problem.verdict, SFT_INVALID_HEADER_DESERIALIZATION);
		assert_non_null(strstr(problem.message, "unknown dtype"));
	}
	sft_header_free(header);
	return status;
}

static void headers(void **state)
{
	(void)state;
	fail_each(read_header);
	fail_each(refuse_header);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
