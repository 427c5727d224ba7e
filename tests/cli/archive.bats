#!/usr/bin/env bats
# Directories into archives, archives read, archives back into directories.

load support

prepare() {
	small_project
	mkdir -p out/old/sub out/old/empty
	cp -p out/v_hack_a.safetensors out/old/
	head -c 300000 /dev/urandom >out/old/sub/noise
	echo text >out/old/sub/text
	ln out/old/sub/text out/old/link
	ln -s sub/text out/old/soft
	touch -d '2026-01-02T03:04:05.678901234Z' out/old/sub/text out/old/sub out/old
	artidx init >/dev/null
	artidx scan >/dev/null
	cp -a out/old before
}

describe_tree() { (cd "$1" && find . -printf '%P %y %m %T@ %s %n %l\n' | sort); }

same_as_before() {
	diff <(describe_tree before) <(describe_tree "$1")
	diff -r before "$1"
}

@test "without --apply nothing changes" {
	expect 0 artidx archive out/old
	has "out/old.tar.zst"
	has "Nothing was changed"
	same_as_before out/old
	[ ! -e out/old.tar.zst ]
}

@test "of several directories none is packed unless all of them can be" {
	mkdir out/other
	for wrong in out/nosuch out/train_s41.safetensors out/other out/other/../old/sub out .; do
		expect 2 artidx archive --apply --queue none out/old out/other "$wrong"
		[ "${#lines[@]}" -eq 1 ]
		same_as_before out/old
	done
	expect 0 artidx archive --apply --queue none out/old out/other
	[ "${#lines[@]}" -eq 2 ]
}

@test "archived, verified, removed, restored as it was" {
	expect 0 artidx archive --apply --queue none out/old
	has "verified, originals removed"
	[ ! -e out/old ]
	[ -z "$(find . -name '.artidx-tmp-*')" ]
	expect 0 artidx verify out/old.tar.zst
	has "whole"
	expect 0 artidx resolve out/old/sub/text
	has "out/old.tar.zst//old/sub/text"
	expect 0 artidx restore out/old.tar.zst
	same_as_before out/old
}

@test "killed while it packs: what it had packed goes with --recover, and with the next run" {
	head -c 50000000 /dev/urandom >out/old/large
	for way in "reorg --recover" "archive --apply --keep --queue none out/old/sub"; do
		"$ARTIDX" archive --apply --queue none out/old &
		local pid=$!
		while kill -0 "$pid" && [ -z "$(find out -name '.artidx-tmp-*.tar.zst')" ]; do :; done
		kill -KILL "$pid" || true
		wait "$pid" || true
		[ ! -e out/old.tar.zst ] || skip "the machine is too fast"
		[ -n "$(find out -name '.artidx-tmp-*.tar.zst')" ]
		# shellcheck disable=SC2086 # a list of words
		expect 0 artidx $way
		has "out/old.tar.zst: what a killed artidx had packed of it is removed"
		[ -z "$(find out -name '.artidx-tmp-*.tar.zst')" ]
		[ ! -e .artidx/packing ]
		expect 0 artidx reorg --recover
		has "nothing to recover"
	done
}

@test "what the disk does not give back as it was written is no archive, and nothing is removed" {
	local packed pid status=0
	head -c 100000000 /dev/urandom >out/old/large
	rm -rf before && cp -a out/old before
	"$ARTIDX" archive --apply --queue none out/old 2>said &
	pid=$!
	while kill -0 "$pid" && [ -z "$(find out -name '.artidx-tmp-*.tar.zst' -size +10M)" ]; do :; done
	packed=$(find out -name '.artidx-tmp-*.tar.zst')
	[ -n "$packed" ] || skip "the machine is too fast"
	printf 'not so random' | dd of="$packed" bs=1 seek=5000000 conv=notrunc status=none
	wait "$pid" || status=$?
	[ "$status" -ne 0 ]
	grep -q 'out/old.tar.zst: read back: old/large' said
	[ -z "$(find out -name '*.tar.zst')" ]
	same_as_before out/old
}

