#include "reorg/journal_internal.h"

#include "base/buf.h"
#include "reorg/plan_file.h"

#include <stdlib.h>

enum {
	MAGIC = 0x4a5841, /* "AXJ" in the file, then the version of the format */
	VERSION = '1',
	HASHED_HEAD = 24,
	DIR_MIN = 15, /* least bytes of a directory, of an edited file's content */
	CONTENT_MIN = 2,
};

void reorg_record_encode(enum reorg_record_kind kind, struct ax_str payload, struct ax_buf *buf)
{
	size_t start = buf->len;

	ax_buf_append_u32(buf, MAGIC | (uint32_t)VERSION << 24);
	ax_buf_append_u32(buf, kind);
	ax_buf_append_u64(buf, payload.len);
	ax_buf_append_u64(buf, ax_hash64(payload.ptr, payload.len));
	if (!buf->failed)
		ax_buf_append_u64(buf, ax_hash64(buf->data + start, HASHED_HEAD));
	ax_buf_append_str(buf, payload);
}

bool reorg_record_head(struct ax_str head, enum reorg_record_kind *kind, uint64_t *length)
{
	struct ax_reader reader = { .rest = head };
	uint32_t magic = ax_reader_u32(&reader);
	uint32_t number = ax_reader_u32(&reader);
	uint64_t len = ax_reader_u64(&reader);

	ax_reader_u64(&reader);
	if (ax_reader_u64(&reader) != ax_hash64(head.ptr, HASHED_HEAD) || reader.failed)
		return false;
	uint32_t version = magic >> 24;
	if ((magic & 0xffffff) != MAGIC || version < VERSION || !number)
		return false;
	bool is_known = version == VERSION && number < REORG_RECORD_NEWER;
	*kind = is_known ? number : REORG_RECORD_NEWER;
	*length = len;
	return true;
}

bool reorg_record_decode(struct ax_str bytes, struct reorg_record *out)
{
	enum reorg_record_kind kind = 0;
	uint64_t length = 0;

	if (bytes.len < REORG_RECORD_HEAD || !reorg_record_head(bytes, &kind, &length) ||
		length > bytes.len - REORG_RECORD_HEAD)
		return false;
	struct ax_reader reader = { .rest = ax_str_slice(bytes, 16, 8) };
	struct ax_str payload = ax_str_slice(bytes, REORG_RECORD_HEAD, (size_t)length);
	if (ax_reader_u64(&reader) != ax_hash64(payload.ptr, payload.len))
		return false;
	*out = (struct reorg_record){ kind, payload };
	return true;
}

bool reorg_record_occurs(struct ax_str bytes)
{
	static const char magic[] = { 'A', 'X', 'J' };
	struct reorg_record record;

	while (bytes.len >= REORG_RECORD_HEAD) {
		const char *at = memmem(bytes.ptr, bytes.len, magic, sizeof(magic));
		if (!at)
			return false;
		bytes = ax_str_slice(bytes, (size_t)(at - bytes.ptr), bytes.len);
		if (reorg_record_decode(bytes, &record))
			return true;
		bytes = ax_str_slice(bytes, 1, bytes.len);
	}
	return false;
}

void reorg_indexes_encode(const size_t *indexes, size_t n, struct ax_buf *buf)
{
	ax_buf_append_varint(buf, n);
	for (size_t i = 0; i < n; i++)
		ax_buf_append_varint(buf, indexes[i]);
}

bool reorg_indexes_decode(struct ax_reader *reader, struct ax_arena *arena, const size_t **out,
	size_t *n_out)
{
	size_t n = ax_reader_count(reader, 1);
	size_t *indexes = ax_arena_alloc(arena, (n + 1) * sizeof(*indexes));

	if (!indexes)
		return false;
	for (size_t i = 0; i < n; i++)
		indexes[i] = (size_t)ax_reader_varint(reader);
	*out = indexes;
	*n_out = n;
	return true;
}

static void encode_dir(const struct reorg_old_dir *dir, struct ax_buf *buf)
{
	ax_buf_append_sized(buf, dir->path);
	ax_buf_append_varint(buf, dir->ino);
	ax_buf_append_varint(buf, dir->mode);
	ax_buf_append_varint(buf, dir->uid);
	ax_buf_append_varint(buf, dir->gid);
	ax_buf_append_u64(buf, (uint64_t)dir->mtime);
	ax_buf_append_sized(buf, dir->xattrs);
}

