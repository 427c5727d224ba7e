#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "fuzz.h"
#include "safetensors/header.h"
#include "safetensors/identify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The input is a whole file. What is said of it is held against the format's rules, and what a
 * reader with a cache says against one without.
 */

enum { CACHE_BYTES = 1 << 20, LENGTH_BYTES = 8 };

/* What a reader said of a text. */
struct answer {
	int status;
	struct sft_problem problem;
};

static void need(bool is_so)
{
	if (!is_so)
		abort();
}

static bool digest_equal(struct ax_digest a, struct ax_digest b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* The tensors cover the data, each with as many bits as it has room for. */
static void check_layout(const struct sft_layout *layout)
{
	uint64_t at = 0;
	uint64_t elements = 0;
	uint32_t dtypes = 0;

	for (size_t i = 0; i < sft_layout_count(layout); i++) {
		struct sft_tensor tensor = sft_layout_tensor(layout, i);
		uint64_t count = 1;
		for (unsigned d = 0; d < tensor.rank; d++)
			need(!__builtin_mul_overflow(count, tensor.shape[d], &count));
		need(tensor.begin == at && tensor.end >= at);
		need(count / 8 * sft_dtype_bits(tensor.dtype) +
				count % 8 * sft_dtype_bits(tensor.dtype) / 8 ==
			tensor.end - tensor.begin);
		need(ax_utf8_valid(tensor.name));
		at = tensor.end;
		dtypes |= 1U << tensor.dtype;
		if (__builtin_add_overflow(elements, count, &elements))
			elements = UINT64_MAX;
		if (i > 0)
			need(!ax_str_equal(tensor.name, sft_layout_tensor(layout, i - 1).name));
	}
	need(at == sft_layout_data_bytes(layout));
	need(elements == sft_layout_elements(layout));
	need(dtypes == sft_layout_dtypes(layout));
}

static void check_problem(const struct sft_problem *problem, uint64_t file_size)
{
	char start[40];

	snprintf(start, sizeof(start), "byte %" PRIu64 ": ", problem->offset);
	need(strncmp(problem->message, start, strlen(start)) == 0);
	need(problem->offset <= file_size && problem->verdict != SFT_VALID);
	need(ax_text_is_plain(ax_str_from(problem->message)));
}

static struct answer ask(struct sft_header *header, struct ax_str text, uint64_t file_size)
{
	struct answer answer = { 0 };
	struct ax_error err;

	answer.status = sft_header_parse(header, text, file_size, &answer.problem, &err);
	need(answer.status >= 0);
	if (sft_header_layout(header))
		check_layout(sft_header_layout(header));
	if (answer.status == 0)
		check_problem(&answer.problem, file_size);
	return answer;
}

static void compare_content(const struct sft_header *a, const struct sft_header *b)
{
	const struct sft_layout *left = sft_header_layout(a);
	const struct sft_layout *right = sft_header_layout(b);

	need(sft_layout_count(left) == sft_layout_count(right));
	need(digest_equal(sft_layout_digest(left), sft_layout_digest(right)));
	need(digest_equal(sft_layout_exact_digest(left), sft_layout_exact_digest(right)));
	need(sft_header_warnings(a) == sft_header_warnings(b));
	need(sft_header_has_metadata(a) == sft_header_has_metadata(b));
	need(sft_header_metadata_count(a) == sft_header_metadata_count(b));
	for (size_t i = 0; i < sft_header_metadata_count(a); i++) {
		need(ax_str_equal(sft_header_metadata(a, i)->key,
			sft_header_metadata(b, i)->key));
		need(ax_str_equal(sft_header_metadata(a, i)->value,
			sft_header_metadata(b, i)->value));
	}
}

/* What a reader without a cache says, which one with a cache must say, too. */
static struct answer compare(struct sft_header *alone, struct sft_header *cached,
	struct ax_str text, uint64_t data_bytes)
{
	uint64_t file_size = LENGTH_BYTES + text.len + data_bytes;
	struct answer a = ask(alone, text, file_size);
	struct answer b = ask(cached, text, file_size);

	need(a.status == b.status);
	need(!sft_header_layout(alone) == !sft_header_layout(cached));
	if (sft_header_layout(alone))
		compare_content(alone, cached);
	if (a.status == 0) {
		need(a.problem.verdict == b.problem.verdict);
		need(a.problem.offset == b.problem.offset);
		need(strcmp(a.problem.message, b.problem.message) == 0);
	}
	return a;
}

/* Where only the data has another size: also with the size that is right. */
static void compare_sizes(struct sft_header *alone, struct sft_header *cached,
	struct ax_str text, uint64_t data_bytes)
{
	struct answer answer = compare(alone, cached, text, data_bytes);
	const struct sft_layout *layout = sft_header_layout(alone);

	need(!layout == (answer.status == 0 &&
				answer.problem.verdict != SFT_METADATA_INCOMPLETE_BUFFER));
	if (!layout || answer.status > 0)
		return;
	uint64_t right = sft_layout_data_bytes(layout);
	if (right < UINT64_MAX - LENGTH_BYTES - text.len)
		need(compare(alone, cached, text, right).status == 1);
}

/* The text, parts of it and more than it: so the cache knows tails that stand elsewhere, too. */
static void compare_related(struct sft_header *alone, struct sft_header *cached,
	struct ax_str text, uint64_t data_bytes)
{
	struct ax_buf longer = { 0 };
	size_t brace = ax_str_find(text, '}');

	ax_buf_append_text(&longer, "{\"__metadata__\":{}");
	ax_buf_append_str(&longer, text);
	for (int i = 0; i < 2; i++) {
		compare_sizes(alone, cached, text, data_bytes);
		compare_sizes(alone, cached, ax_buf_str(&longer), data_bytes);
		compare_sizes(alone, cached, ax_str_slice(text, brace + 1, text.len),
			data_bytes);
		compare_sizes(alone, cached, ax_str_slice(text, 1, text.len), data_bytes);
	}
	ax_buf_free(&longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_str file = ax_str((const char *)data, size);
	struct ax_str text = ax_str_slice(file, LENGTH_BYTES, size);
	struct sft_layout_cache *cache = NULL;
	struct sft_header *alone = NULL;
	struct sft_header *cached = NULL;
	struct ax_error err;
	uint64_t length = 0;

	for (size_t i = 0; i < LENGTH_BYTES && i < size; i++)
		length |= (uint64_t)data[i] << (8 * i);
	if (length < text.len)
		text.len = (size_t)length;
	sft_identify(ax_str_slice(file, 0, SFT_IDENTIFY_BYTES), size);
	if (sft_layout_cache_new(CACHE_BYTES, &cache, &err) < 0 ||
		sft_header_new(NULL, &alone, &err) < 0 ||
		sft_header_new(cache, &cached, &err) < 0)
		abort();
	if (size >= LENGTH_BYTES)
		compare_related(alone, cached, text, size - LENGTH_BYTES - text.len);
	sft_header_free(alone);
	sft_header_free(cached);
	sft_layout_cache_free(cache);
	return 0;
}
