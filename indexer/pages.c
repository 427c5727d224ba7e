/*
 * LMDB's file (data version 1, 64 bits, little-endian), as far as it matters here. Pages are
 * numbered from 0; pages 0 and 1 are meta pages, written in turns.
 *
 *	page	u64 number, u16 unused, u16 flags, then u16 lower, u16 upper; or, on the first
 *		page of a large value, u32 pages
 *	meta	page header, u32 magic, u32 version, u64 address, u64 map size, the trees "free" and
 *		"main" (48 bytes each), u64 last page in use, u64 transaction
 *	tree	u32 page size (in "free" only), u16 flags, u16 depth, u64 branch pages, leaf pages,
 *		overflow pages, entries, root page
 *	node	u16 low, u16 high, u16 flags, u16 key size, key, data; its offset in the page stands
 *		in the table of u16 that ends at "lower". In a branch, low, high and flags are the
 *		child's page; in a leaf, low and high are the data's size, and the data of a large
 *		value is the number of its first page.
 *
 * "main" holds the named trees, "free" lists the pages that each transaction gave up.
 */
#include "indexer/pages.h"

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	PAGE_HEADER = 16,
	META_SIZE = PAGE_HEADER + 24 + 2 * 48 + 16,
	TREE_SIZE = 48,
	NODE_HEADER = 8,
	SMALLEST_PAGE = 512,
	LARGEST_PAGE = 32768,
	DEEPEST_TREE = 32, /* LMDB's cursor stack */
	UNWRITTEN = 256,   /* pages that may be missing at the end even of a small file */

	PAGE_BRANCH = 1,
	PAGE_LEAF = 2,
	PAGE_OVERFLOW = 4,
	PAGE_META = 8,

	NODE_LARGE = 1,
	NODE_TREE = 2,

	TREE_INTEGER_KEYS = 8,
};

static const uint32_t meta_magic = 0xBEEFC0DE;
static const uint64_t no_page = UINT64_MAX;

struct tree {
	const char *name;
	uint32_t pad;
	uint16_t flags, depth;
	uint64_t branches, leaves, overflows, entries, root;
};

struct meta {
	struct tree free, main;
	uint64_t last_page, transaction;
};

struct checker {
	int fd;
	const char *path;
	size_t page_size;
	uint64_t file_pages; /* whole ones that the file has */
	uint64_t last_page;
	unsigned char *seen; /* one bit a page */
	struct ax_error *err;
};

/* What a walk through one tree knows and counts. */
struct walk {
	struct checker *checker;
	const struct tree *tree;
	uint64_t branches, leaves, overflows, entries;
	char *pages; /* one for each level */
};

struct node {
	struct ax_str key;
	uint16_t flags;
	uint64_t child;     /* in a branch */
	struct ax_str data; /* in a leaf; of a large value the number of its page */
	uint64_t data_size;
};

static uint16_t u16_at(const char *p)
{
	uint16_t value;

	memcpy(&value, p, sizeof(value));
	return le16toh(value);
}

static uint32_t u32_at(const char *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return le32toh(value);
}

static uint64_t u64_at(const char *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return le64toh(value);
}

static int damaged(const struct checker *checker, uint64_t page, const char *what)
{
	return ax_fail(checker->err, AX_ECATALOG,
		"%s: damaged at page %" PRIu64 " (%s); run artidx scan --rebuild",
		checker->path, page, what);
}

static struct tree read_tree(const char *p, const char *name)
{
	return (struct tree){
		.name = name,
		.pad = u32_at(p),
		.flags = u16_at(p + 4),
		.depth = u16_at(p + 6),
		.branches = u64_at(p + 8),
		.leaves = u64_at(p + 16),
		.overflows = u64_at(p + 24),
		.entries = u64_at(p + 32),
		.root = u64_at(p + 40),
	};
}

static bool is_page_size(uint32_t size)
{
	return size >= SMALLEST_PAGE && size <= LARGEST_PAGE && (size & (size - 1)) == 0;
}

