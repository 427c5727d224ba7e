#include "cli/dead_list.h"

#include "archive/pins.h"
#include "base/error.h"
#include "cli/config.h"
#include "cli/project.h"
#include "cli/queue.h"
#include "indexer/jobs.h"
#include "indexer/references.h"
#include "reorg/open_files.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

/* What is looked at. Zero-initialise. */
struct evidence {
	struct arc_pins pins;
	struct idx_references references;
	struct idx_jobs jobs;
	struct reorg_open_files open_files;
};

static int gather(const struct cli_dead_request *request, int root, struct evidence *evidence,
	struct ax_error *err)
{
	struct ax_str root_path = ax_str_from(request->project->root);

	if (arc_pins_read(root, &evidence->pins, err) < 0 ||
		idx_references_find(request->snapshot, &request->config->index, root, root_path,
			&evidence->references, err) < 0 ||
		cli_queue_read(request->project, request->config, request->queue,
			&evidence->jobs, err) < 0)
		return -1;
	return reorg_open_files_list(root_path, &evidence->open_files, err);
}

static void release(struct evidence *evidence)
{
	arc_pins_free(&evidence->pins);
	idx_references_free(&evidence->references);
	idx_jobs_free(&evidence->jobs);
	reorg_open_files_free(&evidence->open_files);
}

int cli_dead_list(const struct cli_dead_request *request, struct arc_dead *out,
	struct cli_dead_counts *counts, struct ax_error *err)
{
	struct evidence evidence = { .pins = { .count = 0 } };
	struct timespec now;
	int root = open(request->project->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	clock_gettime(CLOCK_REALTIME, &now);
	if (root < 0)
		return ax_fail_errno(err, "%s: cannot be opened", request->project->root);
	struct arc_dead_input input = {
		.snapshot = request->snapshot,
		.config = &request->config->index,
		.layout = request->config->layout,
		.retention = &request->config->retention,
		.pins = &evidence.pins,
		.references = &evidence.references,
		.jobs = &evidence.jobs,
		.open_files = &evidence.open_files,
		.root = root,
		.root_path = ax_str_from(request->project->root),
		.now = (ax_nanoseconds)now.tv_sec * 1000000000 + now.tv_nsec,
	};
	int status = gather(request, root, &evidence, err);
	if (status == 0)
		status = arc_dead_find(&input, out, err);
	*counts = (struct cli_dead_counts){ evidence.jobs.count, evidence.references.count,
		evidence.references.n_unread, evidence.pins.count };
	release(&evidence);
	close(root);
	return status;
}
