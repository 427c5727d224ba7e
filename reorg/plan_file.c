/*
 * A plan as bytes. Numbers are unsigned LEB128 (varint); a time is 8 bytes, little-endian
 * nanoseconds since 1970; a string is its length as a varint, and its bytes.
 *
 *	varint   1, the version of this format: another kind of act makes it another version
 *	time     when the plan was made
 *	string   title
 *	varint   number of acts, then each act:
 *	  byte   kind, an enum reorg_act_kind
 *	  byte   1 when skip_changed, else 0
 *	  string from          (not MAKE_DIR, LINK)
 *	  string to            (MAKE_DIR, MOVE, MOVE_DIR, RETARGET, LINK)
 *	  identity             (MOVE, MOVE_DIR, RETARGET, UNLINK, EDIT, DELETE)
 *	  varint count         (MOVE_DIR)
 *	  string old target    (RETARGET, UNLINK)
 *	  string target        (RETARGET, LINK)
 *	  16 + 16 bytes XXH3-128 of the old and the new content, varint number of spans, then each
 *	  span: varint offset, string old, string new   (EDIT)
 *
 * An identity: varint dev, varint ino, varint size, time mtime, time ctime, byte linked.
 */
#include "reorg/plan_file.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/reader.h"
#include "reorg/act.h"

#include <errno.h>
#include <inttypes.h>

enum { VERSION = 1, ACT_MIN = 3, SPAN_MIN = 3 }; /* least bytes of one */

enum {
	HAS_FROM = 1,
	HAS_TO = 2,
	HAS_IDENTITY = 4,
	HAS_COUNT = 8,
	HAS_OLD_TARGET = 16,
	HAS_TARGET = 32,
	HAS_EDIT = 64,
};

static const unsigned fields[REORG_ACT_KINDS] = {
	[REORG_MAKE_DIR] = HAS_TO,
	[REORG_MOVE] = HAS_FROM | HAS_TO | HAS_IDENTITY,
	[REORG_MOVE_DIR] = HAS_FROM | HAS_TO | HAS_IDENTITY | HAS_COUNT,
	[REORG_RETARGET] = HAS_FROM | HAS_TO | HAS_IDENTITY | HAS_OLD_TARGET | HAS_TARGET,
	[REORG_LINK] = HAS_TO | HAS_TARGET,
	[REORG_UNLINK] = HAS_FROM | HAS_IDENTITY | HAS_OLD_TARGET,
	[REORG_EDIT] = HAS_FROM | HAS_IDENTITY | HAS_EDIT,
	[REORG_REMOVE_DIR] = HAS_FROM,
	[REORG_DELETE] = HAS_FROM | HAS_IDENTITY,
};

void reorg_identity_encode(const struct reorg_identity *identity, struct ax_buf *buf)
{
	ax_buf_append_varint(buf, identity->dev);
	ax_buf_append_varint(buf, identity->ino);
	ax_buf_append_varint(buf, identity->size);
	ax_buf_append_u64(buf, (uint64_t)identity->mtime);
	ax_buf_append_u64(buf, (uint64_t)identity->ctime);
	ax_buf_append_byte(buf, identity->linked ? 1 : 0);
}

struct reorg_identity reorg_identity_decode(struct ax_reader *reader)
{
	struct reorg_identity identity = { 0 };

	identity.dev = ax_reader_varint(reader);
	identity.ino = ax_reader_varint(reader);
	identity.size = ax_reader_varint(reader);
	identity.mtime = (ax_nanoseconds)ax_reader_u64(reader);
	identity.ctime = (ax_nanoseconds)ax_reader_u64(reader);
	identity.linked = ax_reader_byte(reader) != 0;
	return identity;
}

static void encode_edit(const struct reorg_act *act, struct ax_buf *buf)
{
	ax_buf_append(buf, act->old_digest.bytes, sizeof(act->old_digest.bytes));
	ax_buf_append(buf, act->new_digest.bytes, sizeof(act->new_digest.bytes));
	ax_buf_append_varint(buf, act->n_spans);
	for (size_t i = 0; i < act->n_spans; i++) {
		ax_buf_append_varint(buf, act->spans[i].offset);
		ax_buf_append_sized(buf, act->spans[i].old);
		ax_buf_append_sized(buf, act->spans[i].new);
	}
}

static void encode_act(const struct reorg_act *act, struct ax_buf *buf)
{
	unsigned has = fields[act->kind];

	ax_buf_append_byte(buf, (char)act->kind);
	ax_buf_append_byte(buf, act->skip_changed ? 1 : 0);
	if (has & HAS_FROM)
		ax_buf_append_sized(buf, act->from);
	if (has & HAS_TO)
		ax_buf_append_sized(buf, act->to);
	if (has & HAS_IDENTITY)
		reorg_identity_encode(&act->identity, buf);
	if (has & HAS_COUNT)
		ax_buf_append_varint(buf, act->count);
	if (has & HAS_OLD_TARGET)
		ax_buf_append_sized(buf, act->old_target);
	if (has & HAS_TARGET)
		ax_buf_append_sized(buf, act->target);
	if (has & HAS_EDIT)
		encode_edit(act, buf);
}