static int read_meta(struct checker *checker, uint64_t page, uint64_t offset,
	uint64_t file_size, struct meta *out)
{
	char bytes[META_SIZE];

	if (ax_pread_full(checker->fd, bytes, sizeof(bytes), (off_t)offset, checker->path,
		    checker->err) < 0) {
		if (checker->err->code == AX_ECORRUPT)
			return damaged(checker, page, "cut off");
		return -1;
	}
	uint32_t magic = u32_at(bytes + 16);
	if (magic == __builtin_bswap32(meta_magic))
		return damaged(checker, page, "made by a machine of the other byte order");
	if (magic != meta_magic || !(u16_at(bytes + 10) & PAGE_META) || u64_at(bytes) != page)
		return damaged(checker, page, "no meta page of LMDB");
	if (u32_at(bytes + 20) != 1)
		return damaged(checker, page, "another version of LMDB's format");
	out->free = read_tree(bytes + 40, "free");
	out->main = read_tree(bytes + 40 + TREE_SIZE, "main");
	out->last_page = u64_at(bytes + 40 + 2 * TREE_SIZE);
	out->transaction = u64_at(bytes + 48 + 2 * TREE_SIZE);
	if (!is_page_size(out->free.pad))
		return damaged(checker, page, "impossible page size");
	/* Pages that a transaction took and gave up again are not written: they may be missing. */
	uint64_t pages = file_size / out->free.pad;
	if (out->last_page < 1 || pages < 2 || out->last_page / 2 > pages + UNWRITTEN)
		return damaged(checker, page, "the file is shorter than it says");
	return 0;
}

/*
 * LMDB writes them in turns, each with the number of its transaction: two numbers that do not
 * follow each other, or lie in the wrong place, were not written by it. A file that is new has 0
 * in both.
 */
static bool are_consecutive(const struct meta metas[2])
{
	uint64_t a = metas[0].transaction;
	uint64_t b = metas[1].transaction;

	return (a == 0 && b == 0) || (a % 2 == 0 && (b == a + 1 || b + 1 == a));
}

/* Both must be sound: LMDB reads both. */
static int read_metas(struct checker *checker, struct meta metas[2])
{
	struct stat st;

	if (fstat(checker->fd, &st) < 0)
		return ax_fail_errno(checker->err, "%s: cannot examine", checker->path);
	if (st.st_size == 0)
		return ax_fail(checker->err, AX_ECATALOG,
			"%s: empty, there is no catalogue in it; run artidx scan --rebuild",
			checker->path);
	if (read_meta(checker, 0, 0, (uint64_t)st.st_size, &metas[0]) < 0 ||
		read_meta(checker, 1, metas[0].free.pad, (uint64_t)st.st_size, &metas[1]) < 0)
		return -1;
	if (metas[0].free.pad != metas[1].free.pad)
		return damaged(checker, 1, "page sizes differ");
	checker->page_size = metas[0].free.pad;
	checker->file_pages = (uint64_t)st.st_size / checker->page_size;
	return 0;
}

/* Mark pages as used or free; false where one already is, or does not exist. */
static bool claim(struct checker *checker, uint64_t first, uint64_t count)
{
	if (first < 2 || first > checker->last_page || count > checker->last_page - first + 1)
		return false;
	for (uint64_t page = first; page < first + count; page++) {
		unsigned char bit = (unsigned char)(1u << (page & 7));
		if (checker->seen[page >> 3] & bit)
			return false;
		checker->seen[page >> 3] |= bit;
	}
	return true;
}

/* The same for pages that hold something, and so are in the file. */
static bool claim_live(struct checker *checker, uint64_t first, uint64_t count)
{
	return first < checker->file_pages && count <= checker->file_pages - first &&
	       claim(checker, first, count);
}

static int read_at_page(struct checker *checker, uint64_t page, char *bytes, size_t size)
{
	return ax_pread_full(checker->fd, bytes, size, (off_t)(page * checker->page_size),
		checker->path, checker->err);
}

static size_t node_count(const char *page)
{
	return (u16_at(page + 12) - (size_t)PAGE_HEADER) / 2;
}

