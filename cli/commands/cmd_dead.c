#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/units.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/config.h"
#include "cli/dead_list.h"
#include "cli/project.h"
#include "cli/record_json.h"

struct dead_settings {
	bool json, all;
	const char *queue;
};

static void write_texts(struct ax_json_writer *w, const char *key,
	const struct arc_dead_texts *texts)
{
	ax_json_write_key(w, ax_str_from(key));
	ax_json_begin_array(w);
	for (size_t i = 0; i < texts->n; i++)
		ax_json_write_string(w, texts->items[i]);
	ax_json_end_array(w);
}

static int print_json(struct cli *cli, const struct cli_project *project,
	const struct arc_dead *dead, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	ax_json_begin_object(&w);
	cli_record_json_text(&w, "schema", AX_STR("artidx.dead/1"));
	ax_json_write_path(&w, "root", ax_str_from(project->root));
	ax_json_write_key(&w, AX_STR("rows"));
	ax_json_begin_array(&w);
	for (size_t i = 0; i < dead->count; i++) {
		const struct arc_dead_row *row = &dead->rows[i];
		ax_json_begin_object(&w);
		ax_json_write_path(&w, "path", row->path);
		cli_record_json_bool(&w, "dir", row->is_dir);
		cli_record_json_u64(&w, "files", row->files);
		cli_record_json_u64(&w, "size", row->size);
		write_texts(&w, "reasons", &row->reasons);
		write_texts(&w, "kept_by", &row->kept_by);
		ax_json_end_object(&w);
	}
	ax_json_end_array(&w);
	ax_json_end_object(&w);
	return cli_record_json_print(cli->out.stream, &text, err);
}

static void print_texts(struct cli_output *out, const char *label,
	const struct arc_dead_texts *texts)
{
	for (size_t i = 0; i < texts->n; i++) {
		fprintf(out->stream, "  %-5s  ", i ? "" : label);
		if (out->columns) {
			cli_print_wrapped(out, texts->items[i], 9, out->columns);
			continue;
		}
		cli_print_text(out, texts->items[i]);
		fputc('\n', out->stream);
	}
}

static void print_row(struct cli_output *out, const struct arc_dead_row *row)
{
	char size[AX_UNITS_MAX], files[AX_UNITS_MAX];

	ax_size_say(row->size, size);
	ax_count_say(row->files, "file", files);
	cli_print_path(out, row->path);
	if (row->is_dir)
		fprintf(out->stream, "/  %s, %s\n", files, size);
	else
		fprintf(out->stream, "  %s\n", size);
	print_texts(out, "why", &row->reasons);
	print_texts(out, "kept", &row->kept_by);
}

/* What may go, or what is kept: how many, and how much. */
struct total {
	size_t rows, dirs;
	uint64_t size;
};

static struct total print_rows(struct cli_output *out, const struct arc_dead *dead, bool kept,
	bool shown)
{
	struct total total = { 0 };

	for (size_t i = 0; i < dead->count; i++) {
		const struct arc_dead_row *row = &dead->rows[i];
		if ((row->kept_by.n > 0) != kept)
			continue;
		if (shown)
			print_row(out, row);
		total.rows++;
		total.dirs += row->is_dir;
		total.size += row->size;
	}
	return total;
}

static void print_summary(struct cli_output *out, const struct total *may_go,
	const struct total *kept, const struct cli_dead_counts *counts, bool all)
{
	char size[AX_UNITS_MAX], kept_size[AX_UNITS_MAX], text[AX_UNITS_MAX];

	ax_size_say(may_go->size, size);
	ax_size_say(kept->size, kept_size);
	if (!may_go->rows)
		fputs("nothing may go\n", out->stream);
	else
		fprintf(out->stream, "\n%zu may go, %s", may_go->rows, size);
	if (may_go->dirs)
		fputs(": artidx archive --dead packs the directories", out->stream);
	if (may_go->rows)
		fputc('\n', out->stream);
	if (kept->rows)
		fprintf(out->stream, "%zu kept, %s%s\n", kept->rows, kept_size,
			all ? "" : ": artidx dead --all says by what");
	ax_count_say(counts->unread, "script", text);
	if (counts->unread)
		fprintf(out->stream, "%s could not be looked at: artidx reorg says why\n",
			text);
	ax_count_say(counts->tasks, "task", text);
	fprintf(out->stream, "%slooked at %s, ", out->palette->dim, text);
	ax_count_say(counts->references, "line", text);
	fprintf(out->stream, "%s of scripts, ", text);
	ax_count_say(counts->pins, "pin", text);
	fprintf(out->stream, "%s, runs, links, open files%s\n", text, out->palette->reset);
}

