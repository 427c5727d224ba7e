#include "tests/unit/unit.h"

#include "tests/support/project.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * Workers that hire others while the first ones are still being started. The linker gives the
 * layer these functions in place of the C library's: every read comes from a disk, and who starts
 * a thread is slow to go on.
 */

int __real_getrusage(int who, struct rusage *usage);
int __wrap_getrusage(int who, struct rusage *usage);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument);

static _Thread_local long blocks;

int __wrap_getrusage(int who, struct rusage *usage)
{
	int status = __real_getrusage(who, usage);

	usage->ru_inblock = blocks += 1000;
	return status;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *), void *argument)
{
	int status = __real_pthread_create(thread, attributes, run, argument);

	usleep(2000);
	return status;
}

static void test_hiring_while_starting(void **state)
{
	enum { DIRECTORIES = 60 };
	struct project project;
	char path[32];

	(void)state;
	project_begin(&project);
	project.jobs = 8;
	for (int i = 0; i < DIRECTORIES; i++) {
		snprintf(path, sizeof(path), "d%d/e/f.txt", i);
		project_write(&project, path, "text\n");
	}
	for (int i = 0; i < 5; i++) {
		project.full = true;
		project_scan(&project);
		assert_int_equal(project.report.files, DIRECTORIES);
	}
	project_end(&project);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hiring_while_starting) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
