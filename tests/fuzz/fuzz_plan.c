#include "base/buf.h"
#include "base/error.h"
#include "fuzz.h"
#include "reorg/act.h"
#include "reorg/journal_internal.h"
#include "reorg/names.h"
#include "reorg/plan_file.h"

#include <stdlib.h>

/*
 * The payloads of a journal without the checksums before them. The first byte of the input says
 * which: 'P' a plan, 'B' what was found before the first act. What was read is written and read
 * again, and must then be the same bytes.
 */

static void need(bool is_so)
{
	if (!is_so)
		abort();
}

/* All that is done with a plan before anything is believed of it. */
static void use_plan(const struct reorg_plan *plan)
{
	struct reorg_names names = { 0 };
	struct ax_error err = { 0 };
	struct ax_buf buf = { 0 };

	if (reorg_names_make(plan, &names, &err) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		need(reorg_names_find(&names, names.names[i].path) <= i);
		reorg_names_origin(&names, names.names[i].path, &buf);
	}
	for (size_t i = 0; i < plan->n_acts; i++) {
		if (plan->acts[i].kind == REORG_EDIT)
			reorg_edit_content(&plan->acts[i], AX_STR("some content"), &buf, &err);
	}
	ax_buf_free(&buf);
	reorg_names_free(&names);
}

static void try_plan(struct ax_str bytes, struct ax_arena *arena)
{
	struct reorg_plan plan;
	struct reorg_plan again;
	struct ax_error err = { 0 };
	struct ax_buf first = { 0 };
	struct ax_buf second = { 0 };

	if (reorg_plan_decode(bytes, "plan", arena, &plan, &err) < 0) {
		need(err.code && *err.message);
		return;
	}
	use_plan(&plan);
	reorg_plan_encode(&plan, &first);
	need(reorg_plan_decode(ax_buf_str(&first), "plan", arena, &again, &err) == 0);
	reorg_plan_encode(&again, &second);
	need(ax_str_equal(ax_buf_str(&first), ax_buf_str(&second)));
	ax_buf_free(&first);
	ax_buf_free(&second);
}

static void try_beginning(struct ax_str bytes, struct ax_arena *arena)
{
	struct ax_reader reader = { .rest = bytes };
	struct reorg_beginning beginning = { 0 };
	struct ax_buf first = { 0 };
	struct ax_buf second = { 0 };

	if (!reorg_beginning_decode(&reader, arena, &beginning) || reader.failed)
		return;
	reorg_beginning_encode(&beginning, &first);
	reader = (struct ax_reader){ .rest = ax_buf_str(&first) };
	need(reorg_beginning_decode(&reader, arena, &beginning) && !reader.failed);
	need(reader.rest.len == 0);
	reorg_beginning_encode(&beginning, &second);
	need(ax_str_equal(ax_buf_str(&first), ax_buf_str(&second)));
	ax_buf_free(&first);
	ax_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_arena arena = { 0 };

	if (!size)
		return 0;
	struct ax_str bytes = ax_str((const char *)data + 1, size - 1);
	if (*data == 'P')
		try_plan(bytes, &arena);
	else if (*data == 'B')
		try_beginning(bytes, &arena);
	ax_arena_free(&arena);
	return 0;
}
