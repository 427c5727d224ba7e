#include "cli/config.h"

static const char text[] =
	"// What artidx knows about this project. Every value here is the default: delete what "
	"you\n"
	"// do not change. Paths are relative to this file. 'artidx config' shows what is in "
	"force.\n"
	"{\n"
	"\t// Directories with artifacts: the only ones whose files are catalogued as such.\n"
	"\t\"data\": [\"out\"],\n"
	"\n"
	"\t// Directories with one log a run, named <YYYYMMDDTHHMMSS>_<slug>.log.\n"
	"\t\"logs\": [\"logs\"],\n"
	"\n"
	"\t// Files that name artifacts by their paths: scripts, recipes, sources.\n"
	"\t\"references\": [\"justfile\", \"scripts/**\", \"src/**\", \"*.sh\"],\n"
	"\n"
	"\t// Names that are never descended into.\n"
	"\t\"ignore\": [\".git\", \".artidx\", \"__pycache__\", \".venv\"],\n"
	"\n"
	"\t// A file that was touched less than this ago may still be being written.\n"
	"\t\"quiet\": \"60s\",\n"
	"\n"
	"\t// Classification rules of your own, tried before the built-in ones, for example:\n"
	"\t// { \"class\": \"probe\", \"tensors\": [{ \"name\": \"^probe/\", \"ndim\": 2 }] }\n"
	"\t\"rules\": [],\n"
	"\n"
	"\t// true: only your own rules count.\n"
	"\t\"replace_rules\": false\n"
	"}\n";

struct ax_str cli_config_template(void)
{
	return ax_str(text, sizeof(text) - 1);
}
