#include "node/mempool.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "node/refusals.h"
#include "node/verifier_pool.h"

namespace footproof::node {
namespace {

using std::chrono::steady_clock;

PendingStatement statement(const std::string& name, const std::string& entry = "") {
  return {sha256(as_bytes(name)), sha256(as_bytes(entry.empty() ? name : entry)),
          Bytes(100, static_cast<std::uint8_t>(name[0]))};
}

std::vector<Digest> hashes(std::initializer_list<std::string> names) {
  std::vector<Digest> out;
  for (const auto& name : names) out.push_back(sha256(as_bytes(name)));
  return out;
}

TEST(Mempool, GivesOutTheOldestWithinCountAndBytes) {
  Mempool pool(10);
  for (const char* name : {"a", "b", "c", "d"}) {
    EXPECT_EQ(pool.add(statement(name)), Mempool::Added::taken);
  }
  EXPECT_EQ(pool.add(statement("a")), Mempool::Added::known);
  EXPECT_EQ(pool.waiting_bytes(), 400U);
  EXPECT_EQ(pool.take(10, 2 * 104).size(), 2U);
  EXPECT_EQ(pool.take(1, 1)[0].statement_hash, sha256(as_bytes("c")));  // one goes always
  EXPECT_EQ(pool.waiting(), 1U);
  EXPECT_EQ(pool.size(), 4U);
}

TEST(Mempool, RefusesAboveItsLimitUntilSomethingIsExecuted) {
  Mempool pool(2);
  EXPECT_EQ(pool.add(statement("a")), Mempool::Added::taken);
  EXPECT_EQ(pool.add(statement("b")), Mempool::Added::taken);
  EXPECT_EQ(pool.add(statement("c")), Mempool::Added::full);
  EXPECT_EQ(pool.take(10, 10'000).size(), 2U);
  EXPECT_EQ(pool.add(statement("c")), Mempool::Added::full);  // on its way is not gone
  pool.remove(hashes({"a"}));
  EXPECT_EQ(pool.add(statement("c")), Mempool::Added::taken);
}

// Two submitters of the same bytes: what the first took out when its time was over, the second
// would have called executed, and nobody had it.
TEST(Mempool, WhoStopsWaitingTakesNothingFromWhoStillWaits) {
  Mempool pool(10);
  EXPECT_EQ(pool.add(statement("a")), Mempool::Added::taken);
  EXPECT_EQ(pool.add(statement("a")), Mempool::Added::known);
  const auto over = steady_clock::now() - std::chrono::seconds(1);
  EXPECT_EQ(pool.wait_durable(hashes({"a"}), over), std::vector<bool>{false});
  EXPECT_EQ(pool.waiting(), 1U);
  EXPECT_EQ(pool.wait_durable(hashes({"a"}), over), std::vector<bool>{false});
  EXPECT_EQ(pool.waiting(), 0U);
  EXPECT_EQ(pool.size(), 0U);
}

TEST(Mempool, AJunkCopyDoesNotStandInTheWay) {
  Mempool pool(10);
  EXPECT_EQ(pool.add(statement("junk", "entry")), Mempool::Added::taken);
  EXPECT_EQ(pool.add(statement("real", "entry")), Mempool::Added::taken);
  pool.remove(hashes({"junk"}));
  EXPECT_TRUE(pool.has_entry(sha256(as_bytes("entry"))));
  pool.remove(hashes({"real"}));
  EXPECT_FALSE(pool.has_entry(sha256(as_bytes("entry"))));
}

// 202 only when the batch is in the log.
TEST(Mempool, SubmitterWaitsUntilItsBatchIsDurable) {
  Mempool pool(10);
  ASSERT_EQ(pool.add(statement("a")), Mempool::Added::taken);
  auto waiting = std::async(std::launch::async, [&pool] {
    return pool.wait_durable(hashes({"a"}), steady_clock::now() + std::chrono::seconds(20));
  });
  ASSERT_EQ(pool.take(1, 1000).size(), 1U);
  pool.set_durable(hashes({"a"}));
  EXPECT_EQ(waiting.get(), std::vector<bool>{true});
}

TEST(Mempool, WhatWasNotBatchedInTimeIsTakenOutAgain) {
  Mempool pool(10);
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_EQ(pool.add(statement(name)), Mempool::Added::taken);
  }
  ASSERT_EQ(pool.take(1, 1000).size(), 1U);
  ASSERT_EQ(pool.take(1, 1000).size(), 1U);
  pool.set_durable(hashes({"a"}));  // b is batched, c waits
  EXPECT_EQ(pool.wait_durable(hashes({"a", "b", "c"}), steady_clock::now()),
            (std::vector<bool>{true, false, false}));
  EXPECT_EQ(pool.waiting(), 0U);
  EXPECT_TRUE(pool.has_entry(sha256(as_bytes("b"))));
  EXPECT_FALSE(pool.has_entry(sha256(as_bytes("c"))));
  EXPECT_EQ(pool.add(statement("c")), Mempool::Added::taken);
}

TEST(Mempool, StopEndsEveryWait) {
  Mempool pool(10);
  ASSERT_EQ(pool.add(statement("a")), Mempool::Added::taken);
  auto waiting = std::async(std::launch::async, [&pool] {
    return pool.wait_durable(hashes({"a"}), steady_clock::now() + std::chrono::hours(1));
  });
  pool.stop();
  EXPECT_EQ(waiting.get(), std::vector<bool>{false});
  EXPECT_EQ(pool.add(statement("b")), Mempool::Added::full);
}

TEST(Mempool, OffersAgainOnlyWhatIsStillHere) {
  Mempool pool(10);
  ASSERT_EQ(pool.add(statement("a")), Mempool::Added::taken);
  ASSERT_EQ(pool.add(statement("b")), Mempool::Added::taken);
  auto taken = pool.take(10, 10'000);
  pool.remove(hashes({"a"}));
  pool.offer_again(std::move(taken));
  const auto again = pool.take(10, 10'000);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].statement_hash, sha256(as_bytes("b")));
}

TEST(Refusals, AreForgottenAfterADayAndAboveTheLimit) {
  Refusals refusals(2);
  const auto now = steady_clock::now();
  const FinalRefusal refusal{{ledger::RefusalReason::stale, ""}, 7};
  const auto a = sha256(as_bytes("a"));
  const auto b = sha256(as_bytes("b"));
  const auto c = sha256(as_bytes("c"));
  refusals.add(a, a, refusal, now);
  refusals.add(b, b, refusal, now);
  EXPECT_TRUE(refusals.of_statement(a, now));
  EXPECT_TRUE(refusals.of_entry(a, now + Refusals::kKeptFor));
  EXPECT_FALSE(refusals.of_entry(a, now + Refusals::kKeptFor + std::chrono::seconds(1)));
  refusals.add(c, c, refusal, now);
  EXPECT_FALSE(refusals.of_statement(a, now));
  EXPECT_TRUE(refusals.of_entry(b, now));
  EXPECT_EQ(refusals.of_entry(c, now)->height, 7U);
  EXPECT_EQ(refusals.size(), 2U);
}

// Anybody can make a copy of a statement with a junk signature and have it refused.
TEST(Refusals, OfAJunkSignatureAreNotThoseOfTheEntry) {
  Refusals refusals(10);
  const auto now = steady_clock::now();
  const auto entry = sha256(as_bytes("entry"));
  const auto real = sha256(as_bytes("real"));
  const auto junk = sha256(as_bytes("junk"));
  refusals.add(junk, entry, {{ledger::RefusalReason::bad_signature, ""}, 7}, now);
  EXPECT_TRUE(refusals.of_statement(junk, now));
  EXPECT_FALSE(refusals.of_entry(entry, now));
  refusals.add(real, entry, {{ledger::RefusalReason::stale, ""}, 8}, now);
  refusals.add(junk, entry, {{ledger::RefusalReason::bad_signature, ""}, 9}, now);
  EXPECT_EQ(refusals.of_entry(entry, now)->height, 8U);
}

TEST(VerifierPool, RunsAllAndRefusesWhatDoesNotFit) {
  VerifierPool pool(2, 4);
  std::atomic<int> ran = 0;
  std::vector<VerifierPool::Task> four(4, [&ran] { ++ran; });
  EXPECT_TRUE(pool.run_all(four));
  EXPECT_EQ(ran, 4);
  std::vector<VerifierPool::Task> five(5, [&ran] { ++ran; });
  EXPECT_FALSE(pool.run_all(five));
  EXPECT_EQ(ran, 4);
  pool.stop();
  EXPECT_FALSE(pool.post([] {}));
}

}  // namespace
}  // namespace footproof::node
