/*
 * tests/unit/query/project.h - a small project, scanned: what queries are asked about
 *
 *	out/v_hack_a.safetensors      basis, k 12, BF16, two modules
 *	out/v_hack_b.safetensors      basis, k 4, F32, one module
 *	out/deep/copy_of_b.st         the same bytes as v_hack_b
 *	out/train_x_s41.safetensors   checkpoint of the run, with cfg and rows
 *	out/broken.safetensors        invalid
 *	out/"odd\nname".txt           other
 *	logs/20260527T180000_fast_projected_seed41_x_s41.log   used v_hack_a; done
 *	logs/20260528T090000_fast_vanilla_seed43_y.log         crashed
 */
#ifndef ARTIDX_TESTS_QUERY_PROJECT_H
#define ARTIDX_TESTS_QUERY_PROJECT_H

#include "indexer/catalog.h"

#define PROJECT_RUN "20260527T180000_fast_projected_seed41_x_s41"

struct project {
	char root[64];
	struct idx_catalog *catalog;
	struct idx_snapshot *snapshot;
};

/* In a fresh temporary directory; ends the test where that fails. */
void project_open(struct project *project);
void project_close(struct project *project);

#endif
