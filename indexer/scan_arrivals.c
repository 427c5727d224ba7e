/* Files that came to the names they have: which they are, and whether these are old names. */
#include "indexer/scan_internal.h"

#include "base/path.h"
#include "indexer/history.h"

int scan_seek_arrival(struct scan_writer *writer, struct scan_arrival_cursor *cursor,
	const struct scan_arrived *arrived, struct ax_error *err)
{
	if (!cursor->has_chunk || cursor->place != arrived->place) {
		const struct scan_place *place = &writer->places[arrived->place];
		int found = idx_update_find_chunk(writer->update, place->dir, place->chunk,
			&cursor->chunk, err);
		if (found != 1)
			return found;
		cursor->has_chunk = true;
		cursor->place = arrived->place;
		cursor->files = (struct idx_chunk_cursor){ .chunk = &cursor->chunk };
	}
	while (cursor->files.index <= arrived->index) {
		if (!idx_chunk_next(&cursor->files, &cursor->file))
			return 0;
	}
	return 1;
}

/* What scan_find_resurrected() works with. */
struct comeback {
	struct idx_history *history;
	struct scan_problems *problems;
	struct ax_arena arena;
	struct ax_buf path, why;
};

/* A link is what a reorg itself leaves at an old path. */
static int check_file(struct comeback *c, const struct scan_arrival_cursor *cursor,
	struct ax_error *err)
{
	struct ax_str now;

	if (idx_file_type(&cursor->file) == IDX_SYMLINK)
		return 0;
	ax_buf_clear(&c->path);
	ax_path_join(&c->path, cursor->chunk.dir, cursor->file.name);
	if (ax_buf_check(&c->path, "a path", err) < 0)
		return -1;
	struct ax_str path = ax_buf_str(&c->path);
	ax_arena_clear(&c->arena);
	int moved = idx_history_resolve(c->history, path, &c->arena, &now, NULL, NULL, err);
	if (moved <= 0 || ax_str_equal(now, path))
		return moved < 0 ? -1 : 0;
	ax_buf_clear(&c->why);
	ax_buf_append_text(&c->why, "something writes to this old path; what was here is now ");
	ax_buf_append_str(&c->why, now);
	if (ax_buf_check(&c->why, "a path", err) < 0)
		return -1;
	return scan_problems_add(c->problems, path, "resurrected", ax_buf_str(&c->why), err);
}

int scan_find_resurrected(struct scan_writer *writer, struct idx_history *history,
	struct scan_problems *problems, struct ax_error *err)
{
	struct comeback c = { .history = history, .problems = problems };
	struct scan_arrival_cursor cursor = { 0 };
	int status = 0;

	if (!history || idx_history_is_empty(history))
		return 0;
	for (size_t i = 0; i < writer->n_arrived && status == 0; i++) {
		int found = scan_seek_arrival(writer, &cursor, &writer->arrived[i], err);
		status = found > 0 ? check_file(&c, &cursor, err) : found;
	}
	ax_arena_free(&c.arena);
	ax_buf_free(&c.path);
	ax_buf_free(&c.why);
	return status;
}
