/*
 * query/inside.h - values inside the JSON of cfg and rows
 */
#ifndef ARTIDX_QUERY_INSIDE_H
#define ARTIDX_QUERY_INSIDE_H

#include "base/arena.h"
#include "query/ref.h"
#include "query/value.h"

struct ax_error;
struct ax_json_value;

/* Where to look. */
struct qry_way {
	const struct qry_step *steps;
	size_t n_steps;
	bool has_fractions; /* [3, 8] is the number 3/8, not a list */
};

/*
 * Follow the way from json to a value: absent where a step leads nowhere. [] gives the list of
 * what the remaining steps find in each element. An array of scalars is a list. All is borrowed
 * from json or in arena.
 */
int qry_inside(const struct ax_json_value *json, const struct qry_way *way,
	struct ax_arena *arena, struct qry_value *out, struct ax_error *err);

#endif
