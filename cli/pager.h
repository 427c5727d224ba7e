/*
 * cli/pager.h - a program that shows long output a page at a time
 */
#ifndef ARTIDX_CLI_PAGER_H
#define ARTIDX_CLI_PAGER_H

#include <sys/types.h>

/*
 * Start ARTIDX_PAGER, else PAGER, else less, and lead descriptor 1 into it. 0 where there is
 * none, or it is empty or "cat": descriptor 1 stays as it was. less shows short output without
 * paging. From here on Ctrl-C is for the pager.
 */
pid_t cli_pager_start(void);

/* Close descriptor 1 and wait until the user leaves the pager. */
void cli_pager_wait(pid_t pager);

#endif
