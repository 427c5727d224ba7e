#include "cli/show_view.h"

#include "archive/unfinished.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/sheet.h"
#include "cli/show_json.h"
#include "cli/tensors.h"
#include "indexer/archives.h"
#include "indexer/catalog.h"
#include "indexer/history.h"
#include "query/show.h"
#include "safetensors/header.h"

#include <limits.h>
#include <unistd.h>

enum {
	PATTERNS_SHOWN = 24,
	PATHS_SHOWN = 12,
};

static const char *const move_verbs[] = {
	[IDX_MOVE_SEEN] = "found moved by a scan",
	[IDX_MOVE_REORG] = "moved by a reorg",
	[IDX_MOVE_UNDO] = "moved back by an undo",
	[IDX_MOVE_ARCHIVED] = "archived",
	[IDX_MOVE_RESTORED] = "restored from an archive",
};

static int print_tensors(struct cli_output *out, const struct cli_show_subject *subject,
	const struct qry_file_facts *facts, struct ax_error *err)
{
	struct cli_tensors *tensors = NULL;
	struct idx_tensors *cursor = NULL;
	struct idx_tensor tensor;
	int more = -1;

	if (cli_tensors_new(&tensors, err) < 0)
		return -1;
	if (idx_tensors_open(subject->snapshot, &facts->detail, &cursor, err) < 0)
		goto out;
	while ((more = idx_tensors_next(cursor, &tensor, err)) > 0) {
		struct cli_tensor shown = { tensor.name,
			sft_dtype_name((enum sft_dtype)tensor.dtype), tensor.rank,
			tensor.shape };
		more = cli_tensors_add(tensors, &shown, false, err);
		if (more < 0)
			goto out;
	}
	if (more < 0)
		goto out;
	cli_sheet_heading(out, "tensors");
	size_t left_out = cli_tensors_print(tensors, out, PATTERNS_SHOWN);
	char patterns[AX_UNITS_MAX];
	ax_count_say(left_out, "more pattern", patterns);
	if (left_out)
		fprintf(out->stream, "    and %s: artidx inspect --tensors\n", patterns);
out:
	idx_tensors_close(cursor);
	cli_tensors_free(tensors);
	return more;
}

static void print_content(struct cli_output *out, const struct idx_detail *detail)
{
	char count[AX_UNITS_MAX];
	char params[AX_UNITS_MAX];
	struct ax_buf dtypes = { 0 };

	if (!detail->has_tensors)
		return;
	ax_count_say(detail->n_tensors, "tensor", count);
	ax_count_say(detail->params, "param", params);
	if (detail->params == IDX_PARAMS_UNKNOWN)
		snprintf(params, sizeof(params), "an unknown number of params");
	for (unsigned i = 0; i < SFT_DTYPE_COUNT; i++) {
		if (detail->dtypes & (1U << i))
			ax_buf_printf(&dtypes, ", %s", sft_dtype_name((enum sft_dtype)i));
	}
	cli_sheet_printf(out, "holds", "%s, %s%s", count, params, ax_buf_text(&dtypes));
	cli_print_done(out, &dtypes);
}

/* What rules say of a file whose name and bytes they do not know is beside the point here. */
static struct ax_str why_of(const struct idx_entry *entry, const struct idx_archive *archive)
{
	if (archive && arc_is_unfinished(archive->path))
		return archive->problem;
	if (archive && archive->files && ax_str_equal(entry->class_name, AX_STR("other")))
		return AX_STR("an archive of artidx's: artidx restore brings back what it "
			      "holds");
	return entry->why;
}

bool cli_show_link(const struct cli_show_subject *subject, const struct qry_file_facts *facts,
	struct ax_buf *out)
{
	char target[PATH_MAX];
	struct ax_buf path = { 0 };

	if (facts->entry.type != IDX_SYMLINK || facts->entry.archive.len)
		return false;
	ax_path_join(&path, ax_str_from(subject->root), facts->path);
	ssize_t n = path.failed ? -1 : readlink(ax_buf_text(&path), target, sizeof(target));
	ax_buf_free(&path);
	if (n > 0)
		ax_buf_append(out, target, (size_t)n);
	return n > 0;
}

