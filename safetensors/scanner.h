/*
 * safetensors/scanner.h - strict JSON (RFC 8259), one token after the other
 *
 * What the header reader is made of; not for other folders. Takes exactly what the reference's
 * JSON reader takes: UTF-8 without overlong forms and surrogates, white space of space, tab, LF
 * and CR, at most 127 containers in one another, no number beyond the range of a double. Nothing
 * recurses, and nothing outside the text is touched.
 *
 * Functions return false after a mistake: s->at then stands on it and s->mistake says what it is.
 * The first mistake ends the scan.
 */
#ifndef ARTIDX_SAFETENSORS_SCANNER_H
#define ARTIDX_SAFETENSORS_SCANNER_H

#include "base/str.h"

#include <stdint.h>

enum { SFT_DEPTH_LIMIT = 127 };

struct sft_scanner {
	const char *start, *end; /* the text */
	const char *at;          /* the next byte */
	const char *mistake;     /* NULL while there was none */
	unsigned depth;          /* containers that are open */
};

/* The inside of a string, checked and still escaped. */
struct sft_string {
	const char *ptr;
	size_t len;
	bool is_escaped; /* has a backslash */
};

/* Always false. mistake is kept by reference. */
bool sft_scan_fail(struct sft_scanner *s, const char *mistake);

static inline void sft_scan_space(struct sft_scanner *s)
{
	while (s->at < s->end && (unsigned char)*s->at <= ' ') {
		if (*s->at != ' ' && *s->at != '\n' && *s->at != '\r' && *s->at != '\t')
			return;
		s->at++;
	}
}

/* The next byte that is no white space, not consumed; 0 at the end (and for NUL). */
static inline char sft_scan_peek(struct sft_scanner *s)
{
	sft_scan_space(s);
	return s->at < s->end ? *s->at : '\0';
}

/* Consume c, or fail with mistake. */
static inline bool sft_scan_byte(struct sft_scanner *s, char c, const char *mistake)
{
	if (sft_scan_peek(s) != c)
		return sft_scan_fail(s, mistake);
	s->at++;
	return true;
}

/* Consume "{" or "[", on which the scanner stands. */
static inline bool sft_scan_open(struct sft_scanner *s)
{
	if (s->depth == SFT_DEPTH_LIMIT)
		return sft_scan_fail(s, "nested too deep");
	s->depth++;
	s->at++;
	return true;
}

/*
 * Within a container: go to its next member, consuming the comma, or consume close, "}" or "]".
 * first: nothing was read in it yet. 1 at a member, 0 closed, -1 mistake.
 */
static inline int sft_scan_step(struct sft_scanner *s, char close, bool first)
{
	char c = sft_scan_peek(s);

	if (c == close) {
		s->at++;
		s->depth--;
		return 0;
	}
	if (first)
		return 1;
	if (c != ',') {
		sft_scan_fail(s, close == '}' ? "expected , or }" : "expected , or ]");
		return -1;
	}
	s->at++;
	return 1;
}

bool sft_scan_string(struct sft_scanner *s, struct sft_string *out);

/* A string and the colon behind it. */
bool sft_scan_key(struct sft_scanner *s, struct sft_string *out);

/* An integer from 0 to 2^64-1, written without sign, fraction and exponent. */
bool sft_scan_u64(struct sft_scanner *s, uint64_t *out);

/* Any number, on which the scanner stands, checked and skipped. */
bool sft_scan_number(struct sft_scanner *s);

bool sft_scan_null(struct sft_scanner *s);

/* Any value, checked and skipped. */
bool sft_scan_value(struct sft_scanner *s);

/* Write what a checked string says to out, which has room for string.len bytes; its length. */
size_t sft_string_unescape(struct sft_string string, char *out);

/* Whether the string says text, which has at most 20 bytes, in any spelling. */
bool sft_string_equals(struct sft_string string, struct ax_str text);

/* The first byte of text that is not UTF-8, or NULL. */
const char *sft_find_bad_utf8(struct ax_str text);

#endif
