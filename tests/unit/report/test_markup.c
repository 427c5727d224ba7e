#include "tests/unit/unit.h"

#include "report/markup.h"

static void test_text(void **state)
{
	static const struct {
		struct ax_str text;
		const char *expected;
	} cases[] = {
		{ AX_STR_INIT("plain, δS"), "plain, δS" },
		{ AX_STR_INIT("</script><img onerror=\"a('b')\">&amp;"),
			"&lt;/script&gt;&lt;img "
			"onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;amp;" },
		{ AX_STR_INIT("a\0b\x1b[2J\n\x7f"), "a\\x00b\\x1b[2J\\x0a\\x7f" },
		{ AX_STR_INIT("\xff\xc0\xaf<"), "\\xff\\xc0\\xaf&lt;" },
		{ AX_STR_INIT("exe\xe2\x80\xae.gpj"), "exe\\xe2\\x80\\xae.gpj" },
	};
	struct ax_buf buf = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		rpt_text(&buf, cases[i].text);
		assert_buf(&buf, cases[i].expected);
	}
	ax_buf_free(&buf);
}

/* What is cut is cut between characters, and never inside of what stands for one. */
static void test_cut(void **state)
{
	struct ax_buf buf = { 0 };

	(void)state;
	rpt_text_cut(&buf, AX_STR("short"), 5);
	assert_buf(&buf, "short");
	rpt_text_cut(&buf, AX_STR("0123456789"), 5);
	assert_buf(&buf, "01…89");
	rpt_text_cut(&buf, AX_STR("δδδδδδδδ"), 4);
	assert_buf(&buf, "δ…δδ");
	rpt_text_cut(&buf, AX_STR("<<<<<<<<"), 3);
	assert_buf(&buf, "&lt;…&lt;");
	ax_buf_free(&buf);
}

static void test_label(void **state)
{
	struct rpt_label label = { 1, 2.5, 1000, 10, "class=\"soft\"" };
	struct ax_buf buf = { 0 };

	(void)state;
	assert_true(rpt_label(&buf, &label, AX_STR("<b>")));
	assert_buf(&buf, "<text x=\"1\" y=\"2.5\" class=\"soft\">&lt;b&gt;</text>");
	label.width = 60;
	assert_true(rpt_label(&buf, &label, AX_STR("abcdefghijklmnopqrst")));
	assert_true(ax_str_contains(ax_buf_str(&buf), AX_STR("…")));
	ax_buf_clear(&buf);
	label.width = 12;
	assert_false(rpt_label(&buf, &label, AX_STR("abcdefghijklmnopqrst")));
	assert_buf(&buf, "");
	ax_buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
