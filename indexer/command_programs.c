#include "indexer/command_internal.h"

#include "base/path.h"

struct program_names {
	unsigned what;
	const char *names; /* with a blank around each */
};

static const struct program_names programs[] = {
	{ PROGRAM_ENTERS, " cd chdir pushd " },
	{ PROGRAM_RETURNS, " popd " },
	{ PROGRAM_PRECEDES,
		" if then elif else while until do ! { time command builtin exec eval " },
	{ PROGRAM_RUNS, " env nice nohup timeout sudo doas time stdbuf setsid ionice taskset "
			"numactl chrt "
			"prlimit srun sbatch mpirun mpiexec strace ltrace unbuffer systemd-run "
			"xvfb-run "
			"flock watch xargs parallel find fd su ssh conda apptainer singularity "
			"exec command " },
	{ PROGRAM_RUNS_TEXT, " sh bash dash zsh ksh mksh ash fish busybox eval trap su ssh "
			     "script watch flock "
			     "parallel sbatch " },
	{ PROGRAM_ADDS_WORDS, " xargs parallel " },
	{ PROGRAM_OTHER_VIEW, " chroot bwrap docker podman nsenter unshare " },
	{ PROGRAM_WALKS,
		" find fd rg ag du ncdu tree tar bsdtar rsync rclone mv zip 7z 7za shred " },
	{ PROGRAM_WALKS_R, " cp ls rm grep egrep fgrep zgrep chmod chown chgrp scp diff " },
	{ PROGRAM_WALKS_HERE, " find du ncdu tree " },
	{ PROGRAM_SEARCHES, " fd rg ag " },
};

static bool has_name(const char *names, struct ax_str name)
{
	for (const char *at = names + 1; *at;) {
		size_t len = strcspn(at, " ");
		if (len == name.len && memcmp(at, name.ptr, len) == 0)
			return true;
		at += len + 1;
	}
	return false;
}

unsigned program_of(struct ax_str name)
{
	unsigned what = 0;

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		if (has_name(programs[i].names, ax_path_name(name)))
			what |= programs[i].what;
	}
	return what;
}

/* -C and -xC; --chdir, --work-dir, --project-root and the like, with or without a value. */
bool option_takes_dir(struct ax_str option)
{
	static const struct ax_str ends[] = { AX_STR_INIT("dir"), AX_STR_INIT("directory"),
		AX_STR_INIT("cwd"), AX_STR_INIT("root"), AX_STR_INIT("wd"),
		AX_STR_INIT("prefix"), AX_STR_INIT("project"), AX_STR_INIT("base") };
	struct ax_str name = ax_str_slice(option, 0, ax_str_find(option, '='));

	if (name.len < 2 || name.ptr[0] != '-')
		return false;
	for (size_t i = 0; name.len > 3 && i < sizeof(ends) / sizeof(*ends); i++) {
		if (ax_str_ends(name, ends[i]))
			return true;
	}
	return name.ptr[1] != '-' && ax_str_find(AX_STR("CDdw"), name.ptr[name.len - 1]) < 4;
}
