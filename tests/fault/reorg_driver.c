/*
 * reorg_driver COMMAND ROOT STORE [PLAN]: the journal as a program, for tools that kill it.
 *
 *	apply    make a plan from the lines of PLAN (tests/support/plan_text.h) and apply it
 *	recover  finish every unfinished plan of STORE
 *	undo     undo the plan that was applied last
 *	list     one line a plan
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "reorg/apply.h"
#include "reorg/journal.h"
#include "tests/support/plan_text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLAN_MAX = 64 << 20 };

struct driver {
	struct reorg_options options;
	struct reorg_store *store;
	struct reorg_report report;
	const char *plan;
};

static int apply(struct driver *driver, struct ax_error *err)
{
	struct ax_buf text = { 0 };
	struct ax_arena arena = { 0 };
	struct reorg_plan plan;
	struct reorg_journal *journal = NULL;
	int status = -1;

	if (ax_file_read(AT_FDCWD, driver->plan, PLAN_MAX, &text, err) < 0 ||
		plan_text_read(driver->options.root, ax_buf_str(&text), &arena, &plan, err) <
			0 ||
		reorg_journal_create(driver->store, &plan, &journal, err) < 0)
		goto out;
	status = reorg_apply(journal, &driver->options, &driver->report, err);
	if (status == 0)
		status = reorg_journal_settle(journal, err);
out:
	reorg_journal_close(journal);
	ax_arena_free(&arena);
	ax_buf_free(&text);
	return status;
}

static int run_one(struct driver *driver, const char *id, bool is_undo, struct ax_error *err)
{
	struct reorg_journal *journal = NULL;
	int status = reorg_journal_open(driver->store, id, &journal, err);

	reorg_report_free(&driver->report);
	if (status == 0)
		status = is_undo ? reorg_undo(journal, &driver->options, &driver->report, err)
				 : reorg_recover(journal, &driver->options, &driver->report,
					   err);
	if (status == 0)
		status = reorg_journal_settle(journal, err);
	reorg_journal_close(journal);
	return status;
}

static int each(struct driver *driver, const char *command, struct ax_error *err)
{
	struct ax_arena arena = { 0 };
	struct reorg_summary *plans = NULL;
	size_t n = 0;
	int status = reorg_store_list(driver->store, &arena, &plans, &n, err);

	for (size_t i = n; i > 0 && status == 0; i--) {
		const struct reorg_summary *plan = &plans[i - 1];
		bool is_begun = plan->state != REORG_PLANNED && plan->state != REORG_ABANDONED;
		if (strcmp(command, "list") == 0)
			printf("%s %s%s\n", plan->id, reorg_state_name(plan->state),
				plan->settled ? "" : " (not settled)");
		else if (strcmp(command, "recover") == 0 && is_begun)
			status = run_one(driver, plan->id, false, err);
		else if (strcmp(command, "undo") == 0 && is_begun) {
			status = run_one(driver, plan->id, true, err);
			break;
		}
	}
	ax_arena_free(&arena);
	return status;
}

static void show(const struct reorg_report *report)
{
	for (size_t i = 0; i < report->n_notes; i++)
		printf("note: %.*s: %.*s\n", AX_STR_ARG(report->notes[i].path),
			AX_STR_ARG(report->notes[i].text));
	for (size_t i = 0; i < report->n_refused; i++)
		printf("refused: %.*s\n", AX_STR_ARG(report->refused[i].text));
	printf("%" PRIu64 " moved, %" PRIu64 " copied, %" PRIu64 " directories, %" PRIu64
	       " links, %" PRIu64 " edited, %" PRIu64 " deleted\n",
		report->moved, report->copied, report->dirs, report->links, report->edited,
		report->deleted);
}

static int exit_status(const struct ax_error *err)
{
	static const struct {
		int code, status;
	} statuses[] = { { AX_EUSAGE, 2 }, { AX_EREFUSED, 3 }, { AX_EPARTLY, 4 } };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (statuses[i].code == err->code)
			return statuses[i].status;
	}
	return 6;
}

int main(int argc, char **argv)
{
	struct driver driver = { .plan = argc > 4 ? argv[4] : "/dev/null" };
	struct ax_error err = { 0 };
	int status = -1;

	if (argc < 4) {
		fputs("usage: reorg_driver apply|recover|undo|list ROOT STORE [PLAN]\n",
			stderr);
		return 2;
	}
	driver.options.root = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (driver.options.root < 0)
		ax_fail_errno(&err, "%s", argv[2]);
	else if (reorg_store_open(AT_FDCWD, argv[3], &driver.store, &err) == 0)
		status = strcmp(argv[1], "apply") == 0 ? apply(&driver, &err)
						       : each(&driver, argv[1], &err);
	if (status == 0 || err.code == AX_EPARTLY)
		show(&driver.report);
	if (status < 0)
		fprintf(stderr, "reorg_driver: %s\n", err.message);
	reorg_report_free(&driver.report);
	reorg_store_close(driver.store);
	if (driver.options.root >= 0)
		close(driver.options.root);
	return status < 0 ? exit_status(&err) : 0;
}
