// The network that a genesis file starts: its names, its first validators and the root that their
// epoch builds on. Who the validators are later says the state (epoch_set.h).
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "attest/result.h"
#include "attest/state_record.h"
#include "consensus/quorum.h"
#include "consensus/replica.h"
#include "ledger/genesis.h"

namespace footproof::node {

struct Network {
  Bytes genesis_bytes;  // the exact file
  ledger::Genesis genesis;
  Digest chain_id;
  std::string origin;
  ValidatorsRecord validators;  // of epoch 0, as are membership and root
  consensus::Membership membership;
  consensus::Block genesis_block;
  ledger::BlockResult genesis_result;
  consensus::EpochRoot root;
};

// H of the members as headers carry it: tag "footproof/consensus/members/v1".
[[nodiscard]] Digest members_hash(std::span<const Member> members);
[[nodiscard]] Result<Network> make_network(Bytes genesis_bytes);
[[nodiscard]] Result<Network> load_network(const std::filesystem::path& genesis);

}  // namespace footproof::node
