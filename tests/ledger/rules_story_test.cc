// What the rules mean over several statements: attacks and orders of events that docs/formats.md §3
// speaks of.
#include <gtest/gtest.h>

#include "attest/receipt_check.h"
#include "tests/ledger/rules_stage.h"

namespace footproof::testing {
namespace {

using ledger::Accepted;

constexpr const char* kAccepted = "accepted";

class RulesStory : public ::testing::Test {
 protected:
  RulesStage it_;

  [[nodiscard]] std::optional<StatusRecord> status_record(const Digest& entry) {
    const auto bytes = it_.network.store().snapshot()->record(state_key::status(entry)).value();
    if (!bytes) return std::nullopt;
    return parse_status_record(*bytes).value();
  }
  [[nodiscard]] Status status_now(const Digest& entry) {
    const auto record = status_record(entry);
    return status_on(record ? &*record : nullptr, it_.today(), it_.network.now()).status;
  }
};

// A reinstate that was signed and held back must not lift a later suspension.
TEST_F(RulesStory, WithheldReinstateDoesNotLiftALaterSuspension) {
  const Digest entry = it_.logged(kVerifierUri, it_.attestation());
  const Digest first = it_.logged(kVerifierUri, it_.status(entry, StatusAction::suspend));
  const Statement withheld =
      it_.network.sign(kVerifierUri, it_.status(entry, StatusAction::reinstate, first));
  const Digest lifted = it_.logged(kVerifierUri, it_.status(entry, StatusAction::reinstate, first));
  it_.logged(kVerifierUri, it_.status(entry, StatusAction::suspend, lifted));
  EXPECT_EQ(it_.code_of(it_.offer(withheld)), "last-event-differs");
  EXPECT_EQ(status_now(entry), Status::suspended);
}

// A revoke counts whatever it binds to: nobody can push an event in front of it.
TEST_F(RulesStory, ARevokeCannotBeFrontRun) {
  const Digest entry = it_.logged(kVerifierUri, it_.attestation());
  const auto revoke = it_.status(entry, StatusAction::revoke, std::nullopt);
  it_.logged(kVerifierUri, it_.status(entry, StatusAction::suspend));
  EXPECT_EQ(it_.by(kBodyUri, revoke), kAccepted);
  EXPECT_EQ(status_now(entry), Status::revoked);
}

TEST_F(RulesStory, ASuperiorTakesASuspensionOver) {
  const Digest entry = it_.logged(kVerifierUri, it_.attestation());
  const Digest own = it_.logged(kVerifierUri, it_.status(entry, StatusAction::suspend));
  // It does not even have to know of the issuer's.
  const Digest taken = it_.logged(kBodyUri, it_.status(entry, StatusAction::suspend));
  EXPECT_EQ(it_.by(kVerifierUri, it_.status(entry, StatusAction::reinstate, own)),
            "not-the-suspender");
  EXPECT_EQ(it_.by(kVerifierUri, it_.status(entry, StatusAction::reinstate, taken)),
            "not-the-suspender");
  // The scheme owner is above the body.
  EXPECT_EQ(it_.by(kSchemeOwnerUri, it_.status(entry, StatusAction::reinstate, taken)), kAccepted);
  EXPECT_EQ(status_now(entry), Status::active);
}

TEST_F(RulesStory, ASupersessionIsLiftedOnceItsSuccessorIsRevoked) {
  const Digest first = it_.logged(kVerifierUri, it_.attestation());
  auto successor = it_.attestation();
  successor.supersedes = first;
  const Digest second = it_.logged(kVerifierUri, successor);
  EXPECT_EQ(status_now(first), Status::superseded);
  const auto reinstate = it_.status(first, StatusAction::reinstate, second);
  EXPECT_EQ(it_.by(kVerifierUri, reinstate), "illegal-transition");
  it_.logged(kVerifierUri, it_.status(second, StatusAction::revoke));
  EXPECT_EQ(it_.by(kVerifierUri, reinstate), kAccepted);
  EXPECT_EQ(status_now(first), Status::active);
  // And may be superseded again.
  auto third = it_.attestation();
  third.supersedes = first;
  EXPECT_EQ(it_.attest(third), kAccepted);
}

TEST_F(RulesStory, ASupersessionIsLiftedOnceItsSuccessorIsVoid) {
  const Digest first = it_.logged(kVerifierUri, it_.attestation());
  const SigningKey thief = key_from("stolen", Algorithm::eddsa);
  it_.logged(kBodyUri, it_.network.add_key(kVerifierUri, thief, KeyUsage::sign));
  auto successor = it_.attestation();
  successor.supersedes = first;
  const Digest second = it_.network.accept(it_.network.sign(kVerifierUri, thief, successor));
  KeyChange report;
  report.action = KeyAction::compromised;
  report.party = kVerifierUri;
  report.kid = thief.public_key().kid();
  report.since = Instant{it_.network.now().ms - 1000};
  it_.logged(kVerifierUri, report);
  EXPECT_EQ(it_.by(kVerifierUri, it_.status(first, StatusAction::reinstate, second)), kAccepted);
}

// Of a chain of three, the first comes back only once nothing after it stands any more.
TEST_F(RulesStory, ASupersessionIsNotLiftedWhileALaterSuccessorStands) {
  const Digest first = it_.logged(kVerifierUri, it_.attestation());
  auto successor = it_.attestation();
  successor.supersedes = first;
  const Digest second = it_.logged(kVerifierUri, successor);
  auto last = it_.attestation();
  last.supersedes = second;
  const Digest third = it_.logged(kVerifierUri, last);
  it_.logged(kVerifierUri, it_.status(second, StatusAction::revoke));
  const auto reinstate = it_.status(first, StatusAction::reinstate, second);
  EXPECT_EQ(it_.by(kVerifierUri, reinstate), "illegal-transition");
  it_.logged(kVerifierUri, it_.status(third, StatusAction::revoke));
  EXPECT_EQ(it_.by(kVerifierUri, reinstate), kAccepted);
  EXPECT_EQ(status_now(first), Status::active);
}

TEST_F(RulesStory, OneDeclarationIsSuspendedWithoutTheOthers) {
  auto many = it_.attestation();
  many.count = 4;
  const Digest entry = it_.logged(kVerifierUri, many);
  auto suspend = it_.status(entry, StatusAction::suspend);
  suspend.declaration = tagged_hash("declaration 1", {});
  it_.logged(kVerifierUri, suspend);
  EXPECT_FALSE(status_record(entry));
  const auto snapshot = it_.network.store().snapshot();
  const auto key = state_key::declaration_status(entry, *suspend.declaration);
  EXPECT_TRUE(*snapshot->record(key));
  const auto receipt =
      it_.network.store().published()->make_receipt(entry, suspend.declaration).value();
  EXPECT_TRUE(check_receipt(receipt, it_.network.policy()));
  EXPECT_TRUE(verify_receipt(receipt, it_.network.policy()).declaration_status);
}

// One block, in order: the grant makes the party, the keys come next, then the first attestation.
TEST_F(RulesStory, AStatementSeesThoseBeforeItInItsBlock) {
  const auto grant = it_.network.grant(kOtherVerifierUri, "KAB-001", {});
  auto attestation = it_.attestation();
  attestation.accreditation = {std::string(kOtherBodyUri), "KAB-001"};
  const SigningKey key = party_key(kOtherVerifierUri, KeyUsage::sign);
  const std::vector<Bytes> block = {
      it_.network.sign(kOtherBodyUri, grant).bytes(),
      it_.network.sign(kOtherBodyUri, it_.network.add_key(kOtherVerifierUri, key, KeyUsage::sign))
          .bytes(),
      it_.network.sign(kOtherVerifierUri, attestation).bytes()};
  for (const auto& outcome : it_.network.execute({block[2], block[1], block[0]}).outcomes) {
    EXPECT_EQ(outcome.entry_id == parse_statement(block[0]).value().entry_id(),
              std::holds_alternative<Accepted>(outcome.verdict));
  }
  for (const auto& outcome : it_.network.run(block).outcomes) {
    EXPECT_TRUE(std::holds_alternative<Accepted>(outcome.verdict));
  }
}

TEST_F(RulesStory, AWithdrawalStopsAttestationsFromThenOn) {
  const Digest before = it_.logged(kVerifierUri, it_.attestation());
  it_.logged(kBodyUri, it_.accreditation(AccreditationAction::withdraw, std::nullopt));
  EXPECT_EQ(it_.attest(it_.attestation()), "accreditation-not-in-force");
  // What was attested before keeps its own status; the verifier may still look after it.
  EXPECT_EQ(status_now(before), Status::active);
  EXPECT_EQ(it_.by(kVerifierUri, it_.status(before, StatusAction::revoke)), kAccepted);
}

// A grant and a withdrawal for later: recorded at once, effective on their day.
TEST_F(RulesStory, AccreditationChangesAreDatedAhead) {
  auto grant = it_.network.grant(kOtherVerifierUri, "KAB-001", {});
  grant.effective = it_.today().plus(3);
  it_.logged(kOtherBodyUri, grant);
  for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
    it_.logged(kOtherBodyUri,
               it_.network.add_key(kOtherVerifierUri, party_key(kOtherVerifierUri, usage), usage));
  }
  const auto attest = [this] {
    auto attestation = it_.attestation();
    attestation.accreditation = {std::string(kOtherBodyUri), "KAB-001"};
    return it_.by(kOtherVerifierUri, attestation);
  };
  EXPECT_EQ(attest(), "accreditation-not-in-force");
  it_.network.advance(3 * 86400);
  EXPECT_EQ(attest(), kAccepted);

