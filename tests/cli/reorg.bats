#!/usr/bin/env bats
# Sorting a project, end to end: the sample of an experimenter's tree, and small ones.

load support

prepare() {
	export XDG_DATA_HOME=$BATS_TEST_TMPDIR/xdg TS_SOCKET=$BATS_TEST_TMPDIR/no-socket
	unset ARTIDX_QUEUE TMPDIR
}

sample() {
	"$ARTIDX_SAMPLE" project >/dev/null
	cd project || return 1
	artidx scan >/dev/null
}

# Four bases, one in use by a script; nothing else.
bases() {
	local k
	for k in a b c d; do
		safetensors "out/v_hack_$k.safetensors" '{"V/model.layers.0.mlp.up_proj":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"S/model.layers.0.mlp.up_proj":{"dtype":"F32","shape":[2],"data_offsets":[32,40]}}' 40
		printf %s "$k" | dd of="out/v_hack_$k.safetensors" bs=1 seek=200 conv=notrunc status=none
		touch -d '2026-05-28T12:00:00Z' "out/v_hack_$k.safetensors"
	done
	mkdir -p logs
	echo 'run --base=out/v_hack_a.safetensors' >justfile
	artidx scan >/dev/null
}

# Everything but .artidx: inode, type, mode, size, times to the nanosecond, links.
inodes() { find . -path ./.artidx -prune -o -printf '%i %y %m %n %s %T@ %C@ %p %l\n' | sort -k8; }

# What a user would miss: names, state, modes, times of files and directories.
state() {
	find . -path ./.artidx -prune -o ! -path . -printf '%y %m %n %T@ %p %l\n' | sort -k5
	find . -path ./.artidx -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
}

idle=--queue=none

@test "a busy queue: status 3, its tasks by name, and not one inode has changed" {
	sample
	inodes >../before
	expect 3 artidx reorg --apply --queue file:queue.json
	inodes | diff ../before -
	for id in 1 2 3 4 5; do
		[[ $output =~ touches\ +pueue\ $id\ queued:\ out/v_hack_21pairs.safetensors ]]
	done
	[[ $output =~ touches\ +pueue\ 6\ running:\ out/probe_distill/teacher_pool ]]
	[[ $output =~ clear\ +pueue\ 7\ stashed ]]
	lacks "pueue 8"
	has "6 tasks name what would move"
	# Nothing is begun either.
	expect 0 artidx reorg --history
	lacks applied
	# Ignored by name they do not block; one that is left does.
	expect 3 artidx reorg --apply --queue file:queue.json --ignore-task 1,2,3,4 --ignore-task pueue:6
	has "1 task names"
	inodes | diff ../before -
	expect 0 artidx reorg --apply --queue file:queue.json --ignore-task 1,2,3,4,5,pueue:6
}

@test "the sample is sorted as its expected.json says, file by file" {
	sample
	# A file that stays with a flag has no destination of its own.
	{ "$ARTIDX_EXPECTED" expected.json moves
		"$ARTIDX_EXPECTED" expected.json flags | cut -f1 | sed 's/.*/&\t&/'; } | sort >../moves
	[ "$(wc -l <../moves)" -gt 200 ]
	# Which inode, content, mode and time is to be where.
	find out logs -type f -printf '%p\t%i %m %s %T@\n' | sort >../facts
	find out logs -type f -print0 | xargs -0 sha256sum | sed -E 's/^([0-9a-f]+)  (.*)$/\2\t\1/' | sort >../sums
	join -t "$(printf '\t')" ../moves ../facts | join -t "$(printf '\t')" - ../sums |
		cut -f2- | sort >../wanted
	[ "$(wc -l <../wanted)" -eq "$(wc -l <../moves)" ]
	expect 0 artidx reorg --apply --queue file:queue_idle.json
	has "Done. To take it back"
	find out logs -type f -printf '%p\t%i %m %s %T@\n' | sort >../facts2
	find out logs -type f -print0 | xargs -0 sha256sum | sed -E 's/^([0-9a-f]+)  (.*)$/\2\t\1/' | sort >../sums2
	join -t "$(printf '\t')" ../facts2 ../sums2 | diff ../wanted -
	# Loose are exactly those that were said to stay.
	"$ARTIDX_EXPECTED" expected.json flags | cut -f1 | grep -E '^out/[^/]*$' | sort >../loose
	find out -maxdepth 1 -type f | sort | diff ../loose -
	[ ! -e out/probe_distill/teacher_pool ]
	[ -d out/probe_distill/warmupgen_vanilla_seed41 ]
}

@test "each file that stays is named with its flag" {
	sample
	artidx reorg $idle --json >../plan.json
	"$ARTIDX_EXPECTED" expected.json flags | sort >../flags
	grep -A1 '"path": "out/' ../plan.json | grep -B1 '"flag"' | grep -v '^--' |
		sed -E 's/^ *"(path|flag)": "(.*)",?$/\2/' | paste - - | sort | diff ../flags -
}

@test "a series that stays for one reason takes one line, and what was done is told as done" {
	bases
	mkdir -p out/probe_distill/odd
	for k in 0 1 2 3 4 5; do echo x >out/probe_distill/odd/step_$k.txt; done
	echo y >out/a.txt
	echo y >out/b.txt
	expect 0 artidx reorg $idle
	[[ ${lines[0]} =~ ^moves\ \ 4\ files,\ 856$ ]]
	has "stays  8 files (-v names each of them)"
	has "  unknown       out/probe_distill/odd/step_0.txt and 5 more beside it: its directory"
	lacks step_1.txt
	has "  unknown       out/a.txt: the layout"
	has "  unknown       out/b.txt: the layout"
	# Others between them are no hindrance.
	for k in 0 1 2 3; do
		echo x >"out/s$k.txt"
		echo x >"out/s$k.safetensors"
	done
	touch -d 2026-05-28T12:00:00Z out/s*
	expect 0 artidx reorg $idle
	has "  invalid       out/s0.safetensors and 3 more beside it: "
	has "  unknown       out/a.txt and 5 more beside it: the layout"
	lacks out/s1
	rm out/s?.*
	expect 0 artidx reorg $idle -v
	has "stays  8 files"
	lacks "names each"
	has "out/probe_distill/odd/step_0.txt: its directory"
	has "out/probe_distill/odd/step_5.txt: its directory"
	expect 0 artidx reorg --apply $idle
	[[ ${lines[0]} =~ ^moved\ \ 4\ files,\ 856$ ]]
	has "edited  1 place"
	[[ $output == *$'\n  justfile\n'* ]]
}

