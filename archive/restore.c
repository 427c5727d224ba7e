#include "archive/restore.h"

#include "archive/extract.h"
#include "archive/salvage.h"
#include "base/file.h"
#include "base/hash.h"
#include "reorg/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct restore {
	const struct arc_archive *archive;
	const struct arc_restore_options *options;
	struct arc_restore_report *report;
	struct arc_extract *extract;
	struct reorg_dirs target; /* where members are to be */
	bool *wanted;             /* of each member: to be restored now */
	bool *read;               /* files whose content is needed */
	size_t *places; /* of each file that is read: the member at whose path it is written */
};

void arc_restore_report_free(struct arc_restore_report *report)
{
	free(report->bad);
	free(report->notes);
	ax_arena_free(&report->arena);
	*report = (struct arc_restore_report){ .n_bad = 0 };
}

static int no_memory(const struct restore *restore, struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "%s: no memory", restore->archive->path);
}

/* ---- what is there already */

static int digest_file(int fd, struct ax_digest *out)
{
	struct ax_hasher *hasher = ax_hasher_new();
	char *block = malloc(1024 * 1024);
	ssize_t n = -1;

	while (hasher && block && (n = read(fd, block, 1024 * 1024)) > 0)
		ax_hasher_update(hasher, block, (size_t)n);
	if (n == 0)
		*out = ax_hasher_digest(hasher);
	ax_hasher_free(hasher);
	free(block);
	return n == 0 ? 0 : -1;
}

static bool same_content(struct reorg_dirs *target, const struct arc_member *member)
{
	int fd = reorg_dirs_open(target, member->path, O_RDONLY | O_NONBLOCK, 0);
	struct ax_digest digest;
	struct stat st;

	if (fd < 0)
		return false;
	bool same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    (uint64_t)st.st_size == member->size && digest_file(fd, &digest) == 0 &&
		    memcmp(&digest, &member->xxh3, sizeof(digest)) == 0;
	close(fd);
	return same;
}

static bool same_link(struct reorg_dirs *target, const struct arc_member *member)
{
	char text[PATH_MAX];
	int fd = reorg_dirs_open(target, member->path, O_PATH, 0);

	if (fd < 0)
		return false;
	ssize_t n = readlinkat(fd, "", text, sizeof(text));
	close(fd);
	return n >= 0 && ax_str_equal(ax_str(text, (size_t)n), member->target);
}

/* 1: nothing is in its place. 0: what is there is the same. -1: something else. */
static int look_at_place(struct restore *restore, const struct arc_member *member,
	struct ax_error *err)
{
	struct reorg_dirs *target = &restore->target;
	int fd = reorg_dirs_open(target, member->path, O_PATH, 0);
	struct arc_member expected = *arc_index_file(&restore->archive->index, member);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 1;
	bool found = fd >= 0 && fstat(fd, &st) == 0;
	if (fd >= 0)
		close(fd);
	if (found && member->type == ARC_DIR && S_ISDIR(st.st_mode))
		return 0;
	expected.path = member->path;
	if (found && expected.type == ARC_FILE && S_ISREG(st.st_mode) &&
		same_content(target, &expected))
		return 0;
	if (found && member->type == ARC_SYMLINK && S_ISLNK(st.st_mode) &&
		same_link(target, member))
		return 0;
	return ax_fail(err, AX_EREFUSED,
		"%.*s: something else is there, and stays: nothing was restored",
		AX_STR_ARG(member->path));
}

/* ---- choosing */

/* Whether tail is the last part of path, at a slash. */
static bool is_tail(struct ax_str path, struct ax_str tail)
{
	return path.len > tail.len && ax_str_ends(path, tail) &&
	       path.ptr[path.len - tail.len - 1] == '/';
}

/* Who gives less than a member's path, or the path that it had in the project, may mean it. */
static int no_member(const struct restore *restore, struct ax_str path, struct ax_error *err)
{
	const struct arc_index *index = &restore->archive->index;
	struct ax_str meant = { 0 };

	for (size_t i = index->n_about; i < index->n && !meant.len; i++) {
		struct ax_str member = index->members[i].path;
		if (is_tail(member, path) || is_tail(path, member))
			meant = member;
	}
	return ax_fail(err, AX_EUSAGE, "%s: has no member %.*s: nothing was restored%s%.*s%s",
		restore->archive->path, AX_STR_ARG(path), meant.len ? "; did you mean " : "",
		AX_STR_ARG(meant), meant.len ? "?" : "");
}

