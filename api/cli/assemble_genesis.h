// From public descriptors to the genesis file, checked as every validator will check it.
#pragma once

#include <string>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"
#include "ledger/genesis.h"

namespace footproof::api {

struct AssembledGenesis {
  Bytes bytes;
  Digest chain_id;
  std::string origin;
};

// Puts validators and parties into their order; the errors are those of parse_genesis().
[[nodiscard]] Result<AssembledGenesis> assemble_genesis(ledger::Genesis genesis);

}  // namespace footproof::api
