/*
 * sample/world.h - the project as its people had it, with the traps that were really in it
 */
#ifndef ARTIDX_SAMPLE_WORLD_H
#define ARTIDX_SAMPLE_WORLD_H

struct sample_tree;

/* Everything below out/ and logs/. */
void sample_world(struct sample_tree *tree);

/* What lies around it: justfile, scripts, sources, saved queues; and the edits a reorg makes there. */
void sample_project(struct sample_tree *tree);

#endif
