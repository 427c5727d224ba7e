/*
 * cli/suggest.h - "did you mean": the nearest of the names that would have been right
 */
#ifndef ARTIDX_CLI_SUGGEST_H
#define ARTIDX_CLI_SUGGEST_H

#include "base/str.h"

/* Set given, all else zero; offer every candidate; then ask. */
struct cli_suggestion {
	struct ax_str given;
	struct ax_str
		best; /* "" while nothing is near enough to be meant; else the candidate */
	size_t distance;
};

/* candidate must live as long as the suggestion is used. */
void cli_suggest_offer(struct cli_suggestion *suggestion, struct ax_str candidate);

/* Offer the names of a NULL-terminated list. */
void cli_suggest_offer_all(struct cli_suggestion *suggestion, const char *const *names);

/* word is no right name, but whoever gives just that means `meant`, which must live as above. */
void cli_suggest_synonym(struct cli_suggestion *suggestion, struct ax_str word,
	struct ax_str meant);

enum { CLI_HINT_MAX = 96 };

/* "; did you mean PREFIXbest?" in hint, or alternative when nothing is near. Returns hint. */
const char *cli_suggest_hint(const struct cli_suggestion *suggestion, const char *prefix,
	const char *alternative, char hint[CLI_HINT_MAX]);

#endif
