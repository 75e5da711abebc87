#include "attest/block_record.h"

#include <gtest/gtest.h>

#include "attest/merkle.h"
#include "tests/attest/ledger_samples.h"
#include "tests/support/golden.h"

namespace footproof {
namespace {

using samples::filled;

BlockRecord record() {
  return {filled(0xcc), 7, 0, {1795478400123}, filled(0xdd), 41, 3, filled(0xee)};
}

TEST(BlockRecord, IsGolden) {
  EXPECT_EQ(to_hex(encode(record())), to_hex(testing::golden("record")));
  const auto parsed = parse_block_record(testing::golden("record"));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, record());
  EXPECT_EQ(to_hex(block_record_entry(testing::golden("record")).view()),
            to_hex(testing::golden("record_entry")));
}

TEST(BlockRecord, WhatParsesHasOneSpelling) {
  const Bytes bytes = testing::golden("record");
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    Bytes changed = bytes;
    changed[i / 8] = static_cast<std::uint8_t>(changed[i / 8] ^ (1U << (i % 8)));
    const auto parsed = parse_block_record(changed);
    if (parsed) {
      EXPECT_EQ(encode(*parsed), changed) << "bit " << i;
    }
  }
}

TEST(BlockRecord, CoversItsOwnStatementsAndNoOthers) {
  EXPECT_EQ(record().index(), 44U);
  EXPECT_FALSE(record().covers(40));
  EXPECT_TRUE(record().covers(41));
  EXPECT_TRUE(record().covers(43));
  EXPECT_FALSE(record().covers(44));  // itself
  const BlockRecord genesis{filled(1), 0, 0, {}, filled(2), 0, 0, filled(3)};
  EXPECT_EQ(genesis.index(), 0U);
  EXPECT_FALSE(genesis.covers(0));
}

TEST(BlockRecord, ItsIndexLiesInTheLargestLog) {
  BlockRecord one = record();
  one.first_index = kTreeSizeMax - 1;
  one.count = 0;
  EXPECT_TRUE(parse_block_record(encode(one)).has_value());
  one.count = 1;
  EXPECT_FALSE(parse_block_record(encode(one)).has_value());
  one.first_index = kTreeSizeMax;
  EXPECT_FALSE(parse_block_record(encode(one)).has_value());
  one.first_index = UINT64_MAX;
  one.count = 2;  // would wrap
  EXPECT_FALSE(parse_block_record(encode(one)).has_value());
}

TEST(BlockRecord, ARecordIsNeverTheEntryOfAStatement) {
  const Bytes bytes = testing::golden("record");
  EXPECT_NE(block_record_entry(bytes), statement_entry(bytes));
}

}  // namespace
}  // namespace footproof
