#include "indexer/examine.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/path.h"
#include "indexer/classify.h"
#include "indexer/log.h"
#include "indexer/shards.h"
#include "indexer/writers.h"
#include "safetensors/header.h"
#include "safetensors/identify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	LENGTH_BYTES = 8,
	COLD_BYTES = 64 * 1024,
};

struct idx_examiner {
	struct idx_examine_options options;
	struct sft_header *header;
	bool has_header; /* header is of the file that was examined last */
	struct idx_classifier *classifier;
	struct idx_writers *writers; /* once needed */
	struct ax_arena arena;       /* of the last finding */
	struct ax_buf problem;
	struct ax_buf text; /* of a log */
	/* O_NOATIME: being looked at is no use of a file. 0 once somebody else's file was met. */
	unsigned keep_atime;
	char start[SFT_IDENTIFY_BYTES];
};

/* A file while it is looked at. */
struct look {
	struct idx_examiner *examiner;
	const struct idx_subject *subject;
	struct stat
		st; /* of the name, or of what was opened once it is known to have a header */
	int fd;     /* -1: not opened */
	struct ax_str start;
	bool is_named; /* "*.safetensors" */
	struct idx_finding *out;
	struct ax_error *err;
};

int idx_examiner_new(const struct idx_examine_options *options, struct idx_examiner **out,
	struct ax_error *err)
{
	struct idx_examiner *examiner = calloc(1, sizeof(*examiner));

	if (!examiner)
		return ax_fail(err, ENOMEM, "no memory to examine files");
	examiner->options = *options;
	examiner->keep_atime = O_NOATIME;
	if (sft_header_new(options->layouts, &examiner->header, err) < 0 ||
		idx_classifier_new(options->rules, options->known, &examiner->classifier, err) <
			0) {
		idx_examiner_free(examiner);
		return -1;
	}
	*out = examiner;
	return 0;
}

void idx_examiner_free(struct idx_examiner *examiner)
{
	if (!examiner)
		return;
	sft_header_free(examiner->header);
	idx_classifier_free(examiner->classifier);
	idx_writers_free(examiner->writers);
	ax_arena_free(&examiner->arena);
	ax_buf_free(&examiner->problem);
	ax_buf_free(&examiner->text);
	free(examiner);
}

const struct sft_header *idx_examiner_header(const struct idx_examiner *examiner)
{
	return examiner->has_header ? examiner->header : NULL;
}

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory to examine a file");
}

/* Say of a file without a class of its own what it is or what is wrong with it. */
static void settle(struct look *look, enum idx_status status, const char *why)
{
	look->out->status = status;
	look->out->class_name = AX_STR("other");
	look->out->why = ax_str_from(why);
	if (status != IDX_OK)
		look->out->problem = look->out->why;
}

static const char *name_of_type(mode_t mode)
{
	if (S_ISLNK(mode))
		return "a symbolic link: it is never followed";
	if (S_ISFIFO(mode))
		return "a FIFO: it is never opened";
	if (S_ISSOCK(mode))
		return "a socket: it is never opened";
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return "a device: it is never opened";
	return "no regular file: it is never opened";
}

static void settle_unreadable(struct look *look, const char *what, int error)
{
	struct ax_buf *problem = &look->examiner->problem;
	char reason[128];

	ax_buf_printf(problem, "%s: %s", what, strerror_r(error, reason, sizeof(reason)));
	settle(look, IDX_UNREADABLE, ax_buf_text(problem));
}

/*
 * Before a header is read: without this the kernel reads in small steps, ahead of which it guesses;
 * so it is one request of a size that holds most headers. Of other files a page is enough.
 */
static void ask_for_start(int fd)
{
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	posix_fadvise(fd, 0, COLD_BYTES, POSIX_FADV_WILLNEED);
}

/* False when there is nothing to look at; that is then settled. */
static bool open_file(struct look *look)
{
	const struct idx_subject *subject = look->subject;
	unsigned *atime = &look->examiner->keep_atime;
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

	if (!subject->name) {
		look->fd = fcntl(subject->dirfd, F_DUPFD_CLOEXEC, 0);
	} else {
		look->fd = openat(subject->dirfd, subject->name, flags | (int)*atime);
		if (look->fd < 0 && errno == EPERM && *atime) {
			*atime = 0;
			look->fd = openat(subject->dirfd, subject->name, flags);
		}
	}
	if (look->fd < 0 && errno == ENOENT) {
		settle(look, IDX_UNREADABLE, "it vanished while it was looked at");
		return false;
	}
	if (look->fd < 0) {
		settle_unreadable(look, "it cannot be opened", errno);
		return false;
	}
	if (subject->is_cold && look->is_named)
		ask_for_start(look->fd);
	return true;
}

