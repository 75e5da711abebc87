#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "tests/ledger/rules_cases.h"

namespace footproof::testing {
namespace {

// A registrar has reported one key so often that its record is full: the party's own first report
// still goes in, its second does not, and the registrar's go on.
void full_of_reports(RulesStage& it) {
  const Digest kid = sign_key().public_key().kid();
  const auto size = [&] {
    return it.network.store().snapshot()->record(state_key::key(kid)).value()->size();
  };
  while (size() <= kStateRecordSizeMax - kStateRecordReserve) {
    std::vector<Bytes> block;
    for (int report = 0; report < 40; ++report) {
      block.push_back(it.network.sign(kBodyUri, compromised(kid, it.network.now())).bytes());
    }
    (void)it.network.run(block);
  }
  EXPECT_EQ(it.by(kVerifierUri, compromised(kid, it.network.now())), kAccepted);
  EXPECT_EQ(it.by(kVerifierUri, compromised(kid, it.network.now())), "record-full");
  EXPECT_EQ(it.by(kBodyUri, compromised(kid, it.network.now())), kAccepted);
}

}  // namespace

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
         const Bytes& offered = block.at(static_cast<std::size_t>(full - outcomes.begin()));
         EXPECT_EQ(it.code_of(it.offer(offered)), "record-full");
         // What ends it still goes in.
         EXPECT_EQ(it.by(kVerifierUri, it.status(entry, StatusAction::revoke)), kAccepted);
         full_of_reports(it);
       }},
  };
  return cases;
}

}  // namespace footproof::testing
