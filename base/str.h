/*
 * base/str.h - a borrowed run of bytes
 *
 * File names, tensor names and metadata may hold any byte, so they are a pointer and a length;
 * nothing here expects or adds a terminating NUL.
 */
#ifndef ARTIDX_BASE_STR_H
#define ARTIDX_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct ax_str {
	const char *ptr;
	size_t len;
};

/* A string literal as an ax_str, in an expression and in a static initialiser. */
#define AX_STR(literal) ((struct ax_str)AX_STR_INIT(literal))
#define AX_STR_INIT(literal)                    \
	{                                       \
		"" literal, sizeof(literal) - 1 \
	}

/* For printf's "%.*s". Lengths over INT_MAX are cut. */
#define AX_STR_ARG(s) ax_str_printf_length(s), (s).ptr

static inline struct ax_str ax_str(const char *ptr, size_t len)
{
	return (struct ax_str){ ptr, len };
}

/* A NUL-terminated string; NULL gives the empty one. */
static inline struct ax_str ax_str_from(const char *text)
{
	return (struct ax_str){ text ? text : "", text ? strlen(text) : 0 };
}

int ax_str_printf_length(struct ax_str s);

bool ax_str_equal(struct ax_str a, struct ax_str b);

/* Byte order, a shorter string before a longer one that begins with it. As qsort() wants it. */
int ax_str_compare(struct ax_str a, struct ax_str b);

bool ax_str_starts(struct ax_str s, struct ax_str prefix);
bool ax_str_ends(struct ax_str s, struct ax_str suffix);

/* Whether needle occurs in s; the second one folds ASCII case. An empty needle always does. */
bool ax_str_contains(struct ax_str s, struct ax_str needle);
bool ax_str_contains_nocase(struct ax_str s, struct ax_str needle);

/* Index of the first or last byte c, or s.len when there is none. */
size_t ax_str_find(struct ax_str s, char c);
size_t ax_str_find_last(struct ax_str s, char c);

/* s from byte start on; len bytes of it at most. Both are clipped to s. */
struct ax_str ax_str_slice(struct ax_str s, size_t start, size_t len);

/* s without ASCII white space at both ends. */
struct ax_str ax_str_trim(struct ax_str s);

#endif
