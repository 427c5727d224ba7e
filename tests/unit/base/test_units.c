#include "tests/unit/unit.h"

#include "base/units.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

static void sizes_shown(void **state)
{
	(void)state;
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 17, "17" },
		{ 1023, "1023" },
		{ 1024, "1.0K" },
		{ 4300, "4.2K" },
		{ 10188, "9.9K" },
		{ 10239, "10K" }, /* not 10.0K */
		{ 1047552, "1023K" },
		{ 1048575, "1.0M" }, /* not 1024K */
		{ UINT64_C(25) << 30, "25G" },
		{ UINT64_C(3) << 50, "3.0P" },
		{ UINT64_MAX, "16E" },
	};
	char text[AX_UNITS_MAX];

	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_size_format(cases[i].bytes, text);
		assert_string_equal(text, cases[i].text);
	}
	for (uint64_t bytes = 1; bytes; bytes = bytes < UINT64_MAX / 3 ? bytes * 3 + 1 : 0) {
		ax_size_format(bytes, text);
		assert_true(strlen(text) <= 5);
	}
}

static void sizes_in_sentences(void **state)
{
	(void)state;
	char text[AX_UNITS_MAX];

	ax_size_say(0, text);
	assert_string_equal(text, "0 bytes");
	ax_size_say(1, text);
	assert_string_equal(text, "1 byte");
	ax_size_say(1023, text);
	assert_string_equal(text, "1023 bytes");
	ax_size_say(1024, text);
	assert_string_equal(text, "1.0K");
}

static void sizes_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool is_size;
		uint64_t bytes;
	} cases[] = {
		{ "0", true, 0 },
		{ "12", true, 12 },
		{ "12B", true, 12 },
		{ "4K", true, 4096 },
		{ "4k", true, 4096 },
		{ "4KiB", true, 4096 },
		{ "4KB", true, 4000 },
		{ "1.5G", true, UINT64_C(1610612736) },
		{ "1.5GB", true, 1500000000 },
		{ "0.001K", true, 1 },
		{ "15E", true, UINT64_C(15) << 60 },
		{ "15.9999999999999999999E", true, UINT64_MAX },
		{ "16E", false, 0 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "1.5", false, 0 },
		{ "1.K", false, 0 },
		{ ".5K", false, 0 },
		{ "", false, 0 },
		{ "K", false, 0 },
		{ "-1K", false, 0 },
		{ "+1K", false, 0 },
		{ "1 K", false, 0 },
		{ "1KBB", false, 0 },
		{ "1Ki", false, 0 },
		{ "1BB", false, 0 },
		{ "1X", false, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t bytes = 77;
		bool is_size = ax_size_parse(ax_str_from(cases[i].text), &bytes);
		assert_int_equal(is_size, cases[i].is_size);
		assert_true(bytes == (cases[i].is_size ? cases[i].bytes : 77));
	}
	uint64_t bytes = 0;
	assert_false(ax_size_parse(AX_STR("1\0"), &bytes));
}

static void counts_shown(void **state)
{
	(void)state;
	static const struct {
		uint64_t count;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 999, "999" },
		{ 1000, "1,000" },
		{ 1234567, "1,234,567" },
		{ UINT64_MAX, "18,446,744,073,709,551,615" },
	};
	char text[AX_UNITS_MAX];

	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_count_format(cases[i].count, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void counts_said(void **state)
{
	static const struct {
		uint64_t count;
		const char *noun, *text;
	} cases[] = {
		{ 0, "file", "0 files" },
		{ 1, "file", "1 file" },
		{ 2, "file", "2 files" },
		{ 1, "directory", "1 directory" },
		{ 1234, "directory", "1,234 directories" },
		{ 2, "key", "2 keys" },
		{ UINT64_MAX, "eighteen letters y",
			"18,446,744,073,709,551,615 eighteen letters ies" },
	};
	char text[AX_UNITS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ax_count_say(cases[i].count, cases[i].noun, text);
		assert_string_equal(text, cases[i].text);
	}
}

/* Central Europe, with clocks that change on the last Sundays of March and October. */
static int in_central_europe(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return 0;
}

static void times_shown(void **state)
{
	(void)state;
	static const struct {
		ax_nanoseconds time;
		const char *utc, *local, *stamp;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z", "1970-01-01 01:00", "19700101T010000" },
		{ -1, "1969-12-31T23:59:59.999999999Z", "1970-01-01 00:59", "19700101T005959" },
		{ INT64_C(1780000334123456789), "2026-05-28T20:32:14.123456789Z",
			"2026-05-28 22:32", "20260528T223214" },
		{ INT64_MAX, "2262-04-11T23:47:16.854775807Z", "2262-04-12 01:47",
			"22620412T014716" },
		{ INT64_MIN, "1677-09-21T00:12:43.145224192Z", "1677-09-21 01:12",
			"16770921T011243" },
	};
	char text[AX_UNITS_MAX];

	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_time_format(cases[i].time, text);
		assert_string_equal(text, cases[i].utc);
		ax_time_format_short(cases[i].time, text);
		assert_string_equal(text, cases[i].local);
		ax_stamp_format(cases[i].time, text);
		assert_string_equal(text, cases[i].stamp);
	}
}

