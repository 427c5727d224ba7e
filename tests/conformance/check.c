/*
 * conformance CASES: hold the header reader to what the reference implementation decides. See
 * README.md. Prints what differs; exit 1 if anything does.
 */
#include "tests/conformance/material.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "safetensors/header.h"
#include "safetensors/identify.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CASES_LIMIT = 16 << 20, CACHE_BYTES = 1 << 26, CASES_LEAST = 500 };
enum { LARGE_BLOCKS = 20000 }; /* of 512 bytes, of files that are read once */

/* One case being checked. */
struct check {
	const struct ax_json_value *line;
	int fd;
	uint64_t file_size;
	unsigned faults;
};

static void fault(struct check *check, const char *what, const char *detail)
{
	struct ax_str name = AX_STR("?");

	ax_json_string(ax_json_get(check->line, "case"), &name);
	printf("%.*s: %s%s%s\n", AX_STR_ARG(name), what, *detail ? ": " : "", detail);
	check->faults++;
}

static bool member_is(const struct ax_json_value *value, const char *key, struct ax_str text)
{
	struct ax_str found;

	return ax_json_string(ax_json_get(value, key), &found) && ax_str_equal(found, text);
}

static bool number_is(const struct ax_json_value *value, uint64_t expected)
{
	uint64_t number = 0;

	return ax_json_u64(value, &number) && number == expected;
}

static bool text_is(const struct ax_json_value *value, struct ax_str expected)
{
	struct ax_buf buf = { 0 };

	material_text(&buf, value);
	bool is_equal = ax_str_equal(ax_buf_str(&buf), expected);
	ax_buf_free(&buf);
	return is_equal;
}

static bool shape_is(const struct ax_json_value *shape, const struct sft_tensor *tensor)
{
	if (ax_json_length(shape) != tensor->rank)
		return false;
	for (unsigned i = 0; i < tensor->rank; i++) {
		if (!number_is(ax_json_at(shape, i), tensor->shape[i]))
			return false;
	}
	return true;
}

static bool tensor_is(const struct ax_json_value *expected, struct sft_tensor tensor)
{
	struct ax_str dtype;

	return text_is(ax_json_at(expected, 0), tensor.name) &&
	       ax_json_string(ax_json_at(expected, 1), &dtype) &&
	       ax_str_equal(dtype, ax_str_from(sft_dtype_name(tensor.dtype))) &&
	       shape_is(ax_json_at(expected, 2), &tensor) &&
	       number_is(ax_json_at(expected, 3), tensor.begin) &&
	       number_is(ax_json_at(expected, 4), tensor.end);
}

static void check_tensors(struct check *check, const struct ax_json_value *expected,
	const struct sft_layout *layout)
{
	size_t count = sft_layout_count(layout);

	if (ax_json_length(expected) != count) {
		fault(check, "the dump has another number of tensors", "");
		return;
	}
	const struct ax_json_value *tensor = ax_json_first(expected);
	for (size_t i = 0; i < count; i++, tensor = ax_json_next(tensor)) {
		if (!tensor_is(tensor, sft_layout_tensor(layout, i)))
			fault(check, "a tensor is not as in the dump", "");
	}
}

static bool has_metadata(const struct sft_header *header, const struct ax_json_value *expected)
{
	struct ax_str key = ax_json_key(expected);

	for (size_t i = 0; i < sft_header_metadata_count(header); i++) {
		const struct sft_metadata *item = sft_header_metadata(header, i);
		if (ax_str_equal(item->key, key))
			return text_is(expected, item->value);
	}
	return false;
}

static void check_metadata(struct check *check, const struct ax_json_value *expected,
	const struct sft_header *header)
{
	bool is_object = ax_json_kind(expected) == AX_JSON_OBJECT;
	size_t count = is_object ? ax_json_length(expected) : 0;

	if (sft_header_has_metadata(header) != is_object ||
		sft_header_metadata_count(header) != count)
		fault(check, "the metadata is there or not, unlike in the dump", "");
	if (!is_object)
		return;
	for (const struct ax_json_value *item = ax_json_first(expected); item;
		item = ax_json_next(item)) {
		if (!has_metadata(header, item))
			fault(check, "metadata is not as in the dump", "");
	}
}

