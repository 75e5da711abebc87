// What the history finds, compared with a plain walk over everything that was logged.
#include "ledger/history.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/database.h"
#include "ledger/store_format.h"
#include "tests/ledger/rules_stage.h"

namespace footproof::ledger {
namespace {

using testing::kBodyUri;
using testing::kOperatorUri;
using testing::kOtherVerifierUri;
using testing::kVerifierUri;
using testing::RulesStage;

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() {
    stage_.admit_other_verifier();
    for (int i = 0; i < 12; ++i) {
      if (i % 4 == 0) stage_.network.advance(86'400);
      Attestation attestation = stage_.attestation();
      if (i % 3 == 0) attestation.accreditation = {std::string(testing::kOtherBodyUri), "KAB-001"};
      entries_.push_back(stage_.logged(i % 3 == 0 ? kOtherVerifierUri : kVerifierUri, attestation));
    }
    revoked_ = entries_[1];
    stage_.logged(kVerifierUri, stage_.status(revoked_, StatusAction::revoke));
    DatasetRelease release;
    release.database = "kr-lci";
    release.release = "2026.1";
    release.released_on = stage_.today();
    stage_.logged(kOperatorUri, release);
  }

  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const {
    return stage_.network.store().snapshot();
  }

  // All pages of a filter, each of `limit` entries.
  [[nodiscard]] std::vector<HistoryEntry> all(const HistoryFilter& filter,
                                              std::size_t limit = 5) const {
    std::vector<HistoryEntry> found;
    std::optional<std::uint64_t> from = 0;
    while (from) {
      auto page = history(*snapshot(), filter, *from, limit);
      EXPECT_TRUE(page) << page.error().detail;
      EXPECT_LE(page->entries.size(), limit);
      for (auto& entry : page->entries) found.push_back(std::move(entry));
      from = page->next;
    }
    return found;
  }
  [[nodiscard]] std::vector<std::uint64_t> indexes(const HistoryFilter& filter,
                                                   std::size_t limit = 5) const {
    std::vector<std::uint64_t> found;
    for (const auto& entry : all(filter, limit)) found.push_back(entry.index);
    return found;
  }
  // The same without any index.
  template <class Wanted>
  [[nodiscard]] std::vector<std::uint64_t> walked(const Wanted& wanted) const {
    std::vector<std::uint64_t> found;
    const auto view = snapshot();
    for (std::uint64_t index = 0; index < view->head().log_size; ++index) {
      const auto item = view->item(index);
      if (item->kind == ItemKind::record) continue;
      if (wanted(parse_statement(item->bytes).value())) found.push_back(index);
    }
    return found;
  }

  RulesStage stage_;
  std::vector<Digest> entries_;
  Digest revoked_;
};

TEST_F(HistoryTest, FindsByIssuerScopeSchemeBodyAndKind) {
  HistoryFilter everything;
  EXPECT_EQ(indexes(everything), walked([](const Statement&) { return true; }));
  for (const std::string_view issuer : {kVerifierUri, kOtherVerifierUri, kBodyUri}) {
    HistoryFilter filter;
    filter.issuer = issuer;
    const auto expected = walked([&](const Statement& one) { return one.issuer() == issuer; });
    ASSERT_FALSE(expected.empty());
    EXPECT_EQ(indexes(filter), expected) << issuer;
  }
  HistoryFilter kind;
  kind.kind = StatementKind::dataset;
  EXPECT_EQ(indexes(kind).size(), 1U);
  HistoryFilter body;
  body.body = testing::kOtherBodyUri;
  body.scope = "steel.cbam";
  body.scheme = "cbam";
  EXPECT_EQ(indexes(body).size(), 4U);
  body.scope = "battery.cfb";
  EXPECT_TRUE(indexes(body).empty());
}

// An auditor asks what was said of an accreditation, and what rests on it; two bodies may have
// given the same id.
TEST_F(HistoryTest, FindsWhatWasSaidOfAnAccreditationAndWhatRestsOnIt) {
  HistoryFilter filter;
  filter.accreditation = stage_.attestation().accreditation.id;
  const auto expected = walked([&](const Statement& one) {
    const auto* change = one.as<AccreditationChange>();
    const auto* attestation = one.as<Attestation>();
    return (change != nullptr && change->id == *filter.accreditation) ||
           (attestation != nullptr && attestation->accreditation.id == *filter.accreditation);
  });
  ASSERT_EQ(expected.size(), 1U + 8U);
  EXPECT_EQ(indexes(filter), expected);
  filter.body = kBodyUri;
  EXPECT_EQ(indexes(filter), expected);
  filter.body = testing::kOtherBodyUri;
  EXPECT_TRUE(indexes(filter).empty());
}

TEST_F(HistoryTest, FindsByStatusAsKnownThen) {
  HistoryFilter filter;
  filter.standing = Standing::revoked;
  const auto found = all(filter);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].statement.entry_id(), revoked_);
  filter.standing = Standing::active;
  EXPECT_EQ(all(filter).size(), entries_.size() - 1);
  // Before it was recorded nobody knew, and what came after is not shown.
  filter.standing = Standing::revoked;
  filter.known_by = stage_.today().plus(-1);
  EXPECT_TRUE(all(filter).empty());
  filter.standing = Standing::active;
  EXPECT_EQ(all(filter).size(), 8U);
}

