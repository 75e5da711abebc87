#include "tests/support/sequencer.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "attest/check.h"
#include "attest/note.h"
#include "attest/ready.h"
#include "ledger/epochs.h"
#include "ledger/next_set.h"

namespace footproof::testing {
namespace {

constexpr std::string_view kDomain = "footproof.example";

std::string association_uri(std::size_t number) {
  return "https://association-" + std::to_string(number) + ".example";
}

AdmitParty party_of(const Digest& context, std::string uri, PartyRole role,
                    std::vector<std::string> schemes, std::vector<std::string> regimes) {
  AdmitParty party;
  party.uri = std::move(uri);
  party.role = role;
  party.legal_name = "Party at " + party.uri;
  party.schemes = std::move(schemes);
  party.regimes = std::move(regimes);
  for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
    const SigningKey key = party_key(party.uri, usage);
    party.keys.push_back(
        {key.public_key(), usage, possession(key, context, party.uri, to_text(usage))});
  }
  return party;
}

// Public half → name, of every key that a validator here ever had: who signs is looked up.
std::map<Digest, std::string>& validator_keys() {
  static std::map<Digest, std::string> keys;
  return keys;
}

ValidatorProposal validator_of(const Digest& context, const std::string& network,
                               std::size_t number, const std::string& generation = "") {
  const std::string id = "validator-" + std::to_string(number);
  const std::string name = network + '/' + id + (generation.empty() ? "" : "/" + generation);
  const auto key = [&](const char* role) {
    SigningKey made = key_from(name + role, Algorithm::eddsa);
    validator_keys()[made.public_key().kid()] = name + role;
    return made;
  };
  const SigningKey vote = key("/vote");
  const SigningKey cosign = key("/cosign");
  const SigningKey log = key("/log");
  return ValidatorProposal{id,
                           association_uri(number % 4),
                           vote.public_key(),
                           cosign.public_key(),
                           log.public_key(),
                           sha256(as_bytes(name)),
                           possession(vote, context, id, role::kVote),
                           possession(cosign, context, id, role::kCosign),
                           possession(log, context, id, role::kLog)};
}

// The file that is there, or a new one: ES256 signatures in it are never the same twice.
Bytes genesis_file(const std::filesystem::path& path, std::size_t validators,
                   const std::string& network) {
  if (!std::filesystem::exists(path)) {
    const Bytes made = ledger::encode_genesis(cast_genesis(validators, network));
    std::ofstream(path, std::ios::binary) << as_text(made);
  }
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return to_bytes(as_bytes(text));
}

}  // namespace

SigningKey party_key(std::string_view party, KeyUsage usage) {
  const std::string name = std::string(party) + '/' + std::string(to_text(usage));
  return key_from(name, usage == KeyUsage::sign ? Algorithm::es256 : Algorithm::eddsa);
}

PossessionProof possession(const SigningKey& key, const Digest& chain_id, std::string_view owner,
                           std::string_view role) {
  const Bytes proof = make_possession_proof(key, chain_id, owner, role);
  PossessionProof fixed{};
  CHECK(proof.size() == fixed.size());
  std::ranges::copy(proof, fixed.begin());
  return fixed;
}

ledger::Genesis cast_genesis(std::size_t validators, const std::string& network) {
  const Digest context = ledger::genesis_possession_context(kDomain, network);
  ledger::Genesis genesis;
  genesis.domain = kDomain;
  genesis.network = network;
  genesis.time_ms = kFixtureGenesis.ms;
  genesis.parameters.late_days = {{"cbam", 120}};
  for (std::size_t at = 0; at < validators; ++at) {
    genesis.validators.push_back(validator_of(context, network, at));
  }
  std::ranges::sort(genesis.validators, {}, &ValidatorProposal::id);
  for (std::size_t at = 0; at < 4; ++at) {
    genesis.parties.push_back(
        party_of(context, association_uri(at), PartyRole::association, {}, {}));
  }
  genesis.parties.push_back(party_of(context, std::string(kBodyUri), PartyRole::accreditation_body,
                                     {"cbam", "kitech-cfp"}, {"iaf-mla"}));
  genesis.parties.push_back(
      party_of(context, std::string(kOtherBodyUri), PartyRole::accreditation_body, {"cbam"}, {}));
  genesis.parties.push_back(
      party_of(context, std::string(kSchemeOwnerUri), PartyRole::scheme_owner, {"cbam"}, {}));
  for (const std::string_view uri : {kOperatorUri, kOtherOperatorUri}) {
    genesis.parties.push_back(
        party_of(context, std::string(uri), PartyRole::dataset_operator, {}, {}));
  }
  std::ranges::sort(genesis.parties, {}, &AdmitParty::uri);
  return genesis;
}

