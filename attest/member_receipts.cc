#include "attest/member_receipts.h"

#include <algorithm>
#include <utility>

#include "attest/block_record.h"

namespace footproof {
namespace {

std::optional<Digest> hash_of(const std::optional<Bytes>& record) {
  return record ? std::optional(state_value_hash(*record)) : std::nullopt;
}

}  // namespace

Result<void> MemberReceipts::add(const Receipt& receipt) {
  const auto logged = parse_statement(receipt.statement);
  if (!logged || logged->entry_id() != statement_.entry_id() || !receipt.declaration_root) {
    return fail(Errc::mismatch, "receipt: not of a member of this catalogue");
  }
  const auto record = parse_block_record(receipt.last_record.record);
  if (!record) return fail("receipt: last record", record.error());
  const auto proof = parse_state_proof(receipt.state_proof);
  if (!proof) return fail("receipt", proof.error());
  const auto keys = receipt_state_keys(statement_, receipt.declaration_root);
  if (receipt.state_records.size() != keys.size()) {
    return fail(Errc::mismatch, "receipt: it does not show the records that belong to it");
  }
  std::vector<StateClaim> claims;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    claims.push_back({keys[i], hash_of(receipt.state_records[i])});
  }
  const bool same_head = base_ && base_->last_record == receipt.last_record;
  if (!same_head) {
    base_ = receipt;
    cover_.emplace(record->state_root);
  }
  auto added = cover_->add(*proof, claims);
  if (!added) base_.reset();  // of an unproven one nothing is kept
  return added;
}

std::optional<Receipt> MemberReceipts::make(const Digest& declaration_root) const {
  if (!base_) return std::nullopt;
  const auto queries = state_queries(statement_, declaration_root);
  std::vector<Digest> keys;
  keys.reserve(queries.size());
  for (const StateQuery& query : queries) keys.push_back(query.key);
  auto shown = cover_->prove(keys);
  if (!shown) return std::nullopt;
  Receipt receipt = *base_;
  receipt.declaration_root = declaration_root;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (queries[i].part == StatePart::declaration_status) receipt.state_records[i].reset();
    // A record that was not fetched is only a hash here: whoever has one gets its own receipt.
    if (hash_of(receipt.state_records[i]) != shown->value_hashes[i]) return std::nullopt;
  }
  receipt.state_proof = encode(shown->proof);
  return receipt;
}

}  // namespace footproof
