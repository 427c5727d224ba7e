#include "query/query.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/config.h"
#include "cli/notes.h"
#include "cli/project.h"
#include "cli/queue.h"
#include "cli/saved.h"
#include "indexer/jobs.h"
#include "indexer/references.h"
#include "indexer/rules.h"
#include "query/needs.h"
#include "query/notes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

struct query_settings {
	bool json, jsonl, csv, tsv, paths, null, count, quiet;
	const char *format;
	const char *columns, *sort, *group_by, *sum;
	const char *saved;
	bool list_saved;
	uint64_t limit;
	const char *queue;
	bool explain;
};
static const struct query_settings defaults = { .limit = UINT64_MAX };

/* One run of the command. */
struct asking {
	struct cli *cli;
	struct cli_project project;
	struct cli_config config;
};

/* The switches for forms of output. */
static const struct form {
	const char *name;
	size_t offset;
	enum qry_format format;
} forms[] = {
	{ "--json", offsetof(struct query_settings, json), QRY_JSON_DOCUMENT },
	{ "--jsonl", offsetof(struct query_settings, jsonl), QRY_JSON_LINES },
	{ "--csv", offsetof(struct query_settings, csv), QRY_CSV },
	{ "--tsv", offsetof(struct query_settings, tsv), QRY_TSV },
	{ "--paths", offsetof(struct query_settings, paths), QRY_PATHS },
	{ "--null", offsetof(struct query_settings, null), QRY_PATHS_NUL },
	{ "--count", offsetof(struct query_settings, count), QRY_COUNT },
	{ "--quiet", offsetof(struct query_settings, quiet), QRY_QUIET },
};

static int choose_form(const struct query_settings *settings, enum qry_format *out,
	struct ax_error *err)
{
	const char *chosen = settings->format ? "--format" : NULL;

	*out = settings->format ? QRY_TEMPLATE : QRY_TABLE;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form *form = &forms[i];
		bool is_set = *(const bool *)((const char *)settings + form->offset);
		bool refines = form->format == QRY_PATHS_NUL && *out == QRY_PATHS;

		if (!is_set)
			continue;
		if (chosen && !refines)
			return ax_fail(err, AX_EUSAGE,
				"%s and %s are two forms of output: choose one", chosen,
				form->name);
		chosen = form->name;
		*out = form->format;
	}
	return 0;
}

/* A saved query brings its view and an expression that must hold too. */
static int bring_saved(const struct asking *a, const char *name, bool names_view,
	struct qry_request *request, struct ax_error *err)
{
	struct cli_saved saved;

	if (cli_saved_find(ax_json_root(a->config.effective), name, &a->cli->arena, &saved,
		    err) < 0)
		return -1;
	if (names_view && saved.view != request->view)
		return ax_fail(err, AX_EUSAGE, "the saved query '%s' is about %s, not %s", name,
			qry_view_name(saved.view), qry_view_name(request->view));
	request->view = saved.view;
	request->saved = saved.expression;
	return 0;
}

/* A view's name at the front is taken off the expression. */
static bool choose_view(struct cli *cli, struct qry_request *request)
{
	int first = 0;

	request->view = QRY_FILES;
	if (cli->n_operands && qry_view_parse(ax_str_from(cli->operands[0]), &request->view))
		first = 1;
	request->n_arguments = (size_t)(cli->n_operands - first);
	request->arguments = (const char *const *)cli->operands + first;
	return first == 1;
}

static int make_request(const struct asking *a, struct qry_request *out, struct ax_error *err)
{
	const struct query_settings *settings = a->cli->settings;

	*out = (struct qry_request){
		.columns = settings->columns,
		.sort = settings->sort,
		.group_by = settings->group_by,
		.sum = settings->sum,
		.template = settings->format,
		.has_limit = settings->limit != UINT64_MAX,
		.limit = settings->limit,
	};
	bool names_view = choose_view(a->cli, out);
	if (choose_form(settings, &out->format, err) < 0)
		return -1;
	return settings->saved ? bring_saved(a, settings->saved, names_view, out, err) : 0;
}

/* The classes that rules may give, so that one without files is no mistake. */
static int list_classes(struct cli *cli, const struct idx_rules *rules,
	struct qry_environment *environment, struct ax_error *err)
{
	size_t count = idx_rules_class_count(rules);
	struct ax_str *classes = ax_arena_alloc(&cli->arena, (count + 1) * sizeof(*classes));

