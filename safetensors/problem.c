#include "safetensors/layout_internal.h"

#include "base/buf.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { NAME_SHOWN = 64, ESCAPED_SHOWN = 90 }; /* bytes of a name */

const char *sft_verdict_name(enum sft_verdict verdict)
{
	static const char *const names[] = {
		[SFT_VALID] = "Valid",
		[SFT_HEADER_TOO_SMALL] = "HeaderTooSmall",
		[SFT_HEADER_TOO_LARGE] = "HeaderTooLarge",
		[SFT_INVALID_HEADER_LENGTH] = "InvalidHeaderLength",
		[SFT_INVALID_HEADER] = "InvalidHeader",
		[SFT_INVALID_HEADER_DESERIALIZATION] = "InvalidHeaderDeserialization",
		[SFT_INVALID_OFFSET] = "InvalidOffset",
		[SFT_VALIDATION_OVERFLOW] = "ValidationOverflow",
		[SFT_MISALIGNED_SLICE] = "MisalignedSlice",
		[SFT_TENSOR_INVALID_INFO] = "TensorInvalidInfo",
		[SFT_METADATA_INCOMPLETE_BUFFER] = "MetadataIncompleteBuffer",
	};

	return names[verdict];
}

const char *sft_warning_text(enum sft_warning what)
{
	switch (what) {
	case SFT_WARN_DUPLICATE_NAME:
		return "a name stands twice: the last one counts here, other readers may "
		       "differ";
	case SFT_WARN_UNKNOWN_FIELD:
		return "a tensor has fields that the format does not know";
	case SFT_WARN_PADDING:
		return "the header is padded with other than spaces behind it";
	case SFT_WARN_NULL_METADATA:
		return "__metadata__ is null";
	case SFT_WARN_ARRAY_FORM:
		return "a tensor or dtype is written in a form of one reader only";
	case SFT_WARN_HUGE_NUMBER:
		return "a size is over 48 bits";
	}
	return "";
}

/* At most max bytes of s, cut between characters. */
static struct ax_str cut(struct ax_str s, size_t max)
{
	if (s.len <= max)
		return s;
	while (max > 0 && ((unsigned char)s.ptr[max] & 0xc0) == 0x80)
		max--;
	return ax_str(s.ptr, max);
}

/* The name in quotes, made safe to show, and short enough to leave room for the reason. */
static void append_name(struct ax_buf *buf, struct ax_str name)
{
	struct ax_str shown = cut(name, NAME_SHOWN);
	size_t start = buf->len;

	ax_buf_append_byte(buf, '"');
	ax_text_escape(buf, shown);
	if (buf->len - start > ESCAPED_SHOWN) {
		shown = cut(name, NAME_SHOWN / 4);
		buf->len = start + 1;
		ax_text_escape(buf, shown);
	}
	ax_buf_append_text(buf, shown.len < name.len ? "...\"" : "\"");
}

int sft_refuse(struct sft_problem *problem, enum sft_verdict verdict, struct sft_place place,
	const char *format, ...)
{
	char reason[128];
	struct ax_buf message = { 0 };
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);

	if (place.tensor.ptr) {
		ax_buf_append_text(&message, "tensor ");
		append_name(&message, place.tensor);
		ax_buf_append_text(&message, ": ");
	}
	ax_buf_append_text(&message, reason);
	if (place.culprit.ptr) {
		ax_buf_append_byte(&message, ' ');
		append_name(&message, place.culprit);
	}
	problem->verdict = verdict;
	problem->offset = place.offset;
	snprintf(problem->message, sizeof(problem->message), "byte %" PRIu64 ": %s",
		place.offset, message.failed ? reason : ax_buf_text(&message));
	ax_buf_free(&message);
	return 0;
}