@test "an undo that had to leave something says so, in the history too, and can be tried again" {
	bases
	state >../before
	artidx reorg --apply $idle >/dev/null
	id=$(artidx reorg --history | cut -c1-12)
	cp -p out/vhack/v_hack_c.safetensors ../c
	echo more >>out/vhack/v_hack_c.safetensors
	expect 4 artidx reorg --undo $idle
	has "left as it is"
	has "artidx reorg --undo $id tries again"
	expect 0 artidx reorg --history
	[[ $output =~ undone\ .*\ not\ taken\ back ]]
	cat ../c >out/vhack/v_hack_c.safetensors
	touch -r ../c out/vhack/v_hack_c.safetensors
	expect 0 artidx reorg --undo "$id" $idle
	state | diff ../before -
	expect 0 artidx reorg --history
	lacks "not taken back"
	expect 3 artidx reorg --apply "$id" $idle
	has "plan $id: already undone; 'artidx reorg' makes a new one"
}

@test "an undo that had to leave something: the history has only what each try took back" {
	bases
	artidx reorg --apply $idle >/dev/null
	id=$(artidx reorg --history | cut -c1-12)
	cp -p out/vhack/v_hack_c.safetensors ../c
	echo more >>out/vhack/v_hack_c.safetensors
	expect 4 artidx reorg --undo $idle
	expect 0 artidx resolve out/v_hack_c.safetensors
	[ "$output" = out/vhack/v_hack_c.safetensors ]
	mv out/v_hack_a.safetensors out/mine.safetensors
	expect 0 artidx scan
	cat ../c >out/vhack/v_hack_c.safetensors
	touch -r ../c out/vhack/v_hack_c.safetensors
	expect 0 artidx reorg --undo "$id" $idle
	expect 0 artidx resolve out/vhack/v_hack_c.safetensors
	[ "$output" = out/v_hack_c.safetensors ]
	expect 0 artidx resolve out/vhack/v_hack_a.safetensors
	[ "$output" = out/mine.safetensors ]
}

@test "scripts change as the diff says, and nowhere else" {
	sample
	cp -a . ../before
	artidx reorg $idle >../plan
	expect 0 artidx reorg --apply $idle
	while IFS=$(printf '\t') read -r file text; do
		grep -qF -- "$text" "$file" || { echo "$file lacks $text"; return 1; }
	done < <("$ARTIDX_EXPECTED" expected.json has)
	while IFS=$(printf '\t') read -r file text; do
		! grep -qF -- "$text" "$file" || { echo "$file has $text"; return 1; }
	done < <("$ARTIDX_EXPECTED" expected.json not)
	# Each changed line is in the plan's diff, and each line of that in the files.
	for file in justfile src scripts; do
		diff -r "../before/$file" "$file" | grep '^[<>]' || true
	done | sed 's/^< /-/; s/^> /+/' | sort >../changed
	grep -E '^[-+]' ../plan | grep -vE '^(---|\+\+\+) ' | sort >../planned
	diff ../planned ../changed
	stat -c '%a %U' justfile >../mode
	stat -c '%a %U' ../before/justfile | diff - ../mode
}

@test "a second --apply writes nothing" {
	sample
	artidx reorg --apply $idle >/dev/null
	inodes >../before
	find .artidx/journal .artidx/history -printf '%i %s %T@ %C@ %p\n' | grep -v lock | sort >../journal
	expect 0 artidx reorg --apply $idle
	lacks "Done."
	inodes | diff ../before -
	find .artidx/journal .artidx/history -printf '%i %s %T@ %C@ %p\n' | grep -v lock | sort | diff ../journal -
}

@test "--undo gives back the tree byte for byte, mtimes of files and directories included" {
	sample
	state >../before
	artidx reorg --apply $idle >/dev/null
	expect 0 artidx reorg --undo
	state | diff ../before -
	expect 0 artidx reorg --undo
	has "nothing to undo"
	expect 0 artidx check
	# And it can be done again.
	expect 0 artidx reorg --apply $idle
}

@test "resolve answers for every moved file, also after several moves" {
	sample
	artidx reorg --apply $idle >/dev/null
	"$ARTIDX_EXPECTED" expected.json moves | while IFS=$(printf '\t') read -r from to; do
		[ "$from" != "$to" ] || continue
		printf '%s\n' "$to"
		printf '%s\n' "$from" >&3
	done 3>../from >../to
	[ "$(wc -l <../from)" -gt 100 ]
	head -20 ../from | while read -r from; do artidx resolve "$from"; done >../answers
	head -20 ../to | diff - <(sed 's/^.*-> //' ../answers)
	mv out/vhack out/bases
	artidx scan >/dev/null
	expect 0 artidx resolve out/v_hack_full.safetensors
	has out/bases/v_hack_full.safetensors
}

@test "a saved plan whose file has changed since is refused, and nothing is done" {
	bases
	expect 0 artidx reorg $idle
	[[ $output =~ --apply\ ([0-9a-f]{12}) ]]
	local id=${BASH_REMATCH[1]}
	echo more >>out/v_hack_c.safetensors
	inodes >../before
	expect 3 artidx reorg --apply "$id" $idle
	has v_hack_c
	inodes | diff ../before -
	expect 0 artidx reorg --recover
	has "nothing to recover"
}

@test "a saved plan stops at anything that is no longer as it was" {
	bases
	plan() { artidx reorg $idle | sed -n 's/.*--apply \([0-9a-f]*\).*/\1/p' >../id; }
	refused() {
		inodes >../before
		expect 3 artidx reorg --apply "$(cat ../id)" $idle
		has "$1"
		inodes | diff ../before -
		run artidx reorg --recover
		has "nothing to recover"
	}
	plan
	mv out/v_hack_c.safetensors ../c
	refused v_hack_c
	mv ../c out/v_hack_c.safetensors
	plan
	mkdir out/vhack
	echo mine >out/vhack/v_hack_d.safetensors
	refused v_hack_d
	rm -r out/vhack
	echo mine >out/vhack
	refused out/vhack
	rm out/vhack
	echo '# more' >>justfile
	refused justfile
}

@test "a saved plan is applied by its id, once" {
	bases
	artidx reorg $idle >plan
	[[ $(cat plan) =~ --apply\ ([0-9a-f]{12}) ]]
	local id=${BASH_REMATCH[1]}
	rm plan
	expect 0 artidx reorg --apply "$id" $idle
	[ -f out/vhack/v_hack_a.safetensors ]
	expect 0 artidx reorg --apply "$id" $idle
	has "applied already"
	expect 2 artidx reorg --apply 000000000000 $idle
	expect 0 artidx reorg --undo "${id:0:6}"
	[ -f out/v_hack_a.safetensors ]
}

