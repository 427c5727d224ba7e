#include "sample/weights.h"

#include "base/error.h"
#include "base/file.h"
#include "sample/random.h"

#include <stdlib.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned size;
} dtypes[] = {
	[SAMPLE_F32] = { "F32", 4 },
	[SAMPLE_BF16] = { "BF16", 2 },
};

void sample_weights_begin(struct sample_weights *weights, struct sample_random *random,
	const struct sample_meta *meta)
{
	*weights = (struct sample_weights){ .random = random };
	weights->json.buf = &weights->header;
	ax_json_begin_object(&weights->json);
	if (!meta)
		return;
	ax_json_write_key(&weights->json, AX_STR("__metadata__"));
	ax_json_begin_object(&weights->json);
	for (; meta->key; meta++) {
		ax_json_write_key(&weights->json, ax_str_from(meta->key));
		ax_json_write_string(&weights->json, ax_str_from(meta->value));
	}
	ax_json_end_object(&weights->json);
}

static void append_number(struct ax_buf *body, enum sample_dtype dtype, double value)
{
	float number = (float)value;
	uint32_t bits = 0;

	memcpy(&bits, &number, sizeof(bits));
	if (dtype == SAMPLE_BF16)
		ax_buf_append_u16(body, (uint16_t)(bits >> 16));
	else
		ax_buf_append_u32(body, bits);
}

static void append_data(struct sample_weights *weights, enum sample_dtype dtype,
	struct sample_shape shape, enum sample_look look)
{
	size_t count = shape.rows * (shape.cols ? shape.cols : 1);
	double *values = calloc(count, sizeof(*values));

	if (!values) {
		weights->body.failed = true;
		return;
	}
	if (look == SAMPLE_ORTHONORMAL && shape.cols >= shape.rows) {
		sample_random_orthonormal(weights->random, values, shape.rows, shape.cols);
	} else {
		for (size_t i = 0; i < count; i++)
			values[i] = 0.02 * sample_random_bell(weights->random);
	}
	for (size_t i = 0; i < count; i++)
		append_number(&weights->body, dtype, values[i]);
	free(values);
}

static void write_pair(struct ax_json_writer *json, const char *key, uint64_t a, uint64_t b)
{
	ax_json_write_key(json, ax_str_from(key));
	ax_json_begin_array(json);
	ax_json_write_u64(json, a);
	ax_json_write_u64(json, b);
	ax_json_end_array(json);
}

void sample_weights_add(struct sample_weights *weights, const char *name,
	enum sample_dtype dtype, struct sample_shape shape, enum sample_look look)
{
	struct ax_json_writer *json = &weights->json;
	uint64_t count = shape.rows * (shape.cols ? shape.cols : 1);
	uint64_t end = weights->data_bytes + count * dtypes[dtype].size;

	ax_json_write_key(json, ax_str_from(name));
	ax_json_begin_object(json);
	ax_json_write_key(json, AX_STR("dtype"));
	ax_json_write_string(json, ax_str_from(dtypes[dtype].name));
	if (shape.cols) {
		write_pair(json, "shape", shape.rows, shape.cols);
	} else {
		ax_json_write_key(json, AX_STR("shape"));
		ax_json_begin_array(json);
		ax_json_write_u64(json, shape.rows);
		ax_json_end_array(json);
	}
	write_pair(json, "data_offsets", weights->data_bytes, end);
	ax_json_end_object(json);
	weights->data_bytes = end;
	if (weights->random)
		append_data(weights, dtype, shape, look);
}

int sample_weights_write(struct sample_weights *weights, int fd, uint64_t missing,
	const char *path, struct ax_error *err)
{
	struct ax_buf start = { 0 };
	int status = -1;

	ax_json_end_object(&weights->json);
	while (weights->header.len % 8 != 0 && !weights->header.failed)
		ax_buf_append_byte(&weights->header, ' ');
	ax_buf_append_u64(&start, weights->header.len);
	ax_buf_append_str(&start, ax_buf_str(&weights->header));
	if (ax_buf_check(&weights->header, path, err) < 0 ||
		ax_buf_check(&weights->body, path, err) < 0 ||
		ax_buf_check(&start, path, err) < 0)
		goto out;
	if (ax_write_full(fd, start.data, start.len, path, err) < 0)
		goto out;
	if (weights->random) {
		size_t len = weights->body.len - missing;

		status = ax_write_full(fd, weights->body.data, len, path, err);
		goto out;
	}
	if (ftruncate(fd, (off_t)(start.len + weights->data_bytes - missing)) < 0) {
		ax_fail_errno(err, "%s: cannot make a hole", path);
		goto out;
	}
	status = 0;
out:
	ax_buf_free(&start);
	return status;
}

void sample_weights_end(struct sample_weights *weights)
{
	ax_buf_free(&weights->header);
	ax_buf_free(&weights->body);
}
