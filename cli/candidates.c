#include "cli/candidates.h"

#include "base/error.h"
#include "base/json.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/project.h"
#include "indexer/catalog.h"
#include "indexer/rules.h"

enum {
	NAMES_MAX = 500,
	RUNS_READ = 500,       /* whose cfg and rows are looked into */
	JSON_READ = 1024 * 64, /* a longer one is left out */
};

struct collector {
	struct cli *cli;
	struct cli_names names;
};

static void add(struct collector *c, struct ax_str name)
{
	struct cli_names *names = &c->names;
	char *copy;

	for (size_t i = 0; i < names->count; i++) {
		if (ax_str_equal(names->items[i], name))
			return;
	}
	copy = names->count < NAMES_MAX ? ax_arena_copy(&c->cli->arena, name) : NULL;
	if (copy)
		names->items[names->count++] = ax_str(copy, name.len);
}

static void add_keys(struct collector *c, const struct ax_json_value *object)
{
	for (const struct ax_json_value *v = ax_json_first(object); v; v = ax_json_next(v))
		add(c, ax_json_key(v));
}

/* The names in an object, or in the first element of a list of objects. */
static void add_keys_of_text(struct collector *c, struct ax_str text)
{
	struct ax_error err = { 0 };
	struct ax_json *json = NULL;

	if (text.len == 0 || text.len > JSON_READ ||
		ax_json_parse(text, 0, "", &json, &err) < 0)
		return;
	const struct ax_json_value *root = ax_json_root(json);
	if (ax_json_kind(root) == AX_JSON_ARRAY)
		root = ax_json_at(root, 0);
	if (root && ax_json_kind(root) == AX_JSON_OBJECT)
		add_keys(c, root);
	ax_json_free(json);
}

static void add_of_runs(struct collector *c, struct idx_snapshot *snapshot,
	enum cli_candidates kind)
{
	struct ax_error err = { 0 };
	struct ax_arena scratch = { 0 };
	struct idx_run_cursor *cursor = NULL;
	struct idx_run run;

	if (idx_run_cursor_open(snapshot, &cursor, &err) < 0)
		return;
	for (unsigned n = 0; n < RUNS_READ; n++) {
		ax_arena_clear(&scratch);
		if (idx_run_cursor_next(cursor, &scratch, &run, &err) <= 0)
			break;
		if (kind == CLI_RUNS)
			add(c, run.id);
		else
			add_keys_of_text(c, kind == CLI_CFG_KEYS ? run.cfg : run.rows);
	}
	idx_run_cursor_close(cursor);
	ax_arena_free(&scratch);
}

static void add_classes_used(struct collector *c, struct idx_snapshot *snapshot)
{
	for (uint32_t id = 0; id < idx_snapshot_class_count(snapshot); id++)
		add(c, idx_snapshot_class_name(snapshot, id));
}

static void add_classes_known(struct collector *c, const struct idx_rules *rules)
{
	for (size_t i = 0; i < idx_rules_class_count(rules); i++)
		add(c, idx_rules_class(rules, i));
}

static void add_of_catalogue(struct collector *c, const struct cli_project *project,
	enum cli_candidates kind)
{
	struct cli_catalogue catalogue = { 0 };
	struct ax_error err = { 0 };

	if (cli_catalogue_read(project, &catalogue, &err) == 0) {
		struct idx_snapshot *snapshot = catalogue.snapshot;

		if (kind == CLI_CLASSES_USED)
			add_classes_used(c, snapshot);
		else
			add_of_runs(c, snapshot, kind);
	}
	cli_catalogue_close(&catalogue);
}

static void add_of_config(struct collector *c, const struct cli_project *project,
	enum cli_candidates kind)
{
	struct cli_config config = { 0 };
	struct ax_error err = { 0 };

	if (cli_config_load(project, &config, &err) == 0) {
		if (kind == CLI_SAVED_QUERIES)
			add_keys(c, ax_json_get(ax_json_root(config.effective), "saved"));
		else
			add_classes_known(c, config.rules);
	}
	cli_config_free(&config);
}

struct cli_names cli_candidates(struct cli *cli, enum cli_candidates kind)
{
	struct collector c = { .cli = cli };
	struct cli_project project;
	struct ax_error err = { 0 };

	c.names.items = ax_arena_alloc(&cli->arena, NAMES_MAX * sizeof(*c.names.items));
	if (!c.names.items || cli_project_find(cli, CLI_ROOT_OR_HERE, &project, &err) < 0)
		return c.names;
	if (kind == CLI_SAVED_QUERIES || kind == CLI_CLASSES_KNOWN)
		add_of_config(&c, &project, kind);
	else
		add_of_catalogue(&c, &project, kind);
	return c.names;
}
