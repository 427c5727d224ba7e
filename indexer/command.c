/*
 * A command is read left to right into words and operators. Words are unquoted as they are read;
 * what the shell would expand marks the word as unresolved. Quoted words with blanks in them, and
 * here-documents, are read once more as commands of their own, because `bash -c "..."` hides paths
 * there.
 *
 * Where a word is seen from: behind `cd a &&` it is a; behind `cd a` and anything else it may be a
 * or where one was before; `env -C a` adds a for the words of this simple command.
 */
#include "indexer/command_internal.h"

#include "base/error.h"
#include "base/path.h"

#include <stdlib.h>

enum { MAX_NESTING = 6 };

int reader_read_quoted(struct splitter *splitter, struct reader *reader, struct ax_str text)
{
	struct dirs dirs = reader->here;

	if (command_read_text(splitter, text, true, &dirs) < 0)
		return -1;
	dirs_merge(&reader->now, &dirs);
	dirs_merge(&reader->ever, &dirs);
	dirs_merge(&reader->here, &dirs);
	return 0;
}

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

void reader_go(struct reader *reader, const struct dirs *dirs)
{
	reader->now = *dirs;
	dirs_merge(&reader->ever, dirs);
}

/* The operand of a cd, or none. */
static int change_directory(struct splitter *splitter, struct reader *reader,
	struct ax_str text, bool dynamic)
{
	struct dirs next = reader->ever;

	/* "cd -" and "pushd +1" go to where one was; if this is the first, that is not known. */
	if (ax_str_equal(text, AX_STR("-")) || ax_str_starts(text, AX_STR("+")))
		next.unknown |= next.count < 2;
	else if (dirs_enter(splitter, &reader->now, text, dynamic, &next) < 0)
		return -1;
	reader_go(reader, &next);
	return 0;
}

/* What stands behind an option or its letter may be where the command runs. */
static int enter_option(struct splitter *splitter, struct reader *reader, struct ax_str dir)
{
	const struct dirs unknown = { .unknown = true };
	struct dirs more;

	if (dirs_enter(splitter, &reader->here, dir, reader->dynamic, &more) < 0)
		return -1;
	dirs_merge(&reader->bases, &more);
	dirs_merge(&reader->here, &more);
	return more.unknown ? words_add(splitter, dir, &unknown, true) : 0;
}

static int read_option(struct splitter *splitter, struct reader *reader, struct ax_str text)
{
	size_t equals = ax_str_find(text, '=');
	bool is_short = text.ptr[1] != '-';

	if (option_takes_dir(text)) {
		reader->takes_dir = equals == text.len;
		if (!reader->takes_dir && enter_option(splitter, reader,
						  ax_str_slice(text, equals + 1, text.len)) < 0)
			return -1;
	}
	if (is_short && text.len > 2 && has_byte(AX_STR("CD"), text.ptr[1]) &&
		enter_option(splitter, reader, ax_str_slice(text, 2, text.len)) < 0)
		return -1;
	reader->has_recursion |= ax_str_equal(text, AX_STR("--recursive")) ||
				 (is_short && (has_byte(text, 'r') || has_byte(text, 'R') ||
						      has_byte(text, 'a')));
	return 0;
}

/* A word that is no name of a program: what its program does with it. */
static int read_operand(struct splitter *splitter, struct reader *reader, struct ax_str text)
{
	unsigned programs = reader->programs;
	bool takes_dir = reader->takes_dir;

	reader->takes_dir = false;
	if (takes_dir && enter_option(splitter, reader, text) < 0)
		return -1;
	if (text.len > 1 && text.ptr[0] == '-')
		return read_option(splitter, reader, text);
	if ((programs & PROGRAM_ENTERS) && reader->n_operands == 0 &&
		change_directory(splitter, reader, text, reader->dynamic) < 0)
		return -1;
	reader->n_operands++;
	reader->operand_first |= reader->position == 1;
	bool walks = (programs & PROGRAM_WALKS) ||
		     ((programs & PROGRAM_WALKS_R) && reader->has_recursion);
	if (walks && !takes_dir && !reader->dynamic)
		return words_add_below(splitter, text, &reader->now);
	return 0;
}

