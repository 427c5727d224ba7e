#include "tests/unit/unit.h"

#include <errno.h>

static void a_failure_is_one_statement(void **state)
{
	(void)state;
	struct ax_error err = { 0 };

	assert_int_equal(ax_fail(&err, AX_EUSAGE, "%s: %d", "a", 7), -1);
	assert_int_equal(err.code, AX_EUSAGE);
	assert_string_equal(err.message, "a: 7");

	errno = ENOENT;
	assert_int_equal(ax_fail_errno(&err, "%s: cannot open", "a"), -1);
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.message, "a: cannot open: No such file or directory");
}

static void long_messages_lose_their_middle(void **state)
{
	(void)state;
	struct ax_error err = { 0 };
	char path[2000];
	static const char reason[] = ": No such file or directory";

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ax_fail(&err, EIO, "%s: what is wrong with %d", path, 7);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_non_null(strstr(err.message, "xxx...xxx"));
	assert_non_null(strstr(err.message, "xxx: what is wrong with 7"));

	/* The reason must survive a path that fills the message. */
	errno = ENOENT;
	ax_fail_errno(&err, "%s", path);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_string_equal(err.message + strlen(err.message) - strlen(reason), reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_one_statement),
		cmocka_unit_test(long_messages_lose_their_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
