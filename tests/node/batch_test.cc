#include "node/batch.h"

#include <gtest/gtest.h>

#include "node/batch_store.h"

namespace footproof::node {
namespace {

Batch small_batch(std::uint64_t sequence = 7) {
  return {.epoch = 0, .producer = 2, .sequence = sequence, .statements = {{1, 2, 3}, {4}}};
}

HeldBatch held(std::uint64_t sequence, consensus::ValidatorIndex producer = 2) {
  Batch batch = small_batch(sequence);
  batch.producer = producer;
  return *hold_batch(*encode_batch(batch));
}

TEST(Batch, GoldenBytesAndDigest) {
  const auto bytes = encode_batch(small_batch());
  ASSERT_TRUE(bytes);
  EXPECT_EQ(to_hex(*bytes),
            "01"
            "0000000000000000"
            "02"
            "0000000000000007"
            "00000002"
            "00000003010203"
            "0000000104");
  const auto batch = hold_batch(*bytes);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->ref.digest, tagged_hash("footproof/consensus/batch/v1", {*bytes}));
  EXPECT_EQ(batch->ref.count, 2U);
  EXPECT_EQ(batch->ref.bytes, bytes->size());
}

TEST(Batch, WhatParsesEncodesBackToTheSameBytes) {
  const Bytes whole = *encode_batch(small_batch());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes changed = whole;
      changed[at] ^= static_cast<std::uint8_t>(1U << bit);
      const auto parsed = parse_batch(changed);
      if (parsed) {
        EXPECT_EQ(*encode_batch(*parsed), changed);
      }
    }
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_batch(ByteView(whole).first(size)));
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(parse_batch(longer));
}

TEST(Batch, RefusesWhatIsAboveItsLimits) {
  Batch batch;
  EXPECT_FALSE(encode_batch(batch));  // empty
  batch.statements = {Bytes(kStatementSizeMax, 1)};
  EXPECT_TRUE(encode_batch(batch));
  batch.statements = {Bytes(kStatementSizeMax + 1, 1)};
  EXPECT_FALSE(encode_batch(batch));
  batch.statements = {{}};
  EXPECT_FALSE(encode_batch(batch));
  batch.statements.assign(consensus::kBatchStatementsMax, {1});
  EXPECT_TRUE(encode_batch(batch));
  batch.statements.assign(consensus::kBatchStatementsMax + 1, {1});
  EXPECT_FALSE(encode_batch(batch));
  batch.statements.assign(17, Bytes(kStatementSizeMax, 1));
  EXPECT_FALSE(encode_batch(batch));  // above kBatchBytesMax
}

// A count from the wire is compared with the bytes that are there before memory is set aside.
TEST(Batch, ForgedCountIsRefused) {
  Bytes bytes = *encode_batch(small_batch());
  bytes[18] = 0xff;
  EXPECT_FALSE(parse_batch(bytes));
}

TEST(GetBatch, ParsesWholeDigestsOnly) {
  const std::vector<Digest> digests{sha256(as_bytes("a")), sha256(as_bytes("b"))};
  EXPECT_EQ(*parse_get_batch(encode_get_batch(digests)), digests);
  EXPECT_FALSE(parse_get_batch({}));
  EXPECT_FALSE(parse_get_batch(Bytes(33, 1)));
  EXPECT_FALSE(parse_get_batch(Bytes((kGetBatchMax + 1) * 32, 1)));
}

class BatchStoreTest : public testing::Test {
 protected:
  BatchStore store_;
  MonoTime now_{};
};

TEST_F(BatchStoreTest, CountsWhatNoBlockHasUsedByProducer) {
  for (std::uint64_t i = 0; i < kUnorderedMax; ++i) {
    ASSERT_TRUE(store_.has_room(2));
    ASSERT_TRUE(store_.put(held(i), now_));
  }
  EXPECT_FALSE(store_.put(held(0), now_));  // here already
  EXPECT_FALSE(store_.has_room(2));
  EXPECT_TRUE(store_.has_room(3));
  store_.set_delivered(held(0).ref.digest, 5);
  EXPECT_TRUE(store_.has_room(2));
  store_.erase(held(1).ref.digest);
  EXPECT_EQ(store_.undelivered(2), kUnorderedMax - 2);
}

TEST_F(BatchStoreTest, KeepsADeliveredBatchUntilItsLastBlockIsSynced) {
  store_.put(held(1), now_);
  store_.put(held(2), now_);
  store_.set_delivered(held(1).ref.digest, 5);
  store_.set_delivered(held(1).ref.digest, 9);  // named again by a later block
  store_.set_delivered(held(2).ref.digest, 6);
  EXPECT_EQ(store_.delivered_up_to(8), std::vector<Digest>{held(2).ref.digest});
  EXPECT_EQ(store_.delivered_up_to(9).size(), 2U);
  EXPECT_EQ(store_.undelivered(2), 0U);
}

TEST_F(BatchStoreTest, UnusedBatchesGoAfterTheirTime) {
  store_.put(held(1), now_);
  store_.put(held(2), now_);
  store_.set_delivered(held(2).ref.digest, 5);
  EXPECT_TRUE(store_.unused_since(now_ + kUnusedFor).empty());
  EXPECT_EQ(store_.unused_since(now_ + kUnusedFor + std::chrono::seconds(1)),
            std::vector<Digest>{held(1).ref.digest});
}

TEST_F(BatchStoreTest, AsksTheNamedPeerFirstAndThenOthersInTurn) {
  const std::chrono::milliseconds patience{200};
  const auto ref = held(1).ref;
  store_.want(ref, 3, now_);
  const std::vector<consensus::ValidatorIndex> connected{0, 1, 3};
  auto requests = store_.due(connected, now_, patience);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].to, 3);
  EXPECT_TRUE(store_.due(connected, now_, patience).empty());  // a request is out
  store_.want(ref, 3, now_);                                   // asking again changes nothing
  EXPECT_TRUE(store_.due(connected, now_, patience).empty());
  std::set<int> asked;
  for (int i = 1; i <= 3; ++i) {
    requests = store_.due(connected, now_ + i * patience, patience);
    ASSERT_EQ(requests.size(), 1U);
    asked.insert(requests[0].to);
  }
  EXPECT_EQ(asked, (std::set<int>{0, 1, 3}));
  store_.put(held(1), now_);
  EXPECT_FALSE(store_.is_wanted(ref.digest));
  EXPECT_TRUE(store_.due(connected, now_ + 9 * patience, patience).empty());
}

TEST_F(BatchStoreTest, WantsNoMoreThanItsLimit) {
  for (std::uint64_t i = 0; i < kWantedMax + 10; ++i) {
    Digest digest;
    digest.bytes[0] = static_cast<std::uint8_t>(i);
    digest.bytes[1] = static_cast<std::uint8_t>(i >> 8U);
    store_.want({digest, 1, 1}, 0, now_);
  }
  std::size_t total = 0;
  for (int i = 0; i < 20; ++i) {
    for (const auto& request : store_.due({0}, now_, std::chrono::hours(1))) {
      EXPECT_LE(request.digests.size(), kGetBatchMax);
      total += request.digests.size();
    }
  }
  EXPECT_EQ(total, kWantedMax);
}

}  // namespace
}  // namespace footproof::node
