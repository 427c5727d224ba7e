/*
 * base/pattern.h - globs and regular expressions over bytes
 *
 * Regular expressions are PCRE2's, in UTF mode where the subject is UTF-8, else over its bytes,
 * always with match, depth and heap limits: a hostile pattern or subject costs a bounded amount of
 * time. "$" is the very end, and there are at most 63 groups.
 */
#ifndef ARTIDX_BASE_PATTERN_H
#define ARTIDX_BASE_PATTERN_H

#include "base/str.h"

struct ax_buf;
struct ax_error;

/*
 * Whether text matches glob as a whole: * ? [a-z] [!a-z] \x within a component, ** across
 * components; "**" and "/" at the start of a component stand for any number of components, also
 * none. A character is one of UTF-8, or a byte that is not UTF-8. Linear in both lengths but for
 * ** .
 */
bool ax_glob_match(struct ax_str glob, struct ax_str text);

/* The same for what may be no path: a glob without a "/" takes "/" as any other character. */
bool ax_glob_match_text(struct ax_str glob, struct ax_str text);

/* Whether text has a byte that a glob gives a meaning to. */
bool ax_glob_is_pattern(struct ax_str text);

/* A compiled expression. Threads may search with it at the same time. */
struct ax_pattern;

/* What one thread matches with. */
struct ax_matcher;

enum {
	AX_PATTERN_NOCASE = 1,
	AX_PATTERN_LATER =
		2, /* it is known to have no mistake: compile when first searched for */
};

/* Fails with AX_EUSAGE and the offset of the mistake in the message. */
int ax_pattern_compile(struct ax_str source, unsigned flags, struct ax_pattern **out,
	struct ax_error *err);
void ax_pattern_free(struct ax_pattern *pattern);

int ax_matcher_new(struct ax_matcher **out, struct ax_error *err);
void ax_matcher_free(struct ax_matcher *matcher);

/* 1 it occurs in subject, 0 it does not, -1 a limit was hit or memory ran out: that is neither. */
int ax_pattern_search(struct ax_pattern *pattern, struct ax_matcher *matcher,
	struct ax_str subject);

/*
 * Capture group of the last successful search by name, borrowed from its subject; false when
 * there is no such group or it took no part.
 */
bool ax_pattern_group(const struct ax_pattern *pattern, const struct ax_matcher *matcher,
	const char *name, struct ax_str *out);

/* Append the name and the version of the library in use: "PCRE2 10.42 2022-12-11". */
void ax_pattern_library(struct ax_buf *buf);

#endif
