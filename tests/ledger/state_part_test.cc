// The state in parts: each proves itself, and together they are the whole.
#include "ledger/state_part.h"

#include <gtest/gtest.h>

#include <map>

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

TEST_F(StatePartTest, RecordsOfAnotherPrefixAreNoPart) {
  const auto part = make_state_part(*snapshot(), "").value();
  EXPECT_FALSE(check_state_part(part, "0", snapshot()->head().state_root));
  EXPECT_EQ(make_state_part(*snapshot(), "xyz").error().code, Errc::usage);
  EXPECT_EQ(make_state_part(*snapshot(), std::string(65, '0')).error().code, Errc::usage);
}

}  // namespace
}  // namespace footproof::ledger
