/*
 * Notation: varint is an unsigned LEB128 number, text a varint length and as many bytes; numbers
 * of fixed width are little-endian. A signed number is stored as varint, zigzag.
 *
 * A detail:
 *
 *	u8      bit 0 has tensors, bit 1 has metadata
 *	16 + 16 + 16 bytes   digests of layout, exact layout, header
 *	varint  header length, tensors, parameters, data bytes, dtypes, warnings
 *	varint  number of attributes; each: text name, value
 *	varint  number of metadata entries; each: text key, text value
 *
 * A value: u8 kind (enum idx_value_kind), then a signed number, 8 bytes of a double, a text, or
 * u8 0 or 1.
 *
 * A tensor list, in (begin, end, name) order:
 *
 *	varint  number of tensors; each:
 *		varint  bytes that the name shares with the one before it; text: the others
 *		u8      dtype (enum sft_dtype)
 *		varint  rank; as many varint: the shape
 *		signed  begin - end of the tensor before (nearly always 0); varint: end - begin
 *
 * A run:
 *
 *	text    id, ts, slug, preset, arm, tag; value seed; text status, log
 *	signed  start, end; varint size
 *	varint  number of used paths; each: text
 *	varint  number of files; each: text
 *	varint  number of attributes; each: text name, value
 *	varint  key of the detail whose metadata has cfg and rows, 0 for none; text cfg, rows where
 *		they are not there
 *
 * An owner: u8 membership, u32 key of the run (2^32-1: none), text role, text why.
 */
#include "indexer/detail.h"

#include "base/reader.h"
#include "indexer/catalog.h"
#include "safetensors/header.h"

enum {
	HAS_TENSORS = 1,
	HAS_METADATA = 2,
};

