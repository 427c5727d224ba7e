#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "base/units.h"
#include "cli/archived.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/config.h"
#include "cli/progress.h"
#include "cli/project.h"
#include "cli/scan_report.h"
#include "indexer/catalog.h"
#include "indexer/history.h"
#include "indexer/scan.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>

struct scan_settings {
	bool json, full, strict, rebuild;
	unsigned jobs;
};

/* The operands as root-relative paths that are there. */
static int collect_paths(struct cli *cli, const struct cli_project *project,
	struct idx_scan_options *options, struct ax_error *err)
{
	size_t count = (size_t)cli->n_operands;
	struct ax_str *paths = ax_arena_alloc(&cli->arena, (count + 1) * sizeof(*paths));
	struct ax_buf buf = { 0 };
	struct stat st;
	int status = -1;

	for (size_t i = 0; i < count; i++) {
		const char *operand = cli->operands[i];

		ax_buf_clear(&buf);
		if (cli_project_relative(project, operand, &buf, err) < 0)
			goto out;
		if (lstat(operand, &st) < 0) {
			ax_fail(err, AX_EUSAGE,
				"%s: %s; to forget what is gone, scan its directory", operand,
				strerror(errno));
			goto out;
		}
		const char *copy = ax_arena_copy(&cli->arena, ax_buf_str(&buf));
		if (!paths || !copy) {
			ax_fail(err, ENOMEM, "no memory for the paths");
			goto out;
		}
		paths[i] = ax_str(copy, buf.len);
	}
	options->paths = paths;
	options->n_paths = count;
	status = 0;
out:
	ax_buf_free(&buf);
	return status;
}

static bool any_exists(const struct cli_project *project, const struct idx_strings *dirs)
{
	struct ax_buf path = { 0 };
	struct stat st;
	bool found = false;

	for (size_t i = 0; i < dirs->count && !found; i++) {
		ax_buf_clear(&path);
		ax_path_join(&path, ax_str_from(project->root), dirs->items[i]);
		found = stat(ax_buf_text(&path), &st) == 0;
	}
	ax_buf_free(&path);
	return found;
}

/* A new project in a directory without anything to scan is a slip: nothing is made there. */
static int check_place(const struct cli_project *project, const struct cli_config *config,
	const struct idx_scan_options *options, struct ax_error *err)
{
	struct stat st;

	if (options->n_paths || stat(project->own_dir, &st) == 0)
		return 0;
	if (any_exists(project, &config->index.data) ||
		any_exists(project, &config->index.logs))
		return 0;
	return ax_fail(err, AX_EUSAGE,
		"nothing to scan in %s: it has none of the data directories (out); go to the "
		"project's directory, or name others in artidx.json (artidx init)",
		project->root);
}

static void describe(const void *counters, struct ax_buf *line)
{
	const struct idx_progress *progress = counters;
	char files[AX_UNITS_MAX], headers[AX_UNITS_MAX], bytes[AX_UNITS_MAX];

	ax_count_say(progress->files, "file", files);
	ax_count_say(progress->headers, "header", headers);
	ax_size_format(progress->bytes, bytes);
	ax_buf_printf(line, "scanning: %s, %s read, %s", files, headers, bytes);
}

static int scan(struct cli *cli, struct cli_catalogue *catalogue,
	const struct cli_project *project, const struct cli_config *config,
	struct idx_scan_options *options, struct idx_scan_report *report, struct ax_error *err)
{
	struct idx_progress counters = { 0 };
	struct cli_progress_source source = { &counters, &counters.stop, describe };
	struct cli_progress *progress = NULL;
	struct idx_history *history = NULL;
	int signal_number = 0;
	int status = -1;

	if (idx_history_open(project->history, &history, err) < 0)
		return -1;
	if (cli_progress_begin(&source, &progress, err) < 0)
		goto out;
	options->progress = &counters;
	status = idx_scan(catalogue->catalog, history, options, report, err);
	if (status == 0 && !report->interrupted)
		status = cli_archived_update(project, config, catalogue->catalog, report, err);
	signal_number = cli_progress_end(progress);
	options->progress = NULL;
	if (status == 0 && report->interrupted)
		cli->signal_number = signal_number;
out:
	idx_history_close(history);
	return status;
}

