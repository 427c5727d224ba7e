#include "query/shortcut.h"

#include "base/error.h"
#include "indexer/archives.h"
#include "query/group.h"
#include "query/query_internal.h"

#include <errno.h>

static bool is_about(const struct qry_ref *ref, const char *field)
{
	return ax_str_equal(ref->text, ax_str_from(field));
}

/* Whether the plan's classes say all that the tree says. */
static bool is_of_classes(const struct qry_node *node)
{
	const struct qry_condition *condition;

	if (!node)
		return true;
	condition = node->condition;
	return node->kind == QRY_TERM && is_about(&condition->ref, "class") &&
	       !condition->is_negated && !condition->is_presence && !condition->pattern;
}

bool qry_shortcut_fits(const struct qry_query *query)
{
	const struct idx_snapshot *snapshot = query->environment->snapshot;

	if (query->request.view != QRY_FILES || !is_of_classes(query->tree))
		return false;
	/* Sums are of files on the disk. */
	if (snapshot && idx_snapshot_archive_count(snapshot))
		return false;
	if (!query->is_grouped)
		return query->request.format == QRY_COUNT;
	for (size_t i = 0; i < query->sums.n; i++) {
		if (!is_about(&query->sums.items[i].ref, "size"))
			return false;
	}
	return query->group_by.n == 0 ||
	       (query->group_by.n == 1 && is_about(&query->group_by.items[0].ref, "class"));
}

static bool is_wanted(const struct qry_query *query, uint32_t class_id)
{
	const struct idx_filter *filter = &query->plan.filter;

	for (size_t i = 0; filter->classes && i < filter->n_classes; i++) {
		if (filter->classes[i] == class_id)
			return true;
	}
	return !filter->classes;
}

/* The sums of all classes, in the query's arena. */
static int read_sums(struct qry_query *query, struct idx_class_sum **out, struct ax_error *err)
{
	struct idx_snapshot *snapshot = query->environment->snapshot;
	size_t n = idx_snapshot_class_count(snapshot);

	*out = ax_arena_alloc(&query->arena, (n + 1) * sizeof(**out));
	if (!*out)
		return ax_fail(err, ENOMEM, "no memory for sums");
	return idx_snapshot_class_sums(snapshot, *out, err);
}

int qry_shortcut_count(struct qry_query *query, uint64_t *out, struct ax_error *err)
{
	uint32_t n = idx_snapshot_class_count(query->environment->snapshot);
	struct idx_class_sum *sums;

	if (read_sums(query, &sums, err) < 0)
		return -1;
	*out = 0;
	for (uint32_t i = 0; i < n; i++)
		*out += is_wanted(query, i) ? sums[i].files : 0;
	query->matched = *out;
	if (query->request.has_limit && *out > query->request.limit)
		*out = query->request.limit;
	return 0;
}

int qry_shortcut_group(struct qry_query *query, struct qry_groups *groups, struct ax_error *err)
{
	struct idx_snapshot *snapshot = query->environment->snapshot;
	uint32_t n = idx_snapshot_class_count(snapshot);
	struct qry_value *sizes =
		ax_arena_alloc(&query->arena, (query->sums.n + 1) * sizeof(*sizes));
	struct idx_class_sum *sums;

	if (!sizes)
		return ax_fail(err, ENOMEM, "no memory for sums");
	if (read_sums(query, &sums, err) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		struct qry_cell class_cell = { .name = "class", .type = QRY_TYPE_ENUM };

		if (sums[i].files == 0 || !is_wanted(query, i))
			continue;
		class_cell.value = qry_text(idx_snapshot_class_name(snapshot, i));
		for (size_t k = 0; k < query->sums.n; k++)
			sizes[k] = qry_unsigned(sums[i].bytes);
		if (qry_groups_add_known(groups, &class_cell, sums[i].files, sizes, err) < 0)
			return -1;
		query->matched += sums[i].files;
	}
	return 0;
}
