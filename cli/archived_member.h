/*
 * cli/archived_member.h - what a member of an archive is, found out as of a file on the disk
 *
 * The examiner gets a file in memory with the parts of the member that it looks at: header, start
 * and end. Where a class takes tensor data to tell, and the archive's index says another one than
 * the header alone, all of the member is read.
 */
#ifndef ARTIDX_CLI_ARCHIVED_MEMBER_H
#define ARTIDX_CLI_ARCHIVED_MEMBER_H

#include "base/str.h"

#include <stddef.h>

struct arc_archive;
struct ax_error;
struct idx_examiner;
struct idx_finding;

struct cli_member_reader;
int cli_member_reader_new(const struct arc_archive *archive, struct idx_examiner *examiner,
	struct cli_member_reader **out, struct ax_error *err);
void cli_member_reader_free(struct cli_member_reader *reader);

/*
 * Examine member i of the index, a file or a link, as the file at path, root-relative. Borrowed
 * from the examiner. AX_ECORRUPT: it is damaged.
 */
int cli_member_examine(struct cli_member_reader *reader, size_t i, struct ax_str path,
	struct idx_finding *out, struct ax_error *err);

#endif