static void check_valid(struct check *check, const struct sft_header *header)
{
	const struct ax_json_value *dump = ax_json_get(check->line, "dump");
	const struct sft_layout *layout = sft_header_layout(header);
	bool is_forbidden = member_is(check->line, "spec", AX_STR("error"));

	if (!number_is(ax_json_get(check->line, "n_tensors"), sft_layout_count(layout)))
		fault(check, "another number of tensors", "");
	if (is_forbidden && sft_header_warnings(header) == 0)
		fault(check, "no warning", "");
	if (!is_forbidden && (sft_header_warnings(header) & ~(unsigned)SFT_WARN_UNKNOWN_FIELD))
		fault(check, "a warning", "");
	if (!dump)
		return;
	if (!number_is(ax_json_get(dump, "header_len"), sft_header_length(header)))
		fault(check, "another header length", "");
	check_metadata(check, ax_json_get(dump, "metadata"), header);
	check_tensors(check, ax_json_get(dump, "tensors"), layout);
}

/* One line that begins with its offset, which lies within the file. */
static void check_message(struct check *check, const struct sft_problem *problem)
{
	char start[64];

	snprintf(start, sizeof(start), "byte %" PRIu64 ": ", problem->offset);
	if (strncmp(problem->message, start, strlen(start)) != 0 ||
		strlen(problem->message) < strlen(start) + 5 || strchr(problem->message, '\n'))
		fault(check, "not a proper message", problem->message);
	if (problem->offset > check->file_size)
		fault(check, "an offset beyond the file", problem->message);
}

static void check_verdict(struct check *check, int status, const struct sft_header *header,
	const struct sft_problem *problem)
{
	const char *verdict = status > 0 ? "ok" : sft_verdict_name(problem->verdict);

	if (!member_is(check->line, "expect", ax_str_from(verdict)))
		fault(check, "another verdict", status > 0 ? verdict : problem->message);
	else if (status > 0)
		check_valid(check, header);
	else
		check_message(check, problem);
}

/* What is valid is recognised, and what belongs to other formats is not. */
static void check_kind(struct check *check)
{
	char bytes[SFT_IDENTIFY_BYTES];
	ssize_t size = pread(check->fd, bytes, sizeof(bytes), 0);
	bool is_header = size >= 0 && sft_identify(ax_str(bytes, (size_t)size),
					      check->file_size) == SFT_KIND_HEADER;

	if (member_is(check->line, "expect", AX_STR("ok"))) {
		if (!is_header)
			fault(check, "not recognised as a header", "");
	} else if (member_is(check->line, "category", AX_STR("foreign")) && is_header) {
		fault(check, "taken for a header", "");
	}
}

static unsigned check_case(const struct ax_json_value *line, struct sft_header *const *headers)
{
	struct check check = { .line = line };
	struct sft_problem problem;
	struct ax_error err;
	struct stat info;

	check.fd = material_open(ax_json_get(line, "file"));
	if (fstat(check.fd, &info) < 0)
		material_die("fstat");
	check.file_size = (uint64_t)info.st_size;
	for (unsigned i = 0; headers[i] && (i == 0 || info.st_blocks < LARGE_BLOCKS); i++) {
		int status = sft_header_read(headers[i], check.fd, check.file_size, "case",
			&problem, &err);
		if (status < 0)
			material_die(err.message);
		check_verdict(&check, status, headers[i], &problem);
	}
	check_kind(&check);
	close(check.fd);
	return check.faults;
}

static unsigned check_all(struct ax_str cases, struct sft_header *const *headers,
	unsigned *faults)
{
	struct ax_error err;
	unsigned count = 0;

	while (cases.len) {
		size_t end = ax_str_find(cases, '\n');
		struct ax_json *json = NULL;
		if (ax_json_parse(ax_str_slice(cases, 0, end), 0, "case", &json, &err) < 0)
			material_die(err.message);
		*faults += check_case(ax_json_root(json), headers);
		ax_json_free(json);
		cases = ax_str_slice(cases, end + 1, cases.len);
		count++;
	}
	return count;
}

int main(int argc, char **argv)
{
	struct sft_layout_cache *cache = NULL;
	struct sft_header *alone = NULL;
	struct sft_header *cached = NULL;
	struct ax_buf cases = { 0 };
	struct ax_error err;
	unsigned faults = 0;

	if (argc != 2)
		material_die("usage: conformance CASES");
	if (ax_file_read(AT_FDCWD, argv[1], CASES_LIMIT, &cases, &err) < 0 ||
		sft_layout_cache_new(CACHE_BYTES, &cache, &err) < 0 ||
		sft_header_new(NULL, &alone, &err) < 0 ||
		sft_header_new(cache, &cached, &err) < 0)
		material_die(err.message);

	/* Twice with the cache: the second time it knows the tensors. */
	struct sft_header *const headers[] = { alone, cached, cached, NULL };
	unsigned count = check_all(ax_buf_str(&cases), headers, &faults);
	printf("%u cases, %u faults\n", count, faults);

	sft_header_free(alone);
	sft_header_free(cached);
	sft_layout_cache_free(cache);
	ax_buf_free(&cases);
	return count < CASES_LEAST || faults > 0;
}
