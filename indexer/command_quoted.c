#include "indexer/command_internal.h"

void reader_begin_word(struct reader *reader)
{
	if (!reader->has_word)
		reader->word_start = reader->at;
	reader->has_word = true;
}

/* Behind a quote or backslash at `at`: where what it quotes ends. */
static size_t skip_quoted(struct ax_str text, size_t at)
{
	char quote = text.ptr[at++];

	if (quote == '\\')
		return at + 1;
	while (at < text.len && text.ptr[at] != quote)
		at += quote == '"' && text.ptr[at] == '\\' ? 2 : 1;
	return at + 1;
}

/* The text up to the parenthesis or backtick that ends it; reader->at moves behind that. */
static struct ax_str take_inside(struct reader *reader, char open, char close)
{
	struct ax_str text = reader->text;
	size_t start = reader->at, at = start;
	unsigned depth = 1;

	while (at < text.len) {
		char c = text.ptr[at];
		if (c == close && --depth == 0)
			break;
		depth += c == open && open != close;
		at = has_byte(AX_STR("'\"\\"), c) && (open != close || c == '\\')
			     ? skip_quoted(text, at)
			     : at + 1;
	}
	reader->at = at < text.len ? at + 1 : text.len;
	return ax_str_slice(text, start, at - start);
}

int reader_read_substitution(struct splitter *splitter, struct reader *reader, char open,
	char close)
{
	struct ax_str inside = take_inside(reader, open, close);
	struct dirs dirs = reader->here;

	if (open == close)
		ax_buf_append_byte(&reader->word, close);
	reader->dynamic = true;
	return command_read_text(splitter, inside, reader->is_quoted, &dirs);
}

int reader_read_subshell(struct splitter *splitter, struct reader *reader)
{
	struct ax_str inside = take_inside(reader, '(', ')');
	struct dirs dirs = reader->now;

	if (command_read_text(splitter, inside, reader->is_quoted, &dirs) < 0)
		return -1;
	if (reader->is_quoted || ax_str_contains(inside, AX_STR("case"))) {
		reader_go(reader, &dirs);
		reader->here = reader->now;
	}
	return 0;
}

int reader_read_dollar(struct splitter *splitter, struct reader *reader)
{
	ax_buf_append_byte(&reader->word, '$');
	reader->dynamic = true;
	if (reader->at < reader->text.len && reader->text.ptr[reader->at] == '(') {
		reader->at++;
		return reader_read_substitution(splitter, reader, '(', ')');
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
			status = reader_read_dollar(splitter, reader);
		} else if (c == '`') {
			status = reader_read_substitution(splitter, reader, '`', '`');
		} else if (c == '\\' && reader->at < reader->text.len &&
			   has_byte(AX_STR("$`\"\\"), reader->text.ptr[reader->at])) {
			ax_buf_append_byte(&reader->word, reader->text.ptr[reader->at++]);
		} else {
			reader->quoted_blank |= is_blank(c);
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
		reader->quoted_blank |= is_blank(c);
		ax_buf_append_byte(&reader->word, c);
	}
}

/* f"..." and its kind, in program text that no quotes hold together. */
static bool is_string_prefix(struct ax_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!has_byte(AX_STR("fFrRbBuU"), text.ptr[i]))
			return false;
	}
	return text.len == 1 || text.len == 2;
}

int reader_read_quotes(struct splitter *splitter, struct reader *reader, char quote)
{
	size_t start = reader->word.len;
	bool prefixed = is_string_prefix(ax_buf_str(&reader->word));

	reader->quoted = true;
	if (quote == '\'')
		read_single_quoted(reader);
	else if (read_double_quoted(splitter, reader) < 0)
		return -1;
	if (!prefixed)
		return 0;
	struct ax_str inside = ax_str_slice(ax_buf_str(&reader->word), start, SIZE_MAX);
	if (words_add_forms(splitter, inside, &reader->now, reader->dynamic) < 0)
		return -1;
	return reader->quoted_blank ? reader_read_quoted(splitter, reader, inside) : 0;
}

int reader_add_joined(struct splitter *splitter, const struct reader *reader)
{
	size_t end = reader->at + 1;

	if (!reader->has_word || reader->redirect == TO_DOCUMENT || end >= reader->text.len ||
		is_blank(reader->text.ptr[end]))
		return 0;
	while (end < reader->text.len && !is_blank(reader->text.ptr[end]))
		end++;
	struct ax_str joined =
		ax_str_slice(reader->text, reader->word_start, end - reader->word_start);
	return words_add_forms(splitter, joined, &reader->now, reader->dynamic);
}

/* Up to the line that is delimiter, with tabs before it or not, or to the end. */
static struct ax_str take_document(struct reader *reader, struct ax_str delimiter)
{
	size_t start = reader->at;

	while (reader->at < reader->text.len) {
		struct ax_str line = ax_str_slice(reader->text, reader->at, SIZE_MAX);
		size_t begin = reader->at;
		line = ax_str_slice(line, 0, ax_str_find(line, '\n'));
		reader->at += line.len + (begin + line.len < reader->text.len);
		while (line.len && line.ptr[0] == '\t')
			line = ax_str_slice(line, 1, SIZE_MAX);
		if (ax_str_equal(line, delimiter))
			return ax_str_slice(reader->text, start, begin - start);
	}
	return ax_str_slice(reader->text, start, SIZE_MAX);
}

int reader_read_documents(struct splitter *splitter, struct reader *reader)
{
	struct ax_str rest = ax_buf_str(&reader->documents);
	int status = 0;

	if (reader->documents.failed)
		return command_no_memory(splitter);
	while (rest.len && status == 0) {
		size_t end = ax_str_find(rest, '\n');
		struct ax_str body = take_document(reader, ax_str_slice(rest, 0, end));
		status = words_add_forms(splitter, body, &reader->now, false);
		if (status == 0)
			status = reader_read_quoted(splitter, reader, body);
		rest = ax_str_slice(rest, end + 1, SIZE_MAX);
	}
	ax_buf_clear(&reader->documents);
	return status;
}