	if (!classes)
		return ax_fail(err, ENOMEM, "no memory for the classes");
	for (size_t i = 0; i < count; i++)
		classes[i] = idx_rules_class(rules, i);
	environment->classes = classes;
	environment->n_classes = count;
	return 0;
}

/* The user's words with a caret below the mistake, for the end. */
static void keep_place(struct cli *cli, const struct qry_mistake *mistake,
	const struct qry_request *request)
{
	struct ax_buf buf = { 0 };

	if (mistake->in_saved)
		qry_mistake_show(mistake, 1, &request->saved, &buf);
	else
		qry_mistake_show(mistake, request->n_arguments, request->arguments, &buf);
	cli->error_detail = ax_arena_copy(&cli->arena, ax_buf_str(&buf));
	ax_buf_free(&buf);
}

/* What the query looks at besides the catalogue. Zero-initialise. */
struct extras {
	struct qry_notes *notes;
	struct idx_references references;
	struct idx_jobs jobs;
};

static int bring_references(const struct asking *a, struct extras *extras,
	struct qry_environment *environment, struct ax_error *err)
{
	int root = open(a->project.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return ax_fail_errno(err, "cannot open %s", a->project.root);
	int status = idx_references_find(environment->snapshot, &a->config.index, root,
		ax_str_from(a->project.root), &extras->references, err);
	close(root);
	environment->references = &extras->references;
	return status;
}

static int bring_jobs(const struct asking *a, struct extras *extras,
	struct qry_environment *environment, struct ax_error *err)
{
	const struct query_settings *settings = a->cli->settings;

	if (cli_queue_read(&a->project, &a->config, settings->queue, &extras->jobs, err) < 0)
		return -1;
	if (extras->jobs.unreadable)
		cli_report_warning(&a->cli->out, "a queue could not be read: %.*s",
			AX_STR_ARG(extras->jobs.why));
	environment->jobs = &extras->jobs;
	return 0;
}

/* "runs hack_rate>0.3" as one argument is a word and a term, and seldom meant. */
static void report_nothing(struct cli *cli, const struct qry_request *request)
{
	const char *first = request->n_arguments == 1 ? request->arguments[0] : "";
	struct ax_str name = ax_str(first, strcspn(first, " "));
	enum qry_view view;
	char hint[120];

	if (first[name.len] != ' ' || !qry_view_parse(name, &view)) {
		cli_report_note(&cli->out, "nothing matches");
		return;
	}
	snprintf(hint, sizeof(hint),
		"nothing matches; a view is an argument of its own: artidx query %s '...'",
		qry_view_name(view));
	cli_report_note(&cli->out, hint);
}

static int run_query(const struct asking *a, const struct qry_request *request,
	struct qry_query *query, struct ax_error *err)
{
	const struct query_settings *settings = a->cli->settings;
	struct cli_output *out = &a->cli->out;
	struct qry_style style = { .width = out->columns, .color = *out->palette->reset != 0 };
	uint64_t n_rows = 0;

