#include "base/path.h"

#include "base/buf.h"

enum { PATH_LIMIT = 4096 }; /* what Linux takes in one call, NUL included */

struct ax_str ax_path_name(struct ax_str path)
{
	size_t slash = ax_str_find_last(path, '/');

	return slash == path.len ? path : ax_str_slice(path, slash + 1, path.len);
}

struct ax_str ax_path_dir(struct ax_str path)
{
	size_t slash = ax_str_find_last(path, '/');

	return slash == path.len ? AX_STR("") : ax_str(path.ptr, slash);
}

struct ax_str ax_path_extension(struct ax_str path)
{
	struct ax_str name = ax_path_name(path);
	size_t dot = ax_str_find_last(name, '.');
	size_t stem = 0;

	while (stem < name.len && name.ptr[stem] == '.')
		stem++;
	if (stem >= dot || dot + 1 >= name.len)
		return AX_STR("");
	return ax_str_slice(name, dot, name.len);
}

void ax_path_join(struct ax_buf *buf, struct ax_str dir, struct ax_str name)
{
	ax_buf_append_str(buf, dir);
	if (dir.len && name.len && dir.ptr[dir.len - 1] != '/')
		ax_buf_append_byte(buf, '/');
	ax_buf_append_str(buf, name);
}

/* Take the last component off the path that begins at start. */
static void drop_component(struct ax_buf *buf, size_t start)
{
	while (buf->len > start) {
		buf->len--;
		if (buf->data[buf->len] == '/')
			return;
	}
}

static void append_components(struct ax_buf *buf, size_t start, struct ax_str path)
{
	struct ax_str component;

	while (ax_path_next(&path, &component)) {
		if (ax_str_equal(component, AX_STR(".")))
			continue;
		if (ax_str_equal(component, AX_STR(".."))) {
			drop_component(buf, start);
			continue;
		}
		ax_buf_append_byte(buf, '/');
		ax_buf_append_str(buf, component);
	}
}

void ax_path_resolve(struct ax_buf *buf, struct ax_str cwd, struct ax_str path)
{
	size_t start = buf->len;

	if (!path.len || path.ptr[0] != '/')
		append_components(buf, start, cwd);
	append_components(buf, start, path);
	if (buf->len == start)
		ax_buf_append_byte(buf, '/');
}

bool ax_path_relative(struct ax_buf *buf, struct ax_str root, struct ax_str path)
{
	if (ax_str_equal(root, AX_STR("/")))
		root.len = 0;
	if (!ax_path_below(path, root) || !path.len || path.ptr[0] != '/')
		return false;
	ax_buf_append_str(buf, ax_str_slice(path, root.len + 1, path.len));
	return true;
}

bool ax_path_below(struct ax_str path, struct ax_str dir)
{
	if (dir.len == 0)
		return true;
	return ax_str_starts(path, dir) && (path.len == dir.len || path.ptr[dir.len] == '/');
}

bool ax_path_next(struct ax_str *rest, struct ax_str *component)
{
	while (rest->len && rest->ptr[0] == '/')
		*rest = ax_str_slice(*rest, 1, rest->len);
	if (rest->len == 0)
		return false;
	size_t len = ax_str_find(*rest, '/');
	*component = ax_str(rest->ptr, len);
	*rest = ax_str_slice(*rest, len, rest->len);
	return true;
}

static bool is_safe_component(struct ax_str component)
{
	return component.len && !ax_str_equal(component, AX_STR(".")) &&
	       !ax_str_equal(component, AX_STR(".."));
}

bool ax_path_is_normal(struct ax_str path)
{
	if (ax_str_find(path, '\0') != path.len)
		return false;
	for (;;) {
		size_t len = ax_str_find(path, '/');
		if (!is_safe_component(ax_str(path.ptr, len)))
			return false;
		if (len == path.len)
			return true;
		path = ax_str_slice(path, len + 1, path.len);
	}
}

bool ax_path_is_safe(struct ax_str path)
{
	return path.len < PATH_LIMIT && ax_path_is_normal(path);
}
