#include "tests/unit/unit.h"

#include "archive/extract.h"
#include "archive/open.h"
#include "archive/pack.h"
#include "archive/restore.h"
#include "archive/seek.h"
#include "archive/tree.h"
#include "archive/verify.h"
#include "tests/unit/archive/material.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Whatever happens to the bytes of an archive: nothing crashes, no file comes back with a wrong
 * byte, and where one frame is hit the members of the others come back.
 */

/*
 * A sample of all places, other ones in each stretch of bytes; all of them, which takes an hour
 * with sanitizers, where ARTIDX_TEST_ALL is set.
 */
enum { FLIP_STEP = 37, TENSOR_STEP = 397, CUT_STEP = 211 };

static size_t step_of(size_t sampled)
{
	return getenv("ARTIDX_TEST_ALL") ? 1 : sampled;
}

enum { TENSORS, COPY = 3, NOISE };
static const char *const names[] = { "old/a.safetensors", "old/b", "old/link",
	"old/y.safetensors", "old/z" };

struct original {
	char *bytes;
	size_t len;
};

static struct original slurp(const char *path)
{
	struct original file = { .len = 0 };
	FILE *stream = fopen(path, "rb");

	if (!stream)
		return file;
	fseek(stream, 0, SEEK_END);
	file.len = (size_t)ftell(stream);
	rewind(stream);
	file.bytes = calloc(1, file.len + 1);
	assert_non_null(file.bytes);
	assert_int_equal(fread(file.bytes, 1, file.len, stream), file.len);
	fclose(stream);
	return file;
}