static const struct {
	const char *text, *first, *last; /* NULL: no time */
} written_times[] = {
	{ "2026", "2025-12-31T23:00:00.000000000Z", "2026-12-31T22:59:59.999999999Z" },
	{ "2026-05", "2026-04-30T22:00:00.000000000Z", "2026-05-31T21:59:59.999999999Z" },
	{ "2026-12", "2026-11-30T23:00:00.000000000Z", "2026-12-31T22:59:59.999999999Z" },
	{ "2024-02-29", "2024-02-28T23:00:00.000000000Z", "2024-02-29T22:59:59.999999999Z" },
	/* Days of 23 and of 25 hours. */
	{ "2026-03-29", "2026-03-28T23:00:00.000000000Z", "2026-03-29T21:59:59.999999999Z" },
	{ "2026-10-25", "2026-10-24T22:00:00.000000000Z", "2026-10-25T22:59:59.999999999Z" },
	{ "2026-05-28T22", "2026-05-28T20:00:00.000000000Z", "2026-05-28T20:59:59.999999999Z" },
	{ "2026-05-28T22Z", "2026-05-28T22:00:00.000000000Z",
		"2026-05-28T22:59:59.999999999Z" },
	{ "2026-05-28T22:32", "2026-05-28T20:32:00.000000000Z",
		"2026-05-28T20:32:59.999999999Z" },
	{ "2026-05-28 22:32:14", "2026-05-28T20:32:14.000000000Z",
		"2026-05-28T20:32:14.999999999Z" },
	{ "2026-05-28T22:32:14.5Z", "2026-05-28T22:32:14.500000000Z",
		"2026-05-28T22:32:14.599999999Z" },
	{ "2026-05-28t22:32:14.123456789z", "2026-05-28T22:32:14.123456789Z",
		"2026-05-28T22:32:14.123456789Z" },
	{ "2026-05-28T22:32+05:30", "2026-05-28T17:02:00.000000000Z",
		"2026-05-28T17:02:59.999999999Z" },
	{ "2026-05-28T22:32:14-02:00", "2026-05-29T00:32:14.000000000Z",
		"2026-05-29T00:32:14.999999999Z" },
	{ "20260528T223214", "2026-05-28T20:32:14.000000000Z",
		"2026-05-28T20:32:14.999999999Z" },
	{ "-36h", "2025-12-30T12:00:00.000000000Z", "2025-12-30T12:00:00.000000000Z" },
	{ "-2w", "2025-12-18T00:00:00.000000000Z", "2025-12-18T00:00:00.000000000Z" },
	{ "-0s", "2026-01-01T00:00:00.000000000Z", "2026-01-01T00:00:00.000000000Z" },
	/* Beyond what nanoseconds can tell: the first or last instant there is. */
	{ "9999", "2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775807Z" },
	{ "0001", "1677-09-21T00:12:43.145224192Z", "1677-09-21T00:12:43.145224192Z" },
	{ "-200y", "1826-02-19T00:00:00.000000000Z", "1826-02-19T00:00:00.000000000Z" },
	{ "-300y", NULL, NULL },
	{ "", NULL, NULL },
	{ "26", NULL, NULL },
	{ "2026-", NULL, NULL },
	{ "2026-13", NULL, NULL },
	{ "2026-00", NULL, NULL },
	{ "2026-02-29", NULL, NULL },
	{ "1900-02-29", NULL, NULL },
	{ "2026-04-31", NULL, NULL },
	{ "2026-5-28", NULL, NULL },
	{ "2026-05-28T", NULL, NULL },
	{ "2026-05-28T24", NULL, NULL },
	{ "2026-05-28T2", NULL, NULL },
	{ "2026-05-28T22:", NULL, NULL },
	{ "2026-05-28T24:00", NULL, NULL },
	{ "2026-05-28T22:60", NULL, NULL },
	{ "2026-05-28T22:32:14.", NULL, NULL },
	{ "2026-05-28T22:32:14.1234567890", NULL, NULL },
	{ "2026-05-28Z", NULL, NULL },
	{ "2026-05-28T22:32Zx", NULL, NULL },
	{ "2026-05-28T22:32+5", NULL, NULL },
	{ "2026-05-28T22:32+24:00", NULL, NULL },
	{ "20260528T22321", NULL, NULL },
	{ "20261328T223214", NULL, NULL },
	{ "-w", NULL, NULL },
	{ "-2", NULL, NULL },
	{ "-2x", NULL, NULL },
	{ "--2w", NULL, NULL },
	{ "-99999999999999y", NULL, NULL },
};

