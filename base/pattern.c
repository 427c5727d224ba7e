#include "base/pattern.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
	MAX_SOURCE = 64 * 1024,    /* bytes of a regular expression */
	MAX_GROUPS = 63,           /* capture groups, and one for the whole match */
	MATCH_LIMIT = 1000 * 1000, /* PCRE2's own measure of the time a search may take */
	DEPTH_LIMIT = 250 * 1000,  /* nested backtracking points */
	HEAP_LIMIT_KIB = 32 * 1024,
	MANY_SEARCHES = 128,
};

/* --- globs ---
 *
 * A glob is matched from left to right. A star first takes nothing; when what follows it does
 * not fit, we come back and it takes one character more. Only the last star of each kind needs
 * to be remembered: had an earlier one taken more, the last one could have taken that instead.
 * "**" also goes across "/", so it is the one to come back to when "*" runs into a "/".
 */

struct glob_state {
	struct ax_str glob, text; /* what is left of both */
	bool is_text;             /* "/" is a character as any other */
};

/* A star to come back to, with what follows it. */
struct glob_star {
	struct glob_state back;
	bool is_set;
	bool takes_components; /* it was a "**" and a "/" */
};

static bool next_is(struct ax_str s, char c)
{
	return s.len && s.ptr[0] == c;
}

static struct ax_str behind(struct ax_str s, size_t n)
{
	return ax_str(s.ptr + n, s.len - n);
}

/* Take the next character, which there is; bytes that are not UTF-8 are ones of their own. */
static uint32_t take_character(struct ax_str *s)
{
	unsigned char byte = (unsigned char)s->ptr[0];
	uint32_t code = byte;
	size_t len = byte < 0x80 ? 1 : ax_utf8_next(*s, &code);

	if (byte >= 0x80 && len == 1)
		code += byte;
	*s = behind(*s, len);
	return code;
}

/* The next character of a glob that stands for itself, plain or behind a backslash. */
static uint32_t take_literal(struct ax_str *glob)
{
	if (next_is(*glob, '\\') && glob->len > 1)
		*glob = behind(*glob, 1);
	return take_character(glob);
}

/*
 * Match code against the bracket expression at *glob and move *glob behind it. Without an end it
 * is no bracket expression: -1.
 */
static int match_bracket(struct ax_str *glob, uint32_t code)
{
	struct ax_str rest = behind(*glob, 1);
	bool is_negated = next_is(rest, '!') || next_is(rest, '^');
	bool is_listed = false;

	if (is_negated)
		rest = behind(rest, 1);
	for (bool is_first = true; is_first || !next_is(rest, ']'); is_first = false) {
		if (rest.len == 0)
			return -1;
		uint32_t low = take_literal(&rest);
		uint32_t high = low;
		if (next_is(rest, '-') && rest.len > 1 && rest.ptr[1] != ']') {
			rest = behind(rest, 1);
			high = take_literal(&rest);
		}
		is_listed = is_listed || (low <= code && code <= high);
	}
	*glob = behind(rest, 1);
	return is_listed != is_negated;
}

/* Whether the glob begins with an ASCII character that stands for itself. */
static bool is_plain(struct ax_str glob)
{
	if (glob.len == 0)
		return false;
	char c = glob.ptr[0];
	return (unsigned char)c < 0x80 && c != '*' && c != '?' && c != '[' && c != '\\';
}

/* Go over one character and the element of the glob that matches it; false when none does. */
static bool match_character(struct glob_state *at)
{
	if (at->glob.len == 0 || at->text.len == 0)
		return false;
	if (is_plain(at->glob)) {
		bool is_same = at->glob.ptr[0] == at->text.ptr[0];
		at->glob = behind(at->glob, 1);
		at->text = behind(at->text, 1);
		return is_same;
	}
	uint32_t code = take_character(&at->text);
	if (next_is(at->glob, '?')) {
		at->glob = behind(at->glob, 1);
		return code != '/' || at->is_text;
	}
	if (next_is(at->glob, '[')) {
		int verdict = match_bracket(&at->glob, code);
		if (verdict >= 0)
			return verdict && (code != '/' || at->is_text);
	}
	return take_literal(&at->glob) == code;
}

