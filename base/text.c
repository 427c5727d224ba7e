#include "base/text.h"

#include "base/buf.h"

#include <stdio.h>

enum {
	NOT_UTF8 = 0x110000, /* beyond the last code point */
	DISTANCE_LIMIT = 64,
};

/* First byte's range and that of the second, by sequence length; RFC 3629, section 4. */
static const struct utf8_form {
	unsigned char first_low, first_high, second_low, second_high, length;
} utf8_forms[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static bool has_form(const struct utf8_form *form, struct ax_str s)
{
	const unsigned char *bytes = (const unsigned char *)s.ptr;

	if (s.len < form->length || bytes[1] < form->second_low || bytes[1] > form->second_high)
		return false;
	for (size_t i = 2; i < form->length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

size_t ax_utf8_length(struct ax_str s)
{
	if (s.len == 0)
		return 0;
	unsigned char first = (unsigned char)s.ptr[0];
	if (first < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(utf8_forms) / sizeof(utf8_forms[0]); i++) {
		const struct utf8_form *form = &utf8_forms[i];
		if (first >= form->first_low && first <= form->first_high)
			return has_form(form, s) ? form->length : 0;
	}
	return 0;
}

/* How many bytes at the start of s are surely ASCII, eight at a time. */
static size_t ascii_length(struct ax_str s)
{
	const uint64_t high_bits = UINT64_C(0x8080808080808080);
	size_t len = 0;

	for (uint64_t word; s.len - len >= sizeof(word); len += sizeof(word)) {
		memcpy(&word, s.ptr + len, sizeof(word));
		if (word & high_bits)
			break;
	}
	return len;
}

bool ax_utf8_valid(struct ax_str s)
{
	while (s.len) {
		size_t ascii = ascii_length(s);
		if (ascii) {
			s = ax_str_slice(s, ascii, s.len);
			continue;
		}
		size_t len = ax_utf8_length(s);
		if (len == 0)
			return false;
		s = ax_str_slice(s, len, s.len);
	}
	return true;
}

size_t ax_utf8_next(struct ax_str s, uint32_t *code)
{
	static const unsigned char first_mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t len = ax_utf8_length(s);

	if (len == 0) {
		*code = NOT_UTF8;
		return s.len ? 1 : 0;
	}
	*code = (unsigned char)s.ptr[0] & first_mask[len];
	for (size_t i = 1; i < len; i++)
		*code = *code << 6 | ((unsigned char)s.ptr[i] & 0x3f);
	return len;
}

/* Whether a terminal may act on the code point, or show the text around it falsely. */
static bool is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 ||
	       code == 0x2029 || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == NOT_UTF8;
}

/*
 * The safe run at the start of s, up to an unsafe code point or one of the ASCII characters in
 * stops; it may be empty.
 */
static struct ax_str plain_run(struct ax_str s, const char *stops)
{
	size_t at = 0;

	while (at < s.len) {
		unsigned char byte = (unsigned char)s.ptr[at];
		uint32_t code = byte;
		size_t len = 1;
		if (byte >= 0x80)
			len = ax_utf8_next(ax_str_slice(s, at, s.len), &code);
		if (is_unsafe(code) || (byte < 0x80 && strchr(stops, byte)))
			break;
		at += len;
	}
	return ax_str(s.ptr, at);
}

bool ax_text_is_plain(struct ax_str s)
{
	return plain_run(s, "").len == s.len;
}

/* The letter behind the backslash in C for a byte that has one, else 0. */
static char c_escape_letter(char byte)
{
	static const char bytes[] = "\a\b\t\n\v\f\r\"\\";
	static const char letters[] = "abtnvfr\"\\";
	const char *hit = byte ? strchr(bytes, byte) : NULL;

	return hit ? letters[hit - bytes] : '\0';
}

static void append_c_escape(struct ax_buf *buf, char byte)
{
	char letter = c_escape_letter(byte);

	if (letter)
		ax_buf_printf(buf, "\\%c", letter);
	else
		ax_buf_printf(buf, "\\%03o", (unsigned)(unsigned char)byte);
}

static void append_hex_escape(struct ax_buf *buf, char byte)
{
	ax_buf_printf(buf, "\\x%02x", (unsigned)(unsigned char)byte);
}

/* Append s with each byte of the characters at which plain_run() stops put by escape. */
static void append_escaped(struct ax_buf *buf, struct ax_str s, const char *stops,
	void (*escape)(struct ax_buf *buf, char byte))
{
	while (s.len) {
		struct ax_str run = plain_run(s, stops);
		uint32_t code;

		ax_buf_append_str(buf, run);
		s = ax_str_slice(s, run.len, s.len);
		size_t len = ax_utf8_next(s, &code);
		for (size_t i = 0; i < len; i++)
			escape(buf, s.ptr[i]);
		s = ax_str_slice(s, len, s.len);
	}
}

void ax_text_quote(struct ax_buf *buf, struct ax_str s)
{
	static const char stops[] = "\"\\";

	if (plain_run(s, stops).len == s.len) {
		ax_buf_append_str(buf, s);
		return;
	}
	ax_buf_append_byte(buf, '"');
	append_escaped(buf, s, stops, append_c_escape);
	ax_buf_append_byte(buf, '"');
}

void ax_text_escape(struct ax_buf *buf, struct ax_str s)
{
	append_escaped(buf, s, "", append_hex_escape);
}

static void append_json_escape(struct ax_buf *buf, uint32_t code)
{
	if (code == NOT_UTF8)
		ax_buf_append_text(buf, "\xef\xbf\xbd");
	else if (code == '"' || code == '\\' || (code >= '\b' && code <= '\r' && code != '\v'))
		ax_buf_printf(buf, "\\%c", c_escape_letter((char)code));
	else
		ax_buf_printf(buf, "\\u%04x", (unsigned)code);
}

void ax_text_json(struct ax_buf *buf, struct ax_str s)
{
	while (s.len) {
		struct ax_str run = plain_run(s, "\"\\");
		uint32_t code;

		ax_buf_append_str(buf, run);
		s = ax_str_slice(s, run.len, s.len);
		size_t len = ax_utf8_next(s, &code);
		if (len)
			append_json_escape(buf, code);
		s = ax_str_slice(s, len, s.len);
	}
}

/* As ax_text_escape(), but with quotation marks doubled and line feeds kept. */
static void append_csv_byte(struct ax_buf *buf, char byte)
{
	if (byte == '"')
		ax_buf_append_text(buf, "\"\"");
	else if (byte == '\n')
		ax_buf_append_byte(buf, byte);
	else
		append_hex_escape(buf, byte);
}

void ax_text_csv(struct ax_buf *buf, struct ax_str s)
{
	bool is_formula = s.len && s.ptr[0] && strchr("=+-@\t\r", s.ptr[0]);
	bool is_quoted = ax_str_find(s, ',') != s.len || ax_str_find(s, '"') != s.len ||
			 ax_str_find(s, '\n') != s.len;

	if (is_quoted)
		ax_buf_append_byte(buf, '"');
	if (is_formula)
		ax_buf_append_byte(buf, '\'');
	append_escaped(buf, s, "\"", append_csv_byte);
	if (is_quoted)
		ax_buf_append_byte(buf, '"');
}

void ax_text_base64(struct ax_buf *buf, struct ax_str s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t at = 0; at < s.len; at += 3) {
		size_t n = s.len - at < 3 ? s.len - at : 3;
		uint32_t group = 0;
		char out[4];

		for (size_t i = 0; i < 3; i++)
			group = group << 8 | (i < n ? (unsigned char)s.ptr[at + i] : 0);
		for (size_t i = 0; i < 4; i++)
			out[i] = i <= n ? digits[group >> (18 - 6 * i) & 63] : '=';
		ax_buf_append(buf, out, sizeof(out));
	}
}

struct code_range {
	uint32_t first, last;
};

/* Marks that are drawn over the character before them, and invisible joiners. */
static const struct code_range zero_width[] = {
	{ 0x0300, 0x036f },
	{ 0x0483, 0x0489 },
	{ 0x0591, 0x05bd },
	{ 0x0610, 0x061a },
	{ 0x064b, 0x065f },
	{ 0x06d6, 0x06dc },
	{ 0x0e31, 0x0e31 },
	{ 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e },
	{ 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff },
	{ 0x200b, 0x200f },
	{ 0x2060, 0x2064 },
	{ 0x20d0, 0x20ff },
	{ 0x3099, 0x309a },
	{ 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
	{ 0xfeff, 0xfeff },
	{ 0x1f3fb, 0x1f3ff },
	{ 0xe0001, 0xe007f },
	{ 0xe0100, 0xe01ef },
};

/* East Asian wide and full-width characters, and pictures. */
static const struct code_range double_width[] = {
	{ 0x1100, 0x115f },
	{ 0x231a, 0x231b },
	{ 0x23e9, 0x23ec },
	{ 0x2614, 0x2615 },
	{ 0x26a1, 0x26a1 },
	{ 0x2705, 0x2705 },
	{ 0x2728, 0x2728 },
	{ 0x274c, 0x274c },
	{ 0x2753, 0x2757 },
	{ 0x2b50, 0x2b50 },
	{ 0x2e80, 0x303e },
	{ 0x3041, 0x4dbf },
	{ 0x4e00, 0xa4cf },
	{ 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f },
	{ 0xff01, 0xff60 },
	{ 0xffe0, 0xffe6 },
	{ 0x16fe0, 0x18cff },
	{ 0x1b000, 0x1b2ff },
	{ 0x1f300, 0x1f320 },
	{ 0x1f32d, 0x1f335 },
	{ 0x1f337, 0x1f37c },
	{ 0x1f380, 0x1f393 },
	{ 0x1f3a0, 0x1f3ca },
	{ 0x1f400, 0x1f4fc },
	{ 0x1f4ff, 0x1f53d },
	{ 0x1f5fb, 0x1f64f },
	{ 0x1f680, 0x1f6c5 },
	{ 0x1f900, 0x1f9ff },
	{ 0x1fa70, 0x1faff },
	{ 0x20000, 0x3fffd },
};

static bool is_among(uint32_t code, const struct code_range *ranges, size_t count)
{
	for (size_t i = 0; i < count && ranges[i].first <= code; i++) {
		if (code <= ranges[i].last)
			return true;
	}
	return false;
}

static size_t code_width(uint32_t code)
{
	if (code < zero_width[0].first || code == NOT_UTF8)
		return 1;
	if (is_among(code, zero_width, sizeof(zero_width) / sizeof(zero_width[0])))
		return 0;
	if (is_among(code, double_width, sizeof(double_width) / sizeof(double_width[0])))
		return 2;
	return 1;
}

size_t ax_text_width(struct ax_str s)
{
	size_t width = 0;

	while (s.len) {
		uint32_t code = 0;
		size_t len = ax_utf8_next(s, &code);
		width += code_width(code);
		s = ax_str(s.ptr + len, s.len - len);
	}
	return width;
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t ax_text_distance(struct ax_str a, struct ax_str b)
{
	size_t rows[3][DISTANCE_LIMIT + 1];

	if (a.len > DISTANCE_LIMIT || b.len > DISTANCE_LIMIT)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			char x = fold(a.ptr[i - 1]), y = fold(b.ptr[j - 1]);
			size_t best = smaller(above[j], row[j - 1]) + 1;
			best = smaller(best, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == fold(b.ptr[j - 2]) &&
				y == fold(a.ptr[i - 2]))
				best = smaller(best, two_above[j - 2] + 1);
			row[j] = best;
		}
	}
	return rows[a.len % 3][b.len];
}
