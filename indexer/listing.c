#include "indexer/listing.h"

#include "base/buf.h"
#include "base/error.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	READ_SIZE = 64 * 1024,
	FEW = 48, /* files up to which sorting by hand is quicker */
};

/* struct linux_dirent64, which has no header. */
struct raw_entry {
	uint64_t ino;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* The first bytes in which names differ, as a number that sorts as they do. */
struct sort_item {
	uint64_t prefix;
	uint32_t place;
};

struct idx_listing {
	struct ax_buf entries; /* struct raw_entry, one behind the other */
	struct ax_buf names;   /* that were asked for, each with a NUL behind it */
	size_t count, capacity;
	struct idx_listed *files;
	struct sort_item *order;
	size_t dir_count, dir_capacity;
	struct ax_str *dirs;
};

struct idx_listing *idx_listing_new(void)
{
	return calloc(1, sizeof(struct idx_listing));
}

void idx_listing_free(struct idx_listing *listing)
{
	if (!listing)
		return;
	free(listing->files);
	free(listing->order);
	free(listing->dirs);
	ax_buf_free(&listing->entries);
	ax_buf_free(&listing->names);
	free(listing);
}

static void clear(struct idx_listing *listing)
{
	listing->count = 0;
	listing->dir_count = 0;
	ax_buf_clear(&listing->entries);
	ax_buf_clear(&listing->names);
}

static bool grow_files(struct idx_listing *listing)
{
	if (listing->count < listing->capacity)
		return true;
	size_t capacity = listing->capacity ? listing->capacity * 2 : 256;
	struct idx_listed *files = realloc(listing->files, capacity * sizeof(*files));
	if (!files)
		return false;
	listing->files = files;
	struct sort_item *order = realloc(listing->order, capacity * sizeof(*order));
	if (!order)
		return false;
	listing->order = order;
	listing->capacity = capacity;
	return capacity <= UINT32_MAX;
}

static bool add_dir(struct idx_listing *listing, struct ax_str name)
{
	if (listing->dir_count == listing->dir_capacity) {
		size_t capacity = listing->dir_capacity ? listing->dir_capacity * 2 : 64;
		struct ax_str *dirs = realloc(listing->dirs, capacity * sizeof(*dirs));
		if (!dirs)
			return false;
		listing->dirs = dirs;
		listing->dir_capacity = capacity;
	}
	listing->dirs[listing->dir_count++] = name;
	return true;
}

static ax_nanoseconds nanoseconds(const struct statx_timestamp *time)
{
	int64_t result;

	/* Years beyond 2262 and before 1677: the last and first instant that can be said. */
	if (__builtin_mul_overflow(time->tv_sec, (int64_t)1000000000, &result) ||
		__builtin_add_overflow(result, (int64_t)time->tv_nsec, &result))
		return time->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return result;
}

static void describe(struct idx_listed *file, const struct statx *st)
{
	file->type = S_ISREG(st->stx_mode)   ? IDX_REGULAR
		     : S_ISLNK(st->stx_mode) ? IDX_SYMLINK
					     : IDX_SPECIAL;
	file->mode = st->stx_mode;
	file->linked = st->stx_nlink > 1;
	file->dev = (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
	file->ino = st->stx_ino;
	file->size = st->stx_size;
	file->blocks = st->stx_blocks;
	file->mtime = nanoseconds(&st->stx_mtime);
	file->ctime = nanoseconds(&st->stx_ctime);
}

/* Look at one name: a file, a directory, gone, or known by its name only. type is getdents64's. */
static int add_name(struct idx_listing *listing, int fd, struct ax_str name, unsigned char type,
	struct ax_error *err)
{
	struct statx st;

	if (type == DT_DIR)
		return add_dir(listing, name) ? 0 : ax_fail(err, ENOMEM, "no memory");
	int failed = statx(fd, name.ptr, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
		STATX_BASIC_STATS, &st);
	if (failed && errno == ENOENT)
		return 0;
	if (failed && errno == ENOMEM)
		return ax_fail(err, ENOMEM, "no memory");
	if (!failed && S_ISDIR(st.stx_mode))
		return add_dir(listing, name) ? 0 : ax_fail(err, ENOMEM, "no memory");
	if (!grow_files(listing))
		return ax_fail(err, ENOMEM, "no memory");
	struct idx_listed *file = &listing->files[listing->count++];
	*file = (struct idx_listed){ .name = name };
	if (!failed) {
		describe(file, &st);
		return 0;
	}
	file->hidden = true;
	file->failure = errno;
	file->type = type == DT_LNK                         ? IDX_SYMLINK
		     : type == DT_REG || type == DT_UNKNOWN ? IDX_REGULAR
							    : IDX_SPECIAL;
	return 0;
}

static bool is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* All entries; they are looked at once the buffer does not move any more. */
static int read_entries(struct idx_listing *listing, int fd, struct ax_error *err)
{
	struct ax_buf *entries = &listing->entries;

	for (;;) {
		if (!ax_buf_reserve(entries, READ_SIZE))
			return ax_fail(err, ENOMEM, "no memory");
		long n = syscall(SYS_getdents64, fd, entries->data + entries->len, READ_SIZE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ax_fail_errno(err, "cannot list");
		if (n == 0)
			return 0;
		entries->len += (size_t)n;
	}
}

static size_t common_prefix(const struct idx_listing *listing)
{
	struct ax_str first = listing->files[0].name;
	size_t common = first.len;

	for (size_t i = 1; i < listing->count; i++) {
		const char *name = listing->files[i].name.ptr;
		size_t n = 0;
		while (n < common && name[n] == first.ptr[n])
			n++;
		common = n;
	}
	return common;
}

static uint64_t prefix_of(struct ax_str name, size_t from)
{
	uint64_t prefix = 0;
	size_t n = name.len - from;

	memcpy(&prefix, name.ptr + from, n < sizeof(prefix) ? n : sizeof(prefix));
	return be64toh(prefix);
}

/* qsort_r()'s comparison, with the listing as its context. */
static int compare_items(const void *a, const void *b, void *context)
{
	const struct idx_listing *listing = context;
	const struct sort_item *x = a;
	const struct sort_item *y = b;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	return ax_str_compare(listing->files[x->place].name, listing->files[y->place].name);
}

/* Most directories are small: putting each item in its place beats a call for each comparison. */
static void sort_few(struct idx_listing *listing)
{
	struct sort_item *order = listing->order;

	for (size_t i = 1; i < listing->count; i++) {
		struct sort_item item = order[i];
		size_t place = i;
		for (; place > 0 && compare_items(&item, &order[place - 1], listing) < 0;
			place--)
			order[place] = order[place - 1];
		order[place] = item;
	}
}

static void sort_files(struct idx_listing *listing)
{
	bool sorted = true;

	if (listing->count == 0)
		return;
	size_t common = common_prefix(listing);
	for (size_t i = 0; i < listing->count; i++) {
		listing->order[i].prefix = prefix_of(listing->files[i].name, common);
		listing->order[i].place = (uint32_t)i;
		sorted = sorted &&
			 (i == 0 || listing->order[i - 1].prefix < listing->order[i].prefix);
	}
	if (!sorted && listing->count <= FEW)
		sort_few(listing);
	else if (!sorted)
		qsort_r(listing->order, listing->count, sizeof(*listing->order), compare_items,
			listing);
}

int idx_listing_read(struct idx_listing *listing, int fd, struct ax_str path,
	struct ax_error *err)
{
	struct ax_error cause;

	clear(listing);
	if (read_entries(listing, fd, &cause) < 0)
		goto fail;
	for (size_t at = 0; at < listing->entries.len;) {
		const struct raw_entry *entry = (const void *)(listing->entries.data + at);
		at += entry->length;
		if (!is_dot(entry->name) && add_name(listing, fd, ax_str_from(entry->name),
						    entry->type, &cause) < 0)
			goto fail;
	}
	sort_files(listing);
	return 0;
fail:
	return ax_fail(err, cause.code, "%.*s: %s", AX_STR_ARG(path), cause.message);
}

int idx_listing_read_names(struct idx_listing *listing, int fd, const struct ax_str *names,
	size_t n, struct ax_error *err)
{
	clear(listing);
	for (size_t i = 0; i < n; i++) {
		ax_buf_append_str(&listing->names, names[i]);
		ax_buf_append_byte(&listing->names, '\0');
	}
	if (listing->names.failed)
		return ax_fail(err, ENOMEM, "no memory");
	for (size_t at = 0; at < listing->names.len;) {
		struct ax_str name = ax_str_from(listing->names.data + at);
		at += name.len + 1;
		if (add_name(listing, fd, name, DT_UNKNOWN, err) < 0)
			return -1;
	}
	listing->dir_count = 0;
	sort_files(listing);
	return 0;
}

size_t idx_listing_count(const struct idx_listing *listing)
{
	return listing->count;
}

const struct idx_listed *idx_listing_file(const struct idx_listing *listing, size_t i)
{
	return &listing->files[listing->order[i].place];
}

size_t idx_listing_dir_count(const struct idx_listing *listing)
{
	return listing->dir_count;
}

struct ax_str idx_listing_dir(const struct idx_listing *listing, size_t i)
{
	return listing->dirs[i];
}
