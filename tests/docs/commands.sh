#!/bin/sh
# commands.sh ARTIDX SAMPLE DEV README: the commands in the ```sh blocks of README are right.
#
# Of "./dev NAME" its help must know NAME. The lines of artidx are run, in their order, in a fresh
# sample project; each must succeed and complain of nothing. Other lines are for the reader.
set -eu

bin=$(cd "$(dirname "$1")" && pwd)
sample=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
dev=$3
readme=$4
PATH=$bin:$PATH
export PATH
dir=$(mktemp -d "${TMPDIR:-/tmp}/artidx-docs.XXXXXX")
export ARTIDX_ROOT="$dir/project"
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

"$sample" "$dir/project" >"$dir/sample.txt"
"$dev" help >"$dir/help"
touch "$dir/project/out/something.safetensors"
# shellcheck disable=SC2016 # Markdown, not commands
sed -n '/^```sh$/,/^```$/{/^```/d;s/  *#.*//;p;}' "$readme" >"$dir/commands"

status=0 tried=0
while IFS= read -r command; do
  case $command in
  './dev '*)
    name=${command#./dev }
    grep -q "^  ./dev ${name%% *}\\b" "$dir/help" || {
      echo "$command: ./dev help does not list it"
      status=1
    }
    ;;
  'artidx '*)
    if ! (cd "$dir/project" && sh -c "$command") </dev/null >"$dir/printed" 2>&1 ||
      grep '^artidx: ' "$dir/printed"; then
      echo "$command: failed"
      cat "$dir/printed"
      status=1
    fi
    ;;
  *) continue ;;
  esac
  tried=$((tried + 1))
done <"$dir/commands"
[ "$tried" -ge 10 ] || {
  echo "only $tried commands were found in $readme"
  status=1
}
exit $status
