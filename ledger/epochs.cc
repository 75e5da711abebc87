#include "ledger/epochs.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attest/block_record.h"
#include "attest/note.h"
#include "ledger/next_set.h"

namespace footproof::ledger {
namespace {

// The cosignatures of q members, in ascending byte order of key name, and no line else.
Result<std::string> quorum_of_note(const Policy& policy, std::string_view bytes) {
  const auto note = parse_note(as_bytes(bytes));
  if (!note) return fail("checkpoint", note.error());
  const PolicyEpoch& set = policy.newest();
  std::vector<NoteKey> keys;
  for (const PolicyMember& member : set.members) keys.push_back(member.cosign_key);
  const auto lines = verify_note(*note, keys);
  if (!lines) return fail("checkpoint", lines.error());
  if (lines->size() < set.quorum()) {
    return fail(Errc::bad_signature, "checkpoint: " + std::to_string(lines->size()) +
                                         " cosignatures of the set that ends, of " +
                                         std::to_string(set.quorum()));
  }
  Note made{note->text, {}};
  for (const VerifiedLine& line : *lines) made.signatures.push_back(note->signatures[line.line]);
  std::ranges::sort(made.signatures, {}, &NoteSignature::name);
  made.signatures.resize(set.quorum());
  return encode(made);
}

// What a policy says of an epoch that ended at this size.
Result<void> end_at(const Snapshot& ledger, std::uint64_t size, PolicyEpoch& epoch) {
  const auto root = log_root(ledger, size);
  if (!root) return fail(root.error());
  const auto item = ledger.item(size - 1);
  if (!item) return fail(item.error());
  const auto record = parse_block_record(item->bytes);
  if (!record) return fail(Errc::corrupt, "the last record of an epoch: " + record.error().detail);
  epoch.last_size = size;
  epoch.last_root = *root;
  epoch.last_day = utc_day(record->time);
  return {};
}

}  // namespace

Result<Policy> trust_policy_of(const Snapshot& ledger) {
  const auto newest = newest_validators(ledger, ledger.head().epoch);
  if (!newest) return fail(newest.error());
  const std::uint64_t first =
      newest->epoch < kPolicyEpochsMax ? 0 : newest->epoch - kPolicyEpochsMax + 1;
  auto policy = policy_of_epoch(ledger, first);
  if (!policy) return fail(policy.error());
  for (std::uint64_t epoch = first + 1; epoch <= newest->epoch; ++epoch) {
    const auto set = validators_of(ledger, epoch);
    if (!set) return fail(set.error());
    if (auto ended = end_at(ledger, set->from_size, policy->epochs.back()); !ended) {
      return fail(ended.error());
    }
    policy->epochs.push_back(make_policy_epoch(policy->origin, *set));
  }
  return policy;
}

Result<Policy> policy_of_epoch(const Snapshot& ledger, std::uint64_t epoch) {
  const auto set = validators_of(ledger, epoch);
  if (!set) return fail(set.error());
  const Member& first = set->members.front();
  Policy policy;
  // "<origin>/<id>" (docs/formats.md §6.6).
  policy.origin = first.cosign_name.substr(0, first.cosign_name.size() - first.id.size() - 1);
  policy.chain_id = ledger.head().chain_id;
  policy.made_on = utc_day(Instant{ledger.head().time_ms});
  policy.epochs.push_back(make_policy_epoch(policy.origin, *set));
  return policy;
}

Result<Hop> make_hop(const Snapshot& ended, std::string_view note) {
  const Head& head = ended.head();
  const auto next = newest_validators(ended, head.epoch);
  if (!next) return fail(next.error());
  if (next->epoch != head.epoch + 1 || next->from_size != head.log_size) {
    return fail(Errc::mismatch, "hop: the head at height " + std::to_string(head.height) +
                                    " does not end epoch " + std::to_string(head.epoch));
  }
  const auto policy = policy_of_epoch(ended, head.epoch);
  if (!policy) return fail(policy.error());
  auto checkpoint = quorum_of_note(*policy, note);
  if (!checkpoint) return fail(checkpoint.error());
  Hop hop;
  hop.checkpoint = std::move(*checkpoint);
  auto record = ended.last_record();
  if (!record) return fail(record.error());
  hop.last_record = std::move(*record);
  const std::array keys = {state_key::validators(next->epoch)};
  auto state = ended.prove_state(keys);
  if (!state) return fail(state.error());
  hop.validators = std::move(state->records.front()).value_or(Bytes{});
  hop.state_proof = std::move(state->proof);
  if (auto checked = check_hop(ended, hop); !checked) return fail(checked.error());
  return hop;
}

Result<std::uint64_t> check_hop(const Snapshot& ledger, const Hop& hop) {
  const auto boundary = parse_block_record(hop.last_record.record);
  if (!boundary) return fail("hop", boundary.error());
  const auto differs = [&](const char* what) {
    return fail(Errc::mismatch, "hop of epoch " + std::to_string(boundary->epoch) + ": " + what);
  };
  const auto newest = newest_validators(ledger, ledger.head().epoch);
  if (!newest) return fail(newest.error());
  if (boundary->epoch >= newest->epoch) return differs("that epoch has not ended here");
  if (boundary->index() >= ledger.head().log_size) return differs("this log is shorter");
  const auto before = policy_of_epoch(ledger, boundary->epoch);
  if (!before) return fail(before.error());
  const auto after = policy_of_epoch(ledger, boundary->epoch + 1);
  if (!after) return fail(after.error());
  const auto root = log_root(ledger, boundary->index() + 1);
  if (!root) return fail(root.error());
  const auto walked = walk_hops(*before, std::span(&hop, 1));
  if (!walked) return fail(walked.error());
  if (walked->epochs.front().last_root != *root) return differs("of another log than this");
  if (walked->newest() != after->newest()) return differs("another set than this state holds");
  return boundary->epoch;
}

}  // namespace footproof::ledger
