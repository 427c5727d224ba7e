#include "indexer/rule_keys.h"

#include <stddef.h>

const struct idx_rule_key idx_rule_keys[] = {
	{ "rule", "its name, which ends the sentence of evidence" },
	{ "class", "what a file is by it: a word of a to z, 0 to 9 and _" },
	{ "tensors",
		"{SET: {...}}: named sets of tensors, at most 32. A rule with it is only for "
		"files "
		"with a readable header, one without it only for files that have none; {} is a "
		"rule about files with tensors that looks at none of them" },
	{ "absent", "an expression, or a list, that no tensor's name may have" },
	{ "where", "a formula, or a list, that must be true" },
	{ "metadata",
		"{KEY: true, false or an expression}: the entry is there, is not, or has it" },
	{ "data", "{...}: what the values of one tensor must look like" },
	{ "file", "{...}: where the file is, what it is called and how it begins" },
	{ "derive",
		"{ATTRIBUTE: formula}: what is kept of the file; what is absent is left out" },
	{ "why", "the evidence, a sentence in which ${formula} stands for a value" },
	{ 0 },
};

const struct idx_rule_key idx_rule_tensors_keys[] = {
	{ "name", "an expression that occurs in the tensor's name; named groups, (?<G>...), "
		  "can be "
		  "counted, at most 8 a set" },
	{ "ndim", "how many dimensions, a number or a list of numbers" },
	{ "dtype", "its type, or a list of types: F32, BF16, ..." },
	{ "optional", "true: the set may be empty" },
	{ 0 },
};

const struct idx_rule_key idx_rule_data_keys[] = {
	{ "rows_of",
		"a set that is not optional: up to 8 rows of one of its tensors are read" },
	{ "are", "\"orthonormal\", \"other\" or \"blank\" (zeros, or data that is not there)" },
	{ 0 },
};

const struct idx_rule_key idx_rule_file_keys[] = {
	{ "below", "\"data\" or \"logs\": the directories of artidx.json" },
	{ "path", "a glob, or a list, for the path from the root" },
	{ "name", "an expression that the file's name has" },
	{ "content", "an expression that its first 512 bytes have" },
	{ "min_size", "at least so many bytes" },
	{ "max_size", "at most so many" },
	{ 0 },
};

const struct idx_rule_key idx_rule_suggestion_keys[] = {
	{ "name", "an expression that the file's name has" },
	{ "classes", "the classes that go with it, a list; the first name that fits counts" },
	{ 0 },
};

const struct idx_rule_key idx_rule_names[] = {
	{ "tensors", "how many tensors the file has" },
	{ "others", "how many of them are in no set" },
	{ "F.count", "how many tensors are in set F" },
	{ "F.share", "their part of all, 0 to 1" },
	{ "F.elements", "their elements" },
	{ "F.widest", "the largest dimension of any of them" },
	{ "F.shape", "their shape as text, \"*\" where they differ" },
	{ "F.dtype", "their types as text" },
	{ "F[0]", "their first dimension, where it is the same in all of them; up to F[3], and "
		  "F[-1] "
		  "for the last" },
	{ "F[0].min", "the smallest" },
	{ "F[0].max", "the largest" },
	{ "F[0].set", "all of them as text: 8,16" },
	{ "F.G.count", "how many different texts group G has in the names" },
	{ "F.G.set", "all of them as text" },
	{ "F.G.digest", "a number that is equal where the texts are" },
	{ "meta.KEY", "text of a metadata entry; the rest of the name is the key, dots too" },
	{ "name.shard", "1, of a file named model-00001-of-00002.safetensors" },
	{ "name.shards", "and 2" },
	{ "label.TABLE", "the first word of a table of the built-in rules, architecture or "
			 "peft, that fits a "
			 "tensor's name" },
	{ "ATTRIBUTE", "what was derived before; only in derive and why" },
	{ 0 },
};
