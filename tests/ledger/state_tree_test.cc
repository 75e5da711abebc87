#include "ledger/state_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <random>
#include <vector>

#include "tests/support/naive_state_tree.h"

namespace footproof::ledger {
namespace {

Digest numbered(std::string_view what, std::uint64_t number) {
  return tagged_hash(what, {ByteWriter().u64(number).bytes()});
}

// Keys that share long prefixes: nodes with an empty side, and forks at the very last bit.
Digest near_key(std::uint64_t number) {
  Digest key = numbered("near", number / 8);
  key.bytes[31] = static_cast<std::uint8_t>(number % 2);
  key.bytes[12] = static_cast<std::uint8_t>((number / 2) % 4);
  return key;
}

Bytes value_of(std::uint64_t number) { return to_bytes(numbered("value", number).view()); }

StateTree tree_of(const std::vector<std::uint64_t>& numbers) {
  StateTree tree;
  for (const auto number : numbers) {
    tree.put(numbered("key", number), state_value_hash(value_of(number)));
  }
  return tree;
}

// The keys are digests: random for all that a tree can tell.
constexpr std::uint64_t kManyKeys = 100'000;

const StateTree& tree_of_many() {
  static const StateTree tree = [] {
    std::vector<std::uint64_t> numbers(kManyKeys);
    std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});
    return tree_of(numbers);
  }();
  return tree;
}

TEST(StateTree, AHundredThousandKeysAreProvedPresentAndAsManyAbsent) {
  const StateTree& tree = tree_of_many();
  EXPECT_EQ(tree.size(), kManyKeys);
  const Digest root = tree.root();
  for (std::uint64_t at = 0; at < kManyKeys; ++at) {
    const Digest key = numbered("key", at);
    const Digest hash = state_value_hash(value_of(at));
    const auto proof = tree.prove({{key}}).value();
    const StateClaim there{key, hash};
    const StateClaim gone{key, std::nullopt};
    const StateClaim other{key, state_value_hash(value_of(at + 1))};
    ASSERT_TRUE(verify_state_proof(proof, root, {{there}})) << at;
    ASSERT_FALSE(verify_state_proof(proof, root, {{gone}})) << at;
    ASSERT_FALSE(verify_state_proof(proof, root, {{other}})) << at;

    const Digest absent = numbered("absent", at);
    const auto absence = tree.prove({{absent}}).value();
    ASSERT_TRUE(verify_state_proof(absence, root, {{StateClaim{absent, std::nullopt}}})) << at;
    ASSERT_FALSE(verify_state_proof(absence, root, {{StateClaim{absent, hash}}})) << at;
  }
}

Bytes with_bit_flipped(Bytes bytes, std::size_t bit) {
  bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  return bytes;
}

// Of every thousandth key: proofs of presence and of absence, out of the tree of many keys.
TEST(StateTree, EveryFlippedBitOfAProofOrAValueIsRefused) {
  const StateTree& tree = tree_of_many();
  const Digest root = tree.root();
  std::size_t flips = 0;
  for (std::uint64_t number = 0; number < 2 * kManyKeys; number += 1'000) {
    const bool there = number < kManyKeys;
    const Digest key = numbered("key", number);
    const Bytes value = value_of(number);
    const StateClaim claim{key, there ? std::optional(state_value_hash(value)) : std::nullopt};
    const StateProof whole = tree.prove({{key}}).value();
    const Bytes proof = encode(whole);
    ASSERT_TRUE(verify_state_proof(parse_state_proof(proof).value(), root, {{claim}}));
    for (std::size_t bit = 0; bit < proof.size() * 8; ++bit, ++flips) {
      const auto parsed = parse_state_proof(with_bit_flipped(proof, bit));
      ASSERT_FALSE(parsed && verify_state_proof(*parsed, root, {{claim}})) << number << ' ' << bit;
    }
    for (std::size_t bit = 0; there && bit < value.size() * 8; ++bit, ++flips) {
      const StateClaim wrong{key, state_value_hash(with_bit_flipped(value, bit))};
      ASSERT_FALSE(verify_state_proof(whole, root, {{wrong}})) << number << ' ' << bit;
    }
  }
  std::printf("flipped bits refused: %zu\n", flips);
}

