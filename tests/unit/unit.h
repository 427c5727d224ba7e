/*
 * tests/unit/unit.h - what every unit test includes first: cmocka, and checks of our own types
 */
#ifndef ARTIDX_TESTS_UNIT_H
#define ARTIDX_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Compare a run of bytes with a string literal, which may hold NUL. */
#define assert_str(actual, literal) assert_str_equal(actual, AX_STR(literal))

#define assert_str_equal(actual, expected) \
	unit_check_str((actual), (expected), #actual, __FILE__, __LINE__)

/* The content of a buffer, which is emptied for the next case. */
#define assert_buf(buf, expected)                                         \
	do {                                                              \
		assert_str_equal(ax_buf_str(buf), ax_str_from(expected)); \
		ax_buf_clear(buf);                                        \
	} while (0)

/* A call that must have succeeded; its message is shown where it did not. */
#define assert_ok(call, err)                                       \
	do {                                                       \
		if ((call) < 0)                                    \
			fail_msg("%s: %s", #call, (err)->message); \
	} while (0)

static inline void unit_check_str(struct ax_str actual, struct ax_str expected,
	const char *expression, const char *file, int line)
{
	if (ax_str_equal(actual, expected))
		return;
	print_error("%s is \"%.*s\" (%zu bytes), not \"%.*s\" (%zu)\n", expression,
		AX_STR_ARG(actual), actual.len, AX_STR_ARG(expected), expected.len);
	_fail(file, line);
}

#endif
