#include "attest/governance_record.h"

#include <gtest/gtest.h>

#include <string>

#include "attest/parameters.h"
#include "attest/state_record.h"
#include "tests/attest/ledger_samples.h"
#include "tests/support/golden.h"

namespace footproof {
namespace {

using namespace samples;  // NOLINT: the samples are what this file is about

constexpr std::string_view kOther = "https://a.example";  // before kAssociation in any order

ProposalNonce nonce(std::uint8_t byte) {
  ProposalNonce nonce{};
  nonce.fill(byte);
  return nonce;
}

AssociationsRecord associations() {
  return {{{std::string(kOther), Instant{0}}, {std::string(kAssociation), kTime}}};
}

OpenProposalsRecord open_proposals() {
  return {
      {{std::string(kOther), {{nonce(0xab), day("2026-12-31")}, {nonce(0x01), day("2026-11-30")}}},
       {std::string(kAssociation), {{nonce(0x02), day("2027-01-31")}}}}};
}

ProposalRecord proposal() {
  return {ballot(SetParameter{"anchoring-days-max", 60}).proposal,
          std::string(kAssociation),
          kTime,
          {{std::string(kOther), false, kTime, filled(1)},
           {std::string(kAssociation), true, Instant{kTime.ms + 1}, filled(2)}},
          {}};
}

ProposalRecord decided() {
  ProposalRecord record = proposal();
  record.decided = Decision{Instant{kTime.ms + 1}, filled(2)};
  return record;
}

template <class Record>
void expect_golden(std::string_view name, const Record& record,
                   Result<Record> (*parse)(ByteView bytes)) {
  const Bytes bytes = testing::golden(name);
  EXPECT_EQ(to_hex(encode(record)), to_hex(bytes)) << name;
  const auto parsed = parse(bytes);
  ASSERT_TRUE(parsed.has_value()) << name << ": " << parsed.error().detail;
  EXPECT_EQ(*parsed, record) << name;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes changed = bytes;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
    const auto other = parse(changed);
    if (other) {
      ASSERT_EQ(encode(*other), changed) << name << " bit " << bit;
    }
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(parse(ByteView(bytes).first(size))) << name;
  }
}

TEST(GovernanceRecord, KeysAreGolden) {
  EXPECT_EQ(state_key::associations().hex(), to_hex(testing::golden("key_associations")));
  EXPECT_EQ(state_key::open_proposals().hex(), to_hex(testing::golden("key_open")));
}

TEST(GovernanceRecord, EveryRecordIsGolden) {
  expect_golden("r_associations", associations(), parse_associations_record);
  expect_golden("r_open", open_proposals(), parse_open_proposals_record);
  expect_golden("r_proposal", proposal(), parse_proposal_record);
  expect_golden("r_proposal_decided", decided(), parse_proposal_record);
}

TEST(GovernanceRecord, ListsAscendAndAreNotEmpty) {
  AssociationsRecord seats = associations();
  std::swap(seats.seats[0], seats.seats[1]);
  EXPECT_FALSE(parse_associations_record(encode(seats)));
  seats.seats[1] = seats.seats[0];
  EXPECT_FALSE(parse_associations_record(encode(seats)));
  EXPECT_FALSE(parse_associations_record(encode(AssociationsRecord{})));
  EXPECT_FALSE(parse_open_proposals_record(encode(OpenProposalsRecord{})));
  OpenProposalsRecord open = open_proposals();
  open.proposers[0].open.clear();
  EXPECT_FALSE(parse_open_proposals_record(encode(open)));
  open = open_proposals();
  open.proposers[0].open[1] = open.proposers[0].open[0];
  EXPECT_FALSE(parse_open_proposals_record(encode(open)));
  ProposalRecord record = proposal();
  std::swap(record.ballots[0], record.ballots[1]);
  EXPECT_FALSE(parse_proposal_record(encode(record)));
  record.ballots.clear();
  EXPECT_FALSE(parse_proposal_record(encode(record)));
}

// The longest URIs, the most associations, a proposal as long as a statement may be.
TEST(GovernanceRecord, TheLargestRecordsLeaveTheReserveAlone) {
  AssociationsRecord seats;
  OpenProposalsRecord open;
  ProposalRecord record = decided();
  record.ballots.clear();
  record.proposer = "urn:" + std::string(252, 'z');
  for (std::size_t i = 0; i < kAssociationsMax; ++i) {
    const std::string number = std::to_string(1000 + i);
    const std::string uri = "urn:" + number + std::string(252 - number.size(), 'x');
    ASSERT_EQ(uri.size(), 256U);
    seats.seats.push_back({uri, Instant{UINT64_MAX}});
    open.proposers.push_back({uri, {}});
    for (std::uint8_t at = 0; at < kOpenProposalsMax; ++at) {
      open.proposers.back().open.push_back({nonce(at), day("2026-12-31")});
    }
    record.ballots.push_back({uri, true, Instant{UINT64_MAX}, filled(1)});
  }
  const std::size_t without = encode(record).size() - encode(Ballot{record.proposal, true}).size();
  constexpr std::size_t kStatementMax = std::size_t{16} * 1024;
  EXPECT_TRUE(parse_associations_record(encode(seats)));
  EXPECT_TRUE(parse_open_proposals_record(encode(open)));
  EXPECT_TRUE(state_record_fits(encode(seats).size(), false));
  EXPECT_TRUE(state_record_fits(encode(open).size(), false)) << encode(open).size();
  EXPECT_TRUE(state_record_fits(without + kStatementMax, false)) << without;
  seats.seats.push_back({"urn:zz", Instant{0}});
  EXPECT_FALSE(parse_associations_record(encode(seats)));
}

TEST(GovernanceRecord, MoreThanTwoThirdsAreNeeded) {
  const std::vector<std::size_t> expected = {3, 4, 5, 5, 6, 7, 7, 8, 9};
  for (std::size_t n = 4; n < 4 + expected.size(); ++n) {
    const Tally tally{n, 0, 0};
    EXPECT_EQ(tally.needed(), expected[n - 4]) << n;
    EXPECT_GT(3 * tally.needed(), 2 * n);
    EXPECT_LE(3 * (tally.needed() - 1), 2 * n);
  }
}

TEST(GovernanceRecord, OnlyBallotsOfPresentMembersCount) {
  const ProposalRecord record = proposal();
  AssociationsRecord seats = associations();
  EXPECT_EQ(tally(record, seats).approve, 1U);
  EXPECT_EQ(tally(record, seats).reject, 1U);
  seats.seats[1].since = Instant{kTime.ms + 2};  // removed and admitted again after its ballot
  EXPECT_EQ(tally(record, seats).approve, 0U);
  seats.seats.pop_back();
  EXPECT_EQ(tally(record, seats).members, 1U);
  EXPECT_EQ(tally(record, seats).approve, 0U);
  EXPECT_EQ(seats.find(kAssociation), nullptr);
  ASSERT_NE(seats.find(kOther), nullptr);
}

TEST(GovernanceRecord, AProposalLapsesAfterItsLastDay) {
  constexpr std::uint64_t kDayMs = 86'400'000;
  const std::uint64_t last_day = static_cast<std::uint64_t>(day("2026-12-31").days()) * kDayMs;
  EXPECT_EQ(state_at(proposal(), Instant{last_day + kDayMs - 1}), ProposalState::open);
  EXPECT_EQ(state_at(proposal(), Instant{last_day + kDayMs}), ProposalState::lapsed);
  EXPECT_EQ(state_at(decided(), Instant{last_day + kDayMs}), ProposalState::accepted);
}

TEST(Parameters, TheTableNamesEachOnceWithADefaultInItsRange) {
  Parameters distinct{4000, 4001, 4002, 4003};
  for (const ParameterEntry& entry : parameter_table()) {
    EXPECT_EQ(find_parameter(entry.id), &entry);
    EXPECT_TRUE(entry.allows(entry.initial())) << entry.id;
    EXPECT_FALSE(entry.allows(entry.max + 1)) << entry.id;
    EXPECT_LT(entry.min, entry.max) << entry.id;
    EXPECT_GE(distinct.*entry.member, 4000U) << entry.id << " shares a member with another";
    distinct.*entry.member = 0;
  }
  // Every member of the record has an entry.
  EXPECT_EQ(distinct, (Parameters{0, 0, 0, 0}));
  EXPECT_EQ(find_parameter("no-such"), nullptr);
}

TEST(Parameters, LateDaysOfASchemeStandInOrderAndZeroTakesThemOut) {
  EXPECT_EQ(scheme_of_late_days("late-days.cbam"), "cbam");
  EXPECT_FALSE(scheme_of_late_days("late-days."));
  EXPECT_FALSE(scheme_of_late_days("anchoring-days-max"));
  Parameters parameters;
  EXPECT_TRUE(set_late_days(parameters, "pact", 10));
  EXPECT_TRUE(set_late_days(parameters, "cbam", 20));
  EXPECT_TRUE(set_late_days(parameters, "cbam", 30));
  EXPECT_EQ(parameters.late_days, (std::vector<LateAnchoring>{{"cbam", 30}, {"pact", 10}}));
  EXPECT_TRUE(set_late_days(parameters, "cbam", 0));
  EXPECT_EQ(parameters.late_days, (std::vector<LateAnchoring>{{"pact", 10}}));
  for (std::size_t at = 1; at < kSchemesMax; ++at) {
    EXPECT_TRUE(set_late_days(parameters, "scheme-" + std::to_string(at), 1));
  }
  EXPECT_FALSE(set_late_days(parameters, "one-more", 1));
  EXPECT_TRUE(parse_parameters(encode(parameters)));
}

TEST(Parameters, OutOfRangeIsNamed) {
  EXPECT_TRUE(check_parameters(Parameters{}));
  for (const ParameterEntry& entry : parameter_table()) {
    Parameters parameters;
    parameters.*entry.member = entry.max + 1;
    const auto checked = check_parameters(parameters);
    ASSERT_FALSE(checked) << entry.id;
    EXPECT_NE(checked.error().detail.find(entry.id), std::string::npos);
    parameters.*entry.member = entry.max;
    EXPECT_TRUE(check_parameters(parameters)) << entry.id;
  }
}

}  // namespace
}  // namespace footproof
