#!/bin/sh
# run.sh BUILD [NAME...]: measure a release in BUILD; without a NAME everything.
#
# Trees are made once and kept in $ARTIDX_BENCH_DIR (default: ~/.cache/artidx-bench; about 1 GB).
# Every table is one run in which the programs took turns: read the ratios, not the seconds.
set -eu

build=$(cd "$1" && pwd)
shift
dir=${ARTIDX_BENCH_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/artidx-bench}
rounds=${ARTIDX_BENCH_ROUNDS:-5}
artidx=$build/cli/artidx
mkdir -p "$dir"

# tree KIND NAME [FILES]: make it unless it is there, and go there.
tree() {
  if [ ! -e "$dir/$2.made" ]; then
    rm -rf "${dir:?}/$2"
    "$build/bench/bench-tree" "$1" "$dir/$2" ${3:+"$3"} >&2
    : >"$dir/$2.made"
  fi
  cd "$dir/$2"
  export ARTIDX_ROOT="$dir/$2"
}

# rows NAME PREPARE COMMAND, three at a time
rows() {
  while [ $# -gt 0 ]; do
    printf '%s\t%s\t%s\n' "$1" "$2" "$3"
    shift 3
  done
}

measure() {
  rows "$@" | "$build/bench/bench-measure" -n "$rounds"
}

find_printf='find . -printf %s_%T@_%p\n'

# What a scan costs: the first one, and one that finds nothing changed.
scans() {
  fresh='rm -rf .artidx'
  measure \
    "floor: walk, open and read headers" '' "$build/bench/bench-floor ." \
    "floor: the same, all files opened" '' "$build/bench/bench-floor --all ." \
    "find -printf" '' "$find_printf" \
    "artidx scan -j 1, first" "$fresh" "$artidx scan -j 1" \
    "artidx scan -j 2, first" "$fresh" "$artidx scan -j 2"
  measure \
    "find -printf" '' "$find_printf" \
    "artidx scan -j 1, unchanged" '' "$artidx scan -j 1" \
    "artidx scan -j 2, unchanged" '' "$artidx scan -j 2"
  printf 'Catalogue: %s\n\n' "$(du -sh .artidx | cut -f1)"
}

bench_scan() {
  say "100,000 files, 20,000 of them safetensors"
  tree runs runs
  scans
}

bench_tiny() {
  say "1,000,000 tiny files"
  tree tiny tiny
  scans
}

# One tree after another: does the cost grow with the files, and no faster?
bench_growth() {
  for files in 10000 100000 1000000; do
    say "$files tiny files"
    tree tiny "tiny-$files" "$files"
    rounds=3 measure \
      "floor" '' "$build/bench/bench-floor ." \
      "artidx scan, first" 'rm -rf .artidx' "$artidx scan" \
      "artidx scan, unchanged" '' "$artidx scan"
  done
}

bench_query() {
  say "Questions about 1,000,000 tiny files"
  tree tiny tiny
  [ -e .artidx ] || "$artidx" scan >/dev/null
  measure \
    "artidx --version" '' "$artidx --version" \
    "one class and a range" '' "$artidx query class:tensors size:1M.. --count" \
    "a substring of any path" '' "$artidx query path:probe_1 --count" \
    "sizes by class" '' "$artidx query --group-by class --sum size"
}

bench_header() {
  say "Reading headers"
  "$build/bench/bench-header-parse"
}

say() {
  printf '\n## %s\n\n' "$*"
}

known='scan tiny query growth header'
[ $# -gt 0 ] || set -- scan tiny query header
printf '# artidx bench, %s\n\n%s, %s cores, %s, medians of %s\n' "$(date +%F)" \
  "$(uname -srm)" "$(getconf _NPROCESSORS_ONLN)" \
  "$(df -PT "$dir" | awk 'NR == 2 { print $2 }')" "$rounds"
for name in "$@"; do
  case " $known " in
  *" $name "*) "bench_$name" ;;
  *)
    printf 'bench: there is no %s; there are: %s\n' "$name" "$known" >&2
    exit 2
    ;;
  esac
done
