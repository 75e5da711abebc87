// Every reason to refuse, provoked by a real signed statement, beside a neighbour that passes. The
// names stand in docs/rules.md.
#include "ledger/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/ledger/rules_stage.h"

namespace footproof::testing {
namespace {

using ledger::RefusalReason;
using R = RefusalReason;
using Case = std::function<void(RulesStage&)>;

constexpr const char* kAccepted = "accepted";

KeyChange rotation(const RulesStage& it, const Digest& old_kid, const SigningKey& fresh,
                   KeyUsage usage) {
  KeyChange change = it.network.add_key(kVerifierUri, fresh, usage);
  change.action = KeyAction::rotate;
  change.kid = old_kid;
  return change;
}

KeyChange compromised(const Digest& kid, Instant since) {
  KeyChange change;
  change.action = KeyAction::compromised;
  change.party = kVerifierUri;
  change.kid = kid;
  change.since = since;
  return change;
}

SigningKey sign_key() { return party_key(kVerifierUri, KeyUsage::sign); }

Ballot ballot() {
  return Ballot{Proposal{{}, RemoveValidator{"validator-0"}, day("2026-12-31")}, true};
}

const std::map<R, Case>& envelope_cases() {
  static const std::map<R, Case> cases = {
      {R::malformed,
       [](RulesStage& it) {
         const Bytes whole = it.network.sign(kVerifierUri, it.attestation()).bytes();
         Bytes cut = whole;
         cut.pop_back();
         EXPECT_EQ(it.code_of(it.offer(cut)), "malformed");
         EXPECT_EQ(it.code_of(it.offer(whole)), kAccepted);
       }},
      {R::not_built,
       [](RulesStage& it) {
         EXPECT_EQ(it.by("https://association-0.example", ballot()), "not-built");
         DatasetRelease release;
         release.database = "lci-kr";
         release.release = "2026-1";
         EXPECT_EQ(it.by(kSchemeOwnerUri, release), "not-built");
         EXPECT_EQ(it.attest(it.attestation()), kAccepted);
       }},
      {R::wrong_network,
       [](RulesStage& it) {
         auto draft = it.draft(kVerifierUri, it.attestation());
         draft.chain_id.bytes[0] ^= 1;
         EXPECT_EQ(it.offer_draft(draft), "wrong-network");
         draft.chain_id.bytes[0] ^= 1;
         EXPECT_EQ(it.offer_draft(draft), kAccepted);
       }},
      {R::stale,
       [](RulesStage& it) {
         const Statement first = it.network.sign(kVerifierUri, it.attestation());
         const Statement second = it.network.sign(kVerifierUri, it.attestation());
         it.network.advance(7 * 86400);
         EXPECT_EQ(it.code_of(it.offer(first)), kAccepted);
         it.network.advance(1);
         EXPECT_EQ(it.code_of(it.offer(second)), "stale");
       }},
      {R::from_the_future,
       [](RulesStage& it) {
         auto draft = it.draft(kVerifierUri, it.attestation());
         draft.issued_at += 301;
         EXPECT_EQ(it.offer_draft(draft), "from-the-future");
         draft.issued_at -= 1;
         EXPECT_EQ(it.offer_draft(draft), kAccepted);
         // Nor may a key be compromised from a time that has not come.
         const Instant later{it.network.now().ms + 1};
         EXPECT_EQ(it.by(kVerifierUri, compromised(sign_key().public_key().kid(), later)),
                   "from-the-future");
       }},
      {R::subject_used,
       [](RulesStage& it) {
         auto draft = it.draft(kVerifierUri, it.attestation());
         EXPECT_EQ(it.offer_draft(draft), kAccepted);
         draft.payload = it.attestation();
         EXPECT_EQ(it.offer_draft(draft), "subject-used");
         // Another issuer may use it.
         draft.issuer = kBodyUri;
         draft.payload = it.network.grant("https://third.example", "KOLAS-PCF-003");
         EXPECT_EQ(it.offer_draft(draft), kAccepted);
       }},
  };
  return cases;
}

const std::map<R, Case>& issuer_key_cases() {
  static const std::map<R, Case> cases = {
      {R::unknown_key,
       [](RulesStage& it) {
         const SigningKey stranger = key_from("stranger", Algorithm::es256);
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, stranger, it.attestation()))),
                   "unknown-key");
         it.logged(kBodyUri, it.network.add_key(kVerifierUri, stranger, KeyUsage::sign));
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, stranger, it.attestation()))),
                   kAccepted);
       }},
      {R::wrong_issuer,
       [](RulesStage& it) {
         EXPECT_EQ(
             it.code_of(it.offer(it.network.sign(kOtherVerifierUri, sign_key(), it.attestation()))),
             "wrong-issuer");
         EXPECT_EQ(it.attest(it.attestation()), kAccepted);
       }},
      {R::wrong_usage,
       [](RulesStage& it) {
         const SigningKey status = party_key(kVerifierUri, KeyUsage::status);
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, status, it.attestation()))),
                   "wrong-usage");
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         const auto suspend = it.status(entry, StatusAction::suspend);
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, sign_key(), suspend))),
                   "wrong-usage");
         EXPECT_EQ(
             it.code_of(it.offer(it.network.sign(kBodyUri, party_key(kBodyUri, KeyUsage::status),
                                                 it.network.grant(kVerifierUri, "KOLAS-PCF-002")))),
             "wrong-usage");
         EXPECT_EQ(it.by(kVerifierUri, suspend), kAccepted);
       }},
      {R::wrong_algorithm,
       [](RulesStage& it) {
         Bytes bytes = it.network.sign(kVerifierUri, it.attestation()).bytes();
         const Bytes real = bytes;
         const Bytes es256 = from_hex("0126").value();  // the first member: alg (1) = −7
         const auto alg = std::search(bytes.begin(), bytes.end(), es256.begin(), es256.end());
         ASSERT_NE(alg, bytes.end());
         *(alg + 1) = 0x27;  // −8
         ASSERT_EQ(parse_statement(bytes).value().algorithm(), Algorithm::eddsa);
         EXPECT_EQ(it.code_of(it.offer(bytes)), "wrong-algorithm");
         EXPECT_EQ(it.code_of(it.offer(real)), kAccepted);
       }},
      {R::key_rotated,
       [](RulesStage& it) {
         const SigningKey fresh = key_from("fresh", Algorithm::eddsa);
         it.logged(kVerifierUri,
                   rotation(it, sign_key().public_key().kid(), fresh, KeyUsage::sign));
         EXPECT_EQ(it.attest(it.attestation()), "key-rotated");
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, fresh, it.attestation()))),
                   kAccepted);
       }},
      {R::key_compromised,
       [](RulesStage& it) {
         const SigningKey spare = key_from("spare", Algorithm::eddsa);
         it.logged(kVerifierUri, it.network.add_key(kVerifierUri, spare, KeyUsage::sign));
         it.logged(kVerifierUri, compromised(sign_key().public_key().kid(), it.network.now()));
         EXPECT_EQ(it.attest(it.attestation()), "key-compromised");
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, spare, it.attestation()))),
                   kAccepted);
         // A compromised status key reports nothing more, either.
         const SigningKey status = party_key(kVerifierUri, KeyUsage::status);
         it.logged(kVerifierUri, compromised(status.public_key().kid(), it.network.now()));
         EXPECT_EQ(it.by(kVerifierUri, compromised(spare.public_key().kid(), it.network.now())),
                   "key-compromised");
       }},
      {R::bad_signature,
       [](RulesStage& it) {
         const Bytes real = it.network.sign(kVerifierUri, it.attestation()).bytes();
         Bytes junk = real;
         junk[junk.size() - 5] ^= 0x10;
         EXPECT_EQ(it.code_of(it.offer(junk)), "bad-signature");
         EXPECT_EQ(it.code_of(it.offer(real)), kAccepted);
       }},
  };
  return cases;
}

