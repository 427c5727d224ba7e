#include "query/match.h"

#include "indexer/jobs.h"
#include "indexer/references.h"
#include "query/condition.h"
#include "query/parse.h"
#include "query/relations.h"
#include "query/row.h"
#include "query/word.h"

/* How many related rows were looked at, and for how many of them the inner tree held. */
struct tally {
	size_t rows, held;
};

/* Whether a look at further rows could still change the answer. */
static bool is_decided(enum qry_quantifier quantifier, const struct tally *tally)
{
	return quantifier == QRY_ALL ? tally->held < tally->rows : tally->held > 0;
}

static bool is_fulfilled(enum qry_quantifier quantifier, const struct tally *tally)
{
	if (quantifier == QRY_ALL)
		return tally->rows > 0 && tally->held == tally->rows;
	return (tally->held > 0) == (quantifier == QRY_ANY);
}

static int count_row(const struct qry_node *node, struct qry_row *inner, struct tally *tally,
	struct ax_error *err)
{
	int held = qry_match(node->child, inner, err);

	tally->rows++;
	tally->held += held > 0;
	return held < 0 ? -1 : 0;
}

static int count_tensors(const struct qry_node *node, struct qry_row *file, struct tally *tally,
	struct ax_error *err)
{
	const struct idx_detail *detail;
	struct idx_tensors *tensors = NULL;
	struct qry_row inner;
	int found = qry_row_detail(file, &detail, err);

	if (found <= 0 || !detail->has_tensors)
		return found < 0 ? -1 : 0;
	if (idx_tensors_open(file->scope->snapshot, detail, &tensors, err) < 0)
		return -1;
	qry_row_init(&inner, QRY_TENSORS, file->scope);
	inner.file = file;
	while (found > 0 && !is_decided(node->token.quantifier, tally)) {
		qry_row_reset(&inner);
		found = idx_tensors_next(tensors, &inner.tensor, err);
		if (found > 0 && count_row(node, &inner, tally, err) < 0)
			found = -1;
	}
	qry_row_fini(&inner);
	idx_tensors_close(tensors);
	return found < 0 ? -1 : 0;
}

static int count_files(const struct qry_node *node, struct qry_row *run, struct tally *tally,
	struct ax_error *err)
{
	struct qry_row inner;
	int found = 0;

	qry_row_init(&inner, QRY_FILES, run->scope);
	for (size_t i = 0; i < run->run.n_files; i++) {
		if (is_decided(node->token.quantifier, tally))
			break;
		qry_row_reset(&inner);
		found = idx_snapshot_find_anywhere(run->scope->snapshot, run->run.files[i],
			&inner.entry, err);
		if (found > 0 && count_row(node, &inner, tally, err) < 0)
			found = -1;
		if (found < 0)
			break;
	}
	qry_row_fini(&inner);
	return found < 0 ? -1 : 0;
}

static int count_run(const struct qry_node *node, struct qry_row *file, struct tally *tally,
	struct ax_error *err)
{
	struct qry_row *run;
	int found = qry_row_run(file, &run, err);

	return found > 0 ? count_row(node, run, tally, err) : found;
}

static int count_references(const struct qry_node *node, struct qry_row *file,
	struct tally *tally, struct ax_error *err)
{
	struct qry_related related;
	struct qry_row inner;
	struct ax_str path;
	int status = 0;

	if (qry_row_path(file, &path, err) < 0 ||
		qry_relations_references(file->scope, path, &file->arena, &related, err) < 0)
		return -1;
	qry_row_init(&inner, QRY_REFS, file->scope);
	for (size_t i = 0; status == 0 && i < related.n; i++) {
		qry_row_reset(&inner);
		inner.reference = &file->scope->references->items[related.indexes[i]];
		status = count_row(node, &inner, tally, err);
	}
	qry_row_fini(&inner);
	return status;
}

static int count_jobs(const struct qry_node *node, struct qry_row *file, struct tally *tally,
	struct ax_error *err)
{
	struct qry_related related;
	struct qry_row inner;
	struct ax_str path;
	int status = 0;

