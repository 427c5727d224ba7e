#include "tests/unit/unit.h"

#include "base/file.h"
#include "reorg/journal_internal.h"
#include "tests/support/disk_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	struct disk_tree tree;
	struct reorg_store *store;
};

static struct reorg_plan make_plan(struct reorg_act *act, const char *from)
{
	*act = (struct reorg_act){ .kind = REORG_MOVE,
		.from = ax_str_from(from),
		.to = AX_STR("elsewhere"),
		.identity = { .ino = 7, .size = 8, .mtime = 9 } };
	return (struct reorg_plan){
		.title = AX_STR("test"), .time = 77, .n_acts = 1, .acts = act
	};
}

static struct reorg_journal *create(struct world *world, const char *from)
{
	struct reorg_act act;
	struct reorg_plan plan = make_plan(&act, from);
	struct reorg_journal *journal = NULL;
	struct ax_error err = { 0 };

	assert_ok(reorg_journal_create(world->store, &plan, &journal, &err), &err);
	return journal;
}

/* Something in every field. */
static void begin(struct reorg_journal *journal)
{
	static const size_t skipped[] = { 0 };
	struct reorg_old_dir dir = { .path = AX_STR("out"),
		.ino = 5,
		.mode = 0750,
		.uid = 1000,
		.gid = 100,
		.mtime = -17,
		.xattrs = AX_STR("xyz") };
	struct reorg_old_content content = { 0, AX_STR("old\0content") };
	struct reorg_beginning beginning = { .time = 1,
		.n_skipped = 1,
		.skipped = skipped,
		.n_dirs = 1,
		.dirs = &dir,
		.n_contents = 1,
		.contents = &content };
	struct ax_error err = { 0 };

	assert_ok(reorg_journal_begin(journal, &beginning, &err), &err);
}

/* All that a journal can hold, down to an undo that left something. */
static void fill(struct reorg_journal *journal)
{
	struct reorg_copy copy = { 0, REORG_TO, { .ino = 70, .size = 8, .mtime = 9 }, 7 };
	struct reorg_note note = { 42, AX_STR("a note\0with NUL") };
	static const size_t left[] = { 0 };
	struct ax_error err = { 0 };

	begin(journal);
	assert_ok(reorg_journal_add_copies(journal, &copy, 1, &err), &err);
	assert_ok(reorg_journal_finish(journal, REORG_APPLIED, NULL, 0, &err), &err);
	assert_ok(reorg_journal_note(journal, &note, &err), &err);
	assert_ok(reorg_journal_settle(journal, &err), &err);
	assert_ok(reorg_journal_begin_undo(journal, &err), &err);
	assert_ok(reorg_journal_finish(journal, REORG_UNDONE, left, 1, &err), &err);
}

static void check_full(const struct reorg_journal *journal)
{
	const struct reorg_beginning *beginning = reorg_journal_beginning(journal);
	const struct reorg_copy *copies = NULL;
	const struct reorg_note *notes = NULL;
	const size_t *left = NULL;

	assert_int_equal(reorg_journal_state(journal), REORG_UNDONE);
	assert_false(reorg_journal_settled(journal));
	assert_false(reorg_journal_past_return(journal));
	assert_str(reorg_journal_plan(journal)->acts[0].from, "out/a");
	assert_int_equal(beginning->n_skipped, 1);
	assert_int_equal(beginning->n_dirs, 1);
	assert_str(beginning->dirs[0].path, "out");
	assert_int_equal(beginning->dirs[0].mode, 0750);
	assert_true(beginning->dirs[0].mtime == -17);
	assert_str(beginning->dirs[0].xattrs, "xyz");
	assert_str(beginning->contents[0].content, "old\0content");
	assert_int_equal(reorg_journal_copies(journal, &copies), 1);
	assert_int_equal(copies[0].side, REORG_TO);
	assert_true(copies[0].identity.ino == 70 && copies[0].source_ino == 7);
	assert_int_equal(reorg_journal_notes(journal, &notes), 1);
	assert_int_equal(notes[0].tag, 42);
	assert_str(notes[0].bytes, "a note\0with NUL");
	assert_int_equal(reorg_journal_left(journal, &left), 1);
}

