/*
 * tests/fault/fault.h - stop the program at its Nth change of the disk
 *
 * The linker sends the calls of ARTIDX_FAULT_CALLS (CMakeLists.txt) through here first. Only one
 * thread may work while a fault is set.
 */
#ifndef ARTIDX_TESTS_FAULT_H
#define ARTIDX_TESTS_FAULT_H

#include <stdbool.h>

enum fault_mode {
	FAULT_NONE,
	FAULT_KILL,   /* SIGKILL instead of the call */
	FAULT_TORN,   /* half of a write, then SIGKILL; other calls pass */
	FAULT_SHORT,  /* half of a write, and says so; other calls pass */
	FAULT_ERROR,  /* the call fails, once */
	FAULT_STICKY, /* the call and every one behind it fail */
	FAULT_MEDDLE, /* somebody else does something right before the call */
};

struct fault {
	enum fault_mode mode;
	int error;   /* errno of ERROR and STICKY */
	unsigned at; /* 1: the first call */
	void (*meddle)(void *argument);
	void *argument;
};

/* Set a fault, or none, and begin to count. */
void fault_set(struct fault fault);

/* How many calls there were since, their names (1 is the first), and whether the fault struck. */
unsigned fault_calls(void);
const char *fault_name(unsigned call);
bool fault_struck(void);

#endif
