# What every test of the command line starts from: an empty directory of its own, no variable that
# would change what artidx prints, and the program under its name.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset ARTIDX_ROOT ARTIDX_CATALOGUE ARTIDX_DATA ARTIDX_LOGS ARTIDX_REFERENCES \
		ARTIDX_IGNORE ARTIDX_QUIET ARTIDX_PAGER PAGER LESS NO_COLOR COLUMNS
	export TZ=UTC LC_ALL=C.UTF-8 TERM=xterm HOME=$BATS_TEST_TMPDIR
	prepare
}

# mounted DIR OPTIONS: a small tmpfs there until the end of the test.
mounted() {
	[ "$(id -u)" -eq 0 ] || skip "only root can mount"
	mkdir -p "$1"
	mount -t tmpfs -o "$2" none "$1" 2>/dev/null || skip "tmpfs cannot be mounted here"
	echo "$PWD/$1" >>"$BATS_TEST_TMPDIR/mounts"
}
teardown() {
	[ ! -e "$BATS_TEST_TMPDIR/mounts" ] || while read -r dir; do umount -l "$dir"; done <"$BATS_TEST_TMPDIR/mounts"
}

# For a file of tests to replace.
prepare() { :; }

artidx() { "$ARTIDX" "$@"; }

# bounded COMMAND...: run it as one whom permissions bind; root would read and write anything.
bounded() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --bounding-set=-dac_override,-dac_read_search "$@"
	else
		"$@"
	fi
}

# safetensors FILE HEADER [DATA_BYTES]: a file of that header with so many zero bytes behind it.
safetensors() {
	local header=$2 length=${#2} i bytes=
	for i in 0 8 16 24 32 40 48 56; do
		bytes+=$(printf '\\x%02x' $((length >> i & 255)))
	done
	mkdir -p "$(dirname "$1")"
	printf '%b%s' "$bytes" "$header" >"$1"
	head -c "${3:-0}" /dev/zero >>"$1"
	touch -d '2026-05-28T12:00:00Z' "$1" # beyond the quiet period
}

# A basis (class v_hack), an adapter's checkpoint, and plain tensors, all small.
small_project() {
	safetensors out/v_hack_a.safetensors '{"__metadata__":{"model":"Qwen/Qwen3-4B","dtype":"bfloat16","top_k":"2"},"V/model.layers.0.self_attn.q_proj":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"S/model.layers.0.self_attn.q_proj":{"dtype":"F32","shape":[2],"data_offsets":[32,40]}}' 40
	safetensors out/train_s41.safetensors '{"delta_S/model.layers.0.self_attn.q_proj":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"delta_S_hack/model.layers.0.self_attn.q_proj":{"dtype":"F32","shape":[4],"data_offsets":[16,32]}}' 32
	safetensors out/cut.safetensors '{"a":{"dtype":"F32","shape":[100],"data_offsets":[0,400]}}' 40
	safetensors out/bad.safetensors '{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}' 4
	mkdir -p logs
}

# Two tensors that no rule knows.
plain_tensors() {
	safetensors "$1" '{"__metadata__":{"note":"hello"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}' 16
}

# expect STATUS COMMAND...: run it, and fail with its output unless it ends with that status.
expect() {
	local wanted=$1
	shift
	run "$@"
	[ "$status" -eq "$wanted" ] || {
		echo "status $status, not $wanted: $*"
		echo "$output"
		return 1
	}
}

# Output has (does not have) this text.
has() {
	[[ $output == *"$1"* ]] || {
		printf 'no "%s" in:\n%s\n' "$1" "$output"
		return 1
	}
}
lacks() {
	[[ $output != *"$1"* ]] || {
		printf '"%s" in:\n%s\n' "$1" "$output"
		return 1
	}
}

# No byte in FILE that a terminal would act on: only line feeds below 0x20, no DEL, no C1.
harmless() {
	if LC_ALL=C grep -nP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$1"; then
		echo "control bytes in the output"
		return 1
	fi
}

# on_terminal COLUMNS COMMAND...: its output as a terminal of that width would get it.
on_terminal() {
	local columns=$1
	shift
	script -qec "stty cols $columns rows 50; $(printf '%q ' "$@")" /dev/null </dev/null
}
