#include "query/output_table.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>

enum {
	HELD_ROWS = 1000,
	GAP = 2,         /* blanks between columns */
	LEAST_WIDTH = 8, /* what shortening leaves of a column */
	SPARK_WIDTH = 24,
};

static const char dim[] = "\033[2m", red[] = "\033[31m", cyan[] = "\033[36m",
		  plain[] = "\033[0m";

struct qry_table_rows {
	const struct qry_output_options *options;
	struct ax_buf held; /* rendered rows, one after the other */
	size_t n_held;
	bool is_open; /* the widths are fixed and the header is out */
	size_t *widths;
	bool *is_dropped; /* a column that may be left out, and no row has a value */
};

int qry_table_rows_new(const struct qry_output_options *options, struct qry_table_rows **out,
	struct ax_error *err)
{
	struct qry_table_rows *table = calloc(1, sizeof(*table));
	size_t *widths = calloc(options->n_columns + 1, sizeof(*widths));
	bool *is_dropped = calloc(options->n_columns + 1, sizeof(*is_dropped));

	if (!table || !widths || !is_dropped) {
		free(table);
		free(widths);
		free(is_dropped);
		return ax_fail(err, ENOMEM, "no memory for a table");
	}
	table->options = options;
	table->widths = widths;
	table->is_dropped = is_dropped;
	for (size_t i = 0; i < options->n_columns; i++) {
		widths[i] = ax_text_width(ax_str_from(options->columns[i].name));
		is_dropped[i] = options->columns[i].flags & QRY_FIELD_ARCHIVE;
	}
	*out = table;
	return 0;
}

void qry_table_rows_free(struct qry_table_rows *table)
{
	if (!table)
		return;
	ax_buf_free(&table->held);
	free(table->widths);
	free(table->is_dropped);
	free(table);
}

static bool is_sparkline(const struct qry_cell *cell)
{
	double number;

	return (cell->flags & QRY_FIELD_INDEXED) && cell->value.kind == QRY_LIST &&
	       cell->value.list.count > 1 &&
	       qry_value_number(&cell->value.list.items[0], &number);
}

void qry_table_rows_render(const struct qry_output_options *options,
	const struct qry_cell *cells, size_t n, struct ax_buf *rendered)
{
	for (size_t i = 0; i < n; i++) {
		if (is_sparkline(&cells[i]))
			qry_value_sparkline(rendered, &cells[i].value, SPARK_WIDTH,
				options->style.ascii);
		else if (cells[i].value.kind == QRY_ABSENT)
			ax_buf_append_byte(rendered, '-');
		else
			qry_value_show(rendered, cells[i].type, &cells[i].value);
		ax_buf_append_byte(rendered, '\0');
	}
}

/* The next cell of a rendered row. */
static struct ax_str take_cell(struct ax_str *rest)
{
	struct ax_str cell = ax_str_slice(*rest, 0, ax_str_find(*rest, '\0'));

	*rest = ax_str_slice(*rest, cell.len + 1, rest->len);
	return cell;
}

static void measure_row(struct qry_table_rows *table, struct ax_str rendered)
{
	for (size_t i = 0; i < table->options->n_columns; i++) {
		struct ax_str cell = take_cell(&rendered);
		size_t width = ax_text_width(cell);

		if (!ax_str_equal(cell, AX_STR("-")))
			table->is_dropped[i] = false;
		if (width > table->widths[i])
			table->widths[i] = width;
	}
}

static bool is_right(const struct qry_cell *column)
{
	return column->type == QRY_TYPE_INT || column->type == QRY_TYPE_REAL ||
	       column->type == QRY_TYPE_SIZE;
}

static bool is_shortenable(const struct qry_cell *column)
{
	return !is_right(column) && column->type != QRY_TYPE_TIME &&
	       column->type != QRY_TYPE_STAMP;
}

/* Narrow the widest columns until the table fits, or nothing more can be taken. */
static void fit_widths(struct qry_table_rows *table)
{
	const struct qry_output_options *options = table->options;
	size_t total = 0;

	for (size_t i = 0; i < options->n_columns; i++) {
		if (!table->is_dropped[i])
			total += table->widths[i] + (total > 0 ? GAP : 0);
	}
	while (options->style.width > 0 && total > options->style.width) {
		size_t *widest = NULL;

		for (size_t i = 0; i < options->n_columns; i++) {
			if (!table->is_dropped[i] && is_shortenable(&options->columns[i]) &&
				(!widest || table->widths[i] >= *widest))
				widest = &table->widths[i];
		}
		if (!widest || *widest <= LEAST_WIDTH)
			return;
		--*widest;
		total--;
	}
}

static void append_blanks(struct ax_buf *out, size_t n)
{
	while (n--)
		ax_buf_append_byte(out, ' ');
}

static size_t character_length(struct ax_str s)
{
	size_t length = ax_utf8_length(s);

	return length > 0 ? length : 1;
}

/* As much of the start of text as takes at most width columns. */
static struct ax_str cut_end(struct ax_str text, size_t width)
{
	size_t at = 0, used = 0;

	while (at < text.len) {
		struct ax_str rest = ax_str_slice(text, at, text.len);
		struct ax_str character = ax_str_slice(rest, 0, character_length(rest));

		used += ax_text_width(character);
		if (used > width)
			break;
		at += character.len;
	}
	return ax_str_slice(text, 0, at);
}

