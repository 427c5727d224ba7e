/*
 * A journal is a sequence of records. Each is written with one call and made durable before the
 * next is written, so only the last one can be torn, and a bad record with a good one behind it
 * is damage. All numbers are little-endian; varint, time, string and identity are as in
 * plan_file.c.
 *
 *	offset  size
 *	     0     4  "AXJ1": 1 is the version of this format
 *	     4     4  kind
 *	     8     8  length of the payload
 *	    16     8  XXH3-64 of the payload
 *	    24     8  XXH3-64 of bytes 0 to 23
 *	    32        payload
 *
 *	kind          payload
 *	 1 PLAN       the plan, as plan_file.c says; always the first record
 *	 2 BEGIN      what was found before the first act, always the second record: time; varint
 *	              number of acts that are skipped (MAKE_DIR of what existed, skip_changed that
 *	              did not fit), a varint index each; varint number of directories that will
 *	              change, each: string path, varint inode, varint mode, varint uid, varint gid,
 *	              time mtime, string of extended attributes as in metadata.c; varint number of
 *	              files that will be edited, each: varint index of the act, string old content
 *	 3 COPIES     files that crossed a file system, written before their sources go: varint
 *	              number, each: varint index of the act, byte 0 when the copy is at the act's
 *	              "from" and 1 at its "to", identity of the copy, varint inode of its source
 *	 4 NO RETURN  empty; all acts before the first DELETE are done and durable
 *	 5 APPLIED    empty; all acts are done and durable
 *	 6 UNDO       time; from here on acts are taken back, last one first
 *	 7 UNDONE     varint number of acts that were refused, a varint index each
 *	 8 ABANDONED  empty; failed before the first act, nothing has changed
 *	 9 SETTLED    empty; catalogue and history know of the APPLIED or UNDONE before it
 *	10 NOTE       4 bytes tag, bytes; for the owner of the plan
 *	11 ORDER      8 bytes, greater than in every journal that was begun before; behind BEGIN,
 *	              written and made durable with it
 *
 * Plans are in the order of their ORDER, not of times, which a copy of the tree or a clock may
 * change. Journals that were written before there was an ORDER come first, by the time in BEGIN.
 *
 * A head is the same in all versions to come. So a whole record of another version or kind is told
 * from a torn one, and a journal with one is left alone: a newer artidx wrote it.
 *
 * The file is ID.plan while it holds only a PLAN. To begin, BEGIN and ORDER are appended, the file
 * synced, renamed to ID.journal and the directory synced: a file of that name has both for sure, and in a
 * file ID.plan whatever follows the PLAN never mattered.
 *
 * From PLAN and BEGIN and the disk alone, any moment of death can be told:
 *
 *	same file system   inode at "from": to do; at "to": done; at both: "from" goes
 *	copy               source at "from", nothing at "to": to do; the same bytes at "to" too, or
 *	                   the inode of a COPIES record: "from" goes; only the latter: done
 *	edit               the digest of the content is the old or the new one
 *	symlink            its target is the old or the new one
 */
#include "reorg/journal_internal.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "reorg/plan_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ID_TRIES = 1000 }; /* plans of equal content that one store can hold */

