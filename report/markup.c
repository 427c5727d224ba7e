#include "report/markup.h"

#include "base/buf.h"
#include "base/text.h"

#include <math.h>

/* Text without unsafe bytes, with what means something to HTML as references. */
static void append_escaped(struct ax_buf *buf, struct ax_str plain)
{
	for (size_t i = 0; i < plain.len; i++) {
		switch (plain.ptr[i]) {
		case '&':
			ax_buf_append_text(buf, "&amp;");
			break;
		case '<':
			ax_buf_append_text(buf, "&lt;");
			break;
		case '>':
			ax_buf_append_text(buf, "&gt;");
			break;
		case '"':
			ax_buf_append_text(buf, "&quot;");
			break;
		case '\'':
			ax_buf_append_text(buf, "&#39;");
			break;
		default:
			ax_buf_append_byte(buf, plain.ptr[i]);
		}
	}
}

void rpt_text(struct ax_buf *buf, struct ax_str s)
{
	struct ax_buf plain = { 0 };

	ax_text_escape(&plain, s);
	append_escaped(buf, ax_buf_str(&plain));
	buf->failed = buf->failed || plain.failed;
	ax_buf_free(&plain);
}

/* Bytes that the first n characters of s, which is UTF-8, take. */
static size_t bytes_of(struct ax_str s, size_t n)
{
	uint32_t code;
	size_t at = 0;

	for (size_t i = 0; i < n && at < s.len; i++)
		at += ax_utf8_next(ax_str_slice(s, at, s.len), &code);
	return at;
}

static size_t characters_of(struct ax_str s)
{
	uint32_t code;
	size_t n = 0;

	for (size_t at = 0; at < s.len; n++)
		at += ax_utf8_next(ax_str_slice(s, at, s.len), &code);
	return n;
}

void rpt_text_cut(struct ax_buf *buf, struct ax_str s, size_t columns)
{
	struct ax_buf plain = { 0 };

	ax_text_escape(&plain, s);
	struct ax_str all = ax_buf_str(&plain);
	size_t n = characters_of(all);
	if (n <= columns || columns < 3) {
		append_escaped(buf, all);
	} else {
		size_t head = (columns - 1) / 2;
		size_t tail = columns - 1 - head;

		append_escaped(buf, ax_str_slice(all, 0, bytes_of(all, head)));
		ax_buf_append_text(buf, "…");
		append_escaped(buf, ax_str_slice(all, bytes_of(all, n - tail), all.len));
	}
	buf->failed = buf->failed || plain.failed;
	ax_buf_free(&plain);
}

void rpt_size(struct ax_buf *buf, uint64_t bytes)
{
	char text[AX_UNITS_MAX];

	ax_size_format(bytes, text);
	ax_buf_append_text(buf, text);
}

void rpt_count(struct ax_buf *buf, uint64_t count)
{
	char text[AX_UNITS_MAX];

	ax_count_format(count, text);
	ax_buf_append_text(buf, text);
}

void rpt_counted(struct ax_buf *buf, uint64_t count, const char *what)
{
	char text[AX_UNITS_MAX];

	ax_count_say(count, what, text);
	ax_buf_append_text(buf, text);
}

void rpt_number(struct ax_buf *buf, double value)
{
	char text[AX_UNITS_MAX];

	ax_real_format(round(value * 100) / 100, text);
	ax_buf_append_text(buf, text);
}

void rpt_svg_begin(struct ax_buf *buf, const struct rpt_frame *frame)
{
	ax_buf_printf(buf, "<svg class=\"%s\" role=\"img\" aria-label=\"%s\" viewBox=\"0 0 ",
		frame->class_name, frame->what);
	rpt_number(buf, frame->width);
	ax_buf_append_byte(buf, ' ');
	rpt_number(buf, frame->height);
	ax_buf_append_text(buf, "\">\n");
}

void rpt_svg_end(struct ax_buf *buf)
{
	ax_buf_append_text(buf, "</svg>\n");
}

/* Share of the font's size that a character is wide, in a wide sans-serif font. */
static double width_of(uint32_t code)
{
	if (code == 'i' || code == 'j' || code == 'l' || code == '.' || code == ',' ||
		code == '\'' || code == '|' || code == ' ')
		return 0.36;
	if (code == 'm' || code == 'w' || code == 'M' || code == 'W')
		return 0.95;
	if (code >= 'A' && code <= 'Z')
		return 0.72;
	return code < 0x1100 ? 0.64 : 1.05;
}

double rpt_text_width(struct ax_str s, double font_size)
{
	uint32_t code = 0;
	double width = 0;

	for (size_t at = 0; at < s.len;) {
		at += ax_utf8_next(ax_str_slice(s, at, s.len), &code);
		width += width_of(code);
	}
	return width * font_size;
}

/* How many characters of s, made safe, fit; all of them where *fits. */
static size_t count_fitting(struct ax_str s, const struct rpt_label *label, bool *fits)
{
	uint32_t code = 0;
	double room = label->width / label->font_size;
	double width = 0;
	size_t n = 0;

	*fits = rpt_text_width(s, label->font_size) <= label->width;
	room -= 1; /* of the ellipsis */
	for (size_t at = 0; at < s.len; n++) {
		at += ax_utf8_next(ax_str_slice(s, at, s.len), &code);
		width += width_of(code);
		if (width > room)
			break;
	}
	return n;
}

bool rpt_label(struct ax_buf *buf, const struct rpt_label *label, struct ax_str s)
{
	struct ax_buf plain = { 0 };
	bool fits;

	ax_text_escape(&plain, s);
	size_t n = count_fitting(ax_buf_str(&plain), label, &fits);
	bool shown = fits || n >= 3;
	if (shown) {
		ax_buf_append_text(buf, "<text x=\"");
		rpt_number(buf, label->x);
		ax_buf_append_text(buf, "\" y=\"");
		rpt_number(buf, label->y);
		ax_buf_printf(buf, "\"%s%s>", *label->extra ? " " : "", label->extra);
		if (fits)
			append_escaped(buf, ax_buf_str(&plain));
		else
			rpt_text_cut(buf, ax_buf_str(&plain), n);
		ax_buf_append_text(buf, "</text>");
	}
	buf->failed = buf->failed || plain.failed;
	ax_buf_free(&plain);
	return shown;
}
