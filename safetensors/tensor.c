#include "safetensors/header_internal.h"

/*
 * What stands behind a name:
 *
 *	{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}   in any order, more fields ignored
 *	["F32",[2,3],[0,24]]                                  which only the reference takes
 */

enum field { DTYPE, SHAPE, DATA_OFFSETS, FIELD_COUNT, UNKNOWN = FIELD_COUNT };

static const struct ax_str field_names[FIELD_COUNT] = {
	[DTYPE] = AX_STR_INIT("dtype"),
	[SHAPE] = AX_STR_INIT("shape"),
	[DATA_OFFSETS] = AX_STR_INIT("data_offsets"),
};

static const char *const missing[FIELD_COUNT] = {
	[DTYPE] = "no dtype",
	[SHAPE] = "no shape",
	[DATA_OFFSETS] = "no data_offsets",
};

static enum field find_field(struct sft_string key)
{
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		if (sft_string_equals(key, field_names[i]))
			return (enum field)i;
	}
	return UNKNOWN;
}

/* The field whose name and colon come next as every writer spells them, consumed; or UNKNOWN. */
static enum field take_usual_field(struct sft_scanner *s)
{
	static const char spelled[FIELD_COUNT][16] = {
		[DTYPE] = "\"dtype\":",
		[SHAPE] = "\"shape\":",
		[DATA_OFFSETS] = "\"data_offsets\":",
	};

	if (s->end - s->at < 16)
		return UNKNOWN;
	if (memcmp(s->at, spelled[DTYPE], 8) == 0) {
		s->at += 8;
		return DTYPE;
	}
	if (memcmp(s->at, spelled[SHAPE], 8) == 0) {
		s->at += 8;
		return SHAPE;
	}
	if (memcmp(s->at, spelled[DATA_OFFSETS], 15) == 0) {
		s->at += 15;
		return DATA_OFFSETS;
	}
	return UNKNOWN;
}

static bool read_number(struct sft_reader *r, uint64_t *out)
{
	if (!sft_scan_u64(&r->scan, out))
		return false;
	if (*out >> 48)
		r->warnings |= SFT_WARN_HUGE_NUMBER;
	return true;
}

/* The dtype of the tensor before, written the same way: most headers have few of them. */
static bool take_same_dtype(struct sft_reader *r, enum sft_dtype *out)
{
	struct sft_scanner *s = &r->scan;
	struct ax_str spelled = r->dtype_spelled;

	if (!spelled.ptr || (size_t)(s->end - s->at) < spelled.len ||
		memcmp(s->at, spelled.ptr, spelled.len) != 0)
		return false;
	s->at += spelled.len;
	*out = r->dtype;
	return true;
}

static bool read_dtype_name(struct sft_reader *r, enum sft_dtype *out)
{
	struct sft_scanner *s = &r->scan;
	struct sft_string string;
	char plain[128];

	if (!sft_scan_string(s, &string))
		return false;
	struct ax_str name = ax_str(string.ptr, string.len);
	if (string.is_escaped && string.len <= sizeof(plain))
		name = ax_str(plain, sft_string_unescape(string, plain));
	if (!sft_dtype_parse(name, out)) {
		r->culprit = string;
		s->at = string.ptr - 1;
		return sft_scan_fail(s, "unknown dtype");
	}
	r->dtype_spelled = ax_str(string.ptr - 1, string.len + 2);
	r->dtype = *out;
	return true;
}

/* {"F32":null}, the other form in which the reference takes an enumeration's value. */
static bool read_dtype_object(struct sft_reader *r, enum sft_dtype *out)
{
	struct sft_scanner *s = &r->scan;

	r->warnings |= SFT_WARN_ARRAY_FORM;
	if (!sft_scan_open(s) || !read_dtype_name(r, out) ||
		!sft_scan_byte(s, ':', "expected :") || !sft_scan_null(s) ||
		!sft_scan_byte(s, '}', "expected }"))
		return false;
	s->depth--;
	return true;
}

static bool read_dtype(struct sft_reader *r, struct sft_entry *entry)
{
	if (take_same_dtype(r, &entry->dtype))
		return true;
	if (sft_scan_peek(&r->scan) == '{')
		return read_dtype_object(r, &entry->dtype);
	return read_dtype_name(r, &entry->dtype);
}

