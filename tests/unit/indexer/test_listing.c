#include "tests/unit/unit.h"

#include "indexer/listing.h"
#include "tests/support/project.h"

#include <unistd.h>

/* Of few files and of many, alike in their first bytes and not. */
static void names_are_in_order(void **state)
{
	(void)state;
	struct idx_listing *listing = idx_listing_new();
	struct ax_error err = { 0 };
	char name[64];
	struct project project;

	assert_non_null(listing);
	project_begin(&project);
	for (size_t n = 0; n < 130; n++) {
		assert_int_equal(lseek(project.rootfd, 0, SEEK_SET), 0);
		assert_ok(idx_listing_read(listing, project.rootfd, AX_STR("dir"), &err), &err);
		assert_int_equal(idx_listing_count(listing), n);
		for (size_t i = 1; i < n; i++) {
			struct ax_str before = idx_listing_file(listing, i - 1)->name;
			struct ax_str here = idx_listing_file(listing, i)->name;
			assert_true(ax_str_compare(before, here) < 0);
		}
		snprintf(name, sizeof(name), "common_%s%zu", n % 3 ? "a_longer_part_" : "",
			n * 7919 % 1000);
		project_write(&project, name, "");
	}
	project_end(&project);
	idx_listing_free(listing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
