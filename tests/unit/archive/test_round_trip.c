#include "tests/unit/unit.h"

#include "archive/open.h"
#include "archive/pack.h"
#include "archive/restore.h"
#include "archive/tree.h"
#include "archive/verify.h"
#include "tests/unit/archive/material.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void list(const char *where, const char *out)
{
	char command[256];

	snprintf(command, sizeof(command),
		"(cd %s && find old -printf '%%P %%y %%m %%T@ %%s %%l %%n %%U %%G\\n' | "
		"LC_ALL=C sort) > %s",
		where, out);
	run(command);
}

static void expect_same_trees(const char *where)
{
	char command[256];

	list(".", "expected");
	list(where, "found");
	run("cmp expected found");
	snprintf(command, sizeof(command), "diff -r --no-dereference old %s/old", where);
	run(command);
}

static void restore(const char *name, const char *where, const struct arc_selection *selection,
	struct arc_restore_report *report)
{
	struct ax_error err;
	struct arc_archive archive;
	struct arc_restore_options options = { .selection = *selection };

	options.target = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(options.target >= 0);
	assert_ok(arc_open(AT_FDCWD, name, &archive, &err), &err);
	assert_ok(arc_restore(&archive, &options, report, &err), &err);
	arc_close(&archive);
	close(options.target);
}

static void check_round_trip(void **state)
{
	static const struct arc_selection all = { .n = 0 };
	struct place place;
	struct arc_pack_options options = { .threads = 3 };
	struct arc_pack_report report;
	struct arc_restore_report restored;

	(void)state;
	place_enter(&place);
	make_old();
	pack("a.tar.zst", &options, &report);
	assert_int_equal(report.planar, 3);
	run("mkdir back");
	restore("a.tar.zst", "back", &all, &restored);
	assert_int_equal(restored.n_bad, 0);
	assert_int_equal(restored.present, 0);
	assert_int_equal(restored.members, report.members);
	arc_restore_report_free(&restored);
	expect_same_trees("back");
	run("test \"$(ls -A back)\" = old");
	run("test $(stat -c %b back/old/holes) -lt 100 && test $(stat -c %b back/old/onehole) "
	    "= 0");

	/* Once more: everything is there already. */
	restore("a.tar.zst", "back", &all, &restored);
	assert_int_equal(restored.members, 0);
	assert_true(restored.present > 100);
	arc_restore_report_free(&restored);

	/* Without its index it is read from start to end, and gives the same. */
	run("head -c -1 a.tar.zst > b.tar.zst && mkdir again");
	restore("b.tar.zst", "again", &all, &restored);
	assert_int_equal(restored.n_bad, 1);
	assert_str(restored.bad[0].path, "");
	arc_restore_report_free(&restored);
	expect_same_trees("again");
	place_leave(&place);
}

static void check_same_bytes(void **state)
{
	struct place place;
	struct arc_pack_options one = { .threads = 1 }, many = { .threads = 5 };
	struct arc_pack_report report;

	(void)state;
	place_enter(&place);
	make_old();
	pack("a.tar.zst", &one, &report);
	pack("b.tar.zst", &many, &report);
	run("cmp a.tar.zst b.tar.zst");
	place_leave(&place);
}

static void check_members(void **state)
{
	static const struct ax_str paths[] = { AX_STR_INIT("old/zlink.safetensors"),
		AX_STR_INIT("old/sub/f7") };
	static const struct arc_selection some = { .paths = paths, .n = COUNT(paths) };
	struct place place;
	struct arc_pack_options options = { .threads = 2 };
	struct arc_pack_report report;
	struct arc_restore_report restored;

	(void)state;
	place_enter(&place);
	make_old();
	pack("a.tar.zst", &options, &report);
	run("mkdir back");
	restore("a.tar.zst", "back", &some, &restored);
	assert_int_equal(restored.sum.files, 2);
	arc_restore_report_free(&restored);
	run("test $(find back -type f | wc -l) = 2");
	run("cmp old/zlink.safetensors back/old/zlink.safetensors && cmp old/sub/f7 "
	    "back/old/sub/f7");
	run("test \"$(stat -c %y old/sub)\" = \"$(stat -c %y back/old/sub)\"");
	place_leave(&place);
}

