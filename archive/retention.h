/*
 * archive/retention.h - how many of a kind are worth keeping, as the configuration says
 *
 *	"dead": {
 *	  "match": ["*_OLD_*"],
 *	  "retain": {
 *	    "checkpoint": { "keep-last": 2, "keep-best": "hack_rate", "older-than": "30d" }
 *	  }
 *	}
 *
 * Of each run's files of the class (of each generation's, where there is no run) the newest and
 * the best are kept, and all that are not older; the others may go. Retention only proposes.
 */
#ifndef ARTIDX_ARCHIVE_RETENTION_H
#define ARTIDX_ARCHIVE_RETENTION_H

#include "base/arena.h"
#include "base/units.h"

struct ax_error;
struct ax_json_value;

/* What is said of one class. */
struct arc_retention_rule {
	struct ax_str class_name;
	bool has_last;
	uint64_t last;
	struct ax_str best;        /* an attribute, the greatest counts; "" */
	ax_nanoseconds older_than; /* 0: not asked */
};

struct arc_retention {
	struct ax_arena arena;
	size_t count;
	struct arc_retention_rule *rules;
};

/* root: the configuration's root object, or NULL. AX_ECONFIG names what is wrong. */
int arc_retention_load(const struct ax_json_value *root, struct arc_retention *out,
	struct ax_error *err);
void arc_retention_free(struct arc_retention *retention);

/* The rule for a class, or NULL. */
const struct arc_retention_rule *arc_retention_of(const struct arc_retention *retention,
	struct ax_str class_name);

#endif
