#include "node/execution.h"

#include <utility>

#include "node/chain_store.h"

namespace footproof::node {

Result<ledger::BlockResult> execute_delivered(const ledger::Snapshot& before,
                                              const DeliveredBlock& delivered,
                                              const ledger::VerifySignature& verify) {
  const auto& header = delivered.block.header;
  ledger::OrderedBlock block{.height = header.height,
                             .epoch = header.epoch,
                             .time_ms = header.time_ms,
                             .block_id = delivered.block_id,
                             .first_of_epoch = header.epoch != before.head().epoch,
                             .boundary = header.boundary != 0,
                             .statements = {}};
  for (const auto& held : delivered.batches) {
    auto batch = parse_batch(*held.bytes);
    if (!batch) return fail("batch", batch.error());
    for (auto& statement : batch->statements) block.statements.push_back(std::move(statement));
  }
  auto result = ledger::execute(before, before.ledger(), block, verify);
  if (!result) return fail(result.error());
  result->ordering.push_back(block_blob(delivered.block, delivered.finalization));
  for (const auto& held : delivered.batches) result->ordering.push_back(batch_blob(held));
  return result;
}

}  // namespace footproof::node
