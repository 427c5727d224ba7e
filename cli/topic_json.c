#include "base/buf.h"
#include "cli/topic.h"
#include "query/field.h"

#include <stdio.h>

/* A member of an object, named as jq finds it; one without a name stands for those in of. */
struct member {
	const char *name; /* NULL ends a list */
	const char *doc;
	const struct member *of; /* of the object, or of each item where name ends in [] */
};

#define HERE(members)             \
	{                         \
		"", NULL, members \
	}

static const struct member sum[] = {
	{ "files", "how many files", NULL },
	{ "bytes", "their sizes, summed up", NULL },
	{ 0 },
};

static const struct member packed[] = {
	{ "files", "how many of them are no directories", NULL },
	{ "bytes", "their sizes, summed up", NULL },
	{ 0 },
};

static const struct member damaged[] = {
	{ "path", "of the member; null where it is the archive itself", NULL },
	{ "why", "what is wrong", NULL },
	{ 0 },
};

static const struct member every[] = {
	{ "schema", "\"artidx.VERB/1\"; the number changes when a member changes its meaning",
		NULL },
	{ "root", "the project's directory, absolute; not in inspect, verify and restore",
		NULL },
	{ 0 },
};

static const struct member problem[] = {
	{ "path", "the file", NULL },
	{ "status", "truncated, invalid, writing, lfs-pointer or unreadable", NULL },
	{ "why", "what is wrong, in a sentence", NULL },
	{ 0 },
};

static const struct member scan[] = {
	{ "files", "how many the catalogue has now, without archived ones", NULL },
	{ "bytes", "their sizes, summed up", NULL },
	{ "directories", "how many were walked", NULL },
	{ "read", "files whose header was read now", NULL },
	{ "unchanged", "files that were not opened", NULL },
	{ "added", "new files", NULL },
	{ "changed", "files with other content", NULL },
	{ "moved", "files found under another name", NULL },
	{ "removed", "files that are gone", NULL },
	{ "symlinks", "seen, not followed", NULL },
	{ "specials", "sockets, pipes and devices, not opened", NULL },
	{ "classes.CLASS", "for each class that has files:", sum },
	{ "archived_files", "how many files archives hold", NULL },
	{ "archived_bytes", "their sizes, summed up", NULL },
	{ "problems[]", "files that are not ok, by path; at most 10000:", problem },
	{ "more_problems", "how many others there are", NULL },
	{ "seconds", "how long it took", NULL },
	{ 0 },
};

static const struct member tensor[] = {
	{ "name", "the tensor's name", NULL },
	{ "dtype", "its element type: BF16, F32, ...", NULL },
	{ "shape", "its sizes, a list of numbers; [] of a scalar", NULL },
	{ "begin", "where its bytes begin, counted from the end of the header", NULL },
	{ "end", "the first byte behind them", NULL },
	{ 0 },
};

/* What inspect and show say of a header that could be read. */
static const struct member header[] = {
	{ "attributes.*",
		"what was derived: k, rank, model, step, ... (artidx help language); absent, "
		"all "
		"of it, where nothing was looked at",
		NULL },
	{ "metadata.*", "__metadata__ as it is in the file; absent without one", NULL },
	{ "header_bytes", "length of the header, without the 8 bytes of its length", NULL },
	{ "data_bytes", "length of what the tensors take", NULL },
	{ "n_tensors", "how many tensors", NULL },
	{ "params",
		"how many parameters: elements of all tensors, quantized ones as they are "
		"unpacked; absent where the shapes do not tell",
		NULL },
	{ "warnings", "what is odd, though valid: a list of texts", NULL },
	{ "tensors[]", "in the order of their data:", tensor },
	{ 0 },
};

static const struct member inspected[] = {
	{ "path", "as given", NULL },
	{ "status", "ok, truncated, invalid, writing, lfs-pointer or unreadable", NULL },
	{ "why", "rule and evidence of the class, or what is wrong where it is not ok", NULL },
	{ "class", "what it is", NULL },
	{ "misnamed", "whether its name alone would say another class", NULL },
	{ "variant", "the kind of mistake in a header that breaks the format; else absent",
		NULL },
	HERE(header),
	{ 0 },
};

