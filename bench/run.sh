#!/bin/sh
# run.sh BUILD [NAME...]: measure a release in BUILD; without a NAME what is quick. "all" measures
# everything and writes docs/benchmarks.md.
#
# Trees are made once and kept in $ARTIDX_BENCH_DIR (default: ~/.cache/artidx-bench; about 6 GB).
# Every table is one run in which the programs took turns: read the ratios, not the seconds. As
# root, the kernel's caches are emptied before each table: names that it remembers of other trees
# would slow every look-up down. Then the tree is read once, so that it is cached.
set -eu

build=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")" && pwd)
shift
dir=${ARTIDX_BENCH_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/artidx-bench}
rounds=${ARTIDX_BENCH_ROUNDS:-5}
artidx=$build/cli/artidx
floor=$build/bench/bench-floor
drop='sync; echo 3 >/proc/sys/vm/drop_caches'
fresh='rm -rf .artidx'
find_printf='find . -printf %s_%T@_%p\n'
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

# Have a catalogue of the tree; one that another version left is made anew.
scanned() {
  "$artidx" scan >/dev/null 2>&1 || "$artidx" scan --rebuild >/dev/null
}

can_drop() {
  [ -w /proc/sys/vm/drop_caches ]
}

warm() {
  can_drop && eval "$drop"
  "$floor" --all . >/dev/null
}

# rows NAME PREPARE COMMAND, three at a time; NAME may end with " @ TARGET"
rows() {
  while [ $# -gt 0 ]; do
    printf '%s\t%s\t%s\n' "$1" "$2" "$3"
    shift 3
  done
}

measure() {
  rows "$@" | "$build/bench/bench-measure" -n "$rounds"
}

# catalogue FILES LIMIT: its size
catalogue() {
  printf 'Catalogue: %s\n' "$(stat -c %s .artidx/catalogue/data.mdb | awk -v files="$1" -v most="$2" '{
    per = $1 / files
    printf "%.1f MB, %.0f bytes a file (at most %d: %s)", $1 / 1e6, per, most,
      per <= most ? "met" : "**missed**" }')"
}

# script NAME TEXT: keep TEXT as a program for the shell, and print the command that runs it.
script() {
  printf 'set -e\n%s\n' "$2" >"$dir/$1.sh"
  printf 'sh %s' "$dir/$1.sh"
}

# ---- 100,000 files, 20,000 of them safetensors

bench_scan() {
  tree runs runs
  say "First scan of 100,000 files, 20,000 of them safetensors"
  printf 'Against the system calls alone: walk, look at everything, open and read the headers.\n\n'
  warm
  measure \
    "floor: headers of *.safetensors" '' "$floor ." \
    "floor: and the first bytes of all" '' "$floor --all ." \
    "artidx scan -j 1 @ cpu 2.0" "$fresh" "$artidx scan -j 1" \
    "python3: headers, json.loads" '' "$source/headers.py ."
  printf 'Against programs that only list.\n\n'
  measure \
    "find -printf" '' "$find_printf" \
    "fd, names only" '' 'fdfind -u .' \
    "plocate updatedb" '' "updatedb -U $PWD -o $dir/plocate.db -l 0 --prunepaths /none" \
    "duc index" '' "duc index -q -d $dir/duc.db ." \
    "artidx scan -j 2 @ wall 2.6" "$fresh" "$artidx scan -j 2"
  catalogue 100000 600
  say "The same, unchanged"
  warm
  measure \
    "find -printf" '' "$find_printf" \
    "floor: list and look at everything" '' "$floor --list ." \
    "artidx scan -j 1 @ cpu 0.85" '' "$artidx scan -j 1" \
    "artidx scan -j 2 @ wall 0.7" '' "$artidx scan -j 2"
  can_drop || return 0
  say "The same, first scan with cold caches"
  measure \
    "find -printf" "$drop" "$find_printf" \
    "floor: headers of *.safetensors" "$drop" "$floor ." \
    "the same, 16 threads" "$drop" "$floor --threads 16 ." \
    "and the first bytes of all" "$drop" "$floor --all --threads 16 ." \
    "artidx scan @ wall 1.5" "$fresh; $drop" "$artidx scan"
}

# ---- 1,000,000 tiny files