/* Go over the "**" at the glob, whose start is glob, and remember it. */
static void begin_globstar(struct glob_state *at, struct ax_str glob, struct glob_star *star)
{
	bool begins_component = at->glob.ptr == glob.ptr || at->glob.ptr[-1] == '/';

	while (next_is(at->glob, '*'))
		at->glob = behind(at->glob, 1);
	star->takes_components = begins_component && next_is(at->glob, '/');
	if (star->takes_components)
		at->glob = behind(at->glob, 1);
	star->back = *at;
	star->is_set = true;
}

/* How far a star's text must be taken for what follows the star to fit: to the end, to the next
 * such character, or one character more. Beyond the text when it does not fit anywhere. */
static size_t widening(const struct glob_star *star)
{
	struct ax_str glob = star->back.glob, text = star->back.text;

	if (glob.len == 0)
		return text.len;
	if (is_plain(glob)) {
		size_t at = ax_str_find(ax_str_slice(text, 1, text.len), glob.ptr[0]);
		return at + 1 < text.len ? at + 1 : text.len + 1;
	}
	struct ax_str rest = text;
	take_character(&rest);
	return text.len - rest.len;
}

static bool widen_star(struct glob_star *star, struct glob_state *at)
{
	struct ax_str *text = &star->back.text;

	if (!star->is_set || text->len == 0)
		return false;
	size_t n = widening(star);
	if (n > text->len || (!at->is_text && ax_str_find(ax_str_slice(*text, 0, n), '/') < n))
		return false;
	*text = behind(*text, n);
	*at = star->back;
	return true;
}

static bool widen_globstar(struct glob_star *star, struct glob_state *at)
{
	struct ax_str *text = &star->back.text;

	if (!star->is_set || text->len == 0)
		return false;
	if (star->takes_components) {
		size_t slash = ax_str_find(*text, '/');
		if (slash == text->len)
			return false;
		*text = behind(*text, slash);
	}
	take_character(text);
	*at = star->back;
	return true;
}

static bool match_glob(struct ax_str glob, struct ax_str text, bool is_text)
{
	struct glob_state at = { glob, text, is_text };
	struct glob_star star = { .is_set = false };
	struct glob_star globstar = { .is_set = false };

	for (;;) {
		if (at.glob.len == 0 && at.text.len == 0)
			return true;
		bool is_star = next_is(at.glob, '*');
		if (is_star && next_is(behind(at.glob, 1), '*')) {
			begin_globstar(&at, glob, &globstar);
			star.is_set = false;
		} else if (is_star) {
			at.glob = behind(at.glob, 1);
			star = (struct glob_star){ .back = at, .is_set = true };
		} else if (!match_character(&at) && !widen_star(&star, &at)) {
			star.is_set = false;
			if (!widen_globstar(&globstar, &at))
				return false;
		}
	}
}

bool ax_glob_match(struct ax_str glob, struct ax_str text)
{
	return match_glob(glob, text, false);
}

bool ax_glob_match_text(struct ax_str glob, struct ax_str text)
{
	return match_glob(glob, text, ax_str_find(glob, '/') == glob.len);
}

bool ax_glob_is_pattern(struct ax_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] && strchr("*?[\\", text.ptr[i]))
			return true;
	}
	return false;
}

/* --- regular expressions ---
 *
 * PCRE2 can search UTF-8 or bytes, not text that is only nearly UTF-8. So an expression may be
 * compiled both ways, and each subject is searched in the way that fits it. The second way, which
 * hardly ever is asked for, waits until it is; with AX_PATTERN_LATER both do.
 *
 * Most expressions are searched for a few times and some a million times: for those that prove to
 * be of the second kind there is machine code, which takes as long to make as a hundred searches.
 * Threads that search meanwhile go on with what they have.
 */

