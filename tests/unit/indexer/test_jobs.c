/* What queues print, saved, against the verdict on each of their jobs. */
#include "tests/unit/unit.h"

#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "indexer/jobs.h"

#include <fcntl.h>
#include <unistd.h>

#define QUEUES TEST_SOURCE_DIR "/queues/"

static void read_listing(const char *name, struct idx_jobs *jobs)
{
	char path[1024];
	struct ax_error err;

	snprintf(path, sizeof(path), QUEUES "%s", name);
	struct idx_queue_options options = { .queue = IDX_QUEUE_FILE,
		.file = path,
		.home = AX_STR("/home/wass"),
		.root = AX_STR("/home/wass/projected_grpo") };
	assert_ok(idx_jobs_read(&options, jobs, &err), &err);
}

static struct ax_json *read_expected(void)
{
	struct ax_buf text = { 0 };
	struct ax_json *json;
	struct ax_error err;

	assert_ok(ax_file_read(AT_FDCWD, QUEUES "pueue_expected.json", 1 << 20, &text, &err),
		&err);
	assert_ok(ax_json_parse(ax_buf_str(&text), 0, "expected", &json, &err), &err);
	ax_buf_free(&text);
	return json;
}

/* Whether a job names a path below root, given relative to it, "" being root itself. */
static bool names(const struct idx_job *job, struct ax_str root, struct ax_str path)
{
	struct ax_buf relative = { 0 };
	bool found = false;

	for (size_t i = 0; i < job->words.count && !found; i++) {
		const struct idx_word *word = &job->words.items[i];
		ax_buf_clear(&relative);
		found = !word->unresolved && ax_path_relative(&relative, root, word->path) &&
			ax_str_equal(ax_buf_str(&relative), path);
	}
	ax_buf_free(&relative);
	return found;
}

static bool is_unresolved(const struct idx_job *job, struct ax_str text)
{
	for (size_t i = 0; i < job->words.count; i++) {
		if (job->words.items[i].unresolved &&
			ax_str_equal(job->words.items[i].text, text))
			return true;
	}
	return false;
}

static bool concerns(const struct idx_job *job, struct ax_str root)
{
	for (size_t i = 0; i < job->words.count; i++) {
		const struct idx_word *word = &job->words.items[i];
		if (word->unresolved || ax_path_below(word->path, root))
			return true;
	}
	return false;
}

static void check_task(const struct idx_job *job, const struct ax_json_value *task,
	struct ax_str root)
{
	struct ax_str text;

	assert_true(ax_json_string(ax_json_get(task, "state"), &text));
	assert_str_equal(ax_str_from(idx_job_state_name(job->state)), text);
	const struct ax_json_value *refs = ax_json_get(task, "refs");
	for (size_t i = 0; i < ax_json_length(refs); i++) {
		assert_true(ax_json_string(ax_json_at(refs, i), &text));
		if (!names(job, root, text))
			fail_msg("task %s does not name %.*s", job->id.ptr, AX_STR_ARG(text));
	}
	const struct ax_json_value *unresolved = ax_json_get(task, "unresolved");
	for (size_t i = 0; i < ax_json_length(unresolved); i++) {
		assert_true(ax_json_string(ax_json_at(unresolved, i), &text));
		if (!is_unresolved(job, text))
			fail_msg("task %s: %.*s is taken for known", job->id.ptr,
				AX_STR_ARG(text));
	}
	/* And where nothing is expected, nothing is found. */
	assert_int_equal(concerns(job, root),
		ax_json_length(refs) > 0 || ax_json_length(unresolved) > 0);
}