void reorg_plan_encode(const struct reorg_plan *plan, struct ax_buf *buf)
{
	ax_buf_append_varint(buf, VERSION);
	ax_buf_append_u64(buf, (uint64_t)plan->time);
	ax_buf_append_sized(buf, plan->title);
	ax_buf_append_varint(buf, plan->n_acts);
	for (size_t i = 0; i < plan->n_acts; i++)
		encode_act(&plan->acts[i], buf);
}

static struct ax_digest decode_digest(struct ax_reader *reader)
{
	struct ax_digest digest = { { 0 } };
	struct ax_str bytes = ax_reader_bytes(reader, sizeof(digest.bytes));

	if (bytes.len == sizeof(digest.bytes))
		memcpy(digest.bytes, bytes.ptr, sizeof(digest.bytes));
	return digest;
}

/* false when memory ran out. */
static bool decode_edit(struct ax_reader *reader, struct ax_arena *arena, struct reorg_act *act)
{
	act->old_digest = decode_digest(reader);
	act->new_digest = decode_digest(reader);
	act->n_spans = ax_reader_count(reader, SPAN_MIN);
	struct reorg_span *spans =
		ax_arena_alloc(arena, (act->n_spans + 1) * sizeof(*act->spans));
	if (!spans)
		return false;
	for (size_t i = 0; i < act->n_spans; i++) {
		spans[i].offset = ax_reader_varint(reader);
		spans[i].old = ax_reader_sized(reader);
		spans[i].new = ax_reader_sized(reader);
	}
	act->spans = spans;
	return true;
}

/* false when memory ran out; what is no act fails the reader. */
static bool decode_act(struct ax_reader *reader, struct ax_arena *arena, struct reorg_act *act)
{
	uint8_t kind = ax_reader_byte(reader);
	unsigned has = kind < REORG_ACT_KINDS ? fields[kind] : 0;

	if (!has) {
		reader->failed = true;
		return true;
	}
	act->kind = kind;
	act->skip_changed = ax_reader_byte(reader) != 0;
	if (has & HAS_FROM)
		act->from = ax_reader_sized(reader);
	if (has & HAS_TO)
		act->to = ax_reader_sized(reader);
	if (has & HAS_IDENTITY)
		act->identity = reorg_identity_decode(reader);
	if (has & HAS_COUNT)
		act->count = (uint32_t)ax_reader_varint(reader);
	if (has & HAS_OLD_TARGET)
		act->old_target = ax_reader_sized(reader);
	if (has & HAS_TARGET)
		act->target = ax_reader_sized(reader);
	return !(has & HAS_EDIT) || decode_edit(reader, arena, act);
}

bool reorg_plan_peek(struct ax_str start, ax_nanoseconds *time)
{
	struct ax_reader reader = { .rest = start };

	if (ax_reader_varint(&reader) > VERSION)
		return false;
	*time = (ax_nanoseconds)ax_reader_u64(&reader);
	return true;
}

int reorg_plan_decode(struct ax_str bytes, const char *name, struct ax_arena *arena,
	struct reorg_plan *out, struct ax_error *err)
{
	struct ax_reader reader = { .rest = bytes };
	struct reorg_plan plan = { 0 };
	uint64_t version = ax_reader_varint(&reader);

	if (version > VERSION)
		return ax_fail(err, AX_EREFUSED,
			"%s: was written by a newer artidx (plans of version %" PRIu64
			", this one reads %d): use that one",
			name, version, VERSION);
	if (version != VERSION)
		reader.failed = true;
	plan.time = (ax_nanoseconds)ax_reader_u64(&reader);
	plan.title = ax_reader_sized(&reader);
	plan.n_acts = ax_reader_count(&reader, ACT_MIN);
	struct reorg_act *acts = ax_arena_alloc(arena, (plan.n_acts + 1) * sizeof(*acts));
	if (!acts)
		return ax_fail(err, ENOMEM, "%s: no memory for its %zu acts", name,
			plan.n_acts);
	for (size_t i = 0; i < plan.n_acts && !reader.failed; i++) {
		if (!decode_act(&reader, arena, &acts[i]))
			return ax_fail(err, ENOMEM, "%s: no memory for act %zu", name, i);
	}
	if (reader.failed || reader.rest.len)
		return ax_fail(err, AX_ECORRUPT, "%s: the plan in it is damaged", name);
	plan.acts = acts;
	*out = plan;
	return 0;
}
