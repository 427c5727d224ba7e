/*
 * base/json_internal.h - what the reader of JSON leaves to its scanner
 */
#ifndef ARTIDX_BASE_JSON_INTERNAL_H
#define ARTIDX_BASE_JSON_INTERNAL_H

#include <stddef.h>

/*
 * Hold text, len bytes and a NUL, to RFC 8259 and to what base/json.h promises, but for duplicate
 * keys. Comments and surplus commas, where flags allow them, are blanked in place. Returns NULL, or
 * what is wrong, a literal, and where in *at.
 */
const char *ax_json_scan(char *text, size_t len, unsigned flags, size_t *at);

#endif
