#include "tests/unit/unit.h"

#include "base/buf.h"
#include "tests/support/project.h"
#include "tests/support/weights.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct project project;
static struct ax_arena arena;

static int begin(void **state)
{
	(void)state;
	project_begin(&project);
	return 0;
}

static int end(void **state)
{
	(void)state;
	project_end(&project);
	ax_arena_free(&arena);
	return 0;
}

static void write_checkpoint(const char *path)
{
	const struct weights weights = {
		.tensors = "delta_S/model.layers.{0..3}.mlp.up_proj F32 64; "
			   "delta_S_hack/model.layers.{0..3}.mlp.up_proj F32 64",
		.metadata = "\"cfg\":\"{\\\"seed\\\": 41}\"",
	};

	weights_write(project.rootfd, path, &weights);
}

static struct idx_entry find(const char *path)
{
	struct idx_entry entry;

	if (!project_find(&project, path, &arena, &entry))
		fail_msg("%s is not in the catalogue", path);
	return entry;
}

static bool has(const char *path)
{
	struct idx_entry entry;

	return project_find(&project, path, &arena, &entry);
}

/* The status of the problem told of path, or "". */
static const char *problem_of(const char *path)
{
	for (size_t i = 0; i < project.report.n_problems; i++) {
		if (ax_str_equal(project.report.problems[i].path, ax_str_from(path)))
			return project.report.problems[i].status;
	}
	return "";
}

static void assert_counts(uint64_t unchanged, uint64_t added, uint64_t changed,
	uint64_t removed, uint64_t moved)
{
	assert_int_equal(project.report.unchanged, unchanged);
	assert_int_equal(project.report.added, added);
	assert_int_equal(project.report.changed, changed);
	assert_int_equal(project.report.removed, removed);
	assert_int_equal(project.report.moved, moved);
	/* Every file is in one of these. */
	assert_int_equal(project.report.files, unchanged + added + changed + moved);
}

static void reads_only_what_changed(void **state)
{
	(void)state;
	project_write(&project, "out/a.txt", "some text");
	project_write(&project, "out/runs/b.json", "{}");
	write_checkpoint("out/train_x.safetensors");
	project_settle();
	project_scan(&project);
	assert_counts(0, 3, 0, 0, 0);
	assert_int_equal(project.report.read, 1);
	project_scan(&project);
	assert_counts(3, 0, 0, 0, 0);
	assert_int_equal(project.report.read, 0);
	assert_int_equal(project.report.files, 3);

	project_write(&project, "out/a.txt", "other text");
	project_write(&project, "out/runs/c.json", "[]");
	unlinkat(project.rootfd, "out/runs/b.json", 0);
	project_settle();
	project_scan(&project);
	assert_counts(1, 1, 1, 1, 0);
	assert_true(has("out/runs/c.json"));
	assert_false(has("out/runs/b.json"));
	assert_int_equal(find("out/a.txt").size, 10);
	project_scan(&project);
	assert_counts(3, 0, 0, 0, 0);
	assert_int_equal(project_count(&project), 3);
}

static void reads_all_when_told(void **state)
{
	(void)state;
	write_checkpoint("train_x.safetensors");
	project_settle();
	project_scan(&project);
	uint64_t detail = find("train_x.safetensors").detail;
	assert_true(detail > 0);
	project.full = true;
	project_scan(&project);
	assert_int_equal(project.report.read, 1);
	assert_counts(1, 0, 0, 0, 0);
	assert_int_equal(find("train_x.safetensors").detail, detail);
}

/* Same size and mtime, and still another content: the time of the change tells. */
static void sees_a_change_behind_an_old_mtime(void **state)
{
	struct timespec times[2] = { { .tv_sec = 1700000000 }, { .tv_sec = 1700000000 } };

	(void)state;
	project_write(&project, "a.txt", "first content");
	utimensat(project.rootfd, "a.txt", times, 0);
	project_settle();
	project_scan(&project);
	project_write(&project, "a.txt", "other content");
	utimensat(project.rootfd, "a.txt", times, 0);
	project_settle();
	project_scan(&project);
	assert_counts(0, 0, 1, 0, 0);
}

