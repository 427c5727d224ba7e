#include "base/str.h"

#include <limits.h>

int ax_str_printf_length(struct ax_str s)
{
	return s.len > INT_MAX ? INT_MAX : (int)s.len;
}

bool ax_str_equal(struct ax_str a, struct ax_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int ax_str_compare(struct ax_str a, struct ax_str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.ptr, b.ptr, common) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool ax_str_starts(struct ax_str s, struct ax_str prefix)
{
	return s.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

bool ax_str_ends(struct ax_str s, struct ax_str suffix)
{
	return s.len >= suffix.len && (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len,
								  suffix.ptr, suffix.len) == 0);
}

enum { SHORT = 128 }; /* up to which memmem() takes longer to begin than to search */

bool ax_str_contains(struct ax_str s, struct ax_str needle)
{
	if (needle.len == 0 || needle.len > s.len)
		return needle.len == 0;
	if (s.len > SHORT)
		return memmem(s.ptr, s.len, needle.ptr, needle.len);
	const char *at = s.ptr, *end = s.ptr + (s.len - needle.len) + 1;
	while ((at = memchr(at, needle.ptr[0], (size_t)(end - at)))) {
		if (memcmp(at, needle.ptr, needle.len) == 0)
			return true;
		at++;
	}
	return false;
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* strncasecmp() would end at a NUL and mind the locale. */
static bool starts_nocase(struct ax_str s, struct ax_str prefix)
{
	for (size_t i = 0; i < prefix.len; i++) {
		if (fold(s.ptr[i]) != fold(prefix.ptr[i]))
			return false;
	}
	return true;
}

/*
 * Where a needle can begin: its first and its last byte stand there, whatever their case. A byte
 * is compared after setting the bits of mask, so that only the case of letters is lost.
 */
struct ends {
	unsigned char first, first_mask;
	unsigned char last, last_mask;
	size_t distance;
};

enum { BLOCK = 64 }; /* positions looked at together, for the compiler to use wide registers */

static unsigned char case_mask(char c)
{
	return fold(c) >= 'a' && fold(c) <= 'z' ? 'a' - 'A' : 0;
}

static struct ends ends_of(struct ax_str needle)
{
	char first = needle.ptr[0], last = needle.ptr[needle.len - 1];
	struct ends ends = { .first_mask = case_mask(first),
		.last_mask = case_mask(last),
		.distance = needle.len - 1 };

	ends.first = (unsigned char)first | ends.first_mask;
	ends.last = (unsigned char)last | ends.last_mask;
	return ends;
}

static bool block_has_ends(const char *block, const struct ends *ends)
{
	const unsigned char *front = (const unsigned char *)block;
	const unsigned char *back = front + ends->distance;
	unsigned char found = 0;

	for (size_t i = 0; i < BLOCK; i++)
		found |= (unsigned char)(((front[i] | ends->first_mask) == ends->first) &
					 ((back[i] | ends->last_mask) == ends->last));
	return found;
}

bool ax_str_contains_nocase(struct ax_str s, struct ax_str needle)
{
	if (needle.len == 0 || needle.len > s.len)
		return needle.len == 0;

	struct ends ends = ends_of(needle);
	size_t positions = s.len - needle.len + 1, at = 0;
	while (at < positions) {
		size_t end = positions - at < BLOCK ? positions : at + BLOCK;

		if (end - at == BLOCK && !block_has_ends(s.ptr + at, &ends))
			at = end;
		for (; at < end; at++) {
			unsigned char c = (unsigned char)s.ptr[at] | ends.first_mask;

			if (c == ends.first &&
				starts_nocase(ax_str_slice(s, at, needle.len), needle))
				return true;
		}
	}
	return false;
}

size_t ax_str_find(struct ax_str s, char c)
{
	const char *hit = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return hit ? (size_t)(hit - s.ptr) : s.len;
}

size_t ax_str_find_last(struct ax_str s, char c)
{
	const char *hit = s.len ? memrchr(s.ptr, c, s.len) : NULL;

	return hit ? (size_t)(hit - s.ptr) : s.len;
}

struct ax_str ax_str_slice(struct ax_str s, size_t start, size_t len)
{
	if (start > s.len)
		start = s.len;
	if (len > s.len - start)
		len = s.len - start;
	return ax_str(start ? s.ptr + start : s.ptr, len); /* s.ptr may be NULL */
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct ax_str ax_str_trim(struct ax_str s)
{
	while (s.len && is_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}
