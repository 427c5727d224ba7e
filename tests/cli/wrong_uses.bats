# Each wrong use ends with its status and one line that names the thing and the next step. All of
# them with their messages are in docs/wrong-uses.md, which the last test compares; to write it anew:
#   WRONG_USES=write ./dev test -R cli.wrong_uses
load support

prepare() {
	small_project
	artidx scan >/dev/null
	mkdir -p empty broken/.artidx
}

# note TEXT...: a line for the list of wrong uses.
note() { printf '%s\n' "$*" | sed "s|$BATS_TEST_TMPDIR|/project|g; s|$BATS_RUN_TMPDIR/lone.$$|/empty|g" >>"$BATS_FILE_TMPDIR/seen"; }

# note_command STATUS COMMAND...: as a person would type it, with its message and status.
note_command() {
	local got=$1 word line="artidx"
	shift
	for word in "$@"; do
		case $word in
		*[!A-Za-z0-9_./:=,~+@%-]* | '') line+=" '$word'" ;;
		*) line+=" $word" ;;
		esac
	done
	note "\$ $line"
	note "$(cat stderr)"
	note "[$got]"
}

# wrong STATUS TEXT COMMAND...: one line on standard error, which has TEXT; nothing else.
wrong() {
	local wanted=$1 text=$2 got=0
	shift 2
	"$ARTIDX" "$@" >stdout 2>stderr || got=$?
	if [ "$got" -ne "$wanted" ] || [ -s stdout ] || ! grep -qF -- "$text" stderr ||
		[ "$(head -c 8 stderr)" != "artidx: " ] || [ "$(wc -l <stderr)" -ne "${lines_wanted:-1}" ]; then
		printf 'artidx %s: status %s, wanted %s and "%s"\n' "$*" "$got" "$wanted" "$text"
		cat stdout stderr
		return 1
	fi
	harmless stderr
	note_command "$got" "$@"
}

# wrong_query TEXT ARGUMENTS...: as above, with the words and a caret in two more lines.
wrong_query() {
	local text=$1
	shift
	lines_wanted=3 wrong 2 "$text" query "$@"
	grep -qE '^ *\^' stderr || {
		cat stderr
		return 1
	}
}

@test "commands" {
	wrong 2 "did you mean scan?" scna
	wrong 2 "did you mean query?" qurey class:v_hack
	wrong 2 "there is no command 'frobnicate'; 'artidx help' lists them" frobnicate
	wrong 2 "there is no command ''" ""
	wrong 2 "there is no command 'SCAN'; did you mean scan?" SCAN
	wrong 2 "did you mean query runs?" runs
	wrong 2 "did you mean query tensors?" tensors name:V/
	wrong 2 "did you mean query?" find v_hack
	wrong 2 "did you mean reorg --undo?" undo
	wrong 2 "did you mean --version?" version
	wrong 2 "did you mean show?" help shwo
	wrong 2 "did you mean language?" help lang
	wrong 2 "did you mean settings?" help configuration
	wrong 2 "did you mean query?" help runs
	wrong 2 "there is no command or topic 'frobnicate'; 'artidx help' lists them" help frobnicate
	wrong 2 "'scan' is too much: artidx help [VERB|TOPIC]" help query scan
}

@test "options" {
	wrong 2 "scan has no option --fulll; did you mean --full?" scan --fulll
	wrong 2 "scan has no option --ful; did you mean --full?" scan --ful
	wrong 2 "scan has no option -x; 'artidx scan -h'" scan -x
	wrong 2 "scan has no option -json; did you mean --json?" scan -json
	wrong 2 "--jobs needs a value: --jobs N" scan --jobs
	wrong 2 "--jobs takes a whole number, not 'many'" scan --jobs many
	wrong 2 "--jobs takes a whole number, not '-1'" scan --jobs=-1
	wrong 2 "-j takes a whole number, not '99999999999'" scan -j 99999999999
	wrong 2 "--full is a switch and takes no value: leave '=yes' out" scan --full=yes
	wrong 2 "did you mean --color?" --colour never scan
	wrong 2 "options of a command go behind it" --json scan
	wrong 2 "--color takes auto, always or never, not 'blue'" scan --color=blue
	wrong 2 "-n takes a whole number, not 'ten'" query -n ten
	wrong 2 "--json and --csv are two forms of output" query --json --csv
	wrong 2 "--json and --brief are two forms of output" inspect --json --brief x
}

@test "operands" {
	wrong 2 "inspect needs a file: artidx inspect FILE..." inspect
	wrong 2 "show needs an operand: artidx show PATH|RUN" show
	wrong 2 "'b' is too much: artidx show PATH|RUN" show a b
	wrong 2 "resolve needs an operand: artidx resolve OLDPATH..." resolve
	wrong 2 "config takes options only, so 'data' is too much" config data
	wrong 2 "init takes options only" init here
	wrong 2 "completion needs an operand" completion
	wrong 2 "completion is for bash, zsh or fish, not 'tcsh'" completion tcsh
	wrong 2 "nosuch: No such file or directory" scan nosuch
	wrong 2 "is outside the project" scan /etc
	wrong 2 "is outside the project" resolve ../../elsewhere
}

@test "places" {
	wrong 2 "--root: nowhere is not a directory" query --root nowhere
	wrong 2 "--root: out/bad.safetensors is not a directory" query --root out/bad.safetensors
	wrong 5 "not catalogued yet: artidx scan" query --root empty
	note "# ARTIDX_ROOT=nowhere"
	ARTIDX_ROOT=nowhere wrong 2 "ARTIDX_ROOT: nowhere is not a directory" query
	note "# where there is no project"
	mkdir -p "$BATS_RUN_TMPDIR/lone.$$"
	cd "$BATS_RUN_TMPDIR/lone.$$"
	wrong 2 "no project here or above" query v_hack
}