Sequencer::Sequencer(const std::filesystem::path& folder, std::size_t validators,
                     const std::string& network, Ordering* ordering)
    : paths_{folder / "database", folder / "anchor"}, ordering_(ordering) {
  const Bytes file = genesis_file(folder / "genesis", validators, network);
  genesis_ = ledger::parse_genesis(file).value();
  for (std::size_t at = 0; at < genesis_.validators.size(); ++at) {
    static_cast<void>(validator_of(Digest{}, genesis_.network, at));  // its keys are known then
  }
  chain_id_ = ledger::chain_id_of(file);
  origin_ = make_origin(genesis_.domain, genesis_.network, chain_id_).value();
  const Digest genesis_id = ordering_ == nullptr
                                ? tagged_hash("sequencer/block", {chain_id_.view()})
                                : ordering_->genesis_id(file);
  if (std::filesystem::exists(paths_.anchor)) {
    reopen();
  } else {
    auto genesis_block = ledger::genesis_block(genesis_, chain_id_, genesis_id).value();
    store_ = ledger::Store::create(paths_, genesis_block).value();
    cosign_head();
  }
  next_ms_ = store_->snapshot()->head().time_ms + 1;
}

void Sequencer::reopen() {
  store_.reset();
  auto opened = ledger::Store::open(paths_, chain_id_);
  CHECK(opened);
  store_ = std::move(*opened);
}

Policy Sequencer::policy() const {
  Policy policy = ledger::trust_policy_of(*store_->snapshot()).value();
  policy.made_on = utc_day(now());
  return policy;
}

Statement Sequencer::sign(std::string_view issuer, const SigningKey& key, Payload payload) const {
  StatementDraft draft;
  draft.issuer = issuer;
  draft.subject = random_subject();
  draft.chain_id = chain_id_;
  draft.issued_at = now().seconds();
  draft.payload = std::move(payload);
  auto statement = sign_statement(draft, key);
  CHECK(statement);
  return std::move(*statement);
}

Statement Sequencer::sign(std::string_view issuer, Payload payload) const {
  const StatementKind kind = kind_of(payload);
  const bool status = kind == StatementKind::status || kind == StatementKind::key;
  return sign(issuer, party_key(issuer, status ? KeyUsage::status : KeyUsage::sign),
              std::move(payload));
}

ledger::BlockResult Sequencer::execute(const std::vector<Bytes>& statements, bool boundary) const {
  const std::uint64_t height = store_->snapshot()->head().height + 1;
  return execute(statements, boundary,
                 tagged_hash("sequencer/block", {ByteWriter().u64(height).u64(next_ms_).bytes()}));
}

ledger::BlockResult Sequencer::execute(const std::vector<Bytes>& statements, bool boundary,
                                       const Digest& block_id) const {
  const auto snapshot = store_->snapshot();
  ledger::OrderedBlock block;
  block.height = snapshot->head().height + 1;
  block.epoch = epoch();
  block.time_ms = next_ms_;
  block.block_id = block_id;
  block.first_of_epoch = block.epoch != snapshot->head().epoch;
  block.boundary = boundary;
  block.statements = statements;
  auto result = ledger::execute(*snapshot, snapshot->ledger(), block,
                                [](const PublicKey& key, const Statement& statement) {
                                  return statement.verify(key).has_value();
                                });
  CHECK(result);
  return std::move(*result);
}

ledger::BlockResult Sequencer::order(const std::vector<Bytes>& statements, bool boundary) {
  ledger::BlockResult result;
  if (ordering_ == nullptr) {
    result = execute(statements, boundary);
  } else {
    auto ordered = ordering_->next(store_->snapshot()->head(), next_ms_, statements, boundary);
    result = execute(statements, boundary, ordered.block_id);
    result.ordering = std::move(ordered.blobs);
  }
  CHECK(store_->apply(result, ledger::Durability::buffered));
  ++next_ms_;
  cosign_head();
  return result;
}

ledger::BlockResult Sequencer::run(const std::vector<Bytes>& statements) {
  return order(statements, false);
}

ledger::BlockResult Sequencer::end_epoch(const std::vector<Bytes>& statements) {
  auto result = order(statements, true);
  const auto hop = ledger::make_hop(*store_->snapshot(), checkpoint());
  CHECK(hop);
  CHECK(store_->keep_hop(*hop));
  return result;
}

