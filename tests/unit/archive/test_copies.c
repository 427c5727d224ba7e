#include "tests/unit/unit.h"

#include "archive/open.h"
#include "archive/pack.h"
#include "archive/progress.h"
#include "archive/restore.h"
#include "archive/tree.h"
#include "archive/verify.h"
#include "base/buf.h"
#include "tests/unit/archive/material.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct arc_selection all = { .n = 0 };

enum { NOISE = 300 * 1000, N_COPIES = 9 };

/*
 * The directory "old": of most files there are two or three. What only looks equal: the same size,
 * the same size and all bytes but one, the same bytes and too small.
 */
static void make_old_twice(void)
{
	static unsigned char noise[NOISE];
	static const char *const dtypes[] = { "F32", "I64", "BF16" };

	run("mkdir -p old/sub old/z");
	fill_noise(noise, sizeof(noise), 1);
	write_tensors("old/a.safetensors", dtypes, COUNT(dtypes), 96 * 1024);
	write_file("old/noise", noise, sizeof(noise));
	write_file("old/s\nm\\all", noise, 5000);
	write_file("old/tiny", noise, 4095);
	noise[NOISE / 3] ^= 1;
	write_file("old/almost", noise, sizeof(noise));
	fill_noise(noise, 5000, 2);
	write_file("old/other", noise, 5000);
	run("truncate -s 8M old/holes && printf data | "
	    "dd of=old/holes bs=1 seek=2000000 conv=notrunc status=none");
	run("truncate -s 1M old/onehole && printf . >> old/onehole && truncate -s 2M "
	    "old/onehole");
	run("cd old && cp a.safetensors noise s?m* tiny onehole sub && cp a.safetensors noise "
	    "s?m* z && "
	    "cp --sparse=always holes sub/holes && cp --sparse=never holes z/dense && "
	    "ln sub/noise sub/second && ln z/noise z/third && ln -s a.safetensors soft");
	run("cd old && chmod 400 sub/noise && chmod 640 z/a.safetensors && "
	    "touch -d '1969-01-02T03:04:05.678Z' sub/a.safetensors && "
	    "touch -d '2020-01-02T03:04:05.678901234Z' z/noise sub/holes");
}

static void pack(const char *name, const struct arc_pack_options *options,
	struct arc_pack_report *report)
{
	struct ax_error err;
	struct arc_tree tree;
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_ok(arc_tree_read(AT_FDCWD, AX_STR("old"), &tree, &err), &err);
	assert_ok(arc_pack(&tree, fd, name, options, report, &err), &err);
	arc_tree_free(&tree);
	close(fd);
}

/* In a fresh place: the tree and its archive a.tar.zst. */
static void enter(struct place *place)
{
	struct arc_pack_options options = { .threads = 3 };
	struct arc_pack_report report;

	place_enter(place);
	make_old_twice();
	pack("a.tar.zst", &options, &report);
	assert_int_equal(report.copies, N_COPIES);
	assert_int_equal(report.planar, 1);
}

static void restore(const char *name, const char *where, const struct arc_selection *selection,
	struct arc_restore_report *report, struct arc_progress *progress)
{
	struct ax_error err;
	struct arc_archive archive;
	struct arc_restore_options options = { .selection = *selection, .progress = progress };

	assert_int_equal(mkdir(where, 0700), 0);
	options.target = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(options.target >= 0);
	assert_ok(arc_open(AT_FDCWD, name, &archive, &err), &err);
	assert_ok(arc_restore(&archive, &options, report, &err), &err);
	arc_close(&archive);
	close(options.target);
}

static void expect_same(const char *where)
{
	char command[400];

	snprintf(command, sizeof(command),
		"for d in . %s; do (cd $d && find old -printf '%%P %%y %%m %%T@ %%s %%l "
		"%%n\\n' | "
		"LC_ALL=C sort) > list.$(basename $d); done; cmp list.. list.%s && "
		"diff -r --no-dereference old %s/old",
		where, where, where);
	run(command);
}

static void check_round_trip(void **state)
{
	struct place place;
	struct arc_restore_report report;

	(void)state;
	enter(&place);
	restore("a.tar.zst", "back", &all, &report, NULL);
	assert_int_equal(report.n_bad, 0);
	arc_restore_report_free(&report);
	expect_same("back");

	/* Without an index MANIFEST tells which links are copies. */
	run("head -c -1 a.tar.zst > b.tar.zst");
	restore("b.tar.zst", "again", &all, &report, NULL);
	assert_int_equal(report.n_bad, 1);
	assert_str(report.bad[0].path, "");
	assert_int_equal(report.n_notes, 0);
	arc_restore_report_free(&report);
	expect_same("again");
	place_leave(&place);
}

