# Where output goes, and what happens when it cannot go there.
load support

prepare() {
	small_project
	artidx scan >/dev/null
}

@test "a full disk is status 6 and one line" {
	for command in "query" "query --json" "scan" "help" "inspect out/v_hack_a.safetensors" \
		"show out/v_hack_a.safetensors" "config"; do
		expect 6 bash -c "'$ARTIDX' $command 2>&1 >/dev/full"
		[ "$output" = "artidx: cannot write to standard output: No space left on device" ]
	done
}

@test "a closed standard output is noticed" {
	expect 6 bash -c "'$ARTIDX' query >&-"
	has "cannot write to standard output"
}

@test "without any standard descriptor nothing else is written to" {
	expect 0 bash -c "'$ARTIDX' scan --strict <&- 2>&- >/dev/null || [ \$? = 1 ]"
	bash -c "'$ARTIDX' scan <&- >&- 2>&-" || [ $? = 6 ]
	expect 0 artidx query --count
}

@test "a reader that goes away ends it quietly, as a signal would" {
	run bash -c "set -o pipefail; '$ARTIDX' help query 2>err | head -c 1; echo \${PIPESTATUS[0]}"
	[[ $output == *141 || $output == *0 ]]
	[ ! -s err ]
	for i in 0 1 2 3 4 5 6 7 8 9; do
		cat out/v_hack_a.safetensors >"out/v_hack_$i.safetensors"
	done
	yes out/v_hack_a.safetensors | head -n 20000 >list
	run bash -c "'$ARTIDX' inspect --brief --files-from list 2>err | head -n 1 >/dev/null; echo \${PIPESTATUS[0]}"
	[ "$output" = 141 ]
	[ ! -s err ]
}

@test "colour: never in a pipe, on a terminal yes, NO_COLOR and --color decide" {
	"$ARTIDX" query >out.txt
	harmless out.txt
	run on_terminal 80 "$ARTIDX" scan
	has $'\033['
	NO_COLOR=1 run on_terminal 80 "$ARTIDX" scan
	lacks $'\033['
	run on_terminal 80 "$ARTIDX" scan --color=never
	lacks $'\033['
	TERM=dumb run on_terminal 80 "$ARTIDX" scan
	lacks $'\033['
	expect 0 artidx scan --color=always
	has $'\033['
	NO_COLOR="" run on_terminal 80 "$ARTIDX" scan
	has $'\033['
}

@test "lines fit the terminal" {
	long=out/$(printf 'deep%.0s/' {1..30})
	plain_tensors "$long/$(printf 'name%.0s' {1..20}).safetensors"
	artidx scan >/dev/null
	for columns in 60 80 200; do
		for command in "scan" "query" "-h" "scan -h" "inspect out/v_hack_a.safetensors"; do
			# shellcheck disable=SC2086 # a list of words
			on_terminal $columns "$ARTIDX" $command --color=never --no-pager | tr -d '\r' |
				sed 's/^out\/.*//' >out.txt
			[ "$(wc -L <out.txt)" -le "$columns" ] || {
				echo "$command is wider than $columns columns"
				cat out.txt
				return 1
			}
		done
	done
}

@test "a pager shows what is paged, and none is started in a pipe" {
	export ARTIDX_PAGER='sed s/^/paged:/'
	run on_terminal 80 "$ARTIDX" query
	has "paged:"
	run on_terminal 80 "$ARTIDX" query --no-pager
	lacks "paged:"
	expect 0 artidx query
	lacks "paged:"
	export ARTIDX_PAGER=cat
	run on_terminal 80 "$ARTIDX" query
	has v_hack_a
	export ARTIDX_PAGER=
	run on_terminal 80 "$ARTIDX" query
	has v_hack_a
}

@test "the same bytes whatever the locale" {
	LC_ALL=C.UTF-8 "$ARTIDX" query --json >a
	for locale in C de_DE.UTF-8 tr_TR.UTF-8 nonsense; do
		LC_ALL=$locale "$ARTIDX" query --json >b
		cmp a b
	done
}

@test "a file size limit is an error, not a signal" {
	run bash -c "ulimit -f 0; '$ARTIDX' help query >limited"
	[ "$status" -eq 6 ]
	has "File too large"
}

@test "no control byte of a name reaches any output" {
	plain_tensors $'out/esc\033[31m.safetensors'
	plain_tensors $'out/line\nfeed.safetensors'
	plain_tensors $'out/bad\xff\xc2\x9b.safetensors'
	safetensors $'out/broken\033.safetensors' '{"n\u001b":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}' 4
	for command in scan "scan --json" query "query --json" "query --jsonl" \
		"query --paths" "query tensors" check; do
		# shellcheck disable=SC2086 # a list of words
		"$ARTIDX" $command >out.txt 2>err.txt || [ $? -le 1 ]
		harmless out.txt
		harmless err.txt
	done
	"$ARTIDX" query --tsv | tr -d '\t' >out.txt
	harmless out.txt
	"$ARTIDX" query --csv | tr -d '\r' >out.txt
	harmless out.txt
	for file in out/*; do
		"$ARTIDX" show "$file" >out.txt 2>err.txt || [ $? -le 1 ]
		harmless out.txt
		harmless err.txt
	done
}