static int check_selection(const struct restore *restore, struct ax_error *err)
{
	const struct arc_selection *selection = &restore->options->selection;

	for (size_t i = 0; i < selection->n; i++) {
		const struct arc_member *member =
			arc_index_find(&restore->archive->index, selection->paths[i]);
		if (!member || member->flags & ARC_ABOUT)
			return no_member(restore, selection->paths[i], err);
	}
	return 0;
}

static int choose(struct restore *restore, struct ax_error *err)
{
	const struct arc_index *index = &restore->archive->index;
	const struct arc_selection *selection = &restore->options->selection;

	if (check_selection(restore, err) < 0)
		return -1;
	for (size_t i = index->n_about; i < index->n; i++) {
		const struct arc_member *member = &index->members[i];
		if (!arc_is_selected(selection, member->path))
			continue;
		int vacant = look_at_place(restore, member, err);
		if (vacant < 0)
			return -1;
		restore->wanted[i] = vacant;
		restore->report->present += !vacant && member->type != ARC_DIR;
	}
	return 0;
}

/* The directories above what is wanted, as they were, where they are missing. */
static int choose_parents(struct restore *restore, struct ax_error *err)
{
	const struct arc_index *index = &restore->archive->index;

	for (size_t i = index->n; i-- > index->n_about;) {
		struct ax_str dir = ax_path_dir(index->members[i].path);
		if (!restore->wanted[i] || !dir.len)
			continue;
		const struct arc_member *parent = arc_index_find(index, dir);
		int vacant = look_at_place(restore, parent, err);
		if (vacant < 0)
			return -1;
		restore->wanted[parent - index->members] |= vacant;
	}
	return 0;
}

/* A hard link is restored as a file when the file it is another name of is not. */
static void choose_content(struct restore *restore)
{
	const struct arc_index *index = &restore->archive->index;

	for (size_t i = index->n_about; i < index->n; i++) {
		const struct arc_member *member = &index->members[i];
		if (!restore->wanted[i] || member->type == ARC_DIR ||
			member->type == ARC_SYMLINK)
			continue;
		size_t content = (size_t)(arc_index_file(index, member) - index->members);
		if (restore->read[content])
			continue;
		restore->read[content] = true;
		restore->places[content] = i;
	}
}

static int check_space(const struct restore *restore, struct ax_error *err)
{
	const struct arc_index *index = &restore->archive->index;
	struct statvfs fs;
	uint64_t needed = 0;

	for (size_t i = index->n_about; i < index->n; i++) {
		const struct arc_member *member = &index->members[i];
		if (restore->read[i] &&
			__builtin_add_overflow(needed, arc_index_stored(index, member)->stored,
				&needed))
			needed = UINT64_MAX;
	}
	if (restore->options->limit && needed > restore->options->limit)
		return ax_fail(err, AX_EREFUSED,
			"%s: expands to %llu bytes, and %llu are allowed: nothing was restored",
			restore->archive->path, (unsigned long long)needed,
			(unsigned long long)restore->options->limit);
	if (fstatvfs(restore->options->target, &fs) < 0)
		return ax_fail_errno(err, "%s: the target", restore->archive->path);
	uint64_t there = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (needed > there)
		return ax_fail(err, ENOSPC,
			"%s: needs %llu bytes, and the target has %llu left",
			restore->archive->path, (unsigned long long)needed,
			(unsigned long long)there);
	return 0;
}

/* ---- extracting */

static int put(void *context, size_t i, uint64_t offset, struct ax_str bytes,
	struct ax_error *err)
{
	const struct restore *restore = context;
	const struct arc_member *members = restore->archive->index.members;

	return arc_extract_write(restore->extract, members[restore->places[i]].path, offset,
		bytes, err);
}

static int make_places(struct restore *restore, struct ax_error *err)
{
	const struct arc_index *index = &restore->archive->index;

	for (size_t i = index->n_about; i < index->n; i++) {
		const struct arc_member *member = &index->members[i];
		struct ax_str dir =
			member->type == ARC_DIR ? member->path : ax_path_dir(member->path);
		if (restore->wanted[i] && arc_extract_dir(restore->extract, dir, err) < 0)
			return -1;
	}
	for (size_t i = index->n_about; i < index->n; i++) {
		if (restore->read[i] && arc_extract_file(restore->extract,
						index->members[restore->places[i]].path,
						index->members[i].size, err) < 0)
			return -1;
	}
	return 0;
}

