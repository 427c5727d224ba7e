/*
 * pueue (https://github.com/Nukesor/pueue), 3.x and 4.x, by `pueue status --json`; while its
 * daemon is down, by the state.json in its data directory, which its pueue.yml may say is
 * elsewhere. The two generations are told apart by
 * the shape of each "status", never by a version: 3.x has a string or an object of one key, 4.x
 * always an object of one key.
 */
#include "indexer/jobs_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { OUTPUT_LIMIT = 256 * 1024 * 1024, CONFIG_LIMIT = 1024 * 1024, TIMEOUT_MS = 10000 };

static enum idx_job_state parse_state(const struct ax_json_value *status)
{
	static const struct {
		struct ax_str name;
		enum idx_job_state state;
	} states[] = {
		{ AX_STR_INIT("Queued"), IDX_JOB_QUEUED },
		{ AX_STR_INIT("Running"), IDX_JOB_RUNNING },
		{ AX_STR_INIT("Paused"), IDX_JOB_PAUSED },
		{ AX_STR_INIT("Stashed"), IDX_JOB_STASHED },
		{ AX_STR_INIT("Locked"), IDX_JOB_LOCKED },
		{ AX_STR_INIT("Done"), IDX_JOB_DONE },
	};
	struct ax_str name = { 0 };

	if (!status)
		return IDX_JOB_UNKNOWN;
	if (ax_json_kind(status) == AX_JSON_OBJECT && ax_json_length(status) == 1)
		name = ax_json_key(ax_json_first(status));
	else if (!ax_json_string(status, &name))
		return IDX_JOB_UNKNOWN;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (ax_str_equal(states[i].name, name))
			return states[i].state;
	}
	return IDX_JOB_UNKNOWN;
}

/* 3.x may give a relative path; it is relative to where the daemon was started. */
static int set_cwd(struct jobs_reader *reader, struct idx_job *job,
	const struct ax_json_value *task)
{
	struct ax_str cwd;

	if (!ax_json_string(ax_json_get(task, "path"), &cwd) || cwd.len == 0 ||
		cwd.ptr[0] != '/')
		return 0;
	return jobs_keep(reader, cwd, &job->cwd);
}

static int read_task(struct jobs_reader *reader, const struct ax_json_value *task)
{
	struct idx_job *job = jobs_add(reader, "pueue");
	struct ax_str command;

	if (!job || jobs_keep(reader, ax_json_key(task), &job->id) < 0)
		return -1;
	job->state = parse_state(ax_json_get(task, "status"));
	if (set_cwd(reader, job, task) < 0)
		return -1;
	if (!ax_json_string(ax_json_get(task, "command"), &command)) {
		job->opaque = true;
		return 0;
	}
	return jobs_set_command(reader, job, command);
}

static int check_groups(struct jobs_reader *reader, const struct ax_json_value *groups)
{
	for (const struct ax_json_value *group = ax_json_first(groups); group;
		group = ax_json_next(group)) {
		struct ax_str status = { 0 };
		ax_json_string(ax_json_get(group, "status"), &status);
		if (!ax_str_equal(status, AX_STR("Running")) &&
			!ax_str_equal(status, AX_STR("Paused")) &&
			!ax_str_equal(status, AX_STR("Reset")))
			return jobs_set_unreadable(reader,
				"pueue: group %.*s is in a state that is not known",
				AX_STR_ARG(ax_json_key(group)));
	}
	return 0;
}

int jobs_read_pueue_document(struct jobs_reader *reader, const struct ax_json_value *root)
{
	const struct ax_json_value *tasks = ax_json_get(root, "tasks");

	if (jobs_add_queue(reader, "pueue") < 0)
		return -1;
	if (!tasks || ax_json_kind(tasks) != AX_JSON_OBJECT)
		return jobs_set_unreadable(reader, "pueue: the listing has no \"tasks\"");
	for (const struct ax_json_value *task = ax_json_first(tasks); task;
		task = ax_json_next(task)) {
		if (read_task(reader, task) < 0)
			return -1;
	}
	return check_groups(reader, ax_json_get(root, "groups"));
}

/* 1 when the text was a listing, 0 when it is none, -1 without memory. */
static int read_text(struct jobs_reader *reader, struct ax_str text, const char *name)
{
	struct ax_json *json = NULL;
	struct ax_error mistake = { 0 };

	if (ax_json_parse(text, 0, name, &json, &mistake) < 0) {
		if (mistake.code != ENOMEM)
			return 0;
		*reader->err = mistake;
		return -1;
	}
	int status = jobs_read_pueue_document(reader, ax_json_root(json));
	ax_json_free(json);
	return status < 0 ? -1 : 1;
}

