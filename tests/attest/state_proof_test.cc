#include "attest/state_proof.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/attest/ledger_samples.h"
#include "tests/support/golden.h"
#include "tests/support/naive_state_tree.h"

namespace footproof {
namespace {

using samples::filled;
using Kind = StateTerminal::Kind;
using testing::NaiveStateTree;

// A key whose first byte is this and whose rest is `fill`.
Digest key_of(std::uint8_t first, std::uint8_t fill = 0) {
  Digest key = filled(fill);
  key.bytes[0] = first;
  return key;
}

StateClaim present(const Digest& key, std::string_view value) {
  return {key, state_value_hash(as_bytes(value))};
}
StateClaim absent(const Digest& key) { return {key, std::nullopt}; }

void put(NaiveStateTree& tree, const Digest& key, std::string_view value) {
  tree.put(key, to_bytes(as_bytes(value)));
}

// What the tree says about these keys, as claims.
std::vector<StateClaim> claims_of(const NaiveStateTree& tree, const std::vector<Digest>& keys) {
  std::vector<StateClaim> claims;
  for (const Digest& key : keys) {
    const Bytes* value = tree.find(key);
    claims.push_back(
        {key, value == nullptr ? std::nullopt : std::optional<Digest>(state_value_hash(*value))});
  }
  return claims;
}

// Random trees of every shape: many keys share long prefixes, some differ in the last bit only.
class RandomTrees {
 public:
  explicit RandomTrees(std::uint32_t seed) : random_(seed) {}

  Digest key() {
    Digest key;
    if (!keys_.empty() && random_() % 2 == 0) {
      key = keys_[random_() % keys_.size()];
      const std::size_t bit = random_() % 4 == 0 ? 255 - random_() % 3 : random_() % 256;
      key.bytes[bit / 8] = static_cast<std::uint8_t>(key.bytes[bit / 8] ^ (0x80U >> (bit % 8)));
    } else {
      for (auto& byte : key.bytes) byte = static_cast<std::uint8_t>(random_());
    }
    keys_.push_back(key);
    return key;
  }
  std::uint32_t number(std::uint32_t below) {
    return static_cast<std::uint32_t>(random_() % below);
  }
  const std::vector<Digest>& keys() const { return keys_; }

 private:
  std::mt19937 random_;
  std::vector<Digest> keys_;
};

TEST(StateProof, IsGolden) {
  StateProof proof;
  proof.siblings = {filled(1), kStateEmpty, filled(2)};
  proof.terminals = {{Kind::foreign, 3, filled(0x0f), filled(3)}};
  EXPECT_EQ(to_hex(encode(proof)), to_hex(testing::golden("state_proof")));
  const auto parsed = parse_state_proof(testing::golden("state_proof"));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(*parsed, proof);
}

TEST(StateProof, HashesHaveTheirPrefixes) {
  Bytes leaf = {0x02};
  append(leaf, filled(1).view());
  append(leaf, filled(2).view());
  EXPECT_EQ(state_leaf_hash(filled(1), filled(2)), sha256(leaf));
  leaf[0] = 0x03;
  EXPECT_EQ(state_node_hash(filled(1), filled(2)), sha256(leaf));
}

TEST(StateProof, BitsGoMostSignificantFirst) {
  EXPECT_TRUE(state_key_bit(key_of(0x80), 0));
  EXPECT_FALSE(state_key_bit(key_of(0x80), 1));
  EXPECT_TRUE(state_key_bit(key_of(0x01), 7));
  EXPECT_EQ(state_shared_bits(key_of(0x80), key_of(0xa0)), 2U);
  EXPECT_EQ(state_shared_bits(filled(7), filled(7)), 256U);
  Digest last = filled(0);
  last.bytes[31] = 1;
  EXPECT_EQ(state_shared_bits(filled(0), last), 255U);
}

TEST(StateProof, TheEmptyTreeHoldsNothing) {
  const StateProof proof{{}, {{Kind::empty, 0, {}, {}}}};
  const StateClaim claims[] = {absent(filled(1)), absent(filled(2))};
  EXPECT_TRUE(verify_state_proof(proof, kStateEmpty, claims).has_value());
  const StateClaim one[] = {present(filled(1), "x")};
  EXPECT_FALSE(verify_state_proof(proof, kStateEmpty, one).has_value());
}

TEST(StateProof, ATreeOfOneLeafIsThatLeaf) {
  NaiveStateTree tree;
  put(tree, filled(1), "one");
  EXPECT_EQ(tree.root(), state_leaf_hash(filled(1), state_value_hash(as_bytes("one"))));
  const StateProof proof = tree.prove({filled(1), filled(9)});
  const StateClaim claims[] = {present(filled(1), "one"), absent(filled(9))};
  EXPECT_TRUE(verify_state_proof(proof, tree.root(), claims).has_value());
}

TEST(StateProof, ShowsPresenceAndAbsenceInEveryTree) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    RandomTrees random(seed);
    NaiveStateTree tree;
    const std::uint32_t size = random.number(24);
    for (std::uint32_t i = 0; i < size; ++i) put(tree, random.key(), "v" + std::to_string(i));
    std::vector<Digest> asked;
    for (std::uint32_t i = 0; i < 1 + random.number(6); ++i) {
      const bool known = !random.keys().empty() && random.number(2) == 0;
      const Digest key =
          known ? random.keys()[random.number(static_cast<std::uint32_t>(random.keys().size()))]
                : random.key();
      if (std::ranges::find(asked, key) == asked.end()) asked.push_back(key);
    }
    const StateProof proof = tree.prove(asked);
    auto claims = claims_of(tree, asked);
    const auto good = verify_state_proof(proof, tree.root(), claims);
    ASSERT_TRUE(good.has_value()) << "seed " << seed << ": " << good.error().detail;
    std::ranges::reverse(claims);  // their order does not matter
    ASSERT_TRUE(verify_state_proof(proof, tree.root(), claims).has_value());
    const auto parsed = parse_state_proof(encode(proof));
    ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
    ASSERT_EQ(*parsed, proof);
    for (StateClaim& claim : claims) {  // the opposite of the truth, and another value
      const auto truth = claim.value_hash;
      claim.value_hash = truth ? std::nullopt : std::optional(filled(0x5a));
      ASSERT_FALSE(verify_state_proof(proof, tree.root(), claims).has_value()) << "seed " << seed;
      claim.value_hash = filled(0x5b);
      ASSERT_FALSE(verify_state_proof(proof, tree.root(), claims).has_value()) << "seed " << seed;
      claim.value_hash = truth;
    }
  }
}