/* An expression compiled in one of the two ways. */
struct program {
	uint32_t options;
	atomic_bool is_made;
	_Atomic(pcre2_code *) code;  /* NULL when it is made: no meaning in this way */
	_Atomic(pcre2_code *) quick; /* the same as machine code, or NULL */
	atomic_uint searches;        /* at most until quick is tried for */
};

struct ax_pattern {
	bool is_utf8; /* the source; else it is for bytes alone */
	struct program utf8, bytes;
	size_t len;
	char source[];
};

struct ax_matcher {
	pcre2_match_context *limits;
	pcre2_match_data *match;
	const struct ax_pattern *pattern; /* of the last successful search, else NULL */
	const pcre2_code *code;           /* where that one has the names of its groups */
	struct ax_str subject;
};

static pcre2_code *compile(struct ax_str source, uint32_t options, struct ax_error *err)
{
	PCRE2_UCHAR reason[256];
	PCRE2_SIZE offset = 0;
	int code = 0;
	uint32_t groups = 0;
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)source.ptr, source.len,
		options | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &code, &offset, NULL);

	if (!compiled) {
		pcre2_get_error_message(code, reason, sizeof(reason));
		ax_fail(err, code == PCRE2_ERROR_HEAP_FAILED ? ENOMEM : AX_EUSAGE,
			"regular expression, at byte %zu: %s", (size_t)offset,
			(const char *)reason);
		return NULL;
	}
	pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &groups);
	if (groups > MAX_GROUPS) {
		ax_fail(err, AX_EUSAGE, "regular expression: more than %d groups", MAX_GROUPS);
		pcre2_code_free(compiled);
		return NULL;
	}
	return compiled;
}

/* What another thread was quicker to make is taken. */
static int make_code(const struct ax_pattern *pattern, struct program *program,
	struct ax_error *err)
{
	pcre2_code *none = NULL;
	pcre2_code *code =
		compile(ax_str(pattern->source, pattern->len), program->options, err);

	if (!code && err->code == ENOMEM)
		return -1;
	if (code && !atomic_compare_exchange_strong(&program->code, &none, code))
		pcre2_code_free(code);
	atomic_store(&program->is_made, true);
	return code ? 0 : -1;
}

int ax_pattern_compile(struct ax_str source, unsigned flags, struct ax_pattern **out,
	struct ax_error *err)
{
	uint32_t options = flags & AX_PATTERN_NOCASE ? PCRE2_CASELESS : 0;
	struct ax_pattern *pattern = NULL;

	if (source.len > MAX_SOURCE)
		return ax_fail(err, AX_EUSAGE, "regular expression: longer than %d bytes",
			MAX_SOURCE);
	pattern = calloc(1, sizeof(*pattern) + source.len);
	if (!pattern)
		return ax_fail(err, ENOMEM, "regular expression: no memory");
	if (source.len)
		memcpy(pattern->source, source.ptr, source.len);
	pattern->len = source.len;
	pattern->is_utf8 = ax_utf8_valid(source);
	pattern->utf8.options = options | PCRE2_UTF;
	pattern->bytes.options = options | PCRE2_NEVER_UTF;
	if (!(flags & AX_PATTERN_LATER) &&
		make_code(pattern, pattern->is_utf8 ? &pattern->utf8 : &pattern->bytes, err) <
			0) {
		ax_pattern_free(pattern);
		return -1;
	}
	*out = pattern;
	return 0;
}

static void free_program(struct program *program)
{
	pcre2_code_free(atomic_load(&program->code));
	pcre2_code_free(atomic_load(&program->quick));
}

void ax_pattern_free(struct ax_pattern *pattern)
{
	if (!pattern)
		return;
	free_program(&pattern->utf8);
	free_program(&pattern->bytes);
	free(pattern);
}

