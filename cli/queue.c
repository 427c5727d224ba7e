#include "cli/queue.h"

#include "base/error.h"
#include "base/str.h"
#include "cli/project.h"
#include "indexer/jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int cli_queue_read(const struct cli_project *project, const char *name, struct idx_jobs *out,
	struct ax_error *err)
{
	const char *variable = getenv("ARTIDX_QUEUE");
	const char *origin = name || !variable || !*variable ? "--queue" : "ARTIDX_QUEUE";
	struct ax_str path = AX_STR("");

	if (!name)
		name = variable && *variable ? variable : "auto";
	struct idx_queue_options options = {
		.home = ax_str_from(getenv("HOME")),
		.data_home = ax_str_from(getenv("XDG_DATA_HOME")),
		.tsp_socket = ax_str_from(getenv("TS_SOCKET")),
		.tmp = ax_str_from(getenv("TMPDIR")),
		.root = ax_str_from(project->root),
		.environment = environ,
		.uid = getuid(),
	};
	if (!idx_queue_parse(ax_str_from(name), &options.queue, &path))
		return ax_fail(err, AX_EUSAGE,
			"%s takes auto, pueue, tsp, slurm, none or file:PATH, not '%s'", origin,
			name);
	char *file = strndup(path.ptr ? path.ptr : "", path.len);
	if (!file)
		return ax_fail(err, ENOMEM, "no memory for the queues");
	options.file = file;
	int status = idx_jobs_read(&options, out, err);
	free(file);
	return status;
}
