#!/bin/sh
# truth.sh ARTIDX SAMPLE COMPARE [SAMPLE ARGUMENTS...]: scan a fresh sample, judge every row.
# Ends with 77 where the file system cannot hold what the sample is (holes, with --full).
set -eu

artidx=$1 sample=$2 compare=$3
shift 3
dir=$(mktemp -d "${TMPDIR:-/tmp}/artidx-truth.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

truncate -s 1G "$dir/hole"
if [ "$(du -k "$dir/hole" | cut -f1)" -gt 1024 ]; then
  echo "skipped: $dir is on a file system without holes"
  exit 77
fi
rm "$dir/hole"

"$sample" "$dir/project" "$@"
cd "$dir/project"
export ARTIDX_ROOT="$PWD"
"$artidx" scan >"$dir/scan.txt"
"$artidx" query --json >"$dir/rows.json"
"$artidx" query runs --json >"$dir/runs.json"
"$compare" expected.json "$dir/rows.json" "$dir/runs.json"
