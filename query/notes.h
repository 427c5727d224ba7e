/*
 * query/notes.h - what layers above know about files, for queries to look up
 *
 * The layer that knows fills the notes before the query runs; here they are only read. A field
 * that stands for a note which nobody provided is an error that says so, never an empty answer.
 */
#ifndef ARTIDX_QUERY_NOTES_H
#define ARTIDX_QUERY_NOTES_H

#include "base/str.h"

struct ax_error;

enum qry_note {
	QRY_NOTE_DEST, /* where the reorg would put the file */
	QRY_NOTE_FLAG, /* why the reorg leaves it where it is */
	QRY_NOTE_DEAD, /* why it may be archived */
	QRY_NOTE_COUNT,
};

struct qry_notes;
int qry_notes_new(struct qry_notes **out, struct ax_error *err);
void qry_notes_free(struct qry_notes *notes);

/* All notes of this kind will be there: files without one have none. */
void qry_notes_provide(struct qry_notes *notes, enum qry_note kind);
bool qry_notes_provided(const struct qry_notes *notes, enum qry_note kind);

/* Note text for a root-relative path; both are copied. A second one replaces the first. */
int qry_notes_set(struct qry_notes *notes, enum qry_note kind, struct ax_str path,
	struct ax_str text, struct ax_error *err);
bool qry_notes_get(const struct qry_notes *notes, enum qry_note kind, struct ax_str path,
	struct ax_str *out);

#endif
