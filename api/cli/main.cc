// The `footproof` command: everything a person does with the ledger and its files.
#include "api/cli/run.h"

int main(int argc, char** argv) { return footproof::api::run_command(argc, argv); }
