#include "archive/tar.h"

#include "base/buf.h"
#include "base/error.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>

/*
 * libarchive converts names by the locale of the thread. This one takes UTF-8 as UTF-8 and leaves
 * all else as bytes, whatever the user's locale is. Without it names are bytes. Making one takes
 * longer than a header, so it is kept.
 */
static locale_t new_utf8(void)
{
	return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static void free_utf8(locale_t utf8)
{
	if (utf8 != (locale_t)0)
		freelocale(utf8);
}

/* Returns what to leave for. */
static locale_t enter(locale_t utf8)
{
	return utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
}

static void leave(locale_t before)
{
	if (before != (locale_t)0)
		uselocale(before);
}

struct arc_tar_writer {
	locale_t utf8;
	struct archive_entry *entry;
};

int arc_tar_writer_new(struct arc_tar_writer **out, struct ax_error *err)
{
	struct arc_tar_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return ax_fail(err, ENOMEM, "no memory for tar headers");
	writer->utf8 = new_utf8();
	writer->entry = archive_entry_new();
	if (!writer->entry) {
		arc_tar_writer_free(writer);
		return ax_fail(err, ENOMEM, "no memory for tar headers");
	}
	*out = writer;
	return 0;
}

void arc_tar_writer_free(struct arc_tar_writer *writer)
{
	if (!writer)
		return;
	archive_entry_free(writer->entry);
	free_utf8(writer->utf8);
	free(writer);
}

struct output {
	struct ax_buf *buf;
	bool closed; /* what libarchive adds at the end, to complete the entry, is refused */
};

static la_ssize_t append_to_buf(struct archive *archive, void *context, const void *bytes,
	size_t len)
{
	struct output *output = context;

	if (output->closed) {
		archive_set_error(archive, ECANCELED, "headers only");
		return -1;
	}
	ax_buf_append(output->buf, bytes, len);
	return (la_ssize_t)len;
}

/* Floor division: times before 1970 have a positive part of a second. */
static void split_time(ax_nanoseconds time, time_t *seconds, long *nanoseconds)
{
	const ax_nanoseconds second = 1000000000;
	ax_nanoseconds rest = time % second;

	if (rest < 0)
		rest += second;
	*seconds = (time_t)((time - rest) / second);
	*nanoseconds = (long)rest;
}

static mode_t file_type(enum arc_type type)
{
	switch (type) {
	case ARC_DIR:
		return AE_IFDIR;
	case ARC_SYMLINK:
		return AE_IFLNK;
	case ARC_FILE:
	case ARC_HARD_LINK:
	case ARC_SPECIAL:
		break;
	}
	return AE_IFREG;
}

static int fill_entry(struct archive_entry *entry, const struct arc_member *member,
	struct ax_str name, struct ax_str target)
{
	struct ax_buf text = { 0 };
	time_t seconds = 0;
	long nanoseconds = 0;

	split_time(member->mtime, &seconds, &nanoseconds);
	ax_buf_append_str(&text, name);
	archive_entry_copy_pathname(entry, ax_buf_text(&text));
	ax_buf_clear(&text);
	ax_buf_append_str(&text, target);
	if (member->type == ARC_SYMLINK)
		archive_entry_copy_symlink(entry, ax_buf_text(&text));
	if (member->type == ARC_HARD_LINK)
		archive_entry_copy_hardlink(entry, ax_buf_text(&text));
	ax_buf_free(&text);
	archive_entry_set_mode(entry, file_type(member->type) | member->mode);
	archive_entry_set_uid(entry, member->uid);
	archive_entry_set_gid(entry, member->gid);
	archive_entry_set_mtime(entry, seconds, nanoseconds);
	archive_entry_set_size(entry, member->type == ARC_FILE ? (la_int64_t)member->size : 0);
	if (member->flags & ARC_SPARSE) {
		for (size_t i = 0; i < member->n_extents; i++)
			archive_entry_sparse_add_entry(entry,
				(la_int64_t)member->extents[i].offset,
				(la_int64_t)member->extents[i].length);
		/* A file of one hole still has to say so. */
		if (!member->n_extents)
			archive_entry_sparse_add_entry(entry, (la_int64_t)member->size, 0);
	}
	return 0;
}

static int write_entry(struct archive *writer, struct archive_entry *entry,
	struct output *output)
{
	if (archive_write_set_format_pax(writer) != ARCHIVE_OK ||
		archive_write_set_bytes_per_block(writer, 0) != ARCHIVE_OK ||
		archive_write_open2(writer, output, NULL, append_to_buf, NULL, NULL) !=
			ARCHIVE_OK)
		return -1;
	/* A warning is about names that are not UTF-8, which are then kept as bytes. */
	if (archive_write_header(writer, entry) < ARCHIVE_WARN)
		return -1;
	/* The map of a sparse file comes with the first bytes of content, be there none. */
	return archive_write_data(writer, "", 0) < 0 ? -1 : 0;
}

int arc_tar_append_header(struct arc_tar_writer *writer, struct ax_buf *buf,
	const struct arc_member *member, struct ax_str name, struct ax_str target,
	struct ax_error *err)
{
	locale_t before = enter(writer->utf8);
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_clear(writer->entry);
	struct output output = { .buf = buf };
	int status = -1;

	if (!archive) {
		ax_fail(err, ENOMEM, "%.*s: no memory for a tar header", AX_STR_ARG(name));
	} else if (fill_entry(entry, member, name, target) < 0 ||
		   write_entry(archive, entry, &output) < 0) {
		ax_fail(err, EIO, "%.*s: cannot be put in a tar: %s", AX_STR_ARG(name),
			archive_error_string(archive) ? archive_error_string(archive)
						      : "unknown reason");
	} else {
		status = ax_buf_check(buf, "tar header", err);
	}
	output.closed = true;
	archive_write_free(archive);
	leave(before);
	return status;
}

struct arc_tar_reader {
	locale_t utf8;
	const struct arc_tar_source *source;
	struct archive *archive;
	struct archive_entry *entry;
	struct ax_error failure; /* of the source; code 0 while there is none */
};

static la_ssize_t read_source(struct archive *archive, void *context, const void **bytes)
{
	struct arc_tar_reader *reader = context;
	ssize_t n = reader->source->read(reader->source->context, bytes, &reader->failure);

	if (n < 0)
		archive_set_error(archive, EIO, "damaged");
	return n;
}

/* What the source said counts for more than what libarchive made of it. */
static int fail(struct arc_tar_reader *reader, struct ax_error *err)
{
	const char *reason = archive_error_string(reader->archive);

	if (reader->failure.code) {
		*err = reader->failure;
		return -1;
	}
	return ax_fail(err, AX_ECORRUPT, "%s: not a whole tar: %s", reader->source->path,
		reason ? reason : "unknown reason");
}

int arc_tar_open(const struct arc_tar_source *source, struct arc_tar_reader **out,
	struct ax_error *err)
{
	struct arc_tar_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return ax_fail(err, ENOMEM, "no memory to read a tar");
	reader->source = source;
	reader->archive = archive_read_new();
	reader->entry = archive_entry_new();
	reader->utf8 = new_utf8();
	if (!reader->archive || !reader->entry ||
		archive_read_support_format_tar(reader->archive) != ARCHIVE_OK) {
		arc_tar_close(reader);
		return ax_fail(err, ENOMEM, "no memory to read a tar");
	}
	/* Damaged frames read as zeros, which would be the end of a tar. */
	archive_read_set_options(reader->archive, "read_concatenated_archives");
	if (archive_read_open(reader->archive, reader, NULL, read_source, NULL) != ARCHIVE_OK) {
		fail(reader, err);
		arc_tar_close(reader);
		return -1;
	}
	*out = reader;
	return 0;
}

void arc_tar_close(struct arc_tar_reader *reader)
{
	if (!reader)
		return;
	archive_read_free(reader->archive);
	archive_entry_free(reader->entry);
	free_utf8(reader->utf8);
	free(reader);
}

static enum arc_type member_type(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry))
		return ARC_HARD_LINK;
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return ARC_FILE;
	case AE_IFDIR:
		return ARC_DIR;
	case AE_IFLNK:
		return ARC_SYMLINK;
	default:
		return ARC_SPECIAL;
	}
}