static const struct member inspect[] = {
	{ "files[]",
		"one a file, in the order given; without a header all from header_bytes is "
		"absent:",
		inspected },
	{ 0 },
};

/* What the catalogue has of any file. */
static const struct member entry[] = {
	{ "class", "what it is", NULL },
	{ "why", "rule and evidence, in a sentence", NULL },
	{ "status", "ok, truncated, invalid, writing, lfs-pointer or unreadable", NULL },
	{ "problem", "what is wrong with it; absent where status is ok", NULL },
	{ "misnamed", "whether its name alone would say another class", NULL },
	{ "size", "its bytes", NULL },
	{ "mtime", "when it was last written", NULL },
	{ "archived_in", "the archive that holds it; absent where it is on the disk", NULL },
	{ 0 },
};

static const struct member twin[] = { { "path", "another such file", NULL }, { 0 } };

static const struct member origin[] = {
	{ "path", "where it was", NULL },
	{ "until", "when it was moved away from there", NULL },
	{ 0 },
};

static const struct member shown_file[] = {
	{ "path", "the file", NULL },
	HERE(entry),
	{ "leads_to", "of a symlink: what it says; absent where it cannot be read", NULL },
	{ "archived_files", "how many files it holds; absent where it is no archive", NULL },
	{ "archived_bytes", "their sizes, summed up; absent likewise", NULL },
	{ "run",
		"the run that wrote it; null where it is ambiguous, absent where none is known",
		NULL },
	{ "run_ambiguous", "whether several runs fit; absent with run", NULL },
	{ "role",
		"what it is to its run: train, first_hack, ..., log; absent where there is "
		"none",
		NULL },
	{ "run_why", "the evidence for the run, in a sentence; absent with run", NULL },
	{ "used_by", "runs whose command line names it: a list of ids", NULL },
	{ "same_header[]", "files with the same header and size:", twin },
	{ "was[]", "where it was before, newest first:", origin },
	{ "layout", "digest of name, dtype and shape of all tensors; absent without a header",
		NULL },
	HERE(header),
	{ 0 },
};

static const struct member run_file[] = {
	{ "path", "the file", NULL },
	{ "exists", "whether the catalogue has it; if not, what follows is absent", NULL },
	{ "role", "train, first_hack, ..., log; absent of what has none", NULL },
	HERE(entry),
	{ 0 },
};

static const struct member shown_run[] = {
	{ "run", "its id, <ts>_<slug>", NULL },
	{ "ts", "when it began, as in its id: YYYYMMDDTHHMMSS", NULL },
	{ "slug", "{preset}_{arm}_seed{seed}{tag}", NULL },
	{ "preset", "the part of the slug; \"\" where it has none", NULL },
	{ "arm", "likewise", NULL },
	{ "seed", "likewise, a number; absent where there is none", NULL },
	{ "tag", "likewise, without its leading underscore; \"\" where none was given", NULL },
	{ "status", "done, crashed, running or unknown", NULL },
	{ "log", "path of its log; null where it has none", NULL },
	{ "size", "bytes of all its files", NULL },
	{ "attributes.*", "model, step, hack_rate, pass_rate, as far as they are known", NULL },
	{ "uses[]", "what its command line names:", run_file },
	{ "files[]", "its checkpoints and its log:", run_file },
	{ "cfg.*", "the configuration in its newest checkpoint, as it is there; absent without",
		NULL },
	{ "rows[].*", "the figures of each step there, as they are; absent without", NULL },
	{ 0 },
};

static const struct member show[] = {
	{ "file", "of a file:", shown_file },
	{ "run", "of a run, instead of file:", shown_run },
	{ 0 },
};

static const struct member move[] = {
	{ "from", "where it is", NULL },
	{ "to", "where it would be", NULL },
	{ "class", "what it is", NULL },
	{ "why", "why it goes there, in a sentence", NULL },
	{ "size", "its bytes", NULL },
	{ 0 },
};

static const struct member whole[] = {
	{ "from", "where it is", NULL },
	{ "to", "where it would be", NULL },
	{ "files", "how many files are in it", NULL },
	{ "bytes", "their sizes, summed up", NULL },
	{ 0 },
};

