load support

verbs() { artidx -h | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p'; }

@test "no verb: the overview, and status 2" {
	expect 2 artidx
	has "artidx scan"
	expect 0 artidx -h
	has "Commands"
}

@test "-h is short and begins with examples, --help is complete, help VERB the same" {
	expect 0 artidx scan -h
	[[ $output == *Examples*Usage*Options* ]]
	lacks "Description"
	expect 0 artidx scan --help
	[[ $output == *Usage*Examples*Description*Options*"General options"*"Exit status"* ]]
	[ "$output" = "$(artidx help scan)" ]
}

@test "a view where a command should stand: query is meant" {
	local views
	views=$(artidx help query | sed -n 's/^  The view \([a-z]*\):.*/\1/p')
	[ "$(wc -l <<<"$views")" -ge 6 ]
	for view in $views; do
		expect 2 artidx "$view"
		has "did you mean query $view?"
	done
}

@test "every command has help, examples and a manual page without a warning" {
	[ "$(verbs | wc -l)" -ge 10 ]
	for verb in $(verbs); do
		expect 0 artidx "$verb" -h
		has "Examples"
		expect 0 artidx "$verb" --help
		[ "$(wc -L <<<"$output")" -le 80 ]
		"$ARTIDX" help --man "$verb" >page
		if command -v mandoc >/dev/null; then
			expect 0 mandoc -T lint page
			[ -z "$output" ]
		fi
	done
	"$ARTIDX" help --man >page
	! command -v mandoc >/dev/null || [ -z "$(mandoc -T lint page)" ]
}

@test "manual pages: one for each command is built" {
	for verb in $(verbs); do
		[ -s "$(dirname "$ARTIDX")/../man/artidx-$verb.1" ]
	done
}

@test "pages of commands lead to those of others that belong to them" {
	artidx help --man archive >page
	for verb in dead restore verify reorg; do
		grep -q "^\.BR artidx.-$verb (1),$" page
	done
	for verb in $(verbs); do
		artidx help --man "$verb" | sed -n '/^\.SH SEE ALSO/,$s/^\.BR artidx.-\([a-z]*\) (1),$/\1/p'
	done | sort -u >named
	[ -z "$(comm -23 named <(verbs | sort -u))" ]
}

@test "pages of topics: on the terminal, as manual pages without a warning, built" {
	local build page
	build=$(dirname "$ARTIDX")/../man
	for topic in language/artidx-query.7 settings/artidx-config.5 rules/artidx-rules.5 json/artidx-json.7; do
		expect 0 artidx help "${topic%/*}"
		[ "$(wc -L <<<"$output")" -le 80 ]
		page=$build/${topic#*/}
		"$ARTIDX" help --man "${topic%/*}" | cmp - "$page"
		! command -v mandoc >/dev/null || [ -z "$(mandoc -T lint "$page")" ]
	done
}

@test "man renders every page without a warning" {
	command -v man >/dev/null || skip "man-db is not installed"
	for page in "$(dirname "$ARTIDX")"/../man/*; do
		for width in 60 80 120; do
			MANWIDTH=$width man --warnings -l "$page" >rendered 2>warnings
			[ -s rendered ]
			[ ! -s warnings ] || {
				cat warnings
				return 1
			}
		done
	done
}

@test "every setting, field and member that is printed is in its page" {
	artidx help settings >page
	for key in $(artidx config --json | jq -r '.values | keys[]'); do
		grep -qE "^  $key: |^  \"?$key" page || [ "$key" = root ] || [ "$key" = catalogue ]
	done
	"$ARTIDX_SAMPLE" sample >/dev/null
	cd sample
	artidx help json >page
	artidx scan >/dev/null
	artidx pin out/pairsets --why x >/dev/null
	artidx archive --apply --keep --queue none out/pairsets >/dev/null
	for command in "scan" "inspect out/v_hack_full.safetensors out/vhack_grads_bad.safetensors" \
		"show out/v_hack_full.safetensors" "show 20260527T080000_fast_vanilla_seed41_sweep00_vanilla_s41" \
		"check" "du" "du --by run" "resolve out/v_hack_full.safetensors" "reorg --queue file:queue.json --links" \
		"archive out/pairsets" "pin --list" "dead --all --queue file:queue.json" "verify out/pairsets.tar.zst" \
		"restore out/pairsets.tar.zst --to back" "path checkpoint --run x" "query runs" "query class:v_hack" "config"; do
		# shellcheck disable=SC2086 # a list of words
		for key in $(artidx $command --json | jq -r 'keys[], (.rows?[0]?, .archives?[0]?, .files?[0]?, .file?, .run?, .moves?[0]?, .stay?[0]? | objects | keys[])' 2>/dev/null); do
			case $key in *_ns | *_b64) continue ;; esac
			grep -qw -- "$key" page || {
				echo "$command: $key is in no page"
				return 1
			}
		done
	done
}

@test "help wins over what else is asked" {
	expect 0 artidx show --help
	expect 0 artidx inspect -h --json
}

@test "--version" {
	expect 0 artidx --version
	[[ ${lines[0]} =~ ^artidx\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	expect 0 artidx scan --version
}

@test "status 3 of what moves files tells of jobs and open files" {
	for command in reorg archive; do
		expect 0 artidx help $command
		has "3  refused: a queued job or an open file is in the way,"
	done
	expect 0 artidx help restore
	has "3  refused: another artidx is at work"
}
