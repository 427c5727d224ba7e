load support

@test "init writes the defaults once, and a place for the catalogue" {
	expect 0 artidx init
	has "artidx.json: written"
	has "next: artidx scan"
	[ "$(cat .artidx/.gitignore)" = "*" ]
	[ "$(stat -c %a .artidx)" = 700 ]
	echo '{"data": ["mine"]}' >artidx.json
	expect 0 artidx init
	has "stays as it is"
	[ "$(cat artidx.json)" = '{"data": ["mine"]}' ]
}

@test "what init writes is what holds anyway" {
	artidx config --json | jq '.values | map_values(.value)' >before
	artidx init >/dev/null
	artidx config --json | jq '.values | map_values(.value)' >after
	diff before after
}

@test "the rule that init shows is one that works" {
	artidx init >/dev/null
	sed -n '/"rule":/,/"rules":/{/"rules":/d;s,//,,;p}' artidx.json >rule
	echo "{\"rules\": [$(cat rule)]}" >artidx.json
	safetensors out/a.safetensors '{"probe/x":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}' 16
	artidx scan >/dev/null
	expect 0 artidx query class:probe --count
	[ "$output" = 1 ]
}

@test "init does not follow a link, nor write where it may not" {
	ln -s elsewhere artidx.json
	expect 0 artidx init
	[ ! -e elsewhere ]
	mkdir locked && chmod 500 locked
	expect 6 bounded "$ARTIDX" init --root locked
}
