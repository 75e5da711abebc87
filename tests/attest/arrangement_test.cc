#include "attest/arrangement.h"

#include <gtest/gtest.h>

#include "tests/support/fixture_log.h"

namespace footproof {
namespace {

using testing::FixtureLog;

// Three declarations and a place of filler.
Arrangement arrangement() {
  std::vector<Digest> leaves;
  for (std::uint8_t i = 0; i < 4; ++i) leaves.push_back(sha256(Bytes{i}));
  auto tree = *SubjectTree::make(std::move(leaves));
  const FixtureLog log;
  LateRequest request{sha256(as_bytes("chain")), "https://verifier.example",
                      log.attestation(tree.subject())};
  return {std::move(request), std::move(tree), {{"a.sealed", 2}, {"b\xff.sealed", 0}, {"c", 3}}};
}

TEST(Arrangement, WhatParsesEncodesBackToTheSameBytes) {
  const Arrangement made = arrangement();
  const Bytes bytes = encode_arrangement(made);
  const auto parsed = parse_arrangement(bytes);
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(parsed->request, made.request);
  EXPECT_EQ(parsed->tree.leaves(), made.tree.leaves());
  EXPECT_EQ(parsed->members, made.members);
  EXPECT_EQ(encode_arrangement(*parsed), bytes);
  EXPECT_FALSE(parse_arrangement(ByteView(bytes).first(bytes.size() - 1)));
}

TEST(Arrangement, APlaceIsOneDeclarationsAndUnderTheSubject) {
  for (const std::uint64_t position : {0U, 4U}) {
    Arrangement wrong = arrangement();
    wrong.members[0].position = position;
    EXPECT_FALSE(parse_arrangement(encode_arrangement(wrong))) << position;
  }
  Arrangement lonely = arrangement();
  lonely.members.resize(1);
  EXPECT_FALSE(parse_arrangement(encode_arrangement(lonely)));
}

TEST(Arrangement, LeadsToTheSubjectOfItsRequest) {
  Arrangement other = arrangement();
  other.request.attestation.root = sha256(as_bytes("another"));
  EXPECT_EQ(parse_arrangement(encode_arrangement(other)).error().code, Errc::mismatch);
  Arrangement smaller = arrangement();
  smaller.request.attestation.count = 2;
  EXPECT_EQ(parse_arrangement(encode_arrangement(smaller)).error().code, Errc::mismatch);
}

}  // namespace
}  // namespace footproof