static const struct member stay[] = {
	{ "path", "the file", NULL },
	{ "flag",
		"no-log, ambiguous-log, conflict, duplicate, truncated, invalid, lfs-pointer, "
		"writing, in-use or unknown",
		NULL },
	{ "why", "why it stays, in a sentence", NULL },
	{ 0 },
};

static const struct member edit[] = {
	{ "file", "the script or configuration", NULL },
	{ "line", "its line, from 1; only before it is done", NULL },
	{ "offset", "the byte in it; instead of line, of --undo and --recover", NULL },
	{ "old", "what stands there", NULL },
	{ "new", "what would stand there", NULL },
	{ 0 },
};

static const struct member unresolved[] = {
	{ "file", "the script or configuration", NULL },
	{ "line", "its line, from 1", NULL },
	{ "text", "what stands there", NULL },
	{ "why", "why it is left alone", NULL },
	{ 0 },
};

static const struct member unread[] = {
	{ "path", "a script or configuration that was not looked at", NULL },
	{ "why", "why not", NULL },
	{ 0 },
};

static const struct member left_link[] = {
	{ "path", "the old path, where a link is left", NULL },
	{ "target", "what it says, relative to its directory", NULL },
	{ 0 },
};

static const struct member retarget[] = {
	{ "path", "a link of yours to what moves", NULL },
	{ "old", "what it says", NULL },
	{ "new", "what it would say", NULL },
	{ 0 },
};

static const struct member task[] = {
	{ "id", "its id in its queue, a text", NULL },
	{ "queue", "pueue, tsp or slurm", NULL },
	{ "state", "queued, running, paused, stashed, locked or done", NULL },
	{ "command", "what it runs", NULL },
	{ "verdict", "clear, touches or cannot tell", NULL },
	{ "why", "why it cannot be told; else absent", NULL },
	{ "ignored", "whether --ignore-task names it", NULL },
	{ "touches", "which of what moves its command names: a list of paths", NULL },
	{ 0 },
};

static const struct member gate[] = {
	{ "state", "idle, busy or unknown", NULL },
	{ "queue", "which queues were asked", NULL },
	{ "why", "why it is unknown; else absent", NULL },
	{ "tasks[]", "what is not done in them:", task },
	{ 0 },
};

static const struct member reorg[] = {
	{ "plan", "id of the plan; null where there is nothing to do", NULL },
	{ "state", "of a saved plan: applied, undone, ...; else absent", NULL },
	{ "moves[]", "one a file; class, why and size only before it is done:", move },
	{ "dirs[]", "directories that move whole; files and bytes likewise:", whole },
	{ "stay[]", "files that do not go where their class belongs:", stay },
	{ "edits[]", "lines that name what moves:", edit },
	{ "unresolved[]",
		"names made at run time, and others that are left alone:", unresolved },
	{ "not_read[]", "what was not looked at for paths:", unread },
	{ "links[]", "links left at old paths:", left_link },
	{ "retargets[]", "links that follow what moves:", retarget },
	{ "gate", "whether jobs are in the way; absent where none was asked:", gate },
	{ "applied", "whether it was carried out now", NULL },
	{ 0 },
};

static const struct member plan[] = {
	{ "plan", "its id", NULL },
	{ "state", "planned, running, interrupted, done, undone, ...", NULL },
	{ "time", "when it was made", NULL },
	{ "why", "what is wrong with one that cannot be read; else absent", NULL },
	{ "files", "how many files it moves", NULL },
	{ "dirs", "how many directories it moves whole", NULL },
	{ "edits", "how many scripts and configurations it edits", NULL },
	{ "links", "how many links it leaves", NULL },
	{ "left", "how much an undo could not take back", NULL },
	{ 0 },
};

static const struct member history[] = { { "rows[]", "one a plan, newest first:", plan },
	{ 0 } };

static const struct member archived[] = {
	{ "dir", "the directory", NULL },
	{ "archive", "its archive", NULL },
	{ "members", "how many files, directories and links", NULL },
	HERE(packed),
	{ "stored_bytes", "what the archive takes; absent before it is verified", NULL },
	{ "copies",
		"how many of the files have the content of another one, and are stored once; "
		"absent likewise",
		NULL },
	{ "verified", "whether all of it was read back and compared", NULL },
	{ "removed", "whether the directory is gone since", NULL },
	{ 0 },
};

static const struct member archive[] = { { "archives[]", "one a directory:", archived },
	{ 0 } };

