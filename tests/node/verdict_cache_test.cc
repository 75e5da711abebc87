#include "node/verdict_cache.h"

#include <gtest/gtest.h>

#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

// Whoever may submit could fill the memory of every node otherwise.
TEST(VerdictCache, HoldsAtMostItsVerdictsAndStaysRight) {
  const test::TempFolder folder;
  const testing::Sequencer network(folder.path());
  const SigningKey key = testing::party_key(testing::kVerifierUri, KeyUsage::sign);
  const SigningKey other = testing::party_key(testing::kOperatorUri, KeyUsage::sign);
  VerdictCache cache(8);
  std::vector<Statement> statements;
  for (std::uint64_t i = 0; i < 50; ++i) {
    statements.push_back(network.sign(testing::kVerifierUri, key, network.attestation(i)));
    EXPECT_TRUE(cache.verify(key.public_key(), statements.back()));
    EXPECT_FALSE(cache.verify(other.public_key(), statements.back()));
    EXPECT_LE(cache.size(), 8U);
  }
  EXPECT_EQ(cache.size(), 8U);
  for (const Statement& statement : statements) {  // those forgotten, too
    EXPECT_TRUE(cache.verify(key.public_key(), statement));
    EXPECT_FALSE(cache.verify(other.public_key(), statement));
  }
}

}  // namespace
}  // namespace footproof::node
