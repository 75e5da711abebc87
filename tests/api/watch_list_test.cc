// What a holder is warned of, statement by statement.
#include "api/cli/watch_list.h"

#include <gtest/gtest.h>

#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::api {
namespace {

using testing::kBodyUri;
using testing::kOperatorUri;
using testing::kVerifierUri;

class WatchListTest : public ::testing::Test {
 protected:
  // Every statement in a block of its own, as the log has it.
  void log(const Statement& statement) {
    list_.see(next_++, statement);
    BlockRecord record;
    record.time = network_.now();
    list_.see(record);
    network_.advance(1);
  }
  [[nodiscard]] std::vector<std::string> warnings() {
    std::vector<std::string> found;
    for (const Warning& warning : list_.take()) found.push_back(warning.what);
    return found;
  }
  [[nodiscard]] Statement sign(std::string_view issuer, Payload payload) const {
    return network_.sign(issuer, std::move(payload));
  }

  test::TempFolder folder_;
  testing::Sequencer network_{folder_.path()};
  WatchList list_;
  std::uint64_t next_ = 1;
};

TEST_F(WatchListTest, AnAttestationsAccreditationKeyAndSuccessor) {
  const Statement watched = sign(kVerifierUri, network_.attestation(1));
  list_.add(Link{LinkKind::component, watched.entry_id(), {}}, "coil.sealed");
  EXPECT_EQ(list_.unseen(), std::vector{watched.entry_id().hex()});
  const Instant before = network_.now();
  log(watched);
  EXPECT_TRUE(list_.unseen().empty());
  EXPECT_TRUE(warnings().empty());

  Attestation next = network_.attestation(2);
  next.supersedes = watched.entry_id();
  log(sign(kVerifierUri, next));
  EXPECT_EQ(warnings().size(), 1U);

  AccreditationChange withdrawal;
  withdrawal.id = testing::kAccreditationId;
  withdrawal.action = AccreditationAction::withdraw;
  withdrawal.reason = Reason::fraud;
  withdrawal.effective = utc_day(network_.now());
  log(sign(kBodyUri, withdrawal));
  const auto accreditation = warnings();
  ASSERT_EQ(accreditation.size(), 1U);
  EXPECT_NE(accreditation[0].find("withdraw"), std::string::npos);
  withdrawal.id = "ANOTHER";
  log(sign(kBodyUri, withdrawal));
  EXPECT_TRUE(warnings().empty());

  KeyChange compromised;
  compromised.action = KeyAction::compromised;
  compromised.party = kVerifierUri;
  compromised.kid = watched.kid();
  compromised.since = before;
  log(sign(kVerifierUri, compromised));
  const auto key = warnings();
  ASSERT_EQ(key.size(), 1U);
  EXPECT_NE(key[0].find("counts no more"), std::string::npos) << key[0];
  compromised.since = network_.now();
  log(sign(kVerifierUri, compromised));
  EXPECT_NE(warnings().at(0).find("recorded before"), std::string::npos);
}

TEST_F(WatchListTest, AMemberIsWarnedOfItselfAndOfTheWhole) {
  Attestation many = network_.attestation(1);
  many.count = 4;
  const Statement watched = sign(kVerifierUri, many);
  const Digest own = tagged_hash("own", {});
  const Digest other = tagged_hash("other", {});
  list_.add_member(watched.entry_id(), own, "own.attested");
  log(watched);
  StatusChange change;
  change.target = watched.entry_id();
  change.action = StatusAction::revoke;
  change.reason = Reason::misstatement;
  change.effective = utc_day(network_.now());
  change.declaration = other;
  log(sign(kVerifierUri, change));
  EXPECT_TRUE(list_.take().empty());
  change.declaration = own;
  log(sign(kVerifierUri, change));
  EXPECT_EQ(warnings().size(), 1U);
  change.declaration.reset();
  log(sign(kVerifierUri, change));
  EXPECT_EQ(warnings().size(), 1U);
  // Whoever holds the catalogue hears of every member.
  list_.add(watched.entry_id(), "all.catalogue");
  change.declaration = other;
  log(sign(kVerifierUri, change));
  const auto said = list_.take();
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].files, std::set<std::string>{"all.catalogue"});
}

TEST_F(WatchListTest, AReleasesErrataWithdrawalAndSuccessor) {
  list_.add(ReleaseRef{"kr-lci", "2026.1"}, "coil.sealed");
  DatasetRelease release;
  release.database = "kr-lci";
  release.release = "2026.1";
  release.released_on = utc_day(network_.now());
  const Statement first = sign(kOperatorUri, release);
  log(first);
  DatasetRelease other = release;
  other.release = "2025.1";
  log(sign(kOperatorUri, other));
  EXPECT_TRUE(warnings().empty());

  DatasetRelease erratum = release;
  erratum.notice = DatasetNotice::erratum;
  erratum.replaces = first.entry_id();
  erratum.root.bytes.fill(1);
  const Statement corrected = sign(kOperatorUri, erratum);
  log(corrected);
  EXPECT_TRUE(warnings().at(0).starts_with("erratum"));
  DatasetRelease next = release;
  next.release = "2026.2";
  next.replaces = corrected.entry_id();
  log(sign(kOperatorUri, next));
  EXPECT_EQ(warnings(), std::vector<std::string>{"replaced by release 2026.2"});
}

}  // namespace
}  // namespace footproof::api
