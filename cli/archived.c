/*
 * The catalogue lists files on the disk that are named like archives; a list that is empty nearly
 * always, and costs nothing then. Their identities are compared with what is known of archives,
 * and what differs is read: the index, and of each member what tells its class. All of it becomes
 * one change of the catalogue.
 */
#include "cli/archived.h"

#include "archive/open.h"
#include "archive/peek.h"
#include "archive/unfinished.h"
#include "base/buf.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/archived_member.h"
#include "cli/config.h"
#include "cli/project.h"
#include "indexer/archives.h"
#include "indexer/examine.h"
#include "indexer/history.h"
#include "indexer/rules.h"
#include "indexer/scan.h"
#include "safetensors/header.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LAYOUT_CACHE = 16 * 1024 * 1024 };

struct archived {
	const struct cli_project *project;
	const struct cli_config *config;
	struct idx_catalog *catalog;
	int root;
	struct idx_history *history;
	struct sft_layout_cache *layouts;
	struct idx_examiner *examiner;
	struct ax_arena arena; /* of the lists */
	size_t n_gone, n_new, capacity;
	struct ax_str *gone;
	struct idx_archive *news; /* files on the disk, to be looked into */
	struct idx_archives_update *update;
	size_t n_damaged; /* files of the archive at hand */
	struct ax_str first_damaged;
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for archives");
}

static bool keep(struct ax_arena *arena, struct ax_str s, struct ax_str *out)
{
	char *copy = ax_arena_copy(arena, s);

	*out = ax_str(copy, s.len);
	return copy != NULL;
}

/* ---- what differs */

static bool is_known(const struct idx_archive *known, const struct idx_archive *now)
{
	return known && known->dev == now->dev && known->ino == now->ino &&
	       known->size == now->size && known->mtime == now->mtime &&
	       known->ctime == now->ctime &&
	       memcmp(&known->rules, &now->rules, sizeof(now->rules)) == 0;
}

static int add_new(struct archived *a, const struct idx_archive *now, struct ax_error *err)
{
	if (a->n_new == a->capacity) {
		size_t capacity = a->capacity * 2 + 16;
		void *grown = reallocarray(a->news, capacity, sizeof(*a->news));
		if (!grown)
			return no_memory(err);
		a->news = grown;
		a->capacity = capacity;
	}
	a->news[a->n_new++] = *now;
	return 0;
}

/* Files that are there: new and changed ones go to the list. *n counts those that are known. */
static int list_new(struct archived *a, struct idx_snapshot *snapshot, size_t *n,
	struct ax_error *err)
{
	struct ax_digest rules = idx_rules_digest(a->config->rules);
	struct idx_files *files = NULL;
	struct ax_buf path = { 0 };
	struct idx_entry entry;
	int found = 0;

	if (idx_archive_files_open(snapshot, &files, err) < 0)
		return -1;
	while ((found = idx_files_next(files, &entry, err)) == 1) {
		struct idx_archive now = { .dev = entry.dev,
			.ino = entry.ino,
			.size = entry.size,
			.mtime = entry.mtime,
			.ctime = entry.ctime,
			.rules = rules };
		ax_buf_clear(&path);
		ax_path_join(&path, entry.dir, entry.name);
		const struct idx_archive *known =
			idx_snapshot_archive_at(snapshot, ax_buf_str(&path));
		*n += known != NULL;
		if (is_known(known, &now))
			continue;
		if (path.failed || !keep(&a->arena, ax_buf_str(&path), &now.path))
			found = no_memory(err);
		if (found < 0 || (found = add_new(a, &now, err)) < 0)
			break;
	}
	ax_buf_free(&path);
	idx_files_close(files);
	return found;
}

/* Archives that are known, and nothing is at their paths. */
static int list_gone(struct archived *a, struct idx_snapshot *snapshot, struct ax_error *err)
{
	size_t n = idx_snapshot_archive_count(snapshot);
	struct idx_entry entry;

	a->gone = ax_arena_alloc(&a->arena, (n + 1) * sizeof(*a->gone));
	if (!a->gone)
		return no_memory(err);
	for (size_t i = 0; i < n; i++) {
		struct ax_str path = idx_snapshot_archive(snapshot, i)->path;
		int found = idx_snapshot_find(snapshot, path, &entry, err);
		if (found < 0)
			return -1;
		if (found == 0 && !keep(&a->arena, path, &a->gone[a->n_gone++]))
			return no_memory(err);
	}
	return 0;
}

