#include "node/network.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "attest/note.h"
#include "node/data_folder.h"

namespace footproof::node {
namespace {

constexpr std::string_view kMembersTag = "footproof/consensus/members/v1";
constexpr std::size_t kKeyFileSizeMax = std::size_t{16} * 1024;

Result<SigningKey> load_key(const std::filesystem::path& file, const PublicKey& registered) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) == 0 && (facts.st_mode & 077U) != 0) {
    return fail(Errc::bad_value,
                fmt::format("{} can be read by others; run chmod 600 on it", file.string()));
  }
  auto pem = read_file(file, kKeyFileSizeMax);
  if (!pem) return fail(pem.error());
  auto key = SigningKey::from_pem(as_text(*pem), std::nullopt);
  wipe(*pem);
  if (!key) return fail(file.string(), key.error());
  if (key->public_key() != registered) {
    return fail(Errc::mismatch, fmt::format("{} is not the key that the genesis file names for "
                                            "this validator",
                                            file.string()));
  }
  return key;
}

Result<consensus::Membership> make_membership(const Digest& chain_id,
                                              const ValidatorsRecord& record) {
  std::vector<consensus::Member> members;
  for (const auto& member : record.members) {
    consensus::Member out{member.id, {}};
    std::ranges::copy(member.vote_key.raw(), out.key.bytes.begin());
    members.push_back(std::move(out));
  }
  return consensus::Membership::make(chain_id, record.epoch, std::move(members),
                                     members_hash(record.members));
}

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

Result<OwnKeys> load_keys(const Config& config, const Member& self) {
  auto vote = load_key(config.vote_key, self.vote_key);
  if (!vote) return fail(vote.error());
  auto cosign = load_key(config.cosign_key, self.cosign_key);
  if (!cosign) return fail(cosign.error());
  auto log = load_key(config.log_key, self.log_key);
  if (!log) return fail(log.error());
  return OwnKeys{*std::move(vote), *std::move(cosign), *std::move(log)};
}

Result<std::uint8_t> find_self(const Config& config, const Network& network) {
  const auto index = network.membership.index_of(config.validator);
  if (!index) {
    return fail(Errc::not_found, fmt::format("[node] validator: {} is no validator of this genesis "
                                             "file",
                                             config.validator));
  }
  for (const auto& peer : config.peers) {
    if (!network.membership.index_of(peer.validator)) {
      return fail(Errc::not_found,
                  fmt::format("[[mesh.peer]] validator: {} is no validator of this genesis file",
                              peer.validator));
    }
  }
  return *index;
}

}  // namespace footproof::node
