#!/usr/bin/env bats
# Archived files stay in the catalogue: found as before, gone with their archive.

load support

columns=path,class,why,status,size,mtime,run,k,n_tensors,misnamed

prepare() {
	small_project
	mkdir -p out/old/sub out/old/empty
	cp -p out/v_hack_a.safetensors out/train_s41.safetensors out/cut.safetensors out/old/
	ln out/old/v_hack_a.safetensors out/old/sub/same
	ln -s v_hack_a.safetensors out/old/soft
	echo text >out/old/sub/text
	touch -d '2026-01-02' out/old/sub/text
	printf '10:00:00 | INFO | argv: train.py fast --seed=7 --out-tag=_t7\n10:01:00 | INFO | done\n' \
		>out/old/20260528T100000_fast_projected_seed7_t7.log
	touch -d '2026-05-28T10:01:00Z' out/old/*.log
	artidx init >/dev/null
	artidx scan >/dev/null
	artidx query -c $columns out/old --tsv >before
	artidx query runs --tsv >runs_before
	artidx query tensors file:out/old --tsv >tensors_before
}

archive() { artidx archive --apply --queue none "$@" out/old; }

as_before() {
	diff before <(artidx query -c $columns out/old --tsv)
	diff runs_before <(artidx query runs --tsv)
}

@test "show tells what an archive holds" {
	artidx archive --apply --queue none out/old >/dev/null
	expect 0 artidx show out/old.tar.zst
	has "class       other"
	has "why         an archive of artidx's: artidx restore brings back what it holds"
	has " files that were below out,"
	lacks "no rule knows its name"
	artidx show --json out/old.tar.zst |
		jq -e '.file | .class == "other" and .archived_files > 1 and .archived_bytes > 100'
	tar --zstd -cf out/theirs.tar.zst artidx.json
	artidx scan >/dev/null
	expect 0 artidx show out/theirs.tar.zst
	lacks "artidx restore"
}

@test "who counts what an archive holds counts the same" {
	local size packed
	size=$(artidx query out/old --json | jq '[.rows[].size] | add')
	artidx archive out/old >row
	grep -q "^out/old  7 files, " row
	packed=$(artidx archive --json --apply --keep --queue none out/old)
	jq -e ".archives[0] | .files == 7 and .bytes == $size" <<<"$packed"
	artidx scan | grep -q "; 7 more in archives"
	artidx show --json out/old.tar.zst | jq -e ".file | .archived_files == 7 and .archived_bytes == $size"
	artidx verify --json out/old.tar.zst | jq -e ".archives[0] | .files == 7 and .bytes == $size"
	artidx verify out/old.tar.zst | grep -q "whole, 7 files, "
	expect 0 artidx restore out/old.tar.zst
	[ "$output" = "nothing to restore: all 7 files were there already" ]
	artidx restore --json --to new out/old.tar.zst | jq -e ".files == 7 and .bytes == $size"
	rm new/old/sub/text
	expect 0 artidx restore --to new out/old.tar.zst
	[ "$output" = "restored 1 file, 5 bytes; 6 more were there already" ]
	# Without its index it counts the same.
	head -c -9 out/old.tar.zst >cut.tar.zst
	artidx verify --json cut.tar.zst | jq -e ".archives[0] | .files == 7 and .bytes == $size"
	expect 1 artidx restore --to cut cut.tar.zst
	has "restored 7 files, "
}

@test "directories alone come back, and are there already" {
	mkdir -p out/bare/a/b
	artidx archive --apply --queue none out/bare
	expect 0 artidx restore out/bare.tar.zst
	[ "$output" = "restored 3 directories" ]
	expect 0 artidx restore out/bare.tar.zst
	[ "$output" = "nothing to restore: all of it was there already" ]
}

@test "query, show and resolve find what is archived, as it was" {
	[ "$(wc -l <before)" -eq 8 ]
	[ "$(wc -l <tensors_before)" -gt 5 ]
	archive
	as_before
	expect 0 artidx query 'archived_in:*' --count
	[ "$output" = 7 ]
	expect 0 artidx query out/old/sub
	has archived_in
	has out/old.tar.zst
	expect 0 artidx query out/old.tar.zst
	lacks archived_in
	diff tensors_before <(artidx query tensors file:out/old --tsv)
	expect 0 artidx show out/old/v_hack_a.safetensors
	has "archive     out/old.tar.zst"
	has "S/model.layers.0"
	expect 0 artidx resolve out/old/sub/text
	has "out/old.tar.zst//old/sub/text"
	expect 0 artidx check
}

@test "equal files that are stored once are each found as it was" {
	safetensors out/old/v_hack_b.safetensors '{"__metadata__":{"top_k":"2"},"V/model.layers.0.self_attn.q_proj":{"dtype":"F32","shape":[8,512],"data_offsets":[0,16384]},"S/model.layers.0.self_attn.q_proj":{"dtype":"F32","shape":[8],"data_offsets":[16384,16416]}}' 16416
	cp out/old/v_hack_b.safetensors out/old/sub/train_s42.safetensors
	touch -d '2026-02-03' out/old/sub/train_s42.safetensors
	ln out/old/sub/train_s42.safetensors out/old/w
	artidx scan >/dev/null
	artidx query -c $columns out/old --tsv >before
	artidx query tensors file:out/old --tsv >tensors_before
	artidx archive --apply --json --queue none out/old | jq -e '.archives[0].copies == 1'
	as_before
	diff tensors_before <(artidx query tensors file:out/old --tsv)
	rm -rf .artidx/catalogue
	artidx scan >/dev/null
	diff <(cut -f 1-2,4-6 before) <(artidx query -c path,class,status,size,mtime out/old --tsv)
}

@test "paths for other programs are those on the disk, unless archives are asked for" {
	archive
	expect 0 artidx query out --paths
	lacks out/old/
	artidx query out -0 | xargs -0 ls -d
	artidx query tensors file:out/ -0 | xargs -0 ls -d
	[ "$(artidx query out --paths | wc -l)" -eq "$(artidx query out not 'archived_in:*' --count)" ]
	expect 0 artidx query out 'archived_in:*' --paths
	has out/old/sub/text
	[ "${#lines[@]}" -eq 7 ]
	expect 0 artidx query out '(' archived_in:nothing or out/old ')' --paths
	[ "${#lines[@]}" -eq 7 ]
	expect 0 artidx query tensors 'any(files: archived_in:*)' --paths
	has out/old/v_hack_a.safetensors
	expect 0 artidx query out/old -c path,archived_in --paths
	[ "${#lines[@]}" -eq 7 ]
	artidx query out/old -q
	expect 1 artidx query out/old -q --sort path name=nothing
}

@test "json says which archive, and of files on the disk nothing" {
	archive
	artidx query --json path=out/old/sub/text | jq -e '.rows[0].archived_in == "out/old.tar.zst"'
	artidx query --json path=out/v_hack_a.safetensors | jq -e '.rows[0] | has("archived_in") | not'
	artidx scan --json | jq -e '.archived_files == 7 and .files == 5'
}

@test "a catalogue made anew knows them, also without a history" {
	archive
	artidx scan --rebuild >/dev/null
	as_before
	rm -r .artidx
	artidx scan >/dev/null
	as_before
	expect 0 artidx resolve out/old/sub/text
	has "out/old.tar.zst//old/sub/text"
}

@test "a file on the disk hides the archived one of its path" {
	archive --keep
	expect 0 artidx query 'archived_in:*' --count
	[ "$output" = 0 ]
	as_before
	rm out/old/sub/text
	artidx scan >/dev/null
	expect 0 artidx query 'archived_in:*' --paths
	[ "$output" = out/old/sub/text ]
	as_before
}

@test "restored, they are on the disk again, and nothing is amiss" {
	archive
	expect 0 artidx restore out/old.tar.zst old/sub/text
	expect 0 artidx query 'archived_in:*' --count
	[ "$output" = 6 ]
	expect 0 artidx resolve out/old/sub/text
	[ "$output" = out/old/sub/text ]
	expect 0 artidx restore out/old.tar.zst
	expect 0 artidx query 'archived_in:*' --count
	[ "$output" = 0 ]
	as_before
	expect 0 artidx check
}

@test "a moved archive is followed, and restores to where its files were" {
	archive
	mkdir out/attic
	mv out/old.tar.zst out/attic/
	artidx scan >/dev/null
	as_before
	expect 0 artidx resolve out/old/sub/text
	has "out/attic/old.tar.zst//old/sub/text"
	expect 0 artidx restore out/attic/old.tar.zst
	[ -e out/old/sub/text ]
	expect 0 artidx query 'archived_in:*' --count
	[ "$output" = 0 ]
}

@test "a copy of an archive doubles nothing" {
	archive
	mkdir out/attic
	cp -p out/old.tar.zst out/attic/
	artidx scan >/dev/null
	diff runs_before <(artidx query runs --tsv)
	expect 0 artidx query out/old --count
	[ "$output" = 7 ]
	rm out/old.tar.zst
	artidx scan >/dev/null
	expect 0 artidx query archived_in:attic --count
	[ "$output" = 7 ]
}

@test "with its archive they go" {
	archive
	rm out/old.tar.zst
	artidx scan >/dev/null
	expect 0 artidx query out/old --count
	[ "$output" = 0 ]
	expect 1 artidx show out/old/sub/text
}

@test "damaged, cut and foreign archives: one line each where it is ours, and the scan goes on" {
	archive
	size=$(stat -c %s out/old.tar.zst)
	head -c $((size - 20)) out/old.tar.zst >out/cut.tar.zst
	head -c 100 /dev/urandom >out/noise.tar.zst
	: >out/empty.tar.zst
	mkdir out/dir.tar.zst
	ln -s old.tar.zst out/link.tar.zst
	tar -C out -cf - v_hack_a.safetensors | zstd -q >out/foreign.tar.zst
	expect 0 artidx scan
	has "damaged: 1"
	has "out/cut.tar.zst  an archive that is cut off or damaged"
	expect 1 artidx scan --strict
	has "damaged: 1"
	as_before
}

@test "bytes turned over: what is known is what was, or it is said that nothing is" {
	archive
	cp out/old.tar.zst good
	size=$(stat -c %s good)
	for at in $(seq 40 $((size / 25)) $((size - 1))); do
		cp good out/old.tar.zst
		printf '\xa5' | dd of=out/old.tar.zst bs=1 seek="$at" conv=notrunc status=none
		artidx scan >report
		# Tensors that are damaged themselves are for verify to find.
		if grep -q 'it has no index' report; then
			[ "$(artidx query 'archived_in:*' --count)" -eq 0 ]
		elif grep -q '^damaged: 1' report; then
			[ "$(artidx query 'archived_in:*' --count)" -eq 7 ]
			artidx query -c path out/old status:unreadable | grep -q '^out/old'
		else
			as_before
		fi
	done
}

@test "a damaged member is unreadable, the others stay as they were; who acts is told" {
	# Noise is stored as it is, so that its place can be found; 9 MB have frames of their own.
	{ head -c 100000 /dev/urandom && echo HERE-IT-IS && head -c 9000000 /dev/urandom; } >out/old/noise
	touch -d '2026-01-02' out/old/noise
	artidx scan >/dev/null
	artidx query -c $columns out/old 'path!=out/old/noise' --tsv >before
	archive
	at=$(LC_ALL=C grep -obUa HERE-IT-IS out/old.tar.zst | cut -d: -f1)
	printf 'HERE-IT-WAS' | dd of=out/old.tar.zst bs=1 seek="$at" conv=notrunc status=none
	for again in '' --rebuild; do
		expect 0 artidx scan $again
		has "damaged: 1"
		has "one of its files is damaged: old/noise; to check all: artidx verify out/old.tar.zst"
		diff before <(artidx query -c $columns out/old 'path!=out/old/noise' --tsv)
		expect 0 artidx query status:unreadable -c path,class,archived_in --tsv
		[ "${lines[1]}" = $'out/old/noise\tother\tout/old.tar.zst' ]
	done
	expect 0 artidx show out/old/noise
	has "its bytes in the archive are damaged"
	line="artidx: warning: out/old.tar.zst: one of its files is damaged: old/noise"
	mkdir out/more
	echo text >out/more/text
	for acting in reorg "archive out/more --queue none --apply" \
		"restore out/old.tar.zst old/sub/text"; do
		# shellcheck disable=SC2086 # a list of words
		artidx $acting >/dev/null 2>seen
		[ "$(grep -cF "$line" seen)" -eq 1 ] || { echo "$acting"; cat seen; return 1; }
	done
}

@test "killed at any time, recovered: nothing is lost, and the catalogue agrees" {
	for i in 1 2 3 4 5 6 7 8; do
		cp -a out/old saved
		run timeout -s KILL "0.$((i * 7))" "$ARTIDX" archive --apply --queue none out/old
		artidx reorg --recover
		artidx scan >/dev/null
		as_before
		[ -e out/old ] || artidx restore out/old.tar.zst
		diff -r saved out/old
		[ -z "$(find out -name '.artidx-tmp-*.trash' -o -name '.artidx-tmp-*.tar.zst')" ]
		rm -rf out/old out/old.tar.zst out/.artidx-tmp-*
		mv saved out/old
		artidx scan >/dev/null
	done
}

@test "what a killed run had packed is no damaged archive, and told as what it is" {
	local packed=out/.artidx-tmp-0123456789abcdef.tar.zst said="no archive yet: an artidx that was killed"
	artidx archive --apply --keep --queue none out/old >/dev/null
	mv out/old.tar.zst whole
	head -c 2000 whole >$packed
	for content in cut whole; do
		[ $content = cut ] || cp whole $packed
		expect 0 artidx scan
		has "unfinished: 1"
		has "$packed  $said"
		has "artidx reorg --recover"
		lacks damaged
		expect 0 artidx show $packed
		has "why         $said"
		lacks " files that were below"
		expect 0 artidx query 'archived_in:*' --count
		[ "$output" = 0 ]
		expect 0 artidx archive out/old
		lacks warning
		expect 1 artidx check
		has "artidx reorg --recover"
	done
	[ "$(artidx scan --json | jq -r '.problems[] | select(.path | test("artidx-tmp")).status')" = unfinished ]
	head -c 2000 whole >$packed
	expect 1 artidx verify $packed
	[[ $output = "$packed: $said"* ]]
	expect 6 artidx restore --to back $packed
	has "$packed: $said"
	mv whole out/old.tar.zst
	rm $packed
	expect 0 artidx scan
	lacks unfinished
	expect 0 artidx show out/old.tar.zst
	has " files that were below"
}
