#include "safetensors/scanner.h"

#include "base/text.h"

#include <endian.h>
#include <math.h>

static const char unexpected_end[] = "the header ends too early";
static const char bad_number[] = "not a JSON number";
static const char big_number[] = "a number beyond the range of a double";

bool sft_scan_fail(struct sft_scanner *s, const char *mistake)
{
	s->mistake = s->at < s->end ? mistake : unexpected_end;
	return false;
}

/*
 * Strings
 */

/* 1 in the top bit of every byte that is a quote, a backslash, a control or not ASCII; exact up
 * to the first such byte, which is what counts. */
static uint64_t special_bytes(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t quote = (word ^ (ones * '"')) - ones;
	uint64_t backslash = (word ^ (ones * '\\')) - ones;
	uint64_t control = word - ones * 0x20;

	return (quote | backslash | control | word) & (ones * 0x80);
}

static bool is_special(unsigned char c)
{
	return c == '"' || c == '\\' || c < 0x20 || c >= 0x80;
}

static const char *skip_plain(const char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t word;
		memcpy(&word, p, sizeof(word));
		uint64_t special = special_bytes(le64toh(word));
		if (special)
			return p + (__builtin_ctzll(special) >> 3);
		p += 8;
	}
	while (p < end && !is_special((unsigned char)*p))
		p++;
	return p;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The unit of "\uXXXX" at p, or -1. */
static int32_t unicode_escape(const char *p, const char *end)
{
	int32_t unit = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		int digit = hex_digit(p[i]);
		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool is_high_surrogate(int32_t unit)
{
	return (unit & ~0x3ff) == 0xd800;
}

static bool is_low_surrogate(int32_t unit)
{
	return (unit & ~0x3ff) == 0xdc00;
}

/* The value of a one-letter escape, or -1. */
static int simple_escape(char letter)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	const char *hit = letter ? strchr(letters, letter) : NULL;

	return hit ? values[hit - letters] : -1;
}

/* Length of the checked escape at p, both halves of a surrogate pair; 0 when it is wrong. */
static size_t escape_length(const char *p, const char *end)
{
	if (end - p >= 2 && simple_escape(p[1]) >= 0)
		return 2;
	int32_t unit = unicode_escape(p, end);
	if (unit < 0 || is_low_surrogate(unit))
		return 0;
	if (!is_high_surrogate(unit))
		return 6;
	int32_t second = unicode_escape(p + 6, end);
	return second >= 0 && is_low_surrogate(second) ? 12 : 0;
}

static bool scan_escape(struct sft_scanner *s)
{
	size_t len = escape_length(s->at, s->end);

	if (len == 0)
		return sft_scan_fail(s, "not an escape of JSON");
	s->at += len;
	return true;
}

static bool scan_non_ascii(struct sft_scanner *s)
{
	size_t len = ax_utf8_length(ax_str(s->at, (size_t)(s->end - s->at)));

	if (len == 0)
		return sft_scan_fail(s, "not UTF-8");
	s->at += len;
	return true;
}

bool sft_scan_string(struct sft_scanner *s, struct sft_string *out)
{
	if (!sft_scan_byte(s, '"', "expected a string"))
		return false;
	out->ptr = s->at;
	out->is_escaped = false;
	for (;;) {
		s->at = skip_plain(s->at, s->end);
		if (s->at == s->end)
			return sft_scan_fail(s, unexpected_end);
		if (*s->at == '"')
			break;
		if (*s->at == '\\') {
			out->is_escaped = true;
			if (!scan_escape(s))
				return false;
		} else if ((unsigned char)*s->at < 0x20) {
			return sft_scan_fail(s, "a raw control character in a string");
		} else if (!scan_non_ascii(s)) {
			return false;
		}
	}
	out->len = (size_t)(s->at - out->ptr);
	s->at++;
	return true;
}

bool sft_scan_key(struct sft_scanner *s, struct sft_string *out)
{
	return sft_scan_string(s, out) && sft_scan_byte(s, ':', "expected :");
}

