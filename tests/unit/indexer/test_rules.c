#include "base/pattern.h"
#include "examined.h"
#include "indexer/rule_keys.h"

static struct idx_rules *compile(const char *config)
{
	struct ax_json *json = NULL;
	struct idx_rules *rules = NULL;
	struct ax_error err = { 0 };

	assert_ok(ax_json_parse(ax_str_from(config), AX_JSON_COMMENTS, "artidx.json", &json,
			  &err),
		&err);
	assert_ok(idx_rules_compile(ax_json_root(json), &rules, &err), &err);
	ax_json_free(json);
	return rules;
}

static bool has_class(const struct idx_rules *rules, const char *name)
{
	for (size_t i = 0; i < idx_rules_class_count(rules); i++) {
		if (ax_str_equal(idx_rules_class(rules, i), ax_str_from(name)))
			return true;
	}
	return false;
}

static void built_in_rules_know_all_classes(void **state)
{
	static const char *const names[] = { "v_hack", "vhack_grads", "checkpoint", "lora",
		"adapter", "model", "embedding", "quantized", "tensors", "pool", "pairset",
		"log", "other" };
	struct idx_rules *rules = NULL;
	struct ax_error err = { 0 };

	(void)state;
	assert_ok(idx_rules_compile(NULL, &rules, &err), &err);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_true(has_class(rules, names[i]));
	assert_int_equal(idx_rules_class_count(rules), COUNT(names));
	assert_true(ax_str_starts(idx_rules_builtin(), AX_STR("//")));
	idx_rules_free(rules);
}

/* Their expressions are not compiled before they are needed: here they are, as those of a user. */
static void built_in_rules_have_no_mistake(void **state)
{
	static const char *const keys[] = { "rules", "name_suggests" };
	struct ax_json *builtin = NULL;
	struct ax_error err = { 0 };
	struct ax_buf text = { 0 };

	(void)state;
	assert_ok(ax_json_parse(idx_rules_builtin(), AX_JSON_COMMENTS, "built in", &builtin,
			  &err),
		&err);
	struct ax_json_writer writer = { .buf = &text };
	ax_json_begin_object(&writer);
	ax_json_write_key(&writer, AX_STR("replace_rules"));
	ax_json_write_bool(&writer, true);
	for (size_t i = 0; i < COUNT(keys); i++) {
		ax_json_write_key(&writer, ax_str_from(keys[i]));
		ax_json_write_value(&writer, ax_json_get(ax_json_root(builtin), keys[i]));
	}
	ax_json_end_object(&writer);
	idx_rules_free(compile(ax_buf_text(&text)));
	for (const struct ax_json_value *label =
			ax_json_first(ax_json_get(ax_json_root(builtin), "labels"));
		label; label = ax_json_next(label)) {
		for (const struct ax_json_value *item = ax_json_first(label); item;
			item = ax_json_next(item)) {
			struct ax_pattern *pattern = NULL;
			struct ax_str source;
			assert_true(ax_json_string(ax_json_get(item, "name"), &source));
			assert_ok(ax_pattern_compile(source, 0, &pattern, &err), &err);
			ax_pattern_free(pattern);
		}
	}
	ax_buf_free(&text);
	ax_json_free(builtin);
}

static void digests_change_with_the_rules(void **state)
{
	static const char *const configs[] = {
		"{}",
		"{\"rules\": [{\"rule\": \"r\", \"class\": \"c\", \"tensors\": {}}]}",
		"{\"rules\": [{\"rule\": \"r\", \"class\": \"d\", \"tensors\": {}}]}",
		"{\"replace_rules\": true}",
		"{\"name_suggests\": [{\"name\": \"x\", \"classes\": [\"model\"]}]}",
		"{\"logs\": [\"elsewhere\"]}",
	};
	struct ax_digest digests[COUNT(configs)];

	(void)state;
	for (size_t i = 0; i < COUNT(configs); i++) {
		struct idx_rules *rules = compile(configs[i]);
		digests[i] = idx_rules_digest(rules);
		idx_rules_free(rules);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(&digests[i], &digests[j], sizeof(*digests));
	}
	/* What has nothing to do with rules leaves it alone. */
	struct idx_rules *rules = compile("{\"quiet\": \"5s\"}");
	struct ax_digest digest = idx_rules_digest(rules);
	assert_memory_equal(&digest, &digests[0], sizeof(digest));
	idx_rules_free(rules);
}

