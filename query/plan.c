#include "query/plan.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/pattern.h"
#include "base/text.h"
#include "query/condition.h"
#include "query/parse.h"
#include "query/word.h"

#include <errno.h>

struct planner {
	enum qry_view view;
	const struct idx_snapshot *snapshot;
	struct ax_arena *arena;
	struct qry_plan *plan;
};

static bool operands_take(const struct qry_condition *condition, struct ax_str name)
{
	for (size_t i = 0; i < condition->n_operands; i++) {
		const struct qry_operand *operand = &condition->operands[i];

		if (operand->kind == QRY_OPERAND_GLOB ? ax_glob_match(operand->text, name)
						      : ax_str_equal(operand->text, name))
			return true;
	}
	return false;
}

static bool has_class(const struct idx_filter *filter, uint32_t id)
{
	for (size_t i = 0; filter->classes && i < filter->n_classes; i++) {
		if (filter->classes[i] == id)
			return true;
	}
	return !filter->classes;
}

static int use_classes(struct planner *planner, const struct qry_condition *condition,
	struct ax_error *err)
{
	struct idx_filter *filter = &planner->plan->filter;
	uint32_t count = idx_snapshot_class_count(planner->snapshot);
	uint32_t *ids = ax_arena_alloc(planner->arena, (count + 1) * sizeof(*ids));
	size_t n = 0;

	if (!ids)
		return ax_fail(err, ENOMEM, "no memory for the query");
	for (uint32_t id = 0; id < count; id++) {
		struct ax_str name = idx_snapshot_class_name(planner->snapshot, id);

		if (operands_take(condition, name) && has_class(filter, id))
			ids[n++] = id;
	}
	filter->classes = ids;
	filter->n_classes = n;
	planner->plan->is_empty |= n == 0;
	return 0;
}

/* Of two directories the deeper one; of unrelated ones no row can be in both. */
static void use_directory(struct planner *planner, struct ax_str directory)
{
	struct idx_filter *filter = &planner->plan->filter;

	if (ax_path_below(directory, filter->below))
		filter->below = directory;
	else if (!ax_path_below(filter->below, directory))
		planner->plan->is_empty = true;
}

/* What a glob says of the directory: all before the last "/" that no wildcard precedes. */
static void use_glob(struct planner *planner, struct ax_str glob)
{
	size_t end = 0;

	while (end < glob.len && !strchr("*?[\\", glob.ptr[end]))
		end++;
	end = ax_str_find_last(ax_str_slice(glob, 0, end), '/');
	if (end < glob.len && ax_path_is_safe(ax_str_slice(glob, 0, end)))
		use_directory(planner, ax_str_slice(glob, 0, end));
}

/* The longest part decides best. */
static void use_part(struct planner *planner, struct ax_str part, bool or_detail)
{
	struct idx_filter *filter = &planner->plan->filter;

	if (part.len <= filter->part.len)
		return;
	filter->part = part;
	filter->or_detail = or_detail;
}

/* The hull of all operands. */
static void find_bounds(const struct qry_condition *condition, int64_t *low, int64_t *high)
{
	*low = INT64_MAX;
	*high = INT64_MIN;
	for (size_t i = 0; i < condition->n_operands; i++) {
		if (condition->operands[i].low < *low)
			*low = condition->operands[i].low;
		if (condition->operands[i].high > *high)
			*high = condition->operands[i].high;
	}
}

static void use_sizes(struct planner *planner, const struct qry_condition *condition)
{
	struct idx_filter *filter = &planner->plan->filter;
	int64_t low, high;

	find_bounds(condition, &low, &high);
	planner->plan->is_empty |= high < 0;
	if (!filter->has_size)
		filter->size_max = UINT64_MAX;
	filter->has_size = true;
	if (low > 0 && (uint64_t)low > filter->size_min)
		filter->size_min = (uint64_t)low;
	if (high >= 0 && (uint64_t)high < filter->size_max)
		filter->size_max = (uint64_t)high;
}

static void use_times(struct planner *planner, const struct qry_condition *condition)
{
	struct idx_filter *filter = &planner->plan->filter;
	int64_t low, high;

	find_bounds(condition, &low, &high);
	if (!filter->has_mtime) {
		filter->mtime_min = INT64_MIN;
		filter->mtime_max = INT64_MAX;
	}
	filter->has_mtime = true;
	if (low > filter->mtime_min)
		filter->mtime_min = low;
	if (high < filter->mtime_max)
		filter->mtime_max = high;
}

