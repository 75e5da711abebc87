#include "ledger/genesis.h"

#include <algorithm>
#include <set>
#include <utility>

#include "attest/admission.h"
#include "attest/block_record.h"
#include "attest/cbor.h"
#include "attest/check.h"
#include "attest/date.h"
#include "attest/fields.h"
#include "attest/note.h"
#include "attest/parameters.h"

namespace footproof::ledger {
namespace {

constexpr std::string_view kChainTag = "footproof/chain/v1";
constexpr std::string_view kPossessionTag = "footproof/genesis-possession/v1";
constexpr std::string_view kValidatorTag = "footproof/validator-descriptor/v1";
constexpr std::string_view kPartyTag = "footproof/party-descriptor/v1";
constexpr std::size_t kDomainSizeMax = 253;
constexpr std::size_t kDescriptorSizeMax = std::size_t{16} * 1024;

// In genesis and in its descriptor a party is an array of its own.
void write_party(cbor::Writer& out, const AdmitParty& party) {
  fields::write_items(out.array(fields::kPartyItems), party);
}

AdmitParty read_party(cbor::Reader& in) {
  in.field("party").array_of(fields::kPartyItems);
  return fields::party_items(in);
}

// --- checks --------------------------------------------------------------------------------------

Result<void> check_possession(const PublicKey& key, const Digest& context, std::string_view owner,
                              std::string_view role, const PossessionProof& proof) {
  if (verify_possession_proof(key, context, owner, role, proof)) return {};
  return fail(Errc::bad_signature, std::string(owner) + ": the proof of possession of its " +
                                       std::string(role) +
                                       " key does not verify for this domain and network");
}

Result<void> check_proofs(const ValidatorProposal& validator, const Digest& context) {
  const std::string& id = validator.id;
  auto checked =
      check_possession(validator.vote_key, context, id, role::kVote, validator.vote_proof);
  if (checked) {
    checked =
        check_possession(validator.cosign_key, context, id, role::kCosign, validator.cosign_proof);
  }
  if (checked) {
    checked = check_possession(validator.log_key, context, id, role::kLog, validator.log_proof);
  }
  return checked;
}

Result<void> check_proofs(const AdmitParty& party, const Digest& context) {
  for (const NewKey& key : party.keys) {
    auto checked = check_possession(key.key, context, party.uri, to_text(key.usage), key.proof);
    if (!checked) return checked;
  }
  return {};
}

Result<void> check_keys_differ(const Genesis& genesis) {
  std::set<Digest> kids;
  bool differ = true;
  const auto add = [&](const PublicKey& key) { differ = kids.insert(key.kid()).second && differ; };
  for (const ValidatorProposal& validator : genesis.validators) {
    add(validator.vote_key);
    add(validator.cosign_key);
    add(validator.log_key);
  }
  for (const AdmitParty& party : genesis.parties) {
    for (const NewKey& key : party.keys) add(key.key);
  }
  if (differ) return {};
  return fail(Errc::bad_value, "genesis: a key stands there twice; roles never share a key");
}

Result<void> check_order(const Genesis& genesis) {
  const auto by_id = [](const auto& a, const auto& b) { return a.id >= b.id; };
  const auto by_uri = [](const auto& a, const auto& b) { return a.uri >= b.uri; };
  if (std::ranges::adjacent_find(genesis.validators, by_id) != genesis.validators.end()) {
    return fail(Errc::malformed, "genesis validators: must ascend by id, none twice");
  }
  if (std::ranges::adjacent_find(genesis.parties, by_uri) != genesis.parties.end()) {
    return fail(Errc::malformed, "genesis parties: must ascend by URI, none twice");
  }
  return {};
}

Result<void> check_associations(const Genesis& genesis) {
  std::set<std::string> associations;
  for (const AdmitParty& party : genesis.parties) {
    if (party.role == PartyRole::association) associations.insert(party.uri);
  }
  if (associations.size() < kAssociationsMin) {
    return fail(Errc::bad_value,
                "genesis: needs at least four associations, so that one lost key "
                "cannot lock the house");
  }
  if (associations.size() > kAssociationsMax) {
    return fail(Errc::bad_value, "genesis: more than " + std::to_string(kAssociationsMax) +
                                     " associations; begin with fewer");
  }
  std::set<Digest> pins;
  for (const ValidatorProposal& validator : genesis.validators) {
    if (!associations.contains(validator.party)) {
      return fail(Errc::bad_value, "genesis validator " + validator.id +
                                       ": its party is not one of the associations");
    }
    if (!pins.insert(validator.tls_pin).second) {
      return fail(Errc::bad_value, "genesis validator " + validator.id +
                                       ": its TLS pin is another's; each needs its own key");
    }
  }
  return {};
}

Result<void> check_genesis(const Genesis& genesis) {
  // The chain id is part of the name, not of its grammar.
  if (auto origin = make_origin(genesis.domain, genesis.network, Digest{}); !origin) {
    return fail(origin.error());
  }
  if (auto checked = check_order(genesis); !checked) return checked;
  if (auto checked = check_associations(genesis); !checked) return checked;
  if (auto checked = check_keys_differ(genesis); !checked) return checked;
  if (auto checked = check_parameters(genesis.parameters); !checked) return checked;
  const Digest context = genesis_possession_context(genesis.domain, genesis.network);
  for (const ValidatorProposal& validator : genesis.validators) {
    if (auto checked = check_proofs(validator, context); !checked) return checked;
  }
  for (const AdmitParty& party : genesis.parties) {
    if (auto checked = check_proofs(party, context); !checked) return checked;
  }
  return {};
}

// --- the state after genesis ---------------------------------------------------------------------

// Genesis speaks with the authority of the associations together; no statement made it.
EventOrigin genesis_origin(const Genesis& genesis) {
  const Instant at{genesis.time_ms};
  return EventOrigin{utc_day(at), at, Authority{AuthorityRole::ballot, ""}, Digest{}};
}

void put_party(const Genesis& genesis, const AdmitParty& party, StateChanges& changes) {
  PartyRecord record;
  record.role = party.role;
  record.legal_name = party.legal_name;
  record.schemes = party.schemes;
  record.regimes = party.regimes;
  record.events.push_back({PartyEvent::What::admit, genesis_origin(genesis)});
  for (const NewKey& key : party.keys) {
    KeyRecord key_record{party.uri, key.usage, key.key, {}};
    key_record.events.push_back(
        {KeyEvent::What::add, genesis_origin(genesis), std::nullopt, std::nullopt});
    changes.insert_or_assign(state_key::key(key.key.kid()), encode(key_record));
    record.keys.push_back(key.key.kid());
  }
  std::ranges::sort(record.keys);
  changes.insert_or_assign(state_key::party(party.uri), encode(record));
}

AssociationsRecord first_associations(const Genesis& genesis) {
  AssociationsRecord record;
  for (const AdmitParty& party : genesis.parties) {  // ascending by URI
    if (party.role == PartyRole::association) {
      record.seats.push_back({party.uri, Instant{genesis.time_ms}});
    }
  }
  return record;
}

// Reads the head of a descriptor; the reader then stands before what is described.
void read_descriptor_head(cbor::Reader& in, std::string_view tag, std::string& domain,
                          std::string& network) {
  in.field("descriptor").array_of(4);
  in.field("descriptor tag").text_equal(tag);
  domain = in.field("domain").text(kDomainSizeMax);
  network = in.field("network").text(kDomainSizeMax);
  if (in.failed()) return;
  // The chain id is part of the name, not of its grammar.
  if (auto origin = make_origin(domain, network, Digest{}); !origin) {
    in.reject(origin.error().code, origin.error().detail);
  }
}

}  // namespace

Digest genesis_possession_context(std::string_view domain, std::string_view network) {
  cbor::Writer name;
  fields::write_text(name.array(2), domain);
  fields::write_text(name, network);
  return tagged_hash(kPossessionTag, {name.view()});
}

Bytes encode(const ValidatorDescriptor& descriptor) {
  cbor::Writer out;
  fields::write_text(out.array(4).text(kValidatorTag), descriptor.domain);
  fields::write_text(out, descriptor.network);
  fields::write(out, descriptor.validator);
  return std::move(out).take();
}

Bytes encode(const PartyDescriptor& descriptor) {
  cbor::Writer out;
  fields::write_text(out.array(4).text(kPartyTag), descriptor.domain);
  fields::write_text(out, descriptor.network);
  write_party(out, descriptor.party);
  return std::move(out).take();
}

Result<ValidatorDescriptor> parse_validator_descriptor(ByteView bytes) {
  if (bytes.size() > kDescriptorSizeMax) {
    return fail(Errc::bad_length, "validator descriptor: longer than 16 KiB");
  }
  cbor::Reader in(bytes, "validator descriptor");
  std::string domain;
  std::string network;
  read_descriptor_head(in, kValidatorTag, domain, network);
  auto validator = fields::validator(in);
  if (auto end = in.finish(); !end) return fail(end.error());
  if (!validator) return fail(Errc::malformed, "validator descriptor: no validator");
  const Digest context = genesis_possession_context(domain, network);
  if (auto checked = check_proofs(*validator, context); !checked) return fail(checked.error());
  return ValidatorDescriptor{std::move(domain), std::move(network), std::move(*validator)};
}

Result<PartyDescriptor> parse_party_descriptor(ByteView bytes) {
  if (bytes.size() > kDescriptorSizeMax) {
    return fail(Errc::bad_length, "party descriptor: longer than 16 KiB");
  }
  cbor::Reader in(bytes, "party descriptor");
  std::string domain;
  std::string network;
  read_descriptor_head(in, kPartyTag, domain, network);
  AdmitParty party = read_party(in);
  if (auto end = in.finish(); !end) return fail(end.error());
  const Digest context = genesis_possession_context(domain, network);
  if (auto checked = check_proofs(party, context); !checked) return fail(checked.error());
  return PartyDescriptor{std::move(domain), std::move(network), std::move(party)};
}

Bytes encode_genesis(const Genesis& genesis) {
  cbor::Writer out;
  out.map(genesis.predecessor ? 8 : 7);
  out.uint(1).uint(1);
  fields::write_text(out.uint(2), genesis.domain);
  fields::write_text(out.uint(3), genesis.network);
  out.uint(4).uint(genesis.time_ms);
  out.uint(5).array(genesis.validators.size());
  for (const ValidatorProposal& validator : genesis.validators) fields::write(out, validator);
  out.uint(6).array(genesis.parties.size());
  for (const AdmitParty& party : genesis.parties) write_party(out, party);
  out.uint(7).raw(encode(genesis.parameters));
  if (genesis.predecessor) {
    out.uint(8).array(3).digest(genesis.predecessor->chain_id);
    out.uint(genesis.predecessor->log_size).digest(genesis.predecessor->log_root);
  }
  return std::move(out).take();
}

Result<Genesis> parse_genesis(ByteView bytes) {
  if (bytes.size() > kGenesisSizeMax) return fail(Errc::bad_length, "genesis: longer than 1 MiB");
  cbor::Reader in(bytes, "genesis");
  Genesis genesis;
  Bytes parameters;
  auto map = in.map();
  if (map.require(1)) fields::version(in);
  if (map.require(2)) genesis.domain = in.field("domain").text(kDomainSizeMax);
  if (map.require(3)) genesis.network = in.field("network").text(kDomainSizeMax);
  if (map.require(4)) genesis.time_ms = in.field("time").uint_up_to(kGenesisTimeMax);
  if (map.require(5)) {
    const std::size_t count = in.field("validators").array_between(kValidatorsMin, kValidatorsMax);
    for (std::size_t at = 0; at < count && !in.failed(); ++at) {
      if (auto validator = fields::validator(in))
        genesis.validators.push_back(std::move(*validator));
    }
  }
  if (map.require(6)) {
    const std::size_t count =
        in.field("parties").array_between(kAssociationsMin, kGenesisPartiesMax);
    for (std::size_t at = 0; at < count && !in.failed(); ++at) {
      genesis.parties.push_back(read_party(in));
    }
  }
  if (map.require(7)) parameters = to_bytes(in.field("parameters").skip());
  if (map.key(8)) {
    in.field("predecessor").array_of(3);
    Predecessor& predecessor = genesis.predecessor.emplace();
    predecessor.chain_id = in.field("predecessor chain id").digest();
    predecessor.log_size = in.field("predecessor size").uint_up_to(kTreeSizeMax);
    predecessor.log_root = in.field("predecessor root").digest();
  }
  map.end();
  if (auto end = in.finish(); !end) return fail(end.error());
  auto parsed = parse_parameters(parameters);
  if (!parsed) return fail("genesis", parsed.error());
  genesis.parameters = *parsed;
  if (auto checked = check_genesis(genesis); !checked) return fail(checked.error());
  return genesis;
}

Digest chain_id_of(ByteView genesis_file) { return tagged_hash(kChainTag, {genesis_file}); }

Result<ValidatorsRecord> first_validators(const Genesis& genesis, const Digest& chain_id) {
  auto origin = make_origin(genesis.domain, genesis.network, chain_id);
  if (!origin) return fail(origin.error());
  ValidatorsRecord record;
  record.quorum = quorum_of(genesis.validators.size());
  for (const ValidatorProposal& validator : genesis.validators) {
    record.members.push_back({validator.id, validator.party, validator.vote_key,
                              cosigner_name(*origin, validator.id), validator.cosign_key,
                              validator.log_key, validator.tls_pin});
  }
  return record;
}

Result<BlockResult> genesis_block(const Genesis& genesis, const Digest& chain_id,
                                  const Digest& block_id) {
  auto validators = first_validators(genesis, chain_id);
  if (!validators) return fail(validators.error());
  StateChanges changes;
  for (const AdmitParty& party : genesis.parties) put_party(genesis, party, changes);
  changes.insert_or_assign(state_key::validators(0), encode(*validators));
  changes.insert_or_assign(state_key::associations(), encode(first_associations(genesis)));
  changes.insert_or_assign(state_key::parameters(), encode(genesis.parameters));
  for (const auto& [key, record] : changes) {
    if (record->size() > kStateRecordSizeMax) {
      return fail(Errc::bad_length, "genesis: a state record would be longer than 64 KiB");
    }
  }
  LedgerState nothing;
  nothing.head.chain_id = chain_id;
  nothing.head.log_root = empty_root();
  OrderedBlock block;
  block.time_ms = genesis.time_ms;
  block.block_id = block_id;
  block.first_of_epoch = true;
  return close_block(nothing, block, {}, {}, std::move(changes));
}

}  // namespace footproof::ledger
