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
 * Where a needle can begin: three of its bytes stand where they must, whatever their case. Its
 * ends alone are too common: those of "probe_1" stand in "sample_001" as well. A byte is compared
 * after setting the bits of mask, so that only the case of letters is lost.
 */
struct probe {
	size_t at; /* in the needle */
	unsigned char byte, mask;
};

enum {
	PROBES = 3,
	BLOCK = 64, /* positions looked at together, for the compiler to use wide registers */
};

static struct probe probe_of(struct ax_str needle, size_t at)
{
	char c = needle.ptr[at];
	unsigned char mask = fold(c) >= 'a' && fold(c) <= 'z' ? 'a' - 'A' : 0;

	return (struct probe){ .at = at, .byte = (unsigned char)c | mask, .mask = mask };
}

static bool block_has(const char *block, const struct probe *probes)
{
	const unsigned char *bytes = (const unsigned char *)block;
	const struct probe first = probes[0], middle = probes[1], last = probes[2];
	unsigned char found = 0;

	for (size_t i = 0; i < BLOCK; i++)
		found |= (unsigned char)(((bytes[i] | first.mask) == first.byte) &
					 ((bytes[i + middle.at] | middle.mask) == middle.byte) &
					 ((bytes[i + last.at] | last.mask) == last.byte));
	return found;
}

bool ax_str_contains_nocase(struct ax_str s, struct ax_str needle)
{
	if (needle.len == 0 || needle.len > s.len)
		return needle.len == 0;

	const struct probe probes[PROBES] = { probe_of(needle, 0),
		probe_of(needle, needle.len / 2), probe_of(needle, needle.len - 1) };
	size_t positions = s.len - needle.len + 1, at = 0;
	while (at < positions) {
		size_t end = positions - at < BLOCK ? positions : at + BLOCK;

		if (end - at == BLOCK && !block_has(s.ptr + at, probes))
			at = end;
		for (; at < end; at++) {
			unsigned char c = (unsigned char)s.ptr[at] | probes[0].mask;

			if (c == probes[0].byte &&
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
