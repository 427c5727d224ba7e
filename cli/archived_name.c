#include "cli/archived_name.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "cli/catalogue.h"
#include "cli/project.h"
#include "indexer/archives.h"

#include <errno.h>

static int keep(struct ax_arena *arena, struct ax_buf *path, struct ax_str *out,
	struct ax_error *err)
{
	char *copy = path->failed ? NULL : ax_arena_copy(arena, ax_buf_str(path));
	size_t len = path->len;

	ax_buf_free(path);
	if (!copy)
		return ax_fail(err, ENOMEM, "no memory for a path");
	*out = ax_str(copy, len);
	return 0;
}

int cli_archived_before(struct ax_arena *arena, struct ax_str name, struct ax_str *out,
	struct ax_error *err)
{
	struct ax_buf path = { 0 };
	size_t at = 0;

	while (at < name.len && !ax_str_starts(ax_str_slice(name, at, name.len), AX_STR("//")))
		at++;
	*out = name;
	if (at == name.len)
		return 0;
	ax_path_join(&path, ax_path_dir(ax_str_slice(name, 0, at)),
		ax_str_slice(name, at + 2, name.len));
	return keep(arena, &path, out, err);
}

/* The archive that has path, or something below it: 1 with a copy of its record's path, 0, -1. */
static int find_archive(struct idx_snapshot *snapshot, struct ax_str path,
	const struct idx_archive **out, struct ax_error *err)
{
	struct idx_filter below = { .below = path, .archived = true };
	struct idx_files *files = NULL;
	struct idx_entry entry = { .detail = 0 };
	int found = idx_snapshot_find_anywhere(snapshot, path, &entry, err);

	if (found == 0 && idx_files_open(snapshot, &below, &files, err) < 0)
		return -1;
	if (files)
		found = idx_files_next(files, &entry, err);
	idx_files_close(files);
	if (found == 1)
		*out = idx_snapshot_archive_at(snapshot, entry.archive);
	return found < 0 ? -1 : found == 1 && *out;
}

int cli_archived_find(const struct cli_project *project, struct ax_arena *arena,
	struct ax_str path, struct ax_str *out, struct ax_error *err)
{
	struct cli_catalogue catalogue = { 0 };
	const struct idx_archive *archive = NULL;
	struct ax_error ignored;
	int found = 0;

	if (cli_catalogue_read(project, &catalogue, &ignored) == 0 &&
		idx_snapshot_archive_count(catalogue.snapshot))
		found = find_archive(catalogue.snapshot, path, &archive, err);
	if (found == 1) {
		struct ax_buf name = { 0 };
		size_t skip = archive->base.len ? archive->base.len + 1 : 0;
		ax_buf_append_str(&name, archive->path);
		ax_buf_append_text(&name, "//");
		ax_buf_append_str(&name, ax_str_slice(path, skip, path.len));
		if (keep(arena, &name, out, err) < 0)
			found = -1;
	}
	cli_catalogue_close(&catalogue);
	return found;
}
