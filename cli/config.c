#include "cli/config.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/project.h"
#include "cli/saved.h"
#include "cli/suggest.h"
#include "indexer/rules.h"
#include "reorg/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_LIMIT = 4 * 1024 * 1024 };

#define LIST(name) CLI_SETTING_LIST, offsetof(struct idx_config, name)

const struct cli_setting cli_settings[] = {
	{ "data", "ARTIDX_DATA", LIST(data), "directories with artifacts" },
	{ "logs", "ARTIDX_LOGS", LIST(logs), "directories with run logs" },
	{ "references", "ARTIDX_REFERENCES", LIST(references),
		"files that name artifacts by path" },
	{ "ignore", "ARTIDX_IGNORE", LIST(ignore),
		"names and paths that are never descended into" },
	{ "quiet", "ARTIDX_QUIET", CLI_SETTING_DURATION, offsetof(struct idx_config, quiet),
		"how long a file must be left alone to count as written" },
	{ "rules", NULL, CLI_SETTING_OBJECTS, 0, "your rules, tried before the built-in ones" },
	{ "layout", NULL, CLI_SETTING_LAYOUT, 0,
		"where each class belongs, as path templates" },
	{ "sort", NULL, CLI_SETTING_LAYOUT, 0, "the places that a reorg sorts" },
	{ "dead", NULL, CLI_SETTING_DEAD, 0, "what counts as dead" },
	{ "queue", "ARTIDX_QUEUE", CLI_SETTING_TEXT, 0,
		"the job queue: auto, pueue, tsp, slurm, none or file:PATH" },
	{ "saved", NULL, CLI_SETTING_NAMED, 0, "queries with a name, for query --saved NAME" },
	{ "name_suggests", NULL, CLI_SETTING_OBJECTS, 0,
		"which classes a name goes with, tried before the built-in ones" },
	{ "replace_rules", NULL, CLI_SETTING_SWITCH, 0,
		"whether only your rules and name_suggests count" },
	{ 0 },
};

static const char *variable_of(const struct cli_setting *setting)
{
	const char *value = setting->variable ? getenv(setting->variable) : NULL;

	return value && *value ? value : NULL;
}

/*
 * Past the string, the comment or the single byte at text[at]; text is a document that was
 * parsed, or at least ends the walk at its end.
 */
static size_t skip_token(struct ax_str text, size_t at)
{
	struct ax_str rest = ax_str_slice(text, at, text.len);

	if (ax_str_starts(rest, AX_STR("//")))
		return at + ax_str_find(rest, '\n');
	if (ax_str_starts(rest, AX_STR("/*"))) {
		const char *end = memmem(rest.ptr + 2, rest.len - 2, "*/", 2);
		return end ? (size_t)(end - text.ptr) + 2 : text.len;
	}
	if (text.ptr[at] != '"')
		return at + 1;
	for (at++; at < text.len && text.ptr[at] != '"'; at++)
		at += text.ptr[at] == '\\';
	return at < text.len ? at + 1 : text.len;
}

/* Strings directly inside the outermost object are its keys and values; only keys are asked for. */
unsigned cli_config_line(struct ax_str text, const char *key)
{
	unsigned line = 1;
	unsigned depth = 0;

	for (size_t at = 0; at < text.len;) {
		size_t end = skip_token(text, at);
		struct ax_str token = ax_str_slice(text, at, end - at);
		char c = text.ptr[at];

		if (depth == 1 && c == '"' && token.len == strlen(key) + 2 &&
			memcmp(token.ptr + 1, key, strlen(key)) == 0)
			return line;
		depth += c == '{' || c == '[';
		depth -= (c == '}' || c == ']') && depth;
		for (; at < end; at++)
			line += text.ptr[at] == '\n';
	}
	return 0;
}

static const struct cli_setting *find_setting(struct ax_str key)
{
	for (const struct cli_setting *s = cli_settings; s->key; s++) {
		if (ax_str_equal(ax_str_from(s->key), key))
			return s;
	}
	return NULL;
}

static int refuse_key(struct ax_str text, struct ax_str key, struct ax_error *err)
{
	struct cli_suggestion suggestion = { .given = key };
	char hint[CLI_HINT_MAX];
	char name[128];

	for (const struct cli_setting *s = cli_settings; s->key; s++)
		cli_suggest_offer(&suggestion, ax_str_from(s->key));
	snprintf(name, sizeof(name), "%.*s", AX_STR_ARG(key));
	return ax_fail(err, AX_ECONFIG, "artidx.json:%u: there is no setting '%s'%s",
		cli_config_line(text, name), name,
		cli_suggest_hint(&suggestion, "", "; 'artidx config' lists them", hint));
}

static int check_keys(struct ax_str text, const struct ax_json *json, struct ax_error *err)
{
	const struct ax_json_value *root = ax_json_root(json);

	if (ax_json_kind(root) != AX_JSON_OBJECT)
		return ax_fail(err, AX_ECONFIG,
			"artidx.json:1: must be one object in braces; 'artidx init' in an "
			"empty "
			"directory writes an example");
	for (const struct ax_json_value *v = ax_json_first(root); v; v = ax_json_next(v)) {
		if (!find_setting(ax_json_key(v)))
			return refuse_key(text, ax_json_key(v), err);
	}
	return 0;
}