/* Node i of a page whose header is sound; false where it does not lie within the page. */
static bool read_node(const char *page, size_t page_size, size_t i, struct node *out)
{
	size_t upper = u16_at(page + 14);
	size_t offset = u16_at(page + PAGE_HEADER + 2 * i);

	if (offset < upper || offset > page_size - NODE_HEADER || offset % 2)
		return false;
	const char *p = page + offset;
	size_t room = page_size - offset - NODE_HEADER;
	size_t key_size = u16_at(p + 6);
	if (key_size > room)
		return false;
	out->key = ax_str(p + NODE_HEADER, key_size);
	out->flags = u16_at(p + 4);
	out->data = ax_str(out->key.ptr + key_size, 0);
	if (u16_at(page + 10) & PAGE_BRANCH) {
		out->child =
			u16_at(p) | (uint64_t)u16_at(p + 2) << 16 | (uint64_t)out->flags << 32;
		return true;
	}
	out->data_size = u16_at(p) | (uint64_t)u16_at(p + 2) << 16;
	out->data.len = out->flags & NODE_LARGE ? sizeof(uint64_t) : (size_t)out->data_size;
	return out->data.len <= room - key_size;
}

static size_t stored_size(const struct node *node)
{
	return (NODE_HEADER + node->key.len + node->data.len + 1) & ~(size_t)1;
}

static bool comes_before(struct ax_str a, struct ax_str b, const struct tree *tree)
{
	if (tree->flags & TREE_INTEGER_KEYS)
		return u64_at(a.ptr) < u64_at(b.ptr);
	return ax_str_compare(a, b) < 0;
}

/* Keys rise within the page, nodes fill what the header calls used, and nothing overlaps. */
static const char *check_nodes(const struct walk *walk, const char *page)
{
	size_t page_size = walk->checker->page_size;
	bool is_branch = u16_at(page + 10) & PAGE_BRANCH;
	size_t used = 0;
	struct node before = { 0 };

	for (size_t i = 0; i < node_count(page); i++) {
		struct node node;
		if (!read_node(page, page_size, i, &node))
			return "a node lies outside its page";
		used += stored_size(&node);
		if (is_branch && i == 0)
			continue;
		if (node.key.len == 0 || (walk->tree->flags & TREE_INTEGER_KEYS &&
						 node.key.len != sizeof(uint64_t)))
			return "a key of impossible size";
		if (i > is_branch && !comes_before(before.key, node.key, walk->tree))
			return "keys out of order";
		before = node;
	}
	if (used != page_size - u16_at(page + 14))
		return "nodes do not fill their place";
	return NULL;
}

static const char *check_header(const struct walk *walk, const char *page, uint64_t number,
	bool is_leaf)
{
	size_t lower = u16_at(page + 12);
	size_t upper = u16_at(page + 14);

	if (u64_at(page) != number)
		return "another page's number";
	if (u16_at(page + 10) != (is_leaf ? PAGE_LEAF : PAGE_BRANCH))
		return "not the kind of page that belongs here";
	if (lower < PAGE_HEADER || lower > upper || upper > walk->checker->page_size ||
		lower % 2 || upper % 2)
		return "impossible bounds";
	if (node_count(page) < (is_leaf ? 1u : 2u))
		return "too few keys";
	return NULL;
}

/* Between which keys those of a page must lie; a NULL pointer is no limit. */
struct range {
	struct ax_str low, high;
};

static bool is_within(const struct walk *walk, const char *page, struct range range)
{
	size_t count = node_count(page);
	size_t first_key = u16_at(page + 10) & PAGE_BRANCH ? 1 : 0;
	struct node first, last;

	if (!read_node(page, walk->checker->page_size, first_key, &first) ||
		!read_node(page, walk->checker->page_size, count - 1, &last))
		return false;
	return (!range.low.ptr || !comes_before(first.key, range.low, walk->tree)) &&
	       (!range.high.ptr || comes_before(last.key, range.high, walk->tree));
}

static int check_large_value(struct walk *walk, uint64_t leaf, const struct node *node)
{
	struct checker *checker = walk->checker;
	uint64_t first = u64_at(node->data.ptr);
	uint64_t count = (PAGE_HEADER - 1 + node->data_size) / checker->page_size + 1;
	char header[PAGE_HEADER];

	if (!claim_live(checker, first, 1))
		return damaged(checker, leaf, "a large value's pages are wrong");
	if (read_at_page(checker, first, header, sizeof(header)) < 0)
		return -1;
	/* A value that became shorter keeps the pages that it had. */
	uint32_t pages = u32_at(header + 12);
	if (u64_at(header) != first || u16_at(header + 10) != PAGE_OVERFLOW || pages < count)
		return damaged(checker, first, "not the start of a large value");
	if (pages > 1 && !claim_live(checker, first + 1, pages - 1))
		return damaged(checker, leaf, "a large value's pages are wrong");
	walk->overflows += pages;
	return 0;
}

