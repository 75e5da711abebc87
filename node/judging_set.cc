#include "node/judging_set.h"

#include <span>
#include <utility>

#include "attest/block_record.h"
#include "ledger/epochs.h"
#include "ledger/next_set.h"
#include "node/epoch_set.h"

namespace footproof::node {
Result<std::shared_ptr<const JudgingSet>> set_after(const ledger::Snapshot& snapshot,
                                                    std::shared_ptr<const JudgingSet> kept) {
  auto record = ledger::newest_validators(snapshot, snapshot.head().epoch);
  if (!record) return fail(record.error());
  if (kept && kept->record.epoch == record->epoch) return kept;
  auto membership = make_membership(snapshot.head().chain_id, *record);
  if (!membership) return fail(membership.error());
  KeyVerifier verifier(*record);
  return std::make_shared<const JudgingSet>(
      JudgingSet{*std::move(record), *std::move(membership), std::move(verifier)});
}

Result<bool> owes_hop(const ledger::Store& store, const ledger::Head& head,
                      const JudgingSet& after) {
  if (after.record.epoch == head.epoch) return false;
  const auto hop = store.hop(head.epoch);
  if (!hop) return fail(hop.error());
  return !hop->has_value();
}

Result<TrustedCheckpoint> judge_checkpoint(const ledger::Snapshot& snapshot,
                                           const std::string& note) {
  const auto bad = [](std::string what) {
    return fail(Errc::bad_value, "checkpoint: " + std::move(what));
  };
  const auto parsed = parse_note(as_bytes(note));
  if (!parsed) return fail("checkpoint", parsed.error());
  const auto claimed = parse_checkpoint(parsed->text);
  if (!claimed) return fail("checkpoint", claimed.error());
  if (claimed->size == 0 || claimed->size > snapshot.head().log_size) {
    return bad("of a size that its blocks do not reach");
  }
  const auto last = snapshot.item(claimed->size - 1);
  if (!last) return fail(last.error());
  const auto record = parse_block_record(last->bytes);
  if (last->kind != ledger::ItemKind::record || !record) return bad("not of the end of a block");
  const auto policy = ledger::policy_of_epoch(snapshot, record->epoch);
  if (!policy) return fail(policy.error());
  auto trusted = judge_presented_checkpoint(*policy, as_bytes(note));
  if (!trusted) return bad(trusted.error().detail);
  trusted->epoch = nullptr;  // the policy ends here
  const auto own = ledger::log_root(snapshot, claimed->size);
  if (!own) return fail(own.error());
  if (*own != claimed->root) {
    return fail(Errc::mismatch, "a quorum has cosigned another log than this node's at size " +
                                    std::to_string(claimed->size));
  }
  return trusted;
}

Result<void> judge_hop(const ledger::Snapshot& ended, const Hop& hop) {
  const auto& head = ended.head();
  const auto policy = ledger::policy_of_epoch(ended, head.epoch);
  if (!policy) return fail(policy.error());
  const auto walked = walk_hops(*policy, std::span(&hop, 1));
  if (!walked) return fail(Errc::bad_value, walked.error().detail);
  const PolicyEpoch& over = walked->epochs.front();
  if (over.last_size == head.log_size && over.last_root == head.log_root) return {};
  return fail(Errc::mismatch, "a quorum has ended epoch " + std::to_string(head.epoch) +
                                  " with another log than this node's");
}

}  // namespace footproof::node
