#include "base/json_internal.h"

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"

#include <stdlib.h>

enum {
	MAX_DEPTH = 256,
	MAX_VALUES = 1 << 22, /* each takes some 80 bytes in cJSON */
	MAX_NUMBER = 63,      /* what cJSON takes */
};

struct scanner {
	char *text; /* NUL-terminated; blanked in place */
	size_t len, at;
	unsigned flags, depth;
	size_t values;
	const char *problem; /* what is wrong at text[at]; NULL while nothing is */
};

static bool refuse(struct scanner *scan, size_t at, const char *problem)
{
	scan->at = at;
	scan->problem = problem;
	return false;
}

/* The byte at the scanner, or NUL at the end; a NUL in the text fits nowhere, so it is refused. */
static char peek(const struct scanner *scan)
{
	return scan->text[scan->at];
}

static struct ax_str ahead(const struct scanner *scan)
{
	return ax_str(scan->text + scan->at, scan->len - scan->at);
}

/* Blank the comment at the scanner; without one, nothing happens and the scanner stays. */
static bool blank_comment(struct scanner *scan)
{
	struct ax_str rest = ahead(scan);
	size_t len = 0;

	if (ax_str_starts(rest, AX_STR("//"))) {
		len = ax_str_find(rest, '\n');
	} else if (ax_str_starts(rest, AX_STR("/*"))) {
		const char *end = memmem(rest.ptr + 2, rest.len - 2, "*/", 2);
		if (!end)
			return refuse(scan, scan->at, "this comment has no end");
		len = (size_t)(end - rest.ptr) + 2;
	}
	memset(scan->text + scan->at, ' ', len);
	scan->at += len;
	return true;
}

/* Go to the next token, over white space and, where allowed, comments. */
static bool skip_space(struct scanner *scan)
{
	for (;;) {
		scan->at += strspn(scan->text + scan->at, " \t\r\n");
		if (!(scan->flags & AX_JSON_COMMENTS) || peek(scan) != '/')
			return true;
		size_t before = scan->at;
		if (!blank_comment(scan))
			return false;
		if (scan->at == before)
			return true;
	}
}

/* The four digits of "\uXXXX" at s as a number, or -1. */
static long unicode_escape(struct ax_str s)
{
	char digits[5] = "";

	if (s.len < 6 || s.ptr[0] != '\\' || s.ptr[1] != 'u')
		return -1;
	memcpy(digits, s.ptr + 2, 4);
	return strspn(digits, "0123456789abcdefABCDEF") == 4 ? strtol(digits, NULL, 16) : -1;
}

static bool scan_escape(struct scanner *scan)
{
	char letter = scan->text[scan->at + 1];

	if (letter != 'u') {
		if (letter == '\0' || !strchr("\"\\/bfnrt", letter))
			return refuse(scan, scan->at, "no such escape in JSON");
		scan->at += 2;
		return true;
	}
	long unit = unicode_escape(ahead(scan));
	if (unit < 0)
		return refuse(scan, scan->at, "\\u wants four hexadecimal digits");
	if (unit == 0)
		return refuse(scan, scan->at, "NUL is not allowed in a string");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return refuse(scan, scan->at, "the second half of a surrogate pair alone");
	if (unit >= 0xd800 && unit <= 0xdbff) {
		long low = unicode_escape(ax_str_slice(ahead(scan), 6, 6));
		if (low < 0xdc00 || low > 0xdfff)
			return refuse(scan, scan->at,
				"the first half of a surrogate pair alone");
		scan->at += 6;
	}
	scan->at += 6;
	return true;
}

static bool scan_string(struct scanner *scan)
{
	size_t start = scan->at++;

	for (;;) {
		unsigned char byte = (unsigned char)peek(scan);
		if (scan->at == scan->len)
			return refuse(scan, start, "this string has no end");
		if (byte == '"') {
			scan->at++;
			return true;
		}
		if (byte < 0x20)
			return refuse(scan, scan->at, "a control character in a string");
		if (byte == '\\') {
			if (!scan_escape(scan))
				return false;
			continue;
		}
		size_t len = ax_utf8_length(ahead(scan));
		if (len == 0)
			return refuse(scan, scan->at, "not UTF-8");
		scan->at += len;
	}
}

