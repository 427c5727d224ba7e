load support

prepare() {
	small_project
	artidx scan >/dev/null
	mkdir bin
	ln -s "$ARTIDX" bin/artidx
	PATH=$PWD/bin:$PATH
}

# offered WORDS...: the candidates without their descriptions, sorted, on one line.
offered() { artidx __complete -- "$@" | cut -f1 | sort | xargs; }

@test "candidates: commands, options, choices" {
	[ "$(offered s)" = "scan show" ]
	[ "$(offered scan --f)" = "--full" ]
	[ "$(offered --color '')" = "always auto never" ]
	[ "$(offered scan --color=a)" = "--color=always --color=auto" ]
	[ "$(offered completion '')" = "bash fish zsh" ]
	[ "$(offered help reso)" = "resolve" ]
	[ "$(offered --root "$PWD" scan --js)" = "--json" ]
	[ -z "$(offered scan --zzz)" ]
}

@test "candidates: files and directories are left to the shell" {
	[ "$(offered inspect '')" = ":files" ]
	[ "$(offered scan --root '')" = ":dirs" ]
}

@test "candidates: views, fields, and values out of the catalogue" {
	[ "$(offered query vi)" = "" ]
	[ "$(offered query ru)" = "run: runs" ]
	[ "$(offered query class:v_ha)" = "class:v_hack" ]
	[ "$(offered query class:v_hack status:tr)" = "status:truncated" ]
	[ "$(offered query status:ok,tr)" = "status:ok,truncated" ]
	[ "$(offered query misnamed:)" = "misnamed:no misnamed:yes" ]
	[ "$(offered query cf)" = "cfg." ]
	[ "$(offered query --sort -pa)" = "-param_names -params -pass_rate -path" ]
	[ "$(offered query -c path,n_pa)" = "path,n_pairs" ]
	[[ " $(offered query tensors dty) " == *" dtype: "* ]]
}

@test "candidates: names that runs have in their cfg and rows, runs, classes of the rules" {
	"$ARTIDX_SAMPLE" sample >/dev/null
	cd sample
	artidx scan --root . >/dev/null
	[ "$(offered query runs cfg.s)" = "cfg.seed: cfg.steps:" ]
	[ "$(offered query -c run,cfg.se)" = "run,cfg.seed" ]
	[ "$(offered query runs -c run,ro)" = "run,rows[]." ]
	[ "$(offered query runs -c 'run,rows[].ha')" = "run,rows[].hack_s" ]
	[ "$(offered query 'rows[-1].ha')" = "rows[-1].hack_s:" ]
	[ "$(offered query runs run:20260527T0812)" = "run:20260527T081248_fast_vanilla_seed41_sweep36_vanilla_s41" ]
	[ "$(offered path v_)" = "v_hack" ]
	[ "$(offered path checkpoint --run 20260527T0812)" = "20260527T081248_fast_vanilla_seed41_sweep36_vanilla_s41" ]
	[ -z "$(offered path v_hack v)" ]
}

@test "candidates: silence without a project, with a broken one, in the middle of nothing" {
	rm -r .artidx
	[ -z "$(offered query class:)" ]
	mkdir -p .artidx/catalogue
	echo garbage >.artidx/catalogue/data.mdb
	[ -z "$(offered query class:)" ]
	[ -z "$(offered frobnicate x)" ]
}

@test "bash" {
	cat >try.bash <<'END'
source <(artidx completion bash)
try() {
	COMP_LINE=$1 COMP_POINT=${#1}
	_artidx 2>/dev/null
	echo "${COMPREPLY[@]}"
}
[ "$(try 'artidx sc')" = scan ] || exit 1
[ "$(try 'artidx scan --fu')" = --full ] || exit 2
[ "$(try 'artidx query class:v_ha')" = v_hack ] || exit 3
[ "$(try 'artidx query --color=al')" = always ] || exit 4
[ "$(try 'artidx inspect out/v_hack')" = out/v_hack_a.safetensors ] || exit 5
COMP_WORDBREAKS=${COMP_WORDBREAKS//:}
[ "$(try 'artidx query class:v_ha')" = class:v_hack ] || exit 6
END
	expect 0 bash try.bash
}

@test "fish" {
	command -v fish >/dev/null || skip "fish is not installed"
	cat >try.fish <<'END'
artidx completion fish | source
complete -C 'artidx sc'
complete -C 'artidx scan --fu'
complete -C 'artidx query class:v_ha'
complete -C 'artidx inspect out/v_hack'
END
	expect 0 fish --no-config try.fish
	[ "$(cut -f1 <<<"$output" | xargs)" = "scan --full class:v_hack out/v_hack_a.safetensors" ]
}

@test "zsh" {
	command -v zsh >/dev/null || skip "zsh is not installed"
	cat >try.zsh <<'END'
zmodload zsh/zpty
zpty -b shell zsh -f -i
# read_until PATTERN: what the shell prints up to it, at most ten seconds
read_until() {
	local piece
	integer tries=0
	seen=
	while [[ $seen != *$~1* ]] && (( tries++ < 100 )); do
		if zpty -r -t shell piece; then seen+=$piece; else sleep 0.1; fi
	done
}
zpty -w shell 'unsetopt zle_bracketed_paste; PS1="rea""dy>"; autoload -Uz compinit; compinit -u -d dump; source <(artidx completion zsh)'
read_until 'ready>'
zpty -w -n shell $'artidx query class:v_ha\t --form\t'
read_until 'class:v_hack*--format'
print -r -- "$seen"
zpty -d shell
END
	run bash -c "timeout 30 zsh -f try.zsh | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | tr -cd '[:print:]\n'"
	has "class:v_hack"
	has "--format"
}
