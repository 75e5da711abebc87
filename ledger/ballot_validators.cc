// What a ballot changes of the validators, and how a new one says that it is ready (docs/rules.md,
// validators). One is admitted, removed, or replaced at a time: the set that comes out waits under
// `next-validators` for the boundary block (ledger/next_set.h), and while one waits no other is
// decided.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "attest/governance_record.h"
#include "attest/note.h"
#include "attest/ready.h"
#include "ledger/next_set.h"
#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

// One change in the making: the members of the set in force become those of the next.
class NextSet {
 public:
  NextSet(const Case& it, std::vector<Member> members) : it_(it), members_(std::move(members)) {}

  Ruling admit(const ValidatorProposal& validator);
  Ruling remove(const std::string& id);
  Ruling replace(const std::string& id, const ValidatorProposal& by);
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }

 private:
  // null: there is none of that id.
  [[nodiscard]] const Member* find(const std::string& id) const;
  // `before`: in whose place it comes, or null.
  Ruling enter(const ValidatorProposal& validator, const Member* before);
  Ruling judge_party(const std::string& uri) const;
  Ruling judge_keys(const ValidatorProposal& validator, const Member* before) const;

  const Case& it_;
  std::vector<Member> members_;
};

const Member* NextSet::find(const std::string& id) const {
  const auto found = std::ranges::find(members_, id, &Member::id);
  return found == members_.end() ? nullptr : &*found;
}

Ruling NextSet::judge_party(const std::string& uri) const {
  const auto party = read_record(it_.view, state_key::party(uri), parse_party_record);
  if (!party) return fail(party.error());
  if (!*party || !is_member(**party, it_.now())) {
    return forbid(R::not_a_member, "association: " + uri + " is not admitted");
  }
  if ((*party)->role != PartyRole::association) {
    return forbid(R::not_for_this_role, "association: " + uri + " is admitted as " +
                                            std::string(to_text((*party)->role)));
  }
  return std::optional<Refusal>();
}

// A validator may keep keys of its own in their roles; all others are new, and never come back.
Ruling NextSet::judge_keys(const ValidatorProposal& validator, const Member* before) const {
  struct RoleKey {
    std::string_view role;
    const PublicKey& key;
    const PossessionProof& proof;
    const PublicKey* kept;
  };
  const bool same = before != nullptr && before->id == validator.id;
  const std::array<RoleKey, 3> keys = {
      RoleKey{role::kVote, validator.vote_key, validator.vote_proof,
              same ? &before->vote_key : nullptr},
      RoleKey{role::kCosign, validator.cosign_key, validator.cosign_proof,
              same ? &before->cosign_key : nullptr},
      RoleKey{role::kLog, validator.log_key, validator.log_proof,
              same ? &before->log_key : nullptr}};
  for (const RoleKey& one : keys) {
    if (one.kept == nullptr || *one.kept != one.key) {
      const auto registered = is_registered(it_, one.key);
      if (!registered) return fail(registered.error());
      if (*registered) {
        return forbid(R::key_exists, std::string(one.role) + " key: " + one.key.kid().hex() +
                                         " is registered, or was a validator's");
      }
    }
    if (!verify_possession_proof(one.key, it_.context.chain_id, validator.id, one.role,
                                 one.proof)) {
      return forbid(R::bad_possession,
                    std::string(one.role) + " key: its proof of possession does not verify");
    }
  }
  for (const Member& member : members_) {
    if (&member != before && member.tls_pin == validator.tls_pin) {
      return forbid(R::key_exists, "tls pin: it is that of " + member.id);
    }
  }
  return std::optional<Refusal>();
}

Ruling NextSet::enter(const ValidatorProposal& validator, const Member* before) {
  if (auto party = judge_party(validator.party); !party || *party) return party;
  if (auto keys = judge_keys(validator, before); !keys || *keys) return keys;
  // "<origin>/<id>", with the origin of them all.
  const Member& any = members_.front();
  const std::string_view origin =
      std::string_view(any.cosign_name).substr(0, any.cosign_name.size() - any.id.size() - 1);
  Member member{validator.id,         validator.party,
                validator.vote_key,   cosigner_name(origin, validator.id),
                validator.cosign_key, validator.log_key,
                validator.tls_pin};
  if (before != nullptr && member == *before) {
    return forbid(R::nothing_to_change, "validator: " + validator.id + " is as it stands");
  }
  if (before != nullptr) members_.erase(members_.begin() + (before - members_.data()));
  members_.insert(std::ranges::lower_bound(members_, member.id, {}, &Member::id),
                  std::move(member));
  return std::optional<Refusal>();
}