static void times_read(void **state)
{
	(void)state;
	ax_nanoseconds now = INT64_C(1767225600) * SECOND; /* 2026-01-01T00:00:00Z */
	char text[AX_UNITS_MAX];

	for (size_t i = 0; i < COUNT(written_times); i++) {
		ax_nanoseconds first = 1, last = 2;
		bool is_time =
			ax_time_parse(ax_str_from(written_times[i].text), now, &first, &last);
		if (is_time != (written_times[i].first != NULL))
			fail_msg("\"%s\"", written_times[i].text);
		if (!is_time) {
			assert_int_equal(first, 1);
			assert_int_equal(last, 2);
			continue;
		}
		ax_time_format(first, text);
		assert_string_equal(text, written_times[i].first);
		ax_time_format(last, text);
		assert_string_equal(text, written_times[i].last);
	}
}

static void times_of_files(void **state)
{
	(void)state;
	const struct {
		struct timespec time;
		ax_nanoseconds expected;
	} cases[] = {
		{ { 0, 0 }, 0 },
		{ { -2, 999999999 }, -1000000001 },
		{ { 1600000000, 123456789 }, INT64_C(1600000000123456789) },
		{ { INT64_C(15032385535), 999999999 }, INT64_MAX },
		{ { INT64_C(-15032385535), 999999999 }, INT64_MIN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ax_time_of(&cases[i].time), cases[i].expected);
}

static void stamps_go_both_ways(void **state)
{
	(void)state;
	static const char *const stamps[] = { "20260528T223214", "20260101T000000",
		"20251231T235959" };
	static const char *const wrong[] = { "", "20260528 223214", "20260528T2232140",
		"2026052xT223214", "20260532T223214", "20260528T253214" };
	ax_nanoseconds time = 5;
	char text[AX_UNITS_MAX];

	for (size_t i = 0; i < COUNT(stamps); i++) {
		assert_true(ax_stamp_parse(ax_str_from(stamps[i]), &time));
		ax_stamp_format(time, text);
		assert_string_equal(text, stamps[i]);
	}
	time = 5;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(ax_stamp_parse(ax_str_from(wrong[i]), &time));
	assert_int_equal(time, 5);
}

static void durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t seconds; /* -1: no duration */
	} cases[] = {
		{ "90s", 90 },
		{ "15min", 900 },
		{ "2h", 7200 },
		{ "3d", 259200 },
		{ "1w", 604800 },
		{ "1mo", 2592000 },
		{ "1y", 31536000 },
		{ "0s", 0 },
		{ "", -1 },
		{ "s", -1 },
		{ "2", -1 },
		{ "-2s", -1 },
		{ "2m", -1 },
		{ "2 s", -1 },
		{ "2ss", -1 },
		{ "1.5h", -1 },
		{ "300y", -1 },
		{ "99999999999999999999s", -1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_nanoseconds time = -7;
		bool is_duration = ax_duration_parse(ax_str_from(cases[i].text), &time);
		if (is_duration != (cases[i].seconds >= 0))
			fail_msg("\"%s\"", cases[i].text);
		assert_int_equal(time, is_duration ? cases[i].seconds * SECOND : -7);
	}
}

