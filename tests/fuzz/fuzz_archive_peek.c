#include "tests/fuzz/fuzz.h"

#include "archive/peek.h"
#include "base/error.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PART = 4096, MEMBERS_MAX = 64 };

/* The start and the end of each file, as far as it has them. */
static void peek_at(struct arc_peek *peek, const struct arc_member *member)
{
	char part[PART];
	size_t size = member->size < PART ? (size_t)member->size : PART;
	struct ax_error err;

	if (member->type != ARC_FILE)
		return;
	arc_peek_read(peek, member, 0, part, size, &err);
	arc_peek_read(peek, member, member->size - size, part, size, &err);
}

static void peek_into(const struct arc_archive *archive)
{
	struct arc_peek *peek = NULL;
	struct ax_error err;

	if (!archive->has_index) {
		arc_peek_is_ours(archive);
		return;
	}
	if (arc_peek_open(archive, &peek, &err) < 0)
		return;
	for (size_t i = 0; i < archive->index.n && i < MEMBERS_MAX; i++)
		peek_at(peek, &archive->index.members[i]);
	arc_peek_close(peek);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arc_archive archive;
	struct ax_error err;
	char path[64];
	int fd = memfd_create("archive", MFD_CLOEXEC);

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (ax_write_full(fd, data, size, path, &err) == 0 &&
		arc_open(AT_FDCWD, path, &archive, &err) == 0) {
		peek_into(&archive);
		arc_close(&archive);
	}
	close(fd);
	return 0;
}
