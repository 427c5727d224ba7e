#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/commands/commands.h"
#include "cli/config.h"
#include "cli/project.h"
#include "reorg/layout.h"

#include <fcntl.h>

struct config_settings {
	bool json;
};

/* Where values go: to lines for people, or to JSON. */
struct sink {
	struct cli_output *out;
	struct ax_json_writer *json; /* NULL: lines */
};

static const char *const origins[] = {
	[CLI_FROM_DEFAULT] = "default",
	[CLI_FROM_FILE] = "artidx.json",
	[CLI_FROM_ENVIRONMENT] = "environment",
};

/* Without a retention everything is kept that no name gives away. */
static void write_dead(struct ax_json_writer *w, const struct cli_config *config)
{
	const struct ax_json_value *root = ax_json_root(config->effective);
	const struct ax_json_value *retain = ax_json_get(ax_json_get(root, "dead"), "retain");

	ax_json_begin_object(w);
	ax_json_write_key(w, AX_STR("match"));
	reorg_layout_write(config->layout, "dead", w);
	if (retain) {
		ax_json_write_key(w, AX_STR("retain"));
		ax_json_write_value(w, retain);
	}
	ax_json_end_object(w);
}

/* The value that is in force. */
static void write_value(struct ax_json_writer *w, const struct cli_config *config,
	const struct cli_setting *setting)
{
	const void *field = (const char *)&config->index + setting->offset;
	const struct idx_strings *list = field;
	const ax_nanoseconds *duration = field;
	const struct ax_json_value *value =
		ax_json_get(ax_json_root(config->effective), setting->key);
	char text[AX_UNITS_MAX];
	bool is_true = false;

	switch (setting->kind) {
	case CLI_SETTING_LIST:
		ax_json_begin_array(w);
		for (size_t i = 0; i < list->count; i++)
			ax_json_write_string(w, list->items[i]);
		ax_json_end_array(w);
		return;
	case CLI_SETTING_DURATION:
		snprintf(text, sizeof(text), "%gs", (double)*duration / 1e9);
		ax_json_write_string(w, ax_str_from(text));
		return;
	case CLI_SETTING_OBJECTS:
		if (value) {
			ax_json_write_value(w, value);
		} else {
			ax_json_begin_array(w);
			ax_json_end_array(w);
		}
		return;
	case CLI_SETTING_NAMED:
		if (value) {
			ax_json_write_value(w, value);
		} else {
			ax_json_begin_object(w);
			ax_json_end_object(w);
		}
		return;
	case CLI_SETTING_LAYOUT:
		reorg_layout_write(config->layout, setting->key, w);
		return;
	case CLI_SETTING_DEAD:
		write_dead(w, config);
		return;
	case CLI_SETTING_TEXT:
		ax_json_write_string(w,
			value ? cli_config_text(config, setting->key) : AX_STR("auto"));
		return;
	case CLI_SETTING_SWITCH:
		ax_json_write_bool(w, ax_json_bool(value, &is_true) && is_true);
		return;
	}
}

static void put(const struct sink *sink, const char *key, struct ax_str value,
	const char *origin)
{
	struct cli_output *out = sink->out;
	const struct cli_palette *palette = out->palette;

	if (sink->json) {
		ax_json_write_key(sink->json, ax_str_from(key));
		ax_json_begin_object(sink->json);
		ax_json_write_path(sink->json, "value", value);
		ax_json_write_key(sink->json, AX_STR("origin"));
		ax_json_write_string(sink->json, ax_str_from(origin));
		ax_json_end_object(sink->json);
		return;
	}
	fprintf(out->stream, "%s%-14s%s ", palette->cyan, key, palette->reset);
	cli_print_cut(out, value, out->columns > 40 ? out->columns - 38 : 0);
	fprintf(out->stream, "  %s(%s)%s\n", palette->dim, origin, palette->reset);
}

