#include "attest/subject_tree.h"

#include <gtest/gtest.h>

namespace footproof {
namespace {

DeclarationTree tree(std::uint32_t number) {
  DeclarationTree made{"footproof-core-1", 128, {}};
  for (std::size_t i = 0; i < 4; ++i) {
    made.root.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return made;
}

std::vector<Digest> leaves(std::uint32_t count) {
  std::vector<Digest> made;
  for (std::uint32_t i = 0; i < count; ++i) made.push_back(subject_leaf(tree(i)));
  return made;
}

TEST(SubjectTree, LeadsEveryMemberToTheSubject) {
  for (const std::uint32_t count : {1U, 2U, 8U, 1024U}) {
    const auto built = SubjectTree::make(leaves(count));
    ASSERT_TRUE(built.has_value());
    EXPECT_EQ(built->subject().count, count);
    for (std::uint32_t i = 0; i < count; ++i) {
      ASSERT_EQ(built->find(tree(i)), i);
      const auto path = built->path(i);
      ASSERT_TRUE(path.has_value());
      EXPECT_TRUE(verify_subject(tree(i), i, *path, built->subject()).has_value()) << i;
    }
  }
}

TEST(SubjectTree, IsTheSubjectOfTheEntries) {
  std::vector<Bytes> entries;
  for (std::uint32_t i = 0; i < 64; ++i) entries.push_back(declaration_entry(tree(i)));
  const auto built = SubjectTree::make(leaves(64));
  EXPECT_EQ(built->subject(), *make_subject(entries));
  for (std::uint32_t i = 0; i < 64; ++i) EXPECT_EQ(*built->path(i), *subject_path(entries, i));
}

TEST(SubjectTree, FindsNoStranger) {
  const auto built = SubjectTree::make(leaves(64));
  EXPECT_FALSE(built->find(tree(64)).has_value());
  DeclarationTree other = tree(5);
  other.size = 256;
  EXPECT_FALSE(built->find(other).has_value());
}

TEST(SubjectTree, RefusesOddCountsRepeatedLeavesAndFarPositions) {
  EXPECT_FALSE(SubjectTree::make({}).has_value());
  EXPECT_FALSE(SubjectTree::make(leaves(3)).has_value());
  auto twice = leaves(4);
  twice[3] = twice[0];
  EXPECT_FALSE(SubjectTree::make(twice).has_value());
  EXPECT_FALSE(SubjectTree::make(leaves(4))->path(4).has_value());
}

}  // namespace
}  // namespace footproof