const std::map<R, Case>& attestation_cases() {
  static const std::map<R, Case> cases = {
      {R::unknown_accreditation,
       [](RulesStage& it) {
         auto attestation = it.attestation();
         attestation.accreditation.id = "KOLAS-PCF-999";
         EXPECT_EQ(it.attest(attestation), "unknown-accreditation");
         attestation.accreditation = {std::string(kOtherBodyUri), std::string(kAccreditationId)};
         EXPECT_EQ(it.attest(attestation), "unknown-accreditation");
         EXPECT_EQ(it.attest(it.attestation()), kAccepted);
         auto withdraw = it.accreditation(AccreditationAction::withdraw, {});
         withdraw.id = "KOLAS-PCF-999";
         EXPECT_EQ(it.by(kBodyUri, withdraw), "unknown-accreditation");
       }},
      {R::accreditation_of_another,
       [](RulesStage& it) {
         it.admit_other_verifier();
         auto attestation = it.attestation();
         EXPECT_EQ(it.by(kOtherVerifierUri, attestation), "accreditation-of-another");
         attestation.accreditation = {std::string(kOtherBodyUri), "KAB-001"};
         EXPECT_EQ(it.by(kOtherVerifierUri, attestation), kAccepted);
       }},
      {R::accreditation_not_in_force,
       [](RulesStage& it) {
         const Digest suspended = it.logged(
             kBodyUri, it.accreditation(AccreditationAction::suspend, it.last_of_accreditation()));
         EXPECT_EQ(it.attest(it.attestation()), "accreditation-not-in-force");
         it.logged(kBodyUri, it.accreditation(AccreditationAction::reinstate, suspended));
         EXPECT_EQ(it.attest(it.attestation()), kAccepted);
         // Outside the validity: before the grant was effective, and after it ended.
         auto early = it.attestation();
         early.issued_on = it.today().plus(-1);
         EXPECT_EQ(it.attest(early), "accreditation-not-in-force");
         it.network.advance(std::uint64_t{4} * 365 * 86400);
         EXPECT_EQ(it.attest(it.attestation()), kAccepted);
         it.network.advance(86400);
         EXPECT_EQ(it.attest(it.attestation()), "accreditation-not-in-force");
       }},
      {R::scope_not_covered,
       [](RulesStage& it) {
         auto attestation = it.attestation();
         attestation.scope = "battery.cfb";
         EXPECT_EQ(it.attest(attestation), "scope-not-covered");
         attestation.scope = "steel.cbam";
         EXPECT_EQ(it.attest(attestation), kAccepted);
       }},
      {R::scheme_not_covered,
       [](RulesStage& it) {
         auto attestation = it.attestation();
         attestation.scheme = {"kitech-cfp", "1"};
         EXPECT_EQ(it.attest(attestation), "scheme-not-covered");
         attestation.scheme = {"cbam", "2025-2546"};
         EXPECT_EQ(it.attest(attestation), kAccepted);
       }},
      {R::standard_not_covered,
       [](RulesStage& it) {
         auto attestation = it.attestation();
         attestation.standards = {"iso14067-2018", "iso99999"};
         EXPECT_EQ(it.attest(attestation), "standard-not-covered");
         attestation.standards = {"iso14064-3-2019", "iso14067-2018"};
         EXPECT_EQ(it.attest(attestation), kAccepted);
       }},
      {R::assurance_not_covered,
       [](RulesStage& it) {
         auto reduce = it.accreditation(AccreditationAction::reduce, it.last_of_accreditation());
         reduce.scopes = {{"steel.cbam", "cbam", {"iso14067-2018"}, Assurance::limited}};
         it.logged(kBodyUri, reduce);
         auto attestation = it.attestation();
         attestation.assurance = Assurance::reasonable;
         EXPECT_EQ(it.attest(attestation), "assurance-not-covered");
         attestation.assurance = Assurance::limited;
         EXPECT_EQ(it.attest(attestation), kAccepted);
       }},
      {R::dates_out_of_order,
       [](RulesStage& it) {
         auto attestation = it.attestation();
         attestation.valid_from = it.today().plus(-10);
         attestation.valid_until = it.today().plus(-1);
         EXPECT_EQ(it.attest(attestation), "dates-out-of-order");
         attestation.valid_until = it.today();
         EXPECT_EQ(it.attest(attestation), kAccepted);
         // A successor is not issued before what it supersedes.
         it.network.advance(2 * 86400);
         auto successor = it.attestation();
         successor.supersedes = it.logged(kVerifierUri, it.attestation());
         successor.issued_on = it.today().plus(-1);
         EXPECT_EQ(it.attest(successor), "dates-out-of-order");
       }},
      {R::issued_in_the_future,
       [](RulesStage& it) {
         // At midnight UTC it is the same day 14 hours further east; at 10:00 it is tomorrow there.
         auto attestation = it.attestation();
         attestation.issued_on = it.today().plus(1);
         EXPECT_EQ(it.attest(attestation), "issued-in-the-future");
         it.network.advance(10 * 3600);
         EXPECT_EQ(it.attest(attestation), kAccepted);
       }},
      {R::anchored_late,
       [](RulesStage& it) {
         auto grant = it.network.grant(kVerifierUri, "KOLAS-PCF-002");
         grant.effective = it.today().plus(-200);
         it.logged(kBodyUri, grant);
         auto attestation = it.attestation();
         attestation.accreditation.id = "KOLAS-PCF-002";
         attestation.issued_on = it.today().plus(-91);
         EXPECT_EQ(it.attest(attestation), "anchored-late");
         attestation.issued_on = it.today().plus(-90);
         EXPECT_EQ(it.attest(attestation), kAccepted);
       }},
      {R::unknown_target,
       [](RulesStage& it) {
         auto successor = it.attestation();
         successor.supersedes = tagged_hash("nobody", {});
         EXPECT_EQ(it.attest(successor), "unknown-target");
         EXPECT_EQ(it.by(kVerifierUri, it.status(tagged_hash("nobody", {}), StatusAction::revoke)),
                   "unknown-target");
         successor.supersedes = it.logged(kVerifierUri, it.attestation());
         EXPECT_EQ(it.attest(successor), kAccepted);
       }},
      {R::wrong_target_kind,
       [](RulesStage& it) {
         const Digest grant = it.last_of_accreditation();
         auto successor = it.attestation();
         successor.supersedes = grant;
         EXPECT_EQ(it.attest(successor), "wrong-target-kind");
         EXPECT_EQ(it.by(kVerifierUri, it.status(grant, StatusAction::revoke)),
                   "wrong-target-kind");
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         EXPECT_EQ(it.by(kVerifierUri, it.status(entry, StatusAction::revoke)), kAccepted);
       }},
      {R::not_the_issuer,
       [](RulesStage& it) {
         it.admit_other_verifier();
         auto successor = it.attestation();
         successor.supersedes = it.logged(kVerifierUri, it.attestation());
         successor.accreditation = {std::string(kOtherBodyUri), "KAB-001"};
         EXPECT_EQ(it.by(kOtherVerifierUri, successor), "not-the-issuer");
         successor.accreditation = {std::string(kBodyUri), std::string(kAccreditationId)};
         EXPECT_EQ(it.attest(successor), kAccepted);
       }},
      {R::already_superseded,
       [](RulesStage& it) {
         const Digest first = it.logged(kVerifierUri, it.attestation());
         auto successor = it.attestation();
         successor.supersedes = first;
         const Digest second = it.logged(kVerifierUri, successor);
         auto rival = it.attestation();
         rival.supersedes = first;
         EXPECT_EQ(it.attest(rival), "already-superseded");
         rival.supersedes = second;
         EXPECT_EQ(it.attest(rival), kAccepted);
       }},
      {R::not_supersedable,
       [](RulesStage& it) {
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         const Digest suspended = it.logged(kVerifierUri, it.status(entry, StatusAction::suspend));
         auto successor = it.attestation();
         successor.supersedes = entry;
         EXPECT_EQ(it.attest(successor), "not-supersedable");
         it.logged(kVerifierUri, it.status(entry, StatusAction::reinstate, suspended));
         EXPECT_EQ(it.attest(successor), kAccepted);
       }},
  };
  return cases;
}

