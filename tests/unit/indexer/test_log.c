#include "tests/unit/unit.h"

#include "indexer/log.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define NAME "20260528T223214_fast_projected_seed41_g0_s41.log"

static void run_ids_have_a_stamp(void **state)
{
	static const struct {
		const char *id, *ts, *slug; /* ts NULL: it is none */
	} cases[] = {
		{ "20260528T223214_fast_vanilla_seed41", "20260528T223214",
			"fast_vanilla_seed41" },
		{ "20260528T223214_x", "20260528T223214", "x" },
		{ "20260528T223214__", "20260528T223214", "_" },
		{ "20260528T223214_", NULL, NULL },
		{ "20260528T223214", NULL, NULL },
		{ "20260528T223214-x", NULL, NULL },
		{ "20261328T223214_x", NULL, NULL },
		{ "20260528_223214_x", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ax_str ts = { 0 }, slug = { 0 };
		bool is_id = idx_run_id_parse(ax_str_from(cases[i].id), &ts, &slug);
		assert_int_equal(is_id, cases[i].ts != NULL);
		if (!is_id)
			continue;
		assert_str_equal(ts, ax_str_from(cases[i].ts));
		assert_str_equal(slug, ax_str_from(cases[i].slug));
	}
}

static void slugs_fall_into_parts(void **state)
{
	static const struct {
		const char *slug, *argv, *preset, *arm, *tag;
		int64_t seed; /* -1: absent */
	} cases[] = {
		{ "fast_projected_seed41_g0_21pairs_s41", "", "fast", "projected",
			"g0_21pairs_s41", 41 },
		{ "smoke_vanilla_seed41", "", "smoke", "vanilla", "", 41 },
		{ "full_no_gate_seed7_x", "", "full", "no_gate", "x", 7 },
		{ "very_fast_no_gate_seed7", "train.py very_fast --arm=no_gate --seed=7",
			"very_fast", "no_gate", "", 7 },
		{ "very_fast_no_gate_seed7", "train.py very_fast --arm no_gate", "very_fast",
			"no_gate", "", 7 },
		{ "very_fast_no_gate_seed7", "['very_fast', '--arm=no_gate']", "very_fast",
			"no_gate", "", 7 },
		{ "very_fast_no_gate_seed7", "--arm=no", "very", "fast_no_gate", "", 7 },
		{ "fast_vanilla_seed41_seed5", "", "fast", "vanilla", "seed5", 41 },
		{ "fast_vanilla_seedx_seed5", "", "fast", "vanilla_seedx", "", 5 },
		{ "fast_vanilla_seed41x", "", "", "", "", -1 },
		{ "fast_vanilla_seed", "", "", "", "", -1 },
		{ "extract", "", "", "", "", -1 },
		{ "seed41", "", "", "", "", -1 },
		{ "_seed41", "", "", "", "", 41 },
		{ "fast_x_seed99999999999999999999", "", "fast", "x", "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct idx_slug slug;
		idx_slug_parse(ax_str_from(cases[i].slug), ax_str_from(cases[i].argv), &slug);
		assert_str_equal(slug.preset, ax_str_from(cases[i].preset));
		assert_str_equal(slug.arm, ax_str_from(cases[i].arm));
		assert_str_equal(slug.tag, ax_str_from(cases[i].tag));
		assert_int_equal(slug.seed.kind, cases[i].seed < 0 ? IDX_ABSENT : IDX_INT);
		if (cases[i].seed >= 0)
			assert_int_equal(slug.seed.integer, cases[i].seed);
	}
}

/* Read text as the log NAME, of which the last write is age seconds ago. */
static void read_log(struct ax_str text, int64_t age, struct ax_buf *scratch,
	struct idx_log *out)
{
	struct ax_error err = { 0 };
	int fd = memfd_create("log", MFD_CLOEXEC);

	assert_int_equal(write(fd, text.ptr, text.len), text.len);
	struct idx_log_source source = {
		.fd = fd,
		.name = AX_STR(NAME),
		.size = text.len,
		.mtime = 1000 * SECOND,
		.now = (1000 + age) * SECOND,
		.quiet = 60 * SECOND,
	};
	assert_ok(idx_log_read(&source, scratch, out, &err), &err);
	close(fd);
}

static void logs_say_how_a_run_ended(void **state)
{
	static const struct {
		const char *text;
		int64_t age;
		const char *status, *argv;
		double hack_rate; /* -1: absent */
	} cases[] = {
		{ "22:32:14 | INFO | argv: train.py fast --seed=41\n"
		  "22:32:20 | INFO | step 0\n22:47:14 | INFO | HACK_RATE=0.289 PASS_RATE=0.5\n",
			100, "done", "train.py fast --seed=41", 0.289 },
		{ "argv:  x  \r\nHACK_RATE=0.1\nHACK_RATE=0.2, and more\n", 100, "done", "x",
			0.2 },
		{ "a\n22:32:20 | ERROR | RuntimeError: CUDA out of memory\n", 0, "crashed", "",
			-1 },
		{ "Traceback (most recent call last):\n  File\nValueError\n", 100, "crashed",
			"", -1 },
		{ "HACK_RATE=1\n22:32:20 | ERROR | cannot remove a lock\n", 100, "done", "",
			1 },
		{ "step 1\n", 59, "running", "", -1 },
		{ "step 1\n", 61, "unknown", "", -1 },
		{ "", 100, "unknown", "", -1 },
		{ "HACK_RATE=", 100, "done", "", -1 },
		{ "HACK_RATE=nan", 100, "done", "", -1 },
		{ "argv: ", 100, "unknown", "", -1 },
		{ "argv: first\nargv: second\n", 100, "unknown", "first", -1 },
	};
	struct ax_buf scratch = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct idx_log log;
		read_log(ax_str_from(cases[i].text), cases[i].age, &scratch, &log);
		assert_str_equal(log.status, ax_str_from(cases[i].status));
		assert_str_equal(log.argv, ax_str_from(cases[i].argv));
		assert_int_equal(log.hack_rate.kind,
			cases[i].hack_rate < 0 ? IDX_ABSENT : IDX_REAL);
		if (cases[i].hack_rate >= 0)
			assert_true(log.hack_rate.real == cases[i].hack_rate);
		assert_str(log.ts, "20260528T223214");
		assert_str(log.slug, "fast_projected_seed41_g0_s41");
		assert_int_equal(log.end, 1000 * SECOND);
	}
	ax_buf_free(&scratch);
}

/* Only head and tail count, and any bytes may be in them. */
static void long_and_hostile_logs_are_bounded(void **state)
{
	struct ax_buf scratch = { 0 }, text = { 0 };
	struct idx_log log;

	(void)state;
	ax_buf_append_text(&text, "argv: ");
	for (unsigned i = 0; i < 300000; i++)
		ax_buf_append_byte(&text, (char)(i % 251 == 10 ? 11 : i % 251));
	read_log(ax_buf_str(&text), 100, &scratch, &log);
	assert_true(log.argv.len > 10000 && log.argv.len <= 16 * 1024);
	assert_true(scratch.len <= 68 * 1024);
	ax_buf_clear(&text);
	for (unsigned i = 0; i < 20000; i++)
		ax_buf_append_text(&text, "step\n");
	ax_buf_append_text(&text, "argv: too late\nHACK_RATE=0.5\n");
	read_log(ax_buf_str(&text), 100, &scratch, &log);
	assert_str(log.argv, "");
	assert_str(log.status, "done");
	ax_buf_append_text(&text, "a line of more than the tail\n");
	for (unsigned i = 0; i < 1000; i++)
		ax_buf_append_text(&text, "step\n");
	read_log(ax_buf_str(&text), 100, &scratch, &log);
	assert_str(log.status, "unknown");
	ax_buf_free(&text);
	ax_buf_free(&scratch);
}

static void attributes_give_the_log_back(void **state)
{
	const struct idx_log log = {
		.path = AX_STR("logs/" NAME),
		.ts = AX_STR("20260528T223214"),
		.slug = AX_STR("fast_projected_seed41_g0_s41"),
		.argv = AX_STR("train.py"),
		.status = AX_STR("done"),
		.end = 7,
		.hack_rate = { .kind = IDX_REAL, .real = 0.5 },
	};
	struct idx_attribute attributes[IDX_LOG_ATTRIBUTES];
	struct idx_log again;
	struct tm start = { .tm_year = 126,
		.tm_mon = 4,
		.tm_mday = 28,
		.tm_hour = 22,
		.tm_min = 32,
		.tm_sec = 14,
		.tm_isdst = -1 };

	(void)state;
	size_t n = idx_log_attributes(&log, attributes);
	assert_int_equal(n, 5);
	idx_log_from_attributes(attributes, n, log.path, 7, &again);
	assert_str_equal(again.path, log.path);
	assert_str_equal(again.ts, log.ts);
	assert_str_equal(again.slug, log.slug);
	assert_str_equal(again.argv, log.argv);
	assert_str_equal(again.status, log.status);
	assert_int_equal(again.end, 7);
	assert_int_equal(again.start, mktime(&start) * SECOND);
	assert_true(again.hack_rate.kind == IDX_REAL && again.hack_rate.real == 0.5);
	assert_int_equal(again.pass_rate.kind, IDX_ABSENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_ids_have_a_stamp),
		cmocka_unit_test(slugs_fall_into_parts),
		cmocka_unit_test(logs_say_how_a_run_ended),
		cmocka_unit_test(long_and_hostile_logs_are_bounded),
		cmocka_unit_test(attributes_give_the_log_back),
	};

	setenv("TZ", "America/St_Johns", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
