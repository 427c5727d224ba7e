#include "query/field.h"

#include "query/field_internal.h"

static const struct {
	const char *name;
	const struct qry_field *fields;
	const size_t *count;
	const char *doc;
} views[] = {
	[QRY_FILES] = { "files", qry_file_fields, &qry_n_file_fields,
		"every file below the data and log directories" },
	[QRY_RUNS] = { "runs", qry_run_fields, &qry_n_run_fields,
		"training runs, from their logs and checkpoints" },
	[QRY_TENSORS] = { "tensors", qry_tensor_fields, &qry_n_tensor_fields,
		"the tensors of all safetensors files" },
	[QRY_DIRS] = { "dirs", qry_dir_fields, &qry_n_dir_fields,
		"directories that hold files, and what lies directly in them" },
	[QRY_REFS] = { "refs", qry_ref_fields, &qry_n_ref_fields,
		"where scripts and configurations name artifacts" },
	[QRY_JOBS] = { "jobs", qry_job_fields, &qry_n_job_fields,
		"what the job queues hold, and the paths that it names" },
};

const char *qry_view_name(enum qry_view view)
{
	return views[view].name;
}

bool qry_view_parse(struct ax_str name, enum qry_view *out)
{
	for (unsigned i = 0; i < QRY_VIEW_COUNT; i++) {
		if (ax_str_equal(name, ax_str_from(views[i].name))) {
			*out = (enum qry_view)i;
			return true;
		}
	}
	return false;
}

const char *qry_view_doc(enum qry_view view)
{
	return views[view].doc;
}

const struct qry_field *qry_fields(enum qry_view view, size_t *count)
{
	*count = *views[view].count;
	return views[view].fields;
}

const struct qry_field *qry_field_find(enum qry_view view, struct ax_str name)
{
	for (size_t i = 0; i < *views[view].count; i++) {
		if (ax_str_equal(name, ax_str_from(views[view].fields[i].name)))
			return &views[view].fields[i];
	}
	return NULL;
}
