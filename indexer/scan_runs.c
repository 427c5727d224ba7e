#include "indexer/scan_internal.h"

#include "base/path.h"
#include "base/reader.h"
#include "indexer/detail.h"
#include "indexer/log.h"
#include "indexer/runs.h"

#include <errno.h>
#include <stdlib.h>

/* Everything that runs are derived from, and which details it came from. */
struct evidence {
	struct idx_snapshot *snapshot;
	struct ax_arena arena;
	struct ax_buf path;
	size_t n_logs, log_capacity;
	struct idx_log *logs;
	uint64_t *log_details;
	size_t n_files, file_capacity;
	struct idx_run_candidate *files;
	uint64_t *file_details;
};

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory to derive runs");
}

/* Room for one more item and its detail; both arrays grow together. */
static bool grow(void **items, size_t size, uint64_t **details, size_t count, size_t *capacity)
{
	if (count < *capacity)
		return true;
	size_t wanted = *capacity * 2 + 64;
	void *grown = realloc(*items, wanted * size);
	if (!grown)
		return false;
	*items = grown;
	uint64_t *numbers = realloc(*details, wanted * sizeof(*numbers));
	if (!numbers)
		return false;
	*details = numbers;
	*capacity = wanted;
	return true;
}

static struct ax_str metadata_value(const struct idx_detail *detail, struct ax_str key)
{
	for (size_t i = 0; i < detail->n_metadata; i++) {
		if (ax_str_equal(detail->metadata[i].key, key))
			return detail->metadata[i].value;
	}
	return AX_STR("");
}

static int add_log(struct evidence *evidence, const struct idx_entry *entry, struct ax_str path,
	const struct idx_detail *detail, struct ax_error *err)
{
	void *items = evidence->logs;

	if (!grow(&items, sizeof(*evidence->logs), &evidence->log_details, evidence->n_logs,
		    &evidence->log_capacity))
		return no_memory(err);
	evidence->logs = items;
	struct idx_log *log = &evidence->logs[evidence->n_logs];
	idx_log_from_attributes(detail->attributes, detail->n_attributes, path, entry->mtime,
		log);
	evidence->log_details[evidence->n_logs++] = entry->detail;
	return 0;
}

static int add_file(struct evidence *evidence, const struct idx_entry *entry,
	struct ax_str path, struct ax_error *err)
{
	void *items = evidence->files;

	if (!grow(&items, sizeof(*evidence->files), &evidence->file_details, evidence->n_files,
		    &evidence->file_capacity))
		return no_memory(err);
	evidence->files = items;
	evidence->files[evidence->n_files] = (struct idx_run_candidate){
		.path = path,
		.class_name = entry->class_name,
		.size = entry->size,
		.mtime = entry->mtime,
	};
	evidence->file_details[evidence->n_files++] = entry->detail;
	return 0;
}

/* As idx_runs_input.look(). */
static int look_at_file(void *context, size_t file, struct idx_run_facts *out,
	struct ax_error *err)
{
	struct evidence *evidence = context;
	const struct idx_entry entry = {
		.name = evidence->files[file].path,
		.detail = evidence->file_details[file],
	};
	struct idx_detail detail;

	if (idx_snapshot_detail(evidence->snapshot, &entry, &evidence->arena, &detail, err) < 0)
		return -1;
	*out = (struct idx_run_facts){
		.cfg = metadata_value(&detail, AX_STR("cfg")),
		.rows = metadata_value(&detail, AX_STR("rows")),
		.n_attributes = detail.n_attributes,
		.attributes = detail.attributes,
	};
	return 0;
}

static int add_evidence(struct evidence *evidence, const struct idx_entry *entry,
	struct ax_error *err)
{
	struct ax_buf *path = &evidence->path;
	struct idx_detail detail;

	if (!entry->detail)
		return 0;
	ax_buf_clear(path);
	ax_path_join(path, entry->dir, entry->name);
	char *copy = path->failed ? NULL : ax_arena_copy(&evidence->arena, ax_buf_str(path));
	struct ax_str full = ax_str(copy, path->len);
	if (!copy)
		return no_memory(err);
	if (!ax_str_equal(entry->class_name, AX_STR("log")))
		return add_file(evidence, entry, full, err);
	if (idx_snapshot_detail(evidence->snapshot, entry, &evidence->arena, &detail, err) < 0)
		return -1;
	return add_log(evidence, entry, full, &detail, err);
}

static int gather(struct evidence *evidence, struct ax_error *err)
{
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int found;

	if (catalog_related_open(evidence->snapshot, &files, err) < 0)
		return -1;
	while ((found = idx_files_next(files, &entry, err)) == 1) {
		if (add_evidence(evidence, &entry, err) < 0) {
			found = -1;
			break;
		}
	}
	idx_files_close(files);
	return found;
}

