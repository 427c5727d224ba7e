#include "reorg/remaining.h"

#include "base/error.h"
#include "base/file.h"
#include "reorg/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int compare_indexes(const void *a, const void *b)
{
	size_t x = *(const size_t *)a;
	size_t y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* indexes are in ascending order. */
static bool is_among(const size_t *indexes, size_t n, size_t index)
{
	return n && bsearch(&index, indexes, n, sizeof(index), compare_indexes);
}

/* Whether the journal leaves the act to a run in that direction. */
static bool is_wanted(const struct reorg_journal *journal, enum reorg_side leaves, size_t index)
{
	const struct reorg_beginning *beginning = reorg_journal_beginning(journal);
	const size_t *left = NULL;
	size_t n_left = reorg_journal_left(journal, &left);
	bool is_undone = reorg_journal_state(journal) == REORG_UNDONE;

	if (reorg_journal_past_return(journal) && leaves == REORG_TO)
		return false;
	if (beginning && is_among(beginning->skipped, beginning->n_skipped, index))
		return false;
	if (leaves == REORG_FROM || (!n_left && !is_undone))
		return true;
	bool is_made = reorg_journal_plan(journal)->acts[index].kind == REORG_MAKE_DIR;
	return n_left && (is_made || is_among(left, n_left, index));
}

/* What cannot be looked at counts as there. */
static bool is_there(int root, struct ax_str path)
{
	int fd = ax_open_beneath(root, path, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return errno != ENOENT && errno != ENOTDIR;
	close(fd);
	return true;
}

int reorg_remaining(const struct reorg_journal *journal, int root, enum reorg_side leaves,
	struct ax_arena *arena, struct reorg_plan *out, struct ax_error *err)
{
	const struct reorg_plan *plan = reorg_journal_plan(journal);
	struct reorg_act *acts = ax_arena_alloc(arena, (plan->n_acts + 1) * sizeof(*acts));
	size_t n = 0;

	if (!acts)
		return ax_fail(err, ENOMEM, "no memory for what a plan has left to do");
	for (size_t i = 0; i < plan->n_acts; i++) {
		const struct reorg_act *act = &plan->acts[i];
		struct ax_str path = leaves == REORG_TO && act->to.len ? act->to : act->from;
		if (is_wanted(journal, leaves, i) && (!path.len || is_there(root, path)))
			acts[n++] = *act;
	}
	*out = (struct reorg_plan){ plan->title, plan->time, n, acts };
	return 0;
}
