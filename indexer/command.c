/*
 * A command is read left to right into words and operators. Words are unquoted as they are read;
 * what the shell would expand marks the word as unresolved. Quoted words with blanks in them are
 * read once more as commands of their own, because `bash -c "..."` hides paths there.
 */
#include "indexer/command.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"

#include <errno.h>
#include <stdlib.h>

enum { MAX_NESTING = 6 };

struct splitter {
	const struct idx_shell *shell;
	struct ax_arena *arena;
	struct ax_error *err;
	struct idx_word *words; /* grown on the heap, copied into the arena at the end */
	size_t count, capacity;
	struct ax_buf scratch;
	unsigned nesting;
};

/* One command line being read. */
struct reader {
	struct ax_str text;
	size_t at;
	struct ax_buf cwd;  /* empty when a cd made it unknown */
	struct ax_buf word; /* unquoted */
	size_t word_start;  /* in text */
	bool has_word;      /* also of an empty quoted one */
	bool dynamic;       /* the shell would change it */
	bool quoted_blank;
	unsigned position; /* of the word in its simple command; assignments do not count */
	bool is_cd;
	bool after_redirect;
};

static int no_memory(struct splitter *splitter)
{
	return ax_fail(splitter->err, ENOMEM, "command: no memory to read it");
}

static bool has_byte(struct ax_str text, char byte)
{
	return ax_str_find(text, byte) < text.len;
}

static int grow(struct splitter *splitter)
{
	size_t wanted = splitter->capacity ? 2 * splitter->capacity : 32;

	if (splitter->count < splitter->capacity)
		return 0;
	void *grown = reallocarray(splitter->words, wanted, sizeof(*splitter->words));
	if (!grown)
		return no_memory(splitter);
	splitter->words = grown;
	splitter->capacity = wanted;
	return 0;
}

/* The directory in which the globs of text can match; nothing when that cannot be said. */
static void resolve_glob(struct ax_buf *path, struct ax_str cwd, struct ax_str text)
{
	size_t literal = 0;

	if (has_byte(text, '$') || has_byte(text, '`') || text.ptr[0] == '~' ||
		ax_str_contains(text, AX_STR("..")))
		return;
	while (literal < text.len && !has_byte(AX_STR("*?[{"), text.ptr[literal]))
		literal++;
	struct ax_str dir = ax_str_slice(text, 0, literal);
	dir = ax_str_slice(dir, 0, has_byte(dir, '/') ? ax_str_find_last(dir, '/') + 1 : 0);
	if (cwd.len || (dir.len && dir.ptr[0] == '/'))
		ax_path_resolve(path, cwd, dir.len ? dir : AX_STR("."));
}

/* ~ and ~/x; ~user and an unknown home are for the shell to know. */
static void resolve_home(struct ax_buf *path, struct ax_str home, struct ax_str text)
{
	if (home.len == 0 || (text.len > 1 && text.ptr[1] != '/'))
		return;
	ax_path_resolve(path, home,
		text.len > 2 ? ax_str_slice(text, 2, text.len) : AX_STR("."));
}

static int add_word(struct splitter *splitter, struct ax_str text, struct ax_str cwd,
	bool dynamic)
{
	struct idx_word word = { .unresolved = dynamic };
	struct ax_buf *path = &splitter->scratch;

	if (text.len == 0)
		return 0;
	if (grow(splitter) < 0)
		return -1;
	ax_buf_clear(path);
	if (dynamic)
		resolve_glob(path, cwd, text);
	else if (text.ptr[0] == '~')
		resolve_home(path, splitter->shell->home, text);
	else if (text.ptr[0] == '/' || cwd.len)
		ax_path_resolve(path, cwd, text);
	word.unresolved = dynamic || path->len == 0;
	word.text = ax_str(ax_arena_copy(splitter->arena, text), text.len);
	word.path = ax_str(ax_arena_copy(splitter->arena, ax_buf_str(path)), path->len);
	if (!word.text.ptr || !word.path.ptr || path->failed)
		return no_memory(splitter);
	splitter->words[splitter->count++] = word;
	return 0;
}

/* Whether text is a pattern for what lies in some directory: a program may expand those itself. */
static bool is_glob_path(struct ax_str text)
{
	size_t literal = 0;

	while (literal < text.len && !has_byte(AX_STR("*?["), text.ptr[literal]))
		literal++;
	return literal < text.len && has_byte(ax_str_slice(text, 0, literal), '/');
}

