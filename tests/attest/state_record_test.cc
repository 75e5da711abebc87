#include "attest/state_record.h"

#include <gtest/gtest.h>

#include "tests/attest/ledger_samples.h"
#include "tests/support/golden.h"

namespace footproof {
namespace {

using namespace samples;  // NOLINT: the samples are what this file is about

constexpr Instant kEver{UINT64_MAX};

ValidatorsRecord validators() { return {2, 100, 345, 3, members()}; }

TEST(StateRecord, KeysAreGolden) {
  const auto expect = [](std::string_view name, const Digest& key) {
    EXPECT_EQ(to_hex(key.view()), to_hex(testing::golden(name))) << name;
  };
  expect("key_status", state_key::status(filled(1)));
  expect("key_decl", state_key::declaration_status(filled(1), filled(2)));
  expect("key_accr", state_key::accreditation(kBody, kAccreditation));
  expect("key_key", state_key::key(filled(3)));
  expect("key_party", state_key::party(kBody));
  expect("key_validators", state_key::validators(5));
  expect("key_next", state_key::next_validators());
  expect("key_parameters", state_key::parameters());
  expect("key_dataset", state_key::dataset("kr-lci", "2026.1"));
  expect("key_proposal", state_key::proposal(Bytes(16, 0xab)));
}

// Golden, read back, and one spelling: a changed bit is refused or is another record's spelling.
template <class Record>
void expect_golden(std::string_view name, const Record& record,
                   Result<Record> (*parse)(ByteView bytes)) {
  const Bytes bytes = testing::golden(name);
  EXPECT_EQ(to_hex(encode(record)), to_hex(bytes)) << name;
  const auto parsed = parse(bytes);
  ASSERT_TRUE(parsed.has_value()) << name << ": " << parsed.error().detail;
  EXPECT_EQ(*parsed, record) << name;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1U << (i % 7)));
    const auto other = parse(changed);
    if (other) {
      ASSERT_EQ(encode(*other), changed) << name << " byte " << i;
    }
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(parse(ByteView(bytes).first(size))) << name;
  }
}

TEST(StateRecord, EveryRecordIsGolden) {
  expect_golden("r_status", status_record(), parse_status_record);
  expect_golden("r_accr", accreditation_record(), parse_accreditation_record);
  expect_golden("r_key", key_record(), parse_key_record);
  expect_golden("r_party", party_record(), parse_party_record);
  expect_golden("r_verifier", verifier_record(), parse_party_record);
  expect_golden("r_validators", validators(), parse_validators_record);
  expect_golden("r_next", NextValidatorsRecord{members(), filled(7)}, parse_next_validators_record);
  expect_golden("r_parameters", Parameters{}, parse_parameters);
  expect_golden("r_parameters_late", late_parameters(), parse_parameters);
  expect_golden("r_status_late", late_record(), parse_status_record);
}

TEST(StateRecord, WhatIsLeftOutHasNoSecondSpelling) {
  KeyRecord key = key_record();
  Bytes expected = encode(key);
  key.certificate_chain = filled(9);
  ASSERT_EQ(expected[0], 0x85);
  expected[0] = 0x86;
  append(expected, from_hex("5820").value());
  append(expected, filled(9).view());
  EXPECT_EQ(to_hex(encode(key)), to_hex(expected));
  EXPECT_EQ(parse_key_record(expected).value(), key);

  PartyRecord party = verifier_record();
  expected = encode(party);
  party.own_keys = 7;
  ASSERT_EQ(expected[0], 0x88);
  expected[0] = 0x89;
  expected.push_back(7);
  EXPECT_EQ(to_hex(encode(party)), to_hex(expected));
  EXPECT_EQ(parse_party_record(expected).value(), party);
  expected.back() = 0;
  EXPECT_NE(parse_party_record(expected).error().detail.find("own keys"), std::string::npos);
}

TEST(StateRecord, MembersAreGolden) {
  EXPECT_EQ(to_hex(encode_members(members())), to_hex(testing::golden("members")));
  const auto parsed = parse_members(testing::golden("members"));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, members());
}

template <class Record>
void expect_refused(const Record& record, Result<Record> (*parse)(ByteView bytes),
                    std::string_view why) {
  const auto parsed = parse(encode(record));
  ASSERT_FALSE(parsed.has_value()) << why;
  EXPECT_NE(parsed.error().detail.find(why), std::string::npos) << parsed.error().detail;
}