static void print_link(struct cli_output *out, const struct cli_show_subject *subject,
	const struct qry_file_facts *facts)
{
	struct ax_buf target = { 0 };

	if (cli_show_link(subject, facts, &target))
		cli_sheet_path(out, "leads to", ax_buf_str(&target), AX_STR(""));
	cli_print_done(out, &target);
}

static void print_archive(struct cli_output *out, const struct idx_archive *archive)
{
	char files[AX_UNITS_MAX], bytes[AX_UNITS_MAX];
	struct ax_buf base = { 0 };

	if (!archive || !archive->files)
		return;
	ax_count_say(archive->files, "file", files);
	ax_size_say(archive->bytes, bytes);
	ax_text_quote(&base, archive->base.len ? archive->base : AX_STR("the root"));
	cli_sheet_printf(out, "holds", "%s that %s below %s, %s", files,
		archive->files == 1 ? "was" : "were", ax_buf_text(&base), bytes);
	cli_print_done(out, &base);
}

static void print_identity(struct cli_output *out, const struct idx_entry *entry,
	const struct idx_archive *archive)
{
	char size[AX_UNITS_MAX];
	char bytes[AX_UNITS_MAX];
	char time[AX_UNITS_MAX];

	ax_size_format(entry->size, size);
	ax_count_format(entry->size, bytes);
	ax_time_format_short(entry->mtime, time);
	if (entry->status != IDX_OK)
		cli_sheet_text(out, "status", ax_str_from(idx_status_name(entry->status)));
	if (entry->problem.len && !ax_str_equal(entry->problem, entry->why))
		cli_sheet_text(out, "problem", entry->problem);
	cli_sheet_text(out, "class", entry->class_name);
	cli_sheet_text(out, "why", why_of(entry, archive));
	if (entry->misnamed)
		cli_sheet_text(out, "misnamed", AX_STR("yes: its name says another class"));
	if (entry->size < 1024)
		cli_sheet_printf(out, "size", "%s bytes", bytes);
	else
		cli_sheet_printf(out, "size", "%s (%s bytes)", size, bytes);
	cli_sheet_printf(out, "modified", "%s", time);
	if (entry->archive.len)
		cli_sheet_path(out, "archive", entry->archive, AX_STR(""));
}

static void print_owner(struct cli_output *out, const struct idx_owner *owner)
{
	if (owner->membership == IDX_RUN_NONE)
		return;
	if (owner->membership == IDX_RUN_AMBIGUOUS)
		cli_sheet_text(out, "run", AX_STR("ambiguous"));
	else
		cli_sheet_text(out, "run", owner->run);
	cli_sheet_text(out, "role", owner->role);
	cli_sheet_text(out, "evidence", owner->why);
}

static void print_origins(struct cli_output *out, const struct idx_move *origins, size_t count)
{
	char time[AX_UNITS_MAX];
	char until[AX_UNITS_MAX + 48];

	for (size_t i = 0; i < count; i++) {
		ax_time_format_short(origins[i].time, time);
		snprintf(until, sizeof(until), "until %s, %s", time,
			move_verbs[origins[i].kind]);
		cli_sheet_path(out, i == 0 ? "was" : "", origins[i].from, ax_str_from(until));
	}
}

int cli_show_file(struct cli_output *out, const struct cli_show_subject *subject,
	const struct qry_file_facts *facts, const struct idx_move *origins, size_t n_origins,
	struct ax_error *err)
{
	const struct idx_detail *detail = &facts->detail;
	const struct idx_archive *archive =
		idx_snapshot_archive_at(subject->snapshot, facts->path);

	if (subject->json)
		return cli_show_json_file(out, subject, facts, origins, n_origins, err);
	cli_sheet_title(out, facts->path);
	print_identity(out, &facts->entry, archive);
	print_link(out, subject, facts);
	print_archive(out, archive);
	if (facts->has_detail) {
		cli_sheet_attributes(out, detail->attributes, detail->n_attributes);
		print_content(out, detail);
	}
	print_owner(out, &facts->owner);
	cli_sheet_paths(out, "used by", facts->used_by, facts->n_used_by, PATHS_SHOWN);
	cli_sheet_paths(out, "alike", facts->twins, facts->n_twins, PATHS_SHOWN);
	print_origins(out, origins, n_origins);
	if (facts->has_detail && detail->n_metadata) {
		cli_sheet_heading(out, "metadata");
		cli_sheet_metadata(out, detail->metadata, detail->n_metadata);
	}
	if (facts->has_detail && detail->has_tensors)
		return print_tensors(out, subject, facts, err);
	return 0;
}