static int add_value(struct splitter *splitter, struct ax_str text, struct ax_str cwd,
	bool dynamic)
{
	if (add_word(splitter, text, cwd, dynamic) < 0)
		return -1;
	return dynamic || !is_glob_path(text) ? 0 : add_word(splitter, text, cwd, true);
}

/*
 * The parts of a value, besides the whole: of lists like a,b or a:b, of key=value, of JSON and
 * of program text.
 */
static int add_parts(struct splitter *splitter, struct ax_str text, struct ax_str cwd,
	bool dynamic)
{
	struct ax_str ends = dynamic ? AX_STR(",:=@") : AX_STR(",:=@\"'()[]{}");
	size_t start = 0;

	for (size_t at = 0; at <= text.len; at++) {
		if (at < text.len && !has_byte(ends, text.ptr[at]))
			continue;
		/* The whole has been added. */
		if (at - start < text.len &&
			add_value(splitter, ax_str_slice(text, start, at - start), cwd,
				dynamic) < 0)
			return -1;
		start = at + 1;
	}
	return 0;
}

/* A word and what stands behind its "=", or behind the letter of a short option. */
static int add_forms(struct splitter *splitter, struct ax_str text, struct ax_str cwd,
	bool dynamic)
{
	size_t equals = ax_str_find(text, '=');
	struct ax_str value = ax_str_slice(text, equals + 1, text.len);
	bool is_option = text.len && text.ptr[0] == '-';

	if (equals == text.len)
		value = text;
	else if (!is_option && !dynamic && add_word(splitter, text, cwd, false) < 0)
		return -1;
	if (is_option && equals == text.len) {
		/* -oPATH; a long option without "=" has its value in the next word. */
		if (text.len < 3 || text.ptr[1] == '-')
			return dynamic ? add_word(splitter, text, cwd, true) : 0;
		value = ax_str_slice(text, 2, text.len);
	}
	if (add_value(splitter, value, cwd, dynamic) < 0)
		return -1;
	return add_parts(splitter, value, cwd, dynamic);
}

static struct ax_str current_cwd(const struct reader *reader)
{
	return ax_buf_str(&reader->cwd);
}

static int split_text(struct splitter *splitter, struct ax_str text, struct ax_str cwd);

