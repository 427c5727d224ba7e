#include "base/units.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

enum {
	FRACTION_DIGITS = 9,
	STAMP_LENGTH = 15,
	/* No double needs more digits to be read right; one more tells "a little above". */
	REAL_DIGITS = 800,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Take the run of digits at the start of *rest off. */
static struct ax_str take_digits(struct ax_str *rest)
{
	size_t n = 0;

	while (n < rest->len && is_digit(rest->ptr[n]))
		n++;
	struct ax_str digits = ax_str(rest->ptr, n);
	*rest = ax_str_slice(*rest, n, rest->len);
	return digits;
}

/* Take the character c off the start of *rest, if it is there. */
static bool take_char(struct ax_str *rest, char c)
{
	if (rest->len == 0 || rest->ptr[0] != c)
		return false;
	*rest = ax_str_slice(*rest, 1, rest->len);
	return true;
}

void ax_size_format(uint64_t bytes, char text[AX_UNITS_MAX])
{
	static const char letters[] = "KMGTPE";
	size_t power = 0;

	if (bytes < 1024) {
		snprintf(text, AX_UNITS_MAX, "%u", (unsigned)bytes);
		return;
	}
	double value = (double)bytes / 1024;
	while (value >= 1023.5) { /* would be shown as 1024 */
		value /= 1024;
		power++;
	}
	unsigned tenths = (unsigned)(value * 10 + 0.5);
	if (tenths < 100)
		snprintf(text, AX_UNITS_MAX, "%u.%u%c", tenths / 10, tenths % 10,
			letters[power]);
	else
		snprintf(text, AX_UNITS_MAX, "%u%c", (unsigned)(value + 0.5), letters[power]);
}

/* The factor of a size's suffix: "", "B", "K", "KiB", "KB" and so on; 0 for another word. */
static uint64_t size_unit(struct ax_str suffix)
{
	static const char letters[] = { 'k', 'm', 'g', 't', 'p', 'e' };
	char letter = suffix.len ? lower(suffix.ptr[0]) : 'b';
	struct ax_str tail = ax_str_slice(suffix, 1, suffix.len);
	uint64_t base = 1024;
	uint64_t unit = 1;

	if (letter == 'b')
		return tail.len == 0;
	if (tail.len == 1 && lower(tail.ptr[0]) == 'b')
		base = 1000;
	else if (tail.len && !ax_str_equal(tail, AX_STR("iB")))
		return 0;
	for (size_t i = 0; i < sizeof(letters); i++) {
		unit *= base;
		if (letters[i] == letter)
			return unit;
	}
	return 0;
}

/*
 * unit times "0.DIGITS", rounded down. From the right: what is behind a digit is less than one
 * unit, so nothing overflows below 2^64 / 10.
 */
static uint64_t fraction_of(uint64_t unit, struct ax_str digits)
{
	uint64_t value = 0;

	for (size_t i = digits.len; i > 0; i--)
		value = (value + (uint64_t)(digits.ptr[i - 1] - '0') * unit) / 10;
	return value;
}

bool ax_size_parse(struct ax_str text, uint64_t *out)
{
	struct ax_str whole = take_digits(&text);
	struct ax_str fraction = AX_STR("");
	bool has_point = take_char(&text, '.');
	uint64_t value = 0;

	if (has_point)
		fraction = take_digits(&text);
	uint64_t unit = size_unit(text);
	if (unit == 0 || !ax_u64_parse(whole, &value))
		return false;
	if (has_point && (fraction.len == 0 || unit == 1))
		return false;
	if (__builtin_mul_overflow(value, unit, &value) ||
		__builtin_add_overflow(value, fraction_of(unit, fraction), &value))
		return false;
	*out = value;
	return true;
}

void ax_count_format(uint64_t count, char text[AX_UNITS_MAX])
{
	char digits[AX_UNITS_MAX];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);

	for (int i = 0; i < len; i++) {
		*text++ = digits[i];
		if (i + 1 < len && (len - i - 1) % 3 == 0)
			*text++ = ',';
	}
	*text = '\0';
}

/* Split time into whole seconds and the nanoseconds after them, also before 1970. */
static time_t whole_seconds(ax_nanoseconds time, int64_t *rest)
{
	int64_t seconds = time / SECOND;

	*rest = time % SECOND;
	if (*rest < 0) {
		*rest += SECOND;
		seconds--;
	}
	return (time_t)seconds;
}

/* Nanoseconds from seconds; beyond the years 1677 and 2262 the last instant there is. */
static ax_nanoseconds from_seconds(time_t seconds)
{
	ax_nanoseconds time = 0;

	if (__builtin_mul_overflow((int64_t)seconds, SECOND, &time))
		return seconds < 0 ? INT64_MIN : INT64_MAX;
	return time;
}

