#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/archived_name.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/history.h"
#include "cli/project.h"
#include "cli/record_json.h"
#include "indexer/history.h"

#include <limits.h>
#include <sys/stat.h>

struct resolve_settings {
	bool json, null;
};

/* Where one path leads. */
struct answer {
	struct ax_str asked; /* root-relative */
	struct ax_str now;   /* "" where nothing is known of it */
	struct idx_move *steps;
	size_t n_steps;
};

static bool exists(const struct cli_project *project, struct ax_str path)
{
	struct ax_buf absolute = { 0 };
	struct stat st;

	ax_path_join(&absolute, ax_str_from(project->root), path);
	bool found = lstat(ax_buf_text(&absolute), &st) == 0;
	ax_buf_free(&absolute);
	return found;
}

/* Not on the disk, for all that the history knows: an archive may have it. */
static int resolve_archived(struct cli *cli, const struct cli_project *project,
	struct answer *answer, struct ax_error *err)
{
	struct ax_str before, now, name = answer->now.len ? answer->now : answer->asked;

	if (cli_archived_before(&cli->arena, name, &before, err) < 0)
		return -1;
	int found = cli_archived_find(project, &cli->arena, before, &now, err);
	if (found == 1)
		answer->now = now;
	return found < 0 ? -1 : 0;
}

static int resolve(struct cli *cli, const struct cli_project *project,
	struct idx_history *history, const char *operand, struct answer *out,
	struct ax_error *err)
{
	struct ax_buf path = { 0 };
	int status = cli_project_relative(project, operand, &path, err);

	*out = (struct answer){ 0 };
	out->asked = ax_str(ax_arena_copy(&cli->arena, ax_buf_str(&path)), path.len);
	ax_buf_free(&path);
	if (status < 0)
		return -1;
	int found = idx_history_resolve(history, out->asked, &cli->arena, &out->now,
		&out->steps, &out->n_steps, err);
	if (found == 0)
		out->now = exists(project, out->asked) ? out->asked : AX_STR("");
	if (found < 0)
		return -1;
	return out->now.len && exists(project, out->now)
		       ? 0
		       : resolve_archived(cli, project, out, err);
}

static void write_answer(struct ax_json_writer *w, const struct answer *answer)
{
	ax_json_begin_object(w);
	ax_json_write_path(w, "path", answer->asked);
	cli_record_json_path(w, "now", answer->now);
	ax_json_write_key(w, AX_STR("steps"));
	ax_json_begin_array(w);
	for (size_t i = 0; i < answer->n_steps; i++) {
		ax_json_begin_object(w);
		ax_json_write_path(w, "from", answer->steps[i].from);
		ax_json_write_path(w, "to", answer->steps[i].to);
		cli_record_json_time(w, "time", answer->steps[i].time);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
	ax_json_end_object(w);
}

static void print_answer(struct cli *cli, const struct answer *answer, bool null)
{
	struct cli_output *out = &cli->out;

	if (null) {
		fwrite(answer->now.ptr, 1, answer->now.len, out->stream);
		fputc('\0', out->stream);
		return;
	}
	cli_print_path(out, answer->now);
	fputc('\n', out->stream);
}

static void tell_unknown(const struct cli *cli, const char *operand)
{
	struct ax_buf message = { 0 };

	ax_buf_printf(&message,
		"'%s' is not there, and nothing is known of it having moved; 'artidx scan' "
		"notices moves",
		operand);
	cli_report_error(&cli->out, ax_buf_text(&message), NULL);
	ax_buf_free(&message);
}

/* All operands: 1 when any of them is not known, else 0. */
static int resolve_all(struct cli *cli, const struct cli_project *project,
	struct idx_history *history, struct ax_json_writer *w, struct ax_error *err)
{
	const struct resolve_settings *settings = cli->settings;
	struct answer answer;
	int status = 0;

	for (int i = 0; i < cli->n_operands; i++) {
		if (resolve(cli, project, history, cli->operands[i], &answer, err) < 0)
			return -1;
		if (settings->json)
			write_answer(w, &answer);
		else if (answer.now.len)
			print_answer(cli, &answer, settings->null);
		else
			tell_unknown(cli, cli->operands[i]);
		status |= answer.now.len == 0;
	}
	return status;
}

static int print_document(struct cli *cli, const struct cli_project *project,
	struct idx_history *history, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	ax_json_begin_object(&w);
	cli_record_json_text(&w, "schema", AX_STR("artidx.resolve/1"));
	ax_json_write_path(&w, "root", ax_str_from(project->root));
	ax_json_write_key(&w, AX_STR("rows"));
	ax_json_begin_array(&w);
	int status = resolve_all(cli, project, history, &w, err);
	ax_json_end_array(&w);
	ax_json_end_object(&w);
	ax_buf_append_byte(&text, '\n');
	if (status >= 0 && ax_buf_check(&text, "the JSON document", err) < 0)
		status = -1;
	if (status >= 0)
		fwrite(text.data, 1, text.len, cli->out.stream);
	ax_buf_free(&text);
	return status;
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct resolve_settings *wanted = cli->settings;
	struct cli_project project;
	struct idx_history *history = NULL;
	int status = -1;

	if (cli_project_find(cli, CLI_ROOT_FOUND, &project, err) < 0 ||
		idx_history_open(project.history, &history, err) < 0)
		return -1;
	if (wanted->json)
		status = print_document(cli, &project, history, err);
	else
		status = resolve_all(cli, &project, history, NULL, err);
	cli_history_tell_damage(&cli->out, history);
	idx_history_close(history);
	return status;
}

static const struct opt options[] = {
	OPT(struct resolve_settings, json, 0, "json", NULL,
		"one JSON document, with every step"),
	OPT(struct resolve_settings, null, '0', "null", NULL, "raw, each path ended by NUL"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "resolve out/v_hack_full.safetensors", "where that file is now" },
	{ "resolve --json OLDPATH", "and how it came there" },
	{ 0 },
};

const struct command cmd_resolve = {
	.name = "resolve",
	.summary = "print where a file is that was moved",
	.operands = "OLDPATH...",
	.min_operands = 1,
	.max_operands = UINT_MAX,
	.takes = CLI_OPERAND_FILE,
	.options = options,
	.settings_size = sizeof(struct resolve_settings),
	.examples = examples,
	.description =
		"Follows the history of moves, which is kept for good: what a scan found "
		"under a new name, and what artidx itself moved. What is in an archive is "
		"printed as ARCHIVE//MEMBER. A path that never moved and "
		"is there is printed as it is. Paths printed are relative to the project's "
		"root.",
	.negative = "nothing is known of a path",
	.run = run,
};
