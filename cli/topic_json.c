#include "base/buf.h"
#include "cli/topic.h"
#include "query/field.h"

struct member {
	const char *name; /* NULL ends a list */
	const char *doc;
};

/* A member of a table, for several commands print the same thing. */
#define PATH_MEMBER                                                                  \
	{                                                                            \
		"path", "relative to root; path_b64 beside it where it is not UTF-8" \
	}
#define WHY_MEMBER                                                          \
	{                                                                   \
		"why", "rule and evidence, or what is wrong, in a sentence" \
	}

static const struct member every[] = {
	{ "schema", "\"artidx.VERB/1\"; the number changes when a member changes its meaning" },
	{ "root", "the project's directory, absolute" },
	{ 0 },
};

static const struct member scan[] = {
	{ "files", "how many were seen: added, changed, moved and unchanged together" },
	{ "bytes", "their sizes, summed up" },
	{ "directories", "how many were walked" },
	{ "read", "files that were opened now, to read a header or a log" },
	{ "unchanged", "files that are as they were" },
	{ "added", "new files" },
	{ "changed", "files with other content" },
	{ "moved", "files found under another name" },
	{ "removed", "files that are gone, and in none of these numbers" },
	{ "symlinks", "seen, not followed" },
	{ "specials", "sockets, pipes and devices, not opened" },
	{ "classes", "{CLASS: {files, bytes}}" },
	{ "archived_files", "files that archives hold; archived_bytes: their sizes" },
	{ "problems", "[{path, status, why}]: what is wrong" },
	{ "more_problems", "how many others there are" },
	{ "seconds", "how long it took" },
	{ 0 },
};

static const struct member file[] = {
	PATH_MEMBER,
	{ "status", "ok, truncated, invalid, writing or lfs-pointer" },
	WHY_MEMBER,
	{ "class", "what it is" },
	{ "problem", "what is wrong with it, where its status is not ok" },
	{ "misnamed", "whether its name alone would say another class" },
	{ "variant", "the kind of mistake in a header that is not valid" },
	{ "warnings", "what is odd, though valid" },
	{ "header_bytes", "length of the header" },
	{ "data_bytes", "length of what follows it" },
	{ "n_tensors", "how many tensors" },
	{ "params", "their elements, summed up" },
	{ "layout", "digest of name, dtype and shape of all tensors" },
	{ "attributes", "what was derived: k, rank, model, step, ..." },
	{ "metadata", "__metadata__ as it is in the file" },
	{ "tensors", "[{name, dtype, shape, begin, end}]" },
	{ "size", "bytes" },
	{ "mtime", "and mtime_ns: when it was last written" },
	{ "run", "the run that wrote it; role, run_why: as what, and the evidence" },
	{ "used_by", "runs whose command line names it" },
	{ "same_header", "[{path}]: files with the same header and size" },
	{ "was", "where it was before, with the time of each move" },
	{ "archived_files", "that an archive holds; archived_bytes: their sizes" },
	{ 0 },
};

static const struct member run[] = {
	{ "run", "its id, <ts>_<slug>; ts, slug, preset, arm, seed and tag are its parts" },
	{ "status", "done, crashed, running or unknown" },
	{ "log", "path of its log" },
	{ "size", "bytes of its files" },
	{ "attributes", "model, step, hack_rate, pass_rate" },
	{ "files", "[{path, role, exists, class, status, why, size, mtime, ...}]" },
	{ "uses", "the same of what its command line names" },
	{ "cfg", "the configuration in its newest checkpoint" },
	{ "rows", "the figures of each step there" },
	{ 0 },
};

static const struct member reorg[] = {
	{ "plan", "id of the plan" },
	{ "applied", "whether it was carried out" },
	{ "moves", "[{from, to, class, size, why}]: one a file" },
	{ "dirs", "[{from, to, files, bytes}]: directories that move whole" },
	{ "stay", "[{path, flag, why}]: no-log, ambiguous-log, conflict, duplicate, truncated, "
		  "invalid, lfs-pointer, writing, in-use or unknown" },
	{ "edits", "[{file, line, old, new}]: lines that name what moves" },
	{ "unresolved", "[{file, line, text, why}]: names made at run time, left alone" },
	{ "not_read", "[{path, why}]: scripts that were not looked at for paths" },
	{ "links", "[{path, target}]: links left at old paths" },
	{ "retargets", "[{path, old, new}]: links of yours that follow what moved" },
	{ "gate", "{state, queue, tasks: [{id, queue, state, command, touches, verdict, "
		  "ignored}]}; state: idle, busy or unknown" },
	{ 0 },
};

static const struct member history[] = {
	{ "rows",
		"[{plan, state, time, time_ns, files, dirs, edits, links, left, why}]: plans "
		"so "
		"far; left: how much an undo could not take back; why: what is wrong with one "
		"that cannot be read" },
	{ 0 },
};

static const struct member archive[] = {
	{ "archives", "one of each directory:" },
	{ "dir", "the directory" },
	{ "archive", "its archive" },
	{ "members", "files, directories and links in it" },
	{ "files", "how many of them are no directories; bytes: their sizes" },
	{ "stored_bytes", "what the archive takes" },
	{ "copies",
		"how many of the files have the content of another one, and are stored once" },
	{ "verified", "whether all of it was read back and compared" },
	{ "removed", "whether the directory is gone since" },
	{ 0 },
};

static const struct member verify[] = {
	{ "archives", "one of each archive:" },
	{ "archive", "its path, as given" },
	{ "whole", "whether nothing in it is damaged" },
	{ "digests", "whether it has digests to compare with; others were only read" },
	{ "members", "files, directories and links in it" },
	{ "files", "how many of them are no directories; bytes: their sizes" },
	{ "damaged", "[{path, why}]; path is empty where it is the archive itself" },
	{ 0 },
};

