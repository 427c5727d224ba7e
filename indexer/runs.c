#include "indexer/runs.h"

#include "base/error.h"
#include "base/path.h"
#include "indexer/argv.h"
#include "indexer/runs_internal.h"

#include <errno.h>
#include <stdlib.h>

int derivation_no_memory(struct derivation *d)
{
	return ax_fail(d->err, ENOMEM, "no memory for the runs");
}

void *derivation_room(struct derivation *d, size_t n, size_t size)
{
	void *piece = ax_arena_alloc(d->arena, n * size);

	if (!piece)
		derivation_no_memory(d);
	return piece;
}

const struct idx_run_facts *derivation_look(struct derivation *d, size_t file)
{
	struct idx_run_facts *facts = d->facts[file];

	if (facts)
		return facts;
	facts = derivation_room(d, 1, sizeof(*facts));
	if (!facts || d->input->look(d->input->context, file, facts, d->err) < 0)
		return NULL;
	d->facts[file] = facts;
	return facts;
}

static int compare_runs(const void *a, const void *b)
{
	const struct known_run *x = a, *y = b;
	int order = ax_str_compare(x->id, y->id);

	if (order)
		return order;
	if (!x->log || !y->log)
		return !x->log - !y->log;
	return ax_str_compare(x->log->path, y->log->path);
}

/* The innermost name in dir that is a run's; ptr is NULL without one. */
static struct ax_str run_of_dir(struct ax_str dir)
{
	struct ax_str ts = { 0 }, slug = { 0 };

	for (; dir.len; dir = ax_path_dir(dir)) {
		struct ax_str id = ax_path_name(dir);
		if (idx_run_id_parse(id, &ts, &slug))
			return id;
	}
	return ax_str(NULL, 0);
}

bool derivation_run_of_path(struct derivation *d, struct ax_str path, struct ax_str *out)
{
	struct ax_str dir = ax_path_dir(path);

	if (!d->last_dir.ptr || !ax_str_equal(dir, d->last_dir)) {
		d->last_dir = dir;
		d->last_id = run_of_dir(dir);
	}
	if (!d->last_id.ptr)
		return false;
	*out = d->last_id;
	return true;
}

static int join_id(struct derivation *d, const struct idx_log *log, struct ax_str *out)
{
	struct ax_buf *id = &d->scratch;

	ax_buf_clear(id);
	ax_buf_append_str(id, log->ts);
	ax_buf_append_byte(id, '_');
	ax_buf_append_str(id, log->slug);
	const char *copy = id->failed ? NULL : ax_arena_copy(d->arena, ax_buf_str(id));
	if (!copy)
		return derivation_no_memory(d);
	*out = ax_str(copy, id->len);
	return 0;
}

static void drop_duplicates(struct derivation *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_runs; i++) {
		if (kept == 0 || !ax_str_equal(d->runs[i].id, d->runs[kept - 1].id))
			d->runs[kept++] = d->runs[i];
	}
	d->n_runs = kept;
}

/* Whether the run that was added last is this one: most files lie beside one of the same run. */
static bool is_known_last(const struct derivation *d, struct ax_str id)
{
	return d->n_runs && ax_str_equal(d->runs[d->n_runs - 1].id, id);
}

static int find_runs(struct derivation *d)
{
	const struct idx_runs_input *input = d->input;

	d->runs = derivation_room(d, input->n_logs + input->n_files, sizeof(*d->runs));
	if (!d->runs)
		return -1;
	for (size_t i = 0; i < input->n_logs; i++) {
		const struct idx_log *log = &input->logs[i];
		if (log->ts.len == 0 || log->slug.len == 0)
			continue;
		struct known_run *run = &d->runs[d->n_runs++];
		run->log = log;
		if (join_id(d, log, &run->id) < 0)
			return -1;
		idx_slug_parse(log->slug, log->argv, &run->slug);
	}
	for (size_t i = 0; i < input->n_files; i++) {
		struct known_run *run = &d->runs[d->n_runs];
		struct ax_str ts = { 0 }, slug = { 0 };
		if (!derivation_run_of_path(d, input->files[i].path, &run->id) ||
			is_known_last(d, run->id))
			continue;
		idx_run_id_parse(run->id, &ts, &slug);
		idx_slug_parse(slug, AX_STR(""), &run->slug);
		d->n_runs++;
	}
	qsort(d->runs, d->n_runs, sizeof(*d->runs), compare_runs);
	drop_duplicates(d);
	return 0;
}

