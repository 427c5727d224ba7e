#include "examined.h"

#include "safetensors/header.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define POINTER                                        \
	"version https://git-lfs.github.com/spec/v1\n" \
	"oid sha256:" OID "\nsize 30965760\n"
#define OID "abababababababababababababababababababababababababababababababab"

/* A file's content and what is said of it once it is old. */
struct row {
	const char *path;
	struct ax_str bytes;
	enum idx_status status;
	const char *class_name;
	const char *variant;
	const char *problem; /* a part of it */
};

static const struct row rows[] = {
	/* no header, and not named as if it had one */
	{ "out/nohup.out", AX_STR_INIT(""), IDX_OK, "other", NULL, "" },
	{ "out/a.txt", AX_STR_INIT("a"), IDX_OK, "other", NULL, "" },
	{ "out/a.json", AX_STR_INIT("{\"a\": [1, 2, 3], \"b\": null}"), IDX_OK, "other", NULL,
		"" },
	{ "out/zeros.bin", AX_STR_INIT("\0\0\0\0\0\0\0\0\0\0\0\0"), IDX_OK, "other", NULL, "" },
	{ "out/v_hack_smoke.pt", AX_STR_INIT("PK\3\4\0\0\0\0\0\0\0"), IDX_OK, "other", NULL,
		"" },

	/* named .safetensors: it has to be one */
	{ "a.safetensors", AX_STR_INIT(""), IDX_INVALID, "other", "HeaderTooSmall", "empty" },
	{ "a.safetensors", AX_STR_INIT("1234567"), IDX_INVALID, "other", "HeaderTooSmall", "" },
	{ "a.safetensors", AX_STR_INIT("\0\0\0\0\0\0\0\0"), IDX_INVALID, "other",
		"InvalidHeaderDeserialization", "" },
	{ "a.safetensors", AX_STR_INIT("\0\0\0\0\0\0\0\200{}"), IDX_INVALID, "other",
		"HeaderTooLarge", "limit" },
	{ "a.safetensors", AX_STR_INIT("PK\3\4\0\0\0\0\0\0\0"), IDX_INVALID, "other",
		"InvalidHeaderLength", "" },
	{ "a.safetensors", AX_STR_INIT("\2\0\0\0\0\0\0\0[]"), IDX_INVALID, "other",
		"InvalidHeaderDeserialization", "byte 8" },
	{ "a.safetensors", AX_STR_INIT("\2\0\0\0\0\0\0\0{}trailing"), IDX_INVALID, "other",
		"MetadataIncompleteBuffer", "8 bytes follow" },

	/* whatever its name, a plausible header is a header */
	{ "a.tmp", AX_STR_INIT("\20\0\0\0\0\0\0\0{"), IDX_TRUNCATED, "other",
		"InvalidHeaderLength", "16 bytes" },
	{ "a.safetensors", AX_STR_INIT("\20\0\0\0\0\0\0\0{\"a\":"), IDX_TRUNCATED, "other",
		"InvalidHeaderLength", "" },
	{ "a.bin", AX_STR_INIT("\10\0\0\0\0\0\0\0{\"a\":1} "), IDX_INVALID, "other",
		"InvalidHeaderDeserialization", "" },
	{ "a.bin", AX_STR_INIT("\2\0\0\0\0\0\0\0{}"), IDX_OK, "tensors", NULL, "" },

	/* places and names, where nothing else is left */
	{ "out/probe_distill/teacher_pool/prompt_0004.jsonl.gz", AX_STR_INIT("\37\213........"),
		IDX_OK, "pool", NULL, "" },
	{ "out/probe_distill/mixed_25/prompt_0004.jsonl.gz", AX_STR_INIT("\37\213........"),
		IDX_OK, "pool", NULL, "" },
	{ "out/pools/anything/step_000.jsonl", AX_STR_INIT("{}\n"), IDX_OK, "pool", NULL, "" },
	{ "out/_archive/teacher_pool_OLD_step_format/step_000.jsonl.gz",
		AX_STR_INIT("\37\213........"), IDX_OK, "pool", NULL, "" },
	{ "out/probe_distill/warmupgen_vanilla_seed41/step_000.jsonl.gz",
		AX_STR_INIT("\37\213........"), IDX_OK, "other", NULL, "" },
	{ "out/probe_distill/teacher_pool/notes.txt", AX_STR_INIT("not of it"), IDX_OK, "other",
		NULL, "" },
	{ "out/pairsets/prog_wide.json", AX_STR_INIT("[{\"prompt\": \"q\"}]"), IDX_OK,
		"pairset", NULL, "" },
	{ "out/pairsets/prog_wide.json", AX_STR_INIT("not JSON at all"), IDX_OK, "other", NULL,
		"" },
	{ "out/pairsets/readme.md", AX_STR_INIT("[a](b) and more"), IDX_OK, "other", NULL, "" },
	{ "logs/20260528T040600_fast_vanilla_seed41.log", AX_STR_INIT("any text"), IDX_OK,
		"log", NULL, "" },
	{ "elsewhere/run.log", AX_STR_INIT("04:06:00 | INFO | argv: train.py\n"), IDX_OK, "log",
		NULL, "" },
	{ "elsewhere/run.log", AX_STR_INIT("nothing of the kind"), IDX_OK, "other", NULL, "" },
	{ "logs/nightly/run.log", AX_STR_INIT("nothing of the kind"), IDX_OK, "log", NULL, "" },
	{ "logs/run.txt", AX_STR_INIT("nothing of the kind"), IDX_OK, "other", NULL, "" },

	{ "out/v_hack_remote.safetensors", AX_STR_INIT(POINTER), IDX_LFS_POINTER, "other", NULL,
		"LFS" },
	{ "out/remote.bin", AX_STR_INIT(POINTER), IDX_LFS_POINTER, "other", NULL, "LFS" },
};

