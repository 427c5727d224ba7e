#include "cli/notes.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "cli/config.h"
#include "cli/dead_list.h"
#include "cli/project.h"
#include "indexer/catalog.h"
#include "query/notes.h"
#include "reorg/draft.h"

#include <fcntl.h>
#include <unistd.h>

static int note_draft(struct qry_notes *notes, const struct reorg_draft *draft,
	struct ax_error *err)
{
	for (size_t i = 0; i < draft->n_moves; i++) {
		const struct reorg_file_move *move = &draft->moves[i];
		if (qry_notes_set(notes, QRY_NOTE_DEST, move->from, move->to, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < draft->n_stays; i++) {
		const struct reorg_stay *stay = &draft->stays[i];
		struct ax_str flag = ax_str_from(reorg_flag_name(stay->flag));
		if (qry_notes_set(notes, QRY_NOTE_FLAG, stay->path, flag, err) < 0)
			return -1;
	}
	return 0;
}

int cli_notes_make(const struct cli_project *project, const struct cli_config *config,
	struct idx_snapshot *snapshot, struct qry_notes **out, struct ax_error *err)
{
	struct reorg_draft draft = { 0 };
	struct qry_notes *notes = NULL;
	int status = -1;
	int root = open(project->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return ax_fail_errno(err, "cannot open %s", project->root);
	if (qry_notes_new(&notes, err) < 0 ||
		reorg_draft_make(snapshot, &config->index, config->layout, root,
			ax_str_from(project->root), &draft, err) < 0)
		goto out;
	if (note_draft(notes, &draft, err) < 0)
		goto out;
	qry_notes_provide(notes, QRY_NOTE_DEST);
	qry_notes_provide(notes, QRY_NOTE_FLAG);
	*out = notes;
	notes = NULL;
	status = 0;
out:
	qry_notes_free(notes);
	reorg_draft_free(&draft);
	close(root);
	return status;
}

/* Every file that is in a row, with the row's reasons. */
static int note_dead(struct qry_notes *notes, struct idx_snapshot *snapshot,
	const struct arc_dead *dead, struct ax_error *err)
{
	struct idx_filter everything = { 0 };
	struct idx_files *files = NULL;
	struct ax_buf path = { 0 };
	struct idx_entry entry;
	int found = 0;

	if (idx_files_open(snapshot, &everything, &files, err) < 0)
		return -1;
	while (found >= 0 && (found = idx_files_next(files, &entry, err)) == 1) {
		ax_buf_clear(&path);
		ax_path_join(&path, entry.dir, entry.name);
		const struct arc_dead_row *row = arc_dead_at(dead, ax_buf_str(&path));
		found = ax_buf_check(&path, "a path", err);
		if (found == 0 && row && !row->kept_by.n)
			found = qry_notes_set(notes, QRY_NOTE_DEAD, ax_buf_str(&path),
				row->reasons.items[0], err);
	}
	ax_buf_free(&path);
	idx_files_close(files);
	return found < 0 ? -1 : 0;
}

int cli_notes_add_dead(const struct cli_project *project, const struct cli_config *config,
	struct idx_snapshot *snapshot, struct qry_notes **notes, struct ax_error *err)
{
	struct cli_dead_request request = { project, config, snapshot, NULL };
	struct arc_dead dead = { .count = 0 };
	struct cli_dead_counts counts;

	if (!*notes && qry_notes_new(notes, err) < 0)
		return -1;
	if (cli_dead_list(&request, &dead, &counts, err) < 0)
		return -1;
	int status = note_dead(*notes, snapshot, &dead, err);
	if (status == 0)
		qry_notes_provide(*notes, QRY_NOTE_DEAD);
	arc_dead_free(&dead);
	return status;
}