int ax_matcher_new(struct ax_matcher **out, struct ax_error *err)
{
	struct ax_matcher *matcher = calloc(1, sizeof(*matcher));

	if (matcher) {
		matcher->limits = pcre2_match_context_create(NULL);
		matcher->match = pcre2_match_data_create(MAX_GROUPS + 1, NULL);
	}
	if (!matcher || !matcher->limits || !matcher->match) {
		ax_matcher_free(matcher);
		return ax_fail(err, ENOMEM, "regular expression: no memory");
	}
	pcre2_set_match_limit(matcher->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(matcher->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(matcher->limits, HEAP_LIMIT_KIB);
	*out = matcher;
	return 0;
}

void ax_matcher_free(struct ax_matcher *matcher)
{
	if (!matcher)
		return;
	pcre2_match_data_free(matcher->match);
	pcre2_match_context_free(matcher->limits);
	free(matcher);
}

/* Machine code may be forbidden, or the expression too odd for it: then all stays as it is. */
static void make_quick(struct program *program)
{
	pcre2_code *quick = pcre2_code_copy(atomic_load(&program->code));

	if (quick && pcre2_jit_compile(quick, PCRE2_JIT_COMPLETE) == 0)
		atomic_store(&program->quick, quick);
	else
		pcre2_code_free(quick);
}

/* What to search with; of all threads only the one that counts to the end makes machine code. */
static const pcre2_code *choose_code(struct program *program)
{
	const pcre2_code *quick = atomic_load_explicit(&program->quick, memory_order_acquire);

	if (quick)
		return quick;
	if (atomic_load_explicit(&program->searches, memory_order_relaxed) < MANY_SEARCHES &&
		atomic_fetch_add(&program->searches, 1) == MANY_SEARCHES - 1)
		make_quick(program);
	return atomic_load_explicit(&program->code, memory_order_acquire);
}

int ax_pattern_search(struct ax_pattern *pattern, struct ax_matcher *matcher,
	struct ax_str subject)
{
	bool is_utf8 = pattern->is_utf8 && ax_utf8_valid(subject);
	struct program *program = is_utf8 ? &pattern->utf8 : &pattern->bytes;
	uint32_t options = is_utf8 ? PCRE2_NO_UTF_CHECK : 0;
	PCRE2_SPTR text = (PCRE2_SPTR)subject.ptr;
	struct ax_error err = { 0 };

	matcher->pattern = NULL;
	if (!atomic_load_explicit(&program->is_made, memory_order_acquire) &&
		make_code(pattern, program, &err) < 0 && err.code == ENOMEM)
		return -1;
	const pcre2_code *plain = atomic_load(&program->code);
	if (!plain)
		return 0;
	int found = pcre2_match(choose_code(program), text, subject.len, 0, options,
		matcher->match, matcher->limits);
	/* Machine code has less room to come back in. */
	if (found == PCRE2_ERROR_JIT_STACKLIMIT)
		found = pcre2_match(plain, text, subject.len, 0, options, matcher->match,
			matcher->limits);
	if (found == PCRE2_ERROR_NOMATCH)
		return 0;
	if (found < 0)
		return -1;
	matcher->pattern = pattern;
	matcher->code = plain;
	matcher->subject = subject;
	return 1;
}

bool ax_pattern_group(const struct ax_pattern *pattern, const struct ax_matcher *matcher,
	const char *name, struct ax_str *out)
{
	PCRE2_SPTR first = NULL, last = NULL;

	if (matcher->pattern != pattern)
		return false;
	int size =
		pcre2_substring_nametable_scan(matcher->code, (PCRE2_SPTR)name, &first, &last);
	if (size < 0)
		return false;
	const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(matcher->match);
	/* "(?J)" lets several groups have one name: the first that took part is meant. */
	for (PCRE2_SPTR entry = first; entry <= last; entry += size) {
		size_t group = (size_t)entry[0] << 8 | entry[1];
		PCRE2_SIZE start = offsets[2 * group], end = offsets[2 * group + 1];
		if (start == PCRE2_UNSET || start > end)
			continue;
		*out = ax_str_slice(matcher->subject, start, end - start);
		return true;
	}
	return false;
}

void ax_pattern_library(struct ax_buf *buf)
{
	char version[64]; /* PCRE2 asks for 24 */

	pcre2_config(PCRE2_CONFIG_VERSION, version);
	ax_buf_printf(buf, "PCRE2 %s", version);
}
