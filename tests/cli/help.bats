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

@test "every command has help, examples and a manual page without a warning" {
	[ "$(verbs | wc -l)" -ge 10 ]
	for verb in $(verbs); do
		expect 0 artidx "$verb" -h
		has "Examples"
		expect 0 artidx "$verb" --help
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

@test "help wins over what else is asked" {
	expect 0 artidx show --help
	expect 0 artidx inspect -h --json
}

@test "--version" {
	expect 0 artidx --version
	[[ ${lines[0]} =~ ^artidx\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	expect 0 artidx scan --version
}