static void integers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool is_u64, is_i64;
		uint64_t u;
		int64_t i;
	} cases[] = {
		{ "0", true, true, 0, 0 },
		{ "42", true, true, 42, 42 },
		{ "-1", false, true, 0, -1 },
		{ "9223372036854775807", true, true, INT64_MAX, INT64_MAX },
		{ "9223372036854775808", true, false, UINT64_C(1) << 63, 0 },
		{ "-9223372036854775808", false, true, 0, INT64_MIN },
		{ "-9223372036854775809", false, false, 0, 0 },
		{ "18446744073709551615", true, false, UINT64_MAX, 0 },
		{ "18446744073709551616", false, false, 0, 0 },
		{ "99999999999999999999999999", false, false, 0, 0 },
		{ "", false, false, 0, 0 },
		{ "-", false, false, 0, 0 },
		{ "--1", false, false, 0, 0 },
		{ "+1", false, false, 0, 0 },
		{ " 1", false, false, 0, 0 },
		{ "1 ", false, false, 0, 0 },
		{ "0x10", false, false, 0, 0 },
		{ "1e3", false, false, 0, 0 },
	};

	for (size_t k = 0; k < COUNT(cases); k++) {
		uint64_t u = 0;
		int64_t i = 0;
		assert_int_equal(ax_u64_parse(ax_str_from(cases[k].text), &u), cases[k].is_u64);
		assert_true(u == cases[k].u);
		assert_int_equal(ax_i64_parse(ax_str_from(cases[k].text), &i), cases[k].is_i64);
		assert_true(i == cases[k].i);
	}
}

/* Bit by bit, so that -0 is not 0. */
static bool same_double(double a, double b)
{
	uint64_t x, y;

	memcpy(&x, &a, sizeof(x));
	memcpy(&y, &b, sizeof(y));
	return x == y;
}

static void reals_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
	} cases[] = {
		{ "0", 0.0 },
		{ "-0", -0.0 },
		{ "0.5", 0.5 },
		{ "-12.25e2", -1225 },
		{ "1E+3", 1000 },
		{ "1e-3", 0.001 },
		{ "0.1", 0.1 },
		{ "9007199254740993", 9007199254740992.0 },
		/* Half way between two doubles, and a trace above it. */
		{ "9007199254740993.00000000000000000000000000000000000000000001",
			9007199254740994.0 },
		{ "1.7976931348623157e308", DBL_MAX },
		{ "4.9406564584124654e-324", 4.9406564584124654e-324 },
		{ "1e-400", 0.0 },
		{ "0e99999999999999999999", 0.0 },
		{ "0.000000000000000000000000000001e30", 1.0 },
	};
	static const char *const wrong[] = { "", "-", "+1", "01", "-01", ".5", "5.", "1e",
		"1e+", "1e5.5", "1e400", "-1e400", "1e99999999999999999999", "nan", "inf",
		"Infinity", "0x10", "1,5", " 1", "1 ", "1_000" };
	double value = 7;

	for (size_t i = 0; i < COUNT(cases); i++) {
		if (!ax_real_parse(ax_str_from(cases[i].text), &value))
			fail_msg("\"%s\" is a number", cases[i].text);
		if (!same_double(value, cases[i].value))
			fail_msg("\"%s\" is not %.17g", cases[i].text, value);
	}
	value = 7;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (ax_real_parse(ax_str_from(wrong[i]), &value))
			fail_msg("\"%s\" is no number", wrong[i]);
	}
	assert_true(same_double(value, 7));
}

