#!/usr/bin/env bats
# What is dead, what keeps it, and archiving it.

load support

basis='{"__metadata__":{"model":"m","top_k":"2"},"V/model.layers.0.self_attn.q_proj":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"S/model.layers.0.self_attn.q_proj":{"dtype":"F32","shape":[2],"data_offsets":[32,40]}}'

# run TS TAG LAST_LINE: a log of a run and the checkpoint that it saved.
run_of() {
	printf '10:00:00 | INFO | argv: train.py fast --seed=7 --out-tag=_%s\n10:01:00 | INFO | x\n%s\n' \
		"$2" "$3" >"logs/$1_fast_projected_seed7_$2.log"
	safetensors "out/runs/$1_fast_projected_seed7_$2/train.safetensors" \
		"{\"__metadata__\":{\"cfg\":\"{\\\"preset_name\\\":\\\"fast\\\",\\\"arm\\\":\\\"projected\\\",\\\"seed\\\":7,\\\"out_tag\\\":\\\"_$2\\\"}\"},\"delta_S/model.layers.0.self_attn.q_proj\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}" 16
	touch -d "${1:0:8} 10:30" "logs/$1_fast_projected_seed7_$2.log"
	touch -d "${1:0:8} 10:20" "out/runs/$1_fast_projected_seed7_$2/train.safetensors"
}

prepare() {
	small_project
	mkdir -p out/pool_OLD_1/sub scripts
	echo one >out/pool_OLD_1/sub/a
	cp -p out/v_hack_a.safetensors out/pool_OLD_1/b.safetensors
	touch -d '2026-01-02' out/pool_OLD_1/sub/a
	artidx init >/dev/null
	artidx scan >/dev/null
}

dead() { artidx scan >/dev/null && artidx dead --json --queue none; }
may_go() { dead | jq -r '.rows[] | select(.kept_by == []) | .path'; }
keeps() { dead | jq -e --arg text "$1" '.rows[0].kept_by | map(contains($text)) | any'; }

@test "directories with a dead name, with the evidence" {
	expect 0 artidx dead
	has "out/pool_OLD_1/  2 files"
	has "its name matches dead.match"
	has "artidx archive --dead"
	dead | jq -e '.schema == "artidx.dead/1" and .rows[0].size > 100
		and .rows[0].reasons == ["its name matches dead.match"] and .rows[0].kept_by == []'
	expect 0 artidx query 'dead:*' --count
	[ "$output" = 2 ]
}

@test "a script, a symlink, an open file, a pin, a queued task, a young file keep it" {
	echo 'ls out/pool_OLD_1/sub' >scripts/go.py
	keeps 'scripts/go.py:1 names out/pool_OLD_1/sub'
	rm scripts/go.py
	ln -s pool_OLD_1/sub out/link
	keeps 'the symlink out/link leads to it'
	rm out/link
	exec 7<out/pool_OLD_1/sub/a
	keeps 'has it open'
	exec 7<&-
	artidx pin out/pool_OLD_1/sub --why 'figure 3'
	keeps 'pinned as out/pool_OLD_1/sub: figure 3'
	artidx pin --remove out/pool_OLD_1/sub
	touch out/pool_OLD_1/sub/a
	keeps 'quiet period'
	touch -d '2026-01-02' out/pool_OLD_1/sub/a
	cat >queue.json <<END
{"tasks":{"3":{"id":3,"command":"cat out/pool_OLD_1/sub/a","path":"$PWD","status":{"Queued":{"enqueued_at":"2026-05-28T10:00:00Z"}},"group":"default"}},"groups":{"default":{"status":"Running","parallel_tasks":1}}}
END
	artidx dead --json --queue file:queue.json |
		jq -e '.rows[0].kept_by | map(contains("task 3 of pueue names it")) | any'
	[ "$(may_go)" = out/pool_OLD_1 ]
}

