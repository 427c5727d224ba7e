#include "cli/show_json.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/output.h"
#include "cli/record_json.h"
#include "cli/show_view.h"
#include "indexer/archives.h"
#include "indexer/catalog.h"
#include "indexer/history.h"
#include "query/show.h"
#include "safetensors/header.h"

static void begin(struct ax_json_writer *w, const struct cli_show_subject *subject)
{
	ax_json_begin_object(w);
	cli_record_json_text(w, "schema", AX_STR("artidx.show/1"));
	ax_json_write_path(w, "root", ax_str_from(subject->root));
}

static int end(struct ax_json_writer *w, struct cli_output *out, struct ax_error *err)
{
	ax_json_end_object(w);
	return cli_record_json_print(out->stream, w->buf, err);
}

static void write_ids(struct ax_json_writer *w, const char *key, const struct ax_str *ids,
	size_t count)
{
	ax_json_write_key(w, ax_str_from(key));
	ax_json_begin_array(w);
	for (size_t i = 0; i < count; i++)
		ax_json_write_string(w, ids[i]);
	ax_json_end_array(w);
}

static void write_paths(struct ax_json_writer *w, const char *key, const struct ax_str *paths,
	size_t count)
{
	ax_json_write_key(w, ax_str_from(key));
	ax_json_begin_array(w);
	for (size_t i = 0; i < count; i++) {
		ax_json_begin_object(w);
		ax_json_write_path(w, "path", paths[i]);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
}

static void write_owner(struct ax_json_writer *w, const struct idx_owner *owner)
{
	if (owner->membership == IDX_RUN_NONE)
		return;
	cli_record_json_path(w, "run", owner->run);
	cli_record_json_bool(w, "run_ambiguous", owner->membership == IDX_RUN_AMBIGUOUS);
	if (owner->role.len)
		cli_record_json_text(w, "role", owner->role);
	cli_record_json_text(w, "run_why", owner->why);
}

static void write_origins(struct ax_json_writer *w, const struct idx_move *origins,
	size_t count)
{
	ax_json_write_key(w, AX_STR("was"));
	ax_json_begin_array(w);
	for (size_t i = 0; i < count; i++) {
		ax_json_begin_object(w);
		ax_json_write_path(w, "path", origins[i].from);
		cli_record_json_time(w, "until", origins[i].time);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
}

static void write_metadata(struct ax_json_writer *w, const struct idx_detail *detail)
{
	if (!detail->has_metadata)
		return;
	ax_json_write_key(w, AX_STR("metadata"));
	ax_json_begin_object(w);
	for (size_t i = 0; i < detail->n_metadata; i++) {
		ax_json_write_key(w, detail->metadata[i].key);
		ax_json_write_string(w, detail->metadata[i].value);
	}
	ax_json_end_object(w);
}

static int write_tensors(struct ax_json_writer *w, const struct cli_show_subject *subject,
	const struct idx_detail *detail, struct ax_error *err)
{
	struct idx_tensors *cursor = NULL;
	struct idx_tensor tensor;
	int more = 0;

	if (idx_tensors_open(subject->snapshot, detail, &cursor, err) < 0)
		return -1;
	ax_json_write_key(w, AX_STR("tensors"));
	ax_json_begin_array(w);
	while ((more = idx_tensors_next(cursor, &tensor, err)) > 0) {
		struct sft_tensor shown = { tensor.name, (enum sft_dtype)tensor.dtype,
			tensor.rank, tensor.shape, tensor.begin, tensor.end };
		cli_record_json_tensor(w, &shown);
	}
	ax_json_end_array(w);
	idx_tensors_close(cursor);
	return more;
}

static int write_detail(struct ax_json_writer *w, const struct cli_show_subject *subject,
	const struct idx_detail *detail, struct ax_error *err)
{
	char layout[33];

	cli_record_json_attributes(w, detail->attributes, detail->n_attributes);
	write_metadata(w, detail);
	if (!detail->has_tensors)
		return 0;
	ax_digest_format(&detail->layout, layout);
	cli_record_json_text(w, "layout", ax_str_from(layout));
	cli_record_json_u64(w, "header_bytes", detail->header_length);
	cli_record_json_u64(w, "data_bytes", detail->data_bytes);
	cli_record_json_u64(w, "n_tensors", detail->n_tensors);
	if (detail->params != IDX_PARAMS_UNKNOWN)
		cli_record_json_u64(w, "params", detail->params);
	cli_record_json_warnings(w, detail->warnings);
	return write_tensors(w, subject, detail, err);
}

static void write_entry(struct ax_json_writer *w, const struct idx_entry *entry)
{
	cli_record_json_text(w, "class", entry->class_name);
	cli_record_json_text(w, "why", entry->why);
	cli_record_json_text(w, "status", ax_str_from(idx_status_name(entry->status)));
	if (entry->problem.len)
		cli_record_json_text(w, "problem", entry->problem);
	cli_record_json_bool(w, "misnamed", entry->misnamed);
	cli_record_json_u64(w, "size", entry->size);
	cli_record_json_time(w, "mtime", entry->mtime);
	if (entry->archive.len)
		ax_json_write_path(w, "archived_in", entry->archive);
}

static void write_link(struct ax_json_writer *w, const struct cli_show_subject *subject,
	const struct qry_file_facts *facts)
{
	struct ax_buf target = { 0 };

	if (cli_show_link(subject, facts, &target))
		ax_json_write_path(w, "leads_to", ax_buf_str(&target));
	ax_buf_free(&target);
}

static void write_archive(struct ax_json_writer *w, const struct idx_archive *archive)
{
	if (!archive || !archive->files)
		return;
	cli_record_json_u64(w, "archived_files", archive->files);
	cli_record_json_u64(w, "archived_bytes", archive->bytes);
}

int cli_show_json_file(struct cli_output *out, const struct cli_show_subject *subject,
	const struct qry_file_facts *facts, const struct idx_move *origins, size_t n_origins,
	struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	begin(&w, subject);
	ax_json_write_key(&w, AX_STR("file"));
	ax_json_begin_object(&w);
	ax_json_write_path(&w, "path", facts->path);
	write_entry(&w, &facts->entry);
	write_link(&w, subject, facts);
	write_archive(&w, idx_snapshot_archive_at(subject->snapshot, facts->path));
	write_owner(&w, &facts->owner);
	write_ids(&w, "used_by", facts->used_by, facts->n_used_by);
	write_paths(&w, "same_header", facts->twins, facts->n_twins);
	write_origins(&w, origins, n_origins);
	if (facts->has_detail && write_detail(&w, subject, &facts->detail, err) < 0) {
		ax_buf_free(&text);
		return -1;
	}
	ax_json_end_object(&w);
	return end(&w, out, err);
}

static void write_run_files(struct ax_json_writer *w, const char *key,
	const struct qry_run_file *files, size_t count)
{
	ax_json_write_key(w, ax_str_from(key));
	ax_json_begin_array(w);
	for (size_t i = 0; i < count; i++) {
		ax_json_begin_object(w);
		ax_json_write_path(w, "path", files[i].path);
		cli_record_json_bool(w, "exists", files[i].exists);
		if (files[i].role.len)
			cli_record_json_text(w, "role", files[i].role);
		if (files[i].exists)
			write_entry(w, &files[i].entry);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
}

/* cfg and rows are JSON texts out of metadata. */
static void write_embedded(struct ax_json_writer *w, const char *key, struct ax_str text)
{
	struct ax_json *json = NULL;
	struct ax_error ignored;

	if (text.len && ax_json_parse(text, 0, key, &json, &ignored) == 0) {
		ax_json_write_key(w, ax_str_from(key));
		ax_json_write_value(w, ax_json_root(json));
	}
	ax_json_free(json);
}

int cli_show_json_run(struct cli_output *out, const struct cli_show_subject *subject,
	const struct qry_run_facts *facts, struct ax_error *err)
{
	const struct idx_run *run = &facts->run;
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };

	begin(&w, subject);
	ax_json_write_key(&w, AX_STR("run"));
	ax_json_begin_object(&w);
	cli_record_json_text(&w, "run", run->id);
	cli_record_json_text(&w, "ts", run->ts);
	cli_record_json_text(&w, "slug", run->slug);
	cli_record_json_text(&w, "preset", run->preset);
	cli_record_json_text(&w, "arm", run->arm);
	cli_record_json_value(&w, AX_STR("seed"), &run->seed);
	cli_record_json_text(&w, "tag", run->tag);
	cli_record_json_text(&w, "status", run->status);
	cli_record_json_path(&w, "log", run->log);
	cli_record_json_u64(&w, "size", run->size);
	cli_record_json_attributes(&w, run->attributes, run->n_attributes);
	write_run_files(&w, "uses", facts->uses, facts->n_uses);
	write_run_files(&w, "files", facts->files, facts->n_files);
	write_embedded(&w, "cfg", run->cfg);
	write_embedded(&w, "rows", run->rows);
	ax_json_end_object(&w);
	return end(&w, out, err);
}
