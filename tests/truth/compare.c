/*
 * artidx-compare EXPECTED ROWS RUNS
 *
 * Whether a catalogue tells the truth about the sample project: every row of EXPECTED, the
 * sample's expected.json, has its row in ROWS, what "artidx query --json" printed, with the same
 * class, status, misnamed, run, dest, flag and derived attributes, and no other file is in ROWS; and so for
 * runs in RUNS, what "artidx query runs --json" printed. Says each difference in a line.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

#include <fcntl.h>
#include <stdio.h>

enum { DOCUMENT_LIMIT = 64 << 20 };

static int read_document(const char *path, struct ax_json **out, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	int status = -1;

	if (ax_file_read(AT_FDCWD, path, DOCUMENT_LIMIT, &text, err) == 0)
		status = ax_json_parse(ax_buf_str(&text), 0, path, out, err);
	ax_buf_free(&text);
	return status;
}

static struct ax_str text_of(const struct ax_json_value *object, const char *key)
{
	struct ax_str text = AX_STR("");

	ax_json_string(ax_json_get(object, key), &text);
	return text;
}

/* The element of array whose member key is text, or NULL. */
static const struct ax_json_value *find_row(const struct ax_json_value *array, const char *key,
	struct ax_str text)
{
	const struct ax_json_value *row = ax_json_first(array);

	while (row && !ax_str_equal(text_of(row, key), text))
		row = ax_json_next(row);
	return row;
}

/* Absent, null and "" are the same here: what is not there has no value. */
static bool is_nothing(const struct ax_json_value *value)
{
	struct ax_str text;

	return !value || ax_json_kind(value) == AX_JSON_NULL ||
	       (ax_json_string(value, &text) && text.len == 0);
}

static bool is_same(const struct ax_json_value *a, const struct ax_json_value *b)
{
	struct ax_str text_a, text_b;
	uint64_t number_a = 0, number_b = 0;

	if (is_nothing(a) || is_nothing(b))
		return is_nothing(a) && is_nothing(b);
	if (ax_json_string(a, &text_a) && ax_json_string(b, &text_b))
		return ax_str_equal(text_a, text_b);
	if (ax_json_u64(a, &number_a) && ax_json_u64(b, &number_b))
		return number_a == number_b;
	return ax_json_kind(a) == ax_json_kind(b) && ax_json_kind(a) != AX_JSON_NUMBER;
}

static void append_value(struct ax_buf *buf, const struct ax_json_value *value)
{
	struct ax_json_writer json = { .buf = buf };

	if (value)
		ax_json_write_value(&json, value);
	else
		ax_buf_append_text(buf, "absent");
}

static unsigned compare_field(struct ax_str name, const char *key,
	const struct ax_json_value *expected, const struct ax_json_value *found)
{
	struct ax_buf line = { 0 };

	if (is_same(expected, found))
		return 0;
	ax_buf_printf(&line, "%.*s: %s is ", AX_STR_ARG(name), key);
	append_value(&line, found);
	ax_buf_append_text(&line, ", not ");
	append_value(&line, expected);
	puts(ax_buf_text(&line));
	ax_buf_free(&line);
	return 1;
}

static unsigned compare_fields(struct ax_str name, const char *const *keys,
	const struct ax_json_value *expected, const struct ax_json_value *found)
{
	unsigned differences = 0;

	for (; *keys; keys++)
		differences += compare_field(name, *keys, ax_json_get(expected, *keys),
			ax_json_get(found, *keys));
	return differences;
}

static unsigned compare_derived(struct ax_str name, const struct ax_json_value *derived,
	const struct ax_json_value *found)
{
	const struct ax_json_value *fact = ax_json_first(derived);
	unsigned differences = 0;

	for (; fact; fact = ax_json_next(fact)) {
		char key[32];

		snprintf(key, sizeof(key), "%.*s", AX_STR_ARG(ax_json_key(fact)));
		differences += compare_field(name, key, fact, ax_json_get(found, key));
	}
	return differences;
}

static unsigned compare_files(const struct ax_json_value *expected,
	const struct ax_json_value *rows)
{
	static const char *const keys[] = { "class", "status", "misnamed", "run", "dest",
		"flag", NULL };
	unsigned differences = 0;

	for (const struct ax_json_value *file = ax_json_first(expected); file;
		file = ax_json_next(file)) {
		struct ax_str path = text_of(file, "path");
		const struct ax_json_value *row = find_row(rows, "path", path);

		if (!row) {
			printf("%.*s: is not in the catalogue\n", AX_STR_ARG(path));
			differences++;
			continue;
		}
		differences += compare_fields(path, keys, file, row);
		differences += compare_derived(path, ax_json_get(file, "derived"), row);
	}
	for (const struct ax_json_value *row = ax_json_first(rows); row;
		row = ax_json_next(row)) {
		struct ax_str path = text_of(row, "path");

		if (!find_row(expected, "path", path)) {
			printf("%.*s: is in the catalogue and not in the tree\n",
				AX_STR_ARG(path));
			differences++;
		}
	}
	return differences;
}

static unsigned compare_runs(const struct ax_json_value *expected,
	const struct ax_json_value *rows)
{
	static const char *const keys[] = { "slug", "preset", "arm", "seed", "tag", NULL };
	unsigned differences = 0;

	for (const struct ax_json_value *run = ax_json_first(expected); run;
		run = ax_json_next(run)) {
		struct ax_str log = text_of(run, "log");
		const struct ax_json_value *row = find_row(rows, "log", log);

		if (!row) {
			printf("%.*s: its run is not in the catalogue\n", AX_STR_ARG(log));
			differences++;
			continue;
		}
		differences += compare_fields(log, keys, run, row);
	}
	if (ax_json_length(expected) != ax_json_length(rows)) {
		printf("%zu runs, not %zu\n", ax_json_length(rows), ax_json_length(expected));
		differences++;
	}
	return differences;
}

int main(int argc, char **argv)
{
	struct ax_json *documents[3] = { NULL, NULL, NULL };
	struct ax_error err = { 0 };
	int status = 1;

	if (argc != 4) {
		fprintf(stderr, "usage: artidx-compare EXPECTED ROWS RUNS\n");
		return 2;
	}
	for (int i = 0; i < 3; i++) {
		if (read_document(argv[i + 1], &documents[i], &err) < 0) {
			fprintf(stderr, "artidx-compare: %s\n", err.message);
			goto out;
		}
	}
	const struct ax_json_value *truth = ax_json_root(documents[0]);
	const struct ax_json_value *files = ax_json_get(truth, "files");
	const struct ax_json_value *runs = ax_json_get(truth, "runs");
	unsigned differences =
		compare_files(files, ax_json_get(ax_json_root(documents[1]), "rows"));

	differences += compare_runs(runs, ax_json_get(ax_json_root(documents[2]), "rows"));
	printf("%zu files and %zu runs compared, %u differences\n", ax_json_length(files),
		ax_json_length(runs), differences);
	status = differences == 0 && ax_json_length(files) > 0 ? 0 : 1;
out:
	for (int i = 0; i < 3; i++)
		ax_json_free(documents[i]);
	return status;
}
