/*
 * cli/config.h - artidx.json and the environment, and where each value came from
 *
 * ARTIDX_* beats the file, the file beats the defaults; flags are the commands' own. Lists in the
 * environment are separated by ":".
 */
#ifndef ARTIDX_CLI_CONFIG_H
#define ARTIDX_CLI_CONFIG_H

#include "archive/retention.h"
#include "base/str.h"
#include "indexer/config.h"

struct ax_error;
struct ax_json;
struct ax_json_value;
struct cli_project;
struct idx_rules;
struct reorg_layout;

struct cli_config {
	struct ax_json *file;      /* what artidx.json says; NULL where there is none */
	struct ax_json *effective; /* that with the environment laid over it */
	struct idx_config index;
	struct idx_rules *rules;
	struct reorg_layout *layout;
	struct arc_retention retention;
};

/*
 * Load for a project; NULL gives the defaults and the environment. Fails with AX_ECONFIG. Set
 * *out to zero before; release it after success and after failure.
 */
int cli_config_load(const struct cli_project *project, struct cli_config *out,
	struct ax_error *err);
void cli_config_free(struct cli_config *config);

enum cli_setting_kind {
	CLI_SETTING_LIST,     /* a struct idx_strings in struct idx_config */
	CLI_SETTING_DURATION, /* nanoseconds there */
	CLI_SETTING_OBJECTS,  /* an array that its layer reads; none by default */
	CLI_SETTING_SWITCH,   /* true or false, false by default */
	CLI_SETTING_TEXT,     /* a string; help says which */
	CLI_SETTING_LAYOUT,   /* a part of struct reorg_layout */
	CLI_SETTING_DEAD,     /* dead.match of the layout, and the retention */
	CLI_SETTING_NAMED,    /* an object that its module reads; empty by default */
};

/* A top-level name of artidx.json. */
struct cli_setting {
	const char *key;
	const char *variable; /* "ARTIDX_DATA"; NULL: the file alone */
	enum cli_setting_kind kind;
	size_t offset;    /* in struct idx_config */
	const char *help; /* begins in lower case, no full stop */
};
extern const struct cli_setting cli_settings[]; /* ended by a NULL key */

/* The value of a CLI_SETTING_TEXT as the environment or the file gives it, or "". */
struct ax_str cli_config_text(const struct cli_config *config, const char *key);

enum cli_origin {
	CLI_FROM_DEFAULT,
	CLI_FROM_FILE,
	CLI_FROM_ENVIRONMENT,
};
enum cli_origin cli_config_origin(const struct cli_config *config,
	const struct cli_setting *setting);

/* The line of the file on which a top-level key stands, 0 where it does not. */
unsigned cli_config_line(struct ax_str text, const char *key);

/* The text of artidx.json that 'artidx init' writes: every default, explained. */
struct ax_str cli_config_template(void);

#endif