static const struct member verified[] = {
	{ "archive", "its path, as given", NULL },
	{ "whole", "whether nothing in it is damaged", NULL },
	{ "digests", "whether it has digests to compare with; others were only read", NULL },
	{ "members", "how many files, directories and links", NULL },
	HERE(packed),
	{ "damaged[]", "what is:", damaged },
	{ 0 },
};

static const struct member verify[] = { { "archives[]", "one an archive:", verified }, { 0 } };

static const struct member restore[] = {
	{ "archive", "its path, as given", NULL },
	{ "members", "how many files, directories and links came back", NULL },
	HERE(packed),
	{ "present", "how many files and links were there already, and the same", NULL },
	{ "damaged[]", "what could not come back:", damaged },
	{ 0 },
};

static const struct member dead_row[] = {
	{ "path", "the directory or file", NULL },
	{ "dir", "whether it is a directory, meant whole", NULL },
	{ "files", "how many files", NULL },
	{ "size", "their bytes", NULL },
	{ "reasons", "why it may be dead: a list of texts", NULL },
	{ "kept_by", "what keeps it: a list of texts; empty: it may go", NULL },
	{ 0 },
};

static const struct member dead[] = { { "rows[]", "one a candidate:", dead_row }, { 0 } };

static const struct member pinned[] = {
	{ "path", "what is pinned", NULL },
	{ "why", "the note given with it; \"\" without one", NULL },
	{ "time", "since when", NULL },
	{ 0 },
};

static const struct member pin[] = { { "rows[]", "all pins, after a change too:", pinned },
	{ 0 } };

static const struct member path[] = {
	{ "class", "as asked", NULL },
	{ "path", "where it belongs", NULL },
	{ "is_dir", "whether the layout places whole directories of that class", NULL },
	{ "exists", "whether something is there already", NULL },
	{ "run", "id of the run; this and what follows only where a run was named", NULL },
	{ "ts", "its beginning, as in its id", NULL },
	{ "slug", "the rest of its id", NULL },
	{ "log", "path of its log; null where there is none", NULL },
	{ 0 },
};

static const struct member step[] = {
	{ "from", "the path before", NULL },
	{ "to", "the path after", NULL },
	{ "time", "when", NULL },
	{ 0 },
};

static const struct member resolved[] = {
	{ "path", "as asked, from the root", NULL },
	{ "now", "where it is; null where nothing is known", NULL },
	{ "steps[]", "how it came there:", step },
	{ 0 },
};

static const struct member resolve[] = { { "rows[]", "one a path that was asked:", resolved },
	{ 0 } };

static const struct member drift[] = {
	{ "kind", "moved, missing, changed, new, resurrected, leftover or unreadable", NULL },
	{ "path", "as catalogued, or on the disk where it is not", NULL },
	{ "now", "where it is now, of moved and resurrected; else absent", NULL },
	{ 0 },
};

static const struct member check[] = {
	{ "rows[]", "where disk and catalogue disagree:", drift }, { 0 }
};

static const struct member usage[] = {
	{ "path", "the directory, \".\" for the root; its sums are with all below it", NULL },
	{ "class", "instead of path with --by class; absent in the row of what has none",
		NULL },
	{ "run", "instead of path with --by run; likewise", NULL },
	HERE(sum),
	{ 0 },
};

static const struct member du[] = {
	{ "by", "dir, class or run: what a row is about", NULL },
	{ "unit", "what bytes are: allocated, or with --apparent-size apparent", NULL },
	{ "rows[]", "of catalogued files:", usage },
	{ "directories", "directories themselves; files counts them:", sum },
	{ "uncatalogued", "files that no scan saw:", sum },
	{ "total", "all of that, as du counts:", sum },
	{ "unreadable", "how many directories could not be read", NULL },
	{ 0 },
};

static const struct member setting[] = {
	{ "value.*", "what is in force, as artidx.json would have it", NULL },
	{ "origin",
		"default, artidx.json, the variable or the option; of root also how it was "
		"found",
		NULL },
	{ 0 },
};

static const struct member config[] = {
	{ "values.SETTING",
		"root, catalogue and each setting of artidx help settings:", setting },
	{ 0 },
};