/*
 * What was opened need not be what the name was listed as. Where the size matters it is asked for
 * again; elsewhere it need not be: who has changed meanwhile has a new inode or new times, and is
 * looked at by the next scan.
 */
static bool look_again(struct look *look)
{
	if (!look->subject->name)
		return true;
	if (fstat(look->fd, &look->st) < 0) {
		settle_unreadable(look, "it cannot be looked at", errno);
		return false;
	}
	if (!S_ISREG(look->st.st_mode)) {
		settle(look, IDX_UNREADABLE, "it was replaced while it was looked at");
		return false;
	}
	return true;
}

/* The first bytes of a file, fewer where it ends. */
static bool read_start(struct look *look)
{
	char *start = look->examiner->start;
	ssize_t n = 0;

	do
		n = pread(look->fd, start, SFT_IDENTIFY_BYTES, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		int error = errno;
		if (look_again(look))
			settle_unreadable(look, "it cannot be read", error);
		return false;
	}
	look->start = ax_str(start, (size_t)n);
	return true;
}

/* Whether a file that is short or blank may yet become whole. */
static bool is_being_written(struct look *look)
{
	const struct idx_examine_options *options = &look->examiner->options;
	struct idx_writers **writers = &look->examiner->writers;

	if (ax_time_of(&look->st.st_mtim) > options->now - options->quiet)
		return true;
	if (!*writers)
		*writers = idx_writers_new();
	return *writers && idx_writers_have(*writers, look->st.st_dev, look->st.st_ino);
}

/* --- files with a header --- */

static int describe_metadata(struct look *look, const struct sft_header *header)
{
	struct idx_detail *detail = &look->out->detail;
	size_t n = sft_header_metadata_count(header);
	struct idx_metadata *metadata =
		ax_arena_alloc(&look->examiner->arena, n * sizeof(*metadata));

	if (!metadata)
		return no_memory(look->err);
	for (size_t i = 0; i < n; i++) {
		const struct sft_metadata *entry = sft_header_metadata(header, i);
		metadata[i] = (struct idx_metadata){ entry->key, entry->value };
	}
	detail->has_metadata = sft_header_has_metadata(header);
	detail->n_metadata = n;
	detail->metadata = metadata;
	return 0;
}

static int describe_tensors(struct look *look)
{
	const struct sft_header *header = look->examiner->header;
	const struct sft_layout *layout = sft_header_layout(header);
	struct idx_detail *detail = &look->out->detail;

	look->examiner->has_header = true;
	look->out->layout = layout;
	look->out->has_detail = true;
	detail->has_tensors = true;
	detail->layout = sft_layout_digest(layout);
	detail->exact_layout = sft_layout_exact_digest(layout);
	detail->header = sft_header_digest(header);
	detail->header_length = sft_header_length(header);
	detail->n_tensors = sft_layout_count(layout);
	detail->params = sft_layout_elements(layout);
	detail->data_bytes = sft_layout_data_bytes(layout);
	detail->dtypes = sft_layout_dtypes(layout);
	detail->warnings = sft_header_warnings(header);
	return describe_metadata(look, header);
}

static int classify(struct look *look, const struct sft_header *header)
{
	struct idx_finding *out = look->out;
	struct idx_judgement judgement = { 0 };
	const struct idx_case file = {
		.path = look->subject->path,
		.size = (uint64_t)look->st.st_size,
		.header = header,
		.start = look->start,
		.fd = look->fd,
	};

	if (idx_classify(look->examiner->classifier, &file, &look->examiner->arena, &judgement,
		    look->err) < 0)
		return -1;
	out->class_name = judgement.class_name;
	out->why = judgement.why;
	out->misnamed = judgement.misnamed;
	out->has_detail |= judgement.n_attributes > 0;
	out->detail.n_attributes = judgement.n_attributes;
	out->detail.attributes = judgement.attributes;
	if (judgement.has_params)
		out->detail.params = judgement.params;
	return 0;
}

static int examine_tensors(struct look *look)
{
	if (describe_tensors(look) < 0)
		return -1;
	return classify(look, look->examiner->header);
}

/* Whether what was refused is a file that lacks its end. */
static bool is_cut(const struct look *look, const struct sft_problem *problem)
{
	if (problem->verdict == SFT_INVALID_HEADER_LENGTH)
		return sft_identify(look->start, (uint64_t)look->st.st_size) == SFT_KIND_HEADER;
	return problem->verdict == SFT_METADATA_INCOMPLETE_BUFFER &&
	       problem->offset == (uint64_t)look->st.st_size;
}