TEST(StateTree, TheRootDependsOnTheContentsOnly) {
  std::vector<std::uint64_t> numbers(500);
  for (std::uint64_t at = 0; at < numbers.size(); ++at) numbers[at] = at;
  const Digest root = tree_of(numbers).root();
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(numbers.begin(), numbers.end(), random);
    StateTree tree = tree_of(numbers);
    EXPECT_EQ(tree.root(), root);
    // What comes and goes leaves nothing behind, nor does a value that was there for a while.
    for (std::uint64_t at = 0; at < 50; ++at) tree.put(numbered("guest", at), Digest{});
    tree.put(numbered("key", 3), Digest{});
    for (std::uint64_t at = 50; at-- > 0;) tree.erase(numbered("guest", at));
    tree.put(numbered("key", 3), state_value_hash(value_of(3)));
    EXPECT_EQ(tree.root(), root);
    EXPECT_EQ(tree.size(), numbers.size());
  }
}

TEST(StateTree, AgreesWithTheNaiveTreeThroughRandomChanges) {
  std::mt19937_64 random(11);
  for (const std::uint64_t span : {6U, 40U, 300U}) {
    StateTree tree;
    testing::NaiveStateTree naive;
    for (int step = 0; step < 400; ++step) {
      const std::uint64_t number = random() % span;
      const Digest key = number % 3 == 0 ? numbered("key", number) : near_key(number);
      if (random() % 3 == 0) {
        tree.erase(key);
        naive.erase(key);
      } else {
        const Bytes value = value_of(random());
        tree.put(key, state_value_hash(value));
        naive.put(key, value);
      }
      ASSERT_EQ(tree.root(), naive.root()) << step;
      if (step % 8 != 0) continue;
      std::vector<Digest> asked;
      std::vector<StateClaim> claims;
      for (std::uint64_t at = random() % 3; at < span && asked.size() < 20;
           at += 1 + random() % 4) {
        asked.push_back(at % 3 == 0 ? numbered("key", at) : near_key(at));
        const Bytes* value = naive.find(asked.back());
        claims.push_back({asked.back(), value != nullptr ? std::optional(state_value_hash(*value))
                                                         : std::nullopt});
        EXPECT_EQ(tree.find(asked.back()), claims.back().value_hash);
      }
      std::sort(asked.begin(), asked.end());
      asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
      std::sort(claims.begin(), claims.end(),
                [](const StateClaim& a, const StateClaim& b) { return a.key < b.key; });
      claims.erase(
          std::unique(claims.begin(), claims.end(),
                      [](const StateClaim& a, const StateClaim& b) { return a.key == b.key; }),
          claims.end());
      const auto proof = tree.prove(asked).value();
      EXPECT_EQ(proof, naive.prove(asked));
      const auto verified = verify_state_proof(proof, tree.root(), claims);
      EXPECT_TRUE(verified) << verified.error().detail;
    }
  }
}

TEST(StateTree, ACopyKeepsItsContents) {
  StateTree tree = tree_of({1, 2, 3});
  const StateTree before = tree;
  const Digest root = tree.root();
  tree.put(numbered("key", 4), Digest{});
  tree.erase(numbered("key", 1));
  EXPECT_NE(tree.root(), root);
  EXPECT_EQ(before.root(), root);
  EXPECT_TRUE(before.find(numbered("key", 1)));
}

TEST(StateTree, TheEmptyTreeProvesAbsence) {
  const StateTree tree;
  EXPECT_EQ(tree.root(), kStateEmpty);
  const Digest key = numbered("key", 1);
  const auto proof = tree.prove({{key}}).value();
  EXPECT_TRUE(verify_state_proof(proof, kStateEmpty, {{StateClaim{key, std::nullopt}}}));
}

TEST(StateTree, RefusesToProveNothingTooMuchOrTwice) {
  const StateTree tree = tree_of({1});
  EXPECT_EQ(tree.prove({}).error().code, Errc::usage);
  EXPECT_EQ(tree.prove(std::vector<Digest>(2)).error().code, Errc::usage);
  std::vector<Digest> keys;
  for (std::uint64_t at = 0; at <= kStateProofKeysMax; ++at) keys.push_back(numbered("key", at));
  EXPECT_EQ(tree.prove(keys).error().code, Errc::usage);
  keys.pop_back();
  EXPECT_TRUE(tree.prove(keys));
}

}  // namespace
}  // namespace footproof::ledger
