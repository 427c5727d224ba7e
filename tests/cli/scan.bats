load support

@test "a table by class, and what is wrong" {
	small_project
	expect 0 artidx scan
	has "class"
	[[ $output =~ v_hack\ +1 ]]
	[[ $output =~ checkpoint\ +1 ]]
	has "truncated: 1"
	has "out/cut.safetensors"
	has "invalid: 1"
	has "out/bad.safetensors"
	[ -f .artidx/catalogue/data.mdb ]
	[ "$(cat .artidx/.gitignore)" = "*" ]
}

@test "reasons begin below each other, quoted paths or not" {
	small_project
	cp -p out/cut.safetensors out/$'cut \xe9.safetensors'
	expect 0 artidx scan
	[ "$(grep 'the file ends' <<<"$output" | sed 's/byte.*//' | awk '{ print length }' | sort -u | wc -l)" = 1 ]
	has '"out/cut \351.safetensors"  byte'
}

@test "same input, same bytes; nothing is read twice" {
	small_project
	artidx scan >/dev/null
	artidx scan >a
	artidx scan >b
	cmp a b
	expect 0 artidx scan --json
	[ "$(jq -c '[.files, .read, .unchanged, .removed]' <<<"$output")" = '[4,0,4,0]' ]
	expect 0 artidx scan --full --json
	[ "$(jq -c '[.read, .changed]' <<<"$output")" = '[4,0]' ]
}

@test "the summary: new, changed, moved and unchanged add up to the files" {
	small_project
	for i in 1 2 3; do
		echo "$i" >"out/note$i.txt"
	done
	touch -d '2026-05-28' out/note*
	expect 0 artidx scan
	[ "${lines[-1]}" = '7 files: 7 new; 4 read now' ]
	echo changed >out/note1.txt
	touch -d '2026-05-29' out/note1.txt
	rm out/note2.txt
	mv out/v_hack_a.safetensors out/basis.safetensors
	mv out/cut.safetensors out/bad.safetensors
	ln -s note1.txt out/link.txt
	mkfifo out/pipe
	expect 0 artidx scan
	[ "${lines[-1]}" = '7 files: 2 new, 1 changed, 2 moved, 2 unchanged; 1 gone, 2 read now, 1 symlink, 1 neither file nor link' ]
	expect 0 artidx scan --json
	[ "$(jq '.files == .added + .changed + .moved + .unchanged' <<<"$output")" = true ]
}

@test "JSON" {
	small_project
	expect 0 artidx scan --json
	[ "$(jq -r '.schema, .root' <<<"$output" | xargs)" = "artidx.scan/1 $PWD" ]
	[ "$(jq -c '[.files, .read, .unchanged, .removed, (.seconds | type)]' <<<"$output")" = '[4,4,0,0,"number"]' ]
	[ "$(jq -c '.classes.v_hack.files' <<<"$output")" = 1 ]
	[ "$(jq -c '[.problems[] | .path, .status]' <<<"$output")" = \
		'["out/bad.safetensors","invalid","out/cut.safetensors","truncated"]' ]
}

@test "--strict" {
	plain_tensors out/x.safetensors
	expect 0 artidx scan --strict
	: >out/empty.safetensors
	touch -d '2026-05-28' out/empty.safetensors
	expect 1 artidx scan --strict
	expect 0 artidx scan
}

@test "removed and moved files" {
	small_project
	artidx scan >/dev/null
	rm out/bad.safetensors
	mkdir out/deep
	mv out/v_hack_a.safetensors out/deep/basis.safetensors
	expect 0 artidx scan --json
	[ "$(jq -c '[.removed, .moved]' <<<"$output")" = '[1,1]' ]
	expect 0 artidx resolve out/v_hack_a.safetensors
	[ "$output" = out/deep/basis.safetensors ]
}

@test "a part of the tree, from any directory" {
	small_project
	plain_tensors out/deep/x.safetensors
	artidx scan >/dev/null
	cd out
	plain_tensors deep/y.safetensors
	plain_tensors z.safetensors
	artidx scan deep >/dev/null
	expect 0 artidx query --paths 'deep or z'
	[ "$output" = $'out/deep/x.safetensors\nout/deep/y.safetensors' ]
}

@test "two at once: the second says so and changes nothing" {
	small_project
	artidx scan >/dev/null
	exec 9<>.artidx/catalogue/writer.lock
	flock 9
	expect 3 timeout 20 "$ARTIDX" scan
	[ "${#lines[@]}" -eq 1 ]
	expect 0 artidx query --count
	flock -u 9
	expect 0 artidx scan
}

