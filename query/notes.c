/*
 * An open-addressed table of (kind, path): linear probing, at most two thirds full. Paths and
 * texts are in one arena.
 */
#include "query/notes.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>

struct slot {
	struct ax_str path; /* ptr NULL: free */
	struct ax_str text;
	enum qry_note kind;
};

struct qry_notes {
	struct ax_arena arena;
	struct slot *slots;
	size_t n_slots; /* a power of two */
	size_t n_used;
	unsigned provided; /* 1 << enum qry_note */
};

int qry_notes_new(struct qry_notes **out, struct ax_error *err)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : ax_fail(err, ENOMEM, "no memory for notes");
}

void qry_notes_free(struct qry_notes *notes)
{
	if (!notes)
		return;
	ax_arena_free(&notes->arena);
	free(notes->slots);
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

/* The slot of (kind, path), or the free one where it belongs. */
static struct slot *find(
	struct slot *slots, size_t n_slots, enum qry_note kind, struct ax_str path)
{
	size_t i = (size_t)ax_hash64(path.ptr, path.len) + (size_t)kind;

	for (i &= n_slots - 1; slots[i].path.ptr; i = (i + 1) & (n_slots - 1)) {
		if (slots[i].kind == kind && ax_str_equal(slots[i].path, path))
			break;
	}
	return &slots[i];
}

static int grow(struct qry_notes *notes, struct ax_error *err)
{
	size_t n_slots = notes->n_slots ? 2 * notes->n_slots : 64;
	struct slot *slots;

	if (notes->n_used < notes->n_slots / 3 * 2)
		return 0;
	slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return ax_fail(err, ENOMEM, "no memory for notes");
	for (size_t i = 0; i < notes->n_slots; i++) {
		struct slot *old = &notes->slots[i];

		if (old->path.ptr)
			*find(slots, n_slots, old->kind, old->path) = *old;
	}
	free(notes->slots);
	notes->slots = slots;
	notes->n_slots = n_slots;
	return 0;
}

int qry_notes_set(struct qry_notes *notes, enum qry_note kind, struct ax_str path,
	struct ax_str text, struct ax_error *err)
{
	char *text_copy = ax_arena_copy(&notes->arena, text);
	struct slot *slot;

	if (!text_copy)
		return ax_fail(err, ENOMEM, "no memory for notes");
	if (grow(notes, err) < 0)
		return -1;
	slot = find(notes->slots, notes->n_slots, kind, path);
	if (!slot->path.ptr) {
		char *path_copy = ax_arena_copy(&notes->arena, path);

		if (!path_copy)
			return ax_fail(err, ENOMEM, "no memory for notes");
		*slot = (struct slot){ .path = ax_str(path_copy, path.len), .kind = kind };
		notes->n_used++;
	}
	slot->text = ax_str(text_copy, text.len);
	return 0;
}

bool qry_notes_get(const struct qry_notes *notes, enum qry_note kind, struct ax_str path,
	struct ax_str *out)
{
	const struct slot *slot;

	if (!notes || notes->n_slots == 0)
		return false;
	slot = find(notes->slots, notes->n_slots, kind, path);
	*out = slot->text;
	return slot->path.ptr != NULL;
}
