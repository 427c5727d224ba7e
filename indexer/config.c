#include "indexer/config.h"

#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "base/pattern.h"

#include <errno.h>

static const struct ax_str default_data[] = { AX_STR_INIT("out") };
static const struct ax_str default_logs[] = { AX_STR_INIT("logs") };
static const struct ax_str default_references[] = {
	AX_STR_INIT("justfile"),
	AX_STR_INIT("scripts/**"),
	AX_STR_INIT("src/**"),
	AX_STR_INIT("*.sh"),
};
static const struct ax_str default_ignore[] = {
	AX_STR_INIT(".git"),
	AX_STR_INIT(".artidx"),
	AX_STR_INIT("__pycache__"),
	AX_STR_INIT(".venv"),
};

enum { QUIET_SECONDS = 60 };

#define DEFAULT(items)                                    \
	{                                                 \
		sizeof(items) / sizeof(*(items)), (items) \
	}

/* What the strings of a list are. */
enum content {
	DIRECTORIES,
	GLOBS,
};

static int fail(struct ax_error *err, const char *key, const char *what)
{
	return ax_fail(err, AX_ECONFIG, "artidx.json: \"%s\" must be %s", key, what);
}

static int check(struct ax_str item, enum content content, const char *key,
	struct ax_error *err)
{
	if (item.len == 0)
		return fail(err, key, "a list of strings that are not empty");
	if (content == DIRECTORIES && !ax_path_is_safe(item))
		return ax_fail(err, AX_ECONFIG,
			"artidx.json: \"%s\": \"%.*s\" is no directory below the root "
			"(no leading \"/\", no \"..\" or \"//\" in it)",
			key, AX_STR_ARG(item));
	return 0;
}

/* A trailing "/" is how people write directories. */
static struct ax_str tidy(struct ax_str item, enum content content)
{
	while (content == DIRECTORIES && item.len > 1 && item.ptr[item.len - 1] == '/')
		item.len--;
	return item;
}

static int load_strings(struct ax_arena *arena, const struct ax_json_value *list,
	const char *key, enum content content, struct idx_strings *out, struct ax_error *err)
{
	if (!list)
		return 0;
	if (ax_json_kind(list) != AX_JSON_ARRAY)
		return fail(err, key, "a list of strings");
	size_t n = ax_json_length(list), i = 0;
	struct ax_str *items = ax_arena_alloc(arena, n * sizeof(*items));
	if (!items)
		return ax_fail(err, ENOMEM, "artidx.json: no memory");
	for (const struct ax_json_value *value = ax_json_first(list); value;
		value = ax_json_next(value), i++) {
		struct ax_str item = { 0 };
		if (!ax_json_string(value, &item))
			return fail(err, key, "a list of strings");
		item = tidy(item, content);
		if (content == DIRECTORIES && ax_str_equal(item, AX_STR(".")))
			item = AX_STR(""); /* all of the project */
		else if (check(item, content, key, err) < 0)
			return -1;
		const char *copy = ax_arena_copy(arena, item);
		if (!copy)
			return ax_fail(err, ENOMEM, "artidx.json: no memory");
		items[i] = ax_str(copy, item.len);
	}
	*out = (struct idx_strings){ n, items };
	return 0;
}

/* "90s", or a number of seconds. */
static int load_quiet(const struct ax_json_value *value, ax_nanoseconds *out,
	struct ax_error *err)
{
	const ax_nanoseconds second = 1000000000;
	struct ax_str text = { 0 };
	ax_nanoseconds quiet = 0;
	uint64_t seconds = 0;

	if (!value)
		return 0;
	if (ax_json_u64(value, &seconds) && seconds <= (uint64_t)(INT64_MAX / second))
		quiet = (ax_nanoseconds)seconds * second;
	else if (!ax_json_string(value, &text) || !ax_duration_parse(text, &quiet) || quiet < 0)
		return fail(err, "quiet", "a duration as \"60s\" or \"5min\", or seconds");
	*out = quiet;
	return 0;
}

static int load(const struct ax_json_value *root, struct idx_config *config,
	struct ax_error *err)
{
	const struct {
		const char *key;
		enum content content;
		struct idx_strings *out;
	} lists[] = {
		{ "data", DIRECTORIES, &config->data },
		{ "logs", DIRECTORIES, &config->logs },
		{ "references", GLOBS, &config->references },
		{ "ignore", GLOBS, &config->ignore },
	};

	if (root && ax_json_kind(root) != AX_JSON_OBJECT)
		return ax_fail(err, AX_ECONFIG, "artidx.json: it must be a JSON object");
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (load_strings(&config->arena, ax_json_get(root, lists[i].key), lists[i].key,
			    lists[i].content, lists[i].out, err) < 0)
			return -1;
	}
	return load_quiet(ax_json_get(root, "quiet"), &config->quiet, err);
}

int idx_config_load(const struct ax_json_value *root, struct idx_config *out,
	struct ax_error *err)
{
	struct idx_config config = {
		.data = DEFAULT(default_data),
		.logs = DEFAULT(default_logs),
		.references = DEFAULT(default_references),
		.ignore = DEFAULT(default_ignore),
		.quiet = QUIET_SECONDS * INT64_C(1000000000),
	};

	if (load(root, &config, err) < 0) {
		ax_arena_free(&config.arena);
		return -1;
	}
	*out = config;
	return 0;
}

void idx_config_free(struct idx_config *config)
{
	ax_arena_free(&config->arena);
	*config = (struct idx_config){ 0 };
}

bool idx_config_ignores(const struct idx_config *config, struct ax_str path, struct ax_str name)
{
	const struct idx_strings *globs = &config->ignore;

	if (ax_str_equal(path, AX_STR(".artidx")))
		return true;
	for (size_t i = 0; i < globs->count; i++) {
		if (ax_glob_match(globs->items[i], name) ||
			ax_glob_match(globs->items[i], path))
			return true;
	}
	return false;
}