static void check_never_over(void **state)
{
	static const struct arc_selection all = { .n = 0 };
	struct place place;
	struct ax_error err;
	struct arc_archive archive;
	struct arc_pack_options options = { .threads = 2 };
	struct arc_pack_report report;
	struct arc_restore_report restored;
	struct arc_restore_options to = { .selection = all };

	(void)state;
	place_enter(&place);
	make_old();
	pack("a.tar.zst", &options, &report);
	run("mkdir -p back/old/sub && echo mine > back/old/sub/f7 && find back > before");
	to.target = open("back", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(arc_open(AT_FDCWD, "a.tar.zst", &archive, &err), &err);
	assert_int_equal(arc_restore(&archive, &to, &restored, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_non_null(strstr(err.message, "old/sub/f7"));
	run("find back | cmp - before && test \"$(cat back/old/sub/f7)\" = mine");
	close(to.target);
	arc_close(&archive);
	place_leave(&place);
}

static void check_by_hand(const char *how)
{
	char command[512];

	run("rm -rf hand && mkdir hand && tar --zstd -C hand -xf a.tar.zst 2>/dev/null");
	snprintf(command, sizeof(command),
		"cd hand && %s && sha256sum --quiet -c old.artidx/MANIFEST && "
		"find old -name '*.planar' -exec sh -c 'touch -r \"$1\" \"${1%%.planar}\"; "
		"rm \"$1\"' - {} \\; && diff -r --no-dereference ../old old",
		how);
	run(command);
}

static void check_plain_tools(void **state)
{
	struct place place;
	struct arc_pack_options options = { .threads = 2 };
	struct arc_pack_report report;

	(void)state;
	place_enter(&place);
	make_old();
	pack("a.tar.zst", &options, &report);
	run("zstd -q -t a.tar.zst");
	check_by_hand("cc -std=c99 -Wall -Wextra -Werror -o unplanar old.artidx/unplanar.c && "
		      "find old -name '*.planar' -exec ./unplanar {} +");
	check_by_hand("find old -name '*.planar' -exec perl old.artidx/unplanar.pl {} +");
	options.plain = true;
	pack("a.tar.zst", &options, &report);
	assert_int_equal(report.planar, 0);
	check_by_hand("! ls old/*.planar 2>/dev/null");
	place_leave(&place);
}

static void check_against_source(void **state)
{
	struct place place;
	struct ax_error err;
	struct arc_archive archive;
	struct arc_tree tree;
	struct arc_pack_options options = { .threads = 2 };
	struct arc_pack_report report;
	struct arc_verify_report verified;

	(void)state;
	place_enter(&place);
	make_old();
	pack("a.tar.zst", &options, &report);
	assert_ok(arc_open(AT_FDCWD, "a.tar.zst", &archive, &err), &err);
	assert_ok(arc_tree_read(AT_FDCWD, AX_STR("old"), &tree, &err), &err);
	struct arc_verify_options against = { .source = &tree };
	assert_ok(arc_verify(&archive, &against, &verified, &err), &err);
	assert_int_equal(verified.n_bad, 0);
	assert_int_equal(verified.sum.files, report.sum.files);
	arc_verify_report_free(&verified);

	/* One bit of the source, time as it was. */
	run("cp -p old/sub/large.safetensors keep && printf X | dd "
	    "of=old/sub/large.safetensors "
	    "bs=1 seek=4300000 conv=notrunc status=none && "
	    "touch -r keep old/sub/large.safetensors");
	assert_ok(arc_verify(&archive, &against, &verified, &err), &err);
	assert_int_equal(verified.n_bad, 1);
	assert_str(verified.bad[0].path, "old/sub/large.safetensors");
	arc_verify_report_free(&verified);
	arc_tree_free(&tree);
	arc_close(&archive);
	place_leave(&place);
}

static void check_refuses_special(void **state)
{
	struct place place;
	struct ax_error err;
	struct arc_tree tree;

	(void)state;
	place_enter(&place);
	run("mkdir old && mkfifo old/pipe");
	assert_int_equal(arc_tree_read(AT_FDCWD, AX_STR("old"), &tree, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_non_null(strstr(err.message, "old/pipe"));
	place_leave(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_round_trip),
		cmocka_unit_test(check_same_bytes),
		cmocka_unit_test(check_members),
		cmocka_unit_test(check_never_over),
		cmocka_unit_test(check_plain_tools),
		cmocka_unit_test(check_against_source),
		cmocka_unit_test(check_refuses_special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
