/*
 * A word is a path by each of its parts, seen from each directory that it may be seen from. One
 * path too many makes a job wait, one too few breaks it.
 */
#include "indexer/command_internal.h"

#include "base/error.h"
#include "base/path.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

enum {
	LETTERS_LIMIT = 32,     /* of short options in one word */
	PATH_LIMIT = 64 * 1024, /* beyond what any system takes for a path */
	WORDS_LIMIT = 1 << 20,
};

int command_no_memory(struct splitter *splitter)
{
	return ax_fail(splitter->err, ENOMEM, "command: no memory to read it");
}

void dirs_add(struct dirs *dirs, struct ax_str dir)
{
	for (size_t i = 0; i < dirs->count; i++) {
		if (ax_str_equal(dirs->items[i], dir))
			return;
	}
	if (dirs->count == DIRS_LIMIT)
		dirs->unknown = true;
	else
		dirs->items[dirs->count++] = dir;
}

void dirs_merge(struct dirs *dirs, const struct dirs *more)
{
	for (size_t i = 0; i < more->count; i++)
		dirs_add(dirs, more->items[i]);
	dirs->unknown |= more->unknown;
}

/* ~ and ~/x; ~user and an unknown home are for the shell to know. */
static void resolve_home(struct ax_buf *path, struct ax_str home, struct ax_str text)
{
	if (home.len == 0 || (text.len > 1 && text.ptr[1] != '/'))
		return;
	ax_path_resolve(path, home,
		text.len > 2 ? ax_str_slice(text, 2, text.len) : AX_STR("."));
}

/* Whether text means the same in every directory. */
static bool is_fixed(struct ax_str text)
{
	return text.len && (text.ptr[0] == '/' || text.ptr[0] == '~');
}

static void resolve(struct splitter *splitter, struct ax_str cwd, struct ax_str text)
{
	ax_buf_clear(&splitter->scratch);
	if (text.len && text.ptr[0] == '~')
		resolve_home(&splitter->scratch, splitter->shell->home, text);
	else
		ax_path_resolve(&splitter->scratch, cwd, text);
}

int dirs_enter(struct splitter *splitter, const struct dirs *dirs, struct ax_str text,
	bool dynamic, struct dirs *out)
{
	struct dirs found = { .unknown = dynamic || (dirs->unknown && !is_fixed(text)) };
	size_t n = is_fixed(text) ? 1 : dirs->count;

	for (size_t i = 0; i < n && !dynamic; i++) {
		struct ax_buf *path = &splitter->scratch;
		resolve(splitter, dirs->count ? dirs->items[i] : AX_STR("/"), text);
		const char *kept = ax_arena_copy(splitter->arena, ax_buf_str(path));
		if (!kept || path->failed)
			return command_no_memory(splitter);
		/* No system enters a longer one, and of thousands of cd each would copy all before. */
		if (path->len && path->len < PATH_MAX)
			dirs_add(&found, ax_str(kept, path->len));
		else
			found.unknown = true;
	}
	*out = found;
	return 0;
}

/* The directory in which the globs of text can match; nothing when that cannot be said. */
static void resolve_glob(struct splitter *splitter, struct ax_str cwd, struct ax_str text)
{
	size_t literal = 0;

	ax_buf_clear(&splitter->scratch);
	/* {/a,b} may begin anywhere. */
	if (has_byte(text, '$') || has_byte(text, '`') || text.ptr[0] == '~' ||
		text.ptr[0] == '{' || ax_str_contains(text, AX_STR("..")))
		return;
	while (literal < text.len && !has_byte(AX_STR("*?[{%"), text.ptr[literal]))
		literal++;
	struct ax_str dir = ax_str_slice(text, 0, literal);
	dir = ax_str_slice(dir, 0, has_byte(dir, '/') ? ax_str_find_last(dir, '/') + 1 : 0);
	ax_path_resolve(&splitter->scratch, cwd, dir.len ? dir : AX_STR("."));
}

/*
 * Add a word whose path is in scratch; without one it is unresolved. Beyond all measure the last one
 * stands for the rest.
 */
static int push(struct splitter *splitter, struct ax_str text, struct ax_str way,
	bool unresolved)
{
	struct ax_buf *path = &splitter->scratch;
	struct idx_word word = { .unresolved = unresolved || path->len == 0,
		.walked = splitter->walking,
		.guessed = splitter->guessing };

	if (splitter->count == WORDS_LIMIT) {
		splitter->words[WORDS_LIMIT - 1].unresolved = true;
		splitter->words[WORDS_LIMIT - 1].path = AX_STR("");
		return 0;
	}
	if (splitter->count == splitter->capacity) {
		size_t wanted = splitter->capacity ? 2 * splitter->capacity : 32;
		void *grown = reallocarray(splitter->words, wanted, sizeof(*splitter->words));
		if (!grown)
			return command_no_memory(splitter);
		splitter->words = grown;
		splitter->capacity = wanted;
	}
	word.text = ax_str(ax_arena_copy(splitter->arena, text), text.len);
	word.path = ax_str(ax_arena_copy(splitter->arena, ax_buf_str(path)), path->len);
	word.way = way.len ? way : word.path;
	if (!word.text.ptr || !word.path.ptr || path->failed)
		return command_no_memory(splitter);
	splitter->words[splitter->count++] = word;
	return 0;
}