/* What lies below a path that is no file of the catalogue: a pool, say. */
static int measure_directory(struct idx_snapshot *snapshot, struct ax_str path,
	struct idx_class_sum *sum, struct ax_error *err)
{
	struct idx_filter filter = { .below = path, .archived = true };
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int more = 0;

	*sum = (struct idx_class_sum){ 0 };
	if (idx_files_open(snapshot, &filter, &files, err) < 0)
		return -1;
	while ((more = idx_files_next(files, &entry, err)) > 0) {
		sum->files++;
		sum->bytes += entry.size;
	}
	idx_files_close(files);
	return more;
}

static int describe_run_file(struct ax_buf *buf, struct idx_snapshot *snapshot,
	const struct qry_run_file *file, struct ax_error *err)
{
	struct idx_class_sum sum;
	char size[AX_UNITS_MAX], files[AX_UNITS_MAX];

	if (file->exists) {
		ax_size_format(file->entry.size, size);
		ax_buf_printf(buf, "%.*s, %s", AX_STR_ARG(file->entry.class_name), size);
		if (file->entry.status != IDX_OK)
			ax_buf_printf(buf, ", %s", idx_status_name(file->entry.status));
		if (file->entry.archive.len) {
			ax_buf_append_text(buf, ", in ");
			ax_text_quote(buf, file->entry.archive);
		}
		return 0;
	}
	if (measure_directory(snapshot, file->path, &sum, err) < 0)
		return -1;
	ax_count_say(sum.files, "file", files);
	ax_size_format(sum.bytes, size);
	if (sum.files)
		ax_buf_printf(buf, "%s, %s", files, size);
	else
		ax_buf_append_text(buf, "not there");
	return 0;
}

static int print_run_files(struct cli_output *out, struct idx_snapshot *snapshot,
	const char *label, const struct qry_run_file *files, size_t count, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		ax_buf_clear(&text);
		status = describe_run_file(&text, snapshot, &files[i], err);
		cli_sheet_path(out, i == 0 ? label : "", files[i].path, ax_buf_str(&text));
	}
	cli_print_done(out, &text);
	return status;
}

static void print_span(struct cli_output *out, const struct idx_run *run)
{
	char start[AX_UNITS_MAX];
	char end[AX_UNITS_MAX];

	if (!run->start)
		return;
	ax_time_format_short(run->start, start);
	ax_time_format_short(run->end, end);
	if (run->end > run->start)
		cli_sheet_printf(out, "from", "%s to %s", start, end);
	else
		cli_sheet_text(out, "from", ax_str_from(start));
}

int cli_show_run(struct cli_output *out, const struct cli_show_subject *subject,
	const struct qry_run_facts *facts, struct ax_error *err)
{
	const struct idx_run *run = &facts->run;
	char size[AX_UNITS_MAX];

	if (subject->json)
		return cli_show_json_run(out, subject, facts, err);
	ax_size_format(run->size, size);
	cli_sheet_title(out, run->id);
	cli_sheet_text(out, "status", run->status);
	cli_sheet_text(out, "preset", run->preset);
	cli_sheet_text(out, "arm", run->arm);
	if (run->seed.kind == IDX_INT)
		cli_sheet_printf(out, "seed", "%lld", (long long)run->seed.integer);
	cli_sheet_text(out, "tag", run->tag);
	print_span(out, run);
	cli_sheet_attributes(out, run->attributes, run->n_attributes);
	cli_sheet_path(out, "log", run->log, AX_STR(""));
	if (print_run_files(out, subject->snapshot, "uses", facts->uses, facts->n_uses, err) <
			0 ||
		print_run_files(out, subject->snapshot, "files", facts->files, facts->n_files,
			err) < 0)
		return -1;
	cli_sheet_text(out, "size", ax_str_from(size));
	cli_sheet_text(out, "cfg", run->cfg);
	return 0;
}
