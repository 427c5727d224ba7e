# What JSON documents hold is what the page about them says.
load support

prepare() {
	export XDG_DATA_HOME=$BATS_TEST_TMPDIR/xdg TS_SOCKET=$BATS_TEST_TMPDIR/no-socket
	unset ARTIDX_QUEUE TMPDIR
	artidx help json >page
}

# documented SECTION: an expression a member, of that section of the page and of every document.
documented() {
	awk -v section="$1" '
		/^[^ ]/ { heading = $0 }
		(heading == section || heading == "Every document") && /^    [^ ]/ { print $1 }' page |
		sed -E -e 's/[].[]/\\&/g' -e 's/((\\\[\\\])?)\\\.\*$/(\1\\..*)?/' -e 's/\\\[\\\]$/(&)?/' \
			-e 's/\\\.[A-Z]+$/(\\.[^.]+)?/' -e 's/\.[A-Z]+/.[^.]+/g' -e 's/.*/^&$/'
}

# printed: the members of the document on standard input, as jq finds them.
printed() {
	jq -r '[paths | map(if type == "number" then "[]" else ".\(.)" end) | join("") | ltrimstr(".")] |
		unique[] | select(endswith("[]") | not)' | sed -E 's/(_b64|_ns)$//' | sort -u
}

# agrees SECTION COMMAND...: it prints a document with nothing in it that its section lacks.
agrees() {
	local section=$1
	shift
	"$@" --json >document || [ $? -le 1 ]
	documented "$section" >known
	printed <document >found
	[ -s found ]
	sed "s/^/$section: /" found >>found.all
	! grep -vEf known found || {
		echo "not in the page, section $section: $*"
		return 1
	}
}

@test "no document has a member that the page does not have" {
	"$ARTIDX_SAMPLE" sample >/dev/null
	mv page sample
	cd sample
	touch -d '2026-05-28T12:00:00Z' $'out/odd\xff.bin'
	ln -s v_hack_full.safetensors out/link
	agrees scan artidx scan
	[ "$(printed <document | grep -c '^classes\.v_hack\.')" -eq 2 ]
	for view in files runs tensors dirs refs jobs; do
		agrees "query $view" artidx query $view
		[ "$(jq '.rows | length' document)" -gt 0 ] || [ $view = jobs ]
	done
	ARTIDX_QUEUE=file:queue.json agrees "query jobs" artidx query jobs
	[ "$(jq '.rows | length' document)" -gt 0 ]
	agrees inspect artidx inspect out/*.safetensors out/v_hack_smoke.pt nothing
	for path in $(artidx query --jsonl | jq -rs 'unique_by(.class, .status)[].path') \
		$(artidx query runs --jsonl | jq -rs 'unique_by(.status)[].run'); do
		agrees show artidx show "$path"
	done
	agrees show artidx show out/link
	agrees reorg artidx reorg --queue file:queue.json --links
	jq -e '.gate.tasks[0] and .moves[0] and .dirs[0] and .stay[0] and .edits[0] and .unresolved[0] and
		.retargets[0]' document
	agrees check artidx check
	agrees du artidx du
	agrees du artidx du --by class
	agrees du artidx du --by run
	agrees path artidx path checkpoint --run x
	agrees path artidx path v_hack x.safetensors
	agrees config artidx config
	agrees pin artidx pin out/pairsets --why x
	agrees dead artidx dead --all --queue file:queue.json
	agrees archive artidx archive out/pairsets
	agrees archive artidx archive --apply --queue none out/baked/qwen3_4b_rh25
	agrees show artidx show out/baked/qwen3_4b_rh25.tar.zst
	agrees "query files" artidx query archived_in:*
	[ "$(jq '.rows | length' document)" -gt 0 ]
	agrees verify artidx verify out/baked/qwen3_4b_rh25.tar.zst
	printf 'not what it was' | dd of=out/baked/qwen3_4b_rh25.tar.zst bs=1 seek=60000 conv=notrunc status=none
	agrees verify artidx verify out/baked/qwen3_4b_rh25.tar.zst
	agrees restore artidx restore out/baked/qwen3_4b_rh25.tar.zst --to back
	agrees reorg artidx reorg --apply --queue none
	agrees show artidx show "$(artidx resolve out/v_hack_full.safetensors)"
	agrees resolve artidx resolve out/v_hack_full.safetensors out/nothing
	echo new >out/v_hack_full.safetensors
	mv out/vhack/v_hack_smoke.safetensors out/vhack/elsewhere.safetensors
	agrees check artidx check
	rm out/v_hack_full.safetensors
	mv out/vhack/elsewhere.safetensors out/vhack/v_hack_smoke.safetensors
	agrees reorg artidx reorg --undo
	agrees "reorg --history" artidx reorg --history

	# And the page names nothing that there is not, but for what this project has no case of.
	cut -d: -f1 found.all | sort -u | grep -vx 'query files' >sections
	while read -r section; do
		grep "^$section: " found.all | sed 's/^[^:]*: //' >found
		documented "$section" | grep -vE '^\^(schema|root)\$' >known
		while read -r member; do
			grep -qE "$member" found || echo "$section: $member"
		done <known
	done <sections >unseen
	run ! grep -vE 'archived_in|problem|not_read|role|why|_ns' unseen
}
