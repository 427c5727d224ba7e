#include "query/needs.h"

unsigned qry_field_needs(const struct qry_field *field)
{
	unsigned needs = 0;

	if (field->flags & QRY_FIELD_NOTE)
		needs |= 1U << field->param;
	if (field->flags & QRY_FIELD_REFS)
		needs |= QRY_NEEDS_REFERENCES;
	return needs;
}

unsigned qry_view_needs(enum qry_view view)
{
	return view == QRY_REFS ? QRY_NEEDS_REFERENCES : view == QRY_JOBS ? QRY_NEEDS_JOBS : 0;
}