#define RULE(inside) "{\"rules\": [{\"rule\": \"mine\", \"class\": \"probe\", " inside "}]}"

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *config, *message;
	} cases[] = {
		{ "{\"rules\": {}}", "\"rules\" must be a list" },
		{ "{\"rules\": [1]}", "each rule needs a name" },
		{ "{\"rules\": [{}]}", "each rule needs a name" },
		{ "{\"rules\": [{\"rule\": \"r\", \"tensors\": {}}]}",
			"rule \"r\": class must be" },
		{ "{\"rules\": [{\"rule\": \"r\", \"class\": \"A b\", \"tensors\": {}}]}",
			"class must be a word" },
		{ "{\"rules\": [{\"rule\": \"a\\u001bb\", \"class\": \"\", \"tensors\": {}}]}",
			"rule \"a\\x1bb\"" },
		{ "{\"replace_rules\": 1}", "\"replace_rules\" must be true or false" },
		{ "{\"name_suggests\": [{\"nam\": \"x\"}]}", "did you mean \"name\"?" },
		{ "{\"name_suggests\": [{\"name\": \"x\"}]}", "classes" },
		{ RULE("\"tensors\": []"), "rule \"mine\": tensors must be an object" },
		{ RULE("\"why\": \"x\""), "it needs \"tensors\" or \"file\"" },
		{ RULE("\"tensor\": {}"), "unknown key \"tensor\", did you mean \"tensors\"?" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"(\"}}"), "tensors: T: name: " },
		{ RULE("\"tensors\": {\"T\": {\"name\": 1}}"), "regular expression" },
		{ RULE("\"tensors\": {\"T\": {}}"), "tensors: T: name must be" },
		{ RULE("\"tensors\": {\"T\": 1}"), "tensors: T must be an object" },
		{ RULE("\"tensors\": {\"meta\": {\"name\": \"x\"}}"), "cannot name a set" },
		{ RULE("\"tensors\": {\"a.b\": {\"name\": \"x\"}}"), "cannot name a set" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\", \"dtype\": \"F33\"}}"),
			"\"F33\" is no dtype" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\", \"ndim\": \"2\"}}"),
			"ndim must be" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\", \"ndim\": 99}}"),
			"ndim must be" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\", \"optional\": 1}}"),
			"optional must be true or false" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\"}}, \"where\": [\"U.count = 1\"]"),
			"where: \"U.count\": no set of tensors" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\"}}, \"where\": [\"T.kount = 1\"]"),
			"where: \"kount\": a set of tensors has .count" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\"}}, \"where\": [\"T.m.count = "
		       "1\"]"),
			"the pattern has no group" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\"}}, \"where\": [\"T[9] = 1\"]"),
			"a dimension is 0, 1, 2, 3 or -1" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\"}}, \"where\": [\"T[0].med = "
		       "1\"]"),
			".min, .max or .set" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\"}}, \"where\": [\"T[0 = 1\"]"),
			"where: " },
		{ RULE("\"tensors\": {}, \"where\": [\"tensors =\"]"), "where: \"tensors =\"" },
		{ RULE("\"tensors\": {}, \"where\": [1]"), "where must be a string or a list" },
		{ RULE("\"tensors\": {}, \"derive\": {\"K\": \"1\"}"),
			"derive: an attribute must be" },
		{ RULE("\"tensors\": {}, \"derive\": {\"k\": 1}"),
			"derive: k must be a string" },
		{ RULE("\"tensors\": {}, \"derive\": {\"k\": \"label.x\"}"), "no such table" },
		{ RULE("\"tensors\": {}, \"derive\": {\"a\": \"b\", \"b\": \"1\"}"),
			"derive: \"b\"" },
		{ RULE("\"tensors\": {}, \"why\": \"$x\""), "why: \"$\" begins" },
		{ RULE("\"tensors\": {}, \"why\": \"${x\""), "why: \"$\" begins" },
		{ RULE("\"tensors\": {}, \"metadata\": []"), "metadata must be an object" },
		{ RULE("\"tensors\": {}, \"metadata\": {\"a\": 1}"), "metadata must be" },
		{ RULE("\"tensors\": {}, \"data\": {\"rows_of\": \"T\"}"),
			"data: rows_of must name" },
		{ RULE("\"tensors\": {\"T\": {\"name\": \"x\"}}, \"data\": {\"rows_of\": "
		       "\"T\", "
		       "\"are\": \"new\"}"),
			"data: are must be" },
		{ RULE("\"tensors\": {}, \"absent\": [\"[\"]"), "absent: " },
		{ RULE("\"file\": {\"below\": \"out\"}"),
			"below must be \"data\" or \"logs\"" },
		{ RULE("\"file\": {\"min_size\": \"1K\"}"), "min_size must be a number" },
		{ RULE("\"file\": {\"name\": \"x\"}, \"metadata\": {\"a\": true}"),
			"absent, metadata and data need \"tensors\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ax_json *json = NULL;
		struct idx_rules *rules = NULL;
		struct ax_error err = { 0 };
		assert_ok(ax_json_parse(ax_str_from(cases[i].config), 0, "test", &json, &err),
			&err);
		if (idx_rules_compile(ax_json_root(json), &rules, &err) == 0)
			fail_msg("taken: %s", cases[i].config);
		assert_int_equal(err.code, AX_ECONFIG);
		if (!ax_str_starts(ax_str_from(err.message), AX_STR("artidx.json: ")) ||
			!strstr(err.message, cases[i].message))
			fail_msg("%s: %s", cases[i].config, err.message);
		ax_json_free(json);
	}
}

