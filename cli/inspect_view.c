#include "cli/inspect_view.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/record_json.h"
#include "cli/sheet.h"
#include "cli/tensors.h"
#include "indexer/examine.h"
#include "safetensors/header.h"

#include <errno.h>
#include <stdlib.h>

enum {
	PATTERNS_SHOWN = 24,
	JSON_FLUSH = 1 << 20, /* bytes of JSON that are kept before they are written */
};

struct cli_inspect_view {
	struct cli_output *out;
	struct cli_inspect_options options;
	size_t n_files;
	struct ax_buf json;
	struct ax_json_writer writer;
};

int cli_inspect_view_new(struct cli_output *out, const struct cli_inspect_options *options,
	struct cli_inspect_view **view, struct ax_error *err)
{
	struct cli_inspect_view *new = calloc(1, sizeof(*new));

	if (!new)
		return ax_fail(err, ENOMEM, "no memory for the view");
	new->out = out;
	new->options = *options;
	new->writer = (struct ax_json_writer){ .buf = &new->json, .indent = true };
	if (options->json) {
		ax_json_begin_object(&new->writer);
		ax_json_write_key(&new->writer, AX_STR("schema"));
		ax_json_write_string(&new->writer, AX_STR("artidx.inspect/1"));
		ax_json_write_key(&new->writer, AX_STR("files"));
		ax_json_begin_array(&new->writer);
	}
	*view = new;
	return 0;
}

void cli_inspect_view_free(struct cli_inspect_view *view)
{
	if (!view)
		return;
	ax_buf_free(&view->json);
	free(view);
}

static int flush_json(struct cli_inspect_view *view, size_t at_least, struct ax_error *err)
{
	if (ax_buf_check(&view->json, "the JSON document", err) < 0)
		return -1;
	if (view->json.len < at_least)
		return 0;
	fwrite(view->json.data, 1, view->json.len, view->out->stream);
	ax_buf_clear(&view->json);
	return 0;
}

static struct cli_tensor shown_tensor(const struct sft_tensor *tensor)
{
	return (struct cli_tensor){ tensor->name, sft_dtype_name(tensor->dtype), tensor->rank,
		tensor->shape };
}

static int print_tensors(struct cli_inspect_view *view, const struct sft_layout *layout,
	struct ax_error *err)
{
	struct cli_output *out = view->out;
	struct cli_tensors *tensors = NULL;
	size_t count = sft_layout_count(layout);
	bool each = view->options.each_tensor;

	if (cli_tensors_new(&tensors, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct sft_tensor tensor = sft_layout_tensor(layout, i);
		struct cli_tensor shown = shown_tensor(&tensor);
		if (cli_tensors_add(tensors, &shown, each, err) < 0) {
			cli_tensors_free(tensors);
			return -1;
		}
	}
	if (count)
		cli_sheet_heading(out, "tensors");
	size_t more = cli_tensors_print(tensors, out, each ? SIZE_MAX : PATTERNS_SHOWN);
	char patterns[AX_UNITS_MAX];
	ax_count_say(more, "more pattern", patterns);
	if (more)
		fprintf(out->stream, "    and %s: --tensors shows every tensor\n", patterns);
	cli_tensors_free(tensors);
	return 0;
}

static void print_sizes(struct cli_output *out, const struct idx_finding *finding,
	const struct sft_header *header)
{
	const struct sft_layout *layout = sft_header_layout(header);
	char head[AX_UNITS_MAX];
	char data[AX_UNITS_MAX];
	char params[AX_UNITS_MAX];
	char count[AX_UNITS_MAX];
	struct ax_buf dtypes = { 0 };

	ax_size_format(sft_header_length(header), head);
	ax_size_format(sft_layout_data_bytes(layout), data);
	ax_count_say(finding->detail.params, "param", params);
	if (finding->detail.params == IDX_PARAMS_UNKNOWN)
		snprintf(params, sizeof(params), "an unknown number of params");
	ax_count_say(sft_layout_count(layout), "tensor", count);
	for (unsigned i = 0; i < SFT_DTYPE_COUNT; i++) {
		if (sft_layout_dtypes(layout) & (1U << i))
			ax_buf_printf(&dtypes, ", %s", sft_dtype_name((enum sft_dtype)i));
	}
	cli_sheet_printf(out, "size", "%s of data behind a header of %s", data, head);
	cli_sheet_printf(out, "holds", "%s, %s%s", count, params, ax_buf_text(&dtypes));
	cli_print_done(out, &dtypes);
}

static void print_warnings(struct cli_output *out, unsigned warnings)
{
	for (unsigned bit = 1; bit <= warnings; bit <<= 1) {
		if (warnings & bit)
			cli_sheet_text(out, "warning",
				ax_str_from(sft_warning_text((enum sft_warning)bit)));
	}
}

static int print_file(struct cli_inspect_view *view, struct ax_str path,
	const struct idx_finding *finding, const struct sft_header *header,
	struct ax_error *err)
{
	struct cli_output *out = view->out;

