#include "query/field_internal.h"

#include "base/error.h"
#include "base/path.h"
#include "query/notes.h"
#include "query/relations.h"
#include "safetensors/dtype.h"

#include <errno.h>
#include <stddef.h>

static int get_path(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct ax_str path;

	(void)ref;
	if (qry_row_path(row, &path, err) < 0)
		return -1;
	*out = qry_text(path);
	return 0;
}

static int get_dir(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_text(row->entry.dir.len > 0 ? row->entry.dir : AX_STR("."));
	return 0;
}

static int get_ext(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct ax_str extension = ax_path_extension(row->entry.name);

	(void)ref;
	(void)err;
	*out = qry_text_or_absent(ax_str_slice(extension, 1, extension.len));
	return 0;
}

static int get_status(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_text(ax_str_from(idx_status_name(row->entry.status)));
	return 0;
}

static int get_misnamed(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_bool(row->entry.misnamed);
	return 0;
}

/* The detail, when it is one of tensors: 1, 0, -1. */
static int find_tensors(struct qry_row *row, const struct idx_detail **detail,
	struct ax_error *err)
{
	int found = qry_row_detail(row, detail, err);

	return found > 0 ? (*detail)->has_tensors : found;
}

static struct qry_value find_attribute(const struct idx_detail *detail, const char *name)
{
	struct idx_value value =
		idx_attribute_get(detail->attributes, detail->n_attributes, ax_str_from(name));

	return qry_value_from(&value);
}

static int get_n_tensors(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct idx_detail *detail;
	int found = find_tensors(row, &detail, err);

	(void)ref;
	*out = found > 0 ? qry_unsigned(detail->n_tensors) : (struct qry_value){ 0 };
	return found < 0 ? -1 : 0;
}

/* A rule may know better than the shapes: packed weights have more parameters than elements. */
static int get_params(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct idx_detail *detail;
	int found = find_tensors(row, &detail, err);

	*out = (struct qry_value){ 0 };
	if (found <= 0)
		return found;
	*out = find_attribute(detail, ref->field->name);
	if (out->kind == QRY_ABSENT && detail->params != IDX_PARAMS_UNKNOWN)
		*out = qry_unsigned(detail->params);
	return 0;
}

static int get_dtypes(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct idx_detail *detail;
	struct ax_str names[SFT_DTYPE_COUNT];
	size_t n = 0;
	int found = find_tensors(row, &detail, err);

	(void)ref;
	for (unsigned i = 0; found > 0 && i < SFT_DTYPE_COUNT; i++) {
		if (detail->dtypes >> i & 1)
			names[n++] = ax_str_from(sft_dtype_name((enum sft_dtype)i));
	}
	return found < 0 ? -1 : qry_text_list(row, names, n, out, err);
}

static int get_layout(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct idx_detail *detail;
	char digits[33];
	char *copy;
	int found = find_tensors(row, &detail, err);

	(void)ref;
	*out = (struct qry_value){ 0 };
	if (found <= 0)
		return found;
	ax_digest_format(&detail->layout, digits);
	copy = ax_arena_copy(&row->arena, ax_str(digits, 32));
	if (!copy)
		return ax_fail(err, ENOMEM, "no memory for a digest");
	*out = qry_text(ax_str(copy, 32));
	return 0;
}

static int get_attribute(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct idx_detail *detail;
	int found = qry_row_detail(row, &detail, err);

	*out = found > 0 ? find_attribute(detail, ref->field->name) : (struct qry_value){ 0 };
	return found < 0 ? -1 : 0;
}

static int get_run(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct idx_owner *owner;

	(void)ref;
	if (qry_row_owner(row, &owner, err) < 0)
		return -1;
	*out = owner->membership == IDX_RUN_KNOWN ? qry_text_or_absent(owner->run)
						  : (struct qry_value){ 0 };
	return 0;
}

static int get_role(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct idx_owner *owner;

	(void)ref;
	if (qry_row_owner(row, &owner, err) < 0)
		return -1;
	*out = owner->membership == IDX_RUN_KNOWN ? qry_text_or_absent(owner->role)
						  : (struct qry_value){ 0 };
	return 0;
}

