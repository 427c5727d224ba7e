#include "tests/unit/unit.h"

#include "report/treemap.h"

#include <math.h>

static const struct rpt_rect room = { 10, 20, 600, 400 };

static double area(const struct rpt_rect *rect)
{
	return rect->width * rect->height;
}

static double overlap(const struct rpt_rect *a, const struct rpt_rect *b)
{
	double width = fmin(a->x + a->width, b->x + b->width) - fmax(a->x, b->x);
	double height = fmin(a->y + a->height, b->y + b->height) - fmax(a->y, b->y);

	return width > 0 && height > 0 ? width * height : 0;
}

/* Areas are as the sizes, all lie in the room, none lies over another. */
static void check(const double *sizes, size_t n)
{
	struct rpt_rect rects[64];
	double total = 0;

	rpt_treemap_lay_out(sizes, n, room, rects);
	for (size_t i = 0; i < n; i++)
		total += sizes[i];
	for (size_t i = 0; i < n; i++) {
		assert_true(fabs(area(&rects[i]) - sizes[i] / total * area(&room)) < 1e-3);
		assert_true(rects[i].x >= room.x - 1e-6 && rects[i].y >= room.y - 1e-6);
		assert_true(rects[i].x + rects[i].width <= room.x + room.width + 1e-6);
		assert_true(rects[i].y + rects[i].height <= room.y + room.height + 1e-6);
		for (size_t j = 0; j < i; j++)
			assert_true(overlap(&rects[i], &rects[j]) < 1e-3);
	}
}

static void test_covers(void **state)
{
	static const double published[] = { 6, 6, 4, 3, 2, 2, 1 };
	static const double skewed[] = { 1e15, 7, 3, 1, 1, 1e-3 };
	double many[64];

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (double)(COUNT(many) - i) * (double)(COUNT(many) - i);
	check(published, COUNT(published));
	check(skewed, COUNT(skewed));
	check(many, COUNT(many));
}

/* The example of the paper: its first row is two squares of the same size, one above the other. */
static void test_square(void **state)
{
	static const double sizes[] = { 6, 6, 4, 3, 2, 2, 1 };
	struct rpt_rect rects[COUNT(sizes)];

	(void)state;
	rpt_treemap_lay_out(sizes, COUNT(sizes), (struct rpt_rect){ 0, 0, 6, 4 }, rects);
	assert_true(rects[0].width == 3 && rects[0].height == 2);
	assert_true(rects[1].x == 0 && rects[1].y == 2);
	assert_true(rects[2].x == 3 && rects[2].y == 0);
}

static void test_nothing(void **state)
{
	static const double sizes[] = { 5, 0, 0 };
	static const double zeros[] = { 0, 0, 0 };
	struct rpt_rect rects[COUNT(sizes)];

	(void)state;
	rpt_treemap_lay_out(sizes, 0, room, rects);
	rpt_treemap_lay_out(sizes, COUNT(sizes), room, rects);
	assert_true(fabs(area(&rects[0]) - area(&room)) < 1e-6);
	assert_true(area(&rects[1]) == 0 && area(&rects[2]) == 0);
	rpt_treemap_lay_out(zeros, COUNT(zeros), room, rects);
	assert_true(area(&rects[0]) == 0);
	rpt_treemap_lay_out(sizes, COUNT(sizes), (struct rpt_rect){ 0, 0, 0, 9 }, rects);
	assert_true(area(&rects[0]) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_square),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
