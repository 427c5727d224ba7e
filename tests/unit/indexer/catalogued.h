/*
 * tests/unit/indexer/catalogued.h - an empty catalogue in a fresh directory, for one test
 */
#ifndef ARTIDX_TESTS_UNIT_INDEXER_CATALOGUED_H
#define ARTIDX_TESTS_UNIT_INDEXER_CATALOGUED_H

#include "tests/unit/unit.h"

#include "indexer/catalog_internal.h"

#include <unistd.h>

static char base[64];
static char path[80];
static struct idx_catalog *catalog;

static int begin(void **state)
{
	struct idx_store_options options = { .write = true };
	struct ax_error err = { 0 };

	(void)state;
	strcpy(base, "/tmp/artidx-test-XXXXXX");
	assert_non_null(mkdtemp(base));
	snprintf(path, sizeof(path), "%s/catalogue", base);
	assert_ok(catalog_open(path, &options, &catalog, &err), &err);
	return 0;
}

static int end(void **state)
{
	char command[96];

	(void)state;
	idx_catalog_close(catalog);
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

#endif
