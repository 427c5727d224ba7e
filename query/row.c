#include "query/row.h"

#include "base/error.h"
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>

void qry_row_init(struct qry_row *row, enum qry_view view, struct qry_scope *scope)
{
	*row = (struct qry_row){ .view = view, .scope = scope };
}

void qry_row_fini(struct qry_row *row)
{
	qry_row_reset(row);
	ax_arena_free(&row->arena);
	if (row->related)
		qry_row_fini(row->related);
	free(row->related);
	row->related = NULL;
}

void qry_row_reset(struct qry_row *row)
{
	if (row->known & QRY_KNOWN_CFG)
		ax_json_free(row->cfg);
	if (row->known & QRY_KNOWN_ROWS)
		ax_json_free(row->rows);
	row->cfg = NULL;
	row->rows = NULL;
	row->known = 0;
	ax_arena_clear(&row->arena);
}

int qry_row_path(struct qry_row *row, struct ax_str *out, struct ax_error *err)
{
	const struct idx_entry *entry = &row->entry;
	size_t prefix = entry->dir.len + (entry->dir.len > 0);
	char *bytes;

	if (!(row->known & QRY_KNOWN_PATH)) {
		bytes = ax_arena_alloc(&row->arena, prefix + entry->name.len + 1);
		if (!bytes)
			return ax_fail(err, ENOMEM, "no memory for a path");
		if (prefix > 0) {
			memcpy(bytes, entry->dir.ptr, entry->dir.len);
			bytes[prefix - 1] = '/';
		}
		if (entry->name.len > 0)
			memcpy(bytes + prefix, entry->name.ptr, entry->name.len);
		row->path = ax_str(bytes, prefix + entry->name.len);
		row->known |= QRY_KNOWN_PATH;
	}
	*out = row->path;
	return 0;
}

int qry_row_detail(struct qry_row *row, const struct idx_detail **out, struct ax_error *err)
{
	if (!(row->known & QRY_KNOWN_DETAIL)) {
		row->has_detail = row->entry.detail != 0;
		if (row->has_detail && idx_snapshot_detail(row->scope->snapshot, &row->entry,
					       &row->arena, &row->detail, err) < 0)
			return -1;
		row->known |= QRY_KNOWN_DETAIL;
	}
	*out = &row->detail;
	return row->has_detail;
}

int qry_row_owner(struct qry_row *row, const struct idx_owner **out, struct ax_error *err)
{
	if (!(row->known & QRY_KNOWN_OWNER)) {
		row->owner = (struct idx_owner){ 0 };
		if (row->scope->snapshot && idx_snapshot_owner(row->scope->snapshot,
						    &row->entry, &row->owner, err) < 0)
			return -1;
		row->known |= QRY_KNOWN_OWNER;
	}
	*out = &row->owner;
	return 0;
}

static int read_run(struct qry_row *row, struct ax_str id, struct ax_error *err)
{
	int found;

	if (!row->related) {
		row->related = malloc(sizeof(*row->related));
		if (!row->related)
			return ax_fail(err, ENOMEM, "no memory for a run");
		qry_row_init(row->related, QRY_RUNS, row->scope);
	}
	qry_row_reset(row->related);
	if (!row->scope->snapshot)
		return 0;
	found = idx_snapshot_run(row->scope->snapshot, id, &row->related->arena,
		&row->related->run, err);
	if (found < 0)
		return -1;
	row->has_related = found;
	return 0;
}

int qry_row_run(struct qry_row *row, struct qry_row **out, struct ax_error *err)
{
	const struct idx_owner *owner;

	if (!(row->known & QRY_KNOWN_RUN)) {
		row->has_related = false;
		if (qry_row_owner(row, &owner, err) < 0)
			return -1;
		if (owner->membership == IDX_RUN_KNOWN && read_run(row, owner->run, err) < 0)
			return -1;
		row->known |= QRY_KNOWN_RUN;
	}
	*out = row->related;
	return row->has_related;
}

/* Where a JSON text is: in a run's record, or in a file's metadata. */
static int find_text(struct qry_row *row, struct ax_str run_text, const char *key,
	struct ax_str *out, struct ax_error *err)
{
	const struct idx_detail *detail;
	int found;

	*out = AX_STR("");
	if (row->view == QRY_RUNS) {
		*out = run_text;
		return 0;
	}
	found = qry_row_detail(row, &detail, err);
	for (size_t i = 0; found > 0 && i < detail->n_metadata; i++) {
		if (ax_str_equal(detail->metadata[i].key, ax_str_from(key)))
			*out = detail->metadata[i].value;
	}
	return found < 0 ? -1 : 0;
}

/* Text that is not JSON is as good as absent: whoever wrote the file may write what they like. */
static int parse_text(struct ax_str text, const char *key, struct ax_json **out,
	struct ax_error *err)
{
	struct ax_error why = { 0 };

	*out = NULL;
	if (text.len == 0 || ax_json_parse(text, 0, key, out, &why) == 0)
		return 0;
	*out = NULL;
	if (why.code != ENOMEM)
		return 0;
	*err = why;
	return -1;
}

int qry_row_cfg(struct qry_row *row, const struct ax_json_value **out, struct ax_error *err)
{
	struct ax_str text;

	if (!(row->known & QRY_KNOWN_CFG)) {
		if (find_text(row, row->run.cfg, "cfg", &text, err) < 0 ||
			parse_text(text, "cfg", &row->cfg, err) < 0)
			return -1;
		row->known |= QRY_KNOWN_CFG;
	}
	*out = row->cfg ? ax_json_root(row->cfg) : NULL;
	return row->cfg != NULL;
}

int qry_row_rows(struct qry_row *row, const struct ax_json_value **out, struct ax_error *err)
{
	struct ax_str text;

	if (!(row->known & QRY_KNOWN_ROWS)) {
		if (find_text(row, row->run.rows, "rows", &text, err) < 0 ||
			parse_text(text, "rows", &row->rows, err) < 0)
			return -1;
		row->known |= QRY_KNOWN_ROWS;
	}
	*out = row->rows ? ax_json_root(row->rows) : NULL;
	return row->rows != NULL;
}
