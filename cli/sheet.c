#include "cli/sheet.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/output.h"
#include "indexer/record.h"

#include <stdarg.h>

enum {
	INDENT = 2,
	LABEL = 10,
	COLUMN = INDENT + LABEL + 2,
	NO_LIMIT = 1000000,
	VALUE_MAX = 240, /* of metadata, where no terminal limits it */
	LABEL_MAX = 24,
};

void cli_sheet_title(struct cli_output *out, struct ax_str name)
{
	fputs(out->palette->bold, out->stream);
	cli_print_path(out, name);
	fprintf(out->stream, "%s\n", out->palette->reset);
}

static void print_label(struct cli_output *out, const char *label)
{
	fprintf(out->stream, "%*s%s%-*s%s  ", INDENT, "", out->palette->cyan, LABEL, label,
		out->palette->reset);
}

void cli_sheet_text(struct cli_output *out, const char *label, struct ax_str text)
{
	if (!text.len)
		return;
	print_label(out, label);
	cli_print_wrapped(out, text, COLUMN, out->columns ? out->columns : NO_LIMIT);
}

void cli_sheet_printf(struct cli_output *out, const char *label, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cli_sheet_text(out, label, ax_str_from(text));
}

void cli_sheet_path(struct cli_output *out, const char *label, struct ax_str path,
	struct ax_str note)
{
	if (!path.len)
		return;
	print_label(out, label);
	cli_print_path(out, path);
	if (note.len) {
		fprintf(out->stream, "  %s", out->palette->dim);
		cli_print_text(out, note);
		fputs(out->palette->reset, out->stream);
	}
	fputc('\n', out->stream);
}

void cli_sheet_paths(struct cli_output *out, const char *label, const struct ax_str *paths,
	size_t count, size_t limit)
{
	for (size_t i = 0; i < count && i < limit; i++)
		cli_sheet_path(out, i == 0 ? label : "", paths[i], AX_STR(""));
	if (count > limit)
		cli_sheet_printf(out, "", "and %zu more", count - limit);
}

static void append_value(struct ax_buf *buf, const struct idx_value *value)
{
	char number[AX_UNITS_MAX];

	switch (value->kind) {
	case IDX_ABSENT:
		break;
	case IDX_INT:
		ax_buf_printf(buf, "%lld", (long long)value->integer);
		break;
	case IDX_REAL:
		ax_real_format(value->real, number);
		ax_buf_append_text(buf, number);
		break;
	case IDX_TEXT:
		ax_buf_append_str(buf, value->text);
		break;
	case IDX_BOOL:
		ax_buf_append_text(buf, value->boolean ? "yes" : "no");
		break;
	}
}

void cli_sheet_attributes(struct cli_output *out, const struct idx_attribute *attributes,
	size_t count)
{
	struct ax_buf buf = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct ax_str name = attributes[i].name;
		if (attributes[i].value.kind == IDX_ABSENT || ax_str_find(name, '.') < name.len)
			continue;
		if (buf.len)
			ax_buf_append_text(&buf, ", ");
		ax_buf_append_str(&buf, name);
		ax_buf_append_byte(&buf, ' ');
		append_value(&buf, &attributes[i].value);
	}
	cli_sheet_text(out, "facts", ax_buf_str(&buf));
	cli_print_done(out, &buf);
}

void cli_sheet_heading(struct cli_output *out, const char *heading)
{
	fprintf(out->stream, "%*s%s%s%s\n", INDENT, "", out->palette->cyan, heading,
		out->palette->reset);
}

/* Lists grow with every step of a run: how many there are and the last one say most. */
static void append_list(struct ax_buf *buf, const struct ax_json_value *list)
{
	size_t count = ax_json_length(list);
	struct ax_json_writer w = { .buf = buf };
	char items[AX_UNITS_MAX];

	ax_count_say(count, "item", items);
	ax_buf_append_text(buf, items);
	if (!count)
		return;
	ax_buf_append_text(buf, count == 1 ? ": " : ", the last: ");
	ax_json_write_value(&w, ax_json_at(list, count - 1));
}

static void append_metadata_value(struct ax_buf *buf, struct ax_str value)
{
	struct ax_json *json = NULL;
	struct ax_error ignored;

	if (ax_str_starts(value, AX_STR("[")) &&
		ax_json_parse(value, 0, "metadata", &json, &ignored) == 0)
		append_list(buf, ax_json_root(json));
	else
		ax_buf_append_str(buf, value);
	ax_json_free(json);
}

void cli_sheet_metadata(struct cli_output *out, const struct idx_metadata *metadata,
	size_t count)
{
	size_t widest = 0;
	struct ax_buf buf = { 0 };

	for (size_t i = 0; i < count; i++) {
		size_t width = ax_text_width(metadata[i].key);
		widest = width > widest && width <= LABEL_MAX ? width : widest;
	}
	for (size_t i = 0; i < count; i++) {
		cli_print_pad(out, INDENT * 2);
		size_t used = cli_print_cut(out, metadata[i].key, LABEL_MAX);
		cli_print_pad(out, used < widest ? widest - used + 2 : 2);
		used = INDENT * 2 + (used < widest ? widest : used) + 2;
		ax_buf_clear(&buf);
		append_metadata_value(&buf, metadata[i].value);
		bool fits = out->columns > used + 8;
		cli_print_cut(out, ax_buf_str(&buf), fits ? out->columns - used : VALUE_MAX);
		fputc('\n', out->stream);
	}
	cli_print_done(out, &buf);
}
