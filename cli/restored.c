#include "cli/restored.h"

#include "archive/open.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "cli/command.h"
#include "cli/reorg_session.h"
#include "indexer/history.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

/* The oldest name that the archive is known by. */
static int find_first_name(struct cli_restored *restored, struct ax_error *err)
{
	struct ax_arena *arena = &restored->cli->arena;
	struct idx_history *history = NULL;
	struct idx_move *origins = NULL;
	size_t n = 0;

	if (idx_history_open(restored->project.history, &history, err) < 0)
		return -1;
	int status = idx_history_origins(history, restored->archive, arena, &origins, &n, err);
	restored->was = restored->archive;
	if (status == 0 && n) {
		struct ax_str from = origins[n - 1].from;
		char *copy = ax_arena_copy(arena, from);
		restored->was = copy ? ax_str(copy, from.len) : restored->archive;
	}
	idx_history_close(history);
	return status;
}

static int set_base(struct cli_restored *restored, struct ax_error *err)
{
	struct ax_buf path = { 0 };
	struct stat st;

	ax_path_join(&path, ax_str_from(restored->project.root), ax_path_dir(restored->was));
	restored->base =
		path.failed ? NULL : ax_arena_copy(&restored->cli->arena, ax_buf_str(&path));
	ax_buf_free(&path);
	if (!restored->base)
		return ax_fail(err, ENOMEM, "no memory for a path");
	if (stat(restored->base, &st) < 0 && errno == ENOENT)
		return ax_fail(err, AX_EUSAGE,
			"%s: that is where the archive was made, and it is gone; say --to DIR",
			restored->base);
	return 0;
}

int cli_restored_find(struct cli *cli, const char *archive, struct cli_restored *out,
	struct ax_error *err)
{
	struct ax_error ignored;
	struct ax_buf path = { 0 };
	struct stat st;
	int status = 0;

	*out = (struct cli_restored){ .cli = cli };
	if (cli_project_find(cli, CLI_ROOT_FOUND, &out->project, &ignored) < 0 ||
		stat(archive, &st) < 0)
		return 0;
	if (cli_project_relative(&out->project, archive, &path, &ignored) == 0) {
		char *copy = ax_arena_copy(&cli->arena, ax_buf_str(&path));
		out->archive = ax_str(copy, path.len);
		out->is_in_project = copy != NULL;
	}
	ax_buf_free(&path);
	if (out->is_in_project && find_first_name(out, err) < 0)
		status = -1;
	return status == 0 && out->is_in_project ? set_base(out, err) : status;
}

/* One member, or all that is in a directory, is where it was. */
static int record_member(const struct cli_restored *restored, struct idx_history *history,
	struct ax_str member, bool is_dir, struct ax_error *err)
{
	struct ax_buf from = { 0 }, to = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	ax_buf_append_str(&from, restored->was);
	ax_buf_append_text(&from, "//");
	ax_buf_append_str(&from, member);
	ax_path_join(&to, ax_path_dir(restored->was), member);
	struct idx_move move = {
		.kind = IDX_MOVE_RESTORED,
		.time = (ax_nanoseconds)now.tv_sec * 1000000000 + now.tv_nsec,
		.is_dir = is_dir,
		.from = ax_buf_str(&from),
		.to = ax_buf_str(&to),
	};
	int status =
		ax_buf_check(&from, "a path", err) < 0 || ax_buf_check(&to, "a path", err) < 0
			? -1
			: idx_history_append(history, &move, err);
	ax_buf_free(&from);
	ax_buf_free(&to);
	return status;
}

static bool is_directory(const struct cli_restored *restored, struct ax_str member)
{
	struct ax_buf path = { 0 };
	struct stat st;

	ax_path_join(&path, ax_str_from(restored->base), member);
	bool is_dir = lstat(ax_buf_text(&path), &st) == 0 && S_ISDIR(st.st_mode);
	ax_buf_free(&path);
	return is_dir;
}

/* "out/a.tar.zst" has the directory "a". */
static struct ax_str name_of_all(const struct cli_restored *restored)
{
	struct ax_str name = ax_path_name(restored->was), suffix = AX_STR(".tar.zst");

	return ax_str_ends(name, suffix) ? ax_str_slice(name, 0, name.len - suffix.len) : name;
}

static int record(const struct cli_restored *restored, char *const *members, size_t n,
	struct ax_error *err)
{
	struct idx_history *history = NULL;
	int status = 0;

	if (idx_history_open(restored->project.history, &history, err) < 0)
		return -1;
	if (n == 0)
		status = record_member(restored, history, name_of_all(restored), true, err);
	for (size_t i = 0; status == 0 && i < n; i++) {
		struct ax_str member = ax_str_from(members[i]);
		while (member.len > 1 && member.ptr[member.len - 1] == '/')
			member.len--;
		status = record_member(restored, history, member,
			is_directory(restored, member), err);
	}
	if (status == 0)
		status = idx_history_sync(history, err);
	idx_history_close(history);
	return status;
}

void cli_restored_record(const struct cli_restored *restored, char *const *members, size_t n,
	size_t n_bad)
{
	struct cli_reorg_options options = { .queue = NULL };
	struct cli_reorg reorg = { .root = -1 };
	struct ax_error mistake = { 0 };
	struct stat st;

	if (!restored->is_in_project || stat(restored->project.catalogue, &st) < 0)
		return;
	/* What is damaged is still nowhere but in the archive. */
	int status = n_bad ? 0 : record(restored, members, n, &mistake);
	if (status == 0)
		status = cli_reorg_open(restored->cli, &options, &reorg, &mistake);
	if (status == 0)
		status = cli_reorg_rescan(&reorg, false, &mistake);
	cli_reorg_close(&reorg);
	if (status < 0)
		cli_report_warning(&restored->cli->out,
			"files are back, but the catalogue does not know: %s", mistake.message);
}