@test "stopped when the archive is whole and the originals are there: it is said, and how to go on" {
	local pid status
	for i in {1..2000}; do echo "$i" >"out/old/sub/$i"; done
	artidx scan >/dev/null
	rm -rf before && cp -a out/old before
	for _ in {1..20}; do
		status=0
		env --default-signal=INT "$ARTIDX" archive --apply --queue none out/old >row 2>said &
		pid=$!
		while kill -0 "$pid" && [ ! -e out/old.tar.zst ]; do :; done 2>/dev/null
		kill -INT "$pid" || true
		wait "$pid" || status=$?
		! grep -q "is made and whole" said || break
		artidx reorg --recover || true
		[ -e out/old ] || artidx restore out/old.tar.zst
		rm -f out/old.tar.zst
	done
	[ "$status" -eq 130 ]
	grep -qx "artidx: out/old.tar.zst is made and whole, and nothing is removed yet; to finish: artidx archive --apply out/old" said
	grep -q "originals kept" row
	same_as_before out/old
	artidx verify out/old.tar.zst
	expect 0 artidx reorg --recover
	has "nothing to recover"
	expect 0 artidx archive --apply --queue none out/old
	has "originals removed"
	[ ! -e out/old ]
	artidx restore out/old.tar.zst
	same_as_before out/old
}

@test "a record of packing that holds anything removes nothing" {
	for path in ../before/link /etc/passwd "" out/none/x out/old/sub; do
		printf %s "$path" >.artidx/packing
		expect 0 artidx reorg --recover
		same_as_before out/old
		[ -e before/link ]
	done
}

@test "without a catalogue to record it in nothing is archived" {
	mv .artidx/catalogue sound
	echo none >.artidx/catalogue
	for way in "out/old" "--apply --queue none out/old" "--apply --keep out/old"; do
		# shellcheck disable=SC2086 # a list of words
		run artidx archive $way
		[ "$status" -ne 0 ]
		[ ! -e out/old.tar.zst ]
		same_as_before out/old
	done
	rm .artidx/catalogue
	mv sound .artidx/catalogue
	expect 0 artidx archive --apply --queue none out/old
}

@test "--keep removes nothing" {
	expect 0 artidx archive --apply --keep --queue none out/old
	has "originals kept"
	same_as_before out/old
	expect 0 artidx verify out/old.tar.zst
}

@test "an archive that is there is taken when it holds the same, else refused" {
	expect 0 artidx archive --apply --keep --queue none out/old
	cp out/old.tar.zst first
	expect 0 artidx archive --apply --keep --queue none out/old
	cmp first out/old.tar.zst
	echo more >>out/old/sub/text
	expect 3 artidx archive --apply --queue none out/old
	[ -e out/old/sub/noise ]
	cmp first out/old.tar.zst
}

@test "a queued job that names the directory blocks" {
	cat >queue.json <<-END
		{"tasks": {"1": {"id": 1, "command": "python probe.py --from out/old/sub/noise",
		"path": "$PWD", "status": {"Queued": {"enqueued_at": "2026-05-28T12:00:00Z"}}}}}
	END
	expect 3 artidx archive --apply --queue file:queue.json out/old
	same_as_before out/old
	[ ! -e out/old.tar.zst ]
}

@test "a file that is open blocks" {
	exec 7<out/old/sub/noise
	expect 3 artidx archive --apply --queue none out/old
	exec 7<&-
	same_as_before out/old
}

@test "one member, somewhere else" {
	artidx archive --apply --keep --queue none out/old >/dev/null
	expect 0 artidx restore out/old.tar.zst old/sub/text --to there
	[ "$(find there -type f)" = there/old/sub/text ]
	cmp there/old/sub/text before/sub/text
	expect 2 artidx restore out/old.tar.zst old/none --to there
	expect 2 artidx restore out/old.tar.zst ../old --to there
}

@test "nothing is overwritten" {
	artidx archive --apply --keep --queue none out/old >/dev/null
	echo other >out/old/sub/text
	expect 3 artidx restore out/old.tar.zst
	has "something else is there"
	[ "$(cat out/old/sub/text)" = other ]
	expect 0 artidx restore out/old.tar.zst old/sub/noise
	has "nothing to restore: 1 file was there already"
}

