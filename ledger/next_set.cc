#include "ledger/next_set.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "attest/block_record.h"
#include "attest/retired_key.h"
#include "ledger/ruling.h"

namespace footproof::ledger {
namespace {

struct RoleKey {
  ValidatorKeyRole role;
  const PublicKey& key;
};

std::vector<RoleKey> keys_of(const Member& member) {
  return {{ValidatorKeyRole::vote, member.vote_key},
          {ValidatorKeyRole::cosign, member.cosign_key},
          {ValidatorKeyRole::log, member.log_key}};
}

void retire_keys(const ValidatorsRecord& old, const std::vector<Member>& next,
                 StateChanges& changes) {
  std::set<Digest> kept;
  for (const Member& member : next) {
    for (const RoleKey& one : keys_of(member)) kept.insert(one.key.kid());
  }
  for (const Member& member : old.members) {
    for (const RoleKey& one : keys_of(member)) {
      const Digest kid = one.key.kid();
      if (kept.contains(kid)) continue;
      changes.insert_or_assign(state_key::retired_key(kid),
                               encode(RetiredKeyRecord{member.id, one.role, old.epoch}));
    }
  }
}

}  // namespace

Result<std::optional<NextValidatorsRecord>> next_validators(const StateView& view) {
  return read_record(view, state_key::next_validators(), parse_next_validators_record);
}

Result<std::optional<PendingSet>> pending_set(const Snapshot& snapshot) {
  auto next = next_validators(snapshot);
  if (!next) return fail(next.error());
  if (!*next) return std::optional<PendingSet>();
  const auto decided = snapshot.logged((*next)->decided_by);
  if (!decided) return fail(decided.error());
  if (!*decided) return fail(Errc::corrupt, "state: the next validators were decided by no entry");
  const auto record = snapshot.own_record((*decided)->index);
  if (!record) return fail(record.error());
  const auto parsed = parse_block_record(record->bytes);
  if (!parsed) return fail(Errc::corrupt, parsed.error().detail);
  return std::optional(PendingSet{std::move(**next), parsed->height});
}

Result<ValidatorsRecord> validators_of(const StateView& view, std::uint64_t epoch) {
  auto record = read_record(view, state_key::validators(epoch), parse_validators_record);
  if (!record) return fail(record.error());
  if (!*record) {
    return fail(Errc::corrupt, "state: no validators of epoch " + std::to_string(epoch));
  }
  return std::move(**record);
}

Result<ValidatorsRecord> newest_validators(const StateView& view, std::uint64_t epoch) {
  auto next = read_record(view, state_key::validators(epoch + 1), parse_validators_record);
  if (!next) return fail(next.error());
  if (*next) return std::move(**next);
  return validators_of(view, epoch);
}

Result<StateChanges> begin_next_set(const StateView& view, std::uint64_t epoch,
                                    std::uint64_t height, std::uint64_t log_size) {
  const auto old = validators_of(view, epoch);
  if (!old) return fail(old.error());
  auto next = next_validators(view);
  if (!next) return fail(next.error());
  if (!*next) {
    return fail(Errc::mismatch, "boundary: block " + std::to_string(height) +
                                    " ends an epoch, but no set was decided for the next");
  }
  ValidatorsRecord record;
  record.epoch = epoch + 1;
  record.from_height = height + 1;
  record.from_size = log_size;
  record.quorum = quorum_of((*next)->members.size());
  record.members = std::move((*next)->members);
  StateChanges changes;
  retire_keys(*old, record.members, changes);
  changes.insert_or_assign(state_key::validators(record.epoch), encode(record));
  changes.insert_or_assign(state_key::next_validators(), std::nullopt);
  return changes;
}

}  // namespace footproof::ledger