@test "--when-idle waits, keeps nobody out meanwhile, and goes by what is there then" {
	bases
	sed "s,PROJECT,$PWD," >busy.json <<-'END'
		{"tasks": {"5": {"id": 5, "command": "train out/v_hack_b.safetensors", "path": "PROJECT",
		"status": {"Queued": {"enqueued_at": "2026-05-29T10:00:00Z"}}, "group": "default"}},
		"groups": {"default": {"status": "Running", "parallel_tasks": 1}}}
	END
	cp busy.json queue.json
	"$ARTIDX" reorg --apply --when-idle --queue file:queue.json >first 2>&1 &
	local first=$!
	for _ in $(seq 200); do
		! grep -q waiting first || break
		sleep 0.1
	done
	grep -q waiting first
	[ -f out/v_hack_a.safetensors ]
	cp -p out/v_hack_a.safetensors out/v_hack_late.safetensors
	expect 0 artidx scan
	cp "$BATS_TEST_DIRNAME/../queues/pueue_empty.json" idle.json
	mv idle.json queue.json
	wait "$first"
	[ -f out/vhack/v_hack_a.safetensors ] && [ -f out/vhack/v_hack_late.safetensors ]
	[ "$(grep -c waiting first)" -eq 1 ]
}

@test "two at once: the second one is refused" {
	bases
	mkfifo held
	artidx reorg $idle >/dev/null
	# Who holds the lock as an artidx at work does.
	flock -o .artidx/journal sh -c 'echo held >held; exec sleep 60' &
	local holder=$!
	read -r _ <held
	inodes >../before
	expect 3 artidx reorg --apply $idle
	has "another artidx"
	expect 3 artidx reorg --undo
	expect 3 artidx reorg --recover
	expect 0 artidx reorg --history
	has planned
	inodes | diff ../before -
	pkill -P "$holder" || true
	kill "$holder" || true
	wait "$holder" || true
	expect 0 artidx reorg --apply $idle
}

@test "two applies at the same moment: one does it, the other is refused or finds nothing to do" {
	bases
	state >../before
	for round in 1 2 3 4 5; do
		artidx reorg --apply $idle >../one 2>&1 &
		local one=$!
		status=0
		artidx reorg --apply $idle >../other 2>&1 || status=$?
		local other=$status
		status=0
		wait "$one" || status=$?
		echo "round $round: $status and $other"
		for log in one:$status other:$other; do
			case ${log#*:} in
			0) ;;
			3) grep -q "another artidx is at work" "../${log%:*}" ;;
			*) false ;;
			esac
		done
		[ "$(cat ../one ../other | grep -c '^Done.')" -eq 1 ]
		[ "$(find out/vhack -type f | wc -l)" -eq 4 ]
		expect 0 artidx reorg --undo $idle
		state | diff ../before -
	done
}

@test "--links leaves links at the old paths of inputs, --prune-links removes them" {
	sample
	expect 0 artidx reorg --apply --links --queue file:queue.json
	[ "$(readlink out/v_hack_21pairs.safetensors)" = vhack/v_hack_21pairs.safetensors ]
	[ -f out/v_hack_21pairs.safetensors ]
	[ "$(readlink out/probe_distill/teacher_pool)" = ../pools/teacher_pool ]
	[ ! -L out/train.safetensors ] && [ ! -e out/train.safetensors ]
	# The recipe that makes any v_hack_NAME keeps them, and so do jobs.
	expect 0 artidx reorg --prune-links --queue file:queue.json
	has "no link to remove"
	has "keeps out/v_hack_full.safetensors: justfile:"
}

@test "--prune-links removes the links that nothing names any more" {
	bases
	expect 0 artidx reorg --apply --links $idle
	state >../before
	sed "s,PROJECT,$PWD," >queue.json <<-'END'
		{"tasks": {"5": {"id": 5, "command": "train out/v_hack_b.safetensors", "path": "PROJECT",
		"status": {"Queued": {"enqueued_at": "2026-05-29T10:00:00Z"}}, "group": "default"}},
		"groups": {"default": {"status": "Running", "parallel_tasks": 1}}}
	END
	expect 0 artidx reorg --prune-links --queue file:queue.json
	has "would remove out/v_hack_c.safetensors"
	has "keeps out/v_hack_b.safetensors: task pueue 5"
	lacks "remove out/v_hack_b.safetensors"
	expect 0 artidx reorg --prune-links --apply --queue file:queue.json
	[ "$(find out -type l)" = out/v_hack_b.safetensors ]
	rm queue.json
	expect 0 artidx reorg --undo
	state | diff ../before -
	expect 0 artidx reorg --prune-links --apply $idle
	[ -z "$(find out -type l)" ]
	[ -f out/vhack/v_hack_b.safetensors ]
}

# shellcheck disable=SC2016 # for the justfile
@test "--prune-links keeps a link in whose directory something is named that is not there yet" {
	sample
	rm -r src scripts
	echo 'OUT=out; ls $OUT/probe_distill/teacher_pool/new.gz' >justfile
	expect 0 artidx reorg --apply --links $idle
	expect 0 artidx reorg --prune-links $idle
	has "keeps out/probe_distill/teacher_pool: justfile:1"
	echo 'ls out/probe_distill/teacher_pool/step_$X' >justfile
	expect 0 artidx reorg --prune-links $idle
	has "keeps out/probe_distill/teacher_pool: justfile:1"
	echo 'ls $OUT/probe_distill/teacher_pool_rl/x' >justfile
	expect 0 artidx reorg --prune-links $idle
	has "would remove out/probe_distill/teacher_pool"
}

# What scripts/results.py calls the basis of each log.
display_names() {
	python3 - <<-'END'
		import pathlib, runpy
		name = runpy.run_path("scripts/results.py")["vhack_name"]
		for log in sorted(pathlib.Path("logs").rglob("*.log")):
		    lines = log.read_text(errors="replace").splitlines()
		    print(log, [name(line) for line in lines if name(line)])
	END
}

@test "scripts/results.py finds the same names in the logs as before" {
	sample
	display_names >../before
	grep -q "'v_hack_21pairs'" ../before
	expect 0 artidx reorg $idle
	# The pattern fits no path of runs to come; that is for a person to see.
	has "scripts/results.py:5"
	sha256sum scripts/results.py >../script
	expect 0 artidx reorg --apply $idle
	[ -f out/vhack/v_hack_21pairs.safetensors ]
	sha256sum --quiet -c ../script
	display_names | diff ../before -
	expect 0 artidx reorg --undo
	display_names | diff ../before -
}

