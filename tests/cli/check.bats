load support

prepare() {
	small_project
	plain_tensors out/deep/x.safetensors
	artidx scan >/dev/null
}

kinds() { artidx check --json | jq -c '[.rows[] | [.kind, .path, .now // empty]]'; }

@test "nothing differs: status 0" {
	expect 0 artidx check
	[ "$output" = "the disk is as the catalogue says" ]
	[ "$(artidx check --json | jq -c .rows)" = "[]" ]
}

@test "moved, missing, changed, new: status 1, each named once" {
	mkdir out/other
	mv out/deep/x.safetensors out/other/y.safetensors
	rm out/bad.safetensors
	printf x >>out/cut.safetensors
	: >out/new.txt
	expect 1 artidx check
	has "out/deep/x.safetensors -> out/other/y.safetensors"
	[ "$(kinds)" = '[["moved","out/deep/x.safetensors","out/other/y.safetensors"],["missing","out/bad.safetensors"],["changed","out/cut.safetensors"],["new","out/new.txt"]]' ]
	artidx scan >/dev/null
	expect 0 artidx check
}

@test "a whole directory gone" {
	rm -r out/deep
	[ "$(kinds)" = '[["missing","out/deep/x.safetensors"]]' ]
}

@test "a directory in the place of a file" {
	rm out/cut.safetensors
	mkdir out/cut.safetensors
	[ "$(kinds)" = '[["missing","out/cut.safetensors"]]' ]
}

@test "the last file of a directory gone, and one that was never scanned before it" {
	rm out/deep/x.safetensors
	: >out/deep/a
	[ "$(kinds)" = '[["missing","out/deep/x.safetensors"],["new","out/deep/a"]]' ]
}

@test "a directory that is no longer among the data: gone only what is gone" {
	plain_tensors out/deep/y.safetensors
	artidx scan >/dev/null
	echo '{"ignore":["deep"]}' >artidx.json
	expect 0 artidx check
	rm out/deep/y.safetensors
	[ "$(kinds)" = '[["missing","out/deep/y.safetensors"]]' ]
}

@test "back at an old path" {
	mkdir out/other
	mv out/deep/x.safetensors out/other/y.safetensors
	artidx scan >/dev/null
	plain_tensors out/deep/x.safetensors
	[ "$(kinds)" = '[["resurrected","out/deep/x.safetensors","out/other/y.safetensors"]]' ]
}

@test "left-over temporary files" {
	: >out/.artidx-tmp-0123456789abcdef
	[ "$(kinds)" = '[["leftover","out/.artidx-tmp-0123456789abcdef"]]' ]
}

@test "an unreadable directory is not taken for a missing one, and is told of" {
	chmod 0 out/deep
	expect 1 bounded "$ARTIDX" check
	expect 1 bounded "$ARTIDX" check --json
	chmod 755 out/deep
	[ "$(jq -c '[.rows[] | [.kind, .path]]' <<<"$output")" = '[["unreadable","out/deep"]]' ]
}

@test "a directory whose names alone can be read" {
	chmod 400 out/deep
	expect 1 bounded "$ARTIDX" check
	chmod 755 out/deep
	has "1 cannot be looked at"
	has "out/deep/x.safetensors"
	lacks "gone"
}

@test "what is never scanned is not missed: ignored names, the catalogue, other directories" {
	mkdir -p out/__pycache__ elsewhere
	: >out/__pycache__/a.pyc
	: >elsewhere/b
	expect 0 artidx check
}

@test "what is ignored by its path is not missed either" {
	plain_tensors out/deep/inner/y.safetensors
	echo '{"ignore":["out/deep/*"]}' >artidx.json
	artidx scan >/dev/null
	expect 0 artidx check
}

@test "a whole project as data: .artidx is not looked into, wherever the catalogue is" {
	echo '{"data":["."]}' >artidx.json
	: >.artidx/note
	artidx scan --catalogue "$PWD/mine" >/dev/null
	expect 0 artidx check --catalogue "$PWD/mine"
}

@test "long lists are cut, --all shows them" {
	touch out/{1..30}.txt
	expect 1 artidx check
	has "30 not catalogued yet"
	has "and 18 more: artidx check --all"
	expect 1 artidx check --all
	lacks "more:"
}

@test "a large directory: any of its files is found, and only they" {
	mkdir out/many
	(cd out/many && seq -f 'f%g' 1 2000 | xargs touch)
	artidx scan >/dev/null
	expect 0 artidx check
	rm out/many/f1999
	touch out/many/f0 out/many/f1000x out/many/g
	[ "$(kinds)" = '[["missing","out/many/f1999"],["new","out/many/f0"],["new","out/many/f1000x"],["new","out/many/g"]]' ]
}

@test "a directory that is mounted twice is not entered, as when scanning" {
	[ "$(id -u)" -eq 0 ] || skip "only root can mount"
	mkdir out/again
	mount --bind out/deep out/again 2>/dev/null || skip "nothing can be mounted here"
	artidx scan >/dev/null
	run artidx check
	umount out/again
	[ "$status" -eq 0 ]
}
