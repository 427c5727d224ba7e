#!/usr/bin/env bats
# Real job queues: task-spooler, and a Slurm of one node that each test starts for itself.

load support

prepare() {
	export XDG_DATA_HOME=$BATS_TEST_TMPDIR/xdg TS_SOCKET=$BATS_TEST_TMPDIR/tsp.socket
	unset ARTIDX_QUEUE TMPDIR SLURM_CONF
	for k in a b; do
		safetensors "out/v_hack_$k.safetensors" '{"V/model.layers.0.mlp.up_proj":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"S/model.layers.0.mlp.up_proj":{"dtype":"F32","shape":[2],"data_offsets":[32,40]}}' 40
	done
	mkdir -p logs src
	artidx scan >/dev/null
}

teardown() {
	[ ! -S "$TS_SOCKET" ] || tsp -K
	# Jobs outlive the daemons that started them.
	timeout 5 scancel -u "$(id -un)" 2>/dev/null || true
	local pid
	for pid in "$BATS_TEST_TMPDIR"/slurm/*.pid; do
		[ ! -e "$pid" ] || kill "$(cat "$pid")" || true
	done
}

# Blocked: status 3, this said, and nothing moved.
blocks() {
	expect 3 artidx reorg --apply
	has "$1"
	[ -f out/v_hack_a.safetensors ]
	[ ! -e out/vhack ]
}

with_tsp() {
	command -v tsp >/dev/null || skip "task-spooler is not installed"
	tsp -S 1
}

@test "task-spooler: a queued job blocks, by any spelling, from its own directory" {
	with_tsp
	tsp sleep 60
	(cd src && tsp train --base ../out/./v_hack_a.safetensors)
	blocks "touches     tsp"
	has "queued: out/v_hack_a.safetensors"
	has "clear       tsp"
	expect 0 artidx query jobs --json
	has '"state":"running","queue":"tsp"'
}

@test "task-spooler: a running job blocks; one that has ended does not" {
	with_tsp
	tsp sh -c "sleep 60; cat '$PWD/out/v_hack_b.safetensors'"
	blocks "running: out/v_hack_b.safetensors"
	tsp -k
	tsp -w || true
	expect 0 artidx reorg --apply
	[ -f out/vhack/v_hack_b.safetensors ]
}

@test "task-spooler: a variable that its shell will read cannot be told; no daemon, no queue" {
	command -v tsp >/dev/null || skip "task-spooler is not installed"
	expect 0 artidx reorg
	has "queue  idle (none)"
	[ ! -e "$TS_SOCKET" ] # asking starts no daemon
	tsp -S 1
	tsp sleep 60
	# shellcheck disable=SC2016 # for the shell of the job
	tsp sh -c 'train --base $BASE'
	blocks "cannot tell tsp"
	expect 0 artidx reorg --apply --queue none
}

# keeps_one TASK: with links an apply goes through though TASK names v_hack_a; only its link stays.
keeps_one() {
	expect 0 artidx reorg --links
	has "queue  idle"
	expect 0 artidx reorg --apply --links
	[ "$(readlink out/v_hack_a.safetensors)" = vhack/v_hack_a.safetensors ]
	expect 0 artidx reorg --prune-links
	has "keeps out/v_hack_a.safetensors: task $1"
	has "would remove out/v_hack_b.safetensors"
	expect 0 artidx reorg --prune-links --apply
	[ "$(find out -type l)" = out/v_hack_a.safetensors ]
}

# Nothing names the last link any more.
keeps_none() {
	expect 0 artidx reorg --prune-links --apply
	has "removed out/v_hack_a.safetensors"
	[ -z "$(find out -type l)" ]
	[ -f out/vhack/v_hack_a.safetensors ]
}

@test "task-spooler: a queued job that names an old path lets --links through and keeps its link" {
	with_tsp
	ln -s "$PWD" "$BATS_TEST_TMPDIR/alias"
	tsp sleep 60
	# Not by the project's own name, either.
	(cd / && tsp train --base "$BATS_TEST_TMPDIR/alias/out/v_hack_a.safetensors")
	blocks "queued: out/v_hack_a.safetensors"
	keeps_one tsp
	expect 0 artidx reorg --prune-links --apply
	has "keeps out/v_hack_a.safetensors: task tsp"
	tsp -r
	keeps_none
}

@test "task-spooler: a job of which it cannot be told keeps all links" {
	with_tsp
	tsp sleep 60
	expect 0 artidx reorg --apply --links
	# shellcheck disable=SC2016 # for the shell of the job
	tsp sh -c 'train --base $BASE'
	expect 0 artidx reorg --prune-links --apply
	has "keeps out/v_hack_a.safetensors: task tsp"
	has "keeps out/v_hack_b.safetensors: task tsp"
	# By name it does not count.
	expect 0 artidx query jobs state:queued --jsonl
	expect 0 artidx reorg --prune-links --apply --ignore-task "$(jq -r .id <<<"$output")"
	[ -z "$(find out -type l)" ]
}

# A cluster of this machine alone, reached only from here.
with_slurm() {
	command -v slurmctld slurmd >/dev/null || skip "Slurm is not installed (slurm-wlm)"
	[ "$(id -u)" -eq 0 ] || skip "slurmd wants to be root"
	local dir=$BATS_TEST_TMPDIR/slurm port=$((20000 + $$ % 20000))
	mkdir -p "$dir/state" "$dir/spool"
	cat >"$dir/slurm.conf" <<-END
		ClusterName=test
		SlurmctldHost=$(hostname -s)(127.0.0.1)
		SlurmUser=root
		SlurmdUser=root
		AuthType=auth/none
		CredType=cred/none
		StateSaveLocation=$dir/state
		SlurmdSpoolDir=$dir/spool
		SlurmctldPidFile=$dir/slurmctld.pid
		SlurmdPidFile=$dir/slurmd.pid
		SlurmctldLogFile=$dir/slurmctld.log
		SlurmdLogFile=$dir/slurmd.log
		SlurmctldPort=$port
		SlurmdPort=$((port + 1))
		SlurmctldTimeout=3
		MessageTimeout=5
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SwitchType=switch/none
		MpiDefault=none
		ReturnToService=2
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		JobAcctGatherType=jobacct_gather/none
		AccountingStorageType=accounting_storage/none
		NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
		PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
	END
	export SLURM_CONF=$dir/slurm.conf
	if ! slurmctld || ! slurmd; then
		skip "Slurm's daemons cannot run here: $(tail -n 1 "$dir"/*.log)"
	fi
	for _ in $(seq 100); do
		! sinfo -h 2>/dev/null | grep -q idle || return 0
		sleep 0.2
	done
	skip "Slurm's node does not come up: $(tail -n 1 "$dir/slurmd.log")"
}

submit() {
	sbatch --parsable --output=/dev/null "$@"
}

# until_state ID STATE
until_state() {
	for _ in $(seq 100); do
		[ "$(squeue -h -j "$1" -o %T 2>/dev/null)" != "$2" ] || return 0
		sleep 0.2
	done
	squeue
	return 1
}

@test "Slurm: jobs that run and wait are seen, --wrap and scripts, and block" {
	with_slurm
	local running waiting script
	running=$(submit --wrap 'sleep 100; cat out/v_hack_a.safetensors')
	until_state "$running" RUNNING
	waiting=$(submit --wrap "train --base=$PWD/out/v_hack_b.safetensors" -D /tmp)
	# What counts is the script as it was submitted.
	printf '#!/bin/sh\ncd out\ntrain ./v_hack_b.safetensors\n' >job.sh
	script=$(submit job.sh)
	printf '#!/bin/sh\ntrue\n' >job.sh
	blocks "touches     slurm $running running: out/v_hack_a.safetensors"
	has "touches     slurm $waiting queued: out/v_hack_b.safetensors"
	[[ $output =~ slurm\ $script\ queued:.*out/v_hack_b.safetensors ]]
	scancel "$running" "$waiting" "$script"
	for _ in $(seq 100); do
		[ -n "$(squeue -h)" ] || break
		sleep 0.2
	done
	# Finished jobs are still listed, and do not block.
	expect 0 artidx reorg --apply
	[ -f out/vhack/v_hack_a.safetensors ]
}

@test "Slurm: a waiting job that names an old path lets --links through and keeps its link" {
	with_slurm
	local running waiting
	running=$(submit --wrap 'sleep 100')
	until_state "$running" RUNNING
	waiting=$(submit --wrap 'cd .. && train v_hack_a.safetensors; train ../out/v_hack_a.safetensors' -D "$PWD/src")
	blocks "touches     slurm $waiting queued: out/v_hack_a.safetensors"
	keeps_one "slurm $waiting"
	scancel "$waiting"
	keeps_none
}

@test "Slurm: a job that names nothing that moves lets it through" {
	with_slurm
	until_state "$(submit --wrap 'sleep 100')" RUNNING
	expect 0 artidx reorg
	has "queue  idle (slurm)"
	has "clear       slurm"
	expect 0 artidx reorg --apply --queue slurm
	[ -f out/vhack/v_hack_a.safetensors ]
}

@test "Slurm: its controller stopped means blocked, not idle" {
	with_slurm
	submit --wrap 'sleep 100'
	kill "$(cat "$BATS_TEST_TMPDIR/slurm/slurmctld.pid")"
	for _ in $(seq 100); do
		[ -e "$BATS_TEST_TMPDIR/slurm/slurmctld.pid" ] || break
		sleep 0.1
	done
	blocks slurm
	expect 0 artidx reorg
	has "queue  unknown"
	expect 0 artidx reorg --apply --queue none
}
