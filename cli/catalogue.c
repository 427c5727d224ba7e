#include "cli/catalogue.h"

#include "base/error.h"
#include "cli/project.h"
#include "indexer/catalog.h"

#include <errno.h>

int cli_catalogue_read(const struct cli_project *project, struct cli_catalogue *out,
	struct ax_error *err)
{
	if (idx_catalog_open(project->catalogue, IDX_READ, &out->catalog, err) == 0)
		return idx_snapshot_begin(out->catalog, &out->snapshot, err);
	if (err->code == ENOENT)
		return ax_fail(err, AX_ECATALOG,
			"%s is not catalogued yet: artidx scan does that", project->root);
	return -1;
}

int cli_catalogue_write(const struct cli_project *project, struct cli_catalogue *out,
	struct ax_error *err)
{
	return idx_catalog_open(project->catalogue, IDX_WRITE, &out->catalog, err);
}

void cli_catalogue_close(struct cli_catalogue *catalogue)
{
	idx_snapshot_end(catalogue->snapshot);
	idx_catalog_close(catalogue->catalog);
	*catalogue = (struct cli_catalogue){ 0 };
}