Ruling NextSet::admit(const ValidatorProposal& validator) {
  if (find(validator.id) != nullptr) {
    return forbid(R::validator_exists, "validator: " + validator.id + " is in the set");
  }
  if (members_.size() >= kValidatorsMax) {
    return forbid(R::too_many_validators,
                  "validator: there are " + std::to_string(members_.size()));
  }
  return enter(validator, nullptr);
}

Ruling NextSet::remove(const std::string& id) {
  const Member* member = find(id);
  if (member == nullptr) return forbid(R::unknown_validator, "validator: no " + id);
  if (members_.size() <= kValidatorsMin) {
    return forbid(R::too_few_validators,
                  "validator: " + std::to_string(members_.size() - 1) + " would remain");
  }
  members_.erase(members_.begin() + (member - members_.data()));
  return std::optional<Refusal>();
}

Ruling NextSet::replace(const std::string& id, const ValidatorProposal& by) {
  const Member* before = find(id);
  if (before == nullptr) return forbid(R::unknown_validator, "validator: no " + id);
  if (by.id != id && find(by.id) != nullptr) {
    return forbid(R::validator_exists, "replacement: " + by.id + " is in the set");
  }
  return enter(by, before);
}

struct ChangeOfSet {
  NextSet& set;
  Ruling operator()(const AdmitValidator& change) const { return set.admit(change.validator); }
  Ruling operator()(const RemoveValidator& change) const { return set.remove(change.id); }
  Ruling operator()(const ReplaceValidator& change) const {
    return set.replace(change.id, change.by);
  }
  template <class Other>
  Ruling operator()(const Other&) const {
    return fail(Errc::usage, "change: not of a validator");
  }
};

bool is_recent(Instant recorded, Instant now) {
  constexpr std::uint64_t kReadyMsMax = kReadyDaysMax * 86'400'000;
  return now.ms <= recorded.ms || now.ms - recorded.ms <= kReadyMsMax;
}

}  // namespace

Ruling change_validators(const Case& it, const Change& change, StateChanges& changes) {
  const auto waiting = next_validators(it.view);
  if (!waiting) return fail(waiting.error());
  if (*waiting) {
    return forbid(R::change_pending,
                  "change: entry " + (*waiting)->decided_by.hex() + " decided the next set");
  }
  auto in_force = newest_validators(it.view, it.context.epoch);
  if (!in_force) return fail(in_force.error());
  NextSet set(it, std::move(in_force->members));
  if (auto refusal = std::visit(ChangeOfSet{set}, change); !refusal || *refusal) return refusal;
  return put_record(changes, state_key::next_validators(),
                    NextValidatorsRecord{set.members(), it.statement.entry_id()});
}

Ruling take_ready(const Case& it, const Ballot& ballot, ProposalRecord& record) {
  if (!ballot.ready) return std::optional<Refusal>();
  if (!verify_ready(*ballot.ready, it.context.chain_id, ballot.proposal)) {
    return forbid(R::not_ready, "ready: not signed by the vote key that the proposal names");
  }
  const auto entry = it.view.logged(ballot.ready->entry);
  if (!entry) return fail(entry.error());
  if (!*entry) return forbid(R::not_ready, "ready: no entry " + ballot.ready->entry.hex());
  const Instant recorded{(*entry)->recorded_ms};
  if (!is_recent(recorded, it.now())) {
    return forbid(R::not_ready, "ready: its entry was recorded at " + recorded.text());
  }
  if (!record.ready || record.ready->recorded < recorded) {
    record.ready = ReadyMark{ballot.ready->entry, recorded};
  }
  return std::optional<Refusal>();
}

std::optional<Refusal> judge_ready(const Case& it, const ProposalRecord& record) {
  if (new_validator_of(record.proposal.change) == nullptr) return std::nullopt;
  if (!record.ready) {
    return refuse(R::not_ready, "ready: no ballot on it has brought the new validator's word");
  }
  if (!is_recent(record.ready->recorded, it.now())) {
    return refuse(R::not_ready,
                  "ready: the newest entry that the new validator named was recorded "
                  "at " +
                      record.ready->recorded.text());
  }
  return std::nullopt;
}

}  // namespace footproof::ledger
