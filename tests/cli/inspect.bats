load support

@test "a file: what it is, metadata, tensors" {
	small_project
	expect 0 artidx inspect out/v_hack_a.safetensors
	has "out/v_hack_a.safetensors"
	has "class       v_hack"
	has "Qwen/Qwen3-4B"
	has "V/model.layers.0.self_attn.q_proj  F32  [2, 4]"
}

@test "works anywhere: no project, no catalogue, and makes neither" {
	plain_tensors x.safetensors
	expect 0 artidx inspect x.safetensors
	has "class       tensors"
	expect 0 artidx inspect "$PWD/x.safetensors"
	[ ! -e .artidx ]
}

@test "a symlink is followed" {
	plain_tensors blob
	ln -s blob x.safetensors
	expect 0 artidx inspect x.safetensors
	has "F32  [2]"
}

@test "numbers in names become ranges, --tensors shows each" {
	local header="" i
	for i in 0 1 2 3; do
		header+="\"layers.$i.w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[$((i * 2)),$((i * 2 + 2))]},"
	done
	safetensors x.safetensors "{${header%,}}" 8
	expect 0 artidx inspect x.safetensors
	has "layers.{0-3}.w  U8   [2]       4"
	expect 0 artidx inspect --tensors x.safetensors
	has "layers.2.w  U8   [2]"
}

@test "invalid, truncated, missing, not safetensors: status 1 and the reason" {
	small_project
	expect 1 artidx inspect out/bad.safetensors
	has "F99"
	expect 1 artidx inspect out/cut.safetensors
	has "truncated"
	expect 1 artidx inspect nosuch
	has "No such file"
	echo hello >x.txt
	expect 1 artidx inspect x.txt
	expect 1 artidx inspect .
	mkfifo pipe
	expect 1 timeout 5 "$ARTIDX" inspect pipe
	: >empty.safetensors
	expect 1 artidx inspect empty.safetensors out/v_hack_a.safetensors
	has "class       v_hack"
}

@test "JSON is one document with every tensor" {
	plain_tensors a.safetensors
	plain_tensors b.safetensors
	expect 0 artidx inspect --json a.safetensors b.safetensors
	[ "$(jq -r .schema <<<"$output")" = artidx.inspect/1 ]
	[ "$(jq -c '.files[1].tensors' <<<"$output")" = '[{"name":"x","dtype":"F32","shape":[2],"begin":0,"end":8},{"name":"y","dtype":"I64","shape":[],"begin":8,"end":16}]' ]
	[ "$(jq -c '.files[0].metadata' <<<"$output")" = '{"note":"hello"}' ]
	[ "$(jq -c '.files[0] | [.path, .status, .data_bytes]' <<<"$output")" = '["a.safetensors","ok",16]' ]
}

@test "JSON of what is invalid has no tensors and the reference's word" {
	small_project
	expect 1 artidx inspect --json out/bad.safetensors
	[ "$(jq -r '.files[0] | .status, .variant, has("tensors")' <<<"$output" | xargs)" = \
		"invalid InvalidHeaderDeserialization false" ]
}

@test "absent metadata is absent" {
	safetensors x '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}' 1
	safetensors y '{"__metadata__":{},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}' 1
	expect 0 artidx inspect --json x y
	[ "$(jq -c '[.files[] | has("metadata")]' <<<"$output")" = '[false,true]' ]
}

@test "--brief: a line a file, in order" {
	small_project
	expect 1 artidx inspect --brief out/v_hack_a.safetensors out/bad.safetensors nosuch \
		out/train_s41.safetensors
	[ "$output" = $'OK 2\tout/v_hack_a.safetensors
ERR InvalidHeaderDeserialization\tout/bad.safetensors
ERR Unreadable\tnosuch
OK 2\tout/train_s41.safetensors' ]
}

@test "--files-from: lines, NUL, standard input, with operands" {
	plain_tensors a.safetensors
	plain_tensors $'line\nfeed.safetensors'
	expect 0 artidx inspect --brief a.safetensors --files-from - <<<"a.safetensors"
	[ "$output" = $'OK 2\ta.safetensors\nOK 2\ta.safetensors' ]
	printf 'line\nfeed.safetensors\0a.safetensors' >list
	"$ARTIDX" inspect --brief -0 --files-from list >out
	printf 'OK 2\tline\nfeed.safetensors\0OK 2\ta.safetensors\0' | cmp - out
	expect 1 artidx inspect --brief --files-from list
	expect 6 artidx inspect --brief --files-from nolist
	has "cannot read nolist"
}

@test "names and values that would act on a terminal are shown escaped" {
	safetensors x '{"__metadata__":{"k\u001b[31m":"v\u009b31m\u202e"},"n\u001b]0;t\u0007":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}' 1
	cp x $'\033[31mred.safetensors'
	"$ARTIDX" inspect $'\033[31mred.safetensors' --color never >out
	harmless out
	"$ARTIDX" inspect --json $'\033[31mred.safetensors' >out.json
	jq -e . out.json >/dev/null
	harmless out.json
	"$ARTIDX" inspect --brief $'\033[31mred.safetensors' >out
	run ! grep -q $'\033' out
}

@test "a path that is not UTF-8 is in JSON in both forms" {
	plain_tensors $'\xff.safetensors'
	expect 0 artidx inspect --json $'\xff.safetensors'
	[ "$(jq -r '.files[0].path_b64' <<<"$output" | base64 -d)" = $'\xff.safetensors' ]
}

@test "what is wrong is said once" {
	small_project
	for file in bad cut; do
		expect 1 artidx inspect "out/$file.safetensors"
		[ "$(grep -c ' byte [0-9]*: ' <<<"$output")" = 1 ]
	done
}
