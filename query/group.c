/*
 * A group's key tells 1 from "1" and absent from empty: text with its length before it, lists with
 * their count, nothing for what is absent, JSON for the rest. Objects are kept as the text they show.
 */
#include "query/group.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "query/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct sum {
	bool is_real;  /* a real number was among them, or the integers left their range */
	bool is_known; /* any number was */
	int64_t whole;
	double real;
};

struct qry_group {
	struct qry_group *next;
	struct qry_value *values; /* one a column of by */
	uint64_t count;
	struct sum sums[];
};

struct qry_groups {
	const struct qry_columns *by, *sums;
	struct qry_table table; /* key -> struct qry_group; its arena holds all of a group */
	struct qry_group *first, *last;
	struct ax_buf key;
	struct qry_cell *cells; /* of qry_groups_cells() */
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for groups");
}

static bool is_number(enum qry_type type)
{
	return type == QRY_TYPE_INT || type == QRY_TYPE_REAL || type == QRY_TYPE_SIZE ||
	       type == QRY_TYPE_OPEN;
}

/* Names and types of the cells stay the same for all groups. */
static int name_cells(struct qry_groups *groups, struct ax_error *err)
{
	struct ax_arena *arena = &groups->table.arena;
	size_t n = 0;

	groups->cells =
		ax_arena_alloc(arena, qry_groups_width(groups) * sizeof(*groups->cells));
	if (!groups->cells)
		return no_memory(err);
	for (size_t i = 0; i < groups->by->n; i++) {
		const struct qry_column *column = &groups->by->items[i];

		groups->cells[n++] = (struct qry_cell){ .name = column->name,
			.type = column->ref.field->type,
			.flags = column->ref.field->flags };
	}
	groups->cells[n++] = (struct qry_cell){ .name = "count", .type = QRY_TYPE_INT };
	for (size_t i = 0; i < groups->sums->n; i++) {
		const struct qry_column *column = &groups->sums->items[i];
		size_t length = column->ref.text.len + sizeof("sum_");
		char *name = ax_arena_alloc(arena, length);

		if (!name)
			return no_memory(err);
		snprintf(name, length, "sum_%s", column->name);
		groups->cells[n++] =
			(struct qry_cell){ .name = name, .type = column->ref.field->type };
	}
	return 0;
}

static void append_key(struct ax_buf *key, enum qry_type type, const struct qry_value *value)
{
	struct ax_json_writer w = { .buf = key };

	if (value->kind == QRY_TEXT) {
		ax_buf_printf(key, "%zu:", value->text.len);
		ax_buf_append_str(key, value->text);
	} else if (value->kind == QRY_LIST) {
		ax_buf_printf(key, "[%zu:", value->list.count);
		for (size_t i = 0; i < value->list.count; i++)
			append_key(key, type, &value->list.items[i]);
	} else if (value->kind != QRY_ABSENT) {
		qry_value_json(&w, type, value);
	}
	ax_buf_append_byte(key, '\n');
}

static void write_key(struct qry_groups *groups, const struct qry_cell *by)
{
	ax_buf_clear(&groups->key);
	for (size_t i = 0; i < groups->by->n; i++)
		append_key(&groups->key, by[i].type, &by[i].value);
}

static int keep_value(struct ax_arena *arena, enum qry_type type, const struct qry_value *value,
	struct qry_value *out);

static int keep_list(struct ax_arena *arena, enum qry_type type, const struct qry_value *value,
	struct qry_value *out)
{
	size_t n = value->list.count;
	struct qry_value *items = ax_arena_alloc(arena, (n + 1) * sizeof(*items));

	*out = qry_list(items, n);
	for (size_t i = 0; i < n; i++) {
		if (!items || keep_value(arena, type, &value->list.items[i], &items[i]) < 0)
			return -1;
	}
	return items ? 0 : -1;
}

static int keep_text(struct ax_arena *arena, enum qry_type type, const struct qry_value *value,
	struct qry_value *out)
{
	struct ax_buf text = { 0 };

	qry_value_write(&text, type, value);
	char *copy = ax_arena_copy(arena, ax_buf_str(&text));
	*out = qry_text(ax_str(copy, text.len));
	ax_buf_free(&text);
	return copy ? 0 : -1;
}

/* Lists hold scalars and JSON, so this does not go deep. */
static int keep_value(struct ax_arena *arena, enum qry_type type, const struct qry_value *value,
	struct qry_value *out)
{
	switch (value->kind) {
	case QRY_LIST:
		return keep_list(arena, type, value, out);
	case QRY_TEXT:
	case QRY_MAP:
	case QRY_JSON:
		return keep_text(arena, type, value, out);
	case QRY_ABSENT:
	case QRY_NULL:
	case QRY_BOOL:
	case QRY_INT:
	case QRY_REAL:
		break;
	}
	*out = *value;
	return 0;
}