static size_t put_utf8(int32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Write what the checked escape at p says, never more bytes than it has itself. */
static size_t put_escape(const char *p, const char *end, char *out)
{
	if (p[1] != 'u') {
		*out = (char)simple_escape(p[1]);
		return 1;
	}
	int32_t unit = unicode_escape(p, end);
	if (!is_high_surrogate(unit))
		return put_utf8(unit, out);
	int32_t second = unicode_escape(p + 6, end);
	return put_utf8(0x10000 + ((unit & 0x3ff) << 10) + (second & 0x3ff), out);
}

size_t sft_string_unescape(struct sft_string string, char *out)
{
	const char *p = string.ptr;
	const char *end = p + string.len;
	size_t len = 0;

	while (p < end) {
		const char *backslash = memchr(p, '\\', (size_t)(end - p));
		size_t plain = (size_t)((backslash ? backslash : end) - p);
		memcpy(out + len, p, plain);
		len += plain;
		p += plain;
		if (p < end) {
			len += put_escape(p, end, out + len);
			p += escape_length(p, end);
		}
	}
	return len;
}

bool sft_string_equals(struct sft_string string, struct ax_str text)
{
	char plain[128];

	if (!string.is_escaped)
		return ax_str_equal(ax_str(string.ptr, string.len), text);
	if (string.len > sizeof(plain))
		return false;
	return ax_str_equal(ax_str(plain, sft_string_unescape(string, plain)), text);
}

const char *sft_find_bad_utf8(struct ax_str text)
{
	const char *p = text.ptr;
	const char *end = p + text.len;

	while (p < end) {
		uint64_t word;
		if (end - p >= 8) {
			memcpy(&word, p, sizeof(word));
			if ((word & UINT64_C(0x8080808080808080)) == 0) {
				p += 8;
				continue;
			}
		}
		size_t len = ax_utf8_length(ax_str(p, (size_t)(end - p)));
		if (len == 0)
			return p;
		p += len;
	}
	return NULL;
}

/*
 * Numbers
 *
 * A number that nobody asks for must still fit a double, and what fits is decided as the
 * reference decides it: its reader collects digits in 64 bits, drops those that no longer fit,
 * counts the powers of ten, and multiplies once.
 */

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

static bool scan_number(struct sft_scanner *s)
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

/*
 * Values
 */

static bool scan_word(struct sft_scanner *s, struct ax_str word)
{
	if ((size_t)(s->end - s->at) < word.len || memcmp(s->at, word.ptr, word.len) != 0)
		return sft_scan_fail(s, "expected a value");
	s->at += word.len;
	return true;
}

bool sft_scan_null(struct sft_scanner *s)
{
	sft_scan_space(s);
	return scan_word(s, AX_STR("null"));
}

static bool scan_scalar(struct sft_scanner *s, char first)
{
	struct sft_string ignored;

	switch (first) {
	case '"':
		return sft_scan_string(s, &ignored);
	case 't':
		return scan_word(s, AX_STR("true"));
	case 'f':
		return scan_word(s, AX_STR("false"));
	case 'n':
		return scan_word(s, AX_STR("null"));
	case '-':
		return scan_number(s);
	default:
		if (is_at_digit(s))
			return scan_number(s);
		return sft_scan_fail(s, "expected a value");
	}
}

/* Behind a value: close what ends there. 1 at the next value, 0 all is closed, -1 mistake. */
static int scan_onward(struct sft_scanner *s, const char *closers, unsigned outside, bool first)
{
	struct sft_string ignored;

	while (s->depth > outside) {
		char close = closers[s->depth];
		int more = sft_scan_step(s, close, first);
		if (more < 0)
			return -1;
		if (more > 0)
			return close == ']' || sft_scan_key(s, &ignored) ? 1 : -1;
		first = false;
	}
	return 0;
}

bool sft_scan_value(struct sft_scanner *s)
{
	char closers[SFT_DEPTH_LIMIT + 1]; /* by depth */
	unsigned outside = s->depth;
	int more = 1;

	while (more > 0) {
		char c = sft_scan_peek(s);
		bool is_container = c == '{' || c == '[';
		if (is_container ? !sft_scan_open(s) : !scan_scalar(s, c))
			return false;
		if (is_container)
			closers[s->depth] = c == '{' ? '}' : ']';
		more = scan_onward(s, closers, outside, is_container);
	}
	return more == 0;
}
