#include "attest/catalogue.h"

#include <gtest/gtest.h>

#include "attest/member_receipts.h"
#include "attest/receipt_check.h"
#include "tests/support/fixture_log.h"

namespace footproof {
namespace {

using testing::FixtureLog;

DeclarationTree tree(std::uint32_t number) {
  return {"footproof-core-1", 128, sha256(as_bytes("tree " + std::to_string(number)))};
}

// 40 declarations and filler under one statement, logged two blocks ago.
class CatalogueTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kMembers = 40;

  CatalogueTest() {
    std::vector<Digest> leaves;
    for (std::uint32_t i = 0; i < 64; ++i) {
      leaves.push_back(i < kMembers ? subject_leaf(tree(i))
                                    : sha256(as_bytes("filler " + std::to_string(i))));
    }
    auto subjects = *SubjectTree::make(std::move(leaves));
    statement_.emplace(log_.sign(log_.attestation(subjects.subject())));
    log_.append({*statement_});
    log_.advance(60);
    log_.append({});
    catalogue_.emplace(Catalogue{statement_->bytes(), std::move(subjects), {}, {"http://a:1"}});
  }

  FixtureLog log_;
  std::optional<Statement> statement_;
  std::optional<Catalogue> catalogue_;
};

TEST_F(CatalogueTest, WhatParsesEncodesBackToTheSameBytes) {
  for (const bool with_receipt : {false, true}) {
    if (with_receipt) catalogue_->receipt = log_.receipt(*statement_);
    const Bytes bytes = encode_catalogue(*catalogue_);
    EXPECT_TRUE(looks_like_catalogue(bytes));
    const auto parsed = parse_catalogue(bytes);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
    EXPECT_EQ(parsed->tree.leaves(), catalogue_->tree.leaves());
    EXPECT_EQ(parsed->receipt, catalogue_->receipt);
    EXPECT_EQ(encode_catalogue(*parsed), bytes);
  }
}

TEST_F(CatalogueTest, EveryMemberIsFoundAndLeadsToTheSubject) {
  for (std::uint32_t i = 0; i < kMembers; ++i) {
    const auto member = member_of(*catalogue_, tree(i));
    ASSERT_TRUE(member.has_value());
    EXPECT_TRUE(
        verify_subject(tree(i), member->position, member->subject_path, catalogue_->tree.subject())
            .has_value());
    EXPECT_TRUE(parse_attested(encode_attested(*member)).has_value());
  }
  EXPECT_EQ(member_of(*catalogue_, tree(kMembers)).error().code, Errc::not_found);
}

TEST_F(CatalogueTest, EveryChangedByteOfItsEntriesIsRefused) {
  const Bytes bytes = encode_catalogue(*catalogue_);
  const Bytes leaf = to_bytes(catalogue_->tree.leaves()[7].view());
  const auto at = std::search(bytes.begin(), bytes.end(), leaf.begin(), leaf.end());
  ASSERT_NE(at, bytes.end());
  for (std::size_t i = 0; i < leaf.size(); ++i) {
    Bytes changed = bytes;
    changed[static_cast<std::size_t>(at - bytes.begin()) + i] ^= 1;
    EXPECT_FALSE(parse_catalogue(changed).has_value());
  }
  EXPECT_FALSE(parse_catalogue(ByteView(bytes).first(bytes.size() - 1)).has_value());
  EXPECT_FALSE(looks_like_catalogue(as_bytes("no catalogue")));
}

TEST_F(CatalogueTest, OneReceiptGivesThoseOfAllOtherMembers) {
  const Policy policy = log_.policy();
  MemberReceipts receipts(*statement_);
  EXPECT_FALSE(receipts.make(tree(0).root).has_value());
  std::uint32_t asked = 0;
  for (std::uint32_t i = 0; i < kMembers; ++i) {
    auto made = receipts.make(tree(i).root);
    if (!made) {
      ++asked;
      ASSERT_TRUE(receipts.add(log_.receipt(*statement_, tree(i).root)).has_value());
      made = receipts.make(tree(i).root);
    }
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(encode_receipt(*made), encode_receipt(log_.receipt(*statement_, tree(i).root)));
    EXPECT_TRUE(check_receipt(*made, policy).has_value());
  }
  EXPECT_LT(asked, 12U);  // the fixture's state has a handful of records
}

TEST_F(CatalogueTest, AMemberWithAnEventGetsAReceiptOfItsOwn) {
  log_.add_status(*statement_,
                  log_.status_event(StatusEvent::What::suspend, testing::day("2026-03-02"),
                                    Reason::investigation),
                  tree(3).root);
  log_.append({});
  MemberReceipts receipts(*statement_);
  for (std::uint32_t i = 0; i < kMembers; ++i) {
    if (i == 3 || receipts.make(tree(i).root)) continue;
    ASSERT_TRUE(receipts.add(log_.receipt(*statement_, tree(i).root)).has_value());
  }
  EXPECT_FALSE(receipts.make(tree(3).root).has_value());
  ASSERT_TRUE(receipts.add(log_.receipt(*statement_, tree(3).root)).has_value());
  EXPECT_FALSE(receipts.make(tree(3).root).has_value()) << "its record is not kept";
  EXPECT_TRUE(receipts.make(tree(4).root).has_value());
}

TEST_F(CatalogueTest, ReceiptsOfTwoHeadsAreNotMixed) {
  MemberReceipts receipts(*statement_);
  ASSERT_TRUE(receipts.add(log_.receipt(*statement_, tree(0).root)).has_value());
  log_.add_status(*statement_,
                  log_.status_event(StatusEvent::What::suspend, testing::day("2026-03-02"),
                                    Reason::investigation),
                  tree(3).root);
  log_.append({});
  ASSERT_TRUE(receipts.add(log_.receipt(*statement_, tree(1).root)).has_value());
  EXPECT_EQ(receipts.make(tree(1).root)->checkpoint, log_.checkpoint());
  const Policy policy = log_.policy();
  for (std::uint32_t i = 0; i < kMembers; ++i) {
    const auto made = receipts.make(tree(i).root);
    EXPECT_TRUE(!made || check_receipt(*made, policy).has_value()) << i;
  }
}

TEST_F(CatalogueTest, ReceiptsThatDoNotBelongAreRefused) {
  MemberReceipts receipts(*statement_);
  EXPECT_FALSE(receipts.add(log_.receipt(*statement_)).has_value()) << "of no member";
  log_.add_status(*statement_,
                  log_.status_event(StatusEvent::What::suspend, testing::day("2026-03-02"),
                                    Reason::investigation),
                  tree(1).root);
  log_.append({});
  // The suspended member's receipt, made from that of a member without any event.
  Receipt forged = log_.receipt(*statement_, tree(0).root);
  forged.declaration_root = tree(1).root;
  EXPECT_FALSE(receipts.add(forged).has_value());
  EXPECT_FALSE(receipts.make(tree(1).root).has_value());
  const Statement other = log_.sign(log_.attestation({tree(9).root, 64}));
  MemberReceipts others(other);
  EXPECT_FALSE(others.add(log_.receipt(*statement_, tree(0).root)).has_value());
}

}  // namespace
}  // namespace footproof
