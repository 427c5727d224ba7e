/*
 * Slurm, by `squeue --json` (22.05 and later). It ignores filters and lists finished jobs too;
 * with its controller down it exits with 0 and an empty list, and only "errors" tells. What a
 * batch job runs is asked with `scontrol write batch_script`, because a job that was given by
 * --wrap has no command, and a script may have changed since it was submitted.
 *
 * Jobs of other users are passed over unless they run below the project: their scripts cannot be
 * read, and would hold up every reorg on a shared cluster.
 */
#include "indexer/jobs_internal.h"

#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "base/process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

enum { OUTPUT_LIMIT = 256 * 1024 * 1024, SCRIPT_LIMIT = 16 * 1024 * 1024, TIMEOUT_MS = 20000 };

static enum idx_job_state parse_one_state(struct ax_str name)
{
	static const struct {
		struct ax_str name;
		enum idx_job_state state;
	} states[] = {
		{ AX_STR_INIT("PENDING"), IDX_JOB_QUEUED },
		{ AX_STR_INIT("CONFIGURING"), IDX_JOB_RUNNING },
		{ AX_STR_INIT("RUNNING"), IDX_JOB_RUNNING },
		{ AX_STR_INIT("COMPLETING"), IDX_JOB_RUNNING },
		{ AX_STR_INIT("STAGE_OUT"), IDX_JOB_RUNNING },
		{ AX_STR_INIT("SIGNALING"), IDX_JOB_RUNNING },
		{ AX_STR_INIT("RESIZING"), IDX_JOB_RUNNING },
		{ AX_STR_INIT("SUSPENDED"), IDX_JOB_PAUSED },
		{ AX_STR_INIT("STOPPED"), IDX_JOB_PAUSED },
		{ AX_STR_INIT("REQUEUED"), IDX_JOB_QUEUED },
		{ AX_STR_INIT("REQUEUE_FED"), IDX_JOB_QUEUED },
		{ AX_STR_INIT("REQUEUE_HOLD"), IDX_JOB_QUEUED },
		{ AX_STR_INIT("RESV_DEL_HOLD"), IDX_JOB_QUEUED },
		{ AX_STR_INIT("SPECIAL_EXIT"), IDX_JOB_QUEUED },
		{ AX_STR_INIT("COMPLETED"), IDX_JOB_DONE },
		{ AX_STR_INIT("CANCELLED"), IDX_JOB_DONE },
		{ AX_STR_INIT("FAILED"), IDX_JOB_DONE },
		{ AX_STR_INIT("TIMEOUT"), IDX_JOB_DONE },
		{ AX_STR_INIT("NODE_FAIL"), IDX_JOB_DONE },
		{ AX_STR_INIT("PREEMPTED"), IDX_JOB_DONE },
		{ AX_STR_INIT("BOOT_FAIL"), IDX_JOB_DONE },
		{ AX_STR_INIT("DEADLINE"), IDX_JOB_DONE },
		{ AX_STR_INIT("OUT_OF_MEMORY"), IDX_JOB_DONE },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (ax_str_equal(states[i].name, name))
			return states[i].state;
	}
	return IDX_JOB_UNKNOWN;
}

/* A string up to 23.02, an array of states and flags from 23.11 on: done only if nothing in it
 * says otherwise. */
static enum idx_job_state parse_state(const struct ax_json_value *value)
{
	enum idx_job_state state = IDX_JOB_UNKNOWN;
	struct ax_str name;

	if (ax_json_string(value, &name))
		return parse_one_state(name);
	if (!value || ax_json_kind(value) != AX_JSON_ARRAY)
		return state;
	for (const struct ax_json_value *item = ax_json_first(value); item;
		item = ax_json_next(item)) {
		enum idx_job_state one =
			ax_json_string(item, &name) ? parse_one_state(name) : IDX_JOB_UNKNOWN;
		if (item == ax_json_first(value) || one != IDX_JOB_DONE)
			state = one;
	}
	return state;
}

/* 1 and the script's text, 0 when there is none or it may not be read. */
static int ask_script(struct jobs_reader *reader, struct ax_str id, struct ax_buf *script)
{
	char number[32];
	struct ax_error ignored;
	int exit_status = 0;

	snprintf(number, sizeof(number), "%.*s", AX_STR_ARG(id));
	const char *const argv[] = { "scontrol", "write", "batch_script", number, "-", NULL };
	struct ax_process_options options = { .argv = argv,
		.environment = reader->options->environment,
		.timeout_ms = TIMEOUT_MS,
		.output_limit = SCRIPT_LIMIT };
	return ax_process_read(&options, script, &exit_status, &ignored) == 0 &&
	       exit_status == 0 && script->len > 0;
}

/* A file that the job is connected to, as the shell would be told of it; append nothing for none. */
static void append_stream(const struct ax_json_value *entry, const char *key,
	struct ax_buf *text)
{
	struct ax_str path;

	if (!ax_json_string(ax_json_get(entry, key), &path) || path.len == 0)
		return;
	ax_buf_append_text(text, "\n>'");
	for (size_t i = 0; i < path.len; i++) {
		if (path.ptr[i] == '\'')
			ax_buf_append_text(text, "'\\'");
		ax_buf_append_byte(text, path.ptr[i]);
	}
	ax_buf_append_byte(text, '\'');
}

