#include "attest/subject.h"

#include <gtest/gtest.h>

namespace footproof {
namespace {

DeclarationTree tree(std::uint8_t fill) {
  DeclarationTree made{"footproof-core-1", 128, {}};
  made.root.bytes.fill(fill);
  return made;
}

std::vector<Bytes> entries(std::size_t count) {
  std::vector<Bytes> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back(declaration_entry(tree(static_cast<std::uint8_t>(i))));
  }
  return made;
}

TEST(Subject, EntryIsTheGoldenBytes) {
  EXPECT_EQ(to_hex(declaration_entry(tree(0xAB))),
            "84"
            "7818"
            "666f6f7470726f6f662f6465636c61726174696f6e2f7631"
            "70"
            "666f6f7470726f6f662d636f72652d31"
            "1880"
            "5820"
            "abababababababababababababababababababababababababababababababab");
}

TEST(Subject, OneDeclarationHasAnEmptyPath) {
  const Subject subject = single_subject(tree(1));
  EXPECT_EQ(subject.count, 1U);
  EXPECT_EQ(*make_subject(std::vector<Bytes>{declaration_entry(tree(1))}), subject);
  EXPECT_TRUE(verify_subject(tree(1), 0, {}, subject).has_value());
  EXPECT_FALSE(verify_subject(tree(2), 0, {}, subject).has_value());
  EXPECT_FALSE(verify_subject(tree(1), 1, {}, subject).has_value());
  EXPECT_FALSE(verify_subject(tree(1), 0, std::vector<Digest>{{}}, subject).has_value());
}

TEST(Subject, EveryPositionOfEveryCountVerifiesOnlyThere) {
  for (const std::size_t count : {1U, 2U, 4U, 8U, 64U}) {
    const auto all = entries(count);
    const Subject subject = *make_subject(all);
    for (std::size_t i = 0; i < count; ++i) {
      const auto path = *subject_path(all, i);
      const DeclarationTree mine = tree(static_cast<std::uint8_t>(i));
      EXPECT_TRUE(verify_subject(mine, i, path, subject).has_value());
      for (std::size_t other = 0; other < 2 * count; ++other) {
        EXPECT_EQ(verify_subject(mine, other, path, subject).has_value(), other == i);
      }
      EXPECT_FALSE(verify_subject(mine, i, path, {subject.root, count * 2}).has_value());
      EXPECT_FALSE(verify_subject(mine, i, path, {subject.root, count + 1}).has_value());
      EXPECT_FALSE(verify_subject(mine, i, path, {subject.root, 0}).has_value());
      EXPECT_FALSE(verify_subject(mine, i, path, {subject.root, kSubjectCountMax * 2}).has_value());
    }
  }
}

TEST(Subject, EveryPartOfTheTreeCounts) {
  const Subject subject = single_subject(tree(1));
  DeclarationTree other = tree(1);
  other.size = 256;
  EXPECT_FALSE(verify_subject(other, 0, {}, subject).has_value());
  other = tree(1);
  other.profile = "footproof-core-2";
  EXPECT_FALSE(verify_subject(other, 0, {}, subject).has_value());
}

TEST(Subject, RefusesOddCountsAndRepeatedEntries) {
  EXPECT_FALSE(make_subject({}).has_value());
  EXPECT_FALSE(make_subject(entries(3)).has_value());
  auto twice = entries(4);
  twice[3] = twice[0];
  EXPECT_FALSE(make_subject(twice).has_value());
  EXPECT_FALSE(subject_path(entries(4), 4).has_value());
}

}  // namespace
}  // namespace footproof