static bool open_array(struct sft_scanner *s)
{
	if (sft_scan_peek(s) != '[')
		return sft_scan_fail(s, "expected [");
	return sft_scan_open(s);
}

static bool read_shape(struct sft_reader *r, struct sft_entry *entry)
{
	uint64_t dim = 0;
	int more;

	if (!open_array(&r->scan))
		return false;
	entry->shape = r->tensors.layout->dims_count;
	entry->rank = 0;
	while ((more = sft_scan_step(&r->scan, ']', entry->rank == 0)) > 0) {
		if (!read_number(r, &dim))
			return false;
		if (!sft_layout_builder_add_dim(&r->tensors, dim, entry->at)) {
			r->no_memory = true;
			return false;
		}
		entry->rank++;
	}
	return more == 0;
}

static bool read_offsets(struct sft_reader *r, struct sft_entry *entry)
{
	struct sft_scanner *s = &r->scan;

	if (!open_array(s) || !read_number(r, &entry->begin) ||
		!sft_scan_byte(s, ',', "expected , and the end of the data") ||
		!read_number(r, &entry->end) ||
		!sft_scan_byte(s, ']', "expected ] behind two data_offsets"))
		return false;
	s->depth--;
	return true;
}

static bool read_field(struct sft_reader *r, enum field field, struct sft_entry *entry)
{
	switch (field) {
	case DTYPE:
		return read_dtype(r, entry);
	case SHAPE:
		return read_shape(r, entry);
	case DATA_OFFSETS:
		return read_offsets(r, entry);
	case UNKNOWN:
		break;
	}
	r->warnings |= SFT_WARN_UNKNOWN_FIELD;
	return sft_scan_value(&r->scan);
}

static bool check_complete(struct sft_reader *r, unsigned seen)
{
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		if (!(seen & 1U << i)) {
			r->scan.at--; /* to the brace */
			return sft_scan_fail(&r->scan, missing[i]);
		}
	}
	return true;
}

/* A field's name and colon. *seen has a bit for each field known. */
static bool read_field_name(struct sft_scanner *s, unsigned *seen, enum field *out)
{
	const char *start = s->at;
	struct sft_string key;

	*out = take_usual_field(s);
	if (*out == UNKNOWN) {
		if (!sft_scan_key(s, &key))
			return false;
		*out = find_field(key);
	}
	if (*out != UNKNOWN && *seen & 1U << *out) {
		s->at = start;
		return sft_scan_fail(s, "a field stands twice");
	}
	*seen |= 1U << *out;
	return true;
}

static bool read_object(struct sft_reader *r, struct sft_entry *entry)
{
	enum field field = UNKNOWN;
	unsigned seen = 0;
	bool first = true;
	int more;

	if (!sft_scan_open(&r->scan))
		return false;
	while ((more = sft_scan_step(&r->scan, '}', first)) > 0) {
		first = false;
		if (!read_field_name(&r->scan, &seen, &field) || !read_field(r, field, entry))
			return false;
	}
	return more == 0 && check_complete(r, seen);
}

static bool read_array(struct sft_reader *r, struct sft_entry *entry)
{
	static const char comma[] = "expected dtype, shape and data_offsets";
	struct sft_scanner *s = &r->scan;

	r->warnings |= SFT_WARN_ARRAY_FORM;
	if (!sft_scan_open(s) || !read_dtype(r, entry) || !sft_scan_byte(s, ',', comma) ||
		!read_shape(r, entry) || !sft_scan_byte(s, ',', comma) ||
		!read_offsets(r, entry) || !sft_scan_byte(s, ']', "expected ]"))
		return false;
	s->depth--;
	return true;
}

bool sft_read_tensor(struct sft_reader *r, struct sft_string name)
{
	struct sft_entry entry = { .at = (uint32_t)(name.ptr - 1 - r->scan.start) };
	char c = sft_scan_peek(&r->scan);
	bool is_read = false;

	r->tensor = name;
	if (c == '{')
		is_read = read_object(r, &entry);
	else if (c == '[')
		is_read = read_array(r, &entry);
	else
		sft_scan_fail(&r->scan, "expected a tensor, {...}");
	if (!is_read)
		return false;
	r->tensor.ptr = NULL;
	if (!sft_layout_builder_add(&r->tensors, entry, name)) {
		r->no_memory = true;
		return false;
	}
	return true;
}