/* What may change again without a trace, by its times, is not trusted by the next scan. */
static void looks_again_at_what_is_too_fresh(void **state)
{
	(void)state;
	write_checkpoint("train_x.safetensors");
	project_age(&project, "train_x.safetensors", -3600);
	project_settle();
	for (int i = 0; i < 2; i++) {
		project_scan(&project);
		assert_int_equal(project.report.read, 1);
		assert_true(find("train_x.safetensors").racy);
	}
	project_age(&project, "train_x.safetensors", 3600);
	project_settle();
	project_scan(&project);
	assert_int_equal(project.report.read, 1);
	assert_false(find("train_x.safetensors").racy);
	project_scan(&project);
	assert_int_equal(project.report.read, 0);
}

static void notices_moves(void **state)
{
	struct idx_history *history = NULL;
	struct ax_str now = AX_STR("");
	struct ax_error err = { 0 };

	(void)state;
	project_write(&project, "out/a.txt", "one");
	project_write(&project, "out/dir/b.txt", "two");
	project_write(&project, "out/dir/deep/c.txt", "three");
	project_write(&project, "out/x.txt", "xx");
	project_write(&project, "out/y.txt", "yyy");
	project_settle();
	project_scan(&project);
	renameat(project.rootfd, "out/a.txt", project.rootfd, "out/dir/a2.txt");
	renameat(project.rootfd, "out/dir", project.rootfd, "out/elsewhere");
	renameat(project.rootfd, "out/x.txt", project.rootfd, "out/t");
	renameat(project.rootfd, "out/y.txt", project.rootfd, "out/x.txt");
	renameat(project.rootfd, "out/t", project.rootfd, "out/y.txt");
	project_settle();
	project_scan(&project);
	assert_counts(0, 0, 0, 0, 5);

	static const char *const moves[][2] = {
		{ "out/a.txt", "out/elsewhere/a2.txt" },
		{ "out/dir/b.txt", "out/elsewhere/b.txt" },
		{ "out/dir/deep/c.txt", "out/elsewhere/deep/c.txt" },
		{ "out/x.txt", "out/y.txt" },
		{ "out/y.txt", "out/x.txt" },
	};
	assert_ok(idx_history_open(project.history, &history, &err), &err);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(idx_history_resolve(history, ax_str_from(moves[i][0]), &arena,
					 &now, NULL, NULL, &err),
			1);
		assert_str_equal(now, ax_str_from(moves[i][1]));
	}
	idx_history_close(history);
	project_scan(&project);
	assert_counts(5, 0, 0, 0, 0);
}

/* Another scan of only a part touches only that part. */
static void scans_parts(void **state)
{
	struct ax_str paths[] = { AX_STR("out/a"), AX_STR("out/a/deep"), AX_STR("out/a"),
		AX_STR("out/b/two.txt"), AX_STR("out/b/gone.txt") };

	(void)state;
	project_write(&project, "out/a/one.txt", "1");
	project_write(&project, "out/a/deep/one.txt", "1");
	project_write(&project, "out/b/one.txt", "1");
	project_write(&project, "out/b/two.txt", "1");
	project_write(&project, "out/b/gone.txt", "1");
	project_write(&project, "out/b/three.txt", "1");
	project_write(&project, "out/c/one.txt", "1");
	project_settle();
	project_scan(&project);
	unlinkat(project.rootfd, "out/a/one.txt", 0);
	unlinkat(project.rootfd, "out/b/one.txt", 0);
	unlinkat(project.rootfd, "out/b/gone.txt", 0);
	unlinkat(project.rootfd, "out/c/one.txt", 0);
	project_write(&project, "out/b/two.txt", "22");
	project_write(&project, "out/b/three.txt", "22");
	project_write(&project, "out/b/four.txt", "4");
	project_settle();
	project_scan_paths(&project, paths, COUNT(paths));
	assert_int_equal(project.report.files, 2);
	assert_counts(1, 0, 1, 2, 0);
	assert_false(has("out/a/one.txt"));
	assert_true(has("out/a/deep/one.txt"));
	assert_true(has("out/b/one.txt"));
	assert_false(has("out/b/gone.txt"));
	assert_int_equal(find("out/b/two.txt").size, 2);
	assert_int_equal(find("out/b/three.txt").size, 1);
	assert_false(has("out/b/four.txt"));
	assert_true(has("out/c/one.txt"));
	project_scan(&project);
	assert_counts(2, 1, 1, 2, 0);
}

