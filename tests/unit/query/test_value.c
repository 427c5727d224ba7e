#include "tests/unit/unit.h"

#include "base/json.h"
#include "query/value.h"

#include <time.h>

#define TIME INT64_C(1780000000123456789)

static const struct qry_value numbers[] = {
	{ .kind = QRY_INT, .integer = 12 },
	{ .kind = QRY_INT, .integer = 2560 },
};
static const struct qry_value words[] = {
	{ .kind = QRY_TEXT, .text = AX_STR_INIT("a") },
	{ .kind = QRY_TEXT, .text = AX_STR_INIT("b\n") },
	{ .kind = QRY_TEXT, .text = AX_STR_INIT("c") },
	{ .kind = QRY_TEXT, .text = AX_STR_INIT("d") },
	{ .kind = QRY_TEXT, .text = AX_STR_INIT("e") },
	{ .kind = QRY_TEXT, .text = AX_STR_INIT("f") },
};
static const struct qry_member members[] = {
	{ AX_STR_INIT("k"), { .kind = QRY_TEXT, .text = AX_STR_INIT("v") } },
};

static void forms(void **state)
{
	(void)state;
	const struct {
		enum qry_type type;
		struct qry_value value;
		const char *shown, *written, *json;
	} cases[] = {
		{ QRY_TYPE_INT, { 0 }, "", "", "null" },
		{ QRY_TYPE_OPEN, { .kind = QRY_NULL }, "null", "null", "null" },
		{ QRY_TYPE_INT, qry_int(-5), "-5", "-5", "-5" },
		{ QRY_TYPE_SIZE, qry_int(4300), "4.2K", "4300", "4300" },
		{ QRY_TYPE_INT, qry_unsigned(UINT64_MAX), "9223372036854775807",
			"9223372036854775807", "9223372036854775807" },
		{ QRY_TYPE_TIME, qry_int(TIME), "2026-05-28 20:26",
			"2026-05-28T20:26:40.123456789Z",
			"\"2026-05-28T20:26:40.123456789Z\"" },
		{ QRY_TYPE_STAMP, qry_int(TIME), "20260528T202640", "20260528T202640",
			"\"20260528T202640\"" },
		{ QRY_TYPE_REAL, qry_real(0.123456789), "0.1235", "0.123456789",
			"0.123456789" },
		{ QRY_TYPE_BOOL, qry_bool(true), "yes", "true", "true" },
		{ QRY_TYPE_BOOL, qry_bool(false), "no", "false", "false" },
		{ QRY_TYPE_TEXT, qry_text(AX_STR("a\tb")), "\"a\\tb\"", "a\tb", "\"a\\tb\"" },
		{ QRY_TYPE_SHAPE, qry_list(numbers, 2), "12x2560", "12x2560", "[12,2560]" },
		{ QRY_TYPE_TEXT, qry_list(words, 2), "a,\"b\\n\"", "a,b\n",
			"[\"a\",\"b\\n\"]" },
		{ QRY_TYPE_TEXT, qry_list(words, 6), "a,\"b\\n\",c,d and 2 more",
			"a,b\n,c,d,e,f", "[\"a\",\"b\\n\",\"c\",\"d\",\"e\",\"f\"]" },
		{ QRY_TYPE_OPEN, { .kind = QRY_MAP, .map = { members, 1 } }, "{\"k\":\"v\"}",
			"{\"k\":\"v\"}", "{\"k\":\"v\"}" },
	};
	struct ax_buf buf = { 0 };

	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ax_json_writer w = { .buf = &buf };

		qry_value_show(&buf, cases[i].type, &cases[i].value);
		assert_buf(&buf, cases[i].shown);
		qry_value_write(&buf, cases[i].type, &cases[i].value);
		assert_buf(&buf, cases[i].written);
		qry_value_json(&w, cases[i].type, &cases[i].value);
		assert_buf(&buf, cases[i].json);
	}
	ax_buf_free(&buf);
}

static void sparklines(void **state)
{
	(void)state;
	const struct qry_value rising[] = { qry_int(0), qry_real(0.5), qry_int(1),
		qry_text(AX_STR("x")), qry_text(AX_STR("0.25")) };
	const struct qry_value flat[] = { qry_int(3), qry_int(3) };
	struct qry_value many[100];
	struct qry_value list = qry_list(rising, 5);
	struct ax_buf buf = { 0 };

	qry_value_sparkline(&buf, &list, 10, true);
	assert_buf(&buf, "_=# -");
	qry_value_sparkline(&buf, &list, 10, false);
	assert_buf(&buf, "\xe2\x96\x81\xe2\x96\x85\xe2\x96\x88 \xe2\x96\x83");
	list = qry_list(flat, 2);
	qry_value_sparkline(&buf, &list, 10, true);
	assert_buf(&buf, "__");
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = qry_int((int64_t)i);
	list = qry_list(many, COUNT(many));
	qry_value_sparkline(&buf, &list, 8, true);
	assert_int_equal(buf.len, 8);
	ax_buf_clear(&buf);
	list = qry_int(1);
	qry_value_sparkline(&buf, &list, 8, true);
	assert_buf(&buf, "");
	ax_buf_free(&buf);
}

static void order(void **state)
{
	(void)state;
	/* Each before the next. */
	const struct qry_value sorted[] = { qry_int(-1), qry_real(0.5), qry_int(1),
		qry_text(AX_STR("")), qry_text(AX_STR("a")), qry_text(AX_STR("a\0")),
		qry_text(AX_STR("b")), qry_bool(false), qry_bool(true), qry_list(numbers, 1),
		qry_list(numbers, 2), { .kind = QRY_NULL }, { 0 } };

	for (size_t i = 0; i < COUNT(sorted); i++) {
		for (size_t j = 0; j < COUNT(sorted); j++) {
			int found = qry_value_compare(&sorted[i], &sorted[j]);

			assert_int_equal((found > 0) - (found < 0), (i > j) - (i < j));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(sparklines),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
