/*
 * report/treemap.h - rectangles whose areas are as given sizes, as square as may be
 *
 * The squarified layout (Bruls, Huizing and van Wijk, 2000): sizes, the largest first, are put in
 * rows along the shorter side of what is left, and a row ends where one more would make its worst
 * rectangle less square.
 */
#ifndef ARTIDX_REPORT_TREEMAP_H
#define ARTIDX_REPORT_TREEMAP_H

#include <stddef.h>

struct rpt_rect {
	double x, y, width, height;
};

/*
 * Fill out[0..n-1] for sizes, which are finite, not negative and ordered downwards. The rectangles
 * cover room and do not overlap; a size of 0 gets an empty one. Linear in n.
 */
void rpt_treemap_lay_out(const double *sizes, size_t n, struct rpt_rect room,
	struct rpt_rect *out);

#endif
