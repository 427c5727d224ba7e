#include "safetensors/layout_internal.h"

#include "safetensors/names.h"

#include <stdlib.h>

/* Bytes of a usual header for each tensor, each dimension kept, and each byte of a name. */
enum { TEXT_PER_TENSOR = 128, TEXT_PER_DIM = 1024, TEXT_PER_NAME_BYTE = 2 };

enum { SHARED_RANK = 8 }; /* the highest of shapes that are looked for among those met */

bool sft_layout_builder_init(struct sft_layout_builder *builder, size_t text_start,
	size_t text_len)
{
	struct sft_layout *layout = calloc(1, sizeof(*layout));

	if (!layout)
		return false;
	atomic_init(&layout->references, 1);
	*builder = (struct sft_layout_builder){
		.layout = layout,
		.text_start = text_start,
		.text_len = text_len,
		.is_ascending = true,
		.is_ordered = true,
	};
	return true;
}

void sft_layout_builder_fini(struct sft_layout_builder *builder)
{
	sft_layout_unref(builder->layout);
	builder->layout = NULL;
}

/*
 * Items to have room for when used and extra more are not enough. After the first guess, which
 * the usual header needs no second of, the size is predicted from the text that is done, so that
 * large headers do not leave half their arrays empty.
 */
static size_t next_room(const struct sft_layout_builder *builder, size_t used, size_t extra,
	size_t guess, size_t at)
{
	uint64_t done = at - builder->text_start + 1;
	size_t room = used ? (size_t)(used * (uint64_t)builder->text_len / done) : guess;

	if (used && room > 2 * used)
		room = 2 * used;
	room += room / 64 + 16;
	size_t least = used + extra + used / 8;
	return room < least ? least : room;
}

static bool grow_entries(struct sft_layout_builder *builder, size_t at)
{
	struct sft_layout *layout = builder->layout;
	size_t guess = builder->text_len / TEXT_PER_TENSOR;
	size_t room = next_room(builder, layout->count, 1, guess, at);
	struct sft_entry *entries = realloc(layout->entries, room * sizeof(*entries));

	if (!entries)
		return false;
	layout->entries = entries;
	builder->entry_room = room;
	return true;
}

static bool grow_dims(struct sft_layout_builder *builder, size_t at)
{
	struct sft_layout *layout = builder->layout;
	size_t guess = builder->text_len / TEXT_PER_DIM;
	size_t room = next_room(builder, layout->dims_count, 1, guess, at);
	uint64_t *dims = realloc(layout->dims, room * sizeof(*dims));

	if (!dims)
		return false;
	layout->dims = dims;
	builder->dims_room = room;
	return true;
}

static bool grow_names(struct sft_layout_builder *builder, size_t extra, size_t at)
{
	struct sft_layout *layout = builder->layout;
	size_t guess = builder->text_len / TEXT_PER_NAME_BYTE;
	size_t room = next_room(builder, layout->names_len, extra, guess, at);
	char *names = realloc(layout->names, room);

	if (!names)
		return false;
	layout->names = names;
	builder->names_room = room;
	return true;
}

bool sft_layout_builder_add_dim(struct sft_layout_builder *builder, uint64_t dim, size_t at)
{
	struct sft_layout *layout = builder->layout;

	if (layout->dims_count == builder->dims_room && !grow_dims(builder, at))
		return false;
	layout->dims[layout->dims_count++] = dim;
	return true;
}

/* By begin, end and name, as the reference orders tensors; ties are broken for good. */
static int compare_entries(const void *a, const void *b, void *context)
{
	const struct sft_entry *left = a;
	const struct sft_entry *right = b;

	if (left->begin != right->begin)
		return left->begin < right->begin ? -1 : 1;
	if (left->end != right->end)
		return left->end < right->end ? -1 : 1;
	return ax_str_compare(sft_layout_name(context, left), sft_layout_name(context, right));
}

/* Note how the entry that was added last stands to the one before. */
static void note_order(struct sft_layout_builder *builder)
{
	struct sft_layout *layout = builder->layout;
	const struct sft_entry *last = &layout->entries[layout->count - 1];

	if (layout->count < 2)
		return;
	if (builder->is_ascending)
		builder->is_ascending = ax_str_compare(sft_layout_name(layout, last - 1),
						sft_layout_name(layout, last)) < 0;
	if (builder->is_ordered)
		builder->is_ordered = compare_entries(last - 1, last, layout) <= 0;
}

/* Take back the shape that was added last where the same one was met before. */
static void share_shape(struct sft_layout_builder *builder, struct sft_entry *entry)
{
	struct sft_layout *layout = builder->layout;
	const uint64_t *shape = sft_layout_shape(layout, entry);
	uint64_t hash = entry->rank;

	if (entry->rank == 0 || entry->rank > SHARED_RANK)
		return;
	for (uint32_t i = 0; i < entry->rank; i++)
		hash = (hash ^ shape[i]) * UINT64_C(0x9e3779b97f4a7c15);
	struct sft_met_shape *met = &builder->shapes[hash >> 60];
	if (met->rank == entry->rank &&
		memcmp(layout->dims + met->start, shape, met->rank * sizeof(*shape)) == 0) {
		layout->dims_count -= entry->rank;
		entry->shape = met->start;
	} else {
		*met = (struct sft_met_shape){ entry->shape, entry->rank };
	}
}

