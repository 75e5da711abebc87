#include <gtest/gtest.h>

#include <map>

#include "tests/ledger/rules_cases.h"

namespace footproof::testing {

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
      {R::not_an_extension,
       [](RulesStage& it) {
         const Scope steel{
             "steel.cbam", "cbam", {"iso14064-3-2019", "iso14067-2018"}, Assurance::reasonable};
         const Scope battery{"battery.cfb", "kitech-cfp", {"iso14067-2018"}, Assurance::limited};
         auto extend = it.accreditation(AccreditationAction::extend, it.last_of_accreditation());
         extend.scopes = {steel};
         EXPECT_EQ(it.by(kBodyUri, extend), "not-an-extension");  // changes nothing
         extend.scopes = {battery};
         EXPECT_EQ(it.by(kBodyUri, extend), "not-an-extension");  // steel is gone
         extend.scopes = {battery, steel};
         extend.validity = DateRange{it.today(), it.today().plus(365)};
         EXPECT_EQ(it.by(kBodyUri, extend), "not-an-extension");  // for a shorter time
         extend.validity = DateRange{it.today().plus(-365), it.today().plus(5 * 365)};
         EXPECT_EQ(it.by(kBodyUri, extend), kAccepted);
       }},
      {R::not_a_reduction,
       [](RulesStage& it) {
         const Scope steel{"steel.cbam", "cbam", {"iso14067-2018"}, Assurance::reasonable};
         const Scope battery{"battery.cfb", "kitech-cfp", {"iso14067-2018"}, Assurance::limited};
         auto reduce = it.accreditation(AccreditationAction::reduce, it.last_of_accreditation());
         reduce.scopes = {battery, steel};
         EXPECT_EQ(it.by(kBodyUri, reduce), "not-a-reduction");  // battery is new
         reduce.scopes.reset();
         reduce.validity = DateRange{it.today().plus(-365), it.today().plus(4 * 365)};
         EXPECT_EQ(it.by(kBodyUri, reduce), "not-a-reduction");  // changes nothing
         reduce.scopes = {steel};
         EXPECT_EQ(it.by(kBodyUri, reduce), kAccepted);
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
      {R::too_many_keys,
       [](RulesStage& it) {
         // Whoever has stolen a status key adds and rotates as much as it likes.
         Digest last = sign_key().public_key().kid();
         auto next = [&, number = 0]() mutable {
           const SigningKey fresh = key_from("more-" + std::to_string(++number), Algorithm::eddsa);
           KeyChange change = number % 2 == 0
                                  ? it.network.add_key(kVerifierUri, fresh, KeyUsage::status)
                                  : rotation(it, last, fresh, KeyUsage::sign);
           if (number % 2 != 0) last = fresh.public_key().kid();
           return change;
         };
         for (std::uint64_t i = 0; i < kOwnKeysMax; ++i) it.logged(kVerifierUri, next());
         EXPECT_EQ(it.by(kVerifierUri, next()), "too-many-keys");
         EXPECT_EQ(it.by(kVerifierUri, next()), "too-many-keys");
         // The registrar is not locked out, and from then on the party goes on by itself.
         const auto rescue =
             it.network.add_key(kVerifierUri, key_from("rescue", Algorithm::eddsa), KeyUsage::sign);
         EXPECT_EQ(it.by(kBodyUri, rescue), kAccepted);
         const auto own =
             it.network.add_key(kVerifierUri, key_from("own", Algorithm::eddsa), KeyUsage::sign);
         EXPECT_EQ(it.by(kVerifierUri, own), kAccepted);
       }},
  };
  return cases;
}

}  // namespace footproof::testing
