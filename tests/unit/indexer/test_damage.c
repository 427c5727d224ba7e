/*
 * A damaged catalogue: whatever byte is wrong, the answer is the right one or AX_ECATALOG. Each
 * case runs in a process of its own, so that a signal or a loop is seen as what it is.
 */
#include "tests/unit/unit.h"

#include "base/file.h"
#include "base/path.h"
#include "tests/support/project.h"
#include "tests/support/weights.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ROUNDS = 12, /* of each kind of damage */
	PAGE = 4096,
	LONGEST_WAIT = 60, /* seconds, under sanitizers on a busy machine */
	RIGHT = 0,
	REFUSED = 5,
	WRONG = 7,
};

static struct project project;
static struct ax_buf sound;    /* the file as it was */
static struct ax_buf expected; /* what it says */
static char data_path[160];
static uint64_t random_state = 88172645463325252u;

static uint64_t below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

/* --- everything a catalogue says, as text --- */

static void append_attributes(struct ax_buf *out, const struct idx_attribute *attributes,
	size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct idx_value *value = &attributes[i].value;
		ax_buf_printf(out, " %.*s=%d:", AX_STR_ARG(attributes[i].name), value->kind);
		if (value->kind == IDX_TEXT)
			ax_buf_append_str(out, value->text);
		else if (value->kind == IDX_INT)
			ax_buf_printf(out, "%lld", (long long)value->integer);
	}
}

static int append_detail(struct idx_snapshot *snapshot, const struct idx_entry *entry,
	struct ax_arena *arena, struct ax_buf *out, struct ax_error *err)
{
	struct idx_detail detail;
	struct idx_tensors *tensors = NULL;
	struct idx_tensor tensor;
	int found;

	if (idx_snapshot_detail(snapshot, entry, arena, &detail, err) < 0)
		return -1;
	append_attributes(out, detail.attributes, detail.n_attributes);
	for (size_t i = 0; i < detail.n_metadata; i++)
		ax_buf_printf(out, " %.*s=%.*s", AX_STR_ARG(detail.metadata[i].key),
			AX_STR_ARG(detail.metadata[i].value));
	if (idx_tensors_open(snapshot, &detail, &tensors, err) < 0)
		return -1;
	while ((found = idx_tensors_next(tensors, &tensor, err)) == 1)
		ax_buf_printf(out, " %.*s %u %u %llu", AX_STR_ARG(tensor.name), tensor.dtype,
			tensor.rank, (unsigned long long)tensor.end);
	idx_tensors_close(tensors);
	return found;
}

static int append_entry(struct idx_snapshot *snapshot, const struct idx_entry *entry,
	struct ax_arena *arena, struct ax_buf *out, struct ax_error *err)
{
	struct idx_entry again;
	struct idx_owner owner;
	size_t start = out->len;

	ax_path_join(out, entry->dir, entry->name);
	struct ax_buf path = { 0 };
	ax_buf_append(&path, out->data + start, out->len - start);
	int found = idx_snapshot_find(snapshot, ax_buf_str(&path), &again, err);
	ax_buf_free(&path);
	if (found < 0)
		return -1;
	ax_buf_printf(out, " %d %llu %lld %.*s \"%.*s\"", found,
		(unsigned long long)entry->size, (long long)entry->mtime,
		AX_STR_ARG(entry->class_name), AX_STR_ARG(entry->why));
	if (entry->detail && append_detail(snapshot, entry, arena, out, err) < 0)
		return -1;
	if (idx_snapshot_owner(snapshot, entry, &owner, err) < 0)
		return -1;
	ax_buf_printf(out, " run %.*s\n", AX_STR_ARG(owner.run));
	return 0;
}

static int append_files(struct idx_snapshot *snapshot, struct ax_arena *arena,
	struct ax_buf *out, struct ax_error *err)
{
	struct idx_filter everything = { 0 };
	struct idx_files *files = NULL;
	struct idx_entry entry;
	int found;

	if (idx_files_open(snapshot, &everything, &files, err) < 0)
		return -1;
	while ((found = idx_files_next(files, &entry, err)) == 1) {
		if (append_entry(snapshot, &entry, arena, out, err) < 0) {
			found = -1;
			break;
		}
	}
	idx_files_close(files);
	return found;
}

/* The files of each class through the index: what a filter finds. */
static int append_classes(struct idx_snapshot *snapshot, struct ax_buf *out,
	struct ax_error *err)
{
	int found = 0;