static void print(struct cli *cli, const struct arc_dead *dead,
	const struct cli_dead_counts *counts)
{
	const struct dead_settings *wanted = cli->settings;
	struct total may_go = print_rows(&cli->out, dead, false, true);
	struct total kept;

	if (wanted->all && may_go.rows)
		fputc('\n', cli->out.stream);
	kept = print_rows(&cli->out, dead, true, wanted->all);
	print_summary(&cli->out, &may_go, &kept, counts, wanted->all);
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct dead_settings *wanted = cli->settings;
	struct cli_project project;
	struct cli_config config = { 0 };
	struct cli_catalogue catalogue = { 0 };
	struct arc_dead dead = { .count = 0 };
	struct cli_dead_counts counts;
	int status = -1;

	if (cli_project_find(cli, CLI_ROOT_FOUND, &project, err) < 0)
		return -1;
	if (cli_config_load(&project, &config, err) < 0 ||
		cli_catalogue_read(&project, &catalogue, err) < 0)
		goto out;
	struct cli_dead_request request = { &project, &config, catalogue.snapshot,
		wanted->queue };
	if (cli_dead_list(&request, &dead, &counts, err) < 0)
		goto out;
	cli_output_page(&cli->out);
	status = 0;
	if (wanted->json)
		status = print_json(cli, &project, &dead, err);
	else
		print(cli, &dead, &counts);
out:
	arc_dead_free(&dead);
	cli_catalogue_close(&catalogue);
	cli_config_free(&config);
	return status;
}

static const struct opt options[] = {
	OPT(struct dead_settings, all, 'a', "all", NULL, "also what something keeps, and what"),
	OPT(struct dead_settings, queue, 0, "queue", "QUEUE",
		"auto (the default), pueue, tsp, slurm, none, or file:PATH, a saved listing"),
	OPT(struct dead_settings, json, 0, "json", NULL, "one JSON document; kept ones too"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "dead", "what may go, and why" },
	{ "dead --all", "and what is kept, and by what" },
	{ "dead --json | jq -r '.rows[] | select(.kept_by == []) | .path'", "for scripts" },
	{ 0 },
};

const struct command cmd_dead = {
	.name = "dead",
	.summary = "list what may be archived, with the evidence",
	.operands = "",
	.options = options,
	.settings_size = sizeof(struct dead_settings),
	.examples = examples,
	.description =
		"Candidates are directories whose names match dead.match of artidx.json "
		"(*_OLD_*), what crashed runs and runs that were done again have saved, bases "
		"of which there is a newer generation (the same name but for an ending as "
		"_v2, _gen3, _20260528, _old, _bak), and what dead.retain of artidx.json does "
		"not keep:\n"
		"  \"dead\": { \"retain\": { \"checkpoint\":\n"
		"    { \"keep-last\": 2, \"keep-best\": \"hack_rate\", \"older-than\": \"30d\" "
		"} "
		"} }\n"
		"Of each run, or each generation where there is no run, that keeps the newest, "
		"the best, and what is not so old.\n"
		"A candidate is kept while a queued task or a script names it, a run at work "
		"uses it, a symlink leads to it, a process has it open, it was written a "
		"moment ago, or artidx pin says so. This command only proposes; what it knows "
		"of files is what the last scan saw.",
	.exits = CLI_EXITS_CATALOGUE,
	.see_also = { "archive", "pin" },
	.run = run,
};
