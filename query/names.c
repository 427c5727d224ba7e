#include "query/names.h"

#include "indexer/catalog.h"
#include "indexer/jobs.h"
#include "indexer/references.h"
#include "safetensors/dtype.h"

static bool class_at(const struct qry_known_names *known, size_t i, struct ax_str *out)
{
	size_t n = known->snapshot ? idx_snapshot_class_count(known->snapshot) : 0;

	if (i < n) {
		*out = idx_snapshot_class_name(known->snapshot, (uint32_t)i);
		return true;
	}
	if (i - n >= known->n_classes)
		return false;
	*out = known->classes[i - n];
	return true;
}

static bool text_at(const char *const *texts, size_t count, size_t i, struct ax_str *out)
{
	if (i >= count)
		return false;
	*out = ax_str_from(texts[i]);
	return true;
}

bool qry_name_at(const struct qry_known_names *known, enum qry_names names, size_t i,
	struct ax_str *out)
{
	static const char *const run_statuses[] = { "done", "crashed", "running", "unknown" };
	const char *text;

	switch (names) {
	case QRY_NAMES_NONE:
		break;
	case QRY_NAMES_CLASS:
		return class_at(known, i, out);
	case QRY_NAMES_RUN_STATUS:
		return text_at(run_statuses, 4, i, out);
	case QRY_NAMES_REFERENCE_KIND:
		text = i < IDX_REF_KINDS ? idx_reference_kind_name((enum idx_reference_kind)i)
					 : "";
		return text_at(&text, i < IDX_REF_KINDS, 0, out);
	case QRY_NAMES_JOB_STATE:
		text = i <= IDX_JOB_UNKNOWN ? idx_job_state_name((enum idx_job_state)i) : "";
		return text_at(&text, i <= IDX_JOB_UNKNOWN, 0, out);
	case QRY_NAMES_STATUS:
		text = i < IDX_STATUS_COUNT ? idx_status_name((enum idx_status)i) : "";
		return text_at(&text, i < IDX_STATUS_COUNT, 0, out);
	case QRY_NAMES_DTYPE:
		text = i < SFT_DTYPE_COUNT ? sft_dtype_name((enum sft_dtype)i) : "";
		return text_at(&text, i < SFT_DTYPE_COUNT, 0, out);
	}
	return false;
}
