#include "cli/tensors.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>

enum {
	SLOTS = 4,           /* numbers of a name that may differ; further ones are text */
	DIGITS_MAX = 9,      /* a longer run of digits is text */
	NAME_MIN = 24,       /* columns that a name has at least */
	FIRST_CAPACITY = 64, /* a power of two */
	PARTS_MAX = 12,      /* names in one line */
	LOOK_BACK = 16,      /* lines that a name may be put into */
	INDENT = 4,
	COUNT_WIDTH = 6,
};

struct group {
	uint64_t hash; /* of everything but the numbers */
	struct ax_str name;
	struct ax_str kind; /* dtype and shape */
	uint64_t count;
	unsigned n_slots;
	uint32_t lowest[SLOTS], highest[SLOTS];
};

struct cli_tensors {
	struct ax_arena arena;
	struct ax_buf scratch;
	struct group *groups;
	size_t n_groups, capacity; /* capacity is twice that of groups: an open hash table */
	uint32_t *table;           /* index + 1 of a group, 0 for none */
	bool each;                 /* no tensor shares a line with another */
};

/* A number in a name. */
struct slot {
	size_t start, end;
	uint32_t value;
};

int cli_tensors_new(struct cli_tensors **out, struct ax_error *err)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : ax_fail(err, ENOMEM, "no memory for a list of tensors");
}

