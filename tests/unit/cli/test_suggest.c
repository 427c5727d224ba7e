#include "tests/unit/unit.h"

#include "cli/suggest.h"

static const char *const verbs[] = { "init", "scan", "query", "show", "resolve", "config",
	NULL };

static void nearest_is_found(void **state)
{
	(void)state;
	static const struct {
		const char *given, *best;
	} cases[] = {
		{ "scna", "scan" },
		{ "SCAN", "scan" },
		{ "qurey", "query" },
		{ "conf", "config" }, /* cut short */
		{ "resovle", "resolve" },
		{ "frobnicate", "" },
		{ "", "" },
		{ "x", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cli_suggestion suggestion = { .given = ax_str_from(cases[i].given) };
		cli_suggest_offer_all(&suggestion, verbs);
		assert_str_equal(suggestion.best, ax_str_from(cases[i].best));
	}
}

/* What a word of another program is called here is meant by that word, and only by it. */
static void synonyms_are_meant(void **state)
{
	(void)state;
	static const struct {
		const char *given, *best;
	} cases[] = {
		{ "find", "query" },
		{ "FIND", "query" },
		{ "finds", "" },
		{ "fin", "pin" },
		{ "pind", "pin" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cli_suggestion suggestion = { .given = ax_str_from(cases[i].given) };
		cli_suggest_offer(&suggestion, AX_STR("pin"));
		cli_suggest_synonym(&suggestion, AX_STR("find"), AX_STR("query"));
		assert_str_equal(suggestion.best, ax_str_from(cases[i].best));
	}
}

static void hint_is_a_question(void **state)
{
	(void)state;
	struct cli_suggestion near = { .given = AX_STR("ful") };
	struct cli_suggestion far = { .given = AX_STR("zzzz") };
	char hint[CLI_HINT_MAX];

	cli_suggest_offer(&near, AX_STR("full"));
	cli_suggest_offer(&far, AX_STR("full"));
	assert_string_equal(cli_suggest_hint(&near, "--", "", hint), "; did you mean --full?");
	assert_string_equal(cli_suggest_hint(&far, "--", "; try -h", hint), "; try -h");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_is_found),
		cmocka_unit_test(synonyms_are_meant),
		cmocka_unit_test(hint_is_a_question),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
