#include "catalogued.h"

#include "indexer/archives.h"
#include "indexer/catalog_internal.h"
#include "indexer/examine.h"
#include "indexer/update.h"

static struct idx_archives_update *start(void)
{
	struct idx_archives_update *update = NULL;
	struct ax_error err = { 0 };

	assert_ok(idx_archives_begin(catalog, &update, &err), &err);
	return update;
}

static void commit(struct idx_archives_update *update)
{
	struct ax_error err = { 0 };

	assert_ok(idx_archives_commit(update, base, &err), &err);
}

static struct idx_snapshot *look(void)
{
	struct idx_snapshot *snapshot = NULL;
	struct ax_error err = { 0 };

	assert_ok(idx_snapshot_begin(catalog, &snapshot, &err), &err);
	return snapshot;
}

/* An archive of two files, a of size bytes, and sub/b. */
static void add(struct idx_archives_update *update, const char *name, uint64_t size,
	ax_nanoseconds mtime)
{
	struct idx_archive archive = {
		.path = ax_str_from(name),
		.base = AX_STR("out"),
		.dev = 1,
		.ino = 7,
		.size = 1000,
		.mtime = mtime,
	};
	struct idx_finding finding = { .class_name = AX_STR("pool"), .why = AX_STR("a test") };
	struct idx_archived_file file = { AX_STR("out/old"), AX_STR("a"), IDX_REGULAR, size, 5,
		&finding };
	struct ax_error err = { 0 };

	assert_ok(idx_archives_add(update, &archive, &err), &err);
	assert_ok(idx_archives_add_file(update, &file, &err), &err);
	file.dir = AX_STR("out/old/sub");
	file.name = AX_STR("b");
	file.size = 1;
	assert_ok(idx_archives_add_file(update, &file, &err), &err);
	assert_ok(idx_archives_end(update, &err), &err);
}

/* Where the file is found, and how large; "" : nowhere. */
static struct ax_str where(struct idx_snapshot *snapshot, const char *name, uint64_t *size)
{
	struct idx_entry entry;
	struct ax_error err = { 0 };
	int found = idx_snapshot_find_anywhere(snapshot, ax_str_from(name), &entry, &err);

	assert_true(found >= 0);
	*size = found ? entry.size : 0;
	return found ? entry.archive : AX_STR("");
}

static uint64_t count_files(struct idx_snapshot *snapshot, bool archived)
{
	struct idx_filter filter = { .archived = archived };
	struct idx_files *files = NULL;
	struct idx_entry entry;
	struct ax_error err = { 0 };
	uint64_t n = 0;
	int more;

	assert_ok(idx_files_open(snapshot, &filter, &files, &err), &err);
	while ((more = idx_files_next(files, &entry, &err)) > 0)
		n++;
	assert_int_equal(more, 0);
	idx_files_close(files);
	return n;
}

static void archived_files_are_found(void **state)
{
	struct idx_archives_update *update = start();
	struct ax_error err = { 0 };
	struct idx_entry entry;
	uint64_t size;

	(void)state;
	add(update, "out/old.tar.zst", 10, 1);
	commit(update);
	struct idx_snapshot *snapshot = look();
	assert_int_equal(idx_snapshot_archive_count(snapshot), 1);
	const struct idx_archive *archive =
		idx_snapshot_archive_at(snapshot, AX_STR("out/old.tar.zst"));
	assert_non_null(archive);
	assert_ptr_equal(archive, idx_snapshot_archive(snapshot, 0));
	assert_str(archive->base, "out");
	assert_int_equal(archive->files, 2);
	assert_int_equal(archive->bytes, 11);
	assert_int_equal(archive->ino, 7);
	assert_int_equal(archive->problem.len, 0);
	assert_null(idx_snapshot_archive_at(snapshot, AX_STR("out/other.tar.zst")));
	assert_str(where(snapshot, "out/old/sub/b", &size), "out/old.tar.zst");
	assert_int_equal(size, 1);
	assert_int_equal(where(snapshot, "out/old/c", &size).len, 0);
	/* Not on the disk: who does not ask for archived files gets none. */
	assert_int_equal(idx_snapshot_find(snapshot, AX_STR("out/old/a"), &entry, &err), 0);
	assert_int_equal(count_files(snapshot, false), 0);
	assert_int_equal(count_files(snapshot, true), 2);
	idx_snapshot_end(snapshot);
}