/* A path that goes up behind a name, with that; nothing for others. */
static int keep_way(struct splitter *splitter, struct ax_str cwd, struct ax_str text,
	struct ax_str *out)
{
	struct ax_buf way = { 0 };

	if (!ax_str_contains(text, AX_STR("..")))
		return 0;
	if (text.ptr[0] == '~') {
		ax_buf_append_str(&way, splitter->shell->home);
		text = ax_str_slice(text, 1, SIZE_MAX);
	} else if (text.ptr[0] != '/') {
		ax_buf_append_str(&way, cwd);
		ax_buf_append_byte(&way, '/');
	}
	ax_buf_append_str(&way, text);
	*out = ax_str(ax_arena_copy(splitter->arena, ax_buf_str(&way)), way.len);
	bool failed = way.failed || !out->ptr;
	ax_buf_free(&way);
	return failed ? command_no_memory(splitter) : 0;
}

int words_add(struct splitter *splitter, struct ax_str text, const struct dirs *dirs,
	bool dynamic)
{
	struct ax_buf *path = &splitter->scratch;
	bool fixed = is_fixed(text), placed = true;
	size_t n = fixed ? 1 : dirs->count;

	ax_buf_clear(path);
	if (text.len > PATH_LIMIT && dynamic)
		return push(splitter, ax_str_slice(text, 0, PATH_LIMIT), AX_STR(""), true);
	if (text.len == 0 || text.len > PATH_LIMIT)
		return 0;
	for (size_t i = 0; i < n && placed; i++) {
		struct ax_str cwd = fixed ? AX_STR("/") : dirs->items[i];
		if (dynamic)
			resolve_glob(splitter, cwd, text);
		else
			resolve(splitter, cwd, text);
		placed = path->len > 0;
		struct ax_str way = { 0 };
		if (!dynamic && placed && keep_way(splitter, cwd, text, &way) < 0)
			return -1;
		if (push(splitter, text, way, dynamic) < 0)
			return -1;
	}
	ax_buf_clear(path);
	return !fixed && placed && (dirs->unknown || n == 0)
		       ? push(splitter, text, AX_STR(""), true)
		       : 0;
}

int words_add_below(struct splitter *splitter, struct ax_str text, const struct dirs *dirs)
{
	size_t n = is_fixed(text) ? 1 : dirs->count;
	int status = 0;

	splitter->guessing = splitter->walking = true;
	for (size_t i = 0; i < n && status == 0; i++) {
		resolve(splitter, dirs->count ? dirs->items[i] : AX_STR("/"), text);
		status = push(splitter, text, AX_STR(""), true);
	}
	splitter->guessing = splitter->walking = false;
	return status;
}

int words_repeat(struct splitter *splitter, size_t from, const struct dirs *dirs)
{
	size_t end = dirs->count ? splitter->count : from;
	int status = 0;

	splitter->guessing = true;
	for (size_t i = from; i < end && status == 0; i++) {
		struct idx_word word = splitter->words[i];
		bool says_where =
			is_fixed(word.text) || (word.unresolved && word.path.len == 0);
		if (says_where)
			continue;
		status = word.walked ? words_add_below(splitter, word.text, dirs)
				     : words_add(splitter, word.text, dirs, word.unresolved);
		splitter->guessing = true;
	}
	splitter->guessing = false;
	return status;
}

/* Whether a name is made here, as by "%s", "%d" or "%(name)s". */
static bool is_format(struct ax_str text, size_t at)
{
	return text.ptr[at] == '%' && at + 1 < text.len &&
	       has_byte(AX_STR("sdrif0(."), text.ptr[at + 1]);
}

/* Whether text is a pattern for what lies in some directory: a program may expand those itself. */
static bool is_glob_path(struct ax_str text)
{
	size_t literal = 0;

	while (literal < text.len && !has_byte(AX_STR("*?["), text.ptr[literal]) &&
		!is_format(text, literal))
		literal++;
	return literal < text.len && has_byte(ax_str_slice(text, 0, literal), '/');
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static unsigned hex_value(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c | 0x20) - 'a' + 10;
}

/* Whether program text names bytes by number, "\u002f": it may spell anything. */
static bool has_escape(struct ax_str text)
{
	for (size_t i = 0; i + 2 < text.len; i++) {
		if (text.ptr[i] == '\\' && has_byte(AX_STR("ux"), text.ptr[i + 1]) &&
			is_hex(text.ptr[i + 2]))
			return true;
	}
	return false;
}