/* What is found goes into the report. */
static int read_content(struct restore *restore, struct ax_error *err)
{
	struct arc_restore_report *report = restore->report;
	struct arc_sink sink = { .context = restore, .put = put };
	struct arc_read_options read = {
		.threads = restore->options->threads,
		.wanted = restore->read,
		.sink = &sink,
		.progress = restore->options->progress,
	};
	const struct arc_index *index = &restore->archive->index;
	struct arc_findings findings;
	int status = 0;

	if (arc_read(restore->archive, &read, &findings, err) < 0)
		return -1;
	report->arena = findings.arena;
	report->bad = findings.bad;
	report->n_bad = findings.n_bad;
	for (size_t i = index->n_about; i < index->n && status == 0; i++) {
		if (!restore->read[i] || findings.verdicts[i] == ARC_GOOD)
			continue;
		size_t place = restore->places[i];
		status = arc_extract_remove(restore->extract, index->members[place].path, err);
		restore->wanted[place] = false;
		restore->read[i] = false;
	}
	free(findings.verdicts);
	return status;
}

static int make_link(struct restore *restore, size_t i, struct ax_error *err)
{
	const struct arc_index *index = &restore->archive->index;
	const struct arc_member *member = &index->members[i];

	if (member->type == ARC_SYMLINK)
		return arc_extract_symlink(restore->extract, member->path, member->target, err);
	if (member->type != ARC_HARD_LINK)
		return 0;
	size_t content = (size_t)(arc_index_file(index, member) - index->members);
	if (!restore->read[content]) {
		restore->wanted[i] = false; /* damaged: the remark names the first name */
		return 0;
	}
	if (restore->places[content] == i)
		return 0;
	return arc_extract_link(restore->extract, member->path,
		index->members[restore->places[content]].path, err);
}

static int add_note(struct restore *restore, struct ax_str path, const char *text,
	struct ax_error *err)
{
	struct arc_restore_report *report = restore->report;
	void *grown = reallocarray(report->notes, report->n_notes + 1, sizeof(*report->notes));
	char *name = ax_arena_copy(&report->arena, path);

	if (grown)
		report->notes = grown;
	if (!grown || !name)
		return no_memory(restore, err);
	report->notes[report->n_notes++] = (struct arc_remark){
		.path = ax_str(name, path.len),
		.text = ax_str_from(text),
	};
	return 0;
}

static int set_metadata(struct restore *restore, size_t i, struct ax_error *err)
{
	const struct arc_index *index = &restore->archive->index;
	struct arc_member member = *arc_index_file(index, &index->members[i]);

	member.path = index->members[i].path;
	restore->report->members++;
	if (member.type != ARC_DIR) {
		restore->report->sum.files++;
		restore->report->sum.bytes += arc_index_size(index, &index->members[i]);
	}
	if (member.type == ARC_FILE && member.mode & 06000 &&
		add_note(restore, member.path, "was setuid or setgid, and is not any more",
			err) < 0)
		return -1;
	return arc_extract_set_metadata(restore->extract, &member, err);
}

/* Links when all files are there; metadata from the end, directories behind what they hold. */
static int finish(struct restore *restore, struct ax_error *err)
{
	const struct arc_index *index = &restore->archive->index;

	for (size_t i = index->n_about; i < index->n; i++) {
		if (restore->wanted[i] && make_link(restore, i, err) < 0)
			return -1;
	}
	for (size_t i = index->n; i-- > index->n_about;) {
		if (restore->wanted[i] && set_metadata(restore, i, err) < 0)
			return -1;
	}
	return arc_extract_publish(restore->extract, err);
}

static int begin(struct restore *restore, struct ax_error *err)
{
	char name[33];
	struct ax_str path = ax_path_name(ax_str_from(restore->archive->path));
	struct ax_digest digest = ax_hash128(path.ptr, path.len);

	ax_digest_format(&digest, name);
	return arc_extract_begin(restore->options->target, ax_str(name, 16),
		restore->archive->path, &restore->extract, err);
}

