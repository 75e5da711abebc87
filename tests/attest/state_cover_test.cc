#include "attest/state_cover.h"

#include <gtest/gtest.h>

#include "tests/support/naive_state_tree.h"

namespace footproof {
namespace {

using testing::NaiveStateTree;

Digest key(std::size_t number) { return sha256(as_bytes("key " + std::to_string(number))); }
Bytes value(std::size_t number) { return {static_cast<std::uint8_t>(number), 7}; }

StateClaim claim_of(const NaiveStateTree& tree, const Digest& asked) {
  const Bytes* found = tree.find(asked);
  return {asked, found != nullptr ? std::optional(state_value_hash(*found)) : std::nullopt};
}

// Records under keys 0 to count − 1; every key from there on is absent.
NaiveStateTree tree_of(std::size_t count) {
  NaiveStateTree tree;
  for (std::size_t i = 0; i < count; ++i) tree.put(key(i), value(i));
  return tree;
}

TEST(StateCover, MakesTheVeryProofsOfTheTree) {
  for (const std::size_t count : {0U, 1U, 2U, 7U, 60U}) {
    const NaiveStateTree tree = tree_of(count);
    StateCover cover(tree.root());
    std::size_t asked = 0;
    for (std::size_t i = 0; i < 400; ++i) {
      std::vector<Digest> keys = {key(i), key(i + 1)};
      auto shown = cover.prove(keys);
      if (!shown) {
        ++asked;
        const std::vector<StateClaim> claims = {claim_of(tree, keys[0]), claim_of(tree, keys[1])};
        ASSERT_TRUE(cover.add(tree.prove(keys), claims).has_value());
        shown = cover.prove(keys);
      }
      ASSERT_TRUE(shown.has_value());
      EXPECT_EQ(shown->proof, tree.prove(keys));
      for (std::size_t k = 0; k < 2; ++k) {
        EXPECT_EQ(shown->value_hashes[k], claim_of(tree, keys[k]).value_hash);
      }
    }
    EXPECT_LE(asked, 2 * count + 2) << "one for each place where a key can end";
  }
}

TEST(StateCover, SaysNothingOfWhatItWasNotShown) {
  const NaiveStateTree tree = tree_of(60);
  StateCover cover(tree.root());
  EXPECT_FALSE(cover.prove(std::vector{key(0)}).has_value());
  ASSERT_TRUE(cover.add(tree.prove({key(0)}), std::vector{claim_of(tree, key(0))}).has_value());
  EXPECT_TRUE(cover.prove(std::vector{key(0)}).has_value());
  std::size_t known = 0;
  for (std::size_t i = 1; i < 60; ++i) known += cover.prove(std::vector{key(i)}) ? 1U : 0U;
  EXPECT_EQ(known, 0U);
}

TEST(StateCover, TakesNothingThatDoesNotLeadToItsRoot) {
  const NaiveStateTree tree = tree_of(10);
  StateCover cover(tree_of(11).root());
  EXPECT_FALSE(cover.add(tree.prove({key(0)}), std::vector{claim_of(tree, key(0))}).has_value());
  EXPECT_FALSE(cover.prove(std::vector{key(0)}).has_value());
  StateCover own(tree.root());
  EXPECT_FALSE(own.add(tree.prove({key(0)}), std::vector{StateClaim{key(0), {}}}).has_value());
  EXPECT_FALSE(own.prove(std::vector{key(0)}).has_value());
}

}  // namespace
}  // namespace footproof
