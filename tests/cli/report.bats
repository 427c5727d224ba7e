load support

prepare() {
	"$ARTIDX_SAMPLE" project >/dev/null
	cd project || return 1
	artidx scan >/dev/null
}

# browse FILE: the document as a browser has it in the end, its console in console.txt.
browse() {
	timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$BATS_TEST_TMPDIR/profile" --enable-logging=stderr --v=0 \
		--dump-dom "file://$PWD/$1" 2>console.txt
}

# marks CLASS: how many rectangles and paths the pictures of that class have, all together.
marks() {
	awk -v class="$1" '/<svg class="/ { on = index($0, class) > 0 } /<\/svg>/ { on = 0 }
		on { n += gsub(/<(rect|path) /, "&") } END { print n + 0 }' page.dom
}

# is_closed FILE: every element that is opened is closed, in order.
is_closed() {
	python3 - "$1" <<'END'
import sys
from html.parser import HTMLParser

class Check(HTMLParser):
    void = {"meta", "br", "input"}
    stack = []
    def handle_starttag(self, tag, attrs):
        if tag not in self.void:
            self.stack.append(tag)
    def handle_endtag(self, tag):
        if self.stack.pop() != tag:
            sys.exit(f"</{tag}> at {self.getpos()} closes something else")

check = Check()
check.feed(open(sys.argv[1], encoding="utf-8").read())
sys.exit(f"left open: {check.stack}" if check.stack else 0)
END
}

@test "one file here, that needs nothing else" {
	umask 027
	expect 0 artidx report
	has "artidx-report.html: "
	[ "$(stat -c %a artidx-report.html)" = 640 ]
	[ "$(head -c 15 artidx-report.html)" = '<!doctype html>' ]
	run grep -oE '(src|href)="[^#][^"]*"|url\([^)]*\)|@import' artidx-report.html
	[ -z "$output" ]
	is_closed artidx-report.html
	harmless artidx-report.html
	[ "$(stat -c %s artidx-report.html)" -lt 1000000 ]
}

@test "what it says is what queries say" {
	artidx report >/dev/null
	run cat artidx-report.html
	has "out/train_probe_s7.safetensors" # misnamed
	has "out/train_oom_s44.safetensors"  # truncated
	has "the file ends after 3484 of 3584 bytes of data"
	has "out/v_hack_remote.safetensors"  # never fetched
	has "out/train_twin_s42.safetensors" # ambiguous
	has "teacher_pool_OLD_step_format/" # dead
	for path in $(artidx dead --json | jq -r '.rows[:20][].path'); do
		has "$path"
	done
	has "<dd>$(artidx query files --count)</dd><dt>files"
	has "<dd>$(artidx query runs --count)</dd><dt>runs"
	has "<dd>$(artidx reorg --json --queue file:queue_idle.json | jq '.moves | length')</dd><dt>files in the wrong place"
}

@test "in a browser: no error, and every picture has its marks" {
	command -v chromium >/dev/null || skip "chromium is not installed"
	artidx report >/dev/null
	browse artidx-report.html >page.dom
	run grep -i console console.txt
	[ -z "$output" ]
	[ "$(marks treemap)" -gt 30 ]
	[ "$(marks 'wide timeline')" -ge "$(artidx query runs --count)" ]
	[ "$(marks 'narrow timeline')" -ge "$(artidx query runs --count)" ]
	[ "$(grep -o '<path class="line hack"' page.dom | wc -l)" -eq "$(artidx query runs 'rows[-1]:*' --count)" ]
	[ "$(marks 'wide lineage')" -gt 8 ]
	[ "$(grep -c 'class="sortable sorts"' page.dom)" -gt 0 ] # the script ran
}

