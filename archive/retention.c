#include "archive/retention.h"

#include "base/error.h"
#include "base/json.h"

#include <errno.h>

static int fail(struct ax_error *err, struct ax_str class_name, const char *what)
{
	return ax_fail(err, AX_ECONFIG, "artidx.json: dead.retain.%.*s: %s",
		AX_STR_ARG(class_name), what);
}

/* One member of a rule; its strings stay those of the configuration's document. */
static int read_member(const struct ax_json_value *member, struct arc_retention_rule *rule,
	struct ax_error *err)
{
	struct ax_str key = ax_json_key(member), text;

	if (ax_str_equal(key, AX_STR("keep-last"))) {
		rule->has_last = ax_json_u64(member, &rule->last);
		return rule->has_last ? 0
				      : fail(err, rule->class_name,
						"keep-last: a number of files is wanted");
	}
	if (ax_str_equal(key, AX_STR("keep-best")))
		return ax_json_string(member, &rule->best) && rule->best.len
			       ? 0
			       : fail(err, rule->class_name,
					 "keep-best: the name of a field is wanted");
	if (ax_str_equal(key, AX_STR("older-than")))
		return ax_json_string(member, &text) &&
				       ax_duration_parse(text, &rule->older_than) &&
				       rule->older_than > 0
			       ? 0
			       : fail(err, rule->class_name,
					 "older-than: a duration is wanted, as \"30d\"");
	return ax_fail(err, AX_ECONFIG,
		"artidx.json: dead.retain.%.*s.%.*s: no such rule: keep-last, keep-best and "
		"older-than are",
		AX_STR_ARG(rule->class_name), AX_STR_ARG(key));
}

static int read_rule(const struct ax_json_value *value, struct arc_retention_rule *rule,
	struct ax_error *err)
{
	*rule = (struct arc_retention_rule){ .class_name = ax_json_key(value) };
	if (ax_json_kind(value) != AX_JSON_OBJECT || !ax_json_first(value))
		return fail(err, rule->class_name,
			"an object with keep-last, keep-best or older-than is wanted");
	for (const struct ax_json_value *member = ax_json_first(value); member;
		member = ax_json_next(member)) {
		if (read_member(member, rule, err) < 0)
			return -1;
	}
	return 0;
}

static int check_keys(const struct ax_json_value *dead, struct ax_error *err)
{
	for (const struct ax_json_value *v = ax_json_first(dead); v; v = ax_json_next(v)) {
		struct ax_str key = ax_json_key(v);
		if (!ax_str_equal(key, AX_STR("match")) && !ax_str_equal(key, AX_STR("retain")))
			return ax_fail(err, AX_ECONFIG,
				"artidx.json: dead.%.*s: no such setting: match and retain are",
				AX_STR_ARG(key));
	}
	return 0;
}

int arc_retention_load(const struct ax_json_value *root, struct arc_retention *out,
	struct ax_error *err)
{
	const struct ax_json_value *dead = ax_json_get(root, "dead");
	const struct ax_json_value *retain = ax_json_get(dead, "retain");
	struct arc_retention retention = { .count = 0 };

	*out = retention;
	if (check_keys(dead, err) < 0)
		return -1;
	if (!retain)
		return 0;
	if (ax_json_kind(retain) != AX_JSON_OBJECT)
		return ax_fail(err, AX_ECONFIG,
			"artidx.json: dead.retain: an object of classes is wanted");
	retention.rules = ax_arena_alloc(&retention.arena,
		(ax_json_length(retain) + 1) * sizeof(*retention.rules));
	if (!retention.rules)
		return ax_fail(err, ENOMEM, "no memory for the configuration");
	for (const struct ax_json_value *value = ax_json_first(retain); value;
		value = ax_json_next(value)) {
		if (read_rule(value, &retention.rules[retention.count++], err) < 0) {
			arc_retention_free(&retention);
			return -1;
		}
	}
	*out = retention;
	return 0;
}

void arc_retention_free(struct arc_retention *retention)
{
	ax_arena_free(&retention->arena);
	*retention = (struct arc_retention){ .count = 0 };
}

const struct arc_retention_rule *arc_retention_of(const struct arc_retention *retention,
	struct ax_str class_name)
{
	for (size_t i = 0; i < retention->count; i++) {
		if (ax_str_equal(retention->rules[i].class_name, class_name))
			return &retention->rules[i];
	}
	return NULL;
}