@test "a path that is made with a name of the directory is listed with its line" {
	bases
	cat >justfile <<-'END'
		OUT := "out"
		a:
		    run -b{{ OUT }}/v_hack_a.safetensors -oout/v_hack_b.safetensors
		b:
		    run out//v_hack_c.safetensors out/x.bak myout/v_hack_c.safetensors
	END
	expect 0 artidx reorg $idle --json
	[ "$(jq -c '[.unresolved[] | [.file, .line]]' <<<"$output")" = '[["justfile",3],["justfile",3]]' ]
	[ "$(jq -c '[.edits[] | [.line, .old, .new]]' <<<"$output")" = '[[5,"out//v_hack_c.safetensors","out/vhack/v_hack_c.safetensors"]]' ]
	expect 0 artidx reorg --apply $idle
	grep -q 'run out/vhack/v_hack_c.safetensors out/x.bak myout/v_hack_c.safetensors' justfile
}

@test "--no-edits leaves scripts as they are" {
	bases
	expect 0 artidx reorg --no-edits $idle
	lacks "+++ b/justfile"
	expect 0 artidx reorg --apply --no-edits $idle
	grep -q out/v_hack_a.safetensors justfile
}

@test "the JSON document has all that scripts may rely on" {
	sample
	artidx reorg --json --queue file:queue.json >plan.json
	for key in schema root plan moves dirs stay edits unresolved links gate applied; do
		grep -qE "^  \"$key\": " plan.json || { echo "no $key"; return 1; }
	done
	grep -q '"schema": "artidx.reorg/1"' plan.json
	grep -q '"state": "busy"' plan.json
	grep -q '"applied": false' plan.json
	grep -qE '"plan": "[0-9a-f]{12}"' plan.json
	local id
	id=$(sed -nE 's/^  "plan": "([0-9a-f]+)",$/\1/p' plan.json)
	artidx reorg --apply --json $idle >done.json
	grep -q '"applied": true' done.json
	grep -q '"state": "idle"' done.json
	# Again: nothing to do is an empty plan.
	artidx reorg --apply --json $idle >again.json
	grep -q '"plan": null' again.json
	grep -q '"applied": false' again.json
	artidx reorg --history --json >history.json
	grep -q '"state": "applied"' history.json
}

@test "a saved plan applied with --json answers in JSON" {
	bases
	local id
	id=$(artidx reorg --json $idle | sed -nE 's/^  "plan": "([0-9a-f]+)",$/\1/p')
	artidx reorg --apply "$id" --json $idle >done.json
	grep -q '"applied": true' done.json
	grep -q '"to": "out/vhack/v_hack_a.safetensors"' done.json
}

@test "a job that writes to its old path again: named by scan and by check" {
	bases
	artidx reorg --apply --links $idle >/dev/null
	expect 0 artidx check
	expect 0 artidx scan
	lacks resurrected
	rm out/v_hack_a.safetensors
	cp out/vhack/v_hack_b.safetensors out/v_hack_a.safetensors
	expect 1 artidx check
	has "back at a path that was moved away from"
	has "out/v_hack_a.safetensors -> out/vhack/v_hack_a.safetensors"
	expect 0 artidx scan
	has "resurrected: 1"
	has "is now out/vhack/v_hack_a.safetensors"
	# Catalogued by now, it is still where it should not be.
	expect 1 artidx check
	has "back at a path that was moved away from"
	# A link that a reorg left is no such thing, and neither is what an undo put back.
	rm out/v_hack_a.safetensors
	artidx scan >/dev/null
	artidx reorg --undo >/dev/null || true
	expect 0 artidx scan
	lacks resurrected
	expect 0 artidx check
}

@test "nothing to recover, nothing to undo, no plans yet" {
	bases
	expect 0 artidx reorg --recover
	has "nothing to recover"
	expect 0 artidx reorg --undo
	has "nothing to undo"
	expect 0 artidx reorg --history
	has "no plans yet"
}

@test "a journal of a newer artidx: named, never touched, and the others are still listed" {
	bases
	artidx reorg --apply $idle >/dev/null
	first=$(artidx reorg --history | cut -c1-12)
	# As a version to come may begin its plans: the head of its first record says format 2.
	newer=.artidx/journal/0123456789ab.journal
	printf 'AXJ2\001\000\000\000\003\000\000\000\000\000\000\000\025\200L\346\224\216:\230\367\320\004\234lSj\024\002ab' >$newer
	cp $newer ../newer
	expect 0 artidx reorg --history
	[[ $output =~ 0123456789ab\ .*\ unreadable\ +0123456789ab.journal:\ was\ written\ by\ a\ newer\ artidx ]]
	[[ $output =~ $first\ .*\ applied ]]
	artidx reorg --history --json >../history.json
	grep -q '"state": "unreadable"' ../history.json
	grep -q '"why": "0123456789ab.journal: was written by a newer artidx' ../history.json
	for args in '' --apply --recover --undo "--undo 0123" "--apply 0123" --prune-links; do
		# shellcheck disable=SC2086 # words of their own
		expect 3 artidx reorg $args $idle
		has "0123456789ab.journal"
		has "written by a newer artidx"
		[ "${#lines[@]}" -eq 1 ]
	done
	cmp $newer ../newer
	rm $newer
	expect 0 artidx reorg --undo $idle
}

