/*
 * cli/process.h - what a process must have in order before anything else, and how it ends
 */
#ifndef ARTIDX_CLI_PROCESS_H
#define ARTIDX_CLI_PROCESS_H

/*
 * Descriptors 0 to 2 that are closed become /dev/null, opened so that writing to a closed
 * standard output still fails and is noticed; SIGPIPE and SIGXFSZ are ignored, so that they
 * arrive as errors of write().
 */
void cli_process_prepare(void);

enum cli_status {
	CLI_DONE = 0,
	CLI_NEGATIVE =
		1, /* -q without a match, --strict with findings, a file that is not valid */
	CLI_USAGE = 2,
	CLI_REFUSED = 3,
	CLI_PARTLY = 4,
	CLI_CATALOGUE = 5,
	CLI_IO = 6,
};

/* The exit status for the code of a struct ax_error. */
enum cli_status cli_process_status(int code);

#endif
