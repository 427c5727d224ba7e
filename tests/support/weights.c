#include "tests/support/weights.h"

#include "base/buf.h"
#include "safetensors/dtype.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DIMS = 8, NAME = 1024 };

struct tensor {
	struct ax_str dtype, shape;
	uint64_t dims[DIMS];
	unsigned rank;
};

/* What is written while all names of a file are gone through. */
struct output {
	struct ax_buf header;
	struct ax_buf data;
	bool has_data;
	bool orthonormal;
	uint64_t end;
	uint32_t noise;
};

static void give_up(const char *why, const char *text)
{
	fprintf(stderr, "weights: %s: %s\n", why, text);
	abort();
}

static float next_noise(struct output *out)
{
	out->noise = out->noise * 1664525u + 1013904223u;
	return (float)(out->noise >> 8) / (float)(1 << 24) - 0.5f;
}

static void append_float(struct output *out, float value)
{
	ax_buf_append(&out->data, &value, sizeof(value));
}

/* Rows of cosines: a basis of any size, and none of its numbers is special. */
static void append_basis(struct output *out, uint64_t rows, uint64_t columns)
{
	const double pi = acos(-1), n = (double)columns;

	for (uint64_t i = 0; i < rows; i++) {
		double scale = sqrt((i ? 2 : 1) / n);
		for (uint64_t j = 0; j < columns; j++)
			append_float(out,
				(float)(scale * cos(pi * ((double)j + 0.5) * (double)i / n)));
	}
}

static void append_data(struct output *out, const struct tensor *tensor, uint64_t bytes)
{
	if (!out->has_data)
		return;
	if (!ax_str_equal(tensor->dtype, AX_STR("F32"))) {
		for (uint64_t i = 0; i < bytes; i++)
			ax_buf_append_byte(&out->data, '\0');
	} else if (out->orthonormal && tensor->rank == 2) {
		append_basis(out, tensor->dims[0], tensor->dims[1]);
	} else {
		for (uint64_t i = 0; i < bytes / sizeof(float); i++)
			append_float(out, next_noise(out));
	}
}

static void add_tensor(struct output *out, const char *name, const struct tensor *tensor)
{
	enum sft_dtype dtype = SFT_BOOL;
	uint64_t elements = 1;

	if (!sft_dtype_parse(tensor->dtype, &dtype))
		give_up("no such dtype", name);
	for (unsigned i = 0; i < tensor->rank; i++)
		elements *= tensor->dims[i];
	uint64_t bytes = elements * sft_dtype_bits(dtype) / 8;
	ax_buf_printf(&out->header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
		out->header.len > sizeof("{") ? "," : "", name, sft_dtype_name(dtype));
	for (unsigned i = 0; i < tensor->rank; i++)
		ax_buf_printf(&out->header, "%s%" PRIu64, i ? "," : "", tensor->dims[i]);
	ax_buf_printf(&out->header, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", out->end,
		out->end + bytes);
	append_data(out, tensor, bytes);
	out->end += bytes;
}

static void expand(struct output *out, const char *name, const struct tensor *tensor);

/* name with choice in place of what stands between open and close. */
static void expand_choice(struct output *out, const char *name, const char *open,
	struct ax_str choice, const struct tensor *tensor)
{
	char chosen[NAME];
	const char *close = strchr(open, '}');

	int n = snprintf(chosen, sizeof(chosen), "%.*s%.*s%s", (int)(open - name), name,
		AX_STR_ARG(choice), close + 1);
	if (n < 0 || n >= NAME)
		give_up("a name too long", name);
	expand(out, chosen, tensor);
}

/* "0..3}" */
static bool parse_range(const char *text, unsigned long *first, unsigned long *last)
{
	char *end = NULL;

	*first = strtoul(text, &end, 10);
	if (end == text || end[0] != '.' || end[1] != '.')
		return false;
	*last = strtoul(end + 2, &end, 10);
	return *end == '}';
}

static void expand(struct output *out, const char *name, const struct tensor *tensor)
{
	const char *open = strchr(name, '{');
	unsigned long first = 0, last = 0;

	if (!open) {
		add_tensor(out, name, tensor);
		return;
	}
	if (parse_range(open + 1, &first, &last)) {
		for (unsigned long i = first; i <= last; i++) {
			char number[24];
			snprintf(number, sizeof(number), "%lu", i);
			expand_choice(out, name, open, ax_str_from(number), tensor);
		}
		return;
	}
	struct ax_str rest = ax_str(open + 1, strcspn(open + 1, "}"));
	while (rest.len) {
		size_t end = ax_str_find(rest, ',');
		expand_choice(out, name, open, ax_str_slice(rest, 0, end), tensor);
		rest = ax_str_slice(rest, end + 1, SIZE_MAX);
	}
}

static void parse_shape(const char *text, struct tensor *tensor)
{
	char *end = NULL;

	if (strcmp(text, "-") == 0)
		return;
	for (; tensor->rank < DIMS; text = end + 1) {
		tensor->dims[tensor->rank++] = strtoull(text, &end, 10);
		if (*end != 'x')
			return;
	}
}

/* The next of the semicolon-separated tensors; false at the end. */
static bool next_tensor(const char **rest, struct output *out)
{
	char name[NAME], dtype[32], shape[128];
	struct tensor tensor = { 0 };
	int n = 0;

	if (sscanf(*rest, " %1023s %31s %127[^; ]%n", name, dtype, shape, &n) != 3)
		return false;
	tensor.dtype = ax_str_from(dtype);
	parse_shape(shape, &tensor);
	expand(out, name, &tensor);
	*rest += n;
	*rest += strspn(*rest, "; ");
	return true;
}

static void build(const struct weights *weights, struct output *out)
{
	const char *rest = weights->tensors;

	ax_buf_append_text(&out->header, "{");
	if (weights->metadata)
		ax_buf_printf(&out->header, "\"__metadata__\":{%s}", weights->metadata);
	while (next_tensor(&rest, out))
		continue;
	if (*rest)
		give_up("cannot read", rest);
	ax_buf_append_text(&out->header, "}");
	while (out->header.len % 8)
		ax_buf_append_byte(&out->header, ' ');
	if (out->header.failed || out->data.failed)
		give_up("no memory", "");
}

void weights_header(const struct weights *weights, struct ax_buf *buf)
{
	struct output out = { 0 };

	build(weights, &out);
	ax_buf_append_u64(buf, out.header.len);
	ax_buf_append_str(buf, ax_buf_str(&out.header));
	ax_buf_free(&out.header);
}

void weights_write(int dirfd, const char *name, const struct weights *weights)
{
	struct output out = {
		.has_data = weights->data != WEIGHTS_HOLES,
		.orthonormal = weights->data == WEIGHTS_ORTHONORMAL,
		.noise = 1,
	};
	struct ax_buf file = { 0 };

	build(weights, &out);
	ax_buf_append_u64(&file, out.header.len);
	ax_buf_append_str(&file, ax_buf_str(&out.header));
	uint64_t size = file.len + out.end - weights->missing;
	ax_buf_append_str(&file, ax_buf_str(&out.data));
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, file.data, file.len) != (ssize_t)file.len ||
		ftruncate(fd, (off_t)size) < 0 || close(fd) < 0)
		give_up("cannot write", name);
	ax_buf_free(&file);
	ax_buf_free(&out.header);
	ax_buf_free(&out.data);
}
