#include "base/error.h"
#include "fuzz.h"
#include "indexer/pages.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ax_error err;
	int fd = memfd_create("data.mdb", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	/* What is sound as a whole is sound in its parts. */
	if (idx_pages_check_all(fd, "data.mdb", &err) == 0 &&
		idx_pages_check_metas(fd, "data.mdb", &err) < 0)
		abort();
	for (uint64_t transaction = 0; transaction < 4; transaction++)
		idx_pages_check_state(fd, "data.mdb", transaction, &err);
	close(fd);
	return 0;
}
