#include "query/field_internal.h"

#include "base/error.h"
#include "safetensors/dtype.h"

#include <errno.h>
#include <stddef.h>

static int get_file(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct ax_str path;

	(void)ref;
	if (qry_row_path(row->file, &path, err) < 0)
		return -1;
	*out = qry_text(path);
	return 0;
}

static int get_dtype(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_text(ax_str_from(sft_dtype_name((enum sft_dtype)row->tensor.dtype)));
	return 0;
}

static int get_shape(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct qry_value *items =
		ax_arena_alloc(&row->arena, (row->tensor.rank + 1) * sizeof(*items));

	(void)ref;
	if (!items)
		return ax_fail(err, ENOMEM, "no memory for a shape");
	for (unsigned i = 0; i < row->tensor.rank; i++)
		items[i] = qry_unsigned(row->tensor.shape[i]);
	*out = qry_list(items, row->tensor.rank);
	return 0;
}

static int get_ndim(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_int(row->tensor.rank);
	return 0;
}

static int get_bytes(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_unsigned(row->tensor.end - row->tensor.begin);
	return 0;
}

static int get_params(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	uint64_t params = 1;

	(void)ref;
	(void)err;
	for (unsigned i = 0; i < row->tensor.rank; i++) {
		if (__builtin_mul_overflow(params, row->tensor.shape[i], &params))
			params = UINT64_MAX;
	}
	*out = qry_unsigned(params);
	return 0;
}

enum {
	JSON = QRY_FIELD_JSON,
	SHOWN = QRY_FIELD_JSON | QRY_FIELD_SHOWN,
};

const struct qry_field qry_tensor_fields[] = {
	{ "name", QRY_TYPE_TEXT, .flags = SHOWN, .param = offsetof(struct qry_row, tensor.name),
		.get = qry_get_any_text, .doc = "the tensor's name" },
	{ "dtype", QRY_TYPE_ENUM, .names = QRY_NAMES_DTYPE, .flags = SHOWN, .get = get_dtype,
		.doc = "its element type: BF16, F32, ..." },
	{ "shape", QRY_TYPE_SHAPE, .flags = SHOWN | QRY_FIELD_LIST, .get = get_shape,
		.doc = "its sizes: shape:12x2560, shape:*x2560, or shape:2560 for any of "
		       "them" },
	{ "ndim", QRY_TYPE_INT, .flags = JSON, .get = get_ndim,
		.doc = "how many sizes it has" },
	{ "bytes", QRY_TYPE_SIZE, .flags = SHOWN, .get = get_bytes,
		.doc = "bytes of its data" },
	{ "params", QRY_TYPE_INT, .flags = JSON, .get = get_params, .doc = "its elements" },
	{ "file", QRY_TYPE_TEXT, .flags = SHOWN | QRY_FIELD_PATH, .get = get_file,
		.doc = "path of the file that it is in" },
};

const size_t qry_n_tensor_fields = sizeof(qry_tensor_fields) / sizeof(qry_tensor_fields[0]);
