#include "cli/command.h"
#include "cli/process.h"

int main(int argc, char **argv)
{
	cli_process_prepare();
	return argc > 0 ? cli_command_main(argc - 1, argv + 1) : CLI_USAGE;
}
