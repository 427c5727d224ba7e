#include "tests/unit/unit.h"

#include "base/pattern.h"
#include "indexer/literal.h"

/* What is found, with a "|" behind each text. */
static void these_texts_are_in_every_match(void **state)
{
	static const struct {
		const char *pattern, *texts;
	} cases[] = {
		{ "abc", "abc|" },
		{ "^abc$", "abc|" },
		{ "a\\.b", "a.b|" },
		{ "^V/(?<module>.+)$", "V/|" },
		{ "^base_model\\..+\\.lora_A(?:\\.[^.]+)?\\.weight$",
			"base_model.|.lora_A|.weight|" },
		{ "abc?d", "ab|d|" },
		{ "abc*d", "ab|d|" },
		{ "abc+d", "abc|d|" },
		{ "abc{2,3}d", "ab|d|" },
		{ "ab+?c", "ab|c|" },
		{ "(?:abc)?d", "d|" },
		{ "a[bc]d", "a|d|" },
		{ "a[]b]c", "a|c|" },
		{ "a[^]b]c", "a|c|" },
		{ "a[\\]b]c", "a|c|" },
		{ "layer1x", "layer|x|" },
		{ "a\\d+b", "a|b|" },
		{ "δ?x", "x|" },
		{ "δS/", "δS/|" },
		{ "(a|b)c", "c|" },
		{ "(?<!x)c", "c|" },
		{ "(a(b|c)[)]d)e", "e|" },
		{ "", "" },
		{ ".*", "" },
		{ "a|b", "" },
		{ "abc|", "" },
		{ "(?i)abc", "" },
		{ "a(?i)bc", "" },
		{ "((?i)a)bc", "" },
		{ "(?x) a b", "" },
		{ "(?#x)ab", "" },
		{ "(*UCP)abc", "" },
		{ "\\Qa.b\\E", "" },
		{ "a\\x41", "" },
		{ "abc{x|y}", "" },
		{ "[[:alpha:]]b", "" },
	};
	struct ax_buf found = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_buf_clear(&found);
		idx_literal_find(ax_str_from(cases[i].pattern), &found);
		for (size_t j = 0; j < found.len; j++)
			found.data[j] = found.data[j] ? found.data[j] : '|';
		if (!ax_str_equal(ax_buf_str(&found), ax_str_from(cases[i].texts)))
			fail_msg("%s: %s", cases[i].pattern, ax_buf_text(&found));
	}
	ax_buf_free(&found);
}

/* Random patterns of what patterns are made of: no match lacks a text that was found. */
static void no_match_lacks_them(void **state)
{
	static const char *const pieces[] = { "a", "b", "\\.", ".", "[ab]", "(", ")",
		"(?:", "|", "?", "*", "+", "{2}", "^", "$", "\\d", "0", "{", "}", "[", "]",
		"-" };
	uint32_t random = 1;
	unsigned matches = 0;
	struct ax_matcher *matcher = NULL;
	struct ax_error err = { 0 };

	(void)state;
	assert_ok(ax_matcher_new(&matcher, &err), &err);
	for (unsigned i = 0; i < 20000; i++) {
		struct ax_buf source = { 0 }, subject = { 0 }, found = { 0 };
		struct ax_pattern *pattern = NULL;
		for (unsigned j = 0; j < 8; j++) {
			random = random * 1664525u + 1013904223u;
			ax_buf_append_text(&source, pieces[(random >> 16) % COUNT(pieces)]);
			ax_buf_append_byte(&subject, "ab.0{"[(random >> 8) % 5]);
		}
		if (ax_pattern_compile(ax_buf_str(&source), 0, &pattern, &err) == 0 &&
			ax_pattern_search(pattern, matcher, ax_buf_str(&subject)) == 1) {
			matches++;
			idx_literal_find(ax_buf_str(&source), &found);
			for (size_t at = 0; at < found.len; at += strlen(found.data + at) + 1)
				if (!ax_str_contains(ax_buf_str(&subject),
					    ax_str_from(found.data + at)))
					fail_msg("%s has %s", ax_buf_text(&source),
						found.data + at);
		}
		ax_pattern_free(pattern);
		ax_buf_free(&source);
		ax_buf_free(&subject);
		ax_buf_free(&found);
	}
	assert_true(matches > 500);
	ax_matcher_free(matcher);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(these_texts_are_in_every_match),
		cmocka_unit_test(no_match_lacks_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
