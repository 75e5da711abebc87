// Dataset releases over the membership of who released them.
#include <gtest/gtest.h>

#include "attest/dataset_record.h"
#include "ledger/rules.h"
#include "tests/ledger/rules_stage.h"

namespace footproof::testing {
namespace {

DatasetRelease release_of(const RulesStage& it, std::string_view id) {
  DatasetRelease release;
  release.database = "kr-lci";
  release.release = id;
  release.released_on = it.today();
  release.root.bytes.fill(1);
  return release;
}

// An operator that is no longer a member holds nothing against one that is.
TEST(DatasetRules, AnAbandonedDatabaseMayBeTakenOver) {
  RulesStage it;
  it.logged(kOperatorUri, release_of(it, "2026.1"));
  const auto snapshot = it.network.store().snapshot();
  const Digest key = state_key::party(kOperatorUri);
  PartyRecord party = parse_party_record(**snapshot->record(key)).value();
  party.events.push_back({PartyEvent::What::remove,
                          {it.today(), it.network.now(), {AuthorityRole::ballot, ""}, Digest{}}});
  const Statement next = it.network.sign(kOtherOperatorUri, release_of(it, "2026.2"));
  const auto judged = [&](const ledger::StateView& view) {
    return ledger::judge(view, next, {it.network.chain_id(), 0, it.network.now().ms + 1},
                         [](const PublicKey& with, const Statement& one) {
                           return one.verify(with).has_value();
                         })
        .value();
  };
  ASSERT_TRUE(std::holds_alternative<ledger::Refusal>(judged(*snapshot)));
  ledger::Overlay removed(*snapshot);
  removed.put({{key, encode(party)}});
  const auto judgement = judged(removed);
  const auto* acceptance = std::get_if<ledger::Acceptance>(&judgement);
  ASSERT_NE(acceptance, nullptr);
  const auto& taken = acceptance->changes.at(state_key::database("kr-lci"));
  const auto holdings = parse_database_record(*taken).value().holdings;
  ASSERT_EQ(holdings.size(), 2U);
  EXPECT_EQ(holdings.back().operator_uri, kOtherOperatorUri);
}

}  // namespace
}  // namespace footproof::testing
