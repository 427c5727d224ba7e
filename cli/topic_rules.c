#include "base/buf.h"
#include "cli/topic.h"
#include "indexer/rule_keys.h"

static const char about[] = "What a file is, its class, is what a rule says that looks at its "
			    "tensors, and only as a "
			    "last resort at its name. artidx.json may add rules of yours in "
			    "\"rules\": they are tried "
			    "in their order and before the built-in ones, and the first rule "
			    "whose conditions all hold "
			    "decides. With \"replace_rules\": true there are no others.\n"
			    "The built-in rules are written in the same way; artidx inspect "
			    "FILE names the rule that "
			    "decided. It needs no scan, so it shows at once what a new rule "
			    "does. A mistake in a rule "
			    "is named, and nothing is done. The scan that follows a change "
			    "examines all files again.\n"
			    "Expressions are regular expressions of PCRE2, found anywhere "
			    "unless they have ^ and $; in "
			    "JSON a backslash is written twice.\n";

static const char formulas[] =
	"Formulas know numbers, 'text', + - * / of whole ones, parentheses, "
	"the comparisons = != < <= > "
	">=, int(x) and real(x), which also read numbers from texts, "
	"and a | b, which is b where a "
	"is absent. What is not there, overflows or does not divide "
	"without rest is absent, and a "
	"comparison with something absent is false. In the names F is a "
	"set and G a named group "
	"of its expression:\n";

static const char attributes[] =
	"Every file with tensors has model, step, hack_rate and pass_rate from its metadata "
	"too. "
	"An attribute with the name of a field of derived facts (artidx help language: k, "
	"rank, "
	"kind, n_samples, hidden_size, ...) can be asked for in queries; artidx inspect, show "
	"and "
	"query --json show others as well, unless a row has a member of that name: path, size, "
	"...\n";

static const char example[] =
	"Linear probes, one a layer, with a place of their own and names that promise them:\n"
	"  {\n"
	"      \"rules\": [{\n"
	"          \"rule\": \"linear probes\",\n"
	"          \"class\": \"probe\",\n"
	"          \"tensors\": {\n"
	"              \"W\": {\"name\": \"^probe\\\\.(?<layer>\\\\d+)\\\\.weight$\", "
	"\"ndim\": 2},\n"
	"              \"B\": {\"name\": \"^probe\\\\..*\\\\.bias$\", \"optional\": true}\n"
	"          },\n"
	"          \"where\": [\"others = 0\", \"W[0] <= 16\"],\n"
	"          \"derive\": {\n"
	"              \"n_layers\": \"W.layer.count\",\n"
	"              \"hidden_size\": \"W[1]\",\n"
	"              \"kind\": \"meta.task | 'no task'\"\n"
	"          },\n"
	"          \"why\": \"${W.count} probes ${W.shape}, layers ${W.layer.set}\"\n"
	"      }],\n"
	"      \"name_suggests\": [{\"name\": \"^probe_\", \"classes\": [\"probe\"]}],\n"
	"      \"layout\": {\"probe\": \"probes/{name}\"}\n"
	"  }\n"
	"Then, one after the other:\n"
	"  artidx inspect out/probe_truth.safetensors\n"
	"  artidx scan\n"
	"  artidx query class:probe n_layers:2.. -c path,n_layers,kind,why\n"
	"  artidx query misnamed:yes\n"
	"  artidx reorg\n";

static void describe_keys(struct ax_buf *text, const char *heading,
	const struct idx_rule_key *keys)
{
	ax_buf_append_text(text, heading);
	for (; keys->name; keys++)
		ax_buf_printf(text, "  %-11s  %s\n", keys->name, keys->doc);
}

void cli_topic_describe_rules(struct ax_buf *text)
{
	ax_buf_append_text(text, about);
	describe_keys(text,
		"# A rule\nIt has rule, class, and tensors or file; what else it has must hold "
		"too.\n",
		idx_rule_keys);
	describe_keys(text,
		"# Sets of tensors\nEach tensor goes to the first set that takes it, and no "
		"set "
		"may stay empty but those that are optional. A set's name is of letters and _; "
		"it "
		"has\n",
		idx_rule_tensors_keys);
	describe_keys(text, "# Data\n", idx_rule_data_keys);
	describe_keys(text, "# File\n", idx_rule_file_keys);
	ax_buf_append_text(text, "# Formulas\n");
	describe_keys(text, formulas, idx_rule_names);
	ax_buf_append_text(text, attributes);
	describe_keys(text,
		"# Names that suggest a class\nA file with tensors of another class than its "
		"name "
		"suggests is misnamed. \"name_suggests\" is a list, tried before the built-in "
		"one, "
		"of\n",
		idx_rule_suggestion_keys);
	ax_buf_append_text(text, "# Example\n");
	ax_buf_append_text(text, example);
}
