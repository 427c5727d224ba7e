/*
 * base/units_internal.h - taking written numbers apart, for the parts of base/units.h
 */
#ifndef ARTIDX_BASE_UNITS_INTERNAL_H
#define ARTIDX_BASE_UNITS_INTERNAL_H

#include "base/str.h"

#include <stdint.h>

bool ax_is_digit(char c);

/* Take the run of digits at the start of *rest off; it may be empty. */
struct ax_str ax_take_digits(struct ax_str *rest);

/* Take the character c off the start of *rest, if it is there. */
bool ax_take_char(struct ax_str *rest, char c);

/* unit, below 2^64 / 10, times "0.DIGITS", rounded down. */
uint64_t ax_fraction_of(uint64_t unit, struct ax_str digits);

#endif
