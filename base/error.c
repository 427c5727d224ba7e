#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_END = 200 }; /* bytes of a long message behind what is left out of it */

/* The message, of len bytes and too long, was cut at its end: put that in again. */
__attribute__((format(printf, 3, 0))) static void keep_end(struct ax_error *err, size_t len,
	const char *format, va_list args)
{
	static const char gap[] = { '.', '.', '.' };
	char *end = err->message + sizeof(err->message) - 1 - MESSAGE_END;
	char *whole = malloc(len + 1);

	if (!whole)
		return;
	vsnprintf(whole, len + 1, format, args);
	memcpy(end - sizeof(gap), gap, sizeof(gap));
	memcpy(end, whole + len - MESSAGE_END, MESSAGE_END);
	free(whole);
}

int(ax_fail)(struct ax_error *err, int code, const char *format, ...)
{
	va_list args, again;

	err->code = code;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(err->message, sizeof(err->message), format, args);
	if (n >= (int)sizeof(err->message))
		keep_end(err, (size_t)n, format, again);
	va_end(again);
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
