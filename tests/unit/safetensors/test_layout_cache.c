#include "tests/unit/unit.h"

#include "safetensors/header.h"

#include <pthread.h>

#define TENSOR "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}"

enum { LIMIT = 1 << 20 };

struct fixture {
	struct sft_layout_cache *cache;
	struct sft_header *header; /* with the cache */
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct ax_error err;

	assert_non_null(fixture);
	assert_ok(sft_layout_cache_new(LIMIT, &fixture->cache, &err), &err);
	assert_ok(sft_header_new(fixture->cache, &fixture->header, &err), &err);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	sft_header_free(fixture->header);
	sft_layout_cache_free(fixture->cache);
	free(fixture);
	return 0;
}

static int parse(struct sft_header *header, struct ax_str text, uint64_t data_bytes)
{
	struct sft_problem problem;
	struct ax_error err;

	return sft_header_parse(header, text, 8 + text.len + data_bytes, &problem, &err);
}

/* The layout of a text that is valid with one byte of data. */
static const struct sft_layout *layout_of(struct fixture *fixture, const char *text)
{
	assert_int_equal(parse(fixture->header, ax_str_from(text), 1), 1);
	return sft_header_layout(fixture->header);
}

static void metadata_does_not_matter(void **state)
{
	struct fixture *fixture = *state;
	const struct sft_layout *layout = sft_layout_ref(layout_of(fixture,
		"{\"__metadata__\":{\"step\":\"1\"}," TENSOR "}"));

	assert_ptr_equal(layout_of(fixture, "{\"__metadata__\":{\"step\":\"22\"}," TENSOR "}"),
		layout);
	assert_str(sft_header_metadata(fixture->header, 0)->value, "22");
	assert_ptr_equal(layout_of(fixture, "{\"__metadata__\":null," TENSOR "}"), layout);
	assert_int_equal(sft_header_warnings(fixture->header), SFT_WARN_NULL_METADATA);
	assert_ptr_equal(layout_of(fixture, " {\"__metadata__\":{}," TENSOR "}"), layout);
	assert_int_equal(sft_header_warnings(fixture->header), SFT_WARN_PADDING);
	sft_layout_unref(layout);
}

static void without_metadata(void **state)
{
	struct fixture *fixture = *state;
	const struct sft_layout *layout = sft_layout_ref(layout_of(fixture, "{" TENSOR "}"));

	assert_ptr_equal(layout_of(fixture, "{" TENSOR "}"), layout);
	assert_ptr_equal(layout_of(fixture, "{" TENSOR "}    "), layout);
	assert_ptr_not_equal(layout_of(fixture, "{" TENSOR "}\n"), layout);
	sft_layout_unref(layout);
}

static void warnings_come_along(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 2; i++) {
		layout_of(fixture, "{\"__metadata__\":{}," TENSOR "," TENSOR "}\n");
		assert_int_equal(sft_header_warnings(fixture->header),
			SFT_WARN_PADDING | SFT_WARN_DUPLICATE_NAME);
	}
	layout_of(fixture, "{\"__metadata__\":{}," TENSOR "}");
	assert_int_equal(sft_header_warnings(fixture->header), 0);
}

/* The same tail is valid or not by what stands before it. */
static void metadata_in_the_tail(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 2; i++) {
		layout_of(fixture, "{" TENSOR ",\"__metadata__\":{\"k\":\"v\"}}");
		assert_int_equal(sft_header_metadata_count(fixture->header), 1);
		assert_int_equal(parse(fixture->header,
					 AX_STR("{\"__metadata__\":{}," TENSOR
						",\"__metadata__\":{}}"),
					 1),
			0);
		assert_int_equal(parse(fixture->header,
					 AX_STR("{\"__metadata__\":{}{" TENSOR "}"), 1),
			0);
		assert_int_equal(parse(fixture->header, AX_STR("," TENSOR "}"), 1), 0);
		layout_of(fixture, "{\"__metadata__\":{}," TENSOR "}");
		layout_of(fixture, "{" TENSOR "}");
	}
}

static void the_size_is_checked_each_time(void **state)
{
	struct fixture *fixture = *state;
	static const struct ax_str text = AX_STR_INIT("{" TENSOR "}");

	assert_int_equal(parse(fixture->header, text, 0), 0);
	assert_int_equal(parse(fixture->header, text, 1), 1);
	assert_int_equal(parse(fixture->header, text, 0), 0);
	assert_int_equal(parse(fixture->header, text, 2), 0);
	assert_int_equal(parse(fixture->header, text, 1), 1);
}