bool sft_layout_builder_add(struct sft_layout_builder *builder, struct sft_entry entry,
	struct sft_string name)
{
	struct sft_layout *layout = builder->layout;

	if (layout->count == builder->entry_room && !grow_entries(builder, entry.at))
		return false;
	if (builder->names_room - layout->names_len <= name.len &&
		!grow_names(builder, name.len + 1, entry.at))
		return false;

	share_shape(builder, &entry);
	entry.name = layout->names_len;
	entry.name_len = (uint32_t)name.len;
	char *place = layout->names + entry.name;
	if (name.is_escaped)
		entry.name_len = (uint32_t)sft_string_unescape(name, place);
	else
		memcpy(place, name.ptr, name.len);
	layout->names_len += entry.name_len;
	layout->entries[layout->count++] = entry;
	note_order(builder);
	return true;
}

static struct ax_str get_name(const void *layout, size_t index)
{
	const struct sft_layout *own = layout;

	return sft_layout_name(own, &own->entries[index]);
}

/* Of equal names keep the last. */
static bool drop_repeated(struct sft_layout *layout)
{
	const struct sft_names names = { get_name, layout, layout->count };
	unsigned char *again = NULL;
	uint32_t kept = 0;

	if (!sft_names_find_repeated(&names, &again))
		return false;
	if (!again)
		return true;
	for (uint32_t i = 0; i < layout->count; i++) {
		if (!again[i])
			layout->entries[kept++] = layout->entries[i];
	}
	layout->count = kept;
	layout->warnings |= SFT_WARN_DUPLICATE_NAME;
	free(again);
	return true;
}

/* Give back what was predicted too much; a failure only leaves it as it is. */
static void shrink(struct sft_layout *layout)
{
	void *entries = layout->count ? realloc(layout->entries,
						layout->count * sizeof(*layout->entries))
				      : NULL;
	void *dims = layout->dims_count
			     ? realloc(layout->dims, layout->dims_count * sizeof(*layout->dims))
			     : NULL;
	void *names = layout->names_len ? realloc(layout->names, layout->names_len) : NULL;

	if (entries)
		layout->entries = entries;
	if (dims)
		layout->dims = dims;
	if (names)
		layout->names = names;
}

/* Which entry is to stand at a place, and what it is sorted by. */
struct place {
	uint64_t begin;
	uint32_t from;
};

enum { DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS };

/* From one array to the other in the order of one digit, equal ones as they were. */
static void sort_by_digit(const struct place *from, struct place *to, uint32_t count,
	unsigned shift)
{
	uint32_t starts[DIGITS + 1] = { 0 };

	for (uint32_t i = 0; i < count; i++)
		starts[(from[i].begin >> shift) % DIGITS + 1]++;
	for (size_t digit = 1; digit < DIGITS; digit++)
		starts[digit] += starts[digit - 1];
	for (uint32_t i = 0; i < count; i++)
		to[starts[(from[i].begin >> shift) % DIGITS]++] = from[i];
}

/* Put the entries where they belong, one circle of places after the other. */
static void move_entries(struct sft_layout *layout, struct place *places)
{
	struct sft_entry *entries = layout->entries;

	for (uint32_t i = 0; i < layout->count; i++) {
		struct sft_entry first = entries[i];
		uint32_t hole = i;
		while (places[hole].from != i) {
			uint32_t next = places[hole].from;
			entries[hole] = entries[next];
			places[hole].from = hole;
			hole = next;
		}
		entries[hole] = first;
		places[hole].from = hole;
	}
}

/* Those that begin at the same place follow each other now, in any order. */
static void sort_ties(struct sft_layout *layout)
{
	struct sft_entry *entries = layout->entries;
	uint32_t start = 0;

	for (uint32_t i = 1; i <= layout->count; i++) {
		if (i < layout->count && entries[i].begin == entries[start].begin)
			continue;
		if (i - start > 1)
			qsort_r(entries + start, i - start, sizeof(*entries), compare_entries,
				layout);
		start = i;
	}
}

/* In the order of the data: by its digits, which takes a third of the time of comparing. */
static bool sort_entries(struct sft_layout *layout)
{
	uint32_t count = layout->count;
	struct place *memory = calloc(2 * (size_t)count + 1, sizeof(*memory));
	struct place *places = memory, *others = memory + count;
	uint64_t bits = 0; /* that any of them has: sizes are multiples of something */

	if (!memory)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		places[i] = (struct place){ layout->entries[i].begin, i };
		bits |= places[i].begin;
	}
	unsigned shift = bits ? (unsigned)__builtin_ctzll(bits) : 0;
	for (; shift < 64 && bits >> shift; shift += DIGIT_BITS) {
		sort_by_digit(places, others, count, shift);
		struct place *sorted = others;
		others = places;
		places = sorted;
	}
	move_entries(layout, places);
	free(memory);
	sort_ties(layout);
	return true;
}

int sft_layout_builder_finish(struct sft_layout_builder *builder, struct sft_layout **out,
	struct sft_problem *problem)
{
	struct sft_layout *layout = builder->layout;

	shrink(layout);
	if (!builder->is_ascending && !drop_repeated(layout))
		return -1;
	if (!builder->is_ordered && !sort_entries(layout))
		return -1;
	if (!sft_layout_check(layout, problem))
		return 0;
	*out = layout;
	builder->layout = NULL;
	return 1;
}