static void put_setting(const struct sink *sink, const struct cli_config *config,
	const struct cli_setting *setting)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer lone = { .buf = &text };
	enum cli_origin from = cli_config_origin(config, setting);
	char origin[64];

	snprintf(origin, sizeof(origin), "%s", origins[from]);
	if (from == CLI_FROM_ENVIRONMENT)
		snprintf(origin, sizeof(origin), "%s", setting->variable);
	if (sink->json) {
		ax_json_write_key(sink->json, ax_str_from(setting->key));
		ax_json_begin_object(sink->json);
		ax_json_write_key(sink->json, AX_STR("value"));
		write_value(sink->json, config, setting);
		ax_json_write_key(sink->json, AX_STR("origin"));
		ax_json_write_string(sink->json, ax_str_from(origin));
		ax_json_end_object(sink->json);
		return;
	}
	write_value(&lone, config, setting);
	put(sink, setting->key, ax_buf_str(&text), origin);
	cli_print_done(sink->out, &text);
}

static void put_all(const struct sink *sink, const struct cli_project *project,
	const struct cli_config *config)
{
	put(sink, "root", ax_str_from(project->root), project->root_origin);
	put(sink, "catalogue", ax_str_from(project->catalogue), project->catalogue_origin);
	for (const struct cli_setting *s = cli_settings; s->key; s++)
		put_setting(sink, config, s);
}

static int print_json(struct cli_output *out, const struct cli_project *project,
	const struct cli_config *config, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };
	struct sink sink = { out, &w };

	ax_json_begin_object(&w);
	ax_json_write_key(&w, AX_STR("schema"));
	ax_json_write_string(&w, AX_STR("artidx.config/1"));
	ax_json_write_path(&w, "root", ax_str_from(project->root));
	ax_json_write_key(&w, AX_STR("values"));
	ax_json_begin_object(&w);
	put_all(&sink, project, config);
	ax_json_end_object(&w);
	ax_json_end_object(&w);
	ax_buf_append_byte(&text, '\n');
	int status = ax_buf_check(&text, "the configuration", err);
	fwrite(text.data, 1, text.len, out->stream);
	ax_buf_free(&text);
	return status;
}

static int run(struct cli *cli, struct ax_error *err)
{
	const struct config_settings *wanted = cli->settings;
	struct cli_project project;
	struct cli_config config = { 0 };
	struct sink lines = { &cli->out, NULL };
	int status = -1;

	if (cli_project_find(cli, CLI_ROOT_OR_HERE, &project, err) < 0)
		return -1;
	if (cli_config_load(&project, &config, err) < 0)
		goto out;
	if (wanted->json && print_json(&cli->out, &project, &config, err) < 0)
		goto out;
	if (!wanted->json)
		put_all(&lines, &project, &config);
	status = 0;
out:
	cli_config_free(&config);
	return status;
}

static const struct opt options[] = {
	OPT(struct config_settings, json, 0, "json", NULL, "one JSON document"),
	{ 0 },
};

static const struct cli_example examples[] = {
	{ "config", "what is in force here, and who says so" },
	{ "config --json | jq .values.data.value", "the same for scripts" },
	{ 0 },
};

const struct command cmd_config = {
	.name = "config",
	.summary = "print each setting in force, and where it comes from",
	.operands = "",
	.options = options,
	.settings_size = sizeof(struct config_settings),
	.examples = examples,
	.description =
		"Settings come from artidx.json at the project's root, JSON in which // "
		"comments are allowed. A flag beats an environment variable, that beats the "
		"file, the file beats the default.\n"
		"ARTIDX_ROOT and ARTIDX_CATALOGUE stand for --root and --catalogue; "
		"ARTIDX_DATA, ARTIDX_LOGS, ARTIDX_REFERENCES and ARTIDX_IGNORE are lists with "
		"\":\" between their items; ARTIDX_QUIET is a duration such as 90s.",
	.run = run,
};