static struct reorg_journal *open_journal(struct world *world, const char *id)
{
	struct reorg_journal *journal = NULL;
	struct ax_error err = { 0 };

	assert_ok(reorg_journal_open(world->store, id, &journal, &err), &err);
	return journal;
}

static void test_round_trip(void **state)
{
	struct world *world = *state;
	struct reorg_journal *journal = create(world, "out/a");
	char id[REORG_ID_SIZE];

	memcpy(id, reorg_journal_id(journal), sizeof(id));
	assert_int_equal(reorg_journal_state(journal), REORG_PLANNED);
	assert_null(reorg_journal_beginning(journal));
	reorg_journal_close(journal);
	journal = open_journal(world, id);
	assert_int_equal(reorg_journal_state(journal), REORG_PLANNED);
	fill(journal);
	reorg_journal_close(journal);
	id[5] = '\0'; /* the beginning of an id is enough */
	journal = open_journal(world, id);
	check_full(journal);
	reorg_journal_close(journal);
}

/* Every state that a journal goes through, as a list shows it without reading all of it. */
static void test_states(void **state)
{
	struct world *world = *state;
	struct reorg_journal *journal = create(world, "out/a");
	struct reorg_beginning nothing = { 0 };
	struct ax_arena arena = { 0 };
	struct ax_error err = { 0 };
	struct reorg_summary *plans = NULL;
	size_t n = 0;

#define assert_state(expected, is_settled)                                                 \
	do {                                                                               \
		assert_ok(reorg_store_list(world->store, &arena, &plans, &n, &err), &err); \
		assert_int_equal(n, 1);                                                    \
		assert_int_equal(plans[0].state, expected);                                \
		assert_int_equal(plans[0].settled, is_settled);                            \
		assert_int_equal(reorg_journal_state(journal), expected);                  \
		assert_string_equal(plans[0].id, reorg_journal_id(journal));               \
	} while (0)

	assert_state(REORG_PLANNED, true);
	assert_ok(reorg_store_check_finished(world->store, NULL, &err), &err);
	assert_ok(reorg_journal_begin(journal, &nothing, &err), &err);
	assert_state(REORG_RUNNING, true);
	assert_int_equal(reorg_store_check_finished(world->store, NULL, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_ok(reorg_store_check_finished(world->store, plans[0].id, &err), &err);
	assert_ok(reorg_journal_finish(journal, REORG_APPLIED, NULL, 0, &err), &err);
	assert_state(REORG_APPLIED, false);
	assert_ok(reorg_journal_settle(journal, &err), &err);
	assert_state(REORG_APPLIED, true);
	assert_ok(reorg_store_check_finished(world->store, NULL, &err), &err);
	assert_ok(reorg_journal_begin_undo(journal, &err), &err);
	assert_state(REORG_UNDOING, true);
	assert_ok(reorg_journal_finish(journal, REORG_UNDONE, NULL, 0, &err), &err);
	assert_state(REORG_UNDONE, false);
	reorg_journal_close(journal);
	ax_arena_free(&arena);
}

/* The whole file of the one journal in the store. */
static void read_file(struct world *world, char *name, struct ax_buf *out)
{
	struct ax_arena arena = { 0 };
	struct reorg_summary *plans = NULL;
	struct ax_error err = { 0 };
	size_t n = 0;

	assert_ok(reorg_store_list(world->store, &arena, &plans, &n, &err), &err);
	assert_int_equal(n, 1);
	snprintf(name, 64, "%s.journal", plans[0].id);
	assert_ok(ax_file_read(reorg_store_fd(world->store), name, 1 << 20, out, &err), &err);
	ax_arena_free(&arena);
}

static void write_file(struct world *world, const char *name, const char *bytes, size_t size)
{
	int fd = openat(reorg_store_fd(world->store), name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

/* Where each record ends, by the lengths that the format says. */
static size_t find_ends(const struct ax_buf *file, size_t *ends)
{
	size_t n = 0;

	for (size_t at = 0; at < file->len;) {
		uint64_t length = 0;
		memcpy(&length, file->data + at + 8, sizeof(length));
		at += 32 + (size_t)length;
		ends[n++] = at;
	}
	return n;
}

/* A file that ends anywhere is as it was before the record that is cut. */
static void test_torn(void **state)
{
	static const enum reorg_state states[] = { REORG_PLANNED, REORG_RUNNING, REORG_RUNNING,
		REORG_RUNNING, REORG_APPLIED, REORG_APPLIED, REORG_APPLIED, REORG_UNDOING,
		REORG_UNDONE };
	struct world *world = *state;
	struct reorg_journal *journal = create(world, "out/a");
	struct ax_buf file = { 0 };
	char name[64];
	size_t ends[16];
	size_t whole = 0;

	fill(journal);
	reorg_journal_close(journal);
	read_file(world, name, &file);
	assert_int_equal(find_ends(&file, ends), COUNT(states));
	for (size_t len = 0; len <= file.len; len++) {
		struct ax_error err = { 0 };
		while (whole < COUNT(states) && ends[whole] <= len)
			whole++;
		write_file(world, name, file.data, len);
		int status = reorg_journal_open(world->store, name, &journal, &err);
		assert_int_equal(status, -1); /* by its id, not by its file's name */
		status = reorg_journal_open(world->store,
			(char[]){ name[0], name[1], name[2], 0 }, &journal, &err);
		if (whole < 2) { /* it had no right to that name yet */
			assert_int_equal(status, -1);
			assert_int_equal(err.code, AX_ECORRUPT);
			assert_int_equal(reorg_store_check_finished(world->store, NULL, &err),
				-1);
			continue;
		}
		assert_ok(status, &err);
		assert_int_equal(reorg_journal_state(journal), states[whole - 1]);
		/* Reading it leaves it alone. */
		struct stat st;
		assert_int_equal(fstatat(reorg_store_fd(world->store), name, &st, 0), 0);
		assert_int_equal(st.st_size, len);
		/* And it can be written on: the torn part is gone. */
		assert_ok(reorg_journal_finish(journal, REORG_APPLIED, NULL, 0, &err), &err);
		reorg_journal_close(journal);
		journal = open_journal(world, (char[]){ name[0], name[1], name[2], 0 });
		assert_int_equal(reorg_journal_state(journal), REORG_APPLIED);
		reorg_journal_close(journal);
	}
	ax_buf_free(&file);
}

/* A changed byte in what was durable is told; in the last record it is a torn record. */
static void test_damaged(void **state)
{
	struct world *world = *state;
	struct reorg_journal *journal = create(world, "out/a");
	struct ax_buf file = { 0 };
	char name[64];
	size_t ends[16];

	fill(journal);
	reorg_journal_close(journal);
	read_file(world, name, &file);
	size_t n = find_ends(&file, ends);
	for (size_t i = 0; i < file.len; i++) {
		struct ax_error err = { 0 };
		file.data[i] = (char)(file.data[i] ^ 0x10);
		write_file(world, name, file.data, file.len);
		file.data[i] = (char)(file.data[i] ^ 0x10);
		int status = reorg_journal_open(world->store,
			(char[]){ name[0], name[1], name[2], 0 }, &journal, &err);
		if (i < ends[n - 2]) {
			assert_int_equal(status, -1);
			assert_int_equal(err.code, AX_ECORRUPT);
			continue;
		}
		assert_ok(status, &err);
		assert_int_equal(reorg_journal_state(journal), REORG_UNDOING);
		reorg_journal_close(journal);
	}
	ax_buf_free(&file);
}

/* What the store, and whoever opens its one journal, makes of these bytes. */
static void check_newer(struct world *world, const char *name, const struct ax_buf *file)
{
	char id[] = { name[0], name[1], name[2], 0 };
	struct reorg_journal *journal = NULL;
	struct reorg_summary *plans = NULL;
	struct ax_arena arena = { 0 };
	struct ax_error err = { 0 };
	struct stat st;
	size_t n = 0;

	write_file(world, name, file->data, file->len);
	assert_int_equal(reorg_journal_open(world->store, id, &journal, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_non_null(strstr(err.message, name));
	assert_non_null(strstr(err.message, "written by a newer artidx"));
	assert_ok(reorg_store_list(world->store, &arena, &plans, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_int_equal(plans[0].state, REORG_NEWER);
	assert_int_equal(reorg_store_check_finished(world->store, NULL, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_non_null(strstr(err.message, name));
	assert_non_null(strstr(err.message, "written by a newer artidx"));
	assert_int_equal(fstatat(reorg_store_fd(world->store), name, &st, 0), 0);
	assert_int_equal(st.st_size, file->len);
	ax_arena_free(&arena);
}

/* A whole record of a kind, a format or a plan that nobody knows yet is not a torn one. */
static void test_newer(void **state)
{
	struct world *world = *state;
	struct reorg_journal *journal = create(world, "out/a");
	struct ax_buf file = { 0 }, newer = { 0 };
	char name[64];
	size_t ends[16];

	fill(journal);
	reorg_journal_close(journal);
	read_file(world, name, &file);
	size_t n = find_ends(&file, ends);
	/* Behind any of the records, with known ones behind it and with a torn one. */
	for (size_t i = 0; i < n; i++) {
		ax_buf_clear(&newer);
		ax_buf_append(&newer, file.data, ends[i]);
		reorg_record_encode(4711, AX_STR("what this is nobody knows"), &newer);
		check_newer(world, name, &newer);
		ax_buf_append(&newer, file.data + ends[i], file.len - ends[i]);
		check_newer(world, name, &newer);
		ax_buf_append_text(&newer, "AXJ1torn");
		check_newer(world, name, &newer);
	}
	/* The first record in a format to come. */
	ax_buf_clear(&newer);
	ax_buf_append(&newer, file.data, file.len);
	newer.data[3] = '2';
	uint64_t hash = ax_hash64(newer.data, 24);
	memcpy(newer.data + 24, &hash, sizeof(hash));
	check_newer(world, name, &newer);
	/* A plan in one. */
	ax_buf_clear(&newer);
	reorg_record_encode(REORG_RECORD_PLAN, AX_STR("\2and whatever else it holds"), &newer);
	ax_buf_append(&newer, file.data + ends[0], file.len - ends[0]);
	check_newer(world, name, &newer);
	ax_buf_free(&newer);
	ax_buf_free(&file);
}

/* Nothing was begun by a proposal, so one that cannot be read is in nobody's way. */
static void test_newer_proposal(void **state)
{
	struct world *world = *state;
	struct reorg_journal *journal = create(world, "out/a");
	struct ax_buf newer = { 0 };
	struct ax_error err = { 0 };
	char name[64];

	snprintf(name, sizeof(name), "%s.plan", reorg_journal_id(journal));
	reorg_journal_close(journal);
	reorg_record_encode(REORG_RECORD_PLAN, AX_STR("\2and whatever else it holds"), &newer);
	write_file(world, name, newer.data, newer.len);
	name[12] = '\0';
	assert_int_equal(reorg_journal_open(world->store, name, &journal, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_non_null(strstr(err.message, "written by a newer artidx"));
	assert_ok(reorg_store_check_finished(world->store, NULL, &err), &err);
	ax_buf_free(&newer);
}

/* A proposal counts whatever stands behind its plan: a begin that never came to be. */
static void test_proposal_with_rest(void **state)
{
	struct world *world = *state;
	struct reorg_journal *journal = create(world, "out/a");
	char name[64];

	snprintf(name, sizeof(name), "%s.plan", reorg_journal_id(journal));
	reorg_journal_close(journal);
	int fd = openat(reorg_store_fd(world->store), name, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "AXJ1 and so on", 14), 14);
	close(fd);
	journal = open_journal(world, (char[]){ name[0], name[1], name[2], 0 });
	assert_int_equal(reorg_journal_state(journal), REORG_PLANNED);
	fill(journal);
	reorg_journal_close(journal);
	journal = open_journal(world, (char[]){ name[0], name[1], name[2], 0 });
	check_full(journal);
	reorg_journal_close(journal);
}

/* The same plan twice, or later: a proposal is replaced, what was begun keeps its id. */
static void test_equal_plans(void **state)
{
	struct world *world = *state;
	struct reorg_journal *first = create(world, "out/a");
	struct reorg_journal *second = create(world, "out/a");
	struct reorg_act act;
	struct reorg_plan plan;
	struct ax_error err = { 0 };

	assert_string_equal(reorg_journal_id(first), reorg_journal_id(second));
	reorg_journal_close(first);
	plan = make_plan(&act, "out/a");
	plan.time++;
	assert_ok(reorg_journal_create(world->store, &plan, &first, &err), &err);
	assert_string_equal(reorg_journal_id(first), reorg_journal_id(second));
	assert_int_equal(reorg_journal_plan(first)->time, plan.time);
	reorg_journal_close(second);
	second = first;
	begin(second);
	first = create(world, "out/a");
	assert_string_not_equal(reorg_journal_id(first), reorg_journal_id(second));
	reorg_journal_close(first);
	reorg_journal_close(second);
}

static void test_bad_plan(void **state)
{
	struct world *world = *state;
	struct reorg_act act;
	struct reorg_plan plan = make_plan(&act, "../out");
	struct reorg_journal *journal = NULL;
	struct ax_error err = { 0 };

	assert_int_equal(reorg_journal_create(world->store, &plan, &journal, &err), -1);
	assert_int_equal(err.code, AX_EREFUSED);
	assert_null(journal);
}

static void test_finding(void **state)
{
	struct world *world = *state;
	struct reorg_journal *journal = NULL;
	struct ax_error err = { 0 };
	char paths[20][8];

	assert_int_equal(reorg_journal_open(world->store, "abc", &journal, &err), -1);
	assert_int_equal(err.code, AX_EUSAGE);
	for (unsigned i = 0; i < COUNT(paths); i++) { /* two of 20 begin alike */
		snprintf(paths[i], sizeof(paths[i]), "out%u", i);
		reorg_journal_close(create(world, paths[i]));
	}
	unsigned ambiguous = 0;
	for (unsigned digit = 0; digit < 16; digit++) {
		char id[2] = { "0123456789abcdef"[digit], '\0' };
		err = (struct ax_error){ 0 };
		if (reorg_journal_open(world->store, id, &journal, &err) == 0)
			reorg_journal_close(journal);
		else
			ambiguous += strstr(err.message, "more than one") != NULL;
	}
	assert_true(ambiguous > 0);
	assert_int_equal(reorg_journal_open(world->store, "", &journal, &err), -1);
}

/* A journal that was begun and finished at a time; its id goes to id. */
static void make_applied(struct world *world, const char *from, ax_nanoseconds time, char *id)
{
	struct reorg_journal *journal = create(world, from);
	struct reorg_beginning beginning = { .time = time };
	struct ax_error err = { 0 };

	assert_ok(reorg_journal_begin(journal, &beginning, &err), &err);
	assert_ok(reorg_journal_finish(journal, REORG_APPLIED, NULL, 0, &err), &err);
	memcpy(id, reorg_journal_id(journal), REORG_ID_SIZE);
	reorg_journal_close(journal);
}

static void touch(struct world *world, const char *id, const char *kind, time_t when)
{
	struct timespec times[2] = { { .tv_sec = when }, { .tv_sec = when } };
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", id, kind);
	assert_int_equal(utimensat(reorg_store_fd(world->store), name, times, 0), 0);
}

/* Take the ORDER out of a journal, as those were that were written before there was one. */
static void make_old(struct world *world, const char *id)
{
	struct ax_buf file = { 0 };
	struct ax_error err = { 0 };
	char name[64];
	size_t ends[16];

	snprintf(name, sizeof(name), "%s.journal", id);
	assert_ok(ax_file_read(reorg_store_fd(world->store), name, 1 << 20, &file, &err), &err);
	assert_int_equal(find_ends(&file, ends), 4);
	memmove(file.data + ends[1], file.data + ends[2], file.len - ends[2]);
	write_file(world, name, file.data, file.len - (ends[2] - ends[1]));
	ax_buf_free(&file);
}

/* As they were begun, whatever the clock said and whenever the files were touched since. */
static void test_order(void **state)
{
	static const ax_nanoseconds times[] = { 900, 950, 500, 400 };
	struct world *world = *state;
	struct reorg_journal *journal = NULL;
	struct reorg_summary *plans = NULL;
	struct ax_arena arena = { 0 };
	struct ax_error err = { 0 };
	char ids[COUNT(times)][REORG_ID_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < COUNT(times); i++) {
		make_applied(world, (char[]){ 'a' + (char)i, 0 }, times[i], ids[i]);
		if (i < 2)
			make_old(world, ids[i]);
	}
	struct reorg_journal *proposal = create(world, "out/proposed");
	for (size_t i = 0; i < COUNT(times); i++)
		touch(world, ids[i], "journal", 1000 - (time_t)i);
	touch(world, reorg_journal_id(proposal), "plan", 1);
	assert_ok(reorg_store_list(world->store, &arena, &plans, &n, &err), &err);
	assert_int_equal(n, COUNT(times) + 1);
	for (size_t i = 0; i < COUNT(times); i++) {
		assert_string_equal(plans[i].id, ids[i]);
		assert_true(plans[i].time == times[i]);
		journal = open_journal(world, ids[i]);
		assert_int_equal(reorg_journal_state(journal), REORG_APPLIED);
		reorg_journal_close(journal);
	}
	assert_string_equal(plans[n - 1].id, reorg_journal_id(proposal));
	assert_int_equal(plans[n - 1].time, 77);
	reorg_journal_close(proposal);
	ax_arena_free(&arena);
}

static void test_prune(void **state)
{
	struct world *world = *state;
	struct reorg_journal *begun = create(world, "out/begun");
	struct ax_arena arena = { 0 };
	struct ax_error err = { 0 };
	struct reorg_summary *plans = NULL;
	size_t n = 0;

	begin(begun);
	reorg_journal_close(begun);
	for (unsigned i = 0; i < 5; i++) {
		char path[8];
		snprintf(path, sizeof(path), "out%u", i);
		reorg_journal_close(create(world, path));
	}
	assert_ok(reorg_store_prune(world->store, 2, &err), &err);
	assert_ok(reorg_store_list(world->store, &arena, &plans, &n, &err), &err);
	assert_int_equal(n, 3);
	assert_int_equal(plans[0].state, REORG_RUNNING);
	ax_arena_free(&arena);
}

static size_t count_plans(struct reorg_store *store, enum reorg_state *state)
{
	struct ax_arena arena = { 0 };
	struct reorg_summary *list = NULL;
	struct ax_error err = { 0 };
	size_t n = 0;

	assert_ok(reorg_store_list(store, &arena, &list, &n, &err), &err);
	if (n)
		*state = list[0].state;
	ax_arena_free(&arena);
	return n;
}

/* A journal of one act, begun and past the point of no return, opened anew. */
static int open_past_return(struct world *world, const struct reorg_act *act,
	struct reorg_journal **out, struct ax_error *err)
{
	struct reorg_plan plan = { .title = AX_STR("test"), .n_acts = 1, .acts = act };
	struct reorg_beginning nothing = { 0 };
	struct reorg_journal *journal = NULL;
	char id[REORG_ID_SIZE];

	assert_ok(reorg_journal_create(world->store, &plan, &journal, err), err);
	assert_ok(reorg_journal_begin(journal, &nothing, err), err);
	assert_ok(reorg_journal_pass_return(journal, err), err);
	assert_true(reorg_journal_past_return(journal));
	memcpy(id, reorg_journal_id(journal), sizeof(id));
	reorg_journal_close(journal);
	return reorg_journal_open(world->store, id, out, err);
}

/* Without an act that has no return there is no point of it. */
static void test_no_return(void **state)
{
	struct reorg_act delete = { .kind = REORG_DELETE, .from = AX_STR("file") };
	struct reorg_act remove = { .kind = REORG_REMOVE_DIR, .from = AX_STR("dir") };
	struct reorg_journal *journal = NULL;
	struct ax_error err = { 0 };

	assert_ok(open_past_return(*state, &delete, &journal, &err), &err);
	assert_true(reorg_journal_past_return(journal));
	reorg_journal_close(journal);
	assert_int_equal(open_past_return(*state, &remove, &journal, &err), -1);
	assert_int_equal(err.code, AX_ECORRUPT);
}

/* What a journal that cannot be opened has begun is unknown: it is not passed over. */
static void test_unreadable(void **state)
{
	struct world *world = *state;
	int store = reorg_store_fd(world->store);
	enum reorg_state seen;
	struct ax_error err = { 0 };

	assert_int_equal(symlinkat("elsewhere", store, "0123456789ab.plan"), 0);
	assert_int_equal(count_plans(world->store, &seen), 0);
	assert_int_equal(symlinkat("elsewhere", store, "0123456789ab.journal"), 0);
	assert_int_equal(reorg_store_check_finished(world->store, NULL, &err), -1);
	assert_non_null(strstr(err.message, "0123456789ab.journal: "));
	assert_int_equal(unlinkat(store, "0123456789ab.journal", 0), 0);
	assert_int_equal(mkdirat(store, "0123456789ab.journal", 0700), 0);
	assert_int_equal(reorg_store_check_finished(world->store, NULL, &err), -1);
	assert_int_equal(unlinkat(store, "0123456789ab.journal", AT_REMOVEDIR), 0);
	assert_ok(reorg_store_check_finished(world->store, NULL, &err), &err);
}

static void test_one_at_a_time(void **state)
{
	struct world *world = *state;
	struct reorg_store *second = NULL;
	struct ax_error err = { 0 };

	assert_int_equal(reorg_store_open(world->tree.fd, ".artidx/journal", &second, &err),
		-1);
	assert_int_equal(err.code, AX_EREFUSED);
	reorg_store_close(world->store);
	assert_ok(reorg_store_open(world->tree.fd, ".artidx/journal", &world->store, &err),
		&err);
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct ax_error err = { 0 };

	disk_tree_make(&world->tree);
	*state = world;
	return reorg_store_open(world->tree.fd, ".artidx/journal", &world->store, &err);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	reorg_store_close(world->store);
	disk_tree_remove(&world->tree);
	free(world);
	return 0;
}

/* Append the first n bytes of a record that is being written. */
static void write_start(int dirfd, const char *name, size_t n)
{
	struct ax_buf record = { 0 };

	reorg_record_encode(REORG_RECORD_PLAN, AX_STR("a plan, say"), &record);
	int fd = openat(dirfd, name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, record.data, n), n);
	close(fd);
	ax_buf_free(&record);
}

/* What another process sees while the store is locked: all but what is just being written. */
static void test_look(void **state)
{
	struct world *world = *state;
	struct reorg_store *look = NULL, *second = NULL;
	struct reorg_journal *journal = create(world, "out/a"), *read = NULL;
	enum reorg_state seen = REORG_DAMAGED;
	struct ax_error err = { 0 };
	char name[32];

	begin(journal);
	snprintf(name, sizeof(name), "%s.journal", reorg_journal_id(journal));
	write_start(reorg_store_fd(world->store), name, 35);
	write_start(reorg_store_fd(world->store), "0123456789ab.plan", 35);
	assert_ok(reorg_store_look(world->tree.fd, ".artidx/journal", &look, &err), &err);
	assert_true(reorg_store_is_busy(look));
	assert_int_equal(count_plans(look, &seen), 1);
	assert_int_equal(seen, REORG_RUNNING);
	assert_ok(reorg_journal_open(look, reorg_journal_id(journal), &read, &err), &err);
	assert_int_equal(reorg_journal_state(read), REORG_RUNNING);
	reorg_journal_close(read);
	reorg_store_close(look);
	reorg_journal_close(journal);
	reorg_store_close(world->store);
	world->store = NULL;

	assert_ok(reorg_store_look(world->tree.fd, ".artidx/journal", &look, &err), &err);
	assert_ok(reorg_store_look(world->tree.fd, ".artidx/journal", &second, &err), &err);
	assert_false(reorg_store_is_busy(look) || reorg_store_is_busy(second));
	/* Nobody writes it any more. */
	assert_int_equal(count_plans(second, &seen), 2);
	reorg_store_close(look);
	reorg_store_close(second);

	assert_ok(reorg_store_look(world->tree.fd, "none/at/all", &look, &err), &err);
	assert_int_equal(count_plans(look, &seen), 0);
	reorg_store_close(look);
	assert_int_equal(faccessat(world->tree.fd, "none", F_OK, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_states, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_torn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_newer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_newer_proposal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_proposal_with_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_equal_plans, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_plan, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_finding, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_prune, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_return, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unreadable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_look, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
