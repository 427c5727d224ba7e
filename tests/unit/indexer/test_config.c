#include "tests/unit/unit.h"

#include "base/json.h"
#include "indexer/config.h"

static int load(const char *text, struct idx_config *out, struct ax_error *err)
{
	struct ax_json *json = NULL;

	assert_ok(ax_json_parse(ax_str_from(text), AX_JSON_COMMENTS, "artidx.json", &json, err),
		err);
	int status = idx_config_load(ax_json_root(json), out, err);
	ax_json_free(json);
	return status;
}

static void defaults_are_the_seeds_layout(void **state)
{
	struct idx_config config;
	struct ax_error err = { 0 };

	(void)state;
	assert_ok(idx_config_load(NULL, &config, &err), &err);
	assert_int_equal(config.data.count, 1);
	assert_str(config.data.items[0], "out");
	assert_int_equal(config.logs.count, 1);
	assert_str(config.logs.items[0], "logs");
	assert_int_equal(config.references.count, 4);
	assert_str(config.references.items[1], "scripts/**");
	assert_true(config.ignore.count > 0);
	assert_int_equal(config.quiet, INT64_C(60) * 1000000000);
	idx_config_free(&config);
}

static void values_replace_defaults(void **state)
{
	struct idx_config config;
	struct ax_error err = { 0 };

	(void)state;
	assert_ok(load("{\"data\": [\"a/b/\", \"c\"], \"logs\": [], \"ignore\": [\"*.tmp\"],"
		       " \"quiet\": \"5min\", \"layout\": {\"unknown\": 1}}",
			  &config, &err),
		&err);
	assert_int_equal(config.data.count, 2);
	assert_str(config.data.items[0], "a/b");
	assert_str(config.data.items[1], "c");
	assert_int_equal(config.logs.count, 0);
	assert_str(config.ignore.items[0], "*.tmp");
	assert_int_equal(config.references.count, 4);
	assert_int_equal(config.quiet, INT64_C(300) * 1000000000);
	idx_config_free(&config);
	assert_ok(load("{\"quiet\": 0}", &config, &err), &err);
	assert_int_equal(config.quiet, 0);
	idx_config_free(&config);
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "[]", "it must be a JSON object" },
		{ "{\"data\": \"out\"}", "\"data\" must be a list of strings" },
		{ "{\"data\": [1]}", "\"data\" must be a list of strings" },
		{ "{\"data\": [\"\"]}",
			"\"data\" must be a list of strings that are not empty" },
		{ "{\"data\": [\"/tmp\"]}",
			"\"data\": \"/tmp\" is no directory below the root" },
		{ "{\"logs\": [\"../x\"]}", "\"logs\": \"../x\"" },
		{ "{\"logs\": [\"a//b\"]}", "\"logs\": \"a//b\"" },
		{ "{\"ignore\": [\"\"]}", "\"ignore\"" },
		{ "{\"quiet\": \"soon\"}", "\"quiet\" must be a duration" },
		{ "{\"quiet\": -1}", "\"quiet\" must be a duration" },
		{ "{\"quiet\": 1.5}", "\"quiet\" must be a duration" },
		{ "{\"quiet\": 18446744073709551615}", "\"quiet\" must be a duration" },
		{ "{\"quiet\": null}", "\"quiet\" must be a duration" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct idx_config config;
		struct ax_error err = { 0 };
		assert_int_equal(load(cases[i].text, &config, &err), -1);
		assert_int_equal(err.code, AX_ECONFIG);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].text, err.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_the_seeds_layout),
		cmocka_unit_test(values_replace_defaults),
		cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
