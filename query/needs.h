/*
 * query/needs.h - what the caller must bring for a query, beyond the catalogue
 */
#ifndef ARTIDX_QUERY_NEEDS_H
#define ARTIDX_QUERY_NEEDS_H

#include "query/field.h"

/* Below these, a need is a note: 1 << enum qry_note. */
enum {
	QRY_NEEDS_REFERENCES = 1 << 16,
	QRY_NEEDS_JOBS = 1 << 17,
};

unsigned qry_field_needs(const struct qry_field *field);
unsigned qry_view_needs(enum qry_view view);

#endif
