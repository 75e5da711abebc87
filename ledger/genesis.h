// Genesis: the file that a network starts from (docs/formats.md §5b), and the state, the block
// record and the checkpoint root that follow from it.
//
// The chain id is the hash of the file's exact bytes, so keys in it cannot prove possession over
// the chain id. Their proofs stand over genesis_possession_context(domain, network) instead: a
// descriptor is made on the association's own machine before the file exists.
// Invariants of a parsed genesis: one spelling; 4 to 31 validators with distinct ids and keys,
// ascending by id; parties ascending by URI; every validator's party is an association, of which
// there are kAssociationsMin to kAssociationsMax; every proof of possession verifies; no key twice
// in any role; every parameter lies in its range.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/governance_record.h"
#include "attest/key.h"
#include "attest/payload.h"
#include "attest/result.h"
#include "attest/state_record.h"
#include "ledger/executor.h"

namespace footproof::ledger {

inline constexpr std::size_t kGenesisSizeMax = std::size_t{1024} * 1024;
inline constexpr std::size_t kGenesisPartiesMax = 256;
// The year 9999: so that block times, which only grow, stay far from the end of their range.
inline constexpr std::uint64_t kGenesisTimeMax = 253402300799000;

// What takes the chain id's place in proofs of possession of the keys in a genesis file:
// H("footproof/genesis-possession/v1" ‖ 0x00 ‖ CBOR [domain, network]).
[[nodiscard]] Digest genesis_possession_context(std::string_view domain, std::string_view network);

struct Predecessor {
  Digest chain_id;
  std::uint64_t log_size = 0;
  Digest log_root;
  friend bool operator==(const Predecessor&, const Predecessor&) = default;
};

struct Genesis {
  std::string domain;   // "footproof.example"
  std::string network;  // "korea"
  std::uint64_t time_ms = 0;
  std::vector<ValidatorProposal> validators;
  std::vector<AdmitParty> parties;
  Parameters parameters;
  std::optional<Predecessor> predecessor;
};

// Public descriptors, carried from the association's own machine to whoever assembles genesis: CBOR
// with a domain tag, domain and network. Parsing checks the proofs of possession.
struct ValidatorDescriptor {
  std::string domain;
  std::string network;
  ValidatorProposal validator;
};
struct PartyDescriptor {
  std::string domain;
  std::string network;
  AdmitParty party;
};
[[nodiscard]] Bytes encode(const ValidatorDescriptor& descriptor);
[[nodiscard]] Bytes encode(const PartyDescriptor& descriptor);
[[nodiscard]] Result<ValidatorDescriptor> parse_validator_descriptor(ByteView bytes);
[[nodiscard]] Result<PartyDescriptor> parse_party_descriptor(ByteView bytes);

[[nodiscard]] Bytes encode_genesis(const Genesis& genesis);
// Parses and checks everything the invariants say.
[[nodiscard]] Result<Genesis> parse_genesis(ByteView bytes);

// H("footproof/chain/v1" ‖ 0x00 ‖ exact bytes of the file).
[[nodiscard]] Digest chain_id_of(ByteView genesis_file);
// The validator set of epoch 0 as its state record.
// Cosign names come from make_origin(domain, network, chain id) (attest/note.h).
[[nodiscard]] Result<ValidatorsRecord> first_validators(const Genesis& genesis,
                                                        const Digest& chain_id);

// The block at height 0: state after genesis, its record at index 0, a log of size 1. The block id
// is consensus' hash of the genesis header (it names the members, which first_validators() gives).
[[nodiscard]] Result<BlockResult> genesis_block(const Genesis& genesis, const Digest& chain_id,
                                                const Digest& block_id);

}  // namespace footproof::ledger