static const struct member restore[] = {
	{ "archive", "its path, as given" },
	{ "members", "files, directories and links that came back" },
	{ "files", "how many of them are no directories; bytes: their sizes" },
	{ "present", "files and links: what was there already and the same" },
	{ "damaged", "[{path, why}]: what could not come back" },
	{ 0 },
};

static const struct member dead[] = {
	{ "rows", "one a directory or file that may be dead:" },
	{ "path", "relative to root" },
	{ "dir", "whether it is a directory, meant whole" },
	{ "files", "how many; size: their bytes" },
	{ "reasons", "[TEXT]: why it may be dead" },
	{ "kept_by", "[TEXT]: what keeps it; empty: it may go" },
	{ 0 },
};

static const struct member pin[] = {
	{ "rows", "one a pin, with --list or after a change:" },
	PATH_MEMBER,
	{ "why", "the note given with it" },
	{ "time", "since when" },
	{ 0 },
};

static const struct member path[] = {
	{ "class", "as asked" },
	PATH_MEMBER,
	{ "is_dir", "whether the layout places whole directories of that class" },
	{ "exists", "whether something is there already" },
	{ "run", "with --run: its id; ts, slug: the parts; log: path of its log" },
	{ 0 },
};

static const struct member resolve[] = {
	{ "rows", "one a path that was asked:" },
	PATH_MEMBER,
	{ "now", "where it is; null: nothing is known" },
	{ "steps", "[{from, to, time, time_ns}]: how it came there" },
	{ 0 },
};

static const struct member check[] = {
	{ "rows", "[{path, kind, why}]: where disk and catalogue disagree" },
	{ 0 },
};

static const struct member du[] = {
	{ "by", "dir, class or run: what a row is about" },
	{ "unit", "what bytes are: allocated or apparent" },
	{ "rows", "one a directory with files below it, class or run, of catalogued files:" },
	{ "path", "the directory, its sums with all below it; with --by class or run that" },
	{ "files", "how many; bytes: what they take" },
	{ "directories", "{files, bytes}: directories themselves; files counts them" },
	{ "uncatalogued", "{files, bytes}: files that no scan saw" },
	{ "total", "{files, bytes}: all of that, as du counts" },
	{ "unreadable", "how many directories could not be read" },
	{ 0 },
};

static const struct member config[] = {
	{ "values",
		"{SETTING: {value, origin}}; origin: default, artidx.json or the variable" },
	{ 0 },
};

static const struct {
	const char *heading;
	const char *about;
	const struct member *members;
} documents[] = {
	{ "Every document", "These come first.", every },
	{ "scan", "artidx.scan/1: what the scan did and found.", scan },
	{ "inspect",
		"artidx.inspect/1, no root: files, a list of these. What a file does not have "
		"is left out.",
		file },
	{ "show", "artidx.show/1: file, an object as for inspect and more, or run:", run },
	{ "reorg", "artidx.reorg/1: the plan.", reorg },
	{ "reorg --history", "artidx.reorg-history/1.", history },
	{ "archive", "artidx.archive/1.", archive },
	{ "verify", "artidx.verify/1, no root.", verify },
	{ "restore", "artidx.restore/1, no root.", restore },
	{ "dead", "artidx.dead/1.", dead },
	{ "pin", "artidx.pin/1.", pin },
	{ "path", "artidx.path/1.", path },
	{ "resolve", "artidx.resolve/1.", resolve },
	{ "check", "artidx.check/1.", check },
	{ "du", "artidx.du/1.", du },
	{ "config", "artidx.config/1.", config },
};

/* A row of each view, out of the tables that parse queries. */
static void describe_rows(struct ax_buf *text)
{
	ax_buf_append_text(text,
		"# query\n"
		"artidx.query/1: view, and rows, a list of objects; with --jsonl an object a "
		"line. With -c, --group-by or --sum the members are what was asked for. Else a "
		"row has, as far as they are present, what follows, and a row of files all "
		"that "
		"was derived: k, rank, n_pairs, n_modules, n_layers, model, step, ...\n");
	for (unsigned view = 0; view < QRY_VIEW_COUNT; view++) {
		size_t count = 0;
		const struct qry_field *fields = qry_fields((enum qry_view)view, &count);
		const char *joint = "";

		ax_buf_printf(text, "%s: ", qry_view_name((enum qry_view)view));
		for (size_t i = 0; i < count; i++) {
			if (!(fields[i].flags & QRY_FIELD_JSON))
				continue;
			ax_buf_printf(text, "%s%s", joint, fields[i].name);
			joint = ", ";
		}
		ax_buf_append_text(text, ".\n");
	}
	ax_buf_append_text(text, "Each time T has T_ns beside it. What the fields mean: artidx "
				 "help language.\n");
}

void cli_topic_describe_json(struct ax_buf *text)
{
	ax_buf_append_text(text, "With --json a command prints one document, an object. Names "
				 "are only ever added. "
				 "Sizes are bytes; times are RFC 3339 in UTC, and in NAME_ns "
				 "integers, nanoseconds "
				 "since 1970. Absent is not null, and null is not \"\".\n"
				 "File names are bytes: a path that is not UTF-8 has U+FFFD "
				 "where it is not, and "
				 "beside it PATH_b64, the bytes in base64.\n");
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		ax_buf_printf(text, "# %s\n%s\n", documents[i].heading, documents[i].about);
		for (const struct member *m = documents[i].members; m->name; m++)
			ax_buf_printf(text, "  %-14s %s\n", m->name, m->doc);
		if (i == 1)
			describe_rows(text);
	}
}