/* What the run used that the file belongs to. */
static int get_uses(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct qry_row *run;
	int found = qry_row_run(row, &run, err);

	(void)ref;
	*out = (struct qry_value){ 0 };
	if (found <= 0)
		return found;
	return qry_text_list(row, run->run.uses, run->run.n_uses, out, err);
}

static int get_used_by(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct qry_related related;
	struct ax_str path, *runs;

	(void)ref;
	if (qry_row_path(row, &path, err) < 0 ||
		qry_relations_users(row->scope, path, &row->arena, &related, err) < 0)
		return -1;
	runs = ax_arena_alloc(&row->arena, (related.n + 1) * sizeof(*runs));
	if (!runs)
		return ax_fail(err, ENOMEM, "no memory for a list");
	for (size_t i = 0; i < related.n; i++)
		runs[i] = qry_relations_run(row->scope, related.indexes[i]);
	return qry_text_list(row, runs, related.n, out, err);
}

/* Lines that name the file or a directory above it. */
static int get_refs(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct qry_related related;
	struct ax_str path;

	(void)ref;
	if (qry_row_path(row, &path, err) < 0 ||
		qry_relations_references(row->scope, path, &row->arena, &related, err) < 0)
		return -1;
	*out = qry_unsigned(related.n);
	return 0;
}

static int get_dup(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct idx_detail *detail;
	struct ax_str path;
	uint64_t count;
	int found = find_tensors(row, &detail, err);

	(void)ref;
	*out = (struct qry_value){ 0 };
	if (found <= 0)
		return found;
	if (qry_row_path(row, &path, err) < 0 ||
		qry_relations_copies(row->scope, path, &count, err) < 0)
		return -1;
	*out = qry_unsigned(count);
	return 0;
}

/* param: enum qry_note. */
static int get_note(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	struct ax_str path, text;

	*out = (struct qry_value){ 0 };
	if (qry_row_path(row, &path, err) < 0)
		return -1;
	if (qry_notes_get(row->scope->notes, (enum qry_note)ref->field->param, path, &text))
		*out = qry_text(text);
	return 0;
}

/* Where nothing is noted of a file, it is at home: but for one that stays with a flag. */
static int get_dest(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct qry_notes *notes = row->scope->notes;
	struct ax_str path, flag;

	if (get_note(row, ref, out, err) < 0 || qry_row_path(row, &path, err) < 0)
		return -1;
	if (out->kind == QRY_ABSENT && !row->entry.archive.len &&
		qry_notes_provided(notes, QRY_NOTE_DEST) &&
		!qry_notes_get(notes, QRY_NOTE_FLAG, path, &flag))
		*out = qry_text(path);
	return 0;
}

/* One metadata key: keys may have dots in them, so the steps are put together again. */
static int get_meta_key(struct qry_row *row, const struct idx_detail *detail,
	const struct qry_ref *ref, struct qry_value *out, struct ax_error *err)
{
	size_t len = 0, at = 0;
	char *key;

	for (size_t i = 0; i < ref->n_steps; i++)
		len += ref->steps[i].key.len + 1;
	key = ax_arena_alloc(&row->arena, len + 1);
	if (!key)
		return ax_fail(err, ENOMEM, "no memory for a key");
	for (size_t i = 0; i < ref->n_steps; i++) {
		if (i > 0)
			key[at++] = '.';
		memcpy(key + at, ref->steps[i].key.ptr, ref->steps[i].key.len);
		at += ref->steps[i].key.len;
	}
	for (size_t i = 0; i < detail->n_metadata; i++) {
		if (ax_str_equal(detail->metadata[i].key, ax_str(key, at)))
			*out = qry_text(detail->metadata[i].value);
	}
	return 0;
}

/* All of the metadata but for what cfg and rows show better. */
static int get_meta_map(struct qry_row *row, const struct idx_detail *detail,
	struct qry_value *out, struct ax_error *err)
{
	const struct ax_json_value *json;
	int has_cfg = qry_row_cfg(row, &json, err);
	int has_rows = has_cfg < 0 ? -1 : qry_row_rows(row, &json, err);
	struct qry_member *members =
		ax_arena_alloc(&row->arena, (detail->n_metadata + 1) * sizeof(*members));
	size_t n = 0;

