load support

prepare() {
	"$ARTIDX_SAMPLE" project >/dev/null
	cd project || return 1
	artidx scan >/dev/null
}

# total [OPTION...]: what artidx du says all together is, in bytes.
total() {
	artidx du --json "$@" | jq .total.bytes
}

# sums [OPTION...]: its rows that are not part of others, and what is unaccounted, added up.
sums() {
	artidx du --json "$@" | jq '([.rows[] | select(.path == null or (.path | contains("/") | not)).bytes] | add)
		+ .directories.bytes + .uncatalogued.bytes'
}

# like_du: the totals are du's, in blocks and in sizes, and the rows add up to them.
like_du() {
	local by
	[ "$(total)" -eq "$(du -sc --block-size=1 out logs | tail -1 | cut -f1)" ]
	[ "$(total -b)" -eq "$(du -scb out logs | tail -1 | cut -f1)" ]
	for by in dir class run; do
		[ "$(sums --by "$by")" -eq "$(total)" ]
		[ "$(sums --by "$by" -b)" -eq "$(total -b)" ]
	done
}

@test "totals are those of du" {
	like_du
	expect 0 artidx du
	has "unaccounted: "
	lacks "not in the catalogue"
	[ "$(artidx du out/baked --json | jq .total.bytes)" -eq "$(du -s --block-size=1 out/baked | cut -f1)" ]
	cd out
	[ "$(artidx du baked pairsets --json | jq .total.bytes)" -eq "$(du -sc --block-size=1 baked pairsets | tail -1 | cut -f1)" ]
}

@test "hard links, symlinks, holes, and what no scan saw" {
	ln out/v_hack_21pairs.safetensors out/pairsets/again
	ln -s ../logs out/elsewhere
	truncate -s 50M out/hole
	head -c 100000 /dev/urandom >out/new
	mkdir -p "out/a/"$'odd\e[31m\n' && printf x >"out/a/"$'odd\e[31m\n'/f
	like_du
	expect 0 artidx du
	has "not in the catalogue"
	artidx scan >/dev/null
	like_du
	artidx du -d 9 -n 99 >text
	harmless text
	grep -q 'odd\\033\[31m\\n' text
}

@test "directories given twice, or within each other, count once" {
	[ "$(total out out/baked out)" -eq "$(total out)" ]
	[ "$(total .)" -eq "$(du -s --block-size=1 . | cut -f1)" ]
}

@test "classes are those of queries" {
	[ "$(artidx du -b --by class --json | jq '.rows[] | select(.class == "model").bytes')" -eq \
		"$(artidx query class:model --json | jq '[.rows[].size] | add')" ]
	[ "$(artidx du --by run --json | jq '[.rows[] | select(.run != null)] | length')" -eq \
		"$(artidx query runs --count)" ]
}

@test "bars on a terminal, within its width; none in a pipe" {
	for columns in 40 80 200; do
		on_terminal "$columns" "$ARTIDX" --color=never --no-pager du | tr -d '\r' >text
		[ "$(wc -L <text)" -le "$columns" ]
	done
	grep -q █ text
	artidx du >text
	run grep -c █ text
	[ "$output" = 0 ]
}

@test "the tree is as deep and as wide as asked" {
	expect 0 artidx du -d 0
	[ "${#lines[@]}" -eq 5 ] # heading, out, logs, unaccounted, total
	expect 0 artidx du out -d 1 -n 1
	has "more directories)"
}

@test "what cannot be is said in a line" {
	expect 2 artidx du no/such
	has "no/such: No such file or directory"
	expect 2 artidx du justfile
	has "is no directory"
	expect 2 artidx du /etc
	expect 2 artidx du --by size
}

@test "a directory that cannot be read: a warning, and status 1" {
	chmod 0 out/baked
	expect 1 bounded "$ARTIDX" du
	chmod 755 out/baked
	has "out/baked cannot be read"
}
