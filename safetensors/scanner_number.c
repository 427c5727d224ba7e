#include "safetensors/scanner.h"

#include <endian.h>
#include <math.h>

/*
 * A number that nobody asks for must still fit a double, and what fits is decided as the
 * reference decides it: its reader collects digits in 64 bits, drops those that no longer fit,
 * counts the powers of ten, and multiplies once.
 */

static const char bad_number[] = "not a JSON number";
static const char big_number[] = "a number beyond the range of a double";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_at_digit(const struct sft_scanner *s)
{
	return s->at < s->end && is_digit(*s->at);
}

static bool is_at(const struct sft_scanner *s, char c)
{
	return s->at < s->end && *s->at == c;
}

/*
 * The digits at the start of 8 bytes: how many there are, and their value in *out. All at once,
 * because the lengths of numbers are what a processor predicts worst.
 */
static unsigned read_digits(const char *bytes, uint64_t *out)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	word = le64toh(word) ^ (ones * '0');
	uint64_t others = (word | (word + ones * (0x80 - 10))) & (ones * 0x80);
	unsigned count = others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
	if (count == 0)
		return 0;
	word <<= 64 - 8 * count; /* zeros go in front */
	word = word * 10 + (word >> 8);
	word = ((word & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) +
		       (word >> 16 & UINT64_C(0x000000ff000000ff)) *
			       UINT64_C(0x0000271000000001)) >>
	       32;
	*out = word;
	return count;
}

bool sft_scan_u64(struct sft_scanner *s, uint64_t *out)
{
	static const uint32_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000,
		100000000 };
	uint64_t value = 0;

	sft_scan_space(s);
	const char *first = s->at;
	for (unsigned count = 8; count == 8 && s->at - first < 16 && s->end - s->at >= 8;) {
		uint64_t digits = 0;
		count = read_digits(s->at, &digits);
		value = value * powers[count] + digits;
		s->at += count;
	}
	for (; is_at_digit(s); s->at++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (unsigned)(*s->at - '0'), &value))
			return sft_scan_fail(s, "an integer over 64 bits");
	}
	if (s->at == first)
		return sft_scan_fail(s, "expected an integer that is not negative");
	if (*first == '0' && s->at - first > 1)
		return sft_scan_fail(s, bad_number);
	if (is_at(s, '.') || is_at(s, 'e') || is_at(s, 'E'))
		return sft_scan_fail(s, "expected an integer without fraction and exponent");
	*out = value;
	return true;
}

struct decimal {
	uint64_t digits;
	int64_t exponent; /* of ten */
};

/* Whether one more digit fits. */
static bool take_digit(struct decimal *d, char c)
{
	uint64_t value;

	if (__builtin_mul_overflow(d->digits, 10, &value) ||
		__builtin_add_overflow(value, (unsigned)(c - '0'), &value))
		return false;
	d->digits = value;
	return true;
}

static bool scan_integer_part(struct sft_scanner *s, struct decimal *d)
{
	if (!is_at_digit(s))
		return sft_scan_fail(s, bad_number);
	bool is_zero = *s->at == '0';
	while (is_at_digit(s) && take_digit(d, *s->at)) {
		s->at++;
		if (is_zero && is_at_digit(s))
			return sft_scan_fail(s, bad_number);
	}
	for (; is_at_digit(s); s->at++)
		d->exponent++;
	return true;
}

static bool scan_fraction(struct sft_scanner *s, struct decimal *d)
{
	s->at++;
	if (!is_at_digit(s))
		return sft_scan_fail(s, bad_number);
	for (; is_at_digit(s) && take_digit(d, *s->at); s->at++)
		d->exponent--;
	while (is_at_digit(s))
		s->at++;
	return true;
}

static bool scan_exponent(struct sft_scanner *s, struct decimal *d)
{
	int32_t exponent = 0;
	bool is_huge = false;

	s->at++;
	bool is_negative = is_at(s, '-');
	if (is_negative || is_at(s, '+'))
		s->at++;
	if (!is_at_digit(s))
		return sft_scan_fail(s, bad_number);
	for (; is_at_digit(s); s->at++) {
		is_huge = is_huge || __builtin_mul_overflow(exponent, 10, &exponent) ||
			  __builtin_add_overflow(exponent, *s->at - '0', &exponent);
	}
	if (is_huge)
		d->exponent = is_negative ? INT32_MIN : INT32_MAX;
	else
		d->exponent += is_negative ? -exponent : exponent;
	return true;
}

static bool fits_double(const struct decimal *d)
{
	/* 64 bits times less than the first of these cannot overflow. */
	static const double powers[] = { 1e289, 1e290, 1e291, 1e292, 1e293, 1e294, 1e295, 1e296,
		1e297, 1e298, 1e299, 1e300, 1e301, 1e302, 1e303, 1e304, 1e305, 1e306, 1e307,
		1e308 };

	if (d->digits == 0 || d->exponent < 289)
		return true;
	return d->exponent <= 308 && !isinf((double)d->digits * powers[d->exponent - 289]);
}

bool sft_scan_number(struct sft_scanner *s)
{
	const char *first = s->at;
	struct decimal d = { 0 };

	if (is_at(s, '-'))
		s->at++;
	if (!scan_integer_part(s, &d))
		return false;
	if (is_at(s, '.') && !scan_fraction(s, &d))
		return false;
	if ((is_at(s, 'e') || is_at(s, 'E')) && !scan_exponent(s, &d))
		return false;
	if (fits_double(&d))
		return true;
	s->at = first;
	return sft_scan_fail(s, big_number);
}
