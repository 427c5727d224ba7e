/*
 * report/section.h - the parts of the page
 *
 * Each appends its part, heading and all. What it has nothing to show for it says in one line;
 * what it leaves out, it counts. Pictures come in two widths, of which page.css shows the one that
 * fits the window. Out of memory shows in the buffer.
 */
#ifndef ARTIDX_REPORT_SECTION_H
#define ARTIDX_REPORT_SECTION_H

#include "base/str.h"

struct ax_buf;
struct ax_error;
struct arc_dead;
struct reorg_draft;
struct rpt_alike;
struct rpt_facts;

/* Widths of pictures, in pixels. */
#define RPT_WIDE 1080.0
#define RPT_NARROW 360.0

/* Where the space is: treemaps by directory, class and run, and a table of classes. */
void rpt_space_section(struct ax_buf *page, const struct rpt_facts *facts);

/* When which run was at work. */
void rpt_timeline_section(struct ax_buf *page, const struct rpt_facts *facts);

/* Hack and solve rate by step, a small picture for each run. */
int rpt_curves_section(struct ax_buf *page, const struct rpt_facts *facts,
	struct ax_error *err);

/* Which runs used which artifacts. */
int rpt_lineage_section(struct ax_buf *page, const struct rpt_facts *facts,
	struct ax_error *err);

/* What is wrong. */
void rpt_wrong_section(struct ax_buf *page, const struct rpt_facts *facts,
	const struct rpt_alike *alike);

/* What may be archived, and what would be but is kept. */
void rpt_dead_section(struct ax_buf *page, const struct arc_dead *dead);

/* What a reorg would do: the tree before and after. */
int rpt_reorg_section(struct ax_buf *page, const struct rpt_facts *facts,
	const struct reorg_draft *draft, struct ax_error *err);

#endif
