/*
 * The index is a skippable frame of zstd (RFC 8878, 3.1.2), the last but one of the archive.
 * Numbers are little-endian; V is an unsigned LEB128 number of at most 64 bits, S is V bytes
 * after a V.
 *
 *	u32     0x184D2A50
 *	u32     length of all that follows
 *	8 bytes "artidxI" and the version, 0x01; 0x02 where there are copies, 0x03 where these
 *	        have holes of their own
 *	V       members about the archive itself, at most 16: they come first
 *	V       members
 *	        each member:
 *	V S         length of what its path has in common with the path before, and the rest
 *	u8          type: 1 file, 2 directory, 3 symlink, 4 hard link
 *	u8          flags: 1 planar, 2 sparse, 4 about the archive, 8 valid safetensors header,
 *	            16 copy
 *	V V V       mode (permission bits), uid, gid
 *	i64         mtime, nanoseconds since 1970
 *	V V         position of its first tar header, and of its content behind that
 *	            file:      V          size of the original
 *	                       32 bytes   SHA-256 of the original
 *	                       16 bytes   XXH3-128 of the original
 *	                       S          class, or empty
 *	              sparse:  V, V V...  number of extents; of each, bytes since the end of the
 *	                                  one before, and its length
 *	              header:  16 bytes   digest of the tensor list
 *	            copy (a file with that flag has this instead of all the above):
 *	                       V          number of the member whose content it has, an earlier
 *	                                  file that is no copy and not about the archive
 *	                       S          class, or empty
 *	              sparse:  V, V V...  its own extents, as above; elsewhere it is zeros
 *	            symlink:   S          its text
 *	            hard link: V          number of the member it is another name of
 *	u64     XXH3-64 of all that precedes, from "artidxI" on
 *
 * Paths are as in the directory that was packed: without the ".planar" that the tar adds, so
 * that a later version can store members in other forms under other flags. The content of a file
 * lies in the tar without gaps: all of it, of a sparse one its extents. A copy is a hard link in
 * the tar, and a file of its own mode, owner and times here; it has flag 8 where the other one has
 * it. What is about the archive lies in NAME.artidx, all else is NAME or below it, ordered by the
 * bytes of the paths. A reader refuses other versions and flags it does not know.
 */
#include "archive/index.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"

#include <errno.h>
#include <string.h>

enum {
	SKIPPABLE = 0x184D2A50,
	FRAME_HEAD = 8,
	SUM_BYTES = 8,
	MEMBER_MIN = 17, /* bytes of the smallest member */
	ABOUT_MAX = 16,
};

enum version { PLAIN = 1, WITH_COPIES, WITH_SPARSE_COPIES };

static const char magic[7] = "artidxI";

/* ---- writing */

static void append_string(struct ax_buf *buf, struct ax_str s)
{
	ax_buf_append_varint(buf, s.len);
	ax_buf_append_str(buf, s);
}

static size_t common_prefix(struct ax_str a, struct ax_str b)
{
	size_t n = 0;

	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	return n;
}

static uint64_t number_of(const struct arc_index *index, struct ax_str path)
{
	return (uint64_t)(arc_index_find(index, path) - index->members);
}

static void append_extents(struct ax_buf *buf, const struct arc_member *member)
{
	uint64_t end = 0;

	if (!(member->flags & ARC_SPARSE))
		return;
	ax_buf_append_varint(buf, member->n_extents);
	for (size_t i = 0; i < member->n_extents; i++) {
		const struct arc_extent *extent = &member->extents[i];
		ax_buf_append_varint(buf, extent->offset - end);
		ax_buf_append_varint(buf, extent->length);
		end = extent->offset + extent->length;
	}
}

static void append_file(struct ax_buf *buf, const struct arc_member *member)
{
	ax_buf_append_varint(buf, member->size);
	ax_buf_append(buf, member->sha256.bytes, sizeof(member->sha256.bytes));
	ax_buf_append(buf, member->xxh3.bytes, sizeof(member->xxh3.bytes));
	append_string(buf, member->class);
	append_extents(buf, member);
	if (member->flags & ARC_SAFETENSORS)
		ax_buf_append(buf, member->layout.bytes, sizeof(member->layout.bytes));
}

