#include "tests/unit/unit.h"

#include "archive/open.h"
#include "archive/seek.h"
#include "archive/writer.h"
#include "base/file.h"
#include "tests/unit/archive/material.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 9 * 1024 * 1024 + 777 }; /* two blocks of the writer, and no multiple of a page */

static void write_in_pieces(int fd, const unsigned char *bytes, size_t size, size_t piece)
{
	struct ax_error err = { 0 };
	struct arc_writer *writer = NULL;

	assert_ok(arc_writer_new(fd, "file", &writer, &err), &err);
	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;
		assert_ok(arc_writer_append(writer, ax_str((const char *)bytes + at, n), &err),
			&err);
	}
	assert_ok(arc_writer_finish(writer, &err), &err);
	arc_writer_free(writer);
}

static void assert_file(const char *path, const unsigned char *bytes, size_t size)
{
	struct ax_buf found = { 0 };
	struct ax_error err = { 0 };

	assert_ok(ax_file_read(AT_FDCWD, path, size + 1, &found, &err), &err);
	assert_int_equal(found.len, size);
	if (size)
		assert_memory_equal(found.data, bytes, size);
	ax_buf_free(&found);
}

/* In pieces of any size; afterwards the file is as any other. */
static void check_pieces(void)
{
	static const size_t sizes[] = { 0, 1, 4096, 4 * 1024 * 1024, SIZE };
	static const size_t pieces[] = { 65536 + 13, SIZE };
	unsigned char *bytes = malloc(SIZE);

	assert_non_null(bytes);
	fill_noise(bytes, SIZE, 7);
	for (size_t i = 0; i < COUNT(sizes) * COUNT(pieces); i++) {
		int fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		write_in_pieces(fd, bytes, sizes[i / 2], pieces[i % 2]);
		assert_false(fcntl(fd, F_GETFL) & O_DIRECT);
		assert_file("file", bytes, sizes[i / 2]);
		assert_int_equal(pwrite(fd, "x", 1, 3), 1);
		close(fd);
	}
	free(bytes);
}

/* A file of two "frames", read as arc_fetch_frames() reads them: past the cache, if that can be. */
static void check_fetch(void)
{
	static const uint64_t ends[] = { 5000, SIZE };
	struct arc_archive archive = { .path = "file", .size = SIZE };
	struct arc_pages pages = { .capacity = 0 };
	unsigned char *bytes = malloc(SIZE);
	struct ax_error err = { 0 };
	struct ax_str frame;

	assert_non_null(bytes);
	fill_noise(bytes, SIZE, 8);
	write_file("file", bytes, SIZE);
	archive.fd = open("file", O_RDONLY | O_CLOEXEC);
	ax_file_set_direct(archive.fd, true);
	for (size_t i = 0; i < COUNT(ends); i++)
		assert_ok(arc_frames_add(&archive.frames, ends[i] - (i ? ends[i - 1] : 0), 1,
				  &err),
			&err);
	assert_ok(arc_fetch_frames(&archive, 1, 1, &pages, &frame, &err), &err);
	assert_int_equal(frame.len, SIZE - 5000);
	assert_memory_equal(frame.ptr, bytes + 5000, frame.len);
	assert_ok(arc_fetch_frames(&archive, 0, 1, &pages, &frame, &err), &err);
	assert_int_equal(frame.len, SIZE);
	assert_memory_equal(frame.ptr, bytes, frame.len);
	/* Cut off meanwhile. */
	assert_int_equal(truncate("file", SIZE - 1), 0);
	assert_int_equal(arc_fetch_frames(&archive, 1, 1, &pages, &frame, &err), -1);
	assert_int_equal(err.code, AX_ECORRUPT);
	arc_pages_free(&pages);
	arc_frames_free(&archive.frames);
	close(archive.fd);
	free(bytes);
}

static void writes_and_reads_where_it_is(void **state)
{
	struct place place;

	(void)state;
	place_enter(&place);
	check_pieces();
	check_fetch();
	place_leave(&place);
}

/* tmpfs cannot do without the cache (and says so when the flag is set, or lets it pass). */
static void writes_and_reads_on_tmpfs(void **state)
{
	struct place place;

	(void)state;
	place_enter(&place);
	if (mount("none", place.path, "tmpfs", 0, "size=64m") < 0) {
		place_leave(&place);
		skip();
	}
	assert_int_equal(chdir(place.path), 0);
	check_pieces();
	check_fetch();
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(umount(place.path), 0);
	place_leave(&place);
}

/* A full disk is an error of append() or finish(), never a short file that passes. */
static void a_full_disk_is_told(void **state)
{
	struct place place;
	struct ax_error err = { 0 };
	struct arc_writer *writer = NULL;
	unsigned char *bytes = calloc(1, SIZE);

	(void)state;
	assert_non_null(bytes);
	place_enter(&place);
	int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(arc_writer_new(fd, "file", &writer, &err), &err);
	assert_int_equal(arc_writer_append(writer, ax_str((const char *)bytes, SIZE), &err),
		-1);
	assert_int_equal(err.code, ENOSPC);
	assert_non_null(strstr(err.message, "file"));
	arc_writer_free(writer);
	assert_ok(arc_writer_new(fd, "file", &writer, &err), &err);
	assert_ok(arc_writer_append(writer, AX_STR("few"), &err), &err);
	assert_int_equal(arc_writer_finish(writer, &err), -1);
	assert_int_equal(err.code, ENOSPC);
	arc_writer_free(writer);
	close(fd);
	free(bytes);
	place_leave(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_reads_where_it_is),
		cmocka_unit_test(writes_and_reads_on_tmpfs),
		cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