static void append_problem(struct look *look, const struct sft_problem *problem)
{
	struct ax_buf *text = &look->examiner->problem;

	ax_buf_append_text(text, problem->message);
	if (look->out->status == IDX_INVALID)
		ax_buf_printf(text, " (%s)", sft_verdict_name(problem->verdict));
	else if (look->out->status == IDX_WRITING)
		ax_buf_append_text(text, "; it is being written or was a moment ago");
}

/* A header that the reader refused. */
static int examine_refused(struct look *look, const struct sft_problem *problem)
{
	struct idx_finding *out = look->out;

	bool is_short = is_cut(look, problem);
	bool is_blank = sft_identify(look->start, (uint64_t)look->st.st_size) == SFT_KIND_BLANK;
	settle(look, is_short ? IDX_TRUNCATED : IDX_INVALID, "");
	if ((is_short || is_blank) && is_being_written(look))
		out->status = IDX_WRITING;
	out->variant = sft_verdict_name(problem->verdict);
	append_problem(look, problem);
	out->problem = out->why = ax_str_from(ax_buf_text(&look->examiner->problem));
	/* Where only data is missing, the tensors still say what it was to become. */
	if (is_short && sft_header_layout(look->examiner->header))
		return examine_tensors(look);
	return 0;
}

static int examine_header(struct look *look)
{
	struct sft_problem problem = { 0 };
	struct ax_error failed = { 0 };

	if (!look_again(look))
		return 0;
	int valid = sft_header_read(look->examiner->header, look->fd,
		(uint64_t)look->st.st_size, look->subject->name, &problem, &failed);

	if (valid > 0)
		return examine_tensors(look);
	if (valid < 0 && failed.code == ENOMEM)
		return no_memory(look->err);
	if (valid < 0 && failed.code == AX_ECORRUPT) {
		settle(look, IDX_WRITING, "it became shorter while it was read");
		return 0;
	}
	if (valid < 0) {
		settle_unreadable(look, "it cannot be read", failed.code);
		return 0;
	}
	if (look->start.len == 0 && !read_start(look))
		return 0;
	return examine_refused(look, &problem);
}

/* --- files without one --- */

static void settle_pointer(struct look *look, const struct sft_lfs_pointer *pointer)
{
	struct ax_arena *arena = &look->examiner->arena;
	struct idx_attribute *attributes = ax_arena_alloc(arena, 2 * sizeof(*attributes));
	char *oid = ax_arena_copy(arena, ax_str_from(pointer->oid));

	settle(look, IDX_LFS_POINTER,
		"a Git LFS pointer: the file itself was never fetched (git lfs pull)");
	if (!attributes || !oid || pointer->size > INT64_MAX)
		return;
	attributes[0] = (struct idx_attribute){ AX_STR("lfs_size"),
		{ .kind = IDX_INT, .integer = (int64_t)pointer->size } };
	attributes[1] = (struct idx_attribute){ AX_STR("lfs_oid"),
		{ .kind = IDX_TEXT, .text = ax_str_from(oid) } };
	look->out->has_detail = true;
	look->out->detail.n_attributes = 2;
	look->out->detail.attributes = attributes;
}

static int describe_log(struct look *look)
{
	const struct idx_examine_options *options = &look->examiner->options;
	const struct idx_log_source source = {
		.fd = look->fd,
		.name = ax_path_name(look->subject->path),
		.size = (uint64_t)look->st.st_size,
		.mtime = ax_time_of(&look->st.st_mtim),
		.now = options->now,
		.quiet = options->quiet,
	};
	struct idx_detail *detail = &look->out->detail;
	struct idx_log log = { 0 };

	if (idx_log_read(&source, &look->examiner->text, &log, look->err) < 0)
		return -1;
	size_t n = detail->n_attributes;
	struct idx_attribute *attributes = ax_arena_alloc(&look->examiner->arena,
		(n + IDX_LOG_ATTRIBUTES) * sizeof(*attributes));
	if (!attributes)
		return no_memory(look->err);
	for (size_t i = 0; i < n; i++)
		attributes[i] = detail->attributes[i];
	look->out->provisional = ax_str_equal(log.status, AX_STR("running"));
	detail->n_attributes = n + idx_log_attributes(&log, attributes + n);
	detail->attributes = attributes;
	look->out->has_detail = true;
	return 0;
}

