/*
 * base/path.h - paths as bytes, by their text alone
 *
 * Nothing here looks at a file system. Root-relative paths have no leading "/", no empty, "." or
 * ".." component; "" is the root itself.
 */
#ifndef ARTIDX_BASE_PATH_H
#define ARTIDX_BASE_PATH_H

#include "base/str.h"

struct ax_buf;

/* What follows the last "/", and what precedes it ("" without one). */
struct ax_str ax_path_name(struct ax_str path);
struct ax_str ax_path_dir(struct ax_str path);

/* The extension with its dot: ".gz" of "a.jsonl.gz"; "" for "x", ".x" and "x.". */
struct ax_str ax_path_extension(struct ax_str path);

/* Append dir, "/" and name; only the other when one of them is "". */
void ax_path_join(struct ax_buf *buf, struct ax_str dir, struct ax_str name);

/*
 * Append path resolved against the absolute directory cwd, with "//", "." and ".." taken out by
 * their text ("/a/../b" is "/b"). The result is absolute and has no "/" at its end, but for "/".
 */
void ax_path_resolve(struct ax_buf *buf, struct ax_str cwd, struct ax_str path);

/*
 * Append the root-relative form of path, an absolute and resolved one; false when it is not root
 * or below it.
 */
bool ax_path_relative(struct ax_buf *buf, struct ax_str root, struct ax_str path);

/* Whether path is dir itself or below it, both root-relative. Everything is below "". */
bool ax_path_below(struct ax_str path, struct ax_str dir);

/* The next component from *rest, which is advanced behind it; false at the end. */
bool ax_path_next(struct ax_str *rest, struct ax_str *component);

/*
 * Whether path is a root-relative path as said above, but for the root itself: non-empty, without
 * a leading or trailing "/", "", "." or ".." components and NUL bytes. The second one also wants
 * it below 4,096 bytes.
 */
bool ax_path_is_normal(struct ax_str path);
bool ax_path_is_safe(struct ax_str path);

#endif
