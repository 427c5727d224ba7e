#include "query/mistake.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum { SHOWN = 60 }; /* bytes shown on each side of the place */

int qry_mistake_make(struct qry_mistake *mistake, struct qry_span place, struct ax_error *err,
	const char *format, ...)
{
	char text[sizeof(err->message)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	mistake->has_place = true;
	mistake->place = place;
	return ax_fail(err, AX_EUSAGE, "%s", text);
}

/* The first byte of the character that s has at or before byte at. */
static size_t character_start(struct ax_str s, size_t at)
{
	while (at > 0 && at < s.len && ((unsigned char)s.ptr[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static size_t append_shown(struct ax_buf *buf, struct ax_str part)
{
	struct ax_buf shown = { 0 };
	size_t width;

	ax_text_escape(&shown, part);
	width = ax_text_width(ax_buf_str(&shown));
	ax_buf_append_str(buf, ax_buf_str(&shown));
	ax_buf_free(&shown);
	return width;
}

static void append_repeated(struct ax_buf *buf, char byte, size_t times)
{
	while (times--)
		ax_buf_append_byte(buf, byte);
}

/* The line and the caret under bytes [at, at + length) of it. */
static void show_line(struct ax_buf *buf, struct ax_str line, size_t at, size_t length)
{
	size_t start, end, indent = 2, width;

	if (at > line.len)
		at = line.len;
	if (length > line.len - at)
		length = line.len - at;
	start = character_start(line, at > SHOWN ? at - SHOWN : 0);
	end = character_start(line,
		line.len - at - length > SHOWN ? at + length + SHOWN : line.len);
	ax_buf_append_text(buf, "  ");
	if (start > 0) {
		ax_buf_append_text(buf, "...");
		indent += 3;
	}
	indent += append_shown(buf, ax_str_slice(line, start, at - start));
	width = append_shown(buf, ax_str_slice(line, at, length));
	append_shown(buf, ax_str_slice(line, at + length, end - at - length));
	ax_buf_append_text(buf, end < line.len ? "...\n" : "\n");
	append_repeated(buf, ' ', indent);
	ax_buf_append_byte(buf, '^');
	append_repeated(buf, '~', width > 1 ? width - 1 : 0);
	ax_buf_append_byte(buf, '\n');
}

void qry_mistake_show(const struct qry_mistake *mistake, size_t n, const char *const *arguments,
	struct ax_buf *buf)
{
	struct ax_buf line = { 0 };
	size_t at = 0;

	if (!mistake->has_place)
		return;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			ax_buf_append_byte(&line, ' ');
		if (i == mistake->place.argument)
			at = line.len + mistake->place.offset;
		ax_buf_append_text(&line, arguments[i]);
	}
	if (mistake->place.argument >= n)
		at = line.len;
	show_line(buf, ax_buf_str(&line), at, mistake->place.length);
	ax_buf_free(&line);
}

void qry_guess_begin(struct qry_guess *guess, struct ax_str name)
{
	*guess = (struct qry_guess){ .name = name, .distance = SIZE_MAX };
}

void qry_guess_offer(struct qry_guess *guess, struct ax_str candidate)
{
	size_t distance = ax_text_distance(guess->name, candidate);

	/* A third of the letters wrong, or only a beginning, is still likely to be meant. */
	if (guess->name.len >= 3 && ax_str_starts(candidate, guess->name))
		distance = distance < 2 ? distance : 2;
	else if (distance > (guess->name.len + 2) / 3 || distance >= guess->name.len)
		return;
	if (distance < guess->distance) {
		guess->distance = distance;
		guess->best = candidate;
	}
}

struct ax_str qry_guess_best(const struct qry_guess *guess)
{
	return guess->distance == SIZE_MAX ? AX_STR("") : guess->best;
}
