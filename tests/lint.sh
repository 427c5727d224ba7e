#!/bin/sh
# lint.sh BUILD JOBS: format, static analysis, headers on their own, layer order, scripts.
# BUILD is a configured build directory. What passed is remembered there, by its preprocessed
# text, so that a second run looks only at what changed.
# shellcheck disable=SC2317 # the functions are called through check
set -eu

build=$1 jobs=$2
layers='base safetensors indexer query reorg archive report cli'
passed=$build/lint
mkdir -p "$passed"
status=0

say() {
  printf '%s\n' "$*"
}

# sources PATTERN: the project's own files, also those not yet committed.
sources() {
  # shellcheck disable=SC2086 # a list of words
  find $layers tests bench -name "$1" -type f 2>/dev/null | LC_ALL=C sort
}

# check NAME COMMAND...
check() {
  name=$1
  shift
  if "$@"; then
    say "ok      $name"
  else
    say "FAILED  $name"
    status=1
  fi
}

format() {
  { sources '*.c' && sources '*.h'; } | xargs clang-format --dry-run -Werror
}

tidy() {
  sources '*.c' | grep -v '^tests/' |
    xargs -P "$jobs" -n 1 sh tests/lint_tidy.sh "$build" "$passed"
}

scripts() {
  {
    printf '%s\n' dev .ci/run
    sources '*.sh'
    find tests -name '*.bats' -type f
  } | xargs shellcheck
}

check 'clang-format' format
check 'layers and headers' ctest --test-dir "$build" -L lint -j "$jobs" -Q
if command -v shellcheck >/dev/null; then
  check 'shellcheck' scripts
fi
check 'clang-tidy' tidy
exit $status
