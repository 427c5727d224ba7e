/*
 * cli/topic.h - pages of help and of the manual that are about no single command
 *
 * Their texts are made from the tables that read queries, settings and options, so that they
 * cannot disagree with what the program does. They have the form that cli/help.h describes.
 */
#ifndef ARTIDX_CLI_TOPIC_H
#define ARTIDX_CLI_TOPIC_H

#include "base/str.h"

struct ax_buf;

struct cli_topic {
	const char *name; /* as in "artidx help NAME" */
	const char *page; /* of the manual: "artidx-query" */
	const char *section;
	const char *summary; /* begins in lower case, no full stop */
	void (*describe)(struct ax_buf *text);
};

/* Ended by a NULL name. */
extern const struct cli_topic cli_topics[];

/* By name, or NULL. */
const struct cli_topic *cli_topic_find(struct ax_str name);

/* Texts of topics that have files of their own: rules, and the members of JSON documents. */
void cli_topic_describe_rules(struct ax_buf *text);
void cli_topic_describe_json(struct ax_buf *text);

#endif