TEST(StateRecord, HistoriesAreNotEmptyAndInOrder) {
  StatusRecord status = status_record();
  std::swap(status.events[0], status.events[1]);
  expect_refused(status, parse_status_record, "order");
  expect_refused(StatusRecord{}, parse_status_record, "events");
  AccreditationRecord accreditation = accreditation_record();
  accreditation.events[1].what = AccreditationAction::grant;
  expect_refused(accreditation, parse_accreditation_record, "grant");
  accreditation = accreditation_record();
  accreditation.events.erase(accreditation.events.begin());
  expect_refused(accreditation, parse_accreditation_record, "first");
  KeyRecord key = key_record();
  key.events.erase(key.events.begin());
  expect_refused(key, parse_key_record, "first");
  PartyRecord party = party_record();
  party.events.erase(party.events.begin());
  expect_refused(party, parse_party_record, "admit");
}

TEST(StateRecord, EventFieldsFitTheEvent) {
  StatusRecord status = status_record();
  status.events[2].reason = Reason::fraud;
  expect_refused(status, parse_status_record, "supersession");
  status = status_record();
  status.events[0].reason.reset();
  expect_refused(status, parse_status_record, "supersession");
  KeyRecord key = key_record();
  key.events[1].successor.reset();
  expect_refused(key, parse_key_record, "successor");
  key = key_record();
  key.events[2].since.reset();
  expect_refused(key, parse_key_record, "since");
  PartyRecord party = party_record();
  party.registrar = kBody;
  expect_refused(party, parse_party_record, "registrar");
  party = verifier_record();
  party.legal_name = "A Verifier";
  expect_refused(party, parse_party_record, "legal name");
}

TEST(StateRecord, MembersShareNothing) {
  const auto refused = [](std::vector<Member> bad, std::string_view why) {
    const auto parsed = parse_members(encode_members(bad));
    ASSERT_FALSE(parsed.has_value()) << why;
    EXPECT_NE(parsed.error().detail.find(why), std::string::npos) << parsed.error().detail;
  };
  auto bad = members();
  bad[1].log_key = bad[0].vote_key;
  refused(bad, "twice");
  bad = members();
  bad[3].tls_pin = bad[0].tls_pin;
  refused(bad, "twice");
  bad = members();
  std::swap(bad[0], bad[1]);
  refused(bad, "ascend");
  bad = members();
  bad[2].cosign_name = "other.example/main/cccccccccccccccc/v2";
  refused(bad, "one origin");
  bad = members();
  bad[2].cosign_name = std::string(kOrigin) + "/v3";
  refused(bad, "cosign name");
  refused(members(3), "members");
  ValidatorsRecord record = validators();
  record.quorum = 2;
  expect_refused(record, parse_validators_record, "quorum");
}

TEST(StateRecord, QuorumIsNMinusF) {
  const std::size_t expected[][3] = {{4, 1, 3}, {5, 1, 4},  {6, 1, 5},
                                     {7, 2, 5}, {10, 3, 7}, {31, 10, 21}};
  for (const auto& [n, f, q] : expected) {
    EXPECT_EQ(faulty_max(n), f);
    EXPECT_EQ(quorum_of(n), q);
  }
}

TEST(StateRecord, TheLastEightKibibytesAreForWhatIsNeverRefused) {
  EXPECT_TRUE(state_record_fits(56 * 1024, false));
  EXPECT_FALSE(state_record_fits(56 * 1024 + 1, false));
  EXPECT_TRUE(state_record_fits(64 * 1024, true));
  EXPECT_FALSE(state_record_fits(64 * 1024 + 1, true));
}

TEST(StateRecord, StatusDependsOnTheDayAndOnWhatIsKnown) {
  const StatusRecord record = status_record();
  const auto status = [&](std::string_view on, std::uint64_t known_after) {
    return status_on(&record, day(on), Instant{kTime.ms + known_after}).status;
  };
  EXPECT_EQ(status_on(nullptr, day("2026-11-20"), kEver).status, Status::active);
  EXPECT_EQ(status("2026-11-19", 9999), Status::active);     // before anything took effect
  EXPECT_EQ(status("2026-11-20", 9999), Status::suspended);  // the day it took effect
  EXPECT_EQ(status("2026-11-21", 9999), Status::active);     // reinstated
  EXPECT_EQ(status("2026-11-22", 9999), Status::superseded);
  EXPECT_EQ(status("2026-11-22", 1999), Status::active);    // the successor not yet known
  EXPECT_EQ(status("2026-11-22", 999), Status::suspended);  // nor the reinstatement
  EXPECT_EQ(status("2026-11-22", 0), Status::suspended);    // known the instant it is recorded
}

