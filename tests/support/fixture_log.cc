#include "tests/support/fixture_log.h"

#include <algorithm>
#include <utility>

#include "attest/check.h"
#include "attest/merkle.h"

namespace footproof::testing {
namespace {

std::string validator_id(std::size_t number) { return "validator-" + std::to_string(number); }

PartyRecord party(PartyRole role, const EventOrigin& origin) {
  PartyRecord record;
  record.role = role;
  record.events.push_back({PartyEvent::What::admit, origin});
  return record;
}

}  // namespace

SigningKey key_from(std::string_view name, Algorithm algorithm) {
  const Digest seed = tagged_hash("fixture", {as_bytes(name)});
  auto key = algorithm == Algorithm::eddsa ? SigningKey::from_ed25519_seed(seed.view())
                                           : SigningKey::from_p256_scalar(seed.view());
  CHECK(key);
  return std::move(*key);
}

Date day(std::string_view text) {
  const auto parsed = Date::parse(text);
  CHECK(parsed);
  return *parsed;
}

FixtureLog::FixtureLog(std::size_t validators, std::string network, Instant genesis)
    : network_(std::move(network)),
      chain_id_(tagged_hash("footproof/chain/v1", {as_bytes(network_)})),
      sign_key_(std::make_shared<SigningKey>(key_from("verifier/sign", Algorithm::es256))),
      status_key_(std::make_shared<SigningKey>(key_from("verifier/status", Algorithm::eddsa))),
      now_(genesis) {
  const auto origin = make_origin("footproof.example", network_, chain_id_);
  CHECK(origin);
  origin_ = *origin;
  make_members(validators, network_);
  put_parties();
  append({});
}

void FixtureLog::make_members(std::size_t validators, const std::string& keys_of) {
  members_.clear();
  keys_.clear();
  for (std::size_t i = 0; i < validators; ++i) {
    const std::string id = validator_id(i);
    const std::string name = keys_of + '/' + id;
    auto keys = std::make_shared<MemberKeys>(MemberKeys{
        key_from(name + "/vote", Algorithm::eddsa), key_from(name + "/cosign", Algorithm::eddsa),
        key_from(name + "/log", Algorithm::eddsa)});
    members_.push_back({id, "https://association-" + std::to_string(i) + ".example",
                        keys->vote.public_key(), cosigner_name(origin_, id),
                        keys->cosign.public_key(), keys->log.public_key(), sha256(as_bytes(name))});
    keys_.push_back(std::move(keys));
  }
}

void FixtureLog::begin_epoch(std::size_t validators) {
  ValidatorsRecord record;
  record.epoch = epoch();
  record.from_size = ended_.empty() ? 0 : *ended_.back().last_size;
  record.members = members_;
  PolicyEpoch ended = make_policy_epoch(origin_, record);

  const auto old_members = members_;
  const auto old_keys = keys_;
  make_members(validators, network_ + "/epoch-" + std::to_string(epoch() + 1));
  record.epoch = epoch() + 1;
  record.from_height = records_.size() + 1;
  record.from_size = size() + 1;
  record.quorum = quorum();
  record.members = members_;
  state.put(state_key::validators(record.epoch), encode(record));
  append({});
  ended.last_size = size();
  ended.last_root = tree_root(leaves_);
  ended.last_day = utc_day(now_);

  Hop hop;
  Note note{checkpoint_text(), {}};
  for (std::size_t i = 0; i < ended.quorum(); ++i) {
    note.signatures.push_back(
        cosign(old_keys[i]->cosign, old_members[i].cosign_name, now_.seconds(), note.text));
  }
  std::ranges::sort(note.signatures, {}, &NoteSignature::name);
  hop.checkpoint = encode(note);
  hop.last_record = {encode(last_record()), path(size() - 1)};
  hop.validators = encode(record);
  hop.state_proof = encode(state.prove({state_key::validators(record.epoch)}));
  hops_.push_back(std::move(hop));
  ended_.push_back(std::move(ended));
  append({});
}

Policy FixtureLog::policy() const {
  ValidatorsRecord record;
  record.epoch = epoch();
  record.from_size = ended_.empty() ? 0 : *ended_.back().last_size;
  record.quorum = quorum();
  record.members = members_;
  Policy policy;
  policy.origin = origin_;
  policy.chain_id = chain_id_;
  policy.made_on = utc_day(now_);
  policy.epochs = ended_;
  policy.epochs.push_back(make_policy_epoch(origin_, record));
  return policy;
}

const SigningKey& FixtureLog::cosign_key(std::size_t validator) const {
  return keys_[validator]->cosign;
}
const SigningKey& FixtureLog::log_key(std::size_t validator) const { return keys_[validator]->log; }

Attestation FixtureLog::attestation(const Subject& subject) const {
  Attestation attestation;
  attestation.root = subject.root;
  attestation.count = subject.count;
  attestation.accreditation = {std::string(kBodyUri), std::string(kAccreditationId)};
  attestation.scope = "steel.cbam";
  attestation.scheme = {"cbam", "2025-2546"};
  attestation.standards = {"iso14064-3-2019", "iso14067-2018"};
  attestation.assurance = Assurance::reasonable;
  attestation.issued_on = utc_day(now_);
  attestation.valid_from = utc_day(now_);
  attestation.valid_until = utc_day(now_).plus(3 * 365);
  return attestation;
}

Statement FixtureLog::sign(Payload payload) const {
  const auto kind = kind_of(payload);
  const bool by_status_key = kind == StatementKind::status || kind == StatementKind::key;
  return sign(std::move(payload), kVerifierUri, by_status_key ? status_key() : sign_key());
}

Statement FixtureLog::sign(Payload payload, std::string_view issuer, const SigningKey& key) const {
  StatementDraft draft;
  draft.issuer = issuer;
  draft.subject = random_subject();
  draft.chain_id = chain_id_;
  draft.issued_at = now_.seconds();
  draft.payload = std::move(payload);
  auto statement = sign_statement(draft, key);
  CHECK(statement);
  return std::move(*statement);
}

EventOrigin FixtureLog::event(Date effective, AuthorityRole role, std::string_view by) const {
  EventOrigin origin;
  origin.effective = effective;
  origin.recorded = now_;
  origin.authority = {role, std::string(by)};
  origin.entry = tagged_hash("fixture event", {as_bytes(effective.text()), as_bytes(now_.text())});
  return origin;
}

StatusEvent FixtureLog::status_event(StatusEvent::What what, Date effective,
                                     std::optional<Reason> reason) const {
  return {what, event(effective, AuthorityRole::issuer, kVerifierUri), reason};
}

void FixtureLog::add_status(const Statement& target, const StatusEvent& event,
                            const std::optional<Digest>& declaration_root) {
  const Digest key = declaration_root
                         ? state_key::declaration_status(target.entry_id(), *declaration_root)
                         : state_key::status(target.entry_id());
  StatusRecord record;
  if (const Bytes* before = state.find(key); before != nullptr) {
    record = parse_status_record(*before).value();
  }
  record.events.push_back(event);
  state.put(key, encode(record));
}

AccreditationRecord FixtureLog::accreditation() const {
  const Bytes* bytes = state.find(state_key::accreditation(kBodyUri, kAccreditationId));
  CHECK(bytes != nullptr);
  return parse_accreditation_record(*bytes).value();
}

void FixtureLog::put_accreditation(const AccreditationRecord& record) {
  state.put(state_key::accreditation(kBodyUri, kAccreditationId), encode(record));
}

KeyRecord FixtureLog::key_record() const {
  const Bytes* bytes = state.find(state_key::key(sign_key().public_key().kid()));
  CHECK(bytes != nullptr);
  return parse_key_record(*bytes).value();
}

void FixtureLog::put_key(const KeyRecord& record) {
  state.put(state_key::key(record.key.kid()), encode(record));
}

void FixtureLog::put_parties() {
  const Date first = utc_day(now_);
  auto genesis = event(first, AuthorityRole::ballot, "");
  genesis.entry = Digest{};

  PartyRecord body = party(PartyRole::accreditation_body, genesis);
  body.legal_name = "Korea Laboratory Accreditation Scheme";
  body.schemes = {"cbam", "pact"};
  body.regimes = {"iaf-mla", "kitech"};
  const auto body_key = key_from("body/sign", Algorithm::es256);
  body.keys = {body_key.public_key().kid()};
  state.put(state_key::party(kBodyUri), encode(body));
  put_key({std::string(kBodyUri),
           KeyUsage::sign,
           body_key.public_key(),
           {{KeyEvent::What::add, genesis, {}, {}}}});

  const auto by_body = event(first, AuthorityRole::accreditation_body, kBodyUri);
  PartyRecord verifier = party(PartyRole::verifier, by_body);
  verifier.registrar = kBodyUri;
  verifier.keys = {sign_key().public_key().kid(), status_key().public_key().kid()};
  std::ranges::sort(verifier.keys);
  state.put(state_key::party(kVerifierUri), encode(verifier));
  put_key({std::string(kVerifierUri),
           KeyUsage::sign,
           sign_key().public_key(),
           {{KeyEvent::What::add, by_body, {}, {}}}});
  put_key({std::string(kVerifierUri),
           KeyUsage::status,
           status_key().public_key(),
           {{KeyEvent::What::add, by_body, {}, {}}}});

  AccreditationRecord granted;
  granted.verifier = kVerifierUri;
  AccreditationEvent grant;
  grant.origin = by_body;
  grant.scopes = {
      {"steel.cbam", "cbam", {"iso14064-3-2019", "iso14067-2018"}, Assurance::reasonable}};
  grant.validity = DateRange{first, first.plus(5 * 365)};
  grant.regimes = std::vector<std::string>{"iaf-mla"};
  granted.events.push_back(std::move(grant));
  put_accreditation(granted);

  // What else a network holds, so that paths have some depth.
  for (std::size_t i = 0; i < members_.size(); ++i) {
    PartyRecord association = party(PartyRole::association, genesis);
    association.legal_name = "Association " + std::to_string(i);
    association.keys = {sha256(as_bytes(members_[i].party))};
    state.put(state_key::party(members_[i].party), encode(association));
  }
  state.put(state_key::parameters(), encode(Parameters{}));
}

void FixtureLog::append_leaf(const Digest& entry) { leaves_.push_back(leaf_hash(entry.view())); }

std::uint64_t FixtureLog::append(const std::vector<Statement>& statements) {
  BlockRecord record;
  record.chain_id = chain_id_;
  record.height = records_.size();
  record.epoch = epoch();
  record.time = now_;
  record.block_id = sha256(as_bytes("block " + std::to_string(records_.size())));
  record.first_index = size();
  record.count = statements.size();
  record.state_root = state.root();
  for (const Statement& statement : statements) {
    statement_index_[statement.statement_hash()] = size();
    append_leaf(statement_entry(statement.bytes()));
  }
  append_leaf(block_record_entry(encode(record)));
  records_[record.index()] = record;
  return record.first_index;
}

std::uint64_t FixtureLog::index_of(const Statement& statement) const {
  return statement_index_.at(statement.statement_hash());
}

std::string FixtureLog::checkpoint_text() const {
  Checkpoint head;
  head.origin = origin_;
  head.size = size();
  head.root = tree_root(leaves_);
  return encode(head);
}

std::string FixtureLog::checkpoint() const {
  std::vector<std::size_t> cosigners;
  for (std::size_t i = 0; i < quorum(); ++i) cosigners.push_back(i);
  return checkpoint(cosigners, now_.seconds());
}

std::string FixtureLog::checkpoint(const std::vector<std::size_t>& cosigners,
                                   std::uint64_t timestamp_s) const {
  Note note;
  note.text = checkpoint_text();
  note.signatures.push_back(sign_note(log_key(0), origin_, note.text));
  for (const std::size_t i : cosigners) {
    note.signatures.push_back(
        cosign(cosign_key(i), members_[i].cosign_name, timestamp_s, note.text));
  }
  return encode(note);
}

std::vector<Digest> FixtureLog::path(std::uint64_t index) const {
  return inclusion_path(leaves_, index).value();
}

Receipt FixtureLog::receipt(const Statement& statement,
                            const std::optional<Digest>& declaration_root) const {
  Receipt receipt;
  receipt.statement = statement.bytes();
  receipt.index = index_of(statement);
  receipt.path = path(receipt.index);
  const auto own = records_.upper_bound(receipt.index);
  if (own->first != size() - 1) {
    receipt.own_record = LoggedRecord{encode(own->second), path(own->first)};
  }
  receipt.checkpoint = checkpoint();
  receipt.last_record = {encode(last_record()), path(size() - 1)};
  receipt.declaration_root = declaration_root;
  const auto keys = receipt_state_keys(statement, declaration_root);
  for (const Digest& key : keys) {
    const Bytes* record = state.find(key);
    receipt.state_records.push_back(record == nullptr ? std::nullopt : std::optional(*record));
  }
  receipt.state_proof = encode(state.prove(keys));
  return receipt;
}

}  // namespace footproof::testing
