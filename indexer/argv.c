#include "indexer/argv.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"

#include <errno.h>

enum { USES_LIMIT = 64 };

/* Options whose value is something that a run reads; "_" in their names counts as "-". */
static const struct ax_str input_options[] = {
	AX_STR_INIT("v-hack-path"),
	AX_STR_INIT("vhack-path"),
	AX_STR_INIT("pool-dir"),
	AX_STR_INIT("from-pool"),
	AX_STR_INIT("pairs-path"),
	AX_STR_INIT("init-from"),
	AX_STR_INIT("resume-from"),
	AX_STR_INIT("adapter-path"),
};

struct words {
	struct ax_str rest;
	bool is_list;       /* as Python prints it */
	struct ax_buf word; /* the last one read, without its quotes */
};

static bool separates(const struct words *words, char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') ||
	       (words->is_list && (c == ',' || c == '[' || c == ']'));
}

static char take(struct words *words)
{
	char c = words->rest.ptr[0];

	words->rest = ax_str_slice(words->rest, 1, SIZE_MAX);
	return c;
}

static void take_quoted(struct words *words, char quote)
{
	while (words->rest.len) {
		char c = take(words);
		if (c == quote)
			return;
		if (c == '\\' && (quote == '"' || words->is_list) && words->rest.len)
			c = take(words);
		ax_buf_append_byte(&words->word, c);
	}
}

/* The next word in words->word; false at the end. */
static bool next_word(struct words *words)
{
	bool has_word = false;

	ax_buf_clear(&words->word);
	while (words->rest.len && separates(words, words->rest.ptr[0]))
		take(words);
	while (words->rest.len && !separates(words, words->rest.ptr[0])) {
		char c = take(words);
		has_word = true;
		if (c == '\'' || c == '"') {
			take_quoted(words, c);
			continue;
		}
		if (c == '\\' && words->rest.len)
			c = take(words);
		ax_buf_append_byte(&words->word, c);
	}
	return has_word;
}

static bool ends_as(struct ax_str name, struct ax_str option)
{
	if (name.len < option.len)
		return false;
	struct ax_str end = ax_str_slice(name, name.len - option.len, SIZE_MAX);
	for (size_t i = 0; i < end.len; i++) {
		char c = end.ptr[i] == '_' ? '-' : end.ptr[i];
		if (c != option.ptr[i])
			return false;
	}
	return true;
}

/* Whether word is such an option; *value is what follows its "=", or "" without one. */
static bool is_input(struct ax_str word, struct ax_str *value)
{
	size_t equals = ax_str_find(word, '=');
	struct ax_str name = ax_str_slice(word, 0, equals);

	if (!ax_str_starts(word, AX_STR("--")))
		return false;
	*value = ax_str_slice(word, equals + 1, SIZE_MAX);
	for (size_t i = 0; i < sizeof(input_options) / sizeof(*input_options); i++) {
		if (ends_as(name, input_options[i]))
			return true;
	}
	return false;
}

/* What an option that is not set is printed as. */
static bool is_nothing(struct ax_str value)
{
	return value.len == 0 || ax_str_equal(value, AX_STR("None")) ||
	       ax_str_equal(value, AX_STR("none")) || ax_str_equal(value, AX_STR("null"));
}

struct uses {
	struct ax_str root;
	struct ax_arena *arena;
	struct ax_str items[USES_LIMIT];
	size_t n;
};

static int add(struct uses *uses, struct ax_str path, struct ax_error *err)
{
	struct ax_str root = uses->root.len ? uses->root : AX_STR("/");
	struct ax_buf absolute = { 0 }, relative = { 0 };
	struct ax_str found;
	int status = -1;

	ax_path_resolve(&absolute, root, path);
	if (ax_path_relative(&relative, root, ax_buf_str(&absolute)))
		found = ax_buf_str(&relative);
	else
		found = ax_buf_str(&absolute);
	/* Without a root, what is absolute stays so. */
	if (uses->root.len == 0 && path.ptr[0] == '/')
		found = ax_buf_str(&absolute);
	for (size_t i = 0; i < uses->n; i++) {
		if (ax_str_equal(uses->items[i], found)) {
			status = 0;
			goto out;
		}
	}
	char *copy =
		absolute.failed || relative.failed ? NULL : ax_arena_copy(uses->arena, found);
	if (!copy) {
		ax_fail(err, ENOMEM, "no memory for the runs");
		goto out;
	}
	uses->items[uses->n++] = ax_str(copy, found.len);
	status = 0;
out:
	ax_buf_free(&absolute);
	ax_buf_free(&relative);
	return status;
}

int idx_argv_uses(struct ax_str argv, struct ax_str root, struct ax_arena *arena,
	const struct ax_str **out, size_t *n_out, struct ax_error *err)
{
	struct words words = { .rest = argv, .is_list = argv.len && argv.ptr[0] == '[' };
	struct uses uses = { .root = root, .arena = arena };
	bool is_value = false;
	int status = -1;

	while (uses.n < USES_LIMIT && next_word(&words)) {
		struct ax_str word = ax_buf_str(&words.word), value = word;
		bool has_value = is_value;
		is_value = false;
		if (ax_str_starts(word, AX_STR("--"))) {
			has_value = is_input(word, &value);
			is_value = has_value && ax_str_find(word, '=') == word.len;
		}
		if (has_value && !is_nothing(value) && add(&uses, value, err) < 0)
			goto out;
	}
	if (ax_buf_check(&words.word, "a log's command line", err) < 0)
		goto out;
	const void *kept = ax_arena_copy(arena,
		ax_str((const char *)uses.items, uses.n * sizeof(*uses.items)));
	if (!kept) {
		ax_fail(err, ENOMEM, "no memory for the runs");
		goto out;
	}
	*out = kept;
	*n_out = uses.n;
	status = 0;
out:
	ax_buf_free(&words.word);
	return status;
}
