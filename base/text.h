/*
 * base/text.h - strings from files, made safe to show
 *
 * Every string that a file controls (names, metadata, commands, messages) reaches a terminal or
 * a text stream through here. Escaped are C0, DEL, C1, bidirectional controls (U+202A-202E,
 * U+2066-2069), U+2028/2029 and bytes that are not UTF-8.
 */
#ifndef ARTIDX_BASE_TEXT_H
#define ARTIDX_BASE_TEXT_H

#include "base/str.h"

#include <stdint.h>

struct ax_buf;

/* Length of the UTF-8 sequence (RFC 3629) at the start of s, or 0 where there is none. */
size_t ax_utf8_length(struct ax_str s);

/*
 * Length of the character at the start of s, and its code point: UTF-8 as above, or one byte and
 * 0x110000 where there is none; 0 at the end of s.
 */
size_t ax_utf8_next(struct ax_str s, uint32_t *code);

/* Whether all of s is UTF-8. */
bool ax_utf8_valid(struct ax_str s);

/* Whether s may be shown as it is. */
bool ax_text_is_plain(struct ax_str s);

/*
 * Append s as git shows a name: as it is when plain and without '"' and '\\', else in double
 * quotes with C escapes (\a \b \t \n \v \f \r \" \\, and octal \NNN for other bytes).
 */
void ax_text_quote(struct ax_buf *buf, struct ax_str s);

/* Append s with each unsafe byte as \xHH and no quotes: for prose and messages. */
void ax_text_escape(struct ax_buf *buf, struct ax_str s);

/*
 * Append s as the inside of a JSON string, unsafe characters as \uXXXX; bytes that are not UTF-8
 * become U+FFFD.
 */
void ax_text_json(struct ax_buf *buf, struct ax_str s);

/*
 * Append s as one CSV field (RFC 4180); a leading = + - @ TAB or CR gets a ' before it. Unsafe
 * bytes other than line feeds are put as ax_text_escape() does. Not for numbers.
 */
void ax_text_csv(struct ax_buf *buf, struct ax_str s);

/* Append s in base64 (RFC 4648, padded). */
void ax_text_base64(struct ax_buf *buf, struct ax_str s);

/*
 * Columns that s, made safe before, takes on a terminal: combining marks 0, East Asian wide
 * characters 2.
 */
size_t ax_text_width(struct ax_str s);

/*
 * Edit distance with ASCII case folded, for "did you mean"; two neighbours that changed places
 * count as one edit. SIZE_MAX beyond 64 bytes.
 */
size_t ax_text_distance(struct ax_str a, struct ax_str b);

#endif