/* Records on their way: what they borrow ends with the snapshot, before the first is written. */
struct records {
	struct ax_buf bytes; /* of each: text, and for owners u64 detail before it */
	size_t count;
};

static void encode_runs(struct records *records, const struct evidence *evidence,
	const struct idx_runs_output *output, struct ax_buf *scratch)
{
	for (size_t i = 0; i < output->n_runs; i++) {
		size_t file = output->cfg_files[i];
		struct idx_run_texts texts = {
			.detail = file == SIZE_MAX ? 0 : evidence->file_details[file],
		};
		ax_buf_clear(scratch);
		idx_run_encode(scratch, &output->runs[i], &texts);
		ax_buf_append_sized(&records->bytes, ax_buf_str(scratch));
		records->count++;
	}
}

/* The number of the run with this id; runs are ordered by it. */
static uint32_t number_of_run(const struct idx_runs_output *output, struct ax_str id)
{
	size_t low = 0;
	size_t high = output->n_runs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ax_str_compare(output->runs[middle].id, id);
		if (order == 0)
			return (uint32_t)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return UINT32_MAX;
}

static void encode_owners(struct records *records, const struct idx_runs_output *output,
	const struct idx_owner *owners, const uint64_t *details, size_t n,
	struct ax_buf *scratch)
{
	for (size_t i = 0; i < n; i++) {
		if (owners[i].membership == IDX_RUN_NONE && !owners[i].why.len)
			continue;
		uint32_t run = owners[i].membership == IDX_RUN_KNOWN
				       ? number_of_run(output, owners[i].run)
				       : UINT32_MAX;
		ax_buf_clear(scratch);
		idx_owner_encode(scratch, &owners[i], run);
		ax_buf_append_u64(&records->bytes, details[i]);
		ax_buf_append_sized(&records->bytes, ax_buf_str(scratch));
		records->count++;
	}
}

static int write_records(struct idx_update *update, const struct records *runs,
	const struct records *owners, struct ax_error *err)
{
	struct ax_reader reader = { .rest = ax_buf_str(&runs->bytes) };

	if (idx_update_clear_runs(update, err) < 0)
		return -1;
	for (size_t i = 0; i < runs->count; i++) {
		if (idx_update_run(update, ax_reader_sized(&reader), err) < 0)
			return -1;
	}
	reader = (struct ax_reader){ .rest = ax_buf_str(&owners->bytes) };
	for (size_t i = 0; i < owners->count; i++) {
		uint64_t detail = ax_reader_u64(&reader);
		if (idx_update_owner(update, detail, ax_reader_sized(&reader), err) < 0)
			return -1;
	}
	return 0;
}

/* Derive while the snapshot lasts, and encode the result. */
static int derive(struct idx_snapshot *snapshot, const char *root, struct records *runs,
	struct records *owners, struct ax_error *err)
{
	struct evidence evidence = { .snapshot = snapshot };
	struct idx_runs_output output = { 0 };
	struct ax_buf scratch = { 0 };
	int status = -1;

	if (gather(&evidence, err) < 0)
		goto out;
	struct idx_runs_input input = {
		.root = ax_str_from(root),
		.n_logs = evidence.n_logs,
		.logs = evidence.logs,
		.n_files = evidence.n_files,
		.files = evidence.files,
		.look = look_at_file,
		.context = &evidence,
	};
	if (idx_runs_derive(&input, &evidence.arena, &output, err) < 0)
		goto out;
	encode_runs(runs, &evidence, &output, &scratch);
	encode_owners(owners, &output, output.log_owners, evidence.log_details, evidence.n_logs,
		&scratch);
	encode_owners(owners, &output, output.file_owners, evidence.file_details,
		evidence.n_files, &scratch);
	if (scratch.failed || runs->bytes.failed || owners->bytes.failed)
		no_memory(err);
	else
		status = 0;
out:
	ax_buf_free(&scratch);
	ax_arena_free(&evidence.arena);
	ax_buf_free(&evidence.path);
	free(evidence.logs);
	free(evidence.log_details);
	free(evidence.files);
	free(evidence.file_details);
	return status;
}

int scan_derive_runs(struct idx_update *update, const char *root, struct ax_error *err)
{
	struct idx_snapshot *snapshot = NULL;
	struct records runs = { 0 };
	struct records owners = { 0 };

	if (idx_update_snapshot(update, &snapshot, err) < 0)
		return -1;
	int status = derive(snapshot, root, &runs, &owners, err);
	idx_snapshot_end(snapshot);
	if (status == 0)
		status = write_records(update, &runs, &owners, err);
	ax_buf_free(&runs.bytes);
	ax_buf_free(&owners.bytes);
	return status;
}
