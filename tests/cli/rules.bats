# The example in the page about rules does what is said there.
load support

# probes FILE LAYERS METADATA [NAME]: probes of two labels over four dimensions.
probes() {
	local header="{\"__metadata__\":{$3}" layer at=0
	for layer in $(seq "$2"); do
		header+=",\"${4:-probe}.$layer.weight\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[$at,$((at + 32))]}"
		header+=",\"${4:-probe}.$layer.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[$((at + 32)),$((at + 40))]}"
		at=$((at + 40))
	done
	safetensors "$1" "$header}" "$at"
}

prepare() {
	mkdir -p .artidx
	artidx help rules | sed -n 's/^    //; /^{$/,/^}$/p' >artidx.json
	probes out/probe_truth.safetensors 3 '"task":"truth"'
	probes out/probe_lies.safetensors 1 ''
	probes out/other.safetensors 1 '' layer
	probes out/probe_none.safetensors 1 '' layer
}

@test "the example is JSON, and a file is inspected by it without a scan" {
	jq -e '.rules[0].class == "probe"' artidx.json
	expect 0 artidx inspect out/probe_truth.safetensors
	has "6 tensors"
	has "3 probes [2, 4], layers 1,2,3: linear probes"
	[ ! -e .artidx/catalogue ]
}

@test "the example: classes, attributes, names that lie, and a place" {
	expect 0 artidx scan
	[ "$(artidx query class:probe n_layers:2.. -c path,n_layers,kind,why --csv | tr -d '\r' | tail -n +2)" = \
		'out/probe_truth.safetensors,3,truth,"3 probes [2, 4], layers 1,2,3: linear probes"' ]
	[ "$(artidx query class:probe hidden_size:4 'kind="no task"' --paths)" = out/probe_lies.safetensors ]
	[ "$(artidx query misnamed:yes --paths)" = out/probe_none.safetensors ]
	artidx reorg --json --queue none | jq -e '[.moves[] | select(.class == "probe") | .to] ==
		["out/probes/probe_lies.safetensors", "out/probes/probe_truth.safetensors"]'
}

@test "the keys that the page names are known, and no others" {
	mistake() {
		echo "{\"rules\":[{\"rule\":\"r\",\"class\":\"c\",\"tensors\":{},$1}]}" >artidx.json
		expect 2 artidx scan
	}
	artidx help rules | sed -n '/^A rule$/,/^Sets/s/^    \([a-z][a-z]*\)  .*/\1/p' >keys
	[ "$(wc -l <keys)" -eq 10 ]
	grep -vx 'rule\|class\|tensors' keys >others
	while read -r key; do
		mistake "\"$key\":1"
		has "rule \"r\": $key"
	done <others
	mistake '"wher":"1=1"'
	has 'rule "r": rule: unknown key "wher", did you mean "where"?'
}
