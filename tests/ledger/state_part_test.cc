// The state in parts: each proves itself, and together they are the whole.
#include "ledger/state_part.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::ledger {
namespace {

class StatePartTest : public ::testing::Test {
 protected:
  StatePartTest() { network_.admit_verifier(); }
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const {
    return network_.store().snapshot();
  }

  test::TempFolder folder_;
  testing::Sequencer network_{folder_.path()};
};

TEST_F(StatePartTest, ASmallStateIsOnePart) {
  const auto part = make_state_part(*snapshot(), "");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->records.size(), snapshot()->ledger().tree.size());
  EXPECT_TRUE(check_state_part(*part, "", snapshot()->head().state_root));
  EXPECT_FALSE(check_state_part(*part, "", sha256(as_bytes("another"))));
}

// A tree cut at every digit of its first three: what lies below a prefix has the hash of its
// branch.
TEST_F(StatePartTest, BranchesLeadToThePartAbove) {
  StateTree tree;
  std::map<Digest, Bytes> records;
  for (int i = 0; i < 3000; ++i) {
    const Bytes record = to_bytes(as_bytes(std::to_string(i)));
    const Digest key = sha256(record);
    records[key] = record;
    tree.put(key, state_value_hash(record));
  }
  std::size_t found = 0;
  const std::string digits = "0123456789abcdef";
  const std::function<void(const std::string&, const Digest&)> walk = [&](const std::string& prefix,
                                                                          const Digest& hash) {
    StatePart part;
    if (prefix.size() < 3) {
      for (const char digit : digits) {
        std::string below = prefix + digit;
        const std::size_t bits = 4 * below.size();
        below.resize(64, '0');
        const auto subtree = tree.subtree(digest_from_hex(below).value(), bits);
        part.branches.push_back({subtree.kind, subtree.hash});
      }
    } else {
      std::string from = prefix;
      from.resize(64, '0');
      for (const Digest& key : tree.keys_below(digest_from_hex(from).value(), 12, 1000)) {
        part.records.emplace_back(key, records.at(key));
      }
      found += part.records.size();
    }
    const auto parsed = parse_state_part(encode(part));
    ASSERT_TRUE(parsed) << parsed.error().detail;
    ASSERT_TRUE(check_state_part(*parsed, prefix, hash)) << prefix;
    if (!part.records.empty()) {
      part.records.back().second.push_back(0);
      EXPECT_FALSE(check_state_part(part, prefix, hash));
      part.records.pop_back();
      EXPECT_FALSE(check_state_part(part, prefix, hash));
    }
    for (std::size_t i = 0; i < part.branches.size(); ++i) {
      walk(prefix + digits[i], part.branches[i].hash);
    }
  };
  walk("", tree.root());
  EXPECT_EQ(found, records.size());
}

// A tree of these keys with records of no importance.
struct SmallTree {
  explicit SmallTree(const std::vector<std::string>& prefixes) {
    for (std::string key : prefixes) {
      key.resize(64, '7');
      records.emplace_back(digest_from_hex(key).value(), to_bytes(as_bytes(key)));
      tree.put(records.back().first, state_value_hash(records.back().second));
    }
    std::ranges::sort(records);
  }
  [[nodiscard]] Digest hash_below(std::string prefix) const {
    const std::size_t bits = 4 * prefix.size();
    prefix.resize(64, '0');
    return tree.subtree(digest_from_hex(prefix).value(), bits).hash;
  }
  [[nodiscard]] StatePart branches(const std::string& prefix) const {
    StatePart part;
    for (const char digit : std::string_view("0123456789abcdef")) {
      std::string below = prefix + digit;
      const std::size_t bits = 4 * below.size();
      below.resize(64, '0');
      const auto subtree = tree.subtree(digest_from_hex(below).value(), bits);
      part.branches.push_back({subtree.kind, subtree.hash});
    }
    return part;
  }

  StateTree tree;
  std::vector<std::pair<Digest, Bytes>> records;
};

TEST_F(StatePartTest, ALoneLeafIsGivenAsItsRecord) {
  const SmallTree one({"5a"});
  EXPECT_TRUE(check_state_part({{}, one.records}, "", one.tree.root()));
  EXPECT_FALSE(check_state_part(one.branches(""), "", one.tree.root()));
  const SmallTree two({"5a", "b0"});
  EXPECT_TRUE(check_state_part(two.branches(""), "", two.tree.root()));
  EXPECT_TRUE(check_state_part({{}, {two.records[0]}}, "5", two.hash_below("5")));
  EXPECT_FALSE(check_state_part(two.branches("5"), "5", two.hash_below("5")));
}

// Else a source could lead whoever follows down to the last digit, and to a part that nobody has.
TEST_F(StatePartTest, ABranchThatRepeatsTheHashAboveIsNoPart) {
  const SmallTree tree({"5a", "b0", "b1"});
  StatePart part;
  part.branches.assign(kStateBranches, {});
  part.branches[11] = {StateTree::Subtree::Kind::leaf, tree.tree.root()};
  EXPECT_FALSE(check_state_part(part, "", tree.tree.root()));
}

TEST_F(StatePartTest, NothingIsGivenAsNoRecords) {
  StatePart none;
  EXPECT_TRUE(check_state_part(none, "3", Digest{}));
  none.branches.assign(kStateBranches, {});
  EXPECT_FALSE(check_state_part(none, "3", Digest{}));
}

// Kinds matter beside an empty subtree: a leaf is lifted over it, a node is not.
TEST_F(StatePartTest, AKindThatChangesTheHashIsFound) {
  using Kind = StateTree::Subtree::Kind;
  const std::vector<std::vector<std::string>> cases = {
      {"0", "f"},   {"00", "01"},      {"0", "1", "8"},          {"0", "20", "21"},
      {"10", "1f"}, {"40", "4f", "5"}, {"a0", "a1", "c0", "c1"}, {"000", "001", "f"}};
  for (const auto& prefixes : cases) {
    const SmallTree tree(prefixes);
    const StatePart part = tree.branches("");
    ASSERT_TRUE(check_state_part(part, "", tree.tree.root()));
    for (std::size_t i = 0; i < kStateBranches; ++i) {
      if (part.branches[i].kind == Kind::empty) continue;
      const bool is_alone = part.branches[i ^ 1U].kind == Kind::empty;
      StatePart other = part;
      other.branches[i].kind = part.branches[i].kind == Kind::leaf ? Kind::node : Kind::leaf;
      EXPECT_EQ(check_state_part(other, "", tree.tree.root()).has_value(), !is_alone)
          << prefixes.front() << " digit " << i;
    }
  }
}

TEST_F(StatePartTest, RecordsOfAnotherPrefixAreNoPart) {
  const auto part = make_state_part(*snapshot(), "").value();
  EXPECT_FALSE(check_state_part(part, "0", snapshot()->head().state_root));
  EXPECT_EQ(make_state_part(*snapshot(), "xyz").error().code, Errc::usage);
  EXPECT_EQ(make_state_part(*snapshot(), std::string(65, '0')).error().code, Errc::usage);
}

}  // namespace
}  // namespace footproof::ledger