/* Length of the JSON number at the start of text, or 0 where there is none. */
static size_t number_length(const char *text)
{
	static const char digits[] = "0123456789";
	size_t at = text[0] == '-';
	size_t whole = strspn(text + at, digits);

	if (whole == 0 || (whole > 1 && text[at] == '0'))
		return 0;
	at += whole;
	if (text[at] == '.') {
		size_t fraction = strspn(text + at + 1, digits);
		if (fraction == 0)
			return 0;
		at += 1 + fraction;
	}
	if (text[at] == 'e' || text[at] == 'E') {
		at += text[at + 1] == '-' || text[at + 1] == '+' ? 2 : 1;
		size_t exponent = strspn(text + at, digits);
		if (exponent == 0)
			return 0;
		at += exponent;
	}
	return at;
}

static bool scan_number(struct scanner *scan)
{
	size_t len = number_length(scan->text + scan->at);

	if (len == 0)
		return refuse(scan, scan->at, "not a number of JSON");
	if (len > MAX_NUMBER)
		return refuse(scan, scan->at, "this number is too long");
	scan->at += len;
	return true;
}

static bool scan_word(struct scanner *scan)
{
	static const char *const words[] = { "null", "true", "false" };
	size_t len = strspn(scan->text + scan->at, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (ax_str_equal(ax_str_slice(ahead(scan), 0, len), ax_str_from(words[i]))) {
			scan->at += len;
			return true;
		}
	}
	if (scan->at == scan->len)
		return refuse(scan, scan->at, "a value is missing at the end");
	return refuse(scan, scan->at, "a value is expected here");
}

static bool scan_value(struct scanner *scan);

static bool scan_key(struct scanner *scan)
{
	if (peek(scan) != '"')
		return refuse(scan, scan->at, "a key in quotes is expected here");
	if (!scan_string(scan) || !skip_space(scan))
		return false;
	if (peek(scan) != ':')
		return refuse(scan, scan->at, "':' is expected here");
	scan->at++;
	return skip_space(scan);
}

/* An array or an object, from its bracket to the one that ends it, which is end. */
static bool scan_container(struct scanner *scan, char end)
{
	size_t comma = 0; /* the last one read; 0 is that of no container */

	if (++scan->depth > MAX_DEPTH)
		return refuse(scan, scan->at, "nested too deeply");
	scan->at++;
	for (;;) {
		if (!skip_space(scan))
			return false;
		if (peek(scan) == end && (comma == 0 || (scan->flags & AX_JSON_COMMENTS)))
			break;
		if (end == '}' && !scan_key(scan))
			return false;
		if (!scan_value(scan) || !skip_space(scan))
			return false;
		comma = 0;
		if (peek(scan) == end)
			break;
		if (peek(scan) != ',')
			return refuse(scan, scan->at,
				end == '}' ? "',' or '}' is expected here"
					   : "',' or ']' is expected here");
		comma = scan->at++;
	}
	if (comma)
		scan->text[comma] = ' ';
	scan->depth--;
	scan->at++;
	return true;
}

static bool scan_value(struct scanner *scan)
{
	char first = peek(scan);

	if (++scan->values > MAX_VALUES)
		return refuse(scan, scan->at, "too many values");
	if (first == '{')
		return scan_container(scan, '}');
	if (first == '[')
		return scan_container(scan, ']');
	if (first == '"')
		return scan_string(scan);
	if (first == '-' || (first >= '0' && first <= '9'))
		return scan_number(scan);
	return scan_word(scan);
}

static bool scan_document(struct scanner *scan)
{
	if (!skip_space(scan) || !scan_value(scan) || !skip_space(scan))
		return false;
	if (scan->at != scan->len)
		return refuse(scan, scan->at, "nothing may follow the document");
	return true;
}

const char *ax_json_scan(char *text, size_t len, unsigned flags, size_t *at)
{
	struct scanner scan = { .text = text, .len = len, .flags = flags };

	scan_document(&scan);
	*at = scan.at;
	return scan.problem;
}
