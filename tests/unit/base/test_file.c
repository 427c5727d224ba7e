#include "tests/unit/unit.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each test has a directory of its own: its path, and a descriptor. */
struct place {
	char path[64];
	int fd;
};

static int make_place(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	strcpy(place->path, "/tmp/artidx-test-XXXXXX");
	if (!mkdtemp(place->path))
		return -1;
	place->fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = place;
	return place->fd < 0 ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int remove_place(void **state)
{
	struct place *place = *state;
	int status = nftw(place->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	close(place->fd);
	free(place);
	return status;
}

static void put(const struct place *place, const char *name, const char *content)
{
	int fd = openat(place->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

static size_t entries(const struct place *place)
{
	DIR *dir = opendir(place->path);
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2; /* "." and ".." */
}

static void exact_reads(void **state)
{
	const struct place *place = *state;
	struct ax_error err = { 0 };
	char bytes[8] = "";

	put(place, "f", "0123456789");
	int fd = openat(place->fd, "f", O_RDONLY | O_CLOEXEC);
	assert_ok(ax_pread_full(fd, bytes, 4, 3, "f", &err), &err);
	assert_memory_equal(bytes, "3456", 4);
	assert_ok(ax_pread_full(fd, bytes, 0, 10, "f", &err), &err);

	assert_int_equal(ax_pread_full(fd, bytes, 8, 5, "f", &err), -1);
	assert_int_equal(err.code, AX_ECORRUPT);
	assert_string_equal(err.message, "f: ends at byte 10, 3 too early");
	assert_int_equal(ax_pread_full(fd, bytes, 8, INT64_MAX - 3, "f", &err), -1);
	assert_int_equal(err.code, AX_ECORRUPT);
	assert_int_equal(ax_pread_full(fd, bytes, 8, -1, "f", &err), -1);
	assert_int_equal(err.code, AX_ECORRUPT);
	close(fd);

	assert_int_equal(ax_pread_full(place->fd, bytes, 8, 0, "d", &err), -1);
	assert_int_equal(err.code, EISDIR);
}

static void exact_writes(void **state)
{
	const struct place *place = *state;
	struct ax_error err = { 0 };
	struct ax_buf buf = { 0 };
	int fd = openat(place->fd, "f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_ok(ax_write_full(fd, "abcdef", 6, "f", &err), &err);
	assert_ok(ax_pwrite_full(fd, "XY", 2, 2, "f", &err), &err);
	assert_ok(ax_write_full(fd, "g", 1, "f", &err), &err);
	assert_ok(ax_write_full(fd, NULL, 0, "f", &err), &err);
	assert_int_equal(ax_pwrite_full(fd, "XY", 2, INT64_MAX, "f", &err), -1);
	assert_int_equal(err.code, EFBIG);
	close(fd);
	assert_ok(ax_file_read(place->fd, "f", 100, &buf, &err), &err);
	assert_buf(&buf, "abXYefg");
	ax_buf_free(&buf);

	fd = openat(place->fd, "f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(ax_write_full(fd, "a", 1, "f", &err), -1);
	assert_int_equal(err.code, EBADF);
	assert_string_equal(err.message, "f: cannot write: Bad file descriptor");
	assert_int_equal(ax_pwrite_full(fd, "a", 1, 0, "f", &err), -1);
	close(fd);
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ax_write_full(fd, "a", 1, "full", &err), -1);
	assert_int_equal(err.code, ENOSPC);
	close(fd);
}

/* A pipe takes and gives little at a time. */
static void short_writes_are_continued(void **state)
{
	(void)state;
	enum { SIZE = 300000 };
	int ends[2];
	struct ax_error err = { 0 };
	char *bytes = calloc(SIZE, 1);
	size_t total = 0;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		_exit(ax_write_full(ends[1], bytes, SIZE, "pipe", &err) < 0);
	}
	close(ends[1]);
	for (ssize_t n; (n = read(ends[0], bytes, 1000)) > 0;)
		total += (size_t)n;
	assert_int_equal(total, SIZE);
	close(ends[0]);
	free(bytes);
}

static void whole_files(void **state)
{
	const struct place *place = *state;
	struct ax_error err = { 0 };
	struct ax_buf buf = { 0 };

	put(place, "f", "0123456789");
	ax_buf_append_text(&buf, "> ");
	assert_ok(ax_file_read(place->fd, "f", 10, &buf, &err), &err);
	assert_str(ax_buf_str(&buf), "> 0123456789");
	assert_int_equal(ax_file_read(place->fd, "f", 9, &buf, &err), -1);
	assert_int_equal(err.code, EFBIG);
	assert_string_equal(err.message, "f: larger than 9 bytes");
	assert_int_equal(ax_file_read(place->fd, "none", 9, &buf, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_str(ax_buf_str(&buf), "> 0123456789"); /* failures leave it alone */

	ax_buf_clear(&buf);
	put(place, "empty", "");
	assert_ok(ax_file_read(place->fd, "empty", 0, &buf, &err), &err);
	assert_int_equal(buf.len, 0);
	/* Files that say they are empty and are not. */
	assert_ok(ax_file_read(AT_FDCWD, "/proc/self/status", 1 << 20, &buf, &err), &err);
	assert_true(ax_str_starts(ax_buf_str(&buf), AX_STR("Name:")));
	ax_buf_clear(&buf);
	assert_int_equal(ax_file_read(AT_FDCWD, "/proc/self/status", 10, &buf, &err), -1);
	assert_int_equal(err.code, EFBIG);
	assert_int_equal(buf.len, 0);
	ax_buf_free(&buf);
}

static void only_regular_files(void **state)
{
	const struct place *place = *state;
	static const char *const names[] = { "fifo", "link", "dir", "/dev/zero" };
	struct ax_buf buf = { 0 };

	put(place, "f", "x");
	assert_int_equal(mkfifoat(place->fd, "fifo", 0600), 0);
	assert_int_equal(symlinkat("f", place->fd, "link"), 0);
	assert_int_equal(mkdirat(place->fd, "dir", 0700), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		struct ax_error err = { 0 };
		assert_int_equal(ax_file_read(place->fd, names[i], 100, &buf, &err), -1);
		assert_int_equal(err.code, EINVAL);
		assert_int_equal(buf.len, 0);
	}
	ax_buf_free(&buf);
}

static void durable_writes(void **state)
{
	const struct place *place = *state;
	struct ax_error err = { 0 };
	struct ax_buf buf = { 0 };
	struct stat st;

	mode_t mask = umask(0077);
	assert_ok(ax_file_write_durable(place->fd, "f", AX_STR("old"), 0644, &err), &err);
	umask(mask);
	assert_int_equal(fstatat(place->fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_ok(ax_file_write_durable(place->fd, "f", AX_STR("new"), 0600, &err), &err);
	assert_ok(ax_file_read(place->fd, "f", 100, &buf, &err), &err);
	assert_buf(&buf, "new");
	assert_int_equal(fstatat(place->fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	assert_int_equal(mkdirat(place->fd, "dir", 0700), 0);
	assert_ok(ax_file_write_durable(place->fd, "dir/g", ax_str(NULL, 0), 0600, &err), &err);
	assert_int_equal(fstatat(place->fd, "dir/g", &st, 0), 0);
	assert_int_equal(st.st_size, 0);

	/* A symlink is replaced: what it points at stays. */
	assert_int_equal(symlinkat("f", place->fd, "link"), 0);
	assert_ok(ax_file_write_durable(place->fd, "link", AX_STR("own"), 0600, &err), &err);
	assert_int_equal(fstatat(place->fd, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_ok(ax_file_read(place->fd, "f", 100, &buf, &err), &err);
	assert_buf(&buf, "new");
	ax_buf_free(&buf);
}

static void failed_writes_leave_nothing_behind(void **state)
{
	const struct place *place = *state;
	struct ax_error err = { 0 };
	char absolute[PATH_MAX];

	assert_int_equal(mkdirat(place->fd, "dir", 0700), 0);
	assert_int_equal(ax_file_write_durable(place->fd, "dir", AX_STR("x"), 0600, &err), -1);
	assert_int_equal(err.code, EISDIR);
	assert_int_equal(ax_file_write_durable(place->fd, "none/f", AX_STR("x"), 0600, &err),
		-1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(ax_file_write_durable(place->fd, "dir/", AX_STR("x"), 0600, &err), -1);
	assert_int_equal(entries(place), 1);
	assert_int_equal(unlinkat(place->fd, "dir", AT_REMOVEDIR), 0); /* empty still */

	snprintf(absolute, sizeof(absolute), "%s/f", place->path);
	assert_ok(ax_file_write_durable(-1, absolute, AX_STR("x"), 0600, &err), &err);
	assert_int_equal(entries(place), 1);
	assert_ok(ax_dir_sync(place->fd, ".", &err), &err);
	assert_int_equal(ax_dir_sync(place->fd, "f", &err), -1);
	assert_int_equal(err.code, ENOTDIR);
}

/* A limit of the size of files stands in for a full disk. */
static void a_full_disk_keeps_the_old_content(void **state)
{
	const struct place *place = *state;
	struct ax_error err = { 0 };
	struct ax_buf buf = { 0 };
	struct rlimit before, small;

	assert_ok(ax_file_write_durable(place->fd, "f", AX_STR("old"), 0600, &err), &err);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 4;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int status = ax_file_write_durable(place->fd, "f", AX_STR("too long"), 0600, &err);
	setrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_DFL);

	assert_int_equal(status, -1);
	assert_int_equal(err.code, EFBIG);
	assert_string_equal(err.message, "f: cannot write: File too large");
	assert_ok(ax_file_read(place->fd, "f", 100, &buf, &err), &err);
	assert_buf(&buf, "old");
	assert_int_equal(entries(place), 1);
	ax_buf_free(&buf);
}

static const struct {
	const char *path;
	int error; /* 0: it opens */
} beneath_cases[] = {
	{ "f", 0 },
	{ "dir/g", 0 },
	{ "", 0 },
	{ ".", 0 },
	{ "none", ENOENT },
	{ "none/f", ENOENT },
	{ "f/g", ENOTDIR },
	{ "/etc/passwd", EXDEV },
	{ "../f", EXDEV },
	{ "dir/../f", EXDEV },
	{ "dir//g", EXDEV },
	{ "dir/", EXDEV },
	{ "link", ELOOP },
	{ "dir/link", ELOOP },
	{ "up/f", ELOOP },
	{ "root/etc/passwd", ELOOP },
};

static void make_links(const struct place *place)
{
	put(place, "f", "x");
	assert_int_equal(mkdirat(place->fd, "dir", 0700), 0);
	put(place, "dir/g", "x");
	assert_int_equal(symlinkat("g", place->fd, "dir/link"), 0);
	assert_int_equal(symlinkat("f", place->fd, "link"), 0);
	assert_int_equal(symlinkat("dir", place->fd, "up"), 0);
	assert_int_equal(symlinkat("/", place->fd, "root"), 0);
}

/* The number of the first case that turns out otherwise, or -1. */
static int first_wrong_case(const struct place *place)
{
	for (size_t i = 0; i < COUNT(beneath_cases); i++) {
		struct ax_str path = ax_str_from(beneath_cases[i].path);
		int fd = ax_open_beneath(place->fd, path, O_RDONLY, 0);
		int error = fd < 0 ? errno : 0;

		if (fd >= 0 && fcntl(fd, F_GETFD) != FD_CLOEXEC)
			return (int)i;
		if (fd >= 0)
			close(fd);
		if (error == ENOTDIR && beneath_cases[i].error == ELOOP)
			error = ELOOP; /* either may say that a symlink is in the way */
		if (error != beneath_cases[i].error)
			return (int)i;
	}
	return -1;
}

static void opening_beneath(void **state)
{
	const struct place *place = *state;

	make_links(place);
	assert_int_equal(first_wrong_case(place), -1);
	int fd = ax_open_beneath(place->fd, AX_STR("dir/new"), O_WRONLY | O_CREAT | O_EXCL,
		0640);
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0600, 0600);
	close(fd);
	errno = 0;
	assert_int_equal(ax_open_beneath(place->fd, AX_STR("f\0x"), O_RDONLY, 0), -1);
	assert_int_equal(errno, EXDEV);
}

/* Let this process live with a kernel that has no openat2(). */
static int forget_openat2(void)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT(steps), steps };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void opening_beneath_on_old_kernels(void **state)
{
	const struct place *place = *state;
	enum { NO_FILTER = 100, ALL_RIGHT = 101 };
	int status = 0;

	make_links(place);
	pid_t child = fork();
	if (child == 0) {
		if (forget_openat2() < 0)
			_exit(NO_FILTER);
		int wrong = first_wrong_case(place);
		_exit(wrong < 0 ? ALL_RIGHT : wrong);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_FILTER)
		skip();
	if (WEXITSTATUS(status) != ALL_RIGHT)
		fail_msg("\"%s\"", beneath_cases[WEXITSTATUS(status)].path);
}

/* A tree deeper than one call can name, made and opened step by step. */
static void opening_deep_paths(void **state)
{
	const struct place *place = *state;
	enum { LEVELS = 60 };
	struct ax_buf path = { 0 };
	char name[151];
	int at = dup(place->fd);

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < LEVELS; i++) {
		assert_int_equal(mkdirat(at, name, 0700), 0);
		int below = openat(at, name, O_RDONLY | O_DIRECTORY);
		close(at);
		at = below;
		ax_buf_append_text(&path, name);
		ax_buf_append_byte(&path, '/');
	}
	int made = openat(at, "f", O_WRONLY | O_CREAT, 0600);
	assert_true(made >= 0);
	close(made);
	close(at);
	ax_buf_append_byte(&path, 'f');
	assert_true(path.len > 2 * (size_t)PATH_MAX);
	int fd = ax_open_beneath(place->fd, ax_buf_str(&path), O_RDONLY, 0);
	assert_true(fd >= 0);
	close(fd);

	/* A single component that is longer than a path. */
	ax_buf_clear(&path);
	for (size_t i = 0; i < 2 * (size_t)PATH_MAX; i++)
		ax_buf_append_byte(&path, 'x');
	assert_int_equal(ax_open_beneath(place->fd, ax_buf_str(&path), O_RDONLY, 0), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	ax_buf_free(&path);

	/* nftw() cannot go down so far: take the tree away from above, one level a step. */
	for (int i = 0; i < LEVELS; i++) {
		char from[400];
		snprintf(from, sizeof(from), "%s/%s", name, name);
		renameat(place->fd, from, place->fd, "next");
		unlinkat(place->fd, name, AT_REMOVEDIR);
		renameat(place->fd, "next", place->fd, name);
	}
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(exact_reads),
		WITH_PLACE(exact_writes),
		cmocka_unit_test(short_writes_are_continued),
		WITH_PLACE(whole_files),
		WITH_PLACE(only_regular_files),
		WITH_PLACE(durable_writes),
		WITH_PLACE(failed_writes_leave_nothing_behind),
		WITH_PLACE(a_full_disk_keeps_the_old_content),
		WITH_PLACE(opening_beneath),
		WITH_PLACE(opening_beneath_on_old_kernels),
		WITH_PLACE(opening_deep_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
