/* What lies where something is to go. */
#include "tests/unit/unit.h"

#include "reorg/destination.h"
#include "tests/support/project.h"

#include <sys/stat.h>
#include <unistd.h>

static void look(const struct project *project, const char *from, const char *to,
	enum reorg_place expected)
{
	struct ax_error err = { 0 };
	enum reorg_place place;

	assert_ok(reorg_place_look(project->rootfd, ax_str_from(from), ax_str_from(to), &place,
			  &err),
		&err);
	if (place != expected)
		fail_msg("%s: %d, not %d", to, (int)place, (int)expected);
}

static void places(void **state)
{
	struct project project;

	(void)state;
	project_begin(&project);
	project_write(&project, "out/a", "alpha");
	project_write(&project, "out/same", "alpha");
	project_write(&project, "out/other", "alphb");
	project_write(&project, "out/longer", "alphaa");
	project_write(&project, "out/empty", "");
	project_mkdir(&project, "out/dir");
	assert_int_equal(linkat(project.rootfd, "out/a", project.rootfd, "out/linked", 0), 0);
	assert_int_equal(symlinkat("a", project.rootfd, "out/symlink"), 0);
	assert_int_equal(symlinkat("nowhere", project.rootfd, "out/dangling"), 0);
	assert_int_equal(symlinkat("dir", project.rootfd, "out/dirlink"), 0);
	assert_int_equal(mkfifoat(project.rootfd, "out/pipe", 0600), 0);

	look(&project, "out/a", "out/new", REORG_PLACE_FREE);
	look(&project, "out/a", "out/dir/new", REORG_PLACE_FREE);
	look(&project, "out/a", "out/not/yet/there", REORG_PLACE_FREE);
	look(&project, "out/a", "out/same", REORG_PLACE_SAME);
	look(&project, "out/a", "out/linked", REORG_PLACE_SAME);
	look(&project, "out/a", "out/other", REORG_PLACE_TAKEN);
	look(&project, "out/a", "out/longer", REORG_PLACE_TAKEN);
	look(&project, "out/a", "out/empty", REORG_PLACE_TAKEN);
	look(&project, "out/a", "out/dir", REORG_PLACE_TAKEN);
	look(&project, "out/dir", "out/a", REORG_PLACE_TAKEN);
	look(&project, "out/a", "out/pipe", REORG_PLACE_TAKEN);
	look(&project, "out/a", "out/symlink", REORG_PLACE_TAKEN);
	look(&project, "out/a", "out/dangling", REORG_PLACE_TAKEN);
	look(&project, "out/a", "out/same/x", REORG_PLACE_BLOCKED);
	look(&project, "out/a", "out/same/x/y", REORG_PLACE_BLOCKED);
	look(&project, "out/a", "out/dirlink/x", REORG_PLACE_BLOCKED);
	look(&project, "out/a", "out/dirlink/x/y", REORG_PLACE_BLOCKED);
	look(&project, "out/a", "out/dangling/x", REORG_PLACE_BLOCKED);
	project_end(&project);
}

/* A difference at the very end of files that are longer than a piece. */
static void long_files(void **state)
{
	enum { SIZE = 300 * 1024 };
	struct project project;
	char *text = malloc(SIZE + 1);

	(void)state;
	project_begin(&project);
	memset(text, 'x', SIZE);
	text[SIZE] = '\0';
	project_write(&project, "out/a", text);
	project_write(&project, "out/same", text);
	text[SIZE - 1] = 'y';
	project_write(&project, "out/other", text);
	look(&project, "out/a", "out/same", REORG_PLACE_SAME);
	look(&project, "out/a", "out/other", REORG_PLACE_TAKEN);
	free(text);
	project_end(&project);
}

static void source_gone(void **state)
{
	struct project project;
	struct ax_error err = { 0 };
	enum reorg_place place;

	(void)state;
	project_begin(&project);
	project_write(&project, "out/a", "alpha");
	assert_int_equal(reorg_place_look(project.rootfd, AX_STR("out/gone"), AX_STR("out/a"),
				 &place, &err),
		-1);
	assert_int_not_equal(err.code, 0);
	project_end(&project);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
		cmocka_unit_test(long_files),
		cmocka_unit_test(source_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