bench_tiny() {
  tree tiny tiny
  say "First scan of 1,000,000 tiny files"
  warm
  measure \
    "find -printf" '' "$find_printf" \
    "floor: and the first bytes of all" '' "$floor --all ." \
    "plocate updatedb" '' "updatedb -U $PWD -o $dir/plocate.db -l 0 --prunepaths /none" \
    "duc index" '' "duc index -q -d $dir/duc.db ." \
    "artidx scan -j 2 @ wall 1.5, peak 120" "$fresh" "$artidx scan -j 2"
  catalogue 1000000 110
  say "The same, unchanged"
  warm
  measure \
    "find -printf" '' "$find_printf" \
    "floor: list and look at everything" '' "$floor --list ." \
    "artidx scan -j 1 @ cpu 0.85, peak 120" '' "$artidx scan -j 1" \
    "artidx scan -j 2 @ wall 0.7" '' "$artidx scan -j 2"
  say "The same, 1,000 files changed"
  [ -e "$dir/changed" ] || find . -name '*_07.*' | head -n 1000 >"$dir/changed"
  measure \
    "artidx scan, nothing changed" "sleep 0.1; $artidx scan >$dir/out" "$artidx scan" \
    "artidx scan, 1,000 changed @ wall 1.15" "xargs touch <$dir/changed; sleep 0.1" "$artidx scan"
  say "The same, by one thread: where the space is, and what differs"
  measure \
    "du -s" '' 'du -s .' \
    "artidx du" "$artidx scan >$dir/out" "$artidx du" \
    "artidx check" "$artidx scan >$dir/out" "$artidx check"
}

# One tree after another: does the cost grow with the files, and no faster?
bench_growth() {
  say "Growth"
  for files in 10000 100000 1000000; do
    name=tiny-$files
    [ $files -lt 1000000 ] || name=tiny
    tree tiny "$name" "$files"
    printf '%s tiny files\n\n' "$files"
    warm
    measure \
      "find -printf" '' "$find_printf" \
      "artidx scan, first" "$fresh" "$artidx scan" \
      "artidx scan, unchanged" '' "$artidx scan" \
      "artidx query, a substring" '' "$artidx query path:probe_1 --count"
  done
}

# ---- questions

# The same rows for sqlite3.
database() {
  "$artidx" query -c path,size,mtime,class --csv >"$dir/rows.csv"
  rm -f "$dir/rows.db"
  sqlite3 "$dir/rows.db" 'create table files (path text, size integer, mtime text, class text)' \
    '.mode csv' ".import --skip 1 $dir/rows.csv files"
  rm "$dir/rows.csv"
}

bench_query() {
  tree tiny tiny
  scanned
  database
  say "Questions about 1,000,000 files"
  measure \
    "sqlite3, a substring of any path" '' "sqlite3 $dir/rows.db 'select count(*) from files where path like \"%probe_1%\"'" \
    "artidx query @ wall 0.3" '' "$artidx query path:probe_1 --count"
  measure \
    "sqlite3, sizes by class" '' "sqlite3 $dir/rows.db 'select class, sum(size) from files group by class'" \
    "artidx query @ wall 0.3" '' "$artidx query --group-by class --sum size"
  measure \
    "artidx query, one class and a range @ ms 10" '' "$artidx query class:lora size:1K.. --count" \
    "artidx query, below a directory" '' "$artidx query exp003/shard07/ --count" \
    "artidx query, where ten of them belong" '' "$artidx query -c path,dest --limit 10"
  tree logs logs
  scanned
  measure "artidx query runs, 10,000 of them, sorted @ ms 50" '' "$artidx query runs --sort -hack_rate"
}

bench_start() {
  mkdir -p "$dir/empty"
  cd "$dir/empty"
  export ARTIDX_ROOT="$dir/empty"
  printf '{ "data": ["."] }\n' >artidx.json
  scanned
  say "Starting"
  rounds=21 measure \
    "true" '' true \
    "artidx --version @ ms 3" '' "$artidx --version" \
    "artidx query, an empty catalogue @ ms 8" '' "$artidx query"
}

bench_header() {
  say "Reading headers"
  printf 'CPU time of parsing, checks and sort against that of cJSON parsing alone; "known": of a layout\n'
  printf 'that the cache has. Memory kept and at peak, in lengths of the header.\n\n'
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

# size LABEL LIMIT COMMAND...: bytes that it prints, as a part of what is packed, and against the
# first size of the table; LIMIT, or "", is what that is meant to be at most.
size() {
  label=$1
  limit=$2
  shift 2
  bytes=$("$@" | wc -c)
  first=${first:-$bytes}
  awk -v label="$label" -v limit="$limit" -v bytes="$bytes" -v all="$all" -v first="$first" 'BEGIN {
    ratio = bytes / first
    printf "| %s | %.3f | %.3f | %s |\n", label, bytes / all, ratio,
      limit == "" ? "" : limit ": " (ratio <= limit ? "met" : "**missed**") }'
}

packed() {
  rm -f "$1.tar.zst"
  "$artidx" archive --apply --keep --queue none "$1" >/dev/null
  cat "$1.tar.zst"
}

piped() {
  tar -cf - "$1" | zstd -q "$2"
}