/* file://host/a%20b: its path. */
static int add_url(struct splitter *splitter, struct ax_str text)
{
	struct ax_str rest = ax_str_slice(text, strlen("file:"), text.len);
	struct ax_buf path = { 0 };
	const struct dirs nowhere = { 0 };

	if (ax_str_starts(rest, AX_STR("//"))) {
		rest = ax_str_slice(rest, 2, rest.len);
		rest = ax_str_slice(rest, ax_str_find(rest, '/'), rest.len);
	}
	for (size_t i = 0; i < rest.len; i++) {
		bool coded = rest.ptr[i] == '%' && i + 2 < rest.len &&
			     is_hex(rest.ptr[i + 1]) && is_hex(rest.ptr[i + 2]);
		ax_buf_append_byte(&path, coded ? (char)(16 * hex_value(rest.ptr[i + 1]) +
							  hex_value(rest.ptr[i + 2]))
						: rest.ptr[i]);
		i += coded ? 2 : 0;
	}
	int status = path.failed ? command_no_memory(splitter)
				 : words_add(splitter, ax_buf_str(&path), &nowhere, false);
	ax_buf_free(&path);
	return status;
}

static int add_value(struct splitter *splitter, struct ax_str text, const struct dirs *dirs,
	bool dynamic)
{
	if (words_add(splitter, text, dirs, dynamic) < 0)
		return -1;
	if (ax_str_starts(text, AX_STR("file:/")) && add_url(splitter, text) < 0)
		return -1;
	return dynamic || !is_glob_path(text) ? 0 : words_add(splitter, text, dirs, true);
}

/*
 * The parts of a value, besides the whole: of lists like a,b or a:b, of key=value, of JSON and
 * of program text. What the shell would expand keeps the signs of that.
 */
static int add_parts(struct splitter *splitter, struct ax_str text, const struct dirs *dirs,
	bool dynamic)
{
	struct ax_str ends =
		dynamic ? AX_STR(",:=@\"'();|&<>#+!") : AX_STR(",:=@\"'();|&<>#+![]{}`\n");
	size_t start = 0;

	for (size_t at = 0; at <= text.len; at++) {
		if (at < text.len && !has_byte(ends, text.ptr[at]))
			continue;
		/* The whole has been added. */
		if (at - start < text.len &&
			add_value(splitter, ax_str_slice(text, start, at - start), dirs,
				dynamic) < 0)
			return -1;
		start = at + 1;
	}
	return 0;
}

/* A value as it stands, and as program text where a backslash quotes what follows. */
static int add_text(struct splitter *splitter, struct ax_str text, const struct dirs *dirs,
	bool dynamic)
{
	struct ax_buf plain = { 0 };
	const struct dirs unknown = { .unknown = true };

	if (add_value(splitter, text, dirs, dynamic) < 0 ||
		add_parts(splitter, text, dirs, dynamic) < 0)
		return -1;
	if (!has_byte(text, '\\'))
		return 0;
	if (has_escape(text))
		return words_add(splitter, text, &unknown, true);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\\')
			ax_buf_append_byte(&plain, text.ptr[i]);
	}
	int status = plain.failed ? command_no_memory(splitter)
				  : add_value(splitter, ax_buf_str(&plain), dirs, dynamic);
	if (status == 0)
		status = add_parts(splitter, ax_buf_str(&plain), dirs, dynamic);
	ax_buf_free(&plain);
	return status;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* -vbPATH: how many letters are options cannot be seen. */
static int add_behind_letters(struct splitter *splitter, struct ax_str text,
	const struct dirs *dirs, bool dynamic)
{
	for (size_t at = 1; at < text.len && at < LETTERS_LIMIT && is_letter(text.ptr[at]);
		at++) {
		struct ax_str value = ax_str_slice(text, at + 1, text.len);
		splitter->guessing = at > 1;
		int status = at == 1 ? add_text(splitter, value, dirs, dynamic)
				     : add_value(splitter, value, dirs, dynamic);
		splitter->guessing = false;
		if (status < 0)
			return -1;
	}
	return 0;
}

int words_add_forms(struct splitter *splitter, struct ax_str text, const struct dirs *dirs,
	bool dynamic)
{
	size_t equals = ax_str_find(text, '=');
	bool is_option = text.len > 1 && text.ptr[0] == '-';

	if (!is_option && equals == text.len)
		return add_text(splitter, text, dirs, dynamic);
	if ((!is_option || dynamic) && words_add(splitter, text, dirs, dynamic) < 0)
		return -1;
	if (is_option && text.ptr[1] != '-' &&
		add_behind_letters(splitter, text, dirs, dynamic) < 0)
		return -1;
	if (equals < text.len) {
		return add_text(splitter, ax_str_slice(text, equals + 1, text.len), dirs,
			dynamic);
	}
	/* A long option without "=" has its value in the next word, or behind another sign. */
	return text.ptr[1] == '-' && has_byte(text, '/')
		       ? add_parts(splitter, text, dirs, dynamic)
		       : 0;
}
