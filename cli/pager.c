#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *choose_pager(void)
{
	const char *pager = getenv("ARTIDX_PAGER");

	if (!pager)
		pager = getenv("PAGER");
	if (!pager)
		pager = "command -v less >/dev/null && exec less; exec cat";
	return strcmp(pager, "cat") == 0 ? "" : pager;
}

/* In the child. */
static void run_pager(const char *pager, const int pipe_fds[2])
{
	dup2(pipe_fds[0], STDIN_FILENO);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	signal(SIGPIPE, SIG_DFL);
	setenv("LESS", "FRX", 0);
	setenv("LV", "-c", 0);
	execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
	_exit(127);
}

pid_t cli_pager_start(void)
{
	const char *pager = choose_pager();
	int pipe_fds[2];

	if (!*pager || pipe2(pipe_fds, O_CLOEXEC) < 0)
		return 0;
	pid_t child = fork();
	if (child == 0)
		run_pager(pager, pipe_fds);
	if (child > 0) {
		dup2(pipe_fds[1], STDOUT_FILENO);
		signal(SIGINT, SIG_IGN);
	}
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return child > 0 ? child : 0;
}

void cli_pager_wait(pid_t pager)
{
	close(STDOUT_FILENO);
	while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
		;
}