/* More digits than any buffer holds: 1 behind thousands of zeros and before thousands. */
static void long_reals_read(void **state)
{
	(void)state;
	struct ax_buf buf = { 0 };
	double value = 0;

	ax_buf_append_text(&buf, "0.");
	for (int i = 0; i < 4999; i++)
		ax_buf_append_byte(&buf, '0');
	ax_buf_append_byte(&buf, '1');
	for (int i = 0; i < 5000; i++)
		ax_buf_append_byte(&buf, '0');
	ax_buf_append_text(&buf, "e5003");
	assert_true(ax_real_parse(ax_buf_str(&buf), &value));
	assert_true(same_double(value, 1000));

	/* Half way between two doubles but for the last of 2,000 digits. */
	ax_buf_clear(&buf);
	ax_buf_append_text(&buf, "9007199254740993.");
	for (int i = 0; i < 2000; i++)
		ax_buf_append_byte(&buf, '0');
	assert_true(ax_real_parse(ax_buf_str(&buf), &value));
	assert_true(same_double(value, 9007199254740992.0));
	ax_buf_append_byte(&buf, '1');
	assert_true(ax_real_parse(ax_buf_str(&buf), &value));
	assert_true(same_double(value, 9007199254740994.0));

	/* Whole digits that do not fit still count. */
	ax_buf_clear(&buf);
	ax_buf_append_byte(&buf, '2');
	for (int i = 0; i < 900; i++)
		ax_buf_append_byte(&buf, '0');
	ax_buf_append_text(&buf, "e-899");
	assert_true(ax_real_parse(ax_buf_str(&buf), &value));
	assert_true(same_double(value, 20));
	ax_buf_free(&buf);
}

static void reals_shown(void **state)
{
	(void)state;
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0.0, "0" },
		{ -0.0, "-0" },
		{ 1, "1" },
		{ -1.5, "-1.5" },
		{ 0.1, "0.1" },
		{ 0.3, "0.3" },
		{ 1 / 3.0, "0.3333333333333333" },
		{ 100, "100" },
		{ 123456.789, "123456.789" },
		{ 0.0001, "0.0001" },
		{ 0.00001, "1e-5" },
		{ 1e16, "10000000000000000" },
		{ 1e17, "1e17" },
		{ 1.5e300, "1.5e300" },
		{ DBL_MAX, "1.7976931348623157e308" },
		{ 4.9406564584124654e-324, "5e-324" },
		{ INFINITY, "null" },
		{ NAN, "null" },
	};
	char text[AX_UNITS_MAX];

	for (size_t i = 0; i < COUNT(cases); i++) {
		ax_real_format(cases[i].value, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void reals_go_both_ways(void **state)
{
	(void)state;
	uint64_t bits = 12345;
	char text[AX_UNITS_MAX];

	for (int i = 0; i < 20000; i++) {
		double value, again = 0;
		bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		ax_real_format(value, text);
		assert_true(strlen(text) < AX_UNITS_MAX);
		assert_true(ax_real_parse(ax_str_from(text), &again));
		assert_true(same_double(value, again));
	}
}

/* What has few digits is read as strtod() reads it, at each exponent. */
static void short_reals(void **state)
{
	(void)state;
	uint64_t bits = 54321;
	char text[AX_UNITS_MAX];

	for (int i = 0; i < 20000; i++) {
		double value = 0;
		bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		snprintf(text, sizeof(text), "%s%llue%d", i % 2 ? "-" : "",
			(unsigned long long)(bits >> 13 >> i % 40), i % 61 - 30);
		assert_true(ax_real_parse(ax_str_from(text), &value));
		assert_true(same_double(value, strtod(text, NULL)));
	}
}

/* In a locale with a decimal comma nothing changes. Skipped where no such locale is there. */
static void locales_do_not_matter(void **state)
{
	static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8" };
	const char *found = NULL;

	for (size_t i = 0; i < COUNT(names) && !found; i++)
		found = setlocale(LC_NUMERIC, names[i]);
	if (!found)
		skip();
	reals_read(state);
	reals_shown(state);
	sizes_shown(state);
	setlocale(LC_NUMERIC, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_shown),
		cmocka_unit_test(sizes_in_sentences),
		cmocka_unit_test(sizes_read),
		cmocka_unit_test(counts_shown),
		cmocka_unit_test(counts_said),
		cmocka_unit_test(times_shown),
		cmocka_unit_test(times_read),
		cmocka_unit_test(times_of_files),
		cmocka_unit_test(stamps_go_both_ways),
		cmocka_unit_test(durations),
		cmocka_unit_test(integers),
		cmocka_unit_test(reals_read),
		cmocka_unit_test(long_reals_read),
		cmocka_unit_test(reals_shown),
		cmocka_unit_test(reals_go_both_ways),
		cmocka_unit_test(short_reals),
		cmocka_unit_test(locales_do_not_matter),
	};

	return cmocka_run_group_tests(tests, in_central_europe, NULL);
}
