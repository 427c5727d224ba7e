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