/* A program: what it does with the words to come. */
static int read_name(struct splitter *splitter, struct reader *reader, struct ax_str text)
{
	const struct dirs unknown = { .unknown = true };
	unsigned what = program_of(text);

	if (reader->position > 0)
		what &= ~(unsigned)(PROGRAM_ENTERS | PROGRAM_RETURNS);
	reader->programs |= what;
	if (what & PROGRAM_RETURNS)
		reader->now = reader->ever;
	if (what & (PROGRAM_ADDS_WORDS | PROGRAM_OTHER_VIEW))
		return words_add(splitter, text, &unknown, true);
	return 0;
}

/* Whether what stands between quotes may be a command of its own. */
static bool may_be_command(const struct reader *reader, struct ax_str text)
{
	if (reader->quoted_blank)
		return true;
	for (size_t i = 0;
		reader->quoted && (reader->programs & PROGRAM_RUNS_TEXT) && i < text.len; i++) {
		if (has_byte(AX_STR("$`;&|<>*?[{~\\\"'"), text.ptr[i]))
			return true;
	}
	return false;
}

/* "{" and "[" alone are words as any other. */
static bool is_dynamic(const struct reader *reader, struct ax_str text)
{
	return reader->dynamic || (reader->brackets && has_byte(text, ']')) ||
	       (reader->braces && (has_byte(text, ',') || has_byte(text, '}')));
}

static void forget_word(struct reader *reader)
{
	ax_buf_clear(&reader->word);
	reader->has_word = reader->dynamic = reader->braces = reader->brackets = false;
	reader->quoted = reader->quoted_blank = false;
	reader->redirect = NO_REDIRECT;
}

static void begin_command(struct splitter *splitter, struct reader *reader)
{
	reader->here = reader->now;
	reader->bases = (struct dirs){ 0 };
	reader->first_word = splitter->count;
	reader->position = reader->programs = 0;
	reader->n_operands = 0;
	reader->has_words = reader->has_recursion = reader->operand_first = false;
	reader->takes_dir = false;
	reader->redirect = NO_REDIRECT;
}

static int take_word(struct splitter *splitter, struct reader *reader, struct ax_str text)
{
	bool counts = reader->redirect == NO_REDIRECT &&
		      (reader->position > 0 || !is_assignment(text));
	bool is_name = counts && reader->position == 0;
	bool is_chdir = ax_str_contains(text, AX_STR("chdir("));

	/* A program that changes its directory itself, to where its text says. */
	reader->here.unknown |= is_chdir;
	reader->now.unknown |= is_chdir;
	if ((!is_name || has_byte(text, '/') || reader->dynamic) &&
		words_add_forms(splitter, text, &reader->now, reader->dynamic) < 0)
		return -1;
	if (counts && !is_name && read_operand(splitter, reader, text) < 0)
		return -1;
	if ((is_name || (counts && (reader->programs & PROGRAM_RUNS))) &&
		read_name(splitter, reader, text) < 0)
		return -1;
	if (may_be_command(reader, text) && reader_read_quoted(splitter, reader, text) < 0)
		return -1;
	reader->has_words = true;
	if (counts && !(is_name && (program_of(text) & PROGRAM_PRECEDES)))
		reader->position++;
	if (ax_str_equal(text, AX_STR("{"))) /* function f { */
		begin_command(splitter, reader);
	return 0;
}