static struct qry_group *new_group(struct qry_groups *groups, const struct qry_cell *by)
{
	struct ax_arena *arena = &groups->table.arena;
	size_t n = groups->by->n;
	struct qry_group *group = ax_arena_alloc(arena,
		sizeof(*group) + groups->sums->n * sizeof(group->sums[0]));

	if (!group)
		return NULL;
	group->values = ax_arena_alloc(arena, (n + 1) * sizeof(*group->values));
	for (size_t i = 0; i < n; i++) {
		if (!group->values ||
			keep_value(arena, by[i].type, &by[i].value, &group->values[i]) < 0)
			return NULL;
	}
	if (groups->last)
		groups->last->next = group;
	else
		groups->first = group;
	groups->last = group;
	return group;
}

static int find_group(struct qry_groups *groups, const struct qry_cell *by,
	struct qry_group **out, struct ax_error *err)
{
	void **slot;

	write_key(groups, by);
	if (ax_buf_check(&groups->key, "a group", err) < 0)
		return -1;
	slot = qry_table_put(&groups->table, ax_buf_str(&groups->key));
	if (slot && !*slot)
		*slot = new_group(groups, by);
	if (!slot || !*slot)
		return no_memory(err);
	*out = *slot;
	return 0;
}

int qry_groups_new(const struct qry_columns *by, const struct qry_columns *sums,
	struct qry_groups **out, struct ax_error *err)
{
	struct qry_groups *groups;
	struct qry_group *everything;

	for (size_t i = 0; i < sums->n; i++) {
		const struct qry_field *field = sums->items[i].ref.field;

		if (!is_number(field->type) || (field->flags & QRY_FIELD_LIST))
			return ax_fail(err, AX_EUSAGE, "%s is %s and cannot be summed",
				field->name, qry_type_name(field->type));
	}
	groups = calloc(1, sizeof(*groups));
	if (!groups)
		return no_memory(err);
	groups->by = by;
	groups->sums = sums;
	if (name_cells(groups, err) < 0 ||
		(by->n == 0 && find_group(groups, NULL, &everything, err) < 0)) {
		qry_groups_free(groups);
		return -1;
	}
	*out = groups;
	return 0;
}

void qry_groups_free(struct qry_groups *groups)
{
	if (!groups)
		return;
	qry_table_free(&groups->table);
	ax_buf_free(&groups->key);
	free(groups);
}

static void add_number(struct sum *sum, const struct qry_value *value)
{
	double number;

	if (!qry_value_number(value, &number))
		return;
	sum->is_known = true;
	sum->real += number;
	if (value->kind != QRY_INT ||
		__builtin_add_overflow(sum->whole, value->integer, &sum->whole))
		sum->is_real = true;
}

int qry_groups_add_known(struct qry_groups *groups, const struct qry_cell *by, uint64_t count,
	const struct qry_value *sums, struct ax_error *err)
{
	struct qry_group *group;

	if (find_group(groups, by, &group, err) < 0)
		return -1;
	group->count += count;
	for (size_t i = 0; i < groups->sums->n; i++)
		add_number(&group->sums[i], &sums[i]);
	return 0;
}

int qry_groups_add(struct qry_groups *groups, struct qry_row *row, struct ax_error *err)
{
	struct qry_cell *by, *summed;
	struct qry_group *group;

	if (qry_cells_read(groups->by, row, &by, err) < 0 ||
		qry_cells_read(groups->sums, row, &summed, err) < 0 ||
		find_group(groups, by, &group, err) < 0)
		return -1;
	group->count++;
	for (size_t i = 0; i < groups->sums->n; i++)
		add_number(&group->sums[i], &summed[i].value);
	return 0;
}

size_t qry_groups_width(const struct qry_groups *groups)
{
	return groups->by->n + 1 + groups->sums->n;
}

static struct qry_value read_sum(const struct sum *sum)
{
	if (!sum->is_known)
		return (struct qry_value){ 0 };
	return sum->is_real ? qry_real(sum->real) : qry_int(sum->whole);
}

const struct qry_cell *qry_groups_cells(struct qry_groups *groups,
	const struct qry_group *group)
{
	size_t n = groups->by->n;

	for (size_t i = 0; group && i < n; i++)
		groups->cells[i].value = group->values[i];
	if (group)
		groups->cells[n].value = qry_unsigned(group->count);
	for (size_t i = 0; group && i < groups->sums->n; i++)
		groups->cells[n + 1 + i].value = read_sum(&group->sums[i]);
	return groups->cells;
}

const struct qry_group *qry_groups_next(const struct qry_groups *groups,
	const struct qry_group *group)
{
	return group ? group->next : groups->first;
}

int qry_groups_find(const struct qry_groups *groups, struct ax_str name)
{
	size_t n = groups->by->n;

	for (size_t i = 0; i < qry_groups_width(groups); i++) {
		struct ax_str cell = ax_str_from(groups->cells[i].name);
		size_t prefix = i > n ? strlen("sum_") : 0;

		if (ax_str_equal(name, cell) ||
			ax_str_equal(name, ax_str_slice(cell, prefix, cell.len)))
			return (int)i;
	}
	return -1;
}