TEST(StateRecord, ALaterEntryCountsEvenIfItsDayIsEarlier) {
  using What = StatusEvent::What;
  StatusRecord record;
  record.events = {
      {What::suspend, origin("2026-03-01", 0, AuthorityRole::issuer, 1), Reason::data_doubt},
      {What::reinstate, origin("2026-03-10", 1, AuthorityRole::issuer, 2), Reason::cleared},
      {What::revoke, origin("2026-03-05", 2, AuthorityRole::accreditation_body, 3), Reason::fraud}};
  EXPECT_EQ(status_on(&record, day("2026-03-02"), kEver).status, Status::suspended);
  EXPECT_EQ(status_on(&record, day("2026-03-07"), kEver).status, Status::revoked);
  const auto answer = status_on(&record, day("2026-03-20"), kEver);
  EXPECT_EQ(answer.status, Status::revoked);
  ASSERT_TRUE(answer.because.has_value());
  EXPECT_EQ(answer.because->origin.entry, filled(3));
}

CoverageAnswer asked(const AccreditationRecord& record, std::string_view scope,
                     std::string_view scheme, const std::vector<std::string>& standards,
                     Assurance assurance, std::string_view on, Instant known = kEver) {
  return covers(record, {scope, scheme, standards, assurance}, day(on), known);
}

TEST(StateRecord, CoverageNamesWhatIsMissing) {
  AccreditationRecord record = accreditation_record();
  record.events.resize(1);  // the grant alone
  const std::vector<std::string> both = {"iso14064-3-2019", "iso14067-2018"};
  const std::vector<std::string> one = {"iso14064-3-2019"};
  using Answer = CoverageAnswer;
  const std::string_view on = "2026-02-01";
  EXPECT_EQ(asked(record, "battery.cfb", "eu-battery", both, Assurance::limited, on),
            Answer::covered);
  EXPECT_EQ(asked(record, "battery.cfb", "eu-battery", one, Assurance::none, on), Answer::covered);
  EXPECT_EQ(asked(record, "steel.cbam", "cbam", one, Assurance::reasonable, on), Answer::covered);
  EXPECT_EQ(asked(record, "textile", "cbam", one, Assurance::none, on), Answer::scope_not_covered);
  EXPECT_EQ(asked(record, "steel.cbam", "pact", one, Assurance::none, on),
            Answer::scheme_not_covered);
  EXPECT_EQ(asked(record, "steel.cbam", "cbam", both, Assurance::none, on),
            Answer::standard_not_covered);
  EXPECT_EQ(asked(record, "battery.cfb", "eu-battery", both, Assurance::reasonable, on),
            Answer::assurance_not_covered);
  EXPECT_EQ(asked(record, "steel.cbam", "cbam", one, Assurance::none, "2025-12-31"),
            Answer::not_granted);
  EXPECT_EQ(asked(record, "steel.cbam", "cbam", one, Assurance::none, "2029-12-31"),
            Answer::covered);
  EXPECT_EQ(asked(record, "steel.cbam", "cbam", one, Assurance::none, "2030-01-01"),
            Answer::outside_validity);
}

TEST(StateRecord, CoverageFollowsBothTimeAxes) {
  const AccreditationRecord record = accreditation_record();
  const std::vector<std::string> both = {"iso14064-3-2019", "iso14067-2018"};
  const auto battery = [&](std::string_view on, Instant known) {
    return asked(record, "battery.cfb", "eu-battery", both, Assurance::limited, on, known);
  };
  using Answer = CoverageAnswer;
  EXPECT_EQ(battery("2026-05-31", kEver), Answer::covered);
  EXPECT_EQ(battery("2026-06-01", kEver), Answer::scope_not_covered);  // reduced
  EXPECT_EQ(battery("2026-06-01", kTime), Answer::covered);            // not known yet
  EXPECT_EQ(battery("2026-07-01", kEver), Answer::withdrawn);
  EXPECT_EQ(battery("2026-07-01", {kTime.ms + 1}), Answer::scope_not_covered);
}

TEST(StateRecord, LateAnchoringIsTheFirstEventAndChangesNoStatus) {
  StatusRecord record = late_record();
  EXPECT_TRUE(record.anchored_late());
  EXPECT_EQ(status_on(&record, day("2026-11-20"), kEver).status, Status::active);
  EXPECT_EQ(status_on(&record, day("2026-11-21"), kEver).status, Status::suspended);
  std::swap(record.events[0].what, record.events[1].what);
  std::swap(record.events[0].reason, record.events[1].reason);
  EXPECT_FALSE(record.anchored_late());
  EXPECT_FALSE(parse_status_record(encode(record)));
}

