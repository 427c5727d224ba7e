#include "tests/unit/unit.h"

#include "archive/pins.h"
#include "tests/unit/archive/material.h"

#include <fcntl.h>
#include <unistd.h>

static int enter(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	place_enter(place);
	run("mkdir .artidx");
	*state = place;
	return 0;
}

static int leave(void **state)
{
	place_leave(*state);
	free(*state);
	return 0;
}

static void set(struct arc_pins *pins, const char *path, struct ax_str why, ax_nanoseconds time)
{
	struct arc_pin pin = { ax_str_from(path), why, time };
	struct ax_error err = { 0 };

	assert_ok(arc_pins_set(pins, &pin, &err), &err);
}

static void none_is_fine(void **state)
{
	struct ax_error err = { 0 };
	struct arc_pins pins;

	(void)state;
	assert_ok(arc_pins_read(AT_FDCWD, &pins, &err), &err);
	assert_int_equal(pins.count, 0);
	assert_null(arc_pins_find(&pins, AX_STR("a")));
	arc_pins_free(&pins);
}

static void what_is_written_is_read(void **state)
{
	static const struct ax_str odd = AX_STR_INIT("tab\t, line\nfeed, \xff");
	struct ax_error err = { 0 };
	struct arc_pins pins = { .count = 0 }, read;
	char path[16];

	(void)state;
	for (int i = 99; i >= 0; i--) {
		snprintf(path, sizeof(path), "out/%02d", i);
		set(&pins, path, odd, -5 + i);
	}
	set(&pins, "new\nline \xff", AX_STR(""), INT64_MIN);
	set(&pins, "out/07", AX_STR("later"), INT64_MAX); /* in place of the first one */
	assert_ok(arc_pins_write(AT_FDCWD, &pins, &err), &err);
	assert_ok(arc_pins_read(AT_FDCWD, &read, &err), &err);
	assert_int_equal(read.count, 101);
	for (size_t i = 0; i < read.count; i++) {
		assert_str_equal(read.items[i].path, pins.items[i].path);
		assert_str_equal(read.items[i].why, pins.items[i].why);
		assert_int_equal(read.items[i].time, pins.items[i].time);
		if (i)
			assert_true(ax_str_compare(read.items[i - 1].path, read.items[i].path) <
				    0);
	}
	assert_str(read.items[1 + 7].why, "later");
	arc_pins_free(&pins);
	arc_pins_free(&read);
}

static void pins_are_taken_away(void **state)
{
	struct arc_pins pins = { .count = 0 };

	(void)state;
	set(&pins, "a", AX_STR("1"), 0);
	set(&pins, "b", AX_STR("2"), 0);
	assert_int_equal(arc_pins_remove(&pins, AX_STR("c")), 0);
	assert_int_equal(arc_pins_remove(&pins, AX_STR("a")), 1);
	assert_int_equal(arc_pins_remove(&pins, AX_STR("a")), 0);
	assert_int_equal(pins.count, 1);
	assert_str(pins.items[0].path, "b");
	arc_pins_free(&pins);
}

static void above_and_below_are_found(void **state)
{
	static const struct {
		const char *asked;
		bool is_kept;
	} cases[] = {
		{ "a/b", true },
		{ "a/b/c", true },
		{ "a", true },
		{ "a/bc", false },
		{ "a/c", false },
		{ "b", false },
	};
	struct arc_pins pins = { .count = 0 };

	(void)state;
	set(&pins, "a/b", AX_STR(""), 0);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(arc_pins_find(&pins, ax_str_from(cases[i].asked)) != NULL,
			cases[i].is_kept);
	arc_pins_free(&pins);
}

/* Nobody knows what a damaged file kept: it is never taken for fewer pins. */
static void damage_is_told(void **state)
{
	static const char good[] = "artidx pins 1\na\0"
				   "5\0why\0\n"
				   "b\0"
				   "6\0why\0\n";
	static const struct {
		struct ax_str text;
		const char *why;
	} cases[] = {
		{ AX_STR_INIT(""), "not a file of pins" },
		{ AX_STR_INIT("artidx pins 2\n"), "not a file of pins" },
		{ AX_STR_INIT("artidx pins 1\na\0x\0why\0\n"), "damaged behind pin 0" },
		{ AX_STR_INIT("artidx pins 1\na\0\0why\0\n"), "damaged behind pin 0" },
		{ AX_STR_INIT("artidx pins 1\n../a\0"
			      "5\0why\0\n"),
			"damaged behind pin 0" },
		{ AX_STR_INIT("artidx pins 1\na\0"
			      "99999999999999999999\0why\0\n"),
			"damaged behind pin 0" },
	};
	struct ax_error err = { 0 };
	struct arc_pins pins;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_file(".artidx/pins", cases[i].text.ptr, cases[i].text.len);
		assert_int_equal(arc_pins_read(AT_FDCWD, &pins, &err), -1);
		assert_int_equal(err.code, AX_ECORRUPT);
		assert_non_null(strstr(err.message, ".artidx/pins"));
		assert_non_null(strstr(err.message, cases[i].why));
	}
	/* Cut off anywhere but behind a whole pin. */
	for (size_t len = 0; len < sizeof(good); len++) {
		write_file(".artidx/pins", good, len);
		bool whole = len == 14 || len == 23 || len == 32;
		assert_int_equal(arc_pins_read(AT_FDCWD, &pins, &err), whole ? 0 : -1);
		if (whole)
			arc_pins_free(&pins);
	}
}

int main(void)
{
#define PINS_TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		PINS_TEST(none_is_fine),
		PINS_TEST(what_is_written_is_read),
		PINS_TEST(pins_are_taken_away),
		PINS_TEST(above_and_below_are_found),
		PINS_TEST(damage_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