static void an_archive_takes_the_place_of_its_former_state(void **state)
{
	struct idx_archives_update *update = start();
	uint64_t size;

	(void)state;
	add(update, "out/old.tar.zst", 10, 1);
	commit(update);
	update = start();
	add(update, "out/old.tar.zst", 20, 2);
	idx_archives_abort(update);
	struct idx_snapshot *snapshot = look();
	where(snapshot, "out/old/a", &size);
	assert_int_equal(size, 10);
	idx_snapshot_end(snapshot);

	update = start();
	add(update, "out/old.tar.zst", 20, 2);
	commit(update);
	snapshot = look();
	assert_int_equal(idx_snapshot_archive_count(snapshot), 1);
	assert_int_equal(count_files(snapshot, true), 2);
	where(snapshot, "out/old/a", &size);
	assert_int_equal(size, 20);
	idx_snapshot_end(snapshot);
}

/* Of two archives with the same paths the newer one counts, in whatever order they are added. */
static void the_newest_archive_counts(void **state)
{
	struct idx_archives_update *update = start();
	uint64_t size;

	(void)state;
	add(update, "out/new.tar.zst", 30, 9);
	add(update, "out/old.tar.zst", 10, 1);
	commit(update);
	struct idx_snapshot *snapshot = look();
	assert_str(where(snapshot, "out/old/a", &size), "out/new.tar.zst");
	assert_int_equal(size, 30);
	idx_snapshot_end(snapshot);
}

static void what_is_forgotten_is_gone(void **state)
{
	struct idx_archives_update *update = start();
	struct ax_error err = { 0 };
	uint64_t size;

	(void)state;
	add(update, "out/new.tar.zst", 30, 9);
	add(update, "out/old.tar.zst", 10, 1);
	commit(update);
	update = start();
	assert_ok(idx_archives_forget(update, AX_STR("out/new.tar.zst"), &err), &err);
	assert_ok(idx_archives_forget(update, AX_STR("out/none.tar.zst"), &err), &err);
	commit(update);
	struct idx_snapshot *snapshot = look();
	assert_int_equal(idx_snapshot_archive_count(snapshot), 1);
	assert_str(where(snapshot, "out/old/a", &size), "out/old.tar.zst");
	assert_int_equal(size, 10);
	idx_snapshot_end(snapshot);
}

static void what_is_wrong_is_kept(void **state)
{
	struct idx_archives_update *update = start();
	struct idx_archive damaged = { .path = AX_STR("out/cut.tar.zst"),
		.problem = AX_STR("cut off") };
	struct ax_error err = { 0 };

	(void)state;
	assert_ok(idx_archives_add(update, &damaged, &err), &err);
	commit(update);
	struct idx_snapshot *snapshot = look();
	const struct idx_archive *found =
		idx_snapshot_archive_at(snapshot, AX_STR("out/cut.tar.zst"));
	assert_non_null(found);
	assert_str(found->problem, "cut off");
	assert_int_equal(found->files, 0);
	idx_snapshot_end(snapshot);
}

int main(void)
{
#define ARCHIVES_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		ARCHIVES_TEST(archived_files_are_found),
		ARCHIVES_TEST(an_archive_takes_the_place_of_its_former_state),
		ARCHIVES_TEST(the_newest_archive_counts),
		ARCHIVES_TEST(what_is_forgotten_is_gone),
		ARCHIVES_TEST(what_is_wrong_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
