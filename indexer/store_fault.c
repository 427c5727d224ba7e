/*
 * Faults. LMDB follows what its pages say. A writer checks all pages before it lets LMDB see them
 * (pages.h), because a wild write cannot be taken back. A reader must answer in milliseconds and
 * checks only the meta pages; where LMDB then asserts or touches memory that is not there, the
 * fault is caught: every call into LMDB runs inside store_guarded(), which a signal handler or LMDB's
 * assertion leaves by siglongjmp(). The store is then marked as damaged, LMDB is not called again
 * but to close, and the caller gets AX_ECATALOG.
 */
#include "indexer/store_internal.h"

#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>

/*
 * What a signal handler must know cannot be handed to it: where the guarded call of this thread
 * began, and who handled the signals before.
 */
static _Thread_local sigjmp_buf *volatile guard;
static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGFPE };
static struct sigaction handlers_before[3];

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
	sigjmp_buf *jump = guard;

	(void)context;
	if (jump && info->si_code > 0) {
		guard = NULL;
		siglongjmp(*jump, 1);
	}
	for (size_t i = 0; i < sizeof(fault_signals) / sizeof(fault_signals[0]); i++) {
		if (fault_signals[i] == signal_number)
			sigaction(signal_number, &handlers_before[i], NULL);
	}
	if (info->si_code <= 0)
		raise(signal_number); /* sent by somebody: returning would not repeat it */
}

void store_assertion(MDB_env *env, const char *message)
{
	sigjmp_buf *jump = guard;

	(void)env;
	(void)message;
	if (jump) {
		guard = NULL;
		siglongjmp(*jump, 1);
	}
}

/* Run call(argument); MDB_CORRUPTED when it faults, and from then on without trying. */
int store_guarded(struct idx_store *store, int (*call)(void *), void *argument)
{
	sigjmp_buf jump;

	if (sigsetjmp(jump, 0)) {
		store->damaged = true;
		return MDB_CORRUPTED;
	}
	guard = &jump;
	int result = call(argument);
	guard = NULL;
	return result;
}

int store_damaged(const struct idx_store *store, struct ax_error *err)
{
	return ax_fail(err, AX_ECATALOG, "%s: damaged; run artidx scan --rebuild",
		store->data_path);
}

/* LMDB's codes in our terms. */
int store_fail(const struct idx_store *store, int code, const char *what, struct ax_error *err)
{
	switch (code) {
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
		return ax_fail(err, ENOBUFS, "%s: no room to grow", store->data_path);
	case MDB_VERSION_MISMATCH:
		return ax_fail(err, AX_ECATALOG, "%s: made by another version of LMDB",
			store->data_path);
	case MDB_READERS_FULL:
		return ax_fail(err, EAGAIN, "%s: too many readers at once", store->data_path);
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_CURSOR_FULL:
	case MDB_PAGE_FULL:
	case MDB_PANIC:
	case MDB_BAD_VALSIZE:
	case MDB_BAD_TXN:
	case MDB_INCOMPATIBLE:
		return store_damaged(store, err);
	default:
		return ax_fail(err, code > 0 ? code : EIO, "%s: cannot %s: %s",
			store->data_path, what, mdb_strerror(code));
	}
}

void store_catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = on_fault };
	struct sigaction current;

	action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(fault_signals) / sizeof(fault_signals[0]); i++) {
		if (sigaction(fault_signals[i], NULL, &current) < 0 ||
			current.sa_sigaction == on_fault)
			continue;
		handlers_before[i] = current;
		sigaction(fault_signals[i], &action, NULL);
	}
}