static void make_small(void)
{
	static const char *const dtypes[] = { "BF16", "I32", "F32" };
	static unsigned char noise[2000];
	struct ax_error err;
	struct arc_tree tree;
	struct arc_pack_options options = { .threads = 1 };
	struct arc_pack_report report;

	run("mkdir old");
	write_tensors(names[TENSORS], dtypes, COUNT(dtypes), 24 * 1024);
	write_tensors(names[COPY], dtypes, COUNT(dtypes), 24 * 1024);
	run("truncate -s 64 old/b && ln old/b old/link");
	fill_noise(noise, sizeof(noise), 3);
	write_file(names[NOISE], noise, sizeof(noise));
	int fd = open("good.tar.zst", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_ok(arc_tree_read(AT_FDCWD, AX_STR("old"), &tree, &err), &err);
	assert_ok(arc_pack(&tree, fd, "good.tar.zst", &options, &report, &err), &err);
	assert_int_equal(report.planar, 1);
	assert_int_equal(report.copies, 1);
	arc_tree_free(&tree);
	close(fd);
}

static size_t count_bad(struct arc_archive *archive)
{
	struct ax_error err;
	struct arc_verify_options options = { .threads = 1 };
	struct arc_verify_report report;

	assert_ok(arc_verify(archive, &options, &report, &err), &err);
	size_t n = report.n_bad;
	arc_verify_report_free(&report);
	return n;
}

/* How many of the files came back; each has to be as it was. */
static size_t restore_and_compare(struct arc_archive *archive, const struct original *originals)
{
	struct ax_error err;
	struct arc_restore_report report;
	struct arc_restore_options options = { .threads = 1 };
	size_t n = 0;

	assert_int_equal(mkdir("back", 0700), 0);
	options.target = open("back", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = arc_restore(archive, &options, &report, &err);
	close(options.target);
	if (status == 0)
		arc_restore_report_free(&report);
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[64];
		snprintf(path, sizeof(path), "back/%s", names[i]);
		struct original found = slurp(path);
		if (!found.bytes)
			continue;
		n++;
		assert_int_equal(found.len, originals[i].len);
		assert_memory_equal(found.bytes, originals[i].bytes, found.len);
		free(found.bytes);
		unlink(path);
	}
	rmdir("back/old");
	assert_int_equal(rmdir("back"), 0); /* nothing else was left */
	return n;
}

struct outcome {
	size_t undetected, restores, restored;
};

static void try_bytes(const char *bytes, size_t len, const struct original *originals,
	struct outcome *outcome)
{
	struct ax_error err;
	struct arc_archive archive;

	write_file("bad.tar.zst", bytes, len);
	assert_ok(arc_open(AT_FDCWD, "bad.tar.zst", &archive, &err), &err);
	outcome->undetected += count_bad(&archive) == 0;
	outcome->restores++;
	outcome->restored += restore_and_compare(&archive, originals);
	arc_close(&archive);
}

static void enter(struct place *place, struct original *originals, struct original *good)
{
	place_enter(place);
	make_small();
	for (size_t i = 0; i < COUNT(names); i++)
		originals[i] = slurp(names[i]);
	*good = slurp("good.tar.zst");
}

static void leave(struct place *place, struct original *originals, struct original *good)
{
	for (size_t i = 0; i < COUNT(names); i++)
		free(originals[i].bytes);
	free(good->bytes);
	place_leave(place);
}

static void check_good(void **state)
{
	struct place place;
	struct original originals[COUNT(names)], good;
	struct outcome outcome = { .undetected = 0 };

	(void)state;
	enter(&place, originals, &good);
	try_bytes(good.bytes, good.len, originals, &outcome);
	assert_int_equal(outcome.undetected, 1);
	assert_int_equal(outcome.restored, COUNT(names));
	leave(&place, originals, &good);
}

/* The last row of the table of frames is that of the index, which has no content. */
static void check_table(void **state)
{
	struct place place;
	struct original originals[COUNT(names)], good;
	struct outcome outcome = { .undetected = 0 };

	(void)state;
	enter(&place, originals, &good);
	good.bytes[good.len - 13] ^= 1;
	try_bytes(good.bytes, good.len, originals, &outcome);
	assert_int_equal(outcome.undetected, 0);
	assert_int_equal(outcome.restored, COUNT(names));
	leave(&place, originals, &good);
}

static void check_flips(void **state)
{
	struct place place;
	struct original originals[COUNT(names)], good;
	struct outcome outcome = { .undetected = 0 };

	(void)state;
	enter(&place, originals, &good);
	for (size_t i = 0, n = 0; i < good.len; n++) {
		bool tensors = i > good.len / 4 && i < 3 * (good.len / 4);
		good.bytes[i] ^= (char)(1 << n % 8);
		try_bytes(good.bytes, good.len, originals, &outcome);
		good.bytes[i] ^= (char)(1 << n % 8);
		i += step_of(tensors ? TENSOR_STEP : FLIP_STEP);
	}
	/* Bits of a frame's head that mean nothing, in a handful of frames. */
	assert_in_range(outcome.undetected, 0, 40);
	assert_true(outcome.restored >= 3 * outcome.restores);
	leave(&place, originals, &good);
}

static void check_cuts(void **state)
{
	struct place place;
	struct original originals[COUNT(names)], good;
	struct outcome outcome = { .undetected = 0 };

	(void)state;
	enter(&place, originals, &good);
	for (size_t len = 0; len < good.len; len += step_of(CUT_STEP))
		try_bytes(good.bytes, len, originals, &outcome);
	try_bytes(good.bytes, good.len - 1, originals, &outcome);
	assert_int_equal(outcome.undetected, 0);
	leave(&place, originals, &good);
}

/* A frame of the tensors is hit: its member and the copy are named, and only these. */
static void check_one_member(void **state)
{
	struct place place;
	struct original originals[COUNT(names)], good;
	struct ax_error err;
	struct arc_archive archive;
	struct arc_verify_options options = { .threads = 2 };
	struct arc_verify_report report;

	(void)state;
	enter(&place, originals, &good);
	good.bytes[good.len / 2] ^= 1;
	write_file("bad.tar.zst", good.bytes, good.len);
	assert_ok(arc_open(AT_FDCWD, "bad.tar.zst", &archive, &err), &err);
	assert_true(archive.has_index);
	assert_ok(arc_verify(&archive, &options, &report, &err), &err);
	assert_int_equal(report.n_bad, 2);
	assert_str_equal(report.bad[0].path, ax_str_from(names[TENSORS]));
	assert_str_equal(report.bad[1].path, ax_str_from(names[COPY]));
	arc_verify_report_free(&report);
	assert_int_equal(restore_and_compare(&archive, originals), COUNT(names) - 2);
	arc_close(&archive);
	leave(&place, originals, &good);
}

static size_t count_header_remarks(const struct arc_verify_report *report, struct ax_str path)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n_bad; i++)
		n += ax_str_equal(report->bad[i].path, path) &&
		     ax_str_starts(report->bad[i].text, AX_STR("its tar header is damaged"));
	return n;
}

/* Frame by frame: of members that have no content those are named whose headers were hit. */
static void check_headers(void **state)
{
	struct place place;
	struct original originals[COUNT(names)], good;
	struct ax_error err;
	struct arc_archive archive;
	struct arc_verify_options options = { .threads = 2 };
	struct arc_verify_report report;
	size_t n_hit = 0;

	(void)state;
	enter(&place, originals, &good);
	write_file("bad.tar.zst", good.bytes, good.len);
	assert_ok(arc_open(AT_FDCWD, "bad.tar.zst", &archive, &err), &err);
	for (size_t i = 0; i + 1 < archive.frames.n; i++) {
		const uint64_t *at = archive.frames.at + i, *tar = archive.frames.tar + i;
		good.bytes[(at[0] + at[1]) / 2] ^= 1;
		write_file("bad.tar.zst", good.bytes, good.len);
		good.bytes[(at[0] + at[1]) / 2] ^= 1;
		assert_ok(arc_verify(&archive, &options, &report, &err), &err);
		for (size_t k = 0; k < archive.index.n; k++) {
			const struct arc_member *member = &archive.index.members[k];
			bool is_hit = member->header_at < tar[1] && member->data_at > tar[0];
			if (member->type == ARC_FILE)
				continue;
			assert_int_equal(count_header_remarks(&report, member->path), is_hit);
			n_hit += is_hit;
		}
		arc_verify_report_free(&report);
	}
	assert_true(n_hit >= 3); /* two directories, a link */
	arc_close(&archive);
	leave(&place, originals, &good);
}

