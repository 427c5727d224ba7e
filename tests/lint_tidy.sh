#!/bin/sh
# lint_tidy.sh BUILD PASSED FILE: clang-tidy on FILE, unless the same text passed before.
set -eu

build=$1 passed=$2 file=$3
# Not in the compile commands: not built here.
grep -qF "/$file\"" "$build/compile_commands.json" || exit 0

sum=$({
  cat .clang-tidy
  cc -std=c17 -D_GNU_SOURCE -I. -Itests -E "$file" 2>/dev/null
} | cksum | tr ' ' '-')
stamp=$passed/$(printf %s "$file" | tr / .).$sum
[ -e "$stamp" ] && exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! clang-tidy --quiet -p "$build" "$file" >"$log" 2>/dev/null; then
  cat "$log"
  exit 1
fi
: >"$stamp"
