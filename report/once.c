/*
 * Open addressing with linear probing, at most half full. Inode 0 is given to no file.
 */
#include "report/once.h"

#include "base/hash.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

struct rpt_inode {
	uint64_t dev, ino; /* ino 0: free */
};

void rpt_once_free(struct rpt_once *once)
{
	free(once->slots);
	*once = (struct rpt_once){ 0 };
}

static struct rpt_inode *find(struct rpt_inode *slots, size_t n_slots, struct rpt_inode inode)
{
	size_t i = (size_t)ax_hash64(&inode, sizeof(inode)) & (n_slots - 1);

	while (slots[i].ino && (slots[i].ino != inode.ino || slots[i].dev != inode.dev))
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

static int make_room(struct rpt_once *once)
{
	size_t n_slots = once->n_slots ? 2 * once->n_slots : FIRST_SLOTS;
	struct rpt_inode *slots;

	if (2 * once->n_used < once->n_slots)
		return 0;
	slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return -1;
	for (size_t i = 0; i < once->n_slots; i++) {
		if (once->slots[i].ino)
			*find(slots, n_slots, once->slots[i]) = once->slots[i];
	}
	free(once->slots);
	once->slots = slots;
	once->n_slots = n_slots;
	return 0;
}

int rpt_once_add(struct rpt_once *once, uint64_t dev, uint64_t ino, bool *is_new)
{
	struct rpt_inode inode = { dev, ino };

	if (make_room(once) < 0)
		return -1;
	struct rpt_inode *slot = find(once->slots, once->n_slots, inode);
	*is_new = slot->ino == 0;
	once->n_used += *is_new && ino;
	*slot = inode;
	return 0;
}