/* A table with an empty row before each frame, no index, and a damaged frame: it comes to an end. */
static void check_empty_rows(void **state)
{
	struct place place;
	struct original originals[COUNT(names)], good;
	struct ax_error err;
	struct arc_archive archive;
	struct arc_frames rows = { .n = 0 };
	struct ax_buf bad = { 0 };

	(void)state;
	enter(&place, originals, &good);
	assert_ok(arc_open(AT_FDCWD, "good.tar.zst", &archive, &err), &err);
	const struct arc_frames *frames = &archive.frames;
	for (size_t i = 0; i < frames->n; i++) {
		assert_ok(arc_frames_add(&rows, 0, 0, &err), &err);
		assert_ok(arc_frames_add(&rows, frames->at[i + 1] - frames->at[i],
				  frames->tar[i + 1] - frames->tar[i], &err),
			&err);
	}
	ax_buf_append(&bad, good.bytes, (size_t)frames->at[frames->n]);
	bad.data[frames->at[frames->n] - 1] ^= 1;
	size_t hit =
		0; /* the frame in the middle: its first block, before anything came of it */
	while (frames->at[hit + 1] <= bad.len / 2)
		hit++;
	for (size_t i = 9; i < 13; i++)
		bad.data[frames->at[hit] + i] ^= -1;
	assert_ok(arc_frames_append_table(&rows, &bad, &err), &err);
	write_file("bad.tar.zst", bad.data, bad.len);
	arc_close(&archive);
	assert_ok(arc_open(AT_FDCWD, "bad.tar.zst", &archive, &err), &err);
	assert_false(archive.has_index);
	assert_int_equal(archive.frames.n, rows.n);
	assert_int_equal(count_bad(&archive), 2); /* the tensors, and their copy */
	assert_int_equal(restore_and_compare(&archive, originals), COUNT(names) - 2);
	arc_close(&archive);
	arc_frames_free(&rows);
	ax_buf_free(&bad);
	leave(&place, originals, &good);
}

/* What is temporary and cannot be cleared away is named; the next restore clears it away. */
static void check_leftover(void **state)
{
	struct place place;
	struct ax_error err;
	struct arc_extract *extract;

	(void)state;
	place_enter(&place);
	for (int i = 0; i < 2; i++) {
		int failed = i == 0 ? -1 : 0;
		assert_ok(arc_extract_begin(AT_FDCWD, AX_STR("x"), "x.tar.zst", &extract, &err),
			&err);
		if (failed)
			run("mv .artidx-tmp-x moved && touch .artidx-tmp-x");
		assert_int_equal(arc_extract_end(extract, &err), failed);
		if (failed) {
			assert_non_null(strstr(err.message, "x.tar.zst: "));
			assert_non_null(strstr(err.message, ".artidx-tmp-x"));
			run("rm .artidx-tmp-x && mv moved .artidx-tmp-x");
		}
	}
	assert_int_equal(access(".artidx-tmp-x", F_OK), -1);
	place_leave(&place);
}

/* Directories are numbered on their way out; a run that was killed at it may have used numbers. */
static void check_killed_while_clearing(void **state)
{
	struct place place;
	struct ax_error err;
	struct arc_extract *extract;

	(void)state;
	place_enter(&place);
	run("mkdir -p .artidx-tmp-x/a/b/c .artidx-tmp-x/1 .artidx-tmp-x/2/d/e .artidx-tmp-x/3");
	run("touch .artidx-tmp-x/a/b/f .artidx-tmp-x/1/f && chmod 0 .artidx-tmp-x/2/d");
	assert_ok(arc_extract_begin(AT_FDCWD, AX_STR("x"), "x.tar.zst", &extract, &err), &err);
	assert_int_equal(rmdir(".artidx-tmp-x"), 0); /* it is empty */
	assert_int_equal(mkdir(".artidx-tmp-x", 0700), 0);
	assert_ok(arc_extract_end(extract, &err), &err);
	place_leave(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_good),
		cmocka_unit_test(check_one_member),
		cmocka_unit_test(check_headers),
		cmocka_unit_test(check_table),
		cmocka_unit_test(check_empty_rows),
		cmocka_unit_test(check_flips),
		cmocka_unit_test(check_cuts),
		cmocka_unit_test(check_leftover),
		cmocka_unit_test(check_killed_while_clearing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
