#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/config.h"
#include "cli/project.h"
#include "cli/record_json.h"
#include "cli/suggest.h"
#include "indexer/log.h"
#include "indexer/rules.h"
#include "reorg/layout.h"

#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>
#include <time.h>

struct path_settings {
	const char *run, *role;
	bool json;
};
static const struct path_settings defaults = { .role = "train" };

/* One run of the command. */
struct placing {
	struct cli *cli;
	struct cli_project project;
	struct cli_config config;
	struct reorg_artifact artifact;
	struct ax_buf name; /* with its extension */
	struct ax_buf path; /* root-relative: the answer */
	struct ax_buf run;  /* "<ts>_<slug>", or empty */
	struct ax_buf log;  /* of that run */
};

enum { NAME_MAX_BYTES = 200 }; /* leaves room for what a template adds */

/* What may be a part of a file's name wherever scripts and shells pass it on. */
static int check_name(const char *what, const char *text, struct ax_error *err)
{
	struct ax_str name = ax_str_from(text);

	if (name.len == 0 || name.len > NAME_MAX_BYTES)
		return ax_fail(err, AX_EUSAGE, "%s must have 1 to %d bytes, not %zu", what,
			NAME_MAX_BYTES, name.len);
	if (name.ptr[0] == '.' || name.ptr[0] == '-')
		return ax_fail(err, AX_EUSAGE, "%s '%s' must not begin with '%c'", what, text,
			name.ptr[0]);
	if (!ax_text_is_plain(name) || strpbrk(text, "/\\\"'`$*?[]{}<>|&;:!# "))
		return ax_fail(err, AX_EUSAGE,
			"%s '%s' is no safe file name: letters, digits and . _ - + = , @ and "
			"%% are",
			what, text);
	return 0;
}

static int check_class(const struct placing *p, struct ax_str name, struct ax_error *err)
{
	struct cli_suggestion suggestion = { .given = name };
	char hint[CLI_HINT_MAX];

	for (size_t i = 0; i < idx_rules_class_count(p->config.rules); i++) {
		if (ax_str_equal(idx_rules_class(p->config.rules, i), name))
			return 0;
		cli_suggest_offer(&suggestion, idx_rules_class(p->config.rules, i));
	}
	return ax_fail(err, AX_EUSAGE, "there is no class '%.*s'%s", AX_STR_ARG(name),
		cli_suggest_hint(&suggestion, "", "; rules in artidx.json add classes", hint));
}

static bool exists(const struct placing *p, const struct ax_buf *path)
{
	struct ax_buf absolute = { 0 };
	struct stat st;

	ax_path_join(&absolute, ax_str_from(p->project.root), ax_buf_str(path));
	bool found = path->len && lstat(ax_buf_text(&absolute), &st) == 0;
	ax_buf_free(&absolute);
	return found;
}

/* A name without an extension is one of a safetensors file; ".5" of "lr0.5" is no extension. */
static void make_name(struct placing *p, const char *name)
{
	struct ax_str extension = ax_path_extension(ax_str_from(name));

	ax_buf_append_text(&p->name, name);
	if (!p->artifact.is_dir &&
		(extension.len < 2 || !isalpha((unsigned char)extension.ptr[1])))
		ax_buf_append_text(&p->name, ".safetensors");
	p->artifact.name = ax_buf_str(&p->name);
}

/* Whether the layout has a place for p->artifact: 1, 0, -1. It is in p->path. */
static int place(struct placing *p, struct ax_error *err)
{
	struct ax_buf below = { 0 };
	int found = reorg_layout_place(p->config.layout, &p->artifact, &below, err);

	ax_buf_clear(&p->path);
	if (found > 0)
		ax_path_join(&p->path, p->config.index.data.items[0], ax_buf_str(&below));
	ax_buf_free(&below);
	return found;
}

/* The layout wants something that was not given: say what. */
static int refuse_incomplete(struct placing *p, struct ax_error *err)
{
	struct ax_str class_name = p->artifact.class_name;
	bool has_name = p->artifact.name.len > 0;

	p->artifact.name = has_name ? p->artifact.name : AX_STR("x");
	if (!has_name && place(p, err) > 0)
		return ax_fail(err, AX_EUSAGE, "class %.*s wants a name: artidx path %.*s NAME",
			AX_STR_ARG(class_name), AX_STR_ARG(class_name));
	return ax_fail(err, AX_EUSAGE,
		"class %.*s is placed by its run: artidx path %.*s --run SLUG",
		AX_STR_ARG(class_name), AX_STR_ARG(class_name));
}

static void name_run(struct placing *p, struct ax_str id)
{
	ax_buf_clear(&p->run);
	ax_buf_append_str(&p->run, id);
	p->artifact.run = ax_buf_str(&p->run);
	ax_buf_clear(&p->log);
	if (p->config.index.logs.count)
		ax_path_join(&p->log, p->config.index.logs.items[0], id);
	ax_buf_append_text(&p->log, p->log.len ? ".log" : "");
}

/* A new run gets the first second, from now on, that none of its name has. */
static int place_new_run(struct placing *p, const char *slug, struct ax_error *err)
{
	ax_nanoseconds now = (ax_nanoseconds)time(NULL) * 1000000000;
	char stamp[AX_UNITS_MAX];
	struct ax_buf id = { 0 };
	int found;

	do {
		ax_stamp_format(now, stamp);
		ax_buf_clear(&id);
		ax_buf_printf(&id, "%s_%s", stamp, slug);
		name_run(p, ax_buf_str(&id));
		found = place(p, err);
		now += 1000000000;
	} while (found > 0 && (exists(p, &p->path) || exists(p, &p->log)));
	ax_buf_free(&id);
	return found;
}

