load support

prepare() {
	plain_tensors out/a.safetensors
	artidx scan >/dev/null
}

move() {
	mkdir -p "$(dirname "$2")"
	mv "$1" "$2"
	artidx scan >/dev/null
}

@test "through any number of moves, and by any of the names" {
	move out/a.safetensors out/x/b.safetensors
	move out/x/b.safetensors out/y/c.safetensors
	for old in out/a.safetensors out/x/b.safetensors out/y/c.safetensors; do
		expect 0 artidx resolve $old
		[ "$output" = out/y/c.safetensors ]
	done
	expect 0 artidx resolve --json out/a.safetensors
	[ "$(jq -c '.rows[0] | [.now, [.steps[].to]]' <<<"$output")" = \
		'["out/y/c.safetensors",["out/x/b.safetensors","out/y/c.safetensors"]]' ]
}

@test "several at once; what is not known is named and gives status 1" {
	move out/a.safetensors $'out/new\nline.safetensors'
	run artidx resolve out/a.safetensors out/never.safetensors
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = '"out/new\nline.safetensors"' ]
	has "out/never.safetensors"
	artidx resolve -0 out/a.safetensors >raw
	printf 'out/new\nline.safetensors\0' | cmp - raw
}

@test "a damaged history is told of: what it has lost looks as if it never moved" {
	move out/a.safetensors out/b.safetensors
	move out/b.safetensors out/c.safetensors
	expect 0 artidx check
	lacks "damaged"
	printf X | dd of=.artidx/history bs=1 seek=40 conv=notrunc status=none
	expect 1 artidx resolve out/a.safetensors
	has ".artidx/history: damaged at byte 16; the rest is used"
	for command in "resolve out/b.safetensors" "show out/c.safetensors" check; do
		# shellcheck disable=SC2086 # a list of words
		expect 0 artidx $command
		has ".artidx/history: damaged at byte 16; the rest is used"
	done
}

@test "the history outlives the catalogue" {
	move out/a.safetensors out/b.safetensors
	artidx scan --rebuild >/dev/null
	expect 0 artidx resolve out/a.safetensors
	[ "$output" = out/b.safetensors ]
	rm -r .artidx/catalogue
	expect 0 artidx resolve out/a.safetensors
	[ "$output" = out/b.safetensors ]
}
