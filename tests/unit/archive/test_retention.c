#include "tests/unit/unit.h"

#include "archive/retention.h"
#include "base/json.h"

/* Load what a configuration says: 0, or -1 with err. Strings are the document's. */
static int load(const char *text, struct ax_json **document, struct arc_retention *out,
	struct ax_error *err)
{
	assert_ok(ax_json_parse(ax_str_from(text), AX_JSON_COMMENTS, "artidx.json", document,
			  err),
		err);
	return arc_retention_load(ax_json_root(*document), out, err);
}

static void nothing_said_is_no_rule(void **state)
{
	static const char *const texts[] = { "{}", "{\"dead\": {}}",
		"{\"dead\": {\"match\": [\"*_OLD_*\"]}}", "{\"dead\": {\"retain\": {}}}" };
	struct arc_retention retention;
	struct ax_json *document;
	struct ax_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_ok(load(texts[i], &document, &retention, &err), &err);
		assert_int_equal(retention.count, 0);
		assert_null(arc_retention_of(&retention, AX_STR("checkpoint")));
		arc_retention_free(&retention);
		ax_json_free(document);
	}
	assert_ok(arc_retention_load(NULL, &retention, &err), &err);
	assert_int_equal(retention.count, 0);
	arc_retention_free(&retention);
}

static void rules_are_read(void **state)
{
	struct arc_retention retention;
	struct ax_json *document;
	struct ax_error err = { 0 };

	(void)state;
	assert_ok(load("{\"dead\": {\"retain\": {"
		       "\"checkpoint\": {\"keep-last\": 2, \"keep-best\": \"hack_rate\","
		       " \"older-than\": \"30d\"}, \"v_hack\": {\"keep-last\": 0}}}}",
			  &document, &retention, &err),
		&err);
	assert_int_equal(retention.count, 2);
	const struct arc_retention_rule *rule =
		arc_retention_of(&retention, AX_STR("checkpoint"));
	assert_non_null(rule);
	assert_true(rule->has_last);
	assert_int_equal(rule->last, 2);
	assert_str(rule->best, "hack_rate");
	assert_int_equal(rule->older_than, (ax_nanoseconds)30 * 86400 * 1000000000);
	rule = arc_retention_of(&retention, AX_STR("v_hack"));
	assert_non_null(rule);
	assert_true(rule->has_last); /* 0 is said, and is not nothing */
	assert_int_equal(rule->last, 0);
	assert_int_equal(rule->best.len, 0);
	assert_int_equal(rule->older_than, 0);
	assert_null(arc_retention_of(&retention, AX_STR("model")));
	arc_retention_free(&retention);
	ax_json_free(document);
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *retain, *why;
	} cases[] = {
		{ "[]", "dead.retain: an object of classes" },
		{ "{\"a\": 1}", "dead.retain.a: an object with" },
		{ "{\"a\": {}}", "dead.retain.a: an object with" },
		{ "{\"a\": {\"keep-last\": -1}}", "dead.retain.a: keep-last" },
		{ "{\"a\": {\"keep-last\": 1.5}}", "dead.retain.a: keep-last" },
		{ "{\"a\": {\"keep-last\": \"2\"}}", "dead.retain.a: keep-last" },
		{ "{\"a\": {\"keep-best\": \"\"}}", "dead.retain.a: keep-best" },
		{ "{\"a\": {\"keep-best\": 1}}", "dead.retain.a: keep-best" },
		{ "{\"a\": {\"older-than\": 30}}", "dead.retain.a: older-than" },
		{ "{\"a\": {\"older-than\": \"0d\"}}", "dead.retain.a: older-than" },
		{ "{\"a\": {\"older-than\": \"soon\"}}", "dead.retain.a: older-than" },
		{ "{\"a\": {\"keep-lats\": 1}}", "dead.retain.a.keep-lats: no such rule" },
		{ "{\"a\": {\"keep-last\": 1}, \"b\": {}}", "dead.retain.b" },
	};
	struct arc_retention retention;
	struct ax_json *document;
	struct ax_error err = { 0 };
	char text[160];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), "{\"dead\": {\"retain\": %s}}", cases[i].retain);
		assert_int_equal(load(text, &document, &retention, &err), -1);
		assert_int_equal(err.code, AX_ECONFIG);
		if (!strstr(err.message, cases[i].why))
			fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].why);
		ax_json_free(document);
	}
	assert_int_equal(load("{\"dead\": {\"retian\": {}}}", &document, &retention, &err), -1);
	assert_non_null(strstr(err.message, "dead.retian: no such setting"));
	ax_json_free(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_is_no_rule),
		cmocka_unit_test(rules_are_read),
		cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
