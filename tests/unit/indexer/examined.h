/*
 * tests/unit/indexer/examined.h - an examiner and a directory of files to show it
 */
#ifndef ARTIDX_TESTS_EXAMINED_H
#define ARTIDX_TESTS_EXAMINED_H

#include "tests/unit/unit.h"

#include "base/json.h"
#include "indexer/examine.h"
#include "indexer/rules.h"
#include "tests/support/weights.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MINUTE (INT64_C(60) * 1000000000)

struct examined {
	char directory[64];
	int dirfd;
	struct ax_json *config;
	struct idx_rules *rules;
	struct idx_examiner *examiner;
	struct idx_finding finding; /* of the file that was examined last */
};

/* config: artidx.json, or NULL. Every file is an hour old, but for ages under an hour. */
static inline void examined_begin(struct examined *e, const char *config, ax_nanoseconds age)
{
	struct ax_error err = { 0 };
	struct timespec now;

	*e = (struct examined){ .directory = "/tmp/artidx-test-XXXXXX" };
	assert_non_null(mkdtemp(e->directory));
	e->dirfd = open(e->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(e->dirfd >= 0);
	if (config)
		assert_ok(ax_json_parse(ax_str_from(config), AX_JSON_COMMENTS, "artidx.json",
				  &e->config, &err),
			&err);
	const struct ax_json_value *root = e->config ? ax_json_root(e->config) : NULL;
	assert_ok(idx_rules_compile(root, &e->rules, &err), &err);
	clock_gettime(CLOCK_REALTIME, &now);
	struct idx_examine_options options = {
		.rules = e->rules,
		.now = (ax_nanoseconds)now.tv_sec * 1000000000 + age,
		.quiet = MINUTE,
	};
	assert_ok(idx_examiner_new(&options, &e->examiner, &err), &err);
}

static inline void examined_end(struct examined *e)
{
	idx_examiner_free(e->examiner);
	idx_rules_free(e->rules);
	ax_json_free(e->config);
	close(e->dirfd);
	assert_int_equal(rmdir(e->directory), 0);
}

/* Examine a file as if it lay at path. */
static inline void examined_look(struct examined *e, const char *name, const char *path)
{
	struct ax_error err = { 0 };
	struct stat st;

	assert_int_equal(fstatat(e->dirfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	struct idx_subject subject = {
		.path = ax_str_from(path), .dirfd = e->dirfd, .name = name, .stat = &st
	};
	assert_ok(idx_examine(e->examiner, &subject, &e->finding, &err), &err);
}

/* Write a file, examine it as if it lay at path, and take it away. */
static inline void examined_weights(struct examined *e, const char *path,
	const struct weights *weights)
{
	weights_write(e->dirfd, "file", weights);
	examined_look(e, "file", path);
	assert_int_equal(unlinkat(e->dirfd, "file", 0), 0);
}

static inline void examined_bytes(struct examined *e, const char *path, struct ax_str bytes)
{
	int fd = openat(e->dirfd, "file", O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
	close(fd);
	examined_look(e, "file", path);
	assert_int_equal(unlinkat(e->dirfd, "file", 0), 0);
}

static inline void format_value(const struct idx_value *value, char *text, size_t size)
{
	char real[AX_UNITS_MAX];

	if (value->kind == IDX_INT)
		snprintf(text, size, "%" PRId64, value->integer);
	else if (value->kind == IDX_TEXT)
		snprintf(text, size, "%.*s", AX_STR_ARG(value->text));
	else if (value->kind == IDX_BOOL)
		snprintf(text, size, "%s", value->boolean ? "yes" : "no");
	else if (value->kind == IDX_REAL)
		ax_real_format(value->real, real), snprintf(text, size, "%s", real);
	else
		snprintf(text, size, "absent");
}

/* "k=4 rank=32 method=absent": each of these attributes has that value. */
static inline void examined_check_attributes(const struct examined *e, const char *expected)
{
	const struct idx_detail *detail = &e->finding.detail;
	char name[64], value[256], actual[256];
	int n = 0;

	for (; sscanf(expected, " %63[^=]=%255s%n", name, value, &n) == 2; expected += n) {
		struct idx_value found = idx_attribute_get(detail->attributes,
			detail->n_attributes, ax_str_from(name));
		format_value(&found, actual, sizeof(actual));
		if (strcmp(actual, value) != 0)
			fail_msg("%s is %s, not %s (class %.*s: %.*s)", name, actual, value,
				AX_STR_ARG(e->finding.class_name), AX_STR_ARG(e->finding.why));
	}
}

#endif
