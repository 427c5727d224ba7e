/*
 * base/process.h - run another program and read what it prints
 */
#ifndef ARTIDX_BASE_PROCESS_H
#define ARTIDX_BASE_PROCESS_H

#include "base/str.h"

struct ax_buf;
struct ax_error;

struct ax_process_options {
	const char *const *argv; /* argv[0] is searched along PATH; NULL at the end */
	char *const *environment;
	unsigned timeout_ms; /* the program is killed after it */
	size_t output_limit; /* bytes of standard output; more is EFBIG */
};

/*
 * Run it without a shell, with no input and its standard error thrown away, and append its
 * standard output to *out. *exit_status is its exit status, or 128 + signal. Fails with ENOENT
 * where there is no such program, ETIMEDOUT, EFBIG.
 */
int ax_process_read(const struct ax_process_options *options, struct ax_buf *out,
	int *exit_status, struct ax_error *err);

#endif
