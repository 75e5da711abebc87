// A finalised block as the ledger executes it: its batches taken apart, the result with the bytes
// that are stored beside it. Writes nothing.
#pragma once

#include "attest/result.h"
#include "ledger/executor.h"
#include "ledger/snapshot.h"
#include "node/storage_writer.h"

namespace footproof::node {

// On `before`, whose height is one less. malformed: a batch does not parse, which no batch does
// that validators have voted for.
[[nodiscard]] Result<ledger::BlockResult> execute_delivered(const ledger::Snapshot& before,
                                                            const DeliveredBlock& delivered,
                                                            const ledger::VerifySignature& verify);

}  // namespace footproof::node