TEST(StateProof, EveryChangedBitIsSeen) {
  NaiveStateTree tree;
  RandomTrees random(7);
  for (int i = 0; i < 12; ++i) put(tree, random.key(), "v" + std::to_string(i));
  const std::vector<Digest> asked = {random.keys()[0], random.keys()[1], random.key(),
                                     random.key()};
  const Bytes bytes = encode(tree.prove(asked));
  const auto claims = claims_of(tree, asked);
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    Bytes changed = bytes;
    changed[i / 8] = static_cast<std::uint8_t>(changed[i / 8] ^ (1U << (i % 8)));
    const auto parsed = parse_state_proof(changed);
    if (!parsed) continue;
    ASSERT_EQ(encode(*parsed), changed) << "bit " << i;
    EXPECT_FALSE(verify_state_proof(*parsed, tree.root(), claims).has_value()) << "bit " << i;
  }
}

TEST(StateProof, AProofForSomeKeysSaysNothingAboutOthers) {
  NaiveStateTree tree;
  for (std::uint8_t i = 0; i < 8; ++i) put(tree, key_of(static_cast<std::uint8_t>(i * 32)), "v");
  const StateProof proof = tree.prove({key_of(0x20)});
  const StateClaim other[] = {present(key_of(0x40), "v")};
  EXPECT_FALSE(verify_state_proof(proof, tree.root(), other).has_value());
  const StateClaim more[] = {present(key_of(0x20), "v"), absent(key_of(0x41))};
  EXPECT_FALSE(verify_state_proof(proof, tree.root(), more).has_value());
}

// Proofs that some tree-like hash would satisfy, and that are refused all the same. The root is
// whatever they would lead to; the claim is one key.
void expect_refused(const StateProof& proof, std::vector<StateClaim> claims, std::string_view why) {
  const auto root = state_root_from(proof, claims);
  ASSERT_FALSE(root.has_value()) << why;
  EXPECT_NE(root.error().detail.find(why), std::string::npos) << root.error().detail;
}

