#include "report/facts.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "report/once.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* What the pass over the files works with. */
struct pass {
	struct idx_snapshot *snapshot;
	struct rpt_facts *facts;
	struct rpt_once linked; /* files with several names that were seen */
	struct ax_buf path;
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for the report");
}

static bool keep(struct ax_arena *arena, struct ax_str from, struct ax_str *to)
{
	char *copy = ax_arena_copy(arena, from);

	*to = ax_str(copy, copy ? from.len : 0);
	return copy != NULL;
}

/* Among the largest files of its class, if it is one of them. */
static bool note_large(struct pass *pass, struct rpt_class *class,
	const struct idx_entry *entry)
{
	struct ax_arena *arena = &pass->facts->arena;
	size_t at = class->n_largest;

	if (!class->largest)
		class->largest = ax_arena_alloc(arena, RPT_LARGEST * sizeof(*class->largest));
	if (!class->largest)
		return false;
	while (at > 0 && class->largest[at - 1].bytes < entry->size)
		at--;
	if (at == RPT_LARGEST)
		return true;
	struct rpt_file file = { .bytes = entry->size };
	if (!keep(arena, ax_buf_str(&pass->path), &file.path))
		return false;
	if (class->n_largest < RPT_LARGEST)
		class->n_largest++;
	memmove(class->largest + at + 1, class->largest + at,
		(class->n_largest - at - 1) * sizeof(file));
	class->largest[at] = file;
	return true;
}

static bool note_finding(struct pass *pass, unsigned kind, const struct idx_entry *entry,
	struct ax_str why)
{
	struct ax_arena *arena = &pass->facts->arena;
	struct rpt_findings *findings = &pass->facts->findings[kind];

	rpt_sum_add(&findings->sum, (struct rpt_sum){ 1, entry->size });
	if (findings->n == RPT_FINDINGS)
		return true;
	if (!findings->items)
		findings->items =
			ax_arena_alloc(arena, RPT_FINDINGS * sizeof(*findings->items));
	if (!findings->items)
		return false;
	struct rpt_finding *item = &findings->items[findings->n++];
	item->bytes = entry->size;
	return keep(arena, ax_buf_str(&pass->path), &item->path) &&
	       keep(arena, why, &item->why);
}

/* Why a file is not as it should be. The sentence on a cut-off one tells its class: its length says. */
static int note_status(struct pass *pass, const struct idx_entry *entry, struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct ax_buf why = { 0 };
	struct idx_detail detail = { 0 };
	int found = 0;

	if (entry->status == IDX_TRUNCATED && entry->detail)
		found = idx_snapshot_detail(pass->snapshot, entry, &arena, &detail, err);
	uint64_t before = sizeof(uint64_t) + detail.header_length;
	if (found >= 0 && detail.has_tensors && entry->size >= before)
		ax_buf_printf(&why,
			"the file ends after %" PRIu64 " of %" PRIu64 " bytes of data; ",
			entry->size - before, detail.data_bytes);
	ax_buf_append_str(&why, entry->why);
	if (found >= 0 && !note_finding(pass, entry->status, entry, ax_buf_str(&why)))
		found = no_memory(err);
	ax_buf_free(&why);
	ax_arena_free(&arena);
	return found < 0 ? -1 : 0;
}

/* What is wrong with a file: it may be several things. */
static int note_findings(struct pass *pass, const struct idx_entry *entry, struct ax_error *err)
{
	struct idx_owner owner;

	if (entry->status != IDX_OK && note_status(pass, entry, err) < 0)
		return -1;
	if (entry->misnamed && !note_finding(pass, RPT_MISNAMED, entry, entry->why))
		return no_memory(err);
	if (idx_snapshot_owner(pass->snapshot, entry, &owner, err) < 0)
		return -1;
	if (owner.membership == IDX_RUN_AMBIGUOUS &&
		!note_finding(pass, RPT_AMBIGUOUS, entry, owner.why))
		return no_memory(err);
	return 0;
}

