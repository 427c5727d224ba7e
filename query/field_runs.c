#include "query/field_internal.h"

#include <stddef.h>

static int get_seed(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_value_from(&row->run.seed);
	return 0;
}

static int get_attribute(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct idx_value value = idx_attribute_get(row->run.attributes, row->run.n_attributes,
		ax_str_from(ref->field->name));

	(void)err;
	*out = qry_value_from(&value);
	return 0;
}

static int get_uses(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	return qry_text_list(row, row->run.uses, row->run.n_uses, out, err);
}

static int get_checkpoints(struct qry_row *row, const struct qry_ref *ref,
	struct qry_value *out, struct ax_error *err)
{
	(void)ref;
	return qry_text_list(row, row->run.files, row->run.n_files, out, err);
}

static int get_files(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_unsigned(row->run.n_files);
	return 0;
}

#define IN_RUN(member) offsetof(struct qry_row, run.member)

enum {
	JSON = QRY_FIELD_JSON,
	SHOWN = QRY_FIELD_JSON | QRY_FIELD_SHOWN,
};

const struct qry_field qry_run_fields[] = {
	{ "run", QRY_TYPE_TEXT, .flags = SHOWN, .param = IN_RUN(id), .get = qry_get_text,
		.doc = "its id, <ts>_<slug>" },
	{ "ts", QRY_TYPE_STAMP, .flags = JSON, .param = IN_RUN(start), .get = qry_get_time,
		.doc = "when it began" },
	{ "slug", QRY_TYPE_TEXT, .flags = JSON, .param = IN_RUN(slug), .get = qry_get_text,
		.doc = "{preset}_{arm}_seed{seed}{tag}" },
	{ "preset", QRY_TYPE_TEXT, .flags = JSON, .param = IN_RUN(preset), .get = qry_get_text,
		.doc = "the preset it was started with" },
	{ "arm", QRY_TYPE_TEXT, .flags = SHOWN, .param = IN_RUN(arm), .get = qry_get_text,
		.doc = "the arm of the experiment" },
	{ "seed", QRY_TYPE_INT, .flags = SHOWN, .get = get_seed, .doc = "the random seed" },
	{ "tag", QRY_TYPE_TEXT, .flags = JSON, .param = IN_RUN(tag), .get = qry_get_any_text,
		.doc = "the out-tag without its leading underscore; empty when none was "
		       "given" },
	{ "status", QRY_TYPE_ENUM, .names = QRY_NAMES_RUN_STATUS, .flags = SHOWN,
		.param = IN_RUN(status), .get = qry_get_text,
		.doc = "done, crashed, running or unknown, by its log" },
	{ "model", QRY_TYPE_TEXT, .flags = JSON, .get = get_attribute,
		.doc = "the base model" },
	{ "step", QRY_TYPE_INT, .flags = SHOWN, .get = get_attribute,
		.doc = "the last step that a checkpoint has" },
	{ "hack_rate", QRY_TYPE_REAL, .flags = SHOWN, .get = get_attribute,
		.doc = "share of hacked rollouts" },
	{ "pass_rate", QRY_TYPE_REAL, .flags = SHOWN, .get = get_attribute,
		.doc = "share of solved tasks" },
	{ "files", QRY_TYPE_INT, .flags = JSON, .get = get_files,
		.doc = "how many checkpoints it left" },
	{ "size", QRY_TYPE_SIZE, .flags = SHOWN, .param = IN_RUN(size), .get = qry_get_u64,
		.doc = "bytes of all its files" },
	{ "end", QRY_TYPE_TIME, .flags = JSON, .param = IN_RUN(end), .get = qry_get_time,
		.doc = "when its log was last written" },
	{ "end_ns", QRY_TYPE_INT, .flags = JSON, .param = IN_RUN(end), .get = qry_get_time,
		.doc = "end in nanoseconds since 1970" },
	{ "log", QRY_TYPE_TEXT, .flags = JSON | QRY_FIELD_PATH, .param = IN_RUN(log),
		.get = qry_get_text, .doc = "path of its log" },
	{ "checkpoints", QRY_TYPE_TEXT, .flags = JSON | QRY_FIELD_LIST, .get = get_checkpoints,
		.doc = "paths of its checkpoints" },
	{ "uses", QRY_TYPE_TEXT, .flags = JSON | QRY_FIELD_LIST, .get = get_uses,
		.doc = "paths that its command line names" },
	{ "cfg", QRY_TYPE_OPEN, QRY_COST_JSON, .flags = JSON | QRY_FIELD_KEYED,
		.get = qry_get_cfg,
		.doc = "cfg.KEY: the configuration in its newest checkpoint" },
	{ "rows", QRY_TYPE_OPEN, QRY_COST_JSON, .flags = QRY_FIELD_KEYED | QRY_FIELD_INDEXED,
		.get = qry_get_rows,
		.doc = "rows[-1].KEY: figures of a step; rows[].KEY: of all steps, drawn as a "
		       "line" },
};

const size_t qry_n_run_fields = sizeof(qry_run_fields) / sizeof(qry_run_fields[0]);