/* A header with tensors that no other number gives. */
static void build(struct ax_buf *text, unsigned number, unsigned tensors)
{
	ax_buf_clear(text);
	ax_buf_append_text(text, "{\"__metadata__\":{}");
	for (unsigned i = 0; i < tensors; i++)
		ax_buf_printf(text,
			",\"x%u.%u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%u,%u]}",
			number, i, i, i + 1);
	ax_buf_append_byte(text, '}');
}

static void memory_is_bounded(void **state)
{
	struct fixture *fixture = *state;
	struct ax_buf text = { 0 };

	build(&text, 0, 50);
	assert_int_equal(parse(fixture->header, ax_buf_str(&text), 50), 1);
	const struct sft_layout *first = sft_layout_ref(sft_header_layout(fixture->header));
	for (unsigned number = 1; number < 1000; number++) {
		build(&text, number, 50);
		assert_int_equal(parse(fixture->header, ax_buf_str(&text), 50), 1);
	}
	build(&text, 0, 50);
	assert_int_equal(parse(fixture->header, ax_buf_str(&text), 50), 1);
	assert_ptr_not_equal(sft_header_layout(fixture->header), first);
	sft_layout_unref(first);
	ax_buf_free(&text);
}

static void what_is_used_stays(void **state)
{
	struct fixture *fixture = *state;
	struct ax_buf text = { 0 };
	struct ax_buf used = { 0 };

	build(&used, 0, 50);
	assert_int_equal(parse(fixture->header, ax_buf_str(&used), 50), 1);
	const struct sft_layout *first = sft_layout_ref(sft_header_layout(fixture->header));
	for (unsigned number = 1; number < 1000; number++) {
		build(&text, number, 50);
		assert_int_equal(parse(fixture->header, ax_buf_str(&text), 50), 1);
		assert_int_equal(parse(fixture->header, ax_buf_str(&used), 50), 1);
		assert_ptr_equal(sft_header_layout(fixture->header), first);
	}
	sft_layout_unref(first);
	ax_buf_free(&text);
	ax_buf_free(&used);
}

static void the_largest_are_not_kept(void **state)
{
	struct fixture *fixture = *state;
	struct ax_buf text = { 0 };

	build(&text, 0, 4000);
	assert_int_equal(parse(fixture->header, ax_buf_str(&text), 4000), 1);
	const struct sft_layout *first = sft_layout_ref(sft_header_layout(fixture->header));
	assert_int_equal(parse(fixture->header, ax_buf_str(&text), 4000), 1);
	assert_ptr_not_equal(sft_header_layout(fixture->header), first);
	sft_layout_unref(first);
	ax_buf_free(&text);
}

enum { THREADS = 4, ROUNDS = 300, KINDS = 40, TENSORS = 100 };

struct worker {
	struct sft_layout_cache *cache;
	unsigned seed, wrong;
	struct ax_digest digests[KINDS];
};

static void *work(void *data)
{
	struct worker *worker = data;
	struct sft_header *header = NULL;
	struct ax_buf text = { 0 };
	struct ax_error err;

	if (sft_header_new(worker->cache, &header, &err) < 0) {
		worker->wrong++;
		return NULL;
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned kind = (i * 7 + worker->seed) % KINDS;
		build(&text, kind, TENSORS);
		if (parse(header, ax_buf_str(&text), TENSORS) != 1)
			worker->wrong++;
		else
			worker->digests[kind] =
				sft_layout_exact_digest(sft_header_layout(header));
	}
	sft_header_free(header);
	ax_buf_free(&text);
	return NULL;
}

static void threads_share_it(void **state)
{
	struct fixture *fixture = *state;
	struct worker workers[THREADS] = { 0 };
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .cache = fixture->cache, .seed = i };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].wrong, 0);
		assert_memory_equal(workers[i].digests, workers[0].digests,
			sizeof(workers[0].digests));
	}
}

int main(void)
{
#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CACHE_TEST(metadata_does_not_matter),
		CACHE_TEST(without_metadata),
		CACHE_TEST(warnings_come_along),
		CACHE_TEST(metadata_in_the_tail),
		CACHE_TEST(the_size_is_checked_each_time),
		CACHE_TEST(memory_is_bounded),
		CACHE_TEST(what_is_used_stays),
		CACHE_TEST(the_largest_are_not_kept),
		CACHE_TEST(threads_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