static int visit_file(struct pass *pass, const struct idx_entry *entry, struct ax_error *err)
{
	struct rpt_facts *facts = pass->facts;
	struct rpt_sum sum = { 1, entry->size };
	bool is_new = true;

	if (entry->linked && rpt_once_add(&pass->linked, entry->dev, entry->ino, &is_new) < 0)
		return no_memory(err);
	if (!is_new)
		sum.bytes = 0;
	ax_buf_clear(&pass->path);
	ax_path_join(&pass->path, entry->dir, entry->name);
	struct rpt_dir *dir = rpt_dirs_put(&facts->dirs, entry->dir);
	struct rpt_class *class = &facts->classes[entry->class_id];
	if (!dir || pass->path.failed ||
		!rpt_dirs_add(&facts->dirs, dir, entry->class_id, sum) ||
		!note_large(pass, class, entry))
		return no_memory(err);
	rpt_sum_add(&class->sum, sum);
	rpt_sum_add(&facts->sum, sum);
	return note_findings(pass, entry, err);
}

static int visit_files(struct pass *pass, struct ax_error *err)
{
	static const struct idx_filter everything = { 0 };
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int status = -1;
	int found;

	if (idx_files_open(pass->snapshot, &everything, &files, err) < 0)
		return -1;
	while ((found = idx_files_next(files, &entry, err)) > 0) {
		if (entry.class_id >= pass->facts->n_classes) {
			ax_fail(err, AX_ECATALOG, "the catalogue names a class that it lacks");
			goto out;
		}
		if (visit_file(pass, &entry, err) < 0)
			goto out;
	}
	status = found;
out:
	idx_files_close(files);
	return status;
}

static int begin_classes(struct pass *pass, struct ax_error *err)
{
	struct rpt_facts *facts = pass->facts;

	facts->n_classes = idx_snapshot_class_count(pass->snapshot);
	facts->classes =
		ax_arena_alloc(&facts->arena, (facts->n_classes + 1) * sizeof(*facts->classes));
	facts->shown_classes = ax_arena_alloc(&facts->arena,
		(facts->n_classes + 1) * sizeof(*facts->shown_classes));
	if (!facts->classes || !facts->shown_classes)
		return no_memory(err);
	for (size_t i = 0; i < facts->n_classes; i++)
		facts->classes[i].name = idx_snapshot_class_name(pass->snapshot, (uint32_t)i);
	return 0;
}

static bool is_larger(const struct rpt_class *a, const struct rpt_class *b)
{
	if (a->sum.bytes != b->sum.bytes)
		return a->sum.bytes > b->sum.bytes;
	return ax_str_compare(a->name, b->name) < 0;
}

/* There are few classes: by insertion. */
static void order_classes(struct rpt_facts *facts)
{
	for (size_t id = 0; id < facts->n_classes; id++) {
		size_t at = facts->n_shown_classes;

		if (!facts->classes[id].sum.files)
			continue;
		for (; at > 0 && is_larger(&facts->classes[id],
					 &facts->classes[facts->shown_classes[at - 1]]);
			at--)
			facts->shown_classes[at] = facts->shown_classes[at - 1];
		facts->shown_classes[at] = (uint32_t)id;
		facts->n_shown_classes++;
	}
	for (size_t i = 0; i < facts->n_shown_classes; i++)
		facts->classes[facts->shown_classes[i]].color =
			i < RPT_COLORS ? (unsigned)i : RPT_NO_COLOR;
}

static int compare_findings(const void *a, const void *b)
{
	const struct rpt_finding *x = a;
	const struct rpt_finding *y = b;

	return ax_str_compare(x->path, y->path);
}

static int gather_files(struct pass *pass, struct ax_error *err)
{
	struct rpt_facts *facts = pass->facts;

	if (begin_classes(pass, err) < 0 || visit_files(pass, err) < 0 ||
		rpt_dirs_add_up(&facts->dirs, RPT_BY_BYTES, err) < 0)
		return -1;
	order_classes(facts);
	for (size_t i = 0; i < RPT_FINDING_KINDS; i++) {
		struct rpt_findings *findings = &facts->findings[i];
		if (findings->n)
			qsort(findings->items, findings->n, sizeof(*findings->items),
				compare_findings);
	}
	return 0;
}