@test "a damaged catalogue is status 5 with the way out, and --rebuild is it" {
	small_project
	artidx scan >/dev/null
	printf garbage | dd of=.artidx/catalogue/data.mdb conv=notrunc status=none
	expect 5 artidx query
	has "rebuild"
	expect 5 artidx scan
	expect 0 artidx scan --rebuild
	expect 0 artidx query --count
	[ "$output" = 4 ]
}

@test "the catalogue elsewhere" {
	small_project
	expect 0 artidx scan --catalogue cat
	[ -f cat/data.mdb ]
	[ ! -e .artidx/catalogue ]
	ARTIDX_CATALOGUE=$PWD/cat expect 0 artidx query --count
	[ "$output" = 4 ]
}

@test "of a project that cannot be written to: the catalogue elsewhere, and moves remembered there" {
	mounted project size=1m
	(cd project && small_project)
	mount -o remount,ro project
	expect 6 artidx scan --root project
	has "--catalogue DIR"
	[ "${#lines[@]}" -eq 1 ]
	export ARTIDX_ROOT=$PWD/project ARTIDX_CATALOGUE=$PWD/mine
	expect 0 artidx scan
	expect 0 artidx query --count
	[ "$output" = 4 ]
	expect 0 artidx show out/v_hack_a.safetensors
	expect 0 artidx du
	expect 0 artidx check
	mount -o remount,rw project
	mv project/out/v_hack_a.safetensors project/out/moved.safetensors
	mount -o remount,ro project
	for option in "" --rebuild; do
		# shellcheck disable=SC2086 # none, or one word
		expect 0 artidx scan $option
		expect 0 artidx resolve project/out/v_hack_a.safetensors
		[ "$output" = out/moved.safetensors ]
	done
	mount -o remount,rw project
	expect 0 artidx resolve project/out/v_hack_a.safetensors
	expect 0 artidx scan
	expect 0 artidx resolve project/out/v_hack_a.safetensors
	[ ! -e project/.artidx ]
}

@test "files of a catalogue are for this user alone, whatever the umask" {
	small_project
	for mask in 0 777; do
		rm -rf .artidx
		(umask $mask && artidx scan >/dev/null)
		[ -z "$(find .artidx -type f ! -name .gitignore -perm /077)" ]
		[ "$(stat -c %a .artidx)" = 700 ]
	done
}

@test "progress: only on a terminal, and nothing of it remains" {
	small_project
	"$ARTIDX" scan 2>err >/dev/null
	[ ! -s err ]
}

@test "interrupted: status 128 + signal, the catalogue as it was" {
	small_project
	artidx scan >/dev/null
	mkdir -p out/many
	for i in {1..3000}; do
		cp out/v_hack_a.safetensors "out/many/$i.safetensors"
	done
	"$ARTIDX" scan -j1 >out.txt 2>err.txt &
	local pid=$!
	kill -TERM $pid 2>/dev/null
	local got=0
	wait $pid || got=$?
	[ $got -eq 143 ] || [ $got -eq 0 ]
	expect 0 artidx query --count
	[ "$output" -eq 4 ] || [ "$output" -eq 3004 ]
}

@test "a data directory that is a symlink is refused, and nothing known is forgotten" {
	small_project
	expect 0 artidx scan
	mv out scratch
	ln -s scratch out
	expect 2 artidx scan
	has "out: a symlink"
	has "mount --bind"
	[ "${#lines[@]}" -eq 1 ]
	expect 2 artidx scan out/v_hack_a.safetensors
	expect 2 artidx reorg --queue none
	expect 0 artidx query -q class:v_hack
	echo '{"data":["scratch"]}' >artidx.json
	expect 0 artidx scan
	expect 0 artidx query -q path:scratch/v_hack_a.safetensors
}

@test "no files: where was looked, and where to name other directories" {
	mkdir -p out ckpts
	expect 0 artidx scan
	[ "${lines[0]}" = '0 files' ]
	has 'no files in out of '
	has '"data" in artidx.json names other directories (artidx init writes it)'
	expect 0 artidx scan --json
	lacks "no files"
	echo '{"data": ["ckpts", "out"]}' >artidx.json
	expect 0 artidx scan
	has "no files in ckpts, out of "
	lacks "artidx init"
	echo x >ckpts/a
	expect 0 artidx scan
	lacks "no files"
}