static ax_nanoseconds add_saturated(ax_nanoseconds time, int64_t more)
{
	ax_nanoseconds sum = 0;

	if (__builtin_add_overflow(time, more, &sum))
		return more < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

/* The calendar fields of an instant, as plain numbers. */
static struct tm broken_down(ax_nanoseconds time, bool is_local, int64_t *rest)
{
	time_t seconds = whole_seconds(time, rest);
	struct tm tm = { 0 };

	if (is_local)
		localtime_r(&seconds, &tm);
	else
		gmtime_r(&seconds, &tm);
	tm.tm_year += 1900;
	tm.tm_mon += 1;
	return tm;
}

void ax_time_format(ax_nanoseconds time, char text[AX_UNITS_MAX])
{
	int64_t rest = 0;
	struct tm tm = broken_down(time, false, &rest);

	snprintf(text, AX_UNITS_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", tm.tm_year,
		tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)rest);
}

void ax_time_format_short(ax_nanoseconds time, char text[AX_UNITS_MAX])
{
	int64_t rest = 0;
	struct tm tm = broken_down(time, true, &rest);

	snprintf(text, AX_UNITS_MAX, "%04d-%02d-%02d %02d:%02d", tm.tm_year, tm.tm_mon,
		tm.tm_mday, tm.tm_hour, tm.tm_min);
}

