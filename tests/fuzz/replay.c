/*
 * fuzz_NAME DIR: give every file in DIR to the target, so that what was once found stays fixed.
 * An empty DIR is a failure: a corpus that went missing must be noticed.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { INPUT_LIMIT = 16 << 20 };

/* An exact copy, so that the address sanitizer sees a read beyond it. */
static void feed(const struct ax_buf *content)
{
	uint8_t *copy = malloc(content->len ? content->len : 1);

	if (!copy)
		abort();
	if (content->len)
		memcpy(copy, content->data, content->len);
	LLVMFuzzerTestOneInput(copy, content->len);
	free(copy);
}

int main(int argc, char **argv)
{
	struct ax_buf content = { 0 };
	struct ax_error err = { 0 };
	struct dirent *entry = NULL;
	unsigned count = 0;
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;

	if (!dir) {
		fprintf(stderr, "usage: %s DIR\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		ax_buf_clear(&content);
		if (ax_file_read(dirfd(dir), entry->d_name, INPUT_LIMIT, &content, &err) < 0) {
			fprintf(stderr, "%s\n", err.message);
			return 1;
		}
		feed(&content);
		count++;
	}
	closedir(dir);
	ax_buf_free(&content);
	printf("%u inputs\n", count);
	return count > 0 ? 0 : 1;
}