/* Nothing found is a slip more often than an empty project: say where was looked. */
static void tell_where(struct cli *cli, const struct cli_project *project,
	const struct cli_config *config)
{
	const struct idx_strings *dirs = &config->index.data;
	struct ax_buf line = { 0 };

	ax_buf_append_text(&line, "no files in ");
	for (size_t i = 0; i < dirs->count; i++) {
		ax_buf_append_text(&line, i ? ", " : "");
		ax_buf_append_str(&line, dirs->items[i]);
	}
	ax_buf_printf(&line, " of %s; \"data\" in artidx.json names other directories",
		project->root);
	if (!config->file)
		ax_buf_append_text(&line, " (artidx init writes it)");
	cli_report_note(&cli->out, ax_buf_text(&line));
	ax_buf_free(&line);
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) +
	       (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static int tell(struct cli *cli, const struct cli_project *project,
	struct cli_catalogue *catalogue, struct cli_scan_result *result, bool json,
	struct ax_error *err)
{
	if (cli->signal_number) {
		cli_report_error(&cli->out, "interrupted: the catalogue is as it was before",
			NULL);
		return 0;
	}
	if (idx_snapshot_begin(catalogue->catalog, &catalogue->snapshot, err) < 0)
		return -1;
	result->root = project->root;
	result->snapshot = catalogue->snapshot;
	return json ? cli_scan_report_json(&cli->out, result, err)
		    : cli_scan_report_print(&cli->out, result, err);
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct scan_settings *wanted = cli->settings;
	struct timespec start;
	struct cli_project project;
	struct cli_config config = { 0 };
	struct cli_catalogue catalogue = { 0 };
	struct idx_scan_report report = { 0 };
	struct cli_scan_result result = { .report = &report };
	struct idx_scan_options options = { .full = wanted->full, .jobs = wanted->jobs };
	int status = -1;

	clock_gettime(CLOCK_MONOTONIC, &start);
	if (cli_project_find(cli, CLI_ROOT_OR_HERE, &project, err) < 0)
		return -1;
	if (cli_config_load(&project, &config, err) < 0 ||
		collect_paths(cli, &project, &options, err) < 0 ||
		check_place(&project, &config, &options, err) < 0 ||
		cli_project_create(&project, err) < 0)
		goto out;
	if (wanted->rebuild && idx_catalog_remove(project.catalogue, err) < 0)
		goto out;
	if (cli_catalogue_write(&project, &catalogue, err) < 0)
		goto out;
	options.root = project.root;
	options.own_dir = project.catalogue;
	options.config = &config.index;
	options.rules = config.rules;
	if (scan(cli, &catalogue, &project, &config, &options, &report, err) < 0)
		goto out;
	result.seconds = seconds_since(&start);
	if (tell(cli, &project, &catalogue, &result, wanted->json, err) < 0)
		goto out;
	if (!report.files && !options.n_paths && !wanted->json && !cli->signal_number)
		tell_where(cli, &project, &config);
	status = wanted->strict && report.n_problems > 0;
out:
	idx_scan_report_free(&report);
	cli_catalogue_close(&catalogue);
	cli_config_free(&config);
	return status;
}

static const struct opt options[] = {
	OPT(struct scan_settings, full, 'f', "full", NULL, "read unchanged files again"),
	OPT(struct scan_settings, jobs, 'j', "jobs", "N",
		"how many files to read at once; 0, the default, decides by the processors"),
	OPT(struct scan_settings, json, 0, "json", NULL, "the report as one JSON document"),
	OPT(struct scan_settings, strict, 0, "strict", NULL,
		"exit with status 1 when any file is not as it should be"),
	OPT(struct scan_settings, rebuild, 0, "rebuild", NULL,
		"make the catalogue anew, also where it is damaged; the history of moves "
		"stays"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "scan", "read what is new or changed in out/ and logs/" },
	{ "scan out/runs", "only there" },
	{ "scan --json | jq '.problems[].path'", "what is wrong, for scripts" },
	{ 0 },
};

const struct command cmd_scan = {
	.name = "scan",
	.summary = "bring the catalogue up to date with the disk",
	.operands = "[PATH...]",
	.max_operands = UINT_MAX,
	.takes = CLI_OPERAND_FILE,
	.options = options,
	.settings_size = sizeof(struct scan_settings),
	.examples = examples,
	.description =
		"Walks the data and log directories, reads the headers of what is new or "
		"changed, and prints what there is by class and what is wrong. Tensor data is "
		"not read, but for a row or two where a header alone cannot tell what a file "
		"is. Nothing in the tree is changed.\n"
		"What a file is follows from its tensors, their shapes, and its metadata. A "
		"file counts as unchanged while device, inode, size, mtime and ctime are the "
		"same. One that moved keeps its history: artidx resolve finds it by its old "
		"path. New, changed, moved and unchanged files add up to all; read now are "
		"those "
		"that were opened to read a header or a log.\n"
		"The first scan makes .artidx/ here, and so the project. A scan that is "
		"interrupted leaves the catalogue as it was. Of a project that cannot be "
		"written to, --root ROOT and --catalogue DIR keep everything in DIR.",
	.negative = "with --strict: some file is not as it should be",
	.exits = CLI_EXITS_CATALOGUE | CLI_EXITS_REFUSED,
	.run = run,
};