static void pueue_tasks(void **state)
{
	(void)state;
	static const char *const listings[] = { "pueue_v3.json", "pueue_v4.json",
		"pueue_v3_utc.json", "pueue_v4_utc.json" };
	struct ax_json *expected = read_expected();
	const struct ax_json_value *tasks = ax_json_get(ax_json_root(expected), "tasks");
	struct ax_str root;

	assert_true(ax_json_string(ax_json_get(ax_json_root(expected), "root"), &root));
	for (size_t i = 0; i < COUNT(listings); i++) {
		struct idx_jobs jobs;
		read_listing(listings[i], &jobs);
		assert_false(jobs.unreadable);
		assert_int_equal(jobs.count, ax_json_length(tasks));
		for (size_t k = 0; k < jobs.count; k++)
			check_task(&jobs.items[k], ax_json_get(tasks, jobs.items[k].id.ptr),
				root);
		idx_jobs_free(&jobs);
	}
	ax_json_free(expected);
}

static void idle_listings(void **state)
{
	(void)state;
	static const char *const listings[] = { "pueue_v3_idle.json", "pueue_v4_idle.json",
		"pueue_empty.json" };

	for (size_t i = 0; i < COUNT(listings); i++) {
		struct idx_jobs jobs;
		read_listing(listings[i], &jobs);
		assert_false(jobs.unreadable);
		for (size_t k = 0; k < jobs.count; k++)
			assert_int_equal(jobs.items[k].state, IDX_JOB_DONE);
		idx_jobs_free(&jobs);
	}
}

/* No secret of an environment may be kept. */
static void environments(void **state)
{
	(void)state;
	struct idx_jobs jobs;

	read_listing("pueue_v4.json", &jobs);
	for (size_t i = 0; i < jobs.count; i++) {
		const struct idx_job *job = &jobs.items[i];
		assert_false(ax_str_contains(job->command, AX_STR("not-a-real-key")));
		for (size_t k = 0; k < job->words.count; k++)
			assert_false(ax_str_contains(job->words.items[k].text,
				AX_STR("not-a-real-key")));
	}
	idx_jobs_free(&jobs);
}

