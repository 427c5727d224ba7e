/*
 * bench-scan ROOT CATALOGUE [-j N] [-f]: one scan of everything below ROOT, without the command
 * line around it. Prints what it counted and the peak of its memory.
 */
#include "indexer/scan.h"
#include "base/error.h"
#include "indexer/catalog.h"
#include "indexer/config.h"
#include "indexer/rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static int scan(const char *root, const char *path, bool full, unsigned jobs,
	struct idx_scan_report *report, struct ax_error *err)
{
	static const struct ax_str everything = { ".", 0 };
	struct idx_config config = { 0 };
	struct idx_rules *rules = NULL;
	struct idx_catalog *catalog = NULL;
	struct idx_scan_options options = {
		.root = root,
		.config = &config,
		.full = full,
		.jobs = jobs,
	};
	int status = -1;

	if (idx_config_load(NULL, &config, err) < 0 || idx_rules_compile(NULL, &rules, err) < 0)
		goto out;
	config.data = (struct idx_strings){ 1, &everything };
	options.rules = rules;
	if (idx_catalog_open(path, IDX_WRITE, &catalog, err) < 0)
		goto out;
	status = idx_scan(catalog, NULL, &options, report, err);
out:
	idx_catalog_close(catalog);
	idx_rules_free(rules);
	idx_config_free(&config);
	return status;
}

int main(int argc, char **argv)
{
	struct idx_scan_report report = { 0 };
	struct ax_error err = { 0 };
	struct rusage usage;
	unsigned jobs = 0;
	bool full = false;
	int option;

	while ((option = getopt(argc, argv, "j:f")) != -1) {
		if (option == 'j')
			jobs = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'f')
			full = true;
		else
			return 2;
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: bench-scan ROOT CATALOGUE [-j N] [-f]\n");
		return 2;
	}
	if (scan(argv[optind], argv[optind + 1], full, jobs, &report, &err) < 0) {
		fprintf(stderr, "bench-scan: %s\n", err.message);
		return 1;
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("files %" PRIu64 " read %" PRIu64 " unchanged %" PRIu64 " added %" PRIu64
	       " changed %" PRIu64 " removed %" PRIu64 " moved %" PRIu64
	       " problems %zu peak %ld KiB\n",
		report.files, report.read, report.unchanged, report.added, report.changed,
		report.removed, report.moved, report.n_problems, usage.ru_maxrss);
	idx_scan_report_free(&report);
	return 0;
}