int arc_tar_next(struct arc_tar_reader *reader, struct arc_member *out, struct ax_error *err)
{
	locale_t before = enter(reader->utf8);
	struct archive_entry *entry = reader->entry;
	int result = archive_read_next_header2(reader->archive, entry);

	leave(before);
	if (result == ARCHIVE_EOF)
		return 0;
	if (result < ARCHIVE_WARN)
		return fail(reader, err);
	enum arc_type type = member_type(entry);
	*out = (struct arc_member){
		.type = type,
		.mode = archive_entry_perm(entry),
		.uid = (uint32_t)archive_entry_uid(entry),
		.gid = (uint32_t)archive_entry_gid(entry),
		.path = ax_str_from(archive_entry_pathname(entry)),
		.size = (uint64_t)archive_entry_size(entry),
		.flags = archive_entry_sparse_count(entry) ? ARC_SPARSE : 0,
	};
	if (type == ARC_HARD_LINK)
		out->target = ax_str_from(archive_entry_hardlink(entry));
	if (type == ARC_SYMLINK)
		out->target = ax_str_from(archive_entry_symlink(entry));
	int64_t seconds = archive_entry_mtime(entry);
	const int64_t limit = INT64_MAX / 1000000000 - 1;
	if (seconds > limit || seconds < -limit)
		seconds = 0;
	out->mtime = seconds * 1000000000 + archive_entry_mtime_nsec(entry);
	return 1;
}

int arc_tar_read(struct arc_tar_reader *reader, struct ax_str *bytes, uint64_t *offset,
	struct ax_error *err)
{
	const void *block = NULL;
	size_t size = 0;
	la_int64_t at = 0;
	int result = archive_read_data_block(reader->archive, &block, &size, &at);

	if (result == ARCHIVE_EOF)
		return 0;
	if (result < ARCHIVE_WARN || at < 0)
		return fail(reader, err);
	*bytes = ax_str(block, size);
	*offset = (uint64_t)at;
	return 1;
}