void ax_stamp_format(ax_nanoseconds time, char text[AX_UNITS_MAX])
{
	int64_t rest = 0;
	struct tm tm = broken_down(time, true, &rest);

	snprintf(text, AX_UNITS_MAX, "%04d%02d%02dT%02d%02d%02d", tm.tm_year, tm.tm_mon,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* A date as it was written: the fields down to the last one given, then the least ones. */
struct written_time {
	int fields[6]; /* year, month, day, hour, minute, second */
	size_t count;  /* how many of them were given */
	struct ax_str fraction;
	bool has_zone;
	int zone; /* seconds east of UTC */
};

static bool take_number(struct ax_str *rest, size_t width, int *out)
{
	int value = 0;

	if (rest->len < width)
		return false;
	for (size_t i = 0; i < width; i++) {
		if (!is_digit(rest->ptr[i]))
			return false;
		value = value * 10 + (rest->ptr[i] - '0');
	}
	*rest = ax_str_slice(*rest, width, rest->len);
	*out = value;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && is_leap ? 29 : days[month - 1];
}

/* Whether the fields are those of a real date; a leap second is. */
static bool is_date(const struct written_time *written)
{
	const int *f = written->fields;

	return f[1] >= 1 && f[1] <= 12 && f[2] >= 1 && f[2] <= days_in_month(f[0], f[1]) &&
	       f[3] <= 23 && f[4] <= 59 && f[5] <= 60;
}

/* "Z" or "+02:00". */
static bool take_zone(struct ax_str *rest, struct written_time *written)
{
	int hours = 0, minutes = 0;

	if (take_char(rest, 'Z') || take_char(rest, 'z')) {
		written->has_zone = true;
		return true;
	}
	bool is_west = take_char(rest, '-');
	if (!is_west && !take_char(rest, '+'))
		return false;
	if (!take_number(rest, 2, &hours) || !take_char(rest, ':') ||
		!take_number(rest, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	written->has_zone = true;
	written->zone = (hours * 60 + minutes) * (is_west ? -60 : 60);
	return true;
}

/* Read the RFC 3339 form, or a part of it that has no hole. */
static bool read_rfc3339(struct ax_str text, struct written_time *out)
{
	static const char before[] = { 0, '-', '-', 'T', ':', ':' };
	struct written_time written = { .fields = { 0, 1, 1, 0, 0, 0 } };
	struct ax_str rest = text;

	if (!take_number(&rest, 4, &written.fields[0]))
		return false;
	for (written.count = 1; written.count < 6; written.count++) {
		char mark = before[written.count];
		bool is_next = take_char(&rest, mark);
		if (mark == 'T')
			is_next = is_next || take_char(&rest, 't') || take_char(&rest, ' ');
		if (!is_next)
			break;
		if (!take_number(&rest, 2, &written.fields[written.count]))
			return false;
	}
	if (written.count == 4) /* an hour needs its minute */
		return false;
	if (written.count == 6 && take_char(&rest, '.')) {
		written.fraction = take_digits(&rest);
		if (written.fraction.len == 0 || written.fraction.len > FRACTION_DIGITS)
			return false;
	}
	if (written.count > 3 && rest.len && !take_zone(&rest, &written))
		return false;
	if (rest.len || !is_date(&written))
		return false;
	*out = written;
	return true;
}

/* Read "20260528T223214". */
static bool read_stamp(struct ax_str text, struct written_time *out)
{
	struct written_time written = { .count = 6 };
	int *f = written.fields;
	struct ax_str rest = text;

	if (text.len != STAMP_LENGTH || !take_number(&rest, 4, &f[0]) ||
		!take_number(&rest, 2, &f[1]) || !take_number(&rest, 2, &f[2]) ||
		!take_char(&rest, 'T') || !take_number(&rest, 2, &f[3]) ||
		!take_number(&rest, 2, &f[4]) || !take_number(&rest, 2, &f[5]))
		return false;
	if (!is_date(&written))
		return false;
	*out = written;
	return true;
}

/* The instant of the written fields, a whole second. */
static ax_nanoseconds instant(const struct written_time *written)
{
	struct tm tm = {
		.tm_year = written->fields[0] - 1900,
		.tm_mon = written->fields[1] - 1,
		.tm_mday = written->fields[2],
		.tm_hour = written->fields[3],
		.tm_min = written->fields[4],
		.tm_sec = written->fields[5],
		.tm_isdst = -1,
	};

	return from_seconds(written->has_zone ? timegm(&tm) - written->zone : mktime(&tm));
}

/* First and last nanosecond of the year, month, ..., second or part of one that was written. */
static void bounds(const struct written_time *written, ax_nanoseconds *first,
	ax_nanoseconds *last)
{
	static const int64_t lengths[] = { 0, 0, 0, 0, 0, 60 * SECOND, SECOND };
	struct written_time next = *written;

	*first = instant(written);
	if (written->count <= 3) {
		/* Not a multiple of anything: months differ, and days where clocks change. */
		next.fields[written->count - 1]++;
		*last = instant(&next);
		if (*last < INT64_MAX)
			*last = add_saturated(*last, -1);
		return;
	}
	int64_t length = lengths[written->count];
	*first = add_saturated(*first, (int64_t)fraction_of(SECOND, written->fraction));
	for (size_t i = 0; i < written->fraction.len; i++)
		length /= 10;
	*last = add_saturated(*first, length - 1);
}

/* "15min" to nanoseconds. A month has 30 days here and a year 365. */
bool ax_duration_parse(struct ax_str text, ax_nanoseconds *out)
{
	static const struct {
		struct ax_str name;
		int64_t length;
	} units[] = {
		{ AX_STR_INIT("s"), SECOND },
		{ AX_STR_INIT("min"), 60 * SECOND },
		{ AX_STR_INIT("h"), HOUR },
		{ AX_STR_INIT("d"), DAY },
		{ AX_STR_INIT("w"), 7 * DAY },
		{ AX_STR_INIT("mo"), 30 * DAY },
		{ AX_STR_INIT("y"), 365 * DAY },
	};
	int64_t count = 0, length = 0;

	if (!ax_i64_parse(take_digits(&text), &count))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!ax_str_equal(text, units[i].name))
			continue;
		if (__builtin_mul_overflow(count, units[i].length, &length))
			return false;
		*out = length;
		return true;
	}
	return false;
}

bool ax_time_parse(struct ax_str text, ax_nanoseconds now, ax_nanoseconds *first,
	ax_nanoseconds *last)
{
	struct written_time written;
	ax_nanoseconds age = 0;

	if (text.len && text.ptr[0] == '-') {
		if (!ax_duration_parse(ax_str_slice(text, 1, text.len), &age))
			return false;
		*first = *last = add_saturated(now, -age);
		return true;
	}
	if (!read_rfc3339(text, &written) && !read_stamp(text, &written))
		return false;
	bounds(&written, first, last);
	return true;
}

bool ax_stamp_parse(struct ax_str text, ax_nanoseconds *out)
{
	struct written_time written;

	if (!read_stamp(text, &written))
		return false;
	*out = instant(&written);
	return true;
}

bool ax_u64_parse(struct ax_str text, uint64_t *out)
{
	uint64_t value = 0;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.ptr[i]) || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (unsigned)(text.ptr[i] - '0'), &value))
			return false;
	}
	*out = value;
	return true;
}

