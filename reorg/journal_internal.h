/*
 * reorg/journal_internal.h - a journal from inside
 *
 *	journal.c         the format; creating, opening and writing
 *	journal_read.c    from a whole file to what it says
 *	journal_record.c  records as bytes, for store.c too
 */
#ifndef ARTIDX_REORG_JOURNAL_INTERNAL_H
#define ARTIDX_REORG_JOURNAL_INTERNAL_H

#include "base/buf.h"
#include "base/reader.h"
#include "reorg/journal.h"

/* Stored, but for the last: never renumber. */
enum reorg_record_kind {
	REORG_RECORD_PLAN = 1,
	REORG_RECORD_BEGIN,
	REORG_RECORD_COPIES,
	REORG_RECORD_NO_RETURN,
	REORG_RECORD_APPLIED,
	REORG_RECORD_UNDO,
	REORG_RECORD_UNDONE,
	REORG_RECORD_ABANDONED,
	REORG_RECORD_SETTLED,
	REORG_RECORD_NOTE,
	REORG_RECORD_ORDER,
	REORG_RECORD_NEWER, /* whole, and of a kind or a format that only a newer artidx knows */
};

enum { REORG_RECORD_HEAD = 32, REORG_JOURNAL_NAME = 32 };

struct reorg_journal {
	struct reorg_store *store;
	char id[REORG_ID_SIZE];
	char file[REORG_JOURNAL_NAME];
	int fd;        /* -1 before the first record is written */
	uint64_t end;  /* where the next record goes */
	bool has_tail; /* a crash left something behind end: to be cut off before that */
	bool broken;   /* a sync failed: what is on the disk behind end is unknown */
	struct ax_buf
		text; /* the whole file as it was read: plan and beginning point into it */
	struct ax_arena arena;
	struct reorg_plan plan;
	struct reorg_names names;
	enum reorg_state state;
	bool settled, past_return;
	bool has_begun;
	struct reorg_beginning beginning;
	size_t n_copies, n_left, n_notes, n_known;
	struct reorg_copy *copies; /* allocated, as are notes */
	const size_t *left;
	const size_t *known; /* what the last undo left that was settled; NULL without one */
	struct reorg_note *notes;
};

struct reorg_record {
	enum reorg_record_kind kind;
	struct ax_str payload;
};

/* Append a whole record. */
void reorg_record_encode(enum reorg_record_kind kind, struct ax_str payload,
	struct ax_buf *buf);

/* The record at the start of bytes, borrowed from them; false when there is no whole one. */
bool reorg_record_decode(struct ax_str bytes, struct reorg_record *out);

/* Kind and payload length out of a head; false when it is none. */
bool reorg_record_head(struct ax_str head, enum reorg_record_kind *kind, uint64_t *length);

/* Whether a whole record starts anywhere in bytes. */
bool reorg_record_occurs(struct ax_str bytes);

/* Payloads. Decoding borrows strings from the reader, puts arrays in arena; false: no memory. */
void reorg_beginning_encode(const struct reorg_beginning *beginning, struct ax_buf *buf);
bool reorg_beginning_decode(struct ax_reader *reader, struct ax_arena *arena,
	struct reorg_beginning *out);
void reorg_copy_encode(const struct reorg_copy *copy, struct ax_buf *buf);
struct reorg_copy reorg_copy_decode(struct ax_reader *reader);
void reorg_indexes_encode(const size_t *indexes, size_t n, struct ax_buf *buf);
bool reorg_indexes_decode(struct ax_reader *reader, struct ax_arena *arena, const size_t **out,
	size_t *n_out);

/* What state a record leaves a journal in that was in state before it. */
enum reorg_state reorg_record_state(enum reorg_record_kind kind, enum reorg_state before);
bool reorg_record_settled(enum reorg_record_kind kind, bool before);

/*
 * Make sense of journal->text: the plan, and where it has begun, all records up to a torn one.
 * AX_EREFUSED when a newer artidx wrote one of them.
 */
int reorg_journal_read(struct reorg_journal *journal, bool has_begun, struct ax_error *err);

/* What a record, whose payload has been taken in, makes of the journal. */
void reorg_journal_enter(struct reorg_journal *journal, enum reorg_record_kind kind);

/* Take in a beginning, or a note. -1 when memory ran out. */
int reorg_journal_read_beginning(struct reorg_journal *journal, struct ax_reader *reader);
int reorg_journal_keep_note(struct reorg_journal *journal, struct reorg_note note);
int reorg_journal_no_memory(const struct reorg_journal *journal, struct ax_error *err);

#endif