	if (has_rows < 0)
		return -1;
	if (!members)
		return ax_fail(err, ENOMEM, "no memory for metadata");
	for (size_t i = 0; i < detail->n_metadata; i++) {
		struct ax_str key = detail->metadata[i].key;

		if ((has_cfg && ax_str_equal(key, AX_STR("cfg"))) ||
			(has_rows && ax_str_equal(key, AX_STR("rows"))))
			continue;
		members[n++] = (struct qry_member){ key, qry_text(detail->metadata[i].value) };
	}
	*out = (struct qry_value){ .kind = QRY_MAP, .map = { members, n } };
	return 0;
}

static int get_meta(struct qry_row *row, const struct qry_ref *ref, struct qry_value *out,
	struct ax_error *err)
{
	const struct idx_detail *detail;
	int found = qry_row_detail(row, &detail, err);

	*out = (struct qry_value){ 0 };
	if (found <= 0 || !detail->has_metadata)
		return found < 0 ? -1 : 0;
	return ref->n_steps > 0 ? get_meta_key(row, detail, ref, out, err)
				: get_meta_map(row, detail, out, err);
}

static int get_archived_in(struct qry_row *row, const struct qry_ref *ref,
	struct qry_value *out, struct ax_error *err)
{
	(void)ref;
	(void)err;
	*out = qry_text_or_absent(row->entry.archive);
	return 0;
}

#define IN_ENTRY(member) offsetof(struct qry_row, entry.member)
#define ATTRIBUTE(name, type, doc)                                                       \
	{                                                                                \
		name, type, QRY_COST_DETAIL, 0, QRY_FIELD_DERIVED, 0, get_attribute, doc \
	}

enum {
	JSON = QRY_FIELD_JSON,
	SHOWN = QRY_FIELD_JSON | QRY_FIELD_SHOWN,
};