	cli_output_page(out);
	if (qry_query_run(query, &style, out->stream, &n_rows, err) < 0)
		return -1;
	fflush(out->stream);
	if (n_rows == 0 && request->format == QRY_TABLE && out->is_terminal)
		report_nothing(a->cli, request);
	if (settings->explain && qry_query_explain(query, stderr, err) < 0)
		return -1;
	return request->format == QRY_QUIET && n_rows == 0;
}

static int answer(const struct asking *a, struct qry_environment *environment,
	const struct qry_request *request, struct ax_error *err)
{
	struct qry_mistake mistake = { 0 };
	struct qry_query *query = NULL;
	struct extras extras = { 0 };
	int status = -1;

	if (qry_query_new(environment, request, &query, &mistake, err) < 0) {
		keep_place(a->cli, &mistake, request);
		return -1;
	}
	unsigned needs = qry_query_needs(query);
	if (needs & QRY_NEEDS_REFERENCES && bring_references(a, &extras, environment, err) < 0)
		goto out;
	if (needs & QRY_NEEDS_JOBS && bring_jobs(a, &extras, environment, err) < 0)
		goto out;
	if ((needs | qry_query_wants(query)) & CLI_NOTES_NEEDS &&
		cli_notes_make(&a->project, &a->config, environment->snapshot, &extras.notes,
			err) < 0)
		goto out;
	if (needs & CLI_NOTES_NEEDS_DEAD &&
		cli_notes_add_dead(&a->project, &a->config, environment->snapshot,
			&extras.notes, err) < 0)
		goto out;
	environment->notes = extras.notes;
	status = run_query(a, request, query, err);
out:
	qry_query_free(query);
	environment->notes = NULL;
	environment->references = NULL;
	environment->jobs = NULL;
	qry_notes_free(extras.notes);
	idx_references_free(&extras.references);
	idx_jobs_free(&extras.jobs);
	return status;
}

/* A line a saved query: its name, a TAB, the query. */
static void list_saved(const struct asking *a)
{
	const struct ax_json_value *saved =
		ax_json_get(ax_json_root(a->config.effective), "saved");
	struct cli_output *out = &a->cli->out;
	struct ax_str text = AX_STR("");

	for (const struct ax_json_value *v = ax_json_first(saved); v; v = ax_json_next(v)) {
		ax_json_string(v, &text);
		cli_print_text(out, ax_json_key(v));
		fputc('\t', out->stream);
		cli_print_text(out, text);
		fputc('\n', out->stream);
	}
	if (!ax_json_length(saved) && out->is_terminal)
		cli_report_note(out,
			"no query is saved; artidx.json: \"saved\": {\"NAME\": \"QUERY\"}");
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct query_settings *settings = cli->settings;
	struct asking a = { .cli = cli };
	struct timespec now;
	struct cli_catalogue catalogue = { 0 };
	struct qry_environment environment = { 0 };
	struct qry_request request;
	int status = -1;

	clock_gettime(CLOCK_REALTIME, &now);
	if (cli_project_find(cli, CLI_ROOT_FOUND, &a.project, err) < 0)
		return -1;
	if (cli_config_load(&a.project, &a.config, err) < 0)
		goto out;
	if (settings->list_saved) {
		list_saved(&a);
		status = 0;
		goto out;
	}
	if (make_request(&a, &request, err) < 0 ||
		list_classes(cli, a.config.rules, &environment, err) < 0 ||
		cli_catalogue_read(&a.project, &catalogue, err) < 0)
		goto out;
	environment.snapshot = catalogue.snapshot;
	environment.root = a.project.root;
	environment.cwd = a.project.cwd;
	environment.now = (ax_nanoseconds)now.tv_sec * 1000000000 + now.tv_nsec;
	status = answer(&a, &environment, &request, err);
out:
	cli_catalogue_close(&catalogue);
	cli_config_free(&a.config);
	return status;
}

/* The views with their fields, out of the tables that parse queries. */
static void describe_fields(struct ax_buf *text)
{
	for (unsigned view = 0; view < QRY_VIEW_COUNT; view++) {
		size_t count = 0;
		const struct qry_field *fields = qry_fields((enum qry_view)view, &count);

		ax_buf_printf(text, "The view %s: %s.\n", qry_view_name((enum qry_view)view),
			qry_view_doc((enum qry_view)view));
		for (size_t i = 0; i < count; i++) {
			bool is_keyed = fields[i].flags & QRY_FIELD_KEYED;
			ax_buf_printf(text, "  %s%-*s %s\n", fields[i].name,
				15 - (int)strlen(fields[i].name), is_keyed ? ".*" : "",
				fields[i].doc);
		}
	}
}

static const struct opt options[] = {
	OPT(struct query_settings, columns, 'c', "columns", "FIELDS",
		"what to show, separated by commas: path,k,cfg.seed"),
	OPT(struct query_settings, sort, 0, "sort", "FIELDS",
		"in this order; -FIELD for the greatest first"),
	OPT(struct query_settings, limit, 'n', "limit", "N", "at most so many rows"),
	OPT(struct query_settings, group_by, 0, "group-by", "FIELDS",
		"one row for each value, with how many there are"),
	OPT(struct query_settings, sum, 0, "sum", "FIELDS", "add these up"),
	OPT(struct query_settings, json, 0, "json", NULL, "one JSON document"),
	OPT(struct query_settings, jsonl, 0, "jsonl", NULL, "a JSON object a line"),
	OPT(struct query_settings, csv, 0, "csv", NULL, "comma-separated values, safe to open"),
	OPT(struct query_settings, tsv, 0, "tsv", NULL, "values separated by TAB"),
	OPT(struct query_settings, paths, 0, "paths", NULL,
		"paths alone, a line each; of files on the disk only, unless archived_in is "
		"asked for"),
	OPT(struct query_settings, null, '0', "null", NULL,
		"the same, raw, each ended by NUL: for xargs -0"),
	OPT(struct query_settings, format, 0, "format", "TEMPLATE",
		"a line a row from a template: '{path}\\t{k}\\n'"),
	OPT(struct query_settings, count, 0, "count", NULL, "the number of rows alone"),
	OPT(struct query_settings, quiet, 'q', "quiet", NULL,
		"print nothing; the exit status says whether anything matches"),
	OPT(struct query_settings, saved, 0, "saved", "NAME",
		"a query saved in artidx.json; what else is asked must hold too"),
	OPT(struct query_settings, list_saved, 0, "list-saved", NULL,
		"print the saved queries: name, TAB, query"),
	OPT(struct query_settings, queue, 0, "queue", "QUEUE",
		"for jobs: auto, pueue, tsp, slurm, none or file:PATH"),
	OPT(struct query_settings, explain, 0, "explain", NULL,
		"then say how the query was understood and what it read"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "query v_hack", "any text field has it" },
	{ "query class:v_hack k:12", "bases with k = 12" },
	{ "query class:checkpoint cfg.seed:41,43", "checkpoints of two seeds" },
	{ "query runs hack_rate:0.5.. --sort -hack_rate", "runs, best hackers first" },
	{ "query runs uses:v_hack_21pairs", "which runs used this basis" },
	{ "query runs -c run,rows[].hack_s", "a curve per run, as a line of bars" },
	{ "query status:truncated,invalid", "what is broken" },
	{ "query class:other -0 | xargs -0 ls -ld", "feed another program" },
	{ 0 },
};

const struct command cmd_query = {
	.name = "query",
	.summary = "find files, runs and more by what they are",
	.operands = "[VIEW] [EXPRESSION...]",
	.max_operands = UINT_MAX,
	.takes = CLI_OPERAND_QUERY,
	.options = options,
	.settings_size = sizeof(struct query_settings),
	.defaults = &defaults,
	.examples = examples,
	.description =
		"Asks one of several views, files when none is named. An expression is words "
		"and terms; what stands one after the other must hold together.\n"
		"A word is found anywhere in a path, run, tag or model; the name of a "
		"directory means all below it, from the root, or from here with ./ or ../ "
		"before it. With * ? [ it is a glob, also on a "
		"file's name: '*.log'. A term is FIELD OPERATOR VALUE:\n"
		"  class:v_hack             equal; text is found inside, * ? [ make it a glob\n"
		"  path=out/a.safetensors   exactly\n"
		"  name~^V/                 a regular expression; !~ the opposite\n"
		"  k:12..  size:..1G        a range, both ends belong to it\n"
		"  cfg.seed:41,43           any of a list\n"
		"  hack_rate>0.3            also < <= >= !=\n"
		"  model:*                  present at all\n"
		"  any(tensors: name~^S/)   one row of another view does; also all(...), "
		"none(...)\n"
		"Terms are joined by and (or nothing), or (also a comma as its own word), "
		"not, and parentheses. One argument is a whole expression; several arguments "
		"are one token each and need no quotes of their own, but for what the shell "
		"itself reads: < > ( ) * ! and blanks.\n"
		"Sizes: K M G T are powers of 1024, KB MB GB of 1000. Times: 2026-05, "
		"2026-05-28T22:32, or an age: mtime:-2w.. is the last two weeks.\n"
		"A comparison with something that a file does not have is false.\n"
		"Archived files are found as those on the disk are, and archived_in says "
		"where they are. --paths and -0 are for programs that open what they get: "
		"they leave archived files out, unless the expression asks for archived_in.",
	.describe_more = describe_fields,
	.negative = "with -q: nothing matches",
	.exits = CLI_EXITS_CATALOGUE,
	.run = run,
};
