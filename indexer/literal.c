/*
 * Only what stands outside of groups, classes and alternatives counts. Whatever is unusual ends
 * the search with nothing found, which costs time and is never wrong.
 */
#include "indexer/literal.h"

#include "base/buf.h"

struct search {
	struct ax_str pattern;
	size_t at;
	struct ax_buf run, *out;
	bool unusual;
};

static char peek(const struct search *s)
{
	return s->at < s->pattern.len ? s->pattern.ptr[s->at] : '\0';
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void end_run(struct search *s)
{
	if (s->run.len) {
		ax_buf_append_str(s->out, ax_buf_str(&s->run));
		ax_buf_append_byte(s->out, '\0');
	}
	ax_buf_clear(&s->run);
}

/* Behind a "[": to behind its "]". */
static void skip_class(struct search *s)
{
	if (peek(s) == '^')
		s->at++;
	if (peek(s) == ']')
		s->at++;
	for (; s->at < s->pattern.len && peek(s) != ']'; s->at++) {
		if (peek(s) == '[') /* [:alpha:] */
			s->unusual = true;
		if (peek(s) != '\\')
			continue;
		s->at++;
		s->unusual |= peek(s) == 'Q';
	}
	s->at++;
}

/* Behind a "(": options that change how the rest is read, comments, conditions, verbs. */
static void check_group(struct search *s)
{
	if (peek(s) == '*')
		s->unusual = true;
	if (peek(s) != '?')
		return;
	s->at++;
	s->unusual |= !is_one_of(peek(s), ":<=!>P");
}

/* Behind a "(": to behind its ")". */
static void skip_group(struct search *s)
{
	unsigned depth = 1;

	check_group(s);
	while (depth && s->at < s->pattern.len) {
		char c = s->pattern.ptr[s->at++];
		if (c == '\\') {
			s->unusual |= peek(s) == 'Q';
			s->at++;
		} else if (c == '[') {
			skip_class(s);
		} else if (c == '(') {
			depth++;
			check_group(s);
		} else if (c == ')') {
			depth--;
		}
	}
}

/* Behind what a quantifier may follow: the last byte may be absent, a whole character is. */
static void take_quantifier(struct search *s)
{
	if (!is_one_of(peek(s), "?*{+"))
		return;
	if (peek(s) != '+') {
		while (s->run.len &&
			((unsigned char)s->run.data[s->run.len - 1] & 0xc0) == 0x80)
			s->run.len--;
		if (s->run.len)
			s->run.len--;
	}
	end_run(s);
	if (peek(s) == '{') {
		while (is_one_of(peek(s), "{,0123456789"))
			s->at++;
		s->unusual |= peek(s) != '}';
	}
	s->at++;
	if (is_one_of(peek(s), "?+"))
		s->at++;
}

static void take_escape(struct search *s)
{
	char c = peek(s);

	s->at++;
	if (c == 'Q' || c == 'E' || c == 'c' || c == 'x' || c == 'o' || c == 'N' || c == 'p' ||
		c == 'P' || c == 'g' || c == 'k')
		s->unusual = true;
	else if (is_word(c))
		end_run(s);
	else
		ax_buf_append_byte(&s->run, c);
}

static void step(struct search *s)
{
	char c = s->pattern.ptr[s->at++];

	if (c == '|' || c == '\0') {
		s->unusual = true;
	} else if (c == '(') {
		end_run(s);
		skip_group(s);
	} else if (c == '[') {
		end_run(s);
		skip_class(s);
	} else if (c == '\\') {
		take_escape(s);
	} else if (is_one_of(c, ".^$") || (c >= '0' && c <= '9')) {
		end_run(s);
	} else {
		ax_buf_append_byte(&s->run, c);
	}
	take_quantifier(s);
}

void idx_literal_find(struct ax_str pattern, struct ax_buf *out)
{
	struct search s = { .pattern = pattern, .out = out };
	size_t start = out->len;

	while (s.at < pattern.len && !s.unusual)
		step(&s);
	end_run(&s);
	if (s.unusual || s.run.failed)
		out->len = start;
	ax_buf_free(&s.run);
}
