#include "indexer/scan_internal.h"

#include <errno.h>
#include <stdlib.h>

static int compare_problems(const void *a, const void *b)
{
	const struct idx_problem *x = a;
	const struct idx_problem *y = b;
	int order = ax_str_compare(x->path, y->path);

	return order ? order : strcmp(x->status, y->status);
}

static bool copy_problem(struct ax_arena *arena, const struct idx_problem *from,
	struct idx_problem *to)
{
	char *path = ax_arena_copy(arena, from->path);
	char *why = ax_arena_copy(arena, from->why);

	if (!path || !why)
		return false;
	*to = (struct idx_problem){
		.path = ax_str(path, from->path.len),
		.status = from->status,
		.why = ax_str(why, from->why.len),
	};
	return true;
}

/* Order them by path and keep the first SCAN_PROBLEMS, in a new arena: the others' memory goes. */
static int cut(struct scan_problems *problems, struct ax_error *err)
{
	struct ax_arena arena = { 0 };

	qsort(problems->items, problems->count, sizeof(*problems->items), compare_problems);
	if (problems->count <= SCAN_PROBLEMS)
		return 0;
	for (size_t i = 0; i < SCAN_PROBLEMS; i++) {
		if (!copy_problem(&arena, &problems->items[i], &problems->items[i])) {
			ax_arena_free(&arena);
			problems->count = 0;
			return ax_fail(err, ENOMEM, "no memory for what is wrong");
		}
	}
	problems->more += problems->count - SCAN_PROBLEMS;
	problems->count = SCAN_PROBLEMS;
	ax_arena_free(&problems->arena);
	problems->arena = arena;
	return 0;
}

int scan_problems_add(struct scan_problems *problems, struct ax_str path, const char *status,
	struct ax_str why, struct ax_error *err)
{
	struct idx_problem problem = { .path = path, .status = status, .why = why };

	if (!problems->items) {
		problems->items = calloc((size_t)2 * SCAN_PROBLEMS, sizeof(*problems->items));
		if (!problems->items)
			return ax_fail(err, ENOMEM, "no memory for what is wrong");
	}
	if (problems->count == (size_t)2 * SCAN_PROBLEMS && cut(problems, err) < 0)
		return -1;
	if (!copy_problem(&problems->arena, &problem, &problems->items[problems->count]))
		return ax_fail(err, ENOMEM, "no memory for what is wrong");
	problems->count++;
	return 0;
}

int scan_problems_merge(struct scan_problems *problems, const struct scan_problems *from,
	struct ax_error *err)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct idx_problem *problem = &from->items[i];
		if (scan_problems_add(problems, problem->path, problem->status, problem->why,
			    err) < 0)
			return -1;
	}
	problems->more += from->more;
	return problems->count ? cut(problems, err) : 0;
}

int scan_problems_report(const struct scan_problems *problems, struct idx_scan_report *out,
	struct ax_error *err)
{
	size_t count = out->n_problems + problems->count;
	struct idx_problem *items;

	if (problems->count == 0)
		return 0;
	items = ax_arena_alloc(&out->arena, count * sizeof(*items));
	if (!items)
		return ax_fail(err, ENOMEM, "no memory for what is wrong");
	if (out->n_problems)
		memcpy(items, out->problems, out->n_problems * sizeof(*items));
	for (size_t i = 0; i < problems->count; i++) {
		if (!copy_problem(&out->arena, &problems->items[i],
			    &items[out->n_problems + i]))
			return ax_fail(err, ENOMEM, "no memory for what is wrong");
	}
	qsort(items, count, sizeof(*items), compare_problems);
	out->problems = items;
	out->n_problems = count;
	out->more_problems += problems->more;
	return 0;
}

int idx_scan_report_add(struct idx_scan_report *report, struct ax_str path, const char *status,
	struct ax_str why, struct ax_error *err)
{
	struct idx_problem problem = { .path = path, .status = status, .why = why };
	struct scan_problems one = { .count = 1, .items = &problem };

	return scan_problems_report(&one, report, err);
}

void scan_problems_free(struct scan_problems *problems)
{
	ax_arena_free(&problems->arena);
	free(problems->items);
	*problems = (struct scan_problems){ 0 };
}

int scan_paths_add(struct scan_paths *paths, struct ax_str path, struct ax_error *err)
{
	if (paths->count == paths->capacity) {
		size_t capacity = paths->capacity * 2 + 16;
		struct ax_str *items = realloc(paths->items, capacity * sizeof(*items));
		if (!items)
			return ax_fail(err, ENOMEM, "no memory for paths");
		paths->items = items;
		paths->capacity = capacity;
	}
	char *copy = ax_arena_copy(&paths->arena, path);
	if (!copy)
		return ax_fail(err, ENOMEM, "no memory for paths");
	paths->items[paths->count++] = ax_str(copy, path.len);
	return 0;
}

void scan_paths_free(struct scan_paths *paths)
{
	ax_arena_free(&paths->arena);
	free(paths->items);
	*paths = (struct scan_paths){ 0 };
}
