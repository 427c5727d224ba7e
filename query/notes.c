#include "query/notes.h"

#include "base/error.h"
#include "query/table.h"

#include <errno.h>
#include <stdlib.h>

struct qry_notes {
	struct qry_table
		tables[QRY_NOTE_COUNT]; /* path -> struct ax_str, in the table's arena */
	unsigned provided;              /* 1 << enum qry_note */
};

int qry_notes_new(struct qry_notes **out, struct ax_error *err)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : ax_fail(err, ENOMEM, "no memory for notes");
}

void qry_notes_free(struct qry_notes *notes)
{
	for (unsigned i = 0; notes && i < QRY_NOTE_COUNT; i++)
		qry_table_free(&notes->tables[i]);
	free(notes);
}

void qry_notes_provide(struct qry_notes *notes, enum qry_note kind)
{
	notes->provided |= 1U << kind;
}

bool qry_notes_provided(const struct qry_notes *notes, enum qry_note kind)
{
	return notes && (notes->provided >> kind & 1);
}

int qry_notes_set(struct qry_notes *notes, enum qry_note kind, struct ax_str path,
	struct ax_str text, struct ax_error *err)
{
	struct qry_table *table = &notes->tables[kind];
	void **value = qry_table_put(table, path);
	struct ax_str *copy = ax_arena_alloc(&table->arena, sizeof(*copy));
	char *bytes = ax_arena_copy(&table->arena, text);

	if (!value || !copy || !bytes)
		return ax_fail(err, ENOMEM, "no memory for notes");
	*copy = ax_str(bytes, text.len);
	*value = copy;
	return 0;
}

bool qry_notes_get(const struct qry_notes *notes, enum qry_note kind, struct ax_str path,
	struct ax_str *out)
{
	const struct ax_str *text = notes ? qry_table_get(&notes->tables[kind], path) : NULL;

	if (!text)
		return false;
	*out = *text;
	return true;
}