static int check_leaf(struct walk *walk, uint64_t number, const char *page)
{
	struct checker *checker = walk->checker;

	for (size_t i = 0; i < node_count(page); i++) {
		struct node node = { 0 };
		if (!read_node(page, checker->page_size, i, &node) ||
			node.flags & ~(NODE_LARGE | NODE_TREE) ||
			(node.flags & NODE_TREE && node.data_size != TREE_SIZE))
			return damaged(checker, number, "an impossible node");
		if (node.flags & NODE_LARGE && check_large_value(walk, number, &node) < 0)
			return -1;
	}
	walk->leaves++;
	walk->entries += node_count(page);
	return 0;
}

/* level 0 is the root. Recursion ends at the tree's depth, at most DEEPEST_TREE. */
static int check_page(struct walk *walk, uint64_t number, unsigned level, struct range range)
{
	struct checker *checker = walk->checker;
	char *page = walk->pages + level * checker->page_size;
	bool is_leaf = level + 1u == walk->tree->depth;

	if (!claim_live(checker, number, 1))
		return damaged(checker, number,
			"a page that does not exist or is in use twice");
	if (read_at_page(checker, number, page, checker->page_size) < 0)
		return -1;
	const char *what = check_header(walk, page, number, is_leaf);
	if (!what)
		what = check_nodes(walk, page);
	if (!what && !is_within(walk, page, range))
		what = "keys that belong elsewhere";
	if (what)
		return damaged(checker, number, what);
	if (is_leaf)
		return check_leaf(walk, number, page);

	size_t count = node_count(page);
	for (size_t i = 0; i < count; i++) {
		struct node node, next;
		struct range inner = range;
		if (!read_node(page, checker->page_size, i, &node))
			return damaged(checker, number, "an impossible node");
		if (i > 0)
			inner.low = node.key;
		if (i + 1 < count && read_node(page, checker->page_size, i + 1, &next))
			inner.high = next.key;
		if (check_page(walk, node.child, level + 1, inner) < 0)
			return -1;
	}
	walk->branches++;
	return 0;
}

static int check_tree(struct checker *checker, const struct tree *tree)
{
	struct walk walk = { .checker = checker, .tree = tree };
	struct range everything = { 0 };

	if (tree->root == no_page) {
		if (tree->depth || tree->entries)
			return damaged(checker, 0, "a tree without a root");
		return 0;
	}
	if (tree->depth < 1 || tree->depth > DEEPEST_TREE)
		return damaged(checker, tree->root, "impossible depth");
	walk.pages = malloc(tree->depth * checker->page_size);
	if (!walk.pages)
		return ax_fail(checker->err, ENOMEM, "%s: no memory to check it",
			checker->path);
	int status = check_page(&walk, tree->root, 0, everything);
	free(walk.pages);
	if (status < 0)
		return -1;
	if (walk.branches != tree->branches || walk.leaves != tree->leaves ||
		walk.overflows != tree->overflows || walk.entries != tree->entries)
		return damaged(checker, tree->root, "the tree's counts are wrong");
	return 0;
}

/* What is done with each entry of a sound tree. */
typedef int visit_entry(struct checker *checker, uint64_t page, const struct node *node);

static int visit_page(struct checker *checker, const struct tree *tree, uint64_t number,
	unsigned level, visit_entry *visit)
{
	char *page = malloc(checker->page_size);
	int status = -1;

	if (!page)
		return ax_fail(checker->err, ENOMEM, "%s: no memory to check it",
			checker->path);
	if (read_at_page(checker, number, page, checker->page_size) < 0)
		goto out;
	for (size_t i = 0; i < node_count(page); i++) {
		struct node node;
		if (!read_node(page, checker->page_size, i, &node)) {
			damaged(checker, number, "an impossible node");
			goto out;
		}
		if ((level + 1u == tree->depth ? visit(checker, number, &node)
					       : visit_page(checker, tree, node.child,
							 level + 1, visit)) < 0)
			goto out;
	}
	status = 0;
out:
	free(page);
	return status;
}