# How small: the limits known from real weights are 0.659 (BF16), 0.829 (F32) and 0.821 (F16) of the
# original.
sizes() {
  for kind in bf16 f16 f32; do
    weights "$kind"
    all=$(cat "$kind"/* | wc -c)
    first=
    case $kind in bf16) most=0.86 ;; f32) most=0.905 ;; *) most= ;; esac
    printf '\n| %s | of the original | ratio | at most |\n|---|---:|---:|---|\n' "$kind"
    size "tar, zstd -19" '' piped "$kind" -19
    size "tar, zstd -3" '' piped "$kind" -3
    size "tar, zstd -3 --long" '' piped "$kind" --long
    size "artidx archive" "$most" packed "$kind"
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
    "tar, zstd -3 -T2, synced" 'rm -f x.zst' \
    "$(script tar-pack 'tar -cf - mixed | zstd -q -3 -T2 -o x.zst; sync x.zst')" \
    "artidx, packed and synced @ wall 0.5" 'rm -f x.zst' "$build/bench/bench-pack mixed x.zst" \
    "artidx archive --keep, read back too @ peak 200" 'rm -f mixed.tar.zst' \
    "$artidx archive --apply --keep --queue none mixed"
  measure \
    "zstd -t" '' 'zstd -q -t plain.zst' \
    "artidx verify @ wall 0.4, peak 200" '' "$artidx verify mixed.tar.zst"
  measure \
    "tar -x, synced" "$clean" \
    "$(script tar-all 'tar --zstd -xf plain.zst -C to; sync -f to')" \
    "artidx restore @ wall 0.67, peak 200" "$clean" "$artidx restore mixed.tar.zst --to to"
  measure \
    "tar -x, one member, synced" "$clean" \
    "$(script tar-one 'tar --zstd -xf plain.zst -C to mixed/grads.safetensors; sync -f to')" \
    "artidx restore, one member @ wall 0.067" "$clean" \
    "$artidx restore mixed.tar.zst mixed/grads.safetensors --to to"
  rm -rf to x.zst
}

# Back to how it was, whoever moved.
restore() {
  printf '%s -b %s 2>/dev/null; %s reorg --undo >/dev/null; %s scan >/dev/null; sync' \
    "$build/bench/bench-moves" "$dir/moves" "$artidx" "$artidx"
}

bench_reorg() {
  tree loose loose
  # The history of earlier measurements would be read as well.
  "$artidx" reorg --undo --queue none >/dev/null 2>&1 || :
  rm -rf .artidx
  "$artidx" scan >/dev/null
  "$artidx" reorg --queue none --verbose | grep -- ' -> ' | sed 's/^ *//' >"$dir/moves"
  say "Sorting $(wc -l <"$dir/moves") files"
  printf 'Against renameat2 in a loop and one sync a directory, which plans and journals nothing.\n\n'
  measure \
    "renameat2, synced" "$(restore)" "$build/bench/bench-moves $dir/moves" \
    "artidx reorg, the plan alone" "$(restore)" "$artidx reorg --queue none" \
    "artidx reorg --apply @ wall 3" "$(restore)" "$artidx reorg --apply --queue none"
  eval "$(restore)"
}

say() {
  printf '\n## %s\n\n' "$*"
}

# ---- all of it

known='scan tiny growth query header start archive reorg'
heading() {
  printf '# Benchmarks\n\n'
  printf 'Written by ./dev bench all on %s: not by hand.\n\n' "$(date +%F)"
  printf '%s, %s cores, %s MB of memory, %s, Linux %s. Medians of %s.\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
    "$(getconf _NPROCESSORS_ONLN)" "$(awk '/^MemTotal/ { printf "%d", $2 / 1024 }' /proc/meminfo)" \
    "$(df -PT "$dir" | awk 'NR == 2 { print $2 }')" "$(uname -r)" "$rounds"
  printf '%s; %s; %s; plocate %s; duc %s; sqlite3 %s; %s.\n' \
    "$("$artidx" --version | head -n 1)" "$(find . --version | head -n 1)" "$(fdfind --version)" \
    "$(updatedb --version | sed -n '1s/[^0-9]*//p')" "$(duc --version | sed -n '1s/[^0-9]*//p')" \
    "$(sqlite3 --version | cut -d ' ' -f 1)" "$(python3 --version)"
  cat <<'END'

In each table the programs took turns, and ratios are to its first line: they hold where times do not.
"At most" is what the last column of a line is meant to reach: a ratio of wall or CPU time, MB of
memory ("peak"), or milliseconds. Where a target is missed, [architecture.md](architecture.md) says
what bounds it.
END
}

run() {
  for name in "$@"; do
    case " $known " in
    *" $name "*) "bench_$name" ;;
    *)
      printf 'bench: there is no %s; there are: %s all\n' "$name" "$known" >&2
      return 2
      ;;
    esac
  done
}

# One after another, whatever becomes of the others; what failed is named.
run_all() {
  failed=
  set +e
  for name in $known; do
    (
      set -e
      run "$name"
    )
    # shellcheck disable=SC2181 # in a condition, set -e would not hold
    [ $? -eq 0 ] || failed="$failed $name"
  done
  set -e
  [ -z "$failed" ] || printf '\nNot measured:%s\n' "$failed"
}

if [ "$*" = all ]; then
  {
    heading
    run_all
  } >"$dir/benchmarks.md"
  cp "$dir/benchmarks.md" "$source/../docs/benchmarks.md"
  cat "$dir/benchmarks.md"
else
  [ $# -gt 0 ] || set -- scan tiny query header start
  heading
  run "$@"
fi
