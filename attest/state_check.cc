#include "attest/state_check.h"

#include <algorithm>
#include <string>
#include <vector>

#include "attest/merkle.h"
#include "attest/note.h"
#include "attest/state_proof.h"

namespace footproof {
namespace {

Result<void> check_network(const Policy& policy, std::string_view note, const BlockRecord& last) {
  const auto parsed = parse_note(as_bytes(note));
  if (!parsed) return fail("checkpoint", parsed.error());
  const auto checkpoint = parse_checkpoint(parsed->text);
  if (!checkpoint) return fail("checkpoint", checkpoint.error());
  if (checkpoint->origin != policy.origin || last.chain_id != policy.chain_id) {
    return fail(Errc::mismatch, "the policy is of " + policy.origin + ", this is of " +
                                    checkpoint->origin + "; get the policy of that network");
  }
  if (policy.epoch_of_size(checkpoint->size) == nullptr || last.epoch > policy.newest().epoch) {
    return fail(Errc::mismatch, "the policy of " + policy.made_on.text() +
                                    " names no validators for epoch " + std::to_string(last.epoch) +
                                    "; get a newer policy");
  }
  return {};
}

}  // namespace

Instant ProvenHead::known() const {
  return std::max(instant_from_seconds(checkpoint.as_of), last_record.time);
}

Result<ProvenHead> verify_head(const Policy& policy, std::string_view checkpoint,
                               const LoggedRecord& last_record) {
  const auto last = parse_block_record(last_record.record);
  if (!last) return fail("last record", last.error());
  if (auto network = check_network(policy, checkpoint, *last); !network) {
    return fail(std::move(network.error()));
  }
  auto trusted = judge_presented_checkpoint(policy, as_bytes(checkpoint));
  if (!trusted) return fail(std::move(trusted.error()));
  const auto& [size, root] = std::pair(trusted->checkpoint.size, trusted->checkpoint.root);
  if (last->index() != size - 1) {
    return fail(Errc::bad_proof, "last record: belongs at index " + std::to_string(last->index()) +
                                     ", not at the end of the log");
  }
  if (last->epoch != trusted->epoch->epoch) {
    return fail(Errc::bad_proof, "last record: of epoch " + std::to_string(last->epoch) +
                                     ", cosigned by the set of another");
  }
  if (trusted->as_of < last->time.seconds()) {
    return fail(Errc::bad_proof, "checkpoint: T lies before the time of the last record");
  }
  const Digest leaf = leaf_hash(block_record_entry(last_record.record).view());
  if (auto included = verify_inclusion(leaf, size - 1, size, last_record.path, root); !included) {
    return fail("last record", std::move(included.error()));
  }
  return ProvenHead{std::move(*trusted), *last};
}

Result<void> verify_records(const ProvenHead& head, ByteView state_proof,
                            std::span<const Digest> keys,
                            std::span<const std::optional<Bytes>> records) {
  if (keys.size() != records.size()) {
    return fail(Errc::bad_length, "state proof: " + std::to_string(records.size()) +
                                      " records for " + std::to_string(keys.size()) + " keys");
  }
  const auto proof = parse_state_proof(state_proof);
  if (!proof) return fail("state proof", proof.error());
  std::vector<StateClaim> claims;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    claims.push_back({keys[i], records[i] ? std::optional(state_value_hash(*records[i]))
                                          : std::optional<Digest>()});
  }
  if (auto holds = verify_state_proof(*proof, head.last_record.state_root, claims); !holds) {
    return fail("state proof", std::move(holds.error()));
  }
  return {};
}

}  // namespace footproof
