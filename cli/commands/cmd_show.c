#include "base/buf.h"
#include "base/error.h"
#include "cli/archived_name.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/history.h"
#include "cli/project.h"
#include "cli/show_view.h"
#include "indexer/catalog.h"
#include "indexer/history.h"
#include "query/show.h"

enum { SIMILAR_SHOWN = 3 };

struct show_settings {
	bool json;
};

/* What the lookups share. */
struct lookup {
	struct cli *cli;
	struct cli_show_subject subject;
	struct idx_history *history;
	const char *name; /* as the user gave it */
};

/* 1 shown, 0 no such file, -1. */
static int show_file(struct lookup *look, struct ax_str path, struct ax_error *err)
{
	struct ax_arena *arena = &look->cli->arena;
	struct qry_file_facts facts;
	struct idx_move *origins = NULL;
	size_t n_origins = 0;
	int found = qry_show_file(look->subject.snapshot, path, arena, &facts, err);

	if (found <= 0)
		return found;
	if (idx_history_origins(look->history, path, arena, &origins, &n_origins, err) < 0)
		return -1;
	cli_output_page(&look->cli->out);
	if (cli_show_file(&look->cli->out, &look->subject, &facts, origins, n_origins, err) < 0)
		return -1;
	return 1;
}

static int show_run(struct lookup *look, struct ax_str id, struct ax_error *err)
{
	struct qry_run_facts facts;
	int found = qry_show_run(look->subject.snapshot, id, &look->cli->arena, &facts, err);

	if (found <= 0)
		return found;
	cli_output_page(&look->cli->out);
	if (cli_show_run(&look->cli->out, &look->subject, &facts, err) < 0)
		return -1;
	return 1;
}

/* The file that had this name once, at its present place. */
static int show_moved(struct lookup *look, struct ax_str path, struct ax_error *err)
{
	struct ax_str now;
	int found = idx_history_resolve(look->history, path, &look->cli->arena, &now, NULL,
		NULL, err);

	if (found > 0 && cli_archived_before(&look->cli->arena, now, &now, err) < 0)
		return -1;
	return found > 0 ? show_file(look, now, err) : found;
}

/* The name as a path from here, as one from the root, as a run, as an old path. */
static int show_any(struct lookup *look, const struct cli_project *project,
	struct ax_error *err)
{
	struct ax_buf path = { 0 };
	struct ax_error outside;
	struct ax_str given = ax_str_from(look->name);
	int found = 0;

	if (cli_project_relative(project, look->name, &path, &outside) == 0)
		found = show_file(look, ax_buf_str(&path), err);
	if (found == 0)
		found = show_file(look, given, err);
	if (found == 0)
		found = show_run(look, given, err);
	if (found == 0 && path.len)
		found = show_moved(look, ax_buf_str(&path), err);
	ax_buf_free(&path);
	return found;
}

/* Say that there is nothing of that name, and what is like it. */
static int tell_similar(struct lookup *look, struct ax_error *err)
{
	struct qry_similar similar = { 0 };
	struct ax_buf message = { 0 };

	if (qry_show_similar(look->subject.snapshot, ax_str_from(look->name), SIMILAR_SHOWN,
		    &look->cli->arena, &similar, err) < 0)
		return -1;
	ax_buf_printf(&message, "there is no file or run '%s' in the catalogue", look->name);
	for (size_t i = 0; i < similar.n; i++) {
		ax_buf_append_text(&message, i ? " or " : "; did you mean ");
		ax_buf_append_str(&message, similar.names[i]);
	}
	ax_buf_append_text(&message, similar.n ? "?" : "; 'artidx query WORD' searches");
	cli_report_error(&look->cli->out, ax_buf_text(&message), NULL);
	ax_buf_free(&message);
	return 1;
}

/* Whether the name is a directory of catalogued files, and say so: 1, 0, -1. */
static int tell_directory(struct lookup *look, const struct cli_project *project,
	struct ax_error *err)
{
	struct ax_buf path = { 0 }, message = { 0 };
	struct ax_error outside;
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int found = 0;

	if (cli_project_relative(project, look->name, &path, &outside) == 0) {
		struct idx_filter filter = { .below = ax_buf_str(&path), .archived = true };
		found = idx_files_open(look->subject.snapshot, &filter, &files, err);
	}
	if (files)
		found = idx_files_next(files, &entry, err);
	idx_files_close(files);
	if (found > 0) {
		ax_buf_printf(&message,
			"'%s' is a directory; 'artidx query DIR' lists its files, 'artidx du "
			"DIR' says where their space is",
			look->name);
		cli_report_error(&look->cli->out, ax_buf_text(&message), NULL);
	}
	ax_buf_free(&message);
	ax_buf_free(&path);
	return found;
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct show_settings *wanted = cli->settings;
	struct cli_project project;
	struct cli_catalogue catalogue = { 0 };
	struct lookup look = { .cli = cli, .name = cli->operands[0] };
	int status = -1;

	if (cli_project_find(cli, CLI_ROOT_FOUND, &project, err) < 0)
		return -1;
	if (cli_catalogue_read(&project, &catalogue, err) < 0 ||
		idx_history_open(project.history, &look.history, err) < 0)
		goto out;
	look.subject =
		(struct cli_show_subject){ project.root, catalogue.snapshot, wanted->json };
	int found = show_any(&look, &project, err);
	status = found < 0 ? -1 : 0;
	cli_history_tell_damage(&cli->out, look.history);
	if (found == 0)
		status = tell_directory(&look, &project, err);
	if (found == 0 && status == 0)
		status = tell_similar(&look, err);
out:
	idx_history_close(look.history);
	cli_catalogue_close(&catalogue);
	return status;
}

static const struct opt options[] = {
	OPT(struct show_settings, json, 0, "json", NULL, "one JSON document"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "show out/v_hack_21pairs.safetensors", "a file: class, run, who used it, tensors" },
	{ "show 20260528T223214_fast_projected_seed41_s41", "a run: settings, results, files" },
	{ 0 },
};

const struct command cmd_show = {
	.name = "show",
	.summary = "print everything known about a file or a run",
	.operands = "PATH|RUN",
	.min_operands = 1,
	.max_operands = 1,
	.takes = CLI_OPERAND_SUBJECT,
	.options = options,
	.settings_size = sizeof(struct show_settings),
	.examples = examples,
	.description =
		"For a file: its class and the evidence, the run that wrote it and the "
		"evidence for that, derived facts, metadata, tensors, which runs used it, "
		"which files have the same header, and where it was before. For a run: its "
		"settings, results, log, inputs and files.\n"
		"The path is as seen from the current directory, or from the project's root; "
		"a path where the file was before will do. What is shown is what the last "
		"scan saw.",
	.negative = "there is no such file or run",
	.exits = CLI_EXITS_CATALOGUE,
	.run = run,
};