static void append_signed(struct ax_buf *buf, int64_t value)
{
	uint64_t bits = (uint64_t)value;

	ax_buf_append_varint(buf, (bits << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

static int64_t read_signed(struct ax_reader *reader)
{
	uint64_t stored = ax_reader_varint(reader);

	return (int64_t)((stored >> 1) ^ (stored & 1 ? UINT64_MAX : 0));
}

static void append_value(struct ax_buf *buf, const struct idx_value *value)
{
	uint64_t bits = 0;

	ax_buf_append_byte(buf, (char)value->kind);
	switch (value->kind) {
	case IDX_INT:
		append_signed(buf, value->integer);
		break;
	case IDX_REAL:
		memcpy(&bits, &value->real, sizeof(bits));
		ax_buf_append_u64(buf, bits);
		break;
	case IDX_TEXT:
		ax_buf_append_sized(buf, value->text);
		break;
	case IDX_BOOL:
		ax_buf_append_byte(buf, value->boolean);
		break;
	case IDX_ABSENT:
		break;
	}
}

static struct idx_value read_value(struct ax_reader *reader)
{
	struct idx_value value = { .kind = (enum idx_value_kind)ax_reader_byte(reader) };
	uint64_t bits;

	switch (value.kind) {
	case IDX_ABSENT:
		return value;
	case IDX_INT:
		value.integer = read_signed(reader);
		return value;
	case IDX_REAL:
		bits = ax_reader_u64(reader);
		memcpy(&value.real, &bits, sizeof(bits));
		return value;
	case IDX_TEXT:
		value.text = ax_reader_sized(reader);
		return value;
	case IDX_BOOL:
		value.boolean = ax_reader_byte(reader) != 0;
		return value;
	}
	reader->failed = true;
	return (struct idx_value){ .kind = IDX_ABSENT };
}

static void append_attributes(struct ax_buf *buf, const struct idx_attribute *attributes,
	size_t n)
{
	ax_buf_append_varint(buf, n);
	for (size_t i = 0; i < n; i++) {
		ax_buf_append_sized(buf, attributes[i].name);
		append_value(buf, &attributes[i].value);
	}
}

/* Memory for count things of size bytes each; NULL without any, or with *no_memory set. */
static void *allocate(struct ax_arena *arena, size_t count, size_t size, bool *no_memory)
{
	void *memory = NULL;

	if (count == 0)
		return NULL;
	if (count <= SIZE_MAX / size)
		memory = ax_arena_alloc(arena, count * size);
	if (!memory)
		*no_memory = true;
	return memory;
}

static const struct idx_attribute *read_attributes(struct ax_reader *reader,
	struct ax_arena *arena, size_t *n_out, bool *no_memory)
{
	size_t n = ax_reader_count(reader, 2);
	struct idx_attribute *attributes = allocate(arena, n, sizeof(*attributes), no_memory);

	if (!attributes)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		attributes[i].name = ax_reader_sized(reader);
		attributes[i].value = read_value(reader);
	}
	*n_out = n;
	return attributes;
}

void idx_detail_encode(struct ax_buf *buf, const struct idx_detail *detail)
{
	unsigned flags = (detail->has_tensors ? HAS_TENSORS : 0u) |
			 (detail->has_metadata ? HAS_METADATA : 0u);

	ax_buf_append_byte(buf, (char)flags);
	ax_buf_append(buf, detail->layout.bytes, sizeof(detail->layout.bytes));
	ax_buf_append(buf, detail->exact_layout.bytes, sizeof(detail->exact_layout.bytes));
	ax_buf_append(buf, detail->header.bytes, sizeof(detail->header.bytes));
	ax_buf_append_varint(buf, detail->header_length);
	ax_buf_append_varint(buf, detail->n_tensors);
	ax_buf_append_varint(buf, detail->params);
	ax_buf_append_varint(buf, detail->data_bytes);
	ax_buf_append_varint(buf, detail->dtypes);
	ax_buf_append_varint(buf, detail->warnings);
	append_attributes(buf, detail->attributes, detail->n_attributes);
	ax_buf_append_varint(buf, detail->n_metadata);
	for (size_t i = 0; i < detail->n_metadata; i++) {
		ax_buf_append_sized(buf, detail->metadata[i].key);
		ax_buf_append_sized(buf, detail->metadata[i].value);
	}
}

static void read_digest(struct ax_reader *reader, struct ax_digest *out)
{
	struct ax_str bytes = ax_reader_bytes(reader, sizeof(out->bytes));

	if (bytes.len == sizeof(out->bytes))
		memcpy(out->bytes, bytes.ptr, sizeof(out->bytes));
}

static void read_metadata(struct ax_reader *reader, struct ax_arena *arena,
	struct idx_detail *detail, bool *no_memory)
{
	size_t n = ax_reader_count(reader, 2);
	struct idx_metadata *metadata = allocate(arena, n, sizeof(*metadata), no_memory);

	if (!metadata)
		return;
	for (size_t i = 0; i < n; i++) {
		metadata[i].key = ax_reader_sized(reader);
		metadata[i].value = ax_reader_sized(reader);
	}
	detail->metadata = metadata;
	detail->n_metadata = n;
}

bool idx_detail_decode(struct ax_str bytes, struct ax_arena *arena, struct idx_detail *out,
	bool *no_memory)
{
	struct ax_reader reader = { .rest = bytes };
	unsigned flags = ax_reader_byte(&reader);
	struct idx_detail detail = {
		.has_tensors = flags & HAS_TENSORS,
		.has_metadata = flags & HAS_METADATA,
	};

	*no_memory = false;
	read_digest(&reader, &detail.layout);
	read_digest(&reader, &detail.exact_layout);
	read_digest(&reader, &detail.header);
	detail.header_length = ax_reader_varint(&reader);
	detail.n_tensors = ax_reader_varint(&reader);
	detail.params = ax_reader_varint(&reader);
	detail.data_bytes = ax_reader_varint(&reader);
	detail.dtypes = (uint32_t)ax_reader_varint(&reader);
	detail.warnings = (unsigned)ax_reader_varint(&reader);
	detail.attributes = read_attributes(&reader, arena, &detail.n_attributes, no_memory);
	read_metadata(&reader, arena, &detail, no_memory);
	if (*no_memory || reader.failed || reader.rest.len)
		return false;
	*out = detail;
	return true;
}

bool idx_detail_decode_layout(struct ax_str bytes, bool *has_tensors, struct ax_digest *exact)
{
	struct ax_reader reader = { .rest = bytes };
	struct ax_digest layout;

	*has_tensors = ax_reader_byte(&reader) & HAS_TENSORS;
	read_digest(&reader, &layout);
	read_digest(&reader, exact);
	return !reader.failed;
}

static size_t shared_prefix(struct ax_str a, struct ax_str b)
{
	size_t n = 0;

	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	return n;
}

void idx_layout_encode(struct ax_buf *buf, const struct sft_layout *layout)
{
	size_t count = sft_layout_count(layout);
	struct ax_str before = AX_STR("");
	uint64_t end = 0;

	ax_buf_append_varint(buf, count);
	for (size_t i = 0; i < count; i++) {
		struct sft_tensor tensor = sft_layout_tensor(layout, i);
		size_t shared = shared_prefix(before, tensor.name);
		ax_buf_append_varint(buf, shared);
		ax_buf_append_sized(buf, ax_str_slice(tensor.name, shared, tensor.name.len));
		ax_buf_append_byte(buf, (char)tensor.dtype);
		ax_buf_append_varint(buf, tensor.rank);
		for (unsigned d = 0; d < tensor.rank; d++)
			ax_buf_append_varint(buf, tensor.shape[d]);
		append_signed(buf, (int64_t)(tensor.begin - end));
		ax_buf_append_varint(buf, tensor.end - tensor.begin);
		before = tensor.name;
		end = tensor.end;
	}
}

bool idx_layout_open(struct ax_str bytes, struct idx_layout_reader *out)
{
	struct ax_reader reader = { .rest = bytes };
	uint64_t count = ax_reader_varint(&reader);

	if (reader.failed)
		return false;
	*out = (struct idx_layout_reader){ .rest = reader.rest, .left = count };
	return true;
}

/* The name shares its start with the one before, which the buffer still holds. */
static bool read_name(struct ax_reader *reader, struct ax_buf *name)
{
	uint64_t shared = ax_reader_varint(reader);
	struct ax_str others = ax_reader_sized(reader);

	if (reader->failed || shared > name->len)
		return false;
	name->len = (size_t)shared;
	ax_buf_append_str(name, others);
	return !name->failed;
}

static bool read_shape(struct ax_reader *reader, struct ax_buf *shape, unsigned *rank_out)
{
	size_t rank = ax_reader_count(reader, 1);

	ax_buf_clear(shape);
	for (size_t d = 0; d < rank; d++) {
		uint64_t extent = ax_reader_varint(reader);
		ax_buf_append(shape, &extent, sizeof(extent));
	}
	*rank_out = (unsigned)rank;
	return !shape->failed;
}

int idx_layout_next(struct idx_layout_reader *layout, struct idx_tensor *out)
{
	struct ax_reader reader = { .rest = layout->rest };
	unsigned rank = 0;

	if (layout->left == 0)
		return layout->rest.len ? -1 : 0;
	if (!read_name(&reader, &layout->name))
		return -1;
	unsigned dtype = ax_reader_byte(&reader);
	if (!read_shape(&reader, &layout->shape, &rank))
		return -1;
	uint64_t begin = layout->end + (uint64_t)read_signed(&reader);
	uint64_t end = begin + ax_reader_varint(&reader);
	if (reader.failed || dtype >= SFT_DTYPE_COUNT)
		return -1;

	*out = (struct idx_tensor){
		.name = ax_buf_str(&layout->name),
		.dtype = dtype,
		.rank = rank,
		.shape = (const uint64_t *)(const void *)layout->shape.data,
		.begin = begin,
		.end = end,
	};
	layout->rest = reader.rest;
	layout->end = end;
	layout->left--;
	return 1;
}

void idx_layout_fini(struct idx_layout_reader *reader)
{
	ax_buf_free(&reader->name);
	ax_buf_free(&reader->shape);
}

static void append_list(struct ax_buf *buf, const struct ax_str *items, size_t n)
{
	ax_buf_append_varint(buf, n);
	for (size_t i = 0; i < n; i++)
		ax_buf_append_sized(buf, items[i]);
}

static const struct ax_str *read_list(struct ax_reader *reader, struct ax_arena *arena,
	size_t *n_out, bool *no_memory)
{
	size_t n = ax_reader_count(reader, 1);
	struct ax_str *items = allocate(arena, n, sizeof(*items), no_memory);

	if (!items)
		return NULL;
	for (size_t i = 0; i < n; i++)
		items[i] = ax_reader_sized(reader);
	*n_out = n;
	return items;
}

void idx_run_encode(struct ax_buf *buf, const struct idx_run *run,
	const struct idx_run_texts *texts)
{
	ax_buf_append_sized(buf, run->id);
	ax_buf_append_sized(buf, run->ts);
	ax_buf_append_sized(buf, run->slug);
	ax_buf_append_sized(buf, run->preset);
	ax_buf_append_sized(buf, run->arm);
	ax_buf_append_sized(buf, run->tag);
	append_value(buf, &run->seed);
	ax_buf_append_sized(buf, run->status);
	ax_buf_append_sized(buf, run->log);
	append_signed(buf, run->start);
	append_signed(buf, run->end);
	ax_buf_append_varint(buf, run->size);
	append_list(buf, run->uses, run->n_uses);
	append_list(buf, run->files, run->n_files);
	append_attributes(buf, run->attributes, run->n_attributes);
	ax_buf_append_varint(buf, texts->detail);
	ax_buf_append_sized(buf, texts->detail ? AX_STR("") : run->cfg);
	ax_buf_append_sized(buf, texts->detail ? AX_STR("") : run->rows);
}

bool idx_run_decode(struct ax_str bytes, struct ax_arena *arena, struct idx_run *out,
	struct idx_run_texts *texts, bool *no_memory)
{
	struct ax_reader reader = { .rest = bytes };
	struct idx_run run = { .id = ax_reader_sized(&reader) };

	*no_memory = false;
	run.ts = ax_reader_sized(&reader);
	run.slug = ax_reader_sized(&reader);
	run.preset = ax_reader_sized(&reader);
	run.arm = ax_reader_sized(&reader);
	run.tag = ax_reader_sized(&reader);
	run.seed = read_value(&reader);
	run.status = ax_reader_sized(&reader);
	run.log = ax_reader_sized(&reader);
	run.start = read_signed(&reader);
	run.end = read_signed(&reader);
	run.size = ax_reader_varint(&reader);
	run.uses = read_list(&reader, arena, &run.n_uses, no_memory);
	run.files = read_list(&reader, arena, &run.n_files, no_memory);
	run.attributes = read_attributes(&reader, arena, &run.n_attributes, no_memory);
	texts->detail = ax_reader_varint(&reader);
	run.cfg = ax_reader_sized(&reader);
	run.rows = ax_reader_sized(&reader);
	if (*no_memory || reader.failed || reader.rest.len)
		return false;
	*out = run;
	return true;
}

bool idx_run_decode_id(struct ax_str bytes, struct ax_str *out)
{
	struct ax_reader reader = { .rest = bytes };

	*out = ax_reader_sized(&reader);
	return !reader.failed;
}

void idx_owner_encode(struct ax_buf *buf, const struct idx_owner *owner, uint32_t run_key)
{
	ax_buf_append_byte(buf, (char)owner->membership);
	ax_buf_append_u32(buf, run_key);
	ax_buf_append_sized(buf, owner->role);
	ax_buf_append_sized(buf, owner->why);
}

bool idx_owner_decode(struct ax_str bytes, struct idx_owner *out, uint32_t *run_key)
{
	struct ax_reader reader = { .rest = bytes };
	struct idx_owner owner = {
		.membership = (enum idx_membership)ax_reader_byte(&reader),
	};

	*run_key = ax_reader_u32(&reader);
	owner.role = ax_reader_sized(&reader);
	owner.why = ax_reader_sized(&reader);
	if (reader.failed || reader.rest.len || owner.membership > IDX_RUN_AMBIGUOUS)
		return false;
	*out = owner;
	return true;
}
