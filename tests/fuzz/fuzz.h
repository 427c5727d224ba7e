/*
 * tests/fuzz/fuzz.h - what libFuzzer calls, and what replay.c calls in its place
 */
#ifndef ARTIDX_TESTS_FUZZ_H
#define ARTIDX_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Feed one input to the parser. Anything but returning 0 is a finding. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