/* All runs, in an array that grows within the arena: at most twice their size. */
static int read_runs(struct idx_snapshot *snapshot, struct rpt_facts *facts,
	struct ax_error *err)
{
	struct idx_run_cursor *cursor = NULL;
	struct idx_run run;
	size_t capacity = 0;
	int status = -1;
	int found;

	if (idx_run_cursor_open(snapshot, &cursor, err) < 0)
		return -1;
	while ((found = idx_run_cursor_next(cursor, &facts->arena, &run, err)) > 0) {
		if (facts->n_runs == capacity) {
			capacity = capacity * 2 + 64;
			struct rpt_run *runs =
				ax_arena_alloc(&facts->arena, capacity * sizeof(*runs));
			if (!runs) {
				no_memory(err);
				goto out;
			}
			if (facts->n_runs)
				memcpy(runs, facts->runs, facts->n_runs * sizeof(*runs));
			facts->runs = runs;
		}
		facts->runs[facts->n_runs++] = (struct rpt_run){ .run = run };
	}
	status = found;
out:
	idx_run_cursor_close(cursor);
	return status;
}

static int compare_arms(const void *a, const void *b)
{
	const struct rpt_arm *x = a;
	const struct rpt_arm *y = b;

	if (x->runs != y->runs)
		return x->runs > y->runs ? -1 : 1;
	return ax_str_compare(x->name, y->name);
}

/* The arms by name; count of each in arms, which has room for as many as there are runs. */
static bool count_arms(struct rpt_facts *facts, struct qry_table *table)
{
	for (size_t i = 0; i < facts->n_runs; i++) {
		const struct idx_run *run = &facts->runs[i].run;
		void **slot = qry_table_put(table, run->arm);

		if (!slot)
			return false;
		if (!*slot) {
			*slot = &facts->arms[facts->n_arms++];
			((struct rpt_arm *)*slot)->name = run->arm;
		}
		struct rpt_arm *arm = *slot;
		arm->runs++;
		rpt_sum_add(&arm->sum, (struct rpt_sum){ run->n_files, run->size });
	}
	return true;
}

static bool number_arms(struct rpt_facts *facts, struct qry_table *table)
{
	qsort(facts->arms, facts->n_arms, sizeof(*facts->arms), compare_arms);
	for (size_t i = 0; i < facts->n_arms; i++) {
		void **slot = qry_table_put(table, facts->arms[i].name);

		if (!slot)
			return false;
		*slot = &facts->arms[i];
		facts->arms[i].color = i < RPT_COLORS ? (unsigned)i : RPT_NO_COLOR;
	}
	for (size_t i = 0; i < facts->n_runs; i++) {
		const struct rpt_arm *arm = qry_table_get(table, facts->runs[i].run.arm);
		facts->runs[i].arm = (size_t)(arm - facts->arms);
	}
	return true;
}

static int gather_arms(struct rpt_facts *facts, struct ax_error *err)
{
	struct qry_table table = { 0 };

	if (facts->n_runs == 0)
		return 0;
	facts->arms = ax_arena_alloc(&facts->arena, facts->n_runs * sizeof(*facts->arms));
	bool done = facts->arms && count_arms(facts, &table) && number_arms(facts, &table);
	qry_table_free(&table);
	return done ? 0 : no_memory(err);
}

int rpt_facts_gather(struct idx_snapshot *snapshot, struct rpt_facts *out, struct ax_error *err)
{
	struct pass pass = { .snapshot = snapshot, .facts = out };

	out->snapshot = snapshot;
	idx_snapshot_totals(snapshot, &out->totals);
	int status = gather_files(&pass, err);
	rpt_once_free(&pass.linked);
	ax_buf_free(&pass.path);
	if (status < 0 || read_runs(snapshot, out, err) < 0)
		return -1;
	return gather_arms(out, err);
}

void rpt_facts_free(struct rpt_facts *facts)
{
	rpt_dirs_free(&facts->dirs);
	ax_arena_free(&facts->arena);
	*facts = (struct rpt_facts){ 0 };
}
