#include "cli/record_json.h"

#include "base/buf.h"
#include "base/json.h"
#include "indexer/record.h"
#include "safetensors/header.h"

#include <stdio.h>

int cli_record_json_print(FILE *stream, struct ax_buf *text, struct ax_error *err)
{
	ax_buf_append_byte(text, '\n');
	int status = ax_buf_check(text, "the JSON document", err);
	if (status == 0)
		fwrite(text->data, 1, text->len, stream);
	ax_buf_free(text);
	return status;
}

void cli_record_json_text(struct ax_json_writer *w, const char *key, struct ax_str text)
{
	ax_json_write_key(w, ax_str_from(key));
	ax_json_write_string(w, text);
}

void cli_record_json_u64(struct ax_json_writer *w, const char *key, uint64_t number)
{
	ax_json_write_key(w, ax_str_from(key));
	ax_json_write_u64(w, number);
}

void cli_record_json_bool(struct ax_json_writer *w, const char *key, bool value)
{
	ax_json_write_key(w, ax_str_from(key));
	ax_json_write_bool(w, value);
}

void cli_record_json_time(struct ax_json_writer *w, const char *key, ax_nanoseconds time)
{
	char text[AX_UNITS_MAX];
	char key_ns[64];

	ax_time_format(time, text);
	cli_record_json_text(w, key, ax_str_from(text));
	snprintf(key_ns, sizeof(key_ns), "%s_ns", key);
	ax_json_write_key(w, ax_str_from(key_ns));
	ax_json_write_i64(w, time);
}

void cli_record_json_path(struct ax_json_writer *w, const char *key, struct ax_str path)
{
	if (path.len) {
		ax_json_write_path(w, key, path);
	} else {
		ax_json_write_key(w, ax_str_from(key));
		ax_json_write_null(w);
	}
}

void cli_record_json_value(struct ax_json_writer *w, struct ax_str key,
	const struct idx_value *value)
{
	if (value->kind == IDX_ABSENT)
		return;
	ax_json_write_key(w, key);
	switch (value->kind) {
	case IDX_ABSENT:
		break;
	case IDX_INT:
		ax_json_write_i64(w, value->integer);
		break;
	case IDX_REAL:
		ax_json_write_real(w, value->real);
		break;
	case IDX_TEXT:
		ax_json_write_string(w, value->text);
		break;
	case IDX_BOOL:
		ax_json_write_bool(w, value->boolean);
		break;
	}
}

void cli_record_json_attributes(struct ax_json_writer *w,
	const struct idx_attribute *attributes, size_t count)
{
	ax_json_write_key(w, AX_STR("attributes"));
	ax_json_begin_object(w);
	for (size_t i = 0; i < count; i++)
		cli_record_json_value(w, attributes[i].name, &attributes[i].value);
	ax_json_end_object(w);
}

void cli_record_json_warnings(struct ax_json_writer *w, unsigned warnings)
{
	ax_json_write_key(w, AX_STR("warnings"));
	ax_json_begin_array(w);
	for (unsigned bit = 1; bit && bit <= warnings; bit <<= 1) {
		if (warnings & bit)
			ax_json_write_string(w,
				ax_str_from(sft_warning_text((enum sft_warning)bit)));
	}
	ax_json_end_array(w);
}

void cli_record_json_tensor(struct ax_json_writer *w, const struct sft_tensor *tensor)
{
	ax_json_begin_object(w);
	cli_record_json_text(w, "name", tensor->name);
	cli_record_json_text(w, "dtype", ax_str_from(sft_dtype_name(tensor->dtype)));
	ax_json_write_key(w, AX_STR("shape"));
	ax_json_begin_array(w);
	for (unsigned i = 0; i < tensor->rank; i++)
		ax_json_write_u64(w, tensor->shape[i]);
	ax_json_end_array(w);
	cli_record_json_u64(w, "begin", tensor->begin);
	cli_record_json_u64(w, "end", tensor->end);
	ax_json_end_object(w);
}