@test "reading a journal changes nothing of it: a torn record goes when one is written" {
	bases
	artidx reorg --apply $idle >/dev/null
	printf AXJ1torn >>"$(echo .artidx/journal/*.journal)"
	sha256sum .artidx/journal/*.journal >../before
	expect 0 artidx reorg --history
	has applied
	expect 0 artidx reorg $idle
	sha256sum .artidx/journal/*.journal | diff ../before -
	chmod a-w .artidx/journal/*.journal
	[ "$(id -u)" -eq 0 ] || expect 6 artidx reorg --undo $idle
	chmod u+w .artidx/journal/*.journal
	expect 0 artidx reorg --undo $idle
	run ! grep -qa torn .artidx/journal/*.journal
}

@test "the last plan is the one that was begun last, whatever became of the files' times" {
	bases
	artidx reorg --apply $idle >/dev/null
	safetensors out/v_hack_e.safetensors '{"V/model.layers.0.mlp.up_proj":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"S/model.layers.0.mlp.up_proj":{"dtype":"F32","shape":[2],"data_offsets":[32,40]}}' 40
	artidx reorg --apply $idle >/dev/null
	artidx reorg --history >../history
	[ "$(grep -c applied ../history)" -eq 2 ]
	touch -d 2030-01-01 ".artidx/journal/$(head -n 1 ../history | cut -c1-12).journal"
	touch -d 2001-01-01 ".artidx/journal/$(tail -n 1 ../history | cut -c1-12).journal"
	artidx reorg --history | diff ../history -
	expect 0 artidx reorg --undo $idle
	has "plan $(tail -n 1 ../history | cut -c1-12) is undone"
	[ -e out/v_hack_e.safetensors ]
	[ ! -e out/v_hack_a.safetensors ]
}

@test "the same plan has the same id, and history shows what was done and the plan to come" {
	bases
	artidx reorg $idle >../first
	artidx reorg $idle | diff ../first -
	expect 0 artidx reorg --history
	[ "${#lines[@]}" -eq 1 ]
	id=${lines[0]:0:12}
	grep -q -- "--apply $id" ../first
	# Another plan comes in its place; the first one can still be had.
	artidx reorg --no-edits $idle >/dev/null
	expect 0 artidx reorg --history
	[ "${#lines[@]}" -eq 2 ]
	lacks "$id"
	[ "${lines[1]}" = "and 1 plan that was not applied and has a newer one: -v lists it" ]
	expect 0 artidx reorg --history -v
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} =~ ^$id\ .*planned ]]
	[ "$(artidx reorg --history --json | grep -c '"state": "planned"')" -eq 2 ]
	# Applying without naming it is applying that plan.
	expect 0 artidx reorg --apply $idle
	has "artidx reorg --undo $id"
	expect 0 artidx reorg --history
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} =~ ^$id\ .*applied ]]
	has "and 1 plan"
	expect 0 artidx reorg --undo $idle
	# What was undone keeps its id.
	artidx reorg $idle >/dev/null
	expect 0 artidx reorg --history
	[[ ${lines[0]} =~ ^$id\ .*undone ]]
	[[ ${lines[1]} =~ planned ]]
	[[ ! ${lines[1]} =~ ^$id ]]
}

@test "on a terminal prose keeps to its width, and a huge line of a script is cut around its change" {
	bases
	safetensors "out/train_of_a_run_that_nobody_knows_s99.safetensors" '{"delta_S/model.layers.0.self_attn.q_proj":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"delta_S_hack/model.layers.0.self_attn.q_proj":{"dtype":"F32","shape":[4],"data_offsets":[16,32]}}' 32
	ln -s nowhere out/dangling
	{
		head -c 3000000 /dev/zero | tr '\0' a
		printf '\xc3\xa9 out/v_hack_b.safetensors '
		head -c 3000000 /dev/zero | tr '\0' z
		echo
		head -c 3000000 /dev/zero | tr '\0' c
		echo
	} >>justfile
	on_terminal 60 "$ARTIDX" --color=never --no-pager reorg --queue=none | tr -d '\r' >../shown
	[ "$(wc -c <../shown)" -lt 8000 ]
	grep -q '^-….* out/v_hack_b.safetensors zz*…$' ../shown
	grep -q '^+….* out/vhack/v_hack_b.safetensors zz*…$' ../shown
	grep -q '^ cc*…$' ../shown
	grep -q '^-run --base=out/v_hack_a.safetensors$' ../shown
	sed -n '/^stays/,/^edits/p' ../shown >../stays
	cat ../stays
	grep -q '^  no-log        out/train_of_a_run_that_nobody_knows_s99.safetensors:$' ../stays
	[ "$(grep -v 'train_of' ../stays | awk '{ if (length > longest) longest = length } END { print longest }')" -le 60 ]
	[ "$(grep -c '^                [^ ]' ../stays)" -ge 2 ]
	# Elsewhere nothing is cut, and what is shown is a patch.
	artidx reorg $idle >../piped
	grep -q '^  unknown       out/dangling: a symlink to nowhere, which is not there: it stays$' ../piped
	[ "$(wc -c <../piped)" -gt 15000000 ]
	cp justfile ../justfile
	artidx reorg --apply $idle >/dev/null
	sed -n '/^--- a/,$p' ../piped | patch --dry-run -s ../justfile
	sed -n '/^--- a/,$p' ../piped | patch -s ../justfile
	cmp justfile ../justfile
}

@test "on a terminal a path that has no room goes below, and none is broken" {
	sample
	ln -s v_hack_21pairs.safetensors out/a_link_to_what_moves_with_a_name_of_some_length
	artidx scan >/dev/null
	for options in "" "-v --links"; do
		# shellcheck disable=SC2086 # a list of words
		on_terminal 80 "$ARTIDX" --color=never --no-pager reorg $options $idle | tr -d '\r' |
			sed '/^edits/,$d' >../shown
		cat ../shown
		# No line is longer but for those of one path that is.
		[ -z "$(awk 'length > 80 && (/ -> ./ && !/^      -> / || / and [0-9]+ more /)' ../shown)" ]
		grep -q '^      -> out/runs/20260529T020202_smoke_vanilla_seed41/train.safetensors$' ../shown
		grep -q '^  symlink      out/a_link_to_what_moves_with_a_name_of_some_length$' ../shown
		grep -q '^      will point to vhack/v_hack_21pairs.safetensors$' ../shown
		[ "$(grep -c ' $' ../shown)" -eq 0 ]
	done
	on_terminal 80 "$ARTIDX" --color=never --no-pager reorg $idle | tr -d '\r' >../shown
	grep -q '^                and 5 more beside it: its directory has no place in the layout$' ../shown
	artidx reorg --apply --links $idle >/dev/null
	on_terminal 80 "$ARTIDX" --color=never reorg --history | tr -d '\r' >../shown
	cat ../shown
	[ "$(wc -L <../shown)" -le 80 ]
	grep -q '^  *28 links$' ../shown
	artidx reorg --undo $idle
	# In a pipe each move is a line.
	artidx reorg $idle >../piped
	grep -q '^  checkpoint .* as out/train.safetensors -> out/runs/20260529T020202_smoke_vanilla_seed41/train.safetensors$' ../piped
}

@test "whoever leaves the plan open in a pager keeps nobody from working" {
	local i long
	long=$(printf 'n%.0s' {1..220})
	bases
	for i in {1..400}; do
		cp out/v_hack_a.safetensors "out/v_hack_$long$i.safetensors"
		printf %s "$i" | dd of="out/v_hack_$long$i.safetensors" bs=1 seek=200 conv=notrunc status=none
		touch -d '2026-05-28T12:00:00Z' "out/v_hack_$long$i.safetensors"
	done
	mkfifo ../pager
	artidx reorg -v $idle >../pager 3>&- &
	exec 4<../pager
	# It has begun to show, and cannot go on: more than a pipe and two buffers hold.
	read -r -N 1 -u 4
	expect 0 timeout 60 "$ARTIDX" scan
	expect 0 timeout 60 "$ARTIDX" reorg -v $idle
	printf '%s\n' "$output" >../second
	{
		printf %s "$REPLY"
		cat <&4
	} >../first
	wait $!
	cmp ../first ../second
	[ "$(wc -c <../first)" -gt 150000 ]
}

@test "a damaged catalogue blocks neither undo nor recover" {
	bases
	state >../before
	artidx reorg --apply $idle >/dev/null
	head -c 100000 /dev/urandom >.artidx/catalogue/data.mdb
	expect 5 artidx query
	expect 0 artidx reorg --undo
	state | diff ../before -
	expect 0 artidx reorg --recover
}

@test "a queue that cannot be read blocks" {
	bases
	inodes >../before
	echo '{"tasks": 7' >queue.json
	inodes >../before
	for file in queue.json nowhere.json out; do
		expect 3 artidx reorg --apply --queue "file:$file"
		has "artidx: $file:"
		expect 0 artidx reorg --queue "file:$file"
		artidx reorg --queue "file:$file" --json |
			jq -e --arg file "$file" '.gate.state == "unknown" and (.gate.why | startswith($file))'
	done
	inodes | diff ../before -
	# pueue is set up here, and neither its daemon nor its state can be read.
	mkdir -p "$XDG_DATA_HOME/pueue"
	echo garbage >"$XDG_DATA_HOME/pueue/state.json"
	inodes >../before
	expect 3 artidx reorg --apply
	inodes | diff ../before -
}

@test "pueue's state where its configuration says it is" {
	bases
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
	mkdir -p "$XDG_CONFIG_HOME/pueue" state
	printf 'shared:\n  pueue_directory: "%s/state"\n' "$BATS_TEST_TMPDIR" >"$XDG_CONFIG_HOME/pueue/pueue.yml"
	printf '{"tasks":{"3":{"status":"Queued","path":"%s","command":"run out/v_hack_a.safetensors"}}}' "$PWD" >state/state.json
	expect 3 artidx reorg --apply
	has "pueue 3 queued: out/v_hack_a.safetensors"
}

@test "a script that a shell still reads is not edited under its hands" {
	bases
	inodes >../before
	sleep 100 3<justfile &
	local reader=$!
	expect 3 artidx reorg --apply $idle
	has "justfile: process $reader has it open"
	inodes | diff ../before -
	kill "$reader"
	wait "$reader" || true
	expect 0 artidx reorg --apply $idle
}

@test "an open file stays, and all else moves" {
	bases
	tail -f out/v_hack_b.safetensors >/dev/null &
	local sleeper=$!
	expect 0 artidx reorg --apply $idle
	kill "$sleeper"
	has "in-use"
	has "out/v_hack_b.safetensors"
	[ -f out/v_hack_b.safetensors ] && [ -f out/vhack/v_hack_a.safetensors ]
	expect 0 artidx reorg --apply $idle
	[ -f out/vhack/v_hack_b.safetensors ]
}

# queued COMMAND: the saved listing queue.json with one queued task, 5.
queued() {
	printf '{"tasks": {"5": {"id": 5, "command": "%s", "path": "%s", "status": {"Queued": {"enqueued_at": "2026-05-29T10:00:00Z"}}, "group": "default"}}, "groups": {"default": {"status": "Running", "parallel_tasks": 1}}}' \
		"$1" "$PWD" >queue.new
	mv queue.new queue.json
}

@test "--undo is blocked by what blocks an apply: a queued job, an open file, a queue that cannot be read" {
	bases
	state >../before
	artidx reorg --apply $idle >/dev/null
	queued 'train --base=out/vhack/v_hack_b.safetensors'
	inodes >../applied
	expect 3 artidx reorg --undo --queue file:queue.json
	[[ $output =~ touches\ +pueue\ 5\ queued:\ out/vhack/v_hack_b.safetensors ]]
	has "1 task names"
	inodes | diff ../applied -
	# In a directory that would go; an old name is none that goes; what no shell can tell.
	queued 'train --save=out/vhack/v_hack_new.safetensors'
	expect 3 artidx reorg --undo --queue file:queue.json
	# shellcheck disable=SC2016 # for the shell of the job
	queued 'train $BASE'
	expect 3 artidx reorg --undo --queue file:queue.json
	[[ $output =~ cannot\ tell\ +pueue\ 5 ]]
	echo '{"tasks": 7' >queue.json
	expect 3 artidx reorg --undo --queue file:queue.json
	rm queue.json
	inodes >../applied
	sleep 100 3<out/vhack/v_hack_c.safetensors &
	local reader=$!
	expect 3 artidx reorg --undo $idle
	has "out/vhack/v_hack_c.safetensors: process $reader has it open"
	kill "$reader"
	wait "$reader" || true
	inodes | diff ../applied -
	queued 'train --base=out/vhack/v_hack_b.safetensors'
	expect 0 artidx reorg --undo --queue file:queue.json --ignore-task 5
	rm queue.json
	state | diff ../before -
	# All is back: nothing goes any more.
	queued 'train --base=out/vhack/v_hack_b.safetensors'
	expect 0 artidx reorg --undo --queue file:queue.json
	has "nothing to undo"
	expect 2 artidx reorg --recover --undo --when-idle
}

@test "--undo lets a job through that names the old paths, and --when-idle waits for the others" {
	bases
	state >../before
	artidx reorg --apply $idle >/dev/null
	queued 'train --base=out/vhack/v_hack_b.safetensors'
	"$ARTIDX" reorg --undo --when-idle --queue file:queue.json >../waiter 2>&1 &
	local waiter=$!
	for _ in $(seq 200); do
		! grep -q waiting ../waiter || break
		sleep 0.1
	done
	grep -q waiting ../waiter
	[ -f out/vhack/v_hack_b.safetensors ]
	queued 'train --base=out/v_hack_b.safetensors'
	wait "$waiter"
	rm queue.json
	state | diff ../before -
}

@test "wrong uses" {
	bases
	expect 2 artidx reorg --apply --undo
	expect 2 artidx reorg --history --undo
	expect 2 artidx reorg --when-idle
	expect 2 artidx reorg deadbeef
	expect 2 artidx reorg --apply deadbeef --no-edits
	expect 2 artidx reorg --apply deadbeef --links
	expect 2 artidx reorg --queue nonsense
}

@test "a destination that cannot be written to: said, and nothing is lost" {
	bases
	if [ "$(id -u)" -eq 0 ]; then
		mounted out/vhack ro
	else
		mkdir -m 555 out/vhack
	fi
	state >../before
	run artidx reorg --apply $idle
	[ "$status" -eq 6 ]
	has "out/vhack: nothing can be moved into or out of this directory"
	state | diff ../before -
	expect 0 artidx reorg --recover
	has "nothing to recover"
}

@test "a directory on a read-only mount: nothing is begun" {
	bases
	[ "$(id -u)" -eq 0 ] || skip "only root can mount"
	state >../before
	mount --bind out out 2>/dev/null || skip "nothing can be mounted here"
	mount -o remount,ro,bind out
	run artidx reorg --apply $idle
	umount out
	[ "$status" -eq 6 ]
	has "out: nothing can be moved"
	has "Read-only file system"
	state | diff ../before -
	expect 0 artidx reorg --apply $idle
}

# So many files that a signal comes in the middle (TERM: bash has its jobs ignore INT).
many() {
	bases
	echo '{"layout": {"other": "misc/{name}"}}' >artidx.json
	(cd out && seq 20000 | split -l1 -a4 - n_ && find . -name 'n_*' -exec touch -d 2026-05-28T12:00:00Z {} +)
	sleep 0.1
	artidx scan >/dev/null
}

@test "data that cannot be written to: said, and nothing is lost" {
	mounted out size=1m
	bases
	state >../before
	mount -o remount,ro out
	run artidx reorg --apply $idle
	[ "$status" -eq 6 ]
	has "out: nothing can be moved into or out of this directory"
	state | diff ../before -
	mount -o remount,rw out
	expect 0 artidx reorg --apply $idle
}

@test "no room for the journal: nothing is begun" {
	bases
	mounted .artidx/journal size=16k
	head -c 20000 /dev/zero >.artidx/journal/filler 2>/dev/null || true
	state >../before
	expect 6 artidx reorg --apply $idle
	has "space"
	state | diff ../before -
	rm .artidx/journal/filler
	expect 0 artidx reorg --recover
	has "nothing to recover"
	expect 0 artidx reorg --apply $idle
	expect 0 artidx reorg --undo $idle
	state | diff ../before -
}

@test "times before 1970 and beyond 2262 survive" {
	bases
	touch -d '1901-12-14T00:00:00.5Z' out/v_hack_a.safetensors
	touch -d '2440-01-01T00:00:00Z' out/v_hack_b.safetensors
	state >../before
	expect 0 artidx reorg --apply $idle
	[ "$(stat -c %Y out/vhack/v_hack_b.safetensors)" = "$(date -d 2440-01-01T00:00:00Z +%s)" ]
	expect 0 artidx reorg --undo
	state | diff ../before -
}

@test "interrupted in the middle: the rest is done by --recover, or all taken back" {
	many
	state >../before
	for way in "--recover --undo" --recover; do
		local tries=0 signal=INT # as Ctrl-C does, then as a batch system
		[ "$way" != --recover ] || signal=TERM
		while :; do
			env --default-signal=INT "$ARTIDX" reorg --apply $idle >/dev/null 2>../err &
			local pid=$!
			while kill -0 "$pid" && [ ! -e out/misc/n_aaaa ]; do :; done
			kill -$signal "$pid" || true
			status=0
			wait "$pid" || status=$?
			[ "$status" -ne 0 ] && break
			# Too late: once more.
			artidx reorg --undo >/dev/null
			tries=$((tries + 1))
			[ "$tries" -lt 10 ] || skip "the machine is too fast"
		done
		[ "$status" -eq $((128 + $(kill -l $signal))) ]
		grep -q -- "--recover" ../err
		expect 3 artidx reorg --apply $idle
		# shellcheck disable=SC2086
		expect 0 artidx reorg $way
		[ "$way" = --recover ] || state | diff ../before -
	done
	[ "$(find out/vhack out/misc -type f | wc -l)" -eq 20004 ]
	[ "$(find out -maxdepth 1 -type f | wc -l)" -eq 0 ]
	artidx reorg --undo >/dev/null
	state | diff ../before -
}

@test "two file systems: copied, compared, removed, and back again" {
	mounted out/vhack size=10m
	bases
	chmod 640 out/v_hack_b.safetensors
	state >../before
	expect 0 artidx reorg --apply $idle
	[ "$(stat -c '%a %Y' out/vhack/v_hack_b.safetensors)" = "640 $(date -d 2026-05-28T12:00:00Z +%s)" ]
	[ ! -e out/v_hack_a.safetensors ]
	expect 0 artidx reorg --undo
	state | diff ../before -
	[ -z "$(ls -A out/vhack)" ]
}

# As if the last apply had died before its end: without the records APPLIED and SETTLED.
interrupted() { truncate -s -64 .artidx/journal/*.journal; }

@test "a link that two plans left, one after the other, is one link to remove" {
	bases
	artidx reorg --apply --links $idle >/dev/null
	rm out/v_hack_b.safetensors
	mv out/vhack/v_hack_b.safetensors out/
	artidx reorg --apply --links $idle >/dev/null
	expect 0 artidx reorg --prune-links $idle
	[ "$(grep -c '^would remove out/v_hack_b.safetensors' <<<"$output")" -eq 1 ]
	expect 0 artidx reorg --prune-links --apply $idle
	[ ! -L out/v_hack_b.safetensors ]
	expect 0 artidx reorg --undo $idle
	[ -L out/v_hack_b.safetensors ]
}

@test "a path in a data directory that is in another one is edited once" {
	bases
	mkdir out/more
	mv out/v_hack_a.safetensors out/more/
	echo '{"data": ["out/more", "out"]}' >artidx.json
	echo 'run out/more/v_hack_a.safetensors "out/more"/v_hack_a.safetensors' >justfile
	expect 0 artidx reorg --apply $idle
	has "edited  1 place"
	[ "$(cat justfile)" = 'run out/more/vhack/v_hack_a.safetensors "out/more"/v_hack_a.safetensors' ]
	[ "$(artidx query refs --json | grep -c '"text":"out/more/vhack')" -eq 1 ]
}

# noted COMMAND...: run it where the last apply has died behind its last act, before it noted its
# moves: without the record SETTLED.
noted() {
	mkdir "$1$2" && cd "$1$2" || return 1
	bases
	artidx reorg --apply $idle >/dev/null
	truncate -s -32 .artidx/journal/*.journal
	rm .artidx/history
	echo '{"sort": ["*", "vhack/*"], "layout": {"v_hack": "bases/{name}"}}' >artidx.json
	expect 0 artidx "$@" $idle
	expect 0 artidx reorg --recover
	expect 0 artidx resolve --json out/v_hack_b.safetensors
	cd ..
}

@test "moves that a dying run did not note are noted before others follow" {
	noted reorg --apply
	has '"now": "out/bases/v_hack_b.safetensors"'
	has '"to": "out/vhack/v_hack_b.safetensors"'
	noted reorg --undo
	has '"now": "out/v_hack_b.safetensors"'
	has '"to": "out/vhack/v_hack_b.safetensors"'
	noted archive --apply out/vhack
	has '"now": "out/vhack.tar.zst//vhack/v_hack_b.safetensors"'
	noted reorg --recover
	has '"now": "out/vhack/v_hack_b.safetensors"'
}

@test "--recover goes on whatever the queue says, and warns" {
	bases
	state >../before
	artidx reorg --apply $idle >/dev/null
	state >../after
	interrupted
	mv out/vhack/v_hack_b.safetensors out/
	queued 'train --base=out/v_hack_b.safetensors; train out/v_hack_a.safetensors'
	expect 0 artidx reorg --recover --queue file:queue.json
	has "task pueue 5 names what still moves: out/v_hack_b.safetensors"
	rm queue.json
	diff <(grep -v ^d ../after) <(state | grep -v ^d)
	interrupted
	queued 'train --base=out/vhack/v_hack_b.safetensors'
	expect 3 artidx reorg --undo --queue file:queue.json
	expect 0 artidx reorg --recover --undo --queue file:queue.json
	has "task pueue 5 names what still moves: out/vhack"
	rm queue.json
	state | diff ../before -
}

@test "two file systems: what a process writes to stays, and is named" {
	mounted out/vhack size=10m
	bases
	state >../before
	artidx reorg --apply $idle >/dev/null
	interrupted
	exec 7>>out/vhack/v_hack_b.safetensors
	expect 4 artidx reorg --recover --undo $idle 7>&-
	has "out/vhack/v_hack_b.safetensors: a process has it open for writing"
	[ -f out/vhack/v_hack_b.safetensors ] && [ ! -e out/v_hack_b.safetensors ]
	[ -f out/v_hack_a.safetensors ] && [ -f out/v_hack_c.safetensors ]
	exec 7>&-
	artidx reorg --history >../history
	expect 0 artidx reorg --undo "$(cut -c1-12 ../history)" $idle
	state | diff ../before -
}

@test "a directory that is left empty and is a mount point stays" {
	mounted out/probe_distill size=10m
	mkdir -p out/probe_distill/teacher_pool
	printf '{"prompt": "a"}\n' | gzip -n >out/probe_distill/teacher_pool/prompt_0000.jsonl.gz
	artidx scan >/dev/null
	state >../before
	expect 0 artidx reorg --apply $idle
	has "something is mounted there"
	[ -f out/pools/teacher_pool/prompt_0000.jsonl.gz ]
	expect 0 artidx reorg --undo
	state | diff ../before -
}

@test "a pool whose place is on another file system: copied file by file, and back again" {
	mounted out/pools size=10m
	mkdir -p out/probe_distill/teacher_pool/deep logs
	printf '{"prompt": "a"}\n' | gzip -n >out/probe_distill/teacher_pool/prompt_0000.jsonl.gz
	printf 'more\n' >out/probe_distill/teacher_pool/deep/notes.txt
	chmod 750 out/probe_distill/teacher_pool
	echo 'run --pool=out/probe_distill/teacher_pool' >justfile
	artidx scan >/dev/null
	state >../before
	expect 0 artidx reorg --apply $idle
	zgrep -q prompt out/pools/teacher_pool/prompt_0000.jsonl.gz
	[ -f out/pools/teacher_pool/deep/notes.txt ]
	[ ! -e out/probe_distill ]
	grep -q -- '--pool=out/pools/teacher_pool$' justfile
	expect 0 artidx reorg --undo
	state | diff ../before -

	# What cannot be copied as it is keeps the whole pool together.
	ln -s prompt_0000.jsonl.gz out/probe_distill/teacher_pool/first
	expect 0 artidx reorg --apply $idle
	has "out/pools/teacher_pool is on another file system"
	[ -L out/probe_distill/teacher_pool/first ]
	[ -f out/probe_distill/teacher_pool/deep/notes.txt ]
	[ -z "$(ls -A out/pools)" ]
}

@test "a full disk in the middle: nothing lost, finished when there is room" {
	mounted out/vhack size=256k
	bases
	safetensors out/v_hack_big.safetensors '{"V/model.layers.0.mlp.up_proj":{"dtype":"F32","shape":[16,8192],"data_offsets":[0,524288]},"S/model.layers.0.mlp.up_proj":{"dtype":"F32","shape":[16],"data_offsets":[524288,524352]}}' 524352
	artidx scan >/dev/null
	state >../before
	run artidx reorg --apply $idle
	[ "$status" -eq 4 ] || [ "$status" -eq 6 ] || [ "$status" -eq 3 ]
	[[ $output == *"space"* ]]
	if [ "$status" -eq 4 ]; then
		mount -o remount,size=10m out/vhack
		expect 0 artidx reorg --recover
	else
		state | diff ../before -
		mount -o remount,size=10m out/vhack
		expect 0 artidx reorg --apply $idle
	fi
	[ -f out/vhack/v_hack_big.safetensors ]
	expect 0 artidx reorg --undo
	state | diff ../before -
}

@test "a script that is a symlink out of what is read is named, not passed over" {
	bases
	mkdir scripts elsewhere
	echo 'use out/v_hack_b.safetensors' >elsewhere/real.sh
	ln -s ../elsewhere/real.sh scripts/out_of_sight.sh
	ln -s ../elsewhere scripts/more
	ln -s ../justfile scripts/just
	ln -s nowhere scripts/dangling
	expect 0 artidx reorg $idle
	has "not read"
	has "scripts/out_of_sight.sh: a symlink out of"
	has "scripts/more: a symlink out of"
	lacks scripts/just
	lacks scripts/dangling
	[ "$(artidx reorg --json $idle | jq -r '.not_read[].path' | sort | xargs)" = "scripts/more scripts/out_of_sight.sh" ]
	expect 0 artidx reorg --apply $idle
	[ -L scripts/out_of_sight.sh ]
	[ "$(cat elsewhere/real.sh)" = 'use out/v_hack_b.safetensors' ]
}

@test "--json: a document from --undo and --recover too, also where there is nothing to do" {
	bases
	plan=$(artidx reorg $idle --apply --json | jq -r .plan)
	artidx reorg --apply "$plan" --json | jq -e '.state == "applied" and (.applied | not)'
	expect 0 artidx reorg $idle --undo --json
	jq -e --arg plan "$plan" '.schema == "artidx.reorg/1" and .plan == $plan and
		.state == "undone" and (.applied | not) and (.moves | length) == 4' <<<"$output"
	for option in --undo --recover; do
		expect 0 artidx reorg $idle $option --json
		jq -e '.plan == null and .moves == [] and (.applied | not)' <<<"$output"
	done
	expect 2 artidx reorg --prune-links --json
	has "--prune-links has no --json"
}