const std::map<R, Case>& status_cases() {
  static const std::map<R, Case> cases = {
      {R::declaration_not_separate,
       [](RulesStage& it) {
         const Digest single = it.logged(kVerifierUri, it.attestation());
         auto many = it.attestation();
         many.count = 2;
         const Digest pair = it.logged(kVerifierUri, many);
         auto change = it.status(single, StatusAction::suspend);
         change.declaration = tagged_hash("declaration", {});
         EXPECT_EQ(it.by(kVerifierUri, change), "declaration-not-separate");
         change.target = pair;
         EXPECT_EQ(it.by(kVerifierUri, change), kAccepted);
       }},
      {R::effective_out_of_range,
       [](RulesStage& it) {
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         auto change = it.status(entry, StatusAction::suspend);
         change.effective = it.today().plus(-1);
         EXPECT_EQ(it.by(kVerifierUri, change), "effective-out-of-range");
         change.effective = it.today().plus(1);
         EXPECT_EQ(it.by(kVerifierUri, change), "effective-out-of-range");
         change.effective = it.today();
         EXPECT_EQ(it.by(kVerifierUri, change), kAccepted);
         auto grant = it.network.grant(kVerifierUri, "KOLAS-PCF-002");
         grant.effective = it.today().plus(1);
         EXPECT_EQ(it.by(kBodyUri, grant), "effective-out-of-range");
       }},
      {R::last_event_differs,
       [](RulesStage& it) {
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         EXPECT_EQ(it.by(kVerifierUri, it.status(entry, StatusAction::suspend, entry)),
                   "last-event-differs");
         const Digest suspended = it.logged(kVerifierUri, it.status(entry, StatusAction::suspend));
         EXPECT_EQ(it.by(kVerifierUri, it.status(entry, StatusAction::reinstate, entry)),
                   "last-event-differs");
         EXPECT_EQ(it.by(kVerifierUri, it.status(entry, StatusAction::reinstate)),
                   "last-event-differs");
         EXPECT_EQ(it.by(kVerifierUri, it.status(entry, StatusAction::reinstate, suspended)),
                   kAccepted);
         EXPECT_EQ(it.by(kBodyUri, it.accreditation(AccreditationAction::suspend, entry)),
                   "last-event-differs");
       }},
      {R::illegal_transition,
       [](RulesStage& it) {
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         EXPECT_EQ(it.by(kVerifierUri, it.status(entry, StatusAction::reinstate)),
                   "illegal-transition");
         const Digest suspended = it.logged(kVerifierUri, it.status(entry, StatusAction::suspend));
         EXPECT_EQ(it.by(kVerifierUri, it.status(entry, StatusAction::suspend, suspended)),
                   "illegal-transition");
         const Digest revoked = it.logged(kVerifierUri, it.status(entry, StatusAction::revoke));
         for (const auto action :
              {StatusAction::suspend, StatusAction::reinstate, StatusAction::revoke}) {
           EXPECT_EQ(it.by(kVerifierUri, it.status(entry, action, revoked)), "illegal-transition");
         }
         EXPECT_EQ(it.by(kBodyUri, it.accreditation(AccreditationAction::reinstate,
                                                    it.last_of_accreditation())),
                   "illegal-transition");
         const Digest withdrawn =
             it.logged(kBodyUri, it.accreditation(AccreditationAction::withdraw, {}));
         for (const auto action : {AccreditationAction::suspend, AccreditationAction::reinstate,
                                   AccreditationAction::withdraw}) {
           EXPECT_EQ(it.by(kBodyUri, it.accreditation(action, withdrawn)), "illegal-transition");
         }
       }},
      {R::reason_not_allowed,
       [](RulesStage& it) {
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         auto change = it.status(entry, StatusAction::suspend);
         change.reason = Reason::fraud;
         EXPECT_EQ(it.by(kVerifierUri, change), "reason-not-allowed");
         change.reason = Reason::complaint;
         EXPECT_EQ(it.by(kVerifierUri, change), kAccepted);
       }},
      {R::not_the_suspender,
       [](RulesStage& it) {
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         const Digest suspended = it.logged(kBodyUri, it.status(entry, StatusAction::suspend));
         const auto reinstate = it.status(entry, StatusAction::reinstate, suspended);
         EXPECT_EQ(it.by(kVerifierUri, reinstate), "not-the-suspender");
         EXPECT_EQ(it.by(kBodyUri, reinstate), kAccepted);
       }},
      {R::no_authority,
       [](RulesStage& it) {
         it.admit_other_verifier();
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         const auto revoke = it.status(entry, StatusAction::revoke);
         EXPECT_EQ(it.by(kOtherVerifierUri, revoke), "no-authority");
         EXPECT_EQ(it.by(kOtherBodyUri, revoke), "no-authority");
         EXPECT_EQ(it.by("https://association-0.example", revoke), "no-authority");
         EXPECT_EQ(it.by(kSchemeOwnerUri, revoke), kAccepted);
       }},
      {R::record_full,
       [](RulesStage& it) {
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         std::vector<Bytes> block;
         std::optional<Digest> previous;
         for (int event = 0; event < 800; ++event) {
           const auto action = event % 2 == 0 ? StatusAction::suspend : StatusAction::reinstate;
           const Statement statement =
               it.network.sign(kVerifierUri, it.status(entry, action, previous));
           previous = statement.entry_id();
           block.push_back(statement.bytes());
         }
         const auto outcomes = it.network.run(block).outcomes;
         const auto full = std::find_if(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
           return RulesStage::code_of(outcome.verdict) == "record-full";
         });
         ASSERT_NE(full, outcomes.end());
         ASSERT_GT(full - outcomes.begin(), 100);
         it.refused.insert(R::record_full);
         // What ends it still goes in.
         EXPECT_EQ(it.by(kVerifierUri, it.status(entry, StatusAction::revoke)), kAccepted);
       }},
  };
  return cases;
}

