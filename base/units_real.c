#include "base/units.h"
#include "base/units_internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* No double needs more digits to be read right; one more tells "a little above". */
enum { REAL_DIGITS = 800 };

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
	if (!ax_take_char(rest, 'e') && !ax_take_char(rest, 'E'))
		return true;
	bool is_negative = ax_take_char(rest, '-');
	if (!is_negative)
		ax_take_char(rest, '+');
	struct ax_str digits = ax_take_digits(rest);
	int64_t value = 0;

	if (digits.len == 0)
		return false;
	if (!ax_i64_parse(digits, &value) || value > INT32_MAX)
		value = INT32_MAX;
	*exponent += is_negative ? -value : value;
	return true;
}

/*
 * Digits that a double holds exactly, times or by a power of ten that it holds, too, are rounded
 * once and so right. False for all others.
 */
static bool convert_exactly(const struct decimal *decimal, double *out)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	const int64_t largest = sizeof(powers) / sizeof(*powers) - 1;
	int64_t whole = 0;

	if (FLT_EVAL_METHOD != 0 || decimal->len > DBL_DIG || decimal->exponent > largest ||
		decimal->exponent < -largest)
		return false;
	for (size_t i = 0; i < decimal->len; i++)
		whole = whole * 10 + (decimal->digits[i] - '0');
	*out = decimal->exponent < 0 ? (double)whole / powers[-decimal->exponent]
				     : (double)whole * powers[decimal->exponent];
	return true;
}

bool ax_real_parse(struct ax_str text, double *out)
{
	struct decimal decimal = { .len = 0 };
	char plain[sizeof(decimal.digits) + AX_UNITS_MAX];
	double value = 0;
	bool is_negative = ax_take_char(&text, '-');
	struct ax_str whole = ax_take_digits(&text);

	if (whole.len == 0 || (whole.len > 1 && whole.ptr[0] == '0'))
		return false;
	push_digits(&decimal, whole, 0);
	if (ax_take_char(&text, '.')) {
		struct ax_str fraction = ax_take_digits(&text);
		if (fraction.len == 0)
			return false;
		push_digits(&decimal, fraction, 1);
	}
	if (!take_exponent(&text, &decimal.exponent) || text.len)
		return false;

	if (!convert_exactly(&decimal, &value)) {
		/* Without a decimal point strtod() reads the same in every locale. */
		snprintf(plain, sizeof(plain), "%s0e%lld", decimal.digits,
			(long long)decimal.exponent - 1);
		value = strtod(plain, NULL);
	}
	if (!isfinite(value))
		return false;
	*out = is_negative ? -value : value;
	return true;
}

/* Digits and decimal exponent of "d.ddde-NN", whatever the locale's decimal point is. */
static size_t split_scientific(const char *text, char *digits, int *exponent)
{
	size_t n = 0;

	for (; *text != 'e'; text++) {
		if (ax_is_digit(*text))
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