static void forgets_what_a_part_lost(void **state)
{
	struct ax_str path = AX_STR("out/a");

	(void)state;
	project_write(&project, "out/a/one.txt", "1");
	project_write(&project, "out/a/deep/one.txt", "1");
	project_write(&project, "out/b/one.txt", "1");
	project_scan(&project);
	unlinkat(project.rootfd, "out/a/deep/one.txt", 0);
	unlinkat(project.rootfd, "out/a/deep", AT_REMOVEDIR);
	unlinkat(project.rootfd, "out/a/one.txt", 0);
	unlinkat(project.rootfd, "out/a", AT_REMOVEDIR);
	project_scan_paths(&project, &path, 1);
	assert_int_equal(project.report.removed, 2);
	assert_int_equal(project_count(&project), 1);
}

static void make_socket(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", project.root, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

/* Names that mislead, and things that must not be opened, followed or waited for. */
static void lists_odd_residents(void **state)
{
	static const char *const names[] = { "new\nline.safetensors", "bad\xff\xfeutf8", "-rf",
		"...", "..hidden", "\n", "esc\x1b[31m", "back\\slash", " lead and trail " };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		project_write(&project, names[i], "text");
	project_write(&project, "dir.safetensors/inner.txt", "text");
	assert_int_equal(mkfifoat(project.rootfd, "pipe.safetensors", 0600), 0);
	make_socket("sock.safetensors");
	assert_int_equal(symlinkat("loop_b", project.rootfd, "loop_a"), 0);
	assert_int_equal(symlinkat("loop_a", project.rootfd, "loop_b"), 0);
	assert_int_equal(symlinkat("..", project.rootfd, "up"), 0);
	assert_int_equal(symlinkat("/etc/passwd", project.rootfd, "outside"), 0);
	project_scan(&project);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(find(names[i]).type, IDX_REGULAR);
	assert_true(has("dir.safetensors/inner.txt"));
	assert_int_equal(find("pipe.safetensors").type, IDX_SPECIAL);
	assert_int_equal(find("sock.safetensors").type, IDX_SPECIAL);
	assert_int_equal(find("loop_a").type, IDX_SYMLINK);
	assert_int_equal(find("up").type, IDX_SYMLINK);
	assert_int_equal(project.report.specials, 2);
	assert_int_equal(project.report.symlinks, 4);
	assert_string_equal(problem_of("pipe.safetensors"), "special");
	assert_string_equal(problem_of("sock.safetensors"), "special");
	assert_int_equal(project.report.files, COUNT(names) + 1 + 2 + 4);
}

static void never_enters_its_own_directory(void **state)
{
	(void)state;
	project_write(&project, ".artidx/catalogue.txt", "own");
	project_write(&project, "out/.artidx-tmp-1", "somebody's");
	project_scan(&project);
	assert_int_equal(project_count(&project), 1);
	assert_true(has("out/.artidx-tmp-1"));
}

static void leaves_out_what_is_ignored(void **state)
{
	static const struct ax_str globs[] = { AX_STR_INIT("cache*"), AX_STR_INIT("a/skip") };

	(void)state;
	project.config.ignore = (struct idx_strings){ 2, globs };
	project_write(&project, "a/cache1/x.txt", "x");
	project_write(&project, "a/skip/x.txt", "x");
	project_write(&project, "b/skip/x.txt", "x");
	project_write(&project, "cached.txt", "x");
	project_scan(&project);
	assert_int_equal(project_count(&project), 2);
}

static void scans_what_the_configuration_says(void **state)
{
	static const struct ax_str data[] = { AX_STR_INIT("out"), AX_STR_INIT("out/runs"),
		AX_STR_INIT("none") };
	static const struct ax_str logs[] = { AX_STR_INIT("logs") };

	(void)state;
	project.config.data = (struct idx_strings){ 3, data };
	project.config.logs = (struct idx_strings){ 1, logs };
	project_write(&project, "out/runs/a.txt", "x");
	project_write(&project, "logs/b.txt", "x");
	project_write(&project, "src/c.txt", "x");
	project_scan(&project);
	assert_int_equal(project.report.files, 2);
	assert_false(project.report.everything);
	assert_int_equal(project_count(&project), 2);
	project.config.data = (struct idx_strings){ 1, &data[2] };
	project_scan(&project);
	assert_true(project.report.everything);
	assert_int_equal(project_count(&project), 3);
}

/* Nested directories, deeper than PATH_MAX and than there are descriptors. */
static void make_deep(const char *top, const char *name, int depth)
{
	assert_int_equal(mkdirat(project.rootfd, top, 0755), 0);
	int fd = openat(project.rootfd, top, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < depth; i++) {
		assert_int_equal(mkdirat(fd, name, 0755), 0);
		int next = openat(fd, name, O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = next;
	}
	int file = openat(fd, "bottom.txt", O_WRONLY | O_CREAT, 0644);
	assert_int_equal(write(file, "deep", 4), 4);
	close(file);
	close(fd);
}

static void in_child(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void scan_with_few_descriptors(void)
{
	const struct rlimit few = { 64, 64 };

	project.jobs = 16;
	if (setrlimit(RLIMIT_NOFILE, &few) < 0)
		_exit(2);
	project_scan(&project);
	if (project.report.files != 102 || project.report.n_problems != 0)
		_exit(3);
}

static void reaches_any_depth(void **state)
{
	char name[201], path[64];

	(void)state;
	memset(name, 'd', 200);
	name[200] = '\0';
	make_deep("deep", name, 24);
	make_deep("nest", "n", 3000);
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "wide/%d/file.txt", i);
		project_write(&project, path, "x");
	}
	in_child(scan_with_few_descriptors);
	project_settle();
	project_scan(&project);
	project_scan(&project);
	assert_counts(102, 0, 0, 0, 0);
	assert_int_equal(project_count(&project), 102);
}

/* More files than a chunk holds, some added and removed in between. */
static void keeps_a_wide_directory(void **state)
{
	char path[64];

	(void)state;
	project_mkdir(&project, "wide");
	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "wide/f%05d", 2 * i);
		project_write(&project, path, "");
	}
	project_settle();
	project_scan(&project);
	assert_int_equal(project_count(&project), 3000);
	project_write(&project, "wide/f00001", "");
	project_write(&project, "wide/f05999", "");
	unlinkat(project.rootfd, "wide/f00512", 0);
	project_settle();
	project_scan(&project);
	assert_counts(2999, 2, 0, 1, 0);
	assert_int_equal(project_count(&project), 3001);
	assert_true(has("wide/f00001") && has("wide/f05999") && has("wide/f05998"));
	assert_false(has("wide/f00512"));
	for (int i = 1; i < 3000; i++) {
		snprintf(path, sizeof(path), "wide/f%05d", 2 * i);
		unlinkat(project.rootfd, path, 0);
	}
	project_scan(&project);
	assert_int_equal(project_count(&project), 3);
}

