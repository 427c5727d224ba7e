#include "archive/restore.h"

#include "archive/progress.h"
#include "archive/unfinished.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/path.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/progress.h"
#include "cli/record_json.h"
#include "cli/restored.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

struct restore_settings {
	const char *to;
	bool json;
	unsigned jobs;
	uint64_t max_bytes;
};

static void describe(const void *counters, struct ax_buf *line)
{
	const struct arc_progress *progress = counters;
	char done[AX_UNITS_MAX];

	ax_size_format(progress->done, done);
	ax_buf_printf(line, "restoring: %s", done);
}

/*
 * Where members go: --to, else where they were: beside where the archive was made. In a project
 * that is known, elsewhere it is where the archive lies.
 */
static const char *choose_target(struct cli *cli, const struct cli_restored *restored)
{
	const struct restore_settings *wanted = cli->settings;
	struct ax_str archive = ax_str_from(cli->operands[0]);
	struct ax_str dir = ax_path_dir(archive);

	if (wanted->to)
		return wanted->to;
	if (restored->base)
		return restored->base;
	if (archive.len && archive.ptr[0] == '/' && !dir.len)
		return "/";
	return dir.len ? ax_arena_copy(&cli->arena, dir) : ".";
}

static int open_target(struct cli *cli, const struct cli_restored *restored,
	struct ax_error *err)
{
	const struct restore_settings *wanted = cli->settings;
	const char *path = choose_target(cli, restored);

	if (!path)
		return ax_fail(err, ENOMEM, "no memory");
	if (wanted->to && mkdir(path, 0777) < 0 && errno != EEXIST)
		return ax_fail_errno(err, "%s: cannot be made", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? ax_fail_errno(err, "%s", path) : fd;
}

static int select_members(struct cli *cli, struct arc_selection *out, struct ax_error *err)
{
	size_t n = (size_t)cli->n_operands - 1;
	struct ax_str *paths = ax_arena_alloc(&cli->arena, (n + 1) * sizeof(*paths));

	if (!paths)
		return ax_fail(err, ENOMEM, "no memory for the names of members");
	for (size_t i = 0; i < n; i++) {
		paths[i] = ax_str_from(cli->operands[i + 1]);
		while (paths[i].len > 1 && paths[i].ptr[paths[i].len - 1] == '/')
			paths[i].len--;
		if (!ax_path_is_safe(paths[i]))
			return ax_fail(err, AX_EUSAGE, "%s: not the name of a member",
				cli->operands[i + 1]);
	}
	*out = (struct arc_selection){ .paths = paths, .n = n };
	return 0;
}

static void print_json(struct cli *cli, const struct arc_restore_report *report)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	ax_json_begin_object(&w);
	cli_record_json_text(&w, "schema", AX_STR("artidx.restore/1"));
	ax_json_write_path(&w, "archive", ax_str_from(cli->operands[0]));
	cli_record_json_u64(&w, "members", report->members);
	cli_record_json_u64(&w, "files", report->sum.files);
	cli_record_json_u64(&w, "bytes", report->sum.bytes);
	cli_record_json_u64(&w, "present", report->present);
	ax_json_write_key(&w, AX_STR("damaged"));
	ax_json_begin_array(&w);
	for (size_t i = 0; i < report->n_bad; i++) {
		ax_json_begin_object(&w);
		cli_record_json_path(&w, "path", report->bad[i].path);
		cli_record_json_text(&w, "why", report->bad[i].text);
		ax_json_end_object(&w);
	}
	ax_json_end_array(&w);
	ax_json_end_object(&w);
	ax_buf_append_byte(&text, '\n');
	if (!text.failed)
		fwrite(text.data, 1, text.len, cli->out.stream);
	cli_print_done(&cli->out, &text);
}

static void warn(struct cli *cli, const struct arc_remark *remark, const char *what)
{
	struct ax_buf line = { 0 };

	ax_buf_append_str(&line,
		remark->path.len ? remark->path : ax_str_from(cli->operands[0]));
	ax_buf_append_text(&line, ": ");
	ax_buf_append_text(&line, what);
	ax_buf_append_str(&line, remark->text);
	cli_report_warning(&cli->out, "%s", ax_buf_text(&line));
	ax_buf_free(&line);
}

/* Everything was there, or is damaged, or what came back are no files. */
static void report_no_files(FILE *out, const struct arc_restore_report *report)
{
	char count[AX_UNITS_MAX];

	if (report->members) {
		ax_count_say(report->members, "directory", count);
		fprintf(out, "restored %s\n", count);
	} else if (report->n_bad) {
		fputs("nothing was restored\n", out);
	} else if (report->present) {
		ax_count_say(report->present, "file", count);
		fprintf(out, "nothing to restore: %s%s %s there already\n",
			report->present == 1 ? "" : "all ", count,
			report->present == 1 ? "was" : "were");
	} else {
		fputs("nothing to restore: all of it was there already\n", out);
	}
}

