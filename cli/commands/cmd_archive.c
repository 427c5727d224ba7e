#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/archive_run.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/dead_list.h"
#include "cli/record_json.h"
#include "cli/reorg_session.h"
#include "cli/reorg_settle.h"
#include "indexer/catalog.h"
#include "reorg/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

struct archive_settings {
	bool apply, dead, keep, plain, json;
	unsigned jobs;
	const char *queue;
	struct opt_list ignored;
};

/* One run of the command. */
struct work {
	struct cli *cli;
	struct cli_reorg *reorg;
	struct reorg_store *store; /* NULL without --apply */
	struct ax_json_writer w;
	size_t n_dirs; /* that were packed or would be */
};

static void print_json(struct ax_json_writer *w, const struct cli_archived *archived)
{
	ax_json_begin_object(w);
	ax_json_write_path(w, "dir", archived->dir);
	ax_json_write_path(w, "archive", archived->archive);
	cli_record_json_u64(w, "members", archived->report.members);
	cli_record_json_u64(w, "files", archived->report.sum.files);
	cli_record_json_u64(w, "bytes", archived->report.sum.bytes);
	if (archived->verified) {
		cli_record_json_u64(w, "stored_bytes", archived->report.stored_bytes);
		cli_record_json_u64(w, "copies", archived->report.copies);
	}
	cli_record_json_bool(w, "verified", archived->verified);
	cli_record_json_bool(w, "removed", archived->removed);
	ax_json_end_object(w);
}

static void print_row(struct cli_output *out, const struct cli_archived *archived)
{
	const struct arc_pack_report *report = &archived->report;
	char files[AX_UNITS_MAX], bytes[AX_UNITS_MAX], stored[AX_UNITS_MAX];

	ax_count_say(report->sum.files, "file", files);
	ax_size_say(report->sum.bytes, bytes);
	ax_size_say(report->stored_bytes, stored);
	cli_print_path(out, archived->dir);
	fprintf(out->stream, "  %s, %s", files, bytes);
	if (archived->verified)
		fprintf(out->stream, " -> %s", stored);
	fputs("  ", out->stream);
	cli_print_path(out, archived->archive);
	if (archived->verified)
		fputs(archived->removed ? "  verified, originals removed"
					: "  verified, originals kept",
			out->stream);
	fputc('\n', out->stream);
}

/* Archive one directory, root-relative, or say what would be packed. */
static int one(struct work *work, struct ax_str dir, struct ax_error *err)
{
	const struct archive_settings *wanted = work->cli->settings;
	struct cli_archive_options options = {
		.plain = wanted->plain,
		.keep = wanted->keep,
		.threads = wanted->jobs,
	};
	struct cli_archived archived = { .verified = false };
	int status = wanted->apply ? cli_archive_apply(work->reorg, work->store, dir, &options,
					     &archived, err)
				   : cli_archive_plan(work->reorg, dir, &archived, err);

	/* What was done before a failure is told too. */
	if (status < 0 && !archived.verified)
		return -1;
	if (wanted->json)
		print_json(&work->w, &archived);
	else
		print_row(&work->cli->out, &archived);
	return status;
}