static void become_nobody_and_scan(void)
{
	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		_exit(2);
	project_scan(&project);
}

static void give_away(const char *path)
{
	if (geteuid() == 0)
		assert_int_equal(fchownat(project.rootfd, path, 65534, 65534, 0), 0);
}

static void scan_unreadable(void)
{
	become_nobody_and_scan();
	fchmodat(project.rootfd, "closed", 0, 0);
	fchmodat(project.rootfd, "listed", 0444, 0);
	fchmodat(project.rootfd, "file.safetensors", 0, 0);
	project.full = true;
	project_scan(&project);
	if (project_count(&project) != 4)
		_exit(3);
	if (strcmp(problem_of("closed"), "unreadable") != 0)
		_exit(4);
	if (strcmp(problem_of("listed/c.txt"), "unreadable") != 0)
		_exit(5);
	if (strcmp(problem_of("file.safetensors"), "unreadable") != 0)
		_exit(6);
	struct idx_entry entry = find("file.safetensors");
	if (entry.status != IDX_UNREADABLE || !entry.detail)
		_exit(7);
	if (find("listed/c.txt").status != IDX_UNREADABLE || find("listed/c.txt").size != 4)
		_exit(8);
	if (find("closed/deep/b.txt").status != IDX_OK)
		_exit(9);
	fchmodat(project.rootfd, "closed", 0755, 0);
	fchmodat(project.rootfd, "listed", 0755, 0);
	fchmodat(project.rootfd, "file.safetensors", 0644, 0);
	project.full = false;
	project_scan(&project);
	if (project.report.n_problems || project_count(&project) != 4)
		_exit(10);
	if (find("file.safetensors").status != IDX_OK)
		_exit(11);
}

