#include "cli/scan_report.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/output.h"
#include "indexer/archives.h"
#include "indexer/scan.h"

#include <errno.h>
#include <stdlib.h>

enum {
	PROBLEMS_SHOWN = 6, /* of each kind */
	BAR_MAX = 40,
	REASON_MIN = 36,     /* columns that a reason has at least, beside its path */
	PATH_MAX_SHARE = 60, /* per cent of the line that a path may take */
};

/* One line of the table. */
struct class_row {
	struct ax_str name;
	struct idx_class_sum sum;
};

static int compare_rows(const void *a, const void *b)
{
	const struct class_row *x = a;
	const struct class_row *y = b;

	if (x->sum.bytes != y->sum.bytes)
		return x->sum.bytes > y->sum.bytes ? -1 : 1;
	return ax_str_compare(x->name, y->name);
}

/* The classes that have files, the largest first. */
static int collect_rows(struct idx_snapshot *snapshot, struct ax_arena *arena,
	struct class_row **out, size_t *n_out, struct ax_error *err)
{
	uint32_t count = idx_snapshot_class_count(snapshot);
	struct idx_class_sum *sums = ax_arena_alloc(arena, (count + 1) * sizeof(*sums));
	struct class_row *rows = ax_arena_alloc(arena, (count + 1) * sizeof(*rows));
	size_t n = 0;

	if (!sums || !rows)
		return ax_fail(err, ENOMEM, "no memory for the table");
	if (idx_snapshot_class_sums(snapshot, sums, err) < 0)
		return -1;
	for (uint32_t id = 0; id < count; id++) {
		if (sums[id].files)
			rows[n++] = (struct class_row){ idx_snapshot_class_name(snapshot, id),
				sums[id] };
	}
	qsort(rows, n, sizeof(*rows), compare_rows);
	*out = rows;
	*n_out = n;
	return 0;
}

static size_t widest_name(const struct class_row *rows, size_t n)
{
	size_t widest = strlen("class");

	for (size_t i = 0; i < n; i++) {
		size_t width = ax_text_width(rows[i].name);
		widest = width > widest ? width : widest;
	}
	return widest;
}

static void print_row(struct cli_output *out, struct ax_str name,
	const struct idx_class_sum *sum, size_t names, const char *color)
{
	char files[AX_UNITS_MAX];
	char bytes[AX_UNITS_MAX];

	ax_count_format(sum->files, files);
	ax_size_format(sum->bytes, bytes);
	fputs(color, out->stream);
	size_t used = cli_print_cut(out, name, names);
	fputs(*color ? out->palette->reset : "", out->stream);
	cli_print_pad(out, names - used);
	fprintf(out->stream, "  %9s  %6s", files, bytes);
}

static void print_table(struct cli_output *out, const struct class_row *rows, size_t n)
{
	const struct cli_palette *palette = out->palette;
	struct idx_class_sum total = { 0 };
	size_t names = widest_name(rows, n);
	size_t bars = out->columns > names + 30 ? out->columns - names - 21 : 0;

	bars = bars > BAR_MAX ? BAR_MAX : bars;
	fprintf(out->stream, "%s%-*s  %9s  %6s%s\n", palette->bold, (int)names, "class",
		"files", "size", palette->reset);
	for (size_t i = 0; i < n; i++) {
		print_row(out, rows[i].name, &rows[i].sum, names, palette->cyan);
		if (bars) {
			fprintf(out->stream, "  %s", palette->blue);
			cli_print_bar(out, rows[i].sum.bytes, rows[0].sum.bytes, bars);
			fputs(palette->reset, out->stream);
		}
		fputc('\n', out->stream);
		total.files += rows[i].sum.files;
		total.bytes += rows[i].sum.bytes;
	}
	print_row(out, AX_STR("total"), &total, names, palette->bold);
	fputc('\n', out->stream);
}

static void print_problem(struct cli_output *out, const struct idx_problem *problem,
	size_t paths)
{
	struct ax_buf buf = { 0 };

	ax_text_quote(&buf, problem->path);
	size_t width = ax_text_width(ax_buf_str(&buf));
	fprintf(out->stream, "  %.*s", AX_STR_ARG(ax_buf_str(&buf)));
	size_t column = 2 + (width > paths ? width : paths) + 2;
	if (out->columns && (width > paths || column + REASON_MIN > out->columns)) {
		fputs("\n      ", out->stream);
		cli_print_wrapped(out, problem->why, 6, out->columns);
	} else {
		cli_print_pad(out, column - 2 - width);
		cli_print_wrapped(out, problem->why, (unsigned)column,
			out->columns ? out->columns : UINT16_MAX);
	}
	cli_print_done(out, &buf);
}

