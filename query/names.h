/*
 * query/names.h - the names that a field of type QRY_TYPE_ENUM can have
 */
#ifndef ARTIDX_QUERY_NAMES_H
#define ARTIDX_QUERY_NAMES_H

#include "query/field.h"

struct idx_snapshot;

/* Where names come from that are not the same everywhere: the classes. */
struct qry_known_names {
	const struct idx_snapshot *snapshot; /* may be NULL */
	size_t n_classes;
	const struct ax_str *classes;
};

/* The i-th name, false beyond the last; a class may come twice. */
bool qry_name_at(const struct qry_known_names *known, enum qry_names names, size_t i,
	struct ax_str *out);

#endif
