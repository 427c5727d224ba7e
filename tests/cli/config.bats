load support

@test "flag beats environment beats file beats default, and each is named" {
	mkdir -p .artidx
	echo '{ // a comment
	"data": ["runs", "more"], }' >artidx.json
	expect 0 artidx config
	has 'data           ["runs","more"]  (artidx.json)'
	has 'logs           ["logs"]  (default)'
	ARTIDX_DATA=a:b:c expect 0 artidx config
	has 'data           ["a","b","c"]  (ARTIDX_DATA)'
	ARTIDX_CATALOGUE=/tmp/x expect 0 artidx config
	has "/tmp/x  (ARTIDX_CATALOGUE)"
	ARTIDX_CATALOGUE=/tmp/x expect 0 artidx config --catalogue y
	has "$PWD/y  (--catalogue)"
	ARTIDX_QUIET=2min expect 0 artidx config
	has "120s"
}

@test "the root: --root, ARTIDX_ROOT, the nearest .artidx above, else here" {
	mkdir -p a/.artidx a/b/c d
	root_in() { (cd "$1" && shift && "$@" | jq -r '.root, .values.root.origin' | xargs); }
	[ "$(root_in a/b/c artidx config --json)" = "$PWD/a nearest .artidx/" ]
	[ "$(root_in d artidx config --json)" = "$PWD/d current directory" ]
	[ "$(root_in d artidx config --json --root ../a)" = "$PWD/a --root" ]
	ARTIDX_ROOT=$PWD/a
	export ARTIDX_ROOT
	[ "$(root_in d artidx config --json)" = "$PWD/a ARTIDX_ROOT" ]
	[ "$(root_in d artidx --root=. config --json)" = "$PWD/d --root" ]
}

@test "JSON" {
	expect 0 artidx config --json
	[ "$(jq -r '.schema, .values.data.value[0], .values.data.origin' <<<"$output" | xargs)" = \
		"artidx.config/1 out default" ]
}

@test "dead.retain is shown, and its mistakes are found where the file is read" {
	echo '{"dead":{"retain":{"checkpoint":{"keep-last":2}}}}' >artidx.json
	artidx config --json | jq -e '.values.dead.value ==
		{match: ["*_OLD_*"], retain: {checkpoint: {"keep-last": 2}}}'
	expect 0 artidx config
	has '"retain":{"checkpoint":{"keep-last":2}}'
	for wrong in '{"retain":{"v_hack":{"keep-lats":1}}}|dead.retain.v_hack.keep-lats' \
		'{"retain":[]}|dead.retain: an object' '{"retian":{}}|dead.retian: no such setting'; do
		echo "{\"dead\":${wrong%|*}}" >artidx.json
		expect 2 artidx config
		has "artidx: artidx.json: ${wrong#*|}"
		[ "${#lines[@]}" -eq 1 ]
	done
	expect 2 artidx scan
	rm artidx.json
	artidx config --json | jq -e '.values.dead.value | has("retain") | not'
}

@test "a configuration that is no file, or too large, is a mistake of use" {
	mkdir artidx.json
	expect 2 artidx config
	has "not a regular file"
	rmdir artidx.json
	truncate -s 5M artidx.json
	expect 2 artidx config
	[ "${#lines[@]}" -eq 1 ]
}

@test "name_suggests: names of your own that go with a class" {
	safetensors out/probe_a.safetensors '{"S/x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}' 16
	echo '{"name_suggests": [{"name": "^probe", "classes": ["checkpoint"]}]}' >artidx.json
	expect 0 artidx scan
	[ "$(artidx query --paths misnamed:yes)" = out/probe_a.safetensors ]
	artidx config --json | jq -e '.values.name_suggests.origin == "artidx.json"'
	echo '{"name_suggests": [{"name": "("}]}' >artidx.json
	expect 2 artidx scan
	has "artidx.json: name_suggests: name: regular expression"
}
