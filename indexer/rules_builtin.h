/*
 * indexer/rules_builtin.h - the bytes of indexer/rules.json, made into C by the build
 */
#ifndef ARTIDX_INDEXER_RULES_BUILTIN_H
#define ARTIDX_INDEXER_RULES_BUILTIN_H

#include <stddef.h>

extern const unsigned char rules_builtin_text[];
extern const size_t rules_builtin_length;

#endif
