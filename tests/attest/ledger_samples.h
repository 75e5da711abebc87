// The values behind tests/golden/ledger.hex, as structs.
#pragma once

#include <array>
#include <string>

#include "attest/date.h"
#include "attest/key.h"
#include "attest/payload.h"
#include "attest/state_record.h"

namespace footproof::samples {

inline constexpr std::string_view kBody = "https://kab.example";
inline constexpr std::string_view kVerifier = "https://verifier.example";
inline constexpr std::string_view kAssociation = "urn:example:battery-association";
inline constexpr std::string_view kAccreditation = "KAB-V-042";
inline constexpr Instant kTime{1795478400000};  // 2026-11-24T00:00:00Z

inline Digest filled(std::uint8_t byte) {
  Digest digest;
  digest.bytes.fill(byte);
  return digest;
}

inline SigningKey signing_key(std::uint8_t seed) {
  return std::move(SigningKey::from_ed25519_seed(Bytes(32, seed)).value());
}
inline PublicKey public_key(std::uint8_t seed) { return signing_key(seed).public_key(); }

inline Date day(std::string_view text) { return Date::parse(text).value(); }

inline PossessionProof proof(std::uint8_t byte) {
  PossessionProof bytes{};
  bytes.fill(byte);
  return bytes;
}

inline Attestation attestation() {
  Attestation a;
  a.root = filled(0x11);
  a.accreditation = {std::string(kBody), std::string(kAccreditation)};
  a.scope = "steel.cbam";
  a.scheme = {"cbam", "2025-2546"};
  a.standards = {"iso14064-3-2019", "iso14067-2018"};
  a.assurance = Assurance::reasonable;
  a.coverage = Coverage::installation_and_period;
  a.issued_on = day("2026-11-20");
  a.valid_from = day("2026-01-01");
  a.valid_until = day("2027-12-31");
  return a;
}

inline Attestation full_attestation() {
  Attestation a = attestation();
  a.count = kDeclarationCountMax;
  a.type = AttestationType::programme_certification;
  a.assurance = Assurance::none;
  a.coverage = Coverage::programme;
  a.supersedes = filled(0x22);
  a.holder_key = public_key(9);
  return a;
}

inline Attestation countersigned_attestation() {
  Attestation a = attestation();
  Countersignature made{filled(0x33), {}};
  made.signature.fill(0x44);
  a.countersignature = made;
  return a;
}

inline StatusChange status_change() {
  StatusChange s;
  s.target = filled(0x11);
  s.action = StatusAction::suspend;
  s.reason = Reason::data_doubt;
  s.effective = day("2026-11-24");
  return s;
}

inline StatusChange full_status_change() {
  StatusChange s = status_change();
  s.declaration = filled(0x33);
  s.action = StatusAction::revoke;
  s.reason = Reason::issued_in_error;
  s.previous = filled(0x44);
  s.evidence = filled(0x55);
  return s;
}

inline Scope battery_scope() {
  return {"battery.cfb", "eu-battery", {"iso14064-3-2019", "iso14067-2018"}, Assurance::limited};
}
inline Scope steel_scope() {
  return {"steel.cbam", "cbam", {"iso14064-3-2019"}, Assurance::reasonable};
}

inline AccreditationChange grant() {
  AccreditationChange c;
  c.id = kAccreditation;
  c.action = AccreditationAction::grant;
  c.effective = day("2026-01-01");
  c.verifier = kVerifier;
  c.scopes = {battery_scope(), steel_scope()};
  c.validity = DateRange{day("2026-01-01"), day("2029-12-31")};
  c.regimes = {"eu-nab", "iaf-mla"};
  return c;
}

inline AccreditationChange reduction() {
  AccreditationChange c;
  c.id = kAccreditation;
  c.action = AccreditationAction::reduce;
  c.effective = day("2026-06-01");
  c.previous = filled(0x66);
  c.scopes = {steel_scope()};
  c.reason = Reason::complaint;
  return c;
}

inline AccreditationChange withdrawal() {
  AccreditationChange c;
  c.id = kAccreditation;
  c.action = AccreditationAction::withdraw;
  c.effective = day("2026-06-01");
  c.previous = filled(0x66);
  c.reason = Reason::fraud;
  return c;
}

inline KeyChange key_change(KeyAction action) {
  KeyChange c;
  c.action = action;
  c.party = kVerifier;
  const KeyUsage usage = action == KeyAction::add ? KeyUsage::status : KeyUsage::sign;
  if (action != KeyAction::compromised) c.added = NewKey{public_key(3), usage, proof(0x77)};
  if (action != KeyAction::add) c.kid = filled(0x88);
  if (action == KeyAction::compromised) c.since = Instant{1767225600000};
  return c;
}

inline ValidatorProposal validator() {
  return {"kbia-1",      std::string(kAssociation),
          public_key(4), public_key(5),
          public_key(6), filled(0x99),
          proof(1),      proof(2),
          proof(3)};
}

inline Ballot ballot(Change change, bool approve = true) {
  std::array<std::uint8_t, 16> nonce{};
  nonce.fill(0xab);
  return {{nonce, std::move(change), day("2026-12-31")}, approve};
}

inline AdmitParty admission() {
  return {std::string(kBody),
          PartyRole::accreditation_body,
          "Körean Accreditation Body",
          {"cbam", "eu-battery"},
          {"eu-nab"},
          {{public_key(7), KeyUsage::sign, proof(4)}, {public_key(8), KeyUsage::status, proof(5)}}};
}

inline DatasetRelease dataset() {
  return {"kr-lci", "2026.1", day("2026-03-01"), filled(0xaa), {}, {}};
}

inline DatasetRelease full_dataset() {
  DatasetRelease d = dataset();
  d.replaces = filled(0xbb);
  d.notice = DatasetNotice::withdrawn;
  return d;
}

inline EventOrigin origin(std::string_view effective, std::uint64_t after_ms, AuthorityRole role,
                          std::uint8_t entry) {
  const std::string_view party = role == AuthorityRole::issuer               ? kVerifier
                                 : role == AuthorityRole::accreditation_body ? kBody
                                                                             : "";
  return {day(effective), {kTime.ms + after_ms}, {role, std::string(party)}, filled(entry)};
}

inline StatusRecord status_record() {
  using What = StatusEvent::What;
  return {{{What::suspend, origin("2026-11-20", 0, AuthorityRole::issuer, 1), Reason::data_doubt},
           {What::reinstate, origin("2026-11-21", 1000, AuthorityRole::accreditation_body, 2),
            Reason::cleared},
           {What::supersede, origin("2026-11-22", 2000, AuthorityRole::issuer, 3), {}}}};
}

inline StatusRecord late_record() {
  using What = StatusEvent::What;
  return {
      {{What::anchored_late, origin("2026-11-20", 0, AuthorityRole::accreditation_body, 1), {}},
       {What::suspend, origin("2026-11-21", 1000, AuthorityRole::issuer, 2), Reason::complaint}}};
}

inline Parameters late_parameters() {
  Parameters parameters;
  parameters.late_days = {{"cbam", 30}, {"pact", kLateDaysMax}};
  return parameters;
}

inline AccreditationRecord accreditation_record() {
  using Action = AccreditationAction;
  constexpr auto kBodyRole = AuthorityRole::accreditation_body;
  AccreditationRecord record{std::string(kVerifier), {}};
  record.events.push_back({Action::grant,
                           origin("2026-01-01", 0, kBodyRole, 1),
                           {},
                           std::vector<Scope>{battery_scope(), steel_scope()},
                           DateRange{day("2026-01-01"), day("2029-12-31")},
                           std::vector<std::string>{"eu-nab"}});
  record.events.push_back({Action::reduce,
                           origin("2026-06-01", 1, kBodyRole, 2),
                           Reason::complaint,
                           std::vector<Scope>{steel_scope()},
                           {},
                           {}});
  record.events.push_back({Action::withdraw,
                           origin("2026-07-01", 2, AuthorityRole::ballot, 3),
                           Reason::fraud,
                           {},
                           {},
                           {}});
  return record;
}

inline KeyRecord key_record() {
  using What = KeyEvent::What;
  constexpr auto kBodyRole = AuthorityRole::accreditation_body;
  return {
      std::string(kVerifier),
      KeyUsage::sign,
      public_key(3),
      {{What::add, origin("2026-01-01", 0, kBodyRole, 1), {}, {}},
       {What::rotate, origin("2026-02-01", 1, AuthorityRole::issuer, 2), public_key(4).kid(), {}},
       {What::compromised, origin("2026-03-01", 2, kBodyRole, 3), {}, Instant{kTime.ms - 5}}}};
}

inline PartyRecord party_record() {
  PartyRecord record;
  record.role = PartyRole::accreditation_body;
  record.legal_name = "Körean Accreditation Body";
  record.schemes = {"cbam"};
  record.regimes = {"eu-nab"};
  record.keys = {filled(1), filled(2)};
  record.events = {{PartyEvent::What::admit, origin("2026-01-01", 0, AuthorityRole::ballot, 0)},
                   {PartyEvent::What::remove, origin("2026-02-01", 1, AuthorityRole::ballot, 9)}};
  return record;
}

inline PartyRecord verifier_record() {
  PartyRecord record;
  record.registrar = kBody;
  record.events = {
      {PartyEvent::What::admit, origin("2026-01-01", 0, AuthorityRole::accreditation_body, 1)}};
  return record;
}

inline constexpr std::string_view kOrigin = "footproof.example/main/cccccccccccccccc";

inline std::vector<Member> members(std::size_t count = 4) {
  std::vector<Member> found;
  for (std::size_t i = 0; i < count; ++i) {
    const auto n = static_cast<std::uint8_t>(i);
    const auto key = [&](int base) { return public_key(static_cast<std::uint8_t>(base + n)); };
    const std::string id = "v" + std::to_string(i);
    found.push_back({id, std::string(kAssociation), key(20), std::string(kOrigin) + "/" + id,
                     key(30), key(40), filled(static_cast<std::uint8_t>(50 + n))});
  }
  return found;
}

}  // namespace footproof::samples
