/*
 * report/page.h - the report: one HTML file that needs nothing else
 *
 * It opens from a disk, asks no network for anything (a Content-Security-Policy in it forbids
 * that), and shows all of its tables and pictures where scripts are disabled; a small script sorts
 * tables and lights up what belongs together. The page is the same for the same input.
 */
#ifndef ARTIDX_REPORT_PAGE_H
#define ARTIDX_REPORT_PAGE_H

#include "base/units.h"

#include <stddef.h>

struct arc_dead;
struct ax_buf;
struct ax_error;
struct reorg_draft;
struct rpt_alike;
struct rpt_facts;

/* All is borrowed. */
struct rpt_page {
	struct ax_str root;    /* absolute path of the project */
	struct ax_str version; /* of artidx */
	ax_nanoseconds now;
	const struct rpt_facts *facts;
	const struct rpt_alike *alike;
	const struct arc_dead *dead;
	const struct reorg_draft *draft;
};

int rpt_page_make(const struct rpt_page *page, struct ax_buf *out, struct ax_error *err);

/* A report begins with these bytes: what does not is not replaced by one unasked. */
#define RPT_PAGE_START "<!doctype html>\n<!-- artidx report -->\n"

/* Its style sheet and its script, as they lie in page.css and page.js. */
extern const unsigned char rpt_css_text[];
extern const size_t rpt_css_length;
extern const unsigned char rpt_script_text[];
extern const size_t rpt_script_length;

#endif
