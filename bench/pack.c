/*
 * bench-pack DIR ARCHIVE: pack a directory, digests and fsync included, and stop there.
 *
 * artidx archive reads back what it wrote; what is compared with it here does not.
 */
#include "archive/pack.h"
#include "archive/tree.h"
#include "base/error.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct arc_pack_options options = { 0 };
	struct arc_pack_report report;
	struct arc_tree tree;
	struct ax_error err;

	if (argc != 3) {
		fputs("usage: bench-pack DIR ARCHIVE\n", stderr);
		return 2;
	}
	int fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		perror(argv[2]);
		return 1;
	}
	if (arc_tree_read(AT_FDCWD, ax_str_from(argv[1]), &tree, &err) < 0) {
		fprintf(stderr, "bench-pack: %s\n", err.message);
		return 1;
	}
	int status = arc_pack(&tree, fd, argv[2], &options, &report, &err);
	arc_tree_free(&tree);
	if (status < 0)
		fprintf(stderr, "bench-pack: %s\n", err.message);
	else if (fsync(fd) < 0 || close(fd) < 0)
		perror(argv[2]);
	else
		return 0;
	return 1;
}