static int find_place(struct placing *p, struct ax_error *err)
{
	const struct path_settings *settings = p->cli->settings;
	struct ax_str class_name = ax_str_from(p->cli->operands[0]);
	struct ax_str ts, slug;
	int found;

	p->artifact.class_name = class_name;
	p->artifact.role = ax_str_from(settings->role);
	p->artifact.is_dir = !reorg_layout_has(p->config.layout, class_name, false);
	if (!reorg_layout_has(p->config.layout, class_name, p->artifact.is_dir)) {
		if (check_class(p, class_name, err) < 0)
			return -1;
		return ax_fail(err, AX_ECONFIG,
			"the layout has no place for class %.*s; give it one in artidx.json: "
			"\"layout\": {\"%.*s\": \"%.*s/{name}\"}",
			AX_STR_ARG(class_name), AX_STR_ARG(class_name), AX_STR_ARG(class_name));
	}
	if (p->cli->n_operands > 1)
		make_name(p, p->cli->operands[1]);
	if (settings->run && !idx_run_id_parse(ax_str_from(settings->run), &ts, &slug)) {
		found = place_new_run(p, settings->run, err);
	} else {
		if (settings->run)
			name_run(p, ax_str_from(settings->run));
		found = place(p, err);
	}
	return found == 0 ? refuse_incomplete(p, err) : found;
}

static void write_run(struct ax_json_writer *w, const struct placing *p)
{
	struct ax_str ts = { 0 }, slug = { 0 };

	if (!p->run.len)
		return;
	idx_run_id_parse(ax_buf_str(&p->run), &ts, &slug);
	cli_record_json_text(w, "run", ax_buf_str(&p->run));
	cli_record_json_text(w, "ts", ts);
	cli_record_json_text(w, "slug", slug);
	cli_record_json_path(w, "log", ax_buf_str(&p->log));
}

static int print_document(const struct placing *p, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	ax_json_begin_object(&w);
	cli_record_json_text(&w, "schema", AX_STR("artidx.path/1"));
	ax_json_write_path(&w, "root", ax_str_from(p->project.root));
	cli_record_json_text(&w, "class", p->artifact.class_name);
	ax_json_write_path(&w, "path", ax_buf_str(&p->path));
	cli_record_json_bool(&w, "is_dir", p->artifact.is_dir);
	cli_record_json_bool(&w, "exists", exists(p, &p->path));
	write_run(&w, p);
	ax_json_end_object(&w);
	return cli_record_json_print(p->cli->out.stream, &text, err);
}

static int check_arguments(const struct cli *cli, struct ax_error *err)
{
	const struct path_settings *settings = cli->settings;

	if (cli->n_operands > 1 && check_name("the name", cli->operands[1], err) < 0)
		return -1;
	if (settings->run && check_name("the run", settings->run, err) < 0)
		return -1;
	return check_name("the role", settings->role, err);
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct path_settings *settings = cli->settings;
	struct placing p = { .cli = cli };
	int status = -1;

	if (check_arguments(cli, err) < 0 ||
		cli_project_find(cli, CLI_ROOT_OR_HERE, &p.project, err) < 0)
		return -1;
	if (cli_config_load(&p.project, &p.config, err) < 0 || find_place(&p, err) < 0)
		goto out;
	if (settings->json && print_document(&p, err) < 0)
		goto out;
	if (!settings->json) {
		cli_print_path(&cli->out, ax_buf_str(&p.path));
		fputc('\n', cli->out.stream);
	}
	status = 0;
out:
	ax_buf_free(&p.name);
	ax_buf_free(&p.path);
	ax_buf_free(&p.run);
	ax_buf_free(&p.log);
	cli_config_free(&p.config);
	return status;
}

static const struct opt options[] = {
	OPT(struct path_settings, run, 0, "run", "RUN",
		"the run it is of: <ts>_<slug>, or the slug alone of a run that starts now"),
	OPT(struct path_settings, role, 0, "role", "ROLE",
		"what it is in its run: train (unless told), first_hack, ckpt_update0020"),
	OPT(struct path_settings, json, 0, "json", NULL,
		"one JSON document, with the run's id and log"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "path v_hack v_hack_foo", "where a basis of that name belongs" },
	{ "path checkpoint --run fast_vanilla_seed41_try", "where a new run writes" },
	{ "path pool teacher_pool", "of a directory" },
	{ 0 },
};

const struct command cmd_path = {
	.name = "path",
	.summary = "print where a new artifact belongs",
	.operands = "CLASS [NAME]",
	.min_operands = 1,
	.max_operands = 2,
	.takes = CLI_OPERAND_CLASS,
	.options = options,
	.settings_size = sizeof(struct path_settings),
	.defaults = &defaults,
	.examples = examples,
	.description =
		"Asks the layout, the one that artidx reorg sorts by, so that programs write "
		"to the right place at once and nothing has to be moved later. Needs no "
		"catalogue and makes nothing: neither the file nor its directory.\n"
		"A name without an extension gets .safetensors. A run that starts now gets "
		"the first second that no other run of its slug has. Names are one component, "
		"of letters, digits and . _ - + = , @ %. The path printed is relative to the "
		"project's root.\n"
		"From Python: artidx.new_run(slug), of artidx.py, which is installed along.",
	.run = run,
};