static struct reorg_old_dir decode_dir(struct ax_reader *reader)
{
	struct reorg_old_dir dir = { .path = ax_reader_sized(reader) };

	dir.ino = ax_reader_varint(reader);
	dir.mode = (uint32_t)ax_reader_varint(reader);
	dir.uid = (uint32_t)ax_reader_varint(reader);
	dir.gid = (uint32_t)ax_reader_varint(reader);
	dir.mtime = (ax_nanoseconds)ax_reader_u64(reader);
	dir.xattrs = ax_reader_sized(reader);
	return dir;
}

void reorg_beginning_encode(const struct reorg_beginning *beginning, struct ax_buf *buf)
{
	ax_buf_append_u64(buf, (uint64_t)beginning->time);
	reorg_indexes_encode(beginning->skipped, beginning->n_skipped, buf);
	ax_buf_append_varint(buf, beginning->n_dirs);
	for (size_t i = 0; i < beginning->n_dirs; i++)
		encode_dir(&beginning->dirs[i], buf);
	ax_buf_append_varint(buf, beginning->n_contents);
	for (size_t i = 0; i < beginning->n_contents; i++) {
		ax_buf_append_varint(buf, beginning->contents[i].act);
		ax_buf_append_sized(buf, beginning->contents[i].content);
	}
}

bool reorg_beginning_decode(struct ax_reader *reader, struct ax_arena *arena,
	struct reorg_beginning *out)
{
	out->time = (ax_nanoseconds)ax_reader_u64(reader);
	if (!reorg_indexes_decode(reader, arena, &out->skipped, &out->n_skipped))
		return false;
	out->n_dirs = ax_reader_count(reader, DIR_MIN);
	struct reorg_old_dir *dirs = ax_arena_alloc(arena, (out->n_dirs + 1) * sizeof(*dirs));
	if (!dirs)
		return false;
	for (size_t i = 0; i < out->n_dirs; i++)
		dirs[i] = decode_dir(reader);
	out->dirs = dirs;
	out->n_contents = ax_reader_count(reader, CONTENT_MIN);
	struct reorg_old_content *contents =
		ax_arena_alloc(arena, (out->n_contents + 1) * sizeof(*contents));
	if (!contents)
		return false;
	for (size_t i = 0; i < out->n_contents; i++) {
		contents[i].act = (size_t)ax_reader_varint(reader);
		contents[i].content = ax_reader_sized(reader);
	}
	out->contents = contents;
	return true;
}

void reorg_copy_encode(const struct reorg_copy *copy, struct ax_buf *buf)
{
	ax_buf_append_varint(buf, copy->act);
	ax_buf_append_byte(buf, copy->side == REORG_TO ? 1 : 0);
	reorg_identity_encode(&copy->identity, buf);
	ax_buf_append_varint(buf, copy->source_ino);
}

struct reorg_copy reorg_copy_decode(struct ax_reader *reader)
{
	struct reorg_copy copy = { .act = (size_t)ax_reader_varint(reader) };

	copy.side = ax_reader_byte(reader) ? REORG_TO : REORG_FROM;
	copy.identity = reorg_identity_decode(reader);
	copy.source_ino = ax_reader_varint(reader);
	return copy;
}

enum reorg_state reorg_record_state(enum reorg_record_kind kind, enum reorg_state before)
{
	static const enum reorg_state states[REORG_RECORD_NEWER + 1] = {
		[REORG_RECORD_BEGIN] = REORG_RUNNING,
		[REORG_RECORD_APPLIED] = REORG_APPLIED,
		[REORG_RECORD_UNDO] = REORG_UNDOING,
		[REORG_RECORD_UNDONE] = REORG_UNDONE,
		[REORG_RECORD_ABANDONED] = REORG_ABANDONED,
		[REORG_RECORD_NEWER] = REORG_NEWER,
	};

	return states[kind] ? states[kind] : before;
}

bool reorg_record_settled(enum reorg_record_kind kind, bool before)
{
	if (kind == REORG_RECORD_SETTLED || kind == REORG_RECORD_ABANDONED)
		return true;
	return kind != REORG_RECORD_APPLIED && kind != REORG_RECORD_UNDONE && before;
}
