/*
 * Paths inside text. At every place where the name of a data directory stands followed by "/"
 * (or by a boundary: the directory itself), the surroundings decide:
 *
 *	before: start of text, white space, a quote, = ( [ , ; : < > | & `      a path begins
 *	        "./" or the root's absolute path with one of these before it    the same
 *	        "@", as in "data=@out/x", with one of these before it           the same
 *	        "/" behind a variable, a substitution, a quote, "..", a
 *	        directory of the root's name                                    unsure
 *	        anything else (myout/, a/out/)                                  none
 *	behind: a quote, and what stands around it joins more to it    joined
 *	        the longest of (the rest of the quoted string, the rest of the word, the word
 *	        without punctuation at its end) that the catalogue knows
 */
#include "indexer/references_internal.h"

#include "base/error.h"
#include "base/path.h"
#include "indexer/catalog.h"
#include "indexer/config.h"

#include <errno.h>
#include <stdlib.h>

enum { CONTEXT_LIMIT = 400, TOKEN_LIMIT = 4096 };

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == '+' || c == '@' || c == '~' ||
	       c == '%' || (unsigned char)c >= 0x80;
}

/* What ends a word that no quotes hold together. */
static bool is_end(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '"' || c == '\'' || c == '`' ||
	       c == ',' || c == ';' || c == ')' || c == ']' || c == '<' || c == '>' ||
	       c == '|' || c == '&' || c == '=' || c == ':';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static bool is_dynamic_byte(char c)
{
	return c == '{' || c == '}' || c == '$' || c == '*' || c == '?' || c == '[' ||
	       c == '(' || c == '\\' || c == '%';
}

/* Whether a path may begin at `at`: nothing before it belongs to a name. */
static bool begins_at(struct ax_str text, size_t at)
{
	if (at > 0 && text.ptr[at - 1] == '@')
		at--;
	return at == 0 || (!is_name_byte(text.ptr[at - 1]) && text.ptr[at - 1] != '/' &&
				  text.ptr[at - 1] != '}' && text.ptr[at - 1] != '$');
}

/*
 * Whether what ends at `end`, before a "/", may be the root: $ROOT/out/x, "$ROOT"/out/x, ../out/x
 * and ~/project/out/x may be ours; /elsewhere/out/x and a/out/x are not.
 */
static bool may_be_root(struct ax_str root, struct ax_str text, size_t end)
{
	size_t start = end;

	if (end > 0 && ax_str_find(AX_STR("})]>\"'`*?"), text.ptr[end - 1]) < 9)
		return true;
	while (start > 0 && is_name_byte(text.ptr[start - 1]))
		start--;
	struct ax_str name = ax_str_slice(text, start, end - start);
	if (name.len == 0)
		return false;
	return (start > 0 && text.ptr[start - 1] == '$') || name.ptr[0] == '%' ||
	       name.ptr[name.len - 1] == '%' || ax_str_equal(name, AX_STR(".")) ||
	       ax_str_equal(name, AX_STR("..")) || ax_str_equal(name, ax_path_name(root));
}

/* As in sed's s/out\/x/y/. */
static bool is_quoted_slash(struct ax_str text, size_t at)
{
	return at + 1 < text.len && text.ptr[at] == '\\' && text.ptr[at + 1] == '/';
}

/* -oout/x: letters of options right before the path, which may be of the path's name, too. */
static bool is_behind_option(struct ax_str text, size_t start)
{
	size_t at = start;

	while (at > 0 && ((text.ptr[at - 1] | 0x20) >= 'a' && (text.ptr[at - 1] | 0x20) <= 'z'))
		at--;
	return at < start && at > 0 && text.ptr[at - 1] == '-' && begins_at(text, at - 1);
}

/* The start of "./" and the like before `start`, which changes nothing. */
static size_t skip_dots(struct ax_str text, size_t start)
{
	while (start > 0 && text.ptr[start - 1] == '/') {
		size_t end = start;
		while (end > 0 && text.ptr[end - 1] == '/')
			end--;
		if (end == 0 || text.ptr[end - 1] != '.' ||
			(!begins_at(text, end - 1) && (end < 2 || text.ptr[end - 2] != '/')))
			break;
		start = end - 1;
	}
	return start;
}

bool reference_look_before(const struct reference_finder *finder, struct hit *hit)
{
	struct ax_str text = hit->text;
	struct ax_str root = finder->root_path;
	size_t start = skip_dots(text, hit->start), end = start;

	hit->begin = start;
	if (begins_at(text, start))
		return true;
	hit->unsure = is_behind_option(text, hit->start) ||
		      is_quoted_slash(text, hit->start + hit->data_len);
	if (hit->unsure || text.ptr[start - 1] != '/')
		return hit->unsure;
	while (end > 0 && text.ptr[end - 1] == '/')
		end--;
	if (end >= root.len && begins_at(text, end - root.len) &&
		ax_str_equal(ax_str_slice(text, end - root.len, root.len), root)) {
		hit->begin = end - root.len;
		return true;
	}
	hit->unsure = may_be_root(root, text, end);
	return hit->unsure;
}

/* The rest of a quoted string that the hit begins, or an empty one. */
static struct ax_str quoted_rest(const struct hit *hit)
{
	struct ax_str rest = ax_str_slice(hit->text, hit->start, TOKEN_LIMIT);
	char quote = hit->begin > 0 ? hit->text.ptr[hit->begin - 1] : '\0';

	if (quote != '"' && quote != '\'' && quote != '`')
		return (struct ax_str){ 0 };
	size_t end = ax_str_find(rest, quote);
	size_t line = ax_str_find(rest, '\n');
	return end < line ? ax_str_slice(rest, 0, end) : (struct ax_str){ 0 };
}

struct ax_str reference_word(struct ax_str text, size_t at)
{
	struct ax_str rest = ax_str_slice(text, at, TOKEN_LIMIT);
	size_t end = 0;
	int depth = 0;

	for (; end < rest.len && rest.ptr[end] != '\n'; end++) {
		char c = rest.ptr[end];
		if (depth == 0 && is_end(c))
			break;
		depth += c == '{' || c == '(' || c == '[';
		depth -= depth > 0 && (c == '}' || c == ')' || c == ']');
	}
	return ax_str_slice(rest, 0, end);
}

static struct ax_str without_slash(struct ax_str path)
{
	while (path.len && path.ptr[path.len - 1] == '/')
		path.len--;
	return path;
}

/* Whether the catalogue has a file at path, or files below it: 1 with *kind, 0, -1. */
static int look_up(struct reference_finder *finder, struct ax_str path,
	enum idx_reference_kind *kind)
{
	struct idx_entry entry;
	struct idx_files *files = NULL;

	if (!ax_path_is_safe(path))
		return 0;
	int found = idx_snapshot_find(finder->snapshot, path, &entry, finder->err);
	*kind = IDX_REF_FILE;
	if (found != 0)
		return found;
	struct idx_filter filter = { .below = path };
	if (idx_files_open(finder->snapshot, &filter, &files, finder->err) < 0)
		return -1;
	found = idx_files_next(files, &entry, finder->err);
	idx_files_close(files);
	*kind = IDX_REF_DIR;
	return found;
}

struct ax_str reference_literal(struct ax_str word)
{
	size_t at = 0;

	while (at < word.len && !is_dynamic_byte(word.ptr[at]))
		at++;
	return ax_str_slice(word, 0, at);
}

/* A quoted string up to the word in which the next path begins: "out/$X out/y" holds two. */
static struct ax_str until_next(const struct hit *hit, struct ax_str quoted)
{
	struct ax_str data = ax_str_slice(hit->text, hit->start, hit->data_len);

	for (size_t at = data.len; at + data.len < quoted.len; at++) {
		struct ax_str before = ax_str_slice(quoted, 0, at);
		size_t blank = ax_str_find_last(before, ' ');
		if (blank < at && quoted.ptr[at + data.len] == '/' &&
			ax_str_equal(ax_str_slice(quoted, at, data.len), data))
			return ax_str_slice(quoted, 0, blank);
	}
	return quoted;
}

/*
 * Whether the string that ends with the quote at `at` is joined to what follows: "out/v_" + name,
 * "out/v_"$NAME; with blanks: "out/v_" 'a' too, which may as well be two words.
 */
static bool is_continued(struct ax_str text, size_t at, bool blanks)
{
	if (at >= text.len || !is_quote(text.ptr[at]) || at + 1 >= text.len)
		return false;
	char next = text.ptr[++at];
	if (is_name_byte(next) || ax_str_find(AX_STR("$`*{[(\\/'\""), next) < 10)
		return next != '.' && next != '@';
	while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\n'))
		at++;
	return at < text.len && (text.ptr[at] == '+' || (blanks && is_quote(text.ptr[at])));
}

static bool has_slash(struct ax_str path)
{
	return ax_str_find(path, '/') < path.len;
}

/* Of what is joined to more, the whole as it stands is the start of names. */
static void set_start(struct ax_str start, struct ax_str *text, struct ax_str *target,
	enum idx_reference_kind *kind)
{
	*kind = IDX_REF_DYNAMIC;
	*text = *target = start;
}

/* The path that the catalogue may know, of text as it is written. */
static struct ax_str normal_path(struct reference_finder *finder, struct ax_str text)
{
	struct ax_buf *path = &finder->path;

	text = without_slash(text);
	if (text.len == 0 || ax_path_is_safe(text))
		return text;
	ax_buf_clear(path);
	ax_path_resolve(path, AX_STR("/"), text);
	return ax_str_slice(ax_buf_str(path), 1, SIZE_MAX);
}

/* The same of a start of names, which may end in the middle of one, or with "/". */
static struct ax_str normal_start(struct reference_finder *finder, struct ax_str start)
{
	return ax_path_is_safe(without_slash(start)) ? start : normal_path(finder, start);
}

/* Decide how far the path reaches, and what it is. */
static int measure(struct reference_finder *finder, const struct hit *hit, struct ax_str *text,
	struct ax_str *target, enum idx_reference_kind *kind)
{
	struct ax_str word = reference_word(hit->text, hit->start);
	struct ax_str candidates[3] = { quoted_rest(hit), word, word };
	struct ax_str trimmed = word;

	while (trimmed.len && ax_str_find(AX_STR(".!?}"), trimmed.ptr[trimmed.len - 1]) < 4)
		trimmed.len--;
	candidates[2] = trimmed;
	for (size_t i = 0; i < 3; i++) {
		struct ax_str whole = candidates[i], path = normal_path(finder, whole);
		int found = path.len ? look_up(finder, path, kind) : 0;
		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		*text = without_slash(whole);
		*target = path;
		/* What is joined to "out/pools/" lies in it. */
		bool is_start = text->len == whole.len || !has_slash(path);
		if (is_start && is_continued(hit->text, hit->start + whole.len, false))
			set_start(whole, text, target, kind);
		return 0;
	}
	*text = candidates[0].len > word.len ? until_next(hit, candidates[0]) : word;
	struct ax_str literal = reference_literal(*text);
	*kind = literal.len < text->len ? IDX_REF_DYNAMIC : IDX_REF_MISSING;
	/* "out/v_hack_" is a start of names, "out/pools/" a directory: keep them apart. */
	if (*kind == IDX_REF_DYNAMIC)
		*target = normal_start(finder, literal);
	else if (is_continued(hit->text, hit->start + text->len, true))
		set_start(*text, text, target, kind);
	else
		*target = normal_path(finder, trimmed);
	if (*kind == IDX_REF_MISSING)
		*text = trimmed;
	return 0;
}

/* The line of `at`, or of a long one what is near. */
static struct ax_str line_around(struct ax_str text, size_t at)
{
	size_t reach = at < CONTEXT_LIMIT ? at : CONTEXT_LIMIT;
	struct ax_str before = ax_str_slice(text, at - reach, reach);
	size_t newline = ax_str_find_last(before, '\n');
	size_t start = newline == before.len ? at - reach : at - reach + newline + 1;
	/* A line that begins further away is shown from somewhat before the place. */
	if (newline == before.len && start > 0)
		start = at - CONTEXT_LIMIT / 4;
	struct ax_str line = ax_str_slice(text, start, CONTEXT_LIMIT);

	return ax_str_slice(line, 0, ax_str_find(line, '\n'));
}

int reference_add(struct reference_finder *finder, const struct hit *hit, uint64_t line,
	const struct idx_reference *reference)
{
	struct idx_references *found = finder->found;
	struct ax_str context = line_around(hit->text, hit->start);

	if (found->count == finder->capacity) {
		size_t wanted = finder->capacity ? 2 * finder->capacity : 64;
		void *grown = reallocarray(found->items, wanted, sizeof(*found->items));
		if (!grown)
			return reference_no_memory(finder);
		found->items = grown;
		finder->capacity = wanted;
	}
	struct idx_reference *item = &found->items[found->count++];
	*item = *reference;
	item->file = hit->file;
	item->line = line;
	item->offset = hit->start;
	item->text.ptr = ax_arena_copy(&found->arena, reference->text);
	item->target.ptr = ax_arena_copy(&found->arena, reference->target);
	item->context.ptr = ax_arena_copy(&found->arena, context);
	item->context.len = context.len;
	if (!item->text.ptr || !item->target.ptr || !item->context.ptr)
		return reference_no_memory(finder);
	return 0;
}

bool reference_ends_in_call(struct ax_str text)
{
	static const char *const calls[] = { "Path(", "join(", "joinpath(", "file.path(" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		size_t len = strlen(calls[i]);
		if (text.len >= len && memcmp(text.ptr + text.len - len, calls[i], len) == 0)
			return true;
	}
	return false;
}

/*
 * Whether the hit is a quoted data directory to which more is joined: Path("out"),
 * os.path.join("out", name), "out" / name, "out/" + name.
 */
static bool is_joined(const struct hit *hit)
{
	struct ax_str text = hit->text;
	size_t end = hit->start + hit->data_len;
	size_t open = hit->begin;

	end += end < text.len && text.ptr[end] == '/';
	if (open == 0 || end >= text.len || !is_quote(text.ptr[open - 1]) ||
		text.ptr[end] != text.ptr[open - 1])
		return false;
	if (is_continued(text, end, text.ptr[end - 1] == '/'))
		return true;
	while (++end < text.len && text.ptr[end] == ' ')
		;
	/* "out" / name, and not the words "out" /name of a shell. */
	return ax_str_starts(ax_str_slice(text, end, text.len), AX_STR("/ ")) ||
	       reference_ends_in_call(ax_str_slice(text, 0, open - 1));
}

/*
 * Whether only a person can say where text leads: what ".." leads to depends on symlinks, and of a
 * start of names that is not written as it is known no part can be replaced.
 */
static bool is_unclear(const struct idx_reference *reference)
{
	struct ax_str path = reference->text, part;

	while (ax_path_next(&path, &part)) {
		if (ax_str_equal(part, AX_STR("..")))
			return true;
	}
	return reference->kind == IDX_REF_DYNAMIC &&
	       !ax_str_starts(reference->text, reference->target);
}

static int describe(struct reference_finder *finder, const struct hit *hit,
	struct idx_reference *out)
{
	if (is_joined(hit)) {
		out->kind = IDX_REF_JOINED;
		out->text = ax_str_slice(hit->text, hit->start, hit->data_len);
		out->target = out->text;
		return 0;
	}
	if (measure(finder, hit, &out->text, &out->target, &out->kind) < 0)
		return -1;
	if (hit->unsure || is_unclear(out))
		out->kind = IDX_REF_UNSURE;
	return 0;
}

/* The next occurrence of name from `from` on that a "/" or a quote follows, or text.len. */
static size_t find_name(struct ax_str text, struct ax_str name, size_t from)
{
	while (from + name.len <= text.len) {
		const char *hit = memmem(text.ptr + from, text.len - from, name.ptr, name.len);
		if (!hit)
			break;
		size_t at = (size_t)(hit - text.ptr);
		size_t end = at + name.len;
		if (end < text.len && (text.ptr[end] == '/' || is_quote(text.ptr[end]) ||
					      is_quoted_slash(text, end)))
			return at;
		from = at + 1;
	}
	return text.len;
}

static int scan_for(struct reference_finder *finder, struct ax_str file, struct ax_str text,
	struct ax_str data)
{
	uint64_t line = 1;
	size_t counted = 0;

	for (size_t at = find_name(text, data, 0); at < text.len;) {
		struct hit hit = {
			.file = file, .text = text, .start = at, .data_len = data.len
		};
		struct idx_reference reference = { 0 };
		size_t next = at + data.len;
		for (; counted < at; counted++)
			line += text.ptr[counted] == '\n';
		bool is_path = text.ptr[next] == '/' || is_quoted_slash(text, next);
		if (reference_look_before(finder, &hit) && (is_path || is_joined(&hit))) {
			if (describe(finder, &hit, &reference) < 0 ||
				reference_add(finder, &hit, line, &reference) < 0)
				return -1;
			next = at +
			       (reference.text.len > data.len ? reference.text.len : data.len);
		}
		at = find_name(text, data, next);
	}
	return 0;
}

int reference_scan_text(struct reference_finder *finder, struct ax_str file, struct ax_str text)
{
	const struct idx_config *config = finder->config;

	for (size_t i = 0; i < config->data.count; i++) {
		/* A project that is all data has no name to look for. */
		if (config->data.items[i].len == 0)
			continue;
		if (scan_for(finder, file, text, config->data.items[i]) < 0 ||
			reference_scan_names(finder, file, text, config->data.items[i]) < 0)
			return -1;
	}
	return 0;
}