@test "damage is told by member, and the others come back" {
	artidx archive --apply --keep --queue none out/old >/dev/null
	size=$(stat -c %s out/old.tar.zst)
	printf 'not what it was' | dd of=out/old.tar.zst bs=1 seek=$((size / 2)) conv=notrunc status=none
	expect 1 artidx verify out/old.tar.zst
	has "old/sub/noise"
	lacks "old/sub/text"
	expect 1 artidx restore out/old.tar.zst --to there
	has "old/sub/noise: damaged, not restored"
	cmp there/old/sub/text before/sub/text
	[ ! -e there/old/sub/noise ]
}

@test "a cut archive gives back what is whole" {
	artidx archive --apply --keep --queue none out/old >/dev/null
	head -c 150000 out/old.tar.zst >cut.tar.zst
	expect 1 artidx verify cut.tar.zst
	expect 1 artidx restore cut.tar.zst --to there
	cmp there/old/link before/link
	[ ! -e there/old/sub/noise ]
}

@test "archives of others are restored when nothing in them leads outside" {
	tar --zstd -cf other.tar.zst -C before .
	expect 0 artidx restore other.tar.zst --to there
	diff -r before there
	mkdir evil && touch victim && tar --zstd -Pcf evil.tar.zst --transform 's,victim,../victim2,' victim
	expect 3 artidx restore evil.tar.zst --to evil
	[ ! -e victim2 ] && [ -z "$(ls -A evil)" ]
	ln -s /tmp outside && tar --zstd -cf evil2.tar.zst outside
	expect 3 artidx restore evil2.tar.zst --to evil
	[ -z "$(ls -A evil)" ]
}

@test "what is damaged and has no digests is not restored at all" {
	tar -cf - -C before . | zstd -q --check >other.tar.zst
	printf 'not what it was' | dd of=other.tar.zst bs=1 seek=1000 conv=notrunc status=none
	mkdir there
	run artidx restore other.tar.zst --to there
	[ "$status" -ne 0 ] && [ -z "$(ls -A there)" ]
	expect 1 artidx verify other.tar.zst
}

# More in out/old: tensors, text, and each of them once more elsewhere, of another mode and time.
twice() {
	safetensors out/old/w.safetensors '{"w":{"dtype":"F32","shape":[50000],"data_offsets":[0,200000]}}' 0
	head -c 200000 /dev/urandom >>out/old/w.safetensors
	seq 9000 >out/old/numbers
	mkdir out/old/sub/again
	cp out/old/w.safetensors out/old/numbers out/old/sub/noise out/old/sub/again/
	chmod 640 out/old/sub/again/numbers
	touch -d '2026-02-03T04:05:06.789Z' out/old/sub/again/*
	rm -rf before && cp -a out/old before
}

@test "equal files are stored once, and come back as files of their own" {
	twice
	expect 0 artidx archive --apply --json --queue none out/old
	jq -e '.archives[0].copies == 3 and .archives[0].stored_bytes < 600000' <<<"$output"
	expect 0 artidx verify --sha256 out/old.tar.zst
	has "whole"
	expect 0 artidx restore out/old.tar.zst old/sub/again/w.safetensors --to there
	[ "$(find there -type f)" = there/old/sub/again/w.safetensors ]
	cmp there/old/sub/again/w.safetensors before/w.safetensors
	expect 0 artidx restore out/old.tar.zst
	same_as_before out/old
}

# by_hand: out/old.tar.zst, unpacked as its README says, is what was before; links stay links.
by_hand() {
	rm -rf hand && mkdir hand && tar --zstd -xf out/old.tar.zst -C hand
	(
		cd hand || exit
		cc -o unplanar old.artidx/unplanar.c
		find old -name '*.planar' -exec ./unplanar {} +
		sha256sum --quiet -c old.artidx/MANIFEST
		find old -name '*.planar' -delete
	)
	diff -r before hand/old
	[ hand/old/sub/again/numbers -ef hand/old/numbers ]
	grep -q ' copy of old/numbers$' hand/old.artidx/MANIFEST
	grep -q '"copy of"' hand/old.artidx/README
}

@test "many small files take little more than their digests, and MANIFEST is there first and whole" {
	local size
	mkdir -p out/many
	for i in {1..3000}; do echo "loss $i" >"out/many/$i.json"; done
	artidx archive --apply --keep --queue none out/many
	size=$(stat -c %s out/many.tar.zst)
	[ "$size" -lt $((3000 * 200)) ]
	zstd -qt out/many.tar.zst
	mkdir tar && tar --zstd -xf out/many.tar.zst -C tar
	diff -r out/many tar/many
	(cd tar && sha256sum --quiet -c many.artidx/MANIFEST)
	[ "$(grep -c '^# [0-9]* 20' tar/many.artidx/MANIFEST)" = 3000 ]
	# What is left of one that was cut off is still compared with it.
	head -c $((size / 2)) out/many.tar.zst >half.tar.zst
	artidx restore half.tar.zst --to half || [ $? = 1 ]
	[ "$(find half -type f | wc -l)" -gt 0 ]
	for file in half/many/*; do cmp "$file" "out/many/${file##*/}" || return 1; done
	artidx archive --apply --keep --queue none -j 1 out/many | grep verified
}

