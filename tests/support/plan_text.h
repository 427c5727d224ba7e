/*
 * tests/support/plan_text.h - a plan from lines of text, for tests of the reorg layer
 *
 *	mkdir PATH                  move FROM TO            movedir FROM TO
 *	retarget PATH OLD NEW       relink FROM TO OLD NEW  link PATH TARGET
 *	unlink PATH                 edit PATH OLD NEW       rmdir PATH
 *	delete PATH
 *
 * Paths hold no white space. Identities are taken from the disk as it is now; what a directory
 * that moves takes along is named by its new path. edit replaces each OLD by NEW.
 */
#ifndef ARTIDX_TESTS_SUPPORT_PLAN_TEXT_H
#define ARTIDX_TESTS_SUPPORT_PLAN_TEXT_H

#include "base/arena.h"

struct ax_error;
struct reorg_plan;

/* Everything is in arena; text too must live as long as the plan. */
int plan_text_read(int root, struct ax_str text, struct ax_arena *arena, struct reorg_plan *out,
	struct ax_error *err);

#endif
