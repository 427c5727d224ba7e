#!/bin/sh
# picture.sh ARTIDX SAMPLE DRAW [--update] PICTURE: the terminal that README shows.
#
# Runs the commands below in a fresh sample project and draws what they print, which must be what
# PICTURE is. --update writes it there instead. DRAW is artidx-picture.
set -eu

bin=$(cd "$(dirname "$1")" && pwd)
sample=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
draw=$(cd "$(dirname "$3")" && pwd)/$(basename "$3")
shift 3
update=
if [ "${1:-}" = --update ]; then
  update=yes
  shift
fi
picture=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
PATH=$bin:$PATH
unset NO_COLOR
export PATH TZ=UTC COLUMNS=110 TERM=xterm-256color PAGER=cat
dir=$(mktemp -d "${TMPDIR:-/tmp}/artidx-picture.XXXXXX")
export ARTIDX_ROOT="$dir/project"
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# show COMMAND: the command as it was typed, what it prints on a terminal, and an empty line.
show() {
  printf '\033[32m$\033[0m \033[1m%s\033[0m\n' "$1"
  script -qec "$1 2>&3" /dev/null </dev/null 3>&2 | tr -d '\r'
  echo
}

"$sample" "$dir/project" >"$dir/sample.txt"
cd "$dir/project"
{
  show 'artidx scan'
  show 'artidx query class:v_hack k:12'
  show "artidx query runs 'hack_rate>0.75' -c 'run,hack_rate,rows[].hack_s'"
  show 'artidx reorg --color=always | head -5'
} >"$dir/shown"
sed '$d' "$dir/shown" | "$draw" 'artidx: what is in your out/?' "$COLUMNS" >"$dir/picture.svg"

if [ "$update" ]; then
  cat "$dir/picture.svg" >"$picture"
else
  diff -u --label "$1" "$picture" --label 'what is drawn now' "$dir/picture.svg"
fi