@test "a directory without anything to scan" {
	mkdir -p "$BATS_RUN_TMPDIR/lone.$$" && cd "$BATS_RUN_TMPDIR/lone.$$"
	wrong 2 "nothing to scan in" scan
	[ ! -e .artidx ]
}

@test "what is not there" {
	wrong 1 "'out' is a directory; 'artidx query DIR' lists its files" show out
	wrong 1 "there is no file or run 'out/v_hack_b.safetensors'" show out/v_hack_b.safetensors
	wrong 1 "nothing is known of it having moved" resolve out/gone.safetensors
}

@test "configuration" {
	config() {
		printf '%s' "$1" >artidx.json
		note "# artidx.json: $(tr '\n' ' ' <<<"$1")"
	}
	config '{"dta": ["out"]}'
	wrong 2 "artidx.json:1: there is no setting 'dta'; did you mean data?" scan
	config $'{\n  // here\n  "quite": "60s"\n}'
	wrong 2 "artidx.json:3: there is no setting 'quite'; did you mean quiet?" scan
	config '{"data": ["out"]'
	wrong 2 "artidx.json:1" scan
	config '["out"]'
	wrong 2 "must be one object" scan
	config '{"data": "out", "data": "b"}'
	wrong 2 "artidx.json" scan
	config '{"data": 3}'
	wrong 2 "data" scan
	config '{"data": ["../up"]}'
	wrong 2 "data" scan
	config '{"quiet": "soon"}'
	wrong 2 "quiet" scan
	config '{"rules": [{"class": "x", "tensors": [{"name": "("}]}]}'
	wrong 2 "rule" scan
	config '{"saved": {"x": 1}}'
	wrong 2 '"x" must be a query' query
	config '{"layout": {"v_hack": "bases/fixed"}}'
	wrong 2 "would give several files one path" reorg
	config '{"layout": {"v_hack": "/etc/{name}"}}'
	wrong 2 "is no path inside the data directory" path v_hack x
	config '{}'
	note "# ARTIDX_QUIET=soon"
	ARTIDX_QUIET=soon wrong 2 "quiet" scan
}

@test "queries" {
	wrong_query "clas" clas:v_hack
	wrong_query "k" k:many
	wrong_query "v_hak" class:v_hak
	wrong_query "size" size:big
	wrong_query "" '(class:v_hack'
	wrong_query "" class:v_hack 'or'
	wrong_query "" 'path~('
	wrong_query "" 'mtime:yesteryear'
	wrong_query "" 'status:brokn'
	wrong_query 'did you mean "4..12"?' k:12..4
	wrong_query 'did you mean "1K..1G"?' size:1G..1K
	wrong_query "a key is missing behind this dot" cfg.=1
	wrong_query "a colon is missing here: any(tensors: ...)" 'any(tensors name~x)'
	wrong 2 "--queue takes auto, pueue, tsp" query jobs --queue cron
	wrong 2 "pth" query -c pth
	wrong 2 "siz" query --sort siz
	wrong 2 "clss" query --group-by clss
	wrong 2 "pathh" query --format '{pathh}'
	wrong 2 "there is no saved query 'hackers'" query --saved hackers
	wrong 2 "with groups or sums there are none" query --group-by class -c path
}

@test "places of new artifacts" {
	wrong 2 "there is no class 'v_hak'; did you mean v_hack?" path v_hak x
	wrong 2 "class v_hack wants a name" path v_hack
	wrong 2 "class checkpoint is placed by its run" path checkpoint
	wrong 2 "the layout has no place for class model" path model x
	wrong 2 "must not begin with '.'" path v_hack ../../etc/passwd
	wrong 2 "is no safe file name" path checkpoint --run 'a b'
}

@test "what changes files" {
	wrong 2 "are different commands: choose one" reorg --apply --undo
	wrong 2 "--queue takes" reorg --queue cron
	wrong 2 "there is no plan 'nosuch'; 'artidx reorg --history'" reorg --undo nosuch
	wrong 2 "name the directories to archive, or say --dead" archive
	wrong 2 "nosuch: not a directory" archive nosuch
	wrong 2 "restore needs an operand" restore
	wrong 2 "nosuch.tar.zst: No such file or directory" restore nosuch.tar.zst
	wrong 2 "nosuch.tar.zst: No such file or directory" verify nosuch.tar.zst
}

@test "at least sixty, and docs/wrong-uses.md has them all" {
	local page=$BATS_TEST_DIRNAME/../../docs/wrong-uses.md count
	count=$(grep -c '^\$ ' "$BATS_FILE_TMPDIR/seen")
	[ "$count" -ge 60 ]
	{
		printf '# Wrong uses\n\nWhat artidx says of %s mistakes, each in one line (queries have a caret besides) on standard\n' "$count"
		printf 'error, with the exit status behind it. The tests check each and write this page\n'
		# shellcheck disable=SC2016 # Markdown, not commands
		printf '(`tests/cli/wrong_uses.bats`); /project stands for the directory that they run in.\n\n```text\n'
		cat "$BATS_FILE_TMPDIR/seen"
		printf '```\n'
	} >page.md
	[ "${WRONG_USES:-}" != write ] || cp page.md "$page"
	diff -u "$page" page.md
}
