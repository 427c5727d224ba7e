/*
 * tests/unit/reorg/applied.h - a tree, its journals, and the plan that is being tried
 */
#ifndef ARTIDX_TESTS_UNIT_REORG_APPLIED_H
#define ARTIDX_TESTS_UNIT_REORG_APPLIED_H

#include "tests/unit/unit.h"

#include "reorg/apply.h"
#include "reorg/journal.h"
#include "tests/support/disk_tree.h"

struct world {
	struct disk_tree tree;
	struct ax_buf before; /* the tree with all times */
	struct reorg_store *store;
	struct reorg_journal *journal;
	struct reorg_report report;
	struct reorg_progress progress;
	struct ax_arena arena;
	struct ax_error err;
};

/* For cmocka: *state is a world with a filled tree and an empty store. */
int set_up(void **state);
int tear_down(void **state);

/* The files that each tree begins with, all of them old. */
void fill(struct world *world);

/* Make the journal of a plan that is true of the tree as it is. */
void make_plan(struct world *world, const char *text);

/* The state right behind the last check, before the first act. */
void begin_only(struct world *world, const char *text);

/* Another process takes over: everything it knows is on the disk. */
void reopen(struct world *world);

enum verb { APPLY, RECOVER, UNDO };
int run(struct world *world, enum verb verb);

void check_as_before(struct world *world, const char *what);
void check_content(struct world *world, const char *path, const char *content);
void check_target(struct world *world, const char *path, const char *target);
ino_t inode(struct world *world, const char *path);

/* Change the mode of out/a until its ctime shows it: that is no finer than the clock's tick. */
void chmod_a(const struct disk_tree *tree);

#define assert_refused(world, call)                                      \
	do {                                                             \
		assert_int_equal(call, -1);                              \
		if ((world)->err.code != AX_EREFUSED)                    \
			fail_msg("%s: %s", #call, (world)->err.message); \
		assert_true(strlen((world)->err.message) > 0);           \
	} while (0)

#define assert_partly(world, call)                                       \
	do {                                                             \
		assert_int_equal(call, -1);                              \
		if ((world)->err.code != AX_EPARTLY)                     \
			fail_msg("%s: %s", #call, (world)->err.message); \
	} while (0)

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
