#include "cli/project.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *join(struct cli *cli, const char *dir, const char *name)
{
	struct ax_buf buf = { 0 };

	ax_path_join(&buf, ax_str_from(dir), ax_str_from(name));
	const char *path = buf.failed ? NULL : ax_arena_copy(&cli->arena, ax_buf_str(&buf));
	ax_buf_free(&buf);
	return path;
}

static int no_memory(struct ax_error *err)
{
	return ax_fail(err, ENOMEM, "no memory for the project");
}

/* The current directory's name in the arena; NULL when it is gone or not readable. */
static int find_cwd(struct cli *cli, const char **out, struct ax_error *err)
{
	char *cwd = getcwd(NULL, 0);

	bool is_known = cwd && *cwd == '/';
	bool no_room = !cwd && errno == ENOMEM;

	*out = is_known ? ax_arena_copy(&cli->arena, ax_str_from(cwd)) : NULL;
	free(cwd);
	return no_room || (is_known && !*out) ? no_memory(err) : 0;
}

/* The physical path of a directory that the user named by option. */
static int named_directory(struct cli *cli, const char *path, const char *origin,
	const char **out, struct ax_error *err)
{
	char *real = realpath(path, NULL);

	if (!real && errno == ENOMEM)
		return no_memory(err);
	if (!real || !is_directory(real)) {
		free(real);
		return ax_fail(err, AX_EUSAGE, "%s: %s is not a directory", origin, path);
	}
	*out = ax_arena_copy(&cli->arena, ax_str_from(real));
	free(real);
	return *out ? 0 : no_memory(err);
}

/* dir or the nearest directory above it that holds .artidx/: 1, 0 when there is none, -1. */
static int nearest_project(struct cli *cli, const char *dir, const char **out,
	struct ax_error *err)
{
	struct ax_str at = ax_str_from(dir);

	for (;;) {
		const char *root = ax_arena_copy(&cli->arena, at.len ? at : AX_STR("/"));
		const char *own_dir = root ? join(cli, root, ".artidx") : NULL;
		if (!own_dir)
			return no_memory(err);
		*out = root;
		if (is_directory(own_dir))
			return 1;
		if (at.len <= 1)
			return 0;
		at = ax_path_dir(at);
	}
}

static int find_root(struct cli *cli, enum cli_root_rule rule, struct cli_project *project,
	struct ax_error *err)
{
	const char *from_environment = getenv("ARTIDX_ROOT");

	if (cli->globals.root) {
		project->root_origin = "--root";
		return named_directory(cli, cli->globals.root, "--root", &project->root, err);
	}
	if (from_environment && *from_environment) {
		project->root_origin = "ARTIDX_ROOT";
		return named_directory(cli, from_environment, "ARTIDX_ROOT", &project->root,
			err);
	}
	if (!project->cwd)
		return ax_fail(err, AX_EUSAGE,
			"the current directory is gone or not readable: name the project with "
			"--root");
	project->root_origin = "nearest .artidx/";
	int found = nearest_project(cli, project->cwd, &project->root, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (rule == CLI_ROOT_OR_HERE) {
		project->root_origin = "current directory";
		project->root = project->cwd;
		return 0;
	}
	return ax_fail(err, AX_EUSAGE,
		"no project here or above; 'artidx scan' in the project's directory makes one");
}

static int find_catalogue(struct cli *cli, struct cli_project *project, struct ax_error *err)
{
	const char *named = cli->globals.catalogue;
	const char *from_environment = getenv("ARTIDX_CATALOGUE");

	project->catalogue_origin = "--catalogue";
	if (!named && from_environment && *from_environment) {
		named = from_environment;
		project->catalogue_origin = "ARTIDX_CATALOGUE";
	}
	if (!named) {
		project->catalogue_origin = "default";
		project->catalogue = join(cli, project->own_dir, "catalogue");
		return 0;
	}
	if (*named == '\0')
		return ax_fail(err, AX_EUSAGE, "--catalogue needs the name of a directory");
	if (*named != '/' && !project->cwd)
		return ax_fail(err, AX_EUSAGE,
			"the current directory is gone: give --catalogue as an absolute path");
	project->catalogue = *named == '/' ? named : join(cli, project->cwd, named);
	return 0;
}

/* elsewhere: the history of a sealed project. While there is one it stays sealed. */
static bool is_sealed(const struct cli_project *project, const char *elsewhere)
{
	return strcmp(project->catalogue_origin, "default") != 0 &&
	       access(project->own_dir, F_OK) < 0 &&
	       (access(elsewhere, F_OK) == 0 ||
		       faccessat(AT_FDCWD, project->root, W_OK, AT_EACCESS) < 0);
}

static int find_history(struct cli *cli, struct cli_project *project, struct ax_error *err)
{
	const char *usual = join(cli, project->own_dir, "history");
	const char *elsewhere = join(cli, project->catalogue, "history");

	if (!usual || !elsewhere)
		return no_memory(err);
	project->is_sealed = is_sealed(project, elsewhere);
	project->history = project->is_sealed ? elsewhere : usual;
	return 0;
}

int cli_project_find(struct cli *cli, enum cli_root_rule rule, struct cli_project *out,
	struct ax_error *err)
{
	struct cli_project project = { 0 };