static void check_same_bytes(void **state)
{
	struct place place;
	struct arc_pack_options one = { .threads = 1 }, many = { .threads = 5 };
	struct arc_pack_report report;

	(void)state;
	enter(&place);
	pack("b.tar.zst", &one, &report);
	pack("c.tar.zst", &many, &report);
	run("cmp a.tar.zst b.tar.zst && cmp b.tar.zst c.tar.zst");
	place_leave(&place);
}

/* Each content is in the tar once. */
static void check_size(void **state)
{
	struct place place;
	struct stat st;

	(void)state;
	enter(&place);
	assert_int_equal(stat("a.tar.zst", &st), 0);
	assert_in_range(st.st_size, 2 * NOISE, 2 * NOISE + 3 * 96 * 1024 + 40 * 1000);
	place_leave(&place);
}

static void by_hand(const char *decode)
{
	char command[512];

	run("rm -rf hand && mkdir hand && tar --zstd -C hand -xf a.tar.zst");
	run("test hand/old/noise -ef hand/old/z/noise");
	snprintf(command, sizeof(command),
		"cd hand && %s && sha256sum --quiet -c old.artidx/MANIFEST && "
		"find old -name '*.planar' -exec sh -c 'touch -r \"$1\" \"${1%%.planar}\"; "
		"rm \"$1\"' - {} \\; && diff -r --no-dereference ../old old",
		decode);
	run(command);
}

static void check_plain_tools(void **state)
{
	struct place place;
	struct arc_pack_options plain = { .plain = true };
	struct arc_pack_report report;

	(void)state;
	enter(&place);
	by_hand("cc -o unplanar old.artidx/unplanar.c && "
		"find old -name '*.planar' -exec ./unplanar {} +");
	by_hand("find old -name '*.planar' -exec perl old.artidx/unplanar.pl {} +");
	run("test $(grep -c ' copy of old/' hand/old.artidx/MANIFEST) = 9");
	pack("a.tar.zst", &plain, &report);
	assert_int_equal(report.copies, N_COPIES);
	by_hand("test old/a.safetensors -ef old/z/a.safetensors");
	place_leave(&place);
}

/* Of the tar only what is stored for it is read; nothing else is made. */
static void check_alone(void **state)
{
	static const struct ax_str paths[] = { AX_STR_INIT("old/z/a.safetensors") };
	static const struct arc_selection one = { .paths = paths, .n = 1 };
	struct place place;
	struct stat st;
	struct arc_restore_report report;
	struct arc_progress progress = { .done = 0 };

	(void)state;
	enter(&place);
	assert_int_equal(stat("old/a.safetensors", &st), 0);
	restore("a.tar.zst", "back", &one, &report, &progress);
	assert_int_equal(report.sum.files, 1);
	assert_int_equal(report.sum.bytes, st.st_size);
	assert_int_equal(progress.total, st.st_size);
	arc_restore_report_free(&report);
	run("head -c -1 a.tar.zst > b.tar.zst");
	restore("b.tar.zst", "again", &one, &report, NULL);
	assert_int_equal(report.sum.files, 1);
	arc_restore_report_free(&report);
	run("for d in back again; do cmp old/a.safetensors $d/old/z/a.safetensors && "
	    "test $(find $d | wc -l) = 4 && test $(stat -c %a $d/old/z/a.safetensors) = 640 && "
	    "test $(stat -c %h $d/old/z/a.safetensors) = 1 || exit 1; done");
	place_leave(&place);
}