@test "of equal files each keeps its own holes" {
	mkdir out/holes
	{ head -c 500000 /dev/zero; head -c 100000 /dev/urandom; head -c 900000 /dev/zero; } >out/holes/b
	cp --sparse=always out/holes/b out/holes/a # what is stored has them too
	cp --sparse=always out/holes/b out/holes/c
	mkdir out/more
	cp --sparse=never out/holes/b out/more/a
	cp --sparse=always out/holes/b out/more/b
	truncate -s 300000 out/more/y
	head -c 300000 /dev/zero >out/more/x
	[ "$(stat -c %b out/more/b)" -lt 400 ] || skip "no holes here"
	artidx archive --apply --keep --queue none out/more
	expect 0 artidx verify --sha256 out/more.tar.zst
	artidx restore --to back out/more.tar.zst
	diff -r out/more back/more
	[ "$(stat -c %b back/more/b)" -lt 400 ]
	[ "$(stat -c %b back/more/y)" -eq 0 ]
	[ "$(stat -c %b back/more/a)" -gt 2000 ]
	[ "$(stat -c %b back/more/x)" -gt 500 ]
	artidx archive --apply --keep --queue none out/holes
	artidx restore --to back out/holes.tar.zst
	diff -r out/holes back/holes
	[ "$(stat -c %b back/holes/c)" -lt 400 ]
	mkdir tar && tar --zstd -xf out/more.tar.zst -C tar
	(cd tar && sha256sum --quiet -c more.artidx/MANIFEST)
}

@test "equal files and plain tools" {
	twice
	expect 0 artidx archive --apply --keep --queue none out/old
	tar --zstd -tf out/old.tar.zst | grep -q 'w.safetensors.planar'
	by_hand
	cp out/old.tar.zst first.tar.zst
	expect 0 artidx archive --apply --keep --json --queue none out/old
	jq -e '.archives[0].copies == 3' <<<"$output"
	rm out/old.tar.zst
	expect 0 artidx archive --apply --keep -j 1 --queue none out/old
	cmp first.tar.zst out/old.tar.zst
	rm out/old.tar.zst
	expect 0 artidx archive --apply --keep --plain --queue none out/old
	by_hand
	same_as_before out/old
}

@test "what is changed while it is a copy in the archive is found, and stays" {
	twice
	expect 0 artidx archive --apply --keep --queue none out/old
	cp -p out/old/sub/again/numbers keep
	printf X | dd of=out/old/sub/again/numbers bs=1 seek=9000 conv=notrunc status=none
	touch -r keep out/old/sub/again/numbers
	expect 3 artidx archive --apply --queue none out/old
	has "is there already, and is not"
	[ -e out/old/sub/again/numbers ] && [ -e out/old/numbers ]
}

# forged NAME FIRST COPY: as one of ours without its index, in which COPY is said to be one of FIRST.
forged() {
	mkdir -p forge/old.artidx forge/old
	head -c 5000 /dev/zero >forge/old/a
	sum=$(sha256sum <forge/old/a | head -c 64)
	cat >forge/old.artidx/MANIFEST <<-END
		# 5000 2026-01-02T03:04:05.000000000Z 0
		$sum  old/a
		# 5000 2026-01-02T03:04:05.000000000Z 0 copy of $2
		$sum  $3
	END
	tar --zstd -cf "$1.tar.zst" -C forge old.artidx old
}