/* The word that has been read is complete. */
static int end_word(struct splitter *splitter, struct reader *reader)
{
	struct ax_str text = ax_buf_str(&reader->word);
	int status = 0;

	if (!reader->has_word)
		return 0;
	if (reader->word.failed)
		return command_no_memory(splitter);
	reader->dynamic = is_dynamic(reader, text);
	if (reader->redirect == TO_DOCUMENT) {
		ax_buf_append_str(&reader->documents, text);
		ax_buf_append_byte(&reader->documents, '\n');
	} else {
		status = take_word(splitter, reader, text);
	}
	forget_word(reader);
	return status;
}

/* The simple command is complete: its words in the light of all options, and of no operands. */
static int end_command(struct splitter *splitter, struct reader *reader)
{
	if (end_word(splitter, reader) < 0)
		return -1;
	bool here = (reader->programs & PROGRAM_WALKS_HERE) && !reader->operand_first;
	here |= (reader->programs & PROGRAM_SEARCHES) && reader->n_operands < 2;
	if ((here && words_add_below(splitter, AX_STR("."), &reader->now) < 0) ||
		words_repeat(splitter, reader->first_word, &reader->bases) < 0)
		return -1;
	if (!(reader->programs & PROGRAM_ENTERS) || reader->n_operands > 0)
		return 0;
	/* cd goes home, pushd to where one was. */
	if (change_directory(splitter, reader, AX_STR("~"), false) < 0)
		return -1;
	reader->now = reader->ever;
	return 0;
}

/* < and > with what belongs to them; a word follows. */
static int read_redirect(struct splitter *splitter, struct reader *reader)
{
	size_t start = reader->at;

	/* The 2 of 2>file is no word. */
	if (reader->word.len == 1 && reader->word.data[0] >= '0' &&
		reader->word.data[0] <= '9' && !reader->quoted)
		forget_word(reader);
	if (end_word(splitter, reader) < 0)
		return -1;
	while (reader->at < reader->text.len &&
		has_byte(AX_STR("<>&|"), reader->text.ptr[reader->at]))
		reader->at++;
	struct ax_str sign = ax_str_slice(reader->text, start, reader->at - start);
	reader->redirect = TO_FILE;
	if (!ax_str_equal(sign, AX_STR("<<")))
		return 0;
	reader->redirect = TO_DOCUMENT;
	reader->at += reader->at < reader->text.len && reader->text.ptr[reader->at] == '-';
	return 0;
}

/* An operator between commands. */
static int read_operator(struct splitter *splitter, struct reader *reader, char c)
{
	if (c == '\n' && reader_add_joined(splitter, reader) < 0)
		return -1;
	if (end_command(splitter, reader) < 0)
		return -1;
	reader->at++;
	bool is_and = c == '&' && reader->at < reader->text.len &&
		      reader->text.ptr[reader->at] == '&';
	reader->at += is_and;
	/* A line break behind "&&" ends nothing. */
	if (!is_and && c != '(' && reader->has_words)
		reader->now = reader->ever;
	if (c == '\n' && reader_read_documents(splitter, reader) < 0)
		return -1;
	begin_command(splitter, reader);
	reader->has_words = c == '(';
	return c == '(' ? reader_read_subshell(splitter, reader) : 0;
}

static int read_backslash(struct reader *reader)
{
	size_t next = reader->at + 1;

	/* One before a line break is gone with it. */
	if (next < reader->text.len && reader->text.ptr[next] == '\n') {
		reader->at += 2;
		return 0;
	}
	reader_begin_word(reader);
	reader->quoted = true;
	reader->at = next;
	if (next < reader->text.len)
		ax_buf_append_byte(&reader->word, reader->text.ptr[reader->at++]);
	return 0;
}

/* A byte of a word. */
static int read_byte(struct splitter *splitter, struct reader *reader, char c)
{
	reader_begin_word(reader);
	reader->at++;
	if (c == '\'' || c == '"')
		return reader_read_quotes(splitter, reader, c);
	if (c == '`')
		return reader_read_substitution(splitter, reader, '`', '`');
	if (c == '$')
		return reader_read_dollar(splitter, reader);
	reader->dynamic |= c == '*' || c == '?';
	reader->brackets |= c == '[';
	reader->braces |= c == '{';
	ax_buf_append_byte(&reader->word, c);
	return 0;
}

