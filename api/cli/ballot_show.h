// footproof ballot list, show, parameters: what a node says about proposals. A node's word.
#pragma once

#include "api/cli/command.h"

namespace footproof::api {

void add_ballot_show_commands(CLI::App& ballot, Context& context);

}  // namespace footproof::api
