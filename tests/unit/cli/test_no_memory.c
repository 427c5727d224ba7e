#include "tests/unit/unit.h"

#include "cli/command.h"
#include "cli/process.h"
#include "tests/support/project.h"
#include "tests/support/weights.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Memory runs out for good at the first, second, ... allocation: a command says so, and ends with
 * the status for it. The linker gives our code these functions in place of the C library's.
 */

static unsigned long failing_at; /* which allocation fails, and all behind it; 0: none */
static _Atomic unsigned long allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

static bool fails(void)
{
	return failing_at && ++allocations >= failing_at;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, count, size);
}

/* Run a command; its status, and what it wrote to standard error. */
static int run(const char *const *words, char *said, size_t size)
{
	char *owned[8];
	char *argv[8] = { 0 }; /* a command puts its words in another order */
	int argc = 0;
	int saved[2] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) };
	int out = memfd_create("out", MFD_CLOEXEC);
	int err = memfd_create("err", MFD_CLOEXEC);

	for (; words[argc]; argc++)
		argv[argc] = owned[argc] = strdup(words[argc]);
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	int status = cli_command_main(argc, argv);
	dup2(saved[0], STDOUT_FILENO);
	dup2(saved[1], STDERR_FILENO);
	ssize_t n = pread(err, said, size - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	close(saved[0]);
	close(saved[1]);
	close(out);
	close(err);
	while (argc)
		free(owned[--argc]);
	return status;
}

/* With steps that grow, until a command has all that it asks for. */
static void run_out_of_memory(const char *const *words)
{
	char said[4096];
	bool ran_out = true;

	for (unsigned long n = 1; ran_out; n += 1 + n / 8) {
		allocations = 0;
		failing_at = n;
		int status = run(words, said, sizeof(said));
		failing_at = 0;
		ran_out = allocations >= n;
		if (ran_out && (status != CLI_IO || strcmp(said, "artidx: no memory\n") != 0))
			fail_msg("%s, allocation %lu: status %d, \"%s\"", words[0], n, status,
				said);
		if (!ran_out && status != CLI_DONE)
			fail_msg("%s: status %d, \"%s\"", words[0], status, said);
	}
}

static void test_says_so(void **state)
{
	static const char *const commands[][6] = {
		{ "scan" },
		{ "query", "class:*", "--json" },
		{ "inspect", "out/v_hack_a.safetensors" },
		{ "show", "out/v_hack_a.safetensors" },
		{ "reorg", "--queue=none" },
		{ "reorg", "--queue=none", "--apply" },
		{ "reorg", "--queue=none", "--undo" },
		{ "archive", "--queue=none", "out" },
	};
	struct project project;

	(void)state;
	project_begin(&project);
	project_mkdir(&project, "out");
	weights_write(project.rootfd, "out/v_hack_a.safetensors",
		&(struct weights){ .tensors = "V/model.layers.{0..3}.mlp.up_proj F32 2x4" });
	project_write(&project, "logs/a.log", "argv: train --base=out/v_hack_a.safetensors\n");
	assert_int_equal(chdir(project.root), 0);
	for (size_t i = 0; i < COUNT(commands); i++)
		run_out_of_memory(commands[i]);
	assert_int_equal(chdir("/"), 0);
	project_end(&project);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_says_so) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
