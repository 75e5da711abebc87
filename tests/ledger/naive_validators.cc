// Validators by ballot: which changes are allowed, the word of the new one, and the sets that
// follow from what was decided and from where epochs ended (docs/rules.md, validators).
#include <algorithm>

#include "attest/ready.h"
#include "attest/retired_key.h"
#include "tests/ledger/naive_rules.h"

namespace footproof::testing {
namespace {

using naive::kFine;

std::vector<PublicKey> keys_of(const Member& member) {
  return {member.vote_key, member.cosign_key, member.log_key};
}

const Member* find_member(const std::vector<Member>& set, const std::string& id) {
  for (const Member& member : set) {
    if (member.id == id) return &member;
  }
  return nullptr;
}

std::string origin_of(const Member& member) {
  return member.cosign_name.substr(0, member.cosign_name.size() - member.id.size() - 1);
}

std::vector<Member> after(std::vector<Member> set, const Change& change) {
  const std::string origin = origin_of(set.front());
  const auto leaves = [&](const std::string& id) {
    std::erase_if(set, [&](const Member& member) { return member.id == id; });
  };
  const auto comes = [&](const ValidatorProposal& it) {
    set.push_back({it.id, it.party, it.vote_key, origin + "/" + it.id, it.cosign_key, it.log_key,
                   it.tls_pin});
  };
  if (const auto* it = std::get_if<AdmitValidator>(&change)) comes(it->validator);
  if (const auto* it = std::get_if<RemoveValidator>(&change)) leaves(it->id);
  if (const auto* it = std::get_if<ReplaceValidator>(&change)) {
    leaves(it->id);
    comes(it->by);
  }
  std::sort(set.begin(), set.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
  return set;
}

bool is_of_validators(const Change& change) {
  return std::holds_alternative<AdmitValidator>(change) ||
         std::holds_alternative<RemoveValidator>(change) ||
         std::holds_alternative<ReplaceValidator>(change);
}

// The keys of one set that the next has in no role.
void retire(const std::vector<Member>& old, const std::vector<Member>& next, std::uint64_t epoch,
            std::map<Digest, Bytes>& records) {
  for (const Member& member : old) {
    const auto keys = keys_of(member);
    for (std::size_t role = 0; role < keys.size(); ++role) {
      bool stays = false;
      for (const Member& other : next) {
        const auto theirs = keys_of(other);
        stays = stays || std::find(theirs.begin(), theirs.end(), keys[role]) != theirs.end();
      }
      if (stays) continue;
      const auto as = static_cast<ValidatorKeyRole>(role);
      records[state_key::retired_key(keys[role].kid())] =
          encode(RetiredKeyRecord{member.id, as, epoch});
    }
  }
}

}  // namespace

NaiveRules::Sets NaiveRules::sets() const {
  Sets now;
  now.in_force = validators_;
  now.ever = validators_;
  std::size_t end = 0;
  for (std::size_t at = 0; at <= list_.size(); ++at) {
    for (; end < ends_.size() && ends_[end].entries == at; ++end) {
      retire(now.in_force, now.waiting->members, now.epoch, now.records);
      now.in_force = now.waiting->members;
      now.waiting.reset();
      ++now.epoch;
      const std::uint64_t members = now.in_force.size();
      now.records[state_key::validators(now.epoch)] =
          encode(ValidatorsRecord{now.epoch, ends_[end].height + 1, ends_[end].log_size,
                                  members - (members - 1) / 3, now.in_force});
    }
    const Change* change = at < list_.size() ? list_[at].carried_out() : nullptr;
    if (change == nullptr || !is_of_validators(*change)) continue;
    now.waiting =
        NextValidatorsRecord{after(now.in_force, *change), list_[at].statement.entry_id()};
    now.ever.insert(now.ever.end(), now.waiting->members.begin(), now.waiting->members.end());
  }
  return now;
}

std::string NaiveRules::judge_validators(const Change& change) const {
  const Sets now = sets();
  if (now.waiting) return "change-pending";
  const auto& set = now.in_force;
  if (const auto* it = std::get_if<AdmitValidator>(&change)) {
    if (find_member(set, it->validator.id) != nullptr) return "validator-exists";
    if (set.size() >= 31) return "too-many-validators";
    return judge_validator(it->validator, "", set);
  }
  if (const auto* it = std::get_if<RemoveValidator>(&change)) {
    if (find_member(set, it->id) == nullptr) return "unknown-validator";
    return set.size() <= 4 ? "too-few-validators" : kFine;
  }
  const auto& it = std::get<ReplaceValidator>(change);
  if (find_member(set, it.id) == nullptr) return "unknown-validator";
  if (it.by.id != it.id && find_member(set, it.by.id) != nullptr) return "validator-exists";
  if (auto why = judge_validator(it.by, it.id, set); why != kFine) return why;
  return after(set, change) == set ? "nothing-to-change" : kFine;
}

std::string NaiveRules::judge_validator(const ValidatorProposal& it,
                                        const std::string& in_the_place_of,
                                        const std::vector<Member>& set) const {
  if (!is_member(it.party)) return "not-a-member";
  if (!has_role(it.party, PartyRole::association)) return "not-for-this-role";
  const Member* itself = in_the_place_of == it.id ? find_member(set, it.id) : nullptr;
  const std::vector<PublicKey> keys = {it.vote_key, it.cosign_key, it.log_key};
  const std::vector<PossessionProof> proofs = {it.vote_proof, it.cosign_proof, it.log_proof};
  const std::vector<std::string> roles = {"vote", "cosign", "log"};
  for (std::size_t role = 0; role < keys.size(); ++role) {
    const bool kept = itself != nullptr && keys_of(*itself)[role] == keys[role];
    if (!kept && taken(keys[role].kid())) return "key-exists";
    if (!verify_possession_proof(keys[role], chain_id_, it.id, roles[role], proofs[role])) {
      return "bad-possession";
    }
  }
  for (const Member& member : set) {
    if (member.id != in_the_place_of && member.tls_pin == it.tls_pin) return "key-exists";
  }
  return kFine;
}

std::optional<ReadyMark> NaiveRules::newest_word(const ProposalNonce& nonce) const {
  std::optional<ReadyMark> newest;
  for (const NaiveEntry& entry : list_) {
    const auto* ballot = entry.statement.as<Ballot>();
    if (ballot == nullptr || ballot->proposal.nonce != nonce || !ballot->ready) continue;
    const Instant recorded = find(ballot->ready->entry)->recorded;
    if (!newest || newest->recorded < recorded) newest = {ballot->ready->entry, recorded};
  }
  return newest;
}

std::string NaiveRules::judge_word(const NaiveEntry& entry, const Ballot& it, bool decides) const {
  const auto is_recent = [&](Instant recorded) {
    return recorded.ms + std::uint64_t{7} * 86'400'000 >= entry.recorded.ms;
  };
  bool enough = false;
  if (it.ready) {
    const NaiveEntry* named = find(it.ready->entry);
    if (!verify_ready(*it.ready, chain_id_, it.proposal)) return "not-ready";
    if (named == nullptr || !is_recent(named->recorded)) return "not-ready";
    enough = true;
  }
  if (new_validator_of(it.proposal.change) == nullptr || !decides || enough) return kFine;
  const auto earlier = newest_word(it.proposal.nonce);
  return earlier && is_recent(earlier->recorded) ? kFine : "not-ready";
}

}  // namespace footproof::testing
