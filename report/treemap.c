#include "report/treemap.h"

/* The worst ratio of sides in a row of that sum along side, by its largest and smallest area. */
static double worst_ratio(double largest, double smallest, double sum, double side)
{
	double wide = side * side * largest / (sum * sum);
	double tall = sum * sum / (side * side * smallest);

	return wide > tall ? wide : tall;
}

static double shorter_side(const struct rpt_rect *room)
{
	return room->width < room->height ? room->width : room->height;
}

/* How many of the sizes make up the next row; *sum is their area. */
static size_t choose_row(const double *areas, size_t n, const struct rpt_rect *room,
	double scale, double *sum)
{
	double side = shorter_side(room);
	double worst = 0;
	size_t count = 0;

	*sum = 0;
	while (count < n && areas[count] > 0) {
		double area = areas[count] * scale;
		double ratio = worst_ratio(areas[0] * scale, area, *sum + area, side);

		if (count && ratio > worst)
			break;
		worst = ratio;
		*sum += area;
		count++;
	}
	return count;
}

/* Put a row at the start of the longer side, and take it off the room. */
static void place_row(const double *sizes, size_t n, double sum, double scale,
	struct rpt_rect *room, struct rpt_rect *out)
{
	double side = shorter_side(room);
	double depth = side > 0 ? sum / side : 0;
	double at = 0;

	for (size_t i = 0; i < n; i++) {
		double length = depth > 0 ? sizes[i] * scale / depth : 0;

		if (room->width >= room->height)
			out[i] = (struct rpt_rect){ room->x, room->y + at, depth, length };
		else
			out[i] = (struct rpt_rect){ room->x + at, room->y, length, depth };
		at += length;
	}
	if (room->width >= room->height) {
		room->x += depth;
		room->width -= depth;
	} else {
		room->y += depth;
		room->height -= depth;
	}
}

void rpt_treemap_lay_out(const double *sizes, size_t n, struct rpt_rect room,
	struct rpt_rect *out)
{
	double total = 0;
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		out[i] = (struct rpt_rect){ room.x, room.y, 0, 0 };
		total += sizes[i];
	}
	if (total <= 0 || room.width <= 0 || room.height <= 0)
		return;
	double scale = room.width * room.height / total;
	while (done < n && shorter_side(&room) > 0) {
		double sum;
		size_t count = choose_row(sizes + done, n - done, &room, scale, &sum);

		if (count == 0)
			return;
		place_row(sizes + done, count, sum, scale, &room, out + done);
		done += count;
	}
}