/* The i-th operand, root-relative, if it can be archived beside those before it. */
static int name_dir(struct work *work, struct ax_str *dirs, size_t i, struct ax_error *err)
{
	const char *operand = work->cli->operands[i];
	struct ax_buf dir = { 0 };
	struct stat st;

	if (cli_project_relative(&work->reorg->project, operand, &dir, err) < 0)
		return -1;
	char *copy = ax_arena_copy(&work->cli->arena, ax_buf_str(&dir));
	dirs[i] = ax_str(copy, dir.len);
	ax_buf_free(&dir);
	if (!copy)
		return ax_fail(err, ENOMEM, "no memory for the directories");
	if (!dirs[i].len)
		return ax_fail(err, AX_EUSAGE, "the project itself cannot be archived");
	if (fstatat(work->reorg->root, copy, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISDIR(st.st_mode))
		return ax_fail(err, AX_EUSAGE, "%s: not a directory", operand);
	for (size_t k = 0; k < i; k++) {
		if (ax_path_below(dirs[i], dirs[k]) || ax_path_below(dirs[k], dirs[i]))
			return ax_fail(err, AX_EUSAGE,
				"%s and %s: one would be packed with the other; name one",
				work->cli->operands[k], operand);
	}
	return 0;
}

/* All of them are looked at before the first is packed. */
static int named(struct work *work, struct ax_error *err)
{
	size_t n = (size_t)work->cli->n_operands;
	struct ax_str *dirs = ax_arena_alloc(&work->cli->arena, n * sizeof(*dirs));
	int status = dirs ? 0 : ax_fail(err, ENOMEM, "no memory for the directories");

	for (size_t i = 0; i < n && status == 0; i++)
		status = name_dir(work, dirs, i, err);
	if (status == 0)
		status = cli_archive_look(work->reorg, err);
	work->n_dirs = n;
	for (size_t i = 0; i < n && status == 0; i++)
		status = one(work, dirs[i], err);
	return status;
}

/* What is dead, as the disk is now. */
static int list_dead(struct work *work, struct arc_dead *out, struct ax_error *err)
{
	const struct archive_settings *wanted = work->cli->settings;
	struct cli_reorg *reorg = work->reorg;
	struct idx_snapshot *snapshot = NULL;
	struct cli_dead_counts counts;

	if (cli_reorg_rescan(reorg, true, err) < 0 ||
		idx_snapshot_begin(reorg->catalogue.catalog, &snapshot, err) < 0)
		return -1;
	struct cli_dead_request request = { &reorg->project, &reorg->config, snapshot,
		wanted->queue };
	int status = cli_dead_list(&request, out, &counts, err);
	idx_snapshot_end(snapshot);
	return status;
}

/* Dead directories that something keeps, in one line; or that there are none at all. */
static int tell_kept(struct work *work, const struct arc_dead *dead, struct ax_error *err)
{
	const struct arc_dead_row *first = NULL;
	struct ax_buf text = { 0 };
	size_t n = 0;

	for (size_t i = dead->count; i-- > 0;) {
		if (!dead->rows[i].is_dir || !dead->rows[i].kept_by.n)
			continue;
		first = &dead->rows[i];
		n++;
	}
	if (n > 1)
		ax_buf_printf(&text, "%zu dead directories are kept, the first: ", n);
	else if (n)
		ax_buf_append_text(&text, "one dead directory is kept: ");
	else if (!work->n_dirs)
		ax_buf_append_text(&text, "no directory is dead");
	if (first) {
		ax_text_quote(&text, first->path);
		ax_buf_append_text(&text, ": ");
		ax_buf_append_str(&text, first->kept_by.items[0]);
	}
	if (n > 1 || (n && first->kept_by.n > 1))
		ax_buf_append_text(&text, " (artidx dead --all)");
	int status = ax_buf_check(&text, "what is kept", err);
	if (status == 0 && text.len)
		cli_report_note(&work->cli->out, ax_buf_text(&text));
	ax_buf_free(&text);
	return status;
}

/* Dead directories that nothing keeps. */
static int dead_ones(struct work *work, struct ax_error *err)
{
	struct arc_dead dead = { .count = 0 };
	char files[AX_UNITS_MAX];
	size_t n_files = 0;
	int status = list_dead(work, &dead, err);

	for (size_t i = 0; i < dead.count && status == 0; i++) {
		const struct arc_dead_row *row = &dead.rows[i];
		if (row->kept_by.n)
			continue;
		n_files += !row->is_dir;
		work->n_dirs += row->is_dir;
		if (row->is_dir)
			status = one(work, row->path, err);
	}
	ax_count_say(n_files, "dead file", files);
	if (status == 0 && n_files)
		cli_report_warning(&work->cli->out,
			"%s %s in no dead directory and stay%s: artidx dead lists %s", files,
			n_files == 1 ? "is" : "are", n_files == 1 ? "s" : "",
			n_files == 1 ? "it" : "them");
	if (status == 0)
		status = tell_kept(work, &dead, err);
	arc_dead_free(&dead);
	return status;
}

static int check_usage(const struct cli *cli, struct ax_error *err)
{
	const struct archive_settings *wanted = cli->settings;

	if (wanted->dead && cli->n_operands)
		return ax_fail(err, AX_EUSAGE,
			"--dead finds the directories itself; name none, or leave --dead out");
	if (!wanted->dead && !cli->n_operands)
		return ax_fail(err, AX_EUSAGE,
			"name the directories to archive, or say --dead (artidx dead lists "
			"which)");
	return 0;
}

/* Nothing is begun before what was interrupted is finished. */
static int open_store(struct work *work, struct ax_error *err)
{
	const struct archive_settings *wanted = work->cli->settings;

	if (!wanted->apply)
		return 0;
	if (reorg_store_open(work->reorg->root, ".artidx/journal", &work->store, err) < 0)
		return -1;
	if (reorg_store_check_finished(work->store, NULL, err) < 0)
		return -1;
	return cli_reorg_settle_all(work->reorg, work->store, err);
}

static int go(struct cli *cli, struct cli_reorg *reorg, struct ax_error *err)
{
	const struct archive_settings *wanted = cli->settings;
	struct ax_buf text = { 0 };
	struct work work = {
		.cli = cli,
		.reorg = reorg,
		.w = { .buf = &text, .indent = true },
	};
	int status = open_store(&work, err);

	if (status == 0) {
		ax_json_begin_object(&work.w);
		cli_record_json_text(&work.w, "schema", AX_STR("artidx.archive/1"));
		ax_json_write_path(&work.w, "root", ax_str_from(reorg->project.root));
		ax_json_write_key(&work.w, AX_STR("archives"));
		ax_json_begin_array(&work.w);
		status = wanted->dead ? dead_ones(&work, err) : named(&work, err);
		ax_json_end_array(&work.w);
		ax_json_end_object(&work.w);
		ax_buf_append_byte(&text, '\n');
		if (wanted->json && ax_buf_check(&text, "the JSON document", err) == 0)
			fwrite(text.data, 1, text.len, cli->out.stream);
		else if (status == 0 && !wanted->apply && work.n_dirs)
			fputs("\nNothing was changed. To pack, verify and then remove them: "
			      "add --apply\n",
				cli->out.stream);
	}
	reorg_store_close(work.store);
	ax_buf_free(&text);
	return status;
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct archive_settings *wanted = cli->settings;
	struct cli_reorg_options options = {
		.queue = wanted->queue,
		.ignored = &wanted->ignored,
	};
	struct cli_reorg reorg = { .root = -1 };
	int status = -1;

	if (check_usage(cli, err) < 0)
		return -1;
	if (cli_reorg_open(cli, &options, &reorg, err) == 0)
		status = go(cli, &reorg, err);
	cli_reorg_close(&reorg);
	return status;
}

static const struct opt options[] = {
	OPT(struct archive_settings, apply, 0, "apply", NULL,
		"pack, verify, then remove the originals"),
	OPT(struct archive_settings, dead, 0, "dead", NULL,
		"the directories that artidx dead lists and that nothing keeps"),
	OPT(struct archive_settings, keep, 0, "keep", NULL, "with --apply: remove nothing"),
	OPT(struct archive_settings, plain, 0, "plain", NULL,
		"store tensors as they are: larger, and nothing to undo without artidx"),
	OPT(struct archive_settings, queue, 0, "queue", "QUEUE",
		"auto (the default), pueue, tsp, slurm, none, or file:PATH, a saved listing"),
	OPT(struct archive_settings, ignored, 0, "ignore-task", "ID,...",
		"do not let these tasks block"),
	OPT(struct archive_settings, jobs, 'j', "jobs", "N",
		"threads that pack and verify; else one for each core, at most 6"),
	OPT(struct archive_settings, json, 0, "json", NULL, "one JSON document"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "archive out/probe_OLD_1", "what would be packed; changes nothing" },
	{ "archive --apply out/probe_OLD_1", "pack it, read it back, remove it" },
	{ "archive --dead", "what artidx dead lists; add --apply to do it" },
	{ "archive --apply --keep out/run7", "only make out/run7.tar.zst" },
	{ 0 },
};

const struct command cmd_archive = {
	.name = "archive",
	.summary = "pack directories into DIR.tar.zst, verify, then remove them",
	.operands = "[DIR...]",
	.max_operands = UINT_MAX,
	.takes = CLI_OPERAND_FILE,
	.options = options,
	.settings_size = sizeof(struct archive_settings),
	.examples = examples,
	.description =
		"Each directory becomes one archive beside it, an ordinary .tar.zst: tar "
		"--zstd -xf unpacks it anywhere, and its README says how to undo the "
		"order of bytes in which tensors are stored because they compress better "
		"so. Files with the same content are stored once: tar makes hard links of "
		"them, artidx restore files of their own.\n"
		"The archive is synced, read back from the disk, past the page cache where the "
		"file system can do that, and compared with the originals byte for byte. Only "
		"then it gets its name, and only then the "
		"originals move into a trash directory, each looked at again: what has "
		"changed meanwhile stays and is named. Whatever interrupts it, artidx "
		"reorg --recover finishes. Like reorg, it does nothing while a queued job "
		"names the directory or a process has something in it open. Lines of "
		"scripts that name it are listed first, as artidx dead finds them; they keep "
		"nothing that is named here.",
	.exits = CLI_EXITS_GATED | CLI_EXITS_PARTLY,
	.see_also = { "dead", "restore", "verify", "reorg" },
	.run = run,
};