static int visit_tree(struct checker *checker, const struct tree *tree, visit_entry *visit)
{
	return tree->root == no_page ? 0 : visit_page(checker, tree, tree->root, 0, visit);
}

/* A named tree in "main". */
static int check_named_tree(struct checker *checker, uint64_t page, const struct node *node)
{
	struct tree tree;

	if (!(node->flags & NODE_TREE) || node->data.len != TREE_SIZE)
		return damaged(checker, page, "not the root of a table");
	tree = read_tree(node->data.ptr, "table");
	if (tree.flags)
		return damaged(checker, page, "a table of another kind");
	return check_tree(checker, &tree);
}

/* The free pages of one transaction: a count and page numbers, the largest first. */
static int check_free_list(struct checker *checker, uint64_t page, const struct node *node)
{
	int status = -1;
	char *list = malloc((size_t)node->data_size + 1);

	if (!list)
		return ax_fail(checker->err, ENOMEM, "%s: no memory to check it",
			checker->path);
	if (node->flags & NODE_LARGE) {
		off_t offset =
			(off_t)(u64_at(node->data.ptr) * checker->page_size + PAGE_HEADER);
		if (ax_pread_full(checker->fd, list, (size_t)node->data_size, offset,
			    checker->path, checker->err) < 0)
			goto out;
	} else {
		memcpy(list, node->data.ptr, node->data.len);
	}

	uint64_t count = node->data_size / sizeof(uint64_t);
	if (count < 1 || node->data_size % sizeof(uint64_t) || u64_at(list) > count - 1) {
		damaged(checker, page, "a list of free pages of impossible size");
		goto out;
	}
	count = u64_at(list);
	uint64_t before = no_page;
	for (uint64_t i = 1; i <= count; i++) {
		uint64_t number = u64_at(list + i * sizeof(uint64_t));
		if (number >= before || !claim(checker, number, 1)) {
			damaged(checker, page, "the list of free pages is wrong");
			goto out;
		}
		before = number;
	}
	status = 0;
out:
	free(list);
	return status;
}

static int check_state(struct checker *checker, const struct meta *meta, bool with_free)
{
	if (meta->main.flags || meta->free.flags != TREE_INTEGER_KEYS)
		return damaged(checker, 0, "impossible flags");
	if (check_tree(checker, &meta->main) < 0 || check_tree(checker, &meta->free) < 0)
		return -1;
	if (visit_tree(checker, &meta->main, check_named_tree) < 0)
		return -1;
	return with_free ? visit_tree(checker, &meta->free, check_free_list) : 0;
}

static int check_pages(struct checker *checker, const struct meta *meta, bool with_free)
{
	checker->last_page = meta->last_page;
	checker->seen = calloc(1, (size_t)(meta->last_page / 8) + 1);
	if (!checker->seen)
		return ax_fail(checker->err, ENOMEM, "%s: no memory to check it",
			checker->path);
	int status = check_state(checker, meta, with_free);
	free(checker->seen);
	return status;
}

int idx_pages_check_metas(int fd, const char *path, struct ax_error *err)
{
	struct checker checker = { .fd = fd, .path = path, .err = err };
	struct meta metas[2];

	if (read_metas(&checker, metas) < 0)
		return -1;
	if (!are_consecutive(metas))
		return damaged(&checker, 0, "meta pages that do not belong together");
	return 0;
}

int idx_pages_check_all(int fd, const char *path, struct ax_error *err)
{
	struct checker checker = { .fd = fd, .path = path, .err = err };
	struct meta metas[2];

	if (read_metas(&checker, metas) < 0)
		return -1;
	if (!are_consecutive(metas))
		return damaged(&checker, 0, "meta pages that do not belong together");
	return check_pages(&checker, &metas[metas[1].transaction > metas[0].transaction], true);
}

int idx_pages_check_state(int fd, const char *path, uint64_t transaction, struct ax_error *err)
{
	struct checker checker = { .fd = fd, .path = path, .err = err };
	struct meta metas[2];

	if (read_metas(&checker, metas) < 0)
		return -1;
	const struct meta *meta = &metas[transaction % 2];
	if (meta->transaction != transaction)
		return 0;
	return check_pages(&checker, meta, false) < 0 ? -1 : 1;
}