/* Columns for the paths of a kind, so that most reasons begin below each other. */
static size_t measure_paths(const struct cli_output *out, const struct idx_scan_report *report,
	const char *status)
{
	size_t most = out->columns ? out->columns * PATH_MAX_SHARE / 100 : SIZE_MAX;
	struct ax_buf shown_as = { 0 };
	size_t widest = 0;
	size_t shown = 0;

	for (size_t i = 0; i < report->n_problems && shown < PROBLEMS_SHOWN; i++) {
		if (strcmp(report->problems[i].status, status) != 0)
			continue;
		ax_buf_clear(&shown_as);
		ax_text_quote(&shown_as, report->problems[i].path);
		size_t width = ax_text_width(ax_buf_str(&shown_as));
		widest = width > widest && width <= most ? width : widest;
		shown++;
	}
	ax_buf_free(&shown_as);
	return widest;
}

/* Whether an earlier problem had this status, so that its kind was printed. */
static bool is_printed(const struct idx_scan_report *report, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (strcmp(report->problems[i].status, report->problems[at].status) == 0)
			return true;
	}
	return false;
}

static void print_kind(struct cli_output *out, const struct idx_scan_report *report,
	const char *status)
{
	size_t paths = measure_paths(out, report, status);
	uint64_t count = 0;

	for (size_t i = 0; i < report->n_problems; i++)
		count += strcmp(report->problems[i].status, status) == 0;
	fprintf(out->stream, "\n%s%s%s: %llu\n", out->palette->yellow, status,
		out->palette->reset, (unsigned long long)count);
	size_t shown = 0;
	for (size_t i = 0; i < report->n_problems && shown < PROBLEMS_SHOWN; i++) {
		if (strcmp(report->problems[i].status, status) != 0)
			continue;
		print_problem(out, &report->problems[i], paths);
		shown++;
	}
	enum idx_status known;
	if (count > shown && idx_status_parse(ax_str_from(status), &known))
		fprintf(out->stream, "  and %llu more: artidx query status:%s\n",
			(unsigned long long)(count - shown), status);
	else if (count > shown)
		fprintf(out->stream, "  and %llu more: artidx scan --json\n",
			(unsigned long long)(count - shown));
}

/* The first of a group follows *joint, the others a comma; what there is none of is left out. */
static void print_count(struct cli_output *out, const char **joint, uint64_t count,
	const char *what)
{
	char text[AX_UNITS_MAX];

	if (!count)
		return;
	ax_count_format(count, text);
	fprintf(out->stream, "%s%s %s", *joint, text, what);
	*joint = ", ";
}

/* What all archives hold that the catalogue knows. */
static struct idx_class_sum sum_archives(const struct idx_snapshot *snapshot)
{
	struct idx_class_sum sum = { 0 };

	for (size_t i = 0; i < idx_snapshot_archive_count(snapshot); i++) {
		sum.files += idx_snapshot_archive(snapshot, i)->files;
		sum.bytes += idx_snapshot_archive(snapshot, i)->bytes;
	}
	return sum;
}

/* What adds up to the files, then what does not. */
static void print_summary(struct cli_output *out, const struct idx_scan_report *report,
	const struct idx_class_sum *archived)
{
	char files[AX_UNITS_MAX];
	const char *joint = ": ";

	ax_count_say(report->files, "file", files);
	fprintf(out->stream, "%s%s", out->palette->dim, files);
	print_count(out, &joint, report->added, "new");
	print_count(out, &joint, report->changed, "changed");
	print_count(out, &joint, report->moved, "moved");
	print_count(out, &joint, report->unchanged, "unchanged");
	joint = "; ";
	print_count(out, &joint, report->removed, "gone");
	print_count(out, &joint, report->read, "read now");
	print_count(out, &joint, report->symlinks,
		report->symlinks == 1 ? "symlink" : "symlinks");
	print_count(out, &joint, report->specials, "neither file nor link");
	joint = "; ";
	print_count(out, &joint, archived->files, "more in archives");
	fprintf(out->stream, "%s\n", out->palette->reset);
}