const std::map<R, Case>& accreditation_cases() {
  static const std::map<R, Case> cases = {
      {R::not_a_body,
       [](RulesStage& it) {
         const auto grant = it.network.grant("https://third.example", "THIRD-1");
         EXPECT_EQ(it.by(kVerifierUri, grant), "not-a-body");
         EXPECT_EQ(it.by(kSchemeOwnerUri, grant), "not-a-body");
         EXPECT_EQ(it.by(kBodyUri, grant), kAccepted);
       }},
      {R::accreditation_exists,
       [](RulesStage& it) {
         EXPECT_EQ(it.by(kBodyUri, it.network.grant(kVerifierUri, kAccreditationId)),
                   "accreditation-exists");
         // Ids are each body's own.
         EXPECT_EQ(it.by(kOtherBodyUri, it.network.grant(kVerifierUri, kAccreditationId, {})),
                   kAccepted);
       }},
      {R::scheme_not_allowed,
       [](RulesStage& it) {
         auto grant = it.network.grant(kVerifierUri, "KAB-002", {});
         grant.scopes = {{"steel.cbam", "kitech-cfp", {"iso14067-2018"}, Assurance::limited}};
         EXPECT_EQ(it.by(kOtherBodyUri, grant), "scheme-not-allowed");
         EXPECT_EQ(it.by(kBodyUri, grant), kAccepted);
       }},
      {R::regime_not_allowed,
       [](RulesStage& it) {
         EXPECT_EQ(it.by(kBodyUri, it.network.grant(kVerifierUri, "KOLAS-PCF-002", {"eu-nab"})),
                   "regime-not-allowed");
         EXPECT_EQ(it.by(kBodyUri, it.network.grant(kVerifierUri, "KOLAS-PCF-002", {"iaf-mla"})),
                   kAccepted);
       }},
      {R::role_conflict,
       [](RulesStage& it) {
         EXPECT_EQ(it.by(kBodyUri, it.network.grant(kSchemeOwnerUri, "KOLAS-PCF-002")),
                   "role-conflict");
         EXPECT_EQ(it.by(kBodyUri, it.network.grant("https://third.example", "KOLAS-PCF-002")),
                   kAccepted);
       }},
  };
  return cases;
}

