#include "safetensors/scanner.h"

#include "base/text.h"

#include <endian.h>
#include <limits.h>

static const char unexpected_end[] = "the header ends too early";

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

/* The value of a one-letter escape, or 0. */
static char simple_escape(char letter)
{
	static const char values[UCHAR_MAX + 1] = {
		['"'] = '"',
		['\\'] = '\\',
		['/'] = '/',
		['b'] = '\b',
		['f'] = '\f',
		['n'] = '\n',
		['r'] = '\r',
		['t'] = '\t',
	};

	return values[(unsigned char)letter];
}

/* Length of the checked escape at p, both halves of a surrogate pair; 0 when it is wrong. */
static size_t escape_length(const char *p, const char *end)
{
	if (end - p >= 2 && simple_escape(p[1]))
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

/* Write what the checked escape "\u" at p says, never more bytes than it has itself. */
static size_t put_unicode(const char *p, const char *end, char *out)
{
	int32_t unit = unicode_escape(p, end);
	if (!is_high_surrogate(unit))
		return put_utf8(unit, out);
	int32_t second = unicode_escape(p + 6, end);
	return put_utf8(0x10000 + ((unit & 0x3ff) << 10) + (second & 0x3ff), out);
}

/*
 * Copy what stands before the next backslash, or some of it, by words; *out takes as many bytes as
 * are left. How many were copied.
 */
static size_t copy_plain(const char *p, const char *end, char *out)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const char *start = p;

	while (end - p >= 8) {
		uint64_t word;
		memcpy(&word, p, sizeof(word));
		memcpy(out + (p - start), &word, sizeof(word));
		uint64_t other = le64toh(word) ^ (ones * '\\');
		uint64_t backslash = (other - ones) & ~other & (ones * 0x80);
		if (backslash)
			return (size_t)(p - start) + (size_t)(__builtin_ctzll(backslash) >> 3);
		p += 8;
	}
	return (size_t)(p - start);
}

size_t sft_string_unescape(struct sft_string string, char *out)
{
	const char *p = string.ptr;
	const char *end = p + string.len;
	size_t len = 0;

	while (p < end) {
		size_t plain = copy_plain(p, end, out + len);
		p += plain;
		len += plain;
		if (p == end)
			break;
		if (*p != '\\') {
			out[len++] = *p++;
			continue;
		}
		if (p[1] != 'u') {
			out[len++] = simple_escape(p[1]);
			p += 2;
			continue;
		}
		size_t escaped = escape_length(p, end);
		len += put_unicode(p, end, out + len);
		p += escaped;
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
	default:
		if (first == '-' || (first >= '0' && first <= '9'))
			return sft_scan_number(s);
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
