#include "reorg/edits.h"

#include "base/error.h"
#include "base/path.h"
#include "indexer/references.h"
#include "reorg/draft.h"

#include <errno.h>

/* Whether anything that moves has a path that begins with start. */
static bool moves_begin_with(const struct reorg_draft *draft, struct ax_str start)
{
	size_t low = 0, high = draft->n_moves;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ax_str_compare(draft->moves[middle].from, start) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < draft->n_moves && ax_str_starts(draft->moves[low].from, start);
}

static void add_unresolved(struct reorg_edits *edits, const struct idx_reference *reference,
	const char *why)
{
	edits->unresolved[edits->n_unresolved++] = (struct reorg_unresolved){ reference->file,
		reference->line, reference->context, why };
}

/* Whether new can stand where old stands: what it adds is nothing that would have to be quoted. */
static bool is_plain_beside(struct ax_str new, struct ax_str old)
{
	for (size_t i = 0; i < new.len; i++) {
		char c = new.ptr[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || (unsigned char)c >= 0x80 ||
				ax_str_find(AX_STR("/._-+,:=@"), c) < 9;
		if (!is_plain && ax_str_find(old, c) == old.len)
			return false;
	}
	return true;
}

/* 1 when old, which written stands for, has a new name, which is noted; 0, -1. */
static int try_edit(struct reorg_edits *edits, const struct reorg_draft *draft,
	const struct idx_reference *reference, struct ax_str old, struct ax_str written,
	struct ax_error *err)
{
	struct ax_str new;
	int found = reorg_draft_destination(draft, old, &edits->arena, &new, err);

	if (found > 0 && !is_plain_beside(new, old))
		add_unresolved(edits, reference,
			"the new path has characters that would have to be quoted");
	else if (found > 0)
		edits->edits[edits->n_edits++] = (struct reorg_edit){ reference->file,
			reference->line, reference->offset, written, new };
	return found;
}

static int judge_literal(struct reorg_edits *edits, const struct reorg_draft *draft,
	const struct idx_reference *reference, struct ax_error *err)
{
	int found = try_edit(edits, draft, reference, reference->target, reference->text, err);

	if (found == 0 && reference->kind == IDX_REF_DIR &&
		ax_str_find(reference->target, '/') < reference->target.len &&
		moves_begin_with(draft, reference->target))
		add_unresolved(edits, reference, "some of what lies below it moves");
	return found;
}

/* The directories of the literal start count; the name behind them is not known yet. */
static int judge_dynamic(struct reorg_edits *edits, const struct reorg_draft *draft,
	const struct idx_reference *reference, struct ax_error *err)
{
	struct ax_str dir = ax_path_dir(reference->target);
	int found = try_edit(edits, draft, reference, dir,
		ax_str_slice(reference->text, 0, dir.len), err);

	if (found == 0 && moves_begin_with(draft, reference->target))
		add_unresolved(edits, reference, "the path is built at run time");
	return found;
}

/* What may be a name of something that moves, or of something to come in a directory that does. */
static int judge_unsure(struct reorg_edits *edits, const struct reorg_draft *draft,
	const struct idx_reference *reference, const char *why, struct ax_error *err)
{
	struct ax_str new;
	int found = reorg_draft_destination(draft, reference->target, &edits->arena, &new, err);

	if (found > 0 || (found == 0 && moves_begin_with(draft, reference->target)))
		add_unresolved(edits, reference, why);
	return found < 0 ? -1 : 0;
}

static int judge_reference(struct reorg_edits *edits, const struct reorg_draft *draft,
	const struct idx_reference *reference, struct ax_error *err)
{
	switch (reference->kind) {
	case IDX_REF_FILE:
	case IDX_REF_DIR:
	case IDX_REF_MISSING:
		return judge_literal(edits, draft, reference, err);
	case IDX_REF_DYNAMIC:
		return judge_dynamic(edits, draft, reference, err);
	case IDX_REF_JOINED:
		return judge_unsure(edits, draft, reference,
			"paths are joined to it at run time", err);
	case IDX_REF_UNSURE:
		return judge_unsure(edits, draft, reference,
			"where the path leads is not known", err);
	}
	return 0;
}

int reorg_edits_make(const struct idx_references *references, const struct reorg_draft *draft,
	struct reorg_edits *out, struct ax_error *err)
{
	struct reorg_edits edits = { 0 };
	size_t n = references->count;

	edits.edits = ax_arena_alloc(&edits.arena, (n + 1) * sizeof(*edits.edits));
	edits.unresolved = ax_arena_alloc(&edits.arena, (n + 1) * sizeof(*edits.unresolved));
	if (!edits.edits || !edits.unresolved) {
		reorg_edits_free(&edits);
		return ax_fail(err, ENOMEM, "references: no memory");
	}
	for (size_t i = 0; i < n; i++) {
		if (judge_reference(&edits, draft, &references->items[i], err) < 0) {
			reorg_edits_free(&edits);
			return -1;
		}
	}
	*out = edits;
	return 0;
}

void reorg_edits_free(struct reorg_edits *edits)
{
	ax_arena_free(&edits->arena);
	*edits = (struct reorg_edits){ 0 };
}
