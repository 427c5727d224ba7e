#include "cli/queue.h"

#include "base/error.h"
#include "base/str.h"
#include "cli/config.h"
#include "cli/project.h"
#include "indexer/jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int cli_queue_read(const struct cli_project *project, const struct cli_config *config,
	const char *name, struct idx_jobs *out, struct ax_error *err)
{
	struct ax_str wanted = name ? ax_str_from(name) : cli_config_text(config, "queue");
	struct ax_str path = AX_STR("");

	if (!name && wanted.len == 0)
		wanted = AX_STR("auto");
	struct idx_queue_options options = {
		.home = ax_str_from(getenv("HOME")),
		.data_home = ax_str_from(getenv("XDG_DATA_HOME")),
		.config_home = ax_str_from(getenv("XDG_CONFIG_HOME")),
		.tsp_socket = ax_str_from(getenv("TS_SOCKET")),
		.tmp = ax_str_from(getenv("TMPDIR")),
		.root = ax_str_from(project->root),
		.environment = environ,
		.uid = getuid(),
	};
	if (!idx_queue_parse(wanted, &options.queue, &path))
		return ax_fail(err, AX_EUSAGE,
			"%s takes auto, pueue, tsp, slurm, none or file:PATH, not '%.*s'",
			name ? "--queue" : "queue (artidx.json or ARTIDX_QUEUE)",
			AX_STR_ARG(wanted));
	char *file = strndup(path.ptr ? path.ptr : "", path.len);
	if (!file)
		return ax_fail(err, ENOMEM, "no memory for the queues");
	options.file = file;
	int status = idx_jobs_read(&options, out, err);
	free(file);
	return status;
}