@test "names and metadata inject nothing" {
	command -v chromium >/dev/null || skip "chromium is not installed"
	local evil="<img src=x onerror=document.title='owned'>"
	mkdir -p "out/$evil" "out/</script>$evil\"&quot;"
	safetensors "out/</script>$evil\"&quot;/v.safetensors" '{"a":{"dtype":"F32","shape":[100],"data_offsets":[0,400]}}' 40
	printf x >"out/$evil/"$'\xff\xfe\x1b[31m\xe2\x80\xaegnp.exe'
	safetensors "out/v_hack_$evil.safetensors" '{"__metadata__":{"model":"</title>'"$evil"'"},"V/m.0.q":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"S/m.0.q":{"dtype":"F32","shape":[2],"data_offsets":[32,40]}}' 40
	printf '12:00:00 | INFO | argv: train.py --v-hack-path=out/v_hack_<img/src=x/onerror=document.title=1>.safetensors --seed=41\n' \
		>"logs/20260528T110000_fast_${evil}_seed41_\"x\".log"
	artidx scan >/dev/null
	artidx report >/dev/null
	is_closed artidx-report.html
	harmless artidx-report.html
	run grep -c '&lt;img src=x onerror=document.title=&#39;owned&#39;&gt;' artidx-report.html
	[ "$output" -gt 3 ]
	browse artidx-report.html >page.dom
	run grep -iE '<img|console' page.dom console.txt
	[ -z "$output" ]
	grep -q '<title>project - artidx report</title>' page.dom
}

@test "nothing but an earlier report is replaced unasked" {
	artidx report -o page.html >/dev/null
	expect 0 artidx report -o page.html
	echo mine >mine.html
	expect 3 artidx report -o mine.html
	has "mine.html is there and is no report of artidx"
	[ "$(cat mine.html)" = mine ]
	expect 0 artidx report -o mine.html --force
	ln -s expected.json link.html
	expect 3 artidx report -o link.html
	expect 3 artidx report -o out
	expect 2 artidx report -o ''
	expect 6 artidx report -o no/such/place.html
	[ -z "$(find . -name '.artidx-tmp*')" ]
}

@test "to standard output, and into a closed pipe" {
	artidx report -o - >page.html
	is_closed page.html
	[ ! -e artidx-report.html ]
	run bash -c '"$ARTIDX" report -o - | head -c 100'
	[ "${#output}" -eq 100 ] || [ "${#output}" -eq 99 ]
}

# train TAG TIME ROWS ARGUMENTS...: a run's checkpoint with these rows, and its log.
train() {
	local tag=$1 time=$2 rows=$3
	shift 3
	safetensors "out/train_$tag.safetensors" '{"__metadata__":{"rows":"'"$rows"'","cfg":"{\"preset_name\":\"fast\",\"arm\":\"x\",\"seed\":1,\"out_tag\":\"_'"$tag"'\"}"},"delta_S/model.layers.0.q":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"delta_S_hack/model.layers.0.q":{"dtype":"F32","shape":[4],"data_offsets":[16,32]}}' 32
	printf '12:00:00 | INFO | argv: train.py %s --out-tag=_%s\n' "$*" "$tag" \
		>"logs/${time}_fast_x_seed1_$tag.log"
	touch -d 2026-05-28T12:00:01Z "logs/${time}_fast_x_seed1_$tag.log"
}

@test "a chain of runs, one that used what it wrote, times and rows that nobody means" {
	mkdir -p ../odd/out ../odd/logs
	cd ../odd
	train one 20260528T100000 '[{\"step\":1e300,\"hack_s\":[1,8]},{\"step\":-5,\"hack_s\":[1,0]},{}]'
	train two 20260528T110000 "$(printf '%05000d' 0 | tr 0 '[')" --v-hack-path=out/train_one.safetensors
	train three 20260528T113000 '[{\"hack_s\":0.5}]' --v-hack-path=out/train_two.safetensors
	train loop 20260528T114000 '[]' --v-hack-path=out/train_loop.safetensors
	train far 99991231T235959 '{}' --v-hack-path=out/gone.safetensors
	train old 19000101T000000 'null' --v-hack-path=out/gone.safetensors
	artidx scan >/dev/null
	expect 0 artidx report
	is_closed artidx-report.html
	# train_one, its user, train_two, its user: four columns, and edges between all of them.
	run grep -o '<path class="edge[^>]*' artidx-report.html
	[ "${#lines[@]}" -ge 12 ]
	run cat artidx-report.html
	has "Not drawn: 2 runs without a time"
	has "2 of 6 runs with rows"
	has "not there, 2 runs"
}

@test "an empty project: each part says so in a line" {
	mkdir -p ../empty/out
	cd ../empty
	artidx scan >/dev/null
	artidx report >/dev/null
	is_closed artidx-report.html
	[ "$(grep -c 'class="none"' artidx-report.html)" -ge 7 ]
}

@test "without a catalogue: what to do" {
	mkdir -p ../new/.artidx
	cd ../new
	expect 5 artidx report
	has "artidx scan"
	[ ! -e artidx-report.html ]
}
