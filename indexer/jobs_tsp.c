/*
 * task-spooler (tsp), through /proc. `tsp -l` would start a daemon where none runs, loses the
 * quoting and has no working directories; but the client of every job that is queued or running
 * waits in the background, with the exact arguments and the directory it was called in.
 *
 * The daemon is a fork of the first client and looks like it; it is the process that holds the
 * listening socket.
 */
#include "indexer/jobs_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/units.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROC_LIMIT = 8 * 1024 * 1024 }; /* beyond what the kernel takes for arguments */

/* Append $TS_SOCKET, or socket-ts.<uid> in $TMPDIR or /tmp. */
static void append_socket(const struct idx_queue_options *options, struct ax_buf *path)
{
	if (options->tsp_socket.len) {
		ax_buf_append_str(path, options->tsp_socket);
		return;
	}
	ax_buf_append_str(path, options->tmp.len ? options->tmp : AX_STR("/tmp"));
	ax_buf_printf(path, "/socket-ts.%u", (unsigned)options->uid);
}

static struct ax_str next_field(struct ax_str *rest)
{
	*rest = ax_str_trim(*rest);
	size_t end = ax_str_find(*rest, ' ');
	struct ax_str field = ax_str_slice(*rest, 0, end);
	*rest = ax_str_slice(*rest, end, rest->len);
	return field;
}

/* /proc/net/unix: Num RefCount Protocol Flags Type St Inode Path. Inode of the socket that
 * listens (flag 00010000) at path, or 0. */
static uint64_t listening_inode(struct ax_str path, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	uint64_t inode = 0;

	if (ax_file_read(AT_FDCWD, "/proc/net/unix", PROC_LIMIT * 16, &text, err) < 0)
		ax_buf_clear(&text);
	struct ax_str rest = ax_buf_str(&text);
	while (rest.len && inode == 0) {
		size_t end = ax_str_find(rest, '\n');
		struct ax_str line = ax_str_slice(rest, 0, end);
		rest = ax_str_slice(rest, end + 1, rest.len);
		struct ax_str fields[7];
		for (size_t i = 0; i < 7; i++)
			fields[i] = next_field(&line);
		if (ax_str_equal(ax_str_trim(line), path) &&
			ax_str_equal(fields[3], AX_STR("00010000")))
			ax_u64_parse(fields[6], &inode);
	}
	ax_buf_free(&text);
	return inode;
}

static bool holds_socket(int proc, uint64_t inode)
{
	char wanted[64], target[64];
	bool found = false;
	int fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
	for (struct dirent *entry = readdir(dir); entry && !found; entry = readdir(dir)) {
		ssize_t len = readlinkat(fd, entry->d_name, target, sizeof(target));
		found = len > 0 &&
			ax_str_equal(ax_str(target, (size_t)len), ax_str_from(wanted));
	}
	closedir(dir);
	return found;
}

/* Append a file of /proc, which has no size to go by. */
static bool read_proc(int proc, const char *name, struct ax_buf *out)
{
	int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd < 0)
		return false;
	while (out->len < PROC_LIMIT && ax_buf_reserve(out, 4096) &&
		(n = read(fd, out->data + out->len, 4096)) > 0)
		out->len += (size_t)n;
	close(fd);
	return n == 0;
}

static bool is_tsp(struct ax_str program)
{
	struct ax_str name = ax_path_name(program);

	return ax_str_equal(name, AX_STR("tsp")) || ax_str_equal(name, AX_STR("ts"));
}

/* Index of the first argument of the job itself; n when the call is no job. */
static size_t skip_options(const struct ax_str *arguments, size_t n)
{
	size_t at = 1;

	while (at < n && arguments[at].len > 1 && arguments[at].ptr[0] == '-') {
		char last = arguments[at].ptr[arguments[at].len - 1];
		bool has_value = ax_str_find(AX_STR("LDNSO"), last) < 5;
		at += has_value ? 2 : 1;
	}
	return at < n ? at : n;
}