	if (qry_row_path(file, &path, err) < 0 ||
		qry_relations_jobs(file->scope, path, &file->arena, &related, err) < 0)
		return -1;
	qry_row_init(&inner, QRY_JOBS, file->scope);
	for (size_t i = 0; status == 0 && i < related.n; i++) {
		qry_row_reset(&inner);
		inner.job = &file->scope->jobs->items[related.indexes[i]];
		status = count_row(node, &inner, tally, err);
	}
	qry_row_fini(&inner);
	return status;
}

/* The files below a directory, or only those directly in it. */
static int count_below(const struct qry_node *node, struct qry_row *row,
	struct ax_str directory, struct tally *tally, struct ax_error *err)
{
	struct idx_filter filter = { .below = directory, .archived = row->view != QRY_DIRS };
	struct idx_files *files = NULL;
	struct qry_row inner;
	int found = 1;

	if (idx_files_open(row->scope->snapshot, &filter, &files, err) < 0)
		return -1;
	qry_row_init(&inner, QRY_FILES, row->scope);
	while (found > 0 && !is_decided(node->token.quantifier, tally)) {
		qry_row_reset(&inner);
		found = idx_files_next(files, &inner.entry, err);
		if (row->view == QRY_DIRS && !ax_str_equal(inner.entry.dir, directory))
			continue;
		if (found > 0 && count_row(node, &inner, tally, err) < 0)
			found = -1;
	}
	qry_row_fini(&inner);
	idx_files_close(files);
	return found < 0 ? -1 : 0;
}

/* The file that a reference means, or the files below the directory. */
static int count_target(const struct qry_node *node, struct qry_row *row, struct tally *tally,
	struct ax_error *err)
{
	const struct idx_reference *reference = row->reference;
	struct qry_row inner;
	int found;

	if (reference->kind == IDX_REF_DIR)
		return count_below(node, row, reference->target, tally, err);
	if (reference->kind != IDX_REF_FILE)
		return 0;
	qry_row_init(&inner, QRY_FILES, row->scope);
	found = idx_snapshot_find_anywhere(row->scope->snapshot, reference->target,
		&inner.entry, err);
	if (found > 0 && count_row(node, &inner, tally, err) < 0)
		found = -1;
	qry_row_fini(&inner);
	return found < 0 ? -1 : 0;
}

static int count_related(const struct qry_node *node, struct qry_row *row, struct tally *tally,
	struct ax_error *err)
{
	if (row->view == QRY_RUNS)
		return count_files(node, row, tally, err);
	if (row->view == QRY_TENSORS)
		return count_row(node, row->file, tally, err);
	if (row->view == QRY_DIRS)
		return count_below(node, row, row->directory.path, tally, err);
	if (row->view == QRY_REFS)
		return count_target(node, row, tally, err);
	if (node->view == QRY_TENSORS)
		return count_tensors(node, row, tally, err);
	if (node->view == QRY_REFS)
		return count_references(node, row, tally, err);
	if (node->view == QRY_JOBS)
		return count_jobs(node, row, tally, err);
	return count_run(node, row, tally, err);
}

/* The pairs of views here are those that bind.c lets through. */
static int match_cross(const struct qry_node *node, struct qry_row *row, struct ax_error *err)
{
	struct tally tally = { 0 };

	if (count_related(node, row, &tally, err) < 0)
		return -1;
	return is_fulfilled(node->token.quantifier, &tally);
}

/* Stops at the first child that decides: a 0 below "and", a 1 below "or". */
static int match_children(const struct qry_node *node, struct qry_row *row,
	struct ax_error *err)
{
	int undecided = node->kind == QRY_AND;

	for (const struct qry_node *child = node->child; child; child = child->next) {
		int held = qry_match(child, row, err);

		if (held != undecided)
			return held;
	}
	return undecided;
}

int qry_match(const struct qry_node *node, struct qry_row *row, struct ax_error *err)
{
	int held;

	if (!node)
		return 1;
	switch (node->kind) {
	case QRY_NOT:
		held = qry_match(node->child, row, err);
		return held < 0 ? -1 : !held;
	case QRY_CROSS:
		return match_cross(node, row, err);
	case QRY_TERM:
		return qry_condition_try(node->condition, row, err);
	case QRY_WORD:
		return qry_word_try(node->word, row, err);
	case QRY_AND:
	case QRY_OR:
		break;
	}
	return match_children(node, row, err);
}
