#include "base/process.h"

#include "base/buf.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Start it in a process group of its own, so that a timeout ends its children too. */
static int start(const struct ax_process_options *options, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int code;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	/* posix_spawnp() never writes to the strings. */
	char *const *argv = (char *const *)(uintptr_t)options->argv;
	code = posix_spawnp(pid, argv[0], &actions, &attributes, argv, options->environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return code;
}

static int read_output(const struct ax_process_options *options, int fd, int64_t deadline,
	struct ax_buf *out, struct ax_error *err)
{
	size_t start_len = out->len;

	for (;;) {
		int64_t left = deadline - now_ms();
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int n = left > 0 ? poll(&ready, 1, (int)left) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ax_fail(err, ETIMEDOUT, "%s: no answer within %u s",
				options->argv[0], options->timeout_ms / 1000);
		if (!ax_buf_reserve(out, PIECE))
			return ax_buf_check(out, options->argv[0], err);
		ssize_t got = read(fd, out->data + out->len, PIECE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ax_fail_errno(err, "%s: its output", options->argv[0]);
		if (got == 0)
			return 0;
		out->len += (size_t)got;
		if (out->len - start_len > options->output_limit)
			return ax_fail(err, EFBIG, "%s: prints more than %zu bytes",
				options->argv[0], options->output_limit);
	}
}

/* A program that closed its output may still run: it gets what is left of its time. */
static int wait_for(pid_t pid, int64_t deadline)
{
	int state = 0;

	if (now_ms() >= deadline)
		kill(-pid, SIGKILL);
	for (;;) {
		pid_t ended = waitpid(pid, &state, now_ms() < deadline ? WNOHANG : 0);
		if (ended == pid)
			break;
		if (ended < 0 && errno != EINTR)
			return 127;
		if (ended == 0)
			poll(NULL, 0, 5);
		if (ended == 0 && now_ms() >= deadline)
			kill(-pid, SIGKILL);
	}
	return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

int ax_process_read(const struct ax_process_options *options, struct ax_buf *out,
	int *exit_status, struct ax_error *err)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return ax_fail_errno(err, "%s: cannot be started", options->argv[0]);
	int code = start(options, ends[1], &pid);
	close(ends[1]);
	if (code != 0) {
		close(ends[0]);
		errno = code;
		return ax_fail_errno(err, "%s: cannot be started", options->argv[0]);
	}
	int64_t deadline = now_ms() + options->timeout_ms;
	int status = read_output(options, ends[0], deadline, out, err);
	close(ends[0]);
	*exit_status = wait_for(pid, status < 0 ? 0 : deadline);
	return status;
}
