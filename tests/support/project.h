/*
 * support/project.h - a project in a directory of its own, to be scanned and looked at
 *
 * What fails here ends the test program with a message: these are the means of a test, not its
 * subject.
 */
#ifndef ARTIDX_TESTS_SUPPORT_PROJECT_H
#define ARTIDX_TESTS_SUPPORT_PROJECT_H

#include "base/arena.h"
#include "base/error.h"
#include "indexer/catalog.h"
#include "indexer/config.h"
#include "indexer/history.h"
#include "indexer/scan.h"

struct idx_rules;

struct project {
	char root[64];     /* an absolute path */
	char catalog[128]; /* where the catalogue is: outside of what is scanned */
	char history[128];
	int rootfd;
	struct idx_config config; /* everything below the root is data */
	struct idx_rules *rules;
	bool full;
	unsigned jobs;
	struct idx_progress *progress;
	struct idx_scan_report report; /* of the last scan */
};

void project_begin(struct project *project);
/* Remove everything, however deep. */
void project_end(struct project *project);

/* Write a file, and the directories above it; text may hold NUL up to len bytes. */
void project_write(const struct project *project, const char *path, const char *text);
void project_mkdir(const struct project *project, const char *path);

/* Set a file's times to this many seconds ago, so that a scan may trust them. */
void project_age(const struct project *project, const char *path, long seconds);

/* Wait until what was just written is old enough to be trusted by the next scan. */
void project_settle(void);

/* Scan all, or these paths; the report is in project->report. */
void project_scan(struct project *project);
void project_scan_paths(struct project *project, const struct ax_str *paths, size_t n);
int project_try_scan(struct project *project, struct ax_error *err);

/* The stored file at path, with its strings copied to arena; false when there is none. */
bool project_find(struct project *project, const char *path, struct ax_arena *arena,
	struct idx_entry *out);

/* How many files the catalogue holds, by walking over all of them. */
size_t project_count(struct project *project);

#endif
