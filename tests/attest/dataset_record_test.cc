#include "attest/dataset_record.h"

#include <gtest/gtest.h>

#include "tests/attest/ledger_samples.h"

namespace footproof {
namespace {

using namespace samples;  // NOLINT: the samples are what this file is about
using What = DatasetEvent::What;

DatasetRecord dataset_record() {
  const std::string operator_uri(kBody);
  return {
      {{What::release, day("2026-03-01"), kTime, operator_uri, filled(1), filled(0xaa)},
       {What::erratum, day("2026-04-01"), {kTime.ms + 1}, operator_uri, filled(2), filled(0xab)},
       {What::replaced, day("2026-05-01"), {kTime.ms + 2}, operator_uri, filled(3), {}},
       {What::withdrawn,
        day("2026-06-01"),
        {kTime.ms + 3},
        operator_uri,
        filled(4),
        filled(0xab)}}};
}

template <class Record>
void expect_one_spelling(const Record& record, Result<Record> (*parse)(ByteView)) {
  const Bytes bytes = encode(record);
  const auto parsed = parse(bytes);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, record);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1U << (i % 7)));
    if (const auto other = parse(changed)) {
      ASSERT_EQ(encode(*other), changed) << i;
    }
    ASSERT_FALSE(parse(ByteView(bytes).first(i)));
  }
}

TEST(DatasetRecord, HasOneSpelling) {
  expect_one_spelling(dataset_record(), parse_dataset_record);
  expect_one_spelling(DatabaseRecord{{{std::string(kBody), kTime, filled(1)},
                                      {std::string(kVerifier), {kTime.ms + 1}, filled(2)}}},
                      parse_database_record);
}

TEST(DatasetRecord, SaysWhatTheNextEventBuildsOn) {
  DatasetRecord record = dataset_record();
  EXPECT_TRUE(record.withdrawn());
  EXPECT_EQ(record.root(), filled(0xab));
  EXPECT_EQ(record.successor(), filled(3));
  record.events.resize(1);
  EXPECT_FALSE(record.withdrawn());
  EXPECT_EQ(record.root(), filled(0xaa));
  EXPECT_EQ(record.successor(), std::nullopt);
}

TEST(DatasetRecord, RefusesWhatIsNoHistory) {
  const auto refused = [](DatasetRecord record, std::string_view why) {
    const auto parsed = parse_dataset_record(encode(record));
    ASSERT_FALSE(parsed.has_value()) << why;
    EXPECT_NE(parsed.error().detail.find(why), std::string::npos) << parsed.error().detail;
  };
  refused({}, "events");
  DatasetRecord record = dataset_record();
  record.events.erase(record.events.begin());
  refused(record, "first event");
  record = dataset_record();
  std::swap(record.events[1], record.events[2]);
  refused(record, "order");
  record = dataset_record();
  record.events[2].root = filled(1);
  refused(record, "replacement");
  record = dataset_record();
  record.events[1].root.reset();
  refused(record, "replacement");
}

// Kind and part are the whole key (docs/formats.md §6): recomputed here from the bytes.
TEST(DatasetRecord, KeyOfADatabaseIsThatOfItsKindAndId) {
  Bytes key = from_hex("83").value();
  append(key, from_hex("72").value());
  append(key, as_bytes("footproof/state/v1"));
  append(key, from_hex("68").value());
  append(key, as_bytes("database"));
  append(key, from_hex("66").value());
  append(key, as_bytes("kr-lci"));
  EXPECT_EQ(state_key::database("kr-lci"), sha256(key));
}

}  // namespace
}  // namespace footproof