	for (uint32_t id = 0; id < idx_snapshot_class_count(snapshot) && found == 0; id++) {
		struct idx_filter of_class = { .classes = &id, .n_classes = 1 };
		struct idx_files *files = NULL;
		struct idx_entry entry;
		size_t count = 0;
		if (idx_files_open(snapshot, &of_class, &files, err) < 0)
			return -1;
		while ((found = idx_files_next(files, &entry, err)) == 1)
			count++;
		idx_files_close(files);
		ax_buf_printf(out, "%.*s %zu\n",
			AX_STR_ARG(idx_snapshot_class_name(snapshot, id)), count);
	}
	return found;
}

static int append_runs(struct idx_snapshot *snapshot, struct ax_arena *arena,
	struct ax_buf *out, struct ax_error *err)
{
	struct idx_run_cursor *cursor = NULL;
	struct idx_run run;
	int found;

	if (idx_run_cursor_open(snapshot, &cursor, err) < 0)
		return -1;
	while ((found = idx_run_cursor_next(cursor, arena, &run, err)) == 1) {
		ax_buf_printf(out, "run %.*s %.*s", AX_STR_ARG(run.id), AX_STR_ARG(run.cfg));
		append_attributes(out, run.attributes, run.n_attributes);
		ax_buf_append_byte(out, '\n');
	}
	idx_run_cursor_close(cursor);
	return found;
}

static int dump(struct ax_buf *out, struct ax_error *err)
{
	struct idx_catalog *catalog = NULL;
	struct idx_snapshot *snapshot = NULL;
	struct ax_arena arena = { 0 };
	int status = -1;

	if (idx_catalog_open(project.catalog, IDX_READ, &catalog, err) == 0 &&
		idx_snapshot_begin(catalog, &snapshot, err) == 0 &&
		append_files(snapshot, &arena, out, err) == 0 &&
		append_classes(snapshot, out, err) == 0)
		status = append_runs(snapshot, &arena, out, err);
	ax_arena_free(&arena);
	idx_snapshot_end(snapshot);
	idx_catalog_close(catalog);
	return status;
}

/* --- damage --- */

static void truncate_it(struct ax_buf *file)
{
	file->len = (size_t)below(file->len);
}

static void cut_whole_pages(struct ax_buf *file)
{
	file->len -= PAGE * (size_t)(1 + below(file->len / PAGE - 1));
}

static void zero_tail(struct ax_buf *file)
{
	size_t start = (size_t)below(file->len);

	memset(file->data + start, 0, file->len - start);
}

static char *random_page(struct ax_buf *file)
{
	return file->data + PAGE * (size_t)below(file->len / PAGE);
}

static void zero_page(struct ax_buf *file)
{
	memset(random_page(file), 0, PAGE);
}

static void scramble_page(struct ax_buf *file)
{
	char *page = random_page(file);

	for (size_t i = 0; i < PAGE; i++)
		page[i] = (char)below(256);
}

static void swap_pages(struct ax_buf *file)
{
	char saved[PAGE];
	char *a = random_page(file);
	char *b = random_page(file);

	memcpy(saved, a, PAGE);
	memcpy(a, b, PAGE);
	memcpy(b, saved, PAGE);
}

static void repeat_page(struct ax_buf *file)
{
	memmove(random_page(file), random_page(file), PAGE);
}

static void flip_bit(struct ax_buf *file)
{
	file->data[below(file->len)] ^= (char)(1 << below(8));
}

static void damage_page_header(struct ax_buf *file)
{
	random_page(file)[below(24)] = (char)below(256);
}

static void damage_meta(struct ax_buf *file)
{
	file->data[PAGE * below(2) + 16 + below(136)] = (char)below(256);
}

/* --- one case --- */

