#include "indexer/record.h"

static const char *const status_names[IDX_STATUS_COUNT] = {
	[IDX_OK] = "ok",
	[IDX_TRUNCATED] = "truncated",
	[IDX_INVALID] = "invalid",
	[IDX_WRITING] = "writing",
	[IDX_LFS_POINTER] = "lfs-pointer",
	[IDX_UNREADABLE] = "unreadable",
};

const char *idx_status_name(enum idx_status status)
{
	return status_names[status];
}

bool idx_status_parse(struct ax_str name, enum idx_status *out)
{
	for (unsigned i = 0; i < IDX_STATUS_COUNT; i++) {
		if (ax_str_equal(name, ax_str_from(status_names[i]))) {
			*out = (enum idx_status)i;
			return true;
		}
	}
	return false;
}

struct idx_value idx_attribute_get(const struct idx_attribute *attributes, size_t n,
	struct ax_str name)
{
	for (size_t i = 0; i < n; i++) {
		if (ax_str_equal(attributes[i].name, name))
			return attributes[i].value;
	}
	return (struct idx_value){ .kind = IDX_ABSENT };
}
