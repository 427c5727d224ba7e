/*
 * indexer/record.h - what artidx knows about a file and about a run
 *
 * Plain values that the examiner produces, the catalogue stores and the views show. Strings are
 * borrowed; whoever hands a record out says until when they live.
 */
#ifndef ARTIDX_INDEXER_RECORD_H
#define ARTIDX_INDEXER_RECORD_H

#include "base/hash.h"
#include "base/str.h"
#include "base/units.h"

#include <stdint.h>

/* Stored in catalogues, as are idx_type and idx_value_kind: never renumber. */
enum idx_status {
	IDX_OK,
	IDX_TRUNCATED, /* a plausible header length, and shorter than it promises */
	IDX_INVALID,   /* named .safetensors or beginning like one, and breaking the format */
	IDX_WRITING, /* short or blank, and open for writing or younger than the quiet period */
	IDX_LFS_POINTER, /* a Git LFS pointer stands where the file should be */
	IDX_UNREADABLE,  /* could not be opened or read; what was known of it before is kept */
	IDX_STATUS_COUNT,
};

/* "ok", "truncated", ...; and back. */
const char *idx_status_name(enum idx_status status);
bool idx_status_parse(struct ax_str name, enum idx_status *out);

enum idx_type {
	IDX_REGULAR,
	IDX_SYMLINK, /* listed, never followed */
	IDX_SPECIAL, /* FIFO, socket, device: listed, never opened */
};

enum idx_value_kind {
	IDX_ABSENT,
	IDX_INT,
	IDX_REAL,
	IDX_TEXT,
	IDX_BOOL,
};

struct idx_value {
	enum idx_value_kind kind;
	union {
		int64_t integer;
		double real;
		struct ax_str text;
		bool boolean;
	};
};

/* A derived fact: k, rank, n_pairs, n_modules, n_layers, model, step, ... */
struct idx_attribute {
	struct ax_str name;
	struct idx_value value;
};

/* One entry of __metadata__, or of what stands for it. */
struct idx_metadata {
	struct ax_str key, value;
};

/*
 * What is stored of every file: the identity that tells whether it changed, and what it is. dev
 * is its directory's device; a file on another one (a bind mount) is read again at each scan.
 */
struct idx_entry {
	struct ax_str dir, name; /* dir is root-relative, "" is the root */
	enum idx_type type;
	uint64_t dev, ino, size;
	ax_nanoseconds mtime, ctime;
	bool racy;   /* touched too close to the scan to be trusted: read again */
	bool linked; /* st_nlink > 1 */
	enum idx_status status;
	bool misnamed; /* tensors were read, and the name alone would say another class */
	struct ax_str class_name;
	uint32_t class_id;     /* stable within a catalogue: for comparing quickly */
	struct ax_str why;     /* rule and evidence in a sentence */
	struct ax_str problem; /* what is wrong with it, "" when its status is ok */
	uint64_t detail;       /* key of its idx_detail, 0 when it has none */
	/*
	 * The archive that it is in, "" when it is on the disk. Of an archived file dir and name
	 * are what they were, and dev, ino and ctime are not known.
	 */
	struct ax_str archive;
};

/* Packed values whose width nothing says: no number of parameters would be true. */
#define IDX_PARAMS_UNKNOWN UINT64_MAX

/* What is stored of files that have more to tell: a header, a log, a pair set, a pointer. */
struct idx_detail {
	bool has_tensors;
	struct ax_digest layout;       /* sft_layout_digest(); of zero bytes without tensors */
	struct ax_digest exact_layout; /* key of the stored tensor list */
	struct ax_digest header;       /* sft_header_digest() */
	uint64_t header_length;
	uint64_t n_tensors, data_bytes;
	uint64_t params;   /* IDX_PARAMS_UNKNOWN: the shapes do not tell */
	uint32_t dtypes;   /* 1 << enum sft_dtype */
	unsigned warnings; /* enum sft_warning */
	size_t n_attributes;
	const struct idx_attribute *attributes;
	bool has_metadata; /* as an object, be it empty */
	size_t n_metadata;
	const struct idx_metadata *metadata;
};

/* Which run a file belongs to. */
enum idx_membership {
	IDX_RUN_NONE, /* no evidence, or not a thing that belongs to a run */
	IDX_RUN_KNOWN,
	IDX_RUN_AMBIGUOUS, /* several fit and nothing separates them */
};

struct idx_owner {
	enum idx_membership membership;
	struct ax_str run;  /* "<ts>_<slug>" when known */
	struct ax_str role; /* "train", "first_hack", "ckpt_update0020", "log", ... */
	struct ax_str why;  /* the evidence in a sentence; the candidates when ambiguous */
};

/* One training run. */
struct idx_run {
	struct ax_str id; /* "<ts>_<slug>" */
	struct ax_str ts; /* "20260528T223214", local */
	struct ax_str slug, preset, arm, tag;
	struct idx_value seed; /* IDX_INT or IDX_ABSENT */
	struct ax_str status;  /* "done", "crashed", "running", "unknown" */
	struct ax_str log;     /* root-relative path, "" when there is none */
	ax_nanoseconds start, end;
	size_t n_uses;
	const struct ax_str *uses; /* root-relative paths of what its argv names */
	size_t n_files;
	const struct ax_str *files; /* its checkpoints' paths, in byte order */
	uint64_t size;              /* bytes of all files */
	size_t n_attributes;
	const struct idx_attribute *attributes; /* model, step, hack_rate, pass_rate */
	struct ax_str cfg;  /* JSON text of its newest checkpoint's cfg, or "" */
	struct ax_str rows; /* JSON text of the same checkpoint's rows, or "" */
};

/* The attribute called name, or a value of kind IDX_ABSENT. */
struct idx_value idx_attribute_get(const struct idx_attribute *attributes, size_t n,
	struct ax_str name);

#endif