static void use_path(struct planner *planner, const struct qry_operand *operand)
{
	if (operand->kind == QRY_OPERAND_GLOB)
		use_glob(planner, operand->text);
	else
		use_part(planner, operand->text, false);
}

static int use_term(struct planner *planner, const struct qry_condition *condition,
	struct ax_error *err)
{
	struct ax_str name = ax_str_from(condition->ref.field->name);
	const struct qry_operand *first = condition->operands;

	if (planner->view != QRY_FILES || condition->is_negated || condition->is_presence ||
		condition->pattern)
		return 0;
	if (ax_str_equal(name, AX_STR("class")))
		return use_classes(planner, condition, err);
	if (ax_str_equal(name, AX_STR("size")))
		use_sizes(planner, condition);
	else if (ax_str_equal(name, AX_STR("mtime")))
		use_times(planner, condition);
	else if (condition->n_operands == 1 && ax_str_equal(name, AX_STR("path")))
		use_path(planner, first);
	else if (condition->n_operands == 1 && ax_str_equal(name, AX_STR("name")) &&
		 first->kind != QRY_OPERAND_GLOB)
		use_part(planner, first->text, false);
	return 0;
}

static int use_node(struct planner *planner, const struct qry_node *node, struct ax_error *err)
{
	if (node->kind == QRY_TERM)
		return use_term(planner, node->condition, err);
	if (node->kind == QRY_WORD && node->word->is_directory)
		use_directory(planner, node->word->directory);
	else if (node->kind == QRY_WORD && planner->view == QRY_FILES && !node->word->is_glob)
		use_part(planner, node->word->text, true);
	if (node->kind != QRY_AND)
		return 0;
	for (const struct qry_node *child = node->child; child; child = child->next) {
		if (use_node(planner, child, err) < 0)
			return -1;
	}
	return 0;
}

int qry_plan_make(const struct qry_node *node, enum qry_view view,
	const struct idx_snapshot *snapshot, struct ax_arena *arena, struct qry_plan *out,
	struct ax_error *err)
{
	struct planner planner = { view, snapshot, arena, out };

	*out = (struct qry_plan){ 0 };
	return node && snapshot ? use_node(&planner, node, err) : 0;
}

void qry_plan_show(const struct qry_plan *plan, const struct idx_snapshot *snapshot,
	struct ax_buf *buf)
{
	const struct idx_filter *filter = &plan->filter;
	char first[AX_UNITS_MAX], last[AX_UNITS_MAX];
	size_t start = buf->len;

	for (size_t i = 0; filter->classes && i < filter->n_classes; i++) {
		ax_buf_append_text(buf, i == 0 ? "class " : ",");
		ax_text_escape(buf, idx_snapshot_class_name(snapshot, filter->classes[i]));
	}
	if (filter->below.len > 0) {
		ax_buf_append_text(buf, buf->len > start ? "; below " : "below ");
		ax_text_quote(buf, filter->below);
	}
	if (filter->part.len > 0) {
		ax_buf_append_text(buf, buf->len > start ? "; part " : "part ");
		ax_text_quote(buf, filter->part);
	}
	if (filter->has_size) {
		ax_size_format(filter->size_min, first);
		ax_size_format(filter->size_max, last);
		ax_buf_printf(buf, "%ssize %s..%s", buf->len > start ? "; " : "", first,
			filter->size_max >= INT64_MAX ? "" : last);
	}
	if (filter->has_mtime) {
		ax_time_format(filter->mtime_min, first);
		ax_time_format(filter->mtime_max, last);
		ax_buf_printf(buf, "%smtime %s..%s", buf->len > start ? "; " : "",
			filter->mtime_min == INT64_MIN ? "" : first,
			filter->mtime_max == INT64_MAX ? "" : last);
	}
	if (plan->is_empty)
		ax_buf_append_text(buf,
			buf->len > start ? "; nothing can match" : "nothing can match");
	else if (buf->len == start)
		ax_buf_append_text(buf, "none: every row is looked at");
}