static int open_file(struct reorg_journal *journal, int flags, struct ax_error *err)
{
	do
		journal->fd = openat(reorg_store_fd(journal->store), journal->file,
			flags | O_RDWR | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	while (journal->fd < 0 && errno == EINTR);
	if (journal->fd < 0)
		return ax_fail_errno(err, "%s: cannot open the journal", journal->file);
	return 0;
}

int reorg_journal_make_ready(struct reorg_journal *journal, struct ax_error *err)
{
	if (journal->fd < 0 && open_file(journal, 0, err) < 0)
		return -1;
	/* What a crash left behind the last record must not stand behind the next one. */
	if (journal->has_tail && ftruncate(journal->fd, (off_t)journal->end) < 0)
		return ax_fail_errno(err, "%s: cannot cut off a torn record", journal->file);
	journal->has_tail = false;
	return 0;
}

static void cut_off(struct reorg_journal *journal)
{
	if (ftruncate(journal->fd, (off_t)journal->end) < 0)
		journal->broken = true;
}

/* Write records behind the last one, in one call, and make them durable. */
static int append_records(struct reorg_journal *journal, const struct ax_buf *records,
	struct ax_error *err)
{
	if (journal->broken)
		return ax_fail(err, EIO, "%s: could not be written before", journal->file);
	if (ax_buf_check(records, journal->file, err) < 0 ||
		reorg_journal_make_ready(journal, err) < 0)
		return -1;
	if (ax_pwrite_full(journal->fd, records->data, records->len, (off_t)journal->end,
		    journal->file, err) < 0) {
		cut_off(journal);
		return -1;
	}
	if (ax_fd_sync(journal->fd) < 0) {
		ax_fail_errno(err, "%s: cannot sync the journal", journal->file);
		cut_off(journal);
		journal->broken = true;
		return -1;
	}
	journal->end += records->len;
	return 0;
}

static int append(struct reorg_journal *journal, enum reorg_record_kind kind,
	const struct ax_buf *payload, struct ax_error *err)
{
	struct ax_buf record = { 0 };
	int status = ax_buf_check(payload, journal->file, err);

	reorg_record_encode(kind, ax_buf_str(payload), &record);
	if (status == 0)
		status = append_records(journal, &record, err);
	ax_buf_free(&record);
	if (status < 0)
		return -1;
	reorg_journal_enter(journal, kind);
	return 0;
}

static struct reorg_journal *new_journal(struct reorg_store *store, const char *id)
{
	struct reorg_journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return NULL;
	journal->store = store;
	journal->fd = -1;
	snprintf(journal->id, sizeof(journal->id), "%s", id);
	snprintf(journal->file, sizeof(journal->file), "%s.plan", id);
	return journal;
}

int reorg_journal_open(struct reorg_store *store, const char *id, struct reorg_journal **out,
	struct ax_error *err)
{
	struct reorg_journal *journal = NULL;
	struct reorg_summary summary;
	int status = -1;

	if (reorg_store_find(store, id, &summary, err) < 0)
		return -1;
	bool has_begun = summary.state != REORG_PLANNED;
	journal = new_journal(store, summary.id);
	if (!journal)
		return ax_fail(err, ENOMEM, "%s: no memory for the journal", summary.id);
	if (has_begun)
		snprintf(journal->file, sizeof(journal->file), "%s.journal", summary.id);
	if (ax_file_read(reorg_store_fd(store), journal->file, SIZE_MAX / 2, &journal->text,
		    err) < 0 ||
		reorg_journal_read(journal, has_begun, err) < 0)
		goto out;
	*out = journal;
	journal = NULL;
	status = 0;
out:
	reorg_journal_close(journal);
	return status;
}

/* The same for a plan that does the same, whenever it was made. */
static int hash_plan(const struct reorg_plan *plan, uint64_t *out, struct ax_error *err)
{
	struct reorg_plan timeless = *plan;
	struct ax_buf bytes = { 0 };

	timeless.time = 0;
	reorg_plan_encode(&timeless, &bytes);
	int status = ax_buf_check(&bytes, "a plan", err);
	if (status == 0)
		*out = ax_hash64(bytes.data, bytes.len);
	ax_buf_free(&bytes);
	return status;
}

/* Create ID.plan under a name that is free. The salt tells plans of equal content apart. */
static int create_file(struct reorg_journal *journal, uint64_t hash, struct ax_error *err)
{
	int store = reorg_store_fd(journal->store);

	for (uint64_t salt = 0; salt < ID_TRIES; salt++) {
		snprintf(journal->id, sizeof(journal->id), "%012" PRIx64,
			(hash + salt * 0x9e3779b97f4a7c15) >> 16);
		snprintf(journal->file, sizeof(journal->file), "%s.journal", journal->id);
		if (faccessat(store, journal->file, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		snprintf(journal->file, sizeof(journal->file), "%s.plan", journal->id);
		/* A proposal of the same content may go: this one says the same. */
		if (unlinkat(store, journal->file, 0) < 0 && errno != ENOENT)
			return ax_fail_errno(err, "%s: cannot replace", journal->file);
		return open_file(journal, O_CREAT | O_EXCL, err);
	}
	return ax_fail(err, EEXIST, "%s: too many equal plans", journal->file);
}

int reorg_journal_create(struct reorg_store *store, const struct reorg_plan *plan,
	struct reorg_journal **out, struct ax_error *err)
{
	struct reorg_journal *journal = new_journal(store, "new");
	struct ax_buf bytes = { 0 };
	uint64_t hash = 0;
	int status = -1;

	if (!journal) {
		ax_fail(err, ENOMEM, "no memory for a plan");
		goto out;
	}
	if (hash_plan(plan, &hash, err) < 0)
		goto out;
	reorg_plan_encode(plan, &bytes);
	reorg_record_encode(REORG_RECORD_PLAN, ax_buf_str(&bytes), &journal->text);
	if (ax_buf_check(&bytes, "a plan", err) < 0 ||
		ax_buf_check(&journal->text, "a plan", err) < 0)
		goto out;
	ax_buf_free(&bytes); /* as large as the plan */
	if (reorg_journal_read(journal, false, err) < 0)
		goto out;
	if (create_file(journal, hash, err) < 0)
		goto out;
	if (ax_pwrite_full(journal->fd, journal->text.data, journal->text.len, 0, journal->file,
		    err) < 0) {
		unlinkat(reorg_store_fd(store), journal->file, 0);
		goto out;
	}
	*out = journal;
	journal = NULL;
	status = 0;
out:
	ax_buf_free(&bytes);
	reorg_journal_close(journal);
	return status;
}

void reorg_journal_close(struct reorg_journal *journal)
{
	if (!journal)
		return;
	if (journal->fd >= 0)
		close(journal->fd);
	reorg_names_free(&journal->names);
	ax_buf_free(&journal->text);
	ax_arena_free(&journal->arena);
	free(journal->copies);
	free(journal->notes);
	free(journal);
}

const char *reorg_journal_id(const struct reorg_journal *journal)
{
	return journal->id;
}

struct reorg_store *reorg_journal_store(const struct reorg_journal *journal)
{
	return journal->store;
}

const struct reorg_plan *reorg_journal_plan(const struct reorg_journal *journal)
{
	return &journal->plan;
}

const struct reorg_names *reorg_journal_names(const struct reorg_journal *journal)
{
	return &journal->names;
}

enum reorg_state reorg_journal_state(const struct reorg_journal *journal)
{
	return journal->state;
}

bool reorg_journal_settled(const struct reorg_journal *journal)
{
	return journal->settled;
}

bool reorg_journal_past_return(const struct reorg_journal *journal)
{
	return journal->past_return;
}

const struct reorg_beginning *reorg_journal_beginning(const struct reorg_journal *journal)
{
	return journal->has_begun ? &journal->beginning : NULL;
}

size_t reorg_journal_copies(const struct reorg_journal *journal, const struct reorg_copy **out)
{
	*out = journal->copies;
	return journal->n_copies;
}

size_t reorg_journal_left(const struct reorg_journal *journal, const size_t **out)
{
	*out = journal->left;
	return journal->n_left;
}

static bool has_index(const size_t *indexes, size_t n, size_t index)
{
	while (n > 0 && indexes[n / 2] != index) {
		bool is_behind = indexes[n / 2] < index;
		indexes += is_behind ? n / 2 + 1 : 0;
		n = is_behind ? n - n / 2 - 1 : n / 2;
	}
	return n > 0;
}

bool reorg_journal_took_back(const struct reorg_journal *journal, size_t act)
{
	return !has_index(journal->left, journal->n_left, act) &&
	       (!journal->known || has_index(journal->known, journal->n_known, act));
}

size_t reorg_journal_notes(const struct reorg_journal *journal, const struct reorg_note **out)
{
	*out = journal->notes;
	return journal->n_notes;
}

static int append_empty(struct reorg_journal *journal, enum reorg_record_kind kind,
	struct ax_error *err)
{
	struct ax_buf empty = { 0 };

	return append(journal, kind, &empty, err);
}

int reorg_journal_settle(struct reorg_journal *journal, struct ax_error *err)
{
	return journal->settled ? 0 : append_empty(journal, REORG_RECORD_SETTLED, err);
}

int reorg_journal_note(struct reorg_journal *journal, const struct reorg_note *note,
	struct ax_error *err)
{
	struct ax_buf payload = { 0 };
	char *bytes = ax_arena_copy(&journal->arena, note->bytes);
	int status = -1;

	if (!bytes ||
		reorg_journal_keep_note(journal,
			(struct reorg_note){ note->tag, ax_str(bytes, note->bytes.len) }) < 0)
		return reorg_journal_no_memory(journal, err);
	ax_buf_append_u32(&payload, note->tag);
	ax_buf_append_str(&payload, note->bytes);
	status = append(journal, REORG_RECORD_NOTE, &payload, err);
	if (status < 0)
		journal->n_notes--;
	ax_buf_free(&payload);
	return status;
}

/* Give the file, which has a BEGIN now, the name that makes it count. */
static int publish(struct reorg_journal *journal, struct ax_error *err)
{
	int store = reorg_store_fd(journal->store);
	char name[REORG_JOURNAL_NAME];

	snprintf(name, sizeof(name), "%s.journal", journal->id);
	if (renameat(store, journal->file, store, name) < 0)
		return ax_fail_errno(err, "%s: cannot rename to %s", journal->file, name);
	memcpy(journal->file, name, sizeof(name));
	if (ax_fd_sync(store) < 0) {
		ax_fail_errno(err, "%s: cannot sync the journal's directory", name);
		journal->broken = true;
		/* Nothing has changed yet, and a journal that may vanish must not begin. */
		unlinkat(store, name, 0);
		return -1;
	}
	return 0;
}

/* Decode what was just written, so that it lives as long as the journal. */
static int keep_beginning(struct reorg_journal *journal, const struct ax_buf *payload,
	struct ax_error *err)
{
	char *bytes = ax_arena_copy(&journal->arena, ax_buf_str(payload));
	struct ax_reader reader = { .rest = ax_str(bytes, payload->len) };

	if (!bytes || reorg_journal_read_beginning(journal, &reader) < 0)
		return reorg_journal_no_memory(journal, err);
	return 0;
}

/* BEGIN and ORDER, as they are written. */
static int encode_start(const struct reorg_journal *journal, const struct ax_buf *beginning,
	struct ax_buf *out, struct ax_error *err)
{
	struct ax_buf order = { 0 };
	uint64_t last = 0;

	if (reorg_store_last(journal->store, &last, err) < 0)
		return -1;
	ax_buf_append_u64(&order, last + 1);
	reorg_record_encode(REORG_RECORD_BEGIN, ax_buf_str(beginning), out);
	reorg_record_encode(REORG_RECORD_ORDER, ax_buf_str(&order), out);
	int status = ax_buf_check(&order, journal->file, err);
	ax_buf_free(&order);
	return status;
}

int reorg_journal_begin(struct reorg_journal *journal, const struct reorg_beginning *beginning,
	struct ax_error *err)
{
	struct ax_buf payload = { 0 }, records = { 0 };
	int status = -1;

	reorg_beginning_encode(beginning, &payload);
	if (ax_buf_check(&payload, journal->file, err) < 0 ||
		encode_start(journal, &payload, &records, err) < 0 ||
		keep_beginning(journal, &payload, err) < 0 ||
		append_records(journal, &records, err) < 0)
		goto out;
	journal->state = REORG_RUNNING;
	status = publish(journal, err);
out:
	ax_buf_free(&payload);
	ax_buf_free(&records);
	return status;
}

int reorg_journal_add_copies(struct reorg_journal *journal, const struct reorg_copy *copies,
	size_t n, struct ax_error *err)
{
	struct ax_buf payload = { 0 };
	int status = -1;

	ax_buf_append_varint(&payload, n);
	for (size_t i = 0; i < n; i++)
		reorg_copy_encode(&copies[i], &payload);
	status = append(journal, REORG_RECORD_COPIES, &payload, err);
	ax_buf_free(&payload);
	return status;
}

int reorg_journal_pass_return(struct reorg_journal *journal, struct ax_error *err)
{
	if (!journal->past_return && append_empty(journal, REORG_RECORD_NO_RETURN, err) < 0)
		return -1;
	journal->past_return = true;
	return 0;
}

int reorg_journal_finish(struct reorg_journal *journal, enum reorg_state state,
	const size_t *left, size_t n_left, struct ax_error *err)
{
	struct ax_buf payload = { 0 };

	if (state != REORG_UNDONE)
		return append_empty(journal,
			state == REORG_APPLIED ? REORG_RECORD_APPLIED : REORG_RECORD_ABANDONED,
			err);
	size_t *kept = ax_arena_alloc(&journal->arena, (n_left + 1) * sizeof(*kept));
	if (!kept)
		return reorg_journal_no_memory(journal, err);
	if (n_left)
		memcpy(kept, left, n_left * sizeof(*kept));
	reorg_indexes_encode(left, n_left, &payload);
	int status = append(journal, REORG_RECORD_UNDONE, &payload, err);
	ax_buf_free(&payload);
	if (status < 0)
		return -1;
	journal->left = kept;
	journal->n_left = n_left;
	return status;
}

int reorg_journal_begin_undo(struct reorg_journal *journal, struct ax_error *err)
{
	struct ax_buf payload = { 0 };

	ax_buf_append_u64(&payload, (uint64_t)ax_time_now());
	int status = append(journal, REORG_RECORD_UNDO, &payload, err);
	ax_buf_free(&payload);
	return status;
}
