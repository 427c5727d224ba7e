#include "query/template.h"

#include "base/buf.h"
#include "base/error.h"

#include <errno.h>

struct reader {
	enum qry_view view;
	const char *whole;
	struct ax_str rest;
	struct ax_arena *arena;
	struct qry_template *out;
	struct ax_buf text; /* of the part at hand */
	bool ends_itself;   /* the last thing read was \n or \0 */
};

static int refuse(const struct reader *reader, const char *what, struct ax_error *err)
{
	return ax_fail(err, AX_EUSAGE, "template \"%s\": %s", reader->whole, what);
}

static int end_part(struct reader *reader, bool has_column, struct ax_error *err)
{
	struct qry_template_part *part = &reader->out->parts[reader->out->n_parts++];
	char *copy = ax_arena_copy(reader->arena, ax_buf_str(&reader->text));

	if (!copy || ax_buf_check(&reader->text, "the template", err) < 0)
		return ax_fail(err, ENOMEM, "no memory for the template");
	part->text = ax_str(copy, reader->text.len);
	part->has_column = has_column;
	ax_buf_clear(&reader->text);
	return 0;
}

static int read_escape(struct reader *reader, struct ax_error *err)
{
	static const char names[] = { 'n', 't', '0', '\\' };
	static const char bytes[] = { '\n', '\t', '\0', '\\' };
	const char *found =
		reader->rest.len > 1 ? memchr(names, reader->rest.ptr[1], sizeof(names)) : NULL;

	if (!found)
		return refuse(reader, "\\ is followed by n, t, 0 or \\", err);
	ax_buf_append_byte(&reader->text, bytes[found - names]);
	reader->out->is_raw |= *found == '0';
	reader->ends_itself = *found == 'n' || *found == '0';
	reader->rest = ax_str_slice(reader->rest, 2, reader->rest.len);
	return 0;
}

static int read_field(struct reader *reader, struct ax_error *err)
{
	struct qry_columns one, *all = &reader->out->columns;
	size_t length = qry_ref_measure(ax_str_slice(reader->rest, 1, reader->rest.len));
	char *name;

	if (length + 1 >= reader->rest.len || reader->rest.ptr[length + 1] != '}')
		length = ax_str_find(reader->rest, '}') - 1;
	if (length + 1 >= reader->rest.len)
		return refuse(reader, "{ is followed by a field and }; {{ is a brace", err);
	name = ax_arena_copy(reader->arena, ax_str_slice(reader->rest, 1, length));
	if (!name)
		return ax_fail(err, ENOMEM, "no memory for the template");
	if (qry_columns_parse(reader->view, name, false, reader->arena, &one, err) < 0)
		return -1;
	if (one.n != 1)
		return refuse(reader, "one field goes between { and }", err);
	all->items[all->n++] = one.items[0];
	reader->ends_itself = false;
	reader->rest = ax_str_slice(reader->rest, length + 2, reader->rest.len);
	return end_part(reader, true, err);
}

static int read_next(struct reader *reader, struct ax_error *err)
{
	char c = reader->rest.ptr[0];
	bool is_doubled = reader->rest.len > 1 && reader->rest.ptr[1] == c;

	if (c == '\\')
		return read_escape(reader, err);
	if (c == '{' && !is_doubled)
		return read_field(reader, err);
	if (c == '}' && !is_doubled)
		return refuse(reader, "} without {; }} is a brace", err);
	ax_buf_append_byte(&reader->text, c);
	reader->ends_itself = c == '\n';
	reader->rest =
		ax_str_slice(reader->rest, c == '{' || c == '}' ? 2 : 1, reader->rest.len);
	return 0;
}

static int read_all(struct reader *reader, struct ax_error *err)
{
	struct qry_template *out = reader->out;
	size_t most = 2;

	for (size_t i = 0; i < reader->rest.len; i++)
		most += reader->rest.ptr[i] == '{';
	out->parts = ax_arena_alloc(reader->arena, most * sizeof(*out->parts));
	out->columns.items = ax_arena_alloc(reader->arena, most * sizeof(*out->columns.items));
	if (!out->parts || !out->columns.items)
		return ax_fail(err, ENOMEM, "no memory for the template");
	while (reader->rest.len > 0) {
		if (read_next(reader, err) < 0)
			return -1;
	}
	if (!reader->ends_itself)
		ax_buf_append_byte(&reader->text, '\n');
	return end_part(reader, false, err);
}

int qry_template_parse(enum qry_view view, const char *text, struct ax_arena *arena,
	struct qry_template *out, struct ax_error *err)
{
	struct reader reader = { .view = view,
		.whole = text,
		.rest = ax_str_from(text),
		.arena = arena,
		.out = out };
	int status;

	*out = (struct qry_template){ 0 };
	status = read_all(&reader, err);
	ax_buf_free(&reader.text);
	return status;
}

void qry_template_write(const struct qry_template *template, const struct qry_cell *cells,
	struct ax_buf *buf)
{
	for (size_t i = 0; i < template->n_parts; i++) {
		const struct qry_template_part *part = &template->parts[i];

		ax_buf_append_str(buf, part->text);
		if (part->has_column && template->is_raw)
			qry_value_write(buf, cells[i].type, &cells[i].value);
		else if (part->has_column)
			qry_value_quote(buf, cells[i].type, &cells[i].value);
	}
}
