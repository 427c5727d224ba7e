#include "tests/unit/unit.h"

#include "safetensors/shard_index.h"

static struct sft_shard_index *parse(const char *text)
{
	struct sft_shard_index *index = NULL;
	struct ax_error err = { 0 };

	assert_ok(sft_shard_index_parse(ax_str_from(text), "x.index.json", &index, &err), &err);
	return index;
}

static void files_are_distinct_and_in_order(void **state)
{
	(void)state;
	struct sft_shard_index *index =
		parse("{\"metadata\": {\"total_size\": 18446744073709551615}, \"weight_map\": {"
		      "\"c\": \"model-00002-of-00002.safetensors\", \"a\": "
		      "\"model-00001-of-00002.safetensors\","
		      "\"b\": \"model-00002-of-00002.safetensors\"}}");
	uint64_t total = 0;

	assert_int_equal(sft_shard_index_count(index), 2);
	assert_str(sft_shard_index_file(index, 0), "model-00001-of-00002.safetensors");
	assert_int_equal(sft_shard_index_tensors(index, 0), 1);
	assert_str(sft_shard_index_file(index, 1), "model-00002-of-00002.safetensors");
	assert_int_equal(sft_shard_index_tensors(index, 1), 2);
	assert_true(sft_shard_index_total_size(index, &total));
	assert_true(total == UINT64_MAX);
	sft_shard_index_free(index);
}

static void the_total_may_be_absent(void **state)
{
	(void)state;
	static const char *const texts[] = { "{\"weight_map\":{}}",
		"{\"metadata\":{},\"weight_map\":{}}", "{\"metadata\":null,\"weight_map\":{}}",
		"{\"metadata\":{\"total_size\":\"5\"},\"weight_map\":{}}",
		"{\"metadata\":{\"total_size\":-5},\"weight_map\":{}}" };

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct sft_shard_index *index = parse(texts[i]);
		uint64_t total = 7;
		assert_int_equal(sft_shard_index_count(index), 0);
		assert_false(sft_shard_index_total_size(index, &total));
		assert_int_equal(total, 7);
		sft_shard_index_free(index);
	}
}

static void others_are_refused(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "[]", "{}", "null", "{\"weight_map\":[]}",
		"{\"weight_map\":\"x\"}", "{\"Weight_Map\":{}}", "{\"weight_map\":{\"a\":1}}",
		"{\"weight_map\":{\"a\":null}}", "{\"weight_map\":{\"a\":\"\"}}",
		"{\"weight_map\":{\"a\":\"../x\"}}", "{\"weight_map\":{\"a\":\"/etc/passwd\"}}",
		"{\"weight_map\":{\"a\":\"..\"}}", "{\"weight_map\":{\"a\":\".\"}}",
		"{\"weight_map\":{\"a\":\"x\\u0000y\"}}", "{\"weight_map\":{\"a\":\"x\"}",
		"{\"weight_map\":{\"a\":\"x\"},\"weight_map\":{\"a\":\"y\"}}" };
	struct sft_shard_index *index = NULL;

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct ax_error err = { 0 };
		if (sft_shard_index_parse(ax_str_from(texts[i]), "x.index.json", &index,
			    &err) == 0)
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(err.code, AX_ECORRUPT);
		assert_non_null(strstr(err.message, "x.index.json"));
	}
	assert_null(index);
}

static void shard_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t shard, shards; /* 0: no shard's name */
	} cases[] = {
		{ "model-00001-of-00002.safetensors", 1, 2 },
		{ "diffusion_pytorch_model-00010-of-00010.safetensors", 10, 10 },
		{ "model-of-me-000003-of-000163.safetensors", 3, 163 },
		{ "x-00000-of-00001.safetensors", 0, 1 },
		{ "model-00003-of-00002.safetensors", 0, 0 },
		{ "model-00001-of-00000.safetensors", 0, 0 },
		{ "model-0001-of-0002.safetensors", 0, 0 },
		{ "model-0000001-of-0000002.safetensors", 0, 0 },
		{ "model-00001-of-00002.bin", 0, 0 },
		{ "model-00001-of-00002.safetensors.tmp", 0, 0 },
		{ "model_00001-of-00002.safetensors", 0, 0 },
		{ "model-00001-00002.safetensors", 0, 0 },
		{ "-of-", 0, 0 },
		{ "", 0, 0 },
		{ "model.safetensors", 0, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t shard = 0;
		uint64_t shards = 0;
		bool is_shard =
			sft_shard_name_parse(ax_str_from(cases[i].name), &shard, &shards);
		if (is_shard != (cases[i].shards != 0) || shard != cases[i].shard ||
			shards != cases[i].shards)
			fail_msg("%s: %llu of %llu", cases[i].name, (unsigned long long)shard,
				(unsigned long long)shards);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_distinct_and_in_order),
		cmocka_unit_test(the_total_may_be_absent),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(shard_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