@test "copies in a forged MANIFEST lead nowhere" {
	for first in old/b old/none old ../a /etc/passwd old.artidx/MANIFEST; do
		forged f "$first" old/b
		expect 1 artidx verify f.tar.zst
		has "old/b: is a copy of $first, which is damaged"
		expect 1 artidx restore f.tar.zst --to there
		[ -e there/old/a ] && [ ! -e there/old/b ]
		rm -rf there f.tar.zst
	done
	forged out old/a ../../b
	mkdir -p out.to/a
	run artidx restore out.tar.zst --to out.to/a
	[ "$status" -eq 3 ]
	has "a name that leads elsewhere"
	[ -z "$(find out.to -mindepth 2)" ] && [ ! -e b ]
	forged lost old/a old/b
	expect 0 artidx restore lost.tar.zst --to there
	has "old/b: its tar header is lost"
	cmp there/old/a there/old/b
	[ ! there/old/a -ef there/old/b ]
	sed -i "4s/^..../0000/" forge/old.artidx/MANIFEST
	tar --zstd -cf other.tar.zst -C forge old.artidx old
	expect 1 artidx restore other.tar.zst old/b --to there2
	has "old/b: damaged, not restored: is a copy of old/a, which is damaged"
	[ ! -e there2/old/b ]
}

@test "JSON" {
	expect 0 artidx archive --apply --json --queue none out/old
	jq -e '.schema == "artidx.archive/1" and .archives[0].verified and .archives[0].removed
		and .archives[0].dir == "out/old"' <<<"$output"
	expect 0 artidx verify --json out/old.tar.zst
	jq -e '.archives[0].whole' <<<"$output"
	expect 0 artidx restore --json out/old.tar.zst
	jq -e '.files == 5' <<<"$output"
}

@test "special files are refused by name" {
	mkfifo out/old/pipe
	expect 3 artidx archive --apply --queue none out/old
	has "old/pipe"
	rm out/old/pipe
	same_as_before out/old || true
}

# nested DIR DEPTH: directories below each other, a file in each.
nested() {
	mkdir -p "$1"
	perl -e 'chdir shift; for (1 .. shift) {
		mkdir "d"; chdir "d" or die $!; open F, ">f"; print F "$_\n"; close F }' "$1" "$2"
}

# Time cubic in the depth would be a minute; it takes a few seconds, built with sanitizers.
@test "directories nested deep are archived and restored, in time that their number accounts for" {
	nested out/nest 1500
	cp -a out/nest nest
	expect 0 timeout 30 "$ARTIDX" archive --apply --queue none out/nest
	has "1,500 files"
	[ ! -e out/nest ]
	expect 0 timeout 30 "$ARTIDX" restore out/nest.tar.zst
	diff -r nest out/nest
}

@test "tar makes files whose names have no room for a suffix" {
	long=$(printf 'x%.0s' {1..238}).safetensors
	safetensors "out/old/$long" '{"w":{"dtype":"F32","shape":[50000],"data_offsets":[0,200000]}}' 200000
	artidx archive --apply --keep --queue none out/old
	mkdir there
	tar --zstd -xf out/old.tar.zst -C there
	diff -r out/old there/old
}

@test "a path that tar could not make again is refused before anything is packed" {
	nested out/nest 2044
	expect 0 artidx archive out/nest
	rm -r out/nest
	nested out/nest 2050
	for options in "" "--apply --queue none"; do
		# shellcheck disable=SC2086
		expect 3 artidx archive $options out/nest
		has "nest/d/d/d/"
		has "its path has 4096 bytes, and tar could not make it again: cannot be archived"
	done
	[ ! -e out/nest.tar.zst ] && [ -e out/nest/d/f ]
	rm -r out/nest
}

@test "--max-bytes bounds what is restored, with an index and without" {
	artidx archive --apply --queue none out/old
	head -c -30 out/old.tar.zst >cut.tar.zst
	for archive in out/old.tar.zst cut.tar.zst; do
		expect 3 artidx restore --max-bytes 200000 "$archive" --to there
		has "$archive: expands to "
		[ -z "$(ls there)" ]
	done
	expect 0 artidx restore --max-bytes 1000000 out/old.tar.zst
	same_as_before out/old
}

