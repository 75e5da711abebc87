// Dataset releases: who may release what, and what may become of a release.
#include <gtest/gtest.h>

#include "attest/dataset_record.h"
#include "tests/ledger/rules_cases.h"

namespace footproof::testing {
namespace {

DatasetRelease release_of(const RulesStage& it, std::string_view id, std::uint8_t root = 1) {
  DatasetRelease release;
  release.database = "kr-lci";
  release.release = id;
  release.released_on = it.today();
  release.root.bytes.fill(root);
  return release;
}

DatasetRelease notice_of(const DatasetRelease& about, DatasetNotice notice, const Digest& last,
                         std::uint8_t root) {
  DatasetRelease change = about;
  change.notice = notice;
  change.replaces = last;
  change.root.bytes.fill(root);
  return change;
}

constexpr auto kErratum = DatasetNotice::erratum;
constexpr auto kWithdrawn = DatasetNotice::withdrawn;

DatasetRecord record_of(const RulesStage& it, std::string_view id) {
  const auto bytes = it.network.store().snapshot()->record(state_key::dataset("kr-lci", id));
  return parse_dataset_record(**bytes).value();
}

}  // namespace

const std::map<R, Case>& dataset_cases() {
  static const std::map<R, Case> cases = {
      {R::not_an_operator,
       [](RulesStage& it) {
         EXPECT_EQ(it.by(kSchemeOwnerUri, release_of(it, "2026.1")), "not-an-operator");
         EXPECT_EQ(it.by(kVerifierUri, release_of(it, "2026.1")), "not-an-operator");
         EXPECT_EQ(it.by(kOperatorUri, release_of(it, "2026.1")), kAccepted);
       }},
      {R::database_of_another,
       [](RulesStage& it) {
         EXPECT_EQ(it.by(kOperatorUri, release_of(it, "2026.1")), kAccepted);
         EXPECT_EQ(it.by(kOtherOperatorUri, release_of(it, "2026.2")), "database-of-another");
         const Digest last = record_of(it, "2026.1").events.back().entry;
         EXPECT_EQ(
             it.by(kOtherOperatorUri, notice_of(release_of(it, "2026.1"), kWithdrawn, last, 1)),
             "database-of-another");
         DatasetRelease own = release_of(it, "2026.2");
         own.database = "other-lci";
         EXPECT_EQ(it.by(kOtherOperatorUri, own), kAccepted);
       }},
      {R::release_exists,
       [](RulesStage& it) {
         EXPECT_EQ(it.by(kOperatorUri, release_of(it, "2026.1")), kAccepted);
         EXPECT_EQ(it.by(kOperatorUri, release_of(it, "2026.1", 2)), "release-exists");
         EXPECT_EQ(it.by(kOperatorUri, release_of(it, "2026.2", 2)), kAccepted);
       }},
      {R::not_a_release,
       [](RulesStage& it) {
         const Digest first = it.logged(kOperatorUri, release_of(it, "2026.1"));
         EXPECT_EQ(it.by(kOperatorUri, notice_of(release_of(it, "2025.1"), kErratum, first, 2)),
                   "not-a-release");
         DatasetRelease next = release_of(it, "2026.2", 2);
         next.replaces = it.logged(kVerifierUri, it.attestation());
         EXPECT_EQ(it.by(kOperatorUri, next), "not-a-release");
         next.replaces = sha256(as_bytes("nothing"));
         EXPECT_EQ(it.by(kOperatorUri, next), "not-a-release");
         next.replaces = first;
         // None is dated before what it replaces.
         next.released_on = it.today().plus(-1);
         EXPECT_EQ(it.by(kOperatorUri, next), "effective-out-of-range");
         next.released_on = it.today();
         EXPECT_EQ(it.by(kOperatorUri, next), kAccepted);
         EXPECT_TRUE(record_of(it, "2026.1").successor().has_value());
         // One successor, and the new one stands as any other.
         DatasetRelease third = release_of(it, "2026.3", 3);
         third.replaces = first;
         EXPECT_EQ(it.by(kOperatorUri, third), "already-superseded");
         third.replaces = record_of(it, "2026.2").events.back().entry;
         EXPECT_EQ(it.by(kOperatorUri, third), kAccepted);
         // An older release still takes errata and its withdrawal.
         const Digest last = record_of(it, "2026.1").events.back().entry;
         EXPECT_EQ(it.by(kOperatorUri, notice_of(release_of(it, "2026.1"), kErratum, last, 9)),
                   kAccepted);
       }},
      {R::wrong_root,
       [](RulesStage& it) {
         const auto first = release_of(it, "2026.1");
         const Digest entry = it.logged(kOperatorUri, first);
         EXPECT_EQ(it.by(kOperatorUri, notice_of(first, kErratum, entry, 1)), "wrong-root");
         EXPECT_EQ(it.by(kOperatorUri, notice_of(first, kWithdrawn, entry, 2)), "wrong-root");
         const Digest erratum = it.logged(kOperatorUri, notice_of(first, kErratum, entry, 2));
         // Only on the last event, in order of time, never before the release.
         EXPECT_EQ(it.by(kOperatorUri, notice_of(first, kWithdrawn, entry, 2)),
                   "last-event-differs");
         DatasetRelease early = notice_of(first, kWithdrawn, erratum, 2);
         early.released_on = it.today().plus(-1);
         EXPECT_EQ(it.by(kOperatorUri, early), "effective-out-of-range");
         early.released_on = it.today().plus(2);
         EXPECT_EQ(it.by(kOperatorUri, early), "effective-out-of-range");
         const Digest gone = it.logged(kOperatorUri, notice_of(first, kWithdrawn, erratum, 2));
         EXPECT_EQ(it.by(kOperatorUri, notice_of(first, kErratum, gone, 3)), "illegal-transition");
         EXPECT_TRUE(record_of(it, "2026.1").withdrawn());
       }},
  };
  return cases;
}

}  // namespace footproof::testing