bool ax_i64_parse(struct ax_str text, int64_t *out)
{
	bool is_negative = take_char(&text, '-');
	uint64_t magnitude = 0;

	if (!ax_u64_parse(text, &magnitude) || magnitude > (uint64_t)INT64_MAX + is_negative)
		return false;
	*out = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

/* A number as an integer of decimal digits times a power of ten: no decimal point is needed. */
struct decimal {
	char digits[REAL_DIGITS + 1]; /* without leading zeros */
	size_t len;
	int64_t exponent;
};

/* Append digits; those that do not fit only shift the others, or leave a trace at the end. */
static void push_digits(struct decimal *decimal, struct ax_str digits, int64_t shift)
{
	for (size_t i = 0; i < digits.len; i++) {
		char digit = digits.ptr[i];
		decimal->exponent -= shift;
		if (digit == '0' && decimal->len == 0)
			continue;
		if (decimal->len < REAL_DIGITS) {
			decimal->digits[decimal->len++] = digit;
			continue;
		}
		decimal->exponent++;
		if (digit != '0')
			decimal->digits[REAL_DIGITS - 1] |= 1;
	}
}

/* "e-7" and the like, if it is there. */
static bool take_exponent(struct ax_str *rest, int64_t *exponent)
{
	if (!take_char(rest, 'e') && !take_char(rest, 'E'))
		return true;
	bool is_negative = take_char(rest, '-');
	if (!is_negative)
		take_char(rest, '+');
	struct ax_str digits = take_digits(rest);
	int64_t value = 0;

	if (digits.len == 0)
		return false;
	if (!ax_i64_parse(digits, &value) || value > INT32_MAX)
		value = INT32_MAX;
	*exponent += is_negative ? -value : value;
	return true;
}

bool ax_real_parse(struct ax_str text, double *out)
{
	struct decimal decimal = { .len = 0 };
	char plain[sizeof(decimal.digits) + AX_UNITS_MAX];
	bool is_negative = take_char(&text, '-');
	struct ax_str whole = take_digits(&text);

	if (whole.len == 0 || (whole.len > 1 && whole.ptr[0] == '0'))
		return false;
	push_digits(&decimal, whole, 0);
	if (take_char(&text, '.')) {
		struct ax_str fraction = take_digits(&text);
		if (fraction.len == 0)
			return false;
		push_digits(&decimal, fraction, 1);
	}
	if (!take_exponent(&text, &decimal.exponent) || text.len)
		return false;

	/* Without a decimal point strtod() reads the same in every locale. */
	snprintf(plain, sizeof(plain), "%s%s0e%lld", is_negative ? "-" : "", decimal.digits,
		(long long)decimal.exponent - 1);
	double value = strtod(plain, NULL);
	if (!isfinite(value))
		return false;
	*out = value;
	return true;
}

/* Digits and decimal exponent of "d.ddde-NN", whatever the locale's decimal point is. */
static size_t split_scientific(const char *text, char *digits, int *exponent)
{
	size_t n = 0;

	for (; *text != 'e'; text++) {
		if (is_digit(*text))
			digits[n++] = *text;
	}
	*exponent = (int)strtol(text + 1, NULL, 10);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	return n;
}

/* value, positive, to so many significant digits: "0.001", "12.5", "100" or "1.5e-7". */
static void format_digits(double value, int precision, char text[AX_UNITS_MAX])
{
	char scientific[AX_UNITS_MAX];
	char digits[AX_UNITS_MAX] = "";
	int exponent = 0;

	snprintf(scientific, sizeof(scientific), "%.*e", precision - 1, value);
	int n = (int)split_scientific(scientific, digits, &exponent);
	int whole = exponent + 1; /* digits before the point */
	if (exponent < -4 || exponent > 16)
		snprintf(text, AX_UNITS_MAX, "%c%s%.*se%d", digits[0], n > 1 ? "." : "", n - 1,
			digits + 1, exponent);
	else if (whole <= 0)
		snprintf(text, AX_UNITS_MAX, "0.%.*s%.*s", -whole, "00000", n, digits);
	else if (n <= whole)
		snprintf(text, AX_UNITS_MAX, "%.*s%.*s", n, digits, whole - n,
			"00000000000000000");
	else
		snprintf(text, AX_UNITS_MAX, "%.*s.%.*s", whole, digits, n - whole,
			digits + whole);
}

void ax_real_format(double value, char text[AX_UNITS_MAX])
{
	double magnitude = fabs(value);
	double again = 0;

	if (!isfinite(value)) {
		snprintf(text, AX_UNITS_MAX, "null");
		return;
	}
	if (signbit(value))
		*text++ = '-';
	/* What has 15 digits survives the way there and back, but for subnormal numbers. */
	for (int precision = magnitude < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
		format_digits(magnitude, precision, text);
		if (ax_real_parse(ax_str_from(text), &again) && again >= magnitude &&
			again <= magnitude)
			return;
	}
}
