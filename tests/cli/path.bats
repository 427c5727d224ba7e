load support

@test "where the layout puts things, without a catalogue" {
	expect 0 artidx path v_hack v_hack_foo
	[ "$output" = out/vhack/v_hack_foo.safetensors ]
	expect 0 artidx path v_hack v_hack_lr0.5
	[ "$output" = out/vhack/v_hack_lr0.5.safetensors ]
	expect 0 artidx path v_hack v_hack_foo.safetensors
	[ "$output" = out/vhack/v_hack_foo.safetensors ]
	expect 0 artidx path pairset pairs.json
	[ "$output" = out/pairsets/pairs.json ]
	expect 0 artidx path pool teacher_pool
	[ "$output" = out/pools/teacher_pool ]
	[ -z "$(ls -A)" ] # and nothing was made
}

@test "a checkpoint of a run, by its id or by the slug of a new one" {
	expect 0 artidx path checkpoint --run 20260528T221412_fast_x --role first_hack
	[ "$output" = out/runs/20260528T221412_fast_x/first_hack.safetensors ]
	expect 0 artidx path checkpoint --run fast_vanilla_seed41_try
	[[ $output =~ ^out/runs/20[0-9]{6}T[0-9]{6}_fast_vanilla_seed41_try/train\.safetensors$ ]]
	expect 0 artidx path --json checkpoint --run fast_x
	[ "$(jq -r '[.schema, .class, .slug, .is_dir, .exists] | join(" ")' <<<"$output")" = \
		"artidx.path/1 checkpoint fast_x false false" ]
	[ "$(jq -r '.run == .ts + "_" + .slug and .log == "logs/" + .run + ".log"' <<<"$output")" = true ]
}

@test "two runs of one slug never get one name" {
	for _ in 1 2 3 4; do
		path=$(artidx path checkpoint --run again)
		[ ! -e "$path" ]
		mkdir -p "$(dirname "$path")"
		: >"$path"
	done
	[ "$(find out -type f | wc -l)" -eq 4 ]
	mkdir logs # and a log is enough to be a run
	for _ in 1 2 3; do
		: >"$(artidx path --json checkpoint --run logged | jq -r .log)"
	done
	[ "$(find logs -type f | wc -l)" -eq 3 ]
}

@test "the user's own layout and data directory" {
	echo '{"data": ["artifacts"], "layout": {"model": "models/{stem}.st", "v_hack": null}}' >artidx.json
	expect 0 artidx path model base
	[ "$output" = artifacts/models/base.st ]
	expect 2 artidx path v_hack x
	has 'the layout has no place for class v_hack'
}

@test "what a reorg does with the file that was written there: nothing" {
	small_project
	artidx scan >/dev/null
	to=$(artidx path v_hack v_hack_a)
	mkdir -p "$(dirname "$to")"
	mv out/v_hack_a.safetensors "$to"
	artidx scan >/dev/null
	[ "$(artidx reorg --json --queue none | jq '[.moves[] | select(.class == "v_hack")] | length')" = 0 ]
}

@test "unsafe names are refused" {
	# shellcheck disable=SC2016 # a name that has a dollar sign
	for name in '' . .. ../up a/b .hidden -x 'a b' 'a;b' $'a\nb' $'a\033b' 'a*' "a'b" 'a$b' \
		"$(printf 'n%.0s' {1..201})"; do
		expect 2 artidx path v_hack -- "$name"
		expect 2 artidx path checkpoint "--run=$name"
		expect 2 artidx path checkpoint --run=x "--role=$name"
	done
}
