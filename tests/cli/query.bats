load support

prepare() {
	small_project
	artidx scan >/dev/null
}

@test "a table, files when no view is named" {
	expect 0 artidx query
	has "out/v_hack_a.safetensors"
	[ "${#lines[@]}" -ge 5 ]
	expect 0 artidx query class:v_hack
	has v_hack_a
	lacks train_s41
}

@test "words, lists, ranges, and, or, not, parentheses" {
	count() { artidx query --count "$@"; }
	[ "$(count v_hack)" = 1 ]
	[ "$(count class:v_hack,checkpoint)" = 2 ]
	[ "$(count class:v_hack k:2)" = 1 ]
	[ "$(count class:v_hack k:3..)" = 0 ]
	[ "$(count class:v_hack or class:checkpoint)" = 2 ]
	[ "$(count class:v_hack , class:checkpoint)" = 2 ]
	[ "$(count not class:v_hack)" = 3 ]
	[ "$(count '(class:v_hack or status:invalid) not k:2')" = 1 ]
	[ "$(count 'status:truncated,invalid')" = 2 ]
	[ "$(count out)" = 4 ]
}

@test "forms of output" {
	expect 0 artidx query class:v_hack --json
	[ "$(jq -r '.schema, (.rows | length), .rows[0].path' <<<"$output" | xargs)" = \
		"artidx.query/1 1 out/v_hack_a.safetensors" ]
	[ "$(artidx query --jsonl | jq -s length)" = 4 ]
	[ "$(artidx query class:v_hack --csv -c path,k | tr -d '\r')" = $'path,k\nout/v_hack_a.safetensors,2' ]
	[ "$(artidx query class:v_hack --tsv -c path,k | tail -n 1)" = $'out/v_hack_a.safetensors\t2' ]
	[ "$(artidx query class:v_hack --paths)" = out/v_hack_a.safetensors ]
	artidx query class:v_hack -0 >raw
	printf 'out/v_hack_a.safetensors\0' | cmp - raw
	artidx query class:v_hack --paths -0 | cmp - raw
	[ "$(artidx query class:v_hack --format '{path} {k}\n')" = "out/v_hack_a.safetensors 2" ]
	[ "$(artidx query --count)" = 4 ]
}

@test "-q answers by its status" {
	expect 0 artidx query -q class:v_hack
	[ -z "$output" ]
	expect 1 artidx query -q class:lora
	[ -z "$output" ]
	expect 0 artidx query class:lora
}

@test "sort, limit, columns, groups" {
	expect 0 artidx query --sort path --paths -n 2
	[ "$output" = $'out/bad.safetensors\nout/cut.safetensors' ]
	expect 0 artidx query --sort -path --paths -n1
	[ "$output" = out/v_hack_a.safetensors ]
	expect 0 artidx query --paths -n 0
	[ -z "$output" ]
	expect 0 artidx query --group-by class --sum size
	has checkpoint
}

@test "views of tensors and runs" {
	expect 0 artidx query tensors file:v_hack --count
	[ "$output" = 2 ]
	expect 0 artidx query tensors ndim:1 dtype:F32 name~^S/ --count
	[ "$output" = 1 ]
	expect 0 artidx query runs
}

@test "from a directory below, paths are still those of the project" {
	cd out
	expect 0 artidx query class:v_hack --paths
	[ "$output" = out/v_hack_a.safetensors ]
}

@test "--explain speaks on standard error" {
	"$ARTIDX" query class:v_hack --paths --explain >rows 2>explained
	[ "$(cat rows)" = out/v_hack_a.safetensors ]
	[ -s explained ]
	harmless explained
}

@test "a mistake is shown with a caret under it, whatever bytes it has" {
	run artidx query class:v_hack $'clas:\033[31m'
	[ "$status" -eq 2 ]
	[[ ${lines[2]} =~ ^\ *\^ ]]
	printf '%s\n' "$output" >out.txt
	harmless out.txt
}

@test "where the reorg would put a file, and why it leaves one" {
	expect 0 artidx query class:v_hack --tsv -c dest,flag
	[ "${lines[1]}" = $'out/vhack/v_hack_a.safetensors\t' ]
	expect 0 artidx query flag:no-log --paths
	[ "$output" = out/train_s41.safetensors ]
}

@test "references and jobs" {
	echo 'train --v-hack-path=out/v_hack_a.safetensors' >justfile
	expect 0 artidx query refs --tsv -c file,line,target
	[ "${lines[1]}" = $'justfile\t1\tout/v_hack_a.safetensors' ]
	expect 0 artidx query 'refs:1..' --paths
	[ "$output" = out/v_hack_a.safetensors ]
	expect 0 artidx query jobs --queue none --count
	[ "$output" = 0 ]
}

@test "an empty answer says so on a terminal, and is silent in a pipe" {
	expect 0 artidx query class:lora
	[ -z "$output" ]
	run on_terminal 80 "$ARTIDX" query class:lora --no-pager
	has "nothing matches"
	run on_terminal 80 "$ARTIDX" query "runs hack_rate>0.3" --no-pager
	has "a view is an argument of its own: artidx query runs '...'"
}