static void append_member(struct ax_buf *buf, const struct arc_index *index, size_t i)
{
	const struct arc_member *member = &index->members[i];
	size_t common = i ? common_prefix(index->members[i - 1].path, member->path) : 0;

	ax_buf_append_varint(buf, common);
	append_string(buf, ax_str_slice(member->path, common, SIZE_MAX));
	ax_buf_append_byte(buf, (char)member->type);
	ax_buf_append_byte(buf, (char)member->flags);
	ax_buf_append_varint(buf, member->mode);
	ax_buf_append_varint(buf, member->uid);
	ax_buf_append_varint(buf, member->gid);
	ax_buf_append_u64(buf, (uint64_t)member->mtime);
	ax_buf_append_varint(buf, member->header_at);
	ax_buf_append_varint(buf, member->data_at - member->header_at);
	switch (member->type) {
	case ARC_FILE:
		if (!(member->flags & ARC_COPY)) {
			append_file(buf, member);
			break;
		}
		ax_buf_append_varint(buf, number_of(index, member->target));
		append_string(buf, member->class);
		append_extents(buf, member);
		break;
	case ARC_SYMLINK:
		append_string(buf, member->target);
		break;
	case ARC_HARD_LINK:
		ax_buf_append_varint(buf, number_of(index, member->target));
		break;
	case ARC_DIR:
	case ARC_SPECIAL:
		break;
	}
}

static enum version version_of(const struct arc_index *index)
{
	enum version version = PLAIN;

	for (size_t i = 0; i < index->n; i++) {
		unsigned flags = index->members[i].flags;
		if (flags & ARC_COPY && flags & ARC_SPARSE)
			return WITH_SPARSE_COPIES;
		if (flags & ARC_COPY)
			version = WITH_COPIES;
	}
	return version;
}

int arc_index_append(struct ax_buf *buf, const struct arc_index *index, struct ax_error *err)
{
	size_t start = buf->len;

	ax_buf_append_u32(buf, SKIPPABLE);
	ax_buf_append_u32(buf, 0);
	ax_buf_append(buf, magic, sizeof(magic));
	ax_buf_append_byte(buf, (char)version_of(index));
	ax_buf_append_varint(buf, index->n_about);
	ax_buf_append_varint(buf, index->n);
	for (size_t i = 0; i < index->n; i++)
		append_member(buf, index, i);
	if (ax_buf_check(buf, "index", err) < 0)
		return -1;
	size_t content = start + FRAME_HEAD;
	ax_buf_append_u64(buf, ax_hash64(buf->data + content, buf->len - content));
	if (ax_buf_check(buf, "index", err) < 0)
		return -1;
	size_t length = buf->len - content;
	if (length > UINT32_MAX)
		return ax_fail(err, EFBIG, "too many members for one archive");
	for (unsigned i = 0; i < 4; i++)
		buf->data[start + 4 + i] = (char)(length >> 8 * i);
	return 0;
}

/* ---- reading */

/* What is left to read; once it ran short, everything reads as zero and bad stays set. */
struct cursor {
	const unsigned char *at, *end;
	bool bad;
};

static const unsigned char *take(struct cursor *cursor, uint64_t len)
{
	static const unsigned char nothing[64];

	if (cursor->bad || len > (uint64_t)(cursor->end - cursor->at)) {
		cursor->bad = true;
		return nothing;
	}
	const unsigned char *bytes = cursor->at;
	cursor->at += len;
	return bytes;
}

static uint64_t take_number(struct cursor *cursor, unsigned bytes)
{
	const unsigned char *from = take(cursor, bytes);
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

static uint64_t take_varint(struct cursor *cursor)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint64_t byte = take(cursor, 1)[0];
		uint64_t bits = byte & 0x7f;
		if (shift == 63 && bits > 1)
			break;
		value |= bits << shift;
		if (!(byte & 0x80))
			return value;
	}
	cursor->bad = true;
	return 0;
}