// What a stolen key signed counts for nothing: not active, whatever was said of it.
TEST_F(HistoryTest, WhatACompromisedKeySignedIsVoidOnceThatIsKnown) {
  const Date before = stage_.today();
  stage_.network.advance(86'400);
  KeyChange report;
  report.action = KeyAction::compromised;
  report.party = kVerifierUri;
  report.kid = testing::party_key(kVerifierUri, KeyUsage::sign).public_key().kid();
  report.since = Instant{stage_.network.now().ms - 2 * std::uint64_t{86'400'000}};
  stage_.logged(kVerifierUri, report);
  HistoryFilter filter;
  filter.issuer = kVerifierUri;
  filter.standing = Standing::void_entry;
  const auto found = all(filter);
  ASSERT_FALSE(found.empty());
  for (const auto& entry : found) {
    EXPECT_GE(entry.recorded_ms, report.since->ms);
    EXPECT_EQ(to_text(*entry.standing), "void");
  }
  filter.standing = Standing::active;
  for (const auto& entry : all(filter)) EXPECT_LT(entry.recorded_ms, report.since->ms);
  filter.standing = Standing::void_entry;
  filter.known_by = before;
  EXPECT_TRUE(all(filter).empty());
}

TEST_F(HistoryTest, FindsWhatIsAboutAnEntry) {
  HistoryFilter filter;
  filter.about = revoked_;
  const auto found = all(filter);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].statement.entry_id(), revoked_);
  EXPECT_EQ(found[1].statement.kind(), StatementKind::status);
}

TEST_F(HistoryTest, FindsByDayOfRecording) {
  HistoryFilter filter;
  filter.kind = StatementKind::attestation;
  filter.recorded_from = stage_.today().plus(-1);
  filter.recorded_until = stage_.today().plus(-1);
  EXPECT_EQ(indexes(filter).size(), 4U);
  filter.recorded_from = stage_.today();
  filter.recorded_until.reset();
  EXPECT_EQ(indexes(filter).size(), 4U);
  filter.recorded_from = stage_.today().plus(1);
  EXPECT_TRUE(indexes(filter).empty());
}

// Reading page by page while the log grows gives every entry once, in order.
TEST_F(HistoryTest, PagesAreStableWhileTheLogGrows) {
  HistoryFilter filter;
  filter.issuer = kVerifierUri;
  const auto before = indexes(filter, 3);
  std::vector<std::uint64_t> seen;
  std::optional<std::uint64_t> from = 0;
  while (from) {
    const auto page = history(*snapshot(), filter, *from, 3);
    ASSERT_TRUE(page);
    for (const auto& entry : page->entries) seen.push_back(entry.index);
    from = page->next;
    if (from && seen.size() < 20) stage_.logged(kVerifierUri, stage_.attestation());
  }
  ASSERT_GT(seen.size(), before.size());
  EXPECT_TRUE(std::equal(before.begin(), before.end(), seen.begin()));
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
  EXPECT_EQ(seen, indexes(filter, 256));
}

// An index of another version, or none, is made anew from the log when the store is opened.
TEST_F(HistoryTest, IsMadeAnewFromTheLog) {
  HistoryFilter filter;
  filter.issuer = kVerifierUri;
  const auto before = indexes(filter);
  const Digest root = snapshot()->head().state_root;
  const auto spoil = [&](const Batch& batch) {
    stage_.network.close();
    {
      auto database = Database::open(stage_.network.paths().database, false);
      ASSERT_TRUE(database);
      ASSERT_TRUE((*database)->write(batch, true));
    }
    stage_.network.reopen();
  };
  const Digest issuer = history_terms(all(filter).front().statement).at(1);
  Batch lost;
  lost.erase(store_format::posting_key(issuer, before.front()));
  spoil(lost);
  EXPECT_EQ(indexes(filter).size(), before.size() - 1) << "the index is what is read";
  Batch old = lost;
  old.put(store_format::posting_key(issuer, 0), {});
  old.put(store_format::history_key(), ByteWriter().u32(0).bytes());
  spoil(old);
  EXPECT_EQ(indexes(filter), before);
  EXPECT_EQ(snapshot()->head().state_root, root);
  ASSERT_NE(stage_.network.store().published(), nullptr);
  const auto page = history(*stage_.network.store().published(), filter, 0, 256);
  EXPECT_EQ(page->entries.size(), before.size());
}

TEST_F(HistoryTest, RefusesALimitOutOfRange) {
  EXPECT_FALSE(history(*snapshot(), {}, 0, 0));
  EXPECT_FALSE(history(*snapshot(), {}, 0, kHistoryPageMax + 1));
}

}  // namespace
}  // namespace footproof::ledger