	if (view->n_files)
		fputc('\n', out->stream);
	cli_sheet_title(out, path);
	if (finding->status != IDX_OK)
		cli_sheet_text(out, "status", ax_str_from(idx_status_name(finding->status)));
	if (!ax_str_equal(finding->problem, finding->why))
		cli_sheet_text(out, "problem", finding->problem);
	if (finding->status != IDX_UNREADABLE)
		cli_sheet_text(out, "class", finding->class_name);
	cli_sheet_text(out, "why", finding->why);
	if (finding->misnamed)
		cli_sheet_text(out, "misnamed", AX_STR("yes: its name says another class"));
	if (finding->has_detail)
		cli_sheet_attributes(out, finding->detail.attributes,
			finding->detail.n_attributes);
	if (!header)
		return 0;
	print_sizes(out, finding, header);
	print_warnings(out, sft_header_warnings(header));
	if (finding->has_detail && finding->detail.n_metadata) {
		cli_sheet_heading(out, "metadata");
		cli_sheet_metadata(out, finding->detail.metadata, finding->detail.n_metadata);
	}
	return print_tensors(view, sft_header_layout(header), err);
}

static void write_tensors(struct ax_json_writer *w, const struct sft_layout *layout)
{
	ax_json_write_key(w, AX_STR("tensors"));
	ax_json_begin_array(w);
	for (size_t i = 0; i < sft_layout_count(layout); i++) {
		struct sft_tensor tensor = sft_layout_tensor(layout, i);
		cli_record_json_tensor(w, &tensor);
	}
	ax_json_end_array(w);
}

static void write_header(struct ax_json_writer *w, const struct idx_finding *finding,
	const struct sft_header *header)
{
	const struct sft_layout *layout = sft_header_layout(header);

	cli_record_json_u64(w, "header_bytes", sft_header_length(header));
	cli_record_json_u64(w, "data_bytes", sft_layout_data_bytes(layout));
	cli_record_json_u64(w, "n_tensors", sft_layout_count(layout));
	if (finding->detail.params != IDX_PARAMS_UNKNOWN)
		cli_record_json_u64(w, "params", finding->detail.params);
	cli_record_json_warnings(w, sft_header_warnings(header));
	if (sft_header_has_metadata(header)) {
		ax_json_write_key(w, AX_STR("metadata"));
		ax_json_begin_object(w);
		for (size_t i = 0; i < sft_header_metadata_count(header); i++) {
			const struct sft_metadata *entry = sft_header_metadata(header, i);
			ax_json_write_key(w, entry->key);
			ax_json_write_string(w, entry->value);
		}
		ax_json_end_object(w);
	}
	write_tensors(w, layout);
}

static int write_file(struct cli_inspect_view *view, struct ax_str path,
	const struct idx_finding *finding, const struct sft_header *header,
	struct ax_error *err)
{
	struct ax_json_writer *w = &view->writer;

	ax_json_begin_object(w);
	ax_json_write_path(w, "path", path);
	cli_record_json_text(w, "status", ax_str_from(idx_status_name(finding->status)));
	cli_record_json_text(w, "why", finding->problem.len ? finding->problem : finding->why);
	cli_record_json_text(w, "class", finding->class_name);
	cli_record_json_bool(w, "misnamed", finding->misnamed);
	if (finding->variant)
		cli_record_json_text(w, "variant", ax_str_from(finding->variant));
	if (finding->has_detail)
		cli_record_json_attributes(w, finding->detail.attributes,
			finding->detail.n_attributes);
	if (header)
		write_header(w, finding, header);
	ax_json_end_object(w);
	return flush_json(view, JSON_FLUSH, err);
}

int cli_inspect_view_file(struct cli_inspect_view *view, struct ax_str path,
	const struct idx_finding *finding, const struct sft_header *header,
	struct ax_error *err)
{
	int status = view->options.json ? write_file(view, path, finding, header, err)
					: print_file(view, path, finding, header, err);

	view->n_files++;
	return status;
}

int cli_inspect_view_missing(struct cli_inspect_view *view, const char *path, int reason,
	struct ax_error *err)
{
	struct ax_error text;

	errno = reason;
	ax_fail_errno(&text, "cannot be read");
	struct idx_finding finding = {
		.status = IDX_UNREADABLE,
		.problem = ax_str_from(text.message),
		.class_name = AX_STR("other"),
	};
	return cli_inspect_view_file(view, ax_str_from(path), &finding, NULL, err);
}

int cli_inspect_view_end(struct cli_inspect_view *view, struct ax_error *err)
{
	if (!view->options.json)
		return 0;
	ax_json_end_array(&view->writer);
	ax_json_end_object(&view->writer);
	ax_buf_append_byte(&view->json, '\n');
	return flush_json(view, 0, err);
}
