/*
 * query/ref.h - a field as people write it: size, cfg.seed, meta["x.y"], rows[-1].hack_s
 */
#ifndef ARTIDX_QUERY_REF_H
#define ARTIDX_QUERY_REF_H

#include "base/arena.h"
#include "query/field.h"
#include "query/mistake.h"

/* One step behind the field's name. */
struct qry_step {
	enum { QRY_STEP_KEY, QRY_STEP_INDEX, QRY_STEP_ALL } kind; /* .key or ["key"], [n], [] */
	struct ax_str key;
	int64_t index; /* negative: from the end */
};

struct qry_ref {
	const struct qry_field *field;
	size_t n_steps;
	const struct qry_step *steps;
	struct ax_str text; /* as written: heads columns */
};

/* Bytes at the start of s that have the shape of a field, 0 when there are none. */
size_t qry_ref_measure(struct ax_str s);

/* Where references are read: the view they are of, and where results and mistakes go. */
struct qry_ref_context {
	enum qry_view view;
	struct ax_arena *arena;
	struct qry_mistake *mistake;
};

/*
 * Read text, all of it, as a field; everything in arena or borrowed from text. place is where
 * text stands in the arguments.
 */
int qry_ref_parse(const struct qry_ref_context *context, struct ax_str text,
	struct qry_span place, struct qry_ref *out, struct ax_error *err);

#endif