static void slurm_listings(void **state)
{
	(void)state;
	struct idx_jobs jobs;
	size_t unfinished = 0;

	read_listing("squeue_2205_controller_down.json", &jobs);
	assert_true(jobs.unreadable);
	idx_jobs_free(&jobs);

	read_listing("squeue_2205_mixed.json", &jobs);
	assert_false(jobs.unreadable);
	assert_true(jobs.count > 0);
	for (size_t i = 0; i < jobs.count; i++) {
		unfinished += jobs.items[i].state != IDX_JOB_DONE;
		/* A saved listing has no scripts: what a job runs cannot be known. */
		assert_int_equal(jobs.items[i].opaque, jobs.items[i].state != IDX_JOB_DONE);
		assert_int_not_equal(jobs.items[i].state, IDX_JOB_UNKNOWN);
	}
	assert_true(unfinished > 0);
	idx_jobs_free(&jobs);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* The files that a job writes to are of what it names. */
static void slurm_streams(void **state)
{
	(void)state;
	char path[] = "/tmp/artidx-jobs-XXXXXX";
	struct idx_queue_options options = { .queue = IDX_QUEUE_FILE, .file = path };
	struct idx_jobs jobs;
	struct ax_error err;
	bool has_output = false, has_error = false;

	close(mkstemp(path));
	write_file(path, "{\"jobs\": [{\"job_id\": 1, \"job_state\": \"PENDING\", "
			 "\"current_working_directory\": \"/p\", \"command\": \"/p/job.sh\", "
			 "\"standard_output\": \"/p/out/it's/a b-%j.out\", "
			 "\"standard_error\": \"out/pool/err\"}]}");
	assert_ok(idx_jobs_read(&options, &jobs, &err), &err);
	assert_int_equal(jobs.count, 1);
	assert_str(jobs.items[0].command, "/p/job.sh");
	for (size_t i = 0; i < jobs.items[0].words.count; i++) {
		struct ax_str word = jobs.items[0].words.items[i].path;
		has_output |= ax_str_equal(word, AX_STR("/p/out/it's/a b-%j.out"));
		has_error |= ax_str_equal(word, AX_STR("/p/out/pool/err"));
	}
	assert_true(has_output && has_error);
	idx_jobs_free(&jobs);
	unlink(path);
}

/* What is not understood is never taken for an idle queue. */
static void odd_listings(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool unreadable;
		size_t count;
		enum idx_job_state state; /* of the first job */
	} cases[] = {
		{ "", true, 0, 0 },
		{ "{", true, 0, 0 },
		{ "[]", true, 0, 0 },
		{ "{}", true, 0, 0 },
		{ "{\"tasks\": []}", true, 0, 0 },
		{ "{\"tasks\": {}}", false, 0, 0 },
		{ "{\"tasks\": {\"1\": {\"status\": \"Dreaming\", \"command\": \"x\"}}}", false,
			1, IDX_JOB_UNKNOWN },
		{ "{\"tasks\": {\"1\": {\"command\": \"x\"}}}", false, 1, IDX_JOB_UNKNOWN },
		{ "{\"tasks\": {\"1\": {\"status\": {\"Done\": 1, \"Queued\": 2}}}}", false, 1,
			IDX_JOB_UNKNOWN },
		{ "{\"tasks\": {\"1\": 7}}", false, 1, IDX_JOB_UNKNOWN },
		{ "{\"tasks\": {}, \"groups\": {\"a\": {\"status\": \"Odd\"}}}", true, 0, 0 },
		{ "{\"tasks\": {}, \"groups\": {\"a\": {\"status\": \"Paused\"}}}", false, 0,
			0 },
		{ "{\"jobs\": [], \"errors\": []}", false, 0, 0 },
		{ "{\"jobs\": {}}", true, 0, 0 },
		{ "{\"jobs\": [{\"job_id\": 1, \"job_state\": [\"COMPLETED\"]}]}", false, 1,
			IDX_JOB_DONE },
		{ "{\"jobs\": [{\"job_id\": 1, \"job_state\": [\"RUNNING\", \"COMPLETING\"]}]}",
			false, 1, IDX_JOB_RUNNING },
		{ "{\"jobs\": [{\"job_id\": 1, \"job_state\": [\"CANCELLED\", \"REQUEUED\"]}]}",
			false, 1, IDX_JOB_QUEUED },
		{ "{\"jobs\": [{\"job_id\": 1, \"job_state\": []}]}", false, 1,
			IDX_JOB_UNKNOWN },
	};
	char path[] = "/tmp/artidx-jobs-XXXXXX";
	struct idx_queue_options options = { .queue = IDX_QUEUE_FILE, .file = path };

	close(mkstemp(path));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct idx_jobs jobs;
		struct ax_error err;
		write_file(path, cases[i].text);
		assert_ok(idx_jobs_read(&options, &jobs, &err), &err);
		if (jobs.unreadable != cases[i].unreadable || jobs.count != cases[i].count)
			fail_msg("%s: unreadable %d, %zu jobs", cases[i].text, jobs.unreadable,
				jobs.count);
		if (jobs.count)
			assert_int_equal(jobs.items[0].state, cases[i].state);
		idx_jobs_free(&jobs);
	}
	unlink(path);
}

static void queue_names(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ok;
		enum idx_queue queue;
		const char *path;
	} cases[] = {
		{ "auto", true, IDX_QUEUE_AUTO, "" },
		{ "slurm", true, IDX_QUEUE_SLURM, "" },
		{ "file:a/b", true, IDX_QUEUE_FILE, "a/b" },
		{ "file:", false, 0, "" },
		{ "", false, 0, "" },
		{ "Auto", false, 0, "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		enum idx_queue queue;
		struct ax_str path;
		assert_int_equal(idx_queue_parse(ax_str_from(cases[i].text), &queue, &path),
			cases[i].ok);
		if (cases[i].ok) {
			assert_int_equal(queue, cases[i].queue);
			assert_str_equal(path, ax_str_from(cases[i].path));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pueue_tasks),
		cmocka_unit_test(idle_listings),
		cmocka_unit_test(environments),
		cmocka_unit_test(slurm_listings),
		cmocka_unit_test(slurm_streams),
		cmocka_unit_test(odd_listings),
		cmocka_unit_test(queue_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
