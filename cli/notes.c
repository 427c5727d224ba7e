#include "cli/notes.h"

#include "base/error.h"
#include "cli/config.h"
#include "cli/project.h"
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