  AccreditationChange withdraw = it_.accreditation(AccreditationAction::withdraw, {});
  withdraw.id = "KAB-001";
  withdraw.effective = it_.today().plus(10);
  it_.logged(kOtherBodyUri, withdraw);
  EXPECT_EQ(attest(), kAccepted);
  // It can be brought forward, and not put off.
  withdraw.effective = it_.today().plus(11);
  EXPECT_EQ(it_.by(kOtherBodyUri, withdraw), "illegal-transition");
  withdraw.effective = it_.today().plus(5);
  EXPECT_EQ(it_.by(kOtherBodyUri, withdraw), kAccepted);
  it_.network.advance(4 * 86400);
  EXPECT_EQ(attest(), kAccepted);
  it_.network.advance(10 * 3600);  // the day has begun furthest east
  EXPECT_EQ(attest(), "accreditation-not-in-force");
}

TEST_F(RulesStory, AnExtensionReplacesTheScopes) {
  auto extend = it_.accreditation(AccreditationAction::extend, it_.last_of_accreditation());
  extend.reason.reset();
  extend.scopes = {
      {"battery.cfb", "kitech-cfp", {"iso14067-2018"}, Assurance::limited},
      {"steel.cbam", "cbam", {"iso14064-3-2019", "iso14067-2018"}, Assurance::reasonable}};
  auto battery = it_.attestation();
  battery.scope = "battery.cfb";
  battery.scheme = {"kitech-cfp", "1"};
  EXPECT_EQ(it_.attest(battery), "scope-not-covered");
  it_.logged(kBodyUri, extend);
  EXPECT_EQ(it_.attest(battery), kAccepted);
}

// Suspended "today" in Seoul at 19:00, which is 10:00 in UTC: before UTC has that day, it counts.
TEST_F(RulesStory, ASuspensionOfTodayFurtherEastCountsAtOnce) {
  it_.network.advance(10 * 3600);
  auto suspend = it_.accreditation(AccreditationAction::suspend, it_.last_of_accreditation());
  suspend.effective = it_.today().plus(1);
  EXPECT_EQ(it_.attest(it_.attestation()), kAccepted);
  const Digest suspended = it_.logged(kBodyUri, suspend);
  EXPECT_EQ(it_.attest(it_.attestation()), "accreditation-not-in-force");
  // A reinstatement from the same day on ends it as quickly.
  auto reinstate = it_.accreditation(AccreditationAction::reinstate, suspended);
  reinstate.effective = it_.today().plus(1);
  it_.logged(kBodyUri, reinstate);
  EXPECT_EQ(it_.attest(it_.attestation()), kAccepted);
}

// Accredited when issued, not any more when recorded: only with the body's word, and marked.
TEST_F(RulesStory, AnchoredLateAfterTheLossIsMarkedAndProven) {
  const Attestation late = it_.attestation();
  const Attestation countersigned = it_.countersigned(late);
  it_.network.advance(3 * 86400);
  it_.logged(kBodyUri, it_.accreditation(AccreditationAction::withdraw, std::nullopt));
  EXPECT_EQ(it_.attest(late), "accreditation-not-in-force");
  const Digest entry = it_.logged(kVerifierUri, countersigned);
  ASSERT_TRUE(status_record(entry));
  EXPECT_TRUE(status_record(entry)->anchored_late());
  EXPECT_EQ(status_now(entry), Status::active);
  const auto receipt = it_.network.store().published()->make_receipt(entry, std::nullopt).value();
  const auto check = verify_receipt(receipt, it_.network.policy());
  ASSERT_TRUE(check.holds());
  ASSERT_TRUE(check.countersigning_key);
  EXPECT_EQ(check.countersigning_key->party, kBodyUri);
  // Its status goes on like any other's, from the event that marks it.
  EXPECT_EQ(it_.by(kVerifierUri, it_.status(entry, StatusAction::suspend)), "last-event-differs");
  EXPECT_EQ(it_.by(kVerifierUri, it_.status(entry, StatusAction::suspend, entry)), kAccepted);
}

TEST_F(RulesStory, AnchoredLateInTimeIsNotMarked) {
  const Digest entry = it_.logged(kVerifierUri, it_.countersigned(it_.attestation()));
  EXPECT_FALSE(status_record(entry));
}

// A retroactive withdrawal reaches the issue date: no countersignature helps.
TEST_F(RulesStory, NothingIsAnchoredLateThatWasNotAccreditedWhenIssued) {
  const Attestation countersigned = it_.countersigned(it_.attestation());
  auto withdraw = it_.accreditation(AccreditationAction::withdraw, std::nullopt);
  it_.network.advance(3 * 86400);
  it_.logged(kBodyUri, withdraw);
  EXPECT_EQ(it_.attest(countersigned), "accreditation-not-in-force");
}

TEST_F(RulesStory, AMarkedAttestationIsSuperseded) {
  const Attestation late = it_.countersigned(it_.attestation());
  it_.network.advance(3 * 86400);
  const auto suspend = it_.accreditation(AccreditationAction::suspend, it_.last_of_accreditation());
  const Digest suspended = it_.logged(kBodyUri, suspend);
  const Digest entry = it_.logged(kVerifierUri, late);
  it_.logged(kBodyUri, it_.accreditation(AccreditationAction::reinstate, suspended));
  auto successor = it_.attestation();
  successor.supersedes = entry;
  EXPECT_EQ(it_.attest(successor), kAccepted);
  EXPECT_EQ(status_now(entry), Status::superseded);
  EXPECT_TRUE(status_record(entry)->anchored_late());
}

// A status key reports the loss of a sign key; what was recorded before the time given stands.
TEST_F(RulesStory, ALostSignKeyIsReportedWithTheStatusKey) {
  const Digest before = it_.logged(kVerifierUri, it_.attestation());
  it_.network.advance(3600);
  KeyChange report;
  report.action = KeyAction::compromised;
  report.party = kVerifierUri;
  report.kid = party_key(kVerifierUri, KeyUsage::sign).public_key().kid();
  report.since = Instant{it_.network.now().ms - 1000};
  it_.logged(kVerifierUri, report);
  EXPECT_EQ(it_.attest(it_.attestation()), "key-compromised");
  const auto receipt = it_.network.store().published()->make_receipt(before, std::nullopt).value();
  EXPECT_TRUE(check_receipt(receipt, it_.network.policy()));
}

// A party that fills the history of its own key must not keep its registrar from reporting how far
// back the compromise really goes.
TEST_F(RulesStory, OwnReportsOfACompromiseDoNotShutOutTheRegistrar) {
  const Digest kid = party_key(kVerifierUri, KeyUsage::sign).public_key().kid();
  KeyChange report;
  report.action = KeyAction::compromised;
  report.party = kVerifierUri;
  report.kid = kid;
  std::vector<Bytes> block;
  for (std::uint64_t at = 0; at < 800; ++at) {
    report.since = Instant{it_.network.now().ms - at};
    block.push_back(it_.network.sign(kVerifierUri, report).bytes());
  }
  const auto outcomes = it_.network.run(block).outcomes;
  EXPECT_EQ(it_.code_of(outcomes.front().verdict), kAccepted);
  EXPECT_EQ(it_.code_of(outcomes.back().verdict), "record-full");
  report.since = Instant{it_.network.now().ms - std::uint64_t{60} * 86'400'000};
  EXPECT_EQ(it_.by(kBodyUri, report), kAccepted);
}

}  // namespace
}  // namespace footproof::testing
