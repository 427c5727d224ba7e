/* What another process holds: a descriptor, a mapping, its working directory. */
#include "tests/unit/unit.h"

#include "reorg/open_files.h"
#include "tests/support/project.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void hold(const struct project *project, int ready)
{
	int log = openat(project->rootfd, "out/log", O_WRONLY | O_APPEND);
	int mapped = openat(project->rootfd, "out/a b\nc", O_RDONLY);
	void *bytes = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, mapped, 0);
	int deleted = openat(project->rootfd, "out/deleted", O_RDONLY);

	close(mapped);
	close(project->rootfd);
	bool ok = log >= 0 && deleted >= 0 && bytes != MAP_FAILED &&
		  chdir(project->root) == 0 && chdir("out/pool/deep") == 0 &&
		  unlink("../../deleted") == 0;
	if (ok && write(ready, "r", 1) == 1)
		pause();
	_exit(1);
}

static pid_t start(const struct project *project)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		hold(project, ends[1]);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

static const struct reorg_open_file *below(const struct reorg_open_files *files,
	const char *path)
{
	return reorg_open_files_below(files, ax_str_from(path));
}

static void held(void **state)
{
	struct project project;
	struct reorg_open_files files;
	struct ax_error err = { 0 };

	(void)state;
	project_begin(&project);
	project_write(&project, "out/log", "x");
	project_write(&project, "out/log-2", "x");
	project_write(&project, "out/a b\nc", "x");
	project_write(&project, "out/deleted", "x");
	project_write(&project, "out/quiet", "x");
	project_mkdir(&project, "out/pool/deep");
	pid_t pid = start(&project);
	int own = openat(project.rootfd, "out/quiet", O_RDONLY);

	assert_ok(reorg_open_files_list(ax_str_from(project.root), &files, &err), &err);
	assert_non_null(below(&files, "out/log"));
	assert_int_equal(below(&files, "out/log")->pid, pid);
	assert_false(below(&files, "out/log")->is_cwd);
	assert_non_null(below(&files, "out/a b\nc"));
	assert_non_null(below(&files, "out/pool"));
	assert_true(below(&files, "out/pool")->is_cwd);
	assert_str(below(&files, "out/pool/deep")->path, "out/pool/deep");
	assert_non_null(below(&files, "out"));
	/* Not what this process holds, not neighbours, and not what is gone. */
	assert_null(below(&files, "out/quiet"));
	assert_null(below(&files, "out/log-2"));
	assert_null(below(&files, "out/lo"));
	assert_null(below(&files, "out/pool/deep/er"));
	assert_null(below(&files, "out/deleted"));
	for (size_t i = 1; i < files.count; i++)
		assert_true(ax_str_compare(files.items[i - 1].path, files.items[i].path) <= 0);
	reorg_open_files_free(&files);

	close(own);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_ok(reorg_open_files_list(ax_str_from(project.root), &files, &err), &err);
	assert_null(below(&files, "out"));
	reorg_open_files_free(&files);
	project_end(&project);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
