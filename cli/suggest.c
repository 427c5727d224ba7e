#include "cli/suggest.h"

#include "base/text.h"

#include <stdint.h>
#include <stdio.h>

/* One slip in a short word, a few in a long one; a word cut short counts as one. */
static size_t slips_between(struct ax_str given, struct ax_str candidate)
{
	if (given.len >= 2 && ax_str_starts(candidate, given))
		return 1;
	return ax_text_distance(given, candidate);
}

void cli_suggest_offer(struct cli_suggestion *suggestion, struct ax_str candidate)
{
	struct ax_str given = suggestion->given;
	size_t distance = slips_between(given, candidate);

	if (distance > 1 + given.len / 4 || distance >= candidate.len)
		return;
	if (suggestion->best.len && distance >= suggestion->distance)
		return;
	suggestion->best = candidate;
	suggestion->distance = distance;
}

void cli_suggest_offer_all(struct cli_suggestion *suggestion, const char *const *names)
{
	for (; *names; names++)
		cli_suggest_offer(suggestion, ax_str_from(*names));
}

void cli_suggest_synonym(struct cli_suggestion *suggestion, struct ax_str word,
	struct ax_str meant)
{
	if (ax_text_distance(suggestion->given, word) > 0)
		return;
	suggestion->best = meant;
	suggestion->distance = 0;
}

const char *cli_suggest_hint(const struct cli_suggestion *suggestion, const char *prefix,
	const char *alternative, char hint[CLI_HINT_MAX])
{
	if (!suggestion->best.len)
		return alternative;
	snprintf(hint, CLI_HINT_MAX, "; did you mean %s%.*s?", prefix,
		AX_STR_ARG(suggestion->best));
	return hint;
}
