#include "tests/simulation/epochs.h"

#include <algorithm>

#include "attest/check.h"

namespace footproof::simulation {

std::string id_of(Person who) {
  const std::string number = std::to_string(who);
  return "v" + std::string(2 - number.size(), '0') + number;
}

Bytes encode_set(const Set& set) {
  ByteWriter out;
  for (const SetMember& member : set) out.u8(member.who).u8(member.keys);
  return std::move(out).take();
}

Set parse_set(ByteView record) {
  Set set;
  for (std::size_t i = 0; i + 1 < record.size(); i += 2) set.push_back({record[i], record[i + 1]});
  return set;
}

consensus::NextSet next_set(const Set& set, const Keys& keys) {
  consensus::NextSet next{encode_set(set), {}};
  for (const SetMember& member : set) {
    next.members.push_back({id_of(member.who), keys.key(keys.slot(member.who, member.keys))});
  }
  return next;
}

Bytes cosigned_bytes(consensus::Epoch epoch, std::uint64_t size, const Digest& root) {
  ByteWriter out;
  out.u64(epoch).u64(size).raw(root.view());
  return std::move(out).take();
}

std::optional<consensus::ValidatorIndex> EpochFacts::place_of(Person who) const {
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i].who == who) return static_cast<consensus::ValidatorIndex>(i);
  }
  return std::nullopt;
}

bool EpochFacts::verify(const Hop& hop, const Keys& keys) const {
  std::vector<Person> counted;
  const Bytes message = cosigned_bytes(hop.epoch, hop.log_size, hop.log_root);
  for (const auto& [who, signature] : hop.cosignatures) {
    const auto place = place_of(who);
    if (!place || std::find(counted.begin(), counted.end(), who) != counted.end()) continue;
    if (keys.verify(membership.members()[*place].key, message, signature)) counted.push_back(who);
  }
  return hop.epoch == membership.epoch() && counted.size() >= membership.q();
}

Epochs::Epochs(const Keys& keys, const Digest& chain_id, const Set& first,
               const Digest& members_hash, const consensus::EpochRoot& root,
               std::vector<consensus::ValidatorIndex> leaders)
    : keys_(keys), chain_id_(chain_id) {
  add(0, first, members_hash, root);
  epochs_[0]->membership.lead_for_tests(std::move(leaders));
}

void Epochs::add(consensus::Epoch epoch, Set set, const Digest& members_hash,
                 const consensus::EpochRoot& root) {
  std::sort(set.begin(), set.end(),
            [](const SetMember& a, const SetMember& b) { return a.who < b.who; });
  auto membership =
      consensus::Membership::make(chain_id_, epoch, next_set(set, keys_).members, members_hash);
  CHECK(membership.has_value());
  epochs_.push_back(
      std::make_unique<EpochFacts>(EpochFacts{std::move(*membership), root, std::move(set)}));
}

std::string Epochs::begin(const consensus::Block& boundary, const consensus::Checkpoint& head) {
  const auto& header = boundary.header;
  const consensus::Epoch epoch = header.epoch + 1;
  if (epoch > epochs_.size()) return "an epoch is left out";
  const consensus::EpochRoot root{consensus::block_id(header), header.height, header.time_ms, head};
  if (epoch == epochs_.size()) {
    add(epoch, parse_set(boundary.next_members), header.next_members_hash, root);
    return {};
  }
  const EpochFacts& known = *epochs_[epoch];
  if (known.root.block_id != root.block_id || known.root.checkpoint != head) {
    return "epoch " + std::to_string(epoch) + " has two beginnings";
  }
  return {};
}

}  // namespace footproof::simulation