/* A number that has to be below limit. */
static uint64_t take_below(struct cursor *cursor, uint64_t limit)
{
	uint64_t value = take_varint(cursor);

	if (value >= limit) {
		cursor->bad = true;
		return 0;
	}
	return value;
}

/* Borrowed from the frame. */
static struct ax_str take_string(struct cursor *cursor)
{
	uint64_t len = take_varint(cursor);
	const unsigned char *bytes = take(cursor, len);

	return cursor->bad ? AX_STR("") : ax_str((const char *)bytes, (size_t)len);
}

struct parser {
	struct cursor cursor;
	struct ax_arena *arena;
	struct arc_index index; /* n: members that are parsed */
	uint64_t tar_size;
	uint64_t end; /* of the content of the member before */
};

static struct ax_str copy(struct parser *parser, struct ax_str a, struct ax_str b)
{
	char *bytes = ax_arena_alloc(parser->arena, a.len + b.len + 1);

	if (!bytes) {
		parser->cursor.bad = true;
		return AX_STR("");
	}
	memcpy(bytes, a.ptr, a.len);
	memcpy(bytes + a.len, b.ptr, b.len);
	return ax_str(bytes, a.len + b.len);
}

static struct ax_str take_path(struct parser *parser)
{
	const struct arc_index *index = &parser->index;
	struct ax_str before = index->n ? index->members[index->n - 1].path : AX_STR("");
	size_t common = (size_t)take_below(&parser->cursor, before.len + 1);

	return copy(parser, ax_str_slice(before, 0, common), take_string(&parser->cursor));
}

static void take_extents(struct parser *parser, struct arc_member *member)
{
	struct cursor *cursor = &parser->cursor;
	uint64_t left = (uint64_t)(cursor->end - cursor->at);
	size_t n = (size_t)take_below(cursor, left / 2 + 1);
	struct arc_extent *extents = ax_arena_alloc(parser->arena, (n + 1) * sizeof(*extents));
	uint64_t end = 0;

	if (!extents) {
		cursor->bad = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t offset = end + take_below(cursor, member->size - end + 1);
		uint64_t length = take_below(cursor, member->size - offset + 1);
		extents[i] = (struct arc_extent){
			.offset = offset,
			.length = length,
			.before = member->stored,
		};
		end = offset + length;
		member->stored += length;
	}
	member->extents = extents;
	member->n_extents = n;
}

static void take_file(struct parser *parser, struct arc_member *member)
{
	struct cursor *cursor = &parser->cursor;

	member->size = take_below(cursor, (uint64_t)INT64_MAX);
	memcpy(member->sha256.bytes, take(cursor, sizeof(member->sha256.bytes)),
		sizeof(member->sha256.bytes));
	memcpy(member->xxh3.bytes, take(cursor, sizeof(member->xxh3.bytes)),
		sizeof(member->xxh3.bytes));
	member->class = copy(parser, take_string(cursor), AX_STR(""));
	if (member->flags & ARC_SPARSE)
		take_extents(parser, member);
	else
		member->stored = member->size;
	if (member->flags & ARC_SAFETENSORS)
		memcpy(member->layout.bytes, take(cursor, sizeof(member->layout.bytes)),
			sizeof(member->layout.bytes));
}

/* An earlier file of the directory, or NULL: then what is read is bad. */
static const struct arc_member *take_earlier(struct parser *parser)
{
	const struct arc_index *index = &parser->index;
	size_t i = (size_t)take_below(&parser->cursor, index->n);

	if (!parser->cursor.bad && i >= index->n_about && index->members[i].type == ARC_FILE)
		return &index->members[i];
	parser->cursor.bad = true;
	return NULL;
}