TEST(StateRecord, LateDaysAscendAndAreLeftOutWhereTheyAreNone) {
  EXPECT_EQ(late_parameters().late_days_of("cbam"), 30U);
  EXPECT_EQ(late_parameters().late_days_of("kitech-cfp"), 0U);
  Parameters parameters = late_parameters();
  std::swap(parameters.late_days[0], parameters.late_days[1]);
  EXPECT_FALSE(parse_parameters(encode(parameters)));
  parameters = late_parameters();
  parameters.late_days[0].days = 0;
  EXPECT_FALSE(parse_parameters(encode(parameters)));
  parameters.late_days[0].days = kLateDaysMax + 1;
  EXPECT_FALSE(parse_parameters(encode(parameters)));
}

// At 10:00 UTC the next day begins furthest east.
TEST(StateRecord, ALossCountsFromTheFirstInstantOfItsDayAnywhere) {
  const Instant midnight{static_cast<std::uint64_t>(day("2026-03-02").days()) * 86'400'000};
  Attestation attested = attestation();
  attested.scope = "battery.cfb";
  attested.scheme = {"eu-battery", "1"};
  attested.standards = {"iso14064-3-2019"};
  attested.assurance = Assurance::none;
  attested.issued_on = day("2026-03-02");
  AccreditationRecord record = accreditation_record();
  record.events.resize(1);
  const auto coverage = [&](std::uint64_t hour, std::uint64_t ms, Hindsight hindsight) {
    const Instant recorded{midnight.ms + hour * 3'600'000 - ms};
    return coverage_of(record, attested, recorded, kEver, hindsight);
  };
  EXPECT_TRUE(coverage(23, 0, Hindsight::no).holds());
  record.events.push_back({AccreditationAction::suspend,
                           origin("2026-03-03", 0, AuthorityRole::accreditation_body, 2),
                           Reason::investigation,
                           {},
                           {},
                           {}});
  EXPECT_TRUE(coverage(10, 1, Hindsight::no).holds());
  EXPECT_EQ(coverage(10, 0, Hindsight::no).when_recorded, CoverageAnswer::suspended);
  EXPECT_EQ(coverage(10, 0, Hindsight::no).when_issued, CoverageAnswer::covered);
  // What is suspended from 3 March leaves standing what was recorded on the 2nd in UTC …
  EXPECT_TRUE(coverage(23, 0, Hindsight::yes).holds());
  EXPECT_FALSE(coverage(24, 0, Hindsight::yes).holds());
  // … and a gain counts only from the day of recording: never earlier than the loss before it ends.
  record.events.push_back({AccreditationAction::reinstate,
                           origin("2026-03-04", 1, AuthorityRole::accreditation_body, 3),
                           Reason::cleared,
                           {},
                           {},
                           {}});
  EXPECT_FALSE(coverage(24 + 23, 0, Hindsight::no).holds());
  EXPECT_TRUE(coverage(48, 0, Hindsight::no).holds());
  // An issue date that has begun only further east is the issuer's today, for gains as well.
  attested.issued_on = day("2026-03-04");
  EXPECT_TRUE(coverage(24 + 23, 0, Hindsight::no).holds());
}

TEST(StateRecord, ValidityEndsByTheDayOfRecordingAndNotEarlier) {
  AccreditationRecord record = accreditation_record();
  record.events.resize(1);
  record.events[0].validity = DateRange{day("2026-01-01"), day("2026-03-02")};
  Attestation attested = attestation();
  attested.scope = "battery.cfb";
  attested.scheme = {"eu-battery", "1"};
  attested.standards = {"iso14064-3-2019"};
  attested.assurance = Assurance::none;
  attested.issued_on = day("2026-03-02");
  const Instant midnight{static_cast<std::uint64_t>(day("2026-03-02").days()) * 86'400'000};
  const Instant last{midnight.ms + 86'400'000 - 1};
  EXPECT_TRUE(coverage_of(record, attested, last, kEver, Hindsight::no).holds());
  const auto after = coverage_of(record, attested, {last.ms + 1}, kEver, Hindsight::no);
  EXPECT_EQ(after.when_recorded, CoverageAnswer::outside_validity);
}