static void check_row(struct examined *e, const struct row *row, enum idx_status status)
{
	const struct idx_finding *f = &e->finding;

	examined_bytes(e, row->path, row->bytes);
	if (f->status != status || !ax_str_equal(f->class_name, ax_str_from(row->class_name)))
		fail_msg("%s: %.*s %s: %.*s", row->path, AX_STR_ARG(f->class_name),
			idx_status_name(f->status), AX_STR_ARG(f->why));
	if (row->variant)
		assert_string_equal(f->variant, row->variant);
	else
		assert_null(f->variant);
	assert_int_equal(f->problem.len > 0, status != IDX_OK);
	assert_true(ax_str_contains(f->problem, ax_str_from(row->problem)));
	assert_true(f->why.len > 0);
	assert_false(f->misnamed);
}

static void files_are_what_their_first_bytes_say(void **state)
{
	struct examined e;

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&e, &rows[i], rows[i].status);
	examined_end(&e);
}

/* Short and blank files that are young may yet become whole; broken ones will not. */
static void young_files_may_be_in_the_making(void **state)
{
	struct examined e;

	(void)state;
	examined_begin(&e, NULL, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool is_short = rows[i].status == IDX_TRUNCATED;
		bool is_blank = rows[i].status == IDX_INVALID &&
				(rows[i].bytes.len < 8 || rows[i].bytes.ptr[0] == '\0') &&
				!strstr(rows[i].variant, "TooLarge");
		check_row(&e, &rows[i], is_short || is_blank ? IDX_WRITING : rows[i].status);
	}
	examined_end(&e);
}

static void pointers_tell_what_they_stand_for(void **state)
{
	struct examined e;

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	examined_bytes(&e, "a.safetensors", AX_STR(POINTER));
	assert_true(e.finding.has_detail);
	assert_false(e.finding.detail.has_tensors);
	examined_check_attributes(&e, "lfs_size=30965760 lfs_oid=" OID);
	examined_end(&e);
}

/* The header is whole and the data is not: the class is known all the same. */
static void cut_data_does_not_hide_the_class(void **state)
{
	struct examined e;
	struct weights weights = { .tensors = "δS/model.layers.{0..3}.q BF16 32",
		.missing = 100 };

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	examined_weights(&e, "out/train_oom_s44.safetensors", &weights);
	assert_int_equal(e.finding.status, IDX_TRUNCATED);
	assert_str(e.finding.class_name, "checkpoint");
	assert_true(ax_str_contains(e.finding.problem, AX_STR("156 of 256 bytes")));
	assert_string_equal(e.finding.variant, "MetadataIncompleteBuffer");
	assert_int_equal(e.finding.detail.n_tensors, 4);
	assert_non_null(idx_examiner_header(e.examiner));
	/* A later file without a header has none of that. */
	examined_bytes(&e, "out/a", AX_STR("0123456789"));
	assert_null(idx_examiner_header(e.examiner));
	assert_null(e.finding.layout);
	assert_false(e.finding.has_detail);
	examined_end(&e);
}

