#include "tests/unit/unit.h"

#include "tests/unit/reorg/drafted.h"

#include "base/file.h"
#include "base/json.h"
#include "reorg/layout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct ax_str data_dir[] = { AX_STR_INIT("out") };

enum { HOUR = 3600 };

void drafted_begin(struct drafted *drafted, const char *config)
{
	struct ax_json *json = NULL;
	struct ax_error err = { 0 };

	*drafted = (struct drafted){ 0 };
	setenv("TZ", "UTC", 1);
	project_begin(&drafted->project);
	drafted->project.config.data = (struct idx_strings){ 1, data_dir };
	project_mkdir(&drafted->project, "out");
	if (*config)
		assert_ok(ax_json_parse(ax_str_from(config), 0, "artidx.json", &json, &err),
			&err);
	assert_ok(reorg_layout_load(json ? ax_json_root(json) : NULL, &drafted->layout, &err),
		&err);
	ax_json_free(json);
}

static void close_catalog(struct drafted *drafted)
{
	reorg_draft_free(&drafted->draft);
	idx_snapshot_end(drafted->snapshot);
	idx_catalog_close(drafted->catalog);
	drafted->snapshot = NULL;
	drafted->catalog = NULL;
}

void drafted_end(struct drafted *drafted)
{
	close_catalog(drafted);
	reorg_layout_free(drafted->layout);
	project_end(&drafted->project);
}

static void write_bytes(const struct drafted *drafted, const char *path, struct ax_str bytes)
{
	struct ax_error err = { 0 };

	/* Makes the directories above. */
	project_write(&drafted->project, path, "");
	int fd = openat(drafted->project.rootfd, path, O_WRONLY);
	assert_true(fd >= 0);
	assert_ok(ax_write_full(fd, bytes.ptr, bytes.len, path, &err), &err);
	close(fd);
	project_age(&drafted->project, path, HOUR);
}

static void write_tensors(const struct drafted *drafted, const char *path, const char *members,
	const float *data, size_t n)
{
	struct ax_buf buf = { 0 };

	ax_buf_append_u64(&buf, strlen(members) + 2);
	ax_buf_printf(&buf, "{%s}", members);
	ax_buf_append(&buf, data, n * sizeof(*data));
	write_bytes(drafted, path, ax_buf_str(&buf));
	ax_buf_free(&buf);
}

void drafted_basis(const struct drafted *drafted, const char *path, float seed)
{
	static const char members[] =
		"\"V/model.layers.0.mlp.up_proj\":{\"dtype\":\"F32\",\"shape\":[2,4],"
		"\"data_offsets\":[0,32]},"
		"\"S/model.layers.0.mlp.up_proj\":{\"dtype\":\"F32\",\"shape\":[2],"
		"\"data_offsets\":[32,40]}";
	const float data[10] = { seed };

	write_tensors(drafted, path, members, data, COUNT(data));
}

void drafted_checkpoint(const struct drafted *drafted, const char *path)
{
	static const char members[] =
		"\"delta_S/model.layers.0.mlp.up_proj\":{\"dtype\":\"F32\",\"shape\":[4],"
		"\"data_offsets\":[0,16]},"
		"\"delta_S_hack/model.layers.0.mlp.up_proj\":{\"dtype\":\"F32\",\"shape\":[4],"
		"\"data_offsets\":[16,32]}";
	const float data[8] = { 0 };
	const struct timespec saved[2] = { { .tv_sec = 1779906600 }, { .tv_sec = 1779906600 } };

	write_tensors(drafted, path, members, data, COUNT(data));
	assert_int_equal(utimensat(drafted->project.rootfd, path, saved, 0), 0);
}

void drafted_log(const struct drafted *drafted)
{
	static const char path[] = "logs/" DRAFTED_RUN ".log";
	const struct timespec end[2] = { { .tv_sec = 1779906660 }, { .tv_sec = 1779906660 } };

	write_bytes(drafted, path,
		AX_STR("18:00:00 | INFO | argv: src/train.py fast --arm=projected --seed=41 "
		       "--out-tag=_x_s41\n18:30:00 | INFO | saved\n"));
	assert_int_equal(utimensat(drafted->project.rootfd, path, end, 0), 0);
}

