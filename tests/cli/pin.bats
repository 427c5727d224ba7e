#!/usr/bin/env bats
# Pins: what is kept from being called dead.

load support

prepare() {
	small_project
	artidx init >/dev/null
	artidx scan >/dev/null
}

@test "pinned, listed, removed" {
	expect 0 artidx pin
	[ "$output" = "nothing is pinned" ]
	expect 0 artidx pin out/v_hack_a.safetensors --why 'figure 3'
	cd out
	expect 0 artidx pin train_s41.safetensors --why 'and 4'
	expect 0 artidx pin --list
	has "out/v_hack_a.safetensors  figure 3"
	has "out/train_s41.safetensors  and 4"
	expect 0 artidx pin --remove train_s41.safetensors
	artidx pin --json | jq -e '.rows | length == 1 and .[0].why == "figure 3"'
	expect 2 artidx pin --remove train_s41.safetensors
	has "not pinned"
}

@test "a reason is asked for, and something that is there" {
	expect 2 artidx pin out
	has "say why"
	expect 2 artidx pin out/nothing --why x
	expect 2 artidx pin . --why x
	expect 2 artidx pin --list out
}

@test "pins outlive the catalogue, and odd names" {
	name=$'out/\xff\n\x1b[31m'
	: >"$name"
	artidx pin "$name" --why $'odd\x1b[31m' out/bad.safetensors
	artidx scan --rebuild >/dev/null
	artidx pin >list
	harmless list
	[ "$(wc -l <list)" -eq 2 ]
	artidx pin --remove "$name"
	[ "$(artidx pin | wc -l)" -eq 1 ]
}

@test "a damaged file of pins is no file without pins" {
	artidx pin out --why 'all of it'
	for size in 5 20 30; do
		cp .artidx/pins good
		head -c $size good >.artidx/pins
		expect 6 artidx pin
		has ".artidx/pins"
		expect 6 artidx dead
		cp good .artidx/pins
	done
}
