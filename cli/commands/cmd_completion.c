/*
 * The scripts know nothing about artidx: they hand the words before the cursor to
 * "artidx __complete", which answers from the option tables and the catalogue, one candidate a
 * line, a TAB and its description behind it. ":files" and ":dirs" ask for names from the disk.
 */
#include "base/error.h"
#include "cli/command.h"
#include "cli/commands/commands.h"

static const char bash_script[] =
	"# bash completion for artidx; put it into\n"
	"# ~/.local/share/bash-completion/completions/artidx\n"
	"_artidx()\n"
	"{\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT} word rest cut\n"
	"\tlocal -a words\n"
	"\tIFS=$' \\t' read -ra words <<<\"$line\"\n"
	"\t[[ $line == *[[:blank:]] ]] && words+=('')\n"
	"\tword=${words[-1]}\n"
	"\t# readline's word begins behind the last of these, where it breaks words at them\n"
	"\tcut=\n"
	"\t[[ $COMP_WORDBREAKS == *:* && $word == *:* ]] && cut=${word%\"${word##*:}\"}\n"
	"\trest=${word#\"$cut\"}\n"
	"\t[[ $COMP_WORDBREAKS == *=* && $rest == *=* ]] && cut+=${rest%\"${rest##*=}\"}\n"
	"\tCOMPREPLY=()\n"
	"\twhile IFS=$'\\t' read -r line rest; do\n"
	"\t\tcase $line in\n"
	"\t\t:files) compopt -o filenames; mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY "
	"< <(compgen -f -- \"$word\") ;;\n"
	"\t\t:dirs) compopt -o filenames; mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY "
	"< <(compgen -d -- \"$word\") ;;\n"
	"\t\t*) COMPREPLY+=(\"${line#\"$cut\"}\")\n"
	"\t\t   [[ $line == *[:=,.] ]] && compopt -o nospace ;;\n"
	"\t\tesac\n"
	"\tdone < <(\"${words[0]}\" __complete -- \"${words[@]:1}\" 2>/dev/null)\n"
	"}\n"
	"complete -F _artidx artidx\n";

static const char zsh_script[] =
	"#compdef artidx\n"
	"# zsh completion for artidx; put it as _artidx into a directory of $fpath\n"
	"_artidx()\n"
	"{\n"
	"\tlocal line\n"
	"\tlocal -a values shown open open_shown\n"
	"\tfor line in \"${(@f)$(_call_program artidx $words[1] __complete -- "
	"\"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
	"\t\tcase $line in\n"
	"\t\t'') ;;\n"
	"\t\t:files) _files ;;\n"
	"\t\t:dirs) _files -/ ;;\n"
	"\t\t*[:=,.]$'\\t'*) open+=(\"${line%%$'\\t'*}\"); open_shown+=(\"${line/$'\\t'/  -- "
	"}\") ;;\n"
	"\t\t*) values+=(\"${line%%$'\\t'*}\"); shown+=(\"${line/$'\\t'/  -- }\") ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\t(( $#values )) && compadd -l -d shown -a values\n"
	"\t(( $#open )) && compadd -S '' -l -d open_shown -a open\n"
	"}\n"
	"if [[ $funcstack[1] == _artidx ]]; then _artidx \"$@\"; else compdef _artidx artidx; "
	"fi\n";

static const char fish_script[] =
	"# fish completion for artidx; put it into ~/.config/fish/completions/artidx.fish\n"
	"function __artidx_complete\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l current (commandline -ct)\n"
	"\tfor line in ($words[1] __complete -- $words[2..-1] \"$current\" 2>/dev/null)\n"
	"\t\tswitch $line\n"
	"\t\t\tcase ':files'\n"
	"\t\t\t\t__fish_complete_path \"$current\"\n"
	"\t\t\tcase ':dirs'\n"
	"\t\t\t\t__fish_complete_directories \"$current\"\n"
	"\t\t\tcase '*'\n"
	"\t\t\t\techo $line\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"complete -c artidx -f -a '(__artidx_complete)'\n";

static const struct {
	const char *shell;
	const char *script;
} scripts[] = {
	{ "bash", bash_script },
	{ "zsh", zsh_script },
	{ "fish", fish_script },
};

static int run(struct cli *cli, struct ax_error *err)
{
	const char *shell = cli->operands[0];

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		if (strcmp(scripts[i].shell, shell) == 0) {
			fputs(scripts[i].script, cli->out.stream);
			return 0;
		}
	}
	return ax_fail(err, AX_EUSAGE, "completion is for bash, zsh or fish, not '%s'", shell);
}

static const struct cli_example examples[] = {
	{ "completion bash > ~/.local/share/bash-completion/completions/artidx", "for bash" },
	{ "completion zsh > ~/.zfunc/_artidx", "for zsh, where ~/.zfunc is in $fpath" },
	{ "completion fish > ~/.config/fish/completions/artidx.fish", "for fish" },
	{ 0 },
};

const struct command cmd_completion = {
	.name = "completion",
	.summary = "print a shell's completion script",
	.operands = "bash|zsh|fish",
	.min_operands = 1,
	.max_operands = 1,
	.takes = CLI_OPERAND_SHELL,
	.examples = examples,
	.description = "The script asks artidx itself at each press of TAB, and so knows the "
		       "commands, their options, the fields of queries, and what the catalogue "
		       "holds: classes, runs.\n"
		       "An installed artidx has the scripts in place already.",
	.run = run,
};