/* A rule with one condition of each kind, and files that lack one each. */
#define PROBE                                                                                  \
	"{\"rules\": [{ // with a comment\n"                                                   \
	"\"rule\": \"probe of a layer\", \"class\": \"probe\","                                \
	"\"tensors\": {"                                                                       \
	"  \"W\": {\"name\": \"^probe\\\\.(?<layer>\\\\d+)\\\\.w$\", \"ndim\": 2, \"dtype\": " \
	"\"F32\"},"                                                                            \
	"  \"B\": {\"name\": \"\\\\.b$\", \"ndim\": [1], \"optional\": true}},"                \
	"\"absent\": \"^secret\","                                                             \
	"\"where\": [\"W.count >= 2\", \"others <= 1\", \"W[1] = B[0]\", \"int(meta.step) > "  \
	"5\"],"                                                                                \
	"\"metadata\": {\"kind\": \"^pro\", \"step\": true, \"draft\": false},"                \
	"\"file\": {\"path\": \"out/**\", \"name\": \"tens\", \"min_size\": 10},"              \
	"\"derive\": {\"layers\": \"W.layer.count\", \"which\": \"W.layer.set\", \"twice\": "  \
	"\"layers * 2\","                                                                      \
	"             \"late\": \"int(meta.step) * layers\"},"                                 \
	"\"why\": \"${W.count} probes ${W.shape} at step ${meta.step}\"}]}"

static void rules_of_the_config_come_first(void **state)
{
	static const struct {
		const char *path, *tensors, *metadata, *class_name;
	} cases[] = {
		{ "out/a.safetensors", "probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 8",
			"\"kind\":\"probe\",\"step\":\"6\"", "probe" },
		{ "out/a/b/c.safetensors",
			"probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 8; x F32 1",
			"\"kind\":\"probe\",\"step\":\"6\"", "probe" },
		{ "out/a.safetensors", "probe.3.w F32 4x8; probe.3.b F32 8",
			"\"kind\":\"probe\",\"step\":\"6\"", "tensors" },
		{ "out/a.safetensors", "probe.{3,7}.w F32 4x8x1; probe.{3,7}.b F32 8",
			"\"kind\":\"probe\",\"step\":\"6\"", "tensors" },
		{ "out/a.safetensors", "probe.{3,7}.w F16 4x8; probe.{3,7}.b F32 8",
			"\"kind\":\"probe\",\"step\":\"6\"", "tensors" },
		{ "out/a.safetensors", "probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 9",
			"\"kind\":\"probe\",\"step\":\"6\"", "tensors" },
		{ "out/a.safetensors",
			"probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 8; {x,y} F32 1",
			"\"kind\":\"probe\",\"step\":\"6\"", "tensors" },
		{ "out/a.safetensors",
			"probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 8; secret F32 1",
			"\"kind\":\"probe\",\"step\":\"6\"", "tensors" },
		{ "out/a.safetensors", "probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 8",
			"\"kind\":\"probe\",\"step\":\"5\"", "tensors" },
		{ "out/a.safetensors", "probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 8",
			"\"kind\":\"a probe\",\"step\":\"6\"", "tensors" },
		{ "out/a.safetensors", "probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 8",
			"\"kind\":\"probe\"", "tensors" },
		{ "out/a.safetensors", "probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 8",
			"\"kind\":\"probe\",\"step\":\"6\",\"draft\":\"1\"", "tensors" },
		{ "in/a.safetensors", "probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 8",
			"\"kind\":\"probe\",\"step\":\"6\"", "tensors" },
		{ "out/a.bin", "probe.{3,7}.w F32 4x8; probe.{3,7}.b F32 8",
			"\"kind\":\"probe\",\"step\":\"6\"", "tensors" },
		{ "out/a.safetensors", "S/x F32 4", NULL, "vhack_grads" },
	};
	struct examined e;

	(void)state;
	examined_begin(&e, PROBE, 60 * MINUTE);
	assert_true(has_class(e.rules, "probe"));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct weights weights = { .tensors = cases[i].tensors,
			.metadata = cases[i].metadata };
		examined_weights(&e, cases[i].path, &weights);
		if (!ax_str_equal(e.finding.class_name, ax_str_from(cases[i].class_name)))
			fail_msg("case %zu: %.*s", i, AX_STR_ARG(e.finding.class_name));
		if (strcmp(cases[i].class_name, "probe") != 0)
			continue;
		examined_check_attributes(&e, "layers=2 which=3,7 twice=4 late=12 step=6");
		assert_str(e.finding.why, "2 probes [4, 8] at step 6: probe of a layer");
	}
	examined_end(&e);
}