static int compare(struct archived *a, struct ax_error *err)
{
	struct idx_snapshot *snapshot = NULL;
	size_t n = 0;

	if (idx_snapshot_begin(a->catalog, &snapshot, err) < 0)
		return -1;
	int status = list_new(a, snapshot, &n, err);
	if (status == 0 && n < idx_snapshot_archive_count(snapshot))
		status = list_gone(a, snapshot, err);
	idx_snapshot_end(snapshot);
	return status;
}

/* ---- one archive */

/* What is left to say of a member whose bytes are damaged. */
static struct idx_finding describe_damaged(const struct arc_member *member)
{
	struct ax_str why = AX_STR("its bytes in the archive are damaged; its class is as the "
				   "archive's index has it");

	return (struct idx_finding){
		.status = IDX_UNREADABLE,
		.class_name = member->class.len ? member->class : AX_STR("other"),
		.why = why,
		.problem = why,
	};
}

/* One line for all of an archive's damaged members. */
static int blame(struct archived *a, const struct arc_archive *archive, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_str problem;

	if (a->n_damaged > 1)
		ax_buf_printf(&text, "%zu of its files are damaged, the first is ",
			a->n_damaged);
	else
		ax_buf_append_text(&text, "one of its files is damaged: ");
	ax_text_quote(&text, a->first_damaged);
	ax_buf_append_text(&text, "; to check all: artidx verify ");
	ax_text_quote(&text, ax_str_from(archive->path));
	int status = ax_buf_check(&text, archive->path, err);
	if (status == 0 && !keep(&a->arena, ax_buf_str(&text), &problem))
		status = no_memory(err);
	if (status == 0)
		idx_archives_blame(a->update, problem);
	ax_buf_free(&text);
	return status;
}

static int add_member(struct archived *a, struct cli_member_reader *reader,
	const struct arc_archive *archive, size_t i, struct ax_str path, struct ax_error *err)
{
	const struct arc_member *member = &archive->index.members[i];
	struct ax_error cause = { 0 };
	struct idx_finding finding;
	struct idx_archived_file file = {
		.dir = ax_path_dir(path),
		.name = ax_path_name(path),
		.type = member->type == ARC_SYMLINK ? IDX_SYMLINK : IDX_REGULAR,
		.size = arc_index_size(&archive->index, member),
		.mtime = member->mtime,
		.finding = &finding,
	};

	if (cli_member_examine(reader, i, path, &finding, &cause) < 0) {
		if (cause.code != AX_ECORRUPT) {
			*err = cause;
			return -1;
		}
		finding = describe_damaged(member);
		if (!a->n_damaged++)
			a->first_damaged = member->path;
	}
	return idx_archives_add_file(a->update, &file, err);
}

/* All members that are files or links, under the paths that they had. */
static int add_members(struct archived *a, struct arc_archive *archive, struct ax_str base,
	struct ax_error *err)
{
	struct cli_member_reader *reader = NULL;
	struct ax_buf joined = { 0 };
	struct ax_str path;
	int status = cli_member_reader_new(archive, a->examiner, &reader, err);

	for (size_t i = archive->index.n_about; status == 0 && i < archive->index.n; i++) {
		const struct arc_member *member = &archive->index.members[i];
		if (member->type == ARC_DIR)
			continue;
		ax_buf_clear(&joined);
		ax_path_join(&joined, base, member->path);
		if (joined.failed || !keep(&archive->arena, ax_buf_str(&joined), &path))
			status = no_memory(err);
		else
			status = add_member(a, reader, archive, i, path, err);
	}
	ax_buf_free(&joined);
	cli_member_reader_free(reader);
	return status;
}

/* Where the archive lay when it was made, for all that is known: beside it were its members. */
static int find_base(struct archived *a, struct idx_archive *record, struct ax_error *err)
{
	struct idx_move *origins = NULL;
	size_t n = 0;

	if (idx_history_origins(a->history, record->path, &a->arena, &origins, &n, err) < 0)
		return -1;
	record->base = ax_path_dir(n ? origins[n - 1].from : record->path);
	return 0;
}

/* An archive of which nothing is known but why. */
static int add_damaged(struct archived *a, struct idx_archive *record, struct ax_str why,
	struct ax_error *err)
{
	if (!keep(&a->arena, why, &record->problem))
		return no_memory(err);
	return idx_archives_add(a->update, record, err);
}

