/*
 * tests/conformance/material.h - files made from their descriptions (README.md)
 */
#ifndef ARTIDX_TESTS_MATERIAL_H
#define ARTIDX_TESTS_MATERIAL_H

#include "base/json.h"

struct ax_buf;

/* Append the text of a value: a string, or {"hex"}. Ends the program when it is neither. */
void material_text(struct ax_buf *buf, const struct ax_json_value *value);

/* A new file of that description, without a name, for the caller to close. */
int material_open(const struct ax_json_value *description);

/* End the program with a message. */
_Noreturn void material_die(const char *what);

#endif
