#include "query/output.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "query/output_table.h"

#include <errno.h>

enum { FLUSH_BYTES = 65536 };

static int flush(struct qry_output *output, struct ax_error *err)
{
	struct ax_str bytes = ax_buf_str(&output->buf);

	if (ax_buf_check(&output->buf, "the output", err) < 0)
		return -1;
	if (bytes.len > 0 &&
		fwrite(bytes.ptr, 1, bytes.len, output->options->stream) < bytes.len)
		return ax_fail_errno(err, "cannot write the output");
	ax_buf_clear(&output->buf);
	return 0;
}

static void begin_document(struct qry_output *output)
{
	struct ax_json_writer w = { .buf = &output->buf };

	ax_json_begin_object(&w);
	ax_json_write_key(&w, AX_STR("schema"));
	ax_json_write_string(&w, AX_STR("artidx.query/1"));
	ax_json_write_path(&w, "root", ax_str_from(output->options->root));
	ax_json_write_key(&w, AX_STR("view"));
	ax_json_write_string(&w, ax_str_from(qry_view_name(output->options->view)));
	ax_json_write_key(&w, AX_STR("rows"));
	ax_buf_append_byte(&output->buf, '[');
}

/* A heading or any other text, as a field of CSV or TSV. */
static void append_field(struct ax_buf *buf, enum qry_format format, struct ax_str text)
{
	struct ax_buf quoted = { 0 };

	if (format == QRY_TSV) {
		ax_text_quote(buf, text);
	} else if (ax_text_is_plain(text)) {
		ax_text_csv(buf, text);
	} else {
		ax_text_quote(&quoted, text);
		ax_text_csv(buf, ax_buf_str(&quoted));
		ax_buf_free(&quoted);
	}
}

static void append_headings(struct qry_output *output)
{
	const struct qry_output_options *options = output->options;

	for (size_t i = 0; i < options->n_columns; i++) {
		if (i > 0)
			ax_buf_append_byte(&output->buf,
				options->format == QRY_CSV ? ',' : '\t');
		append_field(&output->buf, options->format,
			ax_str_from(options->columns[i].name));
	}
	ax_buf_append_text(&output->buf, options->format == QRY_CSV ? "\r\n" : "\n");
}

int qry_output_begin(struct qry_output *output, const struct qry_output_options *options,
	struct ax_error *err)
{
	*output = (struct qry_output){ .options = options };
	if (options->format == QRY_JSON_DOCUMENT)
		begin_document(output);
	if (options->format == QRY_CSV || options->format == QRY_TSV)
		append_headings(output);
	return options->format == QRY_TABLE ? qry_table_rows_new(options, &output->table, err)
					    : 0;
}

static void render_object(const struct qry_cell *cells, size_t n, struct ax_buf *rendered)
{
	struct ax_json_writer w = { .buf = rendered };

	ax_json_begin_object(&w);
	for (size_t i = 0; i < n; i++) {
		if (cells[i].value.kind != QRY_ABSENT)
			qry_value_json_member(&w, cells[i].name, cells[i].type,
				&cells[i].value);
	}
	ax_json_end_object(&w);
}

static void render_fields(enum qry_format format, const struct qry_cell *cells, size_t n,
	struct ax_buf *rendered)
{
	struct ax_buf raw = { 0 };

	for (size_t i = 0; i < n; i++) {
		bool is_text =
			cells[i].value.kind != QRY_INT && cells[i].value.kind != QRY_REAL;

		if (i > 0)
			ax_buf_append_byte(rendered, format == QRY_CSV ? ',' : '\t');
		ax_buf_clear(&raw);
		qry_value_write(&raw, cells[i].type, &cells[i].value);
		if (is_text)
			append_field(rendered, format, ax_buf_str(&raw));
		else
			ax_buf_append_str(rendered, ax_buf_str(&raw));
	}
	ax_buf_append_text(rendered, format == QRY_CSV ? "\r\n" : "\n");
	ax_buf_free(&raw);
}

void qry_output_render(const struct qry_output *output, const struct qry_cell *cells, size_t n,
	struct ax_buf *rendered)
{
	switch (output->options->format) {
	case QRY_TABLE:
		qry_table_rows_render(output->options, cells, n, rendered);
		break;
	case QRY_JSON_DOCUMENT:
	case QRY_JSON_LINES:
		render_object(cells, n, rendered);
		break;
	case QRY_CSV:
	case QRY_TSV:
		render_fields(output->options->format, cells, n, rendered);
		break;
	case QRY_PATHS:
		qry_value_quote(rendered, cells[0].type, &cells[0].value);
		ax_buf_append_byte(rendered, '\n');
		break;
	case QRY_PATHS_NUL:
		qry_value_write(rendered, cells[0].type, &cells[0].value);
		ax_buf_append_byte(rendered, '\0');
		break;
	case QRY_TEMPLATE:
		qry_template_write(output->options->template, cells, rendered);
		break;
	case QRY_COUNT:
	case QRY_QUIET:
		break;
	}
}

static void put_object(struct qry_output *output, struct ax_str rendered)
{
	if (output->options->format == QRY_JSON_DOCUMENT)
		ax_buf_append_text(&output->buf, output->n_rows > 0 ? ",\n  " : "\n  ");
	ax_buf_append_str(&output->buf, rendered);
	if (output->options->format == QRY_JSON_LINES)
		ax_buf_append_byte(&output->buf, '\n');
}

int qry_output_put(struct qry_output *output, struct ax_str rendered, struct ax_error *err)
{
	enum qry_format format = output->options->format;

	if (output->options->is_distinct && ax_str_equal(ax_buf_str(&output->last), rendered))
		return 0;
	if (output->options->is_distinct) {
		ax_buf_clear(&output->last);
		ax_buf_append_str(&output->last, rendered);
	}
	if (format == QRY_TABLE) {
		if (qry_table_rows_put(output->table, rendered, &output->buf, err) < 0)
			return -1;
	} else if (format == QRY_JSON_DOCUMENT || format == QRY_JSON_LINES) {
		put_object(output, rendered);
	} else {
		ax_buf_append_str(&output->buf, rendered);
	}
	output->n_rows++;
	return output->buf.len < FLUSH_BYTES && !output->buf.failed ? 0 : flush(output, err);
}

int qry_output_end(struct qry_output *output, struct ax_error *err)
{
	if (output->table && qry_table_rows_end(output->table, &output->buf, err) < 0)
		return -1;
	if (output->options->format == QRY_JSON_DOCUMENT)
		ax_buf_append_text(&output->buf, output->n_rows > 0 ? "\n]}\n" : "]}\n");
	if (output->options->format == QRY_COUNT)
		ax_buf_printf(&output->buf, "%llu\n", (unsigned long long)output->n_rows);
	if (flush(output, err) < 0)
		return -1;
	return fflush(output->options->stream) == 0
		       ? 0
		       : ax_fail_errno(err, "cannot write the output");
}

void qry_output_fini(struct qry_output *output)
{
	ax_buf_free(&output->buf);
	ax_buf_free(&output->last);
	qry_table_rows_free(output->table);
}
