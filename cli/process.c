#include "cli/process.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

void cli_process_prepare(void)
{
	/* The wrong direction on purpose: reading 0 and writing 1 or 2 must fail, not succeed. */
	static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
			open("/dev/null", flags[fd]) != fd)
			_exit(CLI_IO);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

enum cli_status cli_process_status(int code)
{
	switch (code) {
	case 0:
		return CLI_DONE;
	case AX_EUSAGE:
	case AX_ECONFIG:
		return CLI_USAGE;
	case AX_EREFUSED:
		return CLI_REFUSED;
	case AX_EPARTLY:
		return CLI_PARTLY;
	case AX_ECATALOG:
		return CLI_CATALOGUE;
	default:
		return CLI_IO;
	}
}