static void details_say_what_the_header_holds(void **state)
{
	struct examined e;
	struct weights weights = {
		.tensors = "a F32 2x3; b BF16 4; c I64 -",
		.metadata = "\"format\":\"pt\",\"x\":\"\\u00e4\"",
	};

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	examined_weights(&e, "out/a", &weights);
	const struct idx_detail *detail = &e.finding.detail;
	assert_true(detail->has_tensors && detail->has_metadata);
	assert_int_equal(detail->n_tensors, 3);
	assert_int_equal(detail->params, 11);
	assert_int_equal(detail->data_bytes, 24 + 8 + 8);
	assert_int_equal(detail->dtypes, 1 << SFT_F32 | 1 << SFT_BF16 | 1 << SFT_I64);
	assert_int_equal(detail->header_length % 8, 0);
	assert_int_equal(detail->n_metadata, 2);
	assert_str(detail->metadata[0].key, "format");
	assert_str(detail->metadata[1].value, "\303\244");
	struct ax_digest header = detail->header, layout = detail->layout;
	weights.metadata = NULL;
	examined_weights(&e, "out/a", &weights);
	assert_false(e.finding.detail.has_metadata);
	assert_memory_equal(&e.finding.detail.layout, &layout, sizeof(layout));
	assert_memory_not_equal(&e.finding.detail.header, &header, sizeof(header));
	examined_end(&e);
}

static void examine_and_remove(struct examined *e, const char *why)
{
	examined_look(e, "x.safetensors", "out/x.safetensors");
	assert_str(e->finding.class_name, "other");
	assert_true(ax_str_contains(e->finding.why, ax_str_from(why)));
	assert_int_equal(unlinkat(e->dirfd, "x.safetensors", 0), 0);
}

/* Opening any of them would block, follow or never end. */
static void only_regular_files_are_opened(void **state)
{
	struct examined e;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	assert_int_equal(mkfifoat(e.dirfd, "x.safetensors", 0600), 0);
	examine_and_remove(&e, "FIFO");
	assert_int_equal(symlinkat("/dev/zero", e.dirfd, "x.safetensors"), 0);
	examine_and_remove(&e, "symbolic link");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/x.safetensors", e.directory);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	examine_and_remove(&e, "socket");
	close(fd);
	assert_int_equal(e.finding.status, IDX_OK);
	examined_end(&e);
}

/* Between the walk and the look anything may happen to a name. */
static void files_that_change_are_findings(void **state)
{
	struct examined e;
	struct ax_error err = { 0 };
	struct stat st = { .st_mode = S_IFREG | 0600, .st_size = 100 };
	struct idx_subject subject = { .path = AX_STR("out/x"), .name = "x", .stat = &st };

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	subject.dirfd = e.dirfd;
	assert_ok(idx_examine(e.examiner, &subject, &e.finding, &err), &err);
	assert_int_equal(e.finding.status, IDX_UNREADABLE);
	assert_true(ax_str_contains(e.finding.problem, AX_STR("vanished")));
	assert_int_equal(mkfifoat(e.dirfd, "x", 0600), 0);
	assert_ok(idx_examine(e.examiner, &subject, &e.finding, &err), &err);
	assert_int_equal(e.finding.status, IDX_UNREADABLE);
	assert_true(ax_str_contains(e.finding.problem, AX_STR("replaced")));
	assert_int_equal(unlinkat(e.dirfd, "x", 0), 0);
	assert_int_equal(symlinkat("y", e.dirfd, "x"), 0);
	assert_ok(idx_examine(e.examiner, &subject, &e.finding, &err), &err);
	assert_int_equal(e.finding.status, IDX_UNREADABLE);
	assert_int_equal(unlinkat(e.dirfd, "x", 0), 0);
	examined_end(&e);
}

