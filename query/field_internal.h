/*
 * query/field_internal.h - the tables of fields, one a view, and what their getters share
 */
#ifndef ARTIDX_QUERY_FIELD_INTERNAL_H
#define ARTIDX_QUERY_FIELD_INTERNAL_H

#include "query/ref.h"
#include "query/row.h"

extern const struct qry_field qry_file_fields[];
extern const size_t qry_n_file_fields;
extern const struct qry_field qry_run_fields[];
extern const size_t qry_n_run_fields;
extern const struct qry_field qry_tensor_fields[];
extern const size_t qry_n_tensor_fields;
extern const struct qry_field qry_dir_fields[];
extern const size_t qry_n_dir_fields;
extern const struct qry_field qry_ref_fields[];
extern const size_t qry_n_ref_fields;
extern const struct qry_field qry_job_fields[];
extern const size_t qry_n_job_fields;

/* A stored value as one of a row. */
struct qry_value qry_value_from(const struct idx_value *value);

/* Text, absent when it is empty. */
struct qry_value qry_text_or_absent(struct ax_str text);

/*
 * Getters of what lies in the row itself; the field's param is the offset in struct qry_row. A
 * text that is empty and a time that is 0 are absent, but for the ones called any.
 */
int qry_get_text(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err);
int qry_get_any_text(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err);
int qry_get_u64(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err);
int qry_get_time(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err);
int qry_get_any_time(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err);

/* A list of texts in the row's arena, absent when it is empty. */
int qry_text_list(struct qry_row *row, const struct ax_str *texts, size_t n,
	struct qry_value *out, struct ax_error *err);

/* cfg and rows of a file or a run. */
int qry_get_cfg(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err);
int qry_get_rows(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err);

#endif