@test "verify names what is no archive once" {
	echo text >text
	expect 1 artidx verify text
	[ "$output" = "text: begins as no .tar.zst does: another kind of file, or damaged at byte 0" ]
	echo text | zstd -q >text.tar.zst
	expect 1 artidx verify ./text.tar.zst
	[ "$output" = "./text.tar.zst: not a whole tar: Unrecognized archive format" ]
}

@test "verify --sha256 compares SHA-256 too" {
	artidx archive --apply --keep --queue none out/old
	expect 0 artidx verify --sha256 out/old.tar.zst
	has "out/old.tar.zst: whole, "
	artidx verify --sha256 --json out/old.tar.zst | jq -e '.archives[0] | .whole and .digests'
	printf 'not what it was' | dd of=out/old.tar.zst bs=1 seek=20000 conv=notrunc status=none
	expect 1 artidx verify --sha256 out/old.tar.zst
}

# shellcheck disable=SC2030 # run sets status and lines in the shell of the test
@test "wrong uses" {
	expect 2 artidx archive
	expect 2 artidx archive out/none
	expect 2 artidx archive .
	expect 2 artidx verify
	expect 2 artidx verify none.tar.zst
	expect 2 artidx restore none.tar.zst
}

# hostile NAME WHY: refused by verify and by restore in one line that says why; nothing is made.
# shellcheck disable=SC2031 # as above
hostile() {
	expect 1 artidx verify "$1.tar.zst"
	[ "${#lines[@]}" -eq 1 ]
	has "$1.tar.zst: $2"
	mkdir -p "$1.to/a/b"
	run artidx restore "$1.tar.zst" --to "$1.to/a/b"
	[ "$status" -eq 3 ] || [ "$status" -eq 6 ]
	[ "${#lines[@]}" -eq 1 ]
	has "$1.tar.zst: $2"
	[ -z "$(find "$1.to" -mindepth 3)" ]
}

# twins NAME A B: an archive that holds text as A and then other text as B, whatever their names.
twins() {
	mkdir -p one two && echo 1 >one/x && echo 2 >two/x
	tar -cf "$1.tar" -C one --transform "flags=r;s,^x\$,$2," x
	tar -rPf "$1.tar" -C two --transform "flags=r;s,^x\$,$3," x
	zstd -q --rm "$1.tar" -o "$1.tar.zst"
}

@test "hostile archives are refused in one line that names them" {
	twins double a a
	hostile double "a: is there twice"
	twins below a a/b
	hostile below "a/b: its directory is no directory"
	twins up a ../../up
	hostile up "../../up: a name that leads elsewhere"
	twins absolute a "$PWD/absolute"
	hostile absolute "$PWD/absolute: a name that leads elsewhere"
	[ ! -e absolute ]
	tar --zstd -cf device.tar.zst -C /dev null
	hostile device "null: neither file, directory nor link"
	printf '\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00' >window.tar.zst
	hostile window "damaged at byte 0"
	head -c 200M /dev/zero | zstd -q >bomb.tar.zst
	hostile bomb "expands to more than"
	: >empty.tar.zst
	hostile empty "not a whole tar"
	tar --zstd -cf good.tar.zst -C before .
	(cat good.tar.zst && echo garbage) >trailing.tar.zst
	hostile trailing "damaged at byte"
	cat good.tar.zst good.tar.zst >pair.tar.zst
	hostile pair ""
	head -c -1 good.tar.zst >short.tar.zst
	hostile short "ends in the middle of a frame"
	head -c "$(($(stat -c %s good.tar.zst) / 2))" good.tar.zst >half.tar.zst
	hostile half "ends in the middle of a frame"
	cp good.tar.zst flip.tar.zst
	printf 'xxxx' | dd of=flip.tar.zst bs=1 seek=9000 conv=notrunc status=none
	hostile flip "damaged at byte 0"
}

# through NAME TARGET MEMBER: an archive of a symlink of that target, and of a member that would be
# written through it.
through() {
	rm -rf one two && mkdir -p one two && ln -s "$2" one/d
	mkdir -p "two/$(dirname "$3")" && echo pwned >"two/$3"
	tar -cf "$1.tar" -C one d
	tar -rf "$1.tar" -C two "$3"
	zstd -q --rm "$1.tar"
}

