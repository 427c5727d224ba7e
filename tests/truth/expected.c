/*
 * artidx-expected EXPECTED moves|flags|has|not
 *
 * What the sample's expected.json says, as lines for scripts, their parts separated by TAB:
 *	moves   each file's path before and after the reorg
 *	flags   each file that stays with a flag, and the flag
 *	has     a file, and a text that must be in it after the reorg
 *	not     a file, and a text that must not
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { DOCUMENT_LIMIT = 64 << 20 };

static struct ax_str text_of(const struct ax_json_value *object, const char *key)
{
	struct ax_str text = AX_STR("");

	ax_json_string(ax_json_get(object, key), &text);
	return text;
}

static void print_pair(struct ax_str a, struct ax_str b)
{
	printf("%.*s\t%.*s\n", AX_STR_ARG(a), AX_STR_ARG(b));
}

static void print_files(const struct ax_json_value *truth, const char *key)
{
	const struct ax_json_value *file = ax_json_first(ax_json_get(truth, "files"));

	for (; file; file = ax_json_next(file)) {
		struct ax_str value = text_of(file, key);
		if (value.len)
			print_pair(text_of(file, "path"), value);
	}
}

static void print_edits(const struct ax_json_value *truth, const char *key)
{
	const struct ax_json_value *edit = ax_json_first(ax_json_get(truth, "edits"));

	for (; edit; edit = ax_json_next(edit)) {
		const struct ax_json_value *item = ax_json_first(ax_json_get(edit, key));
		for (; item; item = ax_json_next(item)) {
			struct ax_str text = AX_STR("");
			ax_json_string(item, &text);
			print_pair(text_of(edit, "file"), text);
		}
	}
}

int main(int argc, char **argv)
{
	struct ax_buf text = { 0 };
	struct ax_json *json = NULL;
	struct ax_error err = { 0 };

	if (argc != 3) {
		fprintf(stderr, "usage: artidx-expected EXPECTED moves|flags|has|not\n");
		return 2;
	}
	if (ax_file_read(AT_FDCWD, argv[1], DOCUMENT_LIMIT, &text, &err) < 0 ||
		ax_json_parse(ax_buf_str(&text), 0, argv[1], &json, &err) < 0) {
		fprintf(stderr, "artidx-expected: %s\n", err.message);
		ax_buf_free(&text);
		return 1;
	}
	const struct ax_json_value *truth = ax_json_root(json);
	if (strcmp(argv[2], "moves") == 0)
		print_files(truth, "dest");
	else if (strcmp(argv[2], "flags") == 0)
		print_files(truth, "flag");
	else
		print_edits(truth, argv[2]);
	ax_json_free(json);
	ax_buf_free(&text);
	return 0;
}
