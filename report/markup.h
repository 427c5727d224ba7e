/*
 * report/markup.h - HTML and SVG as text: the one place where strings are escaped
 *
 * Markup itself is written as literals with ax_buf_append_text() and ax_buf_printf(), which get
 * numbers and names of our own only. Whatever a file, a log or the catalogue controls goes
 * through rpt_text(): it can neither end an element, a quoted attribute or a script, nor turn the
 * direction of the text around it.
 */
#ifndef ARTIDX_REPORT_MARKUP_H
#define ARTIDX_REPORT_MARKUP_H

#include "base/units.h"

struct ax_buf;

/* Append s as text or as the inside of a quoted attribute; bytes that are unsafe as \xHH. */
void rpt_text(struct ax_buf *buf, struct ax_str s);

/* The same, of at most columns characters: the middle of what is longer becomes an ellipsis. */
void rpt_text_cut(struct ax_buf *buf, struct ax_str s, size_t columns);

/* "4.2K" and "1,234", as the program shows them everywhere. */
void rpt_size(struct ax_buf *buf, uint64_t bytes);
void rpt_count(struct ax_buf *buf, uint64_t count);

/* "1 file", "1,234 files": see ax_count_say(). */
void rpt_counted(struct ax_buf *buf, uint64_t count, const char *what);

/*
 * A picture: an SVG element of that size in units of a CSS pixel at full width. what, a literal,
 * is what a screen reader says.
 */
struct rpt_frame {
	const char *class_name; /* "wide", "narrow" or another of page.css */
	double width, height;
	const char *what;
};
void rpt_svg_begin(struct ax_buf *buf, const struct rpt_frame *frame);
void rpt_svg_end(struct ax_buf *buf);

/* Append a coordinate: two digits behind the point at most. */
void rpt_number(struct ax_buf *buf, double value);

/* Width in pixels that text of that size takes at most, give or take a font. */
double rpt_text_width(struct ax_str s, double font_size);

/*
 * A text that fits into width pixels: cut with an ellipsis, or left out where fewer than three
 * characters would stay. extra: attributes, a literal. Whether there was room.
 */
struct rpt_label {
	double x, y, width, font_size;
	const char *extra;
};
bool rpt_label(struct ax_buf *buf, const struct rpt_label *label, struct ax_str s);

#endif