# linked NAME TARGET: an archive of a file, of a hard link to TARGET, and of a file of the same name.
linked() {
	rm -rf one && mkdir -p one && echo 1 >one/file && ln one/file one/h
	tar -P -cf "$1.tar" --transform "flags=RSh;s,^file$,$2," -C one file h
	rm one/h && echo pwned >one/h
	tar -rf "$1.tar" -C one h
	zstd -q --rm "$1.tar"
}

@test "nothing is written through links that an archive brings along" {
	mkdir outside && echo victim >outside/victim
	through absolute "$PWD/outside" d/pwn
	hostile absolute "d: a symlink that leads elsewhere"
	through up ../../../outside d/pwn
	hostile up "d: a symlink that leads elsewhere"
	through inside . d/pwn
	hostile inside "d/pwn: its directory is no directory"
	through final ../../../outside/victim d
	hostile final "d: a symlink that leads elsewhere"
	linked hard "$PWD/outside/victim"
	hostile hard "h: a hard link that leads elsewhere"
	linked hard_up ../../../outside/victim
	hostile hard_up "h: a hard link that leads elsewhere"
	linked hard_inside file
	hostile hard_inside "h: is there twice"
	[ "$(ls outside)" = victim ] && [ "$(cat outside/victim)" = victim ]
}

@test "a member comes back into directories that are there, whatever their depth" {
	nested out/nest 1500
	artidx archive --apply --keep --queue none out/nest
	deepest=out/nest$(printf '/d%.0s' {1..1500})/f
	rm "$deepest"
	(ulimit -n 64 && expect 0 artidx restore out/nest.tar.zst && has "restored 1 file, ")
	[ "$(cat "$deepest")" = 1500 ]
}

@test "whatever depth a refused archive has, nothing of it stays" {
	rm -rf out/nest
	nested one 1500
	tar -cf deep.tar one
	rm -r one && mkdir -p one && ln -s /tmp one/link
	tar -rf deep.tar one/link
	zstd -q --rm deep.tar
	ulimit -n 64
	hostile deep "one/link: a symlink that leads elsewhere"
}

@test "what only looks odd is restored: control bytes, and setuid is dropped and said" {
	mkdir odd && echo text >odd/$'e\e[2J\nx' && echo x >odd/suid && chmod 4755 odd/suid
	tar --zstd -cf odd.tar.zst odd
	expect 0 artidx restore odd.tar.zst --to there
	has "odd/suid: was setuid"
	cmp odd/$'e\e[2J\nx' there/odd/$'e\e[2J\nx'
	[ "$(stat -c %a there/odd/suid)" = 755 ]
}

@test "of an archive with an index too, setuid is dropped and said" {
	chmod 4755 out/old/sub/text
	expect 0 artidx archive --apply --queue none out/old
	expect 0 artidx restore out/old.tar.zst
	has "old/sub/text: was setuid or setgid, and is not any more"
	[ "$(stat -c %a out/old/sub/text)" = 755 ]
}

@test "a name that is not in the archive is told, and nothing is restored" {
	expect 0 artidx archive --apply --queue none out/old
	expect 2 artidx restore out/old.tar.zst old/link old/nope
	has "out/old.tar.zst: has no member old/nope: nothing was restored"
	expect 2 artidx restore out/old.tar.zst old.artidx/README
	has "has no member old.artidx/README"
	lacks "did you mean"
	for path in sub/text out/old/sub/text; do
		expect 2 artidx restore out/old.tar.zst $path
		has "has no member $path: nothing was restored; did you mean old/sub/text?"
	done
	[ ! -e out/old ]
	tar --zstd -cf other.tar.zst before
	expect 2 artidx restore other.tar.zst before/link before/nope --to there
	has "other.tar.zst: has no member before/nope: nothing was restored"
	[ ! -e there/before ]
	expect 0 artidx restore other.tar.zst before/sub/noise --to there
}

@test "without an index a hard link that is named alone tells which file to name with it" {
	mkdir two && echo text >two/a && ln two/a two/b
	tar --sort=name --zstd -cf two.tar.zst two
	expect 3 artidx restore two.tar.zst two/b --to there
	has "two/b: is another name of two/a, which is not restored"
	[ -z "$(ls -A there)" ]
	expect 0 artidx restore two.tar.zst two/b two/a --to there
	[ "$(stat -c %h there/two/b)" = 2 ]
}
