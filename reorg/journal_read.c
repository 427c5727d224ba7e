#include "reorg/journal_internal.h"

#include "base/error.h"
#include "reorg/plan_file.h"

#include <errno.h>
#include <stdlib.h>

static int corrupt(const struct reorg_journal *journal, size_t offset, struct ax_error *err)
{
	return ax_fail(err, AX_ECORRUPT, "%s: the journal is damaged at byte %zu",
		journal->file, offset);
}

static int newer(const struct reorg_journal *journal, struct ax_error *err)
{
	return ax_fail(err, AX_EREFUSED, "%s: was written by a newer artidx: use that one",
		journal->file);
}

int reorg_journal_no_memory(const struct reorg_journal *journal, struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "%s: no memory for the journal", journal->file);
}

static int keep_copies(struct reorg_journal *journal, const struct reorg_copy *copies, size_t n)
{
	struct reorg_copy *grown =
		reallocarray(journal->copies, journal->n_copies + n + 1, sizeof(*grown));

	if (!grown)
		return -1;
	memcpy(grown + journal->n_copies, copies, n * sizeof(*copies));
	journal->copies = grown;
	journal->n_copies += n;
	return 0;
}

int reorg_journal_keep_note(struct reorg_journal *journal, struct reorg_note note)
{
	struct reorg_note *grown =
		reallocarray(journal->notes, journal->n_notes + 1, sizeof(*grown));

	if (!grown)
		return -1;
	journal->notes = grown;
	journal->notes[journal->n_notes++] = note;
	return 0;
}

/* 0, or -1 when memory ran out; a payload of another form fails the reader. */
static int read_copies(struct reorg_journal *journal, struct ax_reader *reader)
{
	size_t n = ax_reader_count(reader, 1);

	for (size_t i = 0; i < n && !reader->failed; i++) {
		struct reorg_copy copy = reorg_copy_decode(reader);
		if (copy.act >= journal->plan.n_acts)
			reader->failed = true;
		else if (keep_copies(journal, &copy, 1) < 0)
			return -1;
	}
	return 0;
}

/* Indexes must be those of acts of the plan. */
static void check_indexes(const struct reorg_journal *journal, const size_t *indexes, size_t n,
	struct ax_reader *reader)
{
	for (size_t i = 0; i < n; i++) {
		if (indexes[i] >= journal->plan.n_acts)
			reader->failed = true;
	}
}

int reorg_journal_read_beginning(struct reorg_journal *journal, struct ax_reader *reader)
{
	struct reorg_beginning *beginning = &journal->beginning;

	if (!reorg_beginning_decode(reader, &journal->arena, beginning))
		return -1;
	check_indexes(journal, beginning->skipped, beginning->n_skipped, reader);
	for (size_t i = 0; i < beginning->n_contents; i++) {
		if (beginning->contents[i].act >= journal->plan.n_acts)
			reader->failed = true;
	}
	journal->has_begun = true;
	return 0;
}

static bool deletes(const struct reorg_plan *plan)
{
	for (size_t i = 0; i < plan->n_acts; i++) {
		if (plan->acts[i].kind == REORG_DELETE)
			return true;
	}
	return false;
}

/* Take in what a record says. -1 when memory ran out. */
static int read_payload(struct reorg_journal *journal, enum reorg_record_kind kind,
	struct ax_reader *reader)
{
	switch (kind) {
	case REORG_RECORD_BEGIN:
		return reorg_journal_read_beginning(journal, reader);
	case REORG_RECORD_COPIES:
		return read_copies(journal, reader);
	case REORG_RECORD_NO_RETURN:
		journal->past_return = true;
		reader->failed = !deletes(&journal->plan);
		return 0;
	case REORG_RECORD_UNDO:
	case REORG_RECORD_ORDER: /* for lists */
		ax_reader_u64(reader);
		return 0;
	case REORG_RECORD_UNDONE:
		if (!reorg_indexes_decode(reader, &journal->arena, &journal->left,
			    &journal->n_left))
			return -1;
		check_indexes(journal, journal->left, journal->n_left, reader);
		return 0;
	case REORG_RECORD_NOTE: {
		uint32_t tag = ax_reader_u32(reader);
		return reorg_journal_keep_note(journal,
			(struct reorg_note){ tag, ax_reader_bytes(reader, reader->rest.len) });
	}
	case REORG_RECORD_APPLIED:
	case REORG_RECORD_ABANDONED:
	case REORG_RECORD_SETTLED:
		return 0;
	case REORG_RECORD_PLAN:
	case REORG_RECORD_NEWER:
		break;
	}
	reader->failed = true;
	return 0;
}

void reorg_journal_enter(struct reorg_journal *journal, enum reorg_record_kind kind)
{
	if (kind == REORG_RECORD_SETTLED && journal->state == REORG_UNDONE) {
		journal->known = journal->left;
		journal->n_known = journal->n_left;
	}
	if (kind == REORG_RECORD_APPLIED)
		journal->known = NULL;
	journal->state = reorg_record_state(kind, journal->state);
	journal->settled = reorg_record_settled(kind, journal->settled);
}

/* The records behind the plan, up to a torn one. */
static int read_records(struct reorg_journal *journal, struct ax_error *err)
{
	struct ax_str text = ax_buf_str(&journal->text);
	struct reorg_record record;

	while (reorg_record_decode(ax_str_slice(text, journal->end, text.len), &record)) {
		struct ax_reader reader = { .rest = record.payload };
		if (record.kind == REORG_RECORD_NEWER)
			return newer(journal, err);
		if (journal->has_begun == (record.kind == REORG_RECORD_BEGIN))
			return corrupt(journal, journal->end, err);
		if (read_payload(journal, record.kind, &reader) < 0)
			return reorg_journal_no_memory(journal, err);
		if (reader.failed || reader.rest.len)
			return corrupt(journal, journal->end, err);
		reorg_journal_enter(journal, record.kind);
		journal->end += REORG_RECORD_HEAD + record.payload.len;
	}
	if (!journal->has_begun ||
		reorg_record_occurs(ax_str_slice(text, journal->end, text.len)))
		return corrupt(journal, journal->end, err);
	return 0;
}

int reorg_journal_read(struct reorg_journal *journal, bool has_begun, struct ax_error *err)
{
	struct ax_str text = ax_buf_str(&journal->text);
	struct reorg_record record;

	if (!reorg_record_decode(text, &record))
		return corrupt(journal, 0, err);
	if (record.kind == REORG_RECORD_NEWER)
		return newer(journal, err);
	if (record.kind != REORG_RECORD_PLAN)
		return corrupt(journal, 0, err);
	if (reorg_plan_decode(record.payload, journal->file, &journal->arena, &journal->plan,
		    err) < 0 ||
		reorg_names_make(&journal->plan, &journal->names, err) < 0)
		return -1;
	journal->end = REORG_RECORD_HEAD + record.payload.len;
	journal->settled = true;
	if (has_begun && read_records(journal, err) < 0)
		return -1;
	journal->has_tail = text.len > journal->end;
	return 0;
}
