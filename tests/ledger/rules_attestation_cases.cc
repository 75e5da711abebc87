#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/ledger/ballot_stage.h"
#include "tests/ledger/rules_cases.h"

namespace footproof::testing {

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
      {R::body_removed,
       [](RulesStage& it) {
         it.admit_other_verifier();
         auto attestation = it.attestation();
         attestation.accreditation = {std::string(kOtherBodyUri), "KAB-001"};
         EXPECT_EQ(it.by(kOtherVerifierUri, attestation), kAccepted);
         decide(it, RemoveParty{std::string(kOtherBodyUri)});
         EXPECT_EQ(it.by(kOtherVerifierUri, attestation), "body-removed");
         EXPECT_EQ(it.attest(it.attestation()), kAccepted);
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
      {R::late_not_allowed,
       [](RulesStage& it) {
         auto grant = it.network.grant(kVerifierUri, "KOLAS-PCF-002");
         grant.effective = it.today().plus(-200);
         grant.scopes->push_back(
             {"steel.cbam", "kitech-cfp", {"iso14067-2018"}, Assurance::limited});
         it.logged(kBodyUri, grant);
         auto late = it.attestation();
         late.accreditation.id = "KOLAS-PCF-002";
         late.issued_on = it.today().plus(-121);
         EXPECT_EQ(it.attest(it.countersigned(late)), "late-not-allowed");
         late.issued_on = it.today().plus(-120);
         late.scheme = {"kitech-cfp", "1"};
         EXPECT_EQ(it.attest(it.countersigned(late)), "late-not-allowed");
         late.scheme = {"cbam", "2025-2546"};
         EXPECT_EQ(it.attest(late), "anchored-late");
         EXPECT_EQ(it.attest(it.countersigned(late)), kAccepted);
       }},
      {R::bad_countersignature,
       [](RulesStage& it) {
         const Attestation plain = it.attestation();
         const auto by = [&](std::string_view party, KeyUsage usage, const Attestation& over) {
           Attestation signed_one = plain;
           signed_one.countersignature =
               *countersign(party_key(party, usage), it.network.chain_id(), kVerifierUri, over);
           return it.attest(signed_one);
         };
         // Checked where nothing is late, too: by the verifier, another body, a status key, over
         // something else, by a key that nobody registered.
         EXPECT_EQ(by(kVerifierUri, KeyUsage::sign, plain), "bad-countersignature");
         EXPECT_EQ(by(kOtherBodyUri, KeyUsage::sign, plain), "bad-countersignature");
         EXPECT_EQ(by(kBodyUri, KeyUsage::status, plain), "bad-countersignature");
         EXPECT_EQ(by(kBodyUri, KeyUsage::sign, it.attestation()), "bad-countersignature");
         EXPECT_EQ(by("https://nobody.example", KeyUsage::sign, plain), "bad-countersignature");
         auto elsewhere = plain;
         elsewhere.countersignature =
             *countersign(party_key(kBodyUri, KeyUsage::sign), Digest{}, kVerifierUri, plain);
         EXPECT_EQ(it.attest(elsewhere), "bad-countersignature");
         EXPECT_EQ(it.attest(it.countersigned(plain)), kAccepted);
         // Not late, so not marked as such.
         EXPECT_EQ(by(kBodyUri, KeyUsage::sign, plain), kAccepted);
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
      {R::holder_key_registered,
       [](RulesStage& it) {
         // The verifier's own, another party's, a validator's: whoever has it could show the
         // presentation as its holder.
         const SigningKey vote = key_from("sequencer/validator-2/vote", Algorithm::eddsa);
         for (const PublicKey& key :
              {sign_key().public_key(), party_key(kBodyUri, KeyUsage::status).public_key(),
               vote.public_key()}) {
           auto attestation = it.attestation();
           attestation.holder_key = key;
           EXPECT_EQ(it.attest(attestation), "holder-key-registered");
         }
         auto attestation = it.attestation();
         attestation.holder_key = key_from("holder", Algorithm::es256).public_key();
         EXPECT_EQ(it.attest(attestation), kAccepted);
       }},
  };
  return cases;
}

}  // namespace footproof::testing