/* What help says that formulas know. */
static void names_of_formulas_mean_something(void **state)
{
	(void)state;
	for (const struct idx_rule_key *name = idx_rule_names; name->name; name++) {
		const char *text = strcmp(name->name, "label.TABLE") == 0 ? "label.peft"
				   : strcmp(name->name, "ATTRIBUTE") == 0 ? "first"
									  : name->name;
		char config[512];

		snprintf(config, sizeof(config),
			"{\"rules\": [{\"rule\": \"r\", \"class\": \"c\", "
			"\"tensors\": {\"F\": {\"name\": \"(?<G>x)\"}}, "
			"\"derive\": {\"first\": \"1\", \"second\": \"%s\"}}]}",
			text);
		idx_rules_free(compile(config));
	}
}

static void rules_can_be_replaced(void **state)
{
	struct examined e;
	struct weights weights = { .tensors = "S/x F32 4" };

	(void)state;
	examined_begin(&e,
		"{\"replace_rules\": true, \"rules\": [{\"rule\": \"note\", \"class\": "
		"\"note\", "
		"\"file\": {\"name\": \"\\\\.md$\"}}],"
		"\"name_suggests\": [{\"name\": \"^n\", \"classes\": [\"note\"]}]}",
		60 * MINUTE);
	assert_int_equal(idx_rules_class_count(e.rules), 3);
	examined_weights(&e, "out/v_hack_x.safetensors", &weights);
	assert_str(e.finding.class_name, "tensors");
	assert_false(e.finding.misnamed);
	examined_weights(&e, "out/nx.safetensors", &weights);
	assert_true(e.finding.misnamed);
	examined_bytes(&e, "out/a.md", AX_STR("text of some length"));
	assert_str(e.finding.class_name, "note");
	assert_str(e.finding.why, "note");
	examined_bytes(&e, "logs/20260528T040600_x.log", AX_STR("text of some length"));
	assert_str(e.finding.class_name, "other");
	examined_end(&e);
}

/* A pattern that never comes to an end is neither there nor absent; the next rule is tried. */
static void hopeless_patterns_decide_nothing(void **state)
{
	struct examined e;
	struct weights weights = {
		.tensors = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{0..9} F32 4"
	};

	(void)state;
	examined_begin(&e,
		"{\"rules\": [{\"rule\": \"r\", \"class\": \"c\", \"where\": \"T.count = 0\","
		"\"tensors\": {\"T\": {\"name\": \"^(a|aa)+[cd]\", \"optional\": true}}},"
		"{\"rule\": \"s\", \"class\": \"d\", \"tensors\": {}, \"absent\": "
		"\"^(a|aa)+[cd]\"}]}",
		60 * MINUTE);
	examined_weights(&e, "out/x", &weights);
	assert_str(e.finding.class_name, "tensors");
	examined_end(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_rules_know_all_classes),
		cmocka_unit_test(built_in_rules_have_no_mistake),
		cmocka_unit_test(digests_change_with_the_rules),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(rules_of_the_config_come_first),
		cmocka_unit_test(names_of_formulas_mean_something),
		cmocka_unit_test(rules_can_be_replaced),
		cmocka_unit_test(hopeless_patterns_decide_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
