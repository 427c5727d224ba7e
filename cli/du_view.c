#include "cli/du_view.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/record_json.h"

#include <errno.h>
#include <stdlib.h>

enum { BAR_MAX = 30, NAMES_MIN = 40, NAME_MIN = 8 };

const char *const cli_du_choices[] = { "dir", "class", "run", NULL };

/* ---- as text */

struct printing {
	struct cli_output *out;
	const struct cli_du *du;
	uint64_t whole;
	size_t bar; /* columns of a bar; 0: none */
};

/* Size, files, bar; what follows is a name. */
static void print_sum(const struct printing *p, const struct rpt_sum *sum)
{
	char size[AX_UNITS_MAX], files[AX_UNITS_MAX];

	ax_size_format(sum->bytes, size);
	ax_count_format(sum->files, files);
	fprintf(p->out->stream, "%6s  %9s  ", size, files);
	if (!p->bar)
		return;
	fputs(p->out->palette->blue, p->out->stream);
	size_t used = cli_print_bar(p->out, sum->bytes, p->whole, p->bar);
	fputs(p->out->palette->reset, p->out->stream);
	cli_print_pad(p->out, p->bar - used + 2);
}

/* Columns that are left for a name. */
static size_t room_of(const struct printing *p, unsigned depth)
{
	size_t used = 19 + (p->bar ? p->bar + 2 : 0) + 2 * (size_t)depth;

	if (!p->out->columns)
		return SIZE_MAX;
	return p->out->columns > used + NAME_MIN ? p->out->columns - used : NAME_MIN;
}

static void print_name(const struct printing *p, struct ax_str name, unsigned depth)
{
	struct ax_buf quoted = { 0 };
	size_t room = room_of(p, depth);

	cli_print_pad(p->out, 2 * (size_t)depth);
	ax_text_quote(&quoted, name);
	if (ax_text_width(ax_buf_str(&quoted)) > room)
		cli_print_cut(p->out, name, room);
	else
		fwrite(quoted.data, 1, quoted.len, p->out->stream);
	fputc('\n', p->out->stream);
	cli_print_done(p->out, &quoted);
}

static void print_note(const struct printing *p, const struct rpt_sum *sum, unsigned depth,
	const char *note)
{
	print_sum(p, sum);
	cli_print_pad(p->out, 2 * (size_t)depth);
	fputs(p->out->palette->dim, p->out->stream);
	cli_print_cut(p->out, ax_str_from(note), room_of(p, depth));
	fprintf(p->out->stream, "%s\n", p->out->palette->reset);
}

static void print_more(const struct printing *p, const struct rpt_dir *from, unsigned depth)
{
	struct rpt_sum sum = { 0 };
	char note[64], count[AX_UNITS_MAX];
	size_t n = 0;

	for (; from; from = from->next, n++)
		rpt_sum_add(&sum, from->all);
	ax_count_say(n, "more directory", count);
	snprintf(note, sizeof(note), "(%s)", count);
	print_note(p, &sum, depth, note);
}

/* The directory above is what names are relative to. */
static void print_dir(const struct printing *p, const struct rpt_dir *dir,
	const struct rpt_dir *above, unsigned depth)
{
	size_t skip = above->path.len ? above->path.len + 1 : 0;
	uint64_t rows = 0;

	print_sum(p, &dir->all);
	print_name(p, ax_str_slice(dir->path, skip, dir->path.len), depth);
	if (depth >= p->du->depth || !dir->children)
		return;
	for (const struct rpt_dir *child = dir->children; child; child = child->next) {
		if (rows++ == p->du->limit) {
			print_more(p, child, depth + 1);
			break;
		}
		print_dir(p, rpt_dir_skip_single(child), dir, depth + 1);
	}
	if (dir->own.files)
		print_note(p, &dir->own, depth + 1, "(files in it)");
}

static void print_dirs(const struct printing *p)
{
	const struct rpt_dir *root = p->du->disk->dirs.root;

	for (const struct rpt_dir *dir = root ? root->children : NULL; dir; dir = dir->next)
		print_dir(p, rpt_dir_skip_single(dir), root, 0);
	if (root && root->own.files)
		print_note(p, &root->own, 0, "(files in the project's root)");
}

static int compare_buckets(const void *a, const void *b)
{
	const struct rpt_bucket *const *x = a;
	const struct rpt_bucket *const *y = b;

	if ((*x)->sum.bytes != (*y)->sum.bytes)
		return (*x)->sum.bytes > (*y)->sum.bytes ? -1 : 1;
	return ax_str_compare((*x)->name, (*y)->name);
}

/* Those that have files, the largest first, for the caller to free. */
static int list_buckets(const struct rpt_disk *disk, struct rpt_bucket ***out, size_t *n_out,
	struct ax_error *err)
{
	struct rpt_bucket **list =
		calloc(disk->buckets.n_used + 1, sizeof(struct rpt_bucket *));
	size_t n = 0;

	if (!list)
		return ax_fail(err, ENOMEM, "no memory for the list");
	for (size_t i = 0; i < disk->buckets.n_slots; i++) {
		struct rpt_bucket *bucket = disk->buckets.slots[i].value;
		if (bucket && bucket->sum.files)
			list[n++] = bucket;
	}
	qsort(list, n, sizeof(struct rpt_bucket *), compare_buckets);
	*out = list;
	*n_out = n;
	return 0;
}