const std::map<R, Case>& key_cases() {
  static const std::map<R, Case> cases = {
      {R::unknown_party,
       [](RulesStage& it) {
         const SigningKey fresh = key_from("fresh", Algorithm::es256);
         EXPECT_EQ(
             it.by(kBodyUri, it.network.add_key("https://third.example", fresh, KeyUsage::sign)),
             "unknown-party");
         it.logged(kBodyUri, it.network.grant("https://third.example", "KOLAS-PCF-003"));
         EXPECT_EQ(
             it.by(kBodyUri, it.network.add_key("https://third.example", fresh, KeyUsage::sign)),
             kAccepted);
       }},
      {R::not_the_registrar,
       [](RulesStage& it) {
         // A later grant by another body adds an accreditation and nothing else.
         it.logged(kOtherBodyUri, it.network.grant(kVerifierUri, "KAB-007", {}));
         const auto add =
             it.network.add_key(kVerifierUri, key_from("fresh", Algorithm::es256), KeyUsage::sign);
         EXPECT_EQ(it.by(kOtherBodyUri, add), "not-the-registrar");
         EXPECT_EQ(it.by(kBodyUri, add), kAccepted);
       }},
      {R::key_exists,
       [](RulesStage& it) {
         EXPECT_EQ(it.by(kBodyUri, it.network.add_key(kVerifierUri, sign_key(), KeyUsage::status)),
                   "key-exists");
         const SigningKey vote = key_from("sequencer/validator-2/vote", Algorithm::eddsa);
         EXPECT_EQ(it.by(kBodyUri, it.network.add_key(kVerifierUri, vote, KeyUsage::sign)),
                   "key-exists");
         const SigningKey fresh = key_from("fresh", Algorithm::eddsa);
         EXPECT_EQ(it.by(kBodyUri, it.network.add_key(kVerifierUri, fresh, KeyUsage::status)),
                   kAccepted);
       }},
      {R::bad_possession,
       [](RulesStage& it) {
         const SigningKey fresh = key_from("fresh", Algorithm::es256);
         auto add = it.network.add_key(kVerifierUri, fresh, KeyUsage::sign);
         const PossessionProof good = add.added->proof;
         // For another usage, another party, another network; by another key.
         add.added->proof = possession(fresh, it.network.chain_id(), kVerifierUri, role::kStatus);
         EXPECT_EQ(it.by(kBodyUri, add), "bad-possession");
         add.added->proof =
             possession(fresh, it.network.chain_id(), kOtherVerifierUri, role::kSign);
         EXPECT_EQ(it.by(kBodyUri, add), "bad-possession");
         add.added->proof = possession(fresh, Digest{}, kVerifierUri, role::kSign);
         EXPECT_EQ(it.by(kBodyUri, add), "bad-possession");
         add.added->proof =
             possession(sign_key(), it.network.chain_id(), kVerifierUri, role::kSign);
         EXPECT_EQ(it.by(kBodyUri, add), "bad-possession");
         add.added->proof = good;
         EXPECT_EQ(it.by(kBodyUri, add), kAccepted);
       }},
      {R::nothing_to_replace,
       [](RulesStage& it) {
         const SigningKey fresh = key_from("fresh", Algorithm::eddsa);
         const Digest own = sign_key().public_key().kid();
         const Digest foreign = party_key(kBodyUri, KeyUsage::sign).public_key().kid();
         EXPECT_EQ(it.by(kVerifierUri, rotation(it, foreign, fresh, KeyUsage::sign)),
                   "nothing-to-replace");
         EXPECT_EQ(it.by(kVerifierUri, rotation(it, own, fresh, KeyUsage::status)),
                   "nothing-to-replace");
         EXPECT_EQ(it.by(kVerifierUri, compromised(foreign, it.network.now())),
                   "nothing-to-replace");
         EXPECT_EQ(it.by(kVerifierUri, rotation(it, own, fresh, KeyUsage::sign)), kAccepted);
         const SigningKey second = key_from("second", Algorithm::eddsa);
         EXPECT_EQ(it.by(kVerifierUri, rotation(it, own, second, KeyUsage::sign)),
                   "nothing-to-replace");
       }},
      {R::too_far_back,
       [](RulesStage& it) {
         const Digest kid = sign_key().public_key().kid();
         const Instant reach{it.network.now().ms - std::uint64_t{30} * 86'400'000};
         const Instant beyond{reach.ms - 1};
         EXPECT_EQ(it.by(kVerifierUri, compromised(kid, beyond)), "too-far-back");
         EXPECT_EQ(it.by(kVerifierUri, compromised(kid, reach)), kAccepted);
         EXPECT_EQ(it.by(kBodyUri, compromised(kid, beyond)), kAccepted);
       }},
  };
  return cases;
}