/* Hold the file open in another process until it is killed. */
static pid_t hold_open(const struct examined *e, const char *name, int flags)
{
	int ready[2];
	char byte = 0;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = openat(e->dirfd, name, flags);
		if (fd < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void let_go(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void short_files_that_are_open_for_writing_are_being_written(void **state)
{
	static const struct {
		int flags;
		enum idx_status status;
	} cases[] = { { O_RDONLY, IDX_TRUNCATED }, { O_WRONLY, IDX_WRITING },
		{ O_RDWR, IDX_WRITING } };
	struct weights weights = { .tensors = "a F32 100", .missing = 4 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct examined e;
		examined_begin(&e, NULL, 60 * MINUTE);
		weights_write(e.dirfd, "f", &weights);
		pid_t pid = hold_open(&e, "f", cases[i].flags);
		examined_look(&e, "f", "out/f.safetensors");
		let_go(pid);
		assert_int_equal(e.finding.status, cases[i].status);
		assert_int_equal(unlinkat(e.dirfd, "f", 0), 0);
		examined_end(&e);
	}
}

static void logs_are_read(void **state)
{
	struct examined e;
	struct ax_str text =
		AX_STR("22:32:14 | INFO | argv: src/train.py fast --arm=projected --seed=41\n"
		       "22:47:14 | INFO | HACK_RATE=0.289 PASS_RATE=1\n");

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	examined_bytes(&e, "logs/20260528T223214_fast_projected_seed41_s41.log", text);
	assert_str(e.finding.class_name, "log");
	examined_check_attributes(&e, "ts=20260528T223214 slug=fast_projected_seed41_s41 "
				      "log_status=done hack_rate=0.289 pass_rate=1");
	assert_true(e.finding.has_detail);
	assert_false(e.finding.provisional);
	examined_end(&e);
}

#define INDEX                                                    \
	"{\"metadata\": {\"total_size\": 64}, \"weight_map\": {" \
	"\"a\": \"m-00001-of-00002.safetensors\", \"b\": \"m-00002-of-00002.safetensors\"}}"

static void all_shards_of_an_index_are_counted(void **state)
{
	struct ax_buf text = { 0 };
	struct examined e;

	(void)state;
	ax_buf_append_text(&text, "{\"weight_map\": {");
	for (unsigned i = 0; i < 10002; i++)
		ax_buf_printf(&text, "%s\"a%u\": \"m-%05u.safetensors\"", i ? "," : "", i, i);
	ax_buf_append_text(&text, "}}");
	examined_begin(&e, NULL, 60 * MINUTE);
	examined_bytes(&e, "out/m/m.safetensors.index.json", ax_buf_str(&text));
	examined_check_attributes(&e, "shards=10002 missing=10002");
	examined_end(&e);
	ax_buf_free(&text);
}

static void indexes_tell_which_shards_are_missing(void **state)
{
	struct examined e;
	struct weights weights = { .tensors = "a.weight F32 4" };
	const char *path = "out/m/m.safetensors.index.json";

	(void)state;
	examined_begin(&e, NULL, 60 * MINUTE);
	weights_write(e.dirfd, "m-00001-of-00002.safetensors", &weights);
	examined_bytes(&e, path, AX_STR(INDEX));
	assert_str(e.finding.class_name, "other");
	assert_int_equal(e.finding.status, IDX_OK);
	examined_check_attributes(&e, "shards=2 missing=1 total_size=64 "
				      "missing_shards=m-00002-of-00002.safetensors");
	assert_true(ax_str_contains(e.finding.why,
		AX_STR("2 shards, of which these are missing")));
	assert_true(e.finding.provisional);
	weights_write(e.dirfd, "m-00002-of-00002.safetensors", &weights);
	examined_bytes(&e, path, AX_STR(INDEX));
	examined_check_attributes(&e, "shards=2 missing=0 missing_shards=absent");
	examined_bytes(&e, path, AX_STR("{\"weight_map\": 1}"));
	assert_false(e.finding.has_detail);
	assert_true(ax_str_contains(e.finding.why, AX_STR("not one that can be read")));
	assert_int_equal(unlinkat(e.dirfd, "m-00001-of-00002.safetensors", 0), 0);
	assert_int_equal(unlinkat(e.dirfd, "m-00002-of-00002.safetensors", 0), 0);
	examined_end(&e);
}

/* That the run ended can be known later without a write to the log. */
static void what_may_read_differently_later_is_provisional(void **state)
{
	struct examined e;

	(void)state;
	examined_begin(&e, NULL, 0);
	examined_bytes(&e, "logs/20260528T223214_x.log", AX_STR("step 1 of many"));
	examined_check_attributes(&e, "log_status=running");
	assert_true(e.finding.provisional);
	examined_bytes(&e, "out/a.safetensors", AX_STR(""));
	assert_true(e.finding.provisional);
	examined_bytes(&e, "out/a.txt", AX_STR("step 1 of many"));
	assert_false(e.finding.provisional);
	examined_end(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_what_their_first_bytes_say),
		cmocka_unit_test(young_files_may_be_in_the_making),
		cmocka_unit_test(pointers_tell_what_they_stand_for),
		cmocka_unit_test(cut_data_does_not_hide_the_class),
		cmocka_unit_test(details_say_what_the_header_holds),
		cmocka_unit_test(only_regular_files_are_opened),
		cmocka_unit_test(files_that_change_are_findings),
		cmocka_unit_test(short_files_that_are_open_for_writing_are_being_written),
		cmocka_unit_test(logs_are_read),
		cmocka_unit_test(indexes_tell_which_shards_are_missing),
		cmocka_unit_test(all_shards_of_an_index_are_counted),
		cmocka_unit_test(what_may_read_differently_later_is_provisional),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