static int describe_shards(struct look *look)
{
	const struct idx_shards_source source = {
		.fd = look->fd,
		.size = (uint64_t)look->st.st_size,
		.dirfd = look->subject->dirfd,
		.name = ax_str_from(look->subject->name),
	};
	struct ax_arena *arena = &look->examiner->arena;
	struct ax_buf *why = &look->examiner->problem;
	struct idx_detail *detail = &look->out->detail;
	struct idx_shards shards;

	if (idx_shards_look(&source, arena, why, &shards, look->err) < 0)
		return -1;
	struct idx_attribute *attributes =
		ax_arena_alloc(arena, shards.n_attributes * sizeof(*attributes));
	if (!attributes)
		return no_memory(look->err);
	for (size_t i = 0; i < shards.n_attributes; i++)
		attributes[i] = shards.attributes[i];
	detail->n_attributes = shards.n_attributes;
	detail->attributes = attributes;
	look->out->has_detail = shards.n_attributes > 0;
	look->out->why = ax_str_from(ax_buf_text(why));
	/* Shards come and go without a trace in the index. */
	look->out->provisional = true;
	return 0;
}

static int examine_other(struct look *look)
{
	if (classify(look, NULL) < 0)
		return -1;
	if (look->fd >= 0 && look->subject->name && idx_shards_is_index(look->subject->path) &&
		ax_str_equal(look->out->class_name, AX_STR("other")))
		return describe_shards(look);
	if (ax_str_equal(look->out->class_name, AX_STR("log")))
		return describe_log(look);
	return 0;
}

/* --- */

/* Too short for a header: no need to open it. */
static int examine_tiny(struct look *look)
{
	if (!look->is_named)
		return examine_other(look);
	settle(look, IDX_INVALID,
		look->st.st_size ? "it ends within the length of its header" : "it is empty");
	look->out->variant = sft_verdict_name(SFT_HEADER_TOO_SMALL);
	if (is_being_written(look))
		look->out->status = IDX_WRITING;
	return 0;
}

static int examine_content(struct look *look)
{
	struct sft_lfs_pointer pointer;
	uint64_t size = (uint64_t)look->st.st_size;

	/* By that name it is one in all but rare cases: go straight for the header. */
	if (look->is_named && size >= SFT_IDENTIFY_BYTES)
		return examine_header(look);
	if (!read_start(look))
		return 0;
	enum sft_kind kind = look->start.len < LENGTH_BYTES ? SFT_KIND_FOREIGN
							    : sft_identify(look->start, size);
	if (kind == SFT_KIND_LFS_POINTER && sft_lfs_pointer_parse(look->start, &pointer)) {
		settle_pointer(look, &pointer);
		return 0;
	}
	if (kind == SFT_KIND_HEADER || look->is_named)
		return examine_header(look);
	return examine_other(look);
}

static int examine(struct look *look)
{
	if (!S_ISREG(look->st.st_mode)) {
		settle(look, IDX_OK, name_of_type(look->st.st_mode));
		return 0;
	}
	if (look->st.st_size < LENGTH_BYTES)
		return examine_tiny(look);
	if (!open_file(look))
		return 0;
	return examine_content(look);
}

int idx_examine(struct idx_examiner *examiner, const struct idx_subject *subject,
	struct idx_finding *out, struct ax_error *err)
{
	struct idx_finding finding = { 0 };
	struct look look = {
		.examiner = examiner,
		.subject = subject,
		.st = *subject->stat,
		.fd = -1,
		.is_named = ax_str_ends(subject->path, AX_STR(".safetensors")),
		.out = &finding,
		.err = err,
	};

	ax_arena_clear(&examiner->arena);
	ax_buf_clear(&examiner->problem);
	examiner->has_header = false;
	int status = examine(&look);
	if (look.fd >= 0)
		close(look.fd);
	if (status < 0)
		return -1;
	finding.provisional |=
		finding.status == IDX_WRITING || finding.status == IDX_UNREADABLE;
	*out = finding;
	return 0;
}

bool idx_finding_is_related(const struct idx_finding *found)
{
	static const struct ax_str classes[] = {
		AX_STR_INIT("checkpoint"),
		AX_STR_INIT("log"),
		AX_STR_INIT("lora"),
		AX_STR_INIT("adapter"),
	};

	if (!found->has_detail)
		return false;
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (ax_str_equal(found->class_name, classes[i]))
			return true;
	}
	for (size_t i = 0; i < found->detail.n_metadata; i++) {
		if (ax_str_equal(found->detail.metadata[i].key, AX_STR("cfg")))
			return true;
	}
	return false;
}
