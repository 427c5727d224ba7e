/*
 * tests/unit/archive/material.h - directories and files to be archived
 */
#ifndef ARTIDX_TESTS_UNIT_ARCHIVE_MATERIAL_H
#define ARTIDX_TESTS_UNIT_ARCHIVE_MATERIAL_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

/* A fresh directory, made the current one; and back, and away with it. */
struct place {
	char path[64];
	int before; /* the directory that was current */
};
void place_enter(struct place *place);
void place_leave(struct place *place);

/* Noise that is the same every time, and values as trained weights have them. */
void fill_noise(unsigned char *bytes, size_t size, uint64_t seed);
void fill_weights(unsigned char *bytes, size_t size, unsigned width, uint64_t seed);

void write_file(const char *path, const void *bytes, size_t size);

/* A safetensors file with tensors of size bytes each, one of each dtype of the list. */
void write_tensors(const char *path, const char *const *dtypes, size_t n, size_t size);

/*
 * The directory "old": floats of every width, integers, an odd tail, an invalid header, text, noise,
 * names of all kinds, links, holes, empty things, times before 1970.
 */
void make_old(void);

/* Run a command of the shell's, which has to succeed. */
void run(const char *command);

#endif