/* What a copy has in common with the one that is stored is not said again. */
static void take_copy(struct parser *parser, struct arc_member *member)
{
	const unsigned common = ARC_SAFETENSORS, own = ARC_SPARSE;
	const struct arc_member *first = take_earlier(parser);

	if (!first || first->flags & ARC_COPY ||
		(member->flags & ~own) != (ARC_COPY | (first->flags & common))) {
		parser->cursor.bad = true;
		return;
	}
	member->target = first->path;
	member->size = first->size;
	member->sha256 = first->sha256;
	member->xxh3 = first->xxh3;
	member->layout = first->layout;
	member->class = copy(parser, take_string(&parser->cursor), AX_STR(""));
	if (member->flags & ARC_SPARSE)
		take_extents(parser, member);
	member->stored = 0;
}

/* What the type adds. */
static void take_rest(struct parser *parser, struct arc_member *member)
{
	switch (member->type) {
	case ARC_FILE:
		if (member->flags & ARC_COPY)
			take_copy(parser, member);
		else
			take_file(parser, member);
		break;
	case ARC_SYMLINK:
		member->target = copy(parser, take_string(&parser->cursor), AX_STR(""));
		break;
	case ARC_HARD_LINK: {
		const struct arc_member *first = take_earlier(parser);
		if (first)
			member->target = first->path;
		break;
	}
	case ARC_DIR:
		break;
	case ARC_SPECIAL:
	default:
		parser->cursor.bad = true;
	}
}

static bool flags_fit(const struct arc_member *member)
{
	const unsigned both = ARC_PLANAR | ARC_SPARSE;

	if (member->flags & ~(unsigned)ARC_KNOWN_FLAGS)
		return false;
	if (member->type != ARC_FILE)
		return !(member->flags & ~(unsigned)ARC_ABOUT);
	return (member->flags & both) != both;
}

static void take_member(struct parser *parser, struct arc_member *out)
{
	struct cursor *cursor = &parser->cursor;
	struct arc_member member = { .path = take_path(parser) };

	member.type = (enum arc_type)take_number(cursor, 1);
	member.flags = (unsigned)take_number(cursor, 1);
	member.mode = (uint32_t)take_below(cursor, 010000);
	member.uid = (uint32_t)take_below(cursor, (uint64_t)UINT32_MAX + 1);
	member.gid = (uint32_t)take_below(cursor, (uint64_t)UINT32_MAX + 1);
	member.mtime = (ax_nanoseconds)take_number(cursor, 8);
	member.header_at = take_below(cursor, parser->tar_size);
	member.data_at =
		member.header_at + take_below(cursor, parser->tar_size - member.header_at + 1);
	take_rest(parser, &member);
	if (!flags_fit(&member) || member.header_at < parser->end ||
		member.stored > parser->tar_size - member.data_at)
		cursor->bad = true;
	parser->end = member.data_at + member.stored;
	*out = member;
}

/* The directory that is packed, or the one that holds what is about the archive. */
static const struct arc_member *root_of(const struct arc_index *index, size_t i)
{
	return &index->members[i < index->n_about ? 0 : index->n_about];
}

/* Whether member i, the last that is parsed, has its place: see index.h. */
static bool is_in_place(const struct arc_index *index, size_t i)
{
	const struct arc_member *member = &index->members[i];
	const struct arc_member *root = root_of(index, i);

	if (!ax_path_is_safe(member->path) ||
		!(member->flags & ARC_ABOUT) != (i >= index->n_about))
		return false;
	if (member == root)
		return member->type == ARC_DIR && ax_path_dir(member->path).len == 0 &&
		       (!i || !ax_str_equal(member->path, index->members[0].path));
	if (i < index->n_about ? arc_index_find(index, member->path) != member
			       : ax_str_compare(member[-1].path, member->path) >= 0)
		return false;
	const struct arc_member *parent = arc_index_find(index, ax_path_dir(member->path));
	return parent && parent->type == ARC_DIR && ax_path_below(parent->path, root->path);
}