void cli_tensors_free(struct cli_tensors *tensors)
{
	if (!tensors)
		return;
	ax_arena_free(&tensors->arena);
	ax_buf_free(&tensors->scratch);
	free(tensors->groups);
	free(tensors->table);
	free(tensors);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The next number in name from byte at on; false when there is none. */
static bool next_slot(struct ax_str name, size_t at, struct slot *out)
{
	while (at < name.len) {
		size_t start = at;
		uint64_t value = 0;

		for (; at < name.len && is_digit(name.ptr[at]); at++) {
			if (at - start < DIGITS_MAX)
				value = value * 10 + (uint64_t)(name.ptr[at] - '0');
		}
		if (at > start && at - start <= DIGITS_MAX) {
			*out = (struct slot){ start, at, (uint32_t)value };
			return true;
		}
		at += at == start;
	}
	return false;
}

static unsigned find_slots(struct ax_str name, struct slot slots[SLOTS])
{
	unsigned n = 0;
	size_t at = 0;

	while (n < SLOTS && next_slot(name, at, &slots[n]))
		at = slots[n++].end;
	return n;
}

static void append_kind(struct ax_buf *buf, const struct cli_tensor *tensor)
{
	ax_buf_printf(buf, "%-4s [", tensor->dtype);
	for (unsigned i = 0; i < tensor->rank; i++)
		ax_buf_printf(buf, "%s%llu", i ? ", " : "",
			(unsigned long long)tensor->shape[i]);
	ax_buf_append_byte(buf, ']');
}

/* What equal groups share: the kind, and the name with each number made the same. */
static uint64_t hash_tensor(struct ax_buf *buf, const struct cli_tensor *tensor,
	const struct slot *slots, unsigned n)
{
	size_t at = 0;

	ax_buf_clear(buf);
	append_kind(buf, tensor);
	for (unsigned i = 0; i < n; i++) {
		ax_buf_append(buf, tensor->name.ptr + at, slots[i].start - at);
		ax_buf_append_byte(buf, '\0');
		at = slots[i].end;
	}
	ax_buf_append(buf, tensor->name.ptr + at, tensor->name.len - at);
	return ax_hash64(buf->data, buf->len);
}

static int grow(struct cli_tensors *t, struct ax_error *err)
{
	size_t capacity = t->capacity ? t->capacity * 2 : FIRST_CAPACITY;
	struct group *groups = realloc(t->groups, capacity / 2 * sizeof(*groups));

	if (groups)
		t->groups = groups;
	uint32_t *table = groups ? calloc(capacity, sizeof(*table)) : NULL;
	if (!table)
		return ax_fail(err, ENOMEM, "no memory for a list of tensors");
	for (size_t i = 0; i < t->n_groups; i++) {
		size_t at = t->groups[i].hash & (capacity - 1);
		while (table[at])
			at = (at + 1) & (capacity - 1);
		table[at] = (uint32_t)i + 1;
	}
	free(t->table);
	t->table = table;
	t->capacity = capacity;
	return 0;
}

/* The group with that hash, or the free place in the table where it belongs. */
static struct group *find_group(const struct cli_tensors *t, uint64_t hash, size_t *place)
{
	size_t at = hash & (t->capacity - 1);

	while (t->table[at] && t->groups[t->table[at] - 1].hash != hash)
		at = (at + 1) & (t->capacity - 1);
	*place = at;
	return t->table[at] ? &t->groups[t->table[at] - 1] : NULL;
}

static void widen(struct group *group, const struct slot *slots)
{
	for (unsigned i = 0; i < group->n_slots; i++) {
		if (slots[i].value < group->lowest[i])
			group->lowest[i] = slots[i].value;
		if (slots[i].value > group->highest[i])
			group->highest[i] = slots[i].value;
	}
	group->count++;
}

static int add_group(struct cli_tensors *t, size_t place, struct group group,
	const struct cli_tensor *tensor, struct ax_error *err)
{
	ax_buf_clear(&t->scratch);
	append_kind(&t->scratch, tensor);
	struct ax_str kind = ax_buf_str(&t->scratch);
	char *kind_copy = ax_arena_copy(&t->arena, kind);
	char *name_copy = ax_arena_copy(&t->arena, tensor->name);

	if (!kind_copy || !name_copy)
		return ax_fail(err, ENOMEM, "no memory for a list of tensors");
	group.kind = ax_str(kind_copy, kind.len);
	group.name = ax_str(name_copy, tensor->name.len);
	t->groups[t->n_groups++] = group;
	t->table[place] = (uint32_t)t->n_groups;
	return 0;
}

int cli_tensors_add(struct cli_tensors *t, const struct cli_tensor *tensor, bool each,
	struct ax_error *err)
{
	struct slot slots[SLOTS] = { 0 };
	struct group group = { .n_slots = each ? 0 : find_slots(tensor->name, slots) };
	size_t place = 0;

	t->each = each;
	if (t->n_groups >= t->capacity / 2 && grow(t, err) < 0)
		return -1;
	group.hash = hash_tensor(&t->scratch, tensor, slots, group.n_slots);
	if (t->scratch.failed)
		return ax_buf_check(&t->scratch, "a list of tensors", err);
	struct group *known = find_group(t, group.hash, &place);
	if (known) {
		widen(known, slots);
		return 0;
	}
	for (unsigned i = 0; i < group.n_slots; i++)
		group.lowest[i] = group.highest[i] = slots[i].value;
	group.count = 1;
	return add_group(t, place, group, tensor, err);
}

/* The name of the first with ranges for the numbers that differ. */
static void append_pattern(struct ax_buf *buf, const struct group *group)
{
	struct slot slots[SLOTS] = { 0 };
	size_t at = 0;

	if (group->n_slots)
		find_slots(group->name, slots);
	for (unsigned i = 0; i < group->n_slots; i++) {
		if (group->lowest[i] == group->highest[i])
			continue;
		ax_text_escape(buf, ax_str_slice(group->name, at, slots[i].start - at));
		ax_buf_printf(buf, "{%u-%u}", group->lowest[i], group->highest[i]);
		at = slots[i].end;
	}
	ax_text_escape(buf, ax_str_slice(group->name, at, group->name.len));
}

/* A line of output: one group, or several whose names differ in one part alone. */
struct line {
	struct ax_str first;   /* the first pattern */
	size_t prefix, suffix; /* bytes of it that all share, when there are several */
	unsigned n_parts;
	struct ax_str parts[PARTS_MAX]; /* what stands between */
	struct ax_str kind;
	uint64_t each; /* tensors of each pattern */
};

static bool is_border(char c)
{
	return c == '.' || c == '/' || c == '_' || c == '-';
}

static size_t shared_prefix(struct ax_str a, struct ax_str b)
{
	size_t n = 0;

	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	while (n && !is_border(a.ptr[n - 1]))
		n--;
	return n;
}

static size_t shared_suffix(struct ax_str a, struct ax_str b, size_t prefix)
{
	size_t n = 0;

	while (n + prefix < a.len && n + prefix < b.len &&
		a.ptr[a.len - n - 1] == b.ptr[b.len - n - 1])
		n++;
	while (n && !is_border(a.ptr[a.len - n]))
		n--;
	return n;
}

/* What text has between prefix and suffix; "" where that is no single part of a name. */
static struct ax_str middle(struct ax_str text, size_t prefix, size_t suffix)
{
	struct ax_str part = ax_str_slice(text, prefix, text.len - prefix - suffix);

	for (size_t i = 0; i < part.len; i++) {
		if (strchr("./{}\\", part.ptr[i]))
			return AX_STR("");
	}
	return part;
}

/* Put one more pattern into line; false where it does not belong there. */
static bool join_line(struct line *line, struct ax_str text)
{
	size_t prefix = shared_prefix(line->first, text);
	size_t suffix = shared_suffix(line->first, text, prefix);
	struct ax_str first = middle(line->first, prefix, suffix);
	struct ax_str part = middle(text, prefix, suffix);

	if (!first.len || !part.len || prefix + suffix == 0 || line->n_parts == PARTS_MAX)
		return false;
	if (line->n_parts > 1 && (prefix != line->prefix || suffix != line->suffix))
		return false;
	line->prefix = prefix;
	line->suffix = suffix;
	line->parts[0] = first;
	line->parts[line->n_parts++] = part;
	return true;
}

/* The lines that show the first groups. */
struct lines {
	struct line *items; /* NULL when memory ran out */
	size_t count, capacity;
	size_t shown; /* groups in them */
};

/* Put the group into a line before it, or into a new one; false when there is no room. */
static bool take_group(struct lines *lines, const struct group *group, struct ax_str text,
	bool each)
{
	size_t look_back = each ? 0 : LOOK_BACK;

	for (size_t back = 1; back <= lines->count && back <= look_back; back++) {
		struct line *line = &lines->items[lines->count - back];
		if (ax_str_equal(line->kind, group->kind) && line->each == group->count &&
			join_line(line, text))
			return true;
	}
	if (lines->count == lines->capacity)
		return false;
	lines->items[lines->count++] = (struct line){
		.first = text, .n_parts = 1, .kind = group->kind, .each = group->count
	};
	return true;
}

static struct lines make_lines(const struct cli_tensors *t, size_t limit,
	struct ax_arena *arena, struct ax_buf *buf)
{
	struct lines lines = { .capacity = t->n_groups < limit ? t->n_groups : limit };

	lines.items = ax_arena_alloc(arena, (lines.capacity + 1) * sizeof(*lines.items));
	for (; lines.items && lines.shown < t->n_groups; lines.shown++) {
		const struct group *group = &t->groups[lines.shown];

		ax_buf_clear(buf);
		append_pattern(buf, group);
		char *text = ax_arena_copy(arena, ax_buf_str(buf));
		if (!text || buf->failed)
			return (struct lines){ 0 };
		if (!take_group(&lines, group, ax_str(text, buf->len), t->each))
			break;
	}
	return lines;
}

static void append_line(struct ax_buf *buf, const struct line *line)
{
	if (line->n_parts == 1) {
		ax_buf_append_str(buf, line->first);
		return;
	}
	ax_buf_append(buf, line->first.ptr, line->prefix);
	for (unsigned i = 0; i < line->n_parts; i++) {
		ax_buf_append_byte(buf, i ? ',' : '{');
		ax_buf_append_str(buf, line->parts[i]);
	}
	ax_buf_append_byte(buf, '}');
	ax_buf_append(buf, line->first.ptr + line->first.len - line->suffix, line->suffix);
}

/* Columns for names and for kinds. */
struct widths {
	size_t name, kind;
};

static struct widths measure(const struct line *lines, size_t n, const struct cli_output *out,
	struct ax_buf *buf)
{
	struct widths widths = { 0 };

	for (size_t i = 0; i < n; i++) {
		ax_buf_clear(buf);
		append_line(buf, &lines[i]);
		size_t width = ax_text_width(ax_buf_str(buf));
		widths.name = width > widths.name ? width : widths.name;
		widths.kind = lines[i].kind.len > widths.kind ? lines[i].kind.len : widths.kind;
	}
	size_t others = INDENT + 2 + widths.kind + 2 + COUNT_WIDTH;
	size_t room = out->columns > others + NAME_MIN ? out->columns - others : NAME_MIN;
	if (out->columns && widths.name > room)
		widths.name = room;
	return widths;
}

static void print_line(const struct line *line, struct cli_output *out,
	const struct widths *widths, struct ax_buf *buf)
{
	char count[AX_UNITS_MAX];

	ax_buf_clear(buf);
	append_line(buf, line);
	cli_print_pad(out, INDENT);
	size_t used = cli_print_cut(out, ax_buf_str(buf), widths->name);
	cli_print_pad(out, widths->name - used + 2);
	fprintf(out->stream, "%.*s", AX_STR_ARG(line->kind));
	if (line->each * line->n_parts > 1) {
		ax_count_format(line->each * line->n_parts, count);
		cli_print_pad(out, widths->kind - line->kind.len);
		fprintf(out->stream, "  %s%*s%s", out->palette->dim, COUNT_WIDTH, count,
			out->palette->reset);
	}
	fputc('\n', out->stream);
}

size_t cli_tensors_print(const struct cli_tensors *t, struct cli_output *out, size_t limit)
{
	struct ax_arena arena = { 0 };
	struct ax_buf buf = { 0 };
	struct lines lines = make_lines(t, limit, &arena, &buf);
	struct widths widths = measure(lines.items, lines.count, out, &buf);

	for (size_t i = 0; i < lines.count; i++)
		print_line(&lines.items[i], out, &widths, &buf);
	buf.failed |= lines.items == NULL;
	cli_print_done(out, &buf);
	ax_arena_free(&arena);
	return t->n_groups - lines.shown;
}