void drafted_pool(const struct drafted *drafted, const char *dir)
{
	struct ax_buf path = { 0 };

	ax_buf_printf(&path, "%s/step_000.jsonl.gz", dir);
	drafted_file(drafted, ax_buf_text(&path), "\x1f\x8b\x08");
	ax_buf_free(&path);
}

void drafted_file(const struct drafted *drafted, const char *path, const char *text)
{
	write_bytes(drafted, path, ax_str_from(text));
}

void drafted_symlink(const struct drafted *drafted, const char *target, const char *path)
{
	if (symlinkat(target, drafted->project.rootfd, path) < 0)
		fail_msg("%s: cannot be linked", path);
}

void drafted_make(struct drafted *drafted)
{
	struct ax_error err = { 0 };
	struct project *project = &drafted->project;

	close_catalog(drafted);
	project_scan(project);
	assert_ok(idx_catalog_open(project->catalog, IDX_READ, &drafted->catalog, &err), &err);
	assert_ok(idx_snapshot_begin(drafted->catalog, &drafted->snapshot, &err), &err);
	assert_ok(reorg_draft_make(drafted->snapshot, &project->config, drafted->layout,
			  project->rootfd, ax_str_from(project->root), &drafted->draft, &err),
		&err);
}

static const struct reorg_file_move *find_move(const struct reorg_draft *draft,
	const char *path)
{
	for (size_t i = 0; i < draft->n_moves; i++) {
		if (ax_str_equal(draft->moves[i].from, ax_str_from(path)))
			return &draft->moves[i];
	}
	return NULL;
}

static const struct reorg_stay *find_stay(const struct reorg_draft *draft, const char *path)
{
	for (size_t i = 0; i < draft->n_stays; i++) {
		if (ax_str_equal(draft->stays[i].path, ax_str_from(path)))
			return &draft->stays[i];
	}
	return NULL;
}

void drafted_moves(const struct drafted *drafted, const char *path, const char *to)
{
	const struct reorg_file_move *move = find_move(&drafted->draft, path);
	const struct reorg_stay *stay = find_stay(&drafted->draft, path);

	if (!move && stay)
		fail_msg("%s stays (%s): %.*s", path, reorg_flag_name(stay->flag),
			AX_STR_ARG(stay->why));
	if (!move)
		fail_msg("%s is not mentioned", path);
	assert_null(stay);
	assert_str_equal(move->to, ax_str_from(to));
}

void drafted_stays(const struct drafted *drafted, const char *path, enum reorg_flag flag,
	const char *why)
{
	const struct reorg_stay *stay = find_stay(&drafted->draft, path);

	if (!stay)
		fail_msg("%s does not stay with a flag", path);
	assert_null(find_move(&drafted->draft, path));
	if (stay->flag != flag || !ax_str_contains(stay->why, ax_str_from(why)))
		fail_msg("%s: %s, %.*s", path, reorg_flag_name(stay->flag),
			AX_STR_ARG(stay->why));
}

void drafted_dir(const struct drafted *drafted, const char *path, const char *to,
	uint64_t files)
{
	for (size_t i = 0; i < drafted->draft.n_dirs; i++) {
		const struct reorg_dir_move *dir = &drafted->draft.dirs[i];

		if (!ax_str_equal(dir->from, ax_str_from(path)))
			continue;
		assert_str_equal(dir->to, ax_str_from(to));
		assert_int_equal(dir->files, files);
		return;
	}
	fail_msg("%s does not move whole", path);
}

void drafted_at_home(const struct drafted *drafted, const char *path)
{
	struct idx_entry entry;

	assert_true(idx_snapshot_find(drafted->snapshot, ax_str_from(path), &entry,
			    &(struct ax_error){ 0 }) > 0);
	assert_null(find_move(&drafted->draft, path));
	assert_null(find_stay(&drafted->draft, path));
}