int cli_scan_report_print(struct cli_output *out, const struct cli_scan_result *result,
	struct ax_error *err)
{
	const struct idx_scan_report *report = result->report;
	struct ax_arena arena = { 0 };
	struct class_row *rows = NULL;
	size_t n = 0;
	int status = collect_rows(result->snapshot, &arena, &rows, &n, err);

	if (status == 0 && n)
		print_table(out, rows, n);
	for (size_t i = 0; status == 0 && i < report->n_problems; i++) {
		if (!is_printed(report, i))
			print_kind(out, report, report->problems[i].status);
	}
	struct idx_class_sum archived = sum_archives(result->snapshot);
	if (status == 0 && (n || report->n_problems))
		fputc('\n', out->stream);
	if (status == 0)
		print_summary(out, report, &archived);
	ax_arena_free(&arena);
	return status;
}

static void write_number(struct ax_json_writer *w, const char *key, uint64_t number)
{
	ax_json_write_key(w, ax_str_from(key));
	ax_json_write_u64(w, number);
}

static void write_classes(struct ax_json_writer *w, const struct class_row *rows, size_t n)
{
	ax_json_write_key(w, AX_STR("classes"));
	ax_json_begin_object(w);
	for (size_t i = 0; i < n; i++) {
		ax_json_write_key(w, rows[i].name);
		ax_json_begin_object(w);
		write_number(w, "files", rows[i].sum.files);
		write_number(w, "bytes", rows[i].sum.bytes);
		ax_json_end_object(w);
	}
	ax_json_end_object(w);
}

static void write_problems(struct ax_json_writer *w, const struct idx_scan_report *report)
{
	ax_json_write_key(w, AX_STR("problems"));
	ax_json_begin_array(w);
	for (size_t i = 0; i < report->n_problems; i++) {
		const struct idx_problem *problem = &report->problems[i];
		ax_json_begin_object(w);
		ax_json_write_path(w, "path", problem->path);
		ax_json_write_key(w, AX_STR("status"));
		ax_json_write_string(w, ax_str_from(problem->status));
		ax_json_write_key(w, AX_STR("why"));
		ax_json_write_string(w, problem->why);
		ax_json_end_object(w);
	}
	ax_json_end_array(w);
	write_number(w, "more_problems", report->more_problems);
}

static void write_report(struct ax_json_writer *w, const struct cli_scan_result *result,
	const struct class_row *rows, size_t n)
{
	const struct idx_scan_report *report = result->report;

	ax_json_begin_object(w);
	ax_json_write_key(w, AX_STR("schema"));
	ax_json_write_string(w, AX_STR("artidx.scan/1"));
	ax_json_write_path(w, "root", ax_str_from(result->root));
	write_number(w, "files", report->files);
	write_number(w, "directories", report->directories);
	write_number(w, "bytes", report->bytes);
	write_number(w, "read", report->read);
	write_number(w, "unchanged", report->unchanged);
	write_number(w, "added", report->added);
	write_number(w, "changed", report->changed);
	write_number(w, "removed", report->removed);
	write_number(w, "moved", report->moved);
	write_number(w, "symlinks", report->symlinks);
	write_number(w, "specials", report->specials);
	struct idx_class_sum archived = sum_archives(result->snapshot);
	write_number(w, "archived_files", archived.files);
	write_number(w, "archived_bytes", archived.bytes);
	write_classes(w, rows, n);
	write_problems(w, report);
	ax_json_write_key(w, AX_STR("seconds"));
	ax_json_write_real(w, result->seconds);
	ax_json_end_object(w);
}

int cli_scan_report_json(struct cli_output *out, const struct cli_scan_result *result,
	struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };
	struct class_row *rows = NULL;
	size_t n = 0;
	int status = collect_rows(result->snapshot, &arena, &rows, &n, err);

	if (status == 0) {
		write_report(&w, result, rows, n);
		ax_buf_append_byte(&text, '\n');
		status = ax_buf_check(&text, "the report", err);
	}
	if (status == 0)
		fwrite(text.data, 1, text.len, out->stream);
	ax_buf_free(&text);
	ax_arena_free(&arena);
	return status;
}