TEST(StateRecord, OneListOfScopesIncludesAnother) {
  const Scope wide{"steel.cbam", "cbam", {"a", "b"}, Assurance::reasonable};
  const Scope narrow{"steel.cbam", "cbam", {"b"}, Assurance::limited};
  const Scope other{"battery.cfb", "cbam", {"b"}, Assurance::limited};
  const auto includes_all = [](const std::vector<Scope>& a, const std::vector<Scope>& b) {
    return includes(a, b);
  };
  EXPECT_TRUE(includes_all({wide}, {narrow}));
  EXPECT_FALSE(includes_all({narrow}, {wide}));
  EXPECT_TRUE(includes_all({other, wide}, {narrow, wide}));
  EXPECT_FALSE(includes_all({wide}, {other}));
  // Two entries together are not one: an attestation needs all its standards under one.
  const Scope a{"steel.cbam", "cbam", {"a"}, Assurance::reasonable};
  const Scope b{"steel.cbam", "cbam", {"b"}, Assurance::reasonable};
  EXPECT_FALSE(includes_all({a, b}, {wide}));
}

TEST(StateRecord, WideningWhileSuspendedDoesNotReinstate) {
  AccreditationRecord record = accreditation_record();
  record.events.resize(1);
  constexpr auto kBodyRole = AuthorityRole::accreditation_body;
  record.events.push_back({AccreditationAction::suspend,
                           origin("2026-02-01", 1, kBodyRole, 2),
                           Reason::investigation,
                           {},
                           {},
                           {}});
  record.events.push_back({AccreditationAction::extend,
                           origin("2026-02-02", 2, kBodyRole, 3),
                           {},
                           std::vector<Scope>{battery_scope()},
                           {},
                           {}});
  EXPECT_EQ(asked(record, "battery.cfb", "eu-battery", {}, Assurance::none, "2026-02-03"),
            CoverageAnswer::suspended);
  record.events.push_back({AccreditationAction::reinstate,
                           origin("2026-02-04", 3, kBodyRole, 4),
                           Reason::cleared,
                           {},
                           {},
                           {}});
  EXPECT_EQ(asked(record, "battery.cfb", "eu-battery", {}, Assurance::none, "2026-02-04"),
            CoverageAnswer::covered);
}

TEST(StateRecord, AKeyIsGoodFromItsAdditionToItsRotation) {
  KeyRecord record = key_record();
  record.events.resize(2);  // added at kTime, rotated a millisecond later
  const auto at = [&](std::uint64_t after, Instant known) {
    return key_at(record, {kTime.ms + after}, known, StatementKind::attestation);
  };
  EXPECT_EQ(key_at(record, {kTime.ms - 1}, kEver, StatementKind::attestation),
            KeyAnswer::not_yet_added);
  EXPECT_EQ(at(0, kEver), KeyAnswer::good);
  EXPECT_EQ(at(1, kEver), KeyAnswer::good);  // in the block of the rotation: execution judged
  EXPECT_EQ(at(2, kEver), KeyAnswer::rotated);
  EXPECT_EQ(at(2, kTime), KeyAnswer::good);  // the rotation not known yet
}

TEST(StateRecord, CompromiseVoidsAttestationsFromItsInstantOn) {
  KeyRecord record = key_record();
  record.events.erase(record.events.begin() + 1);  // added at kTime, then compromised
  record.events[1].since = Instant{kTime.ms + 10};
  const auto at = [&](std::uint64_t after, StatementKind kind, Instant known = kEver) {
    return key_at(record, {kTime.ms + after}, known, kind);
  };
  EXPECT_EQ(at(9, StatementKind::attestation), KeyAnswer::good);
  EXPECT_EQ(at(10, StatementKind::attestation), KeyAnswer::compromised);
  EXPECT_EQ(at(10, StatementKind::attestation, kTime), KeyAnswer::good);
  EXPECT_EQ(at(10, StatementKind::status), KeyAnswer::good);  // recorded events stand
  EXPECT_EQ(compromised_since(record, kEver), Instant{kTime.ms + 10});
  EXPECT_FALSE(compromised_since(record, kTime).has_value());
}

TEST(StateRecord, APartyIsAMemberUntilItIsRemoved) {
  const PartyRecord record = party_record();
  EXPECT_FALSE(admitted_on(record, day("2025-12-31"), kEver));
  EXPECT_TRUE(admitted_on(record, day("2026-01-31"), kEver));
  EXPECT_FALSE(admitted_on(record, day("2026-02-01"), kEver));
  EXPECT_TRUE(admitted_on(record, day("2026-02-01"), kTime));
}

}  // namespace
}  // namespace footproof
