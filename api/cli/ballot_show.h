// footproof ballot list, show, parameters: proposals and parameters as the network's state holds
// them, proven by the asker's policy; without one a node's word, and said to be.
#pragma once

#include <string>

#include "api/cli/command.h"
#include "api/client/client.h"
#include "attest/governance_record.h"

namespace footproof::api {

void add_ballot_show_commands(CLI::App& ballot, Context& context);

// The proposal of this name (32 hex digits), proven where a policy is given.
[[nodiscard]] Result<ProposalRecord> proven_proposal(Client& client, const std::string& nonce,
                                                     const std::string& policy_path);

}  // namespace footproof::api
