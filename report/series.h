/*
 * report/series.h - the curve of a figure over the steps of a run, out of its rows
 */
#ifndef ARTIDX_REPORT_SERIES_H
#define ARTIDX_REPORT_SERIES_H

#include "base/arena.h"

struct ax_error;

enum {
	RPT_POINTS = 240,         /* of a curve; of more steps, evenly spaced ones */
	RPT_ROWS_LIMIT = 4 << 20, /* bytes of rows that are read */
};

enum rpt_figure {
	RPT_HACK,
	RPT_SOLVE,
	RPT_FIGURES,
};

/* Shares between 0 and 1; NAN where a row has no such figure. */
struct rpt_series {
	size_t n;
	double *steps; /* as the rows say, or their places */
	double *values[RPT_FIGURES];
	bool has[RPT_FIGURES]; /* any value at all */
	double last[RPT_FIGURES];
};

/*
 * Read rows, the JSON text of a list of objects; arrays are in arena. 1, or 0 where it is no such
 * list, has neither figure or is too long.
 */
int rpt_series_read(struct ax_str rows, struct ax_arena *arena, struct rpt_series *out,
	struct ax_error *err);

#endif
