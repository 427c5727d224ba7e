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

@test "every setting that is printed is in its page" {
	artidx help settings >page
	for key in $(artidx config --json | jq -r '.values | keys[]'); do
		grep -qE "^  $key: |^  \"?$key" page || [ "$key" = root ] || [ "$key" = catalogue ]
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
