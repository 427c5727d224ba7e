#include "cli/topic.h"

#include "base/buf.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/help.h"
#include "query/field.h"

/* What the command says of itself, then what only those want to know who write more queries. */
static void describe_language(struct ax_buf *text)
{
	const struct command *query = cli_command_find(AX_STR("query"));

	ax_buf_append_text(text, query->description);
	ax_buf_append_text(text,
		"\n"
		"# Precedence\n"
		"not binds closest, then and (or nothing at all), then or. From loosest to "
		"closest:\n"
		"  query  = and { (\"or\" | \",\" | \"|\") and }\n"
		"  and    = not { [\"and\"] not }\n"
		"  not    = (\"not\" | \"!\") not | \"(\" query \")\" | cross | term | word\n"
		"  cross  = (\"any\" | \"all\" | \"none\") \"(\" VIEW \":\" query \")\"\n"
		"  term   = FIELD (: = != ~ !~ < <= > >=) VALUE\n"
		"  field  = NAME { .KEY | [INDEX] | [\"KEY\"] | [] }\n"
		"  value  = TEXT | FROM..TO | TEXT,TEXT,... | *\n"
		"At most three crosses stand within each other, and 100 parentheses. A comma "
		"and a bar join only as words of their own. Quotes, '...' or \"...\", "
		"take "
		"the special meaning from what they hold.\n"
		"# Curves\n"
		"rows[-1].hack_s is a figure of the last step; rows[].hack_s is that of all "
		"steps, "
		"which a table draws as a line of bars and JSON gives as a list. Figures "
		"such as [3, 8] count as 3/8.\n"
		"# Templates\n"
		"With --format each row is a text in which {FIELD} stands for a value, {{ and "
		"}} "
		"for braces, and \\n \\t \\0 \\\\ for what they are in C. A line ends behind "
		"each "
		"row, unless the template ends in \\n or \\0 itself. With a \\0 in it values "
		"are "
		"raw bytes; else those that are not plain are quoted.\n"
		"# Saved queries\n"
		"artidx.json may name queries, and --saved NAME asks one; terms on the command "
		"line "
		"must hold too:\n"
		"  \"saved\": { \"hackers\": \"runs hack_rate>0.5\" }\n"
		"  artidx query --saved hackers seed:41 --sort -hack_rate\n"
		"# Fields\n");
	query->describe_more(text);
}

static const char *setting_type(enum cli_setting_kind kind)
{
	switch (kind) {
	case CLI_SETTING_LIST:
		return "a list of strings";
	case CLI_SETTING_DURATION:
		return "a duration: 90s, 15min, 2h, 3d";
	case CLI_SETTING_OBJECTS:
		return "a list of objects: artidx help rules";
	case CLI_SETTING_SWITCH:
		return "true or false";
	case CLI_SETTING_TEXT:
		return "a string";
	case CLI_SETTING_LAYOUT:
	case CLI_SETTING_DEAD:
		return "see the example";
	case CLI_SETTING_NAMED:
		return "an object: {\"NAME\": \"QUERY\"}";
	}
	return "";
}

/* Lines of source as an example; tabs would be lost. */
static void append_verbatim(struct ax_buf *text, struct ax_str source)
{
	while (source.len) {
		struct ax_str line = ax_str_slice(source, 0, ax_str_find(source, '\n'));
		source = ax_str_slice(source, line.len + 1, source.len);
		ax_buf_append_text(text, "  ");
		for (size_t i = 0; i < line.len; i++) {
			if (line.ptr[i] == '\t')
				ax_buf_append_text(text, "    ");
			else
				ax_buf_append_byte(text, line.ptr[i]);
		}
		ax_buf_append_byte(text, '\n');
	}
}

static void describe_settings(struct ax_buf *text)
{
	const struct command *config = cli_command_find(AX_STR("config"));

	ax_buf_append_text(text, config->description);
	ax_buf_append_text(text, "\nA name that is no setting is an error, never overlooked; "
				 "so is a value of the "
				 "wrong kind.\n"
				 "# Settings\n");
	for (const struct cli_setting *s = cli_settings; s->key; s++) {
		ax_buf_printf(text, "%s: %s (%s%s%s).\n", s->key, s->help,
			setting_type(s->kind), s->variable ? "; or the variable " : "",
			s->variable ? s->variable : "");
	}
	ax_buf_append_text(text, "# Example\n"
				 "The defaults, as artidx init writes them:\n");
	append_verbatim(text, cli_config_template());
}

const struct cli_topic cli_topics[] = {
	{ "language", "artidx-query", "7", "the query language of artidx", describe_language },
	{ "settings", "artidx-config", "5", "artidx.json, the settings of a project",
		describe_settings },
	{ "rules", "artidx-rules", "5", "the rules that give files their class",
		cli_topic_describe_rules },
	{ "json", "artidx-json", "7", "the JSON that artidx prints", cli_topic_describe_json },
	{ 0 },
};

const struct cli_topic *cli_topic_find(struct ax_str name)
{
	for (const struct cli_topic *topic = cli_topics; topic->name; topic++) {
		if (ax_str_equal(ax_str_from(topic->name), name))
			return topic;
	}
	return NULL;
}
