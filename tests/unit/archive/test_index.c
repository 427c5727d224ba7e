#include "tests/unit/unit.h"

#include "archive/index.h"
#include "archive/open.h"
#include "archive/pack.h"
#include "archive/tree.h"
#include "archive/verify.h"
#include "tests/unit/archive/material.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { TAR_SIZE = 4096 };

enum { ABOUT, README, ROOT, FILE_A, LINK, MEMBERS };

/* README, a directory, a file in it, another name of that file. */
static void make_members(struct arc_member members[MEMBERS])
{
	static const struct arc_member all[MEMBERS] = {
		[ABOUT] = { .path = AX_STR_INIT("d.artidx"),
			.type = ARC_DIR,
			.flags = ARC_ABOUT },
		[README] = { .path = AX_STR_INIT("d.artidx/README"),
			.type = ARC_FILE,
			.flags = ARC_ABOUT,
			.header_at = 512,
			.data_at = 1024,
			.size = 1,
			.stored = 1 },
		[ROOT] = { .path = AX_STR_INIT("d"),
			.type = ARC_DIR,
			.header_at = 1536,
			.data_at = 2048 },
		[FILE_A] = { .path = AX_STR_INIT("d/a"),
			.type = ARC_FILE,
			.header_at = 2048,
			.data_at = 2560,
			.size = 1,
			.stored = 1 },
		[LINK] = { .path = AX_STR_INIT("d/b"),
			.type = ARC_HARD_LINK,
			.target = AX_STR_INIT("d/a"),
			.header_at = 3072,
			.data_at = 3584 },
	};

	memcpy(members, all, sizeof(all));
}

/* Write the index and parse it again: 0, or -1 with err. */
static int parse(struct arc_member members[MEMBERS], struct ax_error *err)
{
	struct arc_index index = { .n_about = ROOT, .n = MEMBERS, .members = members };
	struct arc_index parsed;
	struct ax_arena arena = { 0 };
	struct ax_buf frame = { 0 };

	assert_ok(arc_index_append(&frame, &index, err), err);
	int status = arc_index_parse(ax_buf_str(&frame), TAR_SIZE, &arena, &parsed, err);
	if (status == 0) {
		assert_int_equal(parsed.n, MEMBERS);
		assert_str_equal(parsed.members[LINK].target, members[LINK].target);
	}
	ax_buf_free(&frame);
	ax_arena_free(&arena);
	return status;
}

static void a_link_leads_to_a_file_of_the_directory(void **state)
{
	static const struct ax_str others[] = { AX_STR_INIT("d.artidx/README"),
		AX_STR_INIT("d.artidx"), AX_STR_INIT("d"), AX_STR_INIT("d/b") };
	struct arc_member members[MEMBERS];
	struct ax_error err = { 0 };

	(void)state;
	make_members(members);
	assert_ok(parse(members, &err), &err);
	for (size_t i = 0; i < COUNT(others); i++) {
		members[LINK].target = others[i];
		assert_int_equal(parse(members, &err), -1);
		assert_int_equal(err.code, AX_ECORRUPT);
		assert_non_null(strstr(err.message, "damaged at member 4"));
	}
}

static size_t count_bad(const struct arc_archive *archive, bool sha256)
{
	struct arc_verify_options options = { .threads = 1, .sha256 = sha256 };
	struct arc_verify_report report;
	struct ax_error err = { 0 };

	assert_ok(arc_verify(archive, &options, &report, &err), &err);
	size_t n = report.n_bad;
	arc_verify_report_free(&report);
	return n;
}

/* A file in two million pieces, of which every other one is empty: a step is a short one. */
static void every_run_of_many_extents_is_found_at_once(void **state)
{
	enum { EXTENTS = 2000000 };
	struct arc_extent *extents = calloc(EXTENTS, sizeof(*extents));
	struct arc_member members[MEMBERS];
	struct arc_index index = { .n_about = ROOT, .n = LINK, .members = members }, parsed;
	struct ax_arena arena = { 0 };
	struct ax_buf frame = { 0 };
	struct ax_error err = { 0 };

	(void)state;
	assert_non_null(extents);
	for (size_t i = 0; i < EXTENTS; i++)
		extents[i] = (struct arc_extent){ .offset = 3 * i, .length = i % 2 * 2 };
	make_members(members);
	members[FILE_A].flags = ARC_SPARSE;
	members[FILE_A].size = (uint64_t)3 * EXTENTS;
	members[FILE_A].n_extents = EXTENTS;
	members[FILE_A].extents = extents;
	assert_ok(arc_index_append(&frame, &index, &err), &err);
	assert_ok(arc_index_parse(ax_buf_str(&frame), TAR_SIZE + EXTENTS, &arena, &parsed,
			  &err),
		&err);
	const struct arc_member *member = &parsed.members[FILE_A];
	assert_int_equal(member->stored, EXTENTS);
	for (uint64_t at = 0; at < member->stored; at++) {
		struct arc_extent run = arc_member_run(member, at, 100);
		assert_true(run.offset == 3 * (at / 2 * 2 + 1) + at % 2);
		assert_true(run.length == 2 - at % 2 && run.before == at);
	}
	assert_true(arc_member_run(member, 0, 1).length == 1);
	ax_arena_free(&arena);
	ax_buf_free(&frame);
	free(extents);
}

/* Everything right but one SHA-256 in the index: only who compares it finds that. */
static void sha256_is_compared_when_asked_for(void **state)
{
	struct arc_pack_options options = { .threads = 1 };
	struct arc_pack_report report;
	struct arc_archive archive;
	struct ax_error err = { 0 };
	struct ax_buf frame = { 0 };
	struct arc_tree tree;
	struct place place;

	(void)state;
	place_enter(&place);
	run("mkdir old && echo text >old/a && echo more >old/b");
	int fd = open("a.tar.zst", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_ok(arc_tree_read(AT_FDCWD, AX_STR("old"), &tree, &err), &err);
	assert_ok(arc_pack(&tree, fd, "a.tar.zst", &options, &report, &err), &err);
	arc_tree_free(&tree);
	assert_ok(arc_open(AT_FDCWD, "a.tar.zst", &archive, &err), &err);
	assert_int_equal(count_bad(&archive, false), 0);
	assert_int_equal(count_bad(&archive, true), 0);
	archive.index.members[archive.index.n - 1].sha256.bytes[7] ^= 1;
	assert_ok(arc_index_append(&frame, &archive.index, &err), &err);
	off_t at = (off_t)archive.frames.at[archive.frames.n - 1];
	assert_int_equal(frame.len, archive.frames.at[archive.frames.n] - (uint64_t)at);
	assert_int_equal(pwrite(fd, frame.data, frame.len, at), frame.len);
	arc_close(&archive);
	assert_ok(arc_open(AT_FDCWD, "a.tar.zst", &archive, &err), &err);
	assert_true(archive.has_index);
	assert_int_equal(count_bad(&archive, false), 0);
	assert_int_equal(count_bad(&archive, true), 1);
	arc_close(&archive);
	ax_buf_free(&frame);
	close(fd);
	place_leave(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_leads_to_a_file_of_the_directory),
		cmocka_unit_test(every_run_of_many_extents_is_found_at_once),
		cmocka_unit_test(sha256_is_compared_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
