#include "cli/saved.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/suggest.h"

#include <errno.h>

int cli_saved_check(const struct ax_json_value *root, struct ax_error *err)
{
	const struct ax_json_value *saved = ax_json_get(root, "saved");
	struct ax_str text;

	if (saved && ax_json_kind(saved) != AX_JSON_OBJECT)
		return ax_fail(err, AX_ECONFIG,
			"artidx.json: \"saved\" must be an object: {\"NAME\": \"QUERY\"}");
	for (const struct ax_json_value *v = ax_json_first(saved); v; v = ax_json_next(v)) {
		struct ax_str name = ax_json_key(v);

		if (name.len == 0 || !ax_text_is_plain(name))
			return ax_fail(err, AX_ECONFIG,
				"artidx.json: \"saved\": '%.*s' is no name for a query",
				AX_STR_ARG(name));
		if (!ax_json_string(v, &text))
			return ax_fail(err, AX_ECONFIG,
				"artidx.json: \"saved\": \"%.*s\" must be a query, a string",
				AX_STR_ARG(name));
	}
	return 0;
}

/* A view's name at the front is taken off, as on the command line. */
static int split(struct ax_str text, struct ax_arena *arena, struct cli_saved *out,
	struct ax_error *err)
{
	while (ax_str_starts(text, AX_STR(" ")))
		text = ax_str_slice(text, 1, text.len);
	struct ax_str word = ax_str_slice(text, 0, ax_str_find(text, ' '));
	out->view = QRY_FILES;
	if (qry_view_parse(word, &out->view))
		text = ax_str_slice(text, word.len, text.len);
	out->expression = ax_arena_copy(arena, text);
	return out->expression ? 0 : ax_fail(err, ENOMEM, "no memory for the query");
}

int cli_saved_find(const struct ax_json_value *root, const char *name, struct ax_arena *arena,
	struct cli_saved *out, struct ax_error *err)
{
	const struct ax_json_value *saved = ax_json_get(root, "saved");
	struct cli_suggestion suggestion = { .given = ax_str_from(name) };
	char hint[CLI_HINT_MAX];

	for (const struct ax_json_value *v = ax_json_first(saved); v; v = ax_json_next(v)) {
		struct ax_str text = AX_STR("");

		if (ax_str_equal(ax_json_key(v), suggestion.given)) {
			ax_json_string(v, &text);
			return split(text, arena, out, err);
		}
		cli_suggest_offer(&suggestion, ax_json_key(v));
	}
	const char *otherwise = saved && ax_json_length(saved)
					? "; 'artidx query --list-saved' lists them"
					: "; give it one in artidx.json: \"saved\": {\"NAME\": "
					  "\"QUERY\"}";
	return ax_fail(err, AX_EUSAGE, "there is no saved query '%s'%s", name,
		cli_suggest_hint(&suggestion, "", otherwise, hint));
}
