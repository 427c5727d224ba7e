/*
 * Rows are collected as they come. Once there are as many as the limit allows and another one
 * comes, they become a binary heap with the row that comes last at its top: the one to be dropped
 * for a better one. At the end all are sorted.
 */
#include "query/sorter.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>

/* Allocated as one piece: keys, then their texts, then the rendered bytes. */
struct item {
	uint64_t arrival;
	struct ax_str rendered;
	struct qry_value keys[];
};

struct qry_sorter {
	size_t n_keys;
	const bool *is_downwards;
	uint64_t limit;
	uint64_t arrivals;
	struct item **items;
	size_t n_items, capacity;
	size_t n_taken; /* by qry_sorter_next() */
	bool is_heap;
	bool is_sorted;
};

int qry_sorter_new(size_t n_keys, const bool *is_downwards, uint64_t limit,
	struct qry_sorter **out, struct ax_error *err)
{
	struct qry_sorter *sorter = calloc(1, sizeof(*sorter));

	if (!sorter)
		return ax_fail(err, ENOMEM, "no memory for sorting");
	sorter->n_keys = n_keys;
	sorter->is_downwards = is_downwards;
	sorter->limit = limit;
	*out = sorter;
	return 0;
}

void qry_sorter_free(struct qry_sorter *sorter)
{
	if (!sorter)
		return;
	for (size_t i = 0; i < sorter->n_items; i++)
		free(sorter->items[i]);
	free(sorter->items);
	free(sorter);
}

/* A list is sorted by its first element; objects have no order. */
static const struct qry_value *sortable(const struct qry_value *value)
{
	static const struct qry_value absent = { 0 };

	while (value->kind == QRY_LIST)
		value = value->list.count > 0 ? &value->list.items[0] : &absent;
	return value->kind == QRY_JSON || value->kind == QRY_MAP ? &absent : value;
}

static int compare_keys(const struct qry_sorter *sorter, const struct qry_value *a,
	const struct qry_value *b)
{
	for (size_t i = 0; i < sorter->n_keys; i++) {
		const struct qry_value *x = sortable(&a[i]), *y = sortable(&b[i]);
		bool has_absent = x->kind == QRY_ABSENT || y->kind == QRY_ABSENT;
		int order = qry_value_compare(x, y);

		if (order != 0)
			return sorter->is_downwards[i] && !has_absent ? -order : order;
	}
	return 0;
}

static bool comes_before(const struct qry_sorter *sorter, const struct item *a,
	const struct item *b)
{
	int order = compare_keys(sorter, a->keys, b->keys);

	return order != 0 ? order < 0 : a->arrival < b->arrival;
}

static void swap(struct item **a, struct item **b)
{
	struct item *kept = *a;

	*a = *b;
	*b = kept;
}

/* Restore the heap below i. */
static void sift_down(struct qry_sorter *sorter, size_t i)
{
	size_t n = sorter->n_items;

	for (;;) {
		size_t last = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++) {
			if (comes_before(sorter, sorter->items[last], sorter->items[child]))
				last = child;
		}
		if (last == i)
			return;
		swap(&sorter->items[i], &sorter->items[last]);
		i = last;
	}
}

static void make_heap(struct qry_sorter *sorter)
{
	for (size_t i = sorter->n_items / 2; i-- > 0;)
		sift_down(sorter, i);
	sorter->is_heap = true;
}

size_t qry_sorter_count(const struct qry_sorter *sorter)
{
	return sorter->n_items;
}

bool qry_sorter_wants(struct qry_sorter *sorter, const struct qry_value *keys)
{
	if (sorter->n_items < sorter->limit)
		return true;
	if (!sorter->is_heap)
		make_heap(sorter);
	return sorter->limit > 0 && compare_keys(sorter, keys, sorter->items[0]->keys) < 0;
}

static size_t text_length(const struct qry_value *value)
{
	return value->kind == QRY_TEXT ? value->text.len : 0;
}

static struct ax_str place_text(char **room, struct ax_str text)
{
	struct ax_str copy = ax_str(*room, text.len);

	if (text.len > 0)
		memcpy(*room, text.ptr, text.len);
	*room += text.len;
	return copy;
}

static struct item *make_item(struct qry_sorter *sorter, const struct qry_value *keys,
	struct ax_str rendered)
{
	size_t fixed = sizeof(struct item) + sorter->n_keys * sizeof(*keys);
	size_t size = fixed + rendered.len;
	struct item *item;
	char *room;

	for (size_t i = 0; i < sorter->n_keys; i++)
		size += text_length(sortable(&keys[i]));
	item = malloc(size);
	if (!item)
		return NULL;
	room = (char *)item + fixed;
	item->arrival = sorter->arrivals++;
	for (size_t i = 0; i < sorter->n_keys; i++) {
		item->keys[i] = *sortable(&keys[i]);
		if (item->keys[i].kind == QRY_TEXT)
			item->keys[i].text = place_text(&room, item->keys[i].text);
	}
	item->rendered = place_text(&room, rendered);
	return item;
}

static bool make_room(struct qry_sorter *sorter)
{
	size_t capacity = sorter->capacity ? 2 * sorter->capacity : 64;
	struct item **items;

	if (sorter->n_items < sorter->capacity)
		return true;
	items = reallocarray(sorter->items, capacity, sizeof(struct item *));
	if (!items)
		return false;
	sorter->items = items;
	sorter->capacity = capacity;
	return true;
}

int qry_sorter_add(struct qry_sorter *sorter, const struct qry_value *keys,
	struct ax_str rendered, struct ax_error *err)
{
	struct item *item;

	if (!qry_sorter_wants(sorter, keys))
		return 0;
	item = make_item(sorter, keys, rendered);
	if (!item || !make_room(sorter)) {
		free(item);
		return ax_fail(err, ENOMEM, "no memory for sorting");
	}
	if (sorter->n_items == sorter->limit) {
		free(sorter->items[0]);
		sorter->items[0] = item;
		sift_down(sorter, 0);
		return 0;
	}
	sorter->items[sorter->n_items++] = item;
	return 0;
}

static int by_order(const void *a, const void *b, void *sorter)
{
	const struct item *const *x = a, *const *y = b;

	if (*x == *y)
		return 0;
	return comes_before(sorter, *x, *y) ? -1 : 1; /* no two arrived together */
}

static void sort(struct qry_sorter *sorter)
{
	if (sorter->n_items > 1)
		qsort_r(sorter->items, sorter->n_items, sizeof(struct item *), by_order,
			sorter);
	sorter->is_sorted = true;
}

bool qry_sorter_next(struct qry_sorter *sorter, struct ax_str *rendered)
{
	if (!sorter->is_sorted)
		sort(sorter);
	if (sorter->n_taken == sorter->n_items)
		return false;
	*rendered = sorter->items[sorter->n_taken++]->rendered;
	return true;
}
