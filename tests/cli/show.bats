load support

prepare() {
	small_project
	artidx scan >/dev/null
}

@test "a file: class and why, tensors, metadata" {
	expect 0 artidx show out/v_hack_a.safetensors
	[ "${lines[0]}" = out/v_hack_a.safetensors ]
	has "class       v_hack"
	has "why  "
	has "Qwen/Qwen3-4B"
	has "V/model.layers.0.self_attn.q_proj"
}

@test "the path as seen from here, from the root, or absolute" {
	cd out
	expect 0 artidx show v_hack_a.safetensors
	expect 0 artidx show out/v_hack_a.safetensors
	expect 0 artidx show "$PWD/../out/./v_hack_a.safetensors"
	[ "${lines[0]}" = out/v_hack_a.safetensors ]
}

@test "a file that moved is found by its old name, and says so" {
	mkdir out/new
	mv out/v_hack_a.safetensors out/new/basis.safetensors
	artidx scan >/dev/null
	expect 0 artidx show out/v_hack_a.safetensors
	[ "${lines[0]}" = out/new/basis.safetensors ]
	has "was         out/v_hack_a.safetensors"
}

@test "what is not there: status 1 and what is like it" {
	expect 1 artidx show out/v_hack_b.safetensors
	has "did you mean out/v_hack_a.safetensors"
	expect 1 artidx show /etc/passwd
	expect 1 artidx show ''
}

@test "JSON" {
	expect 0 artidx show --json out/v_hack_a.safetensors
	[ "$(jq -r '.schema, .file.path, .file.class, .file.attributes.k, (.file.tensors | length)' \
		<<<"$output" | xargs)" = "artidx.show/1 out/v_hack_a.safetensors v_hack 2 2" ]
	[ "$(jq -r .file.mtime <<<"$output")" = 2026-05-28T12:00:00.000000000Z ]
}

@test "a run" {
	mkdir -p logs
	printf '12:00:00 | INFO | argv: train.py fast --v-hack-path=out/v_hack_a.safetensors --seed=41 --out-tag=_s41\n' \
		>logs/20260528T110000_fast_projected_seed41_s41.log
	touch -d 2026-05-28T12:00:01Z logs/*.log
	artidx scan >/dev/null
	expect 0 artidx show 20260528T110000_fast_projected_seed41_s41
	has "seed        41"
	has "uses        out/v_hack_a.safetensors"
	has "out/train_s41.safetensors"
	expect 0 artidx show --json 20260528T110000_fast_projected_seed41_s41
	[ "$(jq -r '.run.seed, .run.uses[0].path' <<<"$output" | xargs)" = "41 out/v_hack_a.safetensors" ]
	expect 0 artidx show out/v_hack_a.safetensors
	has "used by     20260528T110000_fast_projected_seed41_s41"
}

@test "a damaged file: its class, and what is wrong with it" {
	expect 0 artidx show out/cut.safetensors
	has "status      truncated"
	has "problem     "
	problem=$(artidx show --json out/cut.safetensors | jq -r .file.problem)
	[ -n "$problem" ] && [ "$problem" != null ]
	[ "$(artidx query path=out/cut.safetensors --tsv -c problem | tail -n 1)" = "$problem" ]
	artidx scan --full | grep -qF -- "$problem"
}

@test "a symlink: where it leads, also to nowhere" {
	ln -s v_hack_a.safetensors out/link
	ln -s $'no\nwhere' out/dangling
	artidx scan >/dev/null
	expect 0 artidx show out/link
	has "leads to    v_hack_a.safetensors"
	expect 0 artidx show out/dangling
	has 'leads to    "no\nwhere"'
	expect 0 artidx show out/dangling --json
	[ "$(jq -r .file.leads_to <<<"$output")" = $'no\nwhere' ]
	expect 0 artidx show out/v_hack_a.safetensors --json
	[ "$(jq '.file | has("leads_to")' <<<"$output")" = false ]
	rm out/link
	expect 0 artidx show out/link
	lacks "leads to"
}
