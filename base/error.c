#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int(ax_fail)(struct ax_error *err, int code, const char *format, ...)
{
	va_list args;

	err->code = code;
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return -1;
}

int(ax_fail_errno)(struct ax_error *err, const char *format, ...)
{
	int code = errno;
	va_list args;
	char reason[128];

	err->code = code;
	va_start(args, format);
	int n = vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);

	/* A long path must not push the reason out of the message. */
	const char *text = strerror_r(code, reason, sizeof(reason));
	size_t room = sizeof(err->message) - strlen(text) - sizeof(": ");
	size_t used = n < 0 ? 0 : (size_t)n;
	if (used > room)
		used = room;
	snprintf(err->message + used, sizeof(err->message) - used, ": %s", text);
	return -1;
}