/* What cannot be read is not gone: what was known of it stays. */
static void keeps_what_cannot_be_read(void **state)
{
	static const char *const paths[] = { ".", ".artidx", "closed", "closed/a.txt",
		"closed/deep", "closed/deep/b.txt", "listed", "listed/c.txt",
		"file.safetensors" };

	(void)state;
	project_write(&project, "closed/a.txt", "text");
	project_write(&project, "closed/deep/b.txt", "text");
	project_write(&project, "listed/c.txt", "text");
	write_checkpoint("file.safetensors");
	for (size_t i = 0; i < COUNT(paths); i++)
		give_away(paths[i]);
	project_settle();
	in_child(scan_unreadable);
}

static void changes_nothing_when_stopped(void **state)
{
	struct idx_progress progress = { 0 };

	(void)state;
	project_write(&project, "a.txt", "x");
	project_settle();
	project_scan(&project);
	project_write(&project, "b.txt", "x");
	progress.stop = true;
	project.progress = &progress;
	project_scan(&project);
	assert_true(project.report.interrupted);
	assert_int_equal(project_count(&project), 1);
	progress.stop = false;
	project_scan(&project);
	assert_false(project.report.interrupted);
	assert_int_equal(progress.files, 2);
	assert_int_equal(project_count(&project), 2);
}

static void is_not_there_before_it_is_whole(void **state)
{
	struct idx_progress progress = { .stop = true };
	struct idx_catalog *catalog = NULL;
	struct ax_error err = { 0 };

	(void)state;
	project_write(&project, "a.txt", "x");
	project.progress = &progress;
	project_scan(&project);
	assert_true(project.report.interrupted);
	assert_int_equal(idx_catalog_open(project.catalog, IDX_READ, &catalog, &err), -1);
	assert_int_equal(err.code, ENOENT);
	progress.stop = false;
	project_scan(&project);
	assert_int_equal(project_count(&project), 1);
}

static void tells_lasting_problems_each_time(void **state)
{
	(void)state;
	project_write(&project, "bad.safetensors", "\x10");
	project_age(&project, "bad.safetensors", 3600);
	project_write(&project, "fine.txt", "x");
	project_settle();
	for (int i = 0; i < 3; i++) {
		project_scan(&project);
		assert_int_equal(project.report.n_problems, 1);
		assert_string_equal(problem_of("bad.safetensors"), "invalid");
		assert_true(project.report.problems[0].why.len > 0);
	}
	assert_int_equal(project.report.unchanged, 2);
}

int main(void)
{
#define SCAN_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		SCAN_TEST(reads_only_what_changed),
		SCAN_TEST(reads_all_when_told),
		SCAN_TEST(sees_a_change_behind_an_old_mtime),
		SCAN_TEST(looks_again_at_what_is_too_fresh),
		SCAN_TEST(notices_moves),
		SCAN_TEST(scans_parts),
		SCAN_TEST(forgets_what_a_part_lost),
		SCAN_TEST(lists_odd_residents),
		SCAN_TEST(never_enters_its_own_directory),
		SCAN_TEST(leaves_out_what_is_ignored),
		SCAN_TEST(scans_what_the_configuration_says),
		SCAN_TEST(reaches_any_depth),
		SCAN_TEST(keeps_a_wide_directory),
		SCAN_TEST(keeps_what_cannot_be_read),
		SCAN_TEST(changes_nothing_when_stopped),
		SCAN_TEST(is_not_there_before_it_is_whole),
		SCAN_TEST(tells_lasting_problems_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