static int parse_members(struct parser *parser, struct ax_error *err)
{
	struct cursor *cursor = &parser->cursor;
	uint64_t left = (uint64_t)(cursor->end - cursor->at);
	size_t n_about = (size_t)take_below(cursor, left / MEMBER_MIN + 1);
	size_t n = (size_t)take_below(cursor, left / MEMBER_MIN + 1);

	if (cursor->bad || n_about > n || n_about > ABOUT_MAX)
		return ax_fail(err, AX_ECORRUPT, "the index is damaged");
	parser->index.members =
		ax_arena_alloc(parser->arena, (n + 1) * sizeof(struct arc_member));
	if (!parser->index.members)
		return ax_fail(err, ENOMEM, "no memory for %zu members", n);
	parser->index.n_about = n_about;
	for (size_t i = 0; i < n; i++) {
		take_member(parser, &parser->index.members[i]);
		if (cursor->bad)
			return ax_fail(err, AX_ECORRUPT, "the index is damaged at member %zu",
				i);
		parser->index.n = i + 1;
		if (!is_in_place(&parser->index, i))
			return ax_fail(err, AX_ECORRUPT,
				"the index has a member out of place: %.*s",
				AX_STR_ARG(parser->index.members[i].path));
	}
	return cursor->at == cursor->end ? 0
					 : ax_fail(err, AX_ECORRUPT, "the index is too long");
}

int arc_index_parse(struct ax_str frame, uint64_t tar_size, struct ax_arena *arena,
	struct arc_index *out, struct ax_error *err)
{
	const unsigned char *bytes = (const unsigned char *)frame.ptr;
	struct cursor head = { .at = bytes, .end = bytes + frame.len };
	bool is_frame = take_number(&head, 4) == SKIPPABLE &&
			take_number(&head, 4) == frame.len - FRAME_HEAD;

	if (!is_frame || frame.len < FRAME_HEAD + sizeof(magic) + 1 + SUM_BYTES ||
		memcmp(head.at, magic, sizeof(magic)) != 0)
		return ax_fail(err, AX_ECORRUPT, "it has no index of artidx");
	const unsigned char *end = head.end - SUM_BYTES;
	struct cursor sum = { .at = end, .end = head.end };
	if (take_number(&sum, SUM_BYTES) != ax_hash64(head.at, (size_t)(end - head.at)))
		return ax_fail(err, AX_ECORRUPT, "the index is damaged");
	unsigned char version = head.at[sizeof(magic)];
	if (version < PLAIN || version > WITH_SPARSE_COPIES)
		return ax_fail(err, AX_ECORRUPT,
			"the index is of version %d, made by a newer artidx", version);
	struct parser parser = {
		.cursor = { .at = head.at + sizeof(magic) + 1, .end = end },
		.arena = arena,
		.tar_size = tar_size,
	};
	if (parse_members(&parser, err) < 0)
		return -1;
	*out = parser.index;
	return 0;
}

const struct arc_member *arc_index_find(const struct arc_index *index, struct ax_str path)
{
	size_t low = index->n_about, high = index->n;

	for (size_t i = 0; i < index->n_about && i < index->n; i++) {
		if (ax_str_equal(path, index->members[i].path))
			return &index->members[i];
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ax_str_compare(path, index->members[middle].path);
		if (!order)
			return &index->members[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct arc_member *arc_index_file(const struct arc_index *index,
	const struct arc_member *member)
{
	return member->type == ARC_HARD_LINK ? arc_index_find(index, member->target) : member;
}

const struct arc_member *arc_index_stored(const struct arc_index *index,
	const struct arc_member *file)
{
	return file->flags & ARC_COPY ? arc_index_find(index, file->target) : file;
}

uint64_t arc_index_size(const struct arc_index *index, const struct arc_member *member)
{
	return member->type == ARC_SYMLINK ? member->target.len
					   : arc_index_file(index, member)->size;
}

struct arc_sum arc_index_sum(const struct arc_index *index)
{
	struct arc_sum sum = { 0 };

	for (size_t i = index->n_about; i < index->n; i++) {
		const struct arc_member *member = &index->members[i];
		if (member->type == ARC_DIR)
			continue;
		sum.files++;
		sum.bytes += arc_index_size(index, member);
	}
	return sum;
}