/* Ask the daemon: 1, 0 when there is no answer, -1. */
static int ask_daemon(struct jobs_reader *reader)
{
	static const char *const argv[] = { "pueue", "status", "--json", NULL };
	struct ax_process_options options = { .argv = argv,
		.environment = reader->options->environment,
		.timeout_ms = TIMEOUT_MS,
		.output_limit = OUTPUT_LIMIT };
	struct ax_buf text = { 0 };
	struct ax_error ignored;
	int exit_status = 0, found = 0;

	if (ax_process_read(&options, &text, &exit_status, &ignored) == 0 && exit_status == 0)
		found = read_text(reader, ax_buf_str(&text), "pueue status --json");
	ax_buf_free(&text);
	return found;
}

/* The value of "pueue_directory: VALUE" in a pueue.yml; empty when it says nothing. */
static struct ax_str find_directory(struct ax_str text)
{
	struct ax_str key = AX_STR("pueue_directory:");

	while (text.len) {
		size_t end = ax_str_find(text, '\n');
		struct ax_str line = ax_str_trim(ax_str_slice(text, 0, end));
		text = ax_str_slice(text, end + 1, text.len);
		if (!ax_str_starts(line, key))
			continue;
		struct ax_str value = ax_str_trim(ax_str_slice(line, key.len, line.len));
		if (value.len >= 2 && (value.ptr[0] == '"' || value.ptr[0] == '\''))
			value = ax_str_slice(value, 1, value.len - 2);
		bool is_null =
			ax_str_equal(value, AX_STR("null")) || ax_str_equal(value, AX_STR("~"));
		return is_null ? (struct ax_str){ 0 } : value;
	}
	return (struct ax_str){ 0 };
}

/* Append the directory that $XDG_CONFIG_HOME/pueue/pueue.yml, or ~/.config's, says; if any. */
static void append_configured(const struct idx_queue_options *options, struct ax_buf *path)
{
	struct ax_buf file = { 0 }, text = { 0 };
	struct ax_error ignored;

	if (options->config_home.len)
		ax_path_join(&file, options->config_home, AX_STR("pueue/pueue.yml"));
	else
		ax_path_join(&file, options->home, AX_STR(".config/pueue/pueue.yml"));
	if (ax_file_read(AT_FDCWD, ax_buf_text(&file), CONFIG_LIMIT, &text, &ignored) == 0) {
		struct ax_str dir = find_directory(ax_buf_str(&text));
		bool in_home = ax_str_starts(dir, AX_STR("~/"));
		if (in_home)
			ax_path_join(path, options->home, ax_str_slice(dir, 2, dir.len));
		else
			ax_buf_append_str(path, dir);
	}
	ax_buf_free(&file);
	ax_buf_free(&text);
}

/* Append the data directory: where pueue.yml says, $XDG_DATA_HOME/pueue, ~/.local/share/pueue. */
static void append_data_dir(const struct idx_queue_options *options, struct ax_buf *path)
{
	append_configured(options, path);
	if (path->len)
		return;
	if (options->data_home.len) {
		ax_path_join(path, options->data_home, AX_STR("pueue"));
	} else {
		ax_path_join(path, options->home, AX_STR(".local/share/pueue"));
	}
}

/* Read the saved state, which 4.x may compress: 1, 0 when there is none, -1. */
static int read_saved(struct jobs_reader *reader, struct ax_str data_dir)
{
	struct ax_buf path = { 0 }, text = { 0 };
	struct ax_error ignored;
	int found = 0, exit_status = 0;

	ax_path_join(&path, data_dir, AX_STR("state.json"));
	if (ax_file_read(AT_FDCWD, ax_buf_text(&path), OUTPUT_LIMIT, &text, &ignored) == 0) {
		found = read_text(reader, ax_buf_str(&text), ax_buf_text(&path));
	} else {
		ax_buf_append_text(&path, ".gz");
		const char *const argv[] = { "gzip", "-dc", "--", ax_buf_text(&path), NULL };
		struct ax_process_options options = { .argv = argv,
			.environment = reader->options->environment,
			.timeout_ms = TIMEOUT_MS,
			.output_limit = OUTPUT_LIMIT };
		ax_buf_clear(&text);
		if (ax_process_read(&options, &text, &exit_status, &ignored) == 0 &&
			exit_status == 0)
			found = read_text(reader, ax_buf_str(&text), ax_buf_text(&path));
	}
	ax_buf_free(&path);
	ax_buf_free(&text);
	return found;
}

int jobs_read_pueue(struct jobs_reader *reader, bool required)
{
	struct ax_buf data_dir = { 0 };
	struct stat there;
	int status = 0;

	append_data_dir(reader->options, &data_dir);
	/* Without a data directory pueue has never held a task. */
	bool configured = lstat(ax_buf_text(&data_dir), &there) == 0;
	if (!configured && !required)
		goto out;
	status = ask_daemon(reader);
	if (status == 0)
		status = read_saved(reader, ax_buf_str(&data_dir));
	if (status == 0) {
		status = jobs_add_queue(reader, "pueue");
		if (status == 0)
			status = jobs_set_unreadable(reader,
				"pueue: neither its daemon nor %s/state.json can be read",
				ax_buf_text(&data_dir));
	}
out:
	ax_buf_free(&data_dir);
	return status < 0 ? -1 : 0;
}
