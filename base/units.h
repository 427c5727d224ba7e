/*
 * base/units.h - sizes and times as people and formats write them
 */
#ifndef ARTIDX_BASE_UNITS_H
#define ARTIDX_BASE_UNITS_H

#include "base/str.h"

#include <stdint.h>

/* Nanoseconds since 1970-01-01T00:00:00Z; negative before it. */
typedef int64_t ax_nanoseconds;

struct timespec;

/* The time that is now, or that the system says; beyond the years 1677 and 2262 the first
 * or the last instant that can be said. */
ax_nanoseconds ax_time_now(void);
ax_nanoseconds ax_time_of(const struct timespec *time);

enum { AX_UNITS_MAX = 48 }; /* bytes that any format function here writes, NUL included */

/* "17", "4.2K", "25G": K M G T P E in powers of 1024, at most 5 characters. */
void ax_size_format(uint64_t bytes, char text[AX_UNITS_MAX]);

/* The same within a sentence: "17 bytes" below 1K. */
void ax_size_say(uint64_t bytes, char text[AX_UNITS_MAX]);

/* "12", "4K", "1.5G" in powers of 1024; "4KB", "1.5GB" in powers of 1000. */
bool ax_size_parse(struct ax_str text, uint64_t *out);

/* "1,234,567" */
void ax_count_format(uint64_t count, char text[AX_UNITS_MAX]);

/* "1 file", "1,234 directories": noun has at most 18 letters and a regular plural. */
void ax_count_say(uint64_t count, const char *noun, char text[AX_UNITS_MAX]);

/* RFC 3339 in UTC with nine digits: "2026-05-28T22:32:14.000000000Z". Any year. */
void ax_time_format(ax_nanoseconds time, char text[AX_UNITS_MAX]);

/* Local "2026-05-28 22:32", for people. */
void ax_time_format_short(ax_nanoseconds time, char text[AX_UNITS_MAX]);

/*
 * The first and last instant that text may mean: RFC 3339 or a part of it ("2026", "2026-05",
 * "2026-05-28", "2026-05-28T22:32", with or without a zone; none is local time), a run stamp
 * ("20260528T223214", local), or an age before now ("-2w", "-36h", units s min h d w mo y: a
 * point, so both are equal).
 */
bool ax_time_parse(struct ax_str text, ax_nanoseconds now, ax_nanoseconds *first,
	ax_nanoseconds *last);

/* Local "20260528T223214" to an instant, and back. Exactly 15 characters. */
bool ax_stamp_parse(struct ax_str text, ax_nanoseconds *out);
void ax_stamp_format(ax_nanoseconds time, char text[AX_UNITS_MAX]);

/* "90s", "15min", "2h", "3d" to nanoseconds. */
bool ax_duration_parse(struct ax_str text, ax_nanoseconds *out);

/* Decimal integers without sign games: the whole of text, no overflow. */
bool ax_u64_parse(struct ax_str text, uint64_t *out);
bool ax_i64_parse(struct ax_str text, int64_t *out);

/* A JSON-style number, the whole of text, point as decimal mark in any locale; finite only. */
bool ax_real_parse(struct ax_str text, double *out);

/* Shortest text that reads back as the same number; "null" when it is not finite. */
void ax_real_format(double value, char text[AX_UNITS_MAX]);

#endif