@test "saved queries: listed, refined, completed, and their mistakes shown" {
	cat >artidx.json <<'END'
{"saved": {"bases": "class:v_hack", "hackers": "runs  hack_rate>0.5", "bad": "status:brokn", "all": "tensors"}}
END
	expect 0 artidx query --saved bases --paths
	[ "$output" = "$(artidx query class:v_hack --paths)" ]
	expect 0 artidx query --saved bases k:12 --count
	[ "$output" = "$(artidx query class:v_hack k:12 --count)" ]
	expect 0 artidx query runs --saved hackers --count
	[ "$output" = "$(artidx query runs 'hack_rate>0.5' --count)" ]
	expect 0 artidx query --saved all --count
	[ "$output" = "$(artidx query tensors --count)" ]
	expect 0 artidx query --list-saved
	[ "${lines[1]}" = $'hackers\truns  hack_rate>0.5' ]
	expect 2 artidx query --saved bad
	[ "${lines[2]}" = "         ^~~~~" ]
	expect 2 artidx query files --saved hackers
	has "'hackers' is about runs, not files"
	expect 2 artidx query --saved hakers
	has "did you mean hackers?"
	[ "$(artidx __complete -- query --saved ba | cut -f1 | xargs)" = "bases bad" ]
	echo '{"saved": {"x": 3}}' >artidx.json
	expect 2 artidx query --saved x
	has '"x" must be a query'
}

@test "absolute paths below the root are as those from it" {
	mkdir -p out/deep
	cp -p out/v_hack_a.safetensors out/deep/other.safetensors
	artidx scan >/dev/null
	for word in out out/ out/deep out/v_hack_a.safetensors 'out/*.safetensors'; do
		expect 0 artidx query "$word" --paths
		[ -n "$output" ]
		[ "$output" = "$(artidx query "$PWD/$word" --paths)" ]
	done
	[ "$(artidx query "$PWD" --count)" -eq "$(artidx query --count)" ]
	[ "$(artidx query tensors "$PWD/out/deep" --count)" -eq "$(artidx query tensors out/deep --count)" ]
	expect 0 artidx query "$PWD-other" --count
	[ "$output" = 0 ]
}

@test "a word that begins with a dot as paths do is one from the current directory" {
	mkdir -p out/deep/er
	cp -p out/v_hack_a.safetensors out/deep/other.safetensors
	cp -p out/v_hack_a.safetensors out/deep/er/third.safetensors
	artidx scan >/dev/null
	all=$(artidx query --count)
	[ "$(artidx query . --count)" = "$all" ]
	[ "$(artidx query ./out --count)" = "$(artidx query out --count)" ]
	cd out/deep
	[ "$(artidx query . --paths)" = $'out/deep/er/third.safetensors\nout/deep/other.safetensors' ]
	[ "$(artidx query ./er/ --paths)" = out/deep/er/third.safetensors ]
	[ "$(artidx query './*er.safetensors' --paths)" = out/deep/other.safetensors ]
	[ "$(artidx query ../v_hack_a.safetensors --paths)" = out/v_hack_a.safetensors ]
	[ "$(artidx query .. --count)" = "$(artidx query out --count)" ]
	[ "$(artidx query ../.. --count)" = "$all" ]
	[ "$(artidx query ../../.. --count)" = 0 ]
	[ "$(artidx query tensors . --count)" = "$(artidx query tensors out/deep --count)" ]
	[ "$(artidx query .safetensors --count)" = "$(cd ../.. && artidx query .safetensors --count)" ]
}

@test "dup means equal bytes, as far as a query looks: a series of one layout is none" {
	cp -p out/v_hack_a.safetensors out/copy.safetensors
	cp -p out/v_hack_a.safetensors out/next.safetensors
	printf 'X' | dd of=out/next.safetensors bs=1 conv=notrunc status=none \
		seek=$(($(stat -c %s out/next.safetensors) - 1))
	ln out/next.safetensors out/same_inode.safetensors
	artidx scan >/dev/null
	expect 0 artidx query dup:2.. --sort path --paths
	[ "$output" = $'out/copy.safetensors\nout/v_hack_a.safetensors' ]
	[ "$(artidx query path=out/next.safetensors --tsv -c dup | tail -n 1)" = 1 ]
	truncate -s 10 out/copy.safetensors
	[ "$(artidx query path=out/v_hack_a.safetensors --tsv -c dup | tail -n 1)" = 1 ]
}

@test "times have their nanoseconds beside them in JSON, in every view" {
	artidx query dirs path=out --json | jq -e '.rows[0] | .mtime_ns == 1779969600000000000'
	mkdir -p logs
	echo "12:00:00 | INFO | argv: train.py" >logs/20260528T120000_fast_vanilla_seed1.log
	touch -d 2026-05-28T13:00:00Z logs/*.log
	artidx scan >/dev/null
	artidx query runs --json | jq -e '.rows[0] | .end == "2026-05-28T13:00:00.000000000Z" and
		.end_ns == 1779973200000000000'
	[ "$(artidx query runs end_ns:1779973200000000000 --count)" = 1 ]
}

@test "every attribute that a row has in JSON can be asked for" {
	"$ARTIDX_SAMPLE" sample >/dev/null
	cd sample
	artidx scan --root . >/dev/null
	artidx query --json >all
	for field in $(jq -r '[.rows[] | keys[]] | unique[]' all); do
		[ "$(artidx query "$field:*" --count)" = \
			"$(jq --arg field "$field" '[.rows[] | select(has($field))] | length' all)" ] || {
			echo "$field"
			return 1
		}
	done
}

@test "any(), all() and none() within each other: three of them, and no more" {
	[ "$(artidx query --count "any(tensors: any(files: any(tensors: ndim:2)))")" = 1 ]
	expect 2 artidx query "any(tensors: any(files: any(tensors: any(files: k:2))))"
	has "more than 3 of any(), all() and none() within each other"
}
