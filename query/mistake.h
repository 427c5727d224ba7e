/*
 * query/mistake.h - where in the user's words a mistake is
 *
 * The message is in the ax_error that comes with it; this is what a caret is drawn from.
 */
#ifndef ARTIDX_QUERY_MISTAKE_H
#define ARTIDX_QUERY_MISTAKE_H

#include "base/str.h"

struct ax_buf;
struct ax_error;

/* A part of one argument, in bytes. length is 0 where something is missing. */
struct qry_span {
	size_t argument;
	size_t offset, length;
};

/* All zero: the mistake is not in the expression, the message says all. */
struct qry_mistake {
	bool has_place;
	bool in_saved; /* in the saved expression, not in the arguments */
	struct qry_span place;
};

/* Fill both and return -1, as ax_fail() does. The code is AX_EUSAGE. */
int qry_mistake_make(struct qry_mistake *mistake, struct qry_span place, struct ax_error *err,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Append two lines: the n arguments joined by blanks, escaped for showing and shortened around
 * the place, and "^~~~" under it. Appends nothing without a place.
 */
void qry_mistake_show(const struct qry_mistake *mistake, size_t n, const char *const *arguments,
	struct ax_buf *buf);

/* The candidate that name was likely meant to be, or an empty string. */
struct qry_guess {
	struct ax_str name;
	struct ax_str best;
	size_t distance;
};
void qry_guess_begin(struct qry_guess *guess, struct ax_str name);
void qry_guess_offer(struct qry_guess *guess, struct ax_str candidate);
struct ax_str qry_guess_best(const struct qry_guess *guess);

#endif
