#!/bin/sh
# run.sh BUILD [SECONDS [TARGET...]]: fuzz each target for SECONDS (default 60). What it learns is
# kept in BUILD, what it finds is left in BUILD/findings and ends the run.
set -eu

build=$1
seconds=${2:-60}
corpus=tests/fuzz/corpus
case $seconds in
*[!0-9]*)
  printf 'fuzz: %s is not a number of seconds\n' "$seconds" >&2
  exit 2
  ;;
esac
known=$(find "$corpus" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)
if [ $# -gt 2 ]; then
  shift 2
else
  # shellcheck disable=SC2086 # a list of words
  set -- $known
fi
mkdir -p "$build/findings"

for target in "$@"; do
  program=$build/tests/fuzz/fuzz_$target
  if [ ! -x "$program" ]; then
    printf 'fuzz: there is no %s; there are:\n%s\n' "$target" "$known" >&2
    exit 2
  fi
  learned=$build/learned/$target
  log=$build/findings/$target.log
  mkdir -p "$learned"
  if ! "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/findings/$target-" "$learned" "$corpus/$target" >"$log" 2>&1; then
    grep -vE '^#[0-9]+' "$log" | tail -n 40
    printf 'fuzz: %s found something: %s\n' "$target" "$build/findings" >&2
    exit 1
  fi
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  printf '%-16s %s executions in %s s, nothing found\n' "$target" "$executed" "$seconds"
done
