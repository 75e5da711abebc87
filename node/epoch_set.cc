#include "node/epoch_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ledger/next_set.h"
#include "node/data_folder.h"
#include "node/log.h"

namespace footproof::node {
namespace {

using consensus::ValidatorIndex;

Result<consensus::EpochRoot> root_of(const Network& network, const ledger::Store& store,
                                     const ValidatorsRecord& record) {
  if (record.epoch == 0) return network.root;
  const std::uint64_t height = record.from_height - 1;
  const auto head = store.head_at(height);
  if (!head) return fail("database", head.error());
  if (!*head) {
    return fail(Errc::corrupt,
                fmt::format("database: the boundary block at height {} is missing", height));
  }
  return consensus::EpochRoot{
      (*head)->block_id, height, (*head)->time_ms, {height, (*head)->log_size, (*head)->log_root}};
}

void find_self(EpochSet& set, const std::string& id, KeyRing& keys) {
  set.keys = &keys.first();
  const auto index = set.membership.index_of(id);
  if (!index) {
    set.why_none = fmt::format("{} is no validator of epoch {}", id, set.epoch());
    return;
  }
  const auto* own = keys.find(set.member(*index));
  if (own == nullptr) {
    set.why_none = fmt::format(
        "the set of epoch {} names other keys for {} than [node] keys and next_keys hold; put the "
        "keys that were voted on into next_keys",
        set.epoch(), id);
    return;
  }
  set.self = *index;
  set.keys = own;
}

PeerIdentity identity_of(const Member& member, ValidatorIndex index) {
  return {index, member.id, member.vote_key, member.tls_pin};
}

}  // namespace

consensus::NextSet next_set_of(const std::vector<Member>& members) {
  consensus::NextSet out{encode_members(members), {}};
  for (const auto& member : members) {
    consensus::Member one{member.id, {}};
    std::ranges::copy(member.vote_key.raw(), one.key.bytes.begin());
    out.members.push_back(std::move(one));
  }
  return out;
}

Result<consensus::Membership> make_membership(const Digest& chain_id,
                                              const ValidatorsRecord& record) {
  return consensus::Membership::make(chain_id, record.epoch, next_set_of(record.members).members,
                                     members_hash(record.members));
}

Result<EpochSet> epoch_set(const Network& network, const ledger::Store& store, std::uint64_t epoch,
                           const std::string& id, KeyRing& keys) {
  auto record = ledger::validators_of(*store.snapshot(), epoch);
  if (!record) return fail("database", record.error());
  auto membership = make_membership(network.chain_id, *record);
  if (!membership) return fail("database", membership.error());
  auto root = root_of(network, store, *record);
  if (!root) return fail(root.error());
  EpochSet set{*std::move(record), *std::move(membership), *root, {}, {}, false, nullptr};
  find_self(set, id, keys);
  if (!set.self && epoch > 0) {
    const auto before = ledger::validators_of(*store.snapshot(), epoch - 1);
    if (!before) return fail("database", before.error());
    set.left =
        std::ranges::any_of(before->members, [&id](const auto& member) { return member.id == id; });
  }
  return set;
}

std::uint64_t epoch_in_force(const ledger::Store& store) {
  const std::uint64_t epoch = store.snapshot()->head().epoch;
  const auto hop = store.hop(epoch);
  return hop && *hop ? epoch + 1 : epoch;
}

Result<void> speak_as(const std::filesystem::path& data, const Network& network,
                      const EpochSet& set) {
  if (!set.self) return {};
  const auto changed =
      DataFolder::change_key(data, network.chain_id, set.keys->vote.public_key().raw());
  if (!changed) return fail(changed.error());
  if (*changed) {
    log(LogLevel::info, "vote_key_changed",
        {{"epoch", set.epoch()}, {"key", set.keys->vote.public_key().kid().hex()}});
  }
  return {};
}

Result<void> check_keys(const EpochSet& set, const std::string& id, const KeyRing& keys) {
  const auto index = set.membership.index_of(id);
  if (set.self || !index) return {};
  const auto& member = set.member(*index);
  const auto* own = keys.find(member.vote_key);
  if (own == nullptr) return {};
  const std::string_view which = own->cosign.public_key() != member.cosign_key ? "cosign_key"
                                 : own->log.public_key() != member.log_key     ? "log_key"
                                                                               : "tls_certificate";
  return fail(Errc::mismatch,
              fmt::format("[node] {} is not the key that the set of epoch {} names for {}", which,
                          set.epoch(), id));
}

LinkSet links_of(const EpochSet& set, const std::string& id, const EpochSet* also) {
  LinkSet out{{set.self.value_or(0), id, set.keys->vote.public_key(), set.keys->tls_pin}, {}};
  out.dials = !set.left;
  for (std::size_t i = 0; i < set.validators.members.size(); ++i) {
    const auto index = static_cast<ValidatorIndex>(i);
    if (set.member(index).id != id) out.peers.push_back(identity_of(set.member(index), index));
  }
  if (also == nullptr) return out;
  auto index = static_cast<ValidatorIndex>(set.validators.members.size());
  for (const auto& member : also->validators.members) {
    if (member.id == id || set.membership.index_of(member.id)) continue;
    out.peers.push_back(identity_of(member, index++));
  }
  return out;
}

std::optional<ValidatorIndex> producer_in(const EpochSet& set, const ledger::Store& store,
                                          const Batch& batch) {
  if (batch.epoch == set.epoch()) {
    return batch.producer < set.membership.n() ? std::optional(batch.producer) : std::nullopt;
  }
  const auto then = ledger::validators_of(*store.snapshot(), batch.epoch);
  if (!then || batch.producer >= then->members.size()) return std::nullopt;
  return set.membership.index_of(then->members[batch.producer].id);
}

}  // namespace footproof::node