/* One character outside of quotes. */
static int read_plain(struct splitter *splitter, struct reader *reader)
{
	char c = reader->text.ptr[reader->at];

	if (c == ' ' || c == '\t' || c == '\r') {
		reader->at++;
		return end_word(splitter, reader);
	}
	if (c == '<' || c == '>')
		return read_redirect(splitter, reader);
	if (has_byte(AX_STR("&|;()\n"), c))
		return read_operator(splitter, reader, c);
	/* What is quoted may be no shell's text, where this begins no comment. */
	if (c == '#' && !reader->has_word && !reader->is_quoted) {
		reader->at +=
			ax_str_find(ax_str_slice(reader->text, reader->at, reader->text.len),
				'\n');
		return 0;
	}
	if (c == '\\')
		return read_backslash(reader);
	return read_byte(splitter, reader, c);
}

int command_read_text(struct splitter *splitter, struct ax_str text, bool is_quoted,
	struct dirs *dirs)
{
	struct reader reader = {
		.text = text, .is_quoted = is_quoted, .now = *dirs, .ever = *dirs
	};
	int status = 0;

	/* Deeper quoting than anyone writes: say so rather than miss a path. */
	if (splitter->nesting == MAX_NESTING)
		return words_add(splitter, text, &(struct dirs){ .unknown = true }, true);
	splitter->nesting++;
	begin_command(splitter, &reader);
	while (status == 0 && reader.at < reader.text.len)
		status = read_plain(splitter, &reader);
	if (status == 0)
		status = end_command(splitter, &reader);
	*dirs = reader.ever;
	ax_buf_free(&reader.word);
	ax_buf_free(&reader.documents);
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
			status = command_no_memory(splitter);
		else if (size)
			memcpy(items, splitter->words, size);
	}
	if (status == 0)
		*out = (struct idx_words){ splitter->count, items };
	free(splitter->words);
	ax_buf_free(&splitter->scratch);
	return status;
}

static struct dirs begin_in(const struct idx_shell *shell)
{
	struct dirs dirs = { .unknown = shell->cwd.len == 0 };

	if (shell->cwd.len)
		dirs_add(&dirs, shell->cwd);
	return dirs;
}

int idx_command_split(struct ax_str command, const struct idx_shell *shell,
	struct ax_arena *arena, struct idx_words *out, struct ax_error *err)
{
	struct splitter splitter = { .shell = shell, .arena = arena, .err = err };
	struct dirs dirs = begin_in(shell);

	return finish(&splitter, command_read_text(&splitter, command, false, &dirs), out);
}

/* One exact argument: as a quoted word. */
static int read_argument(struct splitter *splitter, struct reader *reader, struct ax_str text)
{
	ax_buf_append_str(&reader->word, text);
	reader->has_word = reader->quoted = true;
	for (size_t i = 0; i < text.len; i++)
		reader->quoted_blank |= is_blank(text.ptr[i]);
	return end_word(splitter, reader);
}

int idx_command_arguments(size_t n, const struct ax_str *arguments,
	const struct idx_shell *shell, struct ax_arena *arena, struct idx_words *out,
	struct ax_error *err)
{
	struct splitter splitter = { .shell = shell, .arena = arena, .err = err };
	struct dirs dirs = begin_in(shell);
	struct reader reader = { .now = dirs, .ever = dirs };
	int status = 0;

	begin_command(&splitter, &reader);
	for (size_t i = 0; i < n && status == 0; i++)
		status = read_argument(&splitter, &reader, arguments[i]);
	if (status == 0)
		status = end_command(&splitter, &reader);
	ax_buf_free(&reader.word);
	return finish(&splitter, status, out);
}
