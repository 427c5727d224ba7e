/*
 * indexer/literal.h - texts that every match of a regular expression contains
 */
#ifndef ARTIDX_INDEXER_LITERAL_H
#define ARTIDX_INDEXER_LITERAL_H

struct ax_buf;
struct ax_str;

/*
 * Append all such texts that can be told from the pattern at a glance, each with a NUL behind it
 * and without digits; often there are none. pattern is a valid expression.
 */
void idx_literal_find(struct ax_str pattern, struct ax_buf *out);

#endif
