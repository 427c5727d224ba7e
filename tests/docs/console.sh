#!/bin/sh
# console.sh ARTIDX SAMPLE [--update] DOCUMENT...: run what the documents show.
#
# In a ```console block of a document each line "$ COMMAND" is run in a fresh sample project, one
# for each document, and what follows it must be what it prints. --update writes it there instead.
# "$ cd DIR" holds for what comes after it, and makes DIR the project.
set -eu

bin=$(cd "$(dirname "$1")" && pwd)
sample=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
shift 2
update=
if [ "${1:-}" = --update ]; then
  update=yes
  shift
fi
PATH=$bin:$PATH
export PATH NO_COLOR=1 COLUMNS=120 TZ=UTC
dir=$(mktemp -d "${TMPDIR:-/tmp}/artidx-docs.XXXXXX")
export ARTIDX_ROOT="$dir/project"
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# Copy the document from standard input, with what its commands print now.
render() {
  in_console='' gap=''
  while IFS= read -r line; do
    case $in_console$line in
    '```console')
      in_console=yes gap=''
      printf '%s\n' "$line"
      ;;
    'yes$ cd '*)
      printf '%s%s\n' "$gap" "$line"
      gap=''
      eval "cd ${line#\$ cd }"
      ARTIDX_ROOT=$PWD
      ;;
    'yes$ '*)
      printf '%s%s\n' "$gap" "$line"
      sh -c "${line#\$ }" </dev/null >"$dir/printed" 2>&1 || true
      cat "$dir/printed"
      gap=''
      if [ -s "$dir/printed" ]; then
        gap='
'
      fi
      ;;
    'yes```')
      in_console=''
      printf '%s\n' "$line"
      ;;
    yes*) ;; # what it printed then
    *) printf '%s\n' "$line" ;;
    esac
  done
}

status=0
for document in "$@"; do
  path=$(cd "$(dirname "$document")" && pwd)/$(basename "$document")
  rm -rf "${dir:?}"/*
  ARTIDX_ROOT=$dir/project
  "$sample" "$dir/project" >"$dir/sample.txt"
  (cd "$dir/project" && render) <"$path" >"$dir/now"
  if [ "$update" ]; then
    cat "$dir/now" >"$path"
  elif ! diff -u --label "$document" "$path" --label 'what it prints now' "$dir/now"; then
    status=1
  fi
done
exit $status