bool derivation_is_saved(struct ax_str class_name)
{
	static const struct ax_str others[] = {
		AX_STR_INIT("v_hack"),
		AX_STR_INIT("vhack_grads"),
		AX_STR_INIT("pool"),
		AX_STR_INIT("pairset"),
		AX_STR_INIT("log"),
		AX_STR_INIT("other"),
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (ax_str_equal(class_name, others[i]))
			return false;
	}
	return true;
}

static int describe_run(struct derivation *d, const struct known_run *known,
	struct idx_run *run)
{
	const struct idx_log *log = known->log;
	struct ax_str ts = { 0 }, slug = { 0 };

	idx_run_id_parse(known->id, &ts, &slug);
	*run = (struct idx_run){
		.id = known->id,
		.ts = ts,
		.slug = slug,
		.preset = known->slug.preset,
		.arm = known->slug.arm,
		.tag = known->slug.tag,
		.seed = known->slug.seed,
		.status = log ? log->status : AX_STR("unknown"),
		.log = log ? log->path : AX_STR(""),
		.end = log ? log->end : 0,
		.cfg = AX_STR(""),
		.rows = AX_STR(""),
	};
	ax_stamp_parse(ts, &run->start);
	if (!log)
		return 0;
	return idx_argv_uses(log->argv, d->input->root, d->arena, &run->uses, &run->n_uses,
		d->err);
}

/* A file, by its index, and the run that saved it. */
struct saved_file {
	struct known_run *run;
	size_t file;
	ax_nanoseconds mtime;
	struct ax_str path;
};

/* By run, and then the newest first. */
static int compare_saved(const void *a, const void *b)
{
	const struct saved_file *x = a, *y = b;

	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	if (x->mtime != y->mtime)
		return x->mtime > y->mtime ? -1 : 1;
	return x->file < y->file ? -1 : 1;
}

static int compare_paths(const void *a, const void *b)
{
	const struct saved_file *x = a, *y = b;

	return ax_str_compare(x->path, y->path);
}

/* Count a file to its run; false when it is none that the run saved. */
static bool count_file(const struct idx_run_candidate *file, const struct known_run *known,
	struct idx_run *run)
{
	run->size += file->size;
	if (!known->log && file->mtime > run->end)
		run->end = file->mtime;
	return derivation_is_saved(file->class_name);
}

/* Of a run's files, the newest first: the first, and the first that has a cfg. */
static int look_at_newest(struct derivation *d, const struct saved_file *saved, size_t n)
{
	struct known_run *run = saved->run;

	for (size_t i = 0; i < n && !run->newest_cfg; i++) {
		const struct idx_run_facts *facts = derivation_look(d, saved[i].file);
		if (!facts)
			return -1;
		if (i == 0)
			run->newest = facts;
		if (!facts->cfg.len)
			continue;
		run->newest_cfg = facts;
		run->cfg_file = saved[i].file;
	}
	return 0;
}

/* The n files of one run, newest first, to its list, by path. */
static int list_run(struct derivation *d, struct saved_file *saved, size_t n,
	struct ax_str *paths, struct idx_run *run)
{
	if (look_at_newest(d, saved, n) < 0)
		return -1;
	qsort(saved, n, sizeof(*saved), compare_paths);
	for (size_t i = 0; i < n; i++)
		paths[i] = saved[i].path;
	run->files = paths;
	run->n_files = n;
	return 0;
}

static int list_files(struct derivation *d, struct idx_run *runs)
{
	const struct idx_runs_input *input = d->input;
	struct saved_file *saved = derivation_room(d, input->n_files, sizeof(*saved));
	struct ax_str *paths = derivation_room(d, input->n_files, sizeof(*paths));
	size_t n = 0;

	if (!saved || !paths)
		return -1;
	for (size_t i = 0; i < input->n_files; i++) {
		struct known_run *known = d->file_runs[i];
		if (known && count_file(&input->files[i], known, &runs[known - d->runs]))
			saved[n++] = (struct saved_file){ known, i, input->files[i].mtime,
				input->files[i].path };
	}
	qsort(saved, n, sizeof(*saved), compare_saved);
	for (size_t i = 0, count; i < n; i += count) {
		struct known_run *known = saved[i].run;
		for (count = 1; i + count < n && saved[i + count].run == known;)
			count++;
		if (list_run(d, &saved[i], count, &paths[i], &runs[known - d->runs]) < 0)
			return -1;
	}
	return 0;
}