static void report_text(struct cli *cli, const struct arc_restore_report *report)
{
	char files[AX_UNITS_MAX], bytes[AX_UNITS_MAX], present[AX_UNITS_MAX];

	if (!report->sum.files) {
		report_no_files(cli->out.stream, report);
		return;
	}
	ax_count_say(report->sum.files, "file", files);
	ax_size_say(report->sum.bytes, bytes);
	ax_count_format(report->present, present);
	fprintf(cli->out.stream, "restored %s, %s", files, bytes);
	if (report->present)
		fprintf(cli->out.stream, "; %s more %s there already", present,
			report->present == 1 ? "was" : "were");
	fputc('\n', cli->out.stream);
}

static int restore(struct cli *cli, int target, struct arc_restore_report *report,
	struct ax_error *err)
{
	const struct restore_settings *wanted = cli->settings;
	struct arc_progress counters = { 0 };
	struct cli_progress_source source = {
		.counters = &counters,
		.stop = &counters.stop,
		.describe = describe,
	};
	struct arc_restore_options options = {
		.target = target,
		.threads = wanted->jobs,
		.limit = wanted->max_bytes,
		.progress = &counters,
	};
	struct cli_progress *progress = NULL;
	struct arc_archive archive;

	if (select_members(cli, &options.selection, err) < 0 ||
		arc_open(AT_FDCWD, cli->operands[0], &archive, err) < 0)
		return -1;
	int status = cli_progress_begin(&source, &progress, err);
	if (status == 0) {
		status = arc_restore(&archive, &options, report, err);
		int signal_number = cli_progress_end(progress);
		if (status < 0 && counters.stop)
			cli->signal_number = signal_number;
	}
	arc_close(&archive);
	return status;
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct restore_settings *wanted = cli->settings;
	struct arc_restore_report report = { 0 };
	struct cli_restored restored;

	if (cli_restored_find(cli, cli->operands[0], &restored, err) < 0)
		return -1;
	if (arc_is_unfinished(ax_str_from(cli->operands[0])))
		cli_report_warning(&cli->out, "%s: " ARC_UNFINISHED_WHY, cli->operands[0]);
	int target = open_target(cli, &restored, err);
	if (target < 0)
		return -1;
	int status = restore(cli, target, &report, err);
	close(target);
	if (status < 0)
		return -1;
	if (!wanted->to)
		cli_restored_record(&restored, cli->operands + 1, (size_t)cli->n_operands - 1,
			report.n_bad);
	for (size_t i = 0; i < report.n_bad; i++)
		warn(cli, &report.bad[i], "damaged, not restored: ");
	for (size_t i = 0; i < report.n_notes; i++)
		warn(cli, &report.notes[i], "");
	if (wanted->json)
		print_json(cli, &report);
	else
		report_text(cli, &report);
	bool damaged = report.n_bad > 0, left = report.leftover.code != 0;
	*err = report.leftover;
	arc_restore_report_free(&report);
	return left ? -1 : damaged;
}

static const struct opt options[] = {
	OPT(struct restore_settings, to, 0, "to", "DIR",
		"restore below this directory; else beside the archive, where it was"),
	OPT(struct restore_settings, max_bytes, 0, "max-bytes", "N",
		"the most that what is restored may expand to; else what there is space for, "
		"or "
		"without an index what is plausible"),
	OPT(struct restore_settings, jobs, 'j', "jobs", "N",
		"threads that read; else one for each core, at most 6"),
	OPT(struct restore_settings, json, 0, "json", NULL, "one JSON document"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "restore out/run7.tar.zst", "bring out/run7 back as it was" },
	{ "restore out/run7.tar.zst run7/step_9.safetensors", "one file, reading little else" },
	{ "restore out/run7.tar.zst --to /tmp/look", "somewhere else" },
	{ 0 },
};

const struct command cmd_restore = {
	.name = "restore",
	.summary = "bring all or some of an archive back",
	.operands = "ARCHIVE [MEMBER...]",
	.min_operands = 1,
	.max_operands = UINT_MAX,
	.takes = CLI_OPERAND_FILE,
	.options = options,
	.settings_size = sizeof(struct restore_settings),
	.examples = examples,
	.description =
		"A member is named from the directory's own name on; a directory stands "
		"for all in it. Everything is extracted under a temporary name, compared "
		"with its digests, and then renamed to where it was: never over anything. "
		"Times, modes, links and holes come back.\n"
		"Of a damaged archive every file that is whole comes back, and the others "
		"are named. Archives that artidx did not make are restored too, when they "
		"are whole and nothing in them leads outside.",
	.negative = "something was damaged and could not be restored",
	.exits = CLI_EXITS_REFUSED,
	.see_also = { "archive", "verify" },
	.run = run,
};
