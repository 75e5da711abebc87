#include "node/network.h"

#include <utility>

#include "attest/note.h"
#include "node/data_folder.h"
#include "node/epoch_set.h"

namespace footproof::node {
namespace {

constexpr std::string_view kMembersTag = "footproof/consensus/members/v1";
}  // namespace

Digest members_hash(std::span<const Member> members) {
  return tagged_hash(kMembersTag, {encode_members(members)});
}

Result<Network> make_network(Bytes genesis_bytes) {
  auto genesis = ledger::parse_genesis(genesis_bytes);
  if (!genesis) return fail("genesis file", genesis.error());
  const Digest chain_id = ledger::chain_id_of(genesis_bytes);
  auto origin = make_origin(genesis->domain, genesis->network, chain_id);
  if (!origin) return fail("genesis file", origin.error());
  auto validators = ledger::first_validators(*genesis, chain_id);
  if (!validators) return fail("genesis file", validators.error());
  auto membership = make_membership(chain_id, *validators);
  if (!membership) return fail("genesis file", membership.error());
  auto block =
      consensus::genesis_block(chain_id, genesis->time_ms, members_hash(validators->members));
  const Digest block_id = consensus::block_id(block.header);
  auto result = ledger::genesis_block(*genesis, chain_id, block_id);
  if (!result) return fail("genesis file", result.error());
  const auto& head = result->after.head;
  consensus::EpochRoot root{block_id, 0, genesis->time_ms, {0, head.log_size, head.log_root}};
  return Network{std::move(genesis_bytes), *std::move(genesis),    chain_id,
                 *std::move(origin),       *std::move(validators), *std::move(membership),
                 std::move(block),         *std::move(result),     root};
}

Result<Network> load_network(const std::filesystem::path& genesis) {
  auto bytes = read_file(genesis, ledger::kGenesisSizeMax);
  if (!bytes) return fail(bytes.error());
  auto network = make_network(*std::move(bytes));
  if (!network) return fail(genesis.string(), network.error());
  return network;
}

}  // namespace footproof::node