@test "crashed runs, and runs that were done again" {
	run_of 20260301T100000 t1 'Traceback (most recent call last):'
	run_of 20260302T100000 t2 '10:30:00 | INFO | HACK_RATE=0.5'
	run_of 20260303T100000 t2 '10:30:00 | INFO | HACK_RATE=0.5'
	artidx scan >/dev/null
	artidx query runs -c run,status --tsv
	expect 0 may_go
	has out/runs/20260302T100000_fast_projected_seed7_t2
	lacks out/runs/20260303T100000_fast_projected_seed7_t2
}

@test "a newer generation of a basis replaces the older ones" {
	for name in v_hack_x_v1 v_hack_x_v2 v_hack_x_v3 v_hack_y v_hack_z; do
		safetensors out/$name.safetensors "$basis" 40
	done
	touch -d '2026-02-01' out/v_hack_x_v1.safetensors
	touch -d '2026-02-02' out/v_hack_x_v2.safetensors
	expect 0 may_go
	has out/v_hack_x_v1.safetensors
	has out/v_hack_x_v2.safetensors
	lacks out/v_hack_x_v3
	lacks out/v_hack_y
}

@test "retention by class" {
	for i in 1 2 3 4; do
		safetensors out/v_hack_k_v$i.safetensors "$basis" 40
		touch -d "2026-02-0$i" out/v_hack_k_v$i.safetensors
	done
	echo '{"dead":{"match":[],"retain":{"v_hack":{"keep-last":2}}}}' >artidx.json
	[ "$(may_go)" = "$(printf 'out/v_hack_k_v1.safetensors\nout/v_hack_k_v2.safetensors')" ]
	echo '{"dead":{"match":[],"retain":{"v_hack":{"keep-last":1,"older-than":"3000d"}}}}' >artidx.json
	[ -z "$(may_go)" ]
	echo '{"dead":{"match":[],"retain":{"v_hack":{"keep-lats":1}}}}' >artidx.json
	expect 2 artidx dead
	has "dead.retain.v_hack.keep-lats"
}

@test "archive names the scripts that name what it packs" {
	printf 'ls\nls out/pool_OLD_1/sub\n' >scripts/go.py
	echo 'open("out/pool_OLD_1")' >scripts/stop.py
	echo 'ls out/other' >scripts/other.py
	for apply in "" "--apply --queue none"; do
		# shellcheck disable=SC2086
		expect 0 artidx archive $apply out/pool_OLD_1
		has "warning: scripts/go.py:2 names out/pool_OLD_1/sub"
		has "warning: scripts/stop.py:1 names out/pool_OLD_1"
		lacks "other.py"
	done
	[ ! -e out/pool_OLD_1 ]
}

@test "archive --dead packs what nothing keeps" {
	expect 0 artidx archive --dead --queue none
	has "out/pool_OLD_1.tar.zst"
	[ -d out/pool_OLD_1 ]
	artidx pin out/pool_OLD_1 --why 'not yet'
	for apply in "" --apply; do
		# shellcheck disable=SC2086
		expect 0 artidx archive --dead $apply --queue none
		has "one dead directory is kept: out/pool_OLD_1: pinned: not yet"
		[ "${#lines[@]}" -eq 1 ]
	done
	mkdir out/q_OLD_2 out/r_OLD_3
	cp -p out/pool_OLD_1/sub/a out/q_OLD_2/
	cp -p out/pool_OLD_1/sub/a out/r_OLD_3/
	echo 'ls out/q_OLD_2' >scripts/go.py
	expect 0 artidx archive --dead --queue none
	has "2 dead directories are kept, the first: out/pool_OLD_1: pinned: not yet (artidx dead --all)"
	has "out/r_OLD_3.tar.zst"
	has "Nothing was changed. To pack"
	rm -r scripts/go.py out/q_OLD_2 out/r_OLD_3
	artidx pin --remove out/pool_OLD_1
	expect 0 artidx archive --dead --apply --queue none
	has "originals removed"
	[ ! -e out/pool_OLD_1 ]
	expect 0 artidx query archived_in:pool_OLD_1 --count
	[ "$output" = 2 ]
	expect 0 artidx dead
	has "nothing may go"
	expect 0 artidx archive --dead
	[ "$output" = "artidx: no directory is dead" ]
	expect 2 artidx archive --dead out
	expect 2 artidx archive
}