static int print_buckets(const struct printing *p, struct ax_error *err)
{
	struct rpt_bucket **list = NULL;
	struct rpt_sum rest = { 0 };
	size_t n = 0;
	char note[64];

	if (list_buckets(p->du->disk, &list, &n, err) < 0)
		return -1;
	size_t shown = n <= p->du->limit ? n : (size_t)p->du->limit;
	for (size_t i = 0; i < shown; i++) {
		if (list[i]->name.len) {
			print_sum(p, &list[i]->sum);
			print_name(p, list[i]->name, 0);
		} else {
			print_note(p, &list[i]->sum, 0, "(of no run)");
		}
	}
	for (size_t i = shown; i < n; i++)
		rpt_sum_add(&rest, list[i]->sum);
	snprintf(note, sizeof(note), "(%zu more)", n - shown);
	if (n > shown)
		print_note(p, &rest, 0, note);
	free(list);
	return 0;
}

static void print_unaccounted(const struct printing *p)
{
	const struct rpt_disk *disk = p->du->disk;
	struct rpt_sum sum = disk->strange;
	struct ax_buf note = { 0 };
	char count[AX_UNITS_MAX], folders[AX_UNITS_MAX];

	sum.bytes += disk->folders.bytes;
	ax_count_say(disk->strange.files, "file", count);
	ax_count_say(disk->folders.files, "directory", folders);
	ax_buf_printf(&note, "unaccounted: %s", folders);
	if (disk->strange.files)
		ax_buf_printf(&note, ", %s not in the catalogue", count);
	print_note(p, &sum, 0, ax_buf_text(&note));
	cli_print_done(p->out, &note);
}

int cli_du_print(struct cli_output *out, const struct cli_du *du, struct ax_error *err)
{
	struct printing p = { out, du, du->disk->total.bytes, 0 };
	int status = 0;

	if (out->columns > NAMES_MIN + 19 + 8)
		p.bar = out->columns - NAMES_MIN - 21;
	p.bar = p.bar > BAR_MAX ? BAR_MAX : p.bar;
	fprintf(out->stream, "%s%6s  %9s  ", out->palette->bold, "size", "files");
	if (p.bar)
		cli_print_pad(out, p.bar + 2);
	fprintf(out->stream, "%s%s\n", cli_du_choices[du->by], out->palette->reset);
	if (du->by == RPT_DIRS)
		print_dirs(&p);
	else
		status = print_buckets(&p, err);
	if (status < 0)
		return -1;
	print_unaccounted(&p);
	fputs(out->palette->bold, out->stream);
	print_sum(&p, &du->disk->total);
	fprintf(out->stream, "%stotal%s\n", out->palette->bold, out->palette->reset);
	return 0;
}

/* ---- as JSON */

static void write_sum(struct ax_json_writer *w, const struct rpt_sum *sum)
{
	ax_json_write_key(w, AX_STR("files"));
	ax_json_write_u64(w, sum->files);
	ax_json_write_key(w, AX_STR("bytes"));
	ax_json_write_u64(w, sum->bytes);
}

/* The next one in the order of print_dirs(): its first child, else what follows it or one above. */
static const struct rpt_dir *next_dir(const struct rpt_dir *dir)
{
	if (dir->children)
		return dir->children;
	while (dir && !dir->next)
		dir = dir->parent;
	return dir ? dir->next : NULL;
}

static void write_dirs(struct ax_json_writer *w, const struct rpt_disk *disk)
{
	for (const struct rpt_dir *dir = disk->dirs.root; dir; dir = next_dir(dir)) {
		if (dir->path.len == 0 && dir->own.files == 0)
			continue;
		ax_json_begin_object(w);
		ax_json_write_path(w, "path", dir->path.len ? dir->path : AX_STR("."));
		write_sum(w, &dir->all);
		ax_json_end_object(w);
	}
}

static int write_buckets(struct ax_json_writer *w, const struct cli_du *du,
	struct ax_error *err)
{
	struct rpt_bucket **list = NULL;
	size_t n = 0;

	if (list_buckets(du->disk, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		ax_json_begin_object(w);
		if (list[i]->name.len)
			ax_json_write_path(w, cli_du_choices[du->by], list[i]->name);
		write_sum(w, &list[i]->sum);
		ax_json_end_object(w);
	}
	free(list);
	return 0;
}

static void write_named_sum(struct ax_json_writer *w, struct ax_str name,
	const struct rpt_sum *sum)
{
	ax_json_write_key(w, name);
	ax_json_begin_object(w);
	write_sum(w, sum);
	ax_json_end_object(w);
}

int cli_du_print_json(struct cli_output *out, const struct cli_du *du, struct ax_error *err)
{
	const struct rpt_disk *disk = du->disk;
	struct ax_buf text = { 0 };
	struct ax_json_writer w = { .buf = &text, .indent = true };
	int status = 0;

	ax_json_begin_object(&w);
	cli_record_json_text(&w, "schema", AX_STR("artidx.du/1"));
	ax_json_write_path(&w, "root", ax_str_from(du->root));
	cli_record_json_text(&w, "by", ax_str_from(cli_du_choices[du->by]));
	cli_record_json_text(&w, "unit",
		du->apparent ? AX_STR("apparent") : AX_STR("allocated"));
	ax_json_write_key(&w, AX_STR("rows"));
	ax_json_begin_array(&w);
	if (du->by == RPT_DIRS)
		write_dirs(&w, disk);
	else
		status = write_buckets(&w, du, err);
	ax_json_end_array(&w);
	write_named_sum(&w, AX_STR("directories"), &disk->folders);
	write_named_sum(&w, AX_STR("uncatalogued"), &disk->strange);
	write_named_sum(&w, AX_STR("total"), &disk->total);
	ax_json_write_key(&w, AX_STR("unreadable"));
	ax_json_write_u64(&w, disk->n_unreadable);
	ax_json_end_object(&w);
	ax_buf_append_byte(&text, '\n');
	if (status == 0)
		status = ax_buf_check(&text, "the JSON document", err);
	if (status == 0)
		fwrite(text.data, 1, text.len, out->stream);
	ax_buf_free(&text);
	return status;
}