std::map<R, Case> all_cases() {
  std::map<R, Case> all;
  for (const auto* group : {&envelope_cases(), &issuer_key_cases(), &attestation_cases(),
                            &status_cases(), &accreditation_cases(), &key_cases()}) {
    for (const auto& [reason, run] : *group) {
      EXPECT_TRUE(all.emplace(reason, run).second) << ledger::entry_of(reason).code;
    }
  }
  return all;
}

class Rule : public ::testing::TestWithParam<R> {};

TEST_P(Rule, Refuses) {
  const auto cases = all_cases();
  ASSERT_TRUE(cases.contains(GetParam())) << "no case provokes this reason";
  RulesStage stage;
  cases.at(GetParam())(stage);
  EXPECT_TRUE(stage.refused.contains(GetParam())) << "the case does not provoke its reason";
  EXPECT_GT(stage.passed, 0U) << "no neighbour passes";
}

std::vector<R> all_reasons() {
  std::vector<R> reasons;
  for (const auto& entry : ledger::reason_table()) reasons.push_back(entry.reason);
  return reasons;
}

std::string name_of(const ::testing::TestParamInfo<R>& reason) {
  std::string name(ledger::entry_of(reason.param).code);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Rule, ::testing::ValuesIn(all_reasons()), name_of);

}  // namespace
}  // namespace footproof::testing