static int set_arguments(struct jobs_reader *reader, struct idx_job *job,
	const struct ax_str *arguments, size_t n)
{
	struct idx_shell shell = { .cwd = job->cwd, .home = reader->options->home };
	struct ax_buf text = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (i)
			ax_buf_append_byte(&text, ' ');
		ax_buf_append_str(&text, arguments[i]);
	}
	int status = ax_buf_check(&text, "tsp", reader->err);
	if (status == 0)
		status = jobs_keep(reader, ax_buf_str(&text), &job->command);
	ax_buf_free(&text);
	if (status < 0)
		return -1;
	return idx_command_arguments(n, arguments, &shell, &reader->jobs->arena, &job->words,
		reader->err);
}

/* A client whose job has begun has the job as its child. */
static enum idx_job_state state_of(int proc, const char *pid)
{
	char name[64];
	struct ax_buf children = { 0 };

	snprintf(name, sizeof(name), "task/%s/children", pid);
	read_proc(proc, name, &children);
	enum idx_job_state state = children.len ? IDX_JOB_RUNNING : IDX_JOB_QUEUED;
	ax_buf_free(&children);
	return state;
}

static size_t count_arguments(struct ax_str text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\0';
	return n;
}

static size_t split_arguments(struct ax_str text, struct ax_str *arguments)
{
	size_t n = 0;

	while (text.len) {
		size_t end = ax_str_find(text, '\0');
		arguments[n++] = ax_str_slice(text, 0, end);
		text = ax_str_slice(text, end + 1, text.len);
	}
	return n;
}

static int read_client(struct jobs_reader *reader, int proc, const char *pid,
	const struct ax_str *arguments, size_t n)
{
	char cwd[PATH_MAX];
	size_t first = skip_options(arguments, n);

	if (first == n)
		return 0;
	struct idx_job *job = jobs_add(reader, "tsp");
	if (!job || jobs_keep(reader, ax_str_from(pid), &job->id) < 0)
		return -1;
	job->state = state_of(proc, pid);
	ssize_t len = readlinkat(proc, "cwd", cwd, sizeof(cwd));
	if (len > 0 && (size_t)len < sizeof(cwd) &&
		jobs_keep(reader, ax_str(cwd, (size_t)len), &job->cwd) < 0)
		return -1;
	return set_arguments(reader, job, arguments + first, n - first);
}

static int read_process(struct jobs_reader *reader, int proc_root, const char *pid,
	uint64_t daemon_socket)
{
	struct ax_str *arguments = NULL;
	struct ax_buf text = { 0 };
	int status = 0;
	int proc = openat(proc_root, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (proc < 0)
		return 0;
	if (!read_proc(proc, "cmdline", &text))
		goto out;
	struct ax_str all = ax_buf_str(&text);
	if (!is_tsp(ax_str_slice(all, 0, ax_str_find(all, '\0'))) ||
		holds_socket(proc, daemon_socket))
		goto out;
	arguments = calloc(count_arguments(all), sizeof(*arguments));
	if (!arguments)
		status = ax_fail(reader->err, ENOMEM, "tsp: no memory for its jobs");
	else
		status = read_client(reader, proc, pid, arguments,
			split_arguments(all, arguments));
out:
	free(arguments);
	ax_buf_free(&text);
	close(proc);
	return status;
}

static int read_clients(struct jobs_reader *reader, uint64_t daemon_socket)
{
	DIR *proc = opendir("/proc");
	uint64_t pid;
	int status = 0;

	if (!proc)
		return jobs_set_unreadable(reader, "tsp: /proc cannot be read");
	for (struct dirent *entry = readdir(proc); entry && status == 0;
		entry = readdir(proc)) {
		if (ax_u64_parse(ax_str_from(entry->d_name), &pid))
			status =
				read_process(reader, dirfd(proc), entry->d_name, daemon_socket);
	}
	closedir(proc);
	return status;
}

int jobs_read_tsp(struct jobs_reader *reader, bool required)
{
	struct ax_buf path = { 0 };
	struct ax_error ignored;
	struct stat there;
	int status = 0;

	append_socket(reader->options, &path);
	bool exists = stat(ax_buf_text(&path), &there) == 0 && S_ISSOCK(there.st_mode);
	uint64_t inode = exists ? listening_inode(ax_buf_str(&path), &ignored) : 0;
	/* No socket, or one that a dead daemon left: there is no queue. */
	if (inode || required)
		status = jobs_add_queue(reader, "tsp");
	if (status == 0 && inode)
		status = read_clients(reader, inode);
	ax_buf_free(&path);
	return status;
}
