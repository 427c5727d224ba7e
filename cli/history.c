#include "cli/history.h"

#include "base/error.h"
#include "cli/output.h"
#include "indexer/history.h"

void cli_history_tell_damage(const struct cli_output *out, struct idx_history *history)
{
	struct ax_error damage;

	if (idx_history_damage(history, &damage) < 0)
		cli_report_warning(out, "%s", damage.message);
}
