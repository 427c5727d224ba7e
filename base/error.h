/*
 * base/error.h - how a function says what went wrong
 *
 * A function that can fail returns 0, or -1 after filling its last parameter, a struct ax_error.
 * Lookups and iterators return 1 found, 0 not found or end, -1 failed. The place that detects a
 * failure writes the message, once; everyone above passes -1 on.
 */
#ifndef ARTIDX_BASE_ERROR_H
#define ARTIDX_BASE_ERROR_H

/* Failures that have no errno value. errno values themselves are below AX_EFIRST. */
enum ax_code {
	AX_EFIRST = 10000,
	AX_EUSAGE = AX_EFIRST, /* the user asked for something that cannot be (exit 2) */
	AX_ECONFIG,            /* the configuration is wrong (exit 2) */
	AX_EREFUSED, /* refused before anything changed: lock, gate, conflict (exit 3) */
	AX_EPARTLY,  /* stopped half way; the journal is kept (exit 4) */
	AX_ECATALOG, /* the catalogue is damaged, foreign or of a newer version (exit 5) */
	AX_ECORRUPT, /* a file that was read breaks its format */
};

struct ax_error {
	int code; /* an errno value or an ax_code; 0 while nothing failed */
	char message
		[512]; /* one line that names the path; bytes of names are raw: escape to show */
};

/*
 * Fill *err and return -1, so that a check is one statement. Of a message that does not fit, for
 * a long path in it, the middle is left out.
 */
int ax_fail(struct ax_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ax_fail() with errno's value as code and its text, after ": ", at the end of the message. */
int ax_fail_errno(struct ax_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The static analyzer looks at one file at a time and would follow paths on which these two
 * succeed; so it is shown the -1.
 */
#ifdef __clang_analyzer__
static inline int ax_failed(int status)
{
	return status < 0 ? status : -1;
}
#define ax_fail(...) ax_failed(ax_fail(__VA_ARGS__))
#define ax_fail_errno(...) ax_failed(ax_fail_errno(__VA_ARGS__))
#endif

#endif