/* The file, or NULL where there is none. */
static int read_file(const struct cli_project *project, struct ax_json **out,
	struct ax_error *err)
{
	struct ax_buf text = { 0 };
	int status = -1;

	if (ax_file_read(AT_FDCWD, project->config, FILE_LIMIT, &text, err) < 0) {
		if (err->code == ENOENT)
			status = 0;
		else if (err->code == EINVAL || err->code == EFBIG)
			err->code = AX_ECONFIG;
		goto out;
	}
	if (ax_json_parse(ax_buf_str(&text), AX_JSON_COMMENTS, "artidx.json", out, err) < 0) {
		err->code = err->code == AX_ECORRUPT ? AX_ECONFIG : err->code;
		goto out;
	}
	status = check_keys(ax_buf_str(&text), *out, err);
out:
	ax_buf_free(&text);
	return status;
}

static void write_list(struct ax_json_writer *w, struct ax_str list)
{
	ax_json_begin_array(w);
	while (list.len) {
		struct ax_str item = ax_str_slice(list, 0, ax_str_find(list, ':'));
		list = ax_str_slice(list, item.len + 1, list.len);
		if (item.len)
			ax_json_write_string(w, item);
	}
	ax_json_end_array(w);
}

static void write_setting(struct ax_json_writer *w, const struct cli_setting *setting,
	const struct ax_json_value *value)
{
	const char *variable = variable_of(setting);

	if (!variable && !value)
		return;
	ax_json_write_key(w, ax_str_from(setting->key));
	if (!variable)
		ax_json_write_value(w, value);
	else if (setting->kind == CLI_SETTING_LIST)
		write_list(w, ax_str_from(variable));
	else
		ax_json_write_string(w, ax_str_from(variable));
}

/* One of the settings, or all where only is NULL, from the environment and the file. */
static int lay_over(const struct ax_json *file, const struct cli_setting *only,
	struct ax_json **out, struct ax_error *err)
{
	const struct ax_json_value *root = file ? ax_json_root(file) : NULL;
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text };
	int status = -1;

	ax_json_begin_object(&w);
	for (const struct cli_setting *s = cli_settings; s->key; s++) {
		if (!only || s == only)
			write_setting(&w, s, ax_json_get(root, s->key));
	}
	ax_json_end_object(&w);
	if (ax_buf_check(&text, "the configuration", err) == 0)
		status = ax_json_parse(ax_buf_str(&text), 0, "environment", out, err);
	ax_buf_free(&text);
	return status;
}

/* What is wrong with a variable is said of the variable, not of the file. */
static int check_variable(const struct cli_setting *setting, struct ax_error *err)
{
	static const char blamed[] = "artidx.json: ";
	struct ax_json *json = NULL;
	struct idx_config config = { 0 };
	struct ax_error reason = { 0 };
	int status = lay_over(NULL, setting, &json, err);

	if (status == 0 && idx_config_load(ax_json_root(json), &config, &reason) < 0) {
		size_t skip =
			strncmp(reason.message, blamed, strlen(blamed)) ? 0 : strlen(blamed);
		status = ax_fail(err, reason.code, "%s: %s", setting->variable,
			reason.message + skip);
	}
	idx_config_free(&config);
	ax_json_free(json);
	return status;
}

int cli_config_load(const struct cli_project *project, struct cli_config *out,
	struct ax_error *err)
{
	if (project && read_file(project, &out->file, err) < 0)
		return -1;
	for (const struct cli_setting *s = cli_settings; s->key; s++) {
		if (variable_of(s) && check_variable(s, err) < 0)
			return -1;
	}
	if (lay_over(out->file, NULL, &out->effective, err) < 0)
		return -1;
	const struct ax_json_value *root = ax_json_root(out->effective);
	if (idx_config_load(root, &out->index, err) < 0 || cli_saved_check(root, err) < 0)
		return -1;
	if (reorg_layout_load(root, &out->layout, err) < 0 ||
		arc_retention_load(root, &out->retention, err) < 0)
		return -1;
	return idx_rules_compile(root, &out->rules, err);
}

struct ax_str cli_config_text(const struct cli_config *config, const char *key)
{
	struct ax_str text = AX_STR("");

	ax_json_string(ax_json_get(ax_json_root(config->effective), key), &text);
	return text;
}

void cli_config_free(struct cli_config *config)
{
	idx_rules_free(config->rules);
	arc_retention_free(&config->retention);
	reorg_layout_free(config->layout);
	idx_config_free(&config->index);
	ax_json_free(config->effective);
	ax_json_free(config->file);
	*config = (struct cli_config){ 0 };
}

enum cli_origin cli_config_origin(const struct cli_config *config,
	const struct cli_setting *setting)
{
	if (variable_of(setting))
		return CLI_FROM_ENVIRONMENT;
	if (config->file && ax_json_get(ax_json_root(config->file), setting->key))
		return CLI_FROM_FILE;
	return CLI_FROM_DEFAULT;
}