/* The byte in the middle of the content of a member, in the file name: turned over. */
static uint64_t hit(const char *name, const char *path)
{
	struct ax_error err;
	struct arc_archive archive;
	unsigned char byte = 0;

	assert_ok(arc_open(AT_FDCWD, "a.tar.zst", &archive, &err), &err);
	const struct arc_member *member = arc_index_find(&archive.index, ax_str_from(path));
	size_t frame = arc_frames_find(&archive.frames, member->data_at + member->stored / 2);
	uint64_t at = (archive.frames.at[frame] + archive.frames.at[frame + 1]) / 2;
	uint64_t end =
		archive.frames
			.at[arc_frames_find(&archive.frames, member->data_at + member->stored) +
				1];
	arc_close(&archive);
	int fd = open(name, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
	return end;
}

static void expect_bad(const char *name, const char *const *paths, size_t n)
{
	struct ax_error err;
	struct arc_archive archive;
	struct arc_verify_options options = { .threads = 2 };
	struct arc_verify_report report;

	assert_ok(arc_open(AT_FDCWD, name, &archive, &err), &err);
	assert_ok(arc_verify(&archive, &options, &report, &err), &err);
	assert_int_equal(report.n_bad, n);
	for (size_t i = 0; i < n; i++)
		assert_str_equal(report.bad[i].path, ax_str_from(paths[i]));
	arc_verify_report_free(&report);
	arc_close(&archive);
}

/* What is damaged is damaged for its copies too, and for other names of these. */
static void check_damaged(void **state)
{
	static const char *const bad[] = { "old/noise", "old/sub/noise", "old/z/noise" };
	struct place place;
	struct arc_restore_report report;

	(void)state;
	enter(&place);
	run("cp a.tar.zst bad.tar.zst");
	hit("bad.tar.zst", "old/noise");
	expect_bad("bad.tar.zst", bad, COUNT(bad));
	restore("bad.tar.zst", "back", &all, &report, NULL);
	assert_int_equal(report.n_bad, COUNT(bad));
	arc_restore_report_free(&report);
	run("head -c -1 bad.tar.zst > cut.tar.zst");
	restore("cut.tar.zst", "again", &all, &report, NULL);
	arc_restore_report_free(&report);
	run("for d in back again; do diff -r --no-dereference old $d/old | grep -v '^Only in "
	    "old'; "
	    "test $(diff -rq --no-dereference old $d/old | wc -l) = 5 || exit 1; done");
	place_leave(&place);
}

/* Cut behind the first file, before the tar header of its copy: that is enough. */
static void check_cut(void **state)
{
	struct place place;
	struct arc_restore_report report;
	char command[100];

	(void)state;
	enter(&place);
	run("cp a.tar.zst whole.tar.zst");
	uint64_t end = hit("whole.tar.zst", "old/noise");
	snprintf(command, sizeof(command), "head -c %llu a.tar.zst > cut.tar.zst",
		(unsigned long long)end);
	run(command);
	restore("cut.tar.zst", "back", &all, &report, NULL);
	bool noted = false;
	for (size_t i = 0; i < report.n_notes; i++)
		noted |= ax_str_equal(report.notes[i].path, AX_STR("old/z/noise"));
	assert_true(noted);
	arc_restore_report_free(&report);
	run("cmp old/noise back/old/z/noise && cmp old/a.safetensors back/old/z/a.safetensors "
	    "&& "
	    "test ! back/old/noise -ef back/old/z/noise && "
	    "test \"$(stat -c %y old/z/noise)\" = \"$(stat -c %y back/old/z/noise)\" && "
	    "test ! -e back/old/z/third");
	place_leave(&place);
}

static int verify_source(struct arc_verify_report *report, struct ax_error *err)
{
	struct arc_archive archive;
	struct arc_tree tree;

	assert_ok(arc_open(AT_FDCWD, "a.tar.zst", &archive, err), err);
	assert_ok(arc_tree_read(AT_FDCWD, AX_STR("old"), &tree, err), err);
	struct arc_verify_options options = { .source = &tree };
	int status = arc_verify(&archive, &options, report, err);
	arc_tree_free(&tree);
	arc_close(&archive);
	return status;
}

/* An index that has a hole in a copy where its content has bytes: the copy is bad, and only it. */
static void check_false_holes(void **state)
{
	static const struct arc_extent only = { .offset = 100, .length = 10 };
	struct arc_pack_options pack = { .threads = 1 };
	struct arc_restore_options options = { .threads = 1 };
	struct arc_restore_report report;
	struct arc_pack_report packed;
	static unsigned char noise[10000];
	struct arc_archive archive;
	struct arc_tree tree;
	struct place place;
	struct ax_error err;

	(void)state;
	place_enter(&place);
	run("mkdir old back");
	fill_noise(noise, sizeof(noise), 5);
	write_file("old/a", noise, sizeof(noise));
	write_file("old/b", noise, sizeof(noise));
	int fd = open("a.tar.zst", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_ok(arc_tree_read(AT_FDCWD, AX_STR("old"), &tree, &err), &err);
	assert_ok(arc_pack(&tree, fd, "a.tar.zst", &pack, &packed, &err), &err);
	assert_int_equal(packed.copies, 1);
	arc_tree_free(&tree);
	close(fd);
	assert_ok(arc_open(AT_FDCWD, "a.tar.zst", &archive, &err), &err);
	struct arc_member *copy = &archive.index.members[archive.index.n - 1];
	assert_true(copy->flags & ARC_COPY);
	copy->flags |= ARC_SPARSE;
	copy->extents = &only;
	copy->n_extents = 1;
	options.target = open("back", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(arc_restore(&archive, &options, &report, &err), &err);
	close(options.target);
	assert_int_equal(report.n_bad, 1);
	assert_str_equal(report.bad[0].path, AX_STR("old/b"));
	arc_restore_report_free(&report);
	arc_close(&archive);
	run("cmp old/a back/old/a && [ ! -e back/old/b ]");
	place_leave(&place);
}

/* The originals are compared each for itself, holes too. */
static void check_against_source(void **state)
{
	struct place place;
	struct ax_error err;
	struct arc_verify_report report;

	(void)state;
	enter(&place);
	assert_ok(verify_source(&report, &err), &err);
	assert_int_equal(report.n_bad, 0);
	assert_int_equal(report.sum.files, 21); /* three are links */
	arc_verify_report_free(&report);
	run("cp -p old/z/a.safetensors keep && printf X | dd of=old/z/a.safetensors bs=1 "
	    "seek=200000 conv=notrunc status=none && touch -r keep old/z/a.safetensors");
	assert_ok(verify_source(&report, &err), &err);
	assert_int_equal(report.n_bad, 1);
	assert_str(report.bad[0].path, "old/z/a.safetensors");
	arc_verify_report_free(&report);
	run("cp -p keep old/z/a.safetensors && cp -p --sparse=never old/z/dense keep && printf "
	    "X | "
	    "dd of=old/z/dense bs=1 seek=5000000 conv=notrunc status=none && "
	    "touch -r keep old/z/dense");
	assert_int_equal(verify_source(&report, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_non_null(strstr(err.message, "old/z/dense"));
	place_leave(&place);
}

/* ---- indexes as nobody but an enemy writes them */

static struct arc_member file(const char *path, uint64_t at, unsigned flags)
{
	return (struct arc_member){ .path = ax_str_from(path),
		.type = ARC_FILE,
		.flags = flags,
		.header_at = at,
		.data_at = at + 512,
		.size = 100,
		.stored = flags & ARC_COPY ? 0 : 100 };
}

/* Whether an index is taken in which old/c is a copy of target, with these flags. */
static bool is_taken(const char *target, unsigned flags)
{
	struct arc_member members[] = {
		file("old.artidx", 0, ARC_ABOUT),
		file("old.artidx/README", 1024, ARC_ABOUT),
		file("old", 2048, 0),
		file("old/a", 4096, ARC_SAFETENSORS),
		file("old/b", 6144, ARC_COPY | ARC_SAFETENSORS),
		file("old/c", 8192, flags),
		file("old/d", 10240, 0),
		file("old/e", 12288, 0),
	};
	struct arc_index index = { .n_about = 2, .n = COUNT(members), .members = members };
	struct ax_arena arena = { 0 };
	struct ax_buf buf = { 0 };
	struct ax_error err;

	members[0].type = members[2].type = ARC_DIR;
	members[0].stored = members[2].stored = 0;
	members[4].target = AX_STR("old/a");
	members[5].target = ax_str_from(target);
	members[7].type = ARC_HARD_LINK;
	members[7].target = AX_STR("old/b");
	assert_ok(arc_index_append(&buf, &index, &err), &err);
	int status = arc_index_parse(ax_buf_str(&buf), 1 << 20, &arena, &index, &err);
	if (status < 0)
		assert_int_equal(err.code, AX_ECORRUPT);
	else
		assert_int_equal(index.members[5].size, 100);
	ax_buf_free(&buf);
	ax_arena_free(&arena);
	return status == 0;
}

static void check_index(void **state)
{
	const unsigned copy = ARC_COPY | ARC_SAFETENSORS;

	(void)state;
	assert_true(is_taken("old/a", copy));
	assert_true(is_taken("old/a", copy | ARC_SPARSE)); /* with a hole of its own */
	assert_false(is_taken("old/c", copy));             /* itself */
	assert_false(is_taken("old/d", ARC_COPY));         /* a later one */
	assert_false(is_taken("old", ARC_COPY));           /* a directory */
	assert_false(is_taken("old/b", copy));             /* another copy */
	assert_false(is_taken("old.artidx/README", ARC_COPY));
	assert_false(is_taken("old/a", ARC_COPY)); /* not what that one is */
	assert_false(is_taken("old/a", copy | ARC_PLANAR));
	assert_false(is_taken("old/a", copy | ARC_ABOUT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_round_trip),
		cmocka_unit_test(check_same_bytes),
		cmocka_unit_test(check_size),
		cmocka_unit_test(check_plain_tools),
		cmocka_unit_test(check_alone),
		cmocka_unit_test(check_damaged),
		cmocka_unit_test(check_cut),
		cmocka_unit_test(check_false_holes),
		cmocka_unit_test(check_against_source),
		cmocka_unit_test(check_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