const struct qry_field qry_file_fields[] = {
	{ "path", QRY_TYPE_TEXT, .flags = SHOWN | QRY_FIELD_PATH, .get = get_path,
		.doc = "its path from the root" },
	{ "class", QRY_TYPE_ENUM, .names = QRY_NAMES_CLASS, .flags = SHOWN,
		.param = IN_ENTRY(class_name), .get = qry_get_text,
		.doc = "what it is: v_hack, checkpoint, model, ..." },
	{ "status", QRY_TYPE_ENUM, .names = QRY_NAMES_STATUS, .flags = JSON, .get = get_status,
		.doc = "ok, truncated, invalid, writing, lfs-pointer or unreadable" },
	{ "size", QRY_TYPE_SIZE, .flags = SHOWN, .param = IN_ENTRY(size), .get = qry_get_u64,
		.doc = "its bytes" },
	{ "mtime", QRY_TYPE_TIME, .flags = SHOWN, .param = IN_ENTRY(mtime),
		.get = qry_get_any_time, .doc = "when it was last written" },
	{ "mtime_ns", QRY_TYPE_INT, .flags = JSON, .param = IN_ENTRY(mtime),
		.get = qry_get_any_time, .doc = "mtime in nanoseconds since 1970" },
	{ "name", QRY_TYPE_TEXT, .flags = QRY_FIELD_PATH, .param = IN_ENTRY(name),
		.get = qry_get_text, .doc = "the last part of its path" },
	{ "dir", QRY_TYPE_TEXT, .flags = QRY_FIELD_PATH, .get = get_dir,
		.doc = "the directory that it is in" },
	{ "ext", QRY_TYPE_TEXT, .get = get_ext,
		.doc = "what follows the last dot of its name" },
	{ "problem", QRY_TYPE_TEXT, .param = IN_ENTRY(problem), .get = qry_get_text,
		.doc = "what is wrong with it, where its status is not ok" },
	{ "why", QRY_TYPE_TEXT, .flags = JSON, .param = IN_ENTRY(why), .get = qry_get_text,
		.doc = "the rule and the evidence for its class" },
	{ "misnamed", QRY_TYPE_BOOL, .flags = JSON, .get = get_misnamed,
		.doc = "whether the name alone would say another class than the tensors" },
	{ "n_tensors", QRY_TYPE_INT, QRY_COST_DETAIL, .flags = JSON, .get = get_n_tensors,
		.doc = "how many tensors it has" },
	{ "params", QRY_TYPE_INT, QRY_COST_DETAIL, .flags = JSON, .get = get_params,
		.doc = "its parameters: elements of all tensors, quantized ones as they are "
		       "unpacked" },
	{ "dtype", QRY_TYPE_ENUM, QRY_COST_DETAIL, QRY_NAMES_DTYPE, QRY_FIELD_LIST,
		.get = get_dtypes,
		.doc = "the element types of its tensors; dtype:BF16 has it" },
	{ "dtypes", QRY_TYPE_ENUM, QRY_COST_DETAIL, QRY_NAMES_DTYPE, JSON | QRY_FIELD_LIST,
		.get = get_dtypes, .doc = "the element types of its tensors" },
	{ "layout", QRY_TYPE_TEXT, QRY_COST_DETAIL, .flags = JSON, .get = get_layout,
		.doc = "digest of (name, dtype, shape) of all tensors: files of one kind share "
		       "it" },
	ATTRIBUTE("k", QRY_TYPE_INT, "directions a module, of a basis"),
	ATTRIBUTE("rank", QRY_TYPE_INT, "length of a direction; rank of a LoRA"),
	ATTRIBUTE("n_modules", QRY_TYPE_INT, "how many modules it has tensors for"),
	ATTRIBUTE("n_layers", QRY_TYPE_INT, "how many layers"),
	ATTRIBUTE("n_pairs", QRY_TYPE_INT, "how many pairs, of gradients"),
	ATTRIBUTE("model", QRY_TYPE_TEXT, "the base model"),
	ATTRIBUTE("step", QRY_TYPE_INT, "the training step"),
	ATTRIBUTE("hack_rate", QRY_TYPE_REAL, "share of hacked rollouts"),
	ATTRIBUTE("pass_rate", QRY_TYPE_REAL, "share of solved tasks"),
	ATTRIBUTE("method", QRY_TYPE_TEXT, "how a LoRA, adapter or quantization was made"),
	ATTRIBUTE("ranks", QRY_TYPE_TEXT, "all ranks of a LoRA"),
	ATTRIBUTE("targets", QRY_TYPE_TEXT, "modules that a LoRA adapts"),
	ATTRIBUTE("alpha", QRY_TYPE_REAL, "alpha of a LoRA"),
	ATTRIBUTE("half_saved", QRY_TYPE_BOOL, "whether one side of a LoRA is missing"),
	ATTRIBUTE("base_model", QRY_TYPE_TEXT, "the model that an adapter belongs to"),
	ATTRIBUTE("architecture", QRY_TYPE_TEXT, "architecture of a model"),
	ATTRIBUTE("hidden_size", QRY_TYPE_INT, "hidden size of a model"),
	ATTRIBUTE("vocabulary", QRY_TYPE_INT, "tokens that a model knows"),
	ATTRIBUTE("head", QRY_TYPE_TEXT, "the head of a model"),
	ATTRIBUTE("shard", QRY_TYPE_INT, "number of this shard"),
	ATTRIBUTE("shards", QRY_TYPE_INT, "how many shards there are"),
	ATTRIBUTE("bits", QRY_TYPE_INT, "bits a weight, when quantized"),
	ATTRIBUTE("group_size", QRY_TYPE_INT, "weights that share a scale"),
	ATTRIBUTE("quant_type", QRY_TYPE_TEXT, "nf4, fp4, ..."),
	ATTRIBUTE("kind", QRY_TYPE_TEXT, "what plain tensors are: optimizer, svd, ..."),
	ATTRIBUTE("side", QRY_TYPE_TEXT, "hack or clean, of gradients of one side"),
	ATTRIBUTE("d_in", QRY_TYPE_INT, "width of what a sparse autoencoder reads"),
	ATTRIBUTE("d_sae", QRY_TYPE_INT, "features of a sparse autoencoder"),
	ATTRIBUTE("n_tokens", QRY_TYPE_INT, "tokens of a prompt adapter"),
	ATTRIBUTE("n_samples", QRY_TYPE_INT, "samples of a data set"),
	ATTRIBUTE("n_vectors", QRY_TYPE_INT, "vectors of an embedding"),
	ATTRIBUTE("param_names", QRY_TYPE_TEXT,
		"what {param}/{module} of a checkpoint begins with"),
	ATTRIBUTE("ts", QRY_TYPE_TEXT, "when the run of a log began, as in its name"),
	ATTRIBUTE("slug", QRY_TYPE_TEXT, "the slug in the name of a log"),
	ATTRIBUTE("log_status", QRY_TYPE_TEXT, "done, crashed, running or unknown, of a log"),
	ATTRIBUTE("argv", QRY_TYPE_TEXT, "command line, of a log"),
	ATTRIBUTE("lfs_size", QRY_TYPE_SIZE, "bytes of what a Git LFS pointer stands for"),
	ATTRIBUTE("lfs_oid", QRY_TYPE_TEXT, "SHA-256 of what a Git LFS pointer stands for"),
	{ "run", QRY_TYPE_TEXT, QRY_COST_OWNER, .flags = JSON, .get = get_run,
		.doc = "the run that wrote it" },
	{ "role", QRY_TYPE_TEXT, QRY_COST_OWNER, .flags = JSON, .get = get_role,
		.doc = "what it is to its run: train, first_hack, ..., log" },
	{ "uses", QRY_TYPE_TEXT, QRY_COST_OWNER, .flags = QRY_FIELD_LIST, .get = get_uses,
		.doc = "what its run used" },
	{ "used_by", QRY_TYPE_TEXT, QRY_COST_RELATIONS, .flags = QRY_FIELD_LIST,
		.get = get_used_by, .doc = "runs whose command line names it" },
	{ "dup", QRY_TYPE_INT, QRY_COST_RELATIONS, .get = get_dup,
		.doc = "how many files, itself too, have its size, its header and the same "
		       "bytes "
		       "in 17 places" },
	{ "refs", QRY_TYPE_INT, QRY_COST_RELATIONS, .flags = QRY_FIELD_REFS, .get = get_refs,
		.doc = "how many lines of scripts and configurations name it" },
	{ "dest", QRY_TYPE_TEXT, .flags = JSON | QRY_FIELD_NOTE | QRY_FIELD_PATH,
		.param = QRY_NOTE_DEST, .get = get_dest,
		.doc = "where the reorg would put it; its path where it is at home" },
	{ "flag", QRY_TYPE_TEXT, .flags = JSON | QRY_FIELD_NOTE, .param = QRY_NOTE_FLAG,
		.get = get_note, .doc = "why the reorg leaves it where it is" },
	{ "dead", QRY_TYPE_TEXT, .flags = QRY_FIELD_NOTE, .param = QRY_NOTE_DEAD,
		.get = get_note, .doc = "why it may be archived" },
	{ "archived_in", QRY_TYPE_TEXT, .flags = JSON | QRY_FIELD_ARCHIVE | QRY_FIELD_PATH,
		.get = get_archived_in, .doc = "the archive that holds it" },
	{ "meta", QRY_TYPE_OPEN, QRY_COST_DETAIL, .flags = JSON | QRY_FIELD_KEYED,
		.get = get_meta, .doc = "meta.KEY: an entry of its metadata" },
	{ "cfg", QRY_TYPE_OPEN, QRY_COST_JSON, .flags = JSON | QRY_FIELD_KEYED,
		.get = qry_get_cfg,
		.doc = "cfg.KEY: an entry of the configuration in its metadata" },
	{ "rows", QRY_TYPE_OPEN, QRY_COST_JSON, .flags = QRY_FIELD_KEYED | QRY_FIELD_INDEXED,
		.get = qry_get_rows,
		.doc = "rows[-1].KEY: figures of a step, [3, 8] read as 3/8; rows[].KEY: of "
		       "all "
		       "steps, drawn as a line" },
};

const size_t qry_n_file_fields = sizeof(qry_file_fields) / sizeof(qry_file_fields[0]);