TEST(StateProof, AForeignLeafMustDifferAndStandOnThePath) {
  const Digest asked = key_of(0x00);
  const Digest sibling = filled(0x77);
  expect_refused({{sibling}, {{Kind::foreign, 1, asked, filled(1)}}}, {absent(asked)},
                 "one of the asked keys");
  expect_refused({{sibling}, {{Kind::foreign, 1, key_of(0x80), filled(1)}}}, {absent(asked)},
                 "stands elsewhere");
  // The other asked key is the foreign leaf: then it is no foreign leaf.
  expect_refused({{sibling}, {{Kind::foreign, 1, key_of(0x01), filled(1)}}},
                 {absent(asked), absent(key_of(0x01))}, "one of the asked keys");
  EXPECT_TRUE(state_root_from({{sibling}, {{Kind::foreign, 1, key_of(0x01), filled(1)}}},
                              std::vector{absent(asked)})
                  .has_value());
}

TEST(StateProof, ATerminalStandsAsHighAsItCan) {
  const StateClaim here = present(key_of(0x00), "v");
  const StateClaim gone = absent(key_of(0x00));
  expect_refused({{kStateEmpty}, {{Kind::leaf, 1, {}, {}}}}, {here}, "too deep");
  expect_refused({{kStateEmpty}, {{Kind::foreign, 1, key_of(0x01), filled(1)}}}, {gone},
                 "too deep");
  expect_refused({{kStateEmpty}, {{Kind::empty, 1, {}, {}}}}, {gone}, "too deep");
  expect_refused({{filled(9), kStateEmpty}, {{Kind::leaf, 2, {}, {}}}}, {here}, "too deep");
  // Two asked keys: a leaf beside an empty terminal.
  expect_refused({{}, {{Kind::leaf, 1, {}, {}}, {Kind::empty, 1, {}, {}}}},
                 {here, absent(key_of(0x80))}, "too deep");
  EXPECT_TRUE(
      state_root_from({{kStateEmpty, filled(9)}, {{Kind::leaf, 2, {}, {}}}}, std::vector{here})
          .has_value());
}

TEST(StateProof, NothingIsLeftOverOrMissing) {
  const StateClaim here = present(key_of(0x00), "v");
  expect_refused({{filled(1), filled(2)}, {{Kind::leaf, 1, {}, {}}}}, {here}, "siblings");
  expect_refused({{}, {{Kind::leaf, 1, {}, {}}}}, {here}, "siblings");
  expect_refused({{}, {}}, {here}, "terminals");
  expect_refused({{}, {{Kind::leaf, 0, {}, {}}, {Kind::leaf, 0, {}, {}}}}, {here}, "terminals");
  expect_refused({{}, {{Kind::leaf, 0, {}, {}}}}, {here, present(key_of(0x80), "w")}, "exactly");
  expect_refused({{}, {{Kind::leaf, 0, {}, {}}}}, {absent(key_of(0x00))}, "exactly");
  expect_refused({{}, {{Kind::empty, 0, {}, {}}}}, {here}, "no leaf");
  expect_refused({std::vector<Digest>(300, filled(1)), {{Kind::leaf, 257, {}, {}}}}, {here},
                 "too deep");
  // The second terminal stands above the place where its key is by then.
  expect_refused({{filled(1)}, {{Kind::leaf, 1, {}, {}}, {Kind::leaf, 0, {}, {}}}},
                 {here, present(key_of(0x80), "w")}, "above");
}

TEST(StateProof, NoKeyIsAskedTwiceAndNoneIsTooFew) {
  const StateProof proof{{}, {{Kind::empty, 0, {}, {}}}};
  EXPECT_FALSE(state_root_from(proof, {}).has_value());
  EXPECT_FALSE(
      state_root_from(proof, std::vector{absent(filled(1)), absent(filled(1))}).has_value());
  std::vector<StateClaim> many;
  for (std::uint8_t i = 0; i < 65; ++i) many.push_back(absent(filled(i)));
  EXPECT_FALSE(state_root_from(proof, many).has_value());
  many.pop_back();
  EXPECT_TRUE(state_root_from(proof, many).has_value());
}

TEST(StateProof, KeysThatDifferInTheLastBitHaveProofs) {
  NaiveStateTree tree;
  Digest low = filled(0xab);
  low.bytes[31] = 0x10;
  Digest high = low;
  high.bytes[31] = 0x11;
  put(tree, low, "low");
  put(tree, high, "high");
  const StateProof proof = tree.prove({low});
  EXPECT_EQ(proof.terminals.front().depth, 256);
  const StateClaim one[] = {present(low, "low")};
  EXPECT_TRUE(verify_state_proof(proof, tree.root(), one).has_value());
  const StateClaim both[] = {present(low, "low"), present(high, "high")};
  EXPECT_TRUE(verify_state_proof(tree.prove({low, high}), tree.root(), both).has_value());
}

}  // namespace
}  // namespace footproof
