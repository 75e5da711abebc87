// The network that a genesis file starts, as this node sees it: who the validators are, the root
// that consensus builds on, and this node's own keys, checked against what is registered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attest/key.h"
#include "attest/result.h"
#include "attest/state_record.h"
#include "consensus/quorum.h"
#include "consensus/replica.h"
#include "ledger/genesis.h"
#include "node/config.h"

namespace footproof::node {

struct Network {
  Bytes genesis_bytes;  // the exact file
  ledger::Genesis genesis;
  Digest chain_id;
  std::string origin;
  ValidatorsRecord validators;  // of epoch 0, ascending by id: the index is the position
  consensus::Membership membership;
  consensus::Block genesis_block;
  ledger::BlockResult genesis_result;
  consensus::EpochRoot root;
};

// H of the members as headers carry it: tag "footproof/consensus/members/v1".
[[nodiscard]] Digest members_hash(std::span<const Member> members);
[[nodiscard]] Result<Network> make_network(Bytes genesis_bytes);
[[nodiscard]] Result<Network> load_network(const std::filesystem::path& genesis);

struct OwnKeys {
  SigningKey vote;
  SigningKey cosign;
  SigningKey log;
};

// The files must be ours alone (0600) and hold the keys that the genesis names for this validator.
[[nodiscard]] Result<OwnKeys> load_keys(const Config& config, const Member& self);
// The place of this validator in the epoch's list.
[[nodiscard]] Result<std::uint8_t> find_self(const Config& config, const Network& network);

}  // namespace footproof::node
