#include "base/units.h"

#include "base/units_internal.h"

#include <assert.h>
#include <stdio.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool ax_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

struct ax_str ax_take_digits(struct ax_str *rest)
{
	size_t n = 0;

	while (n < rest->len && ax_is_digit(rest->ptr[n]))
		n++;
	struct ax_str digits = ax_str(rest->ptr, n);
	*rest = ax_str_slice(*rest, n, rest->len);
	return digits;
}

bool ax_take_char(struct ax_str *rest, char c)
{
	if (rest->len == 0 || rest->ptr[0] != c)
		return false;
	*rest = ax_str_slice(*rest, 1, rest->len);
	return true;
}

uint64_t ax_fraction_of(uint64_t unit, struct ax_str digits)
{
	uint64_t value = 0;

	/* From the right: what is behind a digit is less than one unit, so nothing overflows. */
	for (size_t i = digits.len; i > 0; i--)
		value = (value + (uint64_t)(digits.ptr[i - 1] - '0') * unit) / 10;
	return value;
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

void ax_size_say(uint64_t bytes, char text[AX_UNITS_MAX])
{
	if (bytes < 1024)
		snprintf(text, AX_UNITS_MAX, "%u byte%s", (unsigned)bytes,
			bytes == 1 ? "" : "s");
	else
		ax_size_format(bytes, text);
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

bool ax_size_parse(struct ax_str text, uint64_t *out)
{
	struct ax_str whole = ax_take_digits(&text);
	struct ax_str fraction = AX_STR("");
	bool has_point = ax_take_char(&text, '.');
	uint64_t value = 0;

	if (has_point)
		fraction = ax_take_digits(&text);
	uint64_t unit = size_unit(text);
	if (unit == 0 || !ax_u64_parse(whole, &value))
		return false;
	if (has_point && (fraction.len == 0 || unit == 1))
		return false;
	if (__builtin_mul_overflow(value, unit, &value) ||
		__builtin_add_overflow(value, ax_fraction_of(unit, fraction), &value))
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

enum { NOUN_MAX = 18 }; /* with the longest number and ending it fits AX_UNITS_MAX */

void ax_count_say(uint64_t count, const char *noun, char text[AX_UNITS_MAX])
{
	size_t len = strlen(noun);
	bool ends_in_y = len > 1 && noun[len - 1] == 'y' && !strchr("aeiou", noun[len - 2]);
	const char *ending = count == 1 ? "" : ends_in_y ? "ies" : "s";

	assert(len <= NOUN_MAX);
	if (count != 1 && ends_in_y)
		len--;
	ax_count_format(count, text);
	size_t at = strlen(text);
	snprintf(text + at, AX_UNITS_MAX - at, " %.*s%s", (int)len, noun, ending);
}

bool ax_u64_parse(struct ax_str text, uint64_t *out)
{
	uint64_t value = 0;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!ax_is_digit(text.ptr[i]) || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (unsigned)(text.ptr[i] - '0'), &value))
			return false;
	}
	*out = value;
	return true;
}

bool ax_i64_parse(struct ax_str text, int64_t *out)
{
	bool is_negative = ax_take_char(&text, '-');
	uint64_t magnitude = 0;

	if (!ax_u64_parse(text, &magnitude) || magnitude > (uint64_t)INT64_MAX + is_negative)
		return false;
	*out = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}