ValidatorProposal Sequencer::validator(std::size_t number, const std::string& generation) const {
  return validator_of(chain_id_, genesis_.network, number, generation);
}

SigningKey Sequencer::secret_of(const PublicKey& key) {
  return key_from(validator_keys().at(key.kid()), Algorithm::eddsa);
}

ValidatorsRecord Sequencer::set_in_force() const {
  const auto snapshot = store_->snapshot();
  return ledger::newest_validators(*snapshot, snapshot->head().epoch).value();
}

void Sequencer::decide(const Change& change) {
  Proposal proposal{{}, change, utc_day(now()).plus(30)};
  std::ranges::copy(random_bytes(proposal.nonce.size()), proposal.nonce.begin());
  Ballot ballot{proposal, true, std::nullopt};
  Digest last;
  for (std::size_t voter = 0; voter < 3; ++voter) {
    const ValidatorProposal* newcomer = new_validator_of(change);
    if (voter == 2 && newcomer != nullptr) {
      ballot.ready = make_ready(secret_of(newcomer->vote_key), chain_id_, proposal, last).value();
    }
    last = accept(sign(association_uri(voter), ballot));
  }
}

ledger::Verdict Sequencer::submit(const Statement& statement) {
  return run({statement.bytes()}).outcomes.front().verdict;
}

Digest Sequencer::accept(const Statement& statement) {
  CHECK(std::holds_alternative<ledger::Accepted>(submit(statement)));
  return statement.entry_id();
}

AccreditationChange Sequencer::grant(std::string_view verifier, std::string_view id,
                                     std::vector<std::string> regimes) const {
  AccreditationChange grant;
  grant.id = id;
  grant.action = AccreditationAction::grant;
  grant.effective = utc_day(now());
  grant.verifier = verifier;
  grant.scopes = {
      {"steel.cbam", "cbam", {"iso14064-3-2019", "iso14067-2018"}, Assurance::reasonable}};
  grant.validity = DateRange{utc_day(now()).plus(-365), utc_day(now()).plus(4 * 365)};
  grant.regimes = std::move(regimes);
  return grant;
}

KeyChange Sequencer::add_key(std::string_view party, const SigningKey& key, KeyUsage usage) const {
  KeyChange change;
  change.action = KeyAction::add;
  change.party = party;
  change.added = NewKey{key.public_key(), usage, possession(key, chain_id_, party, to_text(usage))};
  return change;
}

void Sequencer::admit_verifier() {
  accept(sign(kBodyUri, grant(kVerifierUri, kAccreditationId)));
  for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
    accept(sign(kBodyUri, add_key(kVerifierUri, party_key(kVerifierUri, usage), usage)));
  }
}

Attestation Sequencer::attestation(std::uint64_t number) const {
  Attestation attestation;
  attestation.root = tagged_hash("sequencer/declaration", {ByteWriter().u64(number).bytes()});
  attestation.accreditation = {std::string(kBodyUri), std::string(kAccreditationId)};
  attestation.scope = "steel.cbam";
  attestation.scheme = {"cbam", "2025-2546"};
  attestation.standards = {"iso14067-2018"};
  attestation.assurance = Assurance::limited;
  attestation.issued_on = utc_day(now());
  attestation.valid_from = utc_day(now());
  attestation.valid_until = utc_day(now()).plus(3 * 365);
  return attestation;
}

std::string Sequencer::checkpoint() const {
  const auto snapshot = store_->snapshot();
  const ledger::Head& head = snapshot->head();
  const ValidatorsRecord set = ledger::validators_of(*snapshot, head.epoch).value();
  Note note;
  note.text = encode(Checkpoint{origin_, head.log_size, head.log_root, {}});
  for (std::size_t at = 0; at < set.quorum; ++at) {
    const Member& member = set.members[at];
    if (at == 0) {
      note.signatures.push_back(sign_note(secret_of(member.log_key), origin_, note.text));
    }
    note.signatures.push_back(cosign(secret_of(member.cosign_key), member.cosign_name,
                                     Instant{head.time_ms}.seconds(), note.text));
  }
  return encode(note);
}

void Sequencer::cosign_head() {
  const ledger::Head head = store_->snapshot()->head();
  CHECK(store_->record_cosigned(head.log_size, head.log_root, Instant{head.time_ms}.seconds()));
  CHECK(store_->publish(head.log_size, head.log_root, checkpoint()));
}

}  // namespace footproof::testing
