#include "tests/fuzz/fuzz.h"

#include "archive/open.h"
#include "archive/salvage.h"
#include "archive/verify.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* A whole file: with an index through it, and once more from start to end without it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arc_salvage_options salvage = { .limit = 16 * 1024 * 1024 };
	struct arc_verify_options verify = { .threads = 1 };
	struct arc_verify_report report;
	struct arc_salvaged salvaged;
	struct arc_archive archive;
	struct ax_error err;
	char path[64];
	int fd = memfd_create("archive", MFD_CLOEXEC);

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (ax_write_full(fd, data, size, path, &err) == 0 &&
		arc_open(AT_FDCWD, path, &archive, &err) == 0) {
		if (arc_verify(&archive, &verify, &report, &err) == 0)
			arc_verify_report_free(&report);
		if (arc_salvage(&archive, &salvage, &salvaged, &err) == 0)
			arc_salvaged_free(&salvaged);
		arc_close(&archive);
	}
	close(fd);
	return 0;
}
