#include "archive/verify.h"

#include "archive/progress.h"
#include "archive/unfinished.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/progress.h"
#include "cli/record_json.h"

#include <fcntl.h>
#include <limits.h>

struct verify_settings {
	bool sha256, json;
	unsigned jobs;
};

static void describe(const void *counters, struct ax_buf *line)
{
	const struct arc_progress *progress = counters;
	char done[AX_UNITS_MAX];

	ax_size_format(progress->done, done);
	ax_buf_printf(line, "verifying: %s", done);
}

static void print_json(struct ax_json_writer *w, const char *path,
	const struct arc_verify_report *report)
{
	ax_json_begin_object(w);
	ax_json_write_path(w, "archive", ax_str_from(path));
	cli_record_json_bool(w, "whole", report->n_bad == 0);
	cli_record_json_bool(w, "digests", report->has_digests);
	cli_record_json_u64(w, "members", report->members);
	cli_record_json_u64(w, "files", report->sum.files);
	cli_record_json_u64(w, "bytes", report->sum.bytes);
	ax_json_write_key(w, AX_STR("damaged"));
	ax_json_begin_array(w);
	for (size_t i = 0; i < report->n_bad; i++) {
		ax_json_begin_object(w);
		cli_record_json_path(w, "path", report->bad[i].path);
		cli_record_json_text(w, "why", report->bad[i].text);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
	ax_json_end_object(w);
}

static void print_text(struct cli_output *out, const char *path,
	const struct arc_verify_report *report)
{
	char files[AX_UNITS_MAX], bytes[AX_UNITS_MAX];

	if (report->n_bad && arc_is_unfinished(ax_str_from(path))) {
		cli_print_path(out, ax_str_from(path));
		fputs(": " ARC_UNFINISHED_WHY "\n", out->stream);
		return;
	}
	for (size_t i = 0; i < report->n_bad; i++) {
		const struct arc_remark *bad = &report->bad[i];
		cli_print_path(out, ax_str_from(path));
		fputs(": ", out->stream);
		if (bad->path.len) {
			cli_print_path(out, bad->path);
			fputs(": ", out->stream);
		}
		cli_print_text(out, bad->text);
		fputc('\n', out->stream);
	}
	if (report->n_bad)
		return;
	ax_count_say(report->sum.files, "file", files);
	ax_size_say(report->sum.bytes, bytes);
	cli_print_path(out, ax_str_from(path));
	fprintf(out->stream, ": whole, %s, %s%s\n", files, bytes,
		report->has_digests ? "" : " (not made by artidx: it has no digests)");
}

static int verify(struct cli *cli, const char *path, struct arc_verify_report *report,
	struct ax_error *err)
{
	const struct verify_settings *wanted = cli->settings;
	struct arc_progress counters = { 0 };
	struct cli_progress_source source = {
		.counters = &counters,
		.stop = &counters.stop,
		.describe = describe,
	};
	struct arc_verify_options options = {
		.threads = wanted->jobs,
		.sha256 = wanted->sha256,
		.progress = &counters,
	};
	struct cli_progress *progress = NULL;
	struct arc_archive archive;

	if (arc_open(AT_FDCWD, path, &archive, err) < 0)
		return -1;
	int status = cli_progress_begin(&source, &progress, err);
	if (status == 0) {
		status = arc_verify(&archive, &options, report, err);
		int signal_number = cli_progress_end(progress);
		if (status < 0 && counters.stop)
			cli->signal_number = signal_number;
	}
	arc_close(&archive);
	return status;
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct verify_settings *wanted = cli->settings;
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };
	bool damaged = false;
	int status = 0;

	ax_json_begin_object(&w);
	cli_record_json_text(&w, "schema", AX_STR("artidx.verify/1"));
	ax_json_write_key(&w, AX_STR("archives"));
	ax_json_begin_array(&w);
	for (int i = 0; i < cli->n_operands && status == 0; i++) {
		struct arc_verify_report report = { 0 };
		status = verify(cli, cli->operands[i], &report, err);
		if (status < 0)
			break;
		damaged |= report.n_bad > 0;
		if (wanted->json)
			print_json(&w, cli->operands[i], &report);
		else
			print_text(&cli->out, cli->operands[i], &report);
		arc_verify_report_free(&report);
	}
	ax_json_end_array(&w);
	ax_json_end_object(&w);
	ax_buf_append_byte(&text, '\n');
	if (status == 0 && wanted->json)
		status = ax_buf_check(&text, "the JSON document", err);
	if (status == 0 && wanted->json)
		fwrite(text.data, 1, text.len, cli->out.stream);
	ax_buf_free(&text);
	return status < 0 ? -1 : damaged;
}

static const struct opt options[] = {
	OPT(struct verify_settings, sha256, 0, "sha256", NULL,
		"compare SHA-256 too: takes about twice as long"),
	OPT(struct verify_settings, jobs, 'j', "jobs", "N",
		"threads that read; else one for each core, at most 6"),
	OPT(struct verify_settings, json, 0, "json", NULL, "one JSON document"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "verify out/run7.tar.zst", "is every file in it what was packed" },
	{ 0 },
};

const struct command cmd_verify = {
	.name = "verify",
	.summary = "read archives, compare every file with its digest",
	.operands = "ARCHIVE...",
	.min_operands = 1,
	.max_operands = UINT_MAX,
	.takes = CLI_OPERAND_FILE,
	.options = options,
	.settings_size = sizeof(struct verify_settings),
	.examples = examples,
	.description =
		"Every frame is decoded, the planes of tensors are undone, and XXH3-128 of "
		"each file is compared with what it was when it was packed: that finds "
		"whatever a disk does to it, but not who changed both on purpose: for that "
		"there is --sha256, which compares SHA-256, as MANIFEST in the archive has it, "
		"too. Damage is told by file. Other .tar.zst files can be read too, but they "
		"have nothing to compare with.",
	.negative = "something is damaged",
	.see_also = { "archive", "restore" },
	.run = run,
};