static bool is_assignment(struct ax_str text)
{
	size_t equals = ax_str_find(text, '=');

	for (size_t i = 0; i < equals; i++) {
		char c = text.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return equals > 0 && equals < text.len;
}

/* The directory that a cd went to holds for what follows. */
static int change_directory(struct splitter *splitter, struct reader *reader,
	struct ax_str text)
{
	struct ax_buf next = { 0 };
	bool unknown = reader->dynamic || text.len == 0 || text.ptr[0] == '~' ||
		       text.ptr[0] == '-' || (text.ptr[0] != '/' && reader->cwd.len == 0);

	if (!unknown)
		ax_path_resolve(&next, current_cwd(reader), text);
	ax_buf_free(&reader->cwd);
	reader->cwd = next;
	return next.failed ? no_memory(splitter) : 0;
}

static bool is_one_of(const struct ax_str *words, size_t n, struct ax_str text)
{
	for (size_t i = 0; i < n; i++) {
		if (ax_str_equal(words[i], text))
			return true;
	}
	return false;
}

static bool is_cd(struct ax_str text)
{
	static const struct ax_str words[] = { AX_STR_INIT("cd"), AX_STR_INIT("pushd") };

	return is_one_of(words, sizeof(words) / sizeof(*words), text);
}

/* Words behind which a command begins. */
static bool is_before_command(struct ax_str text)
{
	static const struct ax_str words[] = { AX_STR_INIT("if"), AX_STR_INIT("then"),
		AX_STR_INIT("elif"), AX_STR_INIT("else"), AX_STR_INIT("while"),
		AX_STR_INIT("until"), AX_STR_INIT("do"), AX_STR_INIT("!"), AX_STR_INIT("{"),
		AX_STR_INIT("time"), AX_STR_INIT("command"), AX_STR_INIT("builtin") };

	return is_one_of(words, sizeof(words) / sizeof(*words), text);
}

/* The word that has been read is complete. */
static int end_word(struct splitter *splitter, struct reader *reader)
{
	struct ax_str text = ax_buf_str(&reader->word);
	int status = 0;

	if (!reader->has_word)
		return 0;
	if (reader->word.failed)
		return no_memory(splitter);
	bool is_name = reader->position == 0 && !reader->after_redirect && !is_assignment(text);
	if (reader->is_cd && reader->position == 1 && !reader->after_redirect) {
		status = add_forms(splitter, text, current_cwd(reader), reader->dynamic);
		if (status == 0)
			status = change_directory(splitter, reader, text);
	} else if (!is_name || has_byte(text, '/') || reader->dynamic) {
		status = add_forms(splitter, text, current_cwd(reader), reader->dynamic);
	}
	if (status == 0 && reader->quoted_blank)
		status = split_text(splitter, text, current_cwd(reader));
	if (is_name)
		reader->is_cd = is_cd(text);
	if (!reader->after_redirect && (reader->position > 0 || is_name) &&
		!(is_name && is_before_command(text)))
		reader->position++;
	ax_buf_clear(&reader->word);
	reader->has_word = reader->dynamic = reader->quoted_blank = false;
	reader->after_redirect = false;
	return status;
}

static void begin_word(struct reader *reader)
{
	if (!reader->has_word)
		reader->word_start = reader->at;
	reader->has_word = true;
}

/* Text up to the parenthesis or backtick that ends a substitution, which is read as a command. */
static int read_substitution(struct splitter *splitter, struct reader *reader, char open,
	char close)
{
	size_t start = reader->at;
	unsigned depth = 1;

	for (; reader->at < reader->text.len; reader->at++) {
		char c = reader->text.ptr[reader->at];
		if (c == close && --depth == 0)
			break;
		if (c == open && open != close)
			depth++;
	}
	struct ax_str inside = ax_str_slice(reader->text, start, reader->at - start);
	if (reader->at < reader->text.len)
		reader->at++;
	if (open == close)
		ax_buf_append_byte(&reader->word, close);
	reader->dynamic = true;
	return split_text(splitter, inside, current_cwd(reader));
}

/* After "$", inside or outside of double quotes. */
static int read_dollar(struct splitter *splitter, struct reader *reader)
{
	ax_buf_append_byte(&reader->word, '$');
	reader->dynamic = true;
	if (reader->at < reader->text.len && reader->text.ptr[reader->at] == '(') {
		reader->at++;
		return read_substitution(splitter, reader, '(', ')');
	}
	return 0;
}

static int read_double_quoted(struct splitter *splitter, struct reader *reader)
{
	while (reader->at < reader->text.len) {
		char c = reader->text.ptr[reader->at++];
		int status = 0;
		if (c == '"')
			return 0;
		if (c == '$') {
			status = read_dollar(splitter, reader);
		} else if (c == '`') {
			status = read_substitution(splitter, reader, '`', '`');
		} else if (c == '\\' && reader->at < reader->text.len &&
			   has_byte(AX_STR("$`\"\\"), reader->text.ptr[reader->at])) {
			ax_buf_append_byte(&reader->word, reader->text.ptr[reader->at++]);
		} else {
			reader->quoted_blank |= c == ' ' || c == '\n' || c == '\t';
			ax_buf_append_byte(&reader->word, c);
		}
		if (status < 0)
			return -1;
	}
	return 0;
}

static void read_single_quoted(struct reader *reader)
{
	while (reader->at < reader->text.len) {
		char c = reader->text.ptr[reader->at++];
		if (c == '\'')
			return;
		reader->quoted_blank |= c == ' ' || c == '\n' || c == '\t';
		ax_buf_append_byte(&reader->word, c);
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A line break right between two words: the text that it joins may be one name. */
static int add_joined(struct splitter *splitter, const struct reader *reader)
{
	size_t end = reader->at + 1;

	if (!reader->has_word || end >= reader->text.len || is_blank(reader->text.ptr[end]))
		return 0;
	while (end < reader->text.len && !is_blank(reader->text.ptr[end]))
		end++;
	struct ax_str joined =
		ax_str_slice(reader->text, reader->word_start, end - reader->word_start);
	return add_forms(splitter, joined, current_cwd(reader), reader->dynamic);
}

/* An operator: what it ends and what it begins. */
static int read_operator(struct splitter *splitter, struct reader *reader, char c)
{
	if (c == '\n' && add_joined(splitter, reader) < 0)
		return -1;
	/* The 2 of 2>file is no word. */
	if ((c == '>' || c == '<') && reader->word.len == 1 && reader->word.data[0] >= '0' &&
		reader->word.data[0] <= '9' && !reader->quoted_blank) {
		ax_buf_clear(&reader->word);
		reader->has_word = false;
	}
	if (end_word(splitter, reader) < 0)
		return -1;
	reader->at++;
	if (c == '>' || c == '<') {
		while (reader->at < reader->text.len &&
			has_byte(AX_STR("<>&|"), reader->text.ptr[reader->at]))
			reader->at++;
		reader->after_redirect = true;
		return 0;
	}
	reader->position = 0;
	reader->is_cd = false;
	reader->after_redirect = false;
	if (c != '(')
		return 0;
	bool dynamic = reader->dynamic;
	int status = read_substitution(splitter, reader, '(', ')');
	reader->dynamic = dynamic;
	return status;
}

/* One character outside of quotes. */
static int read_plain(struct splitter *splitter, struct reader *reader)
{
	char c = reader->text.ptr[reader->at];

	if (c == ' ' || c == '\t' || c == '\r') {
		reader->at++;
		return end_word(splitter, reader);
	}
	if (has_byte(AX_STR("&|;()<>\n"), c))
		return read_operator(splitter, reader, c);
	if (c == '#' && !reader->has_word) {
		reader->at +=
			ax_str_find(ax_str_slice(reader->text, reader->at, reader->text.len),
				'\n');
		return 0;
	}
	begin_word(reader);
	reader->at++;
	switch (c) {
	case '\'':
		read_single_quoted(reader);
		return 0;
	case '"':
		return read_double_quoted(splitter, reader);
	case '`':
		return read_substitution(splitter, reader, '`', '`');
	case '$':
		return read_dollar(splitter, reader);
	case '\\':
		if (reader->at < reader->text.len && reader->text.ptr[reader->at] != '\n')
			ax_buf_append_byte(&reader->word, reader->text.ptr[reader->at]);
		reader->at += reader->at < reader->text.len;
		return 0;
	case '*':
	case '?':
	case '[':
	case '{':
		reader->dynamic = true;
		break;
	default:
		break;
	}
	ax_buf_append_byte(&reader->word, c);
	return 0;
}

static int split_text(struct splitter *splitter, struct ax_str text, struct ax_str cwd)
{
	struct reader reader = { .text = text };
	int status = 0;

	/* Deeper quoting than anyone writes: say so rather than miss a path. */
	if (splitter->nesting == MAX_NESTING)
		return add_word(splitter, text, cwd, true);
	splitter->nesting++;
	ax_buf_append_str(&reader.cwd, cwd);
	if (reader.cwd.failed)
		status = no_memory(splitter);
	while (status == 0 && reader.at < reader.text.len)
		status = read_plain(splitter, &reader);
	if (status == 0)
		status = end_word(splitter, &reader);
	ax_buf_free(&reader.cwd);
	ax_buf_free(&reader.word);
	splitter->nesting--;
	return status;
}

/* Hand the words over and release what they were gathered in. */
static int finish(struct splitter *splitter, int status, struct idx_words *out)
{
	size_t size = splitter->count * sizeof(*splitter->words);
	struct idx_word *items = NULL;

	if (status == 0) {
		items = ax_arena_alloc(splitter->arena, size);
		if (!items)
			status = no_memory(splitter);
		else if (size)
			memcpy(items, splitter->words, size);
	}
	if (status == 0)
		*out = (struct idx_words){ splitter->count, items };
	free(splitter->words);
	ax_buf_free(&splitter->scratch);
	return status;
}

int idx_command_split(struct ax_str command, const struct idx_shell *shell,
	struct ax_arena *arena, struct idx_words *out, struct ax_error *err)
{
	struct splitter splitter = { .shell = shell, .arena = arena, .err = err };

	return finish(&splitter, split_text(&splitter, command, shell->cwd), out);
}

int idx_command_arguments(size_t n, const struct ax_str *arguments,
	const struct idx_shell *shell, struct ax_arena *arena, struct idx_words *out,
	struct ax_error *err)
{
	struct splitter splitter = { .shell = shell, .arena = arena, .err = err };
	int status = 0;

	for (size_t i = 0; i < n && status == 0; i++) {
		struct ax_str argument = arguments[i];
		bool is_name = i == 0 && !has_byte(argument, '/');
		if (!is_name)
			status = add_forms(&splitter, argument, shell->cwd, false);
		/* sh -c and its kind: the argument is a command itself. */
		if (status == 0 && (has_byte(argument, ' ') || has_byte(argument, '\n')))
			status = split_text(&splitter, argument, shell->cwd);
	}
	return finish(&splitter, status, out);
}