static struct idx_value attribute_of(const struct idx_run_facts *facts, struct ax_str name)
{
	if (!facts)
		return (struct idx_value){ .kind = IDX_ABSENT };
	return idx_attribute_get(facts->attributes, facts->n_attributes, name);
}

/* What its log says last, else what its newest file says. */
static int add_attributes(struct derivation *d, const struct known_run *known,
	struct idx_run *run)
{
	static const struct idx_log none;
	const struct idx_log *log = known->log ? known->log : &none;
	const struct idx_run_facts *facts =
		known->newest_cfg ? known->newest_cfg : known->newest;
	struct idx_attribute all[] = {
		{ AX_STR("model"), attribute_of(facts, AX_STR("model")) },
		{ AX_STR("step"), attribute_of(facts, AX_STR("step")) },
		{ AX_STR("hack_rate"), log->hack_rate },
		{ AX_STR("pass_rate"), log->pass_rate },
	};
	size_t count = sizeof(all) / sizeof(*all);
	struct idx_attribute *kept = derivation_room(d, count, sizeof(*kept));

	if (!kept)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (all[i].value.kind == IDX_ABSENT)
			all[i].value = attribute_of(facts, all[i].name);
		if (all[i].value.kind != IDX_ABSENT)
			kept[run->n_attributes++] = all[i];
	}
	run->attributes = kept;
	if (known->newest_cfg) {
		run->cfg = known->newest_cfg->cfg;
		run->rows = known->newest_cfg->rows;
	}
	return 0;
}

static int describe_runs(struct derivation *d, struct idx_run *runs)
{
	for (size_t i = 0; i < d->n_runs; i++) {
		if (describe_run(d, &d->runs[i], &runs[i]) < 0)
			return -1;
	}
	if (list_files(d, runs) < 0)
		return -1;
	for (size_t i = 0; i < d->n_runs; i++) {
		if (add_attributes(d, &d->runs[i], &runs[i]) < 0)
			return -1;
	}
	return 0;
}

static int find_log_owners(struct derivation *d, struct idx_owner *owners)
{
	for (size_t i = 0; i < d->input->n_logs; i++) {
		const struct idx_log *log = &d->input->logs[i];
		owners[i] = (struct idx_owner){
			.run = AX_STR(""), .role = AX_STR(""), .why = AX_STR("")
		};
		if (log->ts.len == 0 || log->slug.len == 0)
			continue;
		owners[i].membership = IDX_RUN_KNOWN;
		owners[i].role = AX_STR("log");
		owners[i].why = AX_STR("it is named after the run");
		if (join_id(d, log, &owners[i].run) < 0)
			return -1;
	}
	return 0;
}

/* Of each run the file that its cfg is of. */
static size_t *list_cfg_files(struct derivation *d)
{
	size_t *files = derivation_room(d, d->n_runs, sizeof(*files));

	for (size_t i = 0; files && i < d->n_runs; i++)
		files[i] = d->runs[i].newest_cfg ? d->runs[i].cfg_file : SIZE_MAX;
	return files;
}

static int derive(struct derivation *d, struct idx_runs_output *out)
{
	if (find_runs(d) < 0 || derivation_sort_runs(d) < 0 || derivation_find_owners(d) < 0)
		return -1;
	struct idx_owner *log_owners =
		derivation_room(d, d->input->n_logs, sizeof(*log_owners));
	struct idx_run *runs = derivation_room(d, d->n_runs, sizeof(*runs));
	if (!log_owners || !runs)
		return -1;
	if (find_log_owners(d, log_owners) < 0 || describe_runs(d, runs) < 0)
		return -1;
	size_t *cfg_files = list_cfg_files(d);
	if (!cfg_files)
		return -1;
	*out = (struct idx_runs_output){
		.n_runs = d->n_runs,
		.runs = runs,
		.cfg_files = cfg_files,
		.log_owners = log_owners,
		.file_owners = d->file_owners,
	};
	return 0;
}

int idx_runs_derive(const struct idx_runs_input *input, struct ax_arena *arena,
	struct idx_runs_output *out, struct ax_error *err)
{
	struct derivation d = { .input = input, .arena = arena, .err = err };
	int status = derive(&d, out);

	ax_buf_free(&d.scratch);
	return status;
}
