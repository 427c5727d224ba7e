#include "reorg/links.h"

#include "base/buf.h"
#include "base/path.h"

bool reorg_links_wanted(struct ax_str class_name)
{
	static const struct ax_str inputs[] = {
		AX_STR_INIT("v_hack"),
		AX_STR_INIT("vhack_grads"),
		AX_STR_INIT("pool"),
		AX_STR_INIT("pairset"),
		AX_STR_INIT("model"),
		AX_STR_INIT("embedding"),
		AX_STR_INIT("quantized"),
	};

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		if (ax_str_equal(inputs[i], class_name))
			return true;
	}
	return false;
}

void reorg_links_relative(struct ax_buf *out, struct ax_str dir, struct ax_str target)
{
	size_t common = 0;

	/* Where the deepest directory that both are in ends. */
	for (size_t i = 0; i <= dir.len && i < target.len; i++) {
		bool ends = i == dir.len || dir.ptr[i] == '/';
		if (ends && target.ptr[i] == '/')
			common = i + 1;
		if (i < dir.len && dir.ptr[i] != target.ptr[i])
			break;
	}
	struct ax_str rest =
		common > dir.len ? (struct ax_str){ 0 } : ax_str_slice(dir, common, dir.len);
	struct ax_str component;
	while (ax_path_next(&rest, &component))
		ax_buf_append_text(out, "../");
	ax_buf_append_str(out, ax_str_slice(target, common, target.len));
}
