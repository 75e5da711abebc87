// What the ledger knows: quorum, signature, key, accreditation, status, validity.
#include "attest/x509.h"
#include "tests/attest/verdict_cases.h"
#include "tests/support/certificates.h"

namespace footproof {
namespace {

void with_status(Certified& it, Presentation& presentation, StatusEvent::What what,
                 std::optional<Reason> reason, Date effective) {
  it.log.add_status(it.attestation, it.log.status_event(what, effective, reason));
  re_present(it, presentation);
}

void with_accreditation_event(Certified& it, Presentation& presentation, AccreditationAction what,
                              Date effective) {
  auto record = it.log.accreditation();
  AccreditationEvent event;
  event.what = what;
  event.origin = it.log.event(effective, AuthorityRole::accreditation_body, testing::kBodyUri);
  event.reason = Reason::misstatement;
  record.events.push_back(event);
  it.log.put_accreditation(record);
  re_present(it, presentation);
}

// What the verifier's key is registered with, and what the reader is given.
void with_chains(Certified& it, Presentation& presentation, VerdictOptions& options,
                 const std::optional<std::string>& registered, const std::string& given) {
  auto record = it.log.key_record();
  if (registered) {
    record.certificate_chain = parse_certificate_chain(as_bytes(*registered)).value().digest;
  }
  it.log.put_key(record);
  re_present(it, presentation);
  options.certificate_chain = to_bytes(as_bytes(given));
}

const SigningKey& authority() {
  static const SigningKey key = testing::key_from("authority", Algorithm::es256);
  return key;
}

std::vector<VerdictCase> certificate_cases() {
  using P = Presentation;
  using O = VerdictOptions;
  const auto own = [](Certified& it) {
    return testing::certificate(it.log.sign_key(), authority(), "Verifier") +
           testing::certificate(authority(), authority(), "Authority");
  };
  const auto foreign = [] { return testing::certificate(authority(), authority(), "Another"); };
  const auto line = Question::certificate;
  return {
      {"certificate_chain_registered",
       [own](Certified& it, P& p, O& o) {
         const std::string chain = own(it);
         with_chains(it, p, o, chain, chain);
       },
       line, Outcome::pass, Overall::certified},
      {"certificate_chain_not_asked",
       [own](Certified& it, P& p, O& o) {
         with_chains(it, p, o, own(it), {});
         o.certificate_chain.reset();
       },
       line, Outcome::not_checked, Overall::certified},
      {"certificate_chain_another",
       [own, foreign](Certified& it, P& p, O& o) { with_chains(it, p, o, own(it), foreign()); },
       line, Outcome::fail, Overall::not_certified},
      // Registered by mistake: the digest is right, the key is not this one.
      {"certificate_chain_of_another_key",
       [foreign](Certified& it, P& p, O& o) {
         const std::string chain = foreign();
         with_chains(it, p, o, chain, chain);
       },
       line, Outcome::fail, Overall::not_certified},
      {"certificate_chain_damaged",
       [own](Certified& it, P& p, O& o) { with_chains(it, p, o, own(it), "no certificate"); }, line,
       Outcome::fail, Overall::not_certified},
      {"certificate_chain_never_registered",
       [own](Certified& it, P& p, O& o) { with_chains(it, p, o, {}, own(it)); }, line,
       Outcome::not_checked, Overall::cannot_evaluate},
  };
}

}  // namespace

std::vector<VerdictCase> ledger_cases() {
  using P = Presentation;
  using O = VerdictOptions;
  const Date first = utc_day(testing::kFixtureGenesis);
  std::vector<VerdictCase> cases = {
      {"plain", [](Certified&, P&, O&) {}, Question::well_formed, Outcome::pass,
       Overall::certified},
      {"another_network",
       [](Certified& it, P&, O&) { it.policy = testing::FixtureLog(4, "elsewhere").policy(); },
       Question::network, Outcome::fail, Overall::cannot_evaluate},
      {"old_policy",
       [](Certified&, P& p, O&) {
         auto last = parse_block_record(p.receipt.last_record.record).value();
         last.epoch = 3;
         p.receipt.last_record.record = encode(last);
       },
       Question::network, Outcome::not_checked, Overall::cannot_evaluate},
      {"one_cosignature_too_few",
       [](Certified& it, P& p, O&) {
         p.receipt.checkpoint = it.log.checkpoint({0, 1}, it.log.now().seconds());
       },
       Question::quorum, Outcome::fail, Overall::not_certified},
      {"wrong_path", [](Certified&, P& p, O&) { p.receipt.path[0].bytes[0] ^= 1; },
       Question::inclusion, Outcome::fail, Overall::not_certified},
      {"junk_signature",
       [](Certified& it, P& p, O&) {
         Bytes junk = it.attestation.bytes();
         junk.back() ^= 1;
         it.attestation = parse_statement(junk).value();
         it.log.append({it.attestation});
         re_present(it, p);
       },
       Question::signature, Outcome::fail, Overall::not_certified},
      {"compromised_key",
       [](Certified& it, P& p, O&) {
         auto record = it.log.key_record();
         KeyEvent event;
         event.what = KeyEvent::What::compromised;
         event.origin =
             it.log.event(utc_day(it.log.now()), AuthorityRole::issuer, testing::kVerifierUri);
         event.since = testing::kFixtureGenesis;
         record.events.push_back(event);
         it.log.put_key(record);
         re_present(it, p);
       },
       Question::key, Outcome::fail, Overall::not_certified},
      {"scope_not_covered",
       [](Certified& it, P& p, O&) {
         attest_again(it, p, [](Attestation& a) { a.scope = "battery.cfb"; });
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"scheme_not_covered",
       [](Certified& it, P& p, O&) {
         attest_again(it, p, [](Attestation& a) { a.scheme = {"pact", "3.0"}; });
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"standard_not_covered",
       [](Certified& it, P& p, O&) {
         attest_again(it, p, [](Attestation& a) { a.standards = {"iso9001"}; });
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"level_not_covered",
       [](Certified& it, P& p, O&) {
         auto record = it.log.accreditation();
         record.events[0].scopes->at(0).assurance_max = Assurance::limited;
         it.log.put_accreditation(record);
         re_present(it, p);
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"accreditation_of_somebody_else",
       [](Certified& it, P& p, O&) {
         auto record = it.log.accreditation();
         record.verifier = "https://other.example";
         it.log.put_accreditation(record);
         re_present(it, p);
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"no_such_accreditation",
       [](Certified& it, P& p, O&) {
         attest_again(it, p, [](Attestation& a) { a.accreditation.id = "KOLAS-PCF-999"; });
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"body_is_none",
       [](Certified& it, P& p, O&) {
         it.log.state.erase(state_key::party(testing::kBodyUri));
         re_present(it, p);
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"body_was_removed_before_it_was_recorded",
       [](Certified& it, P& p, O&) {
         const Digest key = state_key::party(testing::kBodyUri);
         auto body = parse_party_record(*it.log.state.find(key)).value();
         body.events.push_back({PartyEvent::What::remove,
                                it.log.event(utc_day(it.log.now()), AuthorityRole::ballot, "")});
         it.log.state.put(key, encode(body));
         it.log.append({});
         it.log.advance(60);
         attest_again(it, p, [](Attestation&) {});
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"body_was_removed_later",
       [](Certified& it, P& p, O&) {
         it.log.advance(60);
         const Digest key = state_key::party(testing::kBodyUri);
         auto body = parse_party_record(*it.log.state.find(key)).value();
         body.events.push_back({PartyEvent::What::remove,
                                it.log.event(utc_day(it.log.now()), AuthorityRole::ballot, "")});
         it.log.state.put(key, encode(body));
         re_present(it, p);
       },
       Question::accreditation, Outcome::pass, Overall::certified},
      {"body_was_removed_later_in_the_same_block",
       [](Certified& it, P& p, O&) {
         const Digest key = state_key::party(testing::kBodyUri);
         auto body = parse_party_record(*it.log.state.find(key)).value();
         body.events.push_back({PartyEvent::What::remove,
                                it.log.event(utc_day(it.log.now()), AuthorityRole::ballot, "")});
         it.log.state.put(key, encode(body));
         attest_again(it, p, [](Attestation&) {});
       },
       Question::accreditation, Outcome::pass, Overall::certified},
      {"withdrawn_before_it_was_recorded",
       [first](Certified& it, P& p, O&) {
         with_accreditation_event(it, p, AccreditationAction::withdraw, first);
         attest_again(it, p, [](Attestation&) {});
       },
       Question::accreditation, Outcome::fail, Overall::not_certified},
      {"withdrawn_later_in_the_same_block",
       [first](Certified& it, P& p, O&) {
         const Attestation attestation =
             it.log.attestation(testing::subject_of(fixture_declaration()));
         it.attestation = it.log.sign(attestation);
         auto record = it.log.accreditation();
         AccreditationEvent event;
         event.what = AccreditationAction::withdraw;
         event.origin = it.log.event(first, AuthorityRole::accreditation_body, testing::kBodyUri);
         event.reason = Reason::misstatement;
         record.events.push_back(event);
         it.log.put_accreditation(record);
         it.log.append({it.attestation});
         p = present(it.log, it.attestation);
       },
       Question::accreditation_now,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::accreditation_withdrawn}},
      {"withdrawn_retroactively",
       [first](Certified& it, P& p, O&) {
         with_accreditation_event(it, p, AccreditationAction::withdraw, first);
       },
       Question::accreditation_now,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::accreditation_withdrawn}},
      {"withdrawn_later",
       [first](Certified& it, P& p, O& o) {
         it.log.advance(86'400 * 30);
         with_accreditation_event(it, p, AccreditationAction::withdraw, first.plus(20));
         o = testing::options_at(it.log);
       },
       Question::accreditation_now, Outcome::pass, Overall::certified},
      {"regime_not_asked", [](Certified&, P&, O&) {}, Question::recognition, Outcome::not_checked,
       Overall::certified},
      {"regime_recognised", [](Certified&, P&, O& o) { o.regime = "iaf-mla"; },
       Question::recognition, Outcome::pass, Overall::certified},
      {"regime_not_recognised",
       [](Certified&, P&, O& o) { o.regime = "eu-nab"; },
       Question::recognition,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::not_recognised}},
      {"regime_of_the_body_only",
       [](Certified&, P&, O& o) { o.regime = "kitech"; },
       Question::recognition,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::not_recognised}},
      {"suspended",
       [first](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::suspend, Reason::complaint, first);
       },
       Question::status,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::suspended}},
      {"reinstated",
       [first](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::suspend, Reason::complaint, first);
         with_status(it, p, StatusEvent::What::reinstate, Reason::cleared, first);
       },
       Question::status, Outcome::pass, Overall::certified},
      {"superseded",
       [first](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::supersede, {}, first);
       },
       Question::status,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::superseded}},
      {"revoked",
       [first](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::revoke, Reason::fraud, first);
       },
       Question::status, Outcome::fail, Overall::not_certified},
      // Recorded at 08:00 in Seoul, while the UTC day is still yesterday.
      {"revoked_on_the_day_that_has_begun_elsewhere",
       [](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::revoke, Reason::fraud,
                     utc_day(it.log.now()).plus(1));
       },
       Question::status, Outcome::fail, Overall::not_certified},
      {"reinstated_only_from_the_day_that_has_begun_elsewhere",
       [first](Certified& it, P& p, O&) {
         with_status(it, p, StatusEvent::What::suspend, Reason::complaint, first);
         with_status(it, p, StatusEvent::What::reinstate, Reason::cleared,
                     utc_day(it.log.now()).plus(1));
       },
       Question::status,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::suspended}},
      {"revoked_after_the_day_asked",
       [first](Certified& it, P& p, O& o) {
         it.log.advance(86'400 * 30);
         with_status(it, p, StatusEvent::What::revoke, Reason::fraud, first.plus(20));
         o = testing::options_at(it.log);
         o.on = first.plus(10);
       },
       Question::status, Outcome::pass, Overall::certified},
      {"stale",
       [](Certified&, P&, O& o) { o.now.ms += 8 * kDayMs; },
       Question::status,
       Outcome::pass,
       Overall::certified_but,
       {Reservation::stale}},
      {"older_than_the_age_asked",
       [](Certified&, P&, O& o) { o.age_max = 59; },
       Question::status,
       Outcome::pass,
       Overall::certified_but,
       {Reservation::stale}},
      {"as_old_as_allowed", [](Certified&, P&, O& o) { o.age_max = 60; }, Question::status,
       Outcome::pass, Overall::certified},
      {"clock_behind_the_checkpoint",
       [](Certified& it, P&, O& o) { o.now.ms = it.log.now().ms - 301'000; }, Question::status,
       Outcome::not_checked, Overall::cannot_evaluate},
      {"clock_a_little_behind",
       [first](Certified& it, P&, O& o) {
         o.on = first;
         o.now.ms = it.log.now().ms - 299'000;
       },
       Question::status, Outcome::pass, Overall::certified},
      {"not_yet_valid",
       [first](Certified&, P&, O& o) { o.on = first.plus(-1); },
       Question::validity,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::not_yet_valid}},
      {"expired",
       [first](Certified&, P&, O& o) { o.on = first.plus(3 * 365 + 1); },
       Question::validity,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::expired}},
      {"last_day_of_validity", [first](Certified&, P&, O& o) { o.on = first.plus(3 * 365); },
       Question::validity, Outcome::pass, Overall::certified},
      {"expired_and_stale",
       [](Certified&, P&, O& o) { o.now.ms += 4 * 365 * kDayMs; },
       Question::validity,
       Outcome::fail,
       Overall::certified_but,
       {Reservation::expired, Reservation::stale}},
  };
  for (auto& more : certificate_cases()) cases.push_back(std::move(more));
  return cases;
}

}  // namespace footproof