/* As much of the end of text as takes at most width columns. */
static struct ax_str cut_front(struct ax_str text, size_t width)
{
	while (text.len > 0 && ax_text_width(text) > width)
		text = ax_str_slice(text, character_length(text), text.len);
	return text;
}

/* Append text, which takes more than width columns, in at most width; returns how many. */
static size_t append_cut(const struct qry_table_rows *table, const struct qry_cell *column,
	struct ax_str text, size_t width, struct ax_buf *out)
{
	struct ax_str mark =
		table->options->style.ascii ? AX_STR("...") : AX_STR("\xe2\x80\xa6");
	size_t room = width - ax_text_width(mark);
	bool is_path = (column->flags & QRY_FIELD_PATH) != 0;
	struct ax_str kept = is_path ? cut_front(text, room) : cut_end(text, room);

	ax_buf_append_str(out, is_path ? mark : kept);
	ax_buf_append_str(out, is_path ? kept : mark);
	return ax_text_width(kept) + width - room;
}

static const char *pick_color(const struct qry_table_rows *table, const struct qry_cell *column,
	struct ax_str text)
{
	if (!table->options->style.color)
		return NULL;
	if (ax_str_equal(text, AX_STR("-")))
		return dim;
	if (strcmp(column->name, "class") == 0)
		return cyan;
	if (strcmp(column->name, "status") == 0 && !ax_str_equal(text, AX_STR("ok")) &&
		!ax_str_equal(text, AX_STR("done")))
		return red;
	return NULL;
}

static bool is_last_column(const struct qry_table_rows *table, size_t i)
{
	do
		i++;
	while (i < table->options->n_columns && table->is_dropped[i]);
	return i == table->options->n_columns;
}

static void append_cell(const struct qry_table_rows *table, size_t i, struct ax_str text,
	const char *color, struct ax_buf *out)
{
	const struct qry_cell *column = &table->options->columns[i];
	size_t width = table->widths[i], taken = ax_text_width(text);
	size_t padding = taken < width ? width - taken : 0;
	bool is_last = is_last_column(table, i);

	if (is_right(column))
		append_blanks(out, padding);
	if (color)
		ax_buf_append_text(out, color);
	if (table->options->style.width > 0 && taken > width)
		taken = append_cut(table, column, text, width, out);
	else
		ax_buf_append_str(out, text);
	if (color)
		ax_buf_append_text(out, plain);
	if (!is_right(column) && !is_last)
		append_blanks(out, taken < width ? width - taken : 0);
	if (!is_last)
		append_blanks(out, GAP);
}

static void append_row(const struct qry_table_rows *table, struct ax_str rendered,
	struct ax_buf *out)
{
	for (size_t i = 0; i < table->options->n_columns; i++) {
		struct ax_str text = take_cell(&rendered);

		if (!table->is_dropped[i])
			append_cell(table, i, text,
				pick_color(table, &table->options->columns[i], text), out);
	}
	ax_buf_append_byte(out, '\n');
}

static void append_header(const struct qry_table_rows *table, struct ax_buf *out)
{
	const char *color = table->options->style.color ? dim : NULL;

	for (size_t i = 0; i < table->options->n_columns; i++) {
		if (!table->is_dropped[i])
			append_cell(table, i, ax_str_from(table->options->columns[i].name),
				color, out);
	}
	ax_buf_append_byte(out, '\n');
}

/* Bytes of the rendered row at the start of rest. */
static size_t measure_rendered(const struct qry_table_rows *table, struct ax_str rest)
{
	size_t before = rest.len;

	for (size_t i = 0; i < table->options->n_columns; i++)
		take_cell(&rest);
	return before - rest.len;
}

/* Fix the widths, and print what was held back. */
static int open_table(struct qry_table_rows *table, struct ax_buf *out, struct ax_error *err)
{
	struct ax_str rest = ax_buf_str(&table->held);

	if (ax_buf_check(&table->held, "the table", err) < 0)
		return -1;
	if (table->is_open || table->n_held == 0)
		return 0;
	fit_widths(table);
	append_header(table, out);
	for (; table->n_held > 0; table->n_held--) {
		size_t length = measure_rendered(table, rest);

		append_row(table, ax_str_slice(rest, 0, length), out);
		rest = ax_str_slice(rest, length, rest.len);
	}
	ax_buf_free(&table->held);
	table->is_open = true;
	return 0;
}

int qry_table_rows_put(struct qry_table_rows *table, struct ax_str rendered, struct ax_buf *out,
	struct ax_error *err)
{
	if (table->is_open) {
		append_row(table, rendered, out);
		return 0;
	}
	measure_row(table, rendered);
	ax_buf_append_str(&table->held, rendered);
	table->n_held++;
	if (table->n_held < HELD_ROWS)
		return 0;
	/* Later rows may have what these do not. */
	for (size_t i = 0; i < table->options->n_columns; i++)
		table->is_dropped[i] = false;
	return open_table(table, out, err);
}

int qry_table_rows_end(struct qry_table_rows *table, struct ax_buf *out, struct ax_error *err)
{
	return open_table(table, out, err);
}