static void write_file(const struct ax_buf *file)
{
	struct ax_error err = { 0 };
	int fd = open(data_path, O_WRONLY | O_TRUNC | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_ok(ax_write_full(fd, file->data, file->len, data_path, &err), &err);
	close(fd);
}

static int read_it(void)
{
	struct ax_buf found = { 0 };
	struct ax_error err = { 0 };
	int status = RIGHT;

	if (dump(&found, &err) < 0)
		status = err.code == AX_ECATALOG ? REFUSED : 99;
	else if (!ax_str_equal(ax_buf_str(&found), ax_buf_str(&expected)))
		status = WRONG;
	if (status == 99)
		fprintf(stderr, "%d: %s\n", err.code, err.message);
	ax_buf_free(&found);
	return status;
}

static int scan_it(void)
{
	struct ax_error err = { 0 };

	if (project_try_scan(&project, &err) < 0) {
		if (err.code != AX_ECATALOG)
			fprintf(stderr, "%d: %s\n", err.code, err.message);
		return err.code == AX_ECATALOG ? REFUSED : 99;
	}
	return read_it();
}

static int in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(LONGEST_WAIT);
		_exit(body());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void damage_and_look(void **state)
{
	void (*damage)(struct ax_buf *) = *(void (**)(struct ax_buf *)) * state;
	struct ax_buf file = { 0 };
	unsigned refused = 0;

	for (int round = 0; round < ROUNDS; round++) {
		ax_buf_clear(&file);
		ax_buf_append(&file, sound.data, sound.len);
		damage(&file);
		for (int writing = 0; writing < 2; writing++) {
			write_file(&file);
			int status = in_child(writing ? scan_it : read_it);
			if (status != RIGHT && status != REFUSED)
				fail_msg("round %d, %s: status %d", round,
					writing ? "scan" : "read", status);
			refused += status == REFUSED;
		}
	}
	ax_buf_free(&file);
	print_message("refused %u of %d\n", refused, 2 * ROUNDS);
	write_file(&sound);
	assert_int_equal(in_child(read_it), RIGHT);
}

static void make_project(void)
{
	char path[96];

	for (int i = 0; i < 60; i++) {
		for (int k = 0; k < 5; k++) {
			snprintf(path, sizeof(path), "out/dir%02d/file%02d.json", i, k);
			project_write(&project, path, "{\"a\": 1}");
		}
		const struct weights weights = {
			.tensors = "delta_S/model.layers.{0..9}.mlp.up_proj F32 64; "
				   "delta_S_hack/model.layers.{0..9}.mlp.up_proj F32 64",
			.metadata = i % 2 ? "\"cfg\":\"{\\\"seed\\\": 41, \\\"arm\\\": "
					    "\\\"x\\\"}\",\"model\":\"Qwen/Qwen3-4B\""
					  : NULL,
		};
		snprintf(path, sizeof(path), "out/dir%02d/train_s%d.safetensors", i, i);
		weights_write(project.rootfd, path, &weights);
		snprintf(path, sizeof(path), "logs/20260528T2232%02d_fast_x_seed41_s%d.log", i,
			i);
		project_write(&project, path, "22:32:14 | INFO | argv: run.py --seed=41\n");
		project_age(&project, path, 3600);
	}
}

static int prepare(void **state)
{
	struct ax_error err = { 0 };

	(void)state;
	project_begin(&project);
	project.jobs = 1;
	make_project();
	project_settle();
	project_scan(&project);
	/* A second state, so that there are free pages as in any catalogue that is in use. */
	project_write(&project, "out/dir00/file00.json", "{}");
	project_settle();
	project_scan(&project);
	snprintf(data_path, sizeof(data_path), "%s/data.mdb", project.catalog);
	assert_ok(ax_file_read(AT_FDCWD, data_path, SIZE_MAX / 2, &sound, &err), &err);
	assert_ok(dump(&expected, &err), &err);
	assert_true(expected.len > 20000);
	return 0;
}

static int release(void **state)
{
	(void)state;
	ax_buf_free(&sound);
	ax_buf_free(&expected);
	project_end(&project);
	return 0;
}

int main(void)
{
	static void (*const kinds[])(struct ax_buf *) = { truncate_it, cut_whole_pages,
		zero_tail, zero_page, scramble_page, swap_pages, repeat_page, flip_bit,
		damage_page_header, damage_meta };
	static const char *const names[] = { "truncated", "cut by whole pages", "zeroed tail",
		"zeroed page", "scrambled page", "swapped pages", "repeated page",
		"flipped bit", "damaged page header", "damaged meta page" };
	struct CMUnitTest tests[COUNT(kinds)];
	void (*states[COUNT(kinds)])(struct ax_buf *);

	for (size_t i = 0; i < COUNT(kinds); i++) {
		states[i] = kinds[i];
		tests[i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = damage_and_look,
			.initial_state = &states[i],
		};
	}
	return cmocka_run_group_tests(tests, prepare, release);
}