	if (find_cwd(cli, &project.cwd, err) < 0 || find_root(cli, rule, &project, err) < 0)
		return -1;
	project.own_dir = join(cli, project.root, ".artidx");
	project.config = join(cli, project.root, "artidx.json");
	if (!project.own_dir || !project.config)
		return no_memory(err);
	if (find_catalogue(cli, &project, err) < 0)
		return -1;
	if (!project.catalogue)
		return no_memory(err);
	if (find_history(cli, &project, err) < 0)
		return -1;
	*out = project;
	return 0;
}

int cli_project_create(const struct cli_project *project, struct ax_error *err)
{
	int dir = -1;
	int status = -1;

	if (project->is_sealed)
		return 0;
	bool is_new = mkdir(project->own_dir, 0700) == 0;
	if (!is_new && errno != EEXIST)
		return ax_fail_errno(err,
			"cannot make %s (--root with --catalogue DIR does without)",
			project->own_dir);
	/* An umask may have taken our own rights away. */
	if (is_new && chmod(project->own_dir, 0700) < 0)
		return ax_fail_errno(err, "cannot use %s", project->own_dir);
	dir = open(project->own_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return ax_fail_errno(err, "cannot use %s", project->own_dir);
	if (faccessat(dir, ".gitignore", F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
		ax_file_write_durable(dir, ".gitignore", AX_STR("*\n"), 0644, err) < 0)
		goto out;
	status = 0;
out:
	close(dir);
	return status;
}

/* Append the path with its directory resolved, whose links the text alone does not show. */
static bool append_physical(struct ax_buf *out, struct ax_str path)
{
	struct ax_str dir = ax_path_dir(path);
	char *text = strndup(dir.len ? dir.ptr : "/", dir.len ? dir.len : 1);
	char *real = text ? realpath(text, NULL) : NULL;

	if (real)
		ax_path_resolve(out, ax_str_from(real), ax_path_name(path));
	free(text);
	free(real);
	return real != NULL;
}

int cli_project_relative(const struct cli_project *project, const char *path,
	struct ax_buf *out, struct ax_error *err)
{
	struct ax_buf absolute = { 0 };
	struct ax_buf physical = { 0 };
	struct ax_str root = ax_str_from(project->root);
	const char *cwd = project->cwd ? project->cwd : project->root;
	int status = -1;

	ax_path_resolve(&absolute, ax_str_from(cwd), ax_str_from(path));
	if (ax_buf_check(&absolute, path, err) < 0)
		goto out;
	if (!ax_path_relative(out, root, ax_buf_str(&absolute)) &&
		!(append_physical(&physical, ax_buf_str(&absolute)) &&
			ax_path_relative(out, root, ax_buf_str(&physical)))) {
		ax_fail(err, AX_EUSAGE,
			"%s is outside the project %s; --root names another one", path,
			project->root);
		goto out;
	}
	status = ax_buf_check(out, path, err);
out:
	ax_buf_free(&absolute);
	ax_buf_free(&physical);
	return status;
}