static int add_archive(struct archived *a, struct arc_archive *archive,
	struct idx_archive *record, struct ax_error *err)
{
	if (arc_is_unfinished(record->path))
		return add_damaged(a, record, AX_STR(ARC_UNFINISHED_WHY), err);
	if (!archive->has_index && arc_peek_is_ours(archive))
		return add_damaged(a, record,
			AX_STR("an archive that is cut off or damaged: it has no index; what "
			       "is left of it: artidx verify"),
			err);
	if (idx_archives_add(a->update, record, err) < 0)
		return -1;
	a->n_damaged = 0;
	if (archive->has_index && add_members(a, archive, record->base, err) < 0)
		return -1;
	return a->n_damaged ? blame(a, archive, err) : 0;
}

static int read_archive(struct archived *a, struct idx_archive *record, struct ax_error *err)
{
	struct ax_error cause = { 0 };
	struct arc_archive archive;
	char *path = ax_arena_copy(&a->arena, record->path);

	if (!path)
		return no_memory(err);
	if (arc_open(a->root, path, &archive, &cause) < 0) {
		/* Gone again, or closed to us: nothing is known of it. */
		if (cause.code != ENOMEM)
			return idx_archives_forget(a->update, record->path, err);
		*err = cause;
		return -1;
	}
	int status = find_base(a, record, err);
	if (status == 0)
		status = add_archive(a, &archive, record, err);
	if (status == 0)
		status = idx_archives_end(a->update, err);
	arc_close(&archive);
	return status;
}

/* ---- all of them */

static int prepare(struct archived *a, struct ax_error *err)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	a->root = open(a->project->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->root < 0)
		return ax_fail_errno(err, "%s: cannot open", a->project->root);
	if (idx_history_open(a->project->history, &a->history, err) < 0 ||
		sft_layout_cache_new(LAYOUT_CACHE, &a->layouts, err) < 0)
		return -1;
	struct idx_examine_options options = {
		.rules = a->config->rules,
		.layouts = a->layouts,
		.now = (ax_nanoseconds)now.tv_sec * 1000000000 + now.tv_nsec,
		.quiet = a->config->index.quiet,
	};
	return idx_examiner_new(&options, &a->examiner, err);
}

static int update(struct archived *a, struct ax_error *err)
{
	if (idx_archives_begin(a->catalog, &a->update, err) < 0)
		return -1;
	for (size_t i = 0; i < a->n_gone; i++) {
		if (idx_archives_forget(a->update, a->gone[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < a->n_new; i++) {
		if (read_archive(a, &a->news[i], err) < 0)
			return -1;
	}
	struct idx_archives_update *done = a->update;
	a->update = NULL;
	return idx_archives_commit(done, a->project->root, err);
}

static void release(struct archived *a)
{
	idx_archives_abort(a->update);
	idx_examiner_free(a->examiner);
	sft_layout_cache_free(a->layouts);
	idx_history_close(a->history);
	if (a->root >= 0)
		close(a->root);
	free(a->news);
	ax_arena_free(&a->arena);
}

static int update_once(struct archived *a, struct ax_error *err)
{
	if (compare(a, err) < 0)
		return -1;
	if (!a->n_gone && !a->n_new)
		return 0;
	return prepare(a, err) < 0 ? -1 : update(a, err);
}

/* What is wrong with archives is told every time, as what is wrong with files is. */
static int tell_problems(struct idx_catalog *catalog, struct idx_scan_report *report,
	struct ax_error *err)
{
	struct idx_snapshot *snapshot = NULL;
	int status = 0;

	if (idx_snapshot_begin(catalog, &snapshot, err) < 0)
		return -1;
	for (size_t i = 0; status == 0 && i < idx_snapshot_archive_count(snapshot); i++) {
		const struct idx_archive *archive = idx_snapshot_archive(snapshot, i);
		const char *kind = arc_is_unfinished(archive->path) ? "unfinished" : "damaged";
		if (archive->problem.len)
			status = idx_scan_report_add(report, archive->path, kind,
				archive->problem, err);
	}
	idx_snapshot_end(snapshot);
	return status;
}

int cli_archived_update(const struct cli_project *project, const struct cli_config *config,
	struct idx_catalog *catalog, struct idx_scan_report *report, struct ax_error *err)
{
	for (;;) {
		struct ax_error cause = { 0 };
		struct archived a = {
			.project = project,
			.config = config,
			.catalog = catalog,
			.root = -1,
		};
		int status = update_once(&a, &cause);
		release(&a);
		if (status == 0)
			return tell_problems(catalog, report, err);
		if (cause.code != ENOBUFS) {
			*err = cause;
			return -1;
		}
		if (idx_catalog_grow(catalog, err) < 0)
			return -1;
	}
}