static const struct {
	const char *heading, *about;
	const struct member *members;
} documents[] = {
	{ "scan", "artidx.scan/1: what the scan did and found.", scan },
	{ "inspect", "artidx.inspect/1.", inspect },
	{ "show", "artidx.show/1.", show },
	{ "reorg",
		"artidx.reorg/1: the plan. With --undo and --recover it has plan, moves, dirs, "
		"edits, links and applied.",
		reorg },
	{ "reorg --history", "artidx.reorg-history/1.", history },
	{ "archive", "artidx.archive/1.", archive },
	{ "verify", "artidx.verify/1.", verify },
	{ "restore", "artidx.restore/1.", restore },
	{ "dead", "artidx.dead/1.", dead },
	{ "pin", "artidx.pin/1.", pin },
	{ "path", "artidx.path/1.", path },
	{ "resolve", "artidx.resolve/1.", resolve },
	{ "check", "artidx.check/1.", check },
	{ "du", "artidx.du/1.", du },
	{ "config", "artidx.config/1.", config },
};

static void describe_members(struct ax_buf *text, const char *prefix,
	const struct member *members)
{
	char name[128];

	for (const struct member *m = members; m->name; m++) {
		snprintf(name, sizeof(name), "%s%s", prefix, m->name);
		if (m->doc)
			ax_buf_printf(text, "  %-20s  %s\n", name, m->doc);
		if (m->doc && m->of)
			snprintf(name, sizeof(name), "%s%s.", prefix, m->name);
		if (m->of)
			describe_members(text, name, m->of);
	}
}

/* A row of a view has these, out of the tables that parse queries. */
static void describe_fields(struct ax_buf *text, enum qry_view view)
{
	size_t count = 0;
	const struct qry_field *fields = qry_fields(view, &count);

	for (size_t i = 0; i < count; i++) {
		unsigned flags = fields[i].flags;
		char name[64];

		if (!(flags & (QRY_FIELD_JSON | QRY_FIELD_DERIVED)))
			continue;
		snprintf(name, sizeof(name), "rows[].%s%s", fields[i].name,
			flags & QRY_FIELD_KEYED ? ".*" : "");
		ax_buf_printf(text, "  %-20s  %s%s\n", name, fields[i].doc,
			flags & QRY_FIELD_LIST ? " (a list)" : "");
	}
}

static void describe_rows(struct ax_buf *text)
{
	for (unsigned view = 0; view < QRY_VIEW_COUNT; view++) {
		const char *name = qry_view_name((enum qry_view)view);

		ax_buf_printf(text, "# query %s\nartidx.query/1.\n", name);
		ax_buf_printf(text, "  %-20s  \"%s\"\n", "view", name);
		ax_buf_printf(text, "  %-20s  %s\n", "rows[]",
			qry_view_doc((enum qry_view)view));
		describe_fields(text, (enum qry_view)view);
	}
}

static const char about[] =
	"With --json a command prints one document, an object. Names are only ever added. "
	"Members are named here as jq finds them: rows[].path is the path of each row, CLASS "
	"in a "
	"name is any class, and * at its end is whatever is there. Absent is not null, and "
	"null is "
	"not \"\".\n"
	"Sizes and lengths are bytes. A time, such as mtime, is RFC 3339 in UTC, and beside it "
	"is "
	"mtime_ns, the same as an integer: nanoseconds since 1970.\n"
	"File names are bytes, and relative to root unless said otherwise: one that is not "
	"UTF-8 has "
	"U+FFFD where it is not, and beside it, named path_b64 for path, its bytes in base64.\n"
	"What a row of a query does not have is absent: a file without a readable header has "
	"no "
	"params, one that no rule derived k from no k. Rules in artidx.json may derive more "
	"than is "
	"named here. With -c, --group-by or --sum a row has the members that were asked for, "
	"count "
	"and sum_FIELD. With --jsonl each row is a document, on a line, and nothing is around "
	"it.\n";

void cli_topic_describe_json(struct ax_buf *text)
{
	ax_buf_append_text(text, about);
	ax_buf_append_text(text, "# Every document\n");
	describe_members(text, "", every);
	describe_rows(text);
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		ax_buf_printf(text, "# %s\n%s\n", documents[i].heading, documents[i].about);
		describe_members(text, "", documents[i].members);
	}
}
