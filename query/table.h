/*
 * query/table.h - a hash table from bytes to pointers
 *
 * A table that is all zero bytes is empty and ready for use. Keys are copied; what the pointers
 * point to is the user's.
 */
#ifndef ARTIDX_QUERY_TABLE_H
#define ARTIDX_QUERY_TABLE_H

#include "base/arena.h"

struct qry_slot {
	struct ax_str key; /* ptr NULL: free */
	void *value;
};

struct qry_table {
	struct ax_arena arena; /* of the keys; users may put values there too */
	struct qry_slot *slots;
	size_t n_slots; /* 0 or a power of two */
	size_t n_used;
};

void qry_table_free(struct qry_table *table);

/* The value of key, NULL when it has none. */
void *qry_table_get(const struct qry_table *table, struct ax_str key);

/*
 * Where the value of key is kept, NULL as yet for a new key; valid until the next call. NULL
 * when memory ran out.
 */
void **qry_table_put(struct qry_table *table, struct ax_str key);

#endif
