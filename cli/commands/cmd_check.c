#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/config.h"
#include "cli/history.h"
#include "cli/project.h"
#include "cli/record_json.h"
#include "indexer/drift.h"
#include "indexer/history.h"

enum { SHOWN = 12 }; /* of each kind, unless all are asked for */

struct check_settings {
	bool json, all;
};

/* What each kind means, and what to do about it. */
static const struct {
	const char *heading, *advice;
} kinds[] = {
	[IDX_DRIFT_MOVED] = { "moved since the last scan", "artidx scan" },
	[IDX_DRIFT_MISSING] = { "catalogued and gone", "artidx scan" },
	[IDX_DRIFT_CHANGED] = { "changed since the last scan", "artidx scan" },
	[IDX_DRIFT_NEW] = { "not catalogued yet", "artidx scan" },
	[IDX_DRIFT_RESURRECTED] = { "back at a path that was moved away from",
		"some job still writes to the old path" },
	[IDX_DRIFT_LEFTOVER] = { "left by an artidx that was killed",
		"artidx reorg --recover; remove what that leaves while no artidx is at work" },
	[IDX_DRIFT_UNREADABLE] = { "cannot be looked at, nor what may be below",
		"what the catalogue says of that may be true or not" },
};

static void print_kind(struct cli *cli, const struct idx_drift *items, size_t count)
{
	const struct check_settings *settings = cli->settings;
	struct cli_output *out = &cli->out;
	size_t shown = settings->all || count <= SHOWN ? count : SHOWN;
	const char *heading = kinds[items->kind].heading;

	fprintf(out->stream, "%s%zu %s%s: %s\n", out->palette->yellow, count, heading,
		out->palette->reset, kinds[items->kind].advice);
	for (size_t i = 0; i < shown; i++) {
		fputs("  ", out->stream);
		cli_print_path(out, items[i].path);
		if (items[i].other.len) {
			fputs(" -> ", out->stream);
			cli_print_path(out, items[i].other);
		}
		fputc('\n', out->stream);
	}
	if (shown < count)
		fprintf(out->stream, "  and %zu more: artidx check --all\n", count - shown);
}

static void print_report(struct cli *cli, const struct idx_drift_report *report)
{
	size_t start = 0;

	for (size_t i = 1; i <= report->count; i++) {
		if (i < report->count && report->items[i].kind == report->items[start].kind)
			continue;
		print_kind(cli, report->items + start, i - start);
		start = i;
	}
	if (!report->count)
		fputs("the disk is as the catalogue says\n", cli->out.stream);
}

static int print_json(struct cli *cli, const struct cli_project *project,
	const struct idx_drift_report *report, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	ax_json_begin_object(&w);
	cli_record_json_text(&w, "schema", AX_STR("artidx.check/1"));
	ax_json_write_path(&w, "root", ax_str_from(project->root));
	ax_json_write_key(&w, AX_STR("rows"));
	ax_json_begin_array(&w);
	for (size_t i = 0; i < report->count; i++) {
		const struct idx_drift *item = &report->items[i];
		ax_json_begin_object(&w);
		cli_record_json_text(&w, "kind", ax_str_from(idx_drift_name(item->kind)));
		ax_json_write_path(&w, "path", item->path);
		if (item->other.len)
			ax_json_write_path(&w, "now", item->other);
		ax_json_end_object(&w);
	}
	ax_json_end_array(&w);
	ax_json_end_object(&w);
	return cli_record_json_print(cli->out.stream, &text, err);
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct check_settings *wanted = cli->settings;
	struct cli_project project;
	struct cli_config config = { 0 };
	struct cli_catalogue catalogue = { 0 };
	struct idx_history *history = NULL;
	struct idx_drift_report report = { 0 };
	int status = -1;

	if (cli_project_find(cli, CLI_ROOT_FOUND, &project, err) < 0)
		return -1;
	if (cli_config_load(&project, &config, err) < 0 ||
		cli_catalogue_read(&project, &catalogue, err) < 0 ||
		idx_history_open(project.history, &history, err) < 0)
		goto out;
	struct idx_drift_options options = { project.root, project.catalogue, &config.index };
	if (idx_drift_find(catalogue.snapshot, history, &options, &report, err) < 0)
		goto out;
	cli_history_tell_damage(&cli->out, history);
	cli_output_page(&cli->out);
	if (wanted->json && print_json(cli, &project, &report, err) < 0)
		goto out;
	if (!wanted->json)
		print_report(cli, &report);
	status = report.count > 0;
out:
	idx_drift_report_free(&report);
	idx_history_close(history);
	cli_catalogue_close(&catalogue);
	cli_config_free(&config);
	return status;
}

static const struct opt options[] = {
	OPT(struct check_settings, all, 'a', "all", NULL,
		"every finding, however many there are"),
	OPT(struct check_settings, json, 0, "json", NULL, "one JSON document"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "check", "is the catalogue still true?" },
	{ "check --json | jq -r '.rows[].path'", "what differs, for scripts" },
	{ 0 },
};

const struct command cmd_check = {
	.name = "check",
	.summary = "say where disk and catalogue disagree",
	.operands = "",
	.options = options,
	.settings_size = sizeof(struct check_settings),
	.examples = examples,
	.description =
		"Looks at every file without reading any, and compares with what the last "
		"scan saw: what moved, is gone, was written since, or is new. Also named: "
		"files that are back at a path from which another was moved away, which a job "
		"with the old path in its command line does, and temporary files that a "
		"killed artidx left; and what may not be looked at. Changes nothing.",
	.negative = "something differs",
	.exits = CLI_EXITS_CATALOGUE,
	.run = run,
};