/* What failed before counts for more than what could not be cleared away. */
static void end(struct restore *restore)
{
	struct ax_error *leftover = &restore->report->leftover;

	if (arc_extract_end(restore->extract, leftover) == 0)
		leftover->code = 0;
}

static int extract(struct restore *restore, struct ax_error *err)
{
	int status = -1;

	if (begin(restore, err) == 0 && make_places(restore, err) == 0 &&
		read_content(restore, err) == 0)
		status = finish(restore, err);
	end(restore);
	return status;
}

static int restore_indexed(struct restore *restore, struct ax_error *err)
{
	size_t n = restore->archive->index.n;
	int status = -1;

	restore->wanted = calloc(n + 1, sizeof(bool));
	restore->read = calloc(n + 1, sizeof(bool));
	restore->places = calloc(n + 1, sizeof(size_t));
	if (!restore->wanted || !restore->read || !restore->places) {
		no_memory(restore, err);
	} else if (choose(restore, err) == 0 && choose_parents(restore, err) == 0) {
		choose_content(restore);
		if (check_space(restore, err) == 0)
			status = extract(restore, err);
	}
	free(restore->wanted);
	free(restore->read);
	free(restore->places);
	return status;
}

/* ---- without an index */

/* Whether anything at or below path was found, be it damaged. */
static bool is_found(const struct arc_salvaged *salvaged, struct ax_str path)
{
	for (size_t i = 0; i < salvaged->n; i++) {
		if (ax_path_below(salvaged->members[i].path, path))
			return true;
	}
	for (size_t i = 0; i < salvaged->n_bad; i++) {
		if (ax_path_below(salvaged->bad[i].path, path))
			return true;
	}
	return false;
}

static int check_found(const struct restore *restore, const struct arc_salvaged *salvaged,
	struct ax_error *err)
{
	const struct arc_selection *selection = &restore->options->selection;

	for (size_t i = 0; i < selection->n; i++) {
		if (!is_found(salvaged, selection->paths[i]))
			return no_member(restore, selection->paths[i], err);
	}
	return 0;
}

static int check_taken(struct restore *restore, const struct arc_salvaged *salvaged,
	struct ax_error *err)
{
	for (size_t i = 0; i < salvaged->n; i++) {
		const struct arc_member *member = &salvaged->members[i];
		int fd = reorg_dirs_open(&restore->target, member->path, O_PATH, 0);
		struct stat st;
		bool taken = fd >= 0 && !(member->type == ARC_DIR && fstat(fd, &st) == 0 &&
						S_ISDIR(st.st_mode));
		if (fd >= 0)
			close(fd);
		if (taken)
			return ax_fail(err, AX_EREFUSED,
				"%.*s: something is there, and stays: nothing was restored",
				AX_STR_ARG(member->path));
	}
	return 0;
}

static int restore_unindexed(struct restore *restore, struct ax_error *err)
{
	struct arc_restore_report *report = restore->report;
	struct arc_salvaged salvaged = { .n = 0 };
	struct arc_salvage_options options = {
		.selection = restore->options->selection,
		.limit = restore->options->limit,
		.progress = restore->options->progress,
	};
	int status = -1;

	if (begin(restore, err) < 0)
		return -1;
	options.extract = restore->extract;
	if (arc_salvage(restore->archive, &options, &salvaged, err) == 0 &&
		check_found(restore, &salvaged, err) == 0 &&
		check_taken(restore, &salvaged, err) == 0)
		status = arc_extract_publish(restore->extract, err);
	end(restore);
	report->members = salvaged.n;
	report->sum = salvaged.sum;
	report->arena = salvaged.arena;
	report->bad = salvaged.bad;
	report->n_bad = salvaged.n_bad;
	report->notes = salvaged.notes;
	report->n_notes = salvaged.n_notes;
	free(salvaged.members);
	return status;
}

int arc_restore(const struct arc_archive *archive, const struct arc_restore_options *options,
	struct arc_restore_report *report, struct ax_error *err)
{
	struct arc_restore_report done = { .n_bad = 0 };
	struct restore restore = { .archive = archive, .options = options, .report = &done };
	reorg_dirs_init(&restore.target, options->target);
	int status = archive->has_index ? restore_indexed(&restore, err)
					: restore_unindexed(&restore, err);

	reorg_dirs_forget(&restore.target);
	if (status < 0)
		arc_restore_report_free(&done);
	else
		*report = done;
	return status;
}
