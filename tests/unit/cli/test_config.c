#include "tests/unit/unit.h"

#include "base/json.h"
#include "cli/config.h"

static void same_list(const struct idx_strings *a, const struct idx_strings *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_str_equal(a->items[i], b->items[i]);
}

/* What init writes is what holds without a file. */
static void template_is_the_defaults(void **state)
{
	(void)state;
	struct ax_error err = { 0 };
	struct ax_json *json = NULL;
	struct idx_config written = { 0 };
	struct idx_config defaults = { 0 };

	assert_ok(ax_json_parse(cli_config_template(), AX_JSON_COMMENTS, "template", &json,
			  &err),
		&err);
	assert_ok(idx_config_load(ax_json_root(json), &written, &err), &err);
	assert_ok(idx_config_load(NULL, &defaults, &err), &err);
	same_list(&written.data, &defaults.data);
	same_list(&written.logs, &defaults.logs);
	same_list(&written.references, &defaults.references);
	same_list(&written.ignore, &defaults.ignore);
	assert_true(written.quiet == defaults.quiet);
	idx_config_free(&written);
	idx_config_free(&defaults);
	ax_json_free(json);
}

static void template_has_every_setting(void **state)
{
	(void)state;

	for (const struct cli_setting *s = cli_settings; s->key; s++)
		assert_true(cli_config_line(cli_config_template(), s->key) > 0);
}

static void lines_of_keys(void **state)
{
	(void)state;
	struct ax_str text = AX_STR("// \"quiet\"\n{ /* \n \"quiet\" */\n"
				    "\"data\": [\"quiet\",\n {\"quiet\": 1}], \"a\\\"\": 2,\n"
				    "\"quiet\": 3}");

	assert_int_equal(cli_config_line(text, "data"), 4);
	assert_int_equal(cli_config_line(text, "quiet"), 6);
	assert_int_equal(cli_config_line(text, "logs"), 0);
	assert_int_equal(cli_config_line(AX_STR("{\"quie"), "quiet"), 0);
	assert_int_equal(cli_config_line(AX_STR("{/*"), "quiet"), 0);
	assert_int_equal(cli_config_line(AX_STR("{\"\\"), "quiet"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(template_is_the_defaults),
		cmocka_unit_test(template_has_every_setting),
		cmocka_unit_test(lines_of_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
