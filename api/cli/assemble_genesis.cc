#include "api/cli/assemble_genesis.h"

#include <algorithm>
#include <utility>

#include "attest/note.h"

namespace footproof::api {

Result<AssembledGenesis> assemble_genesis(ledger::Genesis genesis) {
  std::sort(genesis.validators.begin(), genesis.validators.end(),
            [](const ValidatorProposal& a, const ValidatorProposal& b) { return a.id < b.id; });
  std::sort(genesis.parties.begin(), genesis.parties.end(),
            [](const AdmitParty& a, const AdmitParty& b) { return a.uri < b.uri; });
  for (AdmitParty& party : genesis.parties) {
    std::sort(party.schemes.begin(), party.schemes.end());
    std::sort(party.regimes.begin(), party.regimes.end());
  }
  AssembledGenesis assembled;
  assembled.bytes = ledger::encode_genesis(genesis);
  if (const auto parsed = ledger::parse_genesis(assembled.bytes); !parsed) {
    return fail(parsed.error());
  }
  assembled.chain_id = ledger::chain_id_of(assembled.bytes);
  auto origin = make_origin(genesis.domain, genesis.network, assembled.chain_id);
  if (!origin) return fail("genesis", origin.error());
  assembled.origin = std::move(*origin);
  return assembled;
}

}  // namespace footproof::api