/* The script, the command line behind it and the files for its output, one a line. */
static int set_command(struct jobs_reader *reader, struct idx_job *job,
	const struct ax_json_value *entry, bool ask_scontrol)
{
	struct ax_buf text = { 0 };
	struct ax_str command = { 0 };

	ax_json_string(ax_json_get(entry, "command"), &command);
	bool asked = ask_scontrol && job->state != IDX_JOB_DONE &&
		     ask_script(reader, job->id, &text);
	/* A path to a script says nothing of what stands in it. */
	job->opaque = !asked && job->state != IDX_JOB_DONE;
	if (asked)
		ax_buf_append_byte(&text, '\n');
	ax_buf_append_str(&text, command);
	append_stream(entry, "standard_input", &text);
	append_stream(entry, "standard_output", &text);
	append_stream(entry, "standard_error", &text);
	int status = ax_buf_check(&text, "slurm", reader->err);
	if (status == 0)
		status = jobs_set_command(reader, job, ax_buf_str(&text));
	if (status == 0 && command.len)
		status = jobs_keep(reader, command, &job->command);
	ax_buf_free(&text);
	return status;
}

static bool is_ours(const struct jobs_reader *reader, const struct ax_json_value *entry)
{
	uint64_t uid;
	struct ax_str cwd = { 0 };
	struct ax_str root = reader->options->root;

	if (!ax_json_u64(ax_json_get(entry, "user_id"), &uid) || uid == reader->options->uid)
		return true;
	ax_json_string(ax_json_get(entry, "current_working_directory"), &cwd);
	return root.len && ax_path_below(cwd, root);
}

static int read_job(struct jobs_reader *reader, const struct ax_json_value *entry,
	bool ask_scontrol)
{
	char number[32];
	uint64_t id = 0;
	struct ax_str cwd = { 0 };

	if (!is_ours(reader, entry))
		return 0;
	struct idx_job *job = jobs_add(reader, "slurm");
	if (!job)
		return -1;
	bool has_id = ax_json_u64(ax_json_get(entry, "job_id"), &id);
	snprintf(number, sizeof(number), "%" PRIu64, id);
	job->state = parse_state(ax_json_get(entry, "job_state"));
	ax_json_string(ax_json_get(entry, "current_working_directory"), &cwd);
	if (jobs_keep(reader, has_id ? ax_str_from(number) : AX_STR("?"), &job->id) < 0 ||
		jobs_keep(reader, cwd, &job->cwd) < 0)
		return -1;
	return set_command(reader, job, entry, ask_scontrol && has_id);
}

int jobs_read_slurm_document(struct jobs_reader *reader, const struct ax_json_value *root,
	bool ask_scontrol)
{
	const struct ax_json_value *errors = ax_json_get(root, "errors");
	const struct ax_json_value *list = ax_json_get(root, "jobs");

	if (jobs_add_queue(reader, "slurm") < 0)
		return -1;
	if (!list || ax_json_kind(list) != AX_JSON_ARRAY)
		return jobs_set_unreadable(reader, "slurm: the listing has no \"jobs\"");
	if (errors && ax_json_length(errors) > 0) {
		struct ax_str text = AX_STR("unknown error");
		ax_json_string(ax_json_get(ax_json_at(errors, 0), "description"), &text);
		return jobs_set_unreadable(reader, "slurm: %.*s", AX_STR_ARG(text));
	}
	for (const struct ax_json_value *entry = ax_json_first(list); entry;
		entry = ax_json_next(entry)) {
		if (read_job(reader, entry, ask_scontrol) < 0)
			return -1;
	}
	return 0;
}

/*
 * Slurm is set up here when its configuration is, or the environment names one. It may be set up
 * elsewhere, which squeue knows; without a word from that, programs alone mean nothing.
 */
static bool is_configured(char *const *environment)
{
	static const char *const places[] = { "/etc/slurm/slurm.conf",
		"/etc/slurm-llnl/slurm.conf", "/run/slurm/conf/slurm.conf" };
	struct stat there;

	for (char *const *entry = environment; entry && *entry; entry++) {
		if (ax_str_starts(ax_str_from(*entry), AX_STR("SLURM_CONF=")))
			return true;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (stat(places[i], &there) == 0)
			return true;
	}
	return false;
}

int jobs_read_slurm(struct jobs_reader *reader, bool required)
{
	static const char *const argv[] = { "squeue", "--json", NULL };
	struct ax_process_options options = { .argv = argv,
		.environment = reader->options->environment,
		.timeout_ms = TIMEOUT_MS,
		.output_limit = OUTPUT_LIMIT };
	struct ax_buf text = { 0 };
	struct ax_json *json = NULL;
	struct ax_error mistake = { 0 };
	int exit_status = 0, status;

	bool expected = required || is_configured(reader->options->environment);
	int answer = ax_process_read(&options, &text, &exit_status, &mistake);
	if (!expected && (answer < 0 || exit_status != 0)) {
		ax_buf_free(&text);
		return 0;
	}
	if (answer < 0)
		status = jobs_set_unreadable(reader, "slurm: %s", mistake.message);
	else if (exit_status != 0)
		status = jobs_set_unreadable(reader, "slurm: squeue --json ends with status %d",
			exit_status);
	else if (ax_json_parse(ax_buf_str(&text), 0, "squeue --json", &json, &mistake) < 0)
		status = jobs_set_unreadable(reader, "slurm: %s", mistake.message);
	else
		status = jobs_read_slurm_document(reader, ax_json_root(json), true);
	if (status == 0 && !json)
		status = jobs_add_queue(reader, "slurm");
	ax_json_free(json);
	ax_buf_free(&text);
	return status;
}
