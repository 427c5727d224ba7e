#include "base/units.h"
#include "base/units_internal.h"

#include <stdio.h>
#include <time.h>

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

enum {
	FRACTION_DIGITS = 9,
	STAMP_LENGTH = 15,
};

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

ax_nanoseconds ax_time_of(const struct timespec *time)
{
	ax_nanoseconds result = 0;

	if (__builtin_mul_overflow((int64_t)time->tv_sec, SECOND, &result) ||
		__builtin_add_overflow(result, (int64_t)time->tv_nsec, &result))
		return time->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return result;
}

ax_nanoseconds ax_time_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return ax_time_of(&time);
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
		if (!ax_is_digit(rest->ptr[i]))
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

	if (ax_take_char(rest, 'Z') || ax_take_char(rest, 'z')) {
		written->has_zone = true;
		return true;
	}
	bool is_west = ax_take_char(rest, '-');
	if (!is_west && !ax_take_char(rest, '+'))
		return false;
	if (!take_number(rest, 2, &hours) || !ax_take_char(rest, ':') ||
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
		bool is_next = ax_take_char(&rest, mark);
		if (mark == 'T')
			is_next =
				is_next || ax_take_char(&rest, 't') || ax_take_char(&rest, ' ');
		if (!is_next)
			break;
		if (!take_number(&rest, 2, &written.fields[written.count]))
			return false;
	}
	if (written.count == 6 && ax_take_char(&rest, '.')) {
		written.fraction = ax_take_digits(&rest);
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
		!ax_take_char(&rest, 'T') || !take_number(&rest, 2, &f[3]) ||
		!take_number(&rest, 2, &f[4]) || !take_number(&rest, 2, &f[5]))
		return false;
	if (!is_date(&written))
		return false;
	*out = written;
	return true;
}

/*
 * The instant of local fields. Not by mktime(), which looks at the zone's file at every call: a
 * scan asks for every name that has a stamp. Two rounds, because the first may cross a change of
 * clocks; of an hour that comes twice the first one is meant.
 */
static time_t from_local(struct tm *tm)
{
	time_t as_if_utc = timegm(tm);
	time_t seconds = as_if_utc;

	for (int round = 0; round < 2; round++) {
		struct tm local = { 0 };
		localtime_r(&seconds, &local);
		seconds = as_if_utc - local.tm_gmtoff;
	}
	return seconds;
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

	return from_seconds(written->has_zone ? timegm(&tm) - written->zone : from_local(&tm));
}

/* First and last nanosecond of the year, month, ..., second or part of one that was written. */
static void bounds(const struct written_time *written, ax_nanoseconds *first,
	ax_nanoseconds *last)
{
	static const int64_t lengths[] = { 0, 0, 0, 0, HOUR, 60 * SECOND, SECOND };
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
	*first = add_saturated(*first, (int64_t)ax_fraction_of(SECOND, written->fraction));
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

	if (!ax_i64_parse(ax_take_digits(&text), &count))
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
