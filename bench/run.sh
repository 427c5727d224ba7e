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

# weights KIND: tensors as training leaves them, in $dir/weights/KIND
weights() {
  mkdir -p "$dir/weights/.artidx"
  if [ ! -e "$dir/weights-$1.made" ]; then
    rm -rf "$dir/weights/$1"
    "$build/bench/bench-weights" "$1" "$dir/weights/$1"
    : >"$dir/weights-$1.made"
  fi
  cd "$dir/weights"
  export ARTIDX_ROOT="$dir/weights"
}

# size LABEL COMMAND...: bytes that it prints, as a part of what is packed.
size() {
  label=$1
  shift
  printf '| %s | %s |\n' "$label" "$("$@" | wc -c | awk -v all="$all" '{ printf "%.3f", $1 / all }')"
}

packed() {
  rm -f "$1.tar.zst"
  "$artidx" archive --apply --keep --queue none "$1" >/dev/null
  cat "$1.tar.zst"
}

piped() {
  tar -cf - "$1" | zstd -q "$2"
}

# How small: the limits known from real weights are 0.659 (BF16), 0.829 (F32) and 0.821 (F16).
sizes() {
  for kind in bf16 f16 f32; do
    weights "$kind"
    all=$(cat "$kind"/* | wc -c)
    printf '\n| %s | stored / original |\n|---|---|\n' "$kind"
    size "artidx archive" packed "$kind"
    size "tar, zstd -3" piped "$kind" -3
    size "tar, zstd -19" piped "$kind" -19
    size "tar, zstd -3 --long" piped "$kind" --long
  done
}

bench_archive() {
  say "Archives: sizes"
  sizes
  say "Archives: 800 MB of weights, checkpoints, gradients, logs"
  weights mixed
  packed mixed >/dev/null
  tar -cf - mixed | zstd -q -3 -T2 -f -o plain.zst
  clean='rm -rf to; mkdir to'
  measure \
    "tar | zstd -3 -T2, synced" 'rm -f x.zst' 'tar -cf - mixed | zstd -q -3 -T2 -o x.zst; sync x.zst' \
    "artidx archive --keep, read back" 'rm -f mixed.tar.zst' "$artidx archive --apply --keep --queue none mixed" \
    "zstd -t" '' 'zstd -q -t plain.zst' \
    "artidx verify" '' "$artidx verify mixed.tar.zst" \
    "tar -x, synced" "$clean" 'tar --zstd -xf plain.zst -C to; sync -f to' \
    "artidx restore" "$clean" "$artidx restore mixed.tar.zst --to to" \
    "tar -x, one member" "$clean" 'tar --zstd -xf plain.zst -C to mixed/grads.safetensors' \
    "artidx restore, one member" "$clean" "$artidx restore mixed.tar.zst mixed/grads.safetensors --to to"
}

say() {
  printf '\n## %s\n\n' "$*"
}

known='scan tiny query growth header archive'
[ $# -gt 0 ] || set -- scan tiny query header archive
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
