// A body's list as CSV, and the changes that bring the ledger to it.
#include "api/cli/scopes_csv.h"

#include <gtest/gtest.h>

#include <string>

#include "api/cli/accreditation.h"
#include "tests/support/fixture_log.h"

namespace footproof::api {
namespace {

using footproof::testing::day;

constexpr const char* kHeader =
    "accreditation,verifier,scope,scheme,standards,assurance,from,until,regimes\n";
const std::string kRow =
    "A-1,https://v.example,steel.cbam,cbam,iso14067-2018,limited,2026-01-01,2028-12-31,iaf-mla\n";

std::string error_of(const std::string& text) {
  const auto parsed = parse_scopes_csv(text);
  return parsed ? "" : parsed.error().detail;
}

WantedAccreditation wanted() { return parse_scopes_csv(kHeader + kRow).value().at(0); }

// What the ledger holds once these changes are recorded.
void record_steps(AccreditationRecord& record, const std::vector<PlannedChange>& steps) {
  for (const PlannedChange& step : steps) {
    if (step.change.verifier) record.verifier = *step.change.verifier;
    record.events.push_back({step.change.action,
                             {step.change.effective, {}, {}, {}},
                             step.change.reason,
                             step.change.scopes,
                             step.change.validity,
                             step.change.regimes});
  }
}

AccreditationRecord granted(const WantedAccreditation& want) {
  AccreditationRecord record;
  record_steps(record, plan_changes(nullptr, want, day("2026-01-01")).value());
  return record;
}

TEST(ScopesCsv, ReadsColumnsInAnyOrderAndSeveralScopes) {
  const auto list =
      parse_scopes_csv(
          "\xEF\xBB\xBFverifier,accreditation,scheme,scope,assurance,standards,until,from\r\n"
          "https://v.example,A-2,cbam,steel.cbam,reasonable,"
          "\"iso14067-2018 iso14064-3-2019\",2028-12-31,2026-01-01\r\n"
          "\r\n"
          "https://v.example,A-2,pact,battery.cfb,none,iso14067-2018;iso14067-2018,"
          "2028-12-31,2026-01-01")
          .value();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].id, "A-2");
  EXPECT_EQ(list[0].validity, (DateRange{day("2026-01-01"), day("2028-12-31")}));
  ASSERT_EQ(list[0].scopes.size(), 2U);
  EXPECT_EQ(list[0].scopes[0], (Scope{"battery.cfb", "pact", {"iso14067-2018"}, Assurance::none}));
  EXPECT_EQ(scope_text(list[0].scopes[1]),
            "steel.cbam:cbam:iso14064-3-2019,iso14067-2018:reasonable");
  EXPECT_TRUE(list[0].regimes.empty());
}

TEST(ScopesCsv, NamesLineAndColumnOfWhatIsWrong) {
  const auto expect = [](const std::string& text, const std::string& part) {
    EXPECT_NE(error_of(text).find(part), std::string::npos) << error_of(text);
  };
  expect("", "line 1");
  expect("accreditation,verifier\n", "no column scope");
  expect("accreditation,colour\n", "colour");
  expect("accreditation,accreditation\n", "twice");
  const auto with = [](const std::string& old, const std::string& other) {
    std::string row = kRow;
    return kHeader + row.replace(row.find(old), old.size(), other);
  };
  expect(with("https://", "https://V 100."), "line 2: verifier: ");
  expect(with("steel.cbam", "a b"), "line 2: scope: a b is no id");
  expect(with("iso14067-2018", "14067:2018"), "line 2: standards: 14067:2018 is no id");
  expect(std::string(kHeader) + "A-1,https://v.example\n", "line 2: 2 fields");
  std::string row = kRow;
  row.replace(row.find("limited"), 7, "some");
  expect(kHeader + row, "line 2: assurance");
  row = kRow;
  row.replace(row.find("2026-01-01"), 10, "01.01.2026");
  expect(kHeader + row, "line 2: from");
  row = kRow;
  row.replace(row.find("2028-12-31"), 10, "2025-12-31");
  expect(kHeader + row, "before from");
  expect(kHeader + kRow + kRow, "line 3: this scope stands there twice");
  row = kRow;
  row.replace(row.find("battery") == std::string::npos ? row.find("steel.cbam") : 0, 10,
              "textile.xx");
  row.replace(row.find("iaf-mla"), 7, "eu-nab");
  expect(kHeader + kRow + row, "line 3: verifier, from, until and regimes differ");
  expect(std::string(kHeader) + "\"A-1", "never closed");
  row = kRow;
  row.replace(0, 3, "");
  expect(kHeader + row, "accreditation is empty");
}

TEST(ScopesCsv, AGrantComesFirstThenNothing) {
  const auto want = wanted();
  const auto steps = plan_changes(nullptr, want, day("2026-01-01")).value();
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].change.action, AccreditationAction::grant);
  EXPECT_EQ(steps[0].change.verifier, "https://v.example");
  EXPECT_EQ(steps[0].lines.size(), 4U);
  const auto record = granted(want);
  EXPECT_TRUE(plan_changes(&record, want, day("2026-02-01")).value().empty());
}

TEST(ScopesCsv, WhatOnlyAddsExtendsAndWhatOnlyTakesAwayReduces) {
  const auto record = granted(wanted());
  auto want = wanted();
  want.scopes[0].assurance_max = Assurance::reasonable;
  auto steps = plan_changes(&record, want, day("2026-02-01")).value();
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].change.action, AccreditationAction::extend);
  EXPECT_FALSE(steps[0].change.validity);
  EXPECT_EQ(steps[0].lines,
            (std::vector<std::string>{"- scope steel.cbam:cbam:iso14067-2018:limited",
                                      "+ scope steel.cbam:cbam:iso14067-2018:reasonable"}));
  want = wanted();
  want.validity.until = day("2027-12-31");
  steps = plan_changes(&record, want, day("2026-02-01")).value();
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].change.action, AccreditationAction::reduce);
  EXPECT_FALSE(steps[0].change.scopes);
}

TEST(ScopesCsv, WhatDoesBothExtendsThenReducesAndEndsThere) {
  auto record = granted(wanted());
  auto want = wanted();
  want.scopes[0].code = "battery.cfb";
  want.validity = {day("2026-06-01"), day("2029-12-31")};
  const auto steps = plan_changes(&record, want, day("2026-02-01")).value();
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].change.action, AccreditationAction::extend);
  EXPECT_EQ(steps[1].change.action, AccreditationAction::reduce);
  EXPECT_EQ(steps[0].change.scopes->size(), 2U);
  record_steps(record, steps);
  EXPECT_EQ(extent_of(record).scopes, want.scopes);
  EXPECT_EQ(extent_of(record).validity, want.validity);
  EXPECT_TRUE(plan_changes(&record, want, day("2026-02-01")).value().empty());
}

TEST(ScopesCsv, SaysWhatTheLedgerWillNeverSay) {
  auto record = granted(wanted());
  auto want = wanted();
  want.verifier = "https://other.example";
  EXPECT_FALSE(plan_changes(&record, want, day("2026-02-01")));
  want = wanted();
  want.regimes.clear();
  EXPECT_FALSE(plan_changes(&record, want, day("2026-02-01")));
  record.events.push_back({AccreditationAction::withdraw, {}, Reason::misstatement, {}, {}, {}});
  EXPECT_FALSE(plan_changes(&record, wanted(), day("2026-02-01")));
}

}  // namespace
}  // namespace footproof::api
